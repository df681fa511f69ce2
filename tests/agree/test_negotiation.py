"""Proposals, turns and delegations: who may say what, and what becomes of it."""

from datetime import date
from typing import Any

import pytest

from fairshare.agree.proposals import (
    NotYourAnswer,
    ProposalOpen,
    UnknownProposal,
    apply_proposal,
    check_all_closed,
    check_may_answer,
    check_may_propose,
    list_proposals,
)
from fairshare.agree.signing import (
    NotDelegated,
    NotYourTurn,
    check_delegation,
    check_turn,
    find_delegation,
    find_out_of_turn,
    list_signed,
)
from fairshare.records import Form, Notice, record_id
from fairshare.records.agreed import Answered, Delegated, Proposed, SignedInInk
from fairshare.words import Organisation
from tests.agree.examples import ANNE, KEYS, MID, NORTH, WEST, compose, make_party, tell

AGREEMENT = compose().agreement
THREE = compose(
    parties=(
        make_party(NORTH, "discloser"),
        make_party(MID, "recipient", turn=2),
        make_party(WEST, "recipient", turn=3, key=None),
    )
).agreement
OFFER = tell(MID, Proposed(clause="care.breach", text="Within twelve hours."), salt=1)


def reply(party: str, answer: str, to: Notice = OFFER, salt: int = 2) -> Notice:
    return tell(party, Answered.model_validate({"proposal": record_id(to), "answer": answer}), salt=salt)


def ink(name: str, *after: str, agreement: Any = THREE) -> Notice:
    matter = SignedInInk(
        organisation=Organisation(name=name),
        person=ANNE,
        on=date(2026, 12, 1),
        scan="0" * 64,
        witness=ANNE,
        after=after,
    )
    return tell(NORTH, matter, record_id(agreement), salt=9)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([], "open"),
        ([reply(MID, "accept")], "open"),  # nobody accepts their own
        ([reply(NORTH, "withdraw")], "open"),
        ([reply(NORTH, "accept")], "open"),  # the third has not
        ([reply(NORTH, "accept"), reply(WEST, "accept", salt=3)], "accepted"),
        ([reply(NORTH, "accept"), reply(WEST, "reject", salt=3)], "rejected"),
        ([reply(WEST, "reject"), reply(NORTH, "accept", salt=3)], "rejected"),
        ([reply(MID, "withdraw")], "withdrawn"),
        (
            [tell(NORTH, Proposed(clause="care.breach", text="In a day.", counters=record_id(OFFER)), salt=4)],
            "countered",
        ),
    ],
)
def test_a_proposal_is_closed_by_everybody_accepting_or_anybody_rejecting(said: list[Notice], outcome: str) -> None:
    assert list_proposals([OFFER, *said], {NORTH, MID, WEST})[0].outcome == outcome


@pytest.mark.parametrize(
    ("party", "proposed", "error"),
    [
        (WEST, {"clause": "care.security", "text": "x"}, NotYourAnswer),
        (NORTH, {"clause": "care.breach", "text": "In a day."}, ProposalOpen),
        (NORTH, {"clause": "care.nothing", "text": "x"}, UnknownProposal),
        (NORTH, {"clause": "own.a", "text": None}, UnknownProposal),
        (NORTH, {"clause": "care.training", "text": f" {AGREEMENT.clauses[-1].text}"}, None),
        (NORTH, {"clause": "own.a", "heading": "New", "text": "x"}, None),
        (NORTH, {"clause": "care.breach", "text": "In a day.", "counters": record_id(OFFER)}, None),
        (MID, {"clause": "care.breach", "text": "In a day.", "counters": record_id(OFFER)}, NotYourAnswer),
        (NORTH, {"clause": "life.dates", "text": AGREEMENT.clauses[0].text}, None),
    ],
)
def test_only_a_party_proposes_and_a_rival_proposal_is_a_counter(
    party: str, proposed: dict[str, Any], error: type[Exception] | None
) -> None:
    matter = Proposed.model_validate(proposed)
    if error is None:
        check_may_propose(AGREEMENT, [OFFER], party, matter)
    else:
        with pytest.raises(error):
            check_may_propose(AGREEMENT, [OFFER], party, matter)


def test_what_a_clause_says_already_is_no_proposal() -> None:
    clause = AGREEMENT.clauses[0]
    with pytest.raises(NotYourAnswer, match="already"):
        check_may_propose(AGREEMENT, [], NORTH, Proposed(clause=clause.id, text=clause.text.replace(" ", "\n")))


def test_a_closed_proposal_takes_no_more_answers_and_nothing_is_agreed_while_one_is_open() -> None:
    check_may_answer(AGREEMENT, [OFFER], NORTH, Answered(proposal=record_id(OFFER), answer="accept"))
    with pytest.raises(ProposalOpen):
        check_all_closed([OFFER], {NORTH, MID})
    closed = [OFFER, reply(NORTH, "reject")]
    check_all_closed(closed, {NORTH, MID})
    for party, answer in ((NORTH, "accept"), (MID, "withdraw")):
        with pytest.raises(NotYourAnswer):
            check_may_answer(
                AGREEMENT, closed, party, Answered.model_validate({"proposal": record_id(OFFER), "answer": answer})
            )
    with pytest.raises(UnknownProposal):
        check_may_answer(AGREEMENT, [], NORTH, Answered(proposal=record_id(OFFER), answer="accept"))


def test_an_accepted_proposal_changes_adds_or_removes_one_clause_or_the_words_of_a_schedule() -> None:
    before = {each.id: each.text for each in AGREEMENT.clauses}
    changed = apply_proposal(AGREEMENT, Proposed(clause="care.breach", text="Now."))
    assert {each.id: each.text for each in changed.clauses} == before | {"care.breach": "Now."}
    assert len(apply_proposal(AGREEMENT, Proposed(clause="care.breach", text=None)).clauses) == len(before) - 1
    added = apply_proposal(AGREEMENT, Proposed(clause="own.b", heading="New", text="Words."))
    assert added.clauses[-1].heading == "New"
    schedule = apply_proposal(AGREEMENT, Proposed(clause="schedule.retention", text="A year."))
    assert "A year." in [each.text for each in schedule.schedules]


@pytest.mark.parametrize(
    ("kids", "notices", "out_of_turn"),
    [
        ([NORTH, MID], [], None),
        ([MID, NORTH], [], NORTH),
        ([NORTH, MID], [ink(WEST, NORTH, MID)], None),
        ([NORTH, MID], [ink(WEST, NORTH)], WEST),
        ([NORTH], [ink(WEST)], WEST),
    ],
)
def test_signatures_count_only_in_the_order_that_was_agreed(
    kids: list[str], notices: list[Notice], out_of_turn: str | None
) -> None:
    assert find_out_of_turn(THREE, [KEYS[each] for each in kids], notices) == out_of_turn


def test_a_party_signs_once_and_in_its_turn() -> None:
    check_turn(THREE, NORTH, [], [])
    for name, kids in ((MID, []), (WEST, [KEYS[NORTH]]), (NORTH, [KEYS[NORTH]]), ("Nobody", [])):
        with pytest.raises(NotYourTurn):
            check_turn(THREE, name, kids, [])
    signed = list_signed(THREE, [KEYS[NORTH], KEYS[MID]], [ink(WEST, NORTH, MID)])
    assert signed == (NORTH, MID, WEST)


@pytest.mark.parametrize(
    ("until", "forms", "form", "party", "may"),
    [
        (date(2026, 12, 31), (), Form.ONE_WAY, NORTH, True),
        (date(2026, 11, 30), (), Form.ONE_WAY, NORTH, False),
        (date(2026, 12, 31), (Form.MOU,), Form.ONE_WAY, NORTH, False),
        (date(2026, 12, 31), (Form.ONE_WAY,), Form.ONE_WAY, NORTH, True),
        (date(2026, 12, 31), (Form.ONE_WAY,), None, NORTH, False),
        (date(2026, 12, 31), (), Form.ONE_WAY, MID, False),
    ],
)
def test_a_delegation_holds_within_its_limits(
    until: date, forms: tuple[Form, ...], form: Form | None, party: str, may: bool
) -> None:
    given = tell(NORTH, Delegated(to=ANNE, until=until, forms=forms))
    assert (find_delegation([given], ANNE, form, date(2026, 12, 1), party=party) is not None) is may


def test_without_a_delegation_nobody_signs_for_a_signatory() -> None:
    with pytest.raises(NotDelegated):
        check_delegation([], ANNE, AGREEMENT, date(2026, 12, 1), party=NORTH)
