"""One case to test with: a small, complete chain of made-up records, signed, and the keys of its two organisations."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from fairshare.records import (
    AgreedClause,
    Agreement,
    AnyRecord,
    Channel,
    Counts,
    Decision,
    Form,
    FullAgreement,
    FullParty,
    Keys,
    Notice,
    Party,
    Plan,
    Receipt,
    Release,
    ReleaseKind,
    Request,
    ScopeLine,
    ScopeState,
    SentFile,
    SignedRecord,
    cosign_record,
    make_signing_key,
    new_salt,
    record_id,
    sign_record,
)
from fairshare.records.agreed import Suspended
from fairshare.words import Answer, Item, Organisation, Outcome, Period, Person, Purpose, Reason, Subject


def counting_entropy(seed: str) -> Callable[[int], bytes]:
    """Randomness that is the same in every run."""

    def blocks() -> Iterator[int]:
        count = 0
        while True:
            yield from sha256(f"{seed}:{count}".encode()).digest()
            count += 1

    source = blocks()
    return lambda size: bytes(next(source) for _ in range(size))


HOLDER = Organisation(name="Harbour Homes", identifier="company:01234567")
POLICE = Organisation(name="Northshire Police")
OFFICER = Person(name="A. Wren", role="Detective constable", organisation="Northshire Police", identifier="4711")
LEAD = Person(name="B. Teal", role="Information governance lead", organisation="Harbour Homes")
PURPOSE = Purpose(code="crime.investigation", text="To find a witness to a burglary.")
TENANCY = Item(ref="i1", label="Tenancy start", person="p1", kind="column")
FORWARDING = Item(ref="i2", label="Forwarding address", person="p1")
HEALTH = Item(ref="i3", label="Support notes", person="p1")
SUBJECTS = (Subject(ref="p1", label="Kit Marsh-Heron", role="witness"),)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
VALID = Period(start=date(2026, 3, 2), end=date(2026, 6, 1))

HOLDER_KEY = make_signing_key("Harbour Homes", counting_entropy("holder"))
POLICE_KEY = make_signing_key("Northshire Police", counting_entropy("police"))
LOG_KEY = make_signing_key("log.harbour.example", counting_entropy("log"))
STRANGER_KEY = make_signing_key("Somebody Else", counting_entropy("stranger"))
TRUSTED = Keys.of(key.public for key in (HOLDER_KEY, POLICE_KEY, LOG_KEY))

_salts = counting_entropy("salts")


def base(minutes: int, *follows: AnyRecord, by: Person = LEAD) -> dict[str, Any]:
    """The fields that every record has, made so many minutes after noon."""
    return {
        "case": "hh-7",
        "salt": new_salt(_salts),
        "follows": tuple(record_id(each) for each in follows),
        "made_at": NOON + timedelta(minutes=minutes),
        "made_by": by,
    }


REQUEST = Request(
    **base(0, by=OFFICER),
    holder=HOLDER,
    requester=POLICE,
    received_on=date(2026, 3, 2),
    channel=Channel.FORM,
    purpose=PURPOSE,
    subjects=SUBJECTS,
    items=(TENANCY, FORWARDING, HEALTH),
    why_necessary="No other witness is known.",
)
DECISION = Decision(
    **base(10, REQUEST),
    tool="voluntary-request",
    rules="ab" * 32,
    law_date=date(2026, 3, 2),
    answers={
        "necessary": Answer(value=True, by=LEAD, factors={"for": "No other witness."}),
        "reference": Answer(value="2026-03-02"),
    },
    assessed=Outcome.SHARE_MINIMISED,
    outcome=Outcome.SHARE_MINIMISED,
    holder=HOLDER,
    recipient=POLICE,
    purpose=PURPOSE,
    subjects=SUBJECTS,
    decided_by=LEAD,
    valid=VALID,
    scope=(
        ScopeLine(item=TENANCY, state=ScopeState.AGREED, outcome=Outcome.SHARE_FULL, reason=Reason(text="Needed.")),
        ScopeLine(
            item=FORWARDING,
            state=ScopeState.REDACTED,
            outcome=Outcome.SHARE_MINIMISED,
            treatment="postcode only",
            reason=Reason(text="Enough to find them."),
        ),
        ScopeLine(
            item=HEALTH,
            state=ScopeState.WITHHELD,
            outcome=Outcome.REFUSE_VOLUNTARY,
            reason=Reason(text="Not needed, and confidential."),
        ),
    ),
)
AGREEMENT = Agreement(
    **base(20, DECISION),
    title="Tenancy information",
    purpose=PURPOSE,
    items=(TENANCY, FORWARDING),
    valid=VALID,
    review_on=date(2026, 5, 1),
    treatments={"i2": "postcode only"},
    parties=(
        Party(organisation=HOLDER, role="discloser", key=HOLDER_KEY.public.kid, contact=LEAD),
        Party(organisation=POLICE, role="recipient", key=POLICE_KEY.public.kid, contact=OFFICER),
    ),
)
PLAN = Plan(**base(30, DECISION, AGREEMENT), plan={"columns": ["tenancy_start", "postcode"], "k": 5})
RELEASE = Release(
    **base(40, DECISION, AGREEMENT, PLAN),
    release_kind=ReleaseKind.TABLE,
    decision=record_id(DECISION),
    agreement=record_id(AGREEMENT),
    plan=record_id(PLAN),
    holder=HOLDER,
    recipient=POLICE,
    purpose=PURPOSE,
    items=("i1", "i2"),
    law_date=date(2026, 3, 2),
    channel="secure email",
    released_by=LEAD,
)
RECEIPT = Receipt(
    **base(50, RELEASE),
    release=record_id(RELEASE),
    items=("i1", "i2"),
    counts=Counts(rows_read=3, rows_sent=1),
    files=(SentFile(name="rows.csv.age", media_type="text/csv", bytes=120, sha256="cd" * 32),),
    engine="memory",
    finished_at=NOON + timedelta(minutes=50),
)
RECEIVED = Receipt(
    **base(60, RELEASE, RECEIPT, by=OFFICER),
    release=record_id(RELEASE),
    side="recipient",
    items=("i1", "i2"),
    finished_at=NOON + timedelta(minutes=60),
)
FULL_AGREEMENT = FullAgreement(
    **base(70, DECISION, AGREEMENT),
    title="Tenancy information, again",
    purpose=PURPOSE,
    items=(TENANCY,),
    valid=VALID,
    review_on=date(2026, 5, 1),
    parties=(
        FullParty(organisation=HOLDER, role="discloser", key=HOLDER_KEY.public.kid, contact=LEAD),
        FullParty(organisation=POLICE, role="recipient", contact=OFFICER, turn=2),
    ),
    form=Form.ONE_WAY,
    clauses=(AgreedClause(id="data.retention", heading="Retention", text="Ninety days."),),
    supersedes=record_id(AGREEMENT),
)
NOTICE = Notice(
    **base(80, FULL_AGREEMENT),
    agreement=record_id(FULL_AGREEMENT),
    party=HOLDER,
    reason="The office is closed.",
    matter=Suspended(on=date(2026, 3, 3)),
)
RECORDS: tuple[AnyRecord, ...] = (REQUEST, DECISION, AGREEMENT, PLAN, RELEASE, RECEIPT, RECEIVED)


def make_chain(**changes: dict[str, Any]) -> tuple[AnyRecord, ...]:
    """The same case with fields of some records changed, and every link made again to suit."""
    names = ("request", "decision", "agreement", "plan", "release", "receipt", "received")
    renamed: dict[Any, str] = {None: ""}
    made: list[AnyRecord] = []
    for name, record in zip(names, RECORDS, strict=True):
        relinked: dict[str, Any] = {"follows": tuple(renamed[each] for each in record.follows)}
        for link in ("decision", "agreement", "plan", "release"):
            if link in type(record).model_fields and (name, link) != ("plan", "plan"):
                relinked[link] = renamed[getattr(record, link)]
        made.append(type(record).model_validate(dict(record) | relinked | changes.get(name, {})))
        renamed[record_id(record)] = record_id(made[-1])
    return tuple(made)


def sign_chain(*records: AnyRecord) -> tuple[SignedRecord, ...]:
    """Each record signed by the organisation that answers for it, and an agreement by both."""
    signed = []
    for record in records:
        received = isinstance(record, Receipt) and record.side == "recipient"
        one = sign_record(record, POLICE_KEY if received else HOLDER_KEY)
        signed.append(cosign_record(one, POLICE_KEY) if isinstance(record, Agreement) else one)
    return tuple(signed)


SIGNED = sign_chain(*RECORDS)
LATER: tuple[AnyRecord, ...] = (FULL_AGREEMENT, NOTICE)
"""Records of the later kinds and versions, outside the chain."""
