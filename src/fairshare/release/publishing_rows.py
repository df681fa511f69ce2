"""Writing what was published in place of rows: a table of values, as CSV or Parquet, into a new file or a pipe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from fairshare.release.engines import EngineLimits, OutputFormat
from fairshare.release.engines.memory import guard_cell, quote_cell
from fairshare.release.engines.session import close_off, open_session, quote_name, quote_text, speaking_plainly
from fairshare.release.engines.treated import SQL_TYPES
from fairshare.release.treatments import Cell, ColumnType
from fairshare.words import FairshareError


class RowsNotWritten(FairshareError):
    """What was published could not be written: the disk is full, or whoever was reading has gone."""

    code = "ROWS_NOT_WRITTEN"


def write_cells(
    columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]], *, write_to: Path, output: OutputFormat
) -> None:
    """Writes rows as a plan's own rows are written; a partial file is the caller's to remove."""
    try:
        if output == "csv":
            _write_csv(list(columns), rows, write_to)
        else:
            _write_parquet(columns, rows, write_to)
    except OSError as error:
        raise RowsNotWritten(
            f"the rows cannot be written: {error.strerror}", fix="Free some room, and run it again.", where="output"
        ) from None


def _write_csv(names: list[str], rows: Sequence[tuple[Cell, ...]], write_to: Path) -> None:
    with write_to.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(map(quote_cell, names)) + "\n")
        for row in rows:
            out.write(",".join("" if cell is None else quote_cell(guard_cell(cell)) for cell in row) + "\n")


def _write_parquet(columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]], write_to: Path) -> None:
    given = {f"column_{place}": [row[place] for row in rows] for place in range(len(columns))}
    listed = ", ".join(
        f"unnest($column_{place}::{SQL_TYPES[kind]}[]) AS {quote_name(name)}"
        for place, (name, kind) in enumerate(columns.items())
    )
    with open_session(EngineLimits()) as session, speaking_plainly("output"):
        close_off(session, (write_to,))
        session.execute(f"CREATE TEMP TABLE sent AS SELECT {listed}", given)
        how = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
        session.execute(f"COPY sent TO {quote_text(str(write_to))} ({how})")
