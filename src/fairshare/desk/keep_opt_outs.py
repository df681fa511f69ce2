"""The desk's lists of opt-outs: which are registered, and who left one out of a case. Each step is in the log."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Literal

from fairshare.desk.entering import check_allowed
from fairshare.desk.entries import OptOutKept, OptOutLeftOut
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor, check_who
from fairshare.records import Agreement, Decision, Request, SignedRecord, new_salt
from fairshare.release.opt_outs import OptOutUnfit
from fairshare.release.opt_outs_known import KnownOptOuts, LeftOut, RegisteredList
from fairshare.words import NotFound

REGISTRY = "desk"
"""In place of a case, for what is of the whole desk."""


def find_registered(desk: Desk) -> tuple[RegisteredList, ...]:
    """The lists that are registered today."""
    found: dict[str, RegisteredList] = {}
    for each in desk.entries.of_kind("opt_out_kept"):
        if isinstance(each, OptOutKept):
            found.pop(each.registered.name.casefold(), None)
            if each.act == "added":
                found[each.registered.name.casefold()] = each.registered
    return tuple(found.values())


def find_known(desk: Desk, case: str) -> KnownOptOuts:
    """What the desk knows of lists of opt-outs for the releases of one case."""
    registered = find_registered(desk)
    purposes = {code for each in registered for code in each.purposes}
    recipients = {name for each in registered for name in each.recipients}
    for name in desk.records.cases():
        for kept in desk.records.of_case(name):
            if isinstance(kept, SignedRecord):
                _gather(kept, purposes, recipients)
    recipients |= {each.organisation for each in desk.readers.readers}
    left = tuple(
        each.left for each in desk.entries.of_kind("opt_out_left_out", case) if isinstance(each, OptOutLeftOut)
    )
    return KnownOptOuts(registered, left, frozenset(purposes), frozenset(recipients))


def _gather(kept: SignedRecord, purposes: set[str], recipients: set[str]) -> None:
    match kept.record:
        case Request(purpose=purpose):
            purposes.add(purpose.code)
        case Decision(purpose=purpose, recipient=recipient):
            purposes.add(purpose.code)
            recipients.add(recipient.name)
        case Agreement(purpose=purpose, parties=parties):
            purposes.add(purpose.code)
            recipients.update(each.organisation.name for each in parties)
        case _:
            pass


def register_list(desk: Desk, actor: Actor, registered: RegisteredList) -> RegisteredList:
    """Registers a list, in place of an earlier one of its name: every plan that it reaches must have it from now on.

    Raises   NotYours; OptOutUnfit for a purpose or recipient that looks like a slip for one that is known here.
    """
    check_who(actor, Action.KEEP_OPT_OUTS)
    known = find_known(desk, REGISTRY)
    for names, heard_of in ((registered.purposes, known.purposes), (registered.recipients, known.recipients)):
        for each in set(names) - heard_of:
            near = get_close_matches(each, heard_of, n=1, cutoff=0.8)
            if near:
                raise OptOutUnfit(
                    f"nobody here has heard of {each!r}", fix=f"Did you mean {near[0]}?", where="opt-outs add"
                )
    _note(desk, actor, "added", registered)
    return registered


def remove_list(desk: Desk, actor: Actor, name: str, *, reason: str) -> RegisteredList:
    """Takes a list out of those registered, with a reason; raises NotYours, NotFound."""
    check_who(actor, Action.KEEP_OPT_OUTS)
    for each in find_registered(desk):
        if each.name.casefold() == name.strip().casefold():
            _note(desk, actor, "removed", each, reason)
            return each
    raise NotFound("no list of that name is registered", fix="`fairshare opt-outs list` names them.", where=name)


def leave_list_out(desk: Desk, actor: Actor, case: str, left: LeftOut) -> LeftOut:
    """Writes down that somebody leaves a list out of a case's releases; they may not release it themselves.

    Raises   NotYours, TooSoon.
    """
    check_allowed(desk, actor, Action.DISAPPLY_OPT_OUTS, case)
    now = desk.clock.now()
    own = left.model_copy(update={"by": actor.person, "on": now.date()})
    desk.entries.add(OptOutLeftOut(salt=new_salt(desk.entropy), at=now, case=case, left=own))
    return own


def _note(
    desk: Desk, actor: Actor, act: Literal["added", "removed"], registered: RegisteredList, reason: str = ""
) -> None:
    entry = OptOutKept(
        salt=new_salt(desk.entropy),
        at=desk.clock.now(),
        case=REGISTRY,
        act=act,
        registered=registered,
        by=actor.person,
        reason=reason,
    )
    desk.entries.add(entry)
