"""Whose reader keys are whose: what is sealed goes to a key that somebody here checked with the recipient itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fairshare.release.refusals import OtherReader, ReaderNotChecked
from fairshare.words import BadInput, Organisation, Person, Refused, Value
from fairshare.words.values import Line

MAX_CHANNEL = 500
"""As long as the line of a release that says how it goes may be."""


class ReaderKeyTaken(Refused):
    """The reader key is recorded as another organisation's already."""

    code = "READER_KEY_TAKEN"


class ReaderKey(Value):
    """One organisation's key to receive with, and who checked at the desk that it is theirs, how and when."""

    organisation: Line
    key: Line
    checked_by: Person
    how: Line
    checked_on: date


class ReaderKeys(Value):
    """The reader keys that a desk knows. An organisation may have several; a key has one organisation."""

    readers: tuple[ReaderKey, ...] = ()


def add_reader(held: ReaderKeys, new: ReaderKey) -> ReaderKeys:
    """The keys with one more; a key checked again is held with the newest check. Raises ReaderKeyTaken."""
    if any(each.key == new.key and each.organisation != new.organisation for each in held.readers):
        raise ReaderKeyTaken(
            "this key is recorded as another organisation's",
            fix="Ask both for their keys again; if it was recorded by mistake, take it out of the desk's file of keys.",
            where="key",
        )
    return ReaderKeys(readers=(*(each for each in held.readers if each.key != new.key), new))


def check_readers(
    held: ReaderKeys, recipient: Organisation, keys: Sequence[str], *, emergency: bool, why_unchecked: str = ""
) -> bool:
    """Refuses keys to seal to that are not known to be the recipient's.

    Takes    why_unchecked: why a key that nobody has recorded is used all the same; only in an emergency.
    Returns  whether one of them was given on the spot and is used for that reason, which is then to be written down.
    Raises   OtherReader, in an emergency as well; ReaderNotChecked.
    """
    owners = {each.key: each.organisation for each in held.readers}
    if any(owners.get(key, recipient.name) != recipient.name for key in keys):
        raise OtherReader(
            f"a key that it would be sealed to is not the key of {recipient.name}, but of another organisation",
            fix=f"Give the key of {recipient.name}, or have it decided for the other organisation.",
            where="readers",
        )
    if all(key in owners for key in keys):
        return False
    if not emergency or not why_unchecked:
        raise ReaderNotChecked(
            f"a key that it would be sealed to is not recorded here as the key of {recipient.name}",
            fix="Have them read the key back on a number that you looked up, and record it with"
            " `fairshare keys reader`"
            + ("; while a life is at risk, say why it cannot wait with --unchecked-key." if emergency else "."),
            where="readers",
        )
    return True


def note_unchecked(channel: str, reason: str) -> str:
    """How a release goes, when its key was given on the spot: written down with the reason before anything leaves.

    >>> note_unchecked("secure email", "the ward cannot wait for the switchboard")
    'secure email; sealed to a key that was given on the spot and not checked: the ward cannot wait for the switchboard'
    """
    noted = f"{channel}; sealed to a key that was given on the spot and not checked: {reason}"
    if len(noted) > MAX_CHANNEL:
        raise BadInput("the reason is too long", fix="Say it in one sentence.", where="unchecked-key")
    return noted
