"""A file of a million stored cases under another law: those that flip, written to a file of their own.

The same flips as `fairshare.decide.compare` finds one by one. Ranges of the file are first gathered by tool and shape,
and then each tool and shape is settled as a whole, so that what it costs to prepare one is spent once. Both go to
processes of their own, which inherit no solver; the file of flips appears complete, or not at all.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Protocol, TypeVar

from fairshare.decide.bulk_cases import Gathered, Group, Part, gather_cases
from fairshare.decide.bulk_flips import MOST_NAMED, Evaluator, Found
from fairshare.decide.compare import DatedRules
from fairshare.words import BadInput, NotFound, Refused

MOST_RANGE_BYTES = 64 * 1024 * 1024
LEAST_RANGE_BYTES = 1024 * 1024
RANGES_PER_WORKER = 8
MOST_ROUND_BYTES = 2 * 1024 * 1024 * 1024
"""How much of a file is gathered before it is settled; what is gathered takes about a tenth of that in memory."""
MOST_LINE_BYTES = 16 * 1024 * 1024
CASES_TOGETHER = 65_536
LINES_TOGETHER = 1_000
Progress = Callable[[int, int], None]
"""Called with how many bytes of the file are done, and how many there are."""
Range = tuple[int, int]
Task = Callable[[Evaluator], Found]
Given = TypeVar("Given")
Made = TypeVar("Made")


class Runner(Protocol):
    """Does something with each of many values, here or in other processes, and gives the results in order."""

    def __call__(self, act: Callable[[Given], Made], each: Iterable[Given], /) -> Iterator[Made]: ...


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
    named: tuple[str, ...] = ()
    """The ids of the first few of the cases that cannot be evaluated."""


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
        with NamedTemporaryFile("w", encoding="ascii", dir=flips.parent, prefix=".flips-", delete=False) as staged:
            try:
                with _start_workers(before, after, cases, workers) as run:
                    tally = _write_flips(run, _list_rounds(cases.stat().st_size, workers), staged.write, progress)
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


def _write_flips(run: Runner, rounds: list[list[Range]], write: Callable[[str], int], progress: Progress) -> Tally:
    lines = cases = flips = problems = done = 0
    unreadable: list[int] = []
    named: list[str] = []
    total = rounds[-1][-1][1] if rounds else 0
    progress(done, total)
    for ranges in rounds:
        gathered = []
        for (start, end), found in zip(ranges, run(_gather_range, ranges), strict=True):
            gathered.append(found)
            done += (end - start) // 2  # the other half of the work is to settle them
            progress(done, total)
        settled = list(run(_evaluate, _plan_tasks(gathered, lines)))
        for _, flip in sorted(flip for each in settled for flip in each.flips):
            write(flip + "\n")
        unreadable += sorted(number + 1 for each in settled for number in each.unreadable)
        lines += sum(each.lines for each in gathered)
        cases += sum(each.cases for each in settled)
        flips += sum(len(each.flips) for each in settled)
        problems += sum(each.problems for each in settled)
        named += [case for _, case in sorted(pair for each in settled for pair in each.named)]
        done = ranges[-1][1]
        progress(done, total)
    return Tally(cases, flips, problems, tuple(unreadable), tuple(named[:MOST_NAMED]))


def _plan_tasks(gathered: list[Gathered], first: int) -> list[Task]:
    """What was gathered as tasks, about the longest first. Lines are counted from `first`."""
    found: list[tuple[int, Task]] = []
    waiting: dict[Group, list[tuple[int, Part]]] = {}
    for start, each in zip(accumulate((each.lines for each in gathered), initial=first), gathered, strict=False):
        for group, part in each.parts.items():
            parts = waiting.setdefault(group, [])
            parts.append((start, part))
            size = sum(len(part.numbers) for _, part in parts)
            if size >= CASES_TOGETHER:
                found.append((size, partial(Evaluator.evaluate_parts, group=group, parts=waiting.pop(group))))
        unusual = [(start + number, raw) for number, raw in each.unusual]
        for at in range(0, len(unusual), LINES_TOGETHER):
            some = unusual[at : at + LINES_TOGETHER]
            found.append((CASES_TOGETHER, partial(Evaluator.evaluate_lines, lines=some)))
    for group, parts in waiting.items():
        size = sum(len(part.numbers) for _, part in parts)
        found.append((size * (1 + len(group[1].items)), partial(Evaluator.evaluate_parts, group=group, parts=parts)))
    return [task for _, task in sorted(found, key=lambda each: -each[0])]


def _list_rounds(size: int, workers: int) -> list[list[Range]]:
    """Parts of a file, gathered one by one and settled round by round: enough to keep every worker busy."""
    step = min(max(size // (RANGES_PER_WORKER * max(workers, 1)) + 1, LEAST_RANGE_BYTES), MOST_RANGE_BYTES)
    ranges = [(start, min(start + step, size)) for start in range(0, size, step)]
    together = MOST_ROUND_BYTES // step
    return [ranges[at : at + together] for at in range(0, len(ranges), together)]


@contextmanager
def _start_workers(before: DatedRules, after: DatedRules, path: Path, workers: int) -> Iterator[Runner]:
    if workers <= 1 or path.stat().st_size <= LEAST_RANGE_BYTES:
        _start(before, after, path)
        try:
            yield map
        finally:
            _local.work = None
        return
    # Spawned, not forked: a solver, a lock or an open file of this process must not be shared with them.
    with ProcessPoolExecutor(
        workers, get_context("spawn"), initializer=_start_process, initargs=(before, after, path)
    ) as pool:
        yield pool.map


class _Local(threading.local):
    """What a worker works with; where there are none, this thread is the worker."""

    work: tuple[Evaluator, Path] | None = None


_local = _Local()


def _start(before: DatedRules, after: DatedRules, path: Path) -> None:
    _local.work = (Evaluator(before, after), path)


def _start_process(before: DatedRules, after: DatedRules, path: Path) -> None:
    gc.freeze()  # the rule base stays until the end, and what is gathered holds no circles: seldom look for any
    gc.set_threshold(100_000)
    _start(before, after, path)


def _gather_range(each: Range) -> Gathered:
    _, path = _find_work()
    return gather_cases(_read_lines(path, each))


def _evaluate(task: Task) -> Found:
    evaluator, _ = _find_work()
    return task(evaluator)


def _find_work() -> tuple[Evaluator, Path]:
    if _local.work is None:
        raise BulkStopped("a worker was not started", fix="Try again.")
    return _local.work


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
