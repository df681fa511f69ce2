"""A named person decides; what they owe is asked of them, and nothing holds up an emergency."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from fairshare.decide.archive import archive_base, load_archived
from fairshare.decide.assess import Assessment, assess, roll_up
from fairshare.decide.explain import cite_from
from fairshare.decide.findings import FindingIncomplete
from fairshare.decide.judge import (
    DepartureNeedsReasons,
    ExemptionNotAvailable,
    RefusalIncomplete,
    ScopeIncomplete,
    SecondApproverNeeded,
    make_decision,
    same_person,
)
from fairshare.decide.load import read_base, read_folder
from fairshare.decide.program import CaseShape
from fairshare.decide.reassess import reassess
from fairshare.decide.ruling import ExemptionRuling, LineRuling, Matter, Ruling, propose_lines
from fairshare.decide.settle import Status
from fairshare.law import load_law
from fairshare.records.canonical import encode, parse_record
from fairshare.records.kinds import Decision, ScopeState
from fairshare.words import Answer, Item, Organisation, Outcome, Period, Person, Purpose, Subject
from tests.decide.core.sample_base import FOLDER, JO, LAW_DATE, POLICE, SHAPE, TOOL, sample_base, sample_words
from tests.decide.random_bases import Author

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AMY = Person(name="Amy Wong", role="Director")
MATTER = Matter(
    case="case-1",
    holder=Organisation(name="Hill Housing Co-operative"),
    recipient=Organisation(name="Borset Police"),
    purpose=Purpose(code="crime.detect", text="A theft"),
    subjects=(Subject(ref="p1", label="P. Smith", role="suspect"),),
    items=(Item(ref="i1", label="Camera 3", person="p1"), Item(ref="i2", label="Door log")),
)
VALID = Period(start=date(2026, 3, 1), end=date(2026, 3, 31))


def assess_with(**changes: Any) -> Assessment:
    """The police case with some answers changed; None leaves the question unasked."""
    answers = POLICE | {
        key.replace("__", "@").replace("_dot_", "."): Answer(value=value)
        for key, value in changes.items()
        if value is not None
    }
    for key, value in changes.items():
        if value is None:
            answers.pop(key.replace("__", "@").replace("_dot_", "."))
    return assess(sample_base(), TOOL, SHAPE, LAW_DATE, answers)


def decide(assessment: Assessment, **ruling: Any) -> Decision:
    filled = {"lines": propose_lines(assessment), "valid": VALID} | ruling
    return make_decision(
        assessment,
        MATTER,
        Ruling(**filled),
        sample_words(),
        cite_from(load_law(), LAW_DATE),
        decided_by=JO,
        made_at=NOW,
        salt="0" * 32,
    )


def lines(first: ScopeState, second: ScopeState, **more: Any) -> tuple[LineRuling, ...]:
    return (LineRuling(item="i1", state=first, **more), LineRuling(item="i2", state=second, **more))


A, R, W = ScopeState.AGREED, ScopeState.REDACTED, ScopeState.WITHHELD
O = Outcome  # noqa: E741


@pytest.mark.parametrize(
    ("items", "case"),
    [
        ([], O.DEFER_NEED_INFO),
        ([O.SHARE_FULL, O.SHARE_FULL], O.SHARE_FULL),
        ([O.SHARE_FULL, O.REFUSE_VOLUNTARY], O.SHARE_MINIMISED),
        ([O.SHARE_FULL, O.SHARE_WITH_CONDITIONS], O.SHARE_WITH_CONDITIONS),
        ([O.MUST_SHARE, O.REFUSE_PROHIBITED], O.MUST_SHARE),
        ([O.MUST_SHARE, O.SHARE_FULL], O.MUST_SHARE),
        ([O.REFUSE_PROHIBITED, O.REDIRECT], O.REDIRECT),
        ([O.REFUSE_PROHIBITED, O.REFUSE_VOLUNTARY], O.REFUSE_VOLUNTARY),
        ([O.DEFER_NEED_INFO, O.REDIRECT], O.DEFER_NEED_INFO),
    ],
)
def test_the_outcome_of_a_case_follows_from_its_items(items: list[Outcome], case: Outcome) -> None:
    assert roll_up(items) is case


def test_the_assessment_has_an_outcome_for_each_item_and_one_for_the_case() -> None:
    found = assess_with()
    assert found.items == {"i1": O.SHARE_WITH_CONDITIONS, "i2": O.SHARE_FULL}
    assert found.outcome is found.outcome_of_flow("f1") is O.SHARE_WITH_CONDITIONS
    assert found.settled
    assert not found.emergency


def test_what_is_not_yet_known_names_the_questions_it_waits_for() -> None:
    found = assess_with(necessity_dot_finding=None, necessity_dot_finding__i2="unobtainable")
    assert found.items["i1"] is None
    assert found.waiting_for == {"i1": ("necessity.finding@i1",)}
    assert found.items["i2"] is O.DEFER_NEED_INFO
    assert [(each.conclusion, each.finding) for each in found.referrals] == [
        ("refer.necessity@i2", "necessity.finding@i2")
    ]
    assert found.outcome is O.DEFER_NEED_INFO
    assert not found.settled


def test_each_item_waits_for_its_own_questions_only() -> None:
    found = assess_with(necessity_dot_finding=None)
    assert found.waiting_for == {"i1": ("necessity.finding@i1",), "i2": ("necessity.finding@i2",)}


def test_a_duty_and_a_bar_are_shown_colliding() -> None:
    found = assess_with(
        order_dot_kind="court_order",
        item_dot_privileged__i1=True,
        item_dot_privileged__i2=False,
        item_dot_privileged=None,
    )
    assert [(each.item, each.duty, each.bar) for each in found.collisions] == [
        ("i1", "share.must@i1", "share.must_not@i1")
    ]
    assert found.items == {"i1": O.REFUSE_PROHIBITED, "i2": O.MUST_SHARE}
    assert found.outcome is O.MUST_SHARE


def test_unconfirmed_law_shows_the_other_outcome_and_changes_nothing() -> None:
    changes = {"nation": "scotland", "person_dot_age_years": 15, "item_dot_third_party__i1": False}
    found = assess_with(**changes)
    assert found.items["i1"] is O.SHARE_FULL
    assert [(each.item, each.then, each.rules) for each in found.alternatives] == [
        ("i1", O.SHARE_WITH_CONDITIONS, ("share.redact.scottish_pilot",))
    ]
    assert not assess_with(**changes | {"nation": "wales"}).alternatives


def test_a_decision_that_follows_the_assessment_keeps_all_that_it_rests_on() -> None:
    found = assess_with()
    decision = decide(found)
    assert decision.departure is None
    assert decision.outcome is decision.assessed is O.SHARE_WITH_CONDITIONS
    assert decision.rules == found.base.digest
    assert {finding.conclusion: finding.status for finding in decision.findings}["share.may@i1"] == "true"
    assert [(ground.conclusion, ground.provision, ground.mark) for ground in decision.grounds] == [
        ("basis.recognised_interest@f1", "ukgdpr.art6.1.ea", "read")
    ]
    assert decision.conditions == ("Cover everybody else.",)
    assert parse_record(encode(decision.model_dump(mode="json"))) == decision


@pytest.mark.parametrize(
    ("ruling", "error"),
    [
        ({"lines": lines(A, A)[:1]}, ScopeIncomplete),
        ({"lines": (*lines(A, A), LineRuling(item="i2", state=A))}, ScopeIncomplete),
        ({"lines": lines(R, A)}, ScopeIncomplete),
        ({"lines": lines(A, A, outcome=O.REFUSE_VOLUNTARY)}, ScopeIncomplete),
        ({"lines": lines(A, W)}, RefusalIncomplete),
        ({"lines": lines(A, W, reason="Not held.")}, DepartureNeedsReasons),
        ({"lines": lines(A, W, reason="Not held."), "departure_reasons": "It does not exist."}, SecondApproverNeeded),
        (
            {"lines": lines(A, W, reason="Not held."), "departure_reasons": "x", "second_approver": JO},
            SecondApproverNeeded,
        ),
        ({"second_approver": JO.model_copy(update={"role": "Somebody else"})}, SecondApproverNeeded),
        (
            {"lines": lines(W, W, reason="Not held."), "departure_reasons": "x", "second_approver": AMY},
            RefusalIncomplete,
        ),
        ({"valid": Period(start=date(2025, 1, 1), end=date(2025, 2, 1))}, ScopeIncomplete),
    ],
)
def test_an_incomplete_ruling_is_refused(ruling: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        decide(assess_with(), **ruling)


def test_a_departure_with_reasons_and_a_second_person_keeps_both_views() -> None:
    decision = decide(
        assess_with(),
        lines=lines(W, W, reason="It was deleted."),
        departure_reasons="Nothing is left.",
        second_approver=AMY,
        next_step="Ask the neighbours.",
    )
    assert decision.departure is not None
    assert decision.departure.assessed is O.SHARE_WITH_CONDITIONS
    assert decision.outcome is O.REFUSE_VOLUNTARY
    assert [reason.text for reason in decision.reasons] == ["It was deleted."]


def test_taking_more_out_of_what_may_be_shared_is_no_departure() -> None:
    decision = decide(assess_with(), lines=lines(R, A, treatment="faces blurred"))
    assert decision.departure is None


def test_a_refusal_gets_its_reasons_and_next_step_from_the_words() -> None:
    found = assess_with(request_dot_in_writing=False)
    assert found.outcome is O.DEFER_NEED_INFO
    decision = decide(found)
    assert decision.next_step == "Send the request in writing."
    assert decision.scope[0].reason.text == "The request must be in writing."
    assert decision.scope[0].reason.cites == ("code.datasharing",)


def test_in_an_emergency_one_person_departs_alone_but_still_says_why() -> None:
    barred = assess_with(item_dot_privileged=True)
    with pytest.raises(SecondApproverNeeded):
        decide(barred, lines=lines(A, A), departure_reasons="Somebody may die.")
    emergency = assess_with(item_dot_privileged=True, danger_dot_now=True)
    assert emergency.outcome is O.REFUSE_PROHIBITED
    assert emergency.emergency
    with pytest.raises(DepartureNeedsReasons):
        decide(emergency, lines=lines(A, A))
    decision = decide(emergency, lines=lines(A, A), departure_reasons="Somebody may die.")
    assert decision.emergency
    assert decision.departure is not None
    assert decision.departure.second_approver is None


def test_nothing_that_is_missing_holds_up_an_emergency() -> None:
    bare = {"danger.now": Answer(value=True), "necessity.finding@i1": Answer(value="needed", by=JO)}
    found = assess(sample_base(), TOOL, SHAPE, LAW_DATE, bare)
    assert not found.settled
    decision = decide(found, lines=lines(A, A), departure_reasons="A child is missing; the rest is asked later.")
    assert decision.emergency
    assert decision.outcome.shares


@pytest.mark.parametrize("says", [True, False])
def test_a_tool_without_such_a_conclusion_says_itself_whether_it_is_for_emergencies(says: bool) -> None:
    files = Author(Random(1), 3, 2).write_files()
    files["tools/small.yaml"]["emergency"] = says
    assert assess(read_base(files), "small", CaseShape(), LAW_DATE, {}).emergency is says


def test_an_exemption_must_be_open_and_have_its_extent_and_review() -> None:
    claim = ExemptionRuling(conclusion="exempt.notice@p1", extent="Until the arrest.", review_on=date(2026, 6, 1))
    decision = decide(assess_with(), exemptions=(claim,))
    assert [(each.duty, each.provision, each.person) for each in decision.exemptions] == [
        ("Telling the person", "dpa2018.sch2.para2", "p1")
    ]
    for change in (
        {"conclusion": "exempt.notice@p9"},
        {"conclusion": "share.may@i1"},
        {"extent": " "},
        {"review_on": date(2026, 3, 1)},
    ):
        with pytest.raises(ExemptionNotAvailable):
            decide(assess_with(), exemptions=(claim.model_copy(update=change),))


def test_a_finding_without_its_factors_is_no_ground_for_a_decision() -> None:
    answers = POLICE | {"necessity.finding": Answer(value="needed", by=JO)}
    found = assess(sample_base(), TOOL, SHAPE, LAW_DATE, answers)
    with pytest.raises(FindingIncomplete):
        decide(found)


def test_a_decision_is_only_about_the_items_and_people_of_its_request() -> None:
    other = MATTER.model_copy(update={"items": MATTER.items[:1]})
    with pytest.raises(ScopeIncomplete):
        make_decision(
            assess_with(),
            other,
            Ruling(lines=(), valid=VALID),
            sample_words(),
            cite_from(load_law(), LAW_DATE),
            decided_by=JO,
            made_at=NOW,
            salt="0" * 32,
        )


def test_the_same_law_flips_nothing_and_older_law_takes_the_basis_away() -> None:
    decision = decide(assess_with())
    assert reassess(decision, sample_base(), LAW_DATE) == ()
    flips = {flip.subject: (flip.before, flip.after) for flip in reassess(decision, sample_base(), date(2026, 2, 4))}
    assert flips["basis.recognised_interest@f1"] == ("true", "false")
    assert flips["outcome"] == ("SHARE_WITH_CONDITIONS", "REFUSE_VOLUNTARY")
    assert flips["share.may@i1"] == (Status.TRUE.value, Status.FALSE.value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Person(name="Jo Field", role="a"), Person(name="JO FIELD", role="b"), True),
        (Person(name="Jo", role="a", identifier="7"), Person(name="J. Field", role="a", identifier="7"), True),
        (Person(name="Jo", role="a", identifier="7"), Person(name="Jo", role="a", identifier="8"), False),
        (Person(name="Jo", role="a", organisation="X"), Person(name="Jo", role="a", organisation="Y"), False),
    ],
)
def test_a_second_person_is_another_person(one: Person, other: Person, same: bool) -> None:
    assert same_person(one, other) is same


def test_an_old_decision_runs_again_from_the_archive_of_its_rules(tmp_path: Path) -> None:
    decision = decide(assess_with())
    archive_base(FOLDER / "rules", tmp_path)
    archived = load_archived(decision.rules, tmp_path)
    assert reassess(decision, archived, decision.law_date) == ()


def test_other_rules_that_no_longer_know_a_conclusion_flip_it() -> None:
    decision = decide(assess_with())
    files = read_folder(FOLDER / "rules")
    gate = files["gates/basis.yaml"]
    gate["conclusions"].pop("exempt.notice")
    gate["rules"] = [rule for rule in gate["rules"] if rule["conclude"] != "exempt.notice"]
    flips = {flip.subject: flip.after for flip in reassess(decision, read_base(files), LAW_DATE)}
    assert flips == {"exempt.notice@p1": "gone"}
