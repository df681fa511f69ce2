"""Keep pseudonymisation keys: rotate, destroy, and - by a permission of its own - turn pseudonyms back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fairshare.desk.entering import check_allowed
from fairshare.desk.guards import find_keys, note_key
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor, Role, check_who
from fairshare.release.bundle_record import is_same_person
from fairshare.release.custody import Custody, KeyEvent, KeyGone, OtherAgreementsKey
from fairshare.release.engines import Connections, Keys
from fairshare.release.engines.relinking import find_originals
from fairshare.release.refusals import SecondPersonNeeded
from fairshare.release.sources import Source
from fairshare.words import BadInput, NotFound


class KeyFiles(Protocol):
    """Where the keys themselves are."""

    def make_version(self, key_id: str, version: int) -> None:
        """Draws a new key as this version; nothing if it is there already."""
        ...

    def destroy_version(self, key_id: str, version: int) -> None:
        """Overwrites and removes this version; nothing if it is not there."""
        ...


@dataclass(frozen=True)
class Relinking:
    """What somebody wants turned back: pseudonyms under a key, over one column of a source."""

    case: str
    key: str
    version: int | None
    """None for the newest."""
    source: Source
    base: Path
    column: str
    pseudonyms: tuple[str, ...]
    reason: str


def rotate_key(desk: Desk, actor: Actor, key: str, files: KeyFiles, *, reason: str) -> Custody:
    """A new version of a key: later pseudonyms have nothing in common with earlier ones, for the recipient either.

    The old version is kept, so that earlier pseudonyms can be turned back, until it is destroyed. If this is cut short,
    do it again.
    """
    check_who(actor, Action.KEEP_KEYS)
    held = find_custody_of(desk, key)
    check_reason(reason)
    version = held.current + 1
    files.make_version(key, version)
    event = KeyEvent(key=key, version=version, act="rotated", recipient=held.recipient, by=actor.person, reason=reason)
    note_key(desk, held.case, event)
    return find_custody_of(desk, key)


def destroy_key(desk: Desk, actor: Actor, key: str, version: int, files: KeyFiles, *, reason: str) -> Custody:
    """Destroys one version of a key for good: its pseudonyms can never be turned back, nor made again.

    It is written down first, so that no key is ever gone without a trace; if this is cut short, do it again. A copy in
    a backup is still a copy: destroy that too.
    """
    check_who(actor, Action.KEEP_KEYS)
    held = find_custody_of(desk, key)
    check_reason(reason)
    if not 1 <= version <= held.current:
        raise NotFound("the key has no such version", fix=f"It has 1 to {held.current}.", where=f"key {key}")
    if version not in held.destroyed:
        event = KeyEvent(
            key=key, version=version, act="destroyed", recipient=held.recipient, by=actor.person, reason=reason
        )
        note_key(desk, held.case, event)
    files.destroy_version(key, version)
    return find_custody_of(desk, key)


def relink(
    desk: Desk,
    actor: Actor,
    second: Actor,
    wanted: Relinking,
    *,
    keys: Keys,
    connections: Connections | None = None,
) -> list[tuple[str, str]]:
    """Turns pseudonyms back into what they stand for; who asked, who agreed and why is logged before it is done.

    Raises   NotYours without the role relinker; SecondPersonNeeded without another person who may approve;
             OtherAgreementsKey when the key is not this case's; KeyGone when that version was destroyed.
    """
    held = check_relinking(desk, actor, second, wanted)
    version = wanted.version or held.current
    event = KeyEvent(
        key=wanted.key,
        version=version,
        act="relinked",
        recipient=held.recipient,
        by=actor.person,
        second=second.person,
        reason=wanted.reason,
        values=len(wanted.pseudonyms),
    )
    note_key(desk, wanted.case, event)
    return find_originals(
        wanted.source,
        wanted.column,
        f"{wanted.key}:{version}",
        wanted.pseudonyms,
        keys=keys,
        base=wanted.base,
        connections=connections,
    )


def check_relinking(desk: Desk, actor: Actor, second: Actor, wanted: Relinking) -> Custody:
    """Refuses to turn pseudonyms back unless these two may, the key is this case's, and it is still there."""
    check_allowed(desk, actor, Action.RELINK, wanted.case)
    check_reason(wanted.reason)
    held = find_custody_of(desk, wanted.key)
    if held.case != wanted.case:
        raise OtherAgreementsKey(
            "the key belongs to another case", fix="Ask under the case it belongs to.", where=f"key {wanted.key}"
        )
    if (wanted.version or held.current) not in held.usable:
        raise KeyGone(
            "this version of the key was destroyed or never made",
            fix="Its pseudonyms cannot be turned back.",
            where=f"key {wanted.key}",
        )
    if Role.APPROVER not in second.roles or is_same_person(second.person, actor.person):
        raise SecondPersonNeeded(
            "turning pseudonyms back needs a second person who is an approver",
            fix="Name somebody else at the desk with that role, who has agreed to it.",
            where="second",
        )
    return held


def find_custody_of(desk: Desk, key: str) -> Custody:
    """A key as it stands; raises NotFound for one that was never used in a release."""
    held = find_keys(desk).get(key)
    if held is None:
        raise NotFound(
            "no release has used a key of that id yet",
            fix="A key becomes an agreement's at its first release; `fairshare keys list` names those that are.",
            where=f"key {key[:80]}",
        )
    return held


def check_reason(reason: str) -> None:
    """Refuses to go on without a reason that somebody could weigh."""
    if len(reason.strip()) < 10:
        raise BadInput("there is no reason", fix="Say why in a sentence: it is kept.", where="reason")
