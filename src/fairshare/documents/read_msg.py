"""Reading Outlook messages: a compound file of property streams, of which only text and attachments are read.

Source   Microsoft Open Specifications MS-OXMSG and MS-OXPROPS.
"""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime, timedelta
from email.parser import HeaderParser
from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.read_mail import ReadPart, join_message, parse_address, read_date
from fairshare.documents.read_rtf import strip_rtf, unpack_rtf
from fairshare.documents.read_shapes import (
    MAX_BYTES,
    MAX_DEPTH,
    CannotRead,
    Mail,
    Reading,
    broken,
    locked,
    tidy,
    too_large,
)
from fairshare.words import FairshareError

_SUBJECT, _BODY, _HTML, _RTF, _HEADERS = 0x0037, 0x1000, 0x1013, 0x1009, 0x007D
_FROM, _FROM_ADDRESS, _FROM_SMTP, _TO = 0x0C1A, 0x0C1F, 0x5D01, 0x0E04
_SENT, _ARRIVED, _CODE_PAGE = 0x0039, 0x0E06, 0x3FFD
_CONTENT, _LONG_NAME, _NAME, _SHOWN_NAME = 0x3701, 0x3707, 0x3704, 0x3001
_START = datetime(1601, 1, 1, tzinfo=UTC)
_MOST_STREAMS = 5_000
_FAULTS = (
    OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError, OverflowError, MemoryError,
    struct.error,
)  # fmt: skip


def read_msg(raw: bytes, read_part: ReadPart, *, where: str, depth: int = 0) -> Reading:
    """A message that Outlook saved, with what is attached to it.

    Raises   DocumentBroken, DocumentLocked, DocumentTooLarge; CannotRead for an old Word or Excel file, which is of
             the same outer format.
    """
    olefile = import_part("olefile")
    try:
        with olefile.OleFileIO(io.BytesIO(raw)) as file:
            names = file.listdir(streams=True, storages=False)
            if len(names) > _MOST_STREAMS:
                raise too_large("it has more parts than a message has", where)
            _check_sort(file, where)
            return _Message(file, names, (), where).read(read_part, depth)
    except _FAULTS as error:
        if isinstance(error, FairshareError):
            raise
        raise broken("Outlook message", where) from None


def _check_sort(file: Any, where: str) -> None:
    if file.exists("EncryptedPackage") or file.exists("EncryptionInfo"):
        raise locked("document", where)
    if not file.exists("__properties_version1.0"):
        raise CannotRead(
            "this is an old Office file, not a message", fix="Save it as DOCX or PDF, and give that.", where=where
        )


class _Message:
    """One message in a compound file: the outermost, or one that is attached to another."""

    def __init__(self, file: Any, names: list[list[str]], prefix: tuple[str, ...], where: str) -> None:
        self.file, self.names, self.prefix, self.where = file, names, prefix, where
        self._left = MAX_BYTES
        self._encoding = "cp1252"
        page = self._read_fixed(_CODE_PAGE, at=())
        if page is not None:
            self._encoding = {65001: "utf-8"}.get(page & 0xFFFF, f"cp{page & 0xFFFF}")

    def read(self, read_part: ReadPart, depth: int) -> Reading:
        """The message with its attachments."""
        if depth > MAX_DEPTH:
            raise too_large("messages stand in messages without end", self.where)
        headers = HeaderParser().parsestr(self._text(_HEADERS))
        address = self._text(_FROM_SMTP) or self._text(_FROM_ADDRESS)
        if "@" not in address:
            address = parse_address(str(headers["From"] or ""))[1]
        sent = self._read_time() or read_date(str(headers["Date"] or ""))
        mail = Mail(
            tidy(self._text(_FROM)), address.strip().lower(), parse_address(str(headers["Reply-To"] or ""))[1],
            tidy(self._text(_TO)), tidy(self._text(_SUBJECT)), sent,
        )  # fmt: skip
        plain, page = self._text(_BODY), self._text(_HTML)
        if not plain.strip() and not page.strip():
            packed = self._stream(_RTF, "0102")
            plain = strip_rtf(unpack_rtf(packed, where=self.where), where=self.where) if packed else ""
        attached = []
        for folder in self._list_folders("__attach_version1.0_"):
            inner = (*self.prefix, folder, f"__substg1.0_{_CONTENT:04X}000D")
            if self.file.exists("/".join((*inner, "__properties_version1.0"))):
                attached.append(("message.msg", inner))
            else:
                attached.append((self._name(folder), (*self.prefix, folder)))

        def read_one(content: bytes, name: str, deeper: int) -> Reading:
            # A message inside keeps its place in the file instead of bytes of its own.
            if content.startswith(_INNER):
                place = tuple(content[len(_INNER) :].decode().split("/"))
                return _Message(self.file, self.names, place, self.where).read(read_part, deeper)
            return read_part(content, name, deeper)

        files = [
            (name, _INNER + "/".join(place).encode() if name == "message.msg" and len(place) == len(self.prefix) + 2
             else self._stream(_CONTENT, "0102", at=place[len(self.prefix) :]))
            for name, place in attached
        ]  # fmt: skip
        return join_message(mail, plain, page, files, read_one, where=self.where, depth=depth)

    def _list_folders(self, start: str) -> list[str]:
        deep = len(self.prefix)
        return sorted(
            {name[deep] for name in self.names if tuple(name[:deep]) == self.prefix and name[deep].startswith(start)}
        )

    def _name(self, folder: str) -> str:
        found = (self._text(tag, at=(folder,)) for tag in (_LONG_NAME, _NAME, _SHOWN_NAME))
        return tidy(next((name for name in found if name), ""))[:200]

    def _stream(self, tag: int, sort: str, *, at: tuple[str, ...] = ()) -> bytes:
        path = "/".join((*self.prefix, *at, f"__substg1.0_{tag:04X}{sort}"))
        if not self.file.exists(path) or self.file.get_type(path) != 2:
            return b""
        self._left -= self.file.get_size(path)
        if self._left < 0:
            raise too_large("it unpacks to more than can be read", self.where)
        with self.file.openstream(path) as stream:
            return bytes(stream.read())

    def _text(self, tag: int, *, at: tuple[str, ...] = ()) -> str:
        wide = self._stream(tag, "001F", at=at)
        if wide:
            return wide.decode("utf-16-le", "replace").rstrip("\x00")
        narrow = self._stream(tag, "001E", at=at) or (self._stream(tag, "0102", at=at) if tag == _HTML else b"")
        try:
            return narrow.decode(self._encoding, "replace").rstrip("\x00")
        except LookupError:
            return narrow.decode("cp1252", "replace").rstrip("\x00")

    def _read_fixed(self, tag: int, *, at: tuple[str, ...]) -> int | None:
        """A property that is a number, of the table of those that have a fixed length."""
        path = "/".join((*self.prefix, *at, "__properties_version1.0"))
        if not self.file.exists(path):
            return None
        with self.file.openstream(path) as stream:
            table = stream.read(1_000_000)
        for start in range(24 if self.prefix else 32, len(table) - 15, 16):
            if int.from_bytes(table[start + 2 : start + 4], "little") == tag:
                return int.from_bytes(table[start + 8 : start + 16], "little")
        return None

    def _read_time(self) -> datetime | None:
        for tag in (_SENT, _ARRIVED):
            ticks = self._read_fixed(tag, at=())
            if ticks and ticks < 1 << 62:
                return _START + timedelta(microseconds=ticks // 10)
        return None


_INNER = b"\x00message in this file:"
