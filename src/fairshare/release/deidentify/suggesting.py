"""Which hierarchy suits a column: by what it holds, what it is called, and between which values it lies."""

from __future__ import annotations

import re
from math import ceil, floor, log10

from fairshare.release.deidentify.hierarchies import Hierarchy, Numbers, find_built_in
from fairshare.release.treatments import DATED, NUMBERS, ColumnType

BOUNDS = 10**12


def suggest_built_in(name: str, found: ColumnType, low: float | None = None, high: float | None = None) -> str | None:
    """The built-in hierarchy that suits a column; None where intervals made for it suit better.

    >>> suggest_built_in("Home_Postcode", ColumnType.TEXT), suggest_built_in("born", ColumnType.DATE)
    ('postcodes', 'dates')
    >>> suggest_built_in("age", ColumnType.INTEGER, 0, 97), suggest_built_in("cost", ColumnType.INTEGER, 0, 97)
    ('ages', None)
    """
    if found in DATED:
        return "dates"
    if found is ColumnType.TEXT and re.search(r"post_?-? ?code|pcode", name, re.IGNORECASE):
        return "postcodes"
    if found not in NUMBERS or low is None or high is None or not low < high or max(-low, high) > BOUNDS:
        return "values"
    is_age = found is ColumnType.INTEGER and re.search(r"(^|_|\b)age(\b|_|$)", name, re.IGNORECASE)
    return "ages" if is_age and low >= 0 and high <= 150 else None


def suggest_hierarchy(name: str, found: ColumnType, low: float | None = None, high: float | None = None) -> Hierarchy:
    """A hierarchy that suits a column whose values lie between `low` and `high`."""
    built_in = suggest_built_in(name, found, low, high)
    if built_in is not None or low is None or high is None:
        return find_built_in(built_in or "values")
    return make_intervals(low, high, whole=found is ColumnType.INTEGER)


def make_intervals(low: float, high: float, *, whole: bool) -> Numbers:
    """Round intervals that nest, for values between `low` and `high`: about twenty, ten, and two.

    >>> made = make_intervals(3, 97, whole=True)
    >>> made.start, made.stop, made.widths
    (0, 100, (5, 10, 50))
    """
    step = 10 ** floor(log10((high - low) / 20))
    width = next(step * factor for factor in (1, 2, 5, 10) if step * factor * 20 >= high - low)
    width = max(1, ceil(width)) if whole else max(width, 1e-6)
    widths = [width * factor for factor in (1, 2, 10)]
    start, stop = floor(low / widths[1]) * widths[1], ceil(high / widths[1]) * widths[1]
    places = None if whole else 6
    return Numbers(
        kind="numbers",
        start=round(start, places),
        stop=round(stop, places),
        widths=tuple(round(each, places) for each in widths),
    )
