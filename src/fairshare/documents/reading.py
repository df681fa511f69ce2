"""One call from the bytes of a file to its words, whatever the format; told by its contents first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fairshare.documents.read_docx import read_docx
from fairshare.documents.read_html import read_html
from fairshare.documents.read_mail import read_mail
from fairshare.documents.read_msg import read_msg
from fairshare.documents.read_ocr import open_picture, read_page
from fairshare.documents.read_odt import read_odt
from fairshare.documents.read_pdf import number_blocks, read_pdf
from fairshare.documents.read_rtf import strip_rtf
from fairshare.documents.read_shapes import MAX_DEPTH, CannotRead, Reading, Sign, check_size, too_large
from fairshare.documents.read_text import decode, read_text, split_text

_MAGIC: Final = (
    (b"%PDF-", "pdf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "msg"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
)
_MAIL_STARTS = ("from:", "to:", "received:", "return-path:", "message-id:", "mime-version:", "date:", "subject:",
                "delivered-to:", "x-", "content-type:", "reply-to:", "dkim-signature:", "arc-")  # fmt: skip


def read_document(raw: bytes, name: str, *, depth: int = 0) -> Reading:
    """The words of a DOCX, ODT, PDF, RTF, mail, Outlook message, picture, HTML page or text file, with their places.

    Nothing in the file is run and nothing is fetched; a file inside it is read too, to a depth of four.

    Takes    name: the file's name, for errors and for telling text from mail.
    Raises   CannotRead, DocumentBroken, DocumentLocked, DocumentTooLarge; NoDocumentParts for a missing library.
    """
    check_size(raw, name)
    if depth > MAX_DEPTH:
        raise too_large("files stand in files without end", name)
    if not raw.strip():
        raise CannotRead("the file is empty", fix="Ask for it to be sent again.", where=name)
    return _READERS[find_format(raw, name)](raw, name, depth)


def find_format(raw: bytes, name: str) -> str:
    """What a file is, by how it begins.

    >>> find_format(b"%PDF-1.7 ...", "form.docx"), find_format(b"Dear Sir", "letter.txt")
    ('pdf', 'text')
    """
    for magic, found in _MAGIC:
        if raw[:1024].lstrip().startswith(magic) or raw.startswith(magic):
            return found
    if raw.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _find_package(raw, name)
    start = raw[:2048].lstrip(b"\xef\xbb\xbf").lstrip().lower()
    if name.lower().endswith((".htm", ".html")) or start.startswith((b"<!doctype html", b"<html")):
        return "html"
    first = start.split(b"\n", 1)[0].decode("latin-1")
    if name.lower().endswith(".eml") or (first.startswith(_MAIL_STARTS) and b"\nmime-version:" in raw[:65536].lower()):
        return "mail"
    return "text"


def _find_package(raw: bytes, name: str) -> str:
    if b"word/document.xml" in raw:
        return "docx"
    if b"application/vnd.oasis.opendocument.text" in raw[:200] or (b"content.xml" in raw and b"mimetype" in raw):
        return "odt"
    raise CannotRead(
        "this is a package of files, not a document", fix="Unpack it, and give the documents in it.", where=name
    )


def _read_mail(raw: bytes, name: str, depth: int) -> Reading:
    return read_mail(raw, _read_part, where=name, depth=depth)


def _read_msg(raw: bytes, name: str, depth: int) -> Reading:
    return read_msg(raw, _read_part, where=name, depth=depth)


def _read_part(raw: bytes, name: str, depth: int) -> Reading:
    return read_document(raw, name, depth=depth)


def _read_picture(raw: bytes, name: str, depth: int) -> Reading:
    segments = []
    for number, page in enumerate(open_picture(raw, where=name), start=1):
        segments += read_page(page, page=number)
    return Reading("picture", number_blocks(segments), (), (Sign("scanned"),))


def _read_rtf(raw: bytes, name: str, depth: int) -> Reading:
    return Reading("rtf", split_text(strip_rtf(raw, where=name), where=name))


_READERS: Final[dict[str, Callable[[bytes, str, int], Reading]]] = {
    "pdf": lambda raw, name, depth: read_pdf(raw, where=name),
    "docx": lambda raw, name, depth: read_docx(raw, where=name),
    "odt": lambda raw, name, depth: read_odt(raw, where=name),
    "msg": _read_msg,
    "mail": _read_mail,
    "rtf": _read_rtf,
    "picture": _read_picture,
    "html": lambda raw, name, depth: read_html(decode(raw, where=name), where=name),
    "text": lambda raw, name, depth: read_text(raw, where=name),
}
