"""Files that may be sealed to a reader: opened with a secret key from a file, or a passphrase typed in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.cli.keys import read_reader
from fairshare.words import BadInput
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.records import Passphrase

MAX_SEALED = 20 * 1024 * 1024
AGE_MAGIC = b"age-encryption.org/"

SecretKey = Annotated[
    Path | None,
    typer.Option("--key", metavar="FILE", help="Your secret reader key; without it, a passphrase is asked for."),
]
Readers = Annotated[
    list[Path] | None,
    typer.Option("--to", metavar="FILE", help="A recipient's public reader key; repeat it for more of them."),
]


class PassphraseNeeded(BadInput):
    """Something is sealed to a passphrase, and nobody is there to type it in."""

    code = "PASSPHRASE_NEEDED"


def read_archive_file(path: Path, key: Path | None) -> bytes:
    """The bytes of a case archive, opened first if it is sealed."""
    raw = read_file(path, max_bytes=MAX_SEALED)
    if not raw.startswith(AGE_MAGIC):
        return raw
    from fairshare.records import open_bytes

    return open_bytes(raw, find_secret(key))


def find_secret(key: Path | None) -> str | Passphrase:
    """The secret that opens something sealed: from a key file, or typed in by the person."""
    if key is not None:
        lines = read_file(key, max_bytes=64 * 1024).decode("ascii", "replace").splitlines()
        return next((each.strip() for each in lines if each.strip() and not each.startswith("#")), "")
    return ask_passphrase("Passphrase")


def ask_passphrase(prompt: str, *, twice: bool = False) -> Passphrase:
    """A passphrase typed in unseen; never from the command line, where others could read it."""
    from fairshare.records import Passphrase

    if not sys.stdin.isatty():
        raise PassphraseNeeded(
            "a passphrase is needed, and there is no terminal to type it in",
            fix="Run it in a terminal, or give a key with --key.",
        )
    typed: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=twice, err=True)
    return Passphrase(typed)


def find_readers(files: list[Path] | None) -> tuple[str, ...]:
    """The public keys to seal to, from their files."""
    return tuple(read_reader(read_file(each, max_bytes=64 * 1024), where=str(each)) for each in files or ())
