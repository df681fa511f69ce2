"""Sign a full agreement for this organisation, and take in what a partner signed: complete, in turn, with authority."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fairshare.agree.compose import find_gaps, find_unmet
from fairshare.agree.proposals import ProposalOpen, check_all_closed
from fairshare.agree.signing import check_delegation, check_turn, find_party
from fairshare.agree.standing import Held, State, find_standing
from fairshare.desk.attach_odrl import check_attached_odrl
from fairshare.desk.entering import enter, read_case
from fairshare.desk.held_agreements import find_decision, give_notice, hold_agreement, list_notices
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor, why_not_who
from fairshare.records import FullAgreement, Notice, SignedRecord, check_record, cosign_record, record_id
from fairshare.records.agreed import Signed
from fairshare.words import BadInput, Refused


class AgreementIncomplete(Refused):
    """A gap in the words is not filled, or something that the law requires is not in the agreement."""

    code = "AGREEMENT_INCOMPLETE"


class AgreementEnded(Refused):
    """The agreement has ended, so nobody signs it any more."""

    code = "AGREEMENT_ENDED"


def sign_full_agreement(desk: Desk, actor: Actor, case: str, draft: FullAgreement) -> SignedRecord:
    """Signs the case's draft with this organisation's key, and notes who pressed it and under which delegation.

    Raises   ProposalOpen, AgreementIncomplete, OdrlMismatch, NotYourTurn, NotDelegated or NotYours; then nothing is
             signed.
    """
    # The table of when is not asked: a processor's contract rests on a decision that shares nothing, and a framework
    # on none.
    before = read_case(desk, case)
    notices = [notice for _, notice in list_notices(desk, before)]
    names = {party.organisation.name for party in draft.parties}
    today = desk.clock.now().date()
    delegation = find_authority(actor, notices, draft, today, party=desk.organisation.name)
    own = find_party(draft, desk.organisation.name)
    if own is None or own.key != desk.key.public.kid:
        raise BadInput("this desk's key is not a party's", fix="Draft it again with the desk's own key.", where="key")
    if set(find_decision(before)) - set(draft.follows):
        raise BadInput("the decision has changed since the draft", fix="Draft it again.", where=case)
    check_all_closed(notices, names)
    check_complete(draft)
    check_attached_odrl(desk, case, draft)
    held = next((each for each in before if each.id == record_id(draft)), None)
    kids = [key.kid for key in check_record(held, desk.trusted)] if held is not None else []
    about = [each for each in notices if held is not None and each.agreement == held.id]
    check_turn(draft, desk.organisation.name, kids, about)
    if held is None:
        signed = enter(desk, draft)
    else:
        signed = cosign_record(held, desk.key)
        desk.records.add_signature(signed)
    matter = Signed(person=actor.person, delegation=delegation)
    give_notice(desk, actor, case, before, matter, reason="", agreement=signed.id)
    return signed


def take_full_agreement(
    desk: Desk, case: str, before: Sequence[SignedRecord], draft: FullAgreement | None, returned: SignedRecord
) -> SignedRecord:
    """Takes in a partner's signatures on a full agreement, each in its turn.

    Takes    draft: the case's draft, which a partner that signs first signs before this organisation does.
    """
    agreement = returned.record
    if not isinstance(agreement, FullAgreement):
        raise BadInput(
            "this is not the agreement that was drafted", fix="Ask for the copy you sent.", where=returned.id
        )
    held = next((each for each in before if each.id == returned.id), None)
    if held is None and (draft is None or record_id(draft) != returned.id):
        raise BadInput(
            "this is not the agreement that was drafted", fix="Ask for the copy you sent.", where=returned.id
        )
    keys = check_record(returned, desk.trusted)
    by_key = {party.key: party.organisation.name for party in agreement.parties}
    if strangers := [key.kid for key in keys if key.kid not in by_key]:
        raise BadInput("somebody who is not a party has signed", fix="Only the parties sign.", where=strangers[0])
    notices = [notice for _, notice in list_notices(desk, before)]
    check_all_closed(notices, set(by_key.values()))
    about = [each for each in notices if each.agreement == returned.id]
    kids = [key.kid for key in check_record(held, desk.trusted)] if held is not None else []
    if held is not None:
        check_open_for_signing(hold_agreement(desk, before, held), desk.clock.now().date())
    else:
        check_complete(agreement)
    for key, signature in zip(keys, returned.signatures, strict=True):
        if key.kid in kids:
            continue
        check_turn(agreement, by_key[key.kid], kids, about)
        kids.append(key.kid)
        if held is None:
            held = SignedRecord(record=agreement, signatures=(signature,))
            desk.records.add(held)
        else:
            held = SignedRecord(record=agreement, signatures=(*held.signatures, signature))
            desk.records.add_signature(held)
    return held or returned


def check_complete(agreement: FullAgreement) -> None:
    """Raises AgreementIncomplete while a gap is open or something that the law requires is missing."""
    if gaps := find_gaps(agreement):
        raise AgreementIncomplete(
            f"{len(gaps)} gaps in its words are not filled: {', '.join(gaps)}",
            fix="Fill them under `slots` in the terms, and draft it again.",
            where="agreement.clauses",
        )
    unmet = [each for each in find_unmet(agreement) if each.by == "law" and each.level == "must"]
    if unmet:
        raise AgreementIncomplete(
            f"the law requires it to say {unmet[0].says['en']}, and it does not",
            fix="Put the clause back: `fairshare agree clauses` names it.",
            where=unmet[0].id,
        )


def check_open_for_signing(held: Held, day: date) -> None:
    """Raises ProposalOpen or AgreementEnded when nobody may sign this agreement any more, or yet."""
    if held.open_proposals() or held.was_changed:
        raise ProposalOpen(
            "a proposal is open, or was accepted since", fix="Answer it, and sign the newest version.", where=held.id
        )
    if find_standing(held, day).state is State.ENDED:
        raise AgreementEnded("the agreement has ended", fix="Agree anew.", where=held.id)


def find_authority(
    actor: Actor, notices: Sequence[Notice], agreement: FullAgreement, day: date, *, party: str
) -> str | None:
    """The delegation under which somebody signs; None for a signatory, who needs none. Raises NotDelegated."""
    if why_not_who(actor, Action.SIGN_AGREEMENT) is None:
        return None
    return check_delegation(notices, actor.person, agreement, day, party=party)
