"""Whether an agreement is in force on a day: signed by every party, in date, and not past its review."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from fairshare.records.kinds import Agreement
from fairshare.words import Reason, Refused


class AgreementNotInForce(Refused):
    """The agreement is unsigned, out of date or past its review, so routine releases under it pause."""

    code = "AGREEMENT_NOT_IN_FORCE"


def why_not_in_force(agreement: Agreement, signed_by: Collection[str], day: date) -> Reason | None:
    """Why releases under this agreement must pause on `day`, or None if it is in force.

    Takes    signed_by: the key ids whose signatures on the agreement were verified.
    """
    unsigned = [party.organisation.name for party in agreement.parties if party.key not in signed_by]
    if unsigned:
        return Reason(text=f"The agreement is not signed by {' or '.join(unsigned)}. Ask them to sign it.")
    if not agreement.valid.covers(day):
        return Reason(
            text=f"The agreement runs from {agreement.valid.start} to {agreement.valid.end or 'no end'}, "
            f"and the release is on {day}. Renew it or wait."
        )
    if day > agreement.review_on:
        return Reason(
            text=f"The agreement was due for review on {agreement.review_on}. Review it and record a new version."
        )
    return None


def check_agreement_in_force(agreement: Agreement, signed_by: Collection[str], day: date) -> None:
    """Raises AgreementNotInForce with the reason of `why_not_in_force`, if there is one."""
    reason = why_not_in_force(agreement, signed_by, day)
    if reason is not None:
        said, _, fix = reason.text.rpartition(". ")
        raise AgreementNotInForce(said[0].lower() + said[1:], fix=fix, where="agreement")
