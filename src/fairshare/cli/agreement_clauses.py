"""Reading agreements: the clause bank, what differs between two versions, and changes marked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from fairshare.cli.agree import agree
from fairshare.cli.agreement_files import Written, read_any_agreement, write_documents
from fairshare.cli.bases import Welsh
from fairshare.cli.commands import Page, add_command
from fairshare.cli.screen import Screen
from fairshare.words import BadInput


@add_command(agree, "clauses")
def clauses(
    clause: Annotated[str | None, typer.Argument(metavar="CLAUSE", help="One clause, by its id.")] = None,
    form: Annotated[str | None, typer.Option("--form", metavar="KIND", help="Only those of this kind.")] = None,
    welsh: Welsh = False,
) -> Page:
    """List the clause bank: when each clause applies, why, in what words, and by what source."""
    from datetime import UTC, datetime

    from fairshare.agree import load_bank
    from fairshare.law import load_law

    bank = load_bank("cy" if welsh else "en")
    wanted = [bank.clause(clause)] if clause else list(bank.clauses.values())
    if form is not None:
        wanted = [each for each in wanted if find_form(form) in each.forms]
    law, today = load_law(), datetime.now(UTC).date()
    found = [
        {
            "clause": each.id,
            "forms": sorted(each.forms),
            "level": each.level,
            "when": each.when,
            "heading": each.words.heading,
            "why": each.words.why,
            "text": each.words.text,
            "alternatives": each.words.alternatives,
            "slots": each.slots,
            "meets": each.meets,
            "sources": [{"provision": cite, "mark": law.mark(cite, today)} for cite in each.cites],
        }
        for each in wanted
    ]

    def show(screen: Screen) -> None:
        if clause is None:
            rows = [(each.id, each.level, each.words.heading, " and ".join(each.when)) for each in wanted]
            screen.table(["clause", "level", "heading", "when"], rows)
            return
        show_clause(screen, found[0])

    return Page({"clauses": found}, show)


@add_command(agree, "compare")
def compare(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The earlier version: a draft or signed file.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The later version.")],
    write: Written = None,
) -> Page:
    """Show what differs between two versions, clause by clause; side by side in a document if wanted."""
    from fairshare.agree import compare_versions, write_comparison

    old, new_one = read_any_agreement(before)[0], read_any_agreement(after)[0]
    found = compare_versions(old, new_one)
    files = write_documents(write_comparison(old, new_one), write)

    def show(screen: Screen) -> None:
        screen.line(f"{len(found)} differences." if found else "Nothing has changed.", "bold")
        screen.table(["clause", "change", "before", "after"], [row_of(each) for each in found])
        show_files(screen, files)

    return Page({"differences": [vars(each) | {"change": each.change} for each in found], "files": files}, show)


@add_command(agree, "redline")
def redline(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="The earlier version: a draft or signed file.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="The later version.")],
    write: Written = None,
    by: Annotated[str | None, typer.Option("--by", metavar="NAME", help="Whose changes they are.")] = None,
) -> Page:
    """Write the later version with its changes marked: as tracked changes in Word."""
    from fairshare.agree import write_redline
    from fairshare.documents import render

    document = write_redline(read_any_agreement(before)[0], read_any_agreement(after)[0], by=by)
    files = write_documents(document, write)
    text = render(document, "markdown").decode()

    def show(screen: Screen) -> None:
        if files:
            show_files(screen, files)
        else:
            screen.line(text)

    return Page({"files": files, "text": text}, show)


def find_form(text: str) -> Any:
    """A kind of agreement by its name."""
    from fairshare.records import Form

    if text not in tuple(Form):
        raise BadInput("this is no kind of agreement", fix=f"Use one of {', '.join(Form)}.", where="--form")
    return Form(text)


def show_clause(screen: Screen, found: dict[str, Any]) -> None:
    """One clause in full."""
    screen.line(f"{found['heading']} ({found['clause']})", "bold")
    screen.line(found["why"])
    screen.line()
    screen.line(found["text"])
    for each in found["alternatives"]:
        screen.heading("Or")
        screen.line(each)
    screen.line()
    sources = ", ".join(f"{each['provision']} ({each['mark']})" for each in found["sources"])
    screen.pairs([("level", found["level"]), ("kinds", ", ".join(found["forms"])), ("sources", sources)])


def row_of(each: Any) -> tuple[str, str, str, str]:
    """A difference as a row of a table."""
    return (each.heading, each.change, each.before or "", each.after or "")


def show_files(screen: Screen, files: list[str]) -> None:
    """The files that were written."""
    for each in files:
        screen.line(f"Written: {each}.")
