"""Who may do what, and when: the two tables, and that no action is missing from either."""

from __future__ import annotations

import pytest

from fairshare.desk.when import WHEN, Reached, TooSoon, check_when, find_reached, why_not_when
from fairshare.desk.who import WHO, Action, Actor, NotYours, Role, check_who, why_not_who
from fairshare.records import sign_record
from fairshare.records.kinds import Decision
from fairshare.records.withholding import dispose_record, view_record
from fairshare.words import Outcome, Person
from tests.records.examples import DECISION, HOLDER_KEY, LEAD, NOON, SIGNED

VIEWS = [view_record(signed) for signed in SIGNED]
REQUESTED, DECIDED, AGREED, PLANNED, INTENDED, SENT, RECEIVED = (VIEWS[: n + 1] for n in range(len(VIEWS)))


def actor(*roles: Role) -> Actor:
    return Actor(person=Person(name="A", role="something"), roles=frozenset(roles))


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("action", list(Action))
def test_each_action_is_open_to_the_roles_of_the_table_and_no_others(action: Action, role: Role) -> None:
    assert (why_not_who(actor(role), action) is None) == (role in WHO[action])


@pytest.mark.parametrize(
    ("role", "action", "emergency", "may"),
    [
        (Role.FRONT_LINE, Action.DECIDE, True, True),
        (Role.FRONT_LINE, Action.DECIDE, False, False),
        (Role.FRONT_LINE, Action.RELEASE, True, True),
        (Role.FRONT_LINE, Action.RELEASE, False, False),
        (Role.FRONT_LINE, Action.DISPOSE, True, False),
        (Role.FRONT_LINE, Action.SIGN_AGREEMENT, True, False),
        (Role.AUDITOR, Action.RELEASE, True, False),
    ],
)
def test_while_a_life_is_at_risk_the_front_line_may_decide_and_release_and_nothing_more(
    role: Role, action: Action, emergency: bool, may: bool
) -> None:
    assert (why_not_who(actor(role), action, emergency=emergency) is None) == may


def test_nobody_without_a_role_may_do_anything() -> None:
    for action in Action:
        with pytest.raises(NotYours):
            check_who(actor(), action, emergency=True)


def test_both_tables_know_every_action() -> None:
    assert set(WHO) == set(WHEN) == set(Action)


@pytest.mark.parametrize(
    ("views", "action", "may"),
    [
        ([], Action.RECEIVE_REQUEST, True),
        ([], Action.DECIDE, False),
        (REQUESTED, Action.DECIDE, True),
        (REQUESTED, Action.RELEASE, False),
        (DECIDED, Action.RELEASE, True),
        (DECIDED, Action.TAKE_RECEIPT, False),
        (INTENDED, Action.TAKE_RECEIPT, False),
        (SENT, Action.TAKE_RECEIPT, True),
        ([], Action.EXPORT_CASE, False),
        (REQUESTED, Action.DISPOSE, True),
    ],
)
def test_each_action_waits_for_what_it_needs(views: list, action: Action, may: bool) -> None:  # type: ignore[type-arg]
    assert (why_not_when(views, action) is None) == may
    if not may:
        with pytest.raises(TooSoon):
            check_when(views, action)


def test_a_later_refusal_takes_back_the_decision_to_share() -> None:
    refused = DECISION.model_copy(update={"outcome": Outcome.REFUSE_VOLUNTARY})
    assert isinstance(refused, Decision)
    later = [*DECIDED, view_record(sign_record(refused, HOLDER_KEY))]
    assert Reached.SHARING_DECISION in find_reached(DECIDED)
    assert Reached.SHARING_DECISION not in find_reached(later)


def test_what_a_case_reached_survives_disposal_but_a_disposed_decision_shares_nothing() -> None:
    gone = [
        view_record(dispose_record(signed, by=LEAD, at=NOON, reason="r", salt="0" * 32, key=HOLDER_KEY))
        for signed in SIGNED
    ]
    assert find_reached(gone) == find_reached(VIEWS) - {Reached.SHARING_DECISION}
