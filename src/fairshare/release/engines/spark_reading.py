"""Opening a plan's source in Spark, for every worker to read its share of.

What each column holds is settled by DuckDB, so that a plan means the same in every engine; Spark only reads.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from fairshare.release.engines.attaching import Attached, describe_types
from fairshare.release.engines.csv_sql import read_cell_sql, reject_cell_sql
from fairshare.release.engines.job import Job
from fairshare.release.engines.session import quote_text as quote_sql
from fairshare.release.engines.spark_sql import SparkColumn, SparkSource, matches, quote_name, quote_text
from fairshare.release.sources import CsvFile, DeltaTable, ParquetFile, ParquetFolder, Source, resolve_path
from fairshare.release.sources_csv import (
    CODECS,
    TOO_FEW,
    TOO_MANY,
    check_structure,
    reason_for,
    type_of,
)
from fairshare.release.treatments import ColumnType
from fairshare.words import BadInput

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

MAX_WHOLE_BYTES = 64 * 1024 * 1024
SOURCE = "source_rows"


class EngineUnfit(BadInput):
    """The engine that was chosen cannot read this source, or this column of it."""

    code = "ENGINE_UNFIT"


def read_source(
    spark: SparkSession, session: duckdb.DuckDBPyConnection, job: Job, attached: Attached
) -> tuple[SparkSource, int]:
    """The source as a Spark relation, and how many rows it has by a count that is not Spark's."""
    source = job.plan.source
    if isinstance(source, CsvFile):
        return _read_csv(spark, source, resolve_path(job.base, source.path))
    found = session.execute(attached.countable or "").fetchone()
    return _read_parquet(spark, session, job, attached), int(found[0]) if found else 0


def check_shareable(source: Source) -> None:
    """Raises EngineUnfit unless workers can each read a share of the source by themselves."""
    if not isinstance(source, CsvFile | ParquetFile | ParquetFolder | DeltaTable):
        raise EngineUnfit(
            f"Spark cannot read a source of format {source.format}: its workers would each need a way in",
            fix="Run the plan by the engine duckdb, or export the table to Parquet first.",
            where="source.format",
        )


SPARK_TYPES = {
    "TINYINT": "TINYINT",
    "SMALLINT": "SMALLINT",
    "INTEGER": "INT",
    "BIGINT": "BIGINT",
    "UTINYINT": "SMALLINT",
    "USMALLINT": "INT",
    "UINTEGER": "BIGINT",
    "UBIGINT": "DECIMAL(20, 0)",
    "VARCHAR": "STRING",
    "JSON": "STRING",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIMESTAMP": "TIMESTAMP_NTZ",
    "TIMESTAMP_MS": "TIMESTAMP_NTZ",
    "TIMESTAMP_NS": "BIGINT",
    "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_LTZ",
    "FLOAT": "FLOAT",
    "DOUBLE": "DOUBLE",
    "UUID": "BINARY",
    "BLOB": "BINARY",
}
"""What Spark reads a column of Parquet as, by what DuckDB says that it is."""


def _read_parquet(spark: SparkSession, session: duckdb.DuckDBPyConnection, job: Job, attached: Attached) -> SparkSource:
    types = describe_types(session, attached.relation)
    used = {each.column for each in (*job.plan.sent, *job.plan.rows)}
    wanted = {name: _spark_type(name, kind) for name, kind in types.items() if name in used}
    schema = ", ".join(f"{quote_name(name)} {kind}" for name, kind in wanted.items())
    # A path is taken for itself: Spark would read *, ? and [ as wildcards.
    reader = spark.read.schema(schema).option("__globPaths__", "false")
    frame = reader.parquet(*(str(path) for path in attached.reads or _list_delta(session, job, attached)))
    frame.createOrReplaceTempView(SOURCE)
    columns = {
        name: SparkColumn(column.type, _read_typed(f"source.{quote_name(name)}", types[name]))
        for name, column in attached.columns.items()
        if name in used
    }
    return SparkSource(SOURCE, columns)


def _list_delta(session: duckdb.DuckDBPyConnection, job: Job, attached: Attached) -> list[str]:
    """The Parquet files of a Delta table that are the table: none has deleted rows, partitions or renamed columns."""
    files = session.execute(f"FROM delta_list_files({quote_sql(str(attached.folders[0]))})").fetchall()
    paths = [str(each[0]) for each in files]
    listing = ", ".join(quote_sql(path) for path in paths)
    simple = not any(each[2] or each[3] for each in files)
    listed = session.execute(
        f"SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata([{listing}])"
    ).fetchone()
    counted = session.execute(attached.countable or "").fetchone()
    wanted = attached.columns.keys()
    same = all(describe_types(session, f"read_parquet({quote_sql(path)})").keys() >= wanted for path in paths)
    if not (simple and listed == counted and same and paths):
        raise EngineUnfit(
            "Spark cannot read this Delta table: rows of its files are marked as deleted, columns are renamed or "
            "partition it, or this version is not the newest",
            fix="Run the plan by the engine duckdb.",
            where="source",
        )
    return paths


def _spark_type(name: str, kind: str) -> str:
    found = kind if kind.startswith("DECIMAL(") else SPARK_TYPES.get("UUID" if kind == "UUID" else kind.split("(")[0])
    if found is None:
        raise EngineUnfit(
            f"Spark cannot read a column of the type {kind.split('(')[0]}",
            fix="Leave the column out, or run the plan by the engine duckdb.",
            where=f"source: {name}",
        )
    return found


def _read_typed(column: str, kind: str) -> str:
    match kind:
        case "FLOAT" | "DOUBLE":
            return f"nullif(CAST({column} AS DOUBLE), double('NaN'))"
        case "TIMESTAMP_NS":
            return f"CAST(timestamp_micros(floor({column} / 1000)) AS TIMESTAMP_NTZ)"
        case "TIMESTAMP WITH TIME ZONE":
            return f"CAST({column} AS TIMESTAMP_NTZ)"
        case "UUID":
            return (
                f"regexp_replace(lower(hex({column})), '(.{{8}})(.{{4}})(.{{4}})(.{{4}})(.{{12}})', '$1-$2-$3-$4-$5')"
            )
    return column


def _read_csv(spark: SparkSession, source: CsvFile, path: Path) -> tuple[SparkSource, int]:
    """A CSV file whose structure was checked from end to end, so that its lines can be shared out among workers."""
    from fairshare.release.sources_csv import read_header

    structure = check_structure(path, source)
    names = read_header(path, source)
    read = _read_lines if structure.a_line_each and source.encoding != "utf-16" else _read_whole
    read(spark, path, source).createOrReplaceTempView("lines")
    mark = quote_text(source.delimiter)
    cell = f'{re.escape(source.delimiter)}("(?:[^"]++|"")*+"|[^"{re.escape(source.delimiter)}]*+)'
    unquoted = (
        "transform(regexp_extract_all(concat("
        f"{mark}, line), {quote_text(cell)}, 1), cell -> CASE WHEN startswith(cell, '\"') "
        "THEN replace(substr(cell, 2, length(cell) - 2), '\"\"', '\"') ELSE cell END)"
    )
    plain = f"split(line, {quote_text(re.escape(source.delimiter))}, -1)"
    blank = "" if len(names) == 1 else " WHERE line <> ''"
    cells = f"SELECT CASE WHEN contains(line, '\"') THEN {unquoted} ELSE {plain} END AS cells FROM lines{blank}"
    columns = ", ".join(
        f"{_cell_sql(f'get(cells, {place})', source)} AS {quote_name(name)}" for place, name in enumerate(names)
    )
    past = f"exists(slice(cells, {len(names) + 1}, size(cells)), cell -> cell <> '')"
    relation = f"(SELECT size(cells) AS `#cells`, {past} AS `#past`, {columns} FROM ({cells}))"
    typed = {name: _csv_column(name, source.types.get(name, "text")) for name in names}
    rejects = ((f"source.`#cells` < {len(names)}", TOO_FEW), ("source.`#past`", TOO_MANY))
    return SparkSource(relation, typed, rejects), structure.rows


def _cell_sql(cell: str, source: CsvFile) -> str:
    return f"nullif({f'trim({cell})' if source.trim else cell}, '')"


def _read_lines(spark: SparkSession, path: Path, source: CsvFile) -> DataFrame:
    read = spark.read.option("__globPaths__", "false").option("lineSep", "\n").text(str(path))
    # The header is the first line of the first stretch of the file.
    numbered = read.selectExpr(
        f"{_decode('value', source)} AS line",
        "_metadata.file_block_start AS start",
        "monotonically_increasing_id() AS place",
    )
    return numbered.where("NOT (start = 0 AND place = 0)").selectExpr("regexp_replace(line, '\\r\\\\z', '') AS line")


def _decode(column: str, source: CsvFile) -> str:
    if source.encoding == "utf-8":
        return column
    return f"decode(CAST({column} AS BINARY), {quote_text(CODECS[source.encoding])})"


def _read_whole(spark: SparkSession, path: Path, source: CsvFile) -> DataFrame:
    """Cells that hold line ends, and UTF-16, leave no place to cut: one worker reads such a file."""
    if path.stat().st_size > MAX_WHOLE_BYTES:
        raise EngineUnfit(
            "cells of the CSV file hold line ends, or it is UTF-16: Spark cannot share it out, and it is large",
            fix="Run the plan by the engine duckdb, or convert the file to Parquet first.",
            where=f"source.path: {source.path}",
        )
    read = spark.read.option("__globPaths__", "false").text(str(path), wholetext=True)
    row = '\n((?:[^"\n]++|"[^"]*+")*+)'
    text = f"regexp_replace({_decode('value', source)}, '\\r?\\n\\\\z', '')"
    rows = f"slice(regexp_extract_all(concat('\\n', {text}), {quote_text(row)}, 1), 2, 1000000000)"
    return read.selectExpr(f"explode({rows}) AS line").selectExpr("regexp_replace(line, '\\r\\\\z', '') AS line")


def _csv_column(name: str, written: str) -> SparkColumn:
    cell, found = f"source.{quote_name(name)}", type_of(written)
    if found is ColumnType.TEXT:
        return SparkColumn(found, cell)
    _, read = read_cell_sql(cell, written, moment="TIMESTAMP_NTZ", matches=matches)
    return SparkColumn(found, read, (reject_cell_sql(cell, read), reason_for(name, written)))
