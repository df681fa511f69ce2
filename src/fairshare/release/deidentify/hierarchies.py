"""Hierarchies of generalisation, as data: a value, and the ever wider ones that may stand in its place.

    2004-03-09 -> 2004-03 -> 2004-Q1 -> 2004 -> 2000s -> *

Each level is a function of the one below it, so that a higher level never tells more. The lowest is the value itself;
the highest is `*` for all. Every level is an ordinary treatment, which every engine knows.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field, model_validator

from fairshare.release.treatments import (
    ALL_ALIKE,
    DATED,
    MAX_EDGE_PLACES,
    NUMBERS,
    ColumnType,
    LabelText,
    LevelName,
    WrittenNumber,
    text_of_edge,
)
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import build, parse_yaml
from fairshare.words.values import Text, Value

BUILT_IN = Path(__file__).parent / "hierarchies"
MAX_EDGES = 200
VALUE = "value"
DateLevel = Literal["day", "month", "quarter", "year", "decade"]
PostcodeLevel = Literal["unit", "sector", "district", "area", "region", "nation"]
DATE_LEVELS: tuple[DateLevel, ...] = get_args(DateLevel)
POSTCODE_LEVELS: tuple[PostcodeLevel, ...] = get_args(PostcodeLevel)


class HierarchyUnfit(BadInput):
    """A hierarchy contradicts itself: a level is not a function of the one below it, or is missing."""

    code = "HIERARCHY_UNFIT"


class LevelUnknown(BadInput):
    """A plan names a level that its hierarchy does not have."""

    code = "LEVEL_UNKNOWN"


class Hierarchy(Value):
    """One way to make the values of a column coarser, level by level."""

    fits: ClassVar[frozenset[ColumnType]]
    kind: str
    about: Text = ""
    """What it is for, and where its groups come from."""

    @property
    def levels(self) -> tuple[str, ...]:
        """From the value itself to `*`."""
        raise TypeError(f"{type(self).__name__} has no levels")

    def treat(self, level: str) -> dict[str, Any]:
        """The fields of the treatment that gives a level."""
        if level not in self.levels:
            raise LevelUnknown(
                f"the hierarchy has no level {level!r}", fix=f"It has: {', '.join(self.levels)}.", where="level"
            )
        if level == ALL_ALIKE:
            return {"treatment": "generalise", "to": "all_alike"}
        return {"treatment": "keep"} if level == VALUE else {"treatment": "generalise", **self._treat(level)}

    def _treat(self, level: str) -> dict[str, Any]:
        raise TypeError(f"{type(self).__name__} has no treatment")


class Dates(Hierarchy):
    """Dates and moments, by the calendar."""

    fits: ClassVar[frozenset[ColumnType]] = DATED
    kind: Literal["dates"]
    through: tuple[DateLevel, ...] = DATE_LEVELS

    @model_validator(mode="after")
    def _levels_rise(self) -> Dates:
        _check_order(self.through, DATE_LEVELS)
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        return (*self.through, ALL_ALIKE)

    def _treat(self, level: str) -> dict[str, Any]:
        return {"to": level}


class Postcodes(Hierarchy):
    """UK postcodes: the unit, its sector, district and area, then the region and nation that the area is counted to."""

    fits: ClassVar[frozenset[ColumnType]] = frozenset({ColumnType.TEXT})
    kind: Literal["postcodes"]
    through: tuple[PostcodeLevel, ...] = POSTCODE_LEVELS

    @model_validator(mode="after")
    def _levels_rise(self) -> Postcodes:
        _check_order(self.through, POSTCODE_LEVELS)
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        return (*self.through, ALL_ALIKE)

    def _treat(self, level: str) -> dict[str, Any]:
        if level in ("region", "nation"):
            regions = read_areas()
            labels = {area: regions.nation(region) if level == "nation" else region
                      for area, region in regions.region_of().items()}  # fmt: skip
            return {"to": "label", "by": "postcode_area", "labels": labels, "other": "not known"}
        return {"to": f"postcode_{level}"}


class Numbers(Hierarchy):
    """Numbers in intervals whose widths nest: each is a multiple of the one before it."""

    fits: ClassVar[frozenset[ColumnType]] = NUMBERS
    kind: Literal["numbers"]
    start: WrittenNumber
    """Where the first interval begins; whatever is lower is `under` it."""
    stop: WrittenNumber
    """Where the last may end; whatever is higher is in one interval."""
    widths: Annotated[tuple[WrittenNumber, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _widths_nest(self) -> Numbers:
        exact = [Decimal(str(each)) for each in self.widths]
        if exact[0] <= 0 or any(wide <= narrow or wide % narrow for narrow, wide in pairwise(exact)):
            raise HierarchyUnfit(
                "the widths do not nest", fix="Make each width a multiple of the one before it.", where="widths"
            )
        if any(each != round(each, MAX_EDGE_PLACES) for each in (*exact, Decimal(str(self.start)))):
            raise HierarchyUnfit("a width has too many decimal places", fix="Round it to six.", where="widths")
        if not 0 < (Decimal(str(self.stop)) - Decimal(str(self.start))) / exact[0] < MAX_EDGES:
            raise HierarchyUnfit(
                f"there are no intervals between start and stop, or more than {MAX_EDGES}",
                fix="Use a wider first width, or a shorter range.",
                where="widths",
            )
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        return (VALUE, *(f"width_{text_of_edge(each)}" for each in self.widths), ALL_ALIKE)

    def _treat(self, level: str) -> dict[str, Any]:
        start, stop = Decimal(str(self.start)), Decimal(str(self.stop))
        width = next(Decimal(str(each)) for each in self.widths if f"width_{text_of_edge(each)}" == level)
        edges = [start + width * step for step in range(int((stop - start) // width) + 1)]
        return {"to": "bands", "edges": [int(each) if each == int(each) else float(each) for each in edges]}


class Prefixes(Hierarchy):
    """Codes whose first characters are the wider group, such as those of diseases or of jobs: the suffix is masked."""

    fits: ClassVar[frozenset[ColumnType]] = frozenset({ColumnType.TEXT, ColumnType.INTEGER})
    kind: Literal["mask_suffix"]
    keep: Annotated[tuple[Annotated[int, Field(ge=1, le=1000)], ...], Field(min_length=1, max_length=20)]
    """How many first characters each level keeps, falling."""

    @model_validator(mode="after")
    def _fewer_are_kept_each_time(self) -> Prefixes:
        if any(later >= earlier for earlier, later in pairwise(self.keep)):
            raise HierarchyUnfit(
                "a level keeps no fewer characters than the one below it", fix="List the most first.", where="keep"
            )
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        return (VALUE, *(f"first_{each}" for each in self.keep), ALL_ALIKE)

    def _treat(self, level: str) -> dict[str, Any]:
        return {"to": "first_characters", "keep": int(level.removeprefix("first_"))}


class Tree(Hierarchy):
    """Values listed one by one, each with its label at every level."""

    fits: ClassVar[frozenset[ColumnType]] = frozenset({ColumnType.TEXT, ColumnType.INTEGER, ColumnType.BOOLEAN})
    kind: Literal["tree"]
    names: Annotated[tuple[LevelName, ...], Field(max_length=20)] = ()
    """Of the levels between the value and `*`."""
    labels: dict[str, tuple[LabelText, ...]] = Field(default_factory=dict)
    """The label of each value at each of those levels, narrowest first."""
    other: LabelText | None = None
    """The label of a value that is not listed; without it, such a value stops the run."""

    @model_validator(mode="after")
    def _each_level_follows_from_the_one_below(self) -> Tree:
        if len({*self.names, VALUE, ALL_ALIKE}) != len(self.names) + 2:
            raise HierarchyUnfit("two levels have one name", fix="Name each level once.", where="names")
        if bool(self.names) != bool(self.labels) or any(len(row) != len(self.names) for row in self.labels.values()):
            raise HierarchyUnfit(
                f"a value does not have {len(self.names)} labels, one for each level",
                fix="Give every value a label at every level; repeat the last one if need be.",
                where="labels",
            )
        for place, (below, above) in enumerate(pairwise(self.names)):
            parents: dict[str, str] = {}
            for row in self.labels.values():
                if parents.setdefault(row[place], row[place + 1]) != row[place + 1]:
                    raise HierarchyUnfit(
                        f"one label of the level {below} stands under two labels of the level {above}",
                        fix="Give it one label above, or split it in two.",
                        where=f"labels: {row[place]}",
                    )
            if self.other is not None and parents.get(self.other, self.other) != self.other:
                raise HierarchyUnfit("the label `other` stands under another one", fix="Choose another word for it.",
                                     where="other")  # fmt: skip
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        return (VALUE, *self.names, ALL_ALIKE)

    def _treat(self, level: str) -> dict[str, Any]:
        place = self.names.index(level)
        return {"to": "label", "labels": {value: row[place] for value, row in self.labels.items()}, "other": self.other}


AnyHierarchy = Annotated[Dates | Postcodes | Numbers | Prefixes | Tree, Field(discriminator="kind")]


class _HierarchyFile(Value):
    hierarchy: AnyHierarchy


def _check_order(through: tuple[str, ...], all_levels: tuple[str, ...]) -> None:
    places = [all_levels.index(each) for each in through]
    if not through or any(high <= low for low, high in pairwise(places)):
        raise HierarchyUnfit(
            "the levels do not rise, or there are none", fix=f"Choose from: {', '.join(all_levels)}.", where="through"
        )


class Areas(Value):
    """Which region each postcode area is counted to, and which nation each region is in."""

    source: Text
    checked: Text
    regions: dict[str, tuple[str, ...]]
    nations: dict[str, tuple[str, ...]]

    def region_of(self) -> dict[str, str]:
        """The region of each area."""
        return {area: region for region, areas in self.regions.items() for area in areas}

    def nation(self, region: str) -> str:
        """The nation of a region."""
        return next(nation for nation, regions in self.nations.items() if region in regions)


@cache
def read_areas() -> Areas:
    """The postcode areas by region."""
    path = Path(__file__).parent / "postcode_areas.yaml"
    return build(Areas, parse_yaml(path.read_bytes(), where=path.name), where=path.name)


@cache
def list_built_in() -> dict[str, Hierarchy]:
    """The hierarchies that come with Fairshare, by name.

    >>> list_built_in()["dates"].levels
    ('day', 'month', 'quarter', 'year', 'decade', '*')
    """
    return {path.stem: build_hierarchy(parse_yaml(path.read_bytes(), where=path.name), where=path.name)
            for path in sorted(BUILT_IN.glob("*.yaml"))}  # fmt: skip


def build_hierarchy(fields: object, *, where: str) -> Hierarchy:
    """A hierarchy from what a YAML file said."""
    return build(_HierarchyFile, {"hierarchy": fields}, where=where).hierarchy


def find_built_in(name: str) -> Hierarchy:
    """A hierarchy that comes with Fairshare; raises NotFound."""
    found = list_built_in().get(name)
    if found is None:
        raise NotFound(
            "there is no hierarchy of that name", fix=f"There are: {', '.join(list_built_in())}.", where=name[:100]
        )
    return found


def check_height(hierarchies: dict[str, Hierarchy], schema: dict[str, ColumnType]) -> None:
    """Raises HierarchyUnfit if a hierarchy does not suit what its column holds."""
    for column, hierarchy in hierarchies.items():
        if schema[column] not in hierarchy.fits and hierarchy.levels != (VALUE, ALL_ALIKE):
            raise HierarchyUnfit(
                f"the hierarchy of kind {hierarchy.kind} does not suit a column of type {schema[column]}",
                fix=f"It suits: {', '.join(sorted(hierarchy.fits))}.",
                where=column,
            )
