"""Compose an agreement from the clause bank, negotiate its draft, and make a new version of one that is in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fairshare.agree.compose import Composition, compose_agreement
from fairshare.agree.proposals import (
    apply_proposal,
    check_all_closed,
    check_may_answer,
    check_may_propose,
    list_proposals,
    read_changes,
)
from fairshare.agree.standing import find_standing
from fairshare.agree.terms import AgreementTerms
from fairshare.desk.draft_agreement import draft_name, find_draft
from fairshare.desk.entering import check_allowed, find_latest
from fairshare.desk.held_agreements import COMPLETE, find_decision, give_notice, hold_agreement, list_notices
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.records import (
    Decision,
    FullAgreement,
    FullParty,
    Notice,
    SignedRecord,
    encode,
    new_salt,
    record_id,
)
from fairshare.records.agreed import Answered, Proposed
from fairshare.words import BadInput, NotFound


def compose_case_agreement(
    desk: Desk, actor: Actor, case: str, parties: Sequence[FullParty], terms: AgreementTerms
) -> Composition:
    """Composes the case's draft from its newest decision. It is a draft, not a record, until a signatory signs it.

    Raises   ProposalOpen while a proposal on the draft before is open: answer it, so that it is not lost.
    """
    before = check_allowed(desk, actor, Action.COMPOSE_AGREEMENT, case)
    check_all_closed(_list_drafting(desk, before), {each.organisation.name for each in parties})
    decided = next((each for each in reversed(before) if isinstance(each.record, Decision)), None)
    composed = compose_agreement(
        decided.record if decided is not None and isinstance(decided.record, Decision) else None,
        decided.id if decided is not None else None,
        parties,
        terms,
        case=case,
        salt=new_salt(desk.entropy),
        made_at=desk.clock.now(),
        made_by=actor.person,
    )
    desk.files.write(draft_name(case), encode(composed.agreement))
    return composed


def read_draft(desk: Desk, case: str) -> FullAgreement:
    """The case's draft; raises NotFound if there is none, or only one of version 1, which has no clauses."""
    draft = find_draft(desk, case)
    if draft is None:
        raise NotFound("there is no draft with clauses", fix="Compose one: `fairshare agree new`.", where=case)
    return draft


def vary_agreement(desk: Desk, actor: Actor, case: str, changes: Mapping[str, Any]) -> FullAgreement:
    """Makes a draft of the next version from the newest one: same clauses, with new dates, parties or items as said.

    Takes    changes: fields of the agreement and their new values, such as `valid`, `review_on` or `parties`.
    Proposals change its clauses. Until every party has signed it, the version before stays in force.
    """
    before = check_allowed(desk, actor, Action.COMPOSE_AGREEMENT, case)
    newest = find_latest(before, "agreement")
    if not isinstance(newest.record, FullAgreement):
        raise BadInput(
            "the agreement has no clauses to vary", fix="Compose a new one: `fairshare agree new`.", where=newest.id
        )
    follows = tuple(dict.fromkeys((*find_decision(before), newest.id)))
    draft = FullAgreement.model_validate(
        newest.record.model_dump()
        | dict(changes)
        | {
            "salt": new_salt(desk.entropy),
            "follows": follows,
            "supersedes": newest.id,
            "made_at": desk.clock.now(),
            "made_by": actor.person,
        }
    )
    desk.files.write(draft_name(case), encode(draft))
    return draft


def propose_change(desk: Desk, actor: Actor, case: str, matter: Proposed, *, reason: str) -> SignedRecord:
    """Proposes other words for one clause of the draft, or counters somebody else's proposal.

    While the draft is being signed, the proposal names it, and nothing comes into force until it is closed.
    """
    before = check_allowed(desk, actor, Action.NEGOTIATE_AGREEMENT, case)
    draft = read_draft(desk, case)
    told = [notice for _, notice in list_notices(desk, before)]
    check_may_propose(draft, told, desk.organisation.name, matter)
    signing = next((each for each in before if each.id == record_id(draft)), None)
    if signing is not None and find_standing(hold_agreement(desk, before, signing), date.max).state in COMPLETE:
        raise BadInput(
            "the draft is in force by now", fix="Make a draft of the next version: `fairshare agree vary`.", where=case
        )
    named = signing.id if signing is not None else None
    return give_notice(desk, actor, case, before, matter, reason=reason, agreement=named)


def propose_edited(
    desk: Desk, actor: Actor, case: str, edited: Mapping[str, str | None], *, reason: str
) -> tuple[SignedRecord, ...]:
    """Turns an edited copy that came back into one proposal for each clause that was changed in it.

    Takes    edited: by clause id, its text in the copy, or None where it is gone.
    """
    check_allowed(desk, actor, Action.NEGOTIATE_AGREEMENT, case)
    changes = read_changes(read_draft(desk, case), edited)
    if not changes:
        raise BadInput("nothing in this copy is different", fix="Give the copy that was edited.", where="edited")
    return tuple(propose_change(desk, actor, case, each, reason=reason) for each in changes)


def answer_proposal(desk: Desk, actor: Actor, case: str, matter: Answered, *, reason: str) -> SignedRecord:
    """Accepts, rejects or withdraws a proposal; once all others have accepted it, the draft takes it in."""
    before = check_allowed(desk, actor, Action.NEGOTIATE_AGREEMENT, case)
    draft = read_draft(desk, case)
    drafting = [notice for _, notice in list_notices(desk, before)]
    check_may_answer(draft, drafting, desk.organisation.name, matter)
    said = give_notice(desk, actor, case, before, matter, reason=reason)
    take_in_accepted(desk, case, drafting, [*drafting, said.record])  # type: ignore[list-item]  # it is a notice
    return said


def take_in_accepted(desk: Desk, case: str, before: Sequence[Notice], after: Sequence[Notice]) -> None:
    """Changes the draft by the proposals that have been accepted between two states of the negotiation."""
    try:
        draft = read_draft(desk, case)
    except NotFound:
        return
    names = {each.organisation.name for each in draft.parties}
    done = {each.id for each in list_proposals(before, names) if each.outcome == "accepted"}
    fresh = [each for each in list_proposals(after, names) if each.outcome == "accepted" and each.id not in done]
    changed = draft
    for each in fresh:
        changed = apply_proposal(changed, each.matter)
    if fresh:
        changed = changed.model_copy(update={"salt": new_salt(desk.entropy)})
        desk.files.write(draft_name(case), encode(changed))


def _list_drafting(desk: Desk, before: Sequence[SignedRecord]) -> list[Notice]:
    return [notice for _, notice in list_notices(desk, before) if notice.agreement is None]
