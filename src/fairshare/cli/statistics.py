"""Private statistics: see how accurate they will be, make them for yourself within a budget, and attack them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.screen import Screen
from fairshare.words import ExitCode
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.release.engines import EngineReport
    from fairshare.release.pets.budget import Entry

statistics = typer.Typer(no_args_is_help=True, help="Statistics with differential privacy: accuracy, runs, audits.")

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan that has `publish: private_statistics`.")]


@add_command(statistics, "accuracy")
def accuracy(file: PlanFile) -> Page:
    """Show how accurate a plan's statistics will be. No row is read, and nothing is spent."""
    from fairshare.cli.plan_shown import show_sections
    from fairshare.release.pets.accuracy import find_accuracy, tell_accuracy
    from fairshare.release.plan import read_plan

    plan = read_plan(read_file(file), where=file.name)
    found = find_accuracy(plan)
    section = tell_accuracy(plan)
    return Page({"statistics": [asdict(each) for each in found]}, lambda screen: show_sections(screen, (section,)))


@add_command(statistics, "run")
def run(
    file: PlanFile,
    screen: Screen,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file, .csv or .parquet.")],
    engine: Annotated[str, typer.Option("--engine", metavar="ENGINE", help="duckdb, spark or memory.")] = "duckdb",
    base: Annotated[
        Path | None, typer.Option("--base", metavar="FOLDER", help="Where its paths start; the plan's own folder.")
    ] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Make a plan's statistics for yourself, in a file that only you can read. This is not a release.

    It takes its loss out of the source's privacy budget at the desk: what is seen is told.
    """
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.cli.pseudonyms import FOLDER, FolderKeys
    from fairshare.desk.keep_budget import find_ledger, spend_in_house
    from fairshare.release.opened import open_plan
    from fairshare.release.pets.budget_guard import find_earlier_answer

    keys = FolderKeys(desk / FOLDER)
    opened = open_plan(file, base=base, connections=FileConnections(desk / FILE))
    with open_as(desk, name) as (at, _):
        before = find_earlier_answer(find_ledger(at), opened.plan)
        with screen.working("counting and drawing noise") as tell:
            ran = opened.run(out, keys=keys, engine=engine, on_progress=tell, spending=spend_in_house(at))
    return _show_run(out, ran.report, before)


def _show_run(out: Path, report: EngineReport, before: Entry | None) -> Page:
    from fairshare.cli.plan_shown import show_sections
    from fairshare.release.in_house import NOT_A_RELEASE

    document = {
        "file": str(out),
        "released": False,
        "note": NOT_A_RELEASE,
        "asked_before": asdict(before) | {"loss": before.loss.model_dump()} if before else None,
        "sections": [asdict(each) for each in report.sections],
    }

    def show(screen: Screen) -> None:
        screen.line(NOT_A_RELEASE, "bold")
        screen.pairs([("file", out), ("engine", report.engine), ("numbers", f"{report.rows_sent:,}")])
        if before:
            screen.line(f"The same was asked and told on {before.reserved_at}: that answer could be used at no cost.")
        show_sections(screen, report.sections)

    return Page(document, show)


@add_command(statistics, "audit")
def audit(
    screen: Screen,
    epsilon: Annotated[float, typer.Option("--epsilon", min=0.1, max=10, help="The loss that is claimed.")] = 1.0,
    rows_per_person: Annotated[int, typer.Option("--rows-per-person", min=1, max=50)] = 2,
    runs: Annotated[int, typer.Option("--runs", min=100, help="How many answers the attacker sees.")] = 20_000,
    engine: Annotated[str, typer.Option("--engine", metavar="ENGINE", help="duckdb, spark or memory.")] = "duckdb",
) -> Page:
    """Attack our own statistics with the worst neighbours there are, and say what loss the attack proves.

    It uses made-up rows and nothing of yours. An attack that proves more than the claim has found a fault.
    """
    from fairshare.release.pets.audit import AUDITED, audit_statistics

    found = []
    with screen.working("attacking") as tell:
        for number, each in enumerate(AUDITED, start=1):
            found.append(
                audit_statistics(each, epsilon=epsilon, rows_per_person=rows_per_person, runs=runs, engine=engine)
            )
            tell(number / len(AUDITED))
    holds = all(each.holds for each in found)

    def show(screen: Screen) -> None:
        screen.table(
            ["statistic", "claimed epsilon", "proved at least", "holds"],
            [(e.statistic, f"{e.claimed:g}", f"{e.at_least:.3f}", "yes" if e.holds else "NO") for e in found],
        )
        screen.line(f"{runs:,} runs of each table; each figure holds with {found[0].confidence:.1%} confidence.")

    document = {"audits": [asdict(each) | {"holds": each.holds} for each in found], "holds": holds}
    return Page(document, show, ExitCode.DONE if holds else ExitCode.UNSOUND)
