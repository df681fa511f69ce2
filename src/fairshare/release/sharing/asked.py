"""What somebody asks of the endpoint, from whatever bytes they sent: parsed with limits, or turned away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fairshare.words import FairshareError
from fairshare.words.reading import parse_json

MAX_PATH = 2_000
MAX_QUERY = 4_000
MAX_HEADERS = 32_000
MAX_BODY = 1024 * 1024
MAX_PAGE = 500
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Turned(Exception):
    """The request is turned away; each status has one constant body, which tells nothing about what is here."""

    def __init__(self, status: int, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(status)
        self.status = status
        self.headers = headers


class Query(BaseModel):
    """What a query of a table may say. Hints may be passed over, and are: the reader's own client filters again."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    predicateHints: tuple[str, ...] = Field(default=(), strict=False)  # noqa: N815 (the protocol's name)
    jsonPredicateHints: str | None = None  # noqa: N815
    limitHint: int | None = Field(default=None, ge=0)  # noqa: N815
    version: int | None = None
    timestamp: str | None = None
    startingVersion: int | None = None  # noqa: N815
    endingVersion: int | None = None  # noqa: N815


@dataclass(frozen=True)
class Asked:
    """One request, within its limits."""

    method: str
    path: tuple[str, ...]
    place: str
    """The network address that it came from."""
    query: Mapping[str, str]
    token: str | None = field(repr=False)
    range: str
    capabilities: frozenset[str]
    """The response formats that the client can read; none named means Parquet."""
    body: Any = field(repr=False)


def read_asked(environ: Mapping[str, Any]) -> Asked:
    """A request from its WSGI environment. Raises Turned, whatever was sent."""
    check_size(environ)
    return Asked(
        method=str(environ.get("REQUEST_METHOD", "")),
        path=read_path(str(environ.get("PATH_INFO", ""))),
        place=str(environ.get("REMOTE_ADDR", "")).rpartition(":")[0] or str(environ.get("REMOTE_ADDR", "")),
        query=dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True, errors="replace")),
        token=read_bearer(str(environ.get("HTTP_AUTHORIZATION", ""))),
        range=str(environ.get("HTTP_RANGE", "")),
        capabilities=read_formats(str(environ.get("HTTP_DELTA_SHARING_CAPABILITIES", ""))),
        body=environ.get("wsgi.input"),
    )


def check_size(environ: Mapping[str, Any]) -> None:
    """Turns away a request whose address or headers are too long."""
    if len(str(environ.get("PATH_INFO", ""))) > MAX_PATH or len(str(environ.get("QUERY_STRING", ""))) > MAX_QUERY:
        raise Turned(414)
    if sum(len(name) + len(str(value)) for name, value in environ.items() if name.startswith("HTTP_")) > MAX_HEADERS:
        raise Turned(431)


def read_path(path: str) -> tuple[str, ...]:
    """The parts of a path; what is no plain name is nothing that is here, so no path leads anywhere else.

    >>> read_path("/delta-sharing/shares")
    ('delta-sharing', 'shares')
    """
    parts = tuple(path.removeprefix("/").removesuffix("/").split("/"))
    if not all(_NAME.fullmatch(part) for part in parts):
        raise Turned(404)
    return parts


def read_bearer(header: str) -> str | None:
    """The token in an Authorization header, or None."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def read_formats(header: str) -> frozenset[str]:
    """The response formats that a client says it can read.

    >>> sorted(read_formats("responseformat=delta,parquet;readerfeatures=deletionvectors"))
    ['delta', 'parquet']
    """
    for part in header.lower().split(";"):
        name, _, value = part.strip().partition("=")
        if name == "responseformat":
            return frozenset(each.strip() for each in value.split(","))
    return frozenset()


def read_query(asked: Asked) -> Query:
    """What the body of a query says; an empty one asks for everything."""
    raw = read_body(asked.body)
    try:
        return Query.model_validate(parse_json(raw, where="body") if raw.strip() else {})
    except (FairshareError, ValidationError):
        raise Turned(400) from None


def read_body(source: Any) -> bytes:
    """The body, if it is not too long."""
    try:
        raw = source.read(MAX_BODY + 1) if source is not None else b""
    except Exception:
        # The reader went away, or did not send what it announced.
        raise Turned(400) from None
    if len(raw) > MAX_BODY:
        raise Turned(413)
    return bytes(raw)


def read_page(asked: Asked) -> tuple[int, int]:
    """Where a page of a list starts, and how long it may be at most."""
    start, most = asked.query.get("pageToken") or "0", asked.query.get("maxResults") or str(MAX_PAGE)
    if not all(re.fullmatch(r"[0-9]{1,9}", each) for each in (start, most)):
        raise Turned(400)
    return int(start), min(int(most), MAX_PAGE)


def read_time(text: str) -> datetime:
    """A timestamp of the protocol."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Turned(400) from None
    if found.tzinfo is None:
        raise Turned(400)
    return found


def read_range(text: str, size: int) -> tuple[int, int] | None:
    """The first and last byte that a Range header asks for; None for all, also where it asks for several ranges.

    >>> read_range("bytes=-100", 1000), read_range("bytes=990-2000", 1000)
    ((900, 999), (990, 999))
    """
    found = _RANGE.fullmatch(text.strip())
    if found is None or found[0] == "bytes=-":
        return None
    start, end = found[1], found[2]
    first, last = (max(size - int(end), 0), size - 1) if not start else (int(start), min(int(end or size), size - 1))
    if start and end and int(end) < int(start):
        return None
    if first > last:
        raise Turned(416, (("Content-Range", f"bytes */{size}"),))
    return first, last
