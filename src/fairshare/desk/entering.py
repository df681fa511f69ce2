"""The one way into a case: who, when, then sign, keep and log."""

from __future__ import annotations

from fairshare.desk.ports import Desk
from fairshare.desk.when import WHEN, check_when
from fairshare.desk.who import Action, Actor, check_who
from fairshare.records import AnyRecord, SignedRecord, check_record, sign_record
from fairshare.records.kinds import Decision, Request
from fairshare.records.withholding import view_record
from fairshare.words import NotFound


def read_case(desk: Desk, case: str) -> tuple[SignedRecord, ...]:
    """A case's records that still have their contents, in order, their signatures checked against the trusted keys."""
    kept = tuple(each for each in desk.records.of_case(case) if isinstance(each, SignedRecord))
    for signed in kept:
        check_record(signed, desk.trusted)
    return kept


def check_allowed(desk: Desk, actor: Actor, action: Action, case: str) -> tuple[SignedRecord, ...]:
    """Checks who and when, in that order, and hands back the case.

    Raises   NotYours, NotFound where the action needs a case and there is none, TooSoon, or UnknownSigner and
             BadSignature when a kept record does not hold.
    """
    before = read_case(desk, case)
    check_who(actor, action, emergency=is_emergency(before))
    views = [view_record(each) for each in desk.records.of_case(case)]
    if WHEN[action] and not views:
        raise NotFound("there is no such case", fix="`fairshare case list` names the cases.", where=case)
    check_when(views, action)
    return before


def is_emergency(records: tuple[SignedRecord, ...]) -> bool:
    """Whether the newest request or decision says that a life is at risk."""
    for signed in reversed(records):
        match signed.record:
            case Decision(emergency=emergency):
                return emergency
            case Request(urgency=urgency):
                return urgency == "life_at_risk"
            case _:
                pass
    return False


def enter(desk: Desk, record: AnyRecord) -> SignedRecord:
    """Signs a record with the organisation's key, keeps it and logs it."""
    signed = sign_record(record, desk.key)
    desk.records.add(signed)
    return signed


def find_latest(records: tuple[SignedRecord, ...], kind: str) -> SignedRecord:
    """The newest record of a kind; raises NotFound."""
    for signed in reversed(records):
        if signed.record.kind == kind:
            return signed
    raise NotFound(f"the case has no {kind}", fix="`fairshare case show` says where the case stands.", where=kind)
