"""Releases that have happened, found again, each with everything that it stands on as it is today."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fairshare.desk.entering import find_latest, read_case
from fairshare.desk.held_agreements import hold_agreement, list_notices
from fairshare.desk.ports import Desk
from fairshare.desk.release_case import RELEASES, find_agreement
from fairshare.records import Decision, PartialRecord, Receipt, Release, SignedRecord
from fairshare.release.delivery import name_folder
from fairshare.release.going_on import Went
from fairshare.words import NotFound


def list_released(desk: Desk, records: Sequence[SignedRecord]) -> list[Went]:
    """Every release of a case that finished, in the order in which they finished."""
    by_id = {each.id: each for each in records}
    notices = tuple(notice for _, notice in list_notices(desk, records))
    found = []
    for signed in records:
        receipt = signed.record
        if not isinstance(receipt, Receipt) or receipt.side != "sender":
            continue
        release = by_id[receipt.release].record if receipt.release in by_id else None
        decided = by_id.get(release.decision) if isinstance(release, Release) else None
        # What it stood on may have been disposed of: then there is nothing left to go on under.
        if not isinstance(release, Release) or decided is None or not isinstance(decided.record, Decision):
            continue
        agreement = find_agreement(desk, tuple(records), decided.id)
        newest = find_latest(tuple(records), "decision").record
        assert isinstance(newest, Decision)  # noqa: S101 (found by its kind)
        held = hold_agreement(desk, records, agreement) if agreement is not None else None
        found.append(Went(receipt.release, release, receipt, decided.record, newest, held, notices))
    return found


def find_released(desk: Desk, name: str) -> Went:
    """A release by its id or by the name of its folder; or by its case, whose newest release it then is."""
    if name in desk.records.cases():
        released = list_released(desk, read_case(desk, name))
        if released:
            return released[-1]
        raise _unknown(name)
    for case in _find_cases(desk, name):
        for went in list_released(desk, read_case(desk, case)):
            if name in (went.id, name_folder(went.id)):
                return went
    raise _unknown(name)


def find_folder(desk: Desk, went: Went) -> Path:
    """Where a release's folder is at the desk."""
    return desk.files.path(f"{RELEASES}/{went.release.case}/{name_folder(went.id)}")


def _find_cases(desk: Desk, name: str) -> tuple[str, ...]:
    """The cases in which a release of this name may be."""
    if name.startswith("sha256:"):
        try:
            kept = desk.records.find(name)
        except NotFound:
            return ()
        return () if isinstance(kept, PartialRecord) else (kept.record.case,)
    return tuple(
        case for case in desk.records.cases() if any(name == name_folder(each) for each in desk.records.ids(case))
    )


def _unknown(name: str) -> NotFound:
    return NotFound(
        "there is no release of that name that finished",
        fix="Give a case, a release's id or its folder's name; `fairshare case show` lists the records.",
        where=name[:80],
    )
