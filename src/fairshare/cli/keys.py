"""Keys: one pair to sign with, one pair to receive sealed files with. Only public halves are ever printed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, DeskFolder
from fairshare.cli.files import FileExists, make_folder, write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput

keys = typer.Typer(no_args_is_help=True, help="Make keys, and show the public half of one.")

KeyFile = Annotated[Path, typer.Argument(metavar="FILE", help="A new file for the private half; keep it safe.")]


@add_command(keys, "make-signing")
def make_signing(
    file: KeyFile,
    name: Annotated[str, typer.Option("--name", help="The organisation that signs with it.")],
) -> Page:
    """Make a key to sign records with.

    FILE gets the private half and must not exist; FILE.public.json gets the half to give to partners.
    """
    import secrets

    from fairshare.records import make_signing_key, write_keys, write_signing_key

    key = make_signing_key(name, secrets.token_bytes)
    public = name_public_file(file)
    check_free(file, public)
    make_folder(file.parent)
    write_signing_key(file, key)
    write_file(public, write_keys([key.public]), mode=0o644, replace=False)

    def show(screen: Screen) -> None:
        screen.pairs([("private half", file), ("public half", public), ("key id", key.public.kid)])
        screen.line("Give partners the public half, and read them the key id over another channel.")

    return Page({"private": str(file), "public": str(public), "key": key.public.model_dump()}, show)


@add_command(keys, "make-reader")
def make_reader(file: KeyFile) -> Page:
    """Make a key to receive sealed files with, in the age format.

    FILE gets the secret half and must not exist; FILE.public.txt gets the line to give to senders.
    """
    from fairshare.records import make_reader_key

    public, secret = make_reader_key()
    beside = file.with_name(f"{file.name}.public.txt")
    check_free(file, beside)
    write_file(file, f"{secret}\n".encode(), replace=False)
    write_file(beside, f"{public}\n".encode(), mode=0o644, replace=False)

    def show(screen: Screen) -> None:
        screen.pairs([("secret half", file), ("public half", beside)])
        screen.exact(public)
        screen.line("Give senders this line, and confirm it over another channel.")

    return Page({"secret": str(file), "public": str(beside), "reader": public}, show)


@add_command(keys, "show")
def show_key(file: Annotated[Path, typer.Argument(metavar="FILE", help="Any file of keys.")]) -> Page:
    """Show what is public in a file of keys: a signing key, a list of public keys, or a reader's public key."""
    from fairshare.words.reading import read_file

    raw = read_file(file, max_bytes=1024 * 1024)
    if raw.lstrip()[:1] == b"{":
        return show_signing(file, raw)
    public = read_reader(raw, where=str(file))
    return Page({"reader": public}, lambda screen: screen.exact(public))


def show_signing(file: Path, raw: bytes) -> Page:
    """The public keys in a file of signing keys."""
    from fairshare.records import parse_keys, read_signing_key
    from fairshare.words.reading import parse_json

    found = parse_json(raw, where=str(file))
    private = isinstance(found, dict) and "d" in found
    listed = [read_signing_key(file).public] if private else list(parse_keys(raw, where=str(file)))

    def show(screen: Screen) -> None:
        screen.table(["organisation", "key id"], [(key.name, key.kid) for key in listed])

    return Page({"keys": [key.model_dump() for key in listed]}, show)


def read_reader(raw: bytes, *, where: str) -> str:
    """A reader's public key from a file that holds it on a line of its own."""
    from fairshare.records import check_reader_key

    lines = [each.strip() for each in raw.decode("ascii", "replace").splitlines()]
    found = [each for each in lines if each and not each.startswith("#")]
    if len(found) != 1 or found[0].startswith("AGE-SECRET-KEY-"):
        raise BadInput(
            "this is not the public half of a reader's key",
            fix="Give the file that holds the age1... line, and nothing else.",
            where=where,
        )
    check_reader_key(found[0])
    return found[0]


def name_public_file(file: Path) -> Path:
    """Where the public half of a signing key goes."""
    return file.with_name(f"{file.name.removesuffix('.json')}.public.json")


def check_free(*paths: Path) -> None:
    """Refuses before anything is written if one of the files is there already."""
    for path in paths:
        if path.exists():
            raise FileExists(
                "there is a file of that name already",
                fix="Choose another name; keys are never replaced.",
                where=str(path),
            )


@add_command(keys, "make-pseudonym")
def make_pseudonym(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id that plans will name it by.")],
    desk: DeskFolder = HERE,
) -> Page:
    """Make a key to pseudonymise with, once for each agreement.

    The same value under the same key is the same pseudonym; under another key it is another one.
    """
    from fairshare.cli.pseudonyms import FOLDER, make_pseudonym_key
    from fairshare.desk.workspace import read_settings

    read_settings(desk)
    path = make_pseudonym_key(desk / FOLDER, key_id)

    def show(screen: Screen) -> None:
        screen.line(f"The key {key_id} is in {path}.")
        screen.line("Keep it as long as the agreement runs: without it the pseudonyms cannot be made again.")

    return Page({"key_id": key_id, "file": str(path)}, show)


@add_command(keys, "reader")
def reader(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The public reader key that they gave you.")],
    of: Annotated[str, typer.Option("--of", metavar="ORGANISATION", help="Whose it is, by the name in decisions.")],
    checked_by: Annotated[str, typer.Option("--checked-by", metavar="NAME", help="Who checked, by name at the desk.")],
    how: Annotated[str, typer.Option("--how", help="How, such as 'read back on the number in the directory'.")],
    desk: DeskFolder = HERE,
) -> Page:
    """Record that a reader key is an organisation's, so that releases to it may be sealed to that key.

    Have them read the key back first, on a number that you looked up. No other key is taken, but in an emergency.
    """
    from datetime import UTC, datetime

    from fairshare.desk.workspace import record_reader
    from fairshare.words.reading import read_file

    key = read_reader(read_file(file, max_bytes=64 * 1024), where=str(file))
    kept = record_reader(desk, of, key, checked_by=checked_by, how=how, checked_on=datetime.now(UTC).date())

    def show(screen: Screen) -> None:
        screen.line(f"Releases to {kept.organisation} may be sealed to this key:")
        screen.exact(kept.key)

    return Page(kept.model_dump(mode="json"), show)


@add_command(keys, "trust")
def trust(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Public keys that a partner gave you.")],
    desk: DeskFolder = HERE,
) -> Page:
    """Add a partner's public keys to those that the desk trusts.

    Compare the key ids with the partner over another channel first: a call to a number that you looked up.
    """
    from fairshare.desk.workspace import trust_keys
    from fairshare.records import read_keys

    added = read_keys(file)
    trust_keys(desk, added)

    def show(screen: Screen) -> None:
        screen.table(["now trusted", "key id"], [(key.name, key.kid) for key in added])

    return Page({"trusted": [key.model_dump() for key in added]}, show)
