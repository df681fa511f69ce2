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


def hold_back_small_groups(plan: Plan, rows: list[Row]) -> tuple[list[Row], tuple[GroupMeasured, ...]]:
    """Drops the classes that fail, over and over until none does, or refuses."""
    names = [each.output for each in plan.sent]
    first = [divide(group, names, rows) for group in plan.groups]
    judged = [judge(group, names, classes) for group, classes in zip(plan.groups, first, strict=True)]
    before = -1
    while before != len(rows):
        before = len(rows)
        for group in plan.groups:
            if group.suppresses:
                classes = divide(group, names, rows)
                found = judge(group, names, classes)
                rows = [row for key, members in classes.items() if not found[key][1] for row in members]
    measured = []
    for group, was, found_first in zip(plan.groups, first, judged, strict=True):
        classes = divide(group, names, rows)
        found = judge(group, names, classes)
        if failing := [key for key, (_, fails) in found.items() if fails]:
            raise refuse_groups(group, len(failing), sum(len(classes[key]) for key in failing))
        held = [len(was[key]) for key, (_, fails) in found_first.items() if fails]
        measured.append(
            GroupMeasured(
                columns=group.columns,
                k=group.k if isinstance(group, KAnonymity) else 0,
                groups=len(was),
                small_groups=len(held),
                rows_in_small_groups=sum(held),
                smallest_group_sent=min(map(len, classes.values()), default=None),
                group=group,
                found=worst(group, found_first),
                found_sent=worst(group, found),
                sizes=count_sizes(was),
                sizes_sent=count_sizes(classes),
            )
        )
    return rows, tuple(measured)


def divide(group: GroupTreatment, names: Sequence[str], rows: list[Row]) -> Classes:
    """The rows, class by class."""
    classes: Classes = defaultdict(list)
    for row in rows:
        classes[tuple(row[names.index(name)] for name in group.columns)].append(row)
    return classes


def count_sizes(classes: Classes) -> tuple[tuple[int, int], ...]:
    """How many classes there are of each size, smallest first."""
    return tuple(sorted(Counter(map(len, classes.values())).items()))


def worst(group: GroupTreatment, found: dict[Row, tuple[float, bool]]) -> float | None:
    """The worst that was found in a class."""
    recursive = isinstance(group, LDiversity) and group.measure == "recursive"
    most = max if isinstance(group, TCloseness | DeltaPresence) or recursive else min
    return round(most(each for each, _ in found.values()), 9) if found else None


def judge(group: GroupTreatment, names: Sequence[str], classes: Classes) -> dict[Row, tuple[float, bool]]:
    """What a model finds in each class, and whether the class fails."""
    match group:
        case KAnonymity():
            return {key: (float(len(rows)), len(rows) < group.k) for key, rows in classes.items()}
        case LDiversity():
            place = names.index(group.sensitive)
            values = {key: Counter(row[place] for row in rows) for key, rows in classes.items()}
            return {key: diversity(group, counts) for key, counts in values.items()}
        case TCloseness():
            place = names.index(group.sensitive)
            values = {key: Counter(row[place] for row in rows) for key, rows in classes.items()}
            far = distances(group, values)
            return {key: (float(each), each > Fraction(str(group.t))) for key, each in far.items()}
        case DeltaPresence():
            people = {each.values: each.people for each in group.counts}
            return {key: presence(group, len(rows), people.get(as_text(key), 0)) for key, rows in classes.items()}
    raise TypeError(f"{type(group).__name__} is not a group treatment")


def diversity(group: LDiversity, values: Counter[Cell]) -> tuple[float, bool]:
    """How diverse a class is by the group's measure, and whether that is too little; a null is no value."""
    counts = sorted((count for value, count in values.items() if value is not None), reverse=True)
    if group.measure == "distinct":
        return float(len(counts)), len(counts) < group.l
    if group.measure == "entropy":
        shares = [count / sum(counts) for count in counts]
        found = exp(-sum(share * log(share) for share in shares)) if counts else 0.0
        return found, found < group.l - 1e-9
    commonest, rest = counts[0] if counts else 1, sum(counts[int(group.l) - 1 :])
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
