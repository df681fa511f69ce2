"""Running and previewing a plan by the engine that is named: the only door to the engines."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fairshare.release.deidentify.settle import settle_plan
from fairshare.release.engines import Connections, EngineLimits, EngineReport, Keys, OutputFormat, duckdb, memory, spark
from fairshare.release.engines.attaching import attach_source
from fairshare.release.engines.job import Job, find_keys
from fairshare.release.engines.session import open_session
from fairshare.release.filters import Listing
from fairshare.release.plan import Plan, check_plan, describe_columns, held_back
from fairshare.release.sources import Schema, Source, resolve_path
from fairshare.words import BadInput, SettingOutOfRange

ENGINES: dict[str, Callable[[Job], EngineReport]] = {"duckdb": duckdb.run, "memory": memory.run, "spark": spark.run}


COUNTED = "of the rows of this query exact numbers are counted next, here, and neither they nor the rows are sent"
"""What becomes of the rows of a plan that publishes something else in their place."""


class OutputUnfit(BadInput):
    """The rows cannot be written where they should go: something is there already, or there is no such folder."""

    code = "OUTPUT_UNFIT"


def run(
    plan: Plan,
    *,
    engine: str,
    keys: Keys,
    write_to: Path,
    output: OutputFormat,
    base: Path,
    connections: Connections | None,
    on_progress: Callable[[float], None] | None,
    limits: EngineLimits,
) -> EngineReport:
    """Runs a plan; whatever goes wrong, nobody is left waiting at the pipe and no partial file is left."""
    if engine not in ENGINES or output not in ("csv", "parquet"):
        raise SettingOutOfRange(
            "there is no such engine or output format",
            where="engine",
            fix=f"Engines: {', '.join(ENGINES)}. Formats: csv, parquet.",
        )
    pipe = check_output(write_to)
    try:
        job = Job(plan, write_to, output, base, find_keys(plan, keys), connections, on_progress, limits)
        return ENGINES[engine](job)
    except BaseException:
        if pipe:
            release_reader(write_to)
        else:
            write_to.unlink(missing_ok=True)
        raise


def check_output(write_to: Path) -> bool:
    """Whether the output is a pipe; raises OutputUnfit if it is anything else that is there already."""
    try:
        found = write_to.lstat()
    except FileNotFoundError:
        if write_to.parent.is_dir():
            return False
        raise OutputUnfit(
            "there is no such folder to write to", fix="Make the folder first.", where=str(write_to.parent)
        ) from None
    except OSError:
        raise OutputUnfit(
            "the place to write to cannot be looked at", fix="Check the path and its permissions.", where=str(write_to)
        ) from None
    if not stat.S_ISFIFO(found.st_mode):
        raise OutputUnfit(
            "there is something there already", fix="Write to a new file, or to a pipe.", where=str(write_to)
        )
    return True


def release_reader(pipe: Path) -> None:
    """Gives a reader that still waits at the pipe its end of file."""
    with suppress(OSError):
        os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))


def find_schema(source: Source, base: Path, *, connections: Connections | None) -> Schema:
    """The columns of a source, each with what it holds."""
    with open_session(EngineLimits()) as session, attach_source(session, source, base, connections) as attached:
        return attached.schema


def preview(plan: Plan, base: Path, *, connections: Connections | None) -> str:
    """What the plan would do, in words and as the query, before a row is read."""
    plan = settle_plan(plan, base)
    with open_session(EngineLimits()) as session, attach_source(session, plan.source, base, connections) as attached:
        check_plan(plan, attached.schema)
        query = duckdb.show_query(plan, attached)
    for test in plan.rows:
        if isinstance(test, Listing):
            resolve_path(base, test.path, where="rows")
    sections = (
        ("Columns sent", [f"{name}: {words}" for name, words in describe_columns(plan).items()]),
        ("Columns held back", [f"{name}: {why}" for name, why in held_back(plan, attached.schema).items()] or ["none"]),
        ("Rows sent", [f"those whose {test.column} passes {test.test}" for test in plan.rows] or ["all"]),
        ("Groups", [group.describe() for group in plan.groups] or ["not looked at"]),
        *([("Published", [f"{plan.publish.describe()}; {COUNTED}"])] if plan.publish is not None else []),
    )
    words = "\n\n".join(f"{title}\n" + "\n".join(f"  {line}" for line in lines) for title, lines in sections)
    return f"{words}\n\nQuery (keys and given values are bound when it runs, and never written into it)\n{query}\n"
