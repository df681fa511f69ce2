"""Making a table in parts: each is sealed as it streams, noted when it is whole, and never made twice."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pydantic import JsonValue

from fairshare.records.kinds import SentFile
from fairshare.release.delivery import seal_into
from fairshare.release.engines import EngineReport
from fairshare.release.engines.duckdb import NAME
from fairshare.release.engines.in_parts import Slice, SlicedRun, count_slice, find_slices, open_sliced
from fairshare.release.engines.job import Job, find_keys
from fairshare.release.kinds import MEDIA_TYPES, Table
from fairshare.release.manifest import check_file_names, name_sealed
from fairshare.release.packing import PIPE, OnProgress, Seal, pack_table, seal_while
from fairshare.release.parts import FinishedPart, Parts, open_parts
from fairshare.release.plan import plan_to_json
from fairshare.release.sections import InBoth, Section
from fairshare.release.sources_stamps import FileStamp, check_unmoved, describe_files, stamp_files
from fairshare.release.staging import Attempt
from fairshare.words import BadInput

LONG = 20_000_000
"""Rows above which a source is read in parts of this size unless the table says otherwise."""
MOST_PARTS = 5_000


class PartsUnfit(BadInput):
    """A table cannot be made in the parts that were asked for."""

    code = "RELEASE_PARTS_UNFIT"


def pack_rows(
    table: Table,
    *,
    attempt: Attempt,
    place: Path,
    to: tuple[str, ...],
    on_progress: OnProgress | None,
    seal: Seal = seal_into,
) -> tuple[tuple[SentFile, ...], EngineReport]:
    """Makes a table ready in the attempt: as one file, or in parts if it is long or they were asked for.

    Takes    seal: how it is sealed, if not for the recipient's key; then it is always one file.
    """
    # Before the rows are counted, so that whatever happens to the source from here on is seen.
    stamps = stamp_files(table.plan, table.base)
    slices = plan_parts(table)
    if slices and seal is seal_into:
        return pack_parts(table, slices, stamps, attempt=attempt, place=place, to=to, on_progress=on_progress)
    target = attempt.out / name_sealed(1)
    sent, report = pack_table(table, private=attempt.folder, target=target, to=to, seal=seal, on_progress=on_progress)
    return (sent,), report


def plan_parts(table: Table) -> tuple[Slice, ...]:
    """The slices that a table is made from, in parts; none if it is made in one go.

    Raises   PartsUnfit when parts were asked for and cannot be made.
    """
    asked = table.rows_per_part
    if asked is not None and asked < 1:
        raise PartsUnfit("a part has at least one row", fix="Give a number of rows, or leave it out.", where="table")
    if table.engine != "duckdb" or table.plan.publish is not None:
        slices: tuple[Slice, ...] | None = None
    else:
        slices = find_slices(table.plan.source, table.base, rows_per_part=asked or LONG)
    if slices is None and asked is None:
        return ()
    if slices is None:
        raise PartsUnfit(
            "only rows that DuckDB reads from Parquet can be made in parts",
            fix="Leave `rows_per_part` out, or make a Parquet file of the source first.",
            where="table.rows_per_part",
        )
    if len(slices) > MOST_PARTS:
        raise PartsUnfit(
            f"that would be {len(slices):,} parts", fix=f"Ask for {MOST_PARTS:,} at most.", where="table.rows_per_part"
        )
    check_file_names([name_part(table, MOST_PARTS)])
    return slices if len(slices) > 1 else ()


def pack_parts(
    table: Table,
    slices: tuple[Slice, ...],
    stamps: tuple[FileStamp, ...],
    *,
    attempt: Attempt,
    place: Path,
    to: tuple[str, ...],
    on_progress: OnProgress | None,
) -> tuple[tuple[SentFile, ...], EngineReport]:
    """Makes the parts that are missing, and puts all of them into the attempt.

    Takes    stamps: the files of the source as they were before their rows were counted; place: where parts wait
             between attempts, which is the attempt's own folder if nobody could continue them.
    Raises   as `pack_table`; SourceMoved. Parts that are finished then stay where they are, for the next attempt.
    """
    keys = find_keys(table.plan, table.keys)
    job = Job(table.plan, place / PIPE, table.format, table.base, keys, limits=table.limits)
    with open_parts(place, describe_work(table, slices, to, job)) as parts:
        job = replace(job, write_to=parts.folder / PIPE)
        finished = parts.finished()
        before = len(finished)
        with open_sliced(job, slices) as run:
            for number in range(1, len(slices) + 1):
                if number not in finished:
                    check = _checker(table, stamps)
                    finished[number] = make_part(table, run, number, parts, to, on_progress, check)
            report = run.report(sum(each.rows for each in finished.values()))
        check_unmoved(table.plan, table.base, stamps)
        parts.put_into(attempt, len(slices))
    section = tell_parts(len(slices), before)
    ordered = tuple(finished[number].sent for number in sorted(finished))
    return ordered, replace(report, sections=(*report.sections, section))


def _checker(table: Table, stamps: tuple[FileStamp, ...]) -> Callable[[], None]:
    return lambda: check_unmoved(table.plan, table.base, stamps)


def make_part(
    table: Table,
    run: SlicedRun,
    number: int,
    parts: Parts,
    to: tuple[str, ...],
    on_progress: OnProgress | None,
    check: Callable[[], None],
) -> FinishedPart:
    """Makes one part and notes it, unless the source has moved meanwhile."""
    sent, rows = seal_while(
        lambda _, tell: run.write(number - 1, tell),
        pipe=parts.folder / PIPE,
        target=parts.draft(number),
        to=to,
        name=name_part(table, number),
        media_type=MEDIA_TYPES[table.format],
        on_progress=on_progress,
    )
    check()
    made = FinishedPart(number=number, rows=rows, sent=sent)
    parts.keep(made)
    return made


def name_part(table: Table, number: int) -> str:
    """The name of a part as the recipient gets it: in order, beside each other, they are one table."""
    return f"{table.name}-{number:04}.{table.format}"


def describe_work(table: Table, slices: tuple[Slice, ...], to: tuple[str, ...], job: Job) -> dict[str, JsonValue]:
    """All that the bytes of the parts depend on. Of a key, only what shows that it is the same one."""
    return {
        "engine": NAME,
        "plan": plan_to_json(job.plan),
        "keys": {name: hmac.digest(key, b"fairshare parts", "sha256").hex() for name, key in job.keys.items()},
        "readers": list(to),
        "name": table.name,
        "format": table.format,
        "slices": [count_slice(each) for each in slices],
        "files": describe_files(table.plan, table.base),
    }


def tell_parts(parts: int, before: int) -> Section:
    """What the sheet says of the parts."""
    says = [
        InBoth(
            f"The table is in {parts:,} files, each sealed on its own. Opened, they lie in one folder and are read as "
            "one table.",
            f"Mae'r tabl mewn {parts:,} ffeil, pob un wedi'i selio ar wahân. O'u hagor, maent mewn un ffolder ac yn "
            "cael eu darllen fel un tabl.",
        )
    ]
    if before:
        says.append(
            InBoth(
                f"{before:,} of them were made by an earlier run that was cut short, from the same source and plan.",
                f"Gwnaed {before:,} ohonynt gan rediad cynharach a dorrwyd yn fyr, o'r un ffynhonnell a chynllun.",
            )
        )
    return Section(name="parts", title=InBoth("Parts", "Rhannau"), says=tuple(says))
