"""Whether a release stayed within the decision and the agreement that it names, by the records alone."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from fairshare.records import ScopeState
from fairshare.records.withholding import RecordView
from fairshare.words import Organisation

RELEASE_FIELDS = ("holder", "recipient", "purpose", "items", "law_date")
DECISION_FIELDS = (
    "outcome",
    "holder",
    "recipient",
    "purpose",
    "valid",
    "scope",
    "routine",
    "emergency",
    "compelled",
)
AGREEMENT_FIELDS = ("parties", "purpose", "items", "valid")
"""What must be shown of each record for the comparison to be made."""


def why_outside_decision(release: RecordView, decision: RecordView) -> str | None:
    """Why a release is not covered by the decision it names; None if it is."""
    if not decision["outcome"].shares:
        return "the decision was not to share"
    for name in ("holder", "recipient"):
        if release[name] != decision[name]:
            return f"the {name} is not the decision's"
    if release["purpose"].code != decision["purpose"].code:
        return "the purpose is not the decision's"
    if not decision["valid"].covers(release["law_date"]):
        return "its day is outside the decision's dates"
    if abs(release["made_at"].date() - release["law_date"]) > timedelta(days=1):
        return "the day it gives is not the day it was made"
    agreed = {line.item.ref for line in decision["scope"] if line.state is not ScopeState.WITHHELD}
    if extra := sorted(set(release["items"]) - agreed):
        return f"item {extra[0]} was not agreed"
    needs_agreement = decision["routine"] and not decision["emergency"] and not decision["compelled"]
    if needs_agreement and release["agreement"] is None:
        return "a routine sharing needs an agreement, and it names none"
    return None


def why_outside_agreement(
    release: RecordView, agreement: RecordView, signers: Iterable[str], notices: Sequence[RecordView] = ()
) -> str | None:
    """Why a release is not covered by the agreement it names, which the keys `signers` signed; None if it is.

    Takes    notices: what its parties told each other under it before the release, in order.
    """
    parties, kids = agreement["parties"], set(signers)
    told = [(view["party"], view["matter"]) for view in notices]
    ink = {matter.organisation for _, matter in told if matter.act == "signed_in_ink"}
    if any(party.key not in kids and party.organisation not in ink for party in parties):
        return "not every party has signed the agreement"
    if paused := _find_pause(release["law_date"], told):
        return paused
    for name, role in (("holder", "discloser"), ("recipient", "recipient")):
        if not any(party.organisation == release[name] and party.role in (role, "both") for party in parties):
            return f"the {name} is not a {role} in the agreement"
    if release["purpose"].code != agreement["purpose"].code:
        return "the purpose is not the agreement's"
    if not agreement["valid"].covers(release["law_date"]):
        return "its day is outside the agreement's period"
    if extra := sorted(set(release["items"]) - {item.ref for item in agreement["items"]}):
        return f"item {extra[0]} is not in the agreement"
    return None


def _find_pause(day: date, told: Iterable[tuple[Organisation, Any]]) -> str | None:
    """What the parties did that had stopped the routine releases by a day; None if nothing had."""
    suspended: set[Organisation] = set()
    for party, matter in told:
        if matter.act == "suspended" and matter.on <= day:
            suspended.add(party)
        elif matter.act == "resumed" and matter.on <= day:
            suspended.discard(party)
        elif matter.act == "ended" and matter.on <= day:
            return "the agreement had ended"
    return "the agreement was suspended" if suspended else None
