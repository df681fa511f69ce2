"""A small real budget: what releases set aside and spend, in a database file that outlives any process."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fairshare.records.signing import SignedRecord
from fairshare.release.engines import EngineReport
from fairshare.release.flow import Released
from fairshare.release.kinds import Contents
from fairshare.release.staging import Attempt


@dataclass(frozen=True)
class LedgerGuard:
    """Sets one unit aside for each attempt, and spends it once for each release."""

    path: Path

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        session = sqlite3.connect(self.path, timeout=30, isolation_level=None)
        session.execute("PRAGMA synchronous = FULL")
        session.execute("CREATE TABLE IF NOT EXISTS units (attempt TEXT PRIMARY KEY, release TEXT, state TEXT)")
        try:
            yield session
        finally:
            session.close()

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        with self._open() as session:
            session.execute("INSERT INTO units VALUES (?, ?, 'reserved')", (attempt.folder.name, intent.id))

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        return report

    def settle(self, released: Released, attempt: Attempt) -> None:
        with self._open() as session:
            session.execute("UPDATE units SET state = 'spent' WHERE attempt = ?", (attempt.folder.name,))

    def discard(self, attempt: Attempt) -> None:
        with self._open() as session:
            session.execute("DELETE FROM units WHERE attempt = ? AND state = 'reserved'", (attempt.folder.name,))

    def spent(self) -> list[str]:
        """The releases that something was spent on, once for each time."""
        return self._list("spent")

    def reserved(self) -> list[str]:
        """The releases that something is set aside for."""
        return self._list("reserved")

    def _list(self, state: str) -> list[str]:
        with self._open() as session:
            found = session.execute("SELECT release FROM units WHERE state = ? ORDER BY release", (state,))
            return [row[0] for row in found.fetchall()]
