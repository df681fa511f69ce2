"""Reading messages: the headers people read, the text, and each attachment in turn; nothing is run or fetched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any, cast

from fairshare.documents.read_html import read_html
from fairshare.documents.read_shapes import MAX_DEPTH, Mail, Reading, Segment, Sign, stand_below, tidy, too_large
from fairshare.documents.read_text import split_text
from fairshare.documents.redact_mail import parse_mail
from fairshare.words import FairshareError, MissingPart

MAX_ATTACHMENTS = 50
ReadPart = Callable[[bytes, str, int], Reading]
"""Reads an attachment: its bytes, its name, how deep it stands."""
_FAULTS = (LookupError, ValueError, AttributeError, TypeError, AssertionError, RecursionError)


def read_mail(raw: bytes, read_part: ReadPart, *, where: str, depth: int = 0) -> Reading:
    """A message as internet mail, with what is attached to it.

    Raises   DocumentBroken; DocumentTooLarge for messages in messages without end. An attachment that cannot be read
             is named among the signs, and the rest of the message is read.
    """
    message = parse_mail(raw, where=where)
    plain, page = _find_bodies(message)
    mail = Mail(
        *parse_address(_read_header(message, "From")),
        parse_address(_read_header(message, "Reply-To"))[1],
        _read_header(message, "To"),
        _read_header(message, "Subject"),
        read_date(_read_header(message, "Date")),
    )
    return join_message(mail, plain, page, list(_find_attachments(message)), read_part, where=where, depth=depth)


def join_message(
    mail: Mail, plain: str, page: str, attached: list[tuple[str, bytes]], read_part: ReadPart, *, where: str, depth: int
) -> Reading:
    """One reading of a message: its body, then its attachments, each as a part of its own."""
    if depth > MAX_DEPTH:
        raise too_large("messages stand in messages without end", where)
    segments: list[Segment] = []
    signs: list[Sign] = []
    if page and ("<td" in page.lower() or not plain.strip()):
        read = read_html(page, where=where)
        segments += read.segments
        signs += read.signs
    else:
        segments += split_text(plain, where=where)
        signs += [each for each in read_html(page, where=where).signs if each.code != "hidden_text"]
    if len(attached) > MAX_ATTACHMENTS:
        signs.append(Sign("not_all_read"))
    for number, (name, content) in enumerate(attached[:MAX_ATTACHMENTS], start=1):
        part = f"attachment {number}: {name}" if name else f"attachment {number}"
        try:
            inner = read_part(content, name, depth + 1)
        except MissingPart:
            raise
        except FairshareError as error:
            is_locked = error.code == "DOCUMENT_LOCKED"
            signs.append(Sign("locked_attachment" if is_locked else "unread_attachment", part))
            continue
        segments += stand_below(inner.segments, part)
        signs += [Sign(each.code, f"{part}, {each.place}" if each.place else part) for each in inner.signs]
    return Reading("mail", tuple(segments), (), tuple(signs), mail)


def parse_address(header: str) -> tuple[str, str]:
    """The name and the address in a header.

    >>> parse_address('"Marsh, G" <g.marsh@example.org>')
    ('Marsh, G', 'g.marsh@example.org')
    """
    try:
        name, address = parseaddr(header)
    except _FAULTS:
        return tidy(header)[:200], ""
    return tidy(name), address.strip().lower()


def read_date(header: str) -> datetime | None:
    """When a message says it was sent."""
    try:
        found = parsedate_to_datetime(header)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found
    except (*_FAULTS, OverflowError):
        return None


def _read_header(message: EmailMessage, name: str) -> str:
    try:
        return tidy(str(message[name] or ""))
    except _FAULTS:
        return ""


def _find_bodies(message: EmailMessage) -> tuple[str, str]:
    """The text of a message, and its HTML."""
    found = {}
    for sort in ("plain", "html"):
        with suppress(*_FAULTS):
            part = message.get_body((sort,))
            if part is not None:
                found[sort] = _decode(part)
    return found.get("plain", ""), found.get("html", "")


def _decode(part: Any) -> str:
    """The text of a part; where its encoding is unknown or wrong, as well as it can be read."""
    try:
        return str(part.get_content())
    except _FAULTS:
        content = part.get_payload(decode=True)
        return content.decode("cp1252", "replace") if isinstance(content, bytes) else ""


def _find_attachments(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    bodies: list[Any] = []
    for sort in ("plain", "html"):
        with suppress(*_FAULTS):
            bodies.append(message.get_body((sort,)))
    for part in _walk(message, 0):
        if any(part is body for body in bodies):
            continue
        try:
            name = tidy(part.get_filename() or "")
            if part.get_content_type() == "message/rfc822":
                inner = cast(Message, cast(list[Any], part.get_payload())[0])
                yield name or "message.eml", inner.as_bytes()
                continue
            content = part.get_payload(decode=True)
            if not name and part.get_content_maintype() == "text":
                name = f"part.{'html' if part.get_content_subtype() == 'html' else 'txt'}"
            yield name, content if isinstance(content, bytes) else b""
        except _FAULTS:
            yield "", b""


def _walk(message: Any, depth: int) -> Iterator[Any]:
    """The parts of a message, not those of messages inside it."""
    if depth > 20:
        return
    if message.get_content_type() == "message/rfc822":
        yield message
    elif message.is_multipart():
        for part in message.get_payload():
            yield from _walk(part, depth + 1)
    else:
        yield message
