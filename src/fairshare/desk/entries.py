"""What is written down at the desk beside records: deliveries, tokens, and every reading of what is shared.

Each entry is salted and frozen, and its digest goes into the desk's log in the same step. None of them flows to
anybody, and none says anything about the people whom a release is about.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from fairshare.records import encode, parse_canonical
from fairshare.records.ids import Digest, RecordId, Salt
from fairshare.release.custody import KeyEvent
from fairshare.release.history import RiskAccepted
from fairshare.release.intruder import Judgement
from fairshare.release.opt_outs_known import LeftOut, RegisteredList
from fairshare.words import Person, Unsound, Value
from fairshare.words.values import Line, Ref, Text


class BaseEntry(Value):
    """What every entry has."""

    kind: str
    salt: Salt
    at: AwareDatetime
    case: Ref


class PlacedFile(Value):
    """One file that was put somewhere: its size and digest, and how the other side's copy was checked."""

    name: Line
    bytes: int = Field(ge=0)
    sha256: Digest
    checked: Literal["server_sha256", "server_md5", "read_back"]


class Delivered(BaseEntry):
    """A release was put somewhere, or failed to be: where, by whom, and what was checked there."""

    kind: Literal["delivered"] = "delivered"
    release: RecordId
    to: Line
    """The name of the place, as in the desk's file of places."""
    place: Line
    recipient: Line
    by: Person
    outcome: Literal["started", "whole", "failed"]
    code: Line | None = None
    """Why it failed."""
    files: tuple[PlacedFile, ...] = ()


class TokenMade(BaseEntry):
    """A token was made for a recipient under an agreement; the token itself is kept nowhere."""

    kind: Literal["token_made"] = "token_made"
    token: Line
    digest: Digest
    agreement: RecordId
    recipient: Line
    expires_at: AwareDatetime
    by: Person


class TokenEnded(BaseEntry):
    """A token was revoked, or replaced by a new one."""

    kind: Literal["token_ended"] = "token_ended"
    token: Line
    by: Person
    reason: Text = ""


class Accessed(BaseEntry):
    """Somebody with a token did something at the sharing endpoint, or was refused."""

    kind: Literal["accessed"] = "accessed"
    act: Line
    token: Line
    recipient: Line
    release: RecordId | None = None
    first: int | None = None
    last: int | None = None
    bytes: int | None = None
    ended: Line | None = None


class RiskTaken(BaseEntry):
    """Somebody accepted a risk across releases."""

    kind: Literal["risk_taken"] = "risk_taken"
    accepted: RiskAccepted


class KeyKept(BaseEntry):
    """Something happened to a pseudonymisation key; the key itself is not here."""

    kind: Literal["key_kept"] = "key_kept"
    event: KeyEvent


class IntruderJudged(BaseEntry):
    """Somebody judged whether a motivated intruder could identify people in what a plan sends."""

    kind: Literal["intruder_judged"] = "intruder_judged"
    judgement: Judgement


class OptOutKept(BaseEntry):
    """A list of opt-outs was registered, in place of an earlier one of its name, or is registered no more."""

    kind: Literal["opt_out_kept"] = "opt_out_kept"
    act: Literal["added", "removed"]
    registered: RegisteredList
    by: Person
    reason: Text = ""


class OptOutLeftOut(BaseEntry):
    """Somebody left a list of opt-outs out of the releases of a case."""

    kind: Literal["opt_out_left_out"] = "opt_out_left_out"
    left: LeftOut


Entry = Annotated[
    Delivered | TokenMade | TokenEnded | Accessed | RiskTaken | KeyKept | IntruderJudged | OptOutKept | OptOutLeftOut,
    Field(discriminator="kind"),
]
"""Any entry, told apart by its kind."""
_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)


def commit_to(entry: Entry) -> str:
    """What the log holds of an entry."""
    return "sha256:" + sha256(encode(entry)).hexdigest()


def parse_entry(raw: bytes, *, where: str) -> Entry:
    """An entry as it was kept."""
    try:
        return _ENTRY.validate_python(parse_canonical(raw, where=where))
    except ValidationError:
        raise Unsound(
            "this is not an entry as the desk writes it", fix="Restore the desk from a backup.", where=where
        ) from None
