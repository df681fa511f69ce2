"""The desk's privacy budgets: who set how much, what was spent on whom, and what is left."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.release.pets.budget import Limit, Standing

budget = typer.Typer(no_args_is_help=True, help="Privacy budgets: how much may be told of a source, and what was.")

UNKNOWN = "No decision or agreement here names this recipient: the limit only counts for exactly that name."
BudgetName = Annotated[str, typer.Argument(metavar="NAME", help="The budget, by its short name.")]


@add_command(budget, "set")
def set_limit(
    name: BudgetName,
    epsilon: Annotated[float, typer.Option("--epsilon", help="How much may be told, all of it together.")],
    reason: Annotated[str, typer.Option("--reason", help="Why so much and no more.")],
    covers: Annotated[
        list[Path] | None,
        typer.Option("--covers", metavar="PLAN|FOLDER", help="A plan, whose source it covers; or a folder of sources."),
    ] = None,
    delta: Annotated[
        float, typer.Option("--delta", help="The chance that the bound fails; far below 1/people.")
    ] = 1e-5,
    recipient: Annotated[str, typer.Option("--for", metavar="RECIPIENT", help="A limit for one recipient only.")] = "",
    desk: DeskFolder = HERE,
    actor_name: ActingAs = None,
) -> Page:
    """Set how much may be told of a source, in your name. What was told before still counts."""
    from fairshare.desk.keep_budget import knows_recipient, set_budget
    from fairshare.release.plan import read_plan
    from fairshare.words.reading import read_file

    given = covers or []
    plans = [(read_plan(read_file(path), where=path.name), path.parent) for path in given if not path.is_dir()]
    with open_as(desk, actor_name) as (at, actor):
        limit = set_budget(
            at,
            actor,
            name,
            epsilon=epsilon,
            delta=delta,
            recipient=recipient,
            reason=reason,
            plans=plans,
            folders=[path for path in given if path.is_dir()],
        )
        known = not recipient or knows_recipient(at, recipient)

    return _show_limit(limit, known)


def _show_limit(limit: Limit, known: bool) -> Page:
    def show(screen: Screen) -> None:
        whom = limit.recipient or "everybody together"
        screen.line(f"{limit.set_by.name} set {limit.epsilon:g} for {whom} on the budget {limit.budget}.", "bold")
        if not known:
            screen.line(UNKNOWN)

    return Page(limit.model_dump(mode="json") | ({} if known else {"warning": UNKNOWN}), show)


@add_command(budget, "show")
def show_budgets(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One budget; all of them if none is named.")
    ] = None,
    desk: DeskFolder = HERE,
    actor_name: ActingAs = None,
) -> Page:
    """Show each budget as a picture: spent, set aside for what is under way, and left."""
    from fairshare.desk.keep_budget import find_ledger
    from fairshare.release.pets.budget_in_house import recover_in_house

    with open_as(desk, actor_name) as (at, _):
        ledger = find_ledger(at)
        recover_in_house(ledger)
        names = [name] if name else list(dict.fromkeys(each.budget for each in ledger.list_limits()))
        found = {each: ledger.find_standing(each) for each in names}
        covered = ledger.list_covered()

    def show(screen: Screen) -> None:
        if not found:
            screen.line("No budget is set. See: fairshare budget set --help")
        for each, standings in found.items():
            screen.heading(each)
            for standing in standings:
                _show_standing(screen, standing)
            for place, budget_name in covered:
                if budget_name == each:
                    screen.bullet(f"covers {place}")
        if found:
            screen.line("# spent   + set aside   . left", "dim")

    document: dict[str, Any] = {
        "budgets": {each: [_describe(standing) for standing in standings] for each, standings in found.items()},
        "covers": dict(covered),
    }
    return Page(document, show)


@add_command(budget, "history")
def history(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One budget; all of them if none is named.")
    ] = None,
    desk: DeskFolder = HERE,
    actor_name: ActingAs = None,
) -> Page:
    """List every limit that was set, by whom and why, and everything that was told or given back."""
    from fairshare.desk.keep_budget import find_ledger

    with open_as(desk, actor_name) as (at, _):
        limits, entries = find_ledger(at).list_limits(name), find_ledger(at).list_entries(name)

    def show(screen: Screen) -> None:
        screen.heading("Limits")
        screen.table(
            ["budget", "for", "epsilon", "set by", "on", "reason"],
            [
                (e.budget, e.recipient or "everybody", f"{e.epsilon:g}", e.set_by.name, e.set_at.date(), e.reason)
                for e in limits
            ],
        )
        screen.heading("Losses")
        screen.table(
            ["budget", "recipient", "loss", "state", "plan", "reserved"],
            [
                (e.budget, e.recipient, e.loss.describe(), e.state.replace("_", " "), e.what, e.reserved_at)
                for e in entries
            ],
        )

    document = {
        "limits": [each.model_dump(mode="json") for each in limits],
        "losses": [asdict(each) | {"loss": each.loss.model_dump()} for each in entries],
    }
    return Page(document, show)


def _show_standing(screen: Screen, standing: Standing) -> None:
    from fairshare.release.pets.budget_told import draw_bar, whose, write_figure

    added, accounted = standing.reserved.added, standing.reserved.accounted
    used = f"{write_figure(standing.reserved.epsilon)} of {standing.limit.epsilon:g}"
    screen.exact(f"  {draw_bar(standing)} {used}, {write_figure(standing.left)} left, for {whose(standing).en}")
    screen.exact(
        f"    added up {write_figure(added)}{'' if added <= accounted else ' (not used)'}, "
        f"accounted {write_figure(accounted)}{' (not used)' if added <= accounted else ''} "
        f"at delta {standing.limit.delta:g}"
    )


def _describe(standing: Standing) -> dict[str, Any]:
    return {
        "limit": standing.limit.model_dump(mode="json"),
        "spent": standing.bounds.epsilon,
        "reserved_and_spent": standing.reserved.epsilon,
        "added_up": standing.reserved.added,
        "accounted": standing.reserved.accounted,
        "left": standing.left,
    }
