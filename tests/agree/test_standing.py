"""No sequence of acts brings an agreement into force unsigned, with something open, or after it was stopped."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.agree.force import AgreementNotInForce, check_held_in_force, why_not_in_force
from fairshare.agree.reminders import find_law_changes, list_reminders, write_calendar
from fairshare.agree.standing import Held, State, find_standing
from fairshare.law import load_law
from fairshare.records import Form, Notice, record_id
from fairshare.records.agreed import (
    Answered,
    DeletionCertified,
    Ended,
    Left,
    Proposed,
    Resumed,
    Reviewed,
    SignedInInk,
    Suspended,
    Triggered,
)
from fairshare.words import Organisation
from tests.agree.examples import ANNE, KEYS, MADE, MID, NORTH, WEST, compose, make_party, tell

AGREEMENT = compose().agreement
ID = record_id(AGREEMENT)
BOTH = (KEYS[NORTH], KEYS[MID])
DAY = date(2026, 12, 1)
OFFER = Proposed(clause="care.breach", text="Now.")


def held(*matters: tuple[str, Any], signed: tuple[str, ...] = BOTH, **more: Any) -> Held:
    notices = tuple(tell(party, matter, ID, salt=n) for n, (party, matter) in enumerate(matters))
    return Held(AGREEMENT, signed, notices, **more)


OPEN = tell(MID, OFFER, ID, salt=0)


@pytest.mark.parametrize(
    ("matters", "day", "state"),
    [
        ([], DAY, State.IN_FORCE),
        ([], date(2026, 11, 21), State.NOT_YET),
        ([], date(2027, 5, 2), State.LAPSED),
        ([(NORTH, Reviewed(on=date(2027, 4, 1), next_on=date(2027, 9, 1)))], date(2027, 5, 2), State.IN_FORCE),
        ([(NORTH, Reviewed(on=date(2027, 4, 1), next_on=date(2027, 9, 1)))], date(2027, 11, 1), State.LAPSED),
        ([(MID, OFFER)], DAY, State.NEGOTIATED),
        ([(MID, OFFER), (NORTH, Answered(proposal=record_id(OPEN), answer="reject"))], DAY, State.IN_FORCE),
        ([(MID, OFFER), (NORTH, Answered(proposal=record_id(OPEN), answer="accept"))], DAY, State.NEGOTIATED),
        ([(MID, Suspended(on=DAY))], DAY, State.SUSPENDED),
        ([(MID, Suspended(on=DAY))], DAY - timedelta(1), State.IN_FORCE),
        ([(MID, Suspended(on=DAY)), (NORTH, Resumed(on=DAY))], DAY, State.SUSPENDED),  # not theirs to resume
        ([(MID, Suspended(on=DAY)), (MID, Resumed(on=DAY))], DAY, State.IN_FORCE),
        ([(MID, Left(on=DAY))], DAY, State.ENDED),
        ([(MID, Ended(on=DAY))], DAY, State.ENDED),
        ([(MID, Ended(on=DAY)), (NORTH, Ended(on=date(2027, 1, 1)))], DAY, State.ENDED),
        ([(MID, Triggered(trigger="breach", on=DAY))], DAY, State.IN_FORCE),
    ],
)
def test_the_state_of_an_agreement_follows_from_what_was_said(
    matters: list[tuple[str, Any]], day: date, state: State
) -> None:
    standing = find_standing(held(*matters), day)
    assert standing.state is state
    assert (standing.why_not is None) == (state is State.IN_FORCE)


def test_a_framework_lets_nothing_be_shared_and_its_schedule_only_while_it_is_in_force() -> None:
    framework = compose(Form.FRAMEWORK).agreement
    schedule = compose(Form.FRAMEWORK_SCHEDULE, framework=record_id(framework)).agreement
    over = Held(framework, BOTH)
    assert "by itself" in why_not_in_force(framework, BOTH, DAY).text  # type: ignore[union-attr]
    check_held_in_force(Held(schedule, BOTH, framework=over), DAY)
    stopped = tell(MID, Suspended(on=DAY), record_id(framework))
    for broken in (None, Held(framework, BOTH[:1]), Held(framework, BOTH, (stopped,)), Held(AGREEMENT, BOTH)):
        with pytest.raises(AgreementNotInForce):
            check_held_in_force(Held(schedule, BOTH, framework=broken), DAY)
    later = framework.model_copy(update={"salt": "4" * 32})
    check_held_in_force(Held(schedule, BOTH, framework=Held(later, BOTH, replaces=(record_id(framework),))), DAY)


THREE = compose(
    parties=(
        make_party(NORTH, "discloser"),
        make_party(MID, "recipient", turn=2),
        make_party(WEST, "recipient", turn=3, key=None),
    )
).agreement
THREE_ID = record_id(THREE)
DAYS = st.dates(date(2026, 11, 1), date(2027, 12, 31))
NAMES = st.sampled_from([NORTH, MID, WEST])


def make_ink(name: str, after: tuple[str, ...], on: date) -> SignedInInk:
    return SignedInInk(
        organisation=Organisation(name=name), person=ANNE, on=on, scan="0" * 64, witness=ANNE, after=after
    )


MATTERS = st.one_of(
    st.builds(Suspended, on=DAYS),
    st.builds(Resumed, on=DAYS),
    st.builds(Left, on=DAYS),
    st.builds(Ended, on=DAYS),
    st.builds(Reviewed, on=DAYS, next_on=DAYS),
    st.builds(Triggered, trigger=st.just("law"), on=DAYS),
    st.builds(make_ink, NAMES, st.lists(NAMES, max_size=3).map(tuple), DAYS),
    st.just(make_ink(WEST, (NORTH, MID), DAY)),
    st.just(OFFER),
    st.builds(DeletionCertified, on=DAYS, did=st.just("deleted"), how=st.just("x")),
)


@st.composite
def histories(draw: Any) -> Held:
    """Anything that anybody might say or sign, in any order, whether or not a desk would allow it."""
    notices: list[Notice] = []
    for salt in range(draw(st.integers(0, 6))):
        proposals = [each for each in notices if isinstance(each.matter, Proposed)]
        matter = draw(MATTERS)
        if proposals and draw(st.booleans()):
            chosen = draw(st.sampled_from(proposals))
            matter = Answered(
                proposal=record_id(chosen), answer=draw(st.sampled_from(["accept", "reject", "withdraw"]))
            )
        notices.append(tell(draw(NAMES), matter, draw(st.sampled_from([THREE_ID, THREE_ID, None])), salt=salt))
    if draw(st.booleans()):
        notices.insert(0, tell(WEST, make_ink(WEST, (NORTH, MID), DAY), THREE_ID, salt=99))
    kids = draw(st.permutations([KEYS[NORTH], KEYS[MID], "x" * 43]).map(lambda each: each[: draw(st.integers(0, 3))]))
    if draw(st.booleans()):
        kids = [KEYS[NORTH], KEYS[MID]]
    return Held(THREE, tuple(kids), tuple(notices), place=draw(st.integers(0, len(notices))))


@settings(max_examples=250)
@given(histories(), DAYS)
def test_nothing_anybody_says_or_signs_brings_it_into_force_before_its_time(history: Held, day: date) -> None:
    if not find_standing(history, day).in_force:
        with pytest.raises(AgreementNotInForce):
            check_held_in_force(history, day)
        return
    told = [each for each in history.notices if each.agreement == THREE_ID]
    # Everybody signed, each in turn: the two keys in order, then the one in ink, after both.
    assert [each for each in history.signed_by if each in KEYS.values()] == [KEYS[NORTH], KEYS[MID]]
    assert any(isinstance(each.matter, SignedInInk) and each.matter.organisation.name == WEST for each in told)
    # Nothing is open, and nothing was accepted that its words do not have.
    for offer in (each for each in told if isinstance(each.matter, Proposed)):
        replies = [
            (each.party.name, each.matter.answer)
            for each in history.notices
            if isinstance(each.matter, Answered) and each.matter.proposal == record_id(offer)
        ]
        by = offer.party.name
        assert any((who == by) == (said == "withdraw") and said != "accept" for who, said in replies)
    # The dates fit, and nobody had stopped it.
    assert THREE.valid.covers(day)
    reviews = [each.matter.next_on for each in told if isinstance(each.matter, Reviewed) and each.matter.on <= day]
    assert day <= (reviews[-1] if reviews else THREE.review_on)
    assert not any(isinstance(each.matter, Ended) and each.matter.on <= day for each in told)
    assert len({each.party.name for each in told if isinstance(each.matter, Left) and each.matter.on <= day}) <= 1
    for name in (NORTH, MID, WEST):
        last = [
            each.matter
            for each in told
            if each.party.name == name and isinstance(each.matter, Suspended | Resumed | Left) and each.matter.on <= day
        ]
        assert not last or not isinstance(last[-1], Suspended) or any(isinstance(each, Left) for each in last)


def test_reminders_name_what_is_due_and_the_calendar_is_the_same_each_time() -> None:
    law = load_law()
    one = held((MID, Triggered(trigger="breach", on=DAY)), (MID, OFFER))
    found = list_reminders([one], DAY, law)
    assert {each.sort for each in found} >= {"review", "end", "trigger", "proposal"}
    assert [each.on for each in found] == sorted(each.on for each in found)
    calendar = write_calendar(found, MADE)
    assert calendar == write_calendar(found, MADE)
    assert calendar.count(b"BEGIN:VEVENT") == len(found)
    assert b"20270501" in calendar
    reviewed = held((MID, Triggered(trigger="breach", on=DAY)), (NORTH, Reviewed(on=DAY, next_on=date(2027, 9, 1))))
    assert "trigger" not in {each.sort for each in list_reminders([reviewed], DAY, law)}


def test_after_the_end_every_recipient_is_reminded_until_it_certifies() -> None:
    end = (NORTH, Ended(on=DAY, within_days=10))
    [due] = list_reminders([held(end)], DAY)
    assert (due.sort, due.party, due.on) == ("delete", MID, DAY + timedelta(10))
    certified = (MID, DeletionCertified(on=DAY, did="deleted", how="Overwritten"))
    assert list_reminders([held(end, certified)], DAY) == ()


def test_a_change_in_a_cited_provision_after_signing_calls_for_a_review() -> None:
    law = load_law()
    old = AGREEMENT.model_copy(update={"made_at": MADE.replace(year=2025)})
    changes = dict.fromkeys(on for on, _ in find_law_changes(old, law, DAY))
    assert date(2026, 2, 5) in changes
    assert list(find_law_changes(AGREEMENT, law, DAY)) == []
