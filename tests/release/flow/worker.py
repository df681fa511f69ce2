"""What the child processes of these tests do: real releases, until they are killed or have lost a race."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

from fairshare.law import load_law
from fairshare.release.flow import Handover, Released, Step, recover, run_release
from fairshare.release.grounds import Grounds
from fairshare.release.kinds import Contents
from fairshare.release.staging import AlreadyReleased
from fairshare.words import FairshareError
from tests.release.flow.stories import (
    STUDY_PLAN,
    FileBook,
    bundle,
    line,
    make_documents,
    make_ports,
    make_study_decision,
    make_study_table,
    routine,
    tell,
    to_reader,
)

STEPS = list(Step)
load_law()  # Once, in the server that the processes are forked from: kills are to fall on releasing, not on this.
KEPT_NAMES = STUDY_PLAN.replace(b"columns:\n", b"columns:\n  - {column: notes, treatment: keep, item: i4}\n").replace(
    b"groups:\n  - {treatment: suppress_small_groups, columns: [born], k: 2}\n", b""
)


def die() -> None:
    """Ends this process as a power cut would: no cleaning up."""
    os.kill(os.getpid(), signal.SIGKILL)


def make_work(kind: str, folder: Path, salt: str) -> tuple[Grounds, Contents, Any]:
    """A release of one kind, its own intent, and where it goes."""
    # Another process makes another key when it imports the stories, so the test says which one it can open with.
    key = (folder / "reader").read_text()
    if kind == "table":
        table = make_study_table(folder / "inputs", KEPT_NAMES)
        scope = (*make_study_decision().scope, line("i4", "Notes", item={"kind": "column"}))
        release = {"salt": salt, "items": ("i1", "i2", "i4")}
        grounds = routine(table, decision=make_study_decision(scope=scope), release=release)
        return grounds, table, to_reader(folder / "out", key)
    if kind == "bundle":
        files = make_documents(folder / "inputs", (40_000, 200_000, 1_000))
        return bundle(release={"salt": salt}), files, to_reader(folder / "out", key)
    return bundle(release={"salt": salt, "release_kind": "spoken"}), tell("i4"), Handover(folder / "out")


def release_one(
    kind: str, folder: Path, salt: str, *, seed: str = "one", on_step: Callable[[Step], None] = lambda step: None
) -> Released:
    """One whole release."""
    grounds, contents, handover = make_work(kind, folder, salt)
    ports = make_ports(FileBook(folder / "book"), seed)
    return run_release(grounds, contents, handover, ports, on_step=on_step)


def release_until_killed(folder: str, start: int, step: Any) -> None:
    """Releases tables and bundles in turn, telling how far the present one is, until somebody kills the process."""
    keep_temporary_files_in(Path(folder))

    def tell_step(found: Step) -> None:
        step.value = STEPS.index(found)

    for number in count(start):
        kind = "table" if number % 2 else "bundle"
        release_one(kind, Path(folder), f"{number:032x}", seed=f"{number}", on_step=tell_step)


def release_and_die_at(kind: str, folder: str, last: Step) -> None:
    """Comes as far as one step, and dies."""
    keep_temporary_files_in(Path(folder))
    release_one(kind, Path(folder), "4" * 32, on_step=lambda step: die() if step is last else None)


class DyingBook(FileBook):
    """A book whose process dies while the outcome is being written down: before it, or just after."""

    after = False

    def write_outcome(self, released: Released) -> None:
        if self.after:
            super().write_outcome(released)
        die()


def recover_and_die(folder: str, after: bool) -> None:
    """Recovers, and dies over it."""
    book = DyingBook(Path(folder) / "book")
    book.after = after
    recover(Path(folder) / "out", book)


def race(kind: str, folder: str, name: str, barrier: Any, result: Any, wait_at: Step) -> None:
    """Releases the same intent as somebody else at the same time, and says how it ended."""

    def wait(step: Step) -> None:
        if step is wait_at:
            barrier.wait(60)

    try:
        released = release_one(kind, Path(folder), "5" * 32, seed=name, on_step=wait)
        result.put(("won", released.manifest.receipt.id))
    except AlreadyReleased:
        result.put(("lost", ""))
    except FairshareError as error:
        result.put((error.code, str(error)))


def keep_temporary_files_in(folder: Path) -> None:
    """Temporary files go where the test will look for plaintext."""
    (folder / "tmp").mkdir(exist_ok=True)
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder / "tmp")
