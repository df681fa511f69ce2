"""A file of a million stored cases under another law: those that flip, written to a file of their own.

The same flips as `fairshare.decide.compare` finds one by one. Ranges of the file go to processes of their own, which
inherit no solver; the file of flips appears complete, or not at all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile

from fairshare.decide.bulk_cases import Evaluator, Found
from fairshare.decide.compare import DatedRules
from fairshare.words import BadInput, NotFound, Refused

MOST_RANGE_BYTES = 128 * 1024 * 1024
LEAST_RANGE_BYTES = 1024 * 1024
RANGES_PER_WORKER = 4
MOST_LINE_BYTES = 16 * 1024 * 1024
Progress = Callable[[int, int], None]
"""Called with how many bytes of the file are done, and how many there are."""
Range = tuple[int, int]


class BulkStopped(Refused):
    """A process that evaluated cases ended before its work was done; nothing was written."""

    code = "BULK_STOPPED"


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of a file of cases."""

    cases: int
    flips: int
    problems: int
    """Cases that cannot be evaluated under one of the laws: their answers clash, or do not fit."""
    unreadable: tuple[int, ...]
    """The numbers of the lines that are not stored cases; the first line is 1."""


def compare_file(
    before: DatedRules,
    after: DatedRules,
    cases: Path,
    flips: Path,
    *,
    workers: int = 1,
    progress: Progress = lambda done, total: None,
) -> Tally:
    """Write to `flips`, one JSON line each and in order, the cases of a file that stand differently under `after`.

    Takes    cases: a file of lines as `compare.StoredCase` describes; flips: replaced when everything is done;
             workers: processes; with 1 it all happens in this one.
    Raises   NotFound or BadInput for files that cannot be read or written; BulkStopped.
    """
    try:
        if not cases.is_file():
            raise NotFound("there is no such file of cases", fix="Check the path.", where=str(cases))
        ranges = _list_ranges(cases.stat().st_size, workers)
        with NamedTemporaryFile("w", encoding="ascii", dir=flips.parent, prefix=".flips-", delete=False) as staged:
            try:
                tally = _write_flips(_run(before, after, cases, ranges, workers), ranges, staged.write, progress)
                staged.flush()
                os.fsync(staged.fileno())
                Path(staged.name).replace(flips)
            except BaseException:
                with suppress(OSError):
                    Path(staged.name).unlink()
                raise
    except OSError as error:
        raise BadInput(
            f"the file cannot be read or written: {error.strerror}",
            fix="Check the paths and their permissions.",
            where=str(cases if error.filename == str(cases) else flips),
        ) from None
    except BrokenProcessPool:
        raise BulkStopped(
            "a process ended before its work was done",
            fix="Check memory, or use one worker.",
            where=str(cases),
        ) from None
    return tally


def _write_flips(
    results: Iterator[Found], ranges: list[Range], write: Callable[[str], int], progress: Progress
) -> Tally:
    lines = cases = flips = problems = 0
    unreadable: list[int] = []
    total = ranges[-1][1] if ranges else 0
    progress(0, total)
    for found, (_, end) in zip(results, ranges, strict=True):
        for _, flip in found.flips:
            write(flip + "\n")
        unreadable += [lines + each + 1 for each in found.unreadable]
        lines, cases = lines + found.lines, cases + found.cases
        flips, problems = flips + len(found.flips), problems + found.problems
        progress(end, total)
    return Tally(cases, flips, problems, tuple(unreadable))


def _list_ranges(size: int, workers: int) -> list[Range]:
    """Parts of a file: large, because cases are settled many at once, and enough of them to keep every worker busy."""
    step = min(max(size // (RANGES_PER_WORKER * max(workers, 1)) + 1, LEAST_RANGE_BYTES), MOST_RANGE_BYTES)
    return [(start, min(start + step, size)) for start in range(0, size, step)]


def _run(before: DatedRules, after: DatedRules, path: Path, ranges: list[Range], workers: int) -> Iterator[Found]:
    """What became of each range, in order."""
    if workers <= 1 or len(ranges) <= 1:
        evaluator = Evaluator(before, after)
        yield from (evaluator.run(_read_lines(path, each)) for each in ranges)
        return
    # Spawned, not forked: a solver, a lock or an open file of this process must not be shared with them.
    with ProcessPoolExecutor(
        min(workers, len(ranges)), get_context("spawn"), initializer=_start, initargs=(before, after, path)
    ) as pool:
        yield from pool.map(_evaluate_range, ranges)


_worker: tuple[Evaluator, Path] | None = None


def _start(before: DatedRules, after: DatedRules, path: Path) -> None:
    global _worker
    _worker = (Evaluator(before, after), path)


def _evaluate_range(each: Range) -> Found:
    if _worker is None:
        raise BulkStopped("a worker was not started", fix="Try again.")
    evaluator, path = _worker
    return evaluator.run(_read_lines(path, each))


def _read_lines(path: Path, each: Range) -> Iterator[bytes]:
    """The lines that begin in a range. One that is too long comes as an empty object, which is no case."""
    at, end = each
    with path.open("rb") as handle:
        if at:
            handle.seek(at - 1)
            at += len(handle.readline()) - 1
        while at < end and (line := handle.readline(MOST_LINE_BYTES)):
            at += len(line)
            if len(line) == MOST_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := handle.readline(MOST_LINE_BYTES)) and not rest.endswith(b"\n"):
                    at += len(rest)
                at += len(rest)
                line = b"{}"
            yield line
