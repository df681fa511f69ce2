"""Nothing is lost or spent twice: releases under a budget and a history are killed at random, and recovered."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import Counter
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from fairshare.records.signing import SignedRecord
from fairshare.release.delivery import open_release
from fairshare.release.engines import EngineReport
from fairshare.release.flow import Released, Step, recover
from fairshare.release.history import HistoryStore
from fairshare.release.kinds import Contents
from fairshare.release.parts import discard_parts
from fairshare.release.staging import Attempt
from tests.release.flow.stories import MARKER, READER, READER_SECRET, TRUSTED, FileBook
from tests.release.flow.worker import STEPS
from tests.release.robust.ledger import LedgerGuard
from tests.release.robust.long_tables import count_noted, read_rows, write_long
from tests.release.robust.worker import find_budget, guards_of, release_until_killed, set_budget

KILLS = 50
STARTED = STEPS.index(Step.STARTED) + 1
"""After this step the engine works, for most of a release's time."""


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Real processes, each forked from a server that has imported everything and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    # DuckDB imports pandas where it is installed: kills are to fall on releasing, not on that.
    context.set_forkserver_preload(
        ["fairshare.release.parts_packing", "pandas", "opendp.prelude", "tests.release.robust.worker"]
    )
    return context


def kill_at_random(context: ForkServerContext, folder: Path, start: int, chance: random.Random) -> Step:
    """Starts releasing, and kills the process somewhere in the first or second release; says how far that was."""
    reached = context.RawArray("i", [0, -1])
    child: ForkServerProcess = context.Process(target=release_until_killed, args=(str(folder), start, reached))
    child.start()
    steps = chance.choice([STARTED, chance.randrange(1, 2 * len(STEPS)), len(STEPS) + STARTED])
    while reached[0] < steps:
        assert child.is_alive(), "the child ended by itself"
        time.sleep(0.0005)
    time.sleep(chance.uniform(0, 0.15))
    assert child.is_alive(), "the child ended by itself"
    child.kill()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    return STEPS[reached[1]]


def list_plain(folder: Path) -> list[str]:
    """Files in which the information lies in the clear, but for the inputs and what was opened."""
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file()
        and not {"inputs", "opened"} & set(path.relative_to(folder).parts)
        and MARKER.encode() in path.read_bytes()
    ]


def check_opens(folder: Path, name: str, rows: set[int]) -> None:
    opened = open_release(folder / "out" / name, READER_SECRET, trust=TRUSTED, into=folder / "opened")
    rows.add(len(read_rows(opened.folder)))
    assert opened.receipt.counts.rows_sent == len(read_rows(opened.folder))


def check_guards(folder: Path, book: FileBook, released: int) -> None:
    """The privacy budget and the history hold what was released, once each, and nothing besides."""
    entries = find_budget(folder).list_entries("people")
    # What was drawn is spent, also if it was killed before it went; then nothing says what it went with.
    spent = [each.settled for each in entries if each.settled]
    statistics = [path for path in book.outcomes() if b'"privacy":' in path.read_bytes()]
    assert len(spent) == len(set(spent)) == len(statistics)
    assert {each.state for each in entries} <= {"spent", "given_back"}
    history = HistoryStore(folder / "history").entries() if (folder / "history").exists() else ()
    assert [each.released for each in history] == [True] * released


def test_what_is_spent_is_what_was_released_however_often_the_process_is_killed(
    processes: ForkServerContext, tmp_path: Path, record_property: Any
) -> None:
    folder, chance, ledger = tmp_path, random.Random(2026), LedgerGuard(tmp_path / "ledger.sqlite")
    write_long(folder / "inputs", 5_000)
    (folder / "reader").write_text(READER)
    (folder / "opened").mkdir()
    set_budget(folder)
    book, reached, rows = FileBook(folder / "book"), Counter[str](), set[int]()
    waiting = in_flight = 0
    opened: set[str] = set()
    for kill in range(KILLS):
        reached[str(kill_at_random(processes, folder, kill * 1_000 + chance.randrange(3), chance))] += 1
        assert list_plain(folder) == []
        in_flight += len(ledger.reserved())
        assert len(ledger.reserved()) <= 1
        for _ in range(2):
            recover(folder / "out", book, guards_of(folder))
        released = {each.name for each in (folder / "out").glob("release-*")}
        assert ledger.reserved() == []
        assert len(ledger.spent()) == len(set(ledger.spent())) == len(released) == len(book.outcomes())
        assert {f"release-{each.removeprefix('sha256:')[:20]}" for each in ledger.spent()} == released
        check_guards(folder, book, len(released))
        waiting += count_noted(folder) > 0
        for name in released - opened:
            check_opens(folder, name, rows)
        opened = released
    figures = {"released": len(opened), "killed with units set aside": in_flight, "left parts": waiting} | reached
    record_property("kills", str(figures))
    print(figures, rows)  # noqa: T201
    assert rows == {4775, 56}, "rows are the same in parts or whole, begun anew or continued; and there are statistics"
    assert in_flight, "no kill came before a commit: the test proves nothing"
    assert waiting, "no kill came between two parts: the test proves nothing"
    discard_parts(folder / "out")
    assert count_noted(folder) == 0


class Told:
    """A guard that remembers which attempts it was told were nothing."""

    def __init__(self) -> None:
        self.discarded: list[str] = []

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        pass

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        return report

    def settle(self, released: Released, attempt: Attempt) -> None:
        pass

    def discard(self, attempt: Attempt) -> None:
        self.discarded.append(attempt.folder.name)


@pytest.mark.parametrize(("left", "discards"), [(("out",), 1), (("parts",), 0), ((), 0)])
def test_an_attempt_whose_removal_was_cut_short_is_not_taken_for_one_that_failed(
    tmp_path: Path, left: tuple[str, ...], discards: int
) -> None:
    attempt = tmp_path / "out" / ".staging" / "release-0.abc"
    attempt.mkdir(parents=True)
    for each in left:
        (attempt / each).mkdir()
    told = Told()
    assert recover(tmp_path / "out", FileBook(tmp_path / "book"), (told,)) == ()
    assert len(told.discarded) == discards
    assert not attempt.exists()
