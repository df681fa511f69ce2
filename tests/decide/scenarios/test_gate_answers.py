"""A tool that asks one test shows that test's answer, and what it found, in place of an outcome about sharing."""

from datetime import date

import pytest

from fairshare.decide.assess import Assessment, assess
from fairshare.decide.explain import cite_from
from fairshare.decide.library import load_real_base, load_words
from fairshare.decide.program import CaseShape
from fairshare.decide.reasons import find_answer, find_findings
from fairshare.decide.report import build_report
from fairshare.decide.report_render import render_markdown
from fairshare.law import load_law
from tests.decide.scenarios.test_scenarios import SCENARIOS, TODAY, gather

BASE = load_real_base()
ONE_TEST = [each for each in SCENARIOS if each["tool"].startswith("gate.")]


def run(scenario) -> Assessment:
    shape = CaseShape(("f1",), ("p1",), tuple((ref, "f1", person) for ref, person in scenario["items"].items()))
    day = date.fromisoformat(scenario["day"]) if "day" in scenario else TODAY
    return assess(BASE, scenario["tool"], shape, day, gather(scenario))


@pytest.mark.parametrize("scenario", ONE_TEST, ids=lambda each: each["id"])
def test_every_tool_that_asks_one_test_has_an_answer(scenario):
    found = run(scenario)
    for item in found.items:
        answer = find_answer(found, item)
        assert answer in {"gate.answered", "gate.open", "gate.stopped", "gate.elsewhere"}
        assert found.statuses[f"{answer}@{item}"].value == "true"


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_report_of_a_test_that_is_met_says_so_and_does_not_ask_to_wait(language):
    scenario = next(each for each in ONE_TEST if each["id"] == "transfer_clauses_with_a_test")
    found, words = run(scenario), load_words(language)
    assert find_findings(found, "rows") == ("transfer.tested", "transfer.safeguards")
    text = render_markdown(build_report(found, words, cite_from(load_law(), TODAY, language), made_on=TODAY))
    shown = text.split("\n## ")[2]
    assert words.conclusion("gate.answered").true in shown
    assert words.conclusion("transfer.safeguards").title in shown
    assert load_words_outcome(language) not in text


def load_words_outcome(language: str) -> str:
    """How the report says that something waits for more information."""
    from fairshare.decide.phrases import load_phrases

    return load_phrases(language, "report_").say("DEFER_NEED_INFO")


def test_a_tool_that_decides_has_no_answer_of_this_kind():
    found = run(
        next(each for each in SCENARIOS if each["tool"] == "le.request" and each["id"] == "landlord_picks_public_task")
    )
    assert find_answer(found, "address") is None
