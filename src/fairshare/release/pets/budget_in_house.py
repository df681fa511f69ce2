"""What is made for oneself out of a privacy budget: what is seen in house is told, too.

Its loss is set aside before a row is read and spent as soon as something was drawn from the rows, before any of it is
written: a run that fails after that, or is killed, has cost what it cost. Only a run that drew nothing gives it back.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fairshare.release.pets.budget import BudgetLedger
from fairshare.release.pets.budget_guard import digest_question, list_places
from fairshare.release.plan import Plan
from fairshare.words import Refused

IN_HOUSE = "in house"
"""The recipient of what was made for oneself."""


class SpendsBudget(Refused):
    """A plan's publication has a privacy loss, and nobody says which budget it comes out of."""

    code = "PLAN_SPENDS_BUDGET"


@dataclass(frozen=True)
class Spending:
    """One run in house, and the ledger that keeps what it spends."""

    ledger: BudgetLedger
    attempt: str
    """A new name."""
    at: datetime

    def spend(self) -> None:
        """Something was drawn from the rows: nothing is given back any more."""
        self.ledger.spend(self.attempt, settled="")

    @contextmanager
    def set_aside(self, plan: Plan, base: Path, out: Path) -> Iterator[Path]:
        """Sets the plan's loss aside while it is made; gives it back at the end unless it was spent.

        Takes    out: the file that is to appear.
        Returns  a folder beside it that nobody else can look into, gone at the end. The lease, a locked file beside
                 the ledger, says that this process still lives, and where that folder is.
        Raises   SpendsBudget, BudgetNotSet, BudgetExceeded.
        """
        published = plan.publish
        if published is None or published.loss is None:
            raise SpendsBudget("the plan costs no privacy", fix="Run it without a budget.", where="publish")
        recover_in_house(self.ledger)
        lease, folder = self.ledger.leases / f"{self.attempt}.lease", _name_folder(out, self.attempt)
        lease.parent.mkdir(mode=0o700, exist_ok=True)
        with lease.open("w", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            held.write(str(out.absolute()))
            held.flush()
            os.fsync(held.fileno())
            try:
                self.ledger.reserve(
                    self.attempt,
                    budget=self.ledger.find_budget(list_places(plan.source, base)),
                    recipient=IN_HOUSE,
                    loss=published.loss,
                    what=plan.name,
                    asked=digest_question(plan),
                    at=self.at,
                )
                folder.mkdir(mode=0o700)
                yield folder
                self.ledger.spend(self.attempt, settled=IN_HOUSE)
            finally:
                _end(self.ledger, self.attempt, folder, lease)


def check_spending(plan: Plan, spending: Spending | None) -> None:
    """Raises SpendsBudget for what would tell something of the source without its being taken out of a budget."""
    published = plan.publish
    if spending is None and published is not None and published.loss is not None:
        command = "statistics" if published.publish == "private_statistics" else "synthetic"
        raise SpendsBudget(
            f"what this plan publishes costs {published.loss.describe()} of privacy, each time it is made",
            fix=f"Run: fairshare {command} run, which says and keeps what is spent. In Python, give `spending`.",
            where="publish",
        )


def recover_in_house(ledger: BudgetLedger) -> None:
    """Ends what killed processes had begun for themselves: no plain copy stays, and what drew nothing costs nothing.

    It is safe at any time, and again.
    """
    for lease in sorted(ledger.leases.glob("*.lease")):
        with suppress(FileNotFoundError, BlockingIOError), lease.open(encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lease.exists():
                _end(ledger, lease.stem, _name_folder(Path(held.read() or "."), lease.stem), lease)


def _name_folder(out: Path, attempt: str) -> Path:
    return out.absolute().parent / f".fairshare-{attempt}"


def _end(ledger: BudgetLedger, attempt: str, folder: Path, lease: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    ledger.give_back(attempt)
    lease.unlink(missing_ok=True)
