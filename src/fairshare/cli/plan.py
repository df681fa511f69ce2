"""Plans of tables: draft one, look at it, check it, see the query that it becomes, and run it for yourself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, DeskFolder
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, ExitCode, FairshareError
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.release.checking import Problem
    from fairshare.release.engines import EngineReport
    from fairshare.release.opened import OpenPlan
    from fairshare.release.plan import Plan
    from fairshare.release.suggest import ColumnSuggestion

plan = typer.Typer(no_args_is_help=True, help="Draft, preview, check, explain and run plans of tables.")

PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="The plan of a table, as YAML or JSON.")]
Base = Annotated[
    Path | None, typer.Option("--base", metavar="FOLDER", help="Where its paths start; the plan's own folder.")
]
Engine = Annotated[str, typer.Option("--engine", metavar="ENGINE", help="duckdb, spark or memory.")]


@add_command(plan, "suggest")
def suggest(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="The table's file or folder, or its name in a database.")
    ],
    agreement: Annotated[
        str | None,
        typer.Option("--agreement", metavar="CASE", help="The case, or the record's file: only what it covers goes."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A new file for the draft.")] = None,
    table: Annotated[str | None, typer.Option("--table", help="The table of a database, or the sheet.")] = None,
    connection: Annotated[
        str | None, typer.Option("--connection", metavar="FORMAT:NAME", help="A database: postgresql:NAME.")
    ] = None,
    key: Annotated[str, typer.Option("--key", metavar="ID", help="The id of the pseudonymisation key.")] = "",
    desk: DeskFolder = HERE,
) -> Page:
    """Draft a plan from what the columns of a source seem to be, with the reason beside each line.

    When in doubt a column is held back. It is a draft: go through it line by line before anything is run.
    """
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.cli.files import write_file
    from fairshare.cli.plan_sources import find_agreement, find_source
    from fairshare.release.plan import plan_to_json
    from fairshare.release.suggest import draft_plan, suggest_columns

    base = out.parent if out is not None else Path()
    found = find_source(source, base, table=table, connection=connection)
    agreed = find_agreement(agreement, desk) if agreement is not None else None
    columns = suggest_columns(found, base=base, connections=FileConnections(desk / FILE))
    draft = draft_plan(found, columns, agreed, name=source.stem, key=key or "agreement-key")
    text, reasons = _write_draft(draft, columns)
    if out is not None:
        write_file(out, text.encode(), replace=False)
    document = {"plan": plan_to_json(draft), "reasons": reasons, "file": str(out) if out else None}

    def show(screen: Screen) -> None:
        if out is None:
            screen.exact(text.rstrip("\n"))
            return
        screen.pairs([("draft", out), ("columns that would go", len(draft.sent)), ("of", len(columns))])
        screen.line("Go through it line by line. Then: fairshare plan preview, and fairshare plan check.")

    return Page(document, show)


def _write_draft(draft: Plan, columns: tuple[ColumnSuggestion, ...]) -> tuple[str, dict[str, str]]:
    """The draft as YAML, and by column the reason that stands in it."""
    from fairshare.release.plan import looks_like_value
    from fairshare.release.plan_text import write_plan
    from fairshare.release.suggest import CONFIDENCE

    reasons = {each.column: f"{each.reason.en} ({CONFIDENCE[each.confidence].en})" for each in columns}
    heading: tuple[str, ...] = ("A draft, from the names and the first rows. Go through it line by line.",)
    if any(looks_like_value(each.column) for each in columns):
        heading += ("The first line of the source looks like values and not names: give it a line of names first.",)
    return write_plan(draft, reasons, heading=heading), reasons


@add_command(plan, "preview")
def preview(
    file: PlanFile,
    rows: Annotated[int, typer.Option("--rows", min=0, max=100, help="How many rows to show side by side.")] = 10,
    made_up: Annotated[bool, typer.Option("--made-up", help="Show made-up rows in place of real ones.")] = False,
    known: Annotated[
        list[str] | None,
        typer.Option(
            "--known", metavar="COLUMN", help="A column that others may know, as it is sent; may be repeated."
        ),
    ] = None,
    risk: Annotated[
        bool, typer.Option("--risk/--no-risk", help="Measure the risk over every row, where columns are known.")
    ] = True,
    base: Base = None,
    desk: DeskFolder = HERE,
) -> Page:
    """Show what a plan would do: columns in and out, a few rows before and after, and the risk that remains.

    Real rows are shown on a terminal only, and never with --json: they are for your own eyes. The risk is measured
    where the plan has groups, or --known names columns; it counts people and shows none.
    """
    from fairshare.cli.plan_shown import Wanted, preview_document, show_preview

    opened = _open(file, base, desk)
    pictured = bool(known) or (risk and bool(opened.plan.groups) and not made_up)
    wanted = Wanted(
        rows, made_up, _find_keys(desk), opened.risk(*known or (), keys=_find_keys(desk)).sections if pictured else ()
    )
    return Page(preview_document(opened, wanted), lambda screen: show_preview(screen, opened, wanted))


@add_command(plan, "check")
def check(file: PlanFile, base: Base = None, desk: DeskFolder = HERE) -> Page:
    """Check all that can be checked before a run, and list every problem, not only the first."""
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.release.checking import find_problems

    raw, place = read_file(file), base or file.parent
    found = find_problems(raw, place, where=file.name, keys=_find_keys(desk), connections=FileConnections(desk / FILE))
    note, lacking = _find_budget(raw, place, desk, where=file.name)
    found += lacking

    def show(screen: Screen) -> None:
        if note:
            screen.line(note)
        if not found:
            screen.line("Nothing stands in the way of a run.", "bold green")
        for each in found:
            screen.bullet(f"{each.code}: {each.message}{f' (at {each.where})' if each.where else ''}. {each.fix}")

    document = {"problems": [asdict(each) for each in found], "budget": note}
    return Page(document, show, ExitCode.BAD_INPUT if found else ExitCode.DONE)


def _find_budget(raw: bytes, base: Path, desk: Path, *, where: str) -> tuple[str, tuple[Problem, ...]]:
    """What a sound plan takes out of which privacy budget at this desk, and what stands in the way of that."""
    from fairshare.desk.folder import FILES, FolderFiles
    from fairshare.desk.workspace import DESK_FILE
    from fairshare.release.checking import tell_problem
    from fairshare.release.pets.budget import LEDGER_FILE, BudgetLedger
    from fairshare.release.pets.budget_guard import list_places
    from fairshare.release.plan import read_plan

    try:
        plan = read_plan(raw, where=where)
    except FairshareError:
        return "", ()
    loss = plan.publish.loss if plan.publish is not None else None
    if loss is None:
        return "", ()
    takes = f"Each run takes {loss.describe()} out of the source's privacy budget"
    if not (desk / DESK_FILE).is_file():
        return f"{takes}. No desk is here, so whether there is one was not looked at.", ()
    try:
        ledger = BudgetLedger(FolderFiles(desk / FILES).path(LEDGER_FILE))
        budget = ledger.find_budget(list_places(plan.source, base))
        left = ledger.find_standing(budget)[0].left
    except FairshareError as error:
        return "", (tell_problem(error),)
    return f"{takes}, {budget}, which has {left:g} left for everybody.", ()


@add_command(plan, "explain")
def explain(file: PlanFile, engine: Engine = "duckdb", base: Base = None, desk: DeskFolder = HERE) -> Page:
    """Show the query that a plan becomes, before any row is read. Keys and given values are never in it."""
    opened = _open(file, base, desk)
    text = opened.explain(engine=engine)
    return Page(_describe(opened) | {"engine": engine, "text": text}, lambda screen: screen.exact(text))


@add_command(plan, "run")
def run(
    file: PlanFile,
    screen: Screen,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A new file, .csv or .parquet.")] = None,
    show_query: Annotated[bool, typer.Option("--explain", help="Show the query, and stop there.")] = False,
    engine: Engine = "duckdb",
    base: Base = None,
    desk: DeskFolder = HERE,
) -> Page:
    """Run a plan for yourself, into a new file that only you can read. This is not a release: nothing has left."""
    import secrets

    from fairshare.cli.plan_shown import show_sections
    from fairshare.release.in_house import NOT_A_RELEASE, THROWN_AWAY, ThrowAwayKeys

    if show_query:
        return explain(file, engine, base, desk)
    if out is None:
        raise BadInput("no file is named to write to", fix="Give --out, or --explain to see the query.", where="--out")
    opened = _open(file, base, desk)
    with screen.working("running the plan", rows=opened.known_rows) as tell:
        ran = opened.run(
            out, keys=ThrowAwayKeys(_find_keys(desk), secrets.token_bytes), engine=engine, on_progress=tell
        )
    document = {"file": str(out), "released": False, "note": NOT_A_RELEASE, **_describe_report(ran.report)}

    def show(screen: Screen) -> None:
        screen.line(NOT_A_RELEASE, "bold")
        if opened.plan.key_ids:
            screen.line(THROWN_AWAY)
        screen.pairs([("file", out), ("engine", ran.report.engine)])
        screen.pairs([(name.replace("_", " "), f"{count:,}") for name, count in _count(ran.report).items()])
        show_sections(screen, ran.report.sections)

    return Page(document, show)


@add_command(plan, "schema")
def schema() -> Page:
    """Print the JSON Schema of plans, for an editor that checks and completes them as you type."""
    from fairshare.release.plan_schema import describe_plans

    described = describe_plans()

    def show(screen: Screen) -> None:
        import json

        screen.exact(json.dumps(described, indent=2, ensure_ascii=False))

    return Page(described, show)


def _open(file: Path, base: Path | None, desk: Path) -> OpenPlan:
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.release.opened import open_plan

    return open_plan(file, base=base, connections=FileConnections(desk / FILE))


def _find_keys(desk: Path) -> Any:
    from fairshare.cli.pseudonyms import FOLDER, FolderKeys

    return FolderKeys(desk / FOLDER)


def _describe(opened: OpenPlan) -> dict[str, Any]:
    from fairshare.release.plan import describe_columns, plan_to_json

    return {"plan": plan_to_json(opened.plan), "columns": describe_columns(opened.plan)}


def _count(report: EngineReport) -> dict[str, int]:
    if report.published:
        return {"rows_of_the_table": report.rows_sent}
    names = ("rows_read", "rows_rejected", "rows_filtered", "rows_suppressed", "rows_sent")
    return {name: getattr(report, name) for name in names}


def _describe_report(report: EngineReport) -> dict[str, Any]:
    return {
        "counts": _count(report),
        "columns": dict(report.columns),
        "held_back": dict(report.held_back),
        "engine": report.engine,
        "notes": list(report.notes),
        "sections": [asdict(each) for each in report.sections],
    }
