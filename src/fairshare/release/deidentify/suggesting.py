"""Which hierarchy suits a column: by what it holds, what it is called, and between which values it lies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import ceil, floor, log10
from pathlib import Path

from fairshare.release.deidentify.hierarchies import Hierarchy, HierarchyUnfit, Numbers, find_built_in
from fairshare.release.deidentify.settle import make_treatment
from fairshare.release.engines.memory import treat_cell
from fairshare.release.engines.sampling import sample_source
from fairshare.release.filters import WRITE_AS, read_given
from fairshare.release.sources import CsvFile, Source
from fairshare.release.suggest import guess_csv_type
from fairshare.release.treatments import DATED, NUMBERS, ColumnType, text_of

BOUNDS = 10**12
FEW = 4
"""Whole numbers that lie closer together than this are taken for codes."""
SAMPLED = 1000
"""How many rows of a CSV file are looked at to see what its columns hold."""


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
    if found is ColumnType.INTEGER and high - low < FEW:
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
    # Intervals of one whole number are the numbers themselves, and one interval of all is the top.
    widths = [width * each for each in (1, 2, 10) if not whole or 1 < width * each < high - low] or [2]
    start, stop = floor(low / widths[-1]) * widths[-1], ceil(high / widths[0]) * widths[0]
    places = None if whole else 6
    return Numbers(
        kind="numbers",
        start=round(start, places),
        stop=round(stop, places),
        widths=tuple(round(each, places) for each in widths),
    )


def type_columns(source: Source, base: Path, names: Sequence[str]) -> Source:
    """The source, with those columns of a CSV file read as dates or whole numbers whose first cells all look so.

    What a later cell turns out not to be is rejected, counted and reported, as in every plan.
    """
    if not isinstance(source, CsvFile):
        return source
    sample = sample_source(source, base, rows=SAMPLED)
    types = dict(source.types)
    for name in names:
        texts = [str(each) for each in sample.columns.get(name, []) if each is not None]
        written = guess_csv_type(texts)
        # A leading zero is part of a code, and would be lost.
        if written is not None and not (written == "integer" and any(re.match("-?0[0-9]", each) for each in texts)):
            types.setdefault(name, written)  # type: ignore[arg-type]
    return source.model_copy(update={"types": types})


def raise_text(hierarchy: Hierarchy, level: str, text: str) -> str:
    """A value, given as text, at one level of a hierarchy.

    >>> raise_text(find_built_in("ages"), "width_10", "42"), raise_text(find_built_in("dates"), "decade", "1987-03-09")
    ('40 to 49', '1980s')
    """
    found: ColumnType = next(
        each for each in (ColumnType.TEXT, ColumnType.DATE, ColumnType.DECIMAL) if each in hierarchy.fits
    )
    if ColumnType.INTEGER in hierarchy.fits and found is ColumnType.DECIMAL and re.fullmatch("-?[0-9]+", text):
        found = ColumnType.INTEGER
    value = read_given(text, found)
    if value is None:
        raise HierarchyUnfit(f"this is no value of type {found}", fix=WRITE_AS[found], where="--value")
    treatment = make_treatment("value", hierarchy.treat(level))
    return text_of(made) if (made := treat_cell(treatment, value, {})) is not None else "-"
