"""A release of each kind, from the intent to what the recipient holds; and what stops one leaves nothing behind."""

from __future__ import annotations

import csv
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from fairshare.records.canonical import parse_canonical
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Counts, ReleaseKind, ScopeState
from fairshare.records.sealing import Passphrase, SealFailed, make_reader_key
from fairshare.records.signing import SignedRecord, check_record, parse_signed
from fairshare.release import publishing
from fairshare.release.delivery import make_passphrase, make_recipient_receipt, open_release
from fairshare.release.flow import Handover, Released, Step, recover, run_release
from fairshare.release.kinds import ChosenFile, Documents
from fairshare.release.manifest import BadFileName
from fairshare.release.packing import ReleaseCancelled
from fairshare.release.plan import UnknownColumn
from fairshare.release.refusals import BadReaders, NotDecidedToShare, WrongFile
from fairshare.release.sheet_files import SHEET
from fairshare.release.staging import AlreadyReleased, Attempt, StagingFailed, remove_attempt
from fairshare.words import FairshareError, NotFound, Outcome
from tests.release.flow.stories import (
    HOLDER_KEY,
    LEAD,
    MARKER,
    NOW,
    READER,
    READER_SECRET,
    TRUSTED,
    FileBook,
    bundle,
    line,
    make_decision,
    make_documents,
    make_ports,
    make_study_table,
    make_table,
    one_off,
    routine,
    tell,
    to_reader,
    write_people,
)


@pytest.fixture
def book(tmp_path: Path) -> FileBook:
    return FileBook(tmp_path / "book")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """The folder of the file of people."""
    return write_people(tmp_path / "inputs", 400).parent


def list_all(destination: Path) -> list[Path]:
    """Everything under a destination, but for the empty staging folder."""
    return [each for each in destination.rglob("*") if each.name != ".staging"]


@pytest.mark.parametrize("engine", ["duckdb", "memory"])
@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_reaches_its_recipient_as_planned(
    people: Path, tmp_path: Path, book: FileBook, engine: str, form: Any
) -> None:
    table = make_table(people, engine=engine, format=form)
    released = run_release(one_off(table), table, to_reader(tmp_path / "out"), make_ports(book))
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    assert opened.receipt.counts == Counts(
        rows_read=400, rows_filtered=398, rows_sent=2, items_sent=2, items_withheld=1
    )
    assert opened.receipt.treatments == {"name": "as it is", "born": "year only"}
    assert opened.receipt.engine is not None
    assert opened.receipt.engine.startswith(engine)
    if form == "csv":
        with (opened.folder / "table.csv").open(newline="") as file:
            assert sorted(csv.reader(file)) == [[f"{MARKER}-1", "1951"], [f"{MARKER}-2", "1952"], ["name", "born"]]


def test_a_table_under_an_agreement_says_what_was_suppressed(people: Path, tmp_path: Path, book: FileBook) -> None:
    table = make_study_table(people)
    released = run_release(routine(table), table, to_reader(tmp_path / "out"), make_ports(book))
    receipt = released.manifest.outcome
    assert receipt.counts.rows_sent == 400
    assert released.manifest.intent.agreement is not None
    assert "pseudonymised" in released.sheet
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    text = (opened.folder / "study.csv").read_text()
    assert MARKER not in text
    assert len(re.findall(r'"[0-9a-f]{64}","19\d\d"', text)) == 400


def test_a_bundle_reaches_its_recipient_byte_for_byte(tmp_path: Path, book: FileBook) -> None:
    files = make_documents(tmp_path / "inputs", (0, 1, 65_536, 300_000))
    released = run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book))
    names = {each.name for each in released.folder.iterdir()}
    assert names == {*(f"000{n}.age" for n in range(1, 6)), "manifest.age", "HOW-TO-OPEN.txt"}
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    for each in files.files:
        assert (opened.folder / each.name).read_bytes() == each.path.read_bytes()
    assert opened.signed_by == HOLDER_KEY.public


def test_the_folder_tells_nobody_what_is_in_it(tmp_path: Path, book: FileBook) -> None:
    files = make_documents(tmp_path / "inputs")
    run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book))
    secrets = (MARKER, "tenancy", "Wren", "Northshire", "Harbour", sha256(files.files[0].path.read_bytes()).hexdigest())
    for path in list_all(tmp_path / "out"):
        content = path.read_bytes() if path.is_file() else b""
        for secret in secrets:
            assert secret.encode() not in content + path.name.encode()
        assert path.stat().st_mode & 0o077 == 0, "others on this machine can read it"


@pytest.mark.parametrize("kind", [ReleaseKind.SPOKEN, ReleaseKind.VIEWED, ReleaseKind.PORTAL])
def test_what_is_told_viewed_or_uploaded_has_a_receipt_and_a_sheet_but_hands_nothing_over(
    kind: ReleaseKind, tmp_path: Path, book: FileBook
) -> None:
    told = tell("i4")
    if kind is ReleaseKind.PORTAL:
        told = replace(told, uploaded=make_documents(tmp_path / "inputs").files)
    grounds = bundle(release={"release_kind": kind})
    released = run_release(grounds, told, Handover(tmp_path / "out"), make_ports(book))
    receipt = released.manifest.outcome
    assert receipt.told == told.account
    assert receipt.sealed_to is None
    assert receipt.items == ("i4",)
    assert [each.name for each in released.folder.iterdir()] == [SHEET]
    assert told.account not in released.sheet
    if kind is ReleaseKind.PORTAL:
        (sent,) = receipt.files
        assert sent.sha256 == sha256(told.uploaded[0].path.read_bytes()).hexdigest()
        assert sent.encrypted_sha256 is None
    else:
        assert receipt.files == ()


def test_pictures_go_as_a_bundle_does(tmp_path: Path, book: FileBook) -> None:
    scope = (line("i6", "Hallway camera", ScopeState.REDACTED, treatment="others blurred", item={"kind": "footage"}),)
    path = make_documents(tmp_path / "inputs", item="i6").files[0].path
    files = Documents((ChosenFile("i6", path, "camera 2.mp4", "video/mp4", "others blurred"),))
    grounds = bundle(decision=make_decision(scope=scope), release={"release_kind": "images", "items": ("i6",)})
    released = run_release(grounds, files, to_reader(tmp_path / "out"), make_ports(book))
    assert released.manifest.outcome.treatments == {"i6": "others blurred"}


def test_the_book_holds_the_signed_intent_before_any_work_and_the_signed_receipt_after(
    tmp_path: Path, book: FileBook
) -> None:
    grounds, files = bundle(), make_documents(tmp_path / "inputs")
    intents_at: dict[Step, int] = {}
    outcomes_at: dict[Step, int] = {}

    def look(step: Step) -> None:
        intents_at[step], outcomes_at[step] = len(book.intents()), len(book.outcomes())

    run_release(grounds, files, to_reader(tmp_path / "out"), make_ports(book), on_step=look)
    assert [step for step, found in intents_at.items() if not found] == [Step.CHECKED]
    assert [step for step, found in outcomes_at.items() if found] == [Step.RECORDED, Step.CLEARED]
    (intent,) = [parse_signed(path.read_bytes()) for path in book.intents()]
    (receipt,) = [parse_signed(path.read_bytes()) for path in book.outcomes()]
    assert intent.record == grounds.release
    assert receipt.record.follows == (intent.id,)
    for each in (intent, receipt):
        assert check_record(each, TRUSTED) == (HOLDER_KEY.public,)


def test_the_recipient_can_answer_with_a_receipt_of_their_own(tmp_path: Path, book: FileBook) -> None:
    released = run_release(bundle(), make_documents(tmp_path / "i"), to_reader(tmp_path / "out"), make_ports(book))
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    receipt = make_recipient_receipt(opened, salt="9" * 32, made_at=NOW, made_by=LEAD)
    assert receipt.side == "recipient"
    assert receipt.follows == (released.manifest.release.id, released.manifest.receipt.id)
    assert receipt.files == released.manifest.outcome.files
    assert record_id(receipt) != released.manifest.receipt.id


def test_a_passphrase_opens_what_was_sealed_to_it_and_is_kept_nowhere(tmp_path: Path, book: FileBook) -> None:
    words = make_passphrase()
    files = make_documents(tmp_path / "inputs")
    released = run_release(bundle(), files, Handover(tmp_path / "out", words), make_ports(book))
    assert released.manifest.outcome.sealed_to == "passphrase"
    for path in [*list_all(tmp_path / "out"), *book.folder.iterdir()]:
        assert words.text.encode() not in (path.read_bytes() if path.is_file() else b"")
    assert words.text not in f"{released!r}{words!r}{released.sheet}"
    opened = open_release(released.folder, words, trust=TRUSTED, into=tmp_path / "in")
    assert (opened.folder / files.files[0].name).read_bytes() == files.files[0].path.read_bytes()
    with pytest.raises(FairshareError):
        open_release(released.folder, Passphrase("quite another set of words"), trust=TRUSTED, into=tmp_path / "in2")
    assert not (tmp_path / "in2").exists()


def test_a_passphrase_is_six_words_drawn_one_by_one() -> None:
    drawn: list[int] = []

    def choose(words: Any) -> str:
        drawn.append(len(words))
        return str(words[len(drawn)])

    assert re.fullmatch(r"[a-z]{3,9}(-[a-z]{3,9}){5}", make_passphrase(choose).text)
    assert len(drawn) == 6
    assert min(drawn) == 7_772  # of which six make 77 bits
    assert make_passphrase() != make_passphrase()


def test_several_readers_can_each_open_it(tmp_path: Path, book: FileBook) -> None:
    other, other_secret = make_reader_key()
    handover = Handover(tmp_path / "out", (READER, other))
    released = run_release(bundle(), make_documents(tmp_path / "inputs"), handover, make_ports(book))
    for number, secret in enumerate((READER_SECRET, other_secret)):
        open_release(released.folder, secret, trust=TRUSTED, into=tmp_path / f"in{number}")


# What stops a release. Each leaves nothing under a final name, nothing in staging, and no outcome in the book.


def refuse_the_decision(tmp_path: Path, people: Path, book: FileBook) -> None:
    grounds = bundle(decision=make_decision(outcome=Outcome.REFUSE_VOLUNTARY))
    run_release(grounds, make_documents(people), to_reader(tmp_path / "out"), make_ports(book))


def name_no_reader(tmp_path: Path, people: Path, book: FileBook) -> None:
    run_release(bundle(), make_documents(people), Handover(tmp_path / "out"), make_ports(book))


def name_eight_readers(tmp_path: Path, people: Path, book: FileBook) -> None:
    keys = tuple(make_reader_key()[0] for _ in range(8))
    run_release(bundle(), make_documents(people), Handover(tmp_path / "out", keys), make_ports(book))


def seal_what_is_told(tmp_path: Path, people: Path, book: FileBook) -> None:
    grounds = bundle(release={"release_kind": "spoken"})
    run_release(grounds, tell("i4"), to_reader(tmp_path / "out"), make_ports(book))


def give_two_files_one_name(tmp_path: Path, people: Path, book: FileBook) -> None:
    (one,) = make_documents(people).files
    files = Documents((one, replace(one, name=one.name.upper())))
    run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book))


def call_a_file_as_the_sheet_is_called(tmp_path: Path, people: Path, book: FileBook) -> None:
    (one,) = make_documents(people).files
    files = Documents((replace(one, name="RELEASE-SHEET.html"),))
    run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book))


def choose_a_file_that_is_not_there(tmp_path: Path, people: Path, book: FileBook) -> None:
    (one,) = make_documents(people).files
    files = Documents((one, replace(one, name="b", path=people / "gone")))
    run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book))


def choose_a_pipe(tmp_path: Path, people: Path, book: FileBook) -> None:
    os.mkfifo(people / "pipe")
    files = Documents((ChosenFile("i4", people / "pipe", "pipe"),))
    run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book))


def choose_another_file_than_decided(tmp_path: Path, people: Path, book: FileBook) -> None:
    scope = (line("i4", "File", item={"sha256": "0" * 64, "kind": "document"}),)
    grounds = bundle(decision=make_decision(scope=scope))
    run_release(grounds, make_documents(people), to_reader(tmp_path / "out"), make_ports(book))


def upload_another_file_than_decided(tmp_path: Path, people: Path, book: FileBook) -> None:
    scope = (line("i4", "File", item={"sha256": "0" * 64, "kind": "document"}),)
    grounds = bundle(decision=make_decision(scope=scope), release={"release_kind": "portal"})
    told = replace(tell("i4"), uploaded=make_documents(people).files)
    run_release(grounds, told, Handover(tmp_path / "out"), make_ports(book))


def stop_a_bundle_half_way(tmp_path: Path, people: Path, book: FileBook) -> None:
    files = make_documents(people, (1_000, 1_000))
    run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book), on_progress=stop)


def stop_a_table_half_way(tmp_path: Path, people: Path, book: FileBook) -> None:
    table = make_table(people)
    run_release(one_off(table), table, to_reader(tmp_path / "out"), make_ports(book), on_progress=stop)


def stop_a_table_of_the_other_engine(tmp_path: Path, people: Path, book: FileBook) -> None:
    table = make_table(people, engine="memory")
    run_release(one_off(table), table, to_reader(tmp_path / "out"), make_ports(book), on_progress=stop)


def interrupt_a_table(tmp_path: Path, people: Path, book: FileBook) -> None:
    table = make_table(people)
    run_release(one_off(table), table, to_reader(tmp_path / "out"), make_ports(book), on_progress=interrupt)


def interrupt_between_steps(tmp_path: Path, people: Path, book: FileBook) -> None:
    files = make_documents(people)
    run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book), on_step=interrupt_at_sheet)


def plan_a_column_that_is_not_there(tmp_path: Path, people: Path, book: FileBook) -> None:
    (people / "people.csv").write_text("id,name\n1,a\n")
    table = make_table(people)
    run_release(one_off(table), table, to_reader(tmp_path / "out"), make_ports(book))


def put_it_where_nothing_can_be_written(tmp_path: Path, people: Path, book: FileBook) -> None:
    (tmp_path / "out").write_text("a file, not a folder")
    run_release(bundle(), make_documents(people), to_reader(tmp_path / "out"), make_ports(book))


def stop(share: float) -> None:
    raise ReleaseCancelled("stopped by the releaser", fix="Release again.")


def interrupt(share: float) -> None:
    raise KeyboardInterrupt


def interrupt_at_sheet(step: Step) -> None:
    if step is Step.SHEET:
        raise KeyboardInterrupt


STOPPED: list[tuple[Callable[[Path, Path, FileBook], None], type[BaseException]]] = [
    (refuse_the_decision, NotDecidedToShare),
    (name_no_reader, BadReaders),
    (name_eight_readers, BadReaders),
    (seal_what_is_told, BadReaders),
    (give_two_files_one_name, BadFileName),
    (call_a_file_as_the_sheet_is_called, BadFileName),
    (choose_a_file_that_is_not_there, NotFound),
    (choose_a_pipe, NotFound),
    (choose_another_file_than_decided, WrongFile),
    (upload_another_file_than_decided, WrongFile),
    (stop_a_bundle_half_way, ReleaseCancelled),
    (stop_a_table_half_way, ReleaseCancelled),
    (stop_a_table_of_the_other_engine, ReleaseCancelled),
    (interrupt_a_table, KeyboardInterrupt),
    (interrupt_between_steps, KeyboardInterrupt),
    (plan_a_column_that_is_not_there, UnknownColumn),
    (put_it_where_nothing_can_be_written, StagingFailed),
]


@pytest.mark.parametrize(("attempt", "error"), STOPPED, ids=[attempt.__name__ for attempt, _ in STOPPED])
def test_what_stops_a_release_leaves_nothing(
    attempt: Callable[[Path, Path, FileBook], None],
    error: type[BaseException],
    tmp_path: Path,
    people: Path,
    book: FileBook,
) -> None:
    with pytest.raises(error):
        attempt(tmp_path, people, book)
    assert list_all(tmp_path / "out") == []
    assert book.outcomes() == []


@pytest.mark.parametrize("limit", [0, 1, 100_000])
def test_a_full_disk_leaves_nothing(limit: int, tmp_path: Path, people: Path, book: FileBook) -> None:
    import resource

    # More than a pipe holds, so that an engine that nobody stops would wait for ever.
    table = make_table(write_people(tmp_path / "many", 150_000).parent, people=None)
    decision = make_decision(subjects=(), scope=make_decision().scope[:2])
    plan_of_all = replace(table, plan=table.plan.model_copy(update={"rows": ()}))
    grounds = one_off(plan_of_all, decision=decision)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A real limit on the size of any file: writing past it fails as on a full disk.
    try:
        with pytest.raises((SealFailed, StagingFailed)):
            run_release(
                grounds,
                plan_of_all,
                to_reader(tmp_path / "out"),
                make_ports(book),
                on_step=lambda step: (
                    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1])) if step is Step.STARTED else None
                ),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list_all(tmp_path / "out") == []
    assert book.outcomes() == []


def test_the_disk_holds_every_byte_before_the_rename(
    tmp_path: Path, book: FileBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    before: list[set[int]] = []
    fsync, rename = os.fsync, os.rename

    def note_fsync(handle: int) -> None:
        fsync(handle)
        synced.append(os.fstat(handle).st_ino)

    def note_rename(source: Path, target: Path) -> None:
        expected = [*source.iterdir(), source, source.parent, source.parent / "note.json"]
        before.append({each.stat().st_ino for each in expected} - set(synced))
        del synced[:]
        rename(source, target)

    monkeypatch.setattr(os, "fsync", note_fsync)
    monkeypatch.setattr(os, "rename", note_rename)
    run_release(bundle(), make_documents(tmp_path / "inputs"), to_reader(tmp_path / "out"), make_ports(book))
    assert before == [set()]
    assert (tmp_path / "out").stat().st_ino in synced, "nor is the new name itself on the disk"


def test_a_removal_cut_short_never_looks_like_a_release_that_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remove_out_only(folder: Path, **given: Any) -> None:
        (folder / "out").rmdir()

    attempt = Attempt(tmp_path / "attempt")
    attempt.out.mkdir(parents=True)
    attempt.note.write_bytes(b"{}")
    monkeypatch.setattr(shutil, "rmtree", remove_out_only)
    remove_attempt(attempt)
    assert attempt.folder.exists()
    assert not attempt.out.exists()
    assert not attempt.is_committed


def test_an_intent_is_released_once(tmp_path: Path, book: FileBook) -> None:
    files, ports = make_documents(tmp_path / "inputs"), make_ports(book)
    run_release(bundle(), files, to_reader(tmp_path / "out"), ports)
    for place in ("out", "elsewhere"):
        with pytest.raises(AlreadyReleased):
            run_release(bundle(), files, to_reader(tmp_path / place), ports)
    assert not (tmp_path / "elsewhere").exists()


def test_after_a_failure_the_same_intent_may_be_tried_again(tmp_path: Path, book: FileBook) -> None:
    files, ports = make_documents(tmp_path / "inputs"), make_ports(book)
    with pytest.raises(ReleaseCancelled):
        run_release(bundle(), files, to_reader(tmp_path / "out"), ports, on_progress=stop)
    run_release(bundle(), files, to_reader(tmp_path / "out"), ports)
    assert (len(book.intents()), len(book.outcomes())) == (1, 1)


class FailingBook(FileBook):
    """A book that cannot be written to when the release is over."""

    def write_outcome(self, released: Released) -> None:
        raise StagingFailed("the records are out of reach", fix="Try again.")


def test_a_release_that_could_not_be_written_down_is_written_down_later(tmp_path: Path, book: FileBook) -> None:
    ports = replace(make_ports(book), book=FailingBook(book.folder))
    with pytest.raises(StagingFailed):
        run_release(bundle(), make_documents(tmp_path / "inputs"), to_reader(tmp_path / "out"), ports)
    assert book.outcomes() == []
    (released,) = recover(tmp_path / "out", book)
    assert len(book.outcomes()) == 1
    open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    assert recover(tmp_path / "out", book) == ()


def test_nothing_is_recovered_where_nothing_was_ever_released(tmp_path: Path, book: FileBook) -> None:
    assert recover(tmp_path / "never", book) == ()


def test_progress_is_passed_on(tmp_path: Path, people: Path, book: FileBook) -> None:
    shares: list[float] = []
    table = make_table(people)
    run_release(one_off(table), table, to_reader(tmp_path / "out"), make_ports(book), on_progress=shares.append)
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    del shares[:]
    files = make_documents(people, (10, 10, 10, 10))
    run_release(bundle(), files, to_reader(tmp_path / "out"), make_ports(book), on_progress=shares.append)
    assert shares == [0.25, 0.5, 0.75, 1.0]


def test_rows_pass_through_a_pipe_that_others_cannot_read(
    people: Path, tmp_path: Path, book: FileBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, int, int]] = []
    run_plan = publishing.run_plan

    def look(plan: Any, **given: Any) -> Any:
        pipe = given["write_to"]
        seen.append((pipe.is_fifo(), pipe.stat().st_mode & 0o777, pipe.parent.stat().st_mode & 0o777))
        return run_plan(plan, **given)

    monkeypatch.setattr(publishing, "run_plan", look)
    table = make_table(people)
    run_release(one_off(table), table, to_reader(tmp_path / "out"), make_ports(book))
    assert seen == [(True, 0o600, 0o700)]


def test_a_damaged_note_is_said_to_be_damaged_and_kept(tmp_path: Path, book: FileBook) -> None:
    ports = replace(make_ports(book), book=FailingBook(book.folder))
    with pytest.raises(StagingFailed):
        run_release(bundle(), make_documents(tmp_path / "inputs"), to_reader(tmp_path / "out"), ports)
    (note,) = (tmp_path / "out").glob(".staging/*/note.json")
    whole = note.read_bytes()
    for damage in (b"", b"{}", whole[:-1], whole.replace(b'"sheet"', b'"shoot"'), b"\xff" + whole, b"[]"):
        note.write_bytes(damage)
        with pytest.raises(FairshareError):
            recover(tmp_path / "out", book)
        assert note.exists()
    note.write_bytes(whole)
    assert len(recover(tmp_path / "out", book)) == 1


def test_a_note_is_a_whole_manifest_and_a_sheet(tmp_path: Path, book: FileBook) -> None:
    ports = replace(make_ports(book), book=FailingBook(book.folder))
    with pytest.raises(StagingFailed):
        run_release(bundle(), make_documents(tmp_path / "inputs"), to_reader(tmp_path / "out"), ports)
    (note,) = (tmp_path / "out").glob(".staging/*/note.json")
    found = parse_canonical(note.read_bytes(), where="note")
    assert found.keys() == {"manifest", "sheet"}
    assert SignedRecord.model_validate(found["manifest"]["receipt"]).record.kind == "receipt"
