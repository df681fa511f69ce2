"""What each step of a release has to tell, shown: as parts of the sheet's page, and as blocks of a document."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from fairshare.documents.model import Block, Heading, Picture, make_runs
from fairshare.documents.model import Table as TableBlock
from fairshare.release.charts import NoCharts, draw_chart, write_number
from fairshare.release.sections import Chart, Section, SectionName
from fairshare.request.wording import write_paragraphs
from fairshare.words import SettingOutOfRange
from fairshare.words.reading import parse_yaml

Audience = Literal["holder", "recipient"]
LANGUAGES = ("cy", "en")
MOST_COLUMNS = 20
"""As many as a table of a document has."""

_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF))
    + "]"
)
_NUMBER = re.compile(r"[<>≤≥±+\-−]?\s?£?\d[\d,. ]*\s?%?|-|")


@dataclass(frozen=True)
class ShownChart:
    """A chart ready to be shown; `svg` is None where none can be drawn."""

    title: str
    alt: str
    svg: bytes | None

    @property
    def address(self) -> str:
        """The picture as the source of an image: there it can neither run nor fetch anything."""
        return f"data:image/svg+xml;base64,{b64encode(self.svg or b'').decode()}"


@dataclass(frozen=True)
class ShownTable:
    """A table of numbers with what it is called; `numeric` says which columns hold numbers only."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Whether each column but the first holds numbers only."""
        if not self.rows:
            return (False,) * len(self.headings)
        columns = zip(*self.rows, strict=True)
        return tuple(at > 0 and all(_NUMBER.fullmatch(cell) for cell in column) for at, column in enumerate(columns))


@dataclass(frozen=True)
class ShownSection:
    """One part of the sheet in one language, for one audience."""

    name: SectionName
    title: str
    says: tuple[str, ...]
    charts: tuple[ShownChart, ...]
    tables: tuple[ShownTable, ...]
    note: str = ""
    """Why there is no chart, if there should be one."""


def show_sections(
    sections: tuple[Section, ...], *, audience: Audience, language: str = "en"
) -> tuple[ShownSection, ...]:
    """The parts that an audience may see, in the order of the sheet, with their charts drawn if that can be done."""
    order = {name: place for place, name in enumerate(get_args(SectionName))}
    kept = [each for each in sections if audience == "holder" or not each.holder_only]
    kept.sort(key=lambda section: order.get(section.name, len(order)))
    return tuple(show_section(each, audience=audience, language=language) for each in kept)


def show_section(
    section: Section, *, audience: Audience = "holder", language: str = "en", drawn: bool = True
) -> ShownSection:
    """One part, in one language.

    Takes    drawn: whether to draw its charts, which takes a while the first time.
    """
    charts = tuple(_show_chart(each, language) for each in section.charts) if drawn else ()
    missing = any(each.svg is None for each in charts)
    return ShownSection(
        name=section.name,
        title=section.title.read(language),
        says=tuple(dict.fromkeys(each.read(language) for each in section.says)),
        charts=charts,
        tables=tuple(_tabulate(section, language)),
        note=str(read_words(language)[f"charts_missing_{audience}"]) if missing else "",
    )


def write_sections(sections: tuple[Section, ...], *, audience: Audience, language: str) -> Iterator[Block]:
    """The same parts as blocks of a document."""
    for each in show_sections(sections, audience=audience, language=language):
        yield Heading(text=each.title)
        yield from write_paragraphs(*each.says, each.note)
        for chart in each.charts:
            if chart.svg is not None:
                yield Picture(picture=chart.svg, alt=chart.alt, caption=chart.title)
        for table in each.tables:
            # A document has no room for more columns; the page has them all.
            rows = tuple(tuple(make_runs(cell) for cell in row[:MOST_COLUMNS]) for row in table.rows)
            yield TableBlock(caption=table.caption, header=table.headings[:MOST_COLUMNS], rows=rows)


def _show_chart(chart: Chart, language: str) -> ShownChart:
    try:
        svg = draw_chart(chart, language)
    except NoCharts:
        svg = None
    return ShownChart(chart.title.read(language), chart.alt.read(language), svg)


def _tabulate(section: Section, language: str) -> Iterator[ShownTable]:
    """The section's own table; else the numbers of each of its charts, so that nobody needs a chart."""
    headings = tuple(each.read(language) for each in section.headings)
    if section.rows and headings:
        # A row that is too short or too long must not bring down the whole sheet.
        rows = tuple((*row, *[""] * len(headings))[: len(headings)] for row in section.rows)
        yield ShownTable(section.title.read(language), headings, rows)
        return
    for chart in section.charts:
        names = tuple(f"{each.name.read(language)} ({chart.unit.read(language)})" for each in chart.series)
        rows = tuple((label, *(_say(chart, n, at) for n in range(len(names)))) for at, label in enumerate(chart.labels))
        words = read_words(language)
        caption = str(words["chart_numbers"]).format(chart=chart.title.read(language))
        yield ShownTable(caption, (str(words["chart_label"]), *names), rows)


def _say(chart: Chart, number: int, at: int) -> str:
    series = chart.series[number]
    if at >= len(series.values):
        return "-"
    said = write_number(series.values[at])
    if at < len(series.low) and at < len(series.high):
        said = f"{said} ({write_number(series.low[at])} - {write_number(series.high[at])})"
    return said


@cache
def read_words(language: str) -> dict[str, Any]:
    """What the sheet says in a language."""
    if language not in LANGUAGES:
        raise SettingOutOfRange(
            f"there are no words for {language[:20]!r}", fix=f"Use {' or '.join(LANGUAGES)}.", where="language"
        )
    where = files("fairshare.release") / "words" / f"{language}.yaml"
    return cast(dict[str, Any], parse_yaml(where.read_bytes(), where=str(where)))


@cache
def read_page(name: str) -> Template:
    """A page of this room: everything that people wrote is escaped when it is filled in."""
    environment = Environment(
        loader=PackageLoader("fairshare.release"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        finalize=_make_visible,
    )
    return environment.get_template(name)


def _make_visible(shown: Any) -> Any:
    """Text without letters that HTML forbids or that turn its direction round, so that nothing reads as it is not."""
    return _UNFIT.sub("\ufffd", shown) if isinstance(shown, str) and not hasattr(shown, "__html__") else shown
