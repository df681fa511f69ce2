"""Redacting the documents of a case: suggest, settle the plan, apply it, and have a second person check."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.files import make_folder, write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, ExitCode
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.release.bundle_plan import BoxRemoval, RedactionPlan, TermRemoval

redact = typer.Typer(no_args_is_help=True, help="Redact the documents of a case, and check what was redacted.")

SHEET = "before-and-after.html"
PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="The redaction plan, as YAML or JSON.")]
Because = Annotated[str | None, typer.Option("--because", metavar="TEXT", help="Why what is rejected may stay in.")]
Accepted = Annotated[
    list[str] | None,
    typer.Option("--accept", metavar="WHICH", help="Remove what is suggested: s3, nhs_number, or all. Repeat it."),
]
Rejected = Annotated[
    list[str] | None, typer.Option("--reject", metavar="WHICH", help="Leave it in; needs --because. Repeat it.")
]
Terms = Annotated[list[str] | None, typer.Option("--term", metavar="TEXT", help="Remove these words too. Repeat it.")]
Boxes = Annotated[
    list[str] | None,
    typer.Option("--box", metavar="PAGE:X0,Y0,X1,Y1", help="Paint this area over; points from the top left."),
]
Items = Annotated[
    list[str] | None, typer.Option("--item", help="Only in the documents of this item: for --term and --box.")
]
Reason = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="CODE",
        help="Why --term or --box is removed: third_party, at_risk_address, out_of_scope, identifier, privileged, "
        "confidence, sensitive, staff or other.",
    ),
]


@add_command(redact, "suggest")
def suggest(
    case: CaseName,
    file: Annotated[
        list[str], typer.Argument(metavar="ITEM=FILE...", help="Each document, and the item of the decision it is.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="PLAN", help="Where to write the plan, beside the documents.")],
    people: Annotated[
        Path | None,
        typer.Option("--people", metavar="FILE", help="Third parties and at-risk addresses to look for, as YAML."),
    ] = None,
    ocr: Annotated[
        bool,
        typer.Option("--ocr", help="Read the words in pictures and scans, and look for faces in pictures; slower."),
    ] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Write a redaction plan with suggestions: names, addresses, numbers. Nothing is removed until a person accepts."""
    from fairshare.cli.forms import CasePeopleForm, read_form
    from fairshare.desk.redact_case import Chosen, suggest_redactions
    from fairshare.release.bundle_find import CasePeople

    form = read_form(CasePeopleForm, people) if people is not None else CasePeopleForm()
    known = CasePeople(form.subjects, form.third_parties, form.at_risk)
    chosen = [Chosen(item, path, name_beside(path, out)) for item, path in map(read_choice, file)]
    with open_as(desk, name) as (at, actor):
        plan = suggest_redactions(at, actor, case, chosen, known, ocr=ocr)
    write_plan(out, plan, replace=False)
    return show_plan(plan, out)


@add_command(redact, "plan")
def settle(
    plan: PlanFile,
    accept: Accepted = None,
    reject: Rejected = None,
    because: Because = None,
    term: Terms = None,
    box: Boxes = None,
    item: Items = None,
    reason: Reason = "third_party",
    asked_by: Annotated[str | None, typer.Option("--asked-by", metavar="WHO", help="Who wants it removed.")] = None,
    confirm: Annotated[
        bool, typer.Option("--confirm", help="Confirm every term and box that was written into the plan by hand.")
    ] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Show a redaction plan, and settle it: accept, reject, add, confirm, each in your name."""
    from fairshare.desk.redact_case import find_settler
    from fairshare.release.bundle_plan import add_removal, confirm_removals, decide_suggestions, read_redaction_plan

    read = read_redaction_plan(read_file(plan), where=plan.name)
    if not (accept or reject or term or box or confirm):
        return show_plan(read, plan)
    with open_as(desk, name) as (at, actor):
        by = find_settler(at, actor, read)
    if accept:
        read = decide_suggestions(read, accept, "accept", by)
    if reject:
        read = decide_suggestions(read, reject, "reject", by, because=because)
    for removal in make_removals(term or [], box or [], reason, asked_by or by.name, by.model_dump()):
        read = add_removal(read, removal, item or ())
    if confirm:
        read = confirm_removals(read, by)
    write_plan(plan, read, replace=True)
    return show_plan(read, plan)


@add_command(redact, "apply")
def apply(
    case: CaseName,
    plan: PlanFile,
    screen: Screen,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the redacted documents go.")],
    welsh: Annotated[bool, typer.Option("--welsh", help="The sheet in Welsh.")] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Redact every document of a settled plan, search each result for what was removed, and record what was done.

    The before-and-after sheet stays with you: it has small pictures of pages as they were.
    """
    from fairshare.desk.redact_case import apply_redactions
    from fairshare.documents.rendering import render
    from fairshare.release.bundle_plan import read_redaction_plan

    read = read_redaction_plan(read_file(plan), where=plan.name)
    with open_as(desk, name) as (at, actor), screen.working("redacting"):
        applied = apply_redactions(at, actor, case, read, plan.parent, language="cy" if welsh else "en")
    make_folder(out)
    for called, content in applied.files:
        write_file(out / called, content)
    write_file(out / SHEET, render(applied.sheet, "html"))
    files = [each.model_dump(mode="json") for each in applied.record.files]
    document = {"case": case, "record": applied.signed.id, "files": files, "sheet": str(out / SHEET)}

    def show(screen: Screen) -> None:
        screen.line(f"{len(files)} documents redacted, into {out}.", "bold green")
        for each in applied.record.files:
            total = sum(each.removed.values())
            screen.bullet(f"{each.item}: {out / each.name}, {total} removals")
            if each.not_searched:
                screen.bullet(f"not read by any program: {', '.join(each.not_searched[:10])}", "yellow", indent=2)
        if any(each.needs_second_person for each in applied.record.files):
            screen.line("A second person has to compare before and after: `fairshare redact check`.", "bold")
        screen.pairs([("sheet, not for release", out / SHEET), ("record", applied.signed.id)])

    return Page(document, show)


@add_command(redact, "check")
def check(
    case: CaseName,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the redacted documents are.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Record that you, a second person, compared the documents before and after. It needs somebody else than before."""
    from fairshare.desk.redact_case import check_redactions

    with open_as(desk, name) as (at, actor):
        signed = check_redactions(at, actor, case, folder)
    by = actor.person

    def show(screen: Screen) -> None:
        screen.line(f"{by.name} ({by.role}) checked the redaction of case {case}.", "bold green")

    return Page({"case": case, "record": signed.id, "checked_by": by.model_dump()}, show)


def read_choice(text: str) -> tuple[str, Path]:
    """An item and its file.

    >>> read_choice("i1=letters/one.pdf")
    ('i1', PosixPath('letters/one.pdf'))
    """
    item, equals, path = text.partition("=")
    if not equals or not item or not path:
        raise BadInput(
            "this does not say which item a file is", fix="Write ITEM=FILE, as in i1=letter.pdf.", where=text
        )
    return item, Path(path)


def name_beside(path: Path, plan: Path) -> str:
    """A document's path as the plan names it: from the plan's own folder."""
    import os

    return os.path.relpath(path.resolve(), plan.parent.resolve())


def make_removals(
    terms: list[str], boxes: list[str], reason: str, asked_by: str, by: dict[str, Any]
) -> list[BoxRemoval | TermRemoval]:
    """Removals that somebody asks for by hand, confirmed by them."""
    from fairshare.release.bundle_plan import BoxRemoval, TermRemoval
    from fairshare.words.reading import build

    said = {"reason": reason, "asked_by": asked_by, "confirmed_by": by}
    made: list[BoxRemoval | TermRemoval] = [build(TermRemoval, said | {"text": text}, where="--term") for text in terms]
    return made + [build(BoxRemoval, said | {"box": read_box(text)}, where="--box") for text in boxes]


def read_box(text: str) -> dict[str, Any]:
    """An area, from the page and its corners.

    >>> read_box("2:10,20,30,40.5")
    {'page': 2, 'x0': 10.0, 'y0': 20.0, 'x1': 30.0, 'y1': 40.5}
    """
    page, _, corners = text.partition(":")
    try:
        numbers = [float(each) for each in corners.split(",")]
        return {"page": int(page), **dict(zip(("x0", "y0", "x1", "y1"), numbers, strict=True))}
    except ValueError:
        raise BadInput(
            "this is not an area", fix="Write PAGE:X0,Y0,X1,Y1, as in 1:72,100,200,120.", where="--box"
        ) from None


def write_plan(path: Path, plan: RedactionPlan, *, replace: bool) -> None:
    """Writes a plan, readable by its owner only: it holds what is to be removed."""
    text = json.dumps(
        plan.model_dump(mode="json", exclude_defaults=True) | {"format": plan.format}, indent=2, ensure_ascii=False
    )
    write_file(path, text.encode() + b"\n", replace=replace)


def show_plan(plan: RedactionPlan, path: Path) -> Page:
    """The plan's suggestions and what is still open; the exit status says whether anything is."""
    from fairshare.release.bundle_find import NOT_LOOKED_FOR
    from fairshare.release.bundle_plan import why_not_settled

    still_open = [(each.item, reason.text) for each in plan.documents if (reason := why_not_settled(each)) is not None]
    document = {"plan": str(path), "settled": not still_open, "open": [list(each) for each in still_open],
                "not_looked_for": list(NOT_LOOKED_FOR), **plan.model_dump(mode="json")}  # fmt: skip

    def show(screen: Screen) -> None:
        for number, each in enumerate(plan.documents, start=1):
            screen.heading(f"Document {number}, item {each.item}: {each.path}")
            rows = [
                (one.id, one.sort.replace("_", " "), one.text, ", ".join(one.places[:3]), one.decision or "-")
                for one in each.suggestions
            ]
            rows += [
                ("term", one.reason.value, one.text, "", "accept" if one.confirmed_by else "-") for one in each.terms
            ]
            rows += [
                ("box", one.reason.value, f"page {one.box.page}", "", "accept" if one.confirmed_by else "-")
                for one in each.boxes
            ]
            if rows:
                screen.table(("id", "what", "text", "where", "decided"), rows)
        screen.line()
        screen.line(f"Never looked for: {', '.join(NOT_LOOKED_FOR)}.")
        for item, text in still_open:
            screen.line(f"Open, item {item}: {text}.", "yellow")
        if not still_open:
            screen.line("Everything in the plan is settled.", "bold green")

    return Page(document, show, ExitCode.DONE)
