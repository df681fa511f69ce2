"""True redaction: a document is made anew without what was to be removed, never covered over or passed through.

    PDF        each page drawn again as a picture, with the words that stay laid over it unseen
    Word       built anew from what can be seen, element by element
    Excel      a new workbook with the values that can be seen
    pictures   pixels only
    text, CSV  the words that stay
    messages   the headers people read, the text, and the attachments, each redacted in turn

Any other format is refused. What was made is searched again before it is handed back (`redact_check`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from fairshare.documents.redact_check import check_gone
from fairshare.documents.redact_docx import read_docx, redact_docx
from fairshare.documents.redact_mail import read_mail, redact_mail
from fairshare.documents.redact_pdf import read_pdf, redact_pdf
from fairshare.documents.redact_picture import read_words, redact_picture
from fairshare.documents.redact_shapes import (
    MAX_BYTES,
    CannotRedact,
    DocumentLocked,
    Passage,
    Redacted,
    too_large,
)
from fairshare.documents.redact_terms import Box, Removals, Term
from fairshare.documents.redact_text import read_csv, read_lines, redact_csv, redact_text
from fairshare.documents.redact_xlsx import read_xlsx, redact_xlsx

__all__ = ["Box", "Format", "Passage", "Redacted", "Removals", "Term", "find_format", "read_passages", "redact"]

Format = Literal["pdf", "docx", "xlsx", "picture", "text", "csv", "mail"]

_BEGINS: tuple[tuple[bytes, Format], ...] = (
    (b"%PDF-", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"BM", "picture"),
    (b"GIF8", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
)
_SUFFIXES: dict[str, Format] = {
    ".pdf": "pdf", ".docx": "docx", ".docm": "docx", ".xlsx": "xlsx", ".xlsm": "xlsx", ".png": "picture",
    ".jpg": "picture", ".jpeg": "picture", ".webp": "picture", ".bmp": "picture", ".gif": "picture",
    ".tif": "picture", ".tiff": "picture", ".txt": "text", ".text": "text", ".log": "text", ".md": "text",
    ".csv": "csv", ".tsv": "csv", ".eml": "mail",
}  # fmt: skip
SUFFIX: dict[str, str] = {
    "application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "text/plain; charset=utf-8": ".txt",
    "text/csv; charset=utf-8": ".csv", "message/rfc822": ".eml",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}  # fmt: skip
"""How the name of a file that was made ends, by its media type."""
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPENING = 4 * 1024


@dataclass(frozen=True)
class _Source:
    """A file to be redacted, and what it turned out to be."""

    raw: bytes
    format: Format
    where: str


def redact(raw: bytes, name: str, removals: Removals, *, ocr: bool = False, depth: int = 0) -> Redacted:
    """Makes a document anew without what is to be removed, and searches the result before handing it back.

    Takes    name: the file's own, of which only the ending is used; ocr: whether words in pictures are read too.
    Raises   CannotRedact for any format but those named above, DocumentLocked, DocumentBroken, DocumentTooLarge,
             BoxOutside; StillThere when a term can be found in what was made; MissingPart.
    """
    source = _open(raw, name)
    made = _redact(source, removals, ocr, depth)
    check_gone(made.content, source.format, removals.terms, where=source.where)
    return made


def read_passages(raw: bytes, name: str, *, ocr: bool = False, depth: int = 0) -> tuple[Passage, ...]:
    """The words of a document that redaction would see, with their places; none of a picture without `ocr`."""
    source = _open(raw, name)
    where = source.where
    match source.format:
        case "pdf":
            return read_pdf(raw, where=where, ocr=ocr)
        case "docx":
            return read_docx(raw, where=where)
        case "xlsx":
            return read_xlsx(raw, where=where)
        case "picture":
            return read_words(raw, where=where) if ocr else ()
        case "csv":
            return read_csv(raw, where=where)
        case "mail":
            return read_mail(
                raw, lambda part, called, deep: read_passages(part, called, ocr=ocr, depth=deep), where=where,
                depth=depth,
            )  # fmt: skip
        case _:
            return read_lines(raw, where=where)


def find_format(raw: bytes, name: str) -> Format:
    """What a file is, by its first bytes and the ending of its name, which have to agree.

    >>> find_format(b"%PDF-1.7", "letter.pdf"), find_format(b"a,b", "rows.csv")
    ('pdf', 'csv')
    """
    suffix = PurePath(name).suffix.lower()
    said = _SUFFIXES.get(suffix)
    where = f"a file ending in {suffix}" if re.fullmatch(r"\.\w{1,8}", suffix) else "a file"
    found = _find_by_bytes(raw, said, where)
    if said is None or found != said:
        raise CannotRedact(
            "it is not of a format that can be redacted, or not of the one its name says",
            fix="Print it to PDF and redact that; use .pdf, .docx, .xlsx, .csv, .txt, .eml, or a picture.",
            where=where,
        )
    return said


def _find_by_bytes(raw: bytes, said: Format | None, where: str) -> Format | None:
    for begins, format in _BEGINS:
        if raw.startswith(begins):
            return format
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "picture"
    if said == "pdf" and b"%PDF-" in raw[:1024]:
        return "pdf"
    if raw.startswith(_OLE) and said in ("docx", "xlsx"):
        raise DocumentLocked("it is encrypted", fix="Ask for a copy without a password.", where=where)
    if raw.startswith(b"PK\x03\x04"):
        return said if said in ("docx", "xlsx") else None
    return said if said in ("text", "csv", "mail") and b"\x00\x00" not in raw[:_OPENING] else None


def _open(raw: bytes, name: str) -> _Source:
    if len(raw) > MAX_BYTES:
        raise too_large("bytes", "a file")
    format = find_format(raw, name)
    return _Source(raw, format, f"the {format} file")


def _redact(source: _Source, removals: Removals, ocr: bool, depth: int) -> Redacted:
    raw, where = source.raw, source.where
    match source.format:
        case "pdf":
            return redact_pdf(raw, removals, where=where, ocr=ocr)
        case "docx":
            return redact_docx(raw, removals, where=where)
        case "xlsx":
            return redact_xlsx(raw, removals, where=where)
        case "picture":
            return redact_picture(raw, removals, where=where, ocr=ocr)
        case "csv":
            return redact_csv(raw, removals, where=where)
        case "mail":
            return redact_mail(
                raw, removals, lambda part, called, wanted, deep: redact(part, called, wanted, ocr=ocr, depth=deep),
                where=where, depth=depth,
            )  # fmt: skip
        case _:
            return redact_text(raw, removals, where=where)
