"""Commands about risk across releases: what went before, accepting a risk, and judging whether people can be found."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.release.history import HistoryEntry, RiskAccepted

LastDay = Annotated[
    datetime, typer.Option("--until", metavar="DATE", formats=["%Y-%m-%d"], help="The last day, as YYYY-MM-DD.")
]
BAR = 30
"""How many characters the longest bar has."""


class Risk(StrEnum):
    """A risk across releases that somebody may accept."""

    DIFFERENCING = "differencing"
    DOMINANCE = "dominance"
    JOINED = "joined"
    FORGOTTEN = "forgotten"


def add_history(group: typer.Typer) -> None:
    """Adds these commands to the group of those about releases."""
    add_command(group, "history")(show_history)
    add_command(group, "accept-risk")(accept)
    add_command(group, "judge")(judge)


def show_history(
    source: Annotated[
        str, typer.Option("--source", metavar="S", help="Only this source, by how its code begins.")
    ] = "",
    case: Annotated[str | None, typer.Option("--case", metavar="CASE", help="Only this case.")] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Show what was released from each source: when, to whom, and a bar for how many people were in it."""
    from fairshare.desk.guards import find_history

    with open_as(desk, name) as (at, _):
        store = find_history(at)
        store.forget_old(at.clock.now().date())
        found = [
            each
            for each in store.entries()
            if case in (None, each.case) and any(code.startswith(source) for code in each.source)
        ]
        sizes = {each.attempt: store.measure(each.attempt) for each in found}
    document = {
        "releases": [each.model_dump(mode="json", exclude={"plan"}) | {"bytes": sizes[each.attempt]} for each in found]
    }

    return Page(document, lambda screen: _show_entries(screen, found, sum(sizes.values())))


def accept(
    case: CaseName,
    kind: Annotated[list[Risk], typer.Option("--kind", help="What is accepted; repeatable.")],
    reason: Annotated[str, typer.Option("--reason", metavar="REASON", help="Why it is right; it is on the receipt.")],
    until: LastDay,
    people: Annotated[int, typer.Option("--people", metavar="N", help="Up to how many people.")] = 0,
    cells: Annotated[int, typer.Option("--cells", metavar="N", help="For dominance: up to how many cells.")] = 0,
    earlier: Annotated[
        list[str] | None,
        typer.Option("--earlier", metavar="CODE", help="An earlier release it is about, by its code; repeatable."),
    ] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Accept a risk for one release of a case, with reasons; whoever accepts may not be the one who releases.

    The refusal says what to write: how many people or cells, and the codes of the earlier releases.
    """
    from fairshare.desk.guards import accept_risk
    from fairshare.release.history import RiskAccepted
    from fairshare.words.reading import build

    with open_as(desk, name) as (at, actor):
        said = {
            "case": case,
            "kinds": [each.value for each in kind],
            "people": people,
            "cells": cells,
            "earlier": tuple(each.removeprefix("sha256:") for each in earlier or ()),
            "reason": reason,
            "accepted_by": actor.person,
            "accepted_at": at.clock.now(),
            "until": until.date(),
        }
        kept = accept_risk(at, actor, build(RiskAccepted, said, where="accept-risk"))

    return Page(kept.model_dump(mode="json"), lambda screen: _show_accepted(screen, kept))


def judge(
    case: CaseName,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Attacks, conclusion, reason and day of review, as YAML or JSON.")
    ],
    plan: Annotated[Path, typer.Option("--plan", metavar="PLAN", help="The plan that the judgement is about.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Record your judgement whether a motivated intruder could identify people in what a plan sends.

    It holds for this plan over the source's files as they are now, untouched. Without one, after its day of review, or
    when the source was changed since, no release sheet calls what went anonymous.
    """
    from fairshare.desk.guards import record_judgement
    from fairshare.release.intruder import digest_plan, digest_source, read_judgement_form
    from fairshare.release.plan import read_plan
    from fairshare.words.reading import read_file

    judged = read_plan(read_file(plan), where=plan.name)
    digest, source = digest_plan(judged), digest_source(judged, plan.parent)
    with open_as(desk, name) as (at, actor):
        form = read_judgement_form(
            read_file(file), plan=digest, source=source, by=actor.person, on=at.clock.now().date(), where=file.name
        )
        kept = record_judgement(at, actor, case, form)

    def show(screen: Screen) -> None:
        screen.line(f"Judged by {kept.by.name} on {kept.on}: {kept.conclusion.replace('_', ' ')}.", "bold")
        screen.pairs([("attacks tried", len(kept.attacks)), ("to be looked at again by", kept.review_on)])
        screen.line("It is a person's judgement about this plan and these files alone, and is in the desk's log.")

    return Page(kept.model_dump(mode="json"), show)


def _show_accepted(screen: Screen, kept: RiskAccepted) -> None:
    how_many = f"{kept.cells} cells" if kept.cells else f"{kept.people} people"
    screen.line(f"Accepted by {kept.accepted_by.name} until {kept.until}, for up to {how_many}.", "bold")
    screen.line("It is in the desk's log, and will be on the receipt of the one release that goes by it.")


def _show_entries(screen: Screen, found: list[HistoryEntry], size: int) -> None:
    if not found:
        screen.line("Nothing is remembered of any release.")
        return
    most = max(each.people for each in found) or 1
    for code in dict.fromkeys(each.source[1] for each in found):
        screen.heading(f"Source {code[:12]}")
        screen.table(
            ["release", "date", "recipient", "case", "what", "people", ""],
            [_write_entry(each, most) for each in found if each.source[1] == code],
        )
    for each in found:
        if each.for_review:
            screen.bullet(f"For review, {each.release.removeprefix('sha256:')[:12]}: {each.for_review}")
    screen.line(f"Kept as keyed hashes: {size / 1e6:,.1f} MB.")


def _write_entry(each: HistoryEntry, most: int) -> tuple[str, ...]:
    return (
        each.release.removeprefix("sha256:")[:12],
        each.made_at.date().isoformat(),
        each.recipient,
        each.case,
        each.publishes + ("" if each.released else " (being made)"),
        f"{each.people:,}" if each.person else "not known",
        "█" * max(1 if each.people else 0, round(BAR * each.people / most)),
    )
