"""Reading a CSV cell as the type it is declared to have, in SQL that DuckDB and Spark both speak."""

from __future__ import annotations

import re
from collections.abc import Callable

from fairshare.release.sources_csv import (
    DATE_ORDER,
    DATETIME_PATTERN,
    DECIMAL_PATTERN,
    DECIMAL_SCALE,
    INTEGER_PATTERN,
    type_of,
)
from fairshare.release.treatments import DATED, ColumnType


def read_cell_sql(cell: str, written: str, *, moment: str, matches: Callable[[str, str], str]) -> tuple[str, str]:
    """The SQL type of a cell declared as `written`, which is not text, and the SQL that reads it: null if it is unfit.

    Takes    moment: what the engine calls a date with a time and no zone; matches: its test of a whole text.
    """
    found, text = type_of(written), cell
    if found is ColumnType.INTEGER:
        sql_type, pattern = "BIGINT", INTEGER_PATTERN
    elif found is ColumnType.DECIMAL:
        sql_type, pattern = f"DECIMAL(28, {DECIMAL_SCALE})", DECIMAL_PATTERN
    elif found is ColumnType.DATETIME:
        sql_type, pattern = moment, DATETIME_PATTERN
    else:
        order = DATE_ORDER[written]
        parts = [f"substr({cell}, {order.index(part) + 1}, {len(part)})" for part in ("YYYY", "MM", "DD")]
        sql_type, pattern, text = "DATE", re.sub("[DMY]", "[0-9]", re.escape(order)), " || '-' || ".join(parts)
    sound = matches(cell, pattern) + (f" AND {text} >= '0001'" if found in DATED else "")
    return sql_type, f"CASE WHEN {sound} THEN TRY_CAST({text} AS {sql_type}) END"


def reject_cell_sql(cell: str, read: str) -> str:
    """SQL that is true where a cell is there and not of its declared type."""
    return f"{cell} IS NOT NULL AND ({read}) IS NULL"
