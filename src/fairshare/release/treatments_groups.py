"""What is done about small groups of rows, after the columns are treated: suppress them, or refuse to release."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictInt, field_validator

from fairshare.release.treatments import ColumnName
from fairshare.words import BadInput, Refused
from fairshare.words.values import Value


class GroupUnfit(BadInput):
    """A group treatment names a column twice, or one that is not sent."""

    code = "GROUP_UNFIT"


class SmallGroups(Refused):
    """Rows that share their quasi-identifiers with too few others would have gone."""

    code = "SMALL_GROUPS"


class GroupTreatment(Value):
    """A size k, and the quasi-identifiers (columns as sent) whose every combination must reach it; nulls are alike.

    Source   Samarati and Sweeney 1998 (k-anonymity). It says nothing of what the other columns give away.
    """

    treatment: Literal["suppress_small_groups", "check_k_anonymity"]
    columns: Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=50)]
    k: Annotated[StrictInt, Field(ge=2, le=1_000_000)]

    @field_validator("columns")
    @classmethod
    def _columns_differ(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(columns)) != len(columns):
            raise GroupUnfit("a group treatment names a column twice", fix="Name each column once.", where="groups")
        return columns

    def describe(self) -> str:
        """The treatment in words, for previews and release sheets."""
        columns = ", ".join(self.columns)
        if self.treatment == "suppress_small_groups":
            return f"rows that fewer than {self.k} share in ({columns}) are held back"
        return f"nothing goes if fewer than {self.k} rows share any combination of ({columns})"


def refuse_small_groups(group: GroupTreatment, small: int, rows: int) -> SmallGroups:
    """The refusal of a release whose groups are too small."""
    return SmallGroups(
        f"{small:,} combinations of ({', '.join(group.columns)}) are shared by fewer than {group.k} rows; "
        f"{rows:,} rows are in them",
        where="groups",
        fix="Generalise those columns further, send fewer of them, or suppress small groups in the plan.",
    )
