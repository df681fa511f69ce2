"""A request read from its file where there is no case yet to keep it in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fairshare.records import Request
from fairshare.request import read_request
from fairshare.words import Person
from fairshare.words.reading import read_file

NOBODY_YET = Person(name="not received yet", role="none")


def read_plain_request(path: Path) -> Request:
    """The request in a file, checked as when it is received, but not kept."""
    now = datetime.now(UTC).replace(microsecond=0)
    return read_request(read_file(path), where=path.name, case="unkept", salt="0" * 32, made_at=now, made_by=NOBODY_YET)
