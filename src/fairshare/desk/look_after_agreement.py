"""The life of an agreement at the desk: delegate, sign in ink, review, suspend, resume, leave, end, certify."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Literal

from fairshare.agree.proposals import check_may_answer, check_may_propose
from fairshare.agree.reminders import Reminder, list_reminders
from fairshare.agree.signing import check_turn, find_party, list_signed
from fairshare.agree.standing import Held, State, find_standing
from fairshare.desk.compose_agreement import read_draft, take_in_accepted
from fairshare.desk.entering import check_allowed, find_latest
from fairshare.desk.held_agreements import COMPLETE, find_current, give_notice, hold_agreement, list_held, list_notices
from fairshare.desk.ports import Desk
from fairshare.desk.sign_agreement import check_open_for_signing
from fairshare.desk.who import Action, Actor
from fairshare.law import Law
from fairshare.records import FullAgreement, Notice, SignedRecord, check_record
from fairshare.records.agreed import (
    Answered,
    Delegated,
    DeletionCertified,
    Ended,
    Form,
    Left,
    Matter,
    Proposed,
    Resumed,
    Reviewed,
    SignedInInk,
    Suspended,
    Triggered,
)
from fairshare.words import BadInput, Person, Refused

SCANS = "scans"
"""Where scans of signed pages are, among the desk's files, each under its digest."""


class NotInThatState(Refused):
    """The agreement is not in a state in which this can be done."""

    code = "AGREEMENT_NOT_IN_THAT_STATE"


def delegate_signing(
    desk: Desk, actor: Actor, case: str, to: Person, until: date, forms: Sequence[Form], *, reason: str
) -> SignedRecord:
    """A signatory lets somebody else at the desk sign in this case, up to a day and for some kinds of agreement."""
    before = check_allowed(desk, actor, Action.DELEGATE_SIGNING, case)
    if to.name not in {each.person.name for each in desk.people} or to.name == actor.person.name:
        raise BadInput(
            "one delegates to somebody else who works at this desk", fix="Name one of them.", where="delegate"
        )
    if until < desk.clock.now().date():
        raise BadInput("the delegation would be over already", fix="Choose a later day.", where="until")
    return give_notice(desk, actor, case, before, Delegated(to=to, until=until, forms=tuple(forms)), reason=reason)


def record_ink(
    desk: Desk, actor: Actor, case: str, organisation: str, person: Person, on: date, scan: bytes, witness: Person
) -> SignedRecord:
    """Records that a party signed on paper: who signed, who saw it, and the scan by its digest.

    The scan is kept beside the records. Whoever signs may not be the only one who saw it.
    """
    before = check_allowed(desk, actor, Action.RECORD_INK, case)
    held = hold_agreement(desk, before, find_latest(before, "agreement"))
    party = find_party(held.agreement, organisation)
    if party is None:
        raise BadInput("this organisation is not a party", fix="Name one of the parties.", where="organisation")
    if not scan:
        raise BadInput("the scan is empty", fix="Scan the signed page again.", where="scan")
    if witness.name == person.name:
        raise BadInput("nobody witnesses their own signature", fix="Name somebody else who saw it.", where="witness")
    today = desk.clock.now().date()
    if on > today or on < held.agreement.made_at.date():
        raise BadInput(
            "it cannot have been signed on that day", fix="Give the day that stands beside the signature.", where="on"
        )
    check_open_for_signing(held, today)
    check_turn(held.agreement, organisation, held.signed_by, held.about())
    digest = sha256(scan).hexdigest()
    desk.files.write(f"{SCANS}/{digest}", scan)
    matter = SignedInInk(
        organisation=party.organisation,
        person=person,
        on=on,
        scan=digest,
        witness=witness,
        after=list_signed(held.agreement, held.signed_by, held.about()),
    )
    return give_notice(desk, actor, case, before, matter, reason="", agreement=held.id)


def suspend_agreement(desk: Desk, actor: Actor, case: str, on: date, *, reason: str) -> SignedRecord:
    """Suspends the routine sharing; everything else goes on."""
    return _tell(desk, actor, Action.SUSPEND_AGREEMENT, case, Suspended(on=on), reason)


def resume_agreement(desk: Desk, actor: Actor, case: str, on: date, *, reason: str) -> SignedRecord:
    """Takes up again what this organisation suspended."""
    return _tell(desk, actor, Action.REVIEW_AGREEMENT, case, Resumed(on=on), reason)


def call_for_review(
    desk: Desk,
    actor: Actor,
    case: str,
    trigger: Literal["law", "basis", "parties", "breach", "volume", "complaint", "other"],
    on: date,
    *,
    reason: str,
) -> SignedRecord:
    """Notes that something happened which calls for a review; it stays among the reminders until one is held."""
    return _tell(desk, actor, Action.SUSPEND_AGREEMENT, case, Triggered(trigger=trigger, on=on), reason)


def review_agreement(desk: Desk, actor: Actor, case: str, on: date, next_on: date, *, reason: str) -> SignedRecord:
    """Records a review that found the agreement good as it is, until the next one."""
    return _tell(desk, actor, Action.REVIEW_AGREEMENT, case, Reviewed(on=on, next_on=next_on), reason)


def leave_agreement(desk: Desk, actor: Actor, case: str, on: date, *, reason: str) -> SignedRecord:
    """This organisation leaves; with fewer than two parties left, the agreement ends."""
    return _tell(desk, actor, Action.END_AGREEMENT, case, Left(on=on), reason)


def end_agreement(
    desk: Desk, actor: Actor, case: str, on: date, then: Literal["delete", "return"], within_days: int, *, reason: str
) -> SignedRecord:
    """Ends the agreement from a day, and says what becomes of the information."""
    return _tell(desk, actor, Action.END_AGREEMENT, case, Ended(on=on, then=then, within_days=within_days), reason)


def certify_deletion(desk: Desk, actor: Actor, case: str, matter: DeletionCertified) -> SignedRecord:
    """Certifies, signed with the organisation's key, that what it received is deleted or returned."""
    return _tell(desk, actor, Action.CERTIFY_DELETION, case, matter, "")


def take_notice(desk: Desk, actor: Actor, case: str, sent: SignedRecord) -> SignedRecord:
    """Takes in what another party says, if its signature holds, it is that party's, and it fits the agreement.

    What this desk may not say in another's name stays with the other: a notice only ever speaks for its signer.
    """
    before = check_allowed(desk, actor, Action.NEGOTIATE_AGREEMENT, case)
    notice = sent.record
    if not isinstance(notice, Notice) or notice.case != case:
        raise BadInput("this is no notice for this case", fix="Ask for the right file.", where=sent.id)
    signers = check_record(sent, desk.trusted)
    if [key.name for key in signers] != [notice.party.name] or notice.party.name == desk.organisation.name:
        raise BadInput("it is not signed by the party that it speaks for", fix="Ask that party for it.", where=sent.id)
    if any(each.id == sent.id for each in before):
        return sent
    _check_notice(desk, before, notice, {key.kid for key in signers})
    desk.records.add(sent)
    drafting = [each for _, each in list_notices(desk, before)]
    if isinstance(notice.matter, Answered):
        take_in_accepted(desk, case, drafting, [*drafting, notice])
    return sent


def list_desk_reminders(desk: Desk, law: Law | None) -> tuple[Reminder, ...]:
    """What is to be done under all agreements that the desk holds, the most pressing first; older versions left out."""
    held = list(list_held(desk))
    today = desk.clock.now().date()
    replaced = {
        each.agreement.supersedes
        for each in held
        if isinstance(each.agreement, FullAgreement) and find_standing(each, today).in_force
    }
    return list_reminders([each for each in held if each.id not in replaced], today, law)


def why_not_said(held: Held, party: str, matter: Matter, day: date) -> str | None:
    """Why a party may not say this about an agreement in its state on a day, or None if it may."""
    standing = find_standing(held, day)
    if party not in standing.parties and not isinstance(matter, DeletionCertified):
        return f"{party} is not, or not any more, a party"
    match matter:
        case Suspended() if party in standing.suspended_by:
            return f"{party} has suspended it already"
        case Resumed() if party not in standing.suspended_by:
            return f"{party} has not suspended it"
        case Reviewed(on=on, next_on=next_on) if on > day or next_on <= on or not held.agreement.valid.covers(next_on):
            return "a review was held by today, and the next one is later and while the agreement runs"
        case Ended() | Left() | Suspended() | Resumed() | Reviewed() | Triggered() if standing.state is State.ENDED:
            return "the agreement has ended"
        case DeletionCertified() if standing.state is not State.ENDED and party in standing.parties:
            return "the agreement has not ended"
        case DeletionCertified(on=on) if on > day:
            return "what is certified has happened already"
        case _:
            return None


def check_said(held: Held, party: str, matter: Matter, day: date) -> None:
    """Raises NotInThatState with the reason of `why_not_said`, if there is one."""
    why = why_not_said(held, party, matter, day)
    if why is not None:
        raise NotInThatState(why, fix="`fairshare agree show` says where the agreement stands.", where=held.id)


def _tell(desk: Desk, actor: Actor, action: Action, case: str, matter: Matter, reason: str) -> SignedRecord:
    before = check_allowed(desk, actor, action, case)
    held = hold_agreement(desk, before, find_current(desk, before) or find_latest(before, "agreement"))
    check_said(held, desk.organisation.name, matter, desk.clock.now().date())
    return give_notice(desk, actor, case, before, matter, reason=reason, agreement=held.id)


def _check_notice(desk: Desk, before: Sequence[SignedRecord], notice: Notice, kids: set[str]) -> None:
    """Refuses a notice that does not fit the draft, or the agreement that it names."""
    told = [each for _, each in list_notices(desk, before)]
    match notice.matter:
        case Proposed() as matter:
            draft = read_draft(desk, notice.case)
            check_may_propose(draft, told, notice.party.name, matter)
            _check_named(desk, before, notice)
            party = find_party(draft, notice.party.name)
        case Answered() as matter:
            draft = read_draft(desk, notice.case)
            check_may_answer(draft, told, notice.party.name, matter)
            party = find_party(draft, notice.party.name)
        case SignedInInk() | Delegated():
            raise BadInput(
                "that is recorded by the desk that saw it", fix="Record it with `fairshare agree sign`.", where="matter"
            )
        case _:
            signed = next((each for each in before if each.id == notice.agreement), None)
            if signed is None:
                raise BadInput("it names an agreement that is not here", fix="Take that in first.", where="agreement")
            held = hold_agreement(desk, before, signed)
            check_said(held, notice.party.name, notice.matter, desk.clock.now().date())
            party = find_party(held.agreement, notice.party.name)
    if party is None or party.key not in kids:
        raise BadInput("it is not signed with the key of a party", fix="Ask that party for it.", where="signatures")


def _check_named(desk: Desk, before: Sequence[SignedRecord], notice: Notice) -> None:
    """Refuses a proposal about an agreement that is not being signed: what is in force is changed by a new version."""
    if notice.agreement is None:
        return
    signed = next((each for each in before if each.id == notice.agreement), None)
    today = desk.clock.now().date()
    if signed is None or find_standing(hold_agreement(desk, before, signed), today).state in COMPLETE:
        raise BadInput(
            "it names an agreement that is not being signed", fix="Propose on the newest draft.", where="agreement"
        )
