"""Writing a small table that was made here, such as statistics: to a new private file or a pipe, as engines write."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from fairshare.release.engines import EngineLimits, OutputFormat
from fairshare.release.treatments import Cell, ColumnType

if TYPE_CHECKING:
    from collections.abc import Iterator


def write_small_table(
    columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]], *, write_to: Path, format: OutputFormat
) -> None:
    """Writes the rows as `run_plan` would: CSV in quotation marks and safe to open in a spreadsheet, or Parquet."""
    with opening(write_to):
        if format == "csv":
            _write_csv(columns, rows, write_to)
        else:
            _write_parquet(columns, rows, write_to)


@contextmanager
def opening(write_to: Path) -> Iterator[None]:
    """Makes a new file that only its owner can read, or waits for a pipe; neither is left half done and waiting."""
    from fairshare.release.engines.running import check_output, release_reader

    pipe = check_output(write_to)
    try:
        if not pipe:
            os.close(os.open(write_to, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        yield
    except BaseException:
        if pipe:
            release_reader(write_to)
        else:
            write_to.unlink(missing_ok=True)
        raise


def _write_csv(columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]], write_to: Path) -> None:
    from fairshare.release.engines.memory import guard_cell, quote_cell

    with write_to.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(quote_cell(name) for name in columns) + "\n")
        for row in rows:
            out.write(",".join("" if cell is None else quote_cell(guard_cell(cell)) for cell in row) + "\n")


def _write_parquet(columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]], write_to: Path) -> None:
    from fairshare.release.engines.session import open_session, quote_text, speaking_plainly
    from fairshare.release.engines.treated import TreatedInDuckDB

    with open_session(EngineLimits(threads=1)) as session, speaking_plainly("engine"):
        TreatedInDuckDB("", columns, session, "", {}, nullcontext).load("sent", columns, rows)
        copy = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
        session.execute(f"COPY sent TO {quote_text(str(write_to))} ({copy})")


def tidy(number: Decimal | float | int) -> Decimal:
    """A number as it is told: no more than six decimal places, and none that are zero.

    >>> tidy(2.5), tidy(3.0), tidy(1 / 3)
    (Decimal('2.5'), Decimal('3'), Decimal('0.333333'))
    """
    exact = number if isinstance(number, Decimal) else Decimal(str(number))
    rounded = exact.quantize(Decimal("0.000001")).normalize()
    return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded
