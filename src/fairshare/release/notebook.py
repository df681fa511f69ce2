"""How plans, previews and reports look in a notebook: HTML whose every word is escaped, with nothing that runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fairshare.release.plan import Plan, describe_columns
from fairshare.release.sections import Section
from fairshare.release.sheet import ROWS
from fairshare.release.sheet_sections import read_page, show_sections
from fairshare.release.treatments import Drop

if TYPE_CHECKING:
    from fairshare.release.checking import Problem
    from fairshare.release.engines import EngineReport
    from fairshare.release.preview import Preview

REAL_ROWS = "These are real rows. Clear them before you save or share this notebook."
MADE_UP_ROWS = "These rows are made up."
PUBLISHED = "Rows themselves do not go; what goes in their place: {publishes}."
_SENT = ("Column sent", "Treatment")
_HELD = ("Column", "Why it stays")


def show_plan(plan: Plan, *, note: str = "") -> str:
    """A plan: what goes, treated how, and what is asked of rows and groups."""
    dropped = [(each.column, "dropped by the plan") for each in plan.columns if isinstance(each, Drop)]
    says = [f"Rows: those whose {test.column} passes {test.test}." for test in plan.rows]
    says += [f"Groups: {group.describe()}." for group in plan.groups]
    says += [PUBLISHED.format(publishes=plan.publish.describe())] if plan.publish is not None else []
    return _render(
        f"Plan: {plan.name}",
        says=(*says, note),
        pairs=[("What goes", *_SENT, list(describe_columns(plan).items())), ("What stays", *_HELD, dropped)],
    )


def show_preview(preview: Preview) -> str:
    """A preview: before and after, side by side."""
    says = [PUBLISHED.format(publishes=preview.publishes)] if preview.publishes else []
    says += [MADE_UP_ROWS if preview.made_up else REAL_ROWS] if preview.rows else []
    says += [f"The key {each} is not there: its pseudonyms are made with a stand-in." for each in preview.keys_missing]
    headings = (*(f"{name}: before" for name in preview.columns), *(f"{name}: after" for name in preview.sent))
    gone = ("left out", *[""] * (len(preview.sent) - 1))
    cells = [(*row.before, *(gone if row.after is None else row.after)) for row in preview.rows]
    return _render(
        "Preview",
        says=says,
        pairs=[
            ("What goes", *_SENT, list(preview.sent.items())),
            ("What stays", *_HELD, list(preview.held_back.items())),
        ],
        rows={"caption": "Before and after", "headings": headings, "cells": cells} if cells else None,
    )


def show_report(report: EngineReport, *, title: str, note: str = "") -> str:
    """What a run did, with what each of its steps tells."""
    counts = [
        (name.replace("_", " "), f"{getattr(report, name):,}") for name in (ROWS[-1:] if report.published else ROWS)
    ]
    return _render(
        title,
        says=(note, *report.notes),
        pairs=[
            ("Rows", "What became of them", "Number", counts),
            ("What went", *_SENT, list(report.columns.items())),
            ("What stayed", *_HELD, list(report.held_back.items())),
        ],
        sections=report.sections,
    )


def show_problems(problems: tuple[Problem, ...]) -> str:
    """Every problem of a plan, or that there is none."""
    if not problems:
        return _render("", says=("Nothing stands in the way of a run.",))
    rows = [(each.where or each.code, f"{each.message}. {each.fix}") for each in problems]
    return _render("", pairs=[("What stands in the way", "Where", "What, and what to do", rows)])


def show_told(sections: tuple[Section, ...]) -> str:
    """What steps of a release tell, with their charts."""
    return _render("", sections=sections)


def _render(
    title: str,
    *,
    says: Any = (),
    pairs: Any = (),
    rows: Mapping[str, Any] | None = None,
    sections: tuple[Section, ...] = (),
) -> str:
    shown = show_sections(sections, audience="holder")
    said = [each for each in says if each]
    return read_page("notebook.html").render(title=title, says=said, pairs=pairs, rows=rows, sections=shown)
