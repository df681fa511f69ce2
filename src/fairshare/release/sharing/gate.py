"""What the endpoint must ask before every request, before every file and between any two pieces of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from fairshare.release.sharing.blocks import SharedFile


class Act(StrEnum):
    """What somebody did at the endpoint."""

    LISTED = "listed"
    DESCRIBED = "described"
    QUERIED = "queried"
    READ = "read"
    READ_ENDED = "read_ended"
    REFUSED = "refused"


@dataclass(frozen=True)
class Reader:
    """Whoever presented a good token: an organisation, under one agreement."""

    token: str
    """The token's id, never the token."""
    recipient: str
    case: str
    agreement: str
    expires_at: datetime


@dataclass(frozen=True)
class SharedTable:
    """A table that a reader may read now."""

    share: str
    schema: str
    name: str
    release: str
    number: int
    """Which file of the release it is."""
    made_at: datetime


@dataclass(frozen=True)
class Access:
    """One thing that was done with a token. It says nothing about the people in the table."""

    act: Act
    token: str
    recipient: str
    case: str
    release: str | None = None
    first: int | None = None
    last: int | None = None
    bytes: int | None = None
    """How many bytes the server handed to the connection."""
    ended: str | None = None
    """How a read ended: `whole`, `left` when the reader went away, `stopped` when it was no longer allowed."""


class Watch(Protocol):
    """Whether one reader may go on reading one table: cheap to ask, again and again."""

    def may_go_on(self) -> bool:
        """Whether the token, the agreement, the decision and the release still allow it."""
        ...

    def close(self) -> None:
        """Lets go of what it watched."""
        ...


class Gate(Protocol):
    """Who may read what, as it is now: nothing is remembered from one question to the next."""

    def now(self) -> datetime:
        """The time."""
        ...

    def find_reader(self, token: str) -> Reader | None:
        """Who presents a token; None if it is unknown, changed, expired or revoked."""
        ...

    def find_tables(self, reader: Reader) -> tuple[SharedTable, ...] | None:
        """What the reader may read now, in order; None when the agreement is not in force or the token has ended."""
        ...

    def open_table(self, table: SharedTable) -> SharedFile:
        """The table's file, its index having been checked against the signed receipt."""
        ...

    def watch(self, reader: Reader, table: SharedTable) -> Watch:
        """Watches whether the reader may go on reading the table."""
        ...

    def write_access(self, access: Access) -> None:
        """Writes down and logs what was done; durable when this returns."""
        ...
