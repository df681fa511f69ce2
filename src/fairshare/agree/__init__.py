"""Agreeing: the terms on which parties share, drafted from a decision and signed by every party's key."""

from fairshare.agree.draft import NotForAgreement, draft_agreement
from fairshare.agree.force import AgreementNotInForce, check_agreement_in_force, why_not_in_force
from fairshare.agree.text import write_agreement_text

__all__ = [
    "AgreementNotInForce",
    "NotForAgreement",
    "check_agreement_in_force",
    "draft_agreement",
    "why_not_in_force",
    "write_agreement_text",
]
