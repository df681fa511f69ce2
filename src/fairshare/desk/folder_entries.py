"""Entries in the desk's folder: kept and logged in the same transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from fairshare.desk.entries import Entry, commit_to, parse_entry
from fairshare.ledger import LogUnavailable, SqliteLog, insert_commitments
from fairshare.records import encode

SCHEMA = """
CREATE TABLE IF NOT EXISTS desk_entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    case_ref TEXT NOT NULL,
    entry BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS desk_entries_of_case ON desk_entries (kind, case_ref, number);
CREATE TRIGGER IF NOT EXISTS desk_entries_stay_as_they_are BEFORE UPDATE ON desk_entries
    BEGIN SELECT RAISE(ABORT, 'entries are append-only'); END;
"""


class FolderEntries:
    """Entries beside the log, in its file."""

    def __init__(self, log: SqliteLog) -> None:
        self._connection = log.connection
        with _one_family():
            self._connection.executescript(SCHEMA)

    def add(self, entry: Entry) -> None:
        """Keeps an entry and logs it, both or neither; durable when this returns."""
        with _one_family():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.execute(
                    "INSERT INTO desk_entries (kind, case_ref, entry) VALUES (?, ?, ?)",
                    (entry.kind, entry.case, encode(entry)),
                )
                insert_commitments(self._connection, [commit_to(entry)])
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def of_kind(self, kind: str, case: str | None = None) -> tuple[Entry, ...]:
        """The entries of one kind, of one case or of all, in the order in which they were added."""
        with _one_family():
            rows = self._connection.execute(
                "SELECT number, entry FROM desk_entries WHERE kind = ? AND (? IS NULL OR case_ref = ?) ORDER BY number",
                (kind, case, case),
            ).fetchall()
        return tuple(parse_entry(bytes(raw), where=f"entry {number}") for number, raw in rows)


@contextmanager
def _one_family() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(
            f"the desk's entries cannot be used: {error}",
            fix="Check that nothing else holds the log and that the disk has room.",
            where="log.db",
        ) from None
