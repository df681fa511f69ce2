"""Sharing by Delta Sharing: tokens for recipients, the endpoint, and the log of what was read."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.deliver import ReleaseName
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.desk.entries import Accessed
    from fairshare.desk.share_release import TokenState

share = typer.Typer(no_args_is_help=True, help="Let recipients read tables here by Delta Sharing, and see who did.")

Endpoint = Annotated[
    str, typer.Option("--endpoint", metavar="URL", help="The address that recipients reach the endpoint under.")
]


@add_command(share, "profile")
def profile(
    case: CaseName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file for the profile: it has the token.")],
    endpoint: Endpoint,
    days: Annotated[int, typer.Option("--days", help="How long the token lasts.")] = 90,
    recipient: Annotated[
        str | None, typer.Option("--for", metavar="NAME", help="Which party, if there is more than one recipient.")
    ] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Make a recipient's token under the case's agreement, as a profile for a Delta Sharing client.

    It is written this once and kept nowhere here. The recipient's older tokens under the agreement stop at once.
    """
    import json

    from fairshare.cli.files import FileExists, write_file
    from fairshare.desk.share_release import give_token

    if out.exists():
        # Before a token is made, because making one ends the older ones.
        raise FileExists("there is a file of that name already", fix="Choose another name.", where=str(out))
    with open_as(desk, name) as (at, actor):
        made = give_token(at, actor, case, endpoint=endpoint, days=days, recipient=recipient)
    write_file(out, json.dumps(made.profile, indent=2).encode() + b"\n", replace=False)

    def show(screen: Screen) -> None:
        screen.line("A token was made. Its only copy is in the profile: hand that over safely, then delete it.", "bold")
        screen.pairs([("profile", out), ("for", made.recipient), ("until", made.expires_at), ("token", made.token)])
        for each in made.replaced:
            screen.bullet(f"token {each} stopped")

    document = {
        "token": made.token,
        "recipient": made.recipient,
        "profile": str(out),
        "expires_at": made.expires_at,
        "replaced": made.replaced,
    }
    return Page(document, show)


@add_command(share, "tokens")
def tokens(case: CaseName, desk: DeskFolder = HERE, name: ActingAs = None) -> Page:
    """List a case's tokens: whose they are, until when, and whether they still work."""
    from fairshare.desk.share_release import list_tokens

    with open_as(desk, name) as (at, _):
        found = [describe_token(each, works=each.works(at.clock.now())) for each in list_tokens(at, case)]

    def show(screen: Screen) -> None:
        rows = [(each["token"], each["recipient"], each["until"], "yes" if each["works"] else "no") for each in found]
        screen.table(("token", "for", "until", "works"), rows)

    return Page({"tokens": found}, show)


@add_command(share, "revoke")
def revoke(
    case: CaseName,
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The token's id, as `share tokens` lists it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it stops.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Stop a token at once; whoever is reading with it is cut off."""
    from fairshare.desk.share_release import end_token

    with open_as(desk, name) as (at, actor):
        end_token(at, actor, case, token, reason=reason)
    return Page({"token": token, "stopped": True}, lambda screen: screen.line(f"Token {token} has stopped.", "bold"))


@add_command(share, "log")
def log(
    case: Annotated[str | None, typer.Argument(metavar="CASE", help="One case; all of them without.")] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Show what was read at the endpoint: who, which release, how many bytes, when. Each entry is in the desk's log."""
    from fairshare.desk.serve_shares import list_accesses

    with open_as(desk, name) as (at, _):
        found = [describe_access(each) for each in list_accesses(at, case)]

    def show(screen: Screen) -> None:
        headings = ("at", "recipient", "act", "release", "bytes", "ended")
        screen.table(headings, [[each[heading] or "" for heading in headings] for each in found])

    return Page({"accesses": found}, show)


@add_command(share, "sheet")
def sheet(
    release: ReleaseName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it, as HTML.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Write the recipient's copy of a share's release sheet, to be sent to them with the profile."""
    from fairshare.cli.files import write_file
    from fairshare.desk.serve_shares import read_recipients_sheet

    with open_as(desk, name) as (at, _):
        write_file(out, read_recipients_sheet(at, release))
    return Page({"sheet": str(out)}, lambda screen: screen.pairs([("release sheet", out)]))


@add_command(share, "serve")
def serve(
    screen: Screen,
    host: Annotated[str, typer.Option("--host", help="The network address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port to listen at.")] = 8443,
    cert: Annotated[Path | None, typer.Option("--cert", metavar="FILE", help="The certificate and its chain.")] = None,
    key: Annotated[Path | None, typer.Option("--key", metavar="FILE", help="The certificate's private key.")] = None,
    endpoint: Annotated[
        str | None, typer.Option("--endpoint", metavar="URL", help="The address that recipients reach it under.")
    ] = None,
    without_tls: Annotated[
        bool, typer.Option("--without-tls", help="Behind a proxy on this machine that does TLS; loopback only.")
    ] = False,
    desk: DeskFolder = HERE,
) -> Page:
    """Serve the desk's shares to Delta Sharing clients, over TLS, until it is stopped.

    Each request and each piece of a file is checked against the token, the agreement and recalls as they are then.
    """
    from fairshare.cli.share_app import DESK, ENDPOINT, TARGET
    from fairshare.desk.workspace import read_settings
    from fairshare.release.sharing.serving import (
        Listening,
        check_endpoint,
        check_listening,
        serve_app,
        write_endpoint,
    )

    read_settings(desk)
    check_listening(host, port, cert, key, without_tls=without_tls)
    address = (endpoint or write_endpoint(host, port, tls=cert is not None)).rstrip("/")
    check_endpoint(address)
    os.environ |= {DESK: str(desk.absolute()), ENDPOINT: address}
    screen.line(f"Serving {address}/delta-sharing/ until stopped.", "bold")
    serve_app(TARGET, Listening(host, port, cert, key))
    return Page({"served": address}, lambda shown: shown.line("Stopped."))


def describe_token(state: TokenState, *, works: bool) -> dict[str, Any]:
    """A token as a document; its secret is not known here."""
    made = state.made
    return {
        "token": made.token,
        "recipient": made.recipient,
        "until": made.expires_at.isoformat(),
        "works": works,
        "made_by": made.by.name,
        "ended": state.ended.reason if state.ended else None,
    }


def describe_access(entry: Accessed) -> dict[str, Any]:
    """An access as a document."""
    return entry.model_dump(mode="json", exclude={"salt", "kind"})
