"""How far long work has come: rows, rate and time left, on a terminal; or one JSON document a second, for machines."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PROGRESS = "FAIRSHARE_PROGRESS"
"""How long work tells how far it is: `lines` for one JSON document a second on the error stream, `off` for nothing;
otherwise a bar, on a terminal only."""
EVERY_SECONDS = 1.0

OnShare = Callable[[float], None]


@contextmanager
def telling(what: str, rows: int | None = None) -> Iterator[OnShare]:
    """Shows a share from 0 to 1 as it grows, in the way that the setting FAIRSHARE_PROGRESS asks for.

    Takes    rows: how many rows the whole is, where that is known.
    """
    wanted = os.environ.get(PROGRESS, "")
    if wanted == "lines":
        with _telling_lines(what, rows, time.monotonic) as tell:
            yield tell
    elif wanted == "off":
        yield lambda share: None
    else:
        with _telling_bar(what, rows) as tell:
            yield tell


def tell_rows(share: float, rows: int | None, seconds: float) -> str:
    """How many rows are done and how fast, in words.

    >>> tell_rows(0.5, 10_000_000, 4.0), tell_rows(0.5, None, 4.0)
    ('5,000,000 rows, 1,250,000 a second', '')
    """
    if rows is None or share <= 0:
        return ""
    done = round(share * rows)
    return f"{done:,} rows, {done / seconds:,.0f} a second" if seconds > 0 else f"{done:,} rows"


@contextmanager
def _telling_bar(what: str, rows: int | None) -> Iterator[OnShare]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True, markup=False)
    left = TextColumn("left")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rows]}"))
    clocks = (TimeElapsedColumn(), TimeRemainingColumn(), left)
    with Progress(*columns, *clocks, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=1.0, rows="")
        begun = time.monotonic()

        def tell(share: float) -> None:
            progress.update(task, completed=share, rows=tell_rows(share, rows, time.monotonic() - begun))

        yield tell


@contextmanager
def _telling_lines(what: str, rows: int | None, clock: Callable[[], float]) -> Iterator[OnShare]:
    begun = last = clock()

    def write(share: float) -> None:
        seconds = clock() - begun
        line = {
            "progress": what,
            "share": round(share, 4),
            "rows": None if rows is None else round(share * rows),
            "seconds": round(seconds, 1),
            "seconds_left": round(seconds * (1 - share) / share, 1) if share > 0 else None,
        }
        sys.stderr.write(json.dumps(line) + "\n")
        sys.stderr.flush()

    def tell(share: float) -> None:
        nonlocal last
        if share >= 1 or clock() - last >= EVERY_SECONDS:
            last = clock()
            write(share)

    write(0.0)
    yield tell
