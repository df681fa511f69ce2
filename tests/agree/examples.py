"""Agreements to test with: a decision, two or three parties, and an agreement of each kind composed from them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from fairshare.agree.compose import Composition, compose_agreement
from fairshare.agree.terms import AgreementTerms
from fairshare.records import Form, FullParty, Notice
from fairshare.records.agreed import Matter
from fairshare.words import Organisation, Period
from tests.agree.test_agreements import ANNE, VALID, make_decision

NORTH, MID, WEST = "North Probation", "Mid University", "West Trust"
KEYS = {NORTH: "a" * 43, MID: "b" * 43, WEST: "c" * 43}
DECISION_ID = "sha256:" + "1" * 64
MADE = datetime(2026, 11, 22, 9, tzinfo=UTC)
SLOTS = {
    "necessity": "there is no other way.",
    "benefits": "fewer offences.",
    "people": "people on probation",
    "staff": "three researchers",
    "channel": "an encrypted file",
    "frequency": "once",
    "retention": "three years.",
    "deletion": "overwriting",
    "security": "a research server.",
    "contact": "rights@north.example",
    "law": "England and Wales",
    "framework": "The framework",
}
EXIT = {"recipient.role": {"value": "processor"}}


def make_party(name: str, role: str = "both", **changes: Any) -> FullParty:
    found = {"organisation": {"name": name}, "role": role, "key": KEYS[name], "contact": ANNE}
    return FullParty.model_validate(found | changes)


def compose(form: Form = Form.ONE_WAY, **changes: Any) -> Composition:
    """An agreement of a kind, all of whose gaps are filled unless `slots` says otherwise."""
    answers = changes.pop("answers", EXIT if form is Form.PROCESSOR else {})
    decision = make_decision(answers=answers, **changes.pop("decision", {}))
    parties = changes.pop("parties", (make_party(NORTH, "discloser"), make_party(MID, "recipient", turn=2)))
    wanted: dict[str, Any] = {
        "form": form,
        "title": "Reoffending study",
        "valid": VALID,
        "review_on": date(2027, 5, 1),
        "slots": SLOTS,
        "crown": form is Form.MOU,
        "purpose": {"code": "research.recidivism"} if form is Form.FRAMEWORK else None,
        "framework": "sha256:" + "3" * 64 if form is Form.FRAMEWORK_SCHEDULE else None,
    }
    return compose_agreement(
        None if form is Form.FRAMEWORK else decision,
        None if form is Form.FRAMEWORK else DECISION_ID,
        parties,
        AgreementTerms.model_validate(wanted | changes),
        case="c1",
        salt="2" * 32,
        made_at=MADE,
        made_by=ANNE,
    )


def tell(party: str, matter: Matter, agreement: str | None = None, *, salt: int = 0) -> Notice:
    return Notice(
        case="c1",
        salt=f"{salt:032x}",
        made_at=MADE,
        made_by=ANNE,
        agreement=agreement,
        party=Organisation(name=party),
        matter=matter,
    )


__all__ = ["ANNE", "KEYS", "MADE", "MID", "NORTH", "SLOTS", "VALID", "WEST", "Period", "compose", "make_party", "tell"]
