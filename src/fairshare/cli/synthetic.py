"""Synthetic people and dummy data: see the noise beforehand, make a table, judge one, or make one about nobody."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.screen import Screen
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.release.dummy import DummySchema
    from fairshare.release.pets.synthetic import Foreseen
    from fairshare.release.sections import Section

synthetic = typer.Typer(no_args_is_help=True, help="Make and judge synthetic people; make dummy tables.")

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan that has `publish: synthetic`.")]
Base = Annotated[
    Path | None, typer.Option("--base", metavar="FOLDER", help="Where its paths start; the plan's own folder.")
]


@add_command(synthetic, "foresee")
def foresee(file: PlanFile) -> Page:
    """Show how much noise the plan's privacy loss will mean, before any row is read."""
    from fairshare.release.pets.synthetic import foresee as foresee_plan
    from fairshare.release.plan import read_plan

    found = foresee_plan(read_plan(read_file(file), where=file.name))
    return Page(asdict(found), lambda screen: _show_foreseen(screen, found))


@add_command(synthetic, "run")
def run(
    file: PlanFile,
    screen: Screen,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file, .csv or .parquet.")],
    base: Base = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Make synthetic people for yourself, compare them with real ones and attack them. Nothing has left.

    It takes its loss out of the source's privacy budget at the desk, as soon as people were drawn. What it found out by
    comparing with real people is for you alone. Handing over goes by `fairshare release run`.
    """
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.cli.pseudonyms import FOLDER, FolderKeys
    from fairshare.desk.keep_budget import spend_in_house
    from fairshare.release.in_house import NOT_A_RELEASE
    from fairshare.release.opened import open_plan
    from fairshare.release.pets.synthetic import foresee as foresee_plan

    opened = open_plan(file, base=base, connections=FileConnections(desk / FILE))
    _show_foreseen(screen, foresee_plan(opened.plan))
    with open_as(desk, name) as (at, _), screen.working("learning, drawing and attacking") as tell:
        ran = opened.run(out, keys=FolderKeys(desk / FOLDER), on_progress=tell, spending=spend_in_house(at))
    document = {
        "file": str(out),
        "released": False,
        "note": NOT_A_RELEASE,
        "kept": dict(ran.report.kept_on_receipt),
        "sections": [asdict(each) for each in ran.report.sections],
    }

    def show(screen: Screen) -> None:
        screen.line(NOT_A_RELEASE, "bold")
        screen.pairs([("file", out), *ran.report.kept_on_receipt.items()])
        _show_sections(screen, ran.report.sections)

    return Page(document, show)


@add_command(synthetic, "evaluate")
def evaluate(
    real: Annotated[Path, typer.Argument(metavar="REAL", help="The real table: CSV or Parquet.")],
    made: Annotated[Path, typer.Argument(metavar="SYNTHETIC", help="The table that stands for it.")],
    screen: Screen,
    control: Annotated[
        Path | None,
        typer.Option("--control", metavar="FILE", help="People who were kept out when it was made; for attacks."),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--target", metavar="COLUMN", help="What is guessed; the last column if not given.")
    ] = None,
) -> Page:
    """Compare any synthetic table with the real one and attack it, whoever made it. What comes out is for you alone."""
    from fairshare.release.pets.synthetic_evaluate import evaluate_synthetic

    with screen.working("comparing and attacking") as tell:
        found = evaluate_synthetic(real, made, control=control, target=target, on_progress=tell)
    return Page({"sections": [asdict(each) for each in found]}, lambda screen: _show_sections(screen, found))


@add_command(synthetic, "dummy")
def dummy(
    source: Annotated[
        Path, typer.Argument(metavar="SCHEMA|SOURCE|PLAN", help="A description of columns, a table, or a plan (YAML).")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file; its name will say dummy.")],
    rows: Annotated[int, typer.Option("--rows", min=0, help="How many rows.")] = 100,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same table.")] = 1,
    desk: DeskFolder = HERE,
) -> Page:
    """Make a table of the right shape about nobody, for development. No row of any table is used.

    Of a table only the names and types of its columns are used; of a plan, also the values that it declares.
    """
    from fairshare.release.dummy_files import SAYS, make_dummy

    schema, made_from = _describe(source, desk)
    files = make_dummy(schema, rows, seed, out=out, made_from=made_from)
    document = {"file": str(files.table), "about": str(files.about), "rows": rows, "seed": seed, "dummy": True}

    def show(screen: Screen) -> None:
        screen.line(SAYS, "bold")
        screen.pairs([("file", files.table), ("described in", files.about), ("rows", f"{rows:,}"), ("seed", seed)])

    return Page(document, show)


def _describe(source: Path, desk: Path) -> tuple[DummySchema, str]:
    """What a dummy table is to look like, and what said so."""
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.cli.forms import parse_written
    from fairshare.cli.plan_sources import find_source
    from fairshare.release.dummy import read_dummy_schema
    from fairshare.release.dummy_sources import describe_plan, describe_source
    from fairshare.release.plan import read_plan

    if source.suffix.lower() not in (".yaml", ".yml", ".json"):
        return describe_source(
            find_source(source, source.parent, table=None, connection=None), source.parent
        ), "a table"
    raw = read_file(source)
    written: Any = parse_written(raw, where=source.name)
    if isinstance(written, dict) and "source" in written:
        plan = read_plan(raw, where=source.name)
        return describe_plan(plan, source.parent, connections=FileConnections(desk / FILE)), "a plan"
    return read_dummy_schema(raw, where=source.name), "a description"


def _show_foreseen(screen: Screen, found: Foreseen) -> None:
    screen.line("Known before any row is read:", "bold")
    screen.pairs(
        [
            ("privacy loss (rho)", f"{found.rho:.4g}"),
            ("95% of counts of one column within", f"{found.accuracy.alone:,.0f} people"),
            ("95% of counts of a pair within", f"{found.accuracy.pair:,.0f} people"),
        ]
    )


def _show_sections(screen: Screen, sections: tuple[Section, ...]) -> None:
    for section in sections:
        screen.heading(section.title.en)
        for each in section.says:
            screen.line(each.en)
        if section.rows:
            screen.table([each.en for each in section.headings], section.rows)
