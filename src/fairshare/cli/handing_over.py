"""What becomes of a release once it is made: handed over as it is, delivered somewhere, or read by Delta Sharing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.cli.commands import Page, add_command, describe_error
from fairshare.cli.deliver import ReleaseName, describe_delivery, find_named_place, show_delivery
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.release import release
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, ExitCode, FairshareError

if TYPE_CHECKING:
    from fairshare.cli.forms import ReleaseForm
    from fairshare.desk.entries import Delivered
    from fairshare.desk.ports import Desk
    from fairshare.desk.release_case import Wanted
    from fairshare.desk.who import Actor
    from fairshare.release.sealed_to import Readers


def check_way(form: ReleaseForm, readers: Readers, desk: Path) -> None:
    """Refuses a form whose way of handing over does not fit, before anything is done."""
    shared = form.handed_over == "delta_sharing"
    if shared and (readers or form.deliver_to):
        raise BadInput(
            "what is read by Delta Sharing is sealed to nobody and delivered nowhere",
            fix="Give no --to, no --passphrase and no deliver_to; or leave handed_over out.",
            where="handed_over",
        )
    if form.deliver_to is not None:
        find_named_place(desk, form.deliver_to)


def choose_way(desk: Desk, form: ReleaseForm, wanted: Wanted, folder: Path) -> Wanted:
    """What is asked for, with the desk's share store in place of a recipient's key if it is to be shared."""
    from fairshare.desk.share_release import find_store

    check_way(form, wanted.readers, folder)
    return replace(wanted, readers=find_store(desk)) if form.handed_over == "delta_sharing" else wanted


def deliver_made(
    desk: Desk, actor: Actor, form: ReleaseForm, folder: Path, release_id: str
) -> Delivered | FairshareError | None:
    """Delivers a release that was just made, if its form says where to; or why that failed, since it stays made."""
    from fairshare.desk.deliver_release import deliver_release

    if form.deliver_to is None:
        return None
    try:
        return deliver_release(desk, actor, release_id, find_named_place(folder, form.deliver_to))
    except FairshareError as error:
        return error


def add_delivery(page: Page, delivery: Delivered | FairshareError | None) -> Page:
    """The page of a release, with what became of its delivery; a passphrase on it is shown either way."""
    if delivery is None:
        return page
    if isinstance(delivery, FairshareError):
        failed = delivery

        def show_failed(screen: Screen) -> None:
            page.show(screen)
            screen.line(f"It was not delivered. {failed}", "bold red")

        document = page.document | {"delivery": describe_error(failed)}
        return Page(document, show_failed, ExitCode(failed.exit_code))
    done = delivery

    def show(screen: Screen) -> None:
        page.show(screen)
        show_delivery(screen, done)

    return Page(page.document | {"delivery": describe_delivery(done)}, show)


@add_command(release, "recall")
def recall(
    name: ReleaseName,
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence for the recipient to read.")],
    letter: Annotated[
        Path | None, typer.Option("--letter", metavar="FILE", help="Write the letter to the recipient here as well.")
    ] = None,
    notice: Annotated[
        Path | None, typer.Option("--notice", metavar="FILE", help="Write the signed notice for the recipient here.")
    ] = None,
    welsh: Annotated[bool, typer.Option("--welsh", help="The letter in Welsh.")] = False,
    desk: DeskFolder = HERE,
    actor_name: ActingAs = None,
) -> Page:
    """Call a release back. A share stops at once, also in mid-read; for sealed files it writes to the recipient."""
    from fairshare.cli.files import write_file
    from fairshare.desk.recall_release import recall_release
    from fairshare.records import encode

    with open_as(desk, actor_name) as (at, actor):
        done = recall_release(at, actor, name, reason=reason, language="cy" if welsh else "en")
    if letter is not None:
        write_file(letter, done.letter.encode())
    if notice is not None:
        write_file(notice, encode(done.notice))

    def show(screen: Screen) -> None:
        screen.line(f"Recalled. Send this to {done.recipient}:", "bold")
        screen.exact(done.letter)
        if done.was_shared:
            screen.line("Nobody can read it at the endpoint any more, and it was removed from the share store.")

    document = {
        "notice": done.notice.id,
        "recipient": done.recipient,
        "letter": done.letter,
        "was_shared": done.was_shared,
    }
    return Page(document, show)
