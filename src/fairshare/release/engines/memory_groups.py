"""What each model asks of a class, in plain Python over rows: slow and obviously right, for engines to agree with."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import exp, inf, log

from fairshare.release.engines import GroupMeasured
from fairshare.release.plan import Plan
from fairshare.release.treatments import Cell, text_of
from fairshare.release.treatments_groups import (
    DeltaPresence,
    GroupTreatment,
    KAnonymity,
    LDiversity,
    TCloseness,
    refuse_groups,
)

Row = tuple[Cell, ...]
Classes = dict[Row, list[Row]]
"""Rows by their values of the quasi-identifiers."""


def hold_back_small_groups(
    plan: Plan, rows: list[Row], people: Sequence[Cell] | None = None
) -> tuple[list[Row], tuple[GroupMeasured, ...]]:
    """Drops the classes that fail, over and over until none does, or refuses.

    Takes    people: whose each row is, if the plan says so; then different people are counted.
    """
    if people is None:
        return _hold_back(plan, rows, people=False)
    whose = [(*row, person) for row, person in zip(rows, people, strict=True)]
    sent, measured = _hold_back(plan, whose, people=True)
    return [row[:-1] for row in sent], measured


def _hold_back(plan: Plan, rows: list[Row], *, people: bool) -> tuple[list[Row], tuple[GroupMeasured, ...]]:
    names = [each.output for each in plan.sent]
    first = [divide(group, names, rows) for group in plan.groups]
    judged = [judge(group, names, classes, people=people) for group, classes in zip(plan.groups, first, strict=True)]
    before = -1
    while before != len(rows):
        before = len(rows)
        for group in plan.groups:
            if group.suppresses:
                classes = divide(group, names, rows)
                found = judge(group, names, classes, people=people)
                rows = [row for key, members in classes.items() if not found[key][1] for row in members]
    measured = []
    for group, was, found_first in zip(plan.groups, first, judged, strict=True):
        classes = divide(group, names, rows)
        found = judge(group, names, classes, people=people)
        if failing := [key for key, (_, fails) in found.items() if fails]:
            raise refuse_groups(group, len(failing), sum(len(classes[key]) for key in failing), people=people)
        held = [len(was[key]) for key, (_, fails) in found_first.items() if fails]
        measured.append(
            GroupMeasured(
                columns=group.columns,
                k=group.k if isinstance(group, KAnonymity) else 0,
                groups=len(was),
                small_groups=len(held),
                rows_in_small_groups=sum(held),
                smallest_group_sent=min(
                    (count_alike(each, people and isinstance(group, KAnonymity)) for each in classes.values()),
                    default=None,
                ),
                group=group,
                found=worst(group, found_first),
                found_sent=worst(group, found),
                people=people,
                sizes=count_sizes(was, people),
                sizes_sent=count_sizes(classes, people),
            )
        )
    return rows, tuple(measured)


def divide(group: GroupTreatment, names: Sequence[str], rows: list[Row]) -> Classes:
    """The rows, class by class."""
    classes: Classes = defaultdict(list)
    for row in rows:
        classes[tuple(row[names.index(name)] for name in group.columns)].append(row)
    return classes


def count_alike(rows: Sequence[Row], people: bool) -> int:
    """How many rows a class has, or how many different people; a row that is nobody's counts for none."""
    return len({row[-1] for row in rows} - {None}) if people else len(rows)


def count_sizes(classes: Classes, people: bool = False) -> tuple[tuple[int, int], ...]:
    """How many classes there are of each size, smallest first."""
    return tuple(sorted(Counter(max(count_alike(rows, people), 1) for rows in classes.values()).items()))


def count_values(rows: Sequence[Row], place: int, people: bool) -> Counter[Cell]:
    """How many rows, or different people, have each value; it is there, if only in rows that are nobody's."""
    if not people:
        return Counter(row[place] for row in rows)
    values = {row[place] for row in rows}
    return Counter({each: max(count_alike([r for r in rows if r[place] == each], True), 1) for each in values})


def worst(group: GroupTreatment, found: dict[Row, tuple[float, bool]]) -> float | None:
    """The worst that was found in a class."""
    recursive = isinstance(group, LDiversity) and group.measure == "recursive"
    most = max if isinstance(group, TCloseness | DeltaPresence) or recursive else min
    return round(most(each for each, _ in found.values()), 9) if found else None


def judge(
    group: GroupTreatment, names: Sequence[str], classes: Classes, *, people: bool = False
) -> dict[Row, tuple[float, bool]]:
    """What a model finds in each class, and whether the class fails."""
    match group:
        case KAnonymity():
            alike = {key: count_alike(rows, people) for key, rows in classes.items()}
            return {key: (float(size), size < group.k) for key, size in alike.items()}
        case LDiversity():
            place = names.index(group.sensitive)
            values = {key: count_values(rows, place, people) for key, rows in classes.items()}
            return {key: diversity(group, counts) for key, counts in values.items()}
        case TCloseness():
            place = names.index(group.sensitive)
            values = {key: Counter(row[place] for row in rows) for key, rows in classes.items()}
            far = distances(group, values)
            return {key: (float(each), each > Fraction(str(group.t))) for key, each in far.items()}
        case DeltaPresence():
            there = {each.values: each.people for each in group.counts}
            return {key: presence(group, len(rows), there.get(as_text(key), 0)) for key, rows in classes.items()}
    raise TypeError(f"{type(group).__name__} is not a group treatment")


def diversity(group: LDiversity, values: Counter[Cell]) -> tuple[float, bool]:
    """How diverse a class is by the group's measure, and whether that is too little.

    A null is no value where values are counted, and one where shares are: else a few values would hide most of them.
    """
    if group.measure == "distinct":
        different = len(values.keys() - {None})
        return float(different), different < group.l
    counts = sorted(values.values(), reverse=True)
    if group.measure == "entropy":
        shares = [count / sum(counts) for count in counts]
        found = exp(-sum(share * log(share) for share in shares))
        return found, found < group.l - 1e-9
    commonest, rest = counts[0], sum(counts[int(group.l) - 1 :])
    return commonest / rest if rest else inf, not commonest < Fraction(str(group.c)) * rest


def distances(group: TCloseness, classes: dict[Row, Counter[Cell]]) -> dict[Row, Fraction]:
    """How far the shares of values in each class are from those in all rows."""
    whole: Counter[Cell] = sum(classes.values(), Counter())
    values = sorted(whole, key=lambda value: (value is not None, value)) if group.distance == "ordered" else list(whole)
    found = {}
    for key, counts in classes.items():
        gaps = [Fraction(counts[each], counts.total()) - Fraction(whole[each], whole.total()) for each in values]
        if group.distance == "ordered":
            running = [abs(each) for each in accumulate(gaps)]
            found[key] = sum(running, Fraction(0)) / max(len(values) - 1, 1)
        else:
            found[key] = sum(map(abs, gaps), Fraction(0)) / 2
    return found


def presence(group: DeltaPresence, rows: int, people: int) -> tuple[float, bool]:
    """The share of those alike in the population who are in a class; twice its rows if nobody is."""
    return rows / (people or 0.5), rows > Fraction(str(group.most)) * people


def as_text(key: Row) -> tuple[str | None, ...]:
    """Values as text, the way a population's counts have them."""
    return tuple(None if cell is None else text_of(cell) for cell in key)
