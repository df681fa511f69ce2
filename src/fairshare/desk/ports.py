"""What the desk needs from the outside, as protocols: Records, Entries, Log, Clock and Files.

A folder of files is one set of adapters (`fairshare.desk.folder`); a database will be another. Both pass one contract
suite, so nothing that a person does at the desk can escape the rules of who and when, or the log.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from fairshare.desk.entries import Entry
from fairshare.desk.readers import ReaderKeys
from fairshare.desk.who import Actor
from fairshare.ledger import Log
from fairshare.records import Entropy, Keys, SignedRecord, SigningKey
from fairshare.records.withholding import PartialRecord, StoredRecord
from fairshare.words import Organisation


class Records(Protocol):
    """Where records are kept. Every change is in the log, or did not happen."""

    def add(self, signed: SignedRecord) -> None:
        """Keeps a new record and logs it, both or neither. Adding the same record again changes nothing."""
        ...

    def add_signature(self, signed: SignedRecord) -> None:
        """Keeps one more signature on a record that is here already, and logs it, both or neither."""
        ...

    def dispose(self, left: PartialRecord) -> None:
        """Puts what is left of a record, with its tombstone, in its place for good, and logs it, both or neither."""
        ...

    def find(self, record_id: str) -> StoredRecord:
        """The record, whole or what is left of it; raises NotFound."""
        ...

    def of_case(self, case: str) -> tuple[StoredRecord, ...]:
        """All of a case, in the order in which it was added."""
        ...

    def ids(self, case: str) -> tuple[str, ...]:
        """The ids of a case's records, in the order in which they were added; none of them is read."""
        ...

    def cases(self) -> tuple[str, ...]:
        """The cases there are, by name."""
        ...


class Clock(Protocol):
    """What time it is, in UTC."""

    def now(self) -> datetime:
        """An aware time, to the second."""
        ...


class Files(Protocol):
    """Named files that are not records: answers half given, plans, archived rule bases, finished releases."""

    def write(self, name: str, content: bytes) -> None:
        """Keeps a file under a plain relative name, whole or not at all."""
        ...

    def read(self, name: str) -> bytes:
        """The contents; raises NotFound."""
        ...

    def names(self, folder: str) -> tuple[str, ...]:
        """The files under a folder, in order."""
        ...

    def remove(self, name: str) -> None:
        """Removes a file; nothing if it is not there."""
        ...

    def path(self, name: str) -> Path:
        """Where a file or folder of this name is, for the work that must stream."""
        ...


class Entries(Protocol):
    """What is written down beside records, each thing in the log: deliveries, tokens, readings of what is shared."""

    def add(self, entry: Entry) -> None:
        """Keeps an entry and logs it, both or neither."""
        ...

    def of_kind(self, kind: str, case: str | None = None) -> tuple[Entry, ...]:
        """The entries of one kind, of one case or of all, in the order in which they were added."""
        ...


@dataclass(frozen=True)
class Desk:
    """One organisation's desk: its ports, its keys, the keys it trusts, and whose reader keys are whose."""

    organisation: Organisation
    people: tuple[Actor, ...]
    key: SigningKey
    trusted: Keys
    readers: ReaderKeys
    records: Records
    entries: Entries
    log: Log
    clock: Clock
    files: Files
    entropy: Entropy
