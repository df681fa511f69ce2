"""The release sheet is sound HTML that anyone can read; it tells what went and what stayed, and no value of either."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.records.kinds import Counts, ReleaseKind, SentFile
from fairshare.release.delivery import open_release
from fairshare.release.engines import EngineReport, GroupMeasured
from fairshare.release.flow import run_release
from fairshare.release.sheet import (
    MOST_LINES,
    SheetFacts,
    SheetLine,
    find_risk,
    write_how_to_open,
    write_sheet,
)
from fairshare.release.sheet_facts import gather_facts
from fairshare.release.sheet_files import SHEET
from fairshare.release.sheet_sections import LANGUAGES, Audience, read_words
from fairshare.words import Organisation, Outcome, SettingOutOfRange
from tests.release.flow.stories import (
    HOLDER_KEY,
    MARKER,
    READER_SECRET,
    TRUSTED,
    FileBook,
    bundle,
    make_decision,
    make_documents,
    make_ports,
    make_study_table,
    routine,
    tell,
    to_reader,
    write_people,
)

HTML, SVG = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2000/svg}"
FILE = SentFile(
    name="study <1>.csv", media_type="text/csv", bytes=1_234_567, sha256="b" * 64, encrypted_sha256="c" * 64
)


def table_facts(**changes: Any) -> SheetFacts:
    """The facts of a table for the university."""
    table = make_study_table(Path("nowhere"))
    report = EngineReport(
        rows_read=10_000,
        rows_rejected=3,
        rows_filtered=6_200,
        rows_suppressed=40,
        rows_sent=3_757,
        columns={each.output: each.describe() for each in table.plan.sent},
        held_back={"hiv_status": "not named in the plan", "notes": "dropped by the plan"},
        engine="duckdb 1.5.5",
        groups=(GroupMeasured(("born",), 2, 50, 1, 40, 2), GroupMeasured(("born",), 9, 50, 50, 40, None)),
        notes=("Cells that start with = are written with an apostrophe.",),
    )
    facts = gather_facts(
        routine(table),
        table,
        release_id="sha256:" + "a" * 64,
        files=(FILE,),
        report=report,
        sealed="passphrase",
        signed_by=HOLDER_KEY.public.kid,
    )
    return replace(facts, **changes)


def told_facts() -> SheetFacts:
    """The facts of something told to the police."""
    return gather_facts(
        bundle(),
        tell("i4"),
        release_id="sha256:" + "a" * 64,
        files=(),
        report=None,
        sealed=None,
        signed_by=HOLDER_KEY.public.kid,
    )


FACTS = {"table": table_facts(), "told": told_facts()}
PAGES = {
    (name, audience, language): write_sheet(facts, audience=audience, language=language)
    for (name, facts), audience, language in product(FACTS.items(), ("holder", "recipient"), LANGUAGES)
}


def parse(page: str) -> Element:
    """The page, which must be without a single fault."""
    found: Element = html5lib.HTMLParser(strict=True).parse(page)
    return found


def text_of(element: Element) -> str:
    """The words of an element, as a reader meets them."""
    return " ".join(" ".join(element.itertext()).split())


@pytest.mark.parametrize("page", PAGES.values(), ids=["-".join(each) for each in PAGES])
def test_a_sheet_is_sound_html_that_needs_no_script_and_fetches_nothing(page: str) -> None:
    root = parse(page)
    tags = {str(each.tag).rpartition("}")[2] for each in root.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    assert not re.search(
        r"\bon[a-z]+=|url\(|@import|https?://", page.replace('<a href="https://www.legislation.gov.uk/', "")
    )
    assert "default-src 'none'" in page


@pytest.mark.parametrize("where", PAGES, ids=["-".join(each) for each in PAGES])
def test_a_sheet_can_be_read_by_everyone(where: tuple[str, str, str]) -> None:
    root = parse(PAGES[where])
    assert root.attrib["lang"] == where[2]
    assert text_of(next(root.iter(f"{HTML}title")))
    assert len(list(root.iter(f"{HTML}main"))) == 1
    levels = [int(str(each.tag)[-1]) for each in root.iter() if re.fullmatch(rf"{HTML}h[1-6]", str(each.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [each.attrib["id"] for each in root.iter() if "id" in each.attrib]
    assert len(set(ids)) == len(ids)
    for table in root.iter(f"{HTML}table"):
        assert text_of(next(table.iter(f"{HTML}caption")))
        assert all(each.attrib["scope"] in ("col", "row") for each in table.iter(f"{HTML}th"))
    (picture,) = root.iter(f"{SVG}svg")
    assert picture.attrib["role"] == "img"
    named = picture.attrib["aria-labelledby"].split()
    assert [text_of(each) != "" for each in picture.iter() if each.attrib.get("id") in named] == [True, True]


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2.2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_words_and_marks_stand_out_from_what_is_behind_them() -> None:
    page = PAGES["table", "holder", "en"]
    words = {"#0b0c0c", "#1d4f91"}
    lines = {"#767b7f"}
    behind = {"#ffffff", "#f3f4f5"}
    fills = {"#8fb1dd", "#ffdd00"}  # each within an outline of #0b0c0c, and named beside it in words
    assert set(re.findall(r"#[0-9a-f]{6}", page)) <= words | lines | behind | fills
    assert all(contrast(one, other) >= 4.5 for one, other in product(words, behind))
    assert all(contrast(one, "#ffffff") >= 3 for one in lines)
    assert all(contrast("#0b0c0c", other) >= 3 for other in fills)


def test_nothing_on_the_sheet_is_set_in_a_fixed_width_wider_than_a_small_phone() -> None:
    style = PAGES["table", "holder", "en"].split("<style>")[1].split("</style>")[0]
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in PAGES["table", "holder", "en"]
    assert not re.search(r"(?<!max-)(?<!min-)width: *[0-9.]+(px|rem|em)", style)
    assert not re.search(r"font[^;]*[0-9]px", style)
    assert "@media print" in style


def test_the_sheet_tells_rows_columns_and_what_stayed() -> None:
    page = text_of(parse(PAGES["table", "holder", "en"]))
    for said in (
        "Read 10,000",
        "Left out: could not be read 3",
        "Left out: not asked for 6,200",
        "Left out: in groups too small 40",
        "Sent 3,757",
        "person Went changed: pseudonymised (HMAC-SHA-256, key agreement-7)",
        "born Went changed: year only",
        "Name Held back: Why Name came out so.",
        "Columns of the source that did not go: 2 (hiv_status, notes).",
        "every group that was sent has at least 2 rows",
        "no rows were sent; the rule was 9",
        "still personal information",
        "Tenancy study",
        "Article 6(1)(ea)",
        "31 December 2026",
        "study <1>.csv",
        "1,234,567",
        "Do not pass it on.",
        "secure email",
    ):
        assert said in page, said


def test_the_recipients_copy_leaves_out_what_only_the_holder_should_see() -> None:
    page = PAGES["table", "recipient", "en"]
    assert "hiv_status" not in page
    assert "came out so" not in page
    assert "Columns of the source that did not go: 2." in page
    assert "Held back" in page


def without_judgement(language: str) -> str:
    """All words but those for what a named person judged, by a recorded motivated-intruder judgement."""
    return str({name: said for name, said in read_words(language).items() if name != "risk_anonymous"})


@pytest.mark.parametrize("page", [*PAGES.values(), *map(without_judgement, LANGUAGES)])
def test_nothing_is_called_anonymous_that_nobody_judged(page: str) -> None:
    assert not re.search(r"(?i)anonym|dienw|di-enw", page)


def test_a_person_the_information_is_about_is_named_by_ref_only() -> None:
    for (name, _, _), page in PAGES.items():
        assert "Heron" not in page
        assert "Plover" not in page
        if name == "told":
            assert "(p1)" in page


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "</title><b>", '" onload="x', "{{ 7*7 }}", "&lt;", "{x}"]
)
def test_what_people_wrote_stays_text(hostile: str) -> None:
    facts = table_facts()
    release = facts.release.model_copy(update={"channel": hostile, "recipient": Organisation(name=hostile)})
    line = SheetLine(hostile, "held_back", hostile)
    page = write_sheet(replace(facts, release=release, lines=(line,), unused=(hostile,)), audience="holder")
    root = parse(page)
    assert hostile in "".join(root.itertext())
    assert not list(root.iter(f"{HTML}script"))
    assert "49" not in text_of(next(root.iter(f"{HTML}main"))).replace("#1d4f91", "")


ANYTHING = st.text(st.characters(), max_size=60)
"""Control characters, lone surrogates and all."""


@given(ANYTHING, ANYTHING)
def test_any_label_gives_sound_html(label: str, detail: str) -> None:
    page = write_sheet(replace(FACTS["table"], lines=(SheetLine(label, "changed", detail),)), audience="holder")
    parse(page)


@given(
    rows=st.tuples(*[st.integers(0, 10**9)] * 4),
    lines=st.integers(0, MOST_LINES + 5),
)
def test_the_picture_stays_within_its_frame_and_shows_every_part(rows: tuple[int, ...], lines: int) -> None:
    sent, suppressed, filtered, rejected = rows
    counts = Counts(
        rows_read=sum(rows),
        rows_sent=sent,
        rows_suppressed=suppressed,
        rows_filtered=filtered,
        rows_rejected=rejected,
    )
    shown = tuple(SheetLine(f"column {n}", "as_is") for n in range(lines))
    (picture,) = parse(write_sheet(replace(FACTS["table"], counts=counts, lines=shown), audience="holder")).iter(
        f"{SVG}svg"
    )
    height = float(picture.attrib["viewBox"].split()[3])
    bars = [each for each in picture.iter(f"{SVG}rect") if each.attrib["height"] == "22"]
    assert len(bars) == sum(each > 0 for each in rows)
    assert all(float(each.attrib["width"]) >= 5.9 for each in bars)
    assert all(float(each.attrib["x"]) + float(each.attrib["width"]) <= 319.5 for each in bars)
    assert all(0 < float(each.attrib["y"]) <= height for each in picture.iter(f"{SVG}text"))
    assert len(list(picture.iter(f"{SVG}circle"))) == min(lines, MOST_LINES)
    assert ("more in the table" in text_of(picture)) is (lines > MOST_LINES)


ONLY_DE_IDENTIFIED = frozenset({Outcome.SHARE_DEIDENTIFIED})


@pytest.mark.parametrize(
    ("kind", "outcomes", "treatments", "risk"),
    [
        (ReleaseKind.TABLE, ONLY_DE_IDENTIFIED, {"year"}, "de_identified"),
        (ReleaseKind.TABLE, ONLY_DE_IDENTIFIED, {"year", "pseudonymise"}, "pseudonymised"),
        (ReleaseKind.TABLE, ONLY_DE_IDENTIFIED, {"keep"}, "identifiable"),
        (ReleaseKind.TABLE, ONLY_DE_IDENTIFIED, {"keep", "mask"}, "identifiable"),
        (ReleaseKind.TABLE, ONLY_DE_IDENTIFIED, {"keep", "check_k_anonymity"}, "de_identified"),
        (ReleaseKind.TABLE, ONLY_DE_IDENTIFIED, {"keep", "private_statistics"}, "de_identified"),
        (ReleaseKind.TABLE, ONLY_DE_IDENTIFIED | {Outcome.SHARE_FULL}, {"pseudonymise"}, "identifiable"),
        (ReleaseKind.TABLE, {Outcome.MUST_SHARE}, {"keep"}, "identifiable"),
        (ReleaseKind.BUNDLE, ONLY_DE_IDENTIFIED, set(), "identifiable"),
        (ReleaseKind.PORTAL, ONLY_DE_IDENTIFIED, set(), "identifiable"),
        (ReleaseKind.SPOKEN, ONLY_DE_IDENTIFIED, set(), "told"),
    ],
)
def test_the_risk_that_is_stated_is_never_too_small(
    kind: ReleaseKind, outcomes: frozenset[Outcome], treatments: set[str], risk: str
) -> None:
    assert find_risk(kind, frozenset(outcomes), frozenset(treatments)) == risk
    assert f"risk_{risk}" in read_words("en")


def test_both_languages_say_the_same_things() -> None:
    english, welsh = read_words("en"), read_words("cy")
    assert english.keys() == welsh.keys()
    for key, said in english.items():
        assert type(said) is type(welsh[key]), key
        assert re.findall(r"\{[a-z_]+\}", str(said)) == re.findall(r"\{[a-z_]+\}", str(welsh[key])) or key in (
            "picture_items",
            "groups_of",
        )
        assert set(re.findall(r"\{[a-z_]+\}", str(said))) == set(re.findall(r"\{[a-z_]+\}", str(welsh[key]))), key


def test_words_that_no_translator_has_reviewed_say_so() -> None:
    assert read_words("cy")["reviewed"] is False
    assert read_words("cy")["not_reviewed"] in PAGES["table", "holder", "cy"]
    assert read_words("en")["reviewed"] is True


def test_words_of_the_engine_are_marked_as_english_in_a_welsh_sheet() -> None:
    assert '<span lang="en">year only</span>' in PAGES["table", "holder", "cy"]
    assert "lang=" not in PAGES["table", "holder", "en"].replace('<html lang="en">', "")


def test_letters_that_turn_the_text_round_or_cannot_be_shown_are_made_visible() -> None:
    lines = (SheetLine("harmless\u202ecod.exe\x00\x1b[31m", "as_is"),)
    page = write_sheet(replace(FACTS["table"], lines=lines), audience="holder")
    assert "harmless\ufffdcod.exe\ufffd\ufffd[31m" in page


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(SettingOutOfRange):
        write_sheet(table_facts(), audience="holder", language="../en")


@pytest.mark.parametrize(("sealed", "language"), list(product(("key", "passphrase"), LANGUAGES)))
def test_the_note_in_the_clear_names_nobody_and_says_how_to_open(sealed: Any, language: str) -> None:
    note = write_how_to_open(sealed, language=language)
    assert "age -d -i" in note
    assert "manifest.age" in note
    assert ("key.age" in note) is (sealed == "passphrase")


def test_no_value_of_the_information_reaches_either_sheet(tmp_path: Path) -> None:
    table = make_study_table(write_people(tmp_path / "inputs", 300).parent)
    released = run_release(routine(table), table, to_reader(tmp_path / "out"), make_ports(FileBook(tmp_path / "book")))
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    rows = (opened.folder / "study.csv").read_text().splitlines()[1:]
    values = {value.strip('"') for row in rows for value in row.split(",")}
    assert len(values) > 300
    for page in (released.sheet, (opened.folder / SHEET).read_text()):
        parse(page)
        assert MARKER not in page
        assert not values & set(re.findall(r"\w+", page))


def test_the_holder_and_the_recipient_get_the_copy_meant_for_them(tmp_path: Path) -> None:
    files = make_documents(tmp_path / "inputs")
    released = run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(FileBook(tmp_path / "book")))
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    theirs = (opened.folder / SHEET).read_text()
    assert "The holder’s own copy" in released.sheet
    assert "Why Support notes came out so." in released.sheet
    assert "The recipient’s copy" in theirs
    assert "came out so" not in theirs
    assert "not part of this release" not in theirs


AUDIENCES: tuple[Audience, ...] = ("holder", "recipient")


def test_a_decision_without_end_conditions_or_law_still_makes_a_sheet() -> None:
    facts = told_facts()
    bare = make_decision(grounds=(), conditions=(), valid={"start": "2026-01-01"})
    for audience in AUDIENCES:
        page = write_sheet(replace(facts, decision=bare), audience=audience)
        assert "until further notice" in text_of(parse(page))
        assert "no conditions beyond" in page
