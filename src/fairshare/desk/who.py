"""Who may do what: one table, read by every use case before anything else happens."""

from __future__ import annotations

from enum import StrEnum

from fairshare.words import Person, Reason, Refused, Value


class Role(StrEnum):
    """What somebody is trusted to do at the desk. A person may have several."""

    HANDLER = "handler"
    DECIDER = "decider"
    APPROVER = "approver"
    RELEASER = "releaser"
    SIGNATORY = "signatory"
    RECORDS_MANAGER = "records_manager"
    AUDITOR = "auditor"
    RELINKER = "relinker"
    """May have pseudonyms turned back into the numbers they stand for, with a second person."""
    FRONT_LINE = "front_line"
    """Somebody with no other role: may act alone, but only while a life is at risk."""


class Action(StrEnum):
    """One thing a person does at the desk."""

    RECEIVE_REQUEST = "receive_request"
    DECIDE = "decide"
    DRAFT_AGREEMENT = "draft_agreement"
    SIGN_AGREEMENT = "sign_agreement"
    COMPOSE_AGREEMENT = "compose_agreement"
    NEGOTIATE_AGREEMENT = "negotiate_agreement"
    DELEGATE_SIGNING = "delegate_signing"
    RECORD_INK = "record_signature_in_ink"
    REVIEW_AGREEMENT = "review_agreement"
    SUSPEND_AGREEMENT = "suspend_agreement"
    END_AGREEMENT = "end_agreement"
    CERTIFY_DELETION = "certify_deletion"
    REDACT = "redact"
    CHECK_REDACTION = "check_redaction"
    RELEASE = "release"
    DELIVER = "deliver"
    GIVE_TOKEN = "give_token"  # noqa: S105 (an action, not a secret)
    END_TOKEN = "end_token"  # noqa: S105
    RECALL = "recall"
    ACCEPT_RISK = "accept_risk"
    JUDGE_IDENTIFIABILITY = "judge_identifiability"
    KEEP_OPT_OUTS = "keep_opt_outs"
    DISAPPLY_OPT_OUTS = "disapply_opt_outs"
    KEEP_KEYS = "keep_keys"
    RELINK = "relink"
    TAKE_RECEIPT = "take_receipt"
    SET_BUDGET = "set_budget"
    EXPORT_CASE = "export_case"
    DISPOSE = "dispose"


class Actor(Value):
    """The person at the desk, and the roles the organisation gave them."""

    person: Person
    roles: frozenset[Role]


class NotYours(Refused):
    """This person's roles do not allow the action."""

    code = "NOT_YOURS_TO_DO"


WHO: dict[Action, frozenset[Role]] = {
    Action.RECEIVE_REQUEST: frozenset({Role.HANDLER, Role.DECIDER, Role.FRONT_LINE}),
    Action.DECIDE: frozenset({Role.DECIDER}),
    Action.DRAFT_AGREEMENT: frozenset({Role.HANDLER, Role.DECIDER}),
    Action.SIGN_AGREEMENT: frozenset({Role.SIGNATORY}),
    Action.REDACT: frozenset({Role.HANDLER, Role.DECIDER, Role.RELEASER}),
    Action.CHECK_REDACTION: frozenset({Role.HANDLER, Role.DECIDER, Role.RELEASER, Role.APPROVER}),
    Action.COMPOSE_AGREEMENT: frozenset({Role.HANDLER, Role.DECIDER}),
    Action.NEGOTIATE_AGREEMENT: frozenset({Role.HANDLER, Role.DECIDER, Role.SIGNATORY}),
    Action.DELEGATE_SIGNING: frozenset({Role.SIGNATORY}),
    Action.RECORD_INK: frozenset({Role.HANDLER, Role.SIGNATORY}),
    Action.REVIEW_AGREEMENT: frozenset({Role.DECIDER, Role.SIGNATORY}),
    # Whoever sees the harm can stop it; taking the sharing up again is for those who answer for it.
    Action.SUSPEND_AGREEMENT: frozenset({Role.HANDLER, Role.DECIDER, Role.RELEASER, Role.SIGNATORY}),
    Action.END_AGREEMENT: frozenset({Role.SIGNATORY}),
    Action.CERTIFY_DELETION: frozenset({Role.RECORDS_MANAGER, Role.SIGNATORY}),
    Action.RELEASE: frozenset({Role.RELEASER}),
    Action.DELIVER: frozenset({Role.RELEASER}),
    Action.GIVE_TOKEN: frozenset({Role.RELEASER}),
    # As with suspending: whoever sees the harm can stop it.
    Action.END_TOKEN: frozenset({Role.HANDLER, Role.DECIDER, Role.RELEASER, Role.SIGNATORY}),
    Action.RECALL: frozenset({Role.HANDLER, Role.DECIDER, Role.RELEASER, Role.SIGNATORY}),
    # Never the releaser's own: see `fairshare.release.history`.
    Action.ACCEPT_RISK: frozenset({Role.APPROVER}),
    Action.JUDGE_IDENTIFIABILITY: frozenset({Role.APPROVER, Role.DECIDER}),
    Action.KEEP_OPT_OUTS: frozenset({Role.APPROVER, Role.DECIDER, Role.RECORDS_MANAGER}),
    # Never the releaser's own: see `fairshare.release.opt_outs_check`.
    Action.DISAPPLY_OPT_OUTS: frozenset({Role.APPROVER, Role.DECIDER}),
    Action.KEEP_KEYS: frozenset({Role.DECIDER, Role.RECORDS_MANAGER}),
    Action.RELINK: frozenset({Role.RELINKER}),
    Action.TAKE_RECEIPT: frozenset({Role.HANDLER, Role.RELEASER}),
    # Never the releaser's own: see `fairshare.release.pets.budget_guard`.
    Action.SET_BUDGET: frozenset({Role.DECIDER, Role.SIGNATORY}),
    Action.EXPORT_CASE: frozenset({Role.HANDLER, Role.DECIDER, Role.AUDITOR, Role.RECORDS_MANAGER}),
    Action.DISPOSE: frozenset({Role.RECORDS_MANAGER}),
}

WHO_IN_EMERGENCY: dict[Action, frozenset[Role]] = {
    Action.DECIDE: frozenset({Role.FRONT_LINE, Role.HANDLER, Role.APPROVER}),
    Action.REDACT: frozenset({Role.FRONT_LINE, Role.APPROVER}),
    Action.RELEASE: frozenset({Role.FRONT_LINE, Role.HANDLER, Role.DECIDER, Role.APPROVER}),
    Action.DELIVER: frozenset({Role.FRONT_LINE, Role.HANDLER, Role.DECIDER, Role.APPROVER}),
    Action.RECALL: frozenset({Role.FRONT_LINE, Role.APPROVER}),
}
"""Who else may act while a life is at risk: one person acts, and it is reviewed after."""


def why_not_who(actor: Actor, action: Action, *, emergency: bool = False) -> Reason | None:
    """Why this person may not do this, or None if they may."""
    allowed = WHO[action] | (WHO_IN_EMERGENCY.get(action, frozenset()) if emergency else frozenset())
    if actor.roles & allowed:
        return None
    return Reason(text=f"To {action.replace('_', ' ')} needs the role {' or '.join(sorted(allowed))}.")


def check_who(actor: Actor, action: Action, *, emergency: bool = False) -> None:
    """Raises NotYours when this person may not do this."""
    reason = why_not_who(actor, action, emergency=emergency)
    if reason is not None:
        raise NotYours(
            reason.text.rstrip("."), fix="Ask somebody who has that role, or have it given to you.", where=action
        )
