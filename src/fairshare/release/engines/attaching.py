"""Opening a plan's source as an SQL relation, read only, with what each of its columns holds."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

import duckdb

from fairshare.release.engines import Connections
from fairshare.release.engines.csv_sql import read_cell_sql, reject_cell_sql
from fairshare.release.engines.session import as_glob, load_extension, quote_name, quote_text, speaking_plainly
from fairshare.release.sources import (
    CsvFile,
    DeltaTable,
    MariaDbTable,
    ParquetFile,
    ParquetFolder,
    PostgresTable,
    Schema,
    Source,
    SourceColumnsUnfit,
    SourceUnreadable,
    SqliteTable,
    XlsxSheet,
    check_column_names,
    list_parquet,
    resolve_path,
)
from fairshare.release.sources_csv import (
    BLOCK,
    MAX_ROW_BYTES,
    open_text,
    read_header,
    type_of,
)
from fairshare.release.sources_xlsx import Loaded, open_sheet
from fairshare.release.treatments import ColumnType
from fairshare.words import BadInput


class ConnectionUnknown(BadInput):
    """The plan names a database connection that was not given."""

    code = "CONNECTION_UNKNOWN"


@dataclass(frozen=True)
class SourceColumn:
    """A column as it is read: what it holds, the SQL type it is read as, and the SQL that reads it."""

    type: ColumnType
    sql_type: str
    read: str
    rejects: str | None = None
    """SQL that is true where the cell is not of its declared type."""


@dataclass(frozen=True)
class Attached:
    """A source as an SQL relation. A relation made of a pipe is read within `flowing`, once each time."""

    relation: str
    columns: dict[str, SourceColumn]
    reads: tuple[Path, ...] = ()
    """The files that DuckDB opens."""
    transcodes: tuple[Path, Path, CsvFile] | None = None
    countable: str | None = None
    """SQL that counts the source's rows without reading them through the plan; none for CSV and XLSX."""
    folders: tuple[Path, ...] = ()
    """The folders that DuckDB opens files of."""
    notes: tuple[str, ...] = ()
    """What the report must say of the source, such as the version that was read."""
    loaded: Loaded | None = None
    """A sheet whose rows wait in the session."""
    shown: str = ""
    """The relation as a preview prints it."""

    @property
    def schema(self) -> Schema:
        """What each column holds."""
        return {name: column.type for name, column in self.columns.items()}

    @contextmanager
    def flowing(self) -> Iterator[None]:
        """Feeds the pipe, if there is one, while the relation is read."""
        if self.transcodes is None:
            yield
            return
        path, pipe, source = self.transcodes
        feeder = Thread(target=_feed, args=(path, pipe, source), daemon=True)
        feeder.start()
        try:
            yield
        finally:
            release_pipe(pipe, feeder)


def _feed(path: Path, pipe: Path, source: CsvFile) -> None:
    # The row count is compared afterwards, so a feeder that stops early is found out.
    with suppress(OSError, UnicodeError), open_text(path, source) as text, pipe.open("wb") as out:
        while block := text.read(BLOCK):
            out.write(block.encode())


def release_pipe(pipe: Path, feeder: Thread) -> None:
    """Lets a feeder go that still waits for its pipe to be read."""
    while feeder.is_alive():
        with suppress(OSError):
            os.close(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK))
        feeder.join(0.02)


@contextmanager
def attach_source(
    session: duckdb.DuckDBPyConnection, source: Source, base: Path, connections: Connections | None
) -> Iterator[Attached]:
    """Opens a source, read only, and finds its columns."""
    with TemporaryDirectory(prefix="fairshare-") as folder:
        with speaking_plainly("source", opening=True):
            attached = _attach(session, source, base, connections, Path(folder))
        yield attached


def _attach(
    session: duckdb.DuckDBPyConnection, source: Source, base: Path, connections: Connections | None, folder: Path
) -> Attached:
    match source:
        case CsvFile():
            return attach_csv(source, resolve_path(base, source.path), folder)
        case ParquetFile():
            return attach_parquet(session, [resolve_path(base, source.path)])
        case ParquetFolder():
            return attach_parquet(session, list_parquet(resolve_path(base, source.path, folder=True)))
        case XlsxSheet():
            return attach_xlsx(session, source, resolve_path(base, source.path))
        case DeltaTable():
            return attach_delta(session, source, resolve_path(base, source.path, folder=True))
        case SqliteTable():
            path = resolve_path(base, source.path)
            load_extension(session, "sqlite_scanner", extra="sqlite")
            session.execute(f"ATTACH {quote_text(str(path))} AS origin (TYPE sqlite, READ_ONLY)")
            return attach_table(session, f"origin.{quote_name(source.table)}")
        case PostgresTable():
            connect_postgres(session, source, connections)
            return attach_table(session, f"origin.{quote_name(source.schema_name)}.{quote_name(source.table)}")
        case MariaDbTable():
            connect_mariadb(session, source, connections)
            return attach_table(session, f"origin.{quote_name(source.table)}")


def connect_postgres(
    session: duckdb.DuckDBPyConnection, source: PostgresTable, connections: Connections | None
) -> None:
    """Attaches a PostgreSQL database, read only."""
    string = find_connection(source, connections)
    load_extension(session, "postgres_scanner", extra="postgres")
    # A test that is pushed down stands in the server's own log, with the value that the plan gives.
    session.execute("SET pg_experimental_filter_pushdown = false")
    session.execute(f"ATTACH {quote_text(string)} AS origin (TYPE postgres, READ_ONLY)")


MARIADB_SETTINGS = {
    # A test that is pushed down stands in the server's own log, and is judged by its collation, where a is A.
    "mysql_experimental_filter_pushdown": "false",
    "mysql_order_pushdown_enabled": "false",
    "mysql_tinyint1_as_boolean": "false",
    "mysql_session_time_zone": "'+00:00'",
    # Rows stream: the server neither keeps the whole result first nor gives up after five minutes.
    "mysql_sql_buffer_result": "false",
    "mysql_query_timeout_enabled": "false",
    # The scanner's own optimizer (1.5.5) loses columns: a plan with groups then ends in an internal error.
    "disabled_optimizers": "'extension'",
}


def connect_mariadb(session: duckdb.DuckDBPyConnection, source: MariaDbTable, connections: Connections | None) -> None:
    """Attaches a MariaDB or MySQL database, read only."""
    string = find_connection(source, connections)
    load_extension(session, "mysql_scanner", extra="mariadb")
    for name, value in MARIADB_SETTINGS.items():
        session.execute(f"SET {name} = {value}")
    session.execute(f"ATTACH {quote_text(string)} AS origin (TYPE mysql, READ_ONLY)")


def find_connection(source: PostgresTable | MariaDbTable, connections: Connections | None) -> str:
    """The connection string that a plan names; only whoever runs the plan holds it."""
    if connections is None:
        raise ConnectionUnknown(
            "no database connections were given",
            fix="Say where connections are kept.",
            where=f"source.connection: {source.connection}",
        )
    return connections.connection_for(source.connection)


def attach_delta(session: duckdb.DuckDBPyConnection, source: DeltaTable, path: Path) -> Attached:
    """A Delta table at one version, whatever is written to it meanwhile."""
    load_extension(session, "delta", extra="delta")
    version = source.version if source.version is not None else find_version(path)
    session.execute(f"ATTACH {quote_text(str(path))} AS origin (TYPE delta, READ_ONLY, VERSION {version})")
    table = "origin.main.origin"
    return Attached(
        table,
        describe_relation(session, table),
        countable=f"SELECT count(*) FROM {table}",
        shown=f"delta_scan(<folder>, version {version})",
        folders=(path,),
        notes=(f"The Delta table was read at version {version}.",),
    )


def find_version(path: Path) -> int:
    """The newest version of a Delta table."""
    found = [int(each.stem) for each in (path / "_delta_log").glob("*.json") if re.fullmatch("[0-9]{20}", each.stem)]
    if not found:
        raise SourceUnreadable(
            "the folder holds no Delta table", fix="Name the folder that `_delta_log` is in.", where="source.path"
        )
    return max(found)


def attach_xlsx(session: duckdb.DuckDBPyConnection, source: XlsxSheet, path: Path) -> Attached:
    """A sheet of a workbook, its rows as text in a table of the session."""
    with open_sheet(path, source) as sheet:
        columns = ", ".join(f"{quote_name(name)} VARCHAR" for name in sheet.names)
        session.execute(f"CREATE TEMP TABLE sheet ({columns})")
        loaded = Loaded()
        for rows in sheet.read_batches(loaded):
            given = {f"c{place}": [row[place] for row in rows] for place in range(len(sheet.names))}
            session.execute(
                f"INSERT INTO sheet SELECT {', '.join(f'unnest(${name}::VARCHAR[])' for name in given)}", given
            )
        typed = {name: _csv_column(_cell_sql(name, source), source.types.get(name, "text")) for name in sheet.names}
        return Attached("sheet", typed, shown="<sheet>", notes=sheet.notes, loaded=loaded)


def attach_table(session: duckdb.DuckDBPyConnection, table: str) -> Attached:
    """A table of the attached database."""
    try:
        columns = describe_relation(session, table)
    except duckdb.CatalogException:
        raise SourceUnreadable(
            "the database has no such table or view", fix="Check its name and schema.", where="source"
        ) from None
    return Attached(table, columns, countable=f"SELECT count(*) FROM {table}", shown=table)


def attach_parquet(session: duckdb.DuckDBPyConnection, paths: list[Path]) -> Attached:
    """Parquet files with the same columns."""
    columns: dict[str, SourceColumn] | None = None
    for path in paths:
        found = describe_relation(session, read_parquet_sql([path]))
        if columns is not None and found != columns:
            raise SourceColumnsUnfit(
                "the Parquet files differ in their columns",
                where="source",
                fix="Keep files with other columns, orders or types in another folder.",
            )
        columns = found
    files = ", ".join(quote_text(as_glob(path)) for path in paths)
    return Attached(
        read_parquet_sql(paths),
        columns or {},
        tuple(paths),
        shown=f"read_parquet(<{len(paths)} file(s)>)",
        countable=f"SELECT coalesce(sum(num_rows), 0)::BIGINT FROM parquet_file_metadata([{files}])",
    )


def read_parquet_sql(paths: list[Path]) -> str:
    """Parquet files of the same columns as one SQL relation."""
    files = ", ".join(quote_text(as_glob(path)) for path in paths)
    return f"read_parquet([{files}], hive_partitioning = false, union_by_name = false)"


def describe_relation(session: duckdb.DuckDBPyConnection, relation: str) -> dict[str, SourceColumn]:
    """The columns of a typed relation."""
    types = describe_types(session, relation)
    check_column_names(list(types), where="source")
    return {name: _typed_column(f"source.{quote_name(name)}", kind) for name, kind in types.items()}


def describe_types(session: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    """The columns of a typed relation, each with DuckDB's name of its type."""
    return dict(session.execute(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {relation})").fetchall())


_SAME = {
    **dict.fromkeys(
        ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"), ColumnType.INTEGER
    ),
    "VARCHAR": ColumnType.TEXT,
    "BOOLEAN": ColumnType.BOOLEAN,
    "DATE": ColumnType.DATE,
    "TIMESTAMP": ColumnType.DATETIME,
}


def _typed_column(name: str, sql_type: str) -> SourceColumn:
    kind = sql_type.split("(")[0]
    if kind in _SAME:
        return SourceColumn(_SAME[kind], sql_type, name)
    if kind == "DECIMAL":
        return SourceColumn(ColumnType.DECIMAL, sql_type, name)
    if kind in ("UUID", "ENUM", "JSON"):
        return SourceColumn(ColumnType.TEXT, "VARCHAR", f"CAST({name} AS VARCHAR)")
    if kind in ("FLOAT", "DOUBLE"):
        # A number that is not a number is a missing one.
        return SourceColumn(ColumnType.FLOAT, "DOUBLE", f"nullif(CAST({name} AS DOUBLE), 'nan'::DOUBLE)")
    if kind in ("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"):
        return SourceColumn(ColumnType.DATETIME, "TIMESTAMP", f"CAST({name} AS TIMESTAMP)")
    if kind == "TIMESTAMP WITH TIME ZONE":
        return SourceColumn(ColumnType.DATETIME, "TIMESTAMP", f"({name} AT TIME ZONE 'UTC')")
    return SourceColumn(ColumnType.OTHER, sql_type, name)


def attach_csv(source: CsvFile, path: Path, folder: Path) -> Attached:
    """A CSV file, through DuckDB's own reader; other encodings reach it as UTF-8 through a pipe."""
    names = read_header(path, source)
    reads, transcodes = path, None
    if source.encoding != "utf-8":
        reads = folder / "utf-8.csv"
        os.mkfifo(reads, 0o600)
        transcodes = (path, reads, source)
    columns = ", ".join(f"{quote_text(name)}: 'VARCHAR'" for name in names)
    # In parallel, DuckDB 1.5.5 loses rows of files that have ragged rows or line ends inside quotation marks.
    relation = (
        f"read_csv({quote_text(as_glob(reads))}, auto_detect = false, header = true, columns = {{{columns}}}, "
        f"delim = {quote_text(source.delimiter)}, quote = '\"', escape = '\"', strict_mode = true, "
        f"null_padding = false, store_rejects = true, rejects_table = 'ragged', rejects_scan = 'ragged_scans', "
        f"max_line_size = {MAX_ROW_BYTES}, buffer_size = {16 * MAX_ROW_BYTES}, parallel = false)"
    )
    typed = {name: _csv_column(_cell_sql(name, source), source.types.get(name, "text")) for name in names}
    return Attached(relation, typed, (reads,), transcodes, shown="read_csv(<file>)")


def _cell_sql(name: str, source: CsvFile | XlsxSheet) -> str:
    cell = f"source.{quote_name(name)}"
    return f"nullif(trim({cell}, ' '), '')" if source.trim else cell


def _csv_column(cell: str, written: str) -> SourceColumn:
    found = type_of(written)
    if found is ColumnType.TEXT:
        return SourceColumn(found, "VARCHAR", cell)
    sql_type, read = read_cell_sql(
        cell,
        written,
        moment="TIMESTAMP",
        matches=lambda text, pattern: f"regexp_full_match({text}, {quote_text(pattern)})",
    )
    return SourceColumn(found, sql_type, read, rejects=reject_cell_sql(cell, read))
