"""An agreement drafted from a decision: the parties, the items and their treatments come from what was decided."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from fairshare.records.kinds import Agreement, Decision, Party, ScopeState
from fairshare.words import Period, Person, Refused


class NotForAgreement(Refused):
    """This decision, or these parties, cannot carry an agreement."""

    code = "NOT_FOR_AGREEMENT"


def draft_agreement(
    decision: Decision,
    decision_id: str,
    parties: Sequence[Party],
    *,
    title: str,
    valid: Period,
    review_on: date,
    salt: str,
    made_at: datetime,
    made_by: Person,
    terms: dict[str, str] | None = None,
) -> Agreement:
    """The agreement that follows from a decision, ready for every party to sign.

    Takes    parties: at least the holder and the recipient that the decision names, each with its own key;
             valid: inside the decision's own dates; review_on: a day inside `valid`.
    Raises   NotForAgreement when the decision shares nothing, a party is missing, or the dates do not fit.
    """
    agreed = [line for line in decision.scope if line.state is not ScopeState.WITHHELD]
    check_can_be_agreed(decision, parties, valid, review_on)
    return Agreement.model_validate(
        {
            "case": decision.case,
            "salt": salt,
            "follows": (decision_id,),
            "made_at": made_at,
            "made_by": made_by,
            "title": title,
            "parties": tuple(parties),
            "purpose": decision.purpose,
            "items": tuple(line.item for line in agreed),
            "treatments": {line.item.ref: line.treatment for line in agreed if line.treatment},
            "valid": valid,
            "review_on": review_on,
            "conditions": decision.conditions,
            "terms": terms or {},
        }
    )


def check_can_be_agreed(
    decision: Decision, parties: Sequence[Party], valid: Period, review_on: date, *, shares: bool = True
) -> None:
    """Refuses parties or dates that the decision does not support.

    Takes    shares: whether the agreement is to share; a processor is sent what it works on, and nothing is shared.
    """
    if shares and not decision.outcome.shares:
        raise NotForAgreement(
            f"the decision is {decision.outcome}, so there is nothing to agree",
            fix="Agree only on a decision to share.",
            where="decision.outcome",
        )
    check_parties((decision.holder.name, decision.recipient.name), parties)
    if not decision.valid.covers(valid.start) or (
        decision.valid.end and (valid.end is None or valid.end > decision.valid.end)
    ):
        raise NotForAgreement(
            "the agreement would run outside the decision's dates",
            fix=f"Choose dates from {decision.valid.start} to {decision.valid.end or 'any day after'}.",
            where="agreement.valid",
        )
    check_review(valid, review_on)


def check_parties(needed: Collection[str], parties: Sequence[Party]) -> None:
    """Refuses parties that are too few, that stand twice, or that share a key."""
    names = [party.organisation.name for party in parties]
    missing = set(needed) - set(names)
    if missing or len(set(names)) < 2:
        raise NotForAgreement(
            f"{' and '.join(sorted(missing)) or 'a second organisation'} must be a party",
            fix="Add each organisation that the decision names, with its key.",
            where="agreement.parties",
        )
    keys = [party.key for party in parties if party.key is not None]
    if len(set(keys)) < len(keys) or len(set(names)) < len(names):
        raise NotForAgreement(
            "two parties have the same key" if len(set(keys)) < len(keys) else "an organisation is a party twice",
            fix="Give each party a key of its own, so that each signs for itself.",
            where="agreement.parties",
        )


def check_review(valid: Period, review_on: date) -> None:
    """Refuses a review day outside the agreement's dates."""
    if not valid.covers(review_on):
        raise NotForAgreement(
            "the review day is outside the agreement's dates",
            fix="Choose a review day while the agreement runs.",
            where="agreement.review_on",
        )
