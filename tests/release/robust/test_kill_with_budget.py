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

from fairshare.release.delivery import open_release
from fairshare.release.flow import Step, recover
from fairshare.release.parts import discard_parts
from tests.release.flow.stories import MARKER, READER, READER_SECRET, TRUSTED, FileBook
from tests.release.flow.worker import STEPS
from tests.release.robust.ledger import LedgerGuard
from tests.release.robust.long_tables import count_noted, read_rows, write_long
from tests.release.robust.worker import guards_of, release_until_killed

KILLS = 60


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Real processes, each forked from a server that has imported everything and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    # DuckDB imports pandas where it is installed: kills are to fall on releasing, not on that.
    context.set_forkserver_preload(["fairshare.release.parts_packing", "pandas", "tests.release.robust.worker"])
    return context


def kill_at_random(context: ForkServerContext, folder: Path, start: int, delay: float) -> Step:
    """Starts releasing, and kills the process after a while; says how far it was in the release at hand."""
    step = context.RawValue("i", -1)
    child: ForkServerProcess = context.Process(target=release_until_killed, args=(str(folder), start, step))
    child.start()
    while step.value < 0:
        assert child.is_alive(), "the child ended by itself"
        time.sleep(0.001)
    time.sleep(delay)
    assert child.is_alive(), "the child ended by itself"
    child.kill()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL
    return STEPS[step.value]


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


def test_what_is_spent_is_what_was_released_however_often_the_process_is_killed(
    processes: ForkServerContext, tmp_path: Path, record_property: Any
) -> None:
    folder, chance, ledger = tmp_path, random.Random(2026), LedgerGuard(tmp_path / "ledger.sqlite")
    write_long(folder / "inputs", 5_000)
    (folder / "reader").write_text(READER)
    (folder / "opened").mkdir()
    book, reached, rows = FileBook(folder / "book"), Counter[str](), set[int]()
    waiting = in_flight = 0
    opened: set[str] = set()
    for kill in range(KILLS):
        reached[str(kill_at_random(processes, folder, kill * 1_000, chance.uniform(0, 0.4)))] += 1
        assert list_plain(folder) == []
        in_flight += len(ledger.reserved())
        assert len(ledger.reserved()) <= 1
        for _ in range(2):
            recover(folder / "out", book, guards_of(folder))
        released = {each.name for each in (folder / "out").glob("release-*")}
        assert ledger.reserved() == []
        assert len(ledger.spent()) == len(set(ledger.spent())) == len(released) == len(book.outcomes())
        assert {f"release-{each.removeprefix('sha256:')[:20]}" for each in ledger.spent()} == released
        waiting += count_noted(folder) > 0
        for name in released - opened:
            check_opens(folder, name, rows)
        opened = released
    figures = {"released": len(opened), "killed with units set aside": in_flight, "left parts": waiting} | reached
    record_property("kills", str(figures))
    print(figures, rows)  # noqa: T201
    assert len(rows) == 1, "every release has the same rows, in parts or whole, begun anew or continued"
    assert opened, "nothing was ever released: the test proves nothing"
    assert in_flight, "no kill came before a commit: the test proves nothing"
    assert waiting, "no kill came between two parts: the test proves nothing"
    discard_parts(folder / "out")
    assert count_noted(folder) == 0
