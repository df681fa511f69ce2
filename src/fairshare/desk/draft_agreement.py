"""Draft the agreement that a decision needs, sign it for this organisation, and take back what the partner signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fairshare.agree import draft_agreement
from fairshare.desk.attach_odrl import check_attached_odrl
from fairshare.desk.entering import check_allowed, enter, find_latest, read_case
from fairshare.desk.ports import Desk
from fairshare.desk.sign_agreement import sign_full_agreement, take_full_agreement
from fairshare.desk.who import Action, Actor, check_who
from fairshare.records import (
    Agreement,
    Decision,
    FullAgreement,
    Party,
    SignedRecord,
    check_record,
    encode,
    new_salt,
    parse_record,
)
from fairshare.words import BadInput, NotFound, Period


def draft_case_agreement(
    desk: Desk,
    actor: Actor,
    case: str,
    parties: Sequence[Party],
    *,
    title: str,
    valid: Period,
    review_on: date,
    terms: dict[str, str] | None = None,
) -> Agreement:
    """Drafts the agreement from the case's newest decision. It is a draft, not a record, until a signatory signs it."""
    before = check_allowed(desk, actor, Action.DRAFT_AGREEMENT, case)
    decided = find_latest(before, "decision")
    assert isinstance(decided.record, Decision)  # noqa: S101 (found by its kind)
    agreement = draft_agreement(
        decided.record,
        decided.id,
        parties,
        title=title,
        valid=valid,
        review_on=review_on,
        salt=new_salt(desk.entropy),
        made_at=desk.clock.now(),
        made_by=actor.person,
        terms=terms,
    )
    desk.files.write(draft_name(case), encode(agreement))
    return agreement


def sign_case_agreement(desk: Desk, actor: Actor, case: str) -> SignedRecord:
    """Signs the case's draft for this organisation, which makes it a record; partners sign after."""
    draft = find_draft(desk, case)
    if isinstance(draft, FullAgreement):
        return sign_full_agreement(desk, actor, case, draft)
    before = check_allowed(desk, actor, Action.SIGN_AGREEMENT, case)
    agreement = parse_record(desk.files.read(draft_name(case)), where=draft_name(case))
    if not isinstance(agreement, Agreement):
        raise BadInput("the draft is not an agreement", fix="Draft it again.", where=draft_name(case))
    if agreement.follows != (find_latest(before, "decision").id,):
        raise BadInput("the decision has changed since the draft", fix="Draft it again.", where=draft_name(case))
    check_attached_odrl(desk, case, agreement)
    return enter(desk, agreement)


def take_signed_agreement(desk: Desk, actor: Actor, case: str, returned: SignedRecord) -> SignedRecord:
    """Takes back the agreement that a partner signed, if its signature holds and its key is a party's."""
    if isinstance(returned.record, FullAgreement):
        check_who(actor, Action.SIGN_AGREEMENT)
        return take_full_agreement(desk, case, read_case(desk, case), find_draft(desk, case), returned)
    before = check_allowed(desk, actor, Action.SIGN_AGREEMENT, case)
    held = find_latest(before, "agreement")
    if returned.id != held.id or not isinstance(returned.record, Agreement):
        raise BadInput(
            "this is not the agreement that was drafted", fix="Ask for the copy you sent, signed.", where=returned.id
        )
    signers = {key.kid for key in check_record(returned, desk.trusted)}
    strangers = signers - {party.key for party in returned.record.parties}
    if strangers:
        raise BadInput("somebody who is not a party has signed", fix="Only the parties sign.", where=min(strangers))
    for signature in returned.signatures:
        if signature not in held.signatures:
            held = SignedRecord(record=held.record, signatures=(*held.signatures, signature))
            desk.records.add_signature(held)
    return held


def find_draft(desk: Desk, case: str) -> FullAgreement | None:
    """The case's draft, if it has one and it is of the full kind."""
    try:
        draft = parse_record(desk.files.read(draft_name(case)), where=draft_name(case))
    except NotFound:
        return None
    return draft if isinstance(draft, FullAgreement) else None


def draft_name(case: str) -> str:
    """Where a case's draft agreement is kept among the desk's files."""
    return f"drafts/{case}/agreement.json"
