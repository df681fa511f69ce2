"""Does a case archive hold? Offline, with no database, against the keys that the verifier trusts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.cli.archives import SecretKey, read_archive_file
from fairshare.cli.commands import Page
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.ledger import VerificationReport


def verify(
    archive: Annotated[Path, typer.Argument(metavar="CASE", help="The archive of a case.")],
    trust: Annotated[
        Path | None,
        typer.Option("--trust", metavar="KEYS", help="Public keys that you have from their owners, as a file."),
    ] = None,
    key: SecretKey = None,
) -> Page:
    """Verify the archive of a case: every signature, link, proof and release in it.

    Exits with 0 if everything holds and every signer is trusted, 5 if something does not hold (the first such thing is
    named), and 6 if it is internally consistent but no trusted keys were given.
    """
    from fairshare.ledger import verify_archive
    from fairshare.records import read_keys

    trusted = read_keys(trust) if trust is not None else None
    report = verify_archive(read_archive_file(archive, key), trusted)
    document = report.model_dump(mode="json") | {"summary": report.summary, "exit_code": int(report.exit_code)}
    return Page(document, lambda screen: show_report(screen, report), report.exit_code)


def show_report(screen: Screen, report: VerificationReport) -> None:
    """What verifying showed, the outcome first."""
    style = "bold red" if report.fault else "bold green" if report.trusted else "bold yellow"
    screen.line(report.summary, style)
    if report.fault:
        screen.pairs([("code", report.fault.code), ("next", report.fault.fix)])
    if report.records:
        screen.table(
            ["record", "state", "signed by", "id"],
            [(each.kind, each.state, ", ".join(each.signed_by), each.id[:23]) for each in report.records],
        )
    for text in report.checked:
        screen.bullet(f"checked: {text}")
    for text in report.not_checked:
        screen.bullet(f"could not be checked: {text}", "yellow")
    if report.log:
        cosigned = f", cosigned by {', '.join(report.log.witnesses)}" if report.log.witnesses else ""
        screen.line(f"Log {report.log.origin}, {report.log.size} entries, signed by {report.log.signed_by}{cosigned}.")
