"""Values that every room shares. All are frozen and validated; JSON in, JSON out."""

from __future__ import annotations

from datetime import date, datetime
from enum import IntEnum, StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

UNOBTAINABLE: Final = "unobtainable"
"""The answer "this cannot be found out": a value that rules can test, never the same as not asked."""

Text = Annotated[str, StringConstraints(max_length=20_000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Ref = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A short name inside one case, such as `p1` for a person or `i3` for an item."""


class ExitCode(IntEnum):
    """What a command's exit status means; stable across versions."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    BAD_INPUT = 3
    REFUSED = 4
    UNSOUND = 5
    SIGNERS_UNKNOWN = 6
    MISSING_PART = 7


class Mark(StrEnum):
    """How a provision was checked. Only `read` law may conclude must or must-not."""

    READ = "read"
    SECONDARY = "secondary"
    REMEMBERED = "remembered"


class Outcome(StrEnum):
    """What a person may decide about a flow or an item, from most to least open."""

    MUST_SHARE = "MUST_SHARE"
    SHARE_FULL = "SHARE_FULL"
    SHARE_WITH_CONDITIONS = "SHARE_WITH_CONDITIONS"
    SHARE_MINIMISED = "SHARE_MINIMISED"
    SHARE_DEIDENTIFIED = "SHARE_DEIDENTIFIED"
    DEFER_NEED_INFO = "DEFER_NEED_INFO"
    REDIRECT = "REDIRECT"
    REFUSE_VOLUNTARY = "REFUSE_VOLUNTARY"
    REFUSE_PROHIBITED = "REFUSE_PROHIBITED"

    @property
    def shares(self) -> bool:
        """Whether anything may be released under this outcome."""
        return self.name.startswith(("SHARE_", "MUST_"))


class Value(BaseModel):
    """Base of everything that flows: frozen, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(Value):
    """A body that asks for, holds or receives personal information."""

    name: Line
    identifier: Line | None = None
    """A registered number with its scheme, such as `ico:ZA123456` or `company:01234567`."""
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = "GB"


class Person(Value):
    """Somebody who acts: asks, decides, approves, releases. Never a person the information is about."""

    name: Line
    role: Line
    organisation: Line | None = None
    identifier: Line | None = None
    """A warrant, collar or staff number."""
    contact: Line | None = None


class Subject(Value):
    """Somebody the information is about."""

    ref: Ref
    label: Line
    """How the case file names this person; replaced by the ref in redacted views."""
    role: Literal["suspect", "convicted", "victim", "witness", "missing", "third_party", "customer", "other"] = "other"


class Period(Value):
    """A span of days, both ends included; no end means until further notice."""

    start: date
    end: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Period:
        if self.end is not None and self.end < self.start:
            raise ValueError("the period ends before it starts")
        return self

    def covers(self, day: date) -> bool:
        """Whether `day` lies inside.

        >>> Period(start=date(2026, 2, 5)).covers(date(2026, 2, 4))
        False
        """
        return self.start <= day and (self.end is None or day <= self.end)


class Purpose(Value):
    """What the information is for: a code that can be compared, and the asker's words."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,79}$")]
    text: Text = ""


class Item(Value):
    """One thing that may be shared: a field, a document, a clip, a fact to be told."""

    ref: Ref
    label: Line
    person: Ref | None = None
    """The subject it is about; none for an item about nobody in particular."""
    kind: Literal["column", "document", "image", "footage", "spoken", "viewed", "other"] = "other"
    period: Period | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None


class Reason(Value):
    """Why, in a sentence, with the provisions or policy it rests on."""

    text: Text
    cites: tuple[Line, ...] = ()


class Answer(Value):
    """One answer to one question. A judgement carries who made it and the factors they weighed."""

    value: bool | int | date | Line
    by: Person | None = None
    at: datetime | None = None
    reason: Text = ""
    factors: dict[str, Text] = Field(default_factory=dict)

    @property
    def cannot_be_known(self) -> bool:
        """Whether the answer is that nobody can find out."""
        return self.value == UNOBTAINABLE
