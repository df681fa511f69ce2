"""Commands about lists of opt-outs: registering those that no plan may forget, and leaving one out of a case."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.release.opt_outs_known import RegisteredList

opt_outs = typer.Typer(
    no_args_is_help=True, help="Lists of people who opted out or objected, which no plan may forget."
)

ListFile = Annotated[Path, typer.Argument(metavar="LIST", help="The list, one value to a line.")]
ListName = Annotated[str, typer.Option("--name", metavar="NAME", help="The list's name.")]


def add_leaving_out(group: typer.Typer) -> None:
    """Adds the command that leaves a list out to the group of those about releases."""
    add_command(group, "disapply-opt-outs")(disapply)


@add_command(opt_outs, "add")
def add(
    file: ListFile,
    list_name: ListName,
    kind: Annotated[
        str,
        typer.Option("--kind", metavar="K", help="national_data_opt_out, article_21_objection, local_list or at_risk."),
    ],
    effect: Annotated[str, typer.Option("--effect", metavar="E", help="row, column or second_person.")] = "row",
    column: Annotated[list[str] | None, typer.Option("--column", help="For the effect column; may repeat.")] = None,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", help="Name of a file, folder or table; may repeat. Without any, every source."),
    ] = None,
    purpose: Annotated[list[str] | None, typer.Option("--purpose", help="Code of a purpose; may repeat.")] = None,
    recipient: Annotated[list[str] | None, typer.Option("--recipient", help="Name of a recipient; may repeat.")] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Register a list, or its new version: a release that it reaches is refused if its plan lacks it."""
    from fairshare.desk.keep_opt_outs import register_list
    from fairshare.release.opt_outs_known import RegisteredList
    from fairshare.words.reading import build, read_file

    said: dict[str, Any] = {"name": list_name, "kind": kind, "effect": effect}
    said |= {
        "columns": column or (),
        "sha256": sha256(read_file(file)).hexdigest(),
        "sources": source or (),
        "purposes": purpose or (),
        "recipients": recipient or (),
    }
    given = build(RegisteredList, said, where="opt-outs add")
    with open_as(desk, name) as (at, actor):
        kept = register_list(at, actor, given)

    def show(screen: Screen) -> None:
        screen.line(f"{kept.name} is registered. It is in the desk's log.", "bold")
        screen.pairs([("SHA-256", kept.sha256), ("reaches", _tell_reach(kept))])

    return Page(kept.model_dump(mode="json"), show)


@add_command(opt_outs, "list")
def list_registered(desk: DeskFolder = HERE, name: ActingAs = None) -> Page:
    """List the registered lists, and how far each reaches."""
    from fairshare.desk.keep_opt_outs import find_registered

    with open_as(desk, name) as (at, _):
        found = find_registered(at)

    def show(screen: Screen) -> None:
        screen.table(
            ["list", "kind", "effect", "SHA-256", "reaches"],
            [(each.name, each.kind, each.effect, each.sha256[:12], _tell_reach(each)) for each in found],
        )

    return Page({"lists": [each.model_dump(mode="json") for each in found]}, show)


@add_command(opt_outs, "remove")
def remove(
    list_name: Annotated[str, typer.Argument(metavar="NAME", help="The list's name.")],
    reason: Annotated[str, typer.Option("--reason", metavar="REASON", help="Why; it is kept in the desk's log.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Take a list out of those registered: plans may leave it out from now on."""
    from fairshare.desk.keep_opt_outs import remove_list

    with open_as(desk, name) as (at, actor):
        kept = remove_list(at, actor, list_name, reason=reason)
    return Page({"removed": kept.name}, lambda screen: screen.line(f"{kept.name} is registered no more.", "bold"))


def disapply(
    case: CaseName,
    file: ListFile,
    list_name: ListName,
    ground: Annotated[str, typer.Option("--ground", metavar="GROUND", help="The ground, such as legal_duty.")],
    reason: Annotated[str, typer.Option("--reason", metavar="REASON", help="Why the ground stands.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Leave a list out of a case's releases, in your own name; whoever does may not be the one who releases.

    The plan says the same under `disapplied`; without this it is refused.
    """
    from fairshare.desk.keep_opt_outs import leave_list_out
    from fairshare.release.opt_outs_known import LeftOut
    from fairshare.words.reading import build, read_file

    digest = sha256(read_file(file)).hexdigest()
    with open_as(desk, name) as (at, actor):
        said = {
            "name": list_name,
            "sha256": digest,
            "ground": ground,
            "by": actor.person,
            "on": at.clock.now().date(),
            "why": reason,
        }
        kept = leave_list_out(at, actor, case, build(LeftOut, said, where="disapply-opt-outs"))

    def show(screen: Screen) -> None:
        screen.line(f"{kept.name} is left out of {case}, by {kept.by.name}, for {kept.ground}.", "bold")
        screen.line("It is in the desk's log. The plan must say the same under `disapplied`.")

    return Page(kept.model_dump(mode="json"), show)


def _tell_reach(each: RegisteredList) -> str:
    parts = [", ".join(names) for names in (each.sources, each.purposes, each.recipients) if names]
    return "; ".join(parts) or "every source, purpose and recipient"
