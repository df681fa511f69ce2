"""An independent second encoding of eight tools, held against the rules by a solver."""

from __future__ import annotations

from functools import cache

import pytest

from fairshare.decide.evaluate import evaluate
from fairshare.decide.program import Program
from tests.second.comparison import HERE, TOOLS, Case, Comparison, Disagreement, list_standing, read_disagreements
from tools import second_page

STATUSES = {
    "standing": {"rules to be mended", "deliberate difference"},
    "mended": {"mended in rules", "mended in second encoding"},
}
STANDING = [(entry, conclusion) for tool in TOOLS for entry in list_standing(tool) for conclusion in entry.conclusions]


@cache
def compare(tool: str) -> Comparison:
    """Read-only, so that one serves every test of a tool."""
    return Comparison(tool)


@pytest.mark.parametrize("tool", TOOLS)
def test_the_two_encodings_agree_in_every_case_that_no_listed_disagreement_explains(tool: str) -> None:
    comparison = compare(tool)
    found = {pair: comparison.find_unexplained(pair) for pair in comparison.pairs}
    assert {pair: case for pair, case in found.items() if case is not None} == {}


@pytest.mark.parametrize(("entry", "conclusion"), STANDING, ids=[f"{entry.id}-{each}" for entry, each in STANDING])
def test_each_listed_disagreement_still_occurs(entry: Disagreement, conclusion: str) -> None:
    assert compare(entry.tool).find_listed(entry, conclusion) is not None


@pytest.mark.parametrize("tool", TOOLS)
def test_what_is_compared_exists_and_comes_about(tool: str) -> None:
    comparison = compare(tool)
    assert {conclusion for conclusion, _ in comparison.pairs} <= comparison.targets
    assert comparison.read <= comparison.asked
    assert [pair for pair in comparison.pairs if comparison.find_agreement(pair) is None] == []


@pytest.mark.parametrize("tool", TOOLS)
def test_plain_python_says_of_each_case_what_the_clauses_said_in_clingo(tool: str) -> None:
    comparison = compare(tool)
    for conclusion, _ in comparison.pairs:
        for holds in (True, False):
            case = comparison.find_rules(conclusion, holds=holds)
            assert case is None or (conclusion in conclude(comparison.program, case)) is holds


def conclude(program: Program, case: Case) -> set[str]:
    """What plain Python concludes, and the outcome of the item, in the names that the second encoding uses."""
    result = evaluate(program, {at: each.values.index(case[each.fact]) for at, each in enumerate(program.variables)})
    outcomes = {f"{item}={outcome}" for item, outcome in result.outcomes.items()}
    return outcomes | {key.partition("@")[0] for key, holds in result.conclusions.items() if holds}


@pytest.mark.parametrize(
    ("tool", "said", "twisted"),
    [
        ("gate.recognised_interest", 'answer("purpose.only_sentences", "no")', 'answer("trigger", "request")'),
        ("gate.compatible_purpose", "allows_d_and_e :- on_consent, cannot_ask.", "allows_d_and_e :- on_consent."),
        ("gate.transfer", "excepted, free.", "excepted."),
        ("le.victim_request", 'specified(Matter) :- answer(Matter, "left_out_lawfully").', ""),
        ("em.sixty_seconds", "may :- now, not listed,", "may :- now,"),
        ("le.wrong_recipient", 'answer("breach.risk", "high_risk")', 'not answer("breach.risk", "unlikely")'),
        ("gate.dpia", 'remains_high, answer("dpia.consulted_regulator", "no_objection")', "remains_high, answered"),
        ("gate.roles", "unarranged :- joint,", "unarranged :- alone,"),
    ],
)
def test_a_second_encoding_that_misreads_the_law_is_found_out(tool: str, said: str, twisted: str) -> None:
    text = (HERE / TOOLS[tool]).read_text()
    assert said in text
    comparison = Comparison(tool, second=text.replace(said, twisted))
    assert any(comparison.find_unexplained(pair) is not None for pair in comparison.pairs)


@pytest.mark.parametrize("part", STATUSES)
def test_each_disagreement_says_what_happened_who_was_right_and_where_the_law_says_so(part: str) -> None:
    entries = read_disagreements()[part]
    assert len({entry["id"] for entry in entries}) == len(entries)
    for entry in entries:
        assert {"id", "tool", "case", "second", "rules", "right", "why", "provision", "status"} <= set(entry)
        assert entry["status"] in STATUSES[part]
        assert entry["tool"] in TOOLS
        assert entry["right"] in {"second encoding", "rules", "both"}


def test_the_page_about_the_second_encoding_is_what_would_be_written() -> None:
    assert second_page.PAGE.read_text() == second_page.render(read_disagreements())
