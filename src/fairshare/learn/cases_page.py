"""The case studies as a page: what happened, where it was published, what is expected and why, and how to open it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from fairshare.decide.phrases import Phrases
from fairshare.decide.phrases import load_phrases as load_report_phrases
from fairshare.decide.words import Language
from fairshare.learn.cases import Cases, CaseSource, CaseStudy, Kind
from fairshare.learn.reading import load_phrases
from fairshare.learn.render import Cited, Entry, Page, Section

MARKS = ("read", "secondary", "remembered")


def make_cases_page(cases: Cases, language: Language = "en") -> Page:
    """The case studies as a page, by the kind of their source; those that could not be read are listed last."""
    phrases, outcomes = load_phrases(language), load_report_phrases(language, "report_")
    sections = []
    for kind in get_args(Kind):
        found = [each for each in cases.values() if each.source.kind == kind]
        if found:
            entries = tuple(_make_entry(each, language, phrases, outcomes) for each in found)
            sections.append(Section(f"kind-{kind}", phrases[f"kind_{kind}"], (), entries))
    if cases.unread:
        listed = "; ".join(each.say(language) for each in cases.unread)
        sections.append(Section("unread", phrases["cases_unread"], (phrases["cases_unread_about"], f"{listed}."), ()))
    about = ("cases_about", "cases_disclaimer", "ours_not_theirs")
    return Page(
        lang=language,
        title=phrases["cases"],
        about=tuple(phrases[each] for each in about)
        + ((phrases["unreviewed"],) if language != "en" and cases.unreviewed else ()),
        legend=tuple((phrases[each], phrases[f"means_case_{each}"]) for each in MARKS),
        sections=tuple(sections),
        phrases=phrases,
    )


def cite_source(source: CaseSource) -> str:
    """A source on one line: its name, citation, the place in it, and when it was published.

    >>> from fairshare.learn.cases import load_cases
    >>> cite_source(load_cases()["fuel-poverty-gateway"].source).split(";")[0]
    'Code of practice under Part 5 of the Digital Economy Act 2017'
    """
    return "; ".join(filter(None, (source.name, source.citation, source.locator, source.published)))


def _make_entry(case: CaseStudy, language: Language, phrases: Mapping[str, str], outcomes: Phrases) -> Entry:
    expected = outcomes.say(case.expect.case.value)
    more = [(phrases["case_expected"], f"{expected}. {case.expect.because.say(language)}")]
    if len(case.items) > 1:
        parts = (f"{case.name_item(ref, language)}: {outcomes.say(each.value)}" for ref, each in case.outcomes.items())
        more.append((phrases["case_items"], "; ".join(parts)))
    if case.since:
        more.append((phrases["case_since"], case.since.say(language)))
    if case.disputed:
        more.append((phrases["case_disputed"], case.disputed.say(language)))
    more.append((phrases["case_lesson"], case.lesson.say(language)))
    more.append((phrases["case_open"], f"fairshare cases open {case.id}"))
    return Entry(
        id=case.id,
        label=phrases["case_told"],
        kind="case",
        heading=case.title.say(language),
        text=case.told.say(language),
        more=tuple(more),
        checked=phrases[case.source.checked],
        cites=(Cited(cite_source(case.source), case.source.url),),
        matters_at=(),
    )
