"""The columns of a Parquet file in the words of the Delta Sharing protocol, read from the file's last bytes only."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass

from fairshare.release.sharing.refusals import ColumnNotShareable, NotShareable

TAIL = 16 * 1024 * 1024
"""How much of a file's end is kept to find its footer in: enough for some tens of thousands of row groups."""
_TYPES = {
    "BOOLEAN": "boolean",
    "TINYINT": "byte",
    "SMALLINT": "short",
    "UTINYINT": "short",
    "INTEGER": "integer",
    "USMALLINT": "integer",
    "BIGINT": "long",
    "UINTEGER": "long",
    "UBIGINT": "decimal(20,0)",
    "FLOAT": "float",
    "DOUBLE": "double",
    "VARCHAR": "string",
    "BLOB": "binary",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp",
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Footer:
    """What the end of a Parquet file says."""

    rows: int
    schema_string: str


def read_footer(tail: bytes, size: int) -> Footer:
    """The rows and columns of a Parquet file, from its last bytes.

    Takes    tail: the file's last bytes, TAIL of them or all; size: how many the whole file has.
    Raises   NotShareable when it is no Parquet file, ColumnNotShareable.
    """
    import duckdb

    # A footer holds the smallest and largest value of each column, so it is looked at in memory and never on a disk.
    # Footers point into the whole file, so the file in memory is as long: it takes no more room than its end.
    handle = _make_memory_file()
    try:
        os.ftruncate(handle, size)
        os.pwrite(handle, b"PAR1", 0)
        os.pwrite(handle, tail, size - len(tail))
        path = f"/proc/{os.getpid()}/fd/{handle}"
        with duckdb.connect() as connection:
            columns = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
            rows = connection.execute("SELECT num_rows FROM parquet_file_metadata(?)", [path]).fetchone()
    except duckdb.Error:
        raise NotShareable(
            "what was made ready is not a Parquet file", fix="Write `format: parquet` in the release's table."
        ) from None
    finally:
        os.close(handle)
    return Footer(int(rows[0]) if rows else 0, write_schema([(name, kind) for name, kind, *_ in columns]))


def write_schema(columns: list[tuple[str, str]]) -> str:
    """Columns and their DuckDB types as the protocol's `schemaString`.

    >>> write_schema([("born", "DATE")])
    '{"type":"struct","fields":[{"name":"born","type":"date","nullable":true,"metadata":{}}]}'
    """
    fields = [{"name": name, "type": name_type(kind, name), "nullable": True, "metadata": {}} for name, kind in columns]
    return json.dumps({"type": "struct", "fields": fields}, separators=(",", ":"))


def name_type(kind: str, column: str) -> str:
    """The protocol's name of a DuckDB type; raises ColumnNotShareable."""
    if found := _DECIMAL.fullmatch(kind):
        return f"decimal({found[1]},{found[2]})"
    if kind not in _TYPES:
        raise ColumnNotShareable(
            f"a column of type {kind} cannot be read by Delta Sharing",
            fix="Give the column another type in the plan's source, such as text, a whole number or a date.",
            where=f"column {column!r}",
        )
    return _TYPES[kind]


def _make_memory_file() -> int:
    try:
        return os.memfd_create("footer", os.MFD_CLOEXEC)
    except (AttributeError, OSError):
        raise NotShareable(
            "this system has no files in memory, which sharing needs so that nothing is written in the clear",
            fix="Share from a desk on Linux, or hand over sealed files.",
        ) from None
