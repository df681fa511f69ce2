"""What redacting gives back, what it may cost, and why it can fail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from fairshare.words import BadInput, Unsound

MAX_BYTES = 256 * 1024 * 1024
MAX_UNPACKED = 512 * 1024 * 1024
"""As much as everything inside a Word or Excel file may come to, unpacked."""
MAX_PARTS = 5_000
MAX_PAGES = 3_000
MAX_PIXELS = 40_000_000
"""As many as one picture or page may have."""
MAX_CELLS = 2_000_000
MAX_DEPTH = 5
"""How deep messages may hold messages."""


class CannotRedact(BadInput):
    """A file is of a format that cannot be redacted, or of another format than its name says."""

    code = "CANNOT_REDACT"


class DocumentLocked(BadInput):
    """A file is encrypted, so nothing in it can be redacted."""

    code = "DOCUMENT_LOCKED"


class DocumentBroken(BadInput):
    """A file is damaged, or not what its first bytes say it is."""

    code = "DOCUMENT_BROKEN"


class DocumentTooLarge(BadInput):
    """A file has more pages, pixels or unpacked bytes than are handled at once; a small one may be made to."""

    code = "DOCUMENT_TOO_LARGE"


class BoxOutside(BadInput):
    """An area to be painted over lies outside its page, or the format has no pages to paint on."""

    code = "REDACTION_BOX_OUTSIDE"


class StillThere(Unsound):
    """Words that should have been removed can still be found in what was made, so it is not handed out."""

    code = "REDACTION_STILL_THERE"


@dataclass(frozen=True)
class Passage:
    """Some text of a document, and where a person finds it."""

    place: str
    text: str


@dataclass(frozen=True)
class Redacted:
    """A document made anew without what was to be removed."""

    content: bytes = field(repr=False)
    media_type: str
    found: tuple[int, ...]
    """How often each term stood in it."""
    not_searched: tuple[str, ...] = ()
    """Places whose words no program has read, such as a picture: a person has to look at them."""
    changed_pages: tuple[int, ...] = ()
    """Of a format with pages, those on which something was removed."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """What else of the file did not come along, such as comments or attachments, and how many."""


def too_large(what: str, where: str) -> DocumentTooLarge:
    """The error for a file that has too much of something."""
    return DocumentTooLarge(f"it has more {what} than can be handled", fix="Split it into smaller files.", where=where)


def broken(what: str, where: str) -> DocumentBroken:
    """The error for a file that cannot be read."""
    return DocumentBroken(
        f"this {what} cannot be read", fix="Open it in its own program and save it again, or ask for another copy.",
        where=where,
    )  # fmt: skip


def no_boxes(where: str) -> BoxOutside:
    """The error for areas drawn on a format that has no pages."""
    return BoxOutside(
        "this format has no pages to draw on", fix="Remove by words, or print it to PDF and draw on that.", where=where
    )
