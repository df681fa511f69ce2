"""A plan run slice by slice in one session: groups are measured over all rows first, and each slice written on its own.

Parquet alone says how many rows it holds and where each of them is, so Parquet alone is cut into slices: by the places
of rows in their files, which DuckDB uses to leave out what it need not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from duckdb import DuckDBPyConnection

from fairshare.release.engines import EngineLimits, EngineReport, GroupMeasured
from fairshare.release.engines.attaching import Attached, attach_source, read_parquet_sql
from fairshare.release.engines.duckdb import (
    NAME,
    count_failing,
    hold_back_small_groups,
    load_keys,
    load_lists,
    measure_progress,
    write_rows,
)
from fairshare.release.engines.duckdb_sql import Compiled, compile_plan
from fairshare.release.engines.job import Job, check_counts, make_report
from fairshare.release.engines.session import close_off, open_session, share_memory, speaking_plainly
from fairshare.release.plan import check_plan
from fairshare.release.sources import ParquetFile, ParquetFolder, Source

PLACE = "file_row_number"
"""What DuckDB calls the place of a row in its file; a source with a column of that name is not cut."""
MEASURING = 0.3
"""The share of the work that measuring groups is taken to be."""


@dataclass(frozen=True)
class Span:
    """Consecutive rows of one file: from `first`, up to but not including `past`, of all its rows."""

    path: Path
    first: int
    past: int
    of: int


Slice = tuple[Span, ...]
"""What one part is made from, in the order of the files."""


def find_slices(source: Source, base: Path, *, rows_per_part: int) -> tuple[Slice, ...] | None:
    """Cuts a source into slices of so many rows, the last with what is left; None if it cannot be cut."""
    if not isinstance(source, ParquetFile | ParquetFolder):
        return None
    with open_session(EngineLimits()) as session, attach_source(session, source, base, None) as attached:
        if any(name.casefold() == PLACE for name in attached.columns):
            return None
        with speaking_plainly("source", opening=True):
            return cut([(path, _count(session, path)) for path in attached.reads], rows_per_part)


def _count(session: DuckDBPyConnection, path: Path) -> int:
    found = session.execute(f"SELECT count(*) FROM {read_parquet_sql([path])}").fetchone()
    return int(found[0]) if found else 0


def cut(files: list[tuple[Path, int]], rows_per_part: int) -> tuple[Slice, ...]:
    """Slices of exactly `rows_per_part` rows, the last with what is left.

    >>> slices = cut([(Path("a"), 5), (Path("b"), 2)], 3)
    >>> [[(span.path.name, span.first, span.past) for span in each] for each in slices]
    [[('a', 0, 3)], [('a', 3, 5), ('b', 0, 1)], [('b', 1, 2)]]
    """
    slices: list[Slice] = []
    open_slice: list[Span] = []
    room = rows_per_part
    for path, rows in files:
        first = 0
        while first < rows:
            past = min(rows, first + room)
            open_slice.append(Span(path, first, past, rows))
            room -= past - first
            first = past
            if not room:
                slices.append(tuple(open_slice))
                open_slice, room = [], rows_per_part
    return (*slices, tuple(open_slice)) if open_slice else tuple(slices)


def count_slice(each: Slice) -> int:
    """How many rows of the source a slice has."""
    return sum(span.past - span.first for span in each)


def slice_sql(each: Slice) -> str:
    """A slice as an SQL relation."""
    spans = []
    for span in each:
        whole = f"SELECT * FROM {read_parquet_sql([span.path])}"
        cut_to = f" WHERE {PLACE} >= {span.first} AND {PLACE} < {span.past}"
        spans.append(whole if (span.first, span.past) == (0, span.of) else whole + cut_to)
    return f"({' UNION ALL '.join(spans)})"


class SlicedRun:
    """A plan under way: one session, in which each slice is written when it is asked for."""

    def __init__(self, job: Job, slices: tuple[Slice, ...], session: DuckDBPyConnection, attached: Attached) -> None:
        self._job = job
        self._slices = slices
        self._session = session
        self._attached = attached
        self._group_mb = share_memory(session, job.limits, len(job.plan.sent))
        self._measured: tuple[tuple[GroupMeasured, ...], int, int] | None = None
        close_off(session, (*attached.reads, job.write_to))

    def write(self, number: int, on_progress: Callable[[float], None] | None) -> int:
        """Writes the rows of slice `number` that may go to the job's pipe, and says how many.

        Takes    on_progress: told how far all slices together are, taking those before this one for done.
        """
        start = MEASURING if self._job.plan.groups else 0.0
        one = (1.0 - start) / len(self._slices)
        share = (start + number * one, start + (number + 1) * one)
        job, here = replace(self._job, on_progress=on_progress), self._slices[number]
        with speaking_plainly("engine"):
            self._measure_groups(job)
            compiled = self._compile(slice_sql(here))
            sent = write_rows(self._session, job, self._attached, compiled, self._group_mb, share=share)
        if not job.plan.groups and not job.plan.rows:
            check_counts(read=count_slice(here), accounted=sent)
        return sent

    def report(self, sent: int) -> EngineReport:
        """What all slices together came to; every row of the source is accounted for, once."""
        read = sum(count_slice(each) for each in self._slices)
        with speaking_plainly("engine"):
            groups, kept, staying = self._measure_groups(self._job)
            whole = self._compile(self._attached.relation)
            counted, filtered = count_failing(self._session, whole) or (read, 0)
        if self._job.plan.groups:
            check_counts(read=staying, accounted=sent)
        else:
            kept = sent
        check_counts(read=read, accounted=counted)
        check_counts(read=read, accounted=filtered + kept)
        return make_report(
            self._job,
            self._attached.schema,
            engine=NAME,
            read=read,
            rejected={},
            filtered=filtered,
            kept=kept,
            sent=sent,
            groups=groups,
        )

    def _measure_groups(self, job: Job) -> tuple[tuple[GroupMeasured, ...], int, int]:
        """Once, over the whole source, so that the same groups stay in every part."""
        if self._measured is None:
            whole = self._compile(self._attached.relation)
            share = (0.0, MEASURING)
            self._measured = hold_back_small_groups(self._session, job, self._attached, whole, share=share)
        return self._measured

    def _compile(self, relation: str) -> Compiled:
        return compile_plan(self._job.plan, replace(self._attached, relation=relation), self._job.output)


@contextmanager
def open_sliced(job: Job, slices: tuple[Slice, ...]) -> Iterator[SlicedRun]:
    """Makes a plan ready to be written slice by slice; nothing is read until the first is asked for."""
    with open_session(job.limits) as session, attach_source(session, job.plan.source, job.base, None) as attached:
        with speaking_plainly("engine"):
            check_plan(job.plan, attached.schema)
            load_lists(session, job, attached, compile_plan(job.plan, attached, job.output))
            load_keys(session, job.keys)
            measure_progress(session)
            run = SlicedRun(job, slices, session, attached)
            session.execute("BEGIN")
        yield run
