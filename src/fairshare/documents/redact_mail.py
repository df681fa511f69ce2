"""Redacting a message: a new one with the headers people read, its text, and its attachments, each redacted in turn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import cast

from fairshare.documents.redact_shapes import MAX_DEPTH, Passage, Redacted, broken, no_boxes, too_large
from fairshare.documents.redact_terms import MARKER, Piece, Removals, remove_terms
from fairshare.words import FairshareError

HEADERS = ("From", "To", "Cc", "Date", "Subject")
"""The only headers that come along; the others say which machines and people a message passed through."""
_SKIPPED = frozenset(("script", "style", "head", "title", "template", "noscript"))
_BROKEN_LINES = frozenset(("br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|opacity\s*:\s*0(?![.\d])", re.I)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)

RedactPart = Callable[[bytes, str, Removals, int], Redacted]
"""Redacts an attachment: its bytes, its name, what to remove, how deep it stands."""


@dataclass(frozen=True)
class _Attachment:
    name: str
    content: bytes


def redact_mail(raw: bytes, removals: Removals, redact_part: RedactPart, *, where: str, depth: int = 0) -> Redacted:
    """Makes a message anew. An attachment that cannot be redacted does not come along, and a note says so."""
    if removals.boxes:
        raise no_boxes(where)
    if depth > MAX_DEPTH:
        raise too_large("messages inside messages", where)
    message = parse_mail(raw, where=where)
    attachments = list(_find_attachments(message))
    headers = [(name, _read_header(message, name)) for name in HEADERS if message[name]]
    pieces = [Piece(value, "\n") for _, value in headers] + [Piece(each.name, "\n") for each in attachments]
    texts, found = remove_terms([*pieces, Piece(read_body(message))], removals.terms)
    new = EmailMessage(policy=policy.SMTPUTF8)
    for (name, _), value in zip(headers, texts, strict=False):
        # Brackets would make no address.
        new[name] = value if name == "Subject" else value.replace(MARKER, MARKER[1:-1])
    counts, left_out, unread, notes = list(found), Counter[str](), list[str](), list[str]()
    parts: list[tuple[str, Redacted]] = []
    for number, (each, name) in enumerate(zip(attachments, texts[len(headers) : -1], strict=True), start=1):
        try:
            made = redact_part(each.content, each.name, removals, depth + 1)
        except FairshareError as error:
            left_out["attachments that cannot be redacted"] += 1
            notes.append(f"[attachment {number} is left out: {error.code}]")
            continue
        parts.append((name, made))
        counts = [one + more for one, more in zip(counts, made.found, strict=True)]
        unread += [f"attachment {number}, {place}" for place in made.not_searched]
        left_out.update(made.left_out)
    new.set_content("\n".join([texts[-1], *notes]))
    for name, made in parts:
        main, _, sub = made.media_type.partition(";")[0].partition("/")
        new.add_attachment(made.content, maintype=main, subtype=sub, filename=_name_file(name))
    left_out["headers"] += sum(name.title() not in HEADERS for name in message)
    _set_boundaries(new)
    return Redacted(
        new.as_bytes(), "message/rfc822", tuple(counts), tuple(unread), left_out=dict(sorted(left_out.items()))
    )


def read_mail(
    raw: bytes, read_part: Callable[[bytes, str, int], tuple[Passage, ...]], *, where: str, depth: int = 0
) -> tuple[Passage, ...]:
    """The headers that people read, the text, and what is in the attachments."""
    if depth > MAX_DEPTH:
        raise too_large("messages inside messages", where)
    message = parse_mail(raw, where=where)
    found = [Passage(name, _read_header(message, name)) for name in HEADERS if message[name]]
    found += [
        Passage(f"line {number}", line)
        for number, line in enumerate(read_body(message).splitlines(), start=1)
        if line.strip()
    ]
    for number, each in enumerate(_find_attachments(message), start=1):
        found.append(Passage(f"name of attachment {number}", each.name))
        try:
            found += [
                Passage(f"attachment {number}, {one.place}", one.text)
                for one in read_part(each.content, each.name, depth + 1)
            ]
        except FairshareError:
            continue
    return tuple(found)


def parse_mail(raw: bytes, *, where: str) -> EmailMessage:
    """A message, by the standard library's own parser."""
    try:
        message = BytesParser(policy=policy.default).parsebytes(raw)
        if not any(message[name] for name in HEADERS):
            raise broken("message", where)
    except (MessageError, ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError):
        raise broken("message", where) from None
    return message


def _read_header(message: EmailMessage, name: str) -> str:
    try:
        return " ".join(str(message[name]).split())
    except (ValueError, LookupError, AttributeError, IndexError, TypeError):
        return ""


def read_body(message: EmailMessage) -> str:
    """The text of a message; of one that is HTML only, what a reader would show."""
    try:
        part = message.get_body(("plain", "html"))
        if part is None:
            return ""
        text = str(part.get_content())
    except (LookupError, ValueError, AttributeError, TypeError, KeyError):
        return ""
    return write_plain(text) if part.get_content_subtype() == "html" else text.replace("\r\n", "\n")


def _find_attachments(message: EmailMessage) -> Iterator[_Attachment]:
    body = None
    try:
        body = message.get_body(("plain", "html"))
    except (LookupError, ValueError, AttributeError, KeyError):
        pass
    alternatives = {"text/plain", "text/html"}
    for part in _walk(message):
        if part is body or (part.get_content_type() in alternatives and not part.get_filename()):
            continue
        name = part.get_filename() or f"part.{part.get_content_subtype()}"
        try:
            if part.get_content_type() == "message/rfc822":
                inner = part.get_payload(0)
                yield _Attachment(part.get_filename() or "message.eml", inner.as_bytes())  # type: ignore[union-attr]
            else:
                content = part.get_payload(decode=True)
                yield _Attachment(name, content if isinstance(content, bytes) else b"")
        except (LookupError, ValueError, AttributeError, IndexError, TypeError, KeyError):
            yield _Attachment(name, b"")


def _walk(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts of a message, not those of messages inside it."""
    if message.get_content_type() == "message/rfc822":
        yield message
    elif message.is_multipart():
        for part in message.iter_parts():
            yield from _walk(cast(EmailMessage, part))
    elif message.get_content_maintype() != "multipart":
        yield message


def _name_file(name: str) -> str:
    return re.sub(r"[^\w .()\[\]-]", "_", name)[:120] or "attachment"


def _set_boundaries(message: EmailMessage) -> None:
    """Gives parts a separator that is the same every time; the library's own is random."""
    if message.is_multipart():
        content = b"".join(part.as_bytes() for part in message.iter_parts())
        number = 0
        while f"=_part_{number}_=".encode() in content:
            number += 1
        message.set_boundary(f"=_part_{number}_=")


class _Plain(HTMLParser):
    """What a reader of mail would show of HTML, as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hides = tag in _SKIPPED or "hidden" in given or _HIDDEN.search(given.get("style") or "") is not None
        if tag not in _VOID and (self._skipping or hides):
            self._skipping.append(tag)
        if tag in _BROKEN_LINES:
            self.text.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._skipping:
            while self._skipping.pop() != tag:
                pass
        elif tag in _BROKEN_LINES:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.text.append(data)


def write_plain(page: str) -> str:
    """The words of HTML that a reader would show; nothing is fetched or run.

    >>> write_plain("<p>Dear <b>Ana</b><p style='display:none'>not this</p><script>nor(this)</script>")
    'Dear Ana'
    """
    parser = _Plain()
    parser.feed(page)
    parser.close()
    return re.sub(r"\n\s*\n+", "\n\n", "".join(parser.text)).strip()
