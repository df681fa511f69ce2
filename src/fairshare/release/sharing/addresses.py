"""Addresses of files: random, short-lived, and good for nothing but asking whether the file may still be read."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from fairshare.release.sharing.gate import Reader, SharedTable

LIFETIME = timedelta(minutes=30)
MOST = 10_000


@dataclass(frozen=True)
class Granted:
    """Whom an address was given to, for which table, and when it stops."""

    reader: Reader
    table: SharedTable
    until: datetime


class Addresses:
    """The addresses given out, in this process's memory only: after a restart, clients ask again."""

    def __init__(self, make_id: Callable[[], str]) -> None:
        self._make_id = make_id
        self._given: OrderedDict[str, Granted] = OrderedDict()
        self._lock = threading.Lock()

    def give(self, reader: Reader, table: SharedTable, now: datetime) -> tuple[str, Granted]:
        """A new address. The oldest goes when there are too many."""
        name, granted = self._make_id(), Granted(reader, table, min(now + LIFETIME, reader.expires_at))
        with self._lock:
            while self._given and (len(self._given) >= MOST or next(iter(self._given.values())).until <= now):
                self._given.popitem(last=False)
            self._given[_digest(name)] = granted
        return name, granted

    def find(self, name: str, now: datetime) -> Granted | None:
        """What an address stands for; None if it was never given, or has stopped."""
        with self._lock:
            # Found by its digest, so that how long the search takes tells nothing about an address.
            granted = self._given.get(_digest(name))
        return granted if granted is not None and now < granted.until else None


def _digest(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
