"""Take in a request: read it strictly, keep it, log it, and say what it still lacks."""

from __future__ import annotations

from pathlib import Path

from fairshare.desk.entering import check_allowed, enter
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.records import SignedRecord, new_salt
from fairshare.request import read_request


def receive_request(desk: Desk, actor: Actor, case: str, written: bytes, *, where: str | Path) -> SignedRecord:
    """Keeps what was asked, as a new case or as a newer version of the request in an old one.

    Takes    written: the request as a person filled it in (YAML or JSON); where: its name, for errors.
    """
    before = check_allowed(desk, actor, Action.RECEIVE_REQUEST, case)
    request = read_request(
        written,
        where=str(where),
        case=case,
        salt=new_salt(desk.entropy),
        made_at=desk.clock.now(),
        made_by=actor.person,
    )
    previous = [signed.id for signed in before if signed.record.kind == "request"]
    return enter(desk, request.model_copy(update={"follows": tuple(previous[-1:])}))
