"""Reading CSV that somebody else wrote (RFC 4180), so that no row is ever lost without a word.

The structure of a file is checked a block at a time, before any engine reads it: quotation marks, line ends and
encoding must be sound, or nobody can say where one row ends and the next begins. The number of rows found here must be
the number that the engine, which shares no code with this, says it read.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO

from fairshare.release.sources import CsvFile, SourceUnreadable, check_column_names
from fairshare.release.treatments import Cell, ColumnType
from fairshare.words import BadInput

BLOCK = 1024 * 1024
MAX_ROW_BYTES = 2_000_000
BOM = codecs.BOM_UTF8
CODECS = {"utf-8": "utf-8", "utf-16": "utf-16", "latin-1": "iso-8859-1", "windows-1252": "cp1252"}
UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

TYPES = {
    "text": ColumnType.TEXT,
    "integer": ColumnType.INTEGER,
    "decimal": ColumnType.DECIMAL,
    "datetime": ColumnType.DATETIME,
}
DATE_ORDER = {
    "date": "YYYY-MM-DD",
    "date DD/MM/YYYY": "DD/MM/YYYY",
    "date DD-MM-YYYY": "DD-MM-YYYY",
    "date DD.MM.YYYY": "DD.MM.YYYY",
    "date YYYYMMDD": "YYYYMMDD",
}
DATETIME_PATTERN = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
INTEGER_PATTERN = r"-?[0-9]{1,18}"
DECIMAL_PATTERN = r"-?[0-9]{1,18}(\.[0-9]{1,10})?"
DECIMAL_SCALE = 10

UNIFORM = "Save the file with LF or with CR LF line ends."
TOO_FEW = "too few cells"
TOO_MANY = "too many cells"


class CsvUnsound(BadInput):
    """A CSV file has broken quotation marks, mixed line ends, bytes of another encoding or an endless row."""

    code = "CSV_UNSOUND"


@dataclass(frozen=True)
class RejectedRow:
    """A row of a CSV file that cannot be read: its place (the header is row 1) and why, never what it says."""

    row: int
    reason: str


def type_of(written: str) -> ColumnType:
    """What a CSV column written in this way holds."""
    return TYPES.get(written, ColumnType.DATE)


def reason_for(column: str, written: str) -> str:
    """Why a cell that is not of its declared type has its row rejected."""
    return f"{column} is not {written if written not in DATE_ORDER else 'a date written ' + DATE_ORDER[written]}"


class _Structure:
    """Follows a CSV file block by block; each block ends with a line feed or the file."""

    def __init__(self, source: CsvFile) -> None:
        self.where = f"source.path: {source.path}"
        self.encoding = source.encoding
        self.decoder = codecs.getincrementaldecoder(_ascii_codec(source))()
        self.inside = False
        self.crlf: bool | None = None
        self.rows = 0
        self.blank = 0
        self.feeds = 0
        edges = source.delimiter.encode() + b"\r\n"
        # Every byte becomes a cell's edge, a quotation mark, or something else.
        self.shape = bytes(
            ord("e") if each in edges else ord('"') if each == ord('"') else ord("x") for each in range(256)
        )

    def fail(self, what: str, fix: str, before: bytes = b"") -> CsvUnsound:
        row = self.rows + self.blank + before.count(b"\n") + 1
        return CsvUnsound(f"{what}, at or soon after row {row:,}", fix=fix, where=self.where)

    def check_bytes(self, block: bytes) -> None:
        try:
            self.decoder.decode(block)
        except UnicodeDecodeError as error:
            raise self.fail(
                f"the file is not {self.encoding} throughout",
                advise_encoding(block[max(0, error.start - 1000) : error.start + 1000]),
                block[: error.start],
            ) from None
        if b"\x00" in block:
            raise self.fail("there is a null byte", "Export the file again as plain CSV.", block.partition(b"\x00")[0])

    def read(self, block: bytes, *, last: bool) -> None:
        self.check_bytes(block)
        self.feeds += block.count(b"\n")
        pieces = block.split(b'"')
        started_inside, self.inside = self.inside, self.inside ^ (len(pieces) % 2 == 0)
        # What is inside quotation marks is left out; each run of it leaves its marks, one on the side that is cut.
        outside = b'"' * started_inside + b'"'.join(pieces[started_inside::2]) + b'"' * self.inside
        shape = outside.translate(self.shape) if len(pieces) > 1 else b""
        if b'x"' in shape or b'"x' in shape:
            raise self.fail(
                "a quotation mark stands inside a cell that is not in quotation marks",
                "Put such cells in quotation marks and double the ones inside.",
                outside[: min(at for each in (b'x"', b'"x') if (at := shape.find(each)) >= 0)],
            )
        self.count_rows(outside, last=last)

    def count_rows(self, outside: bytes, *, last: bool) -> None:
        feeds, returns, pairs = outside.count(b"\n"), outside.count(b"\r"), outside.count(b"\r\n")
        if self.crlf is None and feeds:
            self.crlf = returns > 0
        if returns != pairs or (feeds and pairs != (feeds if self.crlf else 0)):
            raise self.fail("rows do not all end in the same way", UNIFORM)
        lines = outside.split(b"\r\n" if self.crlf else b"\n")
        self.feeds -= feeds
        self.rows += feeds + (last and lines[-1] != b"")
        self.blank += lines[:-1].count(b"")
        if last and self.inside:
            raise self.fail("a quotation mark is opened and never closed", "Close it, or remove it.")


@dataclass(frozen=True)
class CsvStructure:
    """What is known of a CSV file whose structure is sound."""

    rows: int
    """After the header, ragged ones too. Blank lines are none, unless the file has one column: there they are nulls."""
    a_line_each: bool
    """Whether no cell holds a line end, so that each line is a row."""


def check_structure(path: Path, source: CsvFile) -> CsvStructure:
    """How many rows there are, and how they lie; raises CsvUnsound if the file cannot be trusted."""
    columns = len(read_header(path, source))
    structure = _Structure(source)
    try:
        with open_bytes(path, source) as handle:
            while block := handle.read(BLOCK):
                if not block.endswith(b"\n"):
                    block += handle.readline(MAX_ROW_BYTES)
                    if not block.endswith(b"\n") and handle.peek(1):
                        raise structure.fail(f"a row is longer than {MAX_ROW_BYTES:,} bytes", "Check the file.")
                structure.read(block, last=not handle.peek(1))
    except UnicodeDecodeError:
        raise structure.fail("the file is not utf-16 throughout", "Export it again, as UTF-8 if you can.") from None
    except OSError:
        raise SourceUnreadable("the file cannot be read", fix="Check its permissions.", where=structure.where) from None
    rows = structure.rows - 1 - (structure.blank if columns > 1 else 0)
    return CsvStructure(rows, a_line_each=structure.feeds == 0)


def read_header(path: Path, source: CsvFile) -> list[str]:
    """The names of the columns, from the first line."""
    where = f"source.path: {source.path}"
    try:
        with path.open("rb") as raw:
            head = raw.read(1000)
        check_mark(head, source, where=where)
        with open_bytes(path, source) as handle:
            line = handle.readline(MAX_ROW_BYTES)
    except UnicodeDecodeError:
        raise CsvUnsound("the header is not utf-16", fix="Export it again, as UTF-8.", where=where) from None
    except OSError:
        raise SourceUnreadable("the file cannot be read", fix="Check its permissions.", where=where) from None
    if b"\r" in line.rstrip(b"\r\n"):
        raise CsvUnsound("rows do not all end in the same way, from row 1 on", fix=UNIFORM, where=where)
    try:
        text = line.decode(_ascii_codec(source)).rstrip("\r\n")
        names = next(csv.reader([text], delimiter=source.delimiter, strict=True), [])
    except UnicodeDecodeError:
        raise CsvUnsound(f"the header is not {source.encoding}", fix=advise_encoding(head), where=where) from None
    except csv.Error:
        raise CsvUnsound("the header cannot be read", fix="Check the quotation marks of line 1.", where=where) from None
    if not any(names):
        raise CsvUnsound("the first line is not a header", fix="Put the names of the columns on line 1.", where=where)
    names = [name.strip(" ") for name in names] if source.trim else names
    check_column_names(names, where=where)
    return names


def check_mark(head: bytes, source: CsvFile, *, where: str) -> None:
    """Raises CsvUnsound if the byte order mark that a file begins with, or lacks, belies its encoding."""
    marked = "utf-8" if head.startswith(BOM) else "utf-16" if head.startswith(UTF16_BOMS) else None
    if marked not in (None, source.encoding):
        raise CsvUnsound(
            f"the file says that it is {marked}, the plan says {source.encoding}",
            fix=f"Say {marked} in the plan.",
            where=where,
        )
    if source.encoding == "utf-16" and marked is None:
        raise CsvUnsound(
            "the file has no byte order mark, so that nobody can say which UTF-16 it is",
            fix=advise_encoding(head),
            where=where,
        )


def advise_encoding(some: bytes) -> str:
    """What to do about a file of another encoding, from some of its bytes: a guess, and said to be one.

    >>> advise_encoding("Zoë £5".encode("cp1252"))
    'It looks like windows-1252; name its encoding in the plan, then check names with accents in the preview.'
    """
    if some.startswith(UTF16_BOMS):
        guess = "utf-16"
    elif some.count(b"\x00") * 3 > len(some):
        return "It looks like UTF-16 without a byte order mark: export it again, as UTF-8."
    elif not any(some.count(each) for each in (b"\x81", b"\x8d", b"\x8f", b"\x90", b"\x9d")):
        guess = "windows-1252"
    else:
        return "It is neither UTF-8 nor windows-1252, and may be latin-1: export it again, as UTF-8."
    return f"It looks like {guess}; name its encoding in the plan, then check names with accents in the preview."


def _ascii_codec(source: CsvFile) -> str:
    # UTF-16 is turned into UTF-8 before its bytes are looked at.
    return "utf-8" if source.encoding == "utf-16" else CODECS[source.encoding]


class _AsUtf8(io.RawIOBase):
    """The text of a file of another encoding as the bytes of UTF-8."""

    def __init__(self, text: IO[str]) -> None:
        self.text = text
        self.ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]  # what io.BufferedReader gives
        self.ready = self.ready or self.text.read(BLOCK).encode()
        taken = self.ready[: len(room)]
        self.ready = self.ready[len(taken) :]
        room[: len(taken)] = taken
        return len(taken)

    def close(self) -> None:
        self.text.close()
        super().close()


def open_bytes(path: Path, source: CsvFile) -> io.BufferedReader:
    """The file's bytes, in an encoding where line ends are single bytes, and without a byte order mark."""
    if source.encoding == "utf-16":
        return io.BufferedReader(_AsUtf8(open_text(path, source)))
    handle = path.open("rb")
    if source.encoding == "utf-8" and handle.read(len(BOM)) != BOM:
        handle.seek(0)
    return handle


def open_text(path: Path, source: CsvFile) -> IO[str]:
    """The file as text, with its own line ends and without a byte order mark."""
    encoding = "utf-8-sig" if source.encoding == "utf-8" else CODECS[source.encoding]
    return path.open("r", encoding=encoding, newline="")


def read_rows(path: Path, source: CsvFile) -> Iterator[tuple[Cell, ...] | RejectedRow]:
    """Each row after the header, its cells read as their declared types; a row that cannot be read, as its rejection.

    Empty cells past the last column are no fault: spreadsheets write them.
    """
    names = read_header(path, source)
    written: list[str] = [source.types.get(name, "text") for name in names]
    csv.field_size_limit(MAX_ROW_BYTES)
    where = f"source.path: {source.path}"
    with open_text(path, source) as handle:
        try:
            reader = csv.reader(handle, delimiter=source.delimiter, strict=True)
            next(reader)
            for place, cells in enumerate(reader, start=2):
                if source.trim:
                    cells[: len(names)] = [cell.strip(" ") for cell in cells[: len(names)]]
                if cells or len(names) == 1:
                    yield read_typed(names, written, cells or [""], place)
        except (csv.Error, UnicodeDecodeError):
            raise CsvUnsound("the file is not sound CSV", fix="Check its quotation marks.", where=where) from None


def find_rejected_rows(path: Path, source: CsvFile, *, most: int) -> list[RejectedRow]:
    """The first few rows that cannot be read."""
    return list(islice((row for row in read_rows(path, source) if isinstance(row, RejectedRow)), most))


def read_typed(names: list[str], written: list[str], cells: list[str], place: int) -> tuple[Cell, ...] | RejectedRow:
    """A row's cells as their declared types, or why it is rejected."""
    if len(cells) < len(names):
        return RejectedRow(place, TOO_FEW)
    if any(cells[len(names) :]):
        return RejectedRow(place, TOO_MANY)
    row: list[Cell] = []
    for name, form, text in zip(names, written, cells, strict=False):
        value = read_cell(text, form) if text else None
        if text and value is None:
            return RejectedRow(place, reason_for(name, form))
        row.append(value)
    return tuple(row)


def iso_date(text: str, written: str) -> str | None:
    """A date written in one of the known orders, as YYYY-MM-DD; None if it is not written so."""
    order = DATE_ORDER[written]
    if len(text) != len(order) or not re.fullmatch(re.sub("[DMY]", "[0-9]", re.escape(order)), text):
        return None
    year, month, day = (order.index(each) for each in ("YYYY", "MM", "DD"))
    return f"{text[year : year + 4]}-{text[month : month + 2]}-{text[day : day + 2]}"


def read_cell(text: str, written: str) -> Cell:
    """A cell as its declared type; None if it is not one.

    >>> read_cell("29/02/2023", "date DD/MM/YYYY"), read_cell("28/02/2023", "date DD/MM/YYYY")
    (None, datetime.date(2023, 2, 28))
    """
    try:
        match written:
            case "text":
                return text
            case "integer":
                return int(text) if re.fullmatch(INTEGER_PATTERN, text) else None
            case "decimal":
                return Decimal(text) if re.fullmatch(DECIMAL_PATTERN, text) else None
            case "datetime":
                return datetime.fromisoformat(text) if re.fullmatch(DATETIME_PATTERN, text) else None
        found = iso_date(text, written)
        return date.fromisoformat(found) if found else None
    except ValueError:
        return None
