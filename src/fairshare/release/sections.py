"""What one step of a release has to tell the release sheet: sentences, a table of numbers, and a chart of them.

Every step says what it did in this one shape; the sheet, the PDF, the screen and a notebook each show it in their way.
The numbers are always in the table, so that nobody needs the chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SectionName = Literal[
    "opt_outs", "risk", "utility", "history", "accuracy", "budget", "fidelity", "attacks", "rejected", "parts", "kept"
]
"""In the order in which a sheet shows them."""
ChartKind = Literal["bars", "steps", "intervals"]


@dataclass(frozen=True)
class InBoth:
    """The same words in English and in Welsh; the Welsh is unreviewed unless somebody says otherwise."""

    en: str
    cy: str

    def read(self, language: str) -> str:
        """The words in a language."""
        return self.cy if language == "cy" else self.en


@dataclass(frozen=True)
class Series:
    """One row of marks in a chart: a value for each label; for intervals, their ends as well."""

    name: InBoth
    values: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True)
class Chart:
    """A chart of the table's numbers, read in black and white: series differ in pattern, not in colour alone."""

    kind: ChartKind
    title: InBoth
    alt: InBoth
    """What it shows, in words, for those who do not see it."""
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: InBoth
    """What the values count, such as `people` or `% of cells`."""
    limit: float | None = None
    """A line that values should stay under, or reach."""


@dataclass(frozen=True)
class Section:
    """One part of the sheet. It names no person and shows no value of the information itself."""

    name: SectionName
    title: InBoth
    says: tuple[InBoth, ...]
    headings: tuple[InBoth, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    charts: tuple[Chart, ...] = ()
    holder_only: bool = False
    """Left out of the recipient's copy."""

    def _repr_html_(self) -> str:
        from fairshare.release.notebook import show_told

        return show_told((self,))
