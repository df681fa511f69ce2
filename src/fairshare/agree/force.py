"""Whether an agreement is in force on a day: signed by every party, nothing open, in date, not suspended or ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from fairshare.agree.standing import Held, find_standing
from fairshare.records.agreed import Form
from fairshare.records.kinds import Agreement, FullAgreement, Notice
from fairshare.words import Reason, Refused


class AgreementNotInForce(Refused):
    """The agreement is unsigned, open, out of date, past its review, suspended or ended: routine releases pause."""

    code = "AGREEMENT_NOT_IN_FORCE"


def why_not_in_force(
    agreement: Agreement,
    signed_by: Collection[str],
    day: date,
    *,
    notices: Sequence[Notice] = (),
    framework: Held | None = None,
) -> Reason | None:
    """Why releases under this agreement must pause on `day`, or None if it is in force.

    Takes    signed_by: the key ids whose signatures on the agreement were verified; in order, where order counts;
             notices: what the parties told each other about it, verified; framework: what it is under, if anything.
    """
    signed = tuple(signed_by) if isinstance(signed_by, Sequence) else tuple(sorted(signed_by))
    return why_not_held(Held(agreement, signed, tuple(notices), framework=framework), day)


def why_not_held(held: Held, day: date) -> Reason | None:
    """Why releases under an agreement as it is held must pause on `day`, or None if they may go on."""
    standing = find_standing(held, day)
    if standing.why_not is not None:
        return standing.why_not
    agreement = held.agreement
    if isinstance(agreement, FullAgreement) and agreement.form in (Form.FRAMEWORK, Form.PROCESSOR):
        what = "A framework" if agreement.form is Form.FRAMEWORK else "A contract with a processor"
        return Reason(text=f"{what} lets nothing be shared by itself. Sign an agreement that does.")
    return None


def check_agreement_in_force(
    agreement: Agreement,
    signed_by: Collection[str],
    day: date,
    *,
    notices: Sequence[Notice] = (),
    framework: Held | None = None,
) -> None:
    """Raises AgreementNotInForce with the reason of `why_not_in_force`, if there is one."""
    refuse(why_not_in_force(agreement, signed_by, day, notices=notices, framework=framework))


def check_held_in_force(held: Held, day: date) -> None:
    """Raises AgreementNotInForce with the reason of `why_not_held`, if there is one."""
    refuse(why_not_held(held, day))


def refuse(reason: Reason | None) -> None:
    """Raises AgreementNotInForce for a reason, if there is one."""
    if reason is not None:
        said, _, fix = reason.text.rpartition(". ")
        raise AgreementNotInForce(said[0].lower() + said[1:], fix=fix, where="agreement")
