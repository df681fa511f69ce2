"""The records that flow, and nothing else does: Request, Decision, Agreement, Plan, Release, Receipt; and Notices.

A notice is what a party to an agreement tells the others under it.

A record is frozen. Its id is the SHA-256 of its canonical JSON (RFC 8785), and its 128-bit salt keeps the id from
being guessed from the contents. `follows` holds the ids of the records it was made from.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, JsonValue

from fairshare.records.agreed import AgreedClause, Form, FullParty, Matter, Schedule
from fairshare.records.agreed import Party as Party
from fairshare.records.ids import Digest as Digest
from fairshare.records.ids import KeyId as KeyId
from fairshare.records.ids import RecordId as RecordId
from fairshare.records.ids import Salt as Salt
from fairshare.words.values import (
    Answer,
    Item,
    Line,
    Organisation,
    Outcome,
    Period,
    Person,
    Purpose,
    Reason,
    Ref,
    Subject,
    Text,
    Value,
)


class Record(Value):
    """What every record has. `version` is the version of its schema."""

    kind: str
    version: int = 1
    case: Ref
    salt: Salt
    follows: tuple[RecordId, ...] = ()
    made_at: AwareDatetime
    made_by: Person


class Channel(StrEnum):
    """How a request arrived."""

    FORM = "form"
    EMAIL = "email"
    LETTER = "letter"
    PORTAL = "portal"
    PHONE = "phone"
    IN_PERSON = "in_person"
    SERVED_ORDER = "served_order"
    NONE = "none"
    """Nothing was asked: the holder reports of its own motion."""


class Request(Record):
    """Who asks whom for what, about whom, why, under what power, how urgently."""

    kind: Literal["request"] = "request"
    holder: Organisation
    requester: Organisation
    contact: Person | None = None
    authorised_by: Person | None = None
    reference: Line | None = None
    received_on: date
    channel: Channel
    urgency: Literal["routine", "urgent", "life_at_risk"] = "routine"
    deadline: AwareDatetime | None = None
    purpose: Purpose
    why_necessary: Text = ""
    power: Line | None = None
    """The provision, order or warrant that the requester names, if any."""
    public_task_statement: Text = ""
    """The words, in the request itself, that say the data are needed for the requester's own public task."""
    why_not_tell: Text = ""
    subjects: tuple[Subject, ...] = ()
    items: tuple[Item, ...] = ()
    text: Text = ""
    document_sha256: Digest | None = None


class ScopeState(StrEnum):
    """What becomes of one requested item."""

    AGREED = "agreed"
    REDACTED = "redacted"
    """Agreed in part: the treatment says what is taken out."""
    WITHHELD = "withheld"


class ScopeLine(Value):
    """One item, for one recipient: what was decided, and why."""

    item: Item
    state: ScopeState
    outcome: Outcome
    treatment: Line | None = None
    """What must happen to it before it goes, such as `pseudonymise`, `year`, `third parties blurred`."""
    reason: Reason


class Exemption(Value):
    """A duty lifted, for whom, by what, how far and until when."""

    duty: Line
    provision: Line
    extent: Text
    review_on: date
    person: Ref | None = None


class Ground(Value):
    """Something a decision rests on: a lawful basis, a condition, a compatibility route, an authorising law."""

    sort: Literal[
        "lawful_basis", "article_9", "article_10", "compatibility", "power", "confidence", "transfer", "regime"
    ]
    conclusion: Line
    """The id of the conclusion in the rule base."""
    provision: Line
    says: Text
    mark: Literal["read", "secondary", "remembered"]
    item: Ref | None = None


class Finding(Value):
    """One conclusion as it stood when the person decided: `true`, `false`, `not_settled` or `undecided`."""

    conclusion: Line
    status: Literal["true", "false", "not_settled", "undecided"]


class Departure(Value):
    """A named person decided otherwise than the assessment, and why; a second person agreed, save in an emergency."""

    assessed: Outcome
    reasons: Text
    second_approver: Person | None = None


class Decision(Record):
    """What a named person decided, on which answers, under which law, and what may therefore go."""

    kind: Literal["decision"] = "decision"
    tool: Line
    rules: Digest
    """The digest of the rule base; it is archived under this name, so the decision can be run again."""
    law_date: date
    answers: dict[str, Answer]
    """By `fact` for the case, or `fact@ref` for one flow, person or item."""
    findings: tuple[Finding, ...] = ()
    assessed: Outcome
    outcome: Outcome
    departure: Departure | None = None
    holder: Organisation
    recipient: Organisation
    recipient_contact: Person | None = None
    purpose: Purpose
    subjects: tuple[Subject, ...] = ()
    scope: tuple[ScopeLine, ...]
    grounds: tuple[Ground, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    conditions: tuple[Text, ...] = ()
    reasons: tuple[Reason, ...] = ()
    next_step: Text = ""
    routine: bool = False
    """A routine sharing needs an agreement in force before anything is released; a one-off does not."""
    emergency: bool = False
    compelled: bool = False
    valid: Period
    decided_by: Person
    approved_by: tuple[Person, ...] = ()


class Agreement(Record):
    """The terms on which the parties share; in force when every party's key has signed it."""

    kind: Literal["agreement"] = "agreement"
    version: Literal[1] = 1
    title: Line
    parties: tuple[Party, ...]
    purpose: Purpose
    items: tuple[Item, ...]
    treatments: dict[Ref, Line] = Field(default_factory=dict)
    """By item ref; an item without one goes as it is."""
    valid: Period
    review_on: date
    conditions: tuple[Text, ...] = ()
    terms: dict[Line, Text] = Field(default_factory=dict)


class FullAgreement(Agreement):
    """An agreement with its kind, its clauses and its schedules: version 2 of the agreement's schema."""

    version: Literal[2] = 2  # type: ignore[assignment]
    parties: tuple[FullParty, ...]
    form: Form
    language: Literal["en", "cy"] = "en"
    clauses: tuple[AgreedClause, ...]
    schedules: tuple[Schedule, ...] = ()
    framework: RecordId | None = None
    """For a schedule to a framework: the framework, whose clauses apply here too."""
    supersedes: RecordId | None = None
    """The version of this agreement that it replaces once it is in force itself."""


class Notice(Record):
    """What one party to an agreement tells the others: a proposal, a signature in ink, a suspension, the end."""

    kind: Literal["notice"] = "notice"
    agreement: RecordId | None = None
    """None while it is about a draft, which is not a record yet."""
    party: Organisation
    reason: Text = ""
    matter: Matter


class Plan(Record):
    """How what goes is made ready: a table's plan as data, exactly as `fairshare.release.plan` reads it, or what was
    redacted, as `fairshare.release.bundle_record` does.
    """

    kind: Literal["plan"] = "plan"
    plan: dict[str, JsonValue]


class ReleaseKind(StrEnum):
    """The ways information can leave."""

    TABLE = "table"
    BUNDLE = "bundle"
    IMAGES = "images"
    SPOKEN = "spoken"
    VIEWED = "viewed"
    PORTAL = "portal"


class Release(Record):
    """The intent to release, committed before any work: what, to whom, under which decision, agreement and plan."""

    kind: Literal["release"] = "release"
    release_kind: ReleaseKind
    decision: RecordId
    agreement: RecordId | None = None
    plan: RecordId | None = None
    holder: Organisation
    recipient: Organisation
    recipient_contact: Person | None = None
    purpose: Purpose
    items: tuple[Ref, ...]
    law_date: date
    channel: Line
    released_by: Person
    checked_by: Person | None = None


class SentFile(Value):
    """One file that went: its name, its size in bytes, and digests before and after encryption."""

    name: Line
    media_type: Line
    bytes: int = Field(ge=0)
    sha256: Digest
    encrypted_sha256: Digest | None = None


class Counts(Value):
    """What happened to rows and items. Rows are zero for anything but tables."""

    rows_read: int = Field(default=0, ge=0)
    rows_rejected: int = Field(default=0, ge=0)
    rows_filtered: int = Field(default=0, ge=0)
    rows_suppressed: int = Field(default=0, ge=0)
    rows_sent: int = Field(default=0, ge=0)
    items_sent: int = Field(default=0, ge=0)
    items_withheld: int = Field(default=0, ge=0)


class Receipt(Record):
    """What went, or (from the recipient) what arrived."""

    kind: Literal["receipt"] = "receipt"
    release: RecordId
    side: Literal["sender", "recipient"] = "sender"
    files: tuple[SentFile, ...] = ()
    counts: Counts = Counts()
    items: tuple[Ref, ...] = ()
    treatments: dict[Line, Line] = Field(default_factory=dict)
    engine: Line | None = None
    sealed_to: Line | None = None
    """The recipient's public key, or `passphrase`; none where nothing written was handed over."""
    told: Text = ""
    """For spoken, viewed and portal releases: what was said, shown or uploaded, in the releaser's words."""
    finished_at: datetime


AnyAgreement = Annotated[Agreement | FullAgreement, Field(discriminator="version")]
AnyRecord = Annotated[
    Request | Decision | AnyAgreement | Notice | Plan | Release | Receipt, Field(discriminator="kind")
]
"""Any record, told apart by its `kind` and, where a kind has two shapes, its `version`."""
