"""Agreements as the desk holds them: each with the signatures and notices that hold, and what it is a schedule to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from fairshare.agree.standing import Held, State, find_standing
from fairshare.desk.entering import enter, read_case
from fairshare.desk.ports import Desk
from fairshare.desk.who import Actor
from fairshare.records import (
    Agreement,
    Decision,
    Form,
    FullAgreement,
    Notice,
    PartialRecord,
    SignedRecord,
    check_record,
    new_salt,
)
from fairshare.records.agreed import Matter
from fairshare.words import NotFound

COMPLETE = frozenset({State.IN_FORCE, State.SUSPENDED, State.LAPSED, State.ENDED})
"""The states of an agreement that every party has signed and that has begun: it has replaced the version before."""


def hold_agreement(desk: Desk, records: Sequence[SignedRecord], signed: SignedRecord) -> Held:
    """One agreement of a case as it is held; only notices by a key of the party that they name count."""
    agreement = signed.record
    if not isinstance(agreement, Agreement):
        raise NotFound("this record is no agreement", fix="`fairshare case show` lists the records.", where=signed.id)
    place = [each.id for each in records].index(signed.id)
    notices = list_notices(desk, records)
    return Held(
        agreement=agreement,
        signed_by=tuple(key.kid for key in check_record(signed, desk.trusted)),
        notices=tuple(notice for _, notice in notices),
        place=sum(1 for at, _ in notices if at < place),
        framework=_find_framework(desk, agreement),
        replaces=_list_replaced(records, agreement),
    )


def list_notices(desk: Desk, records: Sequence[SignedRecord]) -> list[tuple[int, Notice]]:
    """The notices of a case with their places in it: those that the party they name has signed."""
    found = []
    for at, signed in enumerate(records):
        notice = signed.record
        if isinstance(notice, Notice) and any(
            key.name == notice.party.name for key in check_record(signed, desk.trusted)
        ):
            found.append((at, notice))
    return found


def list_held(desk: Desk, case: str | None = None) -> Iterator[Held]:
    """Every agreement of a case, or of all cases, in the order in which they were recorded."""
    for name in desk.records.cases() if case is None else (case,):
        records = read_case(desk, name)
        for signed in records:
            if isinstance(signed.record, Agreement):
                yield hold_agreement(desk, records, signed)


def find_current(
    desk: Desk, records: Sequence[SignedRecord], ids: Collection[str] | None = None
) -> SignedRecord | None:
    """The agreement that counts today: the newest that every party has signed and that has begun, or else the newest.

    So a version that is still being signed holds up nothing, and one that was replaced allows nothing.
    Takes    ids: which of the case's agreements to look at; all by default.
    """
    found = [each for each in records if isinstance(each.record, Agreement) and (ids is None or each.id in ids)]
    today = desk.clock.now().date()
    for signed in reversed(found):
        if find_standing(hold_agreement(desk, records, signed), today).state in COMPLETE:
            return signed
    return found[-1] if found else None


def give_notice(
    desk: Desk,
    actor: Actor,
    case: str,
    before: Sequence[SignedRecord],
    matter: Matter,
    *,
    reason: str,
    agreement: str | None = None,
) -> SignedRecord:
    """Records and logs what this organisation tells the other parties."""
    notice = Notice(
        case=case,
        salt=new_salt(desk.entropy),
        follows=(agreement,) if agreement is not None else find_decision(before),
        made_at=desk.clock.now(),
        made_by=actor.person,
        agreement=agreement,
        party=desk.organisation,
        reason=reason,
        matter=matter,
    )
    return enter(desk, notice)


def find_decision(before: Sequence[SignedRecord]) -> tuple[str, ...]:
    """The id of the case's newest decision, if it has one."""
    found = next((each.id for each in reversed(before) if isinstance(each.record, Decision)), None)
    return (found,) if found is not None else ()


def _find_framework(desk: Desk, agreement: Agreement) -> Held | None:
    """The version that counts today of the framework that an agreement is under, if the desk holds it."""
    if not isinstance(agreement, FullAgreement) or agreement.framework is None:
        return None
    try:
        kept = desk.records.find(agreement.framework)
    except NotFound:
        return None
    if isinstance(kept, PartialRecord) or not isinstance(kept.record, FullAgreement):
        return None
    if kept.record.form is not Form.FRAMEWORK:
        return None
    records = read_case(desk, kept.record.case)
    versions = {kept.id}
    for each in records:
        if isinstance(each.record, FullAgreement) and each.record.supersedes in versions:
            versions.add(each.id)
    current = find_current(desk, records, versions)
    return hold_agreement(desk, records, current) if current is not None else None


def _list_replaced(records: Sequence[SignedRecord], agreement: Agreement) -> tuple[str, ...]:
    """The earlier versions of an agreement, newest first."""
    by_id = {each.id: each.record for each in records}
    found: list[str] = []
    current: object = agreement
    while isinstance(current, FullAgreement) and current.supersedes is not None and current.supersedes not in found:
        found.append(current.supersedes)
        current = by_id.get(current.supersedes)
    return tuple(found)
