"""Whatever is wrong with a source, the disk, the agreement or the day: a clear error, and nothing of it is left."""

from __future__ import annotations

import ctypes
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fairshare.release.engines import EngineLimits, list_rejected_rows, run_plan
from fairshare.release.engines.session import ValueUnreadable
from fairshare.release.flow import recover
from fairshare.release.kinds import Table
from fairshare.release.packing import ReleaseCancelled
from fairshare.release.plan import TreatmentUnfit, read_plan
from fairshare.release.sources import SourceUnreadable
from fairshare.release.sources_csv import TOO_FEW
from fairshare.release.sources_stamps import SourceMoved
from fairshare.release.staging import StagingFailed
from fairshare.release.treatments_groups import SmallGroups
from fairshare.words import FairshareError
from tests.release.flow.stories import (
    FileBook,
    OneKey,
    make_ports,
    make_study_table,
    write_people,
)
from tests.release.robust.ledger import LedgerGuard
from tests.release.robust.long_tables import PLAN, make_long, open_rows, release_table, write_long
from tests.release.robust.test_kill_with_budget import list_plain

CSV_PLAN = PLAN.replace(
    b"{format: parquet, path: people.parquet}", b"{format: csv, path: people.csv, types: {born: date}}"
)
DAYS = PLAN.replace(b"generalise, to: year", b"keep")


def csv(folder: Path, *lines: str) -> None:
    (folder / "inputs").mkdir(exist_ok=True)
    (folder / "inputs" / "people.csv").write_text("\n".join(["id,name,born", *lines, ""]))


def parquet(folder: Path, select: str) -> None:
    (folder / "inputs").mkdir(exist_ok=True)
    with duckdb.connect() as session:
        session.execute(f"COPY ({select}) TO '{folder / 'inputs' / 'people.parquet'}' (FORMAT parquet)")


def table_of(folder: Path, plan: bytes, **changes: Any) -> Table:
    return replace(make_study_table(folder / "inputs", plan), **changes)


def release_under_budget(table: Table, folder: Path, **given: Any) -> Any:
    ports = replace(make_ports(FileBook(folder / "book")), guards=(LedgerGuard(folder / "ledger.sqlite"),))
    return release_table(table, folder, ports=given.pop("ports", ports), **given)


def check_nothing_left(folder: Path) -> None:
    """No release, no outcome, no budget spent or set aside, no plain byte outside the inputs; and it recovers."""
    assert list((folder / "out").glob("release-*")) == []
    assert list((folder / "out").glob(".staging/*")) == []
    assert FileBook(folder / "book").outcomes() == []
    ledger = LedgerGuard(folder / "ledger.sqlite")
    assert (ledger.spent(), ledger.reserved()) == ([], [])
    assert list_plain(folder) == []
    assert recover(folder / "out", FileBook(folder / "book"), (ledger,)) == ()


def check_refused(folder: Path, table: Table, kind: type[FairshareError], **given: Any) -> FairshareError:
    with pytest.raises(kind) as refused:
        release_under_budget(table, folder, **given)
    error = refused.value
    assert error.code
    assert error.fix
    assert "PLAINTEXT-MARKER" not in f"{error} {error.where}"
    check_nothing_left(folder)
    return error


# Columns and values


def test_a_column_of_the_wrong_type_is_refused_before_a_row_is_read(tmp_path: Path) -> None:
    parquet(tmp_path, "SELECT i AS id, 'PLAINTEXT-MARKER' AS name, i AS born FROM range(50) AS t(i)")
    check_refused(tmp_path, table_of(tmp_path, PLAN, format="parquet"), TreatmentUnfit)
    typed = CSV_PLAN.replace(b"born: date", b"born: decimal")
    csv(tmp_path, "1,PLAINTEXT-MARKER,1960-01-01")
    check_refused(tmp_path, table_of(tmp_path, typed), TreatmentUnfit)


def test_dates_that_are_not_dates_are_counted_and_listed_and_the_other_rows_go(tmp_path: Path) -> None:
    csv(tmp_path, "1,a,1960-02-29", "2,b,1961-02-29", "3,c,soon", "4,d,", "5", "6,f,0000-01-01", "7,g,1970-01-01")
    table = table_of(tmp_path, CSV_PLAN)
    counts = release_under_budget(table, tmp_path).manifest.outcome.counts
    assert (counts.rows_read, counts.rows_rejected, counts.rows_sent) == (7, 4, 3)
    rejected = list_rejected_rows(table.plan.source, table.base)  # type: ignore[arg-type]
    # The heading is row 1.
    assert sorted(each.row for each in rejected) == [3, 4, 6, 7]
    assert any(each.reason == TOO_FEW for each in rejected)


@pytest.mark.parametrize("parts", [None, 100])
def test_a_date_outside_the_calendar_stops_the_release(tmp_path: Path, parts: int | None) -> None:
    parquet(tmp_path, "SELECT i AS id, DATE '1960-01-01' + CASE WHEN i = 900 THEN 9999999 ELSE i END::INTEGER AS born "
            "FROM range(1000) AS t(i)")  # fmt: skip
    error = check_refused(tmp_path, table_of(tmp_path, PLAN, format="parquet", rows_per_part=parts), ValueUnreadable)
    assert "9999" in error.message


@pytest.mark.parametrize("parts", [None, 100])
def test_an_id_that_comes_twice_goes_twice_under_one_pseudonym(tmp_path: Path, parts: int | None) -> None:
    parquet(tmp_path, "SELECT i % 50 AS id, DATE '1960-01-01' AS born FROM range(1000) AS t(i)")
    released = release_under_budget(table_of(tmp_path, PLAN, format="parquet", rows_per_part=parts), tmp_path)
    rows = open_rows(released, tmp_path)
    assert (len(rows), len({person for person, _ in rows})) == (1000, 50)


@pytest.mark.parametrize("parts", [None, 7])
def test_a_group_of_nulls_alone_is_one_group(tmp_path: Path, parts: int | None) -> None:
    parquet(tmp_path, "SELECT i AS id, NULL::DATE AS born FROM range(20) AS t(i)")
    grouped = PLAN + b"groups: [{treatment: %s, columns: [born], k: %d}]\n"
    changes = {"format": "parquet", "rows_per_part": parts}
    kept = table_of(tmp_path, grouped % (b"suppress_small_groups", 20), **changes)
    assert release_under_budget(kept, tmp_path).manifest.outcome.counts.rows_sent == 20
    held = table_of(tmp_path, grouped % (b"suppress_small_groups", 21), **changes)
    counts = release_under_budget(held, tmp_path, salt="5" * 32).manifest.outcome.counts
    assert (counts.rows_sent, counts.rows_suppressed) == (0, 20)
    (tmp_path / "second").mkdir()
    parquet(tmp_path / "second", "SELECT i AS id, NULL::DATE AS born FROM range(20) AS t(i)")
    refused = table_of(tmp_path / "second", grouped % (b"check_k_anonymity", 21), **changes)
    check_refused(tmp_path / "second", refused, SmallGroups)


# Sources that somebody writes to meanwhile


class OtherProcess:
    """A key store that, when the engine asks for the key, has another process write to the source first."""

    def __init__(self, script: str) -> None:
        self.script = script

    def key_for(self, key_id: str) -> bytes:
        subprocess.run([sys.executable, "-c", self.script], check=True)
        return OneKey().key_for(key_id)


APPEND = "open({path!r}, 'a').write('99,PLAINTEXT-MARKER,1970-01-01\\n')"
REPLACE = "import os, shutil; shutil.copy({path!r}, {path!r} + '.new'); os.replace({path!r} + '.new', {path!r})"
REWRITE = "raw = open({path!r}, 'rb').read(); open({path!r}, 'wb').write(raw)"
CUT = "import os; os.truncate({path!r}, os.path.getsize({path!r}) // 2)"
REMOVE = "import os; os.remove({path!r})"


@pytest.mark.parametrize("what", [APPEND, REPLACE, REWRITE, CUT, REMOVE])
def test_a_csv_file_that_changes_during_a_run_stops_the_release(tmp_path: Path, what: str) -> None:
    path = write_people(tmp_path / "inputs", 2000)
    table = table_of(tmp_path, CSV_PLAN, keys=OtherProcess(what.format(path=str(path))))
    check_refused(tmp_path, table, FairshareError)


@pytest.mark.parametrize("parts", [None, 1000])
@pytest.mark.parametrize("what", [REPLACE, REWRITE, CUT, REMOVE])
def test_a_parquet_file_that_changes_during_a_run_stops_the_release(
    tmp_path: Path, what: str, parts: int | None
) -> None:
    path = write_long(tmp_path / "inputs", 4_000)
    changing = OtherProcess(what.format(path=str(path)))
    check_refused(tmp_path, make_long(tmp_path / "inputs", keys=changing, rows_per_part=parts), FairshareError)


def test_a_file_that_comes_into_a_folder_during_a_run_stops_the_release(tmp_path: Path) -> None:
    path = write_long(tmp_path / "inputs" / "people", 1_000)
    plan = PLAN.replace(b"parquet, path: people.parquet", b"parquet_folder, path: people")
    copy = f"import shutil; shutil.copy({str(path)!r}, {str(path.with_name('more.parquet'))!r})"
    error = check_refused(tmp_path, make_long(tmp_path / "inputs", plan, keys=OtherProcess(copy)), SourceMoved)
    assert error.where == "source"


def test_what_is_committed_to_a_database_during_a_run_is_not_in_the_release(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    path = tmp_path / "inputs" / "people.sqlite"
    with sqlite3.connect(path) as session:
        session.execute("PRAGMA journal_mode = WAL")
        session.execute("CREATE TABLE people (id INTEGER, born TEXT)")
        session.executemany("INSERT INTO people VALUES (?, '1960')", [(n,) for n in range(3000)])
    source = b"{format: sqlite, path: people.sqlite, table: people}"
    text = PLAN.replace(b"{format: parquet, path: people.parquet}", source).replace(b"generalise, to: year", b"keep")
    plan = read_plan(text, where="plan")
    writing = subprocess.Popen([sys.executable, "-c", f"""
import sqlite3
session = sqlite3.connect({str(path)!r}, isolation_level=None, timeout=30)
while True:
    session.execute("INSERT INTO people VALUES (1, '1970')")
"""])  # fmt: skip
    try:
        for turn in range(3):
            report = run_plan(
                plan, keys=OneKey(), write_to=tmp_path / f"{turn}.csv", format="csv", base=tmp_path / "inputs"
            )
            assert report.rows_read == report.rows_sent >= 3000
    finally:
        writing.kill()
        writing.wait()


# The disk


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own with little room; skipped where nobody may mount one."""
    folder.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"tmpfs", os.fsencode(folder), b"tmpfs", 0, f"size={size}".encode()) != 0:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        libc.umount2(os.fsencode(folder), 2)


@pytest.mark.parametrize("parts", [None, 5_000])
def test_a_full_disk_stops_the_release_and_leaves_nothing(tmp_path: Path, parts: int | None) -> None:
    write_long(tmp_path / "inputs", 60_000)
    table = make_long(tmp_path / "inputs", rows_per_part=parts)
    with small_disk(tmp_path / "out", "1m"):
        error = check_refused(tmp_path, table, StagingFailed)
        assert "No space left" in error.message
        assert "Free space" in error.fix
        libc = ctypes.CDLL(None)
        assert libc.mount(b"tmpfs", os.fsencode(tmp_path / "out"), b"tmpfs", 32, b"size=40m") == 0
        released = release_under_budget(table, tmp_path, salt="5" * 32)
        assert released.manifest.outcome.counts.rows_sent == 60_000


def test_an_engine_that_fills_the_disk_leaves_no_file(tmp_path: Path) -> None:
    write_long(tmp_path / "inputs", 60_000)
    plan = read_plan(PLAN, where="plan")
    with small_disk(tmp_path / "out", "512k") as out:
        with pytest.raises(SourceUnreadable) as stopped:
            run_plan(plan, keys=OneKey(), write_to=out / "rows", format="parquet", base=tmp_path / "inputs")
        assert stopped.value.fix
        assert list(out.iterdir()) == []


def test_a_limit_on_the_size_of_files_stops_the_release_like_a_full_disk(tmp_path: Path) -> None:
    write_long(tmp_path / "inputs", 60_000)
    script = f"""
import resource, signal
from pathlib import Path
from fairshare.release.staging import StagingFailed
from tests.release.robust.long_tables import make_long, release_table
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
try:
    release_table(make_long(Path({str(tmp_path / "inputs")!r}), rows_per_part=None), Path({str(tmp_path)!r}))
except StagingFailed as error:
    print(error.code)
"""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "RELEASE_STAGING_FAILED"
    check_nothing_left(tmp_path)


# People


@pytest.mark.parametrize("parts", [None, 1000])
def test_a_release_that_its_user_stops_leaves_no_release(tmp_path: Path, parts: int | None) -> None:
    write_long(tmp_path / "inputs", 400_000 if parts is None else 6_000)

    def stop(share: float) -> None:
        raise ReleaseCancelled("stopped by the user", fix="Release again when you are ready.")

    table = make_long(tmp_path / "inputs", rows_per_part=parts, limits=EngineLimits(threads=1))
    error = check_refused(tmp_path, table, ReleaseCancelled, on_progress=stop)
    assert error.message == "stopped by the user"


def stop_on_interrupt(share: float) -> None:
    raise KeyboardInterrupt


def test_an_interrupt_from_the_keyboard_leaves_no_release(tmp_path: Path) -> None:
    write_long(tmp_path / "inputs", 6_000)
    with pytest.raises(KeyboardInterrupt):
        release_under_budget(make_long(tmp_path / "inputs"), tmp_path, on_progress=stop_on_interrupt)
    check_nothing_left(tmp_path)
