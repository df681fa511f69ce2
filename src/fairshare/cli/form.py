"""Forms that come back: read, held against the request they were made from, and kept as its new version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.screen import Screen
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.request.filled import Returned

form = typer.Typer(no_args_is_help=True, help="Forms that come back filled in or edited.")
MAX_FILE = 50_000_000


@add_command(form, "read")
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The form as it came back, DOCX or ODT.")],
    against: Annotated[
        str,
        typer.Option("--against", metavar="RECORD", help="The request it was made from: its record's id, or its case."),
    ],
    sent: Annotated[
        Path | None,
        typer.Option("--sent", metavar="FILE", help="The form as it went out, to compare the other words too."),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep what has changed, as a new version of the request.")
    ] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Show what has changed in a form that came back, and keep it as a new version of the request."""
    from fairshare.desk.receive_form import FormFile, compare_returned, find_request, receive_form

    back = FormFile(read_file(file, max_bytes=MAX_FILE), file.name)
    went = FormFile(read_file(sent, max_bytes=MAX_FILE), sent.name) if sent is not None else None
    with open_as(desk, name) as (at, actor):
        signed = None
        if keep:
            signed, returned = receive_form(at, actor, against, back, went)
        else:
            returned = compare_returned(find_request(at, against), back, went)

    def show(screen: Screen) -> None:
        show_returned(screen, returned, compared=sent is not None)
        if signed is not None:
            screen.line()
            screen.line(f"Kept as a new version of the request in case {signed.record.case}: {signed.id}", "bold")
        elif returned.can_be_kept:
            screen.line()
            screen.line("Nothing is kept yet: give --keep.")

    kept = {"case": signed.record.case, "record": signed.id} if signed is not None else None
    return Page(returned.model_dump(mode="json") | {"kept": kept}, show)


def show_returned(screen: Screen, returned: Returned, *, compared: bool) -> None:
    """What came back, for people."""
    if not returned.differences:
        screen.line("No field has changed.")
    else:
        screen.heading("Changed fields")
        rows = [
            (each.name, each.before or "(blank)", each.after or "(blank)", each.why_not)
            for each in returned.differences
        ]
        screen.table(["field", "before", "now", "cannot be kept, because"], rows)
    if returned.other_fields:
        screen.heading("Filled in, with no place in the record")
        screen.pairs((each.name, each.after) for each in returned.other_fields)
    if returned.reworded:
        screen.heading("Words outside the fields that have changed: nothing takes these over")
        for each in returned.reworded:
            screen.bullet(f"{each.place}: “{each.before}” is now “{each.after}”")
    elif not compared:
        screen.line("Words outside the fields were not compared: give the form as it went out with --sent.")
    if returned.absent:
        screen.heading("Fields that the file does not have; they stay as they are")
        screen.line(", ".join(returned.absent))
