"""Agreeing: the terms on which parties share, composed from a decision, negotiated, signed, and looked after."""

from fairshare.agree.bank import Bank, BankClause, load_bank
from fairshare.agree.compose import Composition, compose_agreement, find_gaps, find_unmet
from fairshare.agree.document import write_agreement_document, write_certificate_document, write_summary_document
from fairshare.agree.draft import NotForAgreement, draft_agreement
from fairshare.agree.force import (
    AgreementNotInForce,
    check_agreement_in_force,
    check_held_in_force,
    why_not_held,
    why_not_in_force,
)
from fairshare.agree.proposals import list_proposals, match_clauses, read_changes
from fairshare.agree.reminders import Reminder, list_reminders, write_calendar
from fairshare.agree.standing import Held, Standing, State, find_standing
from fairshare.agree.terms import AgreementTerms
from fairshare.agree.text import write_agreement_text
from fairshare.agree.versions import compare_versions, write_comparison, write_redline

__all__ = [
    "AgreementNotInForce",
    "AgreementTerms",
    "Bank",
    "BankClause",
    "Composition",
    "Held",
    "NotForAgreement",
    "Reminder",
    "Standing",
    "State",
    "check_agreement_in_force",
    "check_held_in_force",
    "compare_versions",
    "compose_agreement",
    "draft_agreement",
    "find_gaps",
    "find_standing",
    "find_unmet",
    "list_proposals",
    "list_reminders",
    "load_bank",
    "match_clauses",
    "read_changes",
    "why_not_held",
    "why_not_in_force",
    "write_agreement_document",
    "write_agreement_text",
    "write_calendar",
    "write_certificate_document",
    "write_comparison",
    "write_redline",
    "write_summary_document",
]
