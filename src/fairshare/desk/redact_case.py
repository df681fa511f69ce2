"""Redact the documents of a case: suggest, apply what people settled, and have a second person check it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Literal

from fairshare.desk.entering import check_allowed, enter, find_latest, read_case
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.documents.model import Document
from fairshare.documents.redact import SUFFIX
from fairshare.documents.redact_apart import draw_apart, look_apart, read_apart, redact_apart
from fairshare.documents.redact_shapes import MAX_BYTES, Redacted
from fairshare.documents.redact_thumbs import put_side_by_side
from fairshare.records import Decision, Plan, SignedRecord, encode, new_salt
from fairshare.records.canonical import parse_canonical
from fairshare.records.kinds import ScopeState
from fairshare.release.bundle_find import CasePeople, suggest_faces, suggest_removals
from fairshare.release.bundle_plan import (
    NotSettled,
    OtherSource,
    PlannedDocument,
    RedactionPlan,
    check_settled,
    count_reasons,
)
from fairshare.release.bundle_record import (
    MadeFile,
    Redaction,
    RedactionRecord,
    Sources,
    check_second_person,
    find_redaction,
    is_redaction,
    is_same_person,
)
from fairshare.release.bundle_sheet import MAX_PICTURES, THUMB_WIDTH, Compared, make_sheet_document
from fairshare.release.refusals import ItemNotAgreed, WrongFile
from fairshare.words import NotFound, Person
from fairshare.words.reading import build, read_file

Language = Literal["en", "cy"]


@dataclass(frozen=True)
class Chosen:
    """A document that somebody wants to redact, and the item of the decision that it is."""

    item: str
    path: Path
    name: str
    """As it stands in the plan, beside the plan's own file."""


@dataclass(frozen=True)
class Applied:
    """A redaction that was carried out and recorded."""

    signed: SignedRecord
    record: RedactionRecord
    files: tuple[tuple[str, bytes], ...] = field(repr=False)
    """The redacted files, by name."""
    sheet: Document = field(repr=False)


def suggest_redactions(
    desk: Desk, actor: Actor, case: str, chosen: Sequence[Chosen], people: CasePeople, *, ocr: bool = False
) -> RedactionPlan:
    """A plan for some documents of a case, with suggestions that somebody has to decide; nothing is recorded.

    The case's subjects are those of its newest decision; people who are third parties there are so here.
    """
    decision = _find_decision(check_allowed(desk, actor, Action.REDACT, case))
    known = CasePeople(
        subjects=(*people.subjects, *(each.label for each in decision.subjects if each.role != "third_party")),
        third_parties=(
            *people.third_parties, *(each.label for each in decision.subjects if each.role == "third_party")
        ),
        at_risk=people.at_risk,
    )  # fmt: skip
    documents: list[PlannedDocument] = []
    total = 0
    for each in chosen:
        treatment = _check_in_scope(decision, each.item)
        raw = read_file(each.path, max_bytes=MAX_BYTES)
        suggestions = suggest_removals(read_apart(raw, each.path.name, ocr=ocr), known, after=total)
        total += len(suggestions)
        if ocr:
            faces = suggest_faces(look_apart(raw, each.path.name), after=total)
            suggestions, total = suggestions + faces, total + len(faces)
        documents.append(
            PlannedDocument(
                item=each.item, path=each.name, sha256=sha256(raw).hexdigest(), treatment=treatment, ocr=ocr,
                suggestions=suggestions,
            )
        )  # fmt: skip
    return RedactionPlan(case=case, documents=tuple(documents))


def find_settler(desk: Desk, actor: Actor, plan: RedactionPlan) -> Person:
    """The person in whose name a plan is settled, if they may.

    Raises   NotYours, TooSoon.
    """
    check_allowed(desk, actor, Action.REDACT, plan.case)
    return actor.person


def apply_redactions(
    desk: Desk, actor: Actor, case: str, plan: RedactionPlan, base: Path, *, language: Language = "en"
) -> Applied:
    """Redacts every document of a settled plan, and records what was done; nothing is recorded if any fails.

    Takes    base: the folder that the plan's paths start at.
    Raises   NotSettled, OtherSource, ItemNotAgreed, and what redaction raises.
    """
    before = check_allowed(desk, actor, Action.REDACT, case)
    decided = find_latest(before, "decision")
    _check_plan(desk, case, plan, _find_decision(before))
    files: list[tuple[str, bytes]] = []
    compared = []
    for number, document in enumerate(plan.documents, start=1):
        raw = read_file(base / document.path, max_bytes=MAX_BYTES)
        if sha256(raw).hexdigest() != document.sha256:
            raise OtherSource(
                "the document has changed since the plan was made",
                fix="Make the plan for it again, or put the document back as it was.",
                where=f"document {number}",
            )
        name = PurePath(document.path).name
        made = redact_apart(raw, name, document.removals(), ocr=document.ocr)
        file = _describe(document, made, f"document-{number}{SUFFIX[made.media_type]}")
        files.append((file.name, made.content))
        compared.append(_compare(document, made, file, raw))
    sources = Sources(salt=new_salt(desk.entropy), sha256={each.sha256: each.item for each in plan.documents})
    record = RedactionRecord(
        files=tuple(each.file for each in compared), sources=sources.digest, applied_by=actor.person
    )
    sheet = make_sheet_document(
        case, record, compared, organisation=desk.organisation.name, on=desk.clock.now().date(), language=language
    )
    # First what the record is bound to: a file with no record does no harm.
    desk.files.write(_sources_name(case, sources.digest), encode(sources))
    return Applied(_record(desk, actor, record, (decided,)), record, tuple(files), sheet)


def check_redactions(desk: Desk, actor: Actor, case: str, folder: Path) -> SignedRecord:
    """Records that a second person has compared the newest redaction's documents before and after.

    Takes    folder: where the redacted files are; each must be the one that was made.
    Raises   SamePerson, WrongFile, NotFound.
    """
    before = check_allowed(desk, actor, Action.CHECK_REDACTION, case)
    decided = find_latest(before, "decision")
    redaction = find_case_redaction(desk, case)
    if redaction is None:
        raise NotFound(
            "nothing has been redacted under the case's newest decision",
            fix="Run `fairshare redact apply`.",
            where=case,
        )
    check_second_person(redaction.record, actor.person)
    for file in redaction.record.files:
        if sha256(read_file(folder / file.name, max_bytes=4 * MAX_BYTES)).hexdigest() != file.sha256:
            raise WrongFile(
                "a file is not the redacted one that was made",
                fix="Redact the documents again, and check those.",
                where=f"item {file.item}",
            )
    record = redaction.record.model_copy(update={"checked_by": actor.person, "checked_on": desk.clock.now().date()})
    applied = next(each for each in before if each.id == redaction.id)
    return _record(desk, actor, record, (decided, applied))


def find_case_redaction(desk: Desk, case: str) -> Redaction | None:
    """The newest redaction made under the case's newest decision, if there is one."""
    records = read_case(desk, case)
    decided = next((each for each in reversed(records) if each.record.kind == "decision"), None)
    for signed in reversed(records):
        if decided is not None and is_redaction(signed.record) and decided.id in signed.record.follows:
            assert isinstance(signed.record, Plan)  # noqa: S101 (a redaction is one)
            record = build(RedactionRecord, signed.record.plan, where="plan")
            name = _sources_name(case, record.sources)
            sources = build(Sources, parse_canonical(desk.files.read(name), where=name), where=name)
            return find_redaction(signed.record, signed.id, sources)
    return None


def _find_decision(records: tuple[SignedRecord, ...]) -> Decision:
    decision = find_latest(records, "decision").record
    assert isinstance(decision, Decision)  # noqa: S101 (found by its kind)
    return decision


def _check_in_scope(decision: Decision, item: str) -> str:
    """Refuses an item that was not agreed; returns how it is to be treated, in the decision's words."""
    lines = [line for line in decision.scope if line.item.ref == item]
    if not lines or any(line.state is ScopeState.WITHHELD or not line.outcome.shares for line in lines):
        raise ItemNotAgreed(
            f"item {item} was withheld, or is not in the decision",
            fix="Take it out, or have it decided.",
            where=f"item {item}",
        )
    return next((line.treatment for line in lines if line.treatment), "redacted")


def _check_plan(desk: Desk, case: str, plan: RedactionPlan, decision: Decision) -> None:
    if plan.case != case:
        raise OtherSource("the plan is for another case", fix="Give the plan of this case.", where="plan.case")
    check_settled(plan)
    people = [each.person for each in desk.people]
    for number, document in enumerate(plan.documents, start=1):
        _check_in_scope(decision, document.item)
        if not all(any(is_same_person(each, one) for one in people) for each in document.confirmers()):
            raise NotSettled(
                "somebody who does not work at this desk has confirmed a removal",
                fix="Have it confirmed by somebody who does: `fairshare redact plan`.",
                where=f"document {number}",
            )


def _describe(document: PlannedDocument, made: Redacted, name: str) -> MadeFile:
    removed: dict[str, int] = {}
    for code, times in count_reasons(document, made.found):
        removed[code] = removed.get(code, 0) + times
    return build(
        MadeFile,
        {
            "item": document.item,
            "name": name,
            "sha256": sha256(made.content).hexdigest(),
            "media_type": made.media_type,
            "treatment": document.treatment,
            "removed": removed,
            "not_searched": made.not_searched,
            "left_out": dict(made.left_out),
            "confirmed_by": [each.model_dump() for each in document.confirmers()],
            "needs_second_person": document.is_about_someone_at_risk or bool(made.not_searched),
        },
        where=name,
    )


def _compare(document: PlannedDocument, made: Redacted, file: MadeFile, raw: bytes) -> Compared:
    pages = made.changed_pages[:MAX_PICTURES]
    pictures: tuple[tuple[int, bytes], ...] = ()
    if pages:
        before = draw_apart(raw, PurePath(document.path).name, pages, width=THUMB_WIDTH)
        after = draw_apart(made.content, file.name, pages, width=THUMB_WIDTH)
        joined = (put_side_by_side(one, other) for one, other in zip(before, after, strict=True))
        pictures = tuple(zip(pages, joined, strict=True))
    return Compared(file, made.changed_pages, sum(not times for times in made.found), pictures)


def _record(desk: Desk, actor: Actor, record: RedactionRecord, follows: tuple[SignedRecord, ...]) -> SignedRecord:
    return enter(
        desk,
        Plan(
            case=follows[0].record.case,
            salt=new_salt(desk.entropy),
            follows=tuple(each.id for each in follows),
            made_at=desk.clock.now(),
            made_by=actor.person,
            plan=record.model_dump(mode="json"),
        ),
    )


def _sources_name(case: str, digest: str) -> str:
    return f"redactions/{case}/{digest}.json"
