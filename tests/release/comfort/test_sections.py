"""What the steps of a release tell stands on the sheet: in words, in tables, and in charts that need no colour."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date
from itertools import combinations, product
from typing import Any

import html5lib
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from fairshare.documents import Brand, render
from fairshare.documents.pdf import draw_png
from fairshare.release import charts
from fairshare.release.charts import LOOKS, draw_chart
from fairshare.release.sections import Chart, Section, Series
from fairshare.release.sheet import write_sheet
from fairshare.release.sheet_document import write_sheet_document
from fairshare.release.sheet_sections import LANGUAGES, read_words, show_sections
from fairshare.request.wording import Cover
from tests.documents.pdf_checks import find_pdf_faults
from tests.release.comfort.told import BARS, BUDGET, INTERVALS, RISK, SECTIONS, STEPS, both
from tests.release.flow.test_sheet import FACTS, HTML, text_of

INK = "#0b0c0c"
SVG = "{http://www.w3.org/2000/svg}"
AUDIENCES = ("holder", "recipient")
TOLD = replace(FACTS["table"], sections=SECTIONS)
PAGES = {
    (audience, language): write_sheet(TOLD, audience=audience, language=language)  # type: ignore[arg-type]
    for audience, language in product(AUDIENCES, LANGUAGES)
}


def parse(page: str) -> Any:
    return html5lib.HTMLParser(strict=True).parse(page)


@pytest.mark.parametrize("where", PAGES, ids="-".join)
def test_each_section_stands_on_the_sheet_with_its_words_its_table_and_its_charts(where: tuple[str, str]) -> None:
    audience, language = where
    root = parse(PAGES[where])
    said = text_of(root)
    shown = [each for each in (RISK, BUDGET, SECTIONS[0]) if audience == "holder" or not each.holder_only]
    headings = [text_of(each) for each in root.iter(f"{HTML}h2")]
    places = [headings.index(each.title.read(language)) for each in shown]
    assert places == sorted(places)
    assert all(sentence.read(language) in said for each in shown for sentence in each.says)
    images = list(root.iter(f"{HTML}img"))
    assert [each.attrib["alt"] for each in images] == [
        chart.alt.read(language) for each in shown for chart in each.charts
    ]
    assert all(each.attrib["src"].startswith("data:image/svg+xml;base64,") for each in images)
    for row in RISK.rows:
        assert " ".join(row) in said
    for table in root.iter(f"{HTML}table"):
        assert text_of(next(table.iter(f"{HTML}caption")))
        assert all(each.attrib["scope"] in ("col", "row") for each in table.iter(f"{HTML}th"))
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_for_the_holder_alone_never_reaches_the_recipient(language: str) -> None:
    for told in (BUDGET.title, *BUDGET.says, STEPS.title, STEPS.alt):
        assert told.read(language) in PAGES["holder", language]
        assert told.read(language) not in PAGES["recipient", language]
    document = write_sheet_document(TOLD, make_cover(language), audience="recipient")
    assert BUDGET.title.read(language) not in document.model_dump_json()
    assert BUDGET.title.read(language) in write_sheet_document(TOLD, make_cover(language)).model_dump_json()


def test_a_chart_without_a_table_gets_one_with_all_of_its_numbers() -> None:
    (shown,) = show_sections((SECTIONS[0],), audience="holder")
    assert shown.tables[0].rows[0] == ("singling out", "0.01 (-0.02 - 0.04)")
    assert shown.tables[0].numeric == (False, False)
    (budget,) = show_sections((BUDGET,), audience="holder")
    assert budget.tables[0].rows[-1] == ("1 August", "2", "1")
    assert budget.tables[0].numeric == (False, True, True)


def test_a_part_with_nothing_in_it_or_an_unknown_name_never_stops_a_release() -> None:
    empty = replace(BARS, labels=(), series=())
    sections = (Section("new", both("New"), (both("Said."),), charts=(empty,)), replace(RISK, rows=()))  # type: ignore[arg-type]
    for audience in AUDIENCES:
        page = write_sheet(replace(TOLD, sections=sections), audience=audience)  # type: ignore[arg-type]
        headings = [text_of(each) for each in parse(page).iter(f"{HTML}h2")]
        assert headings.index("New") > headings.index(RISK.title.en)
    assert render(write_sheet_document(replace(TOLD, sections=sections), make_cover("en")), "pdf")


@pytest.mark.parametrize("audience", AUDIENCES)
def test_without_matplotlib_the_tables_stand_alone_and_the_sheet_says_so(
    monkeypatch: pytest.MonkeyPatch, audience: Any
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    draw_chart.cache_clear()
    page = write_sheet(TOLD, audience=audience)
    assert "<img" not in page
    assert read_words("en")[f"charts_missing_{audience}"].replace("'", "&#39;") in page
    assert "41.2 %" in page
    with pytest.raises(charts.NoCharts, match="matplotlib is not installed") as refused:
        draw_chart(BARS)
    assert "fairshare[charts]" in refused.value.fix


@pytest.mark.parametrize("chart", [BARS, STEPS, INTERVALS], ids=lambda each: each.kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chart_is_a_picture_that_says_what_it_shows_and_fetches_nothing(chart: Chart, language: str) -> None:
    svg = draw_chart(chart, language)
    root = etree.fromstring(svg)
    assert root.attrib["role"] == "img"
    assert [each.text for each in list(root)[:2]] == [chart.title.read(language), chart.alt.read(language)]
    assert [each.tag for each in list(root)[:2]] == [f"{SVG}title", f"{SVG}desc"]
    assert not [each for each in root.iter() if each.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}text")]
    assert not re.search(rb'(?:href="(?!#))|<!DOCTYPE|@import|url\((?!#)', svg)
    assert draw_png(svg).startswith(b"\x89PNG")


def test_the_same_chart_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys\nfrom fairshare.release.charts import draw_chart\nfrom tests.release.comfort import told\n"
        "sys.stdout.buffer.write(draw_chart(told.BARS) + draw_chart(told.STEPS) + draw_chart(told.INTERVALS))"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, env={"PYTHONHASHSEED": "7"})
    assert ran.stdout == draw_chart(BARS) + draw_chart(STEPS) + draw_chart(INTERVALS)


def lightness(colour: str) -> float:
    """How light a colour is where there is no colour."""
    red, green, blue = (int(colour[n : n + 2], 16) for n in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_series_differ_where_there_is_no_colour() -> None:
    assert all(abs(lightness(a.fill) - lightness(b.fill)) > 60 or a.hatch != b.hatch for a, b in combinations(LOOKS, 2))
    assert len({each.marker for each in LOOKS}) == len({str(each.line) for each in LOOKS}) == len(LOOKS)
    series = tuple(Series(both(f"series {n}"), (float(n + 1),)) for n in range(len(LOOKS)))
    svg = draw_chart(replace(BARS, labels=("one",), series=series, limit=None)).decode()
    drawn = re.findall(r'(?:fill: (#[0-9a-f]{6}|url\(#[0-9a-z]+\)))[^"]*stroke: #0b0c0c', svg)
    assert len({each for each in drawn if each.startswith("url")}) == sum(bool(each.hatch) for each in LOOKS)
    plain = {lightness(each) for each in drawn if each.startswith("#") and each not in ("#ffffff", INK)}
    assert all(abs(one - other) > 60 for one, other in combinations(plain, 2))


HOSTILE = st.text(st.characters(exclude_categories=()), max_size=30) | st.sampled_from(
    ["$x$", "_", "--><script>", "]]>", "a\x00b", "\\frac", "&lt;", '" onload="x']
)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=32)


@settings(max_examples=15, deadline=None)
@given(
    kind=st.sampled_from(["bars", "steps", "intervals"]),
    labels=st.lists(HOSTILE, max_size=4),
    words=HOSTILE,
    rows=st.lists(st.lists(NUMBERS, max_size=5), max_size=3),
    limit=NUMBERS | st.none(),
)
def test_any_chart_can_be_drawn(kind: Any, labels: list[str], words: str, rows: list[list[float]], limit: Any) -> None:
    said = both(words)
    series = tuple(Series(said, tuple(row), tuple(row), tuple(row)) for row in rows)
    chart = Chart(kind, said, said, tuple(labels), series, said, limit)
    etree.fromstring(draw_chart(chart))
    (shown,) = show_sections((Section("risk", said, (said,), charts=(chart,)),), audience="holder")
    assert all(len(row) == len(each.headings) for each in shown.tables for row in each.rows)


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "--><b>", '" onload="x', "{{ 7*7 }}", "a\x00b\ud800"])
def test_what_people_wrote_stays_text(hostile: str) -> None:
    said = both(hostile)
    chart = replace(BARS, title=said, alt=said, labels=(hostile, "b", "c"))
    section = replace(RISK, title=said, says=(said,), rows=((hostile,) * 3,), charts=(chart,))
    root = parse(write_sheet(replace(TOLD, sections=(section,)), audience="holder"))
    assert not list(root.iter(f"{HTML}script"))
    assert "onload" not in {name for each in root.iter() for name in each.attrib}


def make_cover(language: str) -> Cover:
    return Cover(
        brand=Brand(organisation="Harbour Homes"), dated=date(2026, 11, 22), author="B. Teal",
        language="cy-GB" if language == "cy" else "en-GB",
    )  # fmt: skip


@pytest.mark.parametrize(("audience", "language"), PAGES)
def test_the_sheet_is_a_sound_pdf_with_its_charts_described(audience: Any, language: str) -> None:
    pdf = render(write_sheet_document(TOLD, make_cover(language), audience=audience), "pdf")
    assert find_pdf_faults(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        alts = {str(each.Alt) for each in opened.objects if isinstance(each, pikepdf.Dictionary) and "/Alt" in each}
    assert BARS.alt.read(language) in alts
    assert (STEPS.alt.read(language) in alts) is (audience == "holder")
