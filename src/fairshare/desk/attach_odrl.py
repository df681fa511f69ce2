"""An ODRL file kept beside a case's draft: from then on, nobody signs the draft while the two differ."""

from __future__ import annotations

from fairshare.agree.odrl_compare import OdrlDifference, check_in_step, compare_odrl, parse_odrl
from fairshare.desk.entering import check_allowed
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.records import Agreement, parse_record
from fairshare.words import NotFound


def attach_odrl(desk: Desk, actor: Actor, case: str, raw: bytes, *, where: str) -> tuple[OdrlDifference, ...]:
    """Keeps an ODRL file beside the case's draft, and says in what they differ today.

    Raises   NotFound without a draft; BadInput for a file that is not an ODRL agreement.
    """
    check_allowed(desk, actor, Action.NEGOTIATE_AGREEMENT, case)
    draft = read_any_draft(desk, case)
    differences = compare_odrl(draft, parse_odrl(raw, where=where))
    desk.files.write(_name(case), raw)
    return differences


def detach_odrl(desk: Desk, actor: Actor, case: str) -> None:
    """Takes the ODRL file away from the case's draft."""
    check_allowed(desk, actor, Action.NEGOTIATE_AGREEMENT, case)
    desk.files.remove(_name(case))


def check_attached_odrl(desk: Desk, case: str, agreement: Agreement) -> None:
    """Raises OdrlMismatch when an ODRL file is attached to the case and says otherwise than the agreement."""
    try:
        raw = desk.files.read(_name(case))
    except NotFound:
        return
    check_in_step(agreement, parse_odrl(raw, where=_name(case)))


def read_any_draft(desk: Desk, case: str) -> Agreement:
    """The case's draft, with clauses or without; raises NotFound if there is none."""
    name = f"drafts/{case}/agreement.json"
    draft = parse_record(desk.files.read(name), where=name)
    if not isinstance(draft, Agreement):
        raise NotFound("there is no draft of an agreement", fix="Compose one: `fairshare agree new`.", where=case)
    return draft


def _name(case: str) -> str:
    return f"drafts/{case}/agreement.odrl.json"
