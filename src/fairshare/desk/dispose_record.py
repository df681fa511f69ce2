"""Dispose of what a record says and keep the proof that it was there: its id, its place in the log, and a tombstone."""

from __future__ import annotations

from fairshare.desk.draft_agreement import draft_name
from fairshare.desk.entering import check_allowed
from fairshare.desk.guards import find_history
from fairshare.desk.keep_register import INDEX
from fairshare.desk.ports import Desk
from fairshare.desk.release_case import sheet_name
from fairshare.desk.who import Action, Actor
from fairshare.records import new_salt
from fairshare.records.withholding import PartialRecord, StoredRecord, dispose_record
from fairshare.release.rejected_guard import name_rejected
from fairshare.words import BadInput, NotFound


def dispose_of_record(desk: Desk, actor: Actor, case: str, record_id: str, *, reason: str) -> PartialRecord:
    """Replaces one record of a case by its skeleton and a signed tombstone, and removes working copies.

    What was handed over before is not here any more: ask its reader to dispose of it too.
    """
    check_allowed(desk, actor, Action.DISPOSE, case)
    if not reason.strip():
        raise BadInput(
            "a disposal needs a reason", fix="Name the retention rule or the request it follows.", where="reason"
        )
    stored = find_in_case(desk, case, record_id)
    left = dispose_record(
        stored, by=actor.person, at=desk.clock.now(), reason=reason, salt=new_salt(desk.entropy), key=desk.key
    )
    desk.records.dispose(left)
    # What the register's index says of it goes too; the next look makes it anew.
    desk.files.remove(INDEX)
    match left.shown["kind"].value:
        case "agreement":
            desk.files.remove(draft_name(case))
        case "release":
            desk.files.remove(sheet_name(record_id))
            find_history(desk).forget_release(record_id)
            desk.files.remove(sheet_name(record_id, "pdf"))
            desk.files.remove(sheet_name(record_id, "json"))
            desk.files.remove(name_rejected(record_id))
        case _:
            pass
    return left


def find_in_case(desk: Desk, case: str, record_id: str) -> StoredRecord:
    """A record of this very case; raises NotFound."""
    for stored in desk.records.of_case(case):
        if stored.id == record_id:
            return stored
    raise NotFound("the case has no such record", fix="`fairshare case show` lists its records.", where=record_id)
