"""Redacting an Excel file: a new workbook with the values that can be seen, and nothing else."""

from __future__ import annotations

import io
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from fairshare.documents.formulas import guard_text
from fairshare.documents.parts import import_part
from fairshare.documents.redact_package import open_package, rewrite_package
from fairshare.documents.redact_shapes import MAX_CELLS, Passage, Redacted, broken, no_boxes, too_large
from fairshare.documents.redact_terms import MARKER, Piece, Removals, Term, find_terms, remove_terms

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LOST = "[the formula had no value]"
_DATES = ("%d/%m/%Y", "%d.%m.%Y", "%d/%m/%y", "%d %B %Y", "%d %b %Y")


@dataclass(frozen=True)
class _Cell:
    """One value that can be seen."""

    sheet: int
    row: int
    column: int
    value: Any
    look: str
    """Its number format."""


def redact_xlsx(raw: bytes, removals: Removals, *, where: str) -> Redacted:
    """Makes a workbook anew: visible sheets, rows and columns, formulas as their values, terms removed.

    Raises   DocumentBroken, DocumentLocked, DocumentTooLarge; BoxOutside when boxes are given.
    """
    if removals.boxes:
        raise no_boxes(where)
    left_out: Counter[str] = Counter()
    titles, cells = _read(raw, where, left_out)
    # Sheet names are read as one more row: a term may stand in one.
    pieces = [Piece(title, "\n\n") for title in titles]
    for number, cell in enumerate(cells):
        after = cells[number + 1] if number + 1 < len(cells) else None
        in_row = after is not None and (cell.sheet, cell.row) == (after.sheet, after.row)
        pieces.append(Piece(_write(cell.value), "\t" if in_row else "\n"))
    texts, found = remove_terms(pieces, removals.terms)
    named, written = texts[: len(titles)], texts[len(titles) :]
    counts = list(found)
    new = []
    for cell, text, piece in zip(cells, written, pieces[len(titles) :], strict=True):
        value = cell.value
        if text != piece.text:
            value = text
        elif more := _is_another_way(value, removals.terms):
            counts[more - 1] += 1
            value = MARKER
        new.append((cell, value))
    content = _build(_name_sheets(named), new)
    return Redacted(content, MEDIA_TYPE, tuple(counts), left_out=dict(sorted(left_out.items())))


def read_xlsx(raw: bytes, *, where: str) -> tuple[Passage, ...]:
    """The values that can be seen, row by row."""
    titles, cells = _read(raw, where, Counter())
    rows: dict[tuple[int, int], list[str]] = {}
    for cell in cells:
        rows.setdefault((cell.sheet, cell.row), []).append(_write(cell.value))
    named = [Passage(f"name of sheet {number}", title) for number, title in enumerate(titles, start=1)]
    return (
        *named,
        *(Passage(f"sheet {sheet + 1}, row {row}", "\t".join(values)) for (sheet, row), values in rows.items()),
    )


def _read(raw: bytes, where: str, left_out: Counter[str]) -> tuple[list[str], list[_Cell]]:
    """The names of the sheets that can be seen, and their values in order."""
    parts = open_package(raw, where=where)
    for kind, part in (("comments", "xl/comments"), ("drawings", "xl/drawings/drawing"), ("charts", "xl/charts/chart"),
                       ("pivot tables", "xl/pivot"), ("macros", "xl/vba"), ("embedded objects", "xl/embeddings"),
                       ("external links", "xl/externalLinks/external"), ("properties", "docProps/")):  # fmt: skip
        left_out[kind] += sum(name.startswith(part) for name in parts)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = import_part("openpyxl").load_workbook(io.BytesIO(raw), data_only=True, keep_links=False)
        left_out["defined names"] += len(book.defined_names)
        left_out["hidden sheets"] += sum(sheet.sheet_state != "visible" for sheet in book.worksheets)
        seen = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        cells = [cell for number, sheet in enumerate(seen) for cell in _read_sheet(number, sheet, where, left_out)]
        formulas = _find_formulas(raw)
        if not seen:
            raise broken("Excel file", where)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError, EOFError, OverflowError,
            RecursionError, AssertionError):  # fmt: skip
        raise broken("Excel file", where) from None
    if len(cells) > MAX_CELLS:
        raise too_large("cells", where)
    titles = [sheet.title for sheet in seen]
    left_out["formulas"] += len(formulas)
    for name in [name for name, count in left_out.items() if not count]:
        del left_out[name]
    return titles, [_fill_lost(cell, formulas, titles) for cell in cells if _is_there(cell, formulas, titles)]


def _read_sheet(number: int, sheet: Any, where: str, left_out: Counter[str]) -> Iterator[_Cell]:
    if (sheet.max_row or 0) * (sheet.max_column or 0) > 50 * MAX_CELLS:
        raise too_large("cells", where)
    letters = {key for key, each in sheet.column_dimensions.items() if each.hidden}
    hidden = {
        column
        for key in letters
        for column in range(sheet.column_dimensions[key].min or 0, (sheet.column_dimensions[key].max or 0) + 1)
    }
    rows = {key for key, each in sheet.row_dimensions.items() if each.hidden}
    left_out["hidden rows and columns"] += len(hidden) + len(rows)
    for (row, column), cell in sorted(sheet._cells.items()):
        if row not in rows and column not in hidden:
            yield _Cell(number, row, column, cell.value, str(cell.number_format or "General"))


def _find_formulas(raw: bytes) -> set[tuple[str, int, int]]:
    """Where formulas stand: their values may never have been worked out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = import_part("openpyxl").load_workbook(io.BytesIO(raw), data_only=False, keep_links=False)
    return {
        (sheet.title, row, column)
        for sheet in book.worksheets
        for (row, column), cell in sheet._cells.items()
        if cell.data_type == "f"
    }


def _is_there(cell: _Cell, formulas: set[tuple[str, int, int]], titles: list[str]) -> bool:
    return cell.value is not None or (titles[cell.sheet], cell.row, cell.column) in formulas


def _fill_lost(cell: _Cell, formulas: set[tuple[str, int, int]], titles: list[str]) -> _Cell:
    if cell.value is None:
        return _Cell(cell.sheet, cell.row, cell.column, _LOST, "General")
    return cell


def _write(value: Any) -> str:
    match value:
        case float() if value.is_integer() and abs(value) < 10**15:
            return str(int(value))
        case datetime() if value.time() == time(0):
            return value.date().isoformat()
        case date() | time():
            return value.isoformat()
        case _:
            return str(value)


def _is_another_way(value: Any, terms: tuple[Term, ...]) -> int:
    """Which term, counted from 1, a date is in another way of writing it; 0 if it is none."""
    if isinstance(value, date):
        day = value.day
        short = [f"{day} {value:%B %Y}", f"{day} {value:%b %Y}", f"{day}/{value.month}/{value.year}"]
        ways = "\n".join([*(value.strftime(way) for way in _DATES), *short])
        for number, times in enumerate(find_terms(ways, terms), start=1):
            if times:
                return number
    return 0


def _name_sheets(titles: list[str]) -> list[str]:
    """Names that a workbook may give its sheets, each once."""
    named: list[str] = []
    for number, title in enumerate(titles, start=1):
        plain = title.replace("[", "(").replace("]", ")")[:31]
        taken = plain.casefold() in (each.casefold() for each in named)
        named.append(f"Sheet {number}" if taken or MARKER[1:-1] in plain else plain)
    return named


def _build(titles: list[str], cells: list[tuple[_Cell, Any]]) -> bytes:
    book = import_part("openpyxl").Workbook()
    book.remove(book.active)
    sheets = [book.create_sheet(title) for title in titles or ["Sheet 1"]]
    for cell, value in cells:
        shown = value if isinstance(value, (bool, int, float, date, time)) else guard_text(_write(value)[:32_767])
        new = sheets[cell.sheet].cell(cell.row, cell.column)
        if isinstance(shown, str):
            new.value = import_part("openpyxl.cell.cell").ILLEGAL_CHARACTERS_RE.sub("", shown)
            new.data_type = "s"
        else:
            new.value = shown
            if isinstance(value, (date, time)):
                new.number_format = cell.look if isinstance(value, date) and len(cell.look) < 20 else new.number_format
    out = io.BytesIO()
    book.save(out)
    return rewrite_package(out.getvalue())
