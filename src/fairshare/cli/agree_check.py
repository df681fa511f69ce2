"""An agreement that already exists: what it holds and lacks, where it is a trap, and what a change would set off."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.agree.check import AgreementCheck
    from fairshare.agree.check_signals import Signals
    from fairshare.agree.liability import ChangeTable

CHANGES = ("basis", "law", "parties", "purpose")
SORTS = ("separate", "joint", "processor")
FORMATS = {".html": "html", ".docx": "docx", ".odt": "odt", ".pdf": "pdf", ".md": "markdown", ".txt": "text"}
STYLES = {"absent": "bold red", "weak": "bold yellow", "present": "green", "not_applicable": "dim"}
AgreementFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="The agreement: DOCX, ODT, PDF with text, Markdown or plain text.")
]
AsSort = Annotated[
    str | None,
    typer.Option("--as", metavar="KIND", help="separate, joint or processor; found by its words if not given."),
]
Welsh = Annotated[bool, typer.Option("--welsh", help="In Welsh.")]
Report = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write it as .html, .docx, .odt, .pdf, .md or .txt.")
]
Organisation = Annotated[str, typer.Option("--organisation", metavar="NAME", help="Whose name stands on the report.")]


def add_checking(agree: typer.Typer) -> None:
    """Adds the commands about existing agreements to `fairshare agree`."""
    add_command(agree, "check")(check)
    add_command(agree, "what-if")(what_if)


def check(
    file: AgreementFile,
    sort: AsSort = None,
    report: Report = None,
    organisation: Organisation = "Fairshare",
    welsh: Welsh = False,
) -> Page:
    """Check an existing agreement: what it holds, weakly or not at all, and where it makes somebody liable.

    It looks for words and quotes the place. It is not legal advice, and a person has to read the agreement.
    """
    found, signals, tables = look_into(file, sort, CHANGES, welsh=welsh)
    if report is not None:
        from fairshare.agree.check_document import write_check
        from fairshare.documents.model import Brand

        document = write_check(
            found, signals, tables, file=file.name, made_on=found.law_date, brand=Brand(organisation=organisation)
        )
        write_report(document, report)

    def show(screen: Screen) -> None:
        show_check(screen, found, signals)
        show_written(screen, report)

    return Page(
        {"file": file.name, "check": found.model_dump(mode="json"), "notice": signals.phrases["not_advice"]}, show
    )


def what_if(
    file: AgreementFile,
    change: Annotated[
        list[str] | None,
        typer.Option("--change", metavar="CHANGE", help="basis, law, parties or purpose; all if not given."),
    ] = None,
    sort: AsSort = None,
    report: Report = None,
    organisation: Organisation = "Fairshare",
    welsh: Welsh = False,
) -> Page:
    """If the basis, the law, the parties or the purpose changes: which clauses bite, and who must do what."""
    for each in change or ():
        check_choice(each, CHANGES, "--change")
    found, signals, tables = look_into(file, sort, tuple(change or CHANGES), welsh=welsh)
    if report is not None:
        from fairshare.agree.check_document import write_change_tables
        from fairshare.documents.model import Brand

        document = write_change_tables(
            tables, signals, file=file.name, made_on=found.law_date, brand=Brand(organisation=organisation)
        )
        write_report(document, report)

    def show(screen: Screen) -> None:
        for table in tables:
            show_table(screen, table, signals)
        screen.line()
        screen.line(signals.phrases["not_advice"], "dim")
        show_written(screen, report)

    return Page({"file": file.name, "changes": [each.model_dump(mode="json") for each in tables]}, show)


def look_into(
    file: Path, sort: str | None, changes: tuple[str, ...], *, welsh: bool
) -> tuple[AgreementCheck, Signals, list[ChangeTable]]:
    """The check of a file, the signals it was made with, and the tables of the changes asked for."""
    from fairshare.agree.check import check_agreement
    from fairshare.agree.check_signals import load_signals
    from fairshare.agree.liability import list_consequences
    from fairshare.documents.paragraphs import MAX_BYTES, read_paragraphs

    if sort is not None:
        check_choice(sort, SORTS, "--as")
    chosen: Any = sort
    signals = load_signals("cy" if welsh else "en")
    paper = read_paragraphs(read_file(file, max_bytes=MAX_BYTES), where=file.name)
    found = check_agreement(paper, signals, law_date=datetime.now(UTC).date(), sort=chosen)
    wanted: Any = changes
    return found, signals, [list_consequences(found, signals, each) for each in wanted]


def check_choice(given: str, known: tuple[str, ...], option: str) -> None:
    """Refuses an option that is none of its choices."""
    if given not in known:
        raise BadInput(f"{option} does not know that word", fix=f"Use one of: {', '.join(known)}.", where=option)


def write_report(document: Any, report: Path) -> None:
    """Writes a document in the format that the name of its file says."""
    from fairshare.documents.rendering import render

    form: Any = FORMATS.get(report.suffix.lower())
    if form is None:
        raise BadInput(
            "the report's name has no known ending", fix=f"Use one of: {', '.join(FORMATS)}.", where=report.name
        )
    write_file(report, render(document, form))


def show_check(screen: Screen, found: AgreementCheck, signals: Signals) -> None:
    """The findings, what is lacking first, with the place of each."""
    from fairshare.agree.check_document import ORDER, count_states, sort_findings, write_place, write_sources

    words = signals.phrases
    screen.line(words["not_advice"], "bold")
    if signals.unreviewed:
        screen.line(words["not_reviewed"], "yellow")
    screen.line(f"{words['kind']}: {words[f'kind_{found.sort}']}.")
    if found.not_read:
        screen.line(f"{words['not_read']}: {', '.join(found.not_read)}.", "yellow")
    screen.heading(words["traps"])
    for trap in found.traps:
        screen.bullet(f"{trap.title}. {trap.why}", "yellow")
        for place in trap.places:
            screen.line(write_place(place, signals), indent=4)
    if not found.traps:
        screen.line(words["no_traps"])
    for state in ORDER:
        here = [each for each in sort_findings(found) if each.state == state]
        if here:
            screen.heading(f"{words[state]} ({len(here)})")
        for each in here:
            screen.bullet(f"{each.title} ({words[each.strength]})", STYLES[state])
            said = " ".join(part for part in (each.weak, write_place(each.place, signals)) if part)
            if said:
                screen.line(said, indent=4)
            if state in ("absent", "weak"):
                clauses = ", ".join(each.clause for each in each.proposals if each.clause)
                put_in = f"{words['proposals']}: {clauses}. " if clauses else ""
                screen.line(f"{put_in}{words['sources']}: {write_sources(each.sources, signals)}", "dim", indent=4)
    screen.line()
    counted = [
        f"{count_states(found, 'must', state) + count_states(found, 'should', state)} {words[state]}" for state in ORDER
    ]
    screen.line(f"{words['summary']}: {', '.join(counted)}.", "bold")


def show_table(screen: Screen, table: ChangeTable, signals: Signals) -> None:
    """One change: which clauses bite, and who must do what."""
    from fairshare.agree.check_document import write_place

    words = signals.phrases
    screen.heading(table.title)
    for row in table.rows:
        screen.bullet(f"{row.title} ({words[row.strength]}). {row.who}: {row.act}")
        place = write_place(row.place, signals)
        if place or not row.there:
            screen.line(place or words["nowhere"], "dim", indent=4)


def show_written(screen: Screen, report: Path | None) -> None:
    """Says where the report is, if one was asked for."""
    if report is not None:
        screen.line(f"The report is in {report}.")
