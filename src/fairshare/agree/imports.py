"""What an organisation knew before Fairshare came, read as rows: a register in CSV or Excel, a CNIL assessment, fides.

Reading maps nothing: `imports_mapping` does, after a person has confirmed how. Nothing is executed, fetched or guessed
at; a file that is broken, hostile or too large is refused whole.

Source   the assessment as the CNIL's PIA tool exports it; manifests of fides (fideslang).
"""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from hashlib import sha256
from itertools import islice
from pathlib import PurePath
from typing import Any, Final

from fairshare.agree.imports_cnil import FIELDS as CNIL_FIELDS
from fairshare.agree.imports_cnil import read_assessment
from fairshare.agree.imports_fides import FIELDS as FIDES_FIELDS
from fairshare.agree.imports_fides import read_manifest
from fairshare.agree.register import Sort
from fairshare.documents.parts import import_part
from fairshare.documents.redact_package import open_package
from fairshare.words import BadInput
from fairshare.words.reading import parse_json, parse_yaml

MAX_BYTES: Final = 20_000_000
MAX_ROWS: Final = 50_000
MAX_COLUMNS: Final = 200
MAX_CELL: Final = 20_000
_DELIMITERS: Final = ",;\t|"


class NotImportable(BadInput):
    """The file is not one that can be imported, or it is broken, or more than an import may hold."""

    code = "NOT_IMPORTABLE"


@dataclass(frozen=True)
class Row:
    """One row: its number in the file, and what its cells say, by column; empty cells are left out."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Source:
    """A file as rows, before anybody has said what its columns mean."""

    name: str
    sha256: str
    sort: Sort
    """What the rows most likely are."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    not_read: tuple[str, ...] = ()
    """What the file holds besides the rows, in words."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """By column, the field of the register that it is known to be, for formats whose columns we named ourselves."""


def read_source(raw: bytes, *, where: str) -> Source:
    """The rows of a file: .csv, .xlsx, a CNIL assessment as .json, or a fides manifest as .yml.

    Takes    where: the file's name; its suffix says how to read it.
    Raises   NotImportable, or another BadInput for a file that is broken, locked or too large.
    """
    if len(raw) > MAX_BYTES:
        raise _refuse(f"it is larger than {MAX_BYTES:,} bytes", "Split it.", where)
    suffix = PurePath(where).suffix.lower()
    not_read: Sequence[str] = ()
    sort: Sort = "agreement"
    fields: Mapping[str, str] = {}
    if suffix in (".csv", ".txt", ".tsv"):
        table = _read_csv(raw, where)
    elif suffix == ".xlsx":
        table, not_read = _read_xlsx(raw, where)
    elif suffix == ".json":
        cells, not_read = read_assessment(parse_json(raw, where=where), where=where)
        sort, fields, table = "assessment", CNIL_FIELDS, [(1, cells)]
    elif suffix in (".yml", ".yaml"):
        listed, not_read = read_manifest(parse_yaml(raw, where=where), where=where)
        sort, fields, table = "system", FIDES_FIELDS, list(enumerate(listed, 1))
    else:
        raise _refuse(
            f"{suffix or 'a file without a suffix'} is not known here", "Give .csv, .xlsx, .json or .yml.", where
        )
    rows = tuple(_check_row(number, cells, where) for number, cells in table)
    columns = tuple(dict.fromkeys(name for row in rows for name in row.cells))
    if not any(row.cells for row in rows):
        raise _refuse("there is no row in it", "Give a file with a row of headings and at least one more.", where)
    if len(columns) > MAX_COLUMNS:
        raise _refuse(f"it has more than {MAX_COLUMNS} columns", "Leave out those that are not needed.", where)
    return Source(PurePath(where).name, sha256(raw).hexdigest(), sort, columns, rows, tuple(not_read), fields)


def _check_row(number: int, cells: Mapping[str, str], where: str) -> Row:
    for name, text in cells.items():
        if len(name) > 500 or len(text) > MAX_CELL:
            raise _refuse(f"a cell of row {number} has more than {MAX_CELL:,} characters", "Shorten it.", where)
    return Row(number, {name: text for name, text in cells.items() if text})


def _read_csv(raw: bytes, where: str) -> list[tuple[int, dict[str, str]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Excel in Britain saves as plain CSV; every byte means something in it, or is refused.
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            raise _refuse("it is neither UTF-8 nor Windows text", "Save it as UTF-8.", where) from None
    if "\x00" in text:
        raise _refuse("it is not text", "Save it as CSV, in UTF-8.", where)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        lines = [(reader.line_num, line) for line in islice(reader, MAX_ROWS + 2)]
    except csv.Error:
        raise _refuse(f"line {reader.line_num} is not CSV", "Save it again as CSV.", where) from None
    return _name_cells(lines, where)


def _read_xlsx(raw: bytes, where: str) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    open_package(raw, where=where)  # zip bombs, locked files and document types are refused here
    openpyxl = import_part("openpyxl")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            values = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
            formulas = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
            seen = [sheet.title for sheet in values.worksheets if sheet.sheet_state == "visible"]
            if not seen:
                raise _refuse("no sheet of it can be seen", "Show the sheet, and save it again.", where)
            lines = _read_cells(values[seen[0]], formulas[seen[0]], where)
            hidden = [sheet.title for sheet in values.worksheets if sheet.title != seen[0]]
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError, EOFError, OverflowError,
            RecursionError, AssertionError):  # fmt: skip
        raise _refuse(
            "it is a broken Excel file", "Open it in Excel or LibreOffice, and save it again.", where
        ) from None
    return _name_cells(lines, where), [f"the sheet {title!r}" for title in hidden]


def _read_cells(values: Any, formulas: Any, where: str) -> list[tuple[int, list[str]]]:
    lines = []
    pairs = zip(_list_lines(values), _list_lines(formulas), strict=True)
    for number, (line, behind) in enumerate(islice(pairs, MAX_ROWS + 2), 1):
        for cell, formula in zip(line, behind, strict=True):
            if cell is None and isinstance(formula, str) and formula.startswith("="):
                raise _refuse(
                    f"a formula in row {number} was never worked out", "Replace formulas by their values.", where
                )
        lines.append((number, [_write_cell(cell) for cell in line]))
    return lines


def _list_lines(sheet: Any) -> Iterator[tuple[Any, ...]]:
    # What a file says of its own size is not to be trusted.
    sheet.reset_dimensions()
    return (tuple(line) for line in sheet.iter_rows(max_col=MAX_COLUMNS + 1, values_only=True))


def _write_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
        case date() | time():
            return value.isoformat()
        case float():
            return str(int(value)) if value.is_integer() else str(value)
        case _:
            return str(value).strip()


def _name_cells(lines: Sequence[tuple[int, Sequence[str]]], where: str) -> list[tuple[int, dict[str, str]]]:
    filled = [(number, [each.strip() for each in line]) for number, line in lines if any(each.strip() for each in line)]
    if len(filled) > MAX_ROWS + 1:
        raise _refuse(f"it has more than {MAX_ROWS:,} rows", "Split it.", where)
    if not filled:
        raise _refuse("it is empty", "Give a file with a row of headings.", where)
    head = filled[0][1]
    while head and not head[-1]:
        head.pop()
    if not all(head) or len(set(head)) != len(head):
        raise _refuse("a heading is missing, or stands twice", "Give every column a heading of its own.", where)
    named = []
    for number, line in filled[1:]:
        if any(line[len(head) :]):
            raise _refuse(f"row {number} has more cells than there are headings", "Correct the row.", where)
        named.append((number, dict(zip(head, [*line, *[""] * (len(head) - len(line))], strict=False))))
    return named


def _refuse(message: str, fix: str, where: str) -> NotImportable:
    return NotImportable(message, fix=fix, where=where)
