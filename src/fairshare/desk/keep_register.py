"""The desk's register: every agreement and disclosure that it holds, and what was imported, in one index.

The index stands beside the records. A case is read again when it has a new record; disposing of one removes the index.
Nothing in it counts by itself: whether an agreement is in force is asked of its record.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from hashlib import sha256

from pydantic import AwareDatetime

from fairshare.agree.conflicts import Conflict, find_conflicts, find_decision_conflicts, name_paper
from fairshare.agree.register import Entry, write_agreement_entry, write_disclosure_entry
from fairshare.agree.register_export import Language, Published, check_field, publish_entry
from fairshare.agree.register_search import Register
from fairshare.agree.standing import find_standing
from fairshare.desk.entering import read_case
from fairshare.desk.held_agreements import COMPLETE, find_current, hold_agreement, list_held
from fairshare.desk.ports import Desk
from fairshare.desk.who import Actor, Role
from fairshare.records import Agreement, Decision, PartialRecord, Receipt, Release, SignedRecord, encode
from fairshare.records.ids import Digest
from fairshare.words import BadInput, NotFound, Person, Refused
from fairshare.words.reading import build, parse_json
from fairshare.words.values import Line, Text, Value

_IMPORTS = "register/imports"
INDEX = "register/index.db"
_MARKS = "register/not-public.json"
_SHAPE = "1"
"""Changes whenever entries are written in another way, so that an older index is not taken for a fresh one."""


class NotYourRegister(Refused):
    """Only somebody who decides, signs or manages records may change the register."""

    code = "NOT_YOUR_REGISTER"


class ImportedEntries(Value):
    """The entries of one file that was imported: who did it, when, and from which bytes."""

    source: Line
    sha256: Digest
    by: Person
    at: AwareDatetime
    entries: tuple[Entry, ...]


class _Mark(Value):
    entry: Line
    field: Line
    reason: Text | None
    by: Person


class _Marks(Value):
    marks: tuple[_Mark, ...] = ()


@contextmanager
def open_register(desk: Desk) -> Iterator[Register]:
    """The desk's register, brought up to date first."""
    path = desk.files.path(INDEX)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    register = Register.open(path)
    try:
        register.update(_list_versions(desk), lambda part: _read_part(desk, part))
        yield register
    finally:
        register.close()


def _list_versions(desk: Desk) -> dict[str, str]:
    """By case and by import, what changes whenever its entries do. What is disposed of takes the index with it."""
    cases = {f"case:{case}": "\n".join((_SHAPE, *desk.records.ids(case))) for case in desk.records.cases()}
    imports = {f"import:{name}": desk.files.read(name) for name in desk.files.names(_IMPORTS)}
    return {name: sha256(ids.encode()).hexdigest() for name, ids in cases.items()} | {
        name: sha256(raw).hexdigest() for name, raw in imports.items()
    }


def _read_part(desk: Desk, part: str) -> Iterator[Entry]:
    sort, _, name = part.partition(":")
    if sort == "case":
        return _list_case(read_case(desk, name))
    return iter(build(ImportedEntries, parse_json(desk.files.read(name), where=name), where=name).entries)


def find_state(desk: Desk, entry: Entry, day: date) -> str | None:
    """The state of an entry on a day; for an agreement of the desk, from its signatures and notices."""
    if not entry.is_record or entry.sort != "agreement":
        return entry.state
    kept = desk.records.find(entry.id)
    if isinstance(kept, PartialRecord):
        return None
    records = read_case(desk, kept.record.case)
    return str(find_standing(hold_agreement(desk, records, kept), day).state)


def publish_register(desk: Desk, register: Register, day: date, language: Language = "en") -> tuple[Published, ...]:
    """The agreements that others may see: each one that counts, or counted last, in its case, with its marks.

    Drafts, versions that were replaced, one-off disclosures and whatever else was imported stay out.
    """
    marks = _read_marks(desk)
    found = []
    for entry in register.entries():
        if entry.sort != "agreement":
            continue
        state = find_state(desk, entry, day)
        if entry.is_record and (state not in COMPLETE or not _is_current(desk, entry)):
            continue
        found.append(publish_entry(entry, state=state, marks=marks.get(entry.id), language=language))
    return tuple(found)


def mark_field(desk: Desk, actor: Actor, entry: Entry, field: str, reason: str | None) -> None:
    """Keeps a field of an entry out of the public register, saying why; or lets it in, with None for a reason."""
    check_may_change(actor)
    check_field(field)
    if reason is not None and not reason.strip():
        raise BadInput("it does not say why", fix="Say why the field is not public.", where="--because")
    kept = [each for each in _list_marks(desk) if (each.entry, each.field) != (entry.id, field)]
    kept.append(_Mark(entry=entry.id, field=field, reason=reason, by=actor.person))
    desk.files.write(_MARKS, encode(_Marks(marks=tuple(kept))))


def import_entries(desk: Desk, actor: Actor, entries: Sequence[Entry], *, source: str, digest: str) -> str:
    """Takes the entries of one file into the register, all or none; the same file again replaces what it gave."""
    check_may_change(actor)
    taken = ImportedEntries(source=source, sha256=digest, by=actor.person, at=desk.clock.now(), entries=tuple(entries))
    name = f"{_IMPORTS}/{digest[:16]}.json"
    desk.files.write(name, encode(taken))
    return name


def list_desk_conflicts(desk: Desk, day: date, case: str | None = None) -> tuple[Conflict, ...]:
    """Conflicts between the agreements that may count from a day on, and between each and its decision.

    Takes    case: only conflicts that this case's agreements take part in.
    """
    live = [
        each.agreement
        for each in list_held(desk)
        if find_standing(each, day).ended_on is None and (each.agreement.valid.end or date.max) >= day
    ]
    own = [each for each in live if case is None or each.case == case]
    papers = {name_paper(each) for each in own}
    found = [each for each in find_conflicts(live) if case is None or papers & {each.here.paper, each.there.paper}]
    for agreement in own:
        for decision in _list_followed(desk, agreement):
            found += find_decision_conflicts(agreement, decision)
    return tuple(found)


def check_may_change(actor: Actor) -> None:
    """Raises NotYourRegister for somebody who may not change the register."""
    if not actor.roles & {Role.DECIDER, Role.SIGNATORY, Role.RECORDS_MANAGER}:
        raise NotYourRegister(
            "you may look things up in the register, not change it",
            fix="Ask a decider, a signatory or the records manager.",
            where="--as",
        )


def _list_case(records: Sequence[SignedRecord]) -> Iterator[Entry]:
    by_id = {each.id: each.record for each in records}
    sent = {each.record.release for each in records if isinstance(each.record, Receipt)}
    for signed in records:
        record = signed.record
        if isinstance(record, Agreement):
            decision = next((by_id[each] for each in record.follows if isinstance(by_id.get(each), Decision)), None)
            yield write_agreement_entry(record, decision if isinstance(decision, Decision) else None)
        elif isinstance(record, Release):
            behind = by_id.get(record.decision)
            yield write_disclosure_entry(
                record, behind if isinstance(behind, Decision) else None, sent=signed.id in sent
            )


def _is_current(desk: Desk, entry: Entry) -> bool:
    kept = desk.records.find(entry.id)
    current = find_current(desk, read_case(desk, kept.record.case)) if isinstance(kept, SignedRecord) else None
    return current is not None and current.id == entry.id


def _list_followed(desk: Desk, agreement: Agreement) -> Iterator[Decision]:
    for name in agreement.follows:
        try:
            kept = desk.records.find(name)
        except NotFound:
            continue
        if isinstance(kept, SignedRecord) and isinstance(kept.record, Decision):
            yield kept.record


def _list_marks(desk: Desk) -> tuple[_Mark, ...]:
    try:
        raw = desk.files.read(_MARKS)
    except NotFound:
        return ()
    return build(_Marks, parse_json(raw, where=_MARKS), where=_MARKS).marks


def _read_marks(desk: Desk) -> dict[str, dict[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for each in _list_marks(desk):
        found.setdefault(each.entry, {})[each.field] = each.reason
    return found
