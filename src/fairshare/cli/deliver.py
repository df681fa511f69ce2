"""Delivering a finished release: its sealed files put where the recipient collects them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.desk.deliver_release import NamedPlace
    from fairshare.desk.entries import Delivered

FILE = "deliveries.yaml"
"""Where the places are, with their credentials, in the desk's folder: only its owner may read it."""

ReleaseName = Annotated[
    str, typer.Argument(metavar="RELEASE", help="The release, by its id or folder; or its case, for the newest.")
]


def deliver(
    release: ReleaseName,
    screen: Screen,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help=f"The place, by its name in {FILE}.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Put a finished release into an S3-compatible store or an SFTP folder, and check what is there.

    What was cut short goes on where it stopped, and what is there already is not sent again. The manifest goes last, so
    that half a release is never taken for a whole one.
    """
    from fairshare.desk.deliver_release import deliver_release

    place = find_named_place(desk, to)
    with open_as(desk, name) as (at, actor), screen.working("delivering") as tell:
        delivered = deliver_release(at, actor, release, place, on_progress=tell)
    return Page(describe_delivery(delivered), lambda screen: show_delivery(screen, delivered))


def find_named_place(desk: Path, name: str) -> NamedPlace:
    """A place from the desk's file of places."""
    from fairshare.cli.forms import parse_written
    from fairshare.desk.deliver_release import NamedPlace
    from fairshare.release.deliveries.places import find_place, read_places
    from fairshare.release.deliveries.refusals import BadPlaces, PlaceMissing
    from fairshare.words.reading import read_file

    path = desk / FILE
    if not path.is_file():
        raise PlaceMissing(
            "there is no place of that name to deliver to",
            fix=f"Write it into {FILE} in the desk's folder.",
            where=name,
        )
    if path.stat().st_mode & 0o077:
        raise BadPlaces("others can read these credentials", fix=f"Run: chmod 600 {FILE}", where=str(path))
    found = parse_written(read_file(path, max_bytes=1024 * 1024), where=FILE)
    return NamedPlace(name, find_place(read_places(found, where=FILE), name, where=FILE), desk)


def describe_delivery(delivered: Delivered) -> dict[str, Any]:
    """A delivery as a document."""
    return delivered.model_dump(mode="json", exclude={"salt", "kind"})


def show_delivery(screen: Screen, delivered: Delivered) -> None:
    """What was put where."""
    screen.line("Delivered, and checked there.", "bold green")
    screen.pairs([("to", delivered.recipient), ("where", delivered.place), ("files", len(delivered.files))])
