"""One organisation's desk in a folder: who works there, its keys, and the keys it trusts."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from fairshare.desk.folder import FolderStore, SystemClock, put_in_place, write_beside
from fairshare.desk.ports import Clock, Desk
from fairshare.desk.readers import ReaderKey, ReaderKeys, add_reader
from fairshare.desk.who import Actor
from fairshare.records import (
    Entropy,
    Keys,
    PublicKey,
    check_reader_key,
    encode,
    make_signing_key,
    parse_canonical,
    read_keys,
    read_signing_key,
    write_keys,
    write_signing_key,
)
from fairshare.words import BadInput, NotFound, Organisation, Refused, Value
from fairshare.words.reading import build, parse_json, read_file

DESK_FILE = "desk.json"
KEY_FILE = "organisation.key.json"
TRUST_FILE = "trusted-keys.json"
READERS_FILE = "reader-keys.json"


class DeskExists(Refused):
    """There is a desk in this folder already."""

    code = "DESK_EXISTS"


class NotADesk(NotFound):
    """This folder holds no desk."""

    code = "NOT_A_DESK"


class DeskSettings(Value):
    """What `desk.json` says: whose desk it is, the name of its log, and who works there."""

    organisation: Organisation
    log: str
    people: tuple[Actor, ...]


def start_desk(
    root: Path,
    organisation: Organisation,
    people: Sequence[Actor],
    *,
    log: str,
    entropy: Entropy = secrets.token_bytes,
) -> PublicKey:
    """Makes a desk in a new or empty folder, with a signing key of its own; the public key is for partners to trust.

    Takes    log: the name of its log, like a web address without https://, such as `harbour.example/log`.
    """
    if (root / DESK_FILE).exists():
        raise DeskExists("there is a desk here already", fix="Choose another folder.", where=str(root))
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the folder cannot be made ({type(error).__name__})",
            fix="Check its path and permissions.",
            where=str(root),
        ) from None
    settings = DeskSettings(organisation=organisation, log=log, people=tuple(people))
    key = make_signing_key(organisation.name, entropy)
    write_signing_key(root / KEY_FILE, key)
    write_whole(root / TRUST_FILE, write_keys([key.public]))
    FolderStore.open(root, log, key).close()
    # Last, because it is what makes the folder a desk.
    write_whole(root / DESK_FILE, encode(settings) + b"\n")
    return key.public


@contextmanager
def open_desk(root: Path, *, clock: Clock | None = None, entropy: Entropy = secrets.token_bytes) -> Iterator[Desk]:
    """The desk in a folder, for as long as the `with` block lasts; what was cut short is finished first."""
    settings = read_settings(root)
    key = read_signing_key(root / KEY_FILE)
    store = FolderStore.open(root, settings.log, key)
    try:
        yield Desk(
            organisation=settings.organisation,
            people=settings.people,
            key=key,
            trusted=read_keys(root / TRUST_FILE),
            readers=read_readers(root),
            records=store.records,
            entries=store.entries,
            log=store.log,
            clock=clock or SystemClock(),
            files=store.files,
            entropy=entropy,
        )
    finally:
        store.close()


def trust_keys(root: Path, keys: Keys) -> None:
    """Adds partners' public keys to those the desk trusts; check them with the partner by another channel first."""
    read_settings(root)
    write_whole(root / TRUST_FILE, write_keys([*read_keys(root / TRUST_FILE), *keys]))


def record_reader(root: Path, organisation: str, key: str, *, checked_by: str, how: str, checked_on: date) -> ReaderKey:
    """Records that a reader key is an organisation's, as somebody who works here has checked with them.

    Takes    checked_by: their name at the desk; how: such as "read back on the number in the police directory".
    Raises   BadReader, ReaderKeyTaken; NotFound when nobody of that name works here.
    """
    person = find_actor(read_settings(root), checked_by).person
    check_reader_key(key)
    said = {"organisation": organisation, "key": key, "checked_by": person, "how": how, "checked_on": checked_on}
    new = build(ReaderKey, said, where="reader key")
    held = add_reader(read_readers(root), new)
    # Laid out in lines, so that a key that is lost can be taken out by hand.
    write_whole(root / READERS_FILE, held.model_dump_json(indent=2).encode() + b"\n")
    return new


def read_readers(root: Path) -> ReaderKeys:
    """The reader keys that the desk knows; none in a desk where none was recorded."""
    path = root / READERS_FILE
    if not path.exists():
        return ReaderKeys()
    return build(ReaderKeys, parse_json(read_file(path), where=READERS_FILE), where=READERS_FILE)


def find_actor(desk: Desk | DeskSettings, name: str) -> Actor:
    """The person of this name who works at the desk."""
    for actor in desk.people:
        if actor.person.name == name:
            return actor
    raise NotFound(
        "nobody of that name works at this desk",
        fix=f"Add them with their roles under `people` in {DESK_FILE}, or correct the name.",
        where=DESK_FILE,
    )


def read_settings(root: Path) -> DeskSettings:
    """What the desk's own file says."""
    path = root / DESK_FILE
    if not path.is_file():
        raise NotADesk("there is no desk in this folder", fix="Make one with `fairshare start`.", where=str(root))
    raw = read_file(path)
    settings = build(DeskSettings, parse_canonical(raw.removesuffix(b"\n"), where=DESK_FILE), where=DESK_FILE)
    if len({actor.person.name for actor in settings.people}) < len(settings.people):
        raise BadInput("two people at the desk have the same name", fix="Tell them apart.", where=DESK_FILE)
    return settings


def write_whole(path: Path, content: bytes) -> None:
    """Writes a small file whole or not at all."""
    write_beside(path, content)
    put_in_place(path)
