"""Worker environments: which there are, and installing and removing them."""

from __future__ import annotations

from typing import Annotated

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.screen import Screen

worker = typer.Typer(no_args_is_help=True, help="List, install and remove worker environments.")

Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="See `fairshare worker list`.")]


@add_command(worker, "list")
def list_workers() -> Page:
    """List the worker environments that there are: what each is for, how large it is, and whether it is installed."""
    from fairshare.release.workers import WORKERS, find_home, is_installed

    home = find_home()
    found = [
        {
            "name": each.name,
            "purpose": each.purpose,
            "size_mb": each.size_mb,
            "installed": is_installed(each.name, home),
            "lock": each.digest,
        }
        for each in WORKERS.values()
    ]

    def show(screen: Screen) -> None:
        screen.pairs([("in", home)])
        rows = [
            (each["name"], each["purpose"], f"{each['size_mb']:,} MB", "yes" if each["installed"] else "no")
            for each in found
        ]
        screen.table(("Worker", "It", "Size", "Installed"), rows)

    return Page({"folder": str(home), "workers": found}, show)


@add_command(worker, "install")
def install(names: Names, screen: Screen) -> Page:
    """Install worker environments: every file is checked against the hash in the lock that Fairshare ships.

    If it is cut short, run it again: what was fetched is kept.
    """
    from fairshare.release.workers import find_home, find_worker
    from fairshare.release.workers.installing import install_worker

    home = find_home()
    for name in names:
        find_worker(name)
    done = {}
    for name in names:
        with screen.working(f"installing the worker {name}") as tell:
            done[name] = install_worker(name, home, on_progress=tell)
    rows = [(name, "installed" if fresh else "was installed already") for name, fresh in done.items()]
    return Page({"folder": str(home), "installed": done}, lambda screen: screen.pairs(rows))


@add_command(worker, "remove")
def remove(names: Names) -> Page:
    """Remove worker environments, whole or half installed."""
    from fairshare.release.workers import find_home, remove_worker

    done = {name: remove_worker(name, find_home()) for name in names}
    rows = [(name, "removed" if there else "was not there") for name, there in done.items()]
    return Page({"removed": done}, lambda screen: screen.pairs(rows))
