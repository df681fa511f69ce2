"""What reading a document gives: its words with their places, its fields, and what about it a person should know."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from datetime import datetime
from typing import Literal

from fairshare.documents.model import clean_text
from fairshare.documents.redact_shapes import DocumentBroken, DocumentLocked, DocumentTooLarge
from fairshare.words import BadInput

MAX_BYTES = 50_000_000
MAX_SEGMENTS = 50_000
"""More pieces of text than this is no request, no form and no agreement."""
MAX_TEXT = 3_000_000
MAX_DEPTH = 4
"""How deep files may stand in files: a form, in a message, in a message."""
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))

SignCode = Literal[
    "macros",
    "external_content",
    "embedded_object",
    "hidden_text",
    "tracked_changes",
    "locked_attachment",
    "unread_attachment",
    "not_all_read",
    "scanned",
    "active_content",
]


class CannotRead(BadInput):
    """A file is of a kind that Fairshare does not read, or of another kind than its name says."""

    code = "DOCUMENT_NOT_READ"


@dataclass(frozen=True)
class Segment:
    """A stretch of text that stands by itself on a line: a line of a paragraph, or of a cell, or a word of a form.

    The place is in heights of a line from the top left of its page; where a format has no places, they are made up so
    that what stands beside and below something is told the same way everywhere.
    """

    text: str
    page: int
    line: int
    x0: float
    y0: float
    x1: float
    y1: float
    block: int
    """The paragraph or cell that it belongs to; the same number means the same one."""
    part: str = ""
    """Where it stands, if not in the document itself: "header", or "attachment 1: form.docx"."""
    scanned: bool = False
    in_table: bool = False
    heading: bool = False
    field: str | None = None
    """The field of a form of ours that it is the value of."""

    @property
    def place(self) -> str:
        """Where a person finds it."""
        return f"{self.part + ', ' if self.part else ''}page {self.page}, line {self.line}"


@dataclass(frozen=True)
class FilledField:
    """One field of a form of ours, as it came back; blank is none."""

    name: str
    value: str | None
    chosen: tuple[str, ...] = ()
    """For a field with options: those that are chosen, as they are shown or by their value."""


@dataclass(frozen=True)
class Sign:
    """Something about a file that a person should know, such as macros in it. Nothing of it was run or fetched."""

    code: SignCode
    place: str = ""


@dataclass(frozen=True)
class Mail:
    """The headers of a message that people read."""

    sender: str = ""
    address: str = ""
    reply_to: str = ""
    to: str = ""
    subject: str = ""
    sent: datetime | None = None


@dataclass(frozen=True)
class Reading:
    """A document as it was read."""

    format: str
    segments: tuple[Segment, ...] = attribute(repr=False)
    fields: tuple[FilledField, ...] = attribute(default=(), repr=False)
    signs: tuple[Sign, ...] = ()
    mail: Mail | None = attribute(default=None, repr=False)
    kind: str | None = None
    reference: str | None = None
    language: str | None = None

    @property
    def text(self) -> str:
        """All of its words, a line for each paragraph."""
        return "\n".join(text for _, text in self.paragraphs())

    def paragraphs(self) -> Iterator[tuple[Segment, str]]:
        """Each paragraph or cell: where it begins, and its words."""
        held: dict[tuple[str, int], list[Segment]] = {}
        for each in self.segments:
            held.setdefault((each.part, each.block), []).append(each)
        for lines in held.values():
            yield lines[0], join_lines([each.text for each in lines])


def join_lines(lines: Sequence[str]) -> str:
    """Lines as one; a word that was parted at the end of a line is made whole.

    >>> join_lines(["the Disquali-", "fication Act, Mr Lowe-", "Park"])
    'the Disqualification Act, Mr Lowe-Park'
    """
    made = ""
    for line in lines:
        if made.endswith("-") and line[:1].islower():
            made = made[:-1] + line
        elif made.endswith("-") and line[:1].isupper():
            made += line
        else:
            made += f" {line}" if made else line
    return made


def tidy(text: str) -> str:
    """Text on one line, without what cannot be seen.

    >>> tidy(" PC\\xa0 44\\u200b71 ")
    'PC 4471'
    """
    return " ".join(unicodedata.normalize("NFC", clean_text(text)).translate(_UNSEEN).split())


def stand_below(pages: Iterable[Segment], part: str) -> tuple[Segment, ...]:
    """The same segments as part of something larger."""
    return tuple(replace(each, part=f"{part}, {each.part}" if each.part else part) for each in pages)


def check_size(raw: bytes, where: str) -> None:
    """Raises DocumentTooLarge for more bytes than a document that somebody wrote can have."""
    if len(raw) > MAX_BYTES:
        raise too_large(f"it is larger than {MAX_BYTES:,} bytes", where)


def too_large(message: str, where: str) -> DocumentTooLarge:
    """The error for a file that is more than a person could have meant to send."""
    return DocumentTooLarge(message, fix="Ask for just the pages that matter, as a smaller file.", where=where)


def broken(what: str, where: str) -> DocumentBroken:
    """The error for a file that cannot be read."""
    return DocumentBroken(
        f"this {what} cannot be read", fix="Ask for it again, as PDF; or copy its words into a text file.", where=where
    )


def locked(what: str, where: str) -> DocumentLocked:
    """The error for a file that needs a password."""
    return DocumentLocked(
        f"the {what} is encrypted", fix="Open it with its password, save it without one, and give that.", where=where
    )
