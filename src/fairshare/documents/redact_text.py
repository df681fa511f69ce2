"""Redacting plain text and CSV."""

from __future__ import annotations

import csv
import io
from itertools import chain

from fairshare.documents.formulas import guard_text
from fairshare.documents.redact_shapes import CannotRedact, Passage, Redacted, broken, no_boxes
from fairshare.documents.redact_terms import Piece, Removals, remove_terms

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ",;\t|"
_FIELD = 1_000_000
"""As many characters as one cell may have."""


def redact_text(raw: bytes, removals: Removals, *, where: str) -> Redacted:
    """Makes a text anew, as UTF-8, without the terms."""
    if removals.boxes:
        raise no_boxes(where)
    (text,), found = remove_terms([Piece(read_text(raw, where=where))], removals.terms)
    return Redacted(text.encode(), "text/plain; charset=utf-8", found)


def redact_csv(raw: bytes, removals: Removals, *, where: str) -> Redacted:
    """Makes a CSV file anew, as UTF-8 with commas, without the terms; no cell of it runs as a formula."""
    if removals.boxes:
        raise no_boxes(where)
    rows = read_rows(raw, where=where)
    pieces = [
        Piece(cell, "\t" if number < len(row) else "\n") for row in rows for number, cell in enumerate(row, start=1)
    ]
    texts, found = remove_terms(pieces, removals.terms)
    cells = iter(texts)
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([guard_text(next(cells)) for _ in row] for row in rows)
    return Redacted(out.getvalue().encode(), "text/csv; charset=utf-8", found)


def read_lines(raw: bytes, *, where: str) -> tuple[Passage, ...]:
    """The lines of a text that are not empty."""
    lines = read_text(raw, where=where).splitlines()
    return tuple(Passage(f"line {number}", line) for number, line in enumerate(lines, start=1) if line.strip())


def read_csv(raw: bytes, *, where: str) -> tuple[Passage, ...]:
    """The rows of a CSV file."""
    rows = read_rows(raw, where=where)
    return tuple(Passage(f"row {number}", "\t".join(row)) for number, row in enumerate(rows, start=1) if any(row))


def read_text(raw: bytes, *, where: str) -> str:
    """Text in UTF-8, UTF-16 with its mark, or the encoding of Western Windows.

    Raises   CannotRedact when it is not text at all.
    """
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    try:
        text = raw.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace") if encoding is None else ""
    if "\x00" in text or (raw and not text):
        raise CannotRedact("this is not plain text", fix="Give it as a document of its own format.", where=where)
    # Other control characters are no part of a text; some hide what stands before them.
    return "".join(letter for letter in text if letter >= " " or letter in "\t\r\n\f")


def read_rows(raw: bytes, *, where: str) -> list[list[str]]:
    """The cells of a CSV file, with its delimiter found out."""
    text = read_text(raw, where=where)
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    before = csv.field_size_limit(_FIELD)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        raise broken("CSV file", where) from None
    finally:
        csv.field_size_limit(before)
    return [row for row in rows if any(chain.from_iterable(row))]
