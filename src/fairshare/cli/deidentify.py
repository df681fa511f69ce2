"""De-identifying a table: its hierarchies, its risk, and the search for the levels that lose least."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.deidentify_shown import IN_HOUSE, show_found, show_measured
from fairshare.cli.desks import HERE, DeskFolder
from fairshare.cli.screen import Screen
from fairshare.words import BadInput

if TYPE_CHECKING:
    from fairshare.release.deidentify.hierarchies import Hierarchy
    from fairshare.release.deidentify.search import Found, Quasi, Question
    from fairshare.release.sections import Section
    from fairshare.release.sources import Source

deidentify = typer.Typer(
    no_args_is_help=True, help="De-identify a table: hierarchies, risk, and the search for a plan that loses least."
)

SourceFile = Annotated[Path, typer.Argument(metavar="SOURCE", help="The table's file or folder.")]
QuasiNames = Annotated[
    str,
    typer.Option(
        "--quasi",
        metavar="A,B=HIERARCHY,C",
        help="Quasi-identifiers, each perhaps with a hierarchy: built in, or a file.",
    ),
]
SensitiveNames = Annotated[str, typer.Option("--sensitive", metavar="A,B", help="Sensitive columns.")]
Picture = Annotated[
    Path | None, typer.Option("--picture", metavar="FILE", help="Draw how many are alike into a new SVG file.")
]
TableName = Annotated[str | None, typer.Option("--table", help="The table of a database, or the sheet.")]
Database = Annotated[
    str | None, typer.Option("--connection", metavar="FORMAT:NAME", help="A database: postgresql:NAME.")
]


@add_command(deidentify, "hierarchies")
def hierarchies(
    which: Annotated[
        str | None,
        typer.Argument(metavar="NAME|FILE", help="A built-in one, or a YAML or CSV file, to check."),
    ] = None,
    value: Annotated[
        list[str] | None, typer.Option("--value", metavar="TEXT", help="Show this value at each level. Repeat it.")
    ] = None,
) -> Page:
    """List the hierarchies that come with Fairshare, or show and check one: its levels, and values at each of them."""
    from fairshare.release.deidentify.hierarchies import list_built_in

    if which is None:
        listed = {name: {"levels": each.levels, "about": each.about} for name, each in list_built_in().items()}

        def show_all(screen: Screen) -> None:
            rows = [(name, ", ".join(each["levels"]), each["about"]) for name, each in listed.items()]
            screen.table(("name", "levels", "what for"), rows)

        return Page({"hierarchies": listed}, show_all)
    found = find_one(which)
    values = {text: raise_value(found, text) for text in value or ()}
    document = {"name": which, "kind": found.kind, "levels": found.levels, "about": found.about, "values": values}

    def show(screen: Screen) -> None:
        screen.line(f"{which}: each level follows from the one below it.", "bold green")
        screen.pairs([("kind", found.kind), ("levels", ", ".join(found.levels)), ("for", found.about or "-")])
        if values:
            screen.table(("value", *found.levels), [(text, *raised) for text, raised in values.items()])

    return Page(document, show)


@add_command(deidentify, "risk")
def risk(
    source: SourceFile,
    quasi: QuasiNames = "",
    sensitive: SensitiveNames = "",
    threshold: Annotated[
        float, typer.Option("--threshold", min=0.001, max=1, help="A chance above this counts as at risk.")
    ] = 0.2,
    sampling_share: Annotated[
        float | None,
        typer.Option("--sampling-share", min=1e-9, max=1, help="The share of the population that the table holds."),
    ] = None,
    population: Annotated[
        Path | None,
        typer.Option("--population", metavar="FILE", help="Counts of people alike, as CSV, for the journalist."),
    ] = None,
    picture: Picture = None,
    table: TableName = None,
    connection: Database = None,
    desk: DeskFolder = HERE,
) -> Page:
    """Measure how easily somebody could be picked out of a source, as it is, or of what a plan would send.

    Every row is read, and none is shown. For a plan (YAML or JSON), --quasi names columns as they are sent.
    """
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.release.deidentify.measuring import measure_source
    from fairshare.release.deidentify.reading import read_population
    from fairshare.release.deidentify.risk import tell_measured

    names = split_names(quasi)
    if source.suffix.lower() in (".yaml", ".yml", ".json"):
        return show_plan_risk(source, names, picture, desk)
    columns = [each.partition("=")[0] for each in names]
    found = find_typed(source, [*columns, *split_names(sensitive)], source.parent, table=table, connection=connection)
    people = read_population(population, tuple(columns), where=population.name) if population is not None else ()
    measured = measure_source(
        found, source.parent, columns, split_names(sensitive), threshold=threshold, sampling_share=sampling_share,
        population=people, connections=FileConnections(desk / FILE),
    )  # fmt: skip
    section = tell_measured(measured.risk, measured.sizes, measured.columns)
    draw(picture, section)
    document = {"columns": measured.columns, "k": measured.k, "risk": asdict(measured.risk),
                "sizes": measured.sizes, "sensitive": [asdict(each) for each in measured.sensitive]}  # fmt: skip
    return Page(document, lambda screen: show_measured(screen, measured, section))


K = Annotated[int | None, typer.Option("--k", help="Rows that must be alike, at least 2.")]
L = Annotated[float | None, typer.Option("--l", help="Well-represented values of each sensitive column.")]
Measure = Annotated[str, typer.Option("--measure", help="For --l: distinct, entropy or recursive.")]
C = Annotated[float | None, typer.Option("--c", help="For the measure recursive.")]
T = Annotated[float | None, typer.Option("--t", help="How far a class may be from the whole, 0 to 1.")]
Distance = Annotated[str, typer.Option("--distance", help="For --t: equal or ordered.")]
Delta = Annotated[float | None, typer.Option("--delta", help="The most of those alike who may be in it.")]
Population = Annotated[
    str | None, typer.Option("--population", metavar="FILE", help="For --delta: counts of people, as CSV.")
]
LossOfRows = Annotated[
    str, typer.Option("--max-loss-of-rows", metavar="SHARE", help="How many rows may be held back, such as 1%.")
]
LossOf = Annotated[
    str, typer.Option("--loss", help="What to lose least of: precision, ncp, discernibility or class_size.")
]
Optimal = Annotated[
    bool, typer.Option("--optimal/--fast", help="Prove that nothing loses less, or find something good quickly.")
]
PlanOut = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="A new file for the plan.")]
Seed = Annotated[int, typer.Option("--seed", help="Which random counts measure the utility.")]


@add_command(deidentify, "search")
def search(
    source: SourceFile,
    quasi: QuasiNames,
    sensitive: SensitiveNames = "",
    k: K = None,
    l: L = None,  # noqa: E741 (the model's own letter)
    measure: Measure = "distinct",
    c: C = None,
    t: T = None,
    distance: Distance = "equal",
    delta: Delta = None,
    population: Population = None,
    max_loss_of_rows: LossOfRows = "1%",
    loss: LossOf = "precision",
    optimal: Optimal = True,
    out: PlanOut = None,
    seed: Seed = 1,
    picture: Picture = None,
    table: TableName = None,
    connection: Database = None,
    desk: DeskFolder = HERE,
) -> Page:
    """Find the levels at which a table keeps to the models and loses least, as a plan. Nothing leaves."""
    from fairshare.release.deidentify.risk import tell_risk

    names, columns = read_quasi(quasi), split_names(sensitive)
    base = out.parent if out is not None else source.parent
    models = make_models(columns, {"k": k, "l": l, "measure": measure, "c": c, "t": t, "distance": distance,
                                   "delta": delta, "population": population})  # fmt: skip
    typed = find_typed(source, [*(each.column for each in names), *columns], base, table=table, connection=connection)
    question = make_question(typed, names, models, max_loss_of_rows, loss, population)
    found = find_levels(question, base, desk, seed, optimal=optimal)
    draw(picture, tell_risk(found.risk, found.risk_sent, found.sizes, found.sizes_sent, columns=list(found.levels)))
    return keep_plan(found, base, out)


def find_levels(question: Question, base: Path, desk: Path, seed: int, *, optimal: bool) -> Found:
    """Searches, and shows how far it is."""
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.cli.progress import telling
    from fairshare.release.deidentify.search import search_plan

    with telling("searching") as tell:
        return search_plan(question, base, way="optimal" if optimal else "fast", seed=seed,
                           connections=FileConnections(desk / FILE), on_progress=tell)  # fmt: skip


def keep_plan(found: Found, base: Path, out: Path | None) -> Page:
    """Keeps the plan where it was asked to, and tells what came of the search."""
    from fairshare.cli.files import write_file
    from fairshare.release.deidentify.search import digest_files
    from fairshare.release.plan import plan_to_json
    from fairshare.release.plan_text import write_plan

    plan = digest_files(found.plan, base)
    if out is not None:
        heading = ("Found by a search; see what it lost, and add what else is to go. It is no release.",)
        write_file(out, write_plan(plan, {}, heading=heading).encode(), replace=False)
    document: dict[str, Any] = {
        "best": asdict(found.best), "others": [asdict(each) for each in found.others], "proved": found.proved,
        "loss": found.loss, "rows": found.rows, "nodes": found.nodes, "looked_at": found.looked_at,
        "risk": {"before": asdict(found.risk), "after": asdict(found.risk_sent)},
        "utility": asdict(found.utility) if found.utility else None,
        "plan": plan_to_json(plan), "file": str(out) if out else None, "note": IN_HOUSE,
    }  # fmt: skip
    return Page(document, lambda screen: show_found(screen, found, out))


def make_models(sensitive: list[str], asked: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """The group treatments that the options ask for, without their columns."""
    models: list[dict[str, Any]] = []
    if asked["k"] is not None:
        models.append({"treatment": "suppress_small_groups", "k": asked["k"]})
    if (asked["l"] is not None or asked["t"] is not None) and not sensitive:
        raise BadInput("no sensitive column is named", fix="Name it with --sensitive.", where="--sensitive")
    for name in sensitive if asked["l"] is not None else ():
        given = {"l": as_whole(asked["l"]), "measure": asked["measure"], "c": asked["c"]}
        models.append({"treatment": "suppress_to_l_diversity", "sensitive": name, **given})
    for name in sensitive if asked["t"] is not None else ():
        given = {"t": asked["t"], "distance": asked["distance"]}
        models.append({"treatment": "suppress_to_t_closeness", "sensitive": name, **given})
    if asked["delta"] is not None:
        given = {"most": asked["delta"], "population": asked["population"]}
        models.append({"treatment": "suppress_to_delta_presence", **given})
    if not models:
        raise BadInput("no model is asked for", fix="Give --k, --l, --t or --delta.", where="--k")
    return tuple(models)


def as_whole(number: float) -> int | float:
    """A number as a plan writes it: whole if it is."""
    return int(number) if number == int(number) else number


def make_question(
    source: Source, quasi: tuple[Quasi, ...], models: tuple[dict[str, Any], ...], share: str, loss: str,
    population: str | None,
) -> Question:  # fmt: skip
    """What the search is asked, checked."""
    from fairshare.release.deidentify.losses import LOSSES
    from fairshare.release.deidentify.search import Question

    name = next((each for each in LOSSES if each == loss), None)
    if name is None:
        raise BadInput("there is no such loss", fix=f"Choose from: {', '.join(LOSSES)}.", where="--loss")
    return Question(source, quasi, models, read_share(share), name, population=population)


def read_share(text: str) -> Decimal:
    """A share of rows, written as 1% or as 0.01.

    >>> read_share("1%"), read_share("0.025")
    (Decimal('0.01'), Decimal('0.025'))
    """
    try:
        share = Decimal(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except InvalidOperation:
        share = Decimal(-1)
    if not 0 <= share <= 1:
        raise BadInput("this is not a share of rows", fix="Write it as 1% or as 0.01.", where="--max-loss-of-rows")
    return share


def split_names(text: str) -> list[str]:
    """Names parted by commas.

    >>> split_names("sex, born")
    ['sex', 'born']
    """
    return [each.strip() for each in text.split(",") if each.strip()]


def read_quasi(text: str) -> tuple[Quasi, ...]:
    """Quasi-identifiers, each perhaps with its hierarchy.

    >>> [(each.column, each.hierarchy) for each in read_quasi("age=ages,sex")]
    [('age', 'ages'), ('sex', None)]
    """
    from fairshare.release.deidentify.search import Quasi

    parts = [each.partition("=") for each in split_names(text)]
    return tuple(Quasi(column.strip(), hierarchy.strip() or None) for column, _, hierarchy in parts)


def find_typed(source: Path, names: list[str], base: Path, *, table: str | None, connection: str | None) -> Source:
    """The source, with the columns of a CSV file that look like dates or whole numbers read as such."""
    from fairshare.cli.plan_sources import find_source
    from fairshare.release.deidentify.suggesting import type_columns

    found = find_source(source, base, table=table, connection=connection)
    return type_columns(found, base, [each.partition("=")[0] for each in names])


def find_one(which: str) -> Hierarchy:
    """A hierarchy by its name or its file."""
    from fairshare.release.deidentify.hierarchies import find_built_in
    from fairshare.release.deidentify.reading import is_built_in, read_hierarchy

    if is_built_in(which) or not Path(which).suffix:
        return find_built_in(which)
    return read_hierarchy(Path(which), where=which)


def raise_value(hierarchy: Hierarchy, text: str) -> list[str]:
    """A value at each level of a hierarchy."""
    from fairshare.release.deidentify.suggesting import raise_text

    return [raise_text(hierarchy, level, text) for level in hierarchy.levels]


def draw(picture: Path | None, section: Section) -> None:
    """Draws the chart of a section into a new SVG file, if one is asked for; it counts people and names none."""
    from fairshare.cli.files import write_file

    if picture is not None:
        from fairshare.release.charts import draw_chart

        write_file(picture, draw_chart(section.charts[0]), replace=False)


def show_plan_risk(path: Path, names: list[str], picture: Path | None, desk: Path) -> Page:
    """The risk of what a plan would send."""
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.cli.pseudonyms import FOLDER, FolderKeys
    from fairshare.release.plan import read_plan
    from fairshare.release.risk_picture import picture_risk
    from fairshare.words.reading import read_file

    plan = read_plan(read_file(path), where=path.name)
    section = picture_risk(plan, path.parent, columns=names, keys=FolderKeys(desk / FOLDER),
                           connections=FileConnections(desk / FILE))  # fmt: skip
    draw(picture, section)
    return Page({"risk": asdict(section)}, lambda screen: show_measured(screen, None, section))
