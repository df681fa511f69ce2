"""Too many bad tokens or addresses from one place: then further guesses must wait."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta

ALLOWED = 20
WINDOW = timedelta(minutes=5)
_MOST_PLACES = 10_000


class Guesses:
    """How often each network address was wrong of late. No search would find a token; this keeps the noise down."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, tuple[datetime, int]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, place: str, now: datetime) -> None:
        """One more wrong guess from there."""
        with self._lock:
            since, count = self._wrong.pop(place, (now, 0))
            self._wrong[place] = (now, 1) if now - since >= WINDOW else (since, count + 1)
            while len(self._wrong) > _MOST_PLACES:
                self._wrong.popitem(last=False)

    def find_wait(self, place: str, now: datetime) -> int:
        """How many seconds somebody there must wait; 0 if they need not."""
        with self._lock:
            since, count = self._wrong.get(place, (now, 0))
        if count < ALLOWED or now - since >= WINDOW:
            return 0
        return int((since + WINDOW - now).total_seconds()) + 1
