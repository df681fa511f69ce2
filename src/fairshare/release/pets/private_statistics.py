"""What private statistics a plan asks for: which numbers, for which groups, at what privacy loss. Values only.

Everything that shapes the answer is given here and nothing is found from the rows: the groups, the bounds of what is
added up, the edges of histograms, how many rows one person may have.
Source   Dwork, McSherry, Nissim and Smith 2006 (TCC); Dwork and Roth 2014, sections 2 and 3; Bun and Steinke 2016.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StrictStr, StringConstraints, field_validator, model_validator

from fairshare.release.publications import Loss, Publication
from fairshare.release.treatments import AgeBand, Bands, ColumnName, WrittenNumber, label_bands, text_of_edge
from fairshare.words import BadInput
from fairshare.words.values import Value

if TYPE_CHECKING:
    from fairshare.release.plan import Plan

MAX_CELLS = 200_000
MAX_UNITS = 2**40
"""The largest bound of a summed value, in its units, so that no sum can leave 63 bits."""
OWN_COLUMNS = ("statistic", "bucket", "value", "noise_scale", "within_95")
"""What stands in each row that goes, beside the groups."""

KeyValue = StrictBool | StrictInt | Annotated[StrictStr, StringConstraints(max_length=500)] | None
StatisticName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Share = Annotated[StrictInt, Field(ge=1, le=1000)]
Amount = Annotated[WrittenNumber, Field(gt=0, le=100)]


class StatisticsUnfit(BadInput):
    """Private statistics are asked for in a way that cannot be, or cannot be private."""

    code = "STATISTICS_UNFIT"


class PublicKey(Value):
    """A column to group by, and every value that it may have: given, and never found in the rows."""

    column: ColumnName
    """As it is sent, after its treatment."""
    values: Annotated[tuple[KeyValue, ...], Field(min_length=1, max_length=20_000)] | None = None
    """Text, whole numbers, true or false; null for rows without a value. Without these, the bands of its treatment."""
    first: StrictInt | None = None
    last: StrictInt | None = None
    """In place of values: every whole number from the first to the last."""

    @model_validator(mode="after")
    def _values_are_one_list(self) -> PublicKey:
        if (self.first is None) != (self.last is None) or (self.values is not None and self.first is not None):
            raise StatisticsUnfit(
                "a group has both values and a range, or half a range",
                fix="Give `values`, or `first` and `last`, or neither for the bands of its treatment.",
                where=f"publish.keys: {self.column}",
            )
        given = self.listed
        if given is not None and (not given or len(set(given)) < len(given) or len(given) > MAX_CELLS):
            raise StatisticsUnfit(
                "a group's values are none, too many, or one of them twice",
                fix="List each value once.",
                where=f"publish.keys: {self.column}",
            )
        return self

    @property
    def listed(self) -> tuple[bool | int | str | None, ...] | None:
        """The values that are written here; none if they are its treatment's."""
        if self.first is not None and self.last is not None:
            return tuple(range(self.first, min(self.last, self.first + MAX_CELLS) + 1))
        return self.values


class Statistic(Value):
    """One number for each group, or several."""

    statistic: str
    name: StatisticName
    by: Annotated[tuple[ColumnName, ...], Field(max_length=10)] | None = None
    """The columns to group by; all of the keys if none are named, and `[]` for everybody together."""
    share: Share = 1
    """Its part of the privacy loss, beside the other statistics' parts."""


class Count(Statistic):
    """How many rows there are."""

    statistic: Literal["count"]


class _Bounded(Statistic):
    column: ColumnName
    lower: WrittenNumber
    upper: WrittenNumber
    """What is below the lower or above the upper bound counts as the bound. From outside the data, always."""
    unit: Annotated[WrittenNumber, Field(gt=0, le=10**12)] = 1
    """What is added up is rounded to whole units: 0.01 for pence, 1000 for thousands."""

    @model_validator(mode="after")
    def _bounds_are_whole_units(self) -> _Bounded:
        ends = [Fraction(str(end)) / Fraction(str(self.unit)) for end in (self.lower, self.upper)]
        if ends[0] >= ends[1] or any(end.denominator != 1 or abs(end) > MAX_UNITS for end in ends):
            raise StatisticsUnfit(
                "the bounds do not rise, or are no whole number of units",
                fix="Give a lower and an upper bound that are multiples of the unit.",
                where=f"publish.statistics: {self.name}",
            )
        return self

    @property
    def units(self) -> tuple[int, int]:
        """The bounds, in units."""
        one = Fraction(str(self.unit))
        return int(Fraction(str(self.lower)) / one), int(Fraction(str(self.upper)) / one)

    def to_value(self, units: int) -> Decimal:
        """A number of units in the column's own terms."""
        return units * Decimal(str(self.unit))


class Sum(_Bounded):
    """The sum of a column, each value held between two bounds."""

    statistic: Literal["sum"]


class Mean(_Bounded):
    """The mean of a column, each value held between two bounds: a private sum over a private count."""

    statistic: Literal["mean"]


class _Binned(Statistic):
    column: ColumnName
    edges: Annotated[tuple[WrittenNumber, ...], Field(min_length=1, max_length=500)]
    """Where one bin ends and the next begins, rising; an edge belongs to the bin above it."""

    @field_validator("edges")
    @classmethod
    def _edges_rise(cls, edges: tuple[int | float, ...]) -> tuple[int | float, ...]:
        if any(high <= low for low, high in pairwise(edges)) or any(abs(edge) > 10**15 for edge in edges):
            raise StatisticsUnfit(
                "the edges of the bins do not rise", fix="List each once, smallest first.", where="publish.statistics"
            )
        return edges

    @property
    def labels(self) -> tuple[str, ...]:
        """The name of each bin, lowest first."""
        return tuple(label_bands(self.edges, whole=False))


class Histogram(_Binned):
    """How many rows fall into each bin of a column."""

    statistic: Literal["histogram"]


class Quantile(_Binned):
    """Quantiles of a column, read off a private histogram over given edges; no finer than those."""

    statistic: Literal["quantile"]
    edges: Annotated[tuple[WrittenNumber, ...], Field(min_length=2, max_length=500)]
    quantiles: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Field(min_length=1, max_length=50)]


AnyStatistic = Annotated[Count | Sum | Mean | Histogram | Quantile, Field(discriminator="statistic")]


class PrivateStatistics(Publication):
    """Statistics under differential privacy: what goes hardly depends on whether any one person is in the rows."""

    publish: Literal["private_statistics"]
    protects: Literal["person", "row"] = "person"
    """Whose presence is hidden: a person's, with all their rows, or only that of one row."""
    person: ColumnName | None = None
    """The column of the source that says whose a row is. It need not be among the columns, and never goes."""
    rows_per_person: Annotated[StrictInt, Field(ge=1, le=10_000)] = 1
    """How many rows of one person may count; which of them, nobody can foresee."""
    epsilon: Amount | None = None
    """The privacy loss of all of it together, with Laplace noise."""
    rho: Amount | None = None
    """In place of epsilon: the loss in zero-concentrated terms, with Gaussian noise."""
    keys: Annotated[tuple[PublicKey, ...], Field(max_length=10)] = ()
    statistics: Annotated[tuple[AnyStatistic, ...], Field(min_length=1, max_length=100)]
    negatives: Literal["keep", "zero"] = "keep"
    """Noise can take a count below zero: kept so that totals stay right on average, or shown as zero."""

    @model_validator(mode="after")
    def _loss_and_person_are_said(self) -> PrivateStatistics:
        if (self.epsilon is None) == (self.rho is None):
            raise StatisticsUnfit(
                "the privacy loss is not said, or said twice", fix="Give `epsilon`, or `rho`.", where="publish"
            )
        if (self.protects == "person") != (self.person is not None):
            raise StatisticsUnfit(
                "it is not said whose a row is",
                fix="Name the `person` column; or, if each row stands for itself, say `protects: row`.",
                where="publish.person",
            )
        if self.protects == "row" and self.rows_per_person != 1:
            raise StatisticsUnfit(
                "rows are protected one by one, so nobody can be held to several",
                fix="Leave `rows_per_person` out.",
                where="publish.rows_per_person",
            )
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> PrivateStatistics:
        names = [each.name for each in self.statistics]
        columns = [key.column for key in self.keys]
        if len(set(names)) < len(names) or len(set(columns)) < len(columns) or set(columns) & set(OWN_COLUMNS):
            raise StatisticsUnfit(
                f"two statistics or two keys have one name, or a key is called one of {', '.join(OWN_COLUMNS)}",
                fix="Give each a name of its own.",
                where="publish",
            )
        strange = [column for each in self.statistics for column in each.by or () if column not in columns]
        if strange:
            raise StatisticsUnfit(
                f"a statistic is by {strange[0]!r}, which is no key",
                fix="Give the key with its public values.",
                where="publish.statistics",
            )
        return self

    @property
    def loss(self) -> Loss:
        """All that it takes out of a budget."""
        return Loss(epsilon=self.epsilon) if self.epsilon is not None else Loss(rho=self.rho or 0)

    def keys_of(self, statistic: Statistic) -> tuple[PublicKey, ...]:
        """What a statistic is grouped by."""
        return self.keys if statistic.by is None else tuple(key for key in self.keys if key.column in statistic.by)

    @cached_property
    def used(self) -> tuple[str, ...]:
        """Every column that a statistic looks at, as it is sent."""
        looked_at = [key.column for each in self.statistics for key in self.keys_of(each)]
        return tuple(dict.fromkeys([*looked_at, *(each.column for each in self.statistics if hasattr(each, "column"))]))

    def check_suits(self, plan: Plan) -> None:
        """Refuses what cannot be private, or looks at a column that the plan does not let out."""
        if plan.person is not None and self.protects == "row":
            raise StatisticsUnfit(
                "the plan says whose a row is, and the publication protects each row as if it stood for itself",
                fix="Name the person's column in `publish.person`, and leave `protects: row` out.",
                where="publish.protects",
            )
        if plan.groups:
            raise StatisticsUnfit(
                "small groups are held back before the statistics, so that one person can move many rows",
                fix="Leave `groups` out: the noise protects small groups.",
                where="groups",
            )
        sent = {column.output for column in plan.sent}
        for name in self.used:
            if name not in sent:
                raise StatisticsUnfit(
                    f"a statistic looks at {name!r}, which is not among the columns sent",
                    fix="Name the column in `columns`, with its treatment.",
                    where="publish",
                )
        for each in self.statistics:
            cells = prod(len(list_values(key, plan)) for key in self.keys_of(each))
            if cells > MAX_CELLS:
                raise StatisticsUnfit(
                    f"{each.name} would have {cells:,} groups; {MAX_CELLS:,} is the most",
                    fix="Use coarser keys, or fewer together.",
                    where="publish.statistics",
                )

    def describe(self) -> str:
        loss = f"epsilon {self.epsilon}" if self.epsilon is not None else f"rho {self.rho}"
        whose = f"at most {self.rows_per_person} row(s) a person" if self.protects == "person" else "each row by itself"
        return f"only in statistics with differential privacy ({loss}; {whose})"


def list_values(key: PublicKey, plan: Plan) -> tuple[bool | int | str | None, ...]:
    """Every value of a key: those that are written, or the bands that its column's treatment makes."""
    return tuple(spellings[0] for spellings in list_spellings(key, plan))


def list_spellings(key: PublicKey, plan: Plan) -> tuple[tuple[bool | int | str | None, ...], ...]:
    """Every value of a key in each way that it may stand in the rows: bands of whole and of other numbers differ."""
    if key.listed is not None:
        return tuple((value,) for value in key.listed)
    for column in plan.sent:
        if column.output == key.column and isinstance(column, AgeBand | Bands):
            ways = (True, False) if isinstance(column, Bands) else (True,)
            whole = all(isinstance(edge, int) for edge in column.edges)
            labels = [label_bands(column.edges, whole=way) for way in ways if whole or not way]
            return tuple(tuple(dict.fromkeys(spelt)) for spelt in zip(*labels, strict=True))
    raise StatisticsUnfit(
        f"the values of {key.column!r} are not given, and it is not in bands",
        fix="List them in `values`: they must be public, and are never taken from the rows.",
        where="publish.keys",
    )


def name_quantile(share: float) -> str:
    """A quantile as it is written: `0.5` for the median."""
    return text_of_edge(share)
