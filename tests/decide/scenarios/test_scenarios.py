"""The acceptance scenarios of the law enforcement tools, from the tables beside this file."""

from pathlib import Path

import pytest

from fairshare.decide.assess import assess
from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.library import load_real_base, load_words
from fairshare.decide.mutate import find_failing
from fairshare.decide.reasons import find_next_steps, find_reasons
from fairshare.decide.scenarios import Scenario, read_scenarios, spread_keys
from fairshare.decide.settle import Status
from fairshare.words.reading import parse_yaml

HERE = Path(__file__).parent
NUMBERED = range(1, 23)
"""The acceptance scenarios that the tables must cover."""


SCENARIOS = read_scenarios(HERE, load_real_base())
WHOLE = [each for each in SCENARIOS if not each.turn and "_on_2" not in each.id]
"""Without the further days of a scenario that names several: those, and turns, are looked at all together."""
FILES = [parse_yaml(path.read_bytes(), where=path.name) for path in sorted(HERE.glob("*.yaml"))]
WRITTEN = [each for file in FILES for each in file.get("scenarios", [])]


@pytest.mark.parametrize(
    "scenario", [each for each in WHOLE if not (each.impossible or each.unconfirmed)], ids=lambda each: each.id
)
def test_scenario_comes_out_as_the_law_says(scenario: Scenario) -> None:
    base = load_real_base()
    found = assess(base, scenario.tool, scenario.shape, scenario.day, scenario.answers)
    assert found.settled, found.waiting_for
    assert {ref: outcome and outcome.value for ref, outcome in found.items.items()} == scenario.outcomes
    assert found.outcome.value == scenario.case
    holds = spread_keys(base, scenario.shape, scenario.holds)
    assert {key: found.statuses[key] for key in holds} == dict.fromkeys(holds, Status.TRUE)
    fails = spread_keys(base, scenario.shape, scenario.fails)
    assert {key: found.statuses.get(key, Status.FALSE) for key in fails} == dict.fromkeys(fails, Status.FALSE)
    for key, rule in (scenario.fired or {}).items():
        assert rule in {each.rule for each in found.rules_for(key)}
    for item, outcome in found.items.items():
        if outcome is not None and not outcome.shares:
            assert find_reasons(found, load_words("en"), item), f"{item}: no reason"
            assert find_next_steps(found, load_words("en"), item), f"{item}: no next step"


@pytest.mark.parametrize("scenario", [each for each in WHOLE if each.impossible], ids=lambda each: each.id)
def test_answers_that_cannot_all_be_true_are_refused(scenario: Scenario) -> None:
    with pytest.raises(ContradictoryAnswers):
        assess(load_real_base(), scenario.tool, scenario.shape, scenario.day, scenario.answers)


def test_each_turn_of_a_scenario_comes_out_as_told_however_the_rest_is_answered() -> None:
    assert [each.id for each in find_failing(load_real_base(), SCENARIOS)] == []


def test_every_acceptance_scenario_has_a_table() -> None:
    assert {each["number"] for each in WRITTEN if "number" in each} == set(NUMBERED)


def test_every_tool_has_a_scenario() -> None:
    assert {each.tool for each in SCENARIOS} == set(load_real_base().tools)


def test_no_set_of_answers_is_unused() -> None:
    used = {name for each in WRITTEN for name in each.get("use", [])}
    assert used == {name for file in FILES for name in file.get("sets", {})}
