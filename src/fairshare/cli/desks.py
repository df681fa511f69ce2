"""Where the desk is and who is acting: the two things that every command at a desk takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.words import BadInput

if TYPE_CHECKING:
    from fairshare.desk.ports import Desk
    from fairshare.desk.who import Actor

DESK = "FAIRSHARE_DESK"
"""The desk's folder, for commands that are given no `--desk`; otherwise the current folder."""
ACTOR = "FAIRSHARE_AS"
"""Who is acting, by name as in the desk's file, for commands that are given no `--as`."""

DeskFolder = Annotated[Path, typer.Option("--desk", metavar="FOLDER", envvar=DESK, help="The desk's folder.")]
ActingAs = Annotated[
    str | None, typer.Option("--as", metavar="NAME", envvar=ACTOR, help="Who you are, by your name at the desk.")
]
CaseName = Annotated[str, typer.Argument(metavar="CASE", help="The case, by its short name.")]
HERE = Path()


class WhoIsActing(BadInput):
    """Several people work at the desk, and the command does not say which of them is acting."""

    code = "WHO_IS_ACTING"


@contextmanager
def open_as(folder: Path, name: str | None) -> Iterator[tuple[Desk, Actor]]:
    """The desk in a folder and the person acting there."""
    from fairshare.desk.workspace import find_actor, open_desk

    with open_desk(folder) as desk:
        if name is None and len(desk.people) != 1:
            raise WhoIsActing(
                "several people work at this desk",
                fix="Say who you are: --as NAME, or the setting FAIRSHARE_AS.",
                where="--as",
            )
        yield desk, desk.people[0] if name is None else find_actor(desk, name)
