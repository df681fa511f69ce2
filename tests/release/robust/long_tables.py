"""Long tables for these tests: Parquet with the marker in every row, released in parts; and what a guard sees of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from fairshare.records.signing import SignedRecord
from fairshare.release.delivery import open_release
from fairshare.release.engines import EngineReport
from fairshare.release.flow import Handover, Ports, Released, run_release
from fairshare.release.kinds import Contents, Table
from fairshare.release.packing import OnProgress
from fairshare.release.parts import NOTE, PARTS
from fairshare.release.staging import Attempt
from tests.release.flow.stories import (
    MARKER,
    READER_SECRET,
    TRUSTED,
    FileBook,
    make_ports,
    make_study_table,
    routine,
    to_reader,
)

ROWS = 6_000
PLAN = b"""
name: the long study
source: {format: parquet, path: people.parquet}
columns:
  - {column: id, treatment: pseudonymise, key: agreement-7, sent_as: person, item: i1}
  - {column: born, treatment: generalise, to: year, item: i2}
"""
GROUPED = PLAN + b"groups:\n  - {treatment: suppress_small_groups, columns: [born], k: 40}\n"
FILTERED = PLAN + b"rows:\n  - {column: visits, test: at_least, value: 4}\n"


def write_long(
    folder: Path, rows: int = ROWS, *, name: str = "people.parquet", group: int = 2048, first: int = 0
) -> Path:
    """A Parquet file of made-up people: years of birth that few share at one end, and the marker in every row."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with duckdb.connect() as session:
        session.execute(
            f"COPY (SELECT i AS id, '{MARKER}-' || i AS name, "
            "DATE '1940-01-01' + (sqrt(i * 7919 % 100000) * 60)::INTEGER AS born, i % 10 AS visits "
            f"FROM range({first}, {first + rows}) AS t(i)) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE {group})"
        )
    return path


def make_long(folder: Path, plan: bytes = PLAN, **changes: Any) -> Table:
    """The long table, as Parquet, in parts of a thousand rows of its source."""
    return replace(make_study_table(folder, plan), **({"format": "parquet", "rows_per_part": 1000} | changes))


@dataclass
class Watching:
    """A guard that lets everything through and remembers what it saw."""

    reports: list[EngineReport] = field(default_factory=list)
    discarded: int = 0
    settled: int = 0

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        pass

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        self.reports.append(report)
        return report

    def settle(self, released: Released, attempt: Attempt) -> None:
        self.settled += 1

    def discard(self, attempt: Attempt) -> None:
        self.discarded += 1


def release_table(
    table: Table,
    folder: Path,
    *,
    salt: str = "4" * 32,
    to: Handover | None = None,
    ports: Ports | None = None,
    on_progress: OnProgress | None = None,
) -> Released:
    """Releases a table from `folder` to the reader, under an intent of its own for each salt."""
    grounds = routine(table, release={"salt": salt})
    given = ports or make_ports(FileBook(folder / "book"), salt)
    return run_release(grounds, table, to or to_reader(folder / "out"), given, on_progress=on_progress)


def open_rows(released: Released, folder: Path, secret: str = READER_SECRET) -> list[tuple[Any, ...]]:
    """The rows that the recipient has, whatever their order, having opened the release and read its parts as one."""
    (folder / "opened").mkdir(exist_ok=True)
    opened = open_release(released.folder, secret, trust=TRUSTED, into=folder / "opened")
    return read_rows(opened.folder)


def read_rows(folder: Path) -> list[tuple[Any, ...]]:
    """The rows of every Parquet file in a folder."""
    with duckdb.connect() as session:
        return sorted(session.execute(f"SELECT * FROM read_parquet('{folder}/*.parquet')").fetchall(), key=str)


def works(folder: Path) -> list[Path]:
    """The folders of parts that wait."""
    return sorted((folder / "out" / PARTS).glob("*"))


def count_noted(folder: Path) -> int:
    """How many parts are noted as finished, in all work that waits."""
    return sum(line.startswith(b"{") for each in works(folder) for line in _lines(each / NOTE))


def _lines(note: Path) -> list[bytes]:
    try:
        return note.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
