"""What the child processes of these tests do: releases in parts and in one go, under guards, until they are killed."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import Any

from fairshare.law import load_law
from fairshare.release.flow import Guard, Ports, Step, run_release
from tests.release.flow.stories import HOLDER_KEY, NOW, FileBook, counting_entropy, routine, to_reader
from tests.release.flow.worker import STEPS, keep_temporary_files_in
from tests.release.robust.ledger import LedgerGuard
from tests.release.robust.long_tables import GROUPED, make_long

load_law()  # Once, in the server that the processes are forked from: kills are to fall on releasing, not on this.


def guards_of(folder: Path) -> tuple[Guard, ...]:
    """The guards of a desk: a budget, and the history of what was released."""
    return (LedgerGuard(folder / "ledger.sqlite"),)


def make_ports(folder: Path, seed: str) -> Ports:
    return Ports(
        key=HOLDER_KEY,
        book=FileBook(folder / "book"),
        now=lambda: NOW,
        entropy=counting_entropy(seed),
        guards=guards_of(folder),
    )


def release_until_killed(given: str, start: int, step: Any) -> None:
    """Releases the same table in parts and whole, in turn, telling how far it is, until somebody kills the process."""
    folder = Path(given)
    keep_temporary_files_in(folder)
    key = (folder / "reader").read_text()

    def tell_step(found: Step) -> None:
        step.value = STEPS.index(found)

    for number in count(start):
        table = make_long(folder / "inputs", GROUPED, rows_per_part=None if number % 3 == 2 else 700)
        grounds = routine(table, release={"salt": f"{number:032x}"})
        handover, ports = to_reader(folder / "out", key), make_ports(folder, f"{os.getpid()}-{number}")
        run_release(grounds, table, handover, ports, on_step=tell_step)
