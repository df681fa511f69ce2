"""A desk with routine sharing in force, made today, and releases under it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from fairshare.desk.release_case import Wanted, release_case
from fairshare.desk.share_release import find_store
from fairshare.desk.who import Actor, Role
from fairshare.desk.workspace import open_desk, start_desk, trust_keys
from fairshare.records import Keys, ReleaseKind, cosign_record, make_signing_key, sign_record
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Party
from fairshare.release.flow import Released
from fairshare.words import Organisation, Period, Person
from tests.release.flow.stories import (
    HOLDER,
    LEAD,
    OFFICER,
    STUDY_PLAN,
    counting_entropy,
    make_agreement,
    make_study_decision,
    make_study_table,
    nothing_changed,
    write_people,
)

EVERYBODY = Actor(person=Person(name="Jo Field", role="Data protection officer"), roles=frozenset(Role))
HANDLER = Actor(person=Person(name="Lee Moss", role="Officer"), roles=frozenset({Role.AUDITOR}))


@dataclass(frozen=True)
class Sharing:
    """A desk, and one case of routine sharing in force there."""

    root: Path
    case: str
    recipient: str


def make_desk(root: Path) -> Path:
    """An empty desk of Harbour Homes."""
    start_desk(root, HOLDER, [EVERYBODY, HANDLER], log="harbour.example/log", entropy=counting_entropy("holder"))
    return root


def start_sharing(root: Path, case: str = "hh-7", recipient: str = "Mid University", **changes: Any) -> Sharing:
    """Decides and agrees on sharing with a university, from yesterday on."""
    today = datetime.now(UTC).date()
    theirs = make_signing_key(recipient, counting_entropy(recipient))
    trust_keys(root, Keys.of([theirs.public]))
    organisation = Organisation(name=recipient)
    with open_desk(root) as desk:
        decision = make_study_decision(
            case=case,
            recipient=organisation,
            law_date=today,
            made_at=desk.clock.now(),
            valid=Period(start=today - timedelta(days=1), end=today + timedelta(days=300)),
            **changes,
        )
        desk.records.add(sign_record(decision, desk.key))
        agreement = make_agreement(
            decision,
            follows=(record_id(decision),),
            review_on=today + timedelta(days=200),
            parties=(
                Party(organisation=HOLDER, role="discloser", key=desk.key.public.kid, contact=LEAD),
                Party(organisation=organisation, role="recipient", key=theirs.public.kid, contact=OFFICER),
            ),
        )
        desk.records.add(cosign_record(sign_record(agreement, desk.key), theirs))
    return Sharing(root, case, recipient)


def share_table(sharing: Sharing, inputs: Path, rows: int = 200, name: str = "study") -> Released:
    """Releases a table to be read by Delta Sharing."""
    write_people(inputs, rows)
    with open_desk(sharing.root) as desk:
        wanted = want_table(inputs, find_store(desk), name, sharing.case)
        return release_case(desk, EVERYBODY, sharing.case, wanted, law_today=nothing_changed)


def want_table(inputs: Path, readers: Any, name: str = "study", case: str = "hh-7") -> Wanted:
    """The study's table as somebody asks for it: each case has a key for codes of its own."""
    plan = STUDY_PLAN.replace(b"agreement-7", f"agreement-{case}".encode())
    table = replace(make_study_table(inputs, plan), format="parquet", name=name)
    return Wanted(kind=ReleaseKind.TABLE, items=("i1", "i2"), contents=table, channel="Delta Sharing", readers=readers)
