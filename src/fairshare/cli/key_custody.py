"""Commands that keep pseudonymisation keys: list, rotate, destroy, and turn pseudonyms back. No key is ever shown."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.desk.keep_keys import Relinking

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id, as plans name it.")]
Why = Annotated[str, typer.Option("--reason", metavar="REASON", help="Why; it is kept in the desk's log.")]


def add_custody(group: typer.Typer) -> None:
    """Adds these commands to the group of those about keys."""
    add_command(group, "list")(list_keys)
    add_command(group, "rotate")(rotate)
    add_command(group, "destroy")(destroy)
    add_command(group, "relink")(relink)


def list_keys(desk: DeskFolder = HERE, name: ActingAs = None) -> Page:
    """List the pseudonymisation keys in use: whose each is, its versions, and how often pseudonyms were turned back."""
    from fairshare.desk.guards import find_keys

    with open_as(desk, name) as (at, _):
        held = find_keys(at)
    rows = list(held.values())

    def show(screen: Screen) -> None:
        screen.table(
            ["key", "case", "recipient", "version", "kept", "destroyed", "turned back"],
            [
                (
                    each.key,
                    each.case,
                    each.recipient,
                    each.current,
                    ", ".join(map(str, each.usable)) or "none",
                    ", ".join(map(str, sorted(each.destroyed))) or "none",
                    f"{each.relinked} times",
                )
                for each in rows
            ],
        )
        screen.line("A key belongs to the case and recipient of the first release that used it, and to no other.")

    listed = [
        asdict(each)
        | {"kept": list(each.usable), "destroyed": sorted(each.destroyed), "fingerprints": sorted(each.fingerprints)}
        for each in rows
    ]
    return Page({"keys": listed}, show)


def rotate(key: KeyId, reason: Why, desk: DeskFolder = HERE, name: ActingAs = None) -> Page:
    """Make a new version of a key: pseudonyms from now on cannot be joined with earlier ones.

    The old version is kept for turning earlier pseudonyms back, until it is destroyed.
    """
    from fairshare.cli.pseudonyms import FOLDER, FolderKeys
    from fairshare.desk.keep_keys import rotate_key

    with open_as(desk, name) as (at, actor):
        held = rotate_key(at, actor, key, FolderKeys(desk / FOLDER), reason=reason)

    def show(screen: Screen) -> None:
        screen.line(f"{key} is at version {held.current}.", "bold")
        screen.line(f"{held.recipient} cannot join what comes now with what it has: tell them.")

    return Page({"key": key, "version": held.current, "kept": list(held.usable)}, show)


def destroy(
    key: KeyId,
    reason: Why,
    version: Annotated[int, typer.Option("--version", min=1, help="Which version; see `fairshare keys list`.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Destroy one version of a key for good: its pseudonyms can never be turned back, nor made again."""
    from fairshare.cli.pseudonyms import FOLDER, FolderKeys
    from fairshare.desk.keep_keys import destroy_key

    with open_as(desk, name) as (at, actor):
        held = destroy_key(at, actor, key, version, FolderKeys(desk / FOLDER), reason=reason)

    def show(screen: Screen) -> None:
        screen.line(f"Version {version} of {key} is destroyed, and that is in the desk's log.", "bold")
        screen.line("Destroy copies in backups as well: a copy turns its pseudonyms back.")

    return Page({"key": key, "destroyed": sorted(held.destroyed), "kept": list(held.usable)}, show)


def relink(
    case: CaseName,
    key: KeyId,
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="The plan whose source has the numbers.")],
    column: Annotated[str, typer.Option("--column", metavar="NAME", help="The source's column of numbers.")],
    pseudonyms: Annotated[Path, typer.Option("--pseudonyms", metavar="FILE", help="Which, one to a line.")],
    second: Annotated[str, typer.Option("--second", metavar="NAME", help="The approver at the desk who agreed.")],
    reason: Why,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new file for the answer, yours alone to read.")],
    version: Annotated[
        int | None, typer.Option("--version", min=1, help="Under which version of the key; the newest.")
    ] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Turn pseudonyms back into the numbers they stand for: needs the role relinker, an approver and a reason.

    This is not a release: nothing has left. The answer is in a file that only you can read.
    """
    from fairshare.cli.files import write_file
    from fairshare.desk.keep_keys import Relinking
    from fairshare.release.engines.relinking import read_pseudonyms
    from fairshare.release.plan import read_plan
    from fairshare.words.reading import read_file

    asked = read_pseudonyms(read_file(pseudonyms), where=pseudonyms.name)
    source = read_plan(read_file(plan), where=plan.name).source
    wanted = Relinking(case, key, version, source, plan.parent, column, tuple(asked), reason)
    found = _turn_back(desk, name, second, wanted)
    write_file(to, _write_answer(column, found), replace=False)
    document = {"asked": len(set(asked)), "found": len(found), "file": str(to)}

    def show(screen: Screen) -> None:
        screen.line("This is not a release: nothing has left.", "bold")
        screen.pairs([("asked", document["asked"]), ("found", len(found)), ("file", to)])

    return Page(document, show)


def _turn_back(folder: Path, name: str | None, second: str, wanted: Relinking) -> list[tuple[str, str]]:
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.cli.pseudonyms import FOLDER, FolderKeys
    from fairshare.desk.keep_keys import relink
    from fairshare.desk.workspace import find_actor

    with open_as(folder, name) as (at, actor):
        keys, connections = FolderKeys(folder / FOLDER), FileConnections(folder / FILE)
        return relink(at, actor, find_actor(at, second), wanted, keys=keys, connections=connections)


def _write_answer(column: str, found: list[tuple[str, str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([("pseudonym", column), *found])
    return text.getvalue().encode()
