"""When something may be done: what a case has reached, and one table of what each action needs."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from fairshare.desk.who import Action
from fairshare.records.withholding import RecordView
from fairshare.words import Reason, Refused


class Reached(StrEnum):
    """Something a case has by now. A case only ever gains these, save that a later decision replaces an earlier one."""

    REQUEST = "a request"
    DECISION = "a decision"
    SHARING_DECISION = "a decision to share, not replaced by a later refusal"
    AGREEMENT = "an agreement"
    RELEASE = "a release"
    SENDER_RECEIPT = "a release that finished"


class TooSoon(Refused):
    """The case has not reached what this action needs."""

    code = "NOT_YET"


WHEN: dict[Action, frozenset[Reached]] = {
    Action.RECEIVE_REQUEST: frozenset(),
    Action.DECIDE: frozenset({Reached.REQUEST}),
    Action.DRAFT_AGREEMENT: frozenset({Reached.SHARING_DECISION}),
    Action.SIGN_AGREEMENT: frozenset({Reached.SHARING_DECISION}),
    Action.REDACT: frozenset({Reached.SHARING_DECISION}),
    Action.CHECK_REDACTION: frozenset({Reached.SHARING_DECISION}),
    # A framework rests on no decision, and a processor's contract on one that shares nothing: `agree` looks at that.
    Action.COMPOSE_AGREEMENT: frozenset(),
    Action.NEGOTIATE_AGREEMENT: frozenset(),
    Action.DELEGATE_SIGNING: frozenset(),
    Action.RECORD_INK: frozenset({Reached.AGREEMENT}),
    Action.REVIEW_AGREEMENT: frozenset({Reached.AGREEMENT}),
    Action.SUSPEND_AGREEMENT: frozenset({Reached.AGREEMENT}),
    Action.END_AGREEMENT: frozenset({Reached.AGREEMENT}),
    Action.CERTIFY_DELETION: frozenset({Reached.AGREEMENT}),
    Action.RELEASE: frozenset({Reached.SHARING_DECISION}),
    Action.DELIVER: frozenset({Reached.SENDER_RECEIPT}),
    Action.GIVE_TOKEN: frozenset({Reached.AGREEMENT}),
    Action.END_TOKEN: frozenset({Reached.AGREEMENT}),
    Action.RECALL: frozenset({Reached.SENDER_RECEIPT}),
    Action.ACCEPT_RISK: frozenset({Reached.SHARING_DECISION}),
    Action.JUDGE_IDENTIFIABILITY: frozenset({Reached.SHARING_DECISION}),
    Action.KEEP_OPT_OUTS: frozenset(),
    Action.DISAPPLY_OPT_OUTS: frozenset({Reached.SHARING_DECISION}),
    Action.KEEP_KEYS: frozenset(),
    Action.RELINK: frozenset({Reached.SHARING_DECISION}),
    Action.TAKE_RECEIPT: frozenset({Reached.SENDER_RECEIPT}),
    Action.SET_BUDGET: frozenset(),
    Action.EXPORT_CASE: frozenset({Reached.REQUEST}),
    Action.DISPOSE: frozenset({Reached.REQUEST}),
}


def find_reached(views: Iterable[RecordView]) -> frozenset[Reached]:
    """What a case has reached, from its records in the order they were made, disposed of or not."""
    found: set[Reached] = set()
    for view in views:
        match view.kind:
            case "request":
                found.add(Reached.REQUEST)
            case "decision":
                found.add(Reached.DECISION)
                shares = view.shows("outcome") and view["outcome"].shares
                (found.add if shares else found.discard)(Reached.SHARING_DECISION)
            case "agreement":
                found.add(Reached.AGREEMENT)
            case "release":
                found.add(Reached.RELEASE)
            case "receipt" if not view.shows("side") or view["side"] == "sender":
                found.add(Reached.SENDER_RECEIPT)
            case _:
                pass
    return frozenset(found)


def why_not_when(views: Iterable[RecordView], action: Action) -> Reason | None:
    """Why it is too soon for this, or None if it is not."""
    missing = WHEN[action] - find_reached(views)
    if not missing:
        return None
    return Reason(text=f"To {action.replace('_', ' ')}, the case first needs {' and '.join(sorted(missing))}.")


def check_when(views: Iterable[RecordView], action: Action) -> None:
    """Raises TooSoon when the case has not reached what the action needs."""
    reason = why_not_when(views, action)
    if reason is not None:
        raise TooSoon(
            reason.text.rstrip("."),
            fix="Do that first; `fairshare case show` says where the case stands.",
            where=action,
        )
