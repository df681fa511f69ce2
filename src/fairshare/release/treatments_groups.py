"""What is done about small or telling groups of rows, once the columns are treated: hold them back, or refuse.

A class is all rows that share one combination of quasi-identifiers. Each model here asks something of every class.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, StrictInt, StringConstraints, field_validator, model_validator

from fairshare.release.sources import PlanPath
from fairshare.release.treatments import DATED, NUMBERS, ColumnName, ColumnType, WrittenNumber
from fairshare.words import BadInput, Refused
from fairshare.words.values import Value

PARTS = 10**6
"""Shares and factors in a plan have six decimal places at most, and are compared exactly, as millionths."""
ORDERED = NUMBERS | DATED


class GroupUnfit(BadInput):
    """A group treatment names a column twice, or one that is not sent, or contradicts itself."""

    code = "GROUP_UNFIT"


class SmallGroups(Refused):
    """Rows that share their quasi-identifiers with too few others would have gone."""

    code = "SMALL_GROUPS"


class TellingGroups(Refused):
    """Classes would have gone whose sensitive values, or whose being there at all, tell too much of people."""

    code = "TELLING_GROUPS"


def in_parts(number: float) -> int:
    """A share or factor in millionths.

    >>> in_parts(0.3)
    300000
    """
    return int(Decimal(str(number)) * PARTS)


def _at_most_six_places(number: int | float) -> int | float:
    if Decimal(str(number)) * PARTS % 1:
        raise GroupUnfit(
            "a number of a group treatment has more than six decimal places", fix="Round it.", where="groups"
        )
    return number


class GroupTreatment(Value):
    """The quasi-identifiers (columns as sent) whose every class must have some property; nulls are alike."""

    treatment: str
    columns: Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=50)]

    @field_validator("columns")
    @classmethod
    def _columns_differ(cls, columns: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(columns)) != len(columns):
            raise GroupUnfit("a group treatment names a column twice", fix="Name each column once.", where="groups")
        return columns

    @property
    def names(self) -> tuple[str, ...]:
        """Every column that it looks at."""
        return self.columns

    @property
    def suppresses(self) -> bool:
        """Whether classes that fail are held back; otherwise one of them refuses the release."""
        return self.treatment.startswith("suppress_")

    @property
    def asks(self) -> str:
        """What it asks of every class, in words."""
        raise TypeError(f"{type(self).__name__} has no words")

    def describe(self) -> str:
        """The treatment in words, for previews and release sheets."""
        columns = ", ".join(self.columns)
        if self.suppresses:
            return f"rows are held back whose class by ({columns}) does not have {self.asks}"
        return f"nothing goes if a class by ({columns}) does not have {self.asks}"


class KAnonymity(GroupTreatment):
    """Every class has at least k rows; where the plan names the `person`, rows of at least k different people.

    Source   Samarati and Sweeney 1998 (k-anonymity). It says nothing of what the other columns give away.
    """

    treatment: Literal["suppress_small_groups", "check_k_anonymity"]
    k: Annotated[StrictInt, Field(ge=2, le=1_000_000)]

    @property
    def asks(self) -> str:
        return f"at least {self.k} rows"

    def describe(self) -> str:
        """The treatment in words, for previews and release sheets."""
        columns = ", ".join(self.columns)
        if self.suppresses:
            return f"rows that fewer than {self.k} share in ({columns}) are held back"
        return f"nothing goes if fewer than {self.k} rows share any combination of ({columns})"


class SensitiveTreatment(GroupTreatment):
    """A model that looks at the values of one sensitive column, as it is sent, within each class."""

    sensitive: ColumnName

    @model_validator(mode="after")
    def _sensitive_is_no_quasi_identifier(self) -> SensitiveTreatment:
        if self.sensitive in self.columns:
            raise GroupUnfit(
                "a column cannot be a quasi-identifier and the sensitive column of one treatment",
                fix="Take it out of `columns`.",
                where="groups",
            )
        return self

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.columns, self.sensitive)


class LDiversity(SensitiveTreatment):
    """Every class has l well-represented values of a sensitive column.

    A null is no value where values are counted; where their shares count, it is one, since it says as much as one.

    Source   Machanavajjhala, Kifer, Gehrke and Venkitasubramaniam 2007 (l-diversity), definitions 4.1 to 4.3.
    """

    treatment: Literal["suppress_to_l_diversity", "check_l_diversity"]
    l: Annotated[WrittenNumber, Field(gt=1, le=1_000_000)]  # noqa: E741 (the model's own letter)
    measure: Literal["distinct", "entropy", "recursive"] = "distinct"
    """Counts values; or e to the entropy of their shares; or compares the commonest with the rest, from the l-th on."""
    c: Annotated[WrittenNumber, Field(gt=0, le=1_000_000)] | None = None
    """For `recursive`: the commonest value comes less than c times as often as the l-th and all rarer ones together."""

    @model_validator(mode="after")
    def _numbers_suit_the_measure(self) -> LDiversity:
        if (self.measure == "recursive") != (self.c is not None):
            raise GroupUnfit("`c` goes with the measure `recursive`, and only with it", fix="See l-diversity.",
                             where="groups")  # fmt: skip
        if self.measure != "entropy" and self.l != int(self.l):
            raise GroupUnfit("`l` counts values, and is no whole number", fix="Give a whole number.", where="groups")
        _at_most_six_places(self.l)
        _at_most_six_places(self.c or 0)
        return self

    @property
    def asks(self) -> str:
        said = {
            "distinct": f"{self.l} different values of {self.sensitive}",
            "entropy": f"entropy {self.l}-diversity of {self.sensitive}",
            "recursive": f"recursive ({self.c}, {self.l})-diversity of {self.sensitive}",
        }
        return said[self.measure]


class TCloseness(SensitiveTreatment):
    """Every class's share of each sensitive value is near that in all rows sent. A null is a value, below every other.

    Source   Li, Li and Venkatasubramanian 2007 (t-closeness): the equal and the ordered earth mover's distance.
    """

    treatment: Literal["suppress_to_t_closeness", "check_t_closeness"]
    t: Annotated[WrittenNumber, Field(ge=0, le=1)]
    distance: Literal["equal", "ordered"] = "equal"
    """For categories every change counts alike; for numbers and dates a change counts by how many values it passes."""

    @field_validator("t")
    @classmethod
    def _t_is_exact(cls, t: int | float) -> int | float:
        return _at_most_six_places(t)

    @property
    def asks(self) -> str:
        return f"{self.t}-closeness of {self.sensitive} ({self.distance} distance)"


class PopulationCount(Value):
    """How many people of the population have these values of the quasi-identifiers, in the order of the columns."""

    values: Annotated[tuple[str | None, ...], Field(min_length=1, max_length=50)]
    """As text, the way they are sent; nothing for a null."""
    people: Annotated[StrictInt, Field(ge=0, le=10**12)]


class DeltaPresence(GroupTreatment):
    """No class holds more than a share of the people of the population who are like it, so that none is known to be in.

    Source   Nergiz, Atzori and Clifton 2007 (delta-presence), its upper bound.
    """

    treatment: Literal["suppress_to_delta_presence", "check_delta_presence"]
    most: Annotated[WrittenNumber, Field(gt=0, le=1)]
    population: PlanPath | None = None
    """A CSV file with the same columns as they are sent, and `people`: how many there are of each combination."""
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """The digest of that file, if the plan holds for that very one."""
    counts: Annotated[tuple[PopulationCount, ...], Field(max_length=1_000_000)] = ()
    """The same, stated in the plan itself."""

    @model_validator(mode="after")
    def _population_is_given_once(self) -> DeltaPresence:
        _at_most_six_places(self.most)
        if (self.population is None) == (not self.counts):
            raise GroupUnfit("delta-presence needs the population's counts, once", where="groups",
                             fix="Give either `population` (a file) or `counts`.")  # fmt: skip
        keys = [each.values for each in self.counts]
        if any(len(values) != len(self.columns) for values in keys) or len(set(keys)) != len(keys):
            raise GroupUnfit(
                "a count of the population has too few or too many values, or stands twice",
                fix="Give one value for each of `columns`, each combination once.",
                where="groups",
            )
        return self

    @property
    def asks(self) -> str:
        return f"at most {self.most} of the people of the population who are like it"


AnyGroup = Annotated[KAnonymity | LDiversity | TCloseness | DeltaPresence, Field(discriminator="treatment")]


def check_groups(groups: tuple[GroupTreatment, ...], types: dict[str, ColumnType]) -> None:
    """Raises GroupUnfit if a model does not suit what a column holds as it is sent."""
    for group in groups:
        if isinstance(group, TCloseness) and group.distance == "ordered" and types[group.sensitive] not in ORDERED:
            raise GroupUnfit(
                f"the ordered distance does not suit a column sent as {types[group.sensitive]}",
                fix="Use the equal distance, or send the column as a number or a date.",
                where=f"groups: {group.sensitive}",
            )


def refuse_groups(group: GroupTreatment, failing: int, rows: int, *, people: bool = False) -> Refused:
    """The refusal of a release whose groups are too small, or tell too much."""
    if isinstance(group, KAnonymity):
        return SmallGroups(
            f"{failing:,} combinations of ({', '.join(group.columns)}) are shared by fewer than {group.k} "
            f"{'people' if people else 'rows'}; "
            f"{rows:,} rows are in them",
            where="groups",
            fix="Generalise those columns further, send fewer of them, or suppress small groups in the plan.",
        )
    return TellingGroups(
        f"{failing:,} classes by ({', '.join(group.columns)}) do not have {group.asks}; {rows:,} rows are in them",
        where="groups",
        fix="Generalise the columns further, the sensitive one too, send fewer of them, or hold such classes back.",
    )
