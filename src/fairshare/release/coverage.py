"""Nothing is released unless a person's decision, and for routine sharing an agreement, covers all of it that day.

`check_coverage` is called by the release itself, so no caller can leave it out. Each rule is a function that gives the
first thing that stands in the way; the rules are tried in order, from the decision itself to each column and file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from fairshare.agree.force import AgreementNotInForce, check_held_in_force
from fairshare.agree.standing import Held, find_standing
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, ScopeState
from fairshare.release.bundle_coverage import check_redaction, check_told
from fairshare.release.bundle_record import is_same_person
from fairshare.release.coverage_contents import (
    check_contents,
    check_people,
    check_plan_recorded,
    check_versions,
    satisfies,
    tell_treated,
)
from fairshare.release.grounds import Grounds
from fairshare.release.kinds import MAY_GO_AS, Contents
from fairshare.release.opt_outs_check import check_opt_outs
from fairshare.release.refusals import (
    AgreementMissing,
    AnotherRecord,
    DecisionNotSigned,
    DepartureNotApproved,
    ItemMissing,
    ItemNotAgreed,
    ItemNotTreated,
    LawChanged,
    NotDecidedToShare,
    OtherHolder,
    OtherKind,
    OtherPurpose,
    OtherRecipient,
    OutsideAgreement,
    OutsideDates,
    PersonNotCovered,
    SecondPersonNeeded,
)
from fairshare.words import FairshareError, Item, Reason, Refused


def check_coverage(grounds: Grounds, contents: Contents) -> None:
    """Refuses a release that the decision, the agreement or the law of the day does not cover.

    Raises   the first of this module's refusals that applies, or AgreementNotInForce.
    """
    for rule in RULES:
        for refusal in rule(grounds, contents):
            raise refusal


def check_still_in_force(grounds: Grounds, held: Held | None, today: date) -> None:
    """Refuses a routine release whose agreement was paused, ended or ran out while the release was made.

    Takes    held: the agreement as it is held now; none if nothing is known beyond the grounds.
    Raises   AgreementNotInForce. What was decided on its own, is compelled or is an emergency goes on.
    """
    now = held or grounds.held
    if grounds.needs_agreement and now is not None:
        check_held_in_force(now, today)


def why_not_release(grounds: Grounds, contents: Contents) -> Reason | None:
    """Why this may not be released today, with the next step; or None if it may."""
    try:
        check_coverage(grounds, contents)
    except FairshareError as refusal:
        return Reason(text=f"{refusal.message[:1].upper()}{refusal.message[1:]}. {refusal.fix}")
    return None


def _check_decision(grounds: Grounds, _: Contents) -> Iterator[Refused]:
    release, decision = grounds.release, grounds.decision
    if not grounds.decision_signed_by:
        yield DecisionNotSigned(
            "the decision is not signed with a key that is trusted",
            fix="Have it signed, or add the signer's key to those you trust.",
            where="decision",
        )
    if release.decision != record_id(decision):
        yield AnotherRecord("the release names another decision", fix="Record a new intent.", where="release.decision")
    if not decision.outcome.shares:
        yield NotDecidedToShare(
            f"the decision is {decision.outcome.value}",
            fix="Follow the next step that the decision names; release only under a decision to share.",
            where="decision.outcome",
        )
    departure = decision.departure
    if departure and not decision.emergency:
        second = departure.second_approver
        if second is None or is_same_person(second, decision.decided_by):
            yield DepartureNotApproved(
                "the decision departs from the assessment and has no second approver",
                fix="Have a second person approve it and record the decision again.",
                where="decision.departure",
            )


def _check_parties(grounds: Grounds, _: Contents) -> Iterator[Refused]:
    release, decision = grounds.release, grounds.decision
    if release.holder != decision.holder:
        yield OtherHolder(
            "another organisation decided this", fix="Release as the holder that decided.", where="release.holder"
        )
    if release.recipient != decision.recipient:
        yield OtherRecipient(
            "the decision is to share with another recipient",
            fix="Name the recipient of the decision, or decide again for this one.",
            where="release.recipient",
        )
    if decision.recipient_contact is not None and release.recipient_contact != decision.recipient_contact:
        yield OtherRecipient(
            "the decision is to share with another person at the recipient",
            fix="Send it to the person in the decision, or decide again.",
            where="release.recipient_contact",
        )
    if release.purpose.code != decision.purpose.code:
        yield OtherPurpose(
            f"the decision is for the purpose {decision.purpose.code}",
            fix="Release for that purpose, or decide again for this one.",
            where="release.purpose",
        )


def _check_dates(grounds: Grounds, _: Contents) -> Iterator[Refused]:
    release, valid, today = grounds.release, grounds.decision.valid, grounds.today
    if release.law_date != today:
        yield OutsideDates(
            f"this was to be released on {release.law_date}, and today is {today}",
            fix="Record a new intent for today.",
            where="release.law_date",
        )
    if not valid.covers(today):
        yield OutsideDates(
            f"the decision allows release from {valid.start} to {valid.end or 'further notice'}, and today is {today}",
            fix="Wait, or have it decided again.",
            where="decision.valid",
        )


def _check_items(grounds: Grounds, _: Contents) -> Iterator[Refused]:
    release = grounds.release
    if not release.items:
        yield ItemMissing("the release names no items", fix="Name what is to go.", where="release.items")
    if len(set(release.items)) < len(release.items):
        yield ItemMissing("the release names an item twice", fix="Name each item once.", where="release.items")
    people = {subject.ref for subject in grounds.decision.subjects}
    for ref in release.items:
        lines = grounds.lines_for(ref)
        if not lines:
            yield ItemNotAgreed(
                f"item {ref} is not in the decision", fix="Take it out, or have it decided.", where=f"item {ref}"
            )
        for line in lines:
            if line.state is ScopeState.WITHHELD or not line.outcome.shares:
                yield ItemNotAgreed(
                    f"item {ref} was withheld", fix="Take it out, or have it decided again.", where=f"item {ref}"
                )
            if line.state is ScopeState.REDACTED and not line.treatment:
                yield ItemNotTreated(
                    f"item {ref} is to be redacted, and the decision does not say how",
                    fix="Have the decision say what is to be taken out.",
                    where=f"item {ref}",
                )
            if line.item.person is not None and line.item.person not in people:
                yield PersonNotCovered(
                    f"item {ref} is about {line.item.person}, who is not among the decision's subjects",
                    fix="Take it out, or have it decided for that person.",
                    where=f"item {ref}",
                )
            if release.release_kind not in MAY_GO_AS[line.item.kind]:
                yield OtherKind(
                    f"item {ref} was agreed as {line.item.kind}, which may not leave as {release.release_kind.value}",
                    fix="Release it in the way that was agreed.",
                    where=f"item {ref}",
                )


def _check_second_person(grounds: Grounds, _: Contents) -> Iterator[Refused]:
    release = grounds.release
    at_risk = sorted(grounds.refs_at_risk & set(release.items))
    # In an emergency one person acts, and it is reviewed after.
    if not at_risk or grounds.decision.emergency:
        return
    if release.checked_by is None or is_same_person(release.checked_by, release.released_by):
        yield SecondPersonNeeded(
            f"item {at_risk[0]} can lead to somebody at risk, and no second person has checked the release",
            fix="Have somebody else compare recipient, address and redactions, and name them as the one who checked.",
            where=f"item {at_risk[0]}",
        )


def _check_agreement(grounds: Grounds, contents: Contents) -> Iterator[Refused]:
    if not grounds.needs_agreement:
        return
    release, agreement, held = grounds.release, grounds.agreement, grounds.held
    if agreement is None or held is None or release.agreement is None:
        yield AgreementMissing(
            "this is routine sharing and no agreement is named",
            fix="Name the agreement that it is under, or have it decided as a one-off.",
            where="release.agreement",
        )
        return
    if release.agreement != record_id(agreement):
        yield AnotherRecord(
            "the release names another agreement", fix="Record a new intent.", where="release.agreement"
        )
    try:
        check_held_in_force(held, grounds.today)
    except AgreementNotInForce as refusal:
        yield refusal
    yield from _check_within_agreement(grounds, agreement, contents)


def _check_within_agreement(grounds: Grounds, agreement: Agreement, contents: Contents) -> Iterator[Refused]:
    release = grounds.release
    held = grounds.held
    still = find_standing(held, grounds.today).parties if held is not None else ()
    roles = {party.organisation: party.role for party in agreement.parties if party.organisation.name in still}
    fix = "Release within the agreement, vary it, or have this decided as a one-off."
    if roles.get(release.holder) not in ("discloser", "both") or roles.get(release.recipient) not in (
        "recipient",
        "both",
    ):
        yield OutsideAgreement(
            "the agreement does not let the one send to the other", fix=fix, where="agreement.parties"
        )
    if release.purpose.code != agreement.purpose.code:
        yield OutsideAgreement(
            f"the agreement is for the purpose {agreement.purpose.code}", fix=fix, where="agreement.purpose"
        )
    covered: dict[str, Item] = {}
    for ref in release.items:
        for line in grounds.lines_for(ref):
            found = next((item for item in agreement.items if _takes_in(item, line.item)), None)
            if found is None:
                yield OutsideAgreement(f"item {ref} is not in the agreement", fix=fix, where=f"item {ref}")
            else:
                covered[ref] = found
    for carrier in contents.carriers():
        for ref in carrier.items:
            required = agreement.treatments.get(covered[ref].ref) if ref in covered else None
            if required and not satisfies(carrier, required):
                yield OutsideAgreement(
                    f"{carrier.name} carries item {ref} and is not treated as agreed: "
                    f"{required}{tell_treated(contents, carrier)}",
                    fix="Treat it as the agreement says.",
                    where=f"item {ref}",
                )


def _check_law(grounds: Grounds, _: Contents) -> Iterator[Refused]:
    flips = grounds.law_today(grounds.decision, grounds.today)
    if flips:
        yield LawChanged(
            f"under the law of {grounds.today} this comes out differently: {flips[0].text.rstrip('.')}",
            fix="Have a person decide again under the law as it is now.",
            where="decision",
        )


RULES: tuple[Callable[[Grounds, Contents], Iterator[Refused]], ...] = (
    _check_decision,
    _check_parties,
    _check_dates,
    _check_items,
    _check_second_person,
    _check_agreement,
    check_plan_recorded,
    check_contents,
    check_versions,
    check_redaction,
    check_told,
    check_people,
    check_opt_outs,
    _check_law,
)


def _takes_in(agreed: Item, item: Item) -> bool:
    """Whether an item of an agreement takes in one of a decision: the same thing, about the same person or anyone."""
    return (
        (agreed.ref, agreed.label.casefold(), agreed.kind) == (item.ref, item.label.casefold(), item.kind)
        and agreed.person in (None, item.person)
        and (
            agreed.period is None
            or (
                item.period is not None
                and agreed.period.covers(item.period.start)
                and (
                    agreed.period.end is None or (item.period.end is not None and item.period.end <= agreed.period.end)
                )
            )
        )
    )
