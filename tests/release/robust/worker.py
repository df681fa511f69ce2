"""What the child processes of these tests do: releases in parts and in one go, under guards, until they are killed."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path
from typing import Any

from fairshare.law import load_law
from fairshare.release.flow import Guard, Ports, Step, run_release
from fairshare.release.history import HistoryStore
from fairshare.release.history_guard import HistoryGuard
from fairshare.release.kinds import Table
from fairshare.release.opt_outs_proof import OptOutGuard
from fairshare.release.pets.budget import BudgetLedger, Limit
from fairshare.release.pets.budget_guard import BudgetGuard, list_places
from tests.release.flow.stories import HOLDER_KEY, LEAD, NOW, FileBook, counting_entropy, routine, to_reader
from tests.release.flow.worker import STEPS, keep_temporary_files_in
from tests.release.robust.ledger import LedgerGuard
from tests.release.robust.long_tables import GROUPED, make_long

load_law()  # Once, in the server that the processes are forked from: kills are to fall on releasing, not on this.


STATISTICS = b"""
name: how many were born when
source: {format: parquet, path: people.parquet}
columns:
  - {column: born, treatment: generalise, to: year, item: i2}
publish:
  publish: private_statistics
  person: id
  rows_per_person: 1
  epsilon: 0.1
  keys: [{column: born, first: 1940, last: 1995}]
  statistics: [{statistic: count, name: people}]
"""


def guards_of(folder: Path) -> tuple[Guard, ...]:
    """The guards of a desk, privacy budget and history and opt-outs; and one that counts every release."""
    budget = BudgetGuard(find_budget(folder), lambda: NOW)
    history = HistoryGuard(HistoryStore(folder / "history"), lambda: NOW, counting_entropy("history"))
    return LedgerGuard(folder / "ledger.sqlite"), budget, OptOutGuard(), history


def find_budget(folder: Path) -> BudgetLedger:
    """The privacy budget of these tests."""
    return BudgetLedger(folder / "budget.sqlite")


def set_budget(folder: Path) -> None:
    """A budget that is not used up in these tests."""
    table = make_table(folder, 0)
    limit = {"epsilon": 500, "set_by": LEAD, "set_at": NOW, "reason": "enough for a test"}
    find_budget(folder).set_limit(Limit.model_validate({"budget": "people", **limit}))
    find_budget(folder).cover("people", list_places(table.plan.source, table.base)[0])


def make_table(folder: Path, number: int) -> Table:
    """What goes in turn: rows in parts, rows in one go, and private statistics."""
    if number % 3 == 2:
        return make_long(folder / "inputs", STATISTICS, rows_per_part=None)
    return make_long(folder / "inputs", GROUPED, rows_per_part=(700, None)[number % 3])


def make_ports(folder: Path, seed: str) -> Ports:
    return Ports(
        key=HOLDER_KEY,
        book=FileBook(folder / "book"),
        now=lambda: NOW,
        entropy=counting_entropy(seed),
        guards=guards_of(folder),
    )


def release_until_killed(given: str, start: int, reached: Any) -> None:
    """Releases what goes in turn, telling how far it is, until somebody kills the process."""
    folder = Path(given)
    keep_temporary_files_in(folder)
    key = (folder / "reader").read_text()

    def tell_step(found: Step) -> None:
        reached[0] += 1
        reached[1] = STEPS.index(found)

    for number in count(start):
        table = make_table(folder, number)
        items = ("i1", "i2") if table.plan.publish is None else ("i2",)
        grounds = routine(table, release={"salt": f"{number:032x}", "items": items})
        handover, ports = to_reader(folder / "out", key), make_ports(folder, f"{os.getpid()}-{number}")
        run_release(grounds, table, handover, ports, on_step=tell_step)
