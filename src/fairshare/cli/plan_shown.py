"""A preview of a plan on the screen: what goes, what stays, and a few rows before and after, side by side."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.release.engines import Keys
    from fairshare.release.opened import OpenPlan
    from fairshare.release.preview import Preview
    from fairshare.release.sections import Section

REAL_ON_SCREEN = "These are real rows, for your own eyes: do not copy them."
ON_SCREEN_ONLY = "Real rows are shown on a terminal only; --made-up shows made-up rows anywhere."


@dataclass(frozen=True)
class Wanted:
    """What somebody wants to see of a plan."""

    rows: int
    made_up: bool
    keys: Keys
    risk: tuple[Section, ...] = ()


def preview_document(opened: OpenPlan, wanted: Wanted) -> dict[str, Any]:
    """What a plan would do, for machines; rows only if they are made up."""
    from fairshare.release.plan import plan_to_json

    rows = wanted.rows if wanted.made_up else 0
    found = opened.preview(rows=rows, made_up=wanted.made_up, keys=wanted.keys)
    return {
        "plan": plan_to_json(opened.plan),
        "columns": dict(found.sent),
        "held_back": dict(found.held_back),
        "publishes": found.publishes,
        "rows": [{"before": each.before, "after": each.after} for each in found.rows],
        "made_up": wanted.made_up,
        "risk": [asdict(each) for each in wanted.risk],
    }


def show_preview(screen: Screen, opened: OpenPlan, wanted: Wanted) -> None:
    """The same for people, with real rows where nobody but the person at the terminal sees them."""
    from fairshare.release.notebook import MADE_UP_ROWS, PUBLISHED

    on_screen = wanted.made_up or sys.stdout.isatty()
    rows = wanted.rows if on_screen else 0
    found = opened.preview(rows=rows, made_up=wanted.made_up, keys=wanted.keys)
    screen.heading("Columns that go")
    screen.pairs(found.sent.items())
    screen.heading("Columns that stay")
    screen.pairs(found.held_back.items() or [("none", "")])
    screen.heading("Rows that go")
    for each in found.tests or ("all",):
        screen.bullet(each)
    screen.heading("Groups")
    for each in found.groups or ("not looked at",):
        screen.bullet(each)
    if found.publishes:
        screen.line()
        screen.line(PUBLISHED.format(publishes=found.publishes), "bold")
    show_sections(screen, wanted.risk)
    screen.line()
    if not on_screen:
        screen.line(ON_SCREEN_ONLY)
    elif rows:
        screen.line(MADE_UP_ROWS if wanted.made_up else REAL_ON_SCREEN, "bold")
        for each in found.keys_missing:
            screen.line(f"The key {each} is not there: its pseudonyms are made with a stand-in.")
        _show_rows(screen, opened, found)


def show_sections(screen: Screen, sections: tuple[Section, ...]) -> None:
    """What steps tell: their sentences, and their numbers in tables."""
    from fairshare.release.sheet_sections import show_section

    for each in sections:
        shown = show_section(each, drawn=False)
        screen.heading(shown.title)
        for sentence in shown.says:
            screen.line(sentence)
        for table in shown.tables:
            screen.table(table.headings, table.rows)


def _show_rows(screen: Screen, opened: OpenPlan, found: Preview) -> None:
    outputs = [(each.column, each.output) for each in opened.plan.sent]
    for number, row in enumerate(found.rows, start=1):
        before = dict(zip(found.columns, row.before, strict=True))
        screen.heading(f"Row {number}" + (": left out by the plan's tests" if row.after is None else ""))
        after = dict(zip((output for _, output in outputs), row.after or (), strict=bool(row.after)))
        went = [
            (output if output == column else f"{column} -> {output}", before[column], after.get(output))
            for column, output in outputs
        ]
        stayed = [(name, before[name], "(stays)") for name in found.held_back]
        cells = [(name, _say(one), _say(other) if row.after else "(stays)") for name, one, other in (*went, *stayed)]
        screen.table(("Column", "As it is", "As it would go"), cells)


def _say(cell: str | None) -> str:
    return "(nothing)" if cell is None else cell
