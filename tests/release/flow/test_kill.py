"""All or nothing: a release whose process is killed has happened whole, or has not happened."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import Any

import pytest

from fairshare.release.delivery import open_release
from fairshare.release.flow import Step, recover
from fairshare.release.sheet_files import SHEET
from tests.release.flow.stories import MARKER, READER, READER_SECRET, TRUSTED, FileBook, make_documents, write_people
from tests.release.flow.worker import (
    STEPS,
    race,
    recover_and_die,
    release_and_die_at,
    release_one,
    release_until_killed,
)

KILLS = 50
COMMITTED = STEPS.index(Step.COMMITTED)


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Real processes, each forked from a server that has imported everything and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["fairshare.release.flow", "fairshare.release.engines.running", "tests.release.flow.worker"]
    )
    return context


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where everything happens: inputs that hold the marker, and out, book and tmp, which must never."""
    write_people(tmp_path / "inputs", 5_000)
    make_documents(tmp_path / "inputs", (40_000, 200_000, 1_000))
    (tmp_path / "opened").mkdir()
    (tmp_path / "reader").write_text(READER)
    return tmp_path


def run(context: ForkServerContext, target: Any, *args: Any) -> int | None:
    """A process to its end, and how it ended."""
    process = context.Process(target=target, args=args)
    process.start()
    process.join(60)
    return process.exitcode


def find_plaintext(folder: Path) -> list[str]:
    """Every file in which the information lies in the clear, but for the inputs themselves and what was opened."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not {"inputs", "opened"} & set(path.relative_to(folder).parts):
            content = path.read_bytes()
            if MARKER.encode() in content or MARKER.encode("utf-16-le") in content:
                found.append(str(path))
    return found


def find_released(folder: Path) -> set[str]:
    """The folders that stand under a final name."""
    return {each.name for each in (folder / "out").glob("release-*")}


def find_recorded(folder: Path) -> set[str]:
    """The releases whose outcome was written down, by the name that their folder has."""
    return {f"release-{path.name.split('-')[1][:20]}" for path in FileBook(folder / "book").outcomes()}


def check_whole(folder: Path, names: set[str]) -> None:
    """Each release opens, every byte verified, and holds what it should."""
    for name in names:
        opened = open_release(folder / "out" / name, READER_SECRET, trust=TRUSTED, into=folder / "opened")
        sizes = {each.name: each.bytes for each in opened.receipt.files}
        assert {each.name: each.stat().st_size for each in opened.folder.iterdir()} == sizes
        assert any(MARKER.encode() in each.read_bytes() for each in opened.folder.iterdir())


def kill_at_random(context: ForkServerContext, folder: Path, start: int, delay: float) -> Step | None:
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


def test_killed_at_random_a_release_has_happened_whole_or_not_at_all(
    processes: ForkServerContext, folder: Path, record_property: Any
) -> None:
    chance, book = random.Random(2026), FileBook(folder / "book")
    checked: set[str] = set()
    reached: Counter[str] = Counter()
    unfinished = 0
    for kill in range(KILLS):
        reached[str(kill_at_random(processes, folder, kill * 1_000, chance.uniform(0, 0.25)))] += 1
        assert find_plaintext(folder) == []
        waiting = find_released(folder) - find_recorded(folder)
        assert len(waiting) <= 1, "only the last release can be unrecorded"
        unfinished += len(waiting)
        recover(folder / "out", book)
        assert list((folder / "out" / ".staging").iterdir()) == []
        assert find_released(folder) == find_recorded(folder)
        check_whole(folder, find_released(folder) - checked)
        checked = find_released(folder)
    intents = len(book.intents())
    figures = {"releases": len(checked), "intents": intents, "found committed, not recorded": unfinished} | reached
    record_property("kills", str(figures))
    print(figures)  # noqa: T201
    assert len(checked) < intents, "no kill came before a commit: the test proves nothing"


@pytest.mark.parametrize("kind", ["table", "bundle", "spoken"])
@pytest.mark.parametrize("last", STEPS)
def test_killed_at_each_step_a_release_has_happened_from_the_rename_on(
    processes: ForkServerContext, folder: Path, kind: str, last: Step
) -> None:
    assert run(processes, release_and_die_at, kind, str(folder), last) == -signal.SIGKILL
    happened = STEPS.index(last) >= COMMITTED
    assert find_plaintext(folder) == []
    assert len(find_released(folder)) == happened
    book = FileBook(folder / "book")
    assert len(book.outcomes()) == (STEPS.index(last) >= STEPS.index(Step.RECORDED))
    for _ in range(3):
        recover(folder / "out", book)
        assert find_released(folder) == find_recorded(folder)
        assert len(book.outcomes()) == happened
        assert list((folder / "out").glob(".staging/*")) == []
    if kind == "spoken":
        assert all((folder / "out" / name / SHEET).is_file() for name in find_released(folder))
    else:
        check_whole(folder, find_released(folder))
    if not happened:
        release_one(kind, folder, "4" * 32)
        assert len(find_released(folder)) == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_recovery_that_is_killed_is_finished_by_the_next(
    processes: ForkServerContext, folder: Path, after: bool
) -> None:
    run(processes, release_and_die_at, "bundle", str(folder), Step.COMMITTED)
    assert run(processes, recover_and_die, str(folder), after) == -signal.SIGKILL
    book = FileBook(folder / "book")
    assert len(book.outcomes()) == after
    (finished,) = recover(folder / "out", book)
    assert len(book.outcomes()) == 1
    assert finished.folder.is_dir()
    assert "Harbour Homes" in finished.sheet
    assert recover(folder / "out", book) == ()


def test_a_recovery_leaves_a_release_alone_while_its_process_lives(folder: Path) -> None:
    seen: list[int] = []

    def recover_meanwhile(step: Step) -> None:
        seen.append(len(recover(folder / "out", FileBook(folder / "book"))))

    released = release_one("bundle", folder, "6" * 32, on_step=recover_meanwhile)
    assert seen == [0] * len(STEPS)
    check_whole(folder, {released.folder.name})


@pytest.mark.parametrize("wait_at", [Step.CHECKED, Step.STARTED, Step.NOTED])
@pytest.mark.parametrize("kind", ["table", "bundle"])
def test_of_two_processes_that_release_one_intent_exactly_one_does(
    processes: ForkServerContext, folder: Path, kind: str, wait_at: Step
) -> None:
    barrier, result = processes.Barrier(2), processes.Queue()
    both = [
        processes.Process(target=race, args=(kind, str(folder), name, barrier, result, wait_at))
        for name in ("first", "second")
    ]
    for each in both:
        each.start()
    ended = dict(result.get(timeout=60) for _ in both)
    for each in both:
        each.join(60)
    assert ended.keys() == {"won", "lost"}
    (name,) = find_released(folder)
    opened = open_release(folder / "out" / name, READER_SECRET, trust=TRUSTED, into=folder / "opened")
    assert opened.manifest.receipt.id == ended["won"]
    assert find_recorded(folder) == {name}
    assert recover(folder / "out", FileBook(folder / "book")) == ()
    assert list((folder / "out" / ".staging").iterdir()) == []


@pytest.fixture(autouse=True)
def _no_children_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []
