"""The default engine: the plan runs as one query inside DuckDB, which reads the source once and writes as it reads.

Group treatments need one reading more, before anything is written: no row may go until its group is counted.
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from threading import Event, Thread

import duckdb

from fairshare.release.deidentify import cells
from fairshare.release.engines import EngineReport, GroupMeasured
from fairshare.release.engines.attaching import Attached, attach_source
from fairshare.release.engines.duckdb_sql import (
    Compiled,
    compile_plan,
    hmac_sql,
    labels_table_sql,
)
from fairshare.release.engines.job import Job, check_counts, make_report
from fairshare.release.engines.session import close_off, open_session, quote_text, share_memory, speaking_plainly
from fairshare.release.filters import read_list
from fairshare.release.plan import Plan, check_plan
from fairshare.release.sources import CsvFile, XlsxSheet, resolve_path
from fairshare.release.sources_csv import TOO_FEW, TOO_MANY, CsvUnsound, check_structure, reason_for
from fairshare.release.treatments import ColumnType, text_of
from fairshare.words import Unsound

NAME = f"duckdb {duckdb.__version__}"
KNOWN_ID = "known id £ 1"
RAGGED = {"MISSING COLUMNS": TOO_FEW, "TOO MANY COLUMNS": TOO_MANY}
COPY_AS = {
    "csv": "FORMAT csv, HEADER true, FORCE_QUOTE *, USE_TMP_FILE false",
    # Level 1 takes a third less time to write than DuckDB's 3, and no more room: pseudonyms do not compress.
    "parquet": "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, USE_TMP_FILE false, "
    "ROW_GROUP_SIZE_BYTES '{group_mb}MB'",
}


class PseudonymUnsound(Unsound):
    """The engine's pseudonym of a known id is not the one that Python's own HMAC gives, so nothing was run."""

    code = "PSEUDONYM_UNSOUND"


def run(job: Job) -> EngineReport:
    """Runs the plan, and accounts for every row."""
    with (
        open_session(job.limits) as session,
        speaking_plainly("engine"),
        attach_source(session, job.plan.source, job.base, job.connections) as attached,
    ):
        compiled, group_mb = load_plan(session, job, attached)
        # One transaction: a database is read as it stood at one moment.
        session.execute("BEGIN")
        read, failing = count_rows(session, job, attached, compiled)
        groups, kept, staying = hold_back_small_groups(session, job, attached, compiled)
        tally = tally_csv(session, job.plan, attached) if job.plan.groups else None
        sent = write_rows(session, job, attached, compiled, group_mb)
        rejected, filtered = tally or tally_csv(session, job.plan, attached)
    if not job.plan.groups:
        kept = staying = sent
    read = kept if read is None else read
    filtered = filtered if failing is None else failing
    check_counts(read=read, accounted=sum(rejected.values()) + filtered + kept)
    check_counts(read=staying, accounted=sent)
    return make_report(
        job,
        attached.schema,
        engine=NAME,
        read=read,
        rejected=rejected,
        filtered=filtered,
        kept=kept,
        sent=sent,
        groups=groups,
        notes=attached.notes,
    )


def load_plan(session: duckdb.DuckDBPyConnection, job: Job, attached: Attached) -> tuple[Compiled, int]:
    """Gives the session all that the plan needs and takes the rest of the machine away; how large row groups may be."""
    check_plan(job.plan, attached.schema)
    compiled = compile_plan(job.plan, attached, job.output)
    load_lists(session, job, attached, compiled)
    load_keys(session, job.keys)
    make_counters(session, attached)
    if job.on_progress:
        measure_progress(session)
    group_mb = share_memory(session, job.limits, len(job.plan.sent))
    close_off(session, (*attached.reads, job.write_to), attached.folders)
    return compiled, group_mb


def measure_progress(session: duckdb.DuckDBPyConnection) -> None:
    """Has DuckDB keep count of how far it is, and print nothing."""
    session.execute("SET enable_progress_bar = true")
    session.execute("SET enable_progress_bar_print = false")


def show_query(plan: Plan, attached: Attached) -> str:
    """The query as it would run, without its paths; keys and given values are never in it."""
    return compile_plan(plan, replace(attached, relation=attached.shown), "csv").written


def load_lists(session: duckdb.DuckDBPyConnection, job: Job, attached: Attached, compiled: Compiled) -> None:
    """Each list file, and the labels of each column, as a table: bound, and never written into SQL."""
    for place, test in enumerate(compiled.lists):
        found = attached.columns[test.column].type
        path = resolve_path(job.base, test.path, where="rows")
        values = read_list(path, found, sha256=test.sha256, where=f"rows: {test.path}")
        kind = {ColumnType.INTEGER: "BIGINT", ColumnType.DATE: "DATE"}.get(found, "VARCHAR")
        given = [text_of(each) if isinstance(each, Decimal) else each for each in values]
        session.execute(f"CREATE TEMP TABLE list_{place} AS SELECT unnest($given::{kind}[]) AS value", {"given": given})
    for place, each in enumerate(compiled.labels):
        session.execute(*labels_table_sql(each, place))


def load_keys(session: duckdb.DuckDBPyConnection, keys: dict[str, bytes]) -> None:
    """The padded keys as bound values in a table of one row, checked on a known id against Python's own HMAC."""
    if not keys:
        return
    names = [f"{side}_{place}" for place in range(len(keys)) for side in ("inner", "outer")]
    session.execute(f"CREATE TEMP TABLE pads ({', '.join(f'{name} BLOB' for name in names)})")
    session.execute(
        f"INSERT INTO pads VALUES ({', '.join('?' for _ in names)})",
        [pad for key in keys.values() for pad in pad_key(key)],
    )
    for place, key in enumerate(keys.values()):
        found = session.execute(f"SELECT {hmac_sql('$known', place)} FROM pads", {"known": KNOWN_ID}).fetchall()
        if found != [(hmac.new(key, KNOWN_ID.encode(), sha256).hexdigest(),)]:
            raise PseudonymUnsound(
                "DuckDB's pseudonym of a known id differs from Python's",
                where="engine",
                fix="Do not release with this version of DuckDB.",
            )


def pad_key(key: bytes) -> tuple[bytes, bytes]:
    """The inner and the outer padded key of HMAC-SHA-256 (RFC 2104, section 2)."""
    block = (key if len(key) <= 64 else sha256(key).digest()).ljust(64, b"\x00")
    return bytes(each ^ 0x36 for each in block), bytes(each ^ 0x5C for each in block)


def make_counters(session: duckdb.DuckDBPyConnection, attached: Attached) -> None:
    """Counters that the query over a CSV file moves on for each row that stays behind."""
    if attached.countable is None:
        session.execute("CREATE TEMP SEQUENCE filtered")
        for place in range(sum(column.rejects is not None for column in attached.columns.values())):
            session.execute(f"CREATE TEMP SEQUENCE rejected_{place}")


def count_rows(
    session: duckdb.DuckDBPyConnection, job: Job, attached: Attached, compiled: Compiled
) -> tuple[int | None, int | None]:
    """How many rows the source has and how many of them fail a test, each by a count of its own.

    Returns  no number of rows where every row of a database goes, since counting would read it all; no number of
             failing ones for CSV and XLSX, where they are counted as they are met.
    """
    if isinstance(job.plan.source, CsvFile):
        return check_structure(resolve_path(job.base, job.plan.source.path), job.plan.source).rows, None
    if attached.loaded is not None:
        return attached.loaded.rows, None
    return count_failing(session, compiled) or (None, 0)


def count_failing(session: duckdb.DuckDBPyConnection, compiled: Compiled) -> tuple[int, int] | None:
    """All rows, and those that fail a test, counted without the query that sends rows; None where that is not done."""
    if compiled.counted is None:
        return None
    ((rows, failing),) = session.execute(compiled.counted, compiled.parameters).fetchall()
    return int(rows), int(failing)


def hold_back_small_groups(
    session: duckdb.DuckDBPyConnection,
    job: Job,
    attached: Attached,
    compiled: Compiled,
    *,
    share: tuple[float, float] = (0.0, 0.5),
) -> tuple[tuple[GroupMeasured, ...], int, int]:
    """Counts the groups, drops small ones until none is left or refuses; says how many rows there were, and stay.

    Rows go until every group is large enough. What stays is the largest such set, in whatever order groups are
    treated: two sets of rows without small groups have none when put together.
    """
    if compiled.cells is None:
        return (), 0, 0
    with attached.flowing(), telling(session, job.on_progress, *share):
        session.execute(f"CREATE TEMP TABLE cells AS {compiled.cells}", compiled.parameters)
    return settle_cells(session, job.plan)


def settle_cells(session: duckdb.DuckDBPyConnection, plan: Plan) -> tuple[tuple[GroupMeasured, ...], int, int]:
    """Leaves in the table of cells, whichever engine counted them, those whose rows may go."""
    return cells.settle_cells(session, plan.groups, people=plan.person is not None)


def write_rows(
    session: duckdb.DuckDBPyConnection,
    job: Job,
    attached: Attached,
    compiled: Compiled,
    group_mb: int,
    *,
    share: tuple[float, float] | None = None,
) -> int:
    """Writes the rows that may go, straight from the query, and says how many."""
    session.execute("DROP TABLE IF EXISTS ragged")
    session.execute("DROP TABLE IF EXISTS ragged_scans")
    how = COPY_AS[job.output].format(group_mb=group_mb)
    copy = f"COPY ({compiled.written}) TO {quote_text(str(job.write_to))} ({how})"
    with attached.flowing(), telling(session, job.on_progress, *(share or (0.5 if job.plan.groups else 0.0, 1.0))):
        found = session.execute(copy, compiled.parameters).fetchone()
    return int(found[0]) if found else 0


def tally_csv(session: duckdb.DuckDBPyConnection, plan: Plan, attached: Attached) -> tuple[dict[str, int], int]:
    """How many rows of a CSV file or a sheet were rejected, by reason, and how many passed no test."""
    if not isinstance(plan.source, CsvFile | XlsxSheet):
        return {}, 0
    moved = dict(session.execute("SELECT sequence_name, coalesce(last_value, 0) FROM duckdb_sequences()").fetchall())
    checked = [name for name, column in attached.columns.items() if column.rejects]
    rejected = Counter(
        {reason_for(name, plan.source.types[name]): moved[f"rejected_{place}"] for place, name in enumerate(checked)}
    )
    if attached.loaded is not None:
        return dict(rejected + attached.loaded.rejected), moved["filtered"]
    ragged = "SELECT error_type::VARCHAR, count(DISTINCT line) FROM ragged GROUP BY ALL"
    for sort, rows in session.execute(ragged).fetchall():
        if sort not in RAGGED:
            raise CsvUnsound(
                f"DuckDB met {sort.lower()} in {rows:,} rows",
                fix="Correct the file.",
                where=f"source.path: {plan.source.path}",
            )
        rejected[RAGGED[sort]] += rows
    return {reason: rows for reason, rows in rejected.items() if rows}, moved["filtered"]


@contextmanager
def telling(
    session: duckdb.DuckDBPyConnection, on_progress: Callable[[float], None] | None, start: float, end: float
) -> Iterator[None]:
    """Tells how far a query is, from another thread, while it runs."""
    if on_progress is None:
        yield
        return
    done = Event()

    def watch() -> None:
        while not done.wait(0.2):
            on_progress(start + (end - start) * min(max(session.query_progress(), 0.0), 100.0) / 100)

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
    on_progress(end)
