"""The acceptance scenarios of the law enforcement tools, from the tables beside this file."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fairshare.decide.assess import assess
from fairshare.decide.library import load_real_base, load_words
from fairshare.decide.program import CaseShape
from fairshare.decide.reasons import find_next_steps, find_reasons
from fairshare.decide.settle import Status
from fairshare.words import Answer
from fairshare.words.reading import parse_yaml

HERE = Path(__file__).parent
TODAY = date(2026, 11, 22)
NUMBERED = range(1, 23)
"""The acceptance scenarios that the tables must cover."""


def read(name: str) -> Any:
    return parse_yaml((HERE / name).read_bytes(), where=name)


SETS = read("answers.yaml")["sets"]
SCENARIOS = [each for path in sorted(HERE.glob("*.yaml")) for each in read(path.name).get("scenarios", [])]


def gather(scenario: dict[str, Any]) -> dict[str, Answer]:
    """The answers of a scenario: its sets in order, then its own."""
    given: dict[str, Any] = {}
    for name in scenario.get("use", []):
        given |= SETS[name]
    return {key: Answer(value=value) for key, value in (given | scenario["answers"]).items()}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
def test_scenario_comes_out_as_the_law_says(scenario: dict[str, Any]) -> None:
    base = load_real_base()
    items = tuple((ref, "f1", person) for ref, person in scenario["items"].items())
    shape = CaseShape(("f1",), tuple(scenario.get("persons", ["p1"])), items)
    day = date.fromisoformat(scenario["day"]) if "day" in scenario else TODAY
    found = assess(base, scenario["tool"], shape, day, gather(scenario))
    assert found.settled, found.waiting_for
    assert {ref: outcome and outcome.value for ref, outcome in found.items.items()} == scenario.get(
        "outcomes", dict.fromkeys(scenario["items"], scenario["case"])
    )
    assert found.outcome.value == scenario["case"]
    assert {key: found.statuses[key] for key in scenario.get("holds", [])} == dict.fromkeys(
        scenario.get("holds", []), Status.TRUE
    )
    assert {key: found.statuses[key] for key in scenario.get("fails", [])} == dict.fromkeys(
        scenario.get("fails", []), Status.FALSE
    )
    for key, rule in scenario.get("fired", {}).items():
        assert rule in {each.rule for each in found.rules_for(key)}
    for item, outcome in found.items.items():
        if outcome is not None and not outcome.shares:
            assert find_reasons(found, load_words("en"), item), f"{item}: no reason"
            assert find_next_steps(found, load_words("en"), item), f"{item}: no next step"


def test_every_acceptance_scenario_has_a_table() -> None:
    assert {scenario["number"] for scenario in SCENARIOS if "number" in scenario} == set(NUMBERED)


def test_every_tool_has_a_scenario() -> None:
    assert {scenario["tool"] for scenario in SCENARIOS} == set(load_real_base().tools)


def test_no_set_of_answers_is_unused() -> None:
    assert {name for scenario in SCENARIOS for name in scenario.get("use", [])} == set(SETS)
