"""A tool that asks one test shows that test's answer, and what it found, in place of an outcome about sharing."""

from datetime import date
from pathlib import Path

import pytest

from fairshare.decide.assess import Assessment, assess
from fairshare.decide.explain import cite_from
from fairshare.decide.library import load_real_base, load_words
from fairshare.decide.phrases import load_phrases
from fairshare.decide.reasons import find_answer, find_findings
from fairshare.decide.report import build_report
from fairshare.decide.report_render import render_markdown
from fairshare.decide.scenarios import Scenario, read_scenarios
from fairshare.decide.settle import Status
from fairshare.decide.words import Language
from fairshare.law import load_law

TODAY = date(2026, 11, 22)
BASE = load_real_base()
SCENARIOS = {each.id: each for each in read_scenarios(Path(__file__).parent, BASE) if not each.impossible}
ONE_TEST = [each for each in SCENARIOS.values() if each.tool.startswith("gate.") and not each.turn]

ANSWERS = ("gate.answered", "gate.open", "gate.stopped", "gate.elsewhere")


def run(scenario: Scenario) -> Assessment:
    return assess(BASE, scenario.tool, scenario.shape, scenario.day, scenario.answers)


@pytest.mark.parametrize("scenario", ONE_TEST, ids=lambda each: each.id)
def test_every_tool_that_asks_one_test_has_an_answer(scenario: Scenario) -> None:
    found = run(scenario)
    for item, outcome in found.items.items():
        answer = find_answer(found, item)
        open_still = [each for each in ANSWERS if found.statuses[f"{each}@{item}"] is Status.NOT_SETTLED]
        assert answer in ANSWERS if outcome and not open_still else answer is None


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_report_of_a_test_that_is_met_says_so_and_does_not_ask_to_wait(language: Language) -> None:
    found, words = run(SCENARIOS["transfer_clauses_with_a_test"]), load_words(language)
    assert find_findings(found, "rows") == ("transfer.tested", "transfer.safeguards")
    text = render_markdown(build_report(found, words, cite_from(load_law(), TODAY, language), made_on=TODAY))
    shown = text.split("\n## ")[2]
    assert words.conclusion("gate.answered").true in shown
    assert words.conclusion("transfer.safeguards").title in shown
    assert load_phrases(language, "report_").say("DEFER_NEED_INFO") not in text


def test_a_tool_that_decides_has_no_answer_of_this_kind() -> None:
    assert find_answer(run(SCENARIOS["landlord_picks_public_task"]), "address") is None
