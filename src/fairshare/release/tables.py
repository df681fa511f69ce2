"""What plain table a plan asks for: counts or sums by groups, with totals, under rules for small numbers. Values only.

These rules hide what a few rows would show. They promise less than differential privacy does: nothing against what
other tables of the same people show, and nothing against those who know some of them.
Source   Hundepool and others, Statistical Disclosure Control (Wiley 2012), chapters 4 and 5.
"""

from __future__ import annotations

from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StrictInt, model_validator

from fairshare.release.pets.private_statistics import PublicKey, list_values
from fairshare.release.publications import Publication
from fairshare.release.treatments import ColumnName
from fairshare.words import BadInput
from fairshare.words.values import Value

if TYPE_CHECKING:
    from fairshare.release.plan import Plan

MAX_TABLE = 20_000
Percent = Annotated[StrictInt, Field(ge=1, le=99)]


class TableUnfit(BadInput):
    """A plain table is asked for in a way that cannot be, or whose rules contradict each other."""

    code = "TABLE_UNFIT"


class Dominance(Value):
    """A sum is unsafe if the `largest` contributors make up more than `percent` of it."""

    largest: Annotated[StrictInt, Field(ge=1, le=10)]
    percent: Percent


class SafeTable(Publication):
    """A table of counts or sums with all its totals; unsafe cells are suppressed, and others with them, or rounded."""

    publish: Literal["table"]
    keys: Annotated[tuple[PublicKey, ...], Field(min_length=1, max_length=4)]
    sum_of: ColumnName | None = None
    """The column to add up, whole numbers from 0; without it, rows are counted."""
    person: ColumnName | None = None
    """The column of the source that says who contributed a row, for the rules; without it, each row is one."""
    threshold: Annotated[StrictInt, Field(ge=2, le=1000)] = 5
    """A cell with fewer contributors than this is unsafe."""
    zeros: Literal["show", "suppress"] = "show"
    """Whether a cell of nobody may be shown; it tells that nobody is in it."""
    dominance: Dominance | None = None
    p_percent: Percent | None = None
    """A sum is unsafe if the second contributor could work out the first to within this many percent."""
    unsafe: Literal["suppress", "round"] = "suppress"
    """What is done about small numbers: cells are left out, or every cell of the table is rounded."""
    round_to: Annotated[StrictInt, Field(ge=2, le=1000)] = 5

    @model_validator(mode="after")
    def _rules_agree(self) -> SafeTable:
        if self.sum_of is None and (self.dominance or self.p_percent):
            raise TableUnfit(
                "dominance is a rule for sums, and rows are counted",
                fix="Name the column with `sum_of`, or leave these rules out.",
                where="publish",
            )
        if self.unsafe == "round" and (self.sum_of is not None or self.round_to < self.threshold):
            raise TableUnfit(
                "rounding hides small counts only if its base is at least the threshold",
                fix="Round counts to 5 with a threshold of 5, say; suppress cells of sums.",
                where="publish.round_to",
            )
        columns = [key.column for key in self.keys]
        if len(set(columns)) < len(columns) or set(columns) & {"value", "shown"}:
            raise TableUnfit(
                "two keys have one name, or a key is called value or shown",
                fix="Give each a name of its own with `sent_as`.",
                where="publish.keys",
            )
        return self

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Every column that the table looks at, as it is sent."""
        return tuple(dict.fromkeys([*(key.column for key in self.keys), *([self.sum_of] if self.sum_of else [])]))

    def check_suits(self, plan: Plan) -> None:
        """Refuses a table of columns that the plan does not let out, or with too many cells."""
        sent = {column.output for column in plan.sent}
        missing = [name for name in self.used if name not in sent]
        if missing:
            raise TableUnfit(
                f"the table looks at {missing[0]!r}, which is not among the columns sent",
                fix="Name the column in `columns`, with its treatment.",
                where="publish",
            )
        cells = prod(len(list_values(key, plan)) + 1 for key in self.keys)
        if cells > MAX_TABLE:
            raise TableUnfit(
                f"the table would have {cells:,} cells with its totals; {MAX_TABLE:,} is the most",
                fix="Use coarser keys, or make several tables.",
                where="publish.keys",
            )

    def describe(self) -> str:
        what = f"sums of {self.sum_of}" if self.sum_of else "counts"
        how = f"rounded to {self.round_to}" if self.unsafe == "round" else f"cells under {self.threshold} suppressed"
        return f"only in a table of {what} ({how})"
