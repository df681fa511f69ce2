"""Running a plan to its end: its rows as an engine treats them, or what it publishes in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from fairshare.release.engines import EngineReport, run_plan, schema_of
from fairshare.release.kinds import Table
from fairshare.release.plan import check_plan
from fairshare.release.publishing_check import check_publication
from fairshare.release.sources_stamps import check_unmoved, stamp_files

Publish = Callable[..., EngineReport]
"""Takes a table, where to write it, and whom to tell of progress, as `make_ready` does."""
PUBLISHERS: dict[str, tuple[str, str]] = {
    "private_statistics": ("fairshare.release.pets.differential_privacy", "publish_statistics"),
    "synthetic": ("fairshare.release.pets.synthetic", "publish_synthetic"),
    "table": ("fairshare.release.tables_publish", "publish_table"),
}
"""By the kind of publication, the module and the function that make it: imported when they are needed."""


def make_ready(table: Table, *, write_to: Path, on_progress: Callable[[float], None] | None = None) -> EngineReport:
    """Writes what the plan sends to a new file or a pipe; see `run_plan` for what that promises.

    Raises   what `run_plan` raises; SourceMoved when somebody wrote to the source meanwhile.
    """
    before = stamp_files(table.plan, table.base)
    report = _make(table, write_to, on_progress)
    check_unmoved(table.plan, table.base, before)
    return report


def _make(table: Table, write_to: Path, on_progress: Callable[[float], None] | None) -> EngineReport:
    published = table.plan.publish
    if published is None:
        return run_plan(
            table.plan,
            engine=table.engine,
            keys=table.keys,
            write_to=write_to,
            format=table.format,
            base=table.base,
            connections=table.connections,
            on_progress=on_progress,
            limits=table.limits,
        )
    schema = schema_of(table.plan.source, table.base, connections=table.connections)
    check_plan(table.plan, schema)
    check_publication(table.plan, schema)
    module, function = PUBLISHERS[published.publish]
    publish: Publish = getattr(import_module(module), function)
    return replace(publish(table, write_to=write_to, on_progress=on_progress), published=True)
