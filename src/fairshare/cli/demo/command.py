"""`fairshare demo`: both stories, one after the other."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page
from fairshare.cli.files import FileExists, make_folder
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.cli.demo.telling import Story

STORIES = ("housing", "probation")


def demo(
    screen: Screen,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="A folder for both stories; each gets a new one inside it.")
    ] = Path("fairshare-demo"),
    files: Annotated[
        bool, typer.Option("--files", help="Only write the stories' files, to copy and change; run nothing.")
    ] = False,
) -> Page:
    """Run both stories, from a request to a verified receipt, on data sets that others published.

    Every step is a command of this same program: it is printed, so that you can run it yourself in the story's folder.
    """
    for name in STORIES:
        if (out / name).exists():
            raise FileExists(
                "there is a demo there already", fix="Remove it, or name another folder.", where=str(out / name)
            )
    from fairshare.cli.demo.housing import tell_housing
    from fairshare.cli.demo.probation import tell_probation

    make_folder(out)
    if files:
        return write_files(out)
    started = perf_counter()
    stories = [tell_housing(out, screen), tell_probation(out, screen)]
    seconds = perf_counter() - started
    document: dict[str, Any] = {
        "out": str(out),
        "seconds": round(seconds, 3),
        "stories": [story.describe() for story in stories],
    }
    return Page(document, lambda shown: show_end(shown, stories, seconds))


def show_end(screen: Screen, stories: list[Story], seconds: float) -> None:
    """Where everything is, and what the stories did not show."""
    for story in stories:
        screen.heading(f"{story.title}: {len(story.steps)} steps, {story.seconds:.1f} s")
        screen.pairs(story.files.items())
        screen.line("What this story does not exercise:")
        for each in story.not_exercised:
            screen.bullet(each)
    screen.line()
    screen.line(f"Both stories ended in a verified archive and a release sheet, in {seconds:.1f} s.", "bold green")


def write_files(out: Path) -> Page:
    """The example files and the data of both stories, with days that hold today."""
    from fairshare.cli.demo.housing import write_register
    from fairshare.cli.demo.probation import write_caseload
    from fairshare.cli.demo.telling import open_folder

    for name, write_data in zip(STORIES, (write_register, write_caseload), strict=True):
        write_data(open_folder(out, name))
    found = sorted(str(path) for name in STORIES for path in (out / name).iterdir())
    return Page({"out": str(out), "files": found}, lambda screen: screen.exact("\n".join(found)))
