"""Made-up cases to release under: a one-off disclosure to the police, and routine sharing with a university."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from fairshare.records.canonical import encode
from fairshare.records.commitments import record_id
from fairshare.records.keys import Keys, make_signing_key
from fairshare.records.kinds import (
    Agreement,
    Decision,
    Ground,
    Party,
    Release,
    ReleaseKind,
    ScopeLine,
    ScopeState,
)
from fairshare.records.kinds import Plan as PlanRecord
from fairshare.records.sealing import make_reader_key
from fairshare.records.signing import SignedRecord
from fairshare.release.flow import Handover, Ports, Released
from fairshare.release.grounds import Grounds
from fairshare.release.kinds import ChosenFile, Documents, Table, Told
from fairshare.release.plan import Plan, plan_to_json, read_plan
from fairshare.words import Item, Organisation, Outcome, Period, Person, Purpose, Reason, Subject

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HOLDER = Organisation(name="Harbour Homes", identifier="company:01234567")
POLICE = Organisation(name="Northshire Police")
UNIVERSITY = Organisation(name="Mid University")
LEAD = Person(name="B. Teal", role="Information governance lead", identifier="hh-1")
HANDLER = Person(name="C. Avocet", role="Case handler", identifier="hh-2")
CHECKER = Person(name="D. Dunlin", role="Team manager", identifier="hh-3")
OFFICER = Person(name="A. Wren", role="Detective constable", identifier="4711")
PURPOSE = Purpose(code="crime.investigation", text="To find a witness to a burglary <b>soon</b>.")
STUDY = Purpose(code="research.tenancies", text="A study of how long tenancies last.")

MARKER = "PLAINTEXT-MARKER"
"""Stands in every row and document, so that a search of the disk would find it."""


def counting_entropy(seed: str) -> Callable[[int], bytes]:
    """Randomness that is the same in every run."""

    def blocks() -> Iterator[int]:
        count = 0
        while True:
            yield from sha256(f"{seed}:{count}".encode()).digest()
            count += 1

    source = blocks()
    return lambda size: bytes(next(source) for _ in range(size))


HOLDER_KEY = make_signing_key("Harbour Homes", counting_entropy("holder"))
UNIVERSITY_KEY = make_signing_key("Mid University", counting_entropy("university"))
STRANGER_KEY = make_signing_key("Somebody Else", counting_entropy("stranger"))
TRUSTED = Keys.of([HOLDER_KEY.public])
READER, READER_SECRET = make_reader_key()


class FileBook:
    """A book that is a folder: one file for each intent and each outcome, put there in one step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True, parents=True)

    def is_finished(self, release_id: str) -> bool:
        return self._path("outcome", release_id).exists()

    def write_intent(self, release: SignedRecord) -> None:
        self._put(self._path("intent", release.id), encode(release))

    def write_outcome(self, released: Released) -> None:
        path = self._path("outcome", released.manifest.release.id)
        self._put(path, encode(released.manifest.receipt))
        assert path.read_bytes() == encode(released.manifest.receipt), "two different outcomes of one release"

    def outcomes(self) -> list[Path]:
        return sorted(self.folder.glob("outcome-*"))

    def intents(self) -> list[Path]:
        return sorted(self.folder.glob("intent-*"))

    def _path(self, what: str, release_id: str) -> Path:
        return self.folder / f"{what}-{release_id.removeprefix('sha256:')}"

    def _put(self, path: Path, content: bytes) -> None:
        draft = path.with_name(f".{os.getpid()}-{os.urandom(4).hex()}")
        draft.write_bytes(content)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()


class OneKey:
    """The pseudonymisation key of one agreement."""

    def key_for(self, key_id: str) -> bytes:
        return sha256(key_id.encode()).digest()


def make_ports(book: FileBook, seed: str = "ports") -> Ports:
    return Ports(key=HOLDER_KEY, book=book, now=lambda: NOW, entropy=counting_entropy(seed))


def nothing_changed(decision: Decision, day: date) -> tuple[Reason, ...]:
    return ()


def line(ref: str, label: str, state: ScopeState = ScopeState.AGREED, **changes: Any) -> ScopeLine:
    """One line of a decision's scope; `item` changes the item."""
    item = Item(ref=ref, label=label, **changes.pop("item", {}))
    outcome = Outcome.REFUSE_VOLUNTARY if state is ScopeState.WITHHELD else Outcome.SHARE_WITH_CONDITIONS
    given = {"outcome": outcome, "reason": Reason(text=f"Why {label} came out so.")} | changes
    return ScopeLine(item=item, state=state, **given)


def make_decision(**changes: Any) -> Decision:
    """A decision to tell the police about two people: two items agreed, one of them changed, and one withheld."""
    fields: dict[str, Any] = {
        "case": "hh-7",
        "salt": "0" * 32,
        "made_at": NOW,
        "made_by": LEAD,
        "tool": "police.ordinary",
        "rules": "0" * 64,
        "law_date": TODAY,
        "answers": {},
        "assessed": Outcome.SHARE_WITH_CONDITIONS,
        "outcome": Outcome.SHARE_WITH_CONDITIONS,
        "holder": HOLDER,
        "recipient": POLICE,
        "recipient_contact": OFFICER,
        "purpose": PURPOSE,
        "subjects": (Subject(ref="p1", label="Kit Marsh-Heron"), Subject(ref="p2", label="Ro Plover")),
        "scope": (
            line("i1", "Name", item={"kind": "column"}),
            line("i2", "Date of birth", ScopeState.REDACTED, treatment="year", item={"kind": "column"}),
            line("i3", "Support notes", ScopeState.WITHHELD),
            line("i4", "Tenancy file", item={"person": "p1", "kind": "document"}),
        ),
        "grounds": (
            Ground(
                sort="lawful_basis",
                conclusion="basis.recognised",
                provision="ukgdpr.art6.1.ea",
                says="Needed to detect crime.",
                mark="read",
            ),
        ),
        "conditions": ("Do not pass it on.", "Destroy it when the case is closed."),
        "valid": Period(start=TODAY, end=date(2026, 12, 31)),
        "decided_by": LEAD,
    }
    return Decision.model_validate(fields | changes)


def make_release(decision: Decision, /, **changes: Any) -> Release:
    """An intent that the decision covers: the two columns, as a table."""
    fields: dict[str, Any] = {
        "case": decision.case,
        "salt": "1" * 32,
        "follows": (record_id(decision),),
        "made_at": NOW,
        "made_by": HANDLER,
        "release_kind": ReleaseKind.TABLE,
        "decision": record_id(decision),
        "holder": decision.holder,
        "recipient": decision.recipient,
        "recipient_contact": decision.recipient_contact,
        "purpose": decision.purpose,
        "items": ("i1", "i2"),
        "law_date": TODAY,
        "channel": "secure email",
        "released_by": HANDLER,
    }
    return Release.model_validate(fields | changes)


PLAN = b"""
name: two people
source: {format: csv, path: people.csv, types: {born: date}}
columns:
  - {column: name, treatment: keep, item: i1}
  - {column: born, treatment: generalise, to: year, item: i2}
rows:
  - {column: id, test: one_of, values: ['1', '2']}
"""

PEOPLE_OF = {"1": "p1", "2": "p2"}


def write_people(folder: Path, rows: int = 20) -> Path:
    """A file of made-up people, each row with the marker in it."""
    lines = [f"{n},{MARKER}-{n},{1950 + n % 50}-03-0{1 + n % 9},note {MARKER}" for n in range(rows)]
    folder.mkdir(exist_ok=True, parents=True)
    path = folder / "people.csv"
    path.write_text("\n".join(["id,name,born,notes", *lines, ""]))
    return path


def record_plan(plan: Plan) -> PlanRecord:
    """A plan as it is recorded."""
    return PlanRecord(case="hh-7", salt="2" * 32, made_at=NOW, made_by=HANDLER, plan=plan_to_json(plan))


def make_table(base: Path, plan: bytes = PLAN, **changes: Any) -> Table:
    """The table that the plan makes of the file of people."""
    from fairshare.release.kinds import People

    given: dict[str, Any] = {"people": People("id", PEOPLE_OF)}
    return Table(plan=read_plan(plan, where="plan"), keys=OneKey(), base=base, **(given | changes))


def one_off(
    table: Table, *, decision: Decision | None = None, release: dict[str, Any] | None = None, **changes: Any
) -> Grounds:
    """Grounds that cover the police's table."""
    decided = decision or make_decision()
    recorded = record_plan(table.plan)
    intent = make_release(decided, **({"plan": record_id(recorded)} | (release or {})))
    grounds = Grounds(
        release=intent,
        decision=decided,
        decision_signed_by=frozenset({HOLDER_KEY.public.kid}),
        today=TODAY,
        law_today=nothing_changed,
        plan=recorded,
    )
    return replace(grounds, **changes)


def make_documents(folder: Path, sizes: tuple[int, ...] = (3000,), item: str = "i4") -> Documents:
    """Files to choose, with the marker all through them."""
    folder.mkdir(exist_ok=True, parents=True)
    chosen = []
    for number, size in enumerate(sizes, start=1):
        path = folder / f"document-{number}.txt"
        path.write_bytes((f"{MARKER} page {number} ".encode() * (size // 16 + 1))[:size])
        chosen.append(ChosenFile(item, path, f"tenancy file, part {number}.txt", "text/plain"))
    return Documents(tuple(chosen))


def bundle(*, decision: Decision | None = None, release: dict[str, Any] | None = None, **changes: Any) -> Grounds:
    """Grounds that cover the tenancy file of one person."""
    decided = decision or make_decision()
    intent = make_release(decided, **({"release_kind": ReleaseKind.BUNDLE, "items": ("i4",)} | (release or {})))
    grounds = Grounds(
        release=intent,
        decision=decided,
        decision_signed_by=frozenset({HOLDER_KEY.public.kid}),
        today=TODAY,
        law_today=nothing_changed,
    )
    return replace(grounds, **changes)


def tell(*items: str) -> Told:
    """Something said on the telephone."""
    return Told(
        account="Told DC Wren at 09:40 by telephone, on the force's switchboard number.", items=dict.fromkeys(items)
    )


STUDY_PLAN = b"""
name: the study
source: {format: csv, path: people.csv, types: {born: date}}
columns:
  - {column: id, treatment: pseudonymise, key: agreement-7, sent_as: person, item: i1}
  - {column: born, treatment: generalise, to: year, item: i2}
groups:
  - {treatment: suppress_small_groups, columns: [born], k: 2}
"""


def make_study_decision(**changes: Any) -> Decision:
    """A routine decision: reference numbers as codes, birth dates as years."""
    de_identified = {"outcome": Outcome.SHARE_DEIDENTIFIED, "item": {"kind": "column"}}
    return make_decision(
        **(
            {
                "recipient": UNIVERSITY,
                "recipient_contact": None,
                "purpose": STUDY,
                "subjects": (),
                "outcome": Outcome.SHARE_DEIDENTIFIED,
                "scope": (
                    line("i1", "Reference", ScopeState.REDACTED, treatment="pseudonymise", **de_identified),
                    line("i2", "Date of birth", ScopeState.REDACTED, treatment="month", **de_identified),
                    line("i3", "Name", ScopeState.WITHHELD),
                ),
                "routine": True,
            }
            | changes
        )
    )


def make_agreement(decision: Decision, **changes: Any) -> Agreement:
    """An agreement on the same items, with the birth date as a year."""
    fields: dict[str, Any] = {
        "case": decision.case,
        "salt": "3" * 32,
        "made_at": NOW,
        "made_by": LEAD,
        "title": "Tenancy study",
        "parties": (
            Party(organisation=HOLDER, role="discloser", key=HOLDER_KEY.public.kid, contact=LEAD),
            Party(organisation=UNIVERSITY, role="recipient", key=UNIVERSITY_KEY.public.kid, contact=OFFICER),
        ),
        "purpose": decision.purpose,
        "items": tuple(each.item for each in decision.scope if each.state is not ScopeState.WITHHELD),
        "treatments": {"i1": "pseudonymise", "i2": "year"},
        "valid": decision.valid,
        "review_on": date(2026, 12, 20),
    }
    return Agreement.model_validate(fields | changes)


def routine(
    table: Table,
    *,
    decision: Decision | None = None,
    agreement: dict[str, Any] | None = None,
    release: dict[str, Any] | None = None,
    **changes: Any,
) -> Grounds:
    """Grounds that cover the university's table under the agreement."""
    decided = decision or make_study_decision()
    agreed = make_agreement(decided, **(agreement or {}))
    grounds = one_off(table, decision=decided, release={"agreement": record_id(agreed)} | (release or {}))
    signers = frozenset({HOLDER_KEY.public.kid, UNIVERSITY_KEY.public.kid})
    return replace(grounds, **({"agreement": agreed, "agreement_signed_by": signers} | changes))


def make_study_table(base: Path, plan: bytes = STUDY_PLAN) -> Table:
    """The table that the university gets."""
    return make_table(base, plan, people=None, name="study")


def to_reader(destination: Path, key: str = READER) -> Handover:
    """A hand-over to somebody with a key."""
    return Handover(destination, (key,))
