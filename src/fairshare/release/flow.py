"""Releasing: check, write down the intent, work where nobody sees, then one rename makes it all appear.

    coverage checked -> intent written down -> sealed files, sheet, receipt and manifest in staging -> one rename
    -> outcome written down -> staging cleared

Before the rename a release has not happened, and what is in staging is thrown away. After it the release has happened,
and `recover` writes it down as often as it must. Nobody waits for a lock: two attempts may run, and one gets the name.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from fairshare.agree.standing import Held
from fairshare.records.canonical import encode, parse_canonical
from fairshare.records.commitments import Entropy, new_salt
from fairshare.records.keys import SigningKey
from fairshare.records.kinds import Receipt, SentFile
from fairshare.records.signing import SignedRecord, sign_record
from fairshare.release.coverage import check_coverage, check_still_in_force
from fairshare.release.coverage_contents import check_file
from fairshare.release.delivery import (
    MAX_MANIFEST,
    name_folder,
    seal_into,
    seal_manifest,
)
from fairshare.release.engines import EngineReport
from fairshare.release.grounds import Grounds
from fairshare.release.kept_by_holder import KeptByHolder, keep_facts
from fairshare.release.kinds import Contents, Documents, Table, Told
from fairshare.release.manifest import Manifest, parse_manifest, write_manifest
from fairshare.release.packing import OnProgress, digest_files, pack_files
from fairshare.release.parts import discard_used
from fairshare.release.sealed_to import Readers, check_handover, find_sealed, name_readers, prepare_readers
from fairshare.release.sharing.blocks import ShareStore, seal_in_blocks
from fairshare.release.sheet import write_sheet
from fairshare.release.sheet_facts import count, gather_facts, list_treatments
from fairshare.release.sheet_files import add_sheets, write_sheet_pdf
from fairshare.release.sources_stamps import check_unmoved, stamp_files
from fairshare.release.staging import (
    AlreadyReleased,
    Attempt,
    commit_attempt,
    find_abandoned,
    remove_attempt,
    start_attempt,
    write_synced,
)
from fairshare.words import BadInput
from fairshare.words.reading import read_file


class Step(StrEnum):
    """Where a release has come to."""

    CHECKED = "checked"
    INTENT = "intent"
    STARTED = "started"
    SEALED = "sealed"
    SHEET = "sheet"
    MANIFEST = "manifest"
    NOTED = "noted"
    COMMITTED = "committed"
    RECORDED = "recorded"
    CLEARED = "cleared"


@dataclass(frozen=True)
class Released:
    """A release that has happened."""

    folder: Path
    manifest: Manifest
    sheet: str = field(repr=False)
    """The holder's own copy of the release sheet."""
    pdf: bytes | None = field(repr=False, default=None)
    """The same as PDF, if it was wanted and could be drawn."""
    kept: bytes | None = field(repr=False, default=None)
    """The facts that the receipt only commits to, as the file that stays at the desk."""


class Book(Protocol):
    """Where intents and outcomes are written down and logged. Each may be called again for the same release."""

    def is_finished(self, release_id: str) -> bool:
        """Whether an outcome has been written down for this intent."""
        ...

    def write_intent(self, release: SignedRecord) -> None:
        """Writes down what is about to be released; it is durable when this returns."""
        ...

    def write_outcome(self, released: Released) -> None:
        """Writes down what was released: the receipt, the holder's sheet, and what only the holder keeps."""
        ...


class Guard(Protocol):
    """What must agree before rows go, and be told how it ended: the releases that went before, a privacy budget.

    What is set aside belongs to one attempt, by the name of its folder: two attempts may be made at one release, and
    one of them happens. `settle` and `discard` may come again for the same attempt.
    """

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        """Refuses, or sets aside what the release will use up, before a row is read; durable when this returns."""
        ...

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        """Refuses what was made ready, before the rename; gives the report, with what there is to tell added."""
        ...

    def settle(self, released: Released, attempt: Attempt) -> None:
        """The release has happened, by this attempt."""
        ...

    def discard(self, attempt: Attempt) -> None:
        """This attempt released nothing, and never will."""
        ...


@runtime_checkable
class DrawGuard(Guard, Protocol):
    """A guard that is also told when something was drawn from the rows, which is then told or as good as told."""

    def drawn(self, attempt: Attempt) -> None:
        """Noise or synthetic people have been drawn; none of it is written yet. Durable when this returns."""
        ...


@dataclass(frozen=True)
class Ports:
    """What a release needs of the world: a key to sign with, a book, the time, and randomness."""

    key: SigningKey
    book: Book
    now: Callable[[], datetime]
    entropy: Entropy
    guards: tuple[Guard, ...] = ()
    held_now: Callable[[], Held | None] = lambda: None
    """The agreement as it is held at this moment, since it may be paused while a long run goes on; none if nobody
    can say more than at the start."""


@dataclass(frozen=True)
class Handover:
    """Where a release is put, and who can open it: public keys, a passphrase told over another channel, or a share."""

    destination: Path
    readers: Readers = ()
    """None only for what is told, viewed or uploaded: then the folder holds no more than the release sheet."""
    language: str = "en"
    pdf: bool = False
    """Beside the page, the release sheet as PDF, where it can be drawn."""


@dataclass(frozen=True)
class _Work:
    """What one release is made from."""

    grounds: Grounds
    contents: Contents
    handover: Handover
    ports: Ports
    intent: SignedRecord
    final: Path


def run_release(
    grounds: Grounds,
    contents: Contents,
    handover: Handover,
    ports: Ports,
    *,
    on_progress: OnProgress | None = None,
    on_step: Callable[[Step], None] = lambda step: None,
) -> Released:
    """Releases what the grounds cover, all of it or nothing.

    Takes    on_progress: told a share from 0 to 1; to stop, raise ReleaseCancelled from it.
    Raises   why it is refused, before anything is written; AlreadyReleased when this intent has been released before;
             what an engine, the disk or encryption raises, and then nothing was released.
    """
    check_coverage(grounds, contents)
    check_handover(handover.readers, contents)
    intent = sign_record(grounds.release, ports.key)
    final = handover.destination / name_folder(intent.id)
    if ports.book.is_finished(intent.id) or final.exists():
        raise AlreadyReleased(
            "this release has already been made",
            fix="Use the one that is there; to release again, record a new intent.",
            where=final.name,
        )
    on_step(Step.CHECKED)
    ports.book.write_intent(intent)
    on_step(Step.INTENT)
    with start_attempt(handover.destination, final.name) as attempt:
        on_step(Step.STARTED)
        work = _Work(grounds, contents, handover, ports, intent, final)
        with _guarding(work, attempt):
            # The guards read the source again, after the rows: it must be the same from here to the rename.
            stamps = stamp_files(contents.plan, contents.base) if isinstance(contents, Table) else ()
            released = _make_ready(work, attempt, on_progress, on_step)
            if isinstance(contents, Table):
                check_unmoved(contents.plan, contents.base, stamps)
            check_still_in_force(grounds, ports.held_now(), ports.now().date())
            commit_attempt(attempt, final)
        on_step(Step.COMMITTED)
        _settle(released, attempt, ports.book, ports.guards)
        on_step(Step.RECORDED)
        discard_used(handover.destination, attempt)
        remove_attempt(attempt)
    on_step(Step.CLEARED)
    return released


@contextmanager
def _guarding(work: _Work, attempt: Attempt) -> Iterator[None]:
    """Asks every guard first; if the release then fails before its rename, tells them that it never happened."""
    try:
        for guard in work.ports.guards:
            guard.prepare(work.intent, work.contents, attempt)
        yield
    except BaseException:
        if not attempt.is_committed:
            _discard(attempt, work.ports.guards)
        raise


def _settle(released: Released, attempt: Attempt, book: Book, guards: tuple[Guard, ...]) -> None:
    for guard in guards:
        guard.settle(released, attempt)
    book.write_outcome(released)


def _tell_drawn(attempt: Attempt, guards: tuple[Guard, ...]) -> None:
    for guard in guards:
        if isinstance(guard, DrawGuard):
            guard.drawn(attempt)


def _discard(attempt: Attempt, guards: tuple[Guard, ...]) -> None:
    for guard in guards:
        guard.discard(attempt)


def recover(destination: Path, book: Book, guards: tuple[Guard, ...] = ()) -> tuple[Released, ...]:
    """Finishes or discards what killed processes left under `destination`; safe to run at any time, and again.

    Returns  the releases that had happened and are now written down. What had not happened is gone.
    """
    finished = []
    for attempt in find_abandoned(destination):
        if attempt.is_committed:
            released = _read_note(attempt, destination)
            _settle(released, attempt, book, guards)
            discard_used(destination, attempt)
            finished.append(released)
        elif attempt.out.exists():
            _discard(attempt, guards)
        # With neither note nor `out`, only its removal was cut short: what became of it has been told.
        remove_attempt(attempt)
    return tuple(finished)


def _make_ready(
    work: _Work, attempt: Attempt, on_progress: OnProgress | None, on_step: Callable[[Step], None]
) -> Released:
    """Puts everything into staging, down to the note of what must be written down after the rename."""
    grounds, language = work.grounds, work.handover.language
    to = prepare_readers(work.handover.readers, attempt.out)
    packed, report = _pack(work, attempt, to, on_progress)
    report, kept = _examine(work, report)
    on_step(Step.SEALED)
    facts = gather_facts(
        grounds,
        work.contents,
        release_id=work.intent.id,
        files=packed,
        report=report,
        sealed=find_sealed(work.handover.readers),
        signed_by=work.ports.key.public.kid,
    )
    added = add_sheets(facts, attempt.out, to, language=language, pdf=work.handover.pdf)
    on_step(Step.SHEET)
    receipt = sign_record(_make_receipt(work, (*packed, *added), report), work.ports.key)
    manifest = Manifest(release=work.intent, receipt=receipt)
    if to:
        seal_manifest(attempt.out, write_manifest(manifest), to)
    on_step(Step.MANIFEST)
    own = write_sheet_pdf(facts, audience="holder", language=language) if work.handover.pdf else None
    page = write_sheet(facts, audience="holder", language=language)
    released = Released(work.final, manifest, page, own, kept.write() if kept is not None else None)
    _write_note(released, attempt)
    on_step(Step.NOTED)
    return released


def _examine(work: _Work, report: EngineReport | None) -> tuple[EngineReport | None, KeptByHolder | None]:
    """Asks every guard about what was made ready; what they found for the holder alone is set apart."""
    if report is None:
        return None, None
    for guard in work.ports.guards:
        report = guard.examine(work.intent, work.contents, report)
    return keep_facts(report, work.ports.entropy)


def _pack(
    work: _Work, attempt: Attempt, to: tuple[str, ...], on_progress: OnProgress | None
) -> tuple[tuple[SentFile, ...], EngineReport | None]:
    def check(item: str, sha256: str) -> None:
        check_file(work.grounds, item, sha256)

    match work.contents:
        case Table() as table:
            # Here, so that documents are released without an engine being loaded.
            from fairshare.release.parts_packing import pack_rows

            seal = seal_in_blocks if isinstance(work.handover.readers, ShareStore) else seal_into
            place = _place_parts(work, attempt)
            table = replace(table, on_drawn=lambda: _tell_drawn(attempt, work.ports.guards))
            return pack_rows(table, attempt=attempt, place=place, to=to, seal=seal, on_progress=on_progress)
        case Documents(files=files):
            return pack_files(files, out=attempt.out, to=to, check=check, on_progress=on_progress), None
        case Told(uploaded=uploaded):
            return digest_files(uploaded, check=check), None


def _place_parts(work: _Work, attempt: Attempt) -> Path:
    """Where parts wait for a next attempt: with a passphrase they are sealed to a new key each time, so nowhere."""
    return work.handover.destination if isinstance(work.handover.readers, tuple) else attempt.folder


def _make_receipt(work: _Work, files: tuple[SentFile, ...], report: EngineReport | None) -> Receipt:
    release, readers, now = work.grounds.release, work.handover.readers, work.ports.now()
    return Receipt(
        case=release.case,
        salt=new_salt(work.ports.entropy),
        follows=(work.intent.id,),
        made_at=now,
        made_by=release.released_by,
        release=work.intent.id,
        files=files,
        counts=count(work.grounds, report),
        items=release.items,
        treatments=list_treatments(work.contents, report),
        engine=report.engine if report else None,
        sealed_to=name_readers(readers),
        told=work.contents.account if isinstance(work.contents, Told) else "",
        finished_at=now,
    )


def _write_note(released: Released, attempt: Attempt) -> None:
    """What must be written down after the rename, even if this process is killed."""
    note = {"manifest": released.manifest.model_dump(mode="json"), "sheet": released.sheet}
    pdf = {"pdf": b64encode(released.pdf).decode()} if released.pdf is not None else {}
    kept = {"kept": released.kept.decode()} if released.kept is not None else {}
    write_synced(attempt.note, encode(note | pdf | kept))


def _read_note(attempt: Attempt, destination: Path) -> Released:
    """What a killed process had still to write down."""
    where = attempt.note.name
    found = parse_canonical(read_file(attempt.note, max_bytes=MAX_MANIFEST), where=where, max_bytes=MAX_MANIFEST)
    texts = [found.get("sheet"), found.get("pdf", ""), found.get("kept", "")] if isinstance(found, dict) else []
    if (
        not isinstance(found, dict)
        or found.keys() - {"pdf", "kept"} != {"manifest", "sheet"}
        or not all(isinstance(each, str) for each in texts)
    ):
        raise BadInput(
            "the note that a release left is damaged",
            fix="Look at the release folder and the staging folder beside it, and write the outcome down by hand.",
            where=where,
        )
    manifest = parse_manifest(encode(found["manifest"]), where=where)
    pdf = b64decode(found["pdf"]) if "pdf" in found else None
    kept = found["kept"].encode() if "kept" in found else None
    return Released(destination / name_folder(manifest.release.id), manifest, found["sheet"], pdf, kept)
