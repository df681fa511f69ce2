"""The desk's ports over a folder of files: the embedded default, with no database server and nothing to install.

    FOLDER/log.db          the log, and which files a change that was cut short still has to put in place
    FOLDER/cases/C/ID.json each record of case C as canonical JSON
    FOLDER/files/...       everything that is not a record

A record's file is written beside its place first. The log's transaction is the commit point; the rename comes after,
and is finished on the next opening if it was cut short. So what is recorded is logged, and what is logged is recorded.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from fairshare.desk.folder_entries import FolderEntries
from fairshare.ledger import LogUnavailable, SqliteLog, insert_commitments
from fairshare.records import SignedRecord, SigningKey, encode
from fairshare.records.withholding import PartialRecord, StoredRecord, parse_stored
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import read_file

SCHEMA = """
CREATE TABLE IF NOT EXISTS desk_records (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    case_ref TEXT NOT NULL,
    record_id TEXT NOT NULL UNIQUE
);
CREATE INDEX IF NOT EXISTS desk_records_of_case ON desk_records (case_ref, number);
CREATE TABLE IF NOT EXISTS desk_unfinished (name TEXT PRIMARY KEY);
"""
FILES = "files"
"""Where the desk's files are, in its folder."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}(/[A-Za-z0-9][A-Za-z0-9._-]{0,120}){0,5}")


class BadName(BadInput):
    """A file's name is not a plain relative one."""

    code = "BAD_NAME"


@dataclass(frozen=True)
class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time in UTC, to the second."""
        return datetime.now(UTC).replace(microsecond=0)


class FolderFiles:
    """Named files under one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, name: str) -> Path:
        """Where a name is; never outside the folder."""
        if not _NAME.fullmatch(name):
            raise BadName(
                "this is not a plain relative name",
                fix="Use letters, digits, dots, dashes and slashes.",
                where=name[:80],
            )
        return self._root / name

    def write(self, name: str, content: bytes) -> None:
        """Keeps a file, whole or not at all."""
        path = self.path(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_beside(path, content)
        put_in_place(path)

    def read(self, name: str) -> bytes:
        """The contents; raises NotFound."""
        return read_file(self.path(name))

    def remove(self, name: str) -> None:
        """Removes a file; nothing if it is not there."""
        self.path(name).unlink(missing_ok=True)

    def names(self, folder: str) -> tuple[str, ...]:
        """The files under a folder, in order; none if there is no such folder."""
        found = (path for path in self.path(folder).rglob("*") if path.is_file() and path.suffix != ".pending")
        return tuple(sorted(str(path.relative_to(self._root)) for path in found))


class FolderRecords:
    """Records as files, logged in the same step."""

    def __init__(self, root: Path, log: SqliteLog) -> None:
        self._root = root
        self._connection = log.connection
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_family():
            self._connection.executescript(SCHEMA)
        self._finish()

    def add(self, signed: SignedRecord) -> None:
        """Keeps a new record and logs it, both or neither. Adding the same record again changes nothing."""
        if self._case_of(signed.id) is None:
            self._change(signed.record.case, signed.id, encode(signed), signed.id)

    def add_signature(self, signed: SignedRecord) -> None:
        """Keeps one more signature on a record that is here already, and logs a commitment to it."""
        held = self.find(signed.id)
        if isinstance(held, PartialRecord) or signed.signatures[:-1] != held.signatures:
            raise BadInput(
                "this does not add one signature to the record held", fix="Sign the newest copy.", where=signed.id
            )
        commitment = "sha256:" + sha256(encode([signed.id, signed.signatures[-1]])).hexdigest()
        self._change(signed.record.case, signed.id, encode(signed), commitment)

    def dispose(self, left: PartialRecord) -> None:
        """Puts what is left of a record in its place for good, and logs its tombstone."""
        case = self._case_of(left.id)
        if case is None:
            raise self._unknown(left.id)
        if left.tombstone is None:
            raise BadInput("there is no tombstone", fix="Say who disposes of it, when and why.", where=left.id)
        self._change(case, left.id, encode(left), left.tombstone.id)

    def find(self, record_id: str) -> StoredRecord:
        """The record, whole or what is left of it; raises NotFound."""
        case = self._case_of(record_id)
        if case is None:
            raise self._unknown(record_id)
        return parse_stored(read_file(self._path(case, record_id)), where=record_id)

    def of_case(self, case: str) -> tuple[StoredRecord, ...]:
        """All of a case, in the order in which it was added; none if there is no such case."""
        return tuple(parse_stored(read_file(self._path(case, each)), where=each) for each in self.ids(case))

    def ids(self, case: str) -> tuple[str, ...]:
        """The ids of a case's records, in the order in which they were added; none of them is read."""
        with _one_family():
            rows = self._connection.execute(
                "SELECT record_id FROM desk_records WHERE case_ref = ? ORDER BY number", (case,)
            ).fetchall()
        return tuple(row[0] for row in rows)

    def cases(self) -> tuple[str, ...]:
        """The cases there are, by name."""
        with _one_family():
            rows = self._connection.execute("SELECT DISTINCT case_ref FROM desk_records ORDER BY case_ref").fetchall()
        return tuple(row[0] for row in rows)

    def _change(self, case: str, record_id: str, content: bytes, commitment: str) -> None:
        """Writes beside, commits index, log and the promise to put in place together, then puts in place."""
        path = self._path(case, record_id)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_family():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                write_beside(path, content)
                self._connection.execute(
                    "INSERT OR IGNORE INTO desk_records (case_ref, record_id) VALUES (?, ?)", (case, record_id)
                )
                self._connection.execute("INSERT OR REPLACE INTO desk_unfinished VALUES (?)", (f"{case}/{path.name}",))
                insert_commitments(self._connection, [commitment])
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                pending(path).unlink(missing_ok=True)
                raise
        self._finish()

    def _finish(self) -> None:
        """Puts in place what was committed, and removes what was not; can be run any number of times."""
        with _one_family():
            self._connection.execute("BEGIN IMMEDIATE")
            waiting = self._connection.execute("SELECT name FROM desk_unfinished").fetchall()
            for (name,) in waiting:
                put_in_place(self._root / name)
            # Only if there is something to delete: SQLite writes even to delete nothing, and whoever watches sees that.
            if waiting:
                self._connection.execute("DELETE FROM desk_unfinished")
            # Under the write lock nobody else is between writing beside and committing.
            for left in self._root.glob("*/*.pending"):
                left.unlink(missing_ok=True)
            self._connection.execute("COMMIT")

    def _case_of(self, record_id: str) -> str | None:
        with _one_family():
            row = self._connection.execute(
                "SELECT case_ref FROM desk_records WHERE record_id = ?", (record_id,)
            ).fetchone()
        return str(row[0]) if row else None

    def _path(self, case: str, record_id: str) -> Path:
        return self._root / case / f"{record_id.removeprefix('sha256:')}.json"

    def _unknown(self, record_id: str) -> NotFound:
        return NotFound("there is no such record here", fix="Check the id, or open the right folder.", where=record_id)


@dataclass(frozen=True)
class FolderStore:
    """The ports over one folder. Close it when done."""

    records: FolderRecords
    entries: FolderEntries
    log: SqliteLog
    files: FolderFiles

    @classmethod
    def open(cls, root: Path, origin: str, key: SigningKey) -> FolderStore:
        """Opens a folder, made if there is none, and finishes what was cut short."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = SqliteLog(root / "log.db", origin, key)
        return cls(FolderRecords(root / "cases", log), FolderEntries(log), log, FolderFiles(root / FILES))

    def close(self) -> None:
        """Lets go of the folder."""
        self.log.close()


def pending(path: Path) -> Path:
    """Where a file waits before it is put in place."""
    return path.with_name(path.name + ".pending")


def write_beside(path: Path, content: bytes) -> None:
    """Writes a file beside its place, durably, readable by its owner only."""
    handle = os.open(pending(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def put_in_place(path: Path) -> None:
    """Renames a waiting file to its place, if it is still waiting."""
    try:
        pending(path).replace(path)
    except FileNotFoundError:
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _one_family() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(
            f"the folder's index cannot be used: {error}",
            fix="Check that nothing else holds it and that the disk has room.",
            where="log.db",
        ) from None
