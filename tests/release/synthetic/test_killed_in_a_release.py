"""A worker that is killed while a release waits for it: nothing goes, and what was set aside is given back."""

import os
import signal
from dataclasses import replace

import pytest

from fairshare.release.flow import run_release
from fairshare.release.pets.budget import BudgetLedger, Limit
from fairshare.release.pets.budget_guard import BudgetGuard
from fairshare.release.workers.running import WorkerFailed
from tests.release.flow.stories import LEAD, NOW, FileBook, line, make_decision, make_ports, one_off, to_reader
from tests.release.robust.ledger import LedgerGuard
from tests.release.robust.test_bad_input import check_nothing_left
from tests.release.synthetic.tables import PEOPLE, find_children, make_table, write_people


def test_a_worker_killed_during_a_release_leaves_no_release_and_the_budget_as_it_was(workers, tmp_path):
    folder = tmp_path / "inputs"
    folder.mkdir()
    write_people(folder)
    table = make_table(folder, PEOPLE.replace("treatment: keep}", "treatment: keep, item: i1}"))
    decided = make_decision(subjects=(), scope=(line("i1", "Visits", item={"kind": "column"}),))
    grounds = one_off(table, decision=decided, release={"items": ("i1",)})
    budget = BudgetLedger(tmp_path / "budget.sqlite")
    limit = {
        "budget": "people",
        "epsilon": 50,
        "delta": 1e-4,
        "set_by": LEAD,
        "set_at": NOW,
        "reason": "enough for a test",
    }
    budget.set_limit(Limit.model_validate(limit))
    budget.cover("people", str(folder.resolve()))
    guards = LedgerGuard(tmp_path / "ledger.sqlite"), BudgetGuard(budget, lambda: NOW)
    ports = replace(make_ports(FileBook(tmp_path / "book")), guards=guards)
    killed = []

    def kill(share: float) -> None:
        if not killed:
            killed.extend(find_children())
            for each in killed:
                os.kill(each, signal.SIGKILL)

    with pytest.raises(WorkerFailed) as stopped:
        run_release(grounds, table, to_reader(tmp_path / "out"), ports, on_progress=kill)
    assert killed
    assert stopped.value.fix
    assert [each.state for each in budget.list_entries("people")] == ["given_back"]
    check_nothing_left(tmp_path)
