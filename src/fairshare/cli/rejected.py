"""Rows of a plan's source that cannot be read: which, why, and kept apart for whoever puts them right."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.plan import Base, PlanFile, plan
from fairshare.cli.screen import Screen
from fairshare.words.reading import read_file

MOST = 1000


@add_command(plan, "rejected")
def rejected(
    file: PlanFile,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="FILE", help="A new file for the rows themselves, readable by you alone."),
    ] = None,
    base: Base = None,
) -> Page:
    """List the rows that cannot be read, by place and reason. The rows themselves are never shown or sent.

    With --keep they are written whole into a file of your own, one JSON line each. This is not a release: nothing has
    left.
    """
    from fairshare.release.plan import read_plan
    from fairshare.release.rejected import find_rejected, keep_rejected
    from fairshare.release.sources import CsvFile, XlsxSheet

    source = read_plan(read_file(file), where=file.name).source
    place = base or file.parent
    found = find_rejected(source, place) if isinstance(source, CsvFile | XlsxSheet) else []
    if keep is not None and isinstance(source, CsvFile | XlsxSheet):
        keep_rejected(source, place, keep)

    def show(screen: Screen) -> None:
        if not found:
            screen.line("Every row of the source can be read.", "bold green")
        for row in found[:MOST]:
            screen.bullet(f"row {row.row:,}: {row.reason}")
        if len(found) > MOST:
            screen.line(f"and {len(found) - MOST:,} more")
        if keep is not None and found:
            screen.line(f"{len(found):,} rows are kept in {keep}, readable by you alone. Nothing has left.", "bold")

    rows = [{"row": row.row, "reason": row.reason} for row in found]
    return Page({"rows": len(found), "rejected": rows[:MOST], "kept": str(keep) if keep and found else None}, show)
