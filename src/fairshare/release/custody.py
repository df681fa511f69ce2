"""Who keeps which pseudonymisation key: each key belongs to one case and one recipient, from its first use to its end.

The keys themselves are in files that only the desk reads; here is what happened to them, and what follows. Keys are
drawn at random for each agreement and never derived from one another, so pseudonyms under two keys have nothing in
common: nobody without both keys can link two agreements, and a plan that names another agreement's key is refused.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairshare.records.ids import RecordId
from fairshare.release.treatments import KeyName
from fairshare.words import BadInput, Person, Refused
from fairshare.words.values import Line, Ref, Text, Value

_VERSIONED = re.compile(r"(?P<key>.+):(?P<version>[1-9][0-9]{0,5})")


class OtherAgreementsKey(Refused):
    """A plan names a pseudonymisation key that belongs to another case or another recipient."""

    code = "OTHER_AGREEMENTS_KEY"


class KeyGone(Refused):
    """The pseudonymisation key, or this version of it, was destroyed or replaced."""

    code = "PSEUDONYM_KEY_GONE"


class PseudonymsUnfit(BadInput):
    """A file of pseudonyms holds something that is none, or nothing, or too many."""

    code = "PSEUDONYMS_UNFIT"


class KeyEvent(Value):
    """One thing that happened to a key."""

    key: KeyName
    version: Annotated[int, Field(ge=1)]
    act: Literal["bound", "rotated", "destroyed", "relinked"]
    """`rotated`: from now on this version; `destroyed`: this version; `relinked`: pseudonyms were turned back."""
    recipient: Line
    agreement: RecordId | None = None
    by: Person
    second: Person | None = None
    reason: Annotated[Text, StringConstraints(max_length=1000)] = ""
    values: int | None = None
    """How many pseudonyms were turned back."""
    fingerprint: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, exclude_if=lambda fingerprint: fingerprint is None
    )
    """What this version's own bytes are known by; nobody gets from it to the key."""


@dataclass(frozen=True)
class Custody:
    """A key as it stands."""

    key: str
    case: Ref
    recipient: str
    current: int
    destroyed: frozenset[int]
    relinked: int = 0
    """How many times pseudonyms were turned back."""
    fingerprints: frozenset[str] = frozenset()
    """Of every version that a release used, destroyed ones too."""

    @property
    def usable(self) -> tuple[int, ...]:
        """The versions that are still there."""
        return tuple(each for each in range(1, self.current + 1) if each not in self.destroyed)


def split_version(key_id: str) -> tuple[str, int | None]:
    """A key's id and the version that it asks for.

    >>> split_version("agreement-7"), split_version("agreement-7:2")
    (('agreement-7', None), ('agreement-7', 2))
    """
    found = _VERSIONED.fullmatch(key_id)
    return (found["key"], int(found["version"])) if found else (key_id, None)


def find_custody(events: Iterable[tuple[Ref, KeyEvent]]) -> dict[str, Custody]:
    """Every key as it stands, from what happened, each with the case in which it did, in order."""
    held: dict[str, Custody] = {}
    for case, event in events:
        was = held.get(event.key)
        if was is None:
            was = Custody(event.key, case, event.recipient, event.version, frozenset())
        match event.act:
            case "rotated":
                now = replace(was, current=event.version)
            case "destroyed":
                now = replace(was, destroyed=was.destroyed | {event.version})
            case "relinked":
                now = replace(was, relinked=was.relinked + 1)
            case _:
                known = frozenset({event.fingerprint} if event.fingerprint else ())
                now = replace(was, fingerprints=was.fingerprints | known)
        held[event.key] = now
    return held


def take_fingerprint(key: bytes) -> str:
    """What a key is known by: an HMAC under the key itself, so that it says nothing to whoever lacks the key."""
    return hmac.new(key, b"fairshare: the fingerprint of a pseudonymisation key", sha256).hexdigest()


def check_fingerprint(fingerprint: str, key: str, held: Iterable[Custody]) -> None:
    """Refuses the bytes of a key that was ever used here under another id: a copy links people as the key does."""
    if any(each.key != key and fingerprint in each.fingerprints for each in held):
        raise OtherAgreementsKey(
            "the key has the bytes of one that was used under another id; with it, people could be linked across both",
            fix="Make a key for this agreement with `fairshare keys make-pseudonym`, and name that in the plan.",
            where=f"key {key}",
        )


def check_key(held: Custody | None, key_id: str, *, case: str, recipient: str) -> None:
    """Refuses a key for a release of a case to a recipient, unless it is theirs, is there, and is the newest.

    Takes    held: the key as it stands; None if it was never used, and then it becomes theirs.
    """
    key, version = split_version(key_id)
    if held is None:
        if version not in (None, 1):
            raise KeyGone("the key has no such version", fix=f"Name it {key}.", where=f"key {key_id}")
        return
    if (held.case, held.recipient) != (case, recipient):
        raise OtherAgreementsKey(
            "the key belongs to another case or recipient; with it, people could be linked across both",
            fix="Make a key for this agreement with `fairshare keys make-pseudonym`, and name that in the plan.",
            where=f"key {key_id}",
        )
    if held.current in held.destroyed or version in held.destroyed:
        raise KeyGone(
            "the key was destroyed", fix="Make a new one; its pseudonyms will be others.", where=f"key {key_id}"
        )
    if version not in (None, held.current):
        raise KeyGone(
            "the key was rotated since, and this version is only for turning pseudonyms back",
            fix=f"Name it {key}: that is always the newest version.",
            where=f"key {key_id}",
        )
