"""Reading plain text: its lines, and the columns that people make with spaces and tabs."""

from __future__ import annotations

import re

from fairshare.documents.read_shapes import MAX_TEXT, CannotRead, Reading, Segment, tidy, too_large

_MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_GAP = re.compile(r"\t+| {3,}")
_PAGE = re.compile(r"\f")
_WIDE = 0.5
"""A letter is half as wide as a line is high."""


def read_text(raw: bytes, *, where: str) -> Reading:
    """The lines of a text file.

    Raises   CannotRead when it is not text; DocumentTooLarge.
    """
    return Reading("text", split_text(decode(raw, where=where), where=where))


def decode(raw: bytes, *, where: str) -> str:
    """Text in UTF-8, UTF-16 with its mark, or the encoding of Western Windows."""
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace") if encoding == "utf-8" else "\x00"
    if "\x00" in text:
        raise CannotRead("this is not plain text", fix="Give it in the format it was sent in.", where=where)
    return text


def split_text(text: str, *, where: str, part: str = "") -> tuple[Segment, ...]:
    """Text as segments: a line with columns in it is several."""
    if len(text) > MAX_TEXT:
        raise too_large("it holds more text than anybody reads", where)
    found: list[Segment] = []
    block = 0
    for page, content in enumerate(_PAGE.split(text), start=1):
        blank = True
        for number, line in enumerate(content.splitlines(), start=1):
            plain = line.expandtabs(8) if "\t" in line else line
            if not plain.strip():
                blank = True
                continue
            block += blank
            blank = False
            found += _split_line(plain, page, number, block, part)
    return tuple(found)


def _split_line(line: str, page: int, number: int, block: int, part: str) -> list[Segment]:
    found, start = [], 0
    for piece in [*_GAP.finditer(line.rstrip()), None]:
        end = piece.start() if piece else len(line)
        words = tidy(line[start:end])
        if words:
            left = (start + len(line[start:end]) - len(line[start:end].lstrip())) * _WIDE
            found.append(
                Segment(
                    words, page, number, left, number * 1.2, left + len(words) * _WIDE, number * 1.2 + 1, block, part
                )
            )
        start = piece.end() if piece else end
    return found
