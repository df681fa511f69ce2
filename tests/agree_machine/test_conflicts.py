"""Conflicts between agreements, and with the decision behind one: each found, each with both places."""

from __future__ import annotations

from typing import Any

import pytest

from fairshare.agree.conflicts import find_conflicts, find_days, find_decision_conflicts
from fairshare.records import Form, record_id
from fairshare.words import Period
from tests.agree.examples import MID, NORTH, SLOTS, WEST, compose, make_party
from tests.agree.test_agreements import make_decision

FIRST = compose().agreement
LATER = Period.model_validate({"start": "2030-01-01", "end": "2030-12-31"})


def edit(**changes: Any) -> Any:
    return FIRST.model_copy(update={"salt": "4" * 32, "title": "Second study"} | changes)


def onward(text: str) -> Any:
    return tuple(
        each.model_copy(update={"text": text}) if each.id == "items.onward" else each for each in FIRST.clauses
    )


@pytest.mark.parametrize(("sort", "changes"), [
    ("treatment", {"treatments": {"i1": "year", "i2": "band"}}),
    ("purpose", {"purpose": FIRST.purpose.model_copy(update={"code": "marketing"})}),
    ("dates", {"valid": Period(start=FIRST.valid.start)}),
    ("onward", {"clauses": onward("It may be passed on.")}),
    ("retention", {"schedules": compose(slots=SLOTS | {"retention": "ten years"}).agreement.schedules}),
])  # fmt: skip
def test_a_conflict_between_two_agreements_is_found_with_both_places(sort: str, changes: dict[str, Any]) -> None:
    found = [each for each in find_conflicts([FIRST, edit(**changes)]) if each.sort == sort]
    assert found
    assert (found[0].here.paper, found[0].there.paper) == ("Reoffending study (c1)", "Second study (c1)")
    assert found[0].here.words != found[0].there.words
    assert found[0].here.words in found[0].says
    assert found[0].there.words in found[0].says


@pytest.mark.parametrize("changes", [
    {},
    {"valid": LATER, "treatments": {"i1": "year"}},
    {"supersedes": record_id(FIRST), "treatments": {"i1": "year"}},
    {"parties": (make_party(NORTH, "discloser"), make_party(WEST, "recipient")), "treatments": {"i1": "year"}},
    {"items": ()},
])  # fmt: skip
def test_what_says_the_same_or_never_meets_is_no_conflict(changes: dict[str, Any]) -> None:
    assert find_conflicts([FIRST, edit(**changes)]) == ()


def test_the_same_time_in_other_words_is_no_conflict() -> None:
    other = compose(slots=SLOTS | {"retention": "for 3 years"}).agreement.model_copy(update={"salt": "5" * 32})
    assert [each for each in find_conflicts([FIRST, other]) if each.sort == "retention"] == []
    assert find_days("two weeks or 1 month") == pytest.approx(365.25 / 12)


def test_an_agreement_composed_from_its_decision_is_in_no_conflict_with_it() -> None:
    assert find_decision_conflicts(FIRST, make_decision()) == ()
    exit_from = make_decision(answers={"recipient.role": {"value": "processor"}})
    assert find_decision_conflicts(compose(Form.PROCESSOR).agreement, exit_from) == ()


@pytest.mark.parametrize(("sort", "changes"), [
    ("treatment", {"treatments": {}}),
    ("scope", {"items": (FIRST.items[0].model_copy(update={"ref": "i9", "label": "address"}),)}),
    ("scope", {"items": (FIRST.items[0].model_copy(update={"label": "day of arrest"}),)}),
    ("purpose", {"purpose": FIRST.purpose.model_copy(update={"code": "marketing"})}),
    ("dates", {"valid": Period(start=FIRST.valid.start)}),
    ("parties", {"parties": (make_party(NORTH, "discloser"), make_party(WEST, "recipient"))}),
])  # fmt: skip
def test_an_agreement_that_goes_further_than_its_decision_is_found(sort: str, changes: dict[str, Any]) -> None:
    assert sort in {each.sort for each in find_decision_conflicts(edit(**changes), make_decision())}


def test_a_condition_that_is_weaker_or_gone_is_shown_beside_the_decisions() -> None:
    decision = make_decision(conditions=("Delete it after six months at the latest.", "Tell nobody else."))
    weaker = edit(conditions=("Delete it after nine months at the latest.",))
    found = [each for each in find_decision_conflicts(weaker, decision) if each.sort == "condition"]
    assert [each.here.words for each in found] == [
        "Delete it after nine months at the latest.",
        "nothing of the kind",
    ]
    assert found[0].here.part == "condition 1"
    assert MID in {each.organisation.name for each in weaker.parties}
