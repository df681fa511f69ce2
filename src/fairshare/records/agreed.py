"""What agreements are made of, and what their parties tell each other under them.

Values only: the records that hold them are `FullAgreement` and `Notice` (`fairshare.records.kinds`).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairshare.records.ids import Digest, KeyId, RecordId
from fairshare.words.values import Line, Organisation, Person, Ref, Text, Value

ClauseId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$", max_length=60)]
"""A clause of the clause bank, such as `data.retention`, or one that the parties wrote, such as `own.1`."""


class Form(StrEnum):
    """The kinds of agreement."""

    SEPARATE = "separate_controllers"
    JOINT = "joint_controllers"
    ONE_WAY = "one_way"
    FRAMEWORK = "framework"
    FRAMEWORK_SCHEDULE = "framework_schedule"
    MOU = "mou"
    PROCESSOR = "processor"


class Party(Value):
    """One side of an agreement and the key it signs with."""

    organisation: Organisation
    role: Literal["discloser", "recipient", "both"]
    key: KeyId
    contact: Person


class FullParty(Party):
    """One side of a full agreement: it signs with a key or in ink, and in its turn."""

    key: KeyId | None = None  # type: ignore[assignment]
    """None for a party that signs in ink."""
    status: Literal["controller", "joint_controller", "processor"] = "controller"
    turn: Annotated[int, Field(ge=1, le=99)] = 1
    """Parties sign in the order of their turns; those with the same turn, in any order."""
    rights_contact: Line | None = None
    """Where people write to about their rights."""
    dpo: Person | None = None


class AgreedClause(Value):
    """One clause as the parties agree it."""

    id: ClauseId
    heading: Line
    text: Text
    level: Literal["must", "should", "could"] = "should"
    cites: tuple[Line, ...] = ()


class Schedule(Value):
    """What stands behind the clauses and changes more often: words, a table, or both."""

    id: ClauseId
    heading: Line
    text: Text = ""
    header: tuple[Line, ...] = ()
    rows: tuple[tuple[Text, ...], ...] = ()


class Proposed(Value):
    """A party proposes other words for one clause, or that it be left out; a counter-proposal closes the other one."""

    act: Literal["proposed"] = "proposed"
    clause: ClauseId
    heading: Line | None = None
    """For a clause that is not there yet."""
    text: Text | None
    """None to leave the clause out."""
    counters: RecordId | None = None


class Answered(Value):
    """A party accepts or rejects a proposal, or withdraws its own."""

    act: Literal["answered"] = "answered"
    proposal: RecordId
    answer: Literal["accept", "reject", "withdraw"]


class Delegated(Value):
    """A signatory lets somebody else sign in this case, up to a day and for the kinds of agreement named."""

    act: Literal["delegated"] = "delegated"
    to: Person
    until: date
    forms: tuple[Form, ...] = ()
    """None named means any kind."""


class Signed(Value):
    """Who at the party pressed the key, and under which delegation, if under one."""

    act: Literal["signed"] = "signed"
    person: Person
    delegation: RecordId | None = None


class SignedInInk(Value):
    """A party signed on paper: who saw it, and the digest of the scan."""

    act: Literal["signed_in_ink"] = "signed_in_ink"
    organisation: Organisation
    person: Person
    on: date
    scan: Digest
    witness: Person
    after: tuple[Line, ...] = ()
    """The parties that had signed by then, by name."""


class Suspended(Value):
    """A party suspends the routine sharing."""

    act: Literal["suspended"] = "suspended"
    on: date


class Resumed(Value):
    """The party that suspended the sharing takes it up again."""

    act: Literal["resumed"] = "resumed"
    on: date


class Triggered(Value):
    """Something happened that calls for a review."""

    act: Literal["triggered"] = "triggered"
    trigger: Literal["law", "basis", "parties", "breach", "volume", "complaint", "other"]
    on: date


class Reviewed(Value):
    """A review found that the agreement stands as it is, until the next one."""

    act: Literal["reviewed"] = "reviewed"
    on: date
    next_on: date


class Left(Value):
    """A party leaves; with fewer than two left, the agreement ends."""

    act: Literal["left"] = "left"
    on: date


class Ended(Value):
    """The agreement ends, and what becomes of the information."""

    act: Literal["ended"] = "ended"
    on: date
    then: Literal["delete", "return"] = "delete"
    within_days: Annotated[int, Field(ge=0, le=3660)] = 30


class DeletionCertified(Value):
    """A party certifies that it has deleted or returned what it received, and what the law makes it keep."""

    act: Literal["deletion_certified"] = "deletion_certified"
    on: date
    did: Literal["deleted", "returned"]
    how: Text
    items: tuple[Ref, ...] = ()
    """None named means all."""
    kept: Text = ""


class Recalled(Value):
    """The holder calls a release back: nothing of it may be read or used any more."""

    act: Literal["recalled"] = "recalled"
    release: RecordId
    on: date


Matter = Annotated[
    Proposed
    | Answered
    | Delegated
    | Signed
    | SignedInInk
    | Suspended
    | Resumed
    | Triggered
    | Reviewed
    | Left
    | Ended
    | DeletionCertified
    | Recalled,
    Field(discriminator="act"),
]
"""What a notice says."""
