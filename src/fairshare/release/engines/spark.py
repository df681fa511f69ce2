"""The engine for tables too large for one machine: Spark reads, treats and counts; DuckDB writes what comes back.

The driver takes the treated rows a few partitions at a time and hands them to the very writer of the default engine, so
that both write one dialect. Nothing is left on a disk but what Spark spills, which it encrypts.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

import duckdb

from fairshare.release.engines import EngineReport, GroupMeasured
from fairshare.release.engines.attaching import Attached, attach_source
from fairshare.release.engines.duckdb import COPY_AS, KNOWN_ID, PseudonymUnsound, pad_key, settle_cells
from fairshare.release.engines.duckdb_sql import group_columns, kept_types, written_sql
from fairshare.release.engines.job import Job, check_counts, make_report
from fairshare.release.engines.session import (
    close_off,
    open_session,
    quote_name,
    quote_text,
    share_memory,
    speaking_plainly,
)
from fairshare.release.engines.spark_reading import check_shareable, read_source
from fairshare.release.engines.spark_session import open_spark, speaking_plainly_of_spark
from fairshare.release.engines.spark_sql import FILTERED, KEPT, Compiled, compile_plan, hmac_sql, only_cells
from fairshare.release.engines.spark_streaming import stream_batches, watch
from fairshare.release.filters import read_list
from fairshare.release.plan import check_plan, output_types
from fairshare.release.sources import resolve_path
from fairshare.release.treatments import Cell, ColumnType, text_of

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

MOST_TO_BROADCAST = 1_000_000


def name_engine() -> str:
    """Spark with its version."""
    try:
        return f"spark {version('pyspark')}"
    except PackageNotFoundError:
        return "spark"


@dataclass(frozen=True)
class Opened:
    """A plan's rows in Spark: counted, and without small groups."""

    spark: SparkSession
    session: duckdb.DuckDBPyConnection
    attached: Attached
    treated: DataFrame
    read: int
    rejected: dict[str, int]
    filtered: int
    kept: int
    staying: int
    groups: tuple[GroupMeasured, ...]


def run(job: Job) -> EngineReport:
    """Runs the plan, and accounts for every row."""
    with open_rows(job) as opened:
        group_mb = share_memory(opened.session, job.limits, len(job.plan.sent))
        close_off(opened.session, (job.write_to,))
        sent = write_rows(job, opened, group_mb)
    check_counts(read=opened.staying, accounted=sent)
    return make_report(
        job,
        opened.attached.schema,
        engine=name_engine(),
        read=opened.read,
        rejected=opened.rejected,
        filtered=opened.filtered,
        kept=opened.kept,
        sent=sent,
        groups=opened.groups,
        notes=opened.attached.notes,
    )


@contextmanager
def open_rows(job: Job) -> Iterator[Opened]:
    """Opens the rows that a plan lets go, in Spark, with a DuckDB beside it that has settled their groups."""
    check_shareable(job.plan.source)
    with (
        open_session(job.limits) as session,
        speaking_plainly("engine"),
        attach_source(session, job.plan.source, job.base, job.connections) as attached,
    ):
        check_plan(job.plan, attached.schema)
        with open_spark(job.limits) as spark, speaking_plainly_of_spark("engine"):
            source, read = read_source(spark, session, job, attached)
            compiled = compile_plan(job.plan, source)
            load_lists(spark, job, attached, compiled)
            load_bound(spark, job.keys, compiled)
            met = {str(row[0]): int(str(row[1])) for row in fetch(spark, compiled.met)}
            check_counts(read=read, accounted=sum(met.values()))
            kept, filtered = met.pop(KEPT, 0), met.pop(FILTERED, 0)
            _tell(job, 0.2)
            groups, treated, staying = hold_back_small_groups(spark, session, job, compiled, kept)
            _tell(job, 0.5 if groups else 0.2)
            yield Opened(spark, session, attached, spark.sql(treated), read, met, filtered, kept, staying, groups)


def _tell(job: Job, share: float) -> None:
    if job.on_progress:
        job.on_progress(share)


ARROW_TYPES: dict[ColumnType, Callable[[Any], Any]] = {
    ColumnType.TEXT: lambda pa: pa.string(),
    ColumnType.INTEGER: lambda pa: pa.int64(),
    ColumnType.DECIMAL: lambda pa: pa.decimal128(38, 10),
    ColumnType.FLOAT: lambda pa: pa.float64(),
    ColumnType.DATE: lambda pa: pa.date32(),
    ColumnType.DATETIME: lambda pa: pa.timestamp("us"),
    ColumnType.BOOLEAN: lambda pa: pa.bool_(),
}


def hand_over(spark: SparkSession, name: str, table: pa.Table) -> None:
    """Gives Spark a table by name, as rows of an RDD: no plan, EXPLAIN or event log ever shows what they hold."""
    spark.createDataFrame(table).createOrReplaceTempView(name)


def load_lists(spark: SparkSession, job: Job, attached: Attached, compiled: Compiled) -> None:
    """Each list file, and the labels of each column, as a table."""
    import pyarrow as pa

    for place, test in enumerate(compiled.lists):
        found = attached.columns[test.column].type
        path = resolve_path(job.base, test.path, where="rows")
        values = read_list(path, found, sha256=test.sha256, where=f"rows: {test.path}")
        kind = ColumnType.TEXT if found is ColumnType.DECIMAL else found
        given = [text_of(each) if isinstance(each, Decimal) else each for each in values]
        column = pa.array(given, ARROW_TYPES[kind](pa))
        hand_over(spark, f"list_{place}", pa.table({"value": column}))
    for place, label in enumerate(compiled.labels):
        hand_over(spark, f"labels_{place}", pa.table({"value": [*label.labels], "label": [*label.labels.values()]}))


def load_bound(spark: SparkSession, keys: dict[str, bytes], compiled: Compiled) -> None:
    """The padded keys and the given values in one row, checked on a known id against Python's own HMAC."""
    import pyarrow as pa

    if not keys and not compiled.bound:
        return
    pads = {
        f"{side}_{place}": pa.array([pad], pa.binary())
        for place, key in enumerate(keys.values())
        for side, pad in zip(("inner", "outer"), pad_key(key), strict=True)
    }
    values = {name: pa.array([value], ARROW_TYPES[kind](pa)) for name, (value, kind) in compiled.bound.items()}
    hand_over(spark, "bound", pa.table(pads | values))
    if not keys:
        return
    hand_over(spark, "known", pa.table({"id": [KNOWN_ID]}))
    columns = ", ".join(f"{hmac_sql('known.id', place)} AS p{place}" for place in range(len(keys)))
    found = fetch(spark, f"SELECT {columns} FROM known CROSS JOIN bound")
    if found != [tuple(hmac.new(key, KNOWN_ID.encode(), sha256).hexdigest() for key in keys.values())]:
        raise PseudonymUnsound(
            "Spark's pseudonym of a known id differs from Python's",
            where="engine",
            fix="Do not release with this version of Spark.",
        )


def fetch(spark: SparkSession, sql: str) -> list[tuple[Cell, ...]]:
    """A small result."""
    return [tuple(row) for row in watch(spark, lambda: spark.sql(sql).collect())]


def hold_back_small_groups(
    spark: SparkSession, session: duckdb.DuckDBPyConnection, job: Job, compiled: Compiled, kept: int
) -> tuple[tuple[GroupMeasured, ...], str, int]:
    """Has Spark count the cells, DuckDB settle which may go, and Spark keep to those."""
    if compiled.cells is None:
        return (), compiled.treated, kept
    copy_batches(spark, session, spark.sql(compiled.cells), "CREATE TEMP TABLE cells AS SELECT * FROM coming")
    groups, counted, staying = settle_cells(session, job.plan)
    check_counts(read=kept, accounted=counted)
    columns = group_columns(job.plan)
    names = ", ".join(quote_name(name) for name in columns)
    cells = session.execute(f"SELECT {names} FROM cells").to_arrow_table()
    hand_over(spark, "cells", cells)
    return groups, only_cells(compiled, columns, broadcast=cells.num_rows <= MOST_TO_BROADCAST), staying


def copy_batches(
    spark: SparkSession,
    session: duckdb.DuckDBPyConnection,
    frame: DataFrame,
    sql: str,
    on_progress: Callable[[float], None] | None = None,
) -> int:
    """Runs a DuckDB statement over the rows of a Spark frame, as they come; says how many rows it met."""
    import pyarrow as pa
    from pyspark.sql.pandas.types import to_arrow_schema

    schema = to_arrow_schema(frame.schema)
    failed: list[BaseException] = []

    def batches() -> Iterator[pa.RecordBatch]:
        # DuckDB would put an error of Spark's into words of its own.
        try:
            yield from stream_batches(spark, frame, schema, on_progress=on_progress)
        except BaseException as error:
            failed.append(error)
            raise

    session.register("coming", pa.RecordBatchReader.from_batches(schema, batches()))
    try:
        found = session.execute(sql).fetchone()
    except duckdb.Error:
        if failed:
            raise failed[0] from None
        raise
    finally:
        session.unregister("coming")
    return int(found[0]) if found else 0


def write_rows(job: Job, opened: Opened, group_mb: int) -> int:
    """Writes the rows that may go as Spark gives them, and says how many."""
    types = output_types(job.plan, opened.attached.schema)
    kinds = kept_types(job.plan, opened.attached)
    typed = ", ".join(f"CAST({quote_name(name)} AS {kind}) AS {quote_name(name)}" for name, kind in kinds.items())
    written = ", ".join(
        f"{written_sql(f'treated.{quote_name(each.output)}', types[each.output], each, job.output)} "
        f"AS {quote_name(each.output)}"
        for each in job.plan.sent
    )
    how = COPY_AS[job.output].format(group_mb=group_mb)
    select = f"SELECT {written} FROM (SELECT {typed} FROM coming) AS treated"
    start = 0.5 if opened.groups else 0.2

    def tell(share: float) -> None:
        _tell(job, start + (1 - start) * share)

    return copy_batches(
        opened.spark,
        opened.session,
        opened.treated,
        f"COPY ({select}) TO {quote_text(str(job.write_to))} ({how})",
        tell,
    )
