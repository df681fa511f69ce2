"""The report says what was answered, what follows and how sure the law is; and it is safe to open."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide.assess import assess
from fairshare.decide.explain import cite_from
from fairshare.decide.phrases import load_phrases
from fairshare.decide.report import build_report
from fairshare.decide.report_render import escape_markdown, render_html, render_markdown
from fairshare.decide.report_shape import Report
from fairshare.decide.report_telling import find_section
from fairshare.decide.ruling import ExemptionRuling
from fairshare.decide.words import Language
from fairshare.law import load_law
from fairshare.words import Answer, Item
from tests.decide.core.sample_base import LAW_DATE, POLICE, SHAPE, TOOL, judged, sample_base, sample_words
from tests.decide.core.test_judge import MATTER, VALID, A, W, assess_with, decide, lines

VOID = {"meta", "link", "br", "rect"}


class StrictReader(HTMLParser):
    """Refuses a page whose elements do not close in order, or that repeats an id."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read_page(page: str) -> StrictReader:
    reader = StrictReader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert len(set(reader.ids)) == len(reader.ids)
    return reader


def report_of(language: Language = "en", **changes: object) -> Report:
    found = assess_with(**changes)
    return build_report(
        found, sample_words(language), cite_from(load_law(), LAW_DATE, language), made_on=LAW_DATE, matter=MATTER
    )


def decided() -> Report:
    found = assess_with()
    claim = ExemptionRuling(conclusion="exempt.notice@p1", extent="Until the arrest.", review_on=VALID.end)
    decision = decide(found, exemptions=(claim,))
    return build_report(
        found, sample_words(), cite_from(load_law(), LAW_DATE), made_on=LAW_DATE, matter=MATTER, decision=decision
    )


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"danger_dot_now": True},
        {"order_dot_kind": "court_order"},
        {"requester_dot_kind": "insurer"},
        {"necessity_dot_finding": None},
    ],
)
def test_every_assessment_makes_a_sound_page_without_script_in_both_languages(
    language: Language, changes: dict[str, object]
) -> None:
    page = render_html(report_of(language, **changes))
    reader = read_page(page)
    assert "script" not in reader.tags
    assert f'<html lang="{"en-GB" if language == "en" else "cy"}">' in page
    assert "http-equiv" in page
    assert not re.search(r"(src|href)=\"(?!https://www\.legislation\.gov\.uk|https://ico\.org\.uk|https://)", page)
    assert reader.tags.count("h1") == 1
    assert render_markdown(report_of(language, **changes)).startswith("# ")


def test_the_report_has_every_section_and_says_whose_words_they_are() -> None:
    report = decided()
    assert [section.id for section in report.sections] == [
        "about",
        "result",
        "sharing",
        "basis",
        "special_category",
        "criminal_offence",
        "fairness",
        "transparency",
        "compatibility",
        "minimisation",
        "accuracy",
        "retention",
        "security",
        "accountability",
        "discussions",
        "actions",
        "flags",
        "proofs",
        "stamp",
    ]
    text = render_markdown(report)
    for expected in (
        "this project's own",
        "not legal advice",
        "Until the arrest",
        "31 March 2026",
        "Jo Field",
        sample_base().digest,
        "the text was read",
        "Found by Jo Field",
        "goes as it is",
    ):
        assert expected in text


def test_a_refusal_is_reported_with_reasons_and_a_next_step() -> None:
    found = assess_with()
    decision = decide(
        found,
        lines=lines(W, W, reason="It was deleted."),
        departure_reasons="Nothing is left.",
        second_approver=MATTER.recipient_contact or decide(found).decided_by.model_copy(update={"name": "Amy"}),
        next_step="Ask the neighbours.",
    )
    report = build_report(
        found, sample_words(), cite_from(load_law(), LAW_DATE), made_on=LAW_DATE, matter=MATTER, decision=decision
    )
    text = render_markdown(report)
    for expected in (
        "departed from the assessment",
        "Nothing is left",
        "It was deleted",
        "Ask the neighbours",
        "does not go: 2",
    ):
        assert expected in text


def test_what_is_open_colliding_or_unconfirmed_is_shown() -> None:
    waiting = render_markdown(report_of(necessity_dot_finding=None))
    assert "not yet known" in waiting
    assert "Is it needed for the purpose?" in waiting
    colliding = render_markdown(report_of(order_dot_kind="court_order", item_dot_privileged=True))
    assert "A duty and a bar both apply" in colliding
    unconfirmed = render_markdown(report_of(nation="scotland", person_dot_age_years=15, item_dot_third_party__i1=False))
    assert "not confirmed would change the outcome for Camera 3" in unconfirmed


def test_law_that_was_not_read_is_pointed_out() -> None:
    assert "was not read in the law itself" in render_markdown(report_of(request_dot_in_writing=False))


def test_two_items_of_one_name_are_told_apart_by_their_person() -> None:
    twins = MATTER.model_copy(update={"items": (Item(ref="i1", label="Log", person="p1"), Item(ref="i2", label="Log"))})
    found = assess_with()
    report = build_report(found, sample_words(), cite_from(load_law(), LAW_DATE), made_on=LAW_DATE, matter=twins)
    assert "Log (P. Smith)" in render_markdown(report)


HOSTILE = "<script>alert(1)</script>\"' [x](javascript:alert(1)) | *b* `c` https://evil.example &lt; # 1. \u202e"


def test_what_somebody_typed_is_never_markup() -> None:
    answers = POLICE | {"necessity.finding": judged("needed").model_copy(update={"reason": HOSTILE})}
    found = assess(sample_base(), TOOL, SHAPE, LAW_DATE, answers)
    matter = MATTER.model_copy(update={"items": (Item(ref="i1", label=HOSTILE, person="p1"), MATTER.items[1])})
    decision = decide(assess_with(), lines=lines(A, A, reason=HOSTILE))
    report = build_report(
        found, sample_words(), cite_from(load_law(), LAW_DATE), made_on=LAW_DATE, matter=matter, decision=decision
    )
    reader = read_page(render_html(report))
    assert "script" not in reader.tags
    assert HOSTILE.removesuffix("\u202e") in "".join(reader.text)
    text = render_markdown(report)
    assert "<script" not in text.replace("\\<script", "")
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    assert "\u202e" not in text
    assert "https://evil" not in text


@given(st.text(max_size=60))
def test_escaped_markdown_is_one_line_and_keeps_every_letter(text: str) -> None:
    found = escape_markdown(text)
    assert "\n" not in found
    assert re.sub(r"\\(.)", r"\1", found) == " ".join(text.split())


@pytest.mark.parametrize("part", ["", "report_"])
def test_the_engine_has_each_sentence_in_both_languages_with_the_same_places_to_fill(part: str) -> None:
    english, welsh = load_phrases("en", part).texts, load_phrases("cy", part).texts
    assert set(english) - {"about_unreviewed"} == set(welsh) - {"about_unreviewed"}
    for name, text in english.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", welsh[name])), name


def test_an_answer_that_nobody_can_find_out_is_said_so() -> None:
    found = assess(sample_base(), TOOL, SHAPE, LAW_DATE, POLICE | {"danger.now": Answer(value="unobtainable")})
    report = build_report(found, sample_words(), cite_from(load_law(), LAW_DATE), made_on=LAW_DATE)
    assert "Nobody can tell whether there is danger." in render_markdown(report)


@pytest.mark.parametrize(
    ("fact", "section"),
    [
        ("item.accuracy", "accuracy"),
        ("item.anything", "minimisation"),
        ("retention.set", "retention"),
        ("person.role", "criminal_offence"),
        ("person.age_years", "fairness"),
        ("something.else", "accountability"),
    ],
)
def test_an_answer_stands_in_the_section_that_fits_it_best(fact: str, section: str) -> None:
    assert find_section(fact) == section


def test_what_is_alike_for_several_items_is_said_once() -> None:
    text = render_markdown(report_of(item_dot_privileged=True))
    assert "- **Is it legally privileged?**: Yes" in text
    assert "Camera 3: Yes" in text
    assert text.count("One evening is enough") == 1
    assert "The same rules lead to the same result for: Door log" in text


def test_an_exemption_is_shown_with_its_law_in_words_and_not_by_id() -> None:
    text = render_markdown(decided())
    assert "Until the arrest." in text
    assert "Data Protection Act 2018, Schedule 2 paragraph 2" in text
    assert "dpa2018.sch2" not in text
