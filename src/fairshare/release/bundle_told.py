"""A note of what was told or shown: who to whom, when, how the person was known to be the right one, what was said."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from fairshare.records.kinds import Decision, Release
from fairshare.words import Person, Reason, Value
from fairshare.words.dates import write_date
from fairshare.words.values import Line, Ref, Text


class IdentityCheck(Value):
    """How it was made sure that this was the right person."""

    how: Literal["ring_back", "warrant_card", "known_in_person", "work_account", "other"]
    detail: Line
    """Such as the directory the number was found in; never the number of a card itself."""
    checked_by: Person


class ToldItem(Value):
    """One item as it was told or shown."""

    said: Text = Field(min_length=1)
    left_out: Line | None = None
    """In the words of the decision; none if it was told whole."""


class ToldNote(Value):
    """What somebody told or showed, item by item."""

    told_by: Person
    told_to: Person
    told_at: AwareDatetime
    place: Line
    """Such as `by telephone`, or the room in which it was viewed."""
    identity: IdentityCheck
    others_present: tuple[Person, ...] = ()
    copies: Literal["none", "notes", "photographs"] = "none"
    """What the person took away."""
    items: dict[Ref, ToldItem] = Field(min_length=1)


_CHECKED = {
    "ring_back": "called back on a number that was looked up",
    "warrant_card": "by their warrant or staff card",
    "known_in_person": "known in person",
    "work_account": "through their work account",
    "other": "in another way",
}


def write_account(note: ToldNote) -> str:
    """The note as the account that the receipt keeps."""
    check = note.identity
    lines = [
        f"{_name(note.told_by)} told {_name(note.told_to)}, on {write_date(note.told_at.date(), 'en')}"
        f" at {note.told_at:%H:%M %Z}, {note.place}.",
        f"Identity: {_CHECKED[check.how]} ({check.detail}), by {_name(check.checked_by)}.",
        f"Also there: {', '.join(_name(each) for each in note.others_present) or 'nobody'}. Taken away: {note.copies}.",
    ]
    for ref, item in note.items.items():
        left_out = f" Left out: {item.left_out}." if item.left_out else ""
        lines.append(f"{ref}: {item.said}{left_out}")
    return "\n".join(lines)


def why_not_told(note: ToldNote, release: Release, decision: Decision) -> Reason | None:
    """Why a note does not fit the release: told by another, to another, or before it was decided; or None."""
    if note.told_by.name != release.released_by.name:
        return Reason(text="The note says that somebody else told it than the one who releases it.")
    expected = decision.recipient_contact
    if expected is not None and note.told_to.name != expected.name:
        return Reason(text="The note says that it was told to somebody else than the person in the decision.")
    if note.told_at < decision.made_at or note.told_at > release.made_at:
        return Reason(text="The note says that it was told before it was decided, or later than now.")
    return None


def _name(person: Person) -> str:
    return f"{person.name} ({person.role})"
