"""Reading a sheet of an XLSX workbook as rows of text, so that dates, numbers and errors in it mean one thing.

A date cell becomes YYYY-MM-DD, a number its digits, an empty cell a null; what cannot be read so has its row rejected.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from typing import Any

from fairshare.release.sources import (
    SourceColumnsUnfit,
    SourceUnreadable,
    XlsxSheet,
    check_column_names,
)
from fairshare.release.sources_csv import TOO_MANY, RejectedRow, read_typed
from fairshare.release.treatments import Cell, text_of
from fairshare.words import FairshareError, MissingPart

BATCH = 5_000
MAX_UNPACKED = 4 * 1024**3
EXACT = 10**15
ERROR_CELL = "a cell is an error of the spreadsheet"
NO_RESULT = "a formula has no result: open the workbook in a spreadsheet program and save it"
INEXACT = "a number has more than 15 digits, which a spreadsheet does not keep"
ODD_CELL = "a cell is neither text nor a number nor a date"


@dataclass
class Loaded:
    """What was met as a sheet was loaded."""

    rows: int = 0
    """After the header, those that are rejected included; rows without any value are none."""
    rejected: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Sheet:
    """An open sheet."""

    source: XlsxSheet
    names: list[str]
    notes: tuple[str, ...]
    values: Any = field(repr=False)
    formulas: Any = field(repr=False)

    def read_texts(self) -> Iterator[tuple[int, list[str | None]] | RejectedRow]:
        """Each row after the header with its place in the sheet, its cells as text."""
        start, width = self.source.header_row + 1, len(self.names)
        pairs = zip_longest(self.values.iter_rows(min_row=start), self.formulas.iter_rows(min_row=start), fillvalue=())
        for place, (cells, written) in enumerate(pairs, start=start):
            if reason := _why_not(cells, written):
                yield RejectedRow(place, reason)
                continue
            texts = [_text(cell.value) for cell in cells]
            if any(text is not None for text in texts[width:]):
                yield RejectedRow(place, TOO_MANY)
            elif any(text is not None for text in texts):
                yield place, (texts + [None] * width)[:width]

    def read_batches(self, loaded: Loaded) -> Iterator[list[list[str | None]]]:
        """The rows that can be read as text, some at a time; tells `loaded` what was met."""
        batch: list[list[str | None]] = []
        for met in self.read_texts():
            loaded.rows += 1
            if isinstance(met, RejectedRow):
                loaded.rejected[met.reason] += 1
                continue
            batch.append(met[1])
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def read_rows(self) -> Iterator[tuple[Cell, ...] | RejectedRow]:
        """Each row, its cells read as their declared types; a row that cannot be read, as its rejection."""
        written: list[str] = [self.source.types.get(name, "text") for name in self.names]
        for met in self.read_texts():
            if isinstance(met, RejectedRow):
                yield met
                continue
            place, texts = met
            cells = [text or "" for text in texts]
            yield read_typed(
                self.names, written, [cell.strip(" ") for cell in cells] if self.source.trim else cells, place
            )


def _why_not(cells: tuple[Any, ...], written: tuple[Any, ...]) -> str | None:
    """Why a row cannot be read as text, if so."""
    for cell, formula in zip_longest(cells, written):
        value = getattr(cell, "value", None)
        if getattr(cell, "data_type", None) == "e":
            return ERROR_CELL
        if value is None and getattr(formula, "data_type", None) == "f":
            return NO_RESULT
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= EXACT:
            return INEXACT
        if not isinstance(value, str | int | float | date | time | None) or (
            isinstance(value, str) and "\x00" in value
        ):
            return ODD_CELL
    return None


def _text(value: str | int | float | date | time | None) -> str | None:
    """A cell's text; none for an empty one.

    >>> [_text(each) for each in ("007", 7.0, 0.1, True, datetime(2026, 4, 1), datetime(2026, 4, 1, 9), "")]
    ['007', '7', '0.1', 'true', '2026-04-01', '2026-04-01T09:00:00.000000', None]
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return text_of(value)


@contextmanager
def open_sheet(path: Path, source: XlsxSheet) -> Iterator[Sheet]:
    """Opens the sheet that a plan names, row by row: the workbook is never whole in memory.

    Raises   SourceUnreadable if it is no workbook, or has no such sheet; SourceColumnsUnfit for its header.
    """
    try:
        load_workbook = import_module("openpyxl").load_workbook
    except ModuleNotFoundError:
        raise MissingPart(
            "the library openpyxl is not installed", fix="Run: pip install 'fairshare[xlsx]'", where="source"
        ) from None
    where = f"source.path: {source.path}"
    books: list[Any] = []
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(each.file_size for each in packed.infolist()) > MAX_UNPACKED:
                raise _refuse("the workbook is larger than 4 GB when unpacked", "Export the sheet as CSV.", where)
        for results in (True, False):
            books.append(load_workbook(path, read_only=True, data_only=results, keep_links=False))
        values, formulas = (_find_sheet(book, source, where) for book in books)
        first = next(values.iter_rows(min_row=source.header_row, max_row=source.header_row), ())
        names = _find_names(list(first), source, where)
        yield Sheet(source, names, _describe_others(books[0], values.title), values, formulas)
    except FairshareError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "duckdb" or isinstance(error, GeneratorExit):
            raise
        # openpyxl meets a broken workbook with whatever its parsers raise.
        raise _refuse("the file is not a sound XLSX workbook", "Open it and save it again as XLSX.", where) from None
    finally:
        for book in books:
            book.close()


def _find_sheet(book: Any, source: XlsxSheet, where: str) -> Any:
    titles = [each.title for each in book.worksheets]
    if source.sheet is None and len(titles) == 1:
        found = book.worksheets[0]
    elif source.sheet in titles:
        found = book.worksheets[titles.index(source.sheet)]
    else:
        raise _refuse(
            "the workbook has no such sheet" if source.sheet else f"the workbook has {len(titles)} sheets",
            f"Name one of them as `sheet`: {', '.join(titles[:20])}.",
            where,
        )
    # A workbook may state too small an extent, and rows past it would be lost.
    found.reset_dimensions()
    return found


def _find_names(cells: list[Any], source: XlsxSheet, where: str) -> list[str]:
    texts = [
        _text(cell.value) if isinstance(cell.value, str | int | float | date | time | None) else None for cell in cells
    ]
    while texts and texts[-1] is None:
        texts.pop()
    if not texts:
        raise SourceColumnsUnfit(
            f"row {source.header_row} of the sheet names no columns",
            fix="Say which row does: `header_row`.",
            where=where,
        )
    names = [(text or "").strip(" ") if source.trim else text or "" for text in texts]
    check_column_names(names, where=where)
    return names


def _describe_others(book: Any, read: str) -> tuple[str, ...]:
    others = [each for each in book.worksheets if each.title != read]
    hidden = sum(each.sheet_state != "visible" for each in others)
    said = [f"{len(others)} other sheets of the workbook, {hidden} of them hidden, were not read."] if others else []
    if next(each for each in book.worksheets if each.title == read).sheet_state != "visible":
        said.append("The sheet that was read is hidden in its workbook.")
    return (*said, "Hidden rows and columns of a sheet are read like any others.")


def _refuse(what: str, fix: str, where: str) -> SourceUnreadable:
    return SourceUnreadable(what, fix=fix, where=where)
