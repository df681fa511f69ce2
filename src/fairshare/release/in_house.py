"""A plan run for oneself: its rows in a file that only its owner can read. This is not a release: nothing has left."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from fairshare.release.engines import EngineReport, Keys
from fairshare.release.engines.running import check_output
from fairshare.release.kinds import Table
from fairshare.release.packing import OnProgress
from fairshare.release.pets.budget_guard import find_loss
from fairshare.release.pets.budget_in_house import Spending, check_spending
from fairshare.release.publishing import make_ready
from fairshare.release.staging import naming_the_disk

NOT_A_RELEASE = "This is not a release: nothing has left."
THROWN_AWAY = "Its pseudonyms are of this file alone: the agreement's key is for its releases."


@dataclass
class ThrowAwayKeys:
    """Keys drawn for one run and kept nowhere: with an agreement's own, a file in house would turn pseudonyms back."""

    held: Keys
    """Those there are: a key that is missing is still told."""
    entropy: Callable[[int], bytes] = field(repr=False)
    _drawn: dict[str, bytes] = field(default_factory=dict, repr=False)

    def key_for(self, key_id: str) -> bytes:
        """The key of this run under this id."""
        self.held.key_for(key_id)
        return self._drawn.setdefault(key_id, self.entropy(32))


def make_in_house(
    table: Table, out: Path, *, on_progress: OnProgress | None = None, spending: Spending | None = None
) -> EngineReport:
    """Makes a table ready in a new file of mode 0600; it appears whole or not at all.

    Takes    spending: out of which budget it comes, if it costs privacy.
    Raises   OutputUnfit when there is something there already; SpendsBudget; what a budget or the engine raises.
    """
    check_spending(table.plan, spending)
    check_output(out)
    # In a folder that nobody else can look into, because an engine makes its file with the mode that it likes.
    if spending is None or find_loss(table) is None:
        private: AbstractContextManager[str | Path] = TemporaryDirectory(dir=out.parent, prefix=".fairshare-")
    else:
        private, table = spending.set_aside(table.plan, table.base, out), replace(table, on_drawn=spending.spend)
    with naming_the_disk(out), private as folder:
        made = Path(folder) / out.name
        report = make_ready(table, write_to=made, on_progress=on_progress)
        made.chmod(0o600)
        check_output(out)
        os.link(made, out)
    return report
