"""Pseudonymisation keys of a desk: one file for each, named by the key's id, that only its owner can read."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from fairshare.cli.files import make_folder, write_file
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import read_file

FOLDER = "pseudonym-keys"
"""Where they are, in the desk's folder."""
SIZE = 32
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_VERSION = re.compile(r"\.v([1-9][0-9]{0,5})\.key")


class PseudonymKeyMissing(NotFound):
    """The desk has no pseudonymisation key of that id."""

    code = "PSEUDONYM_KEY_MISSING"


class BadPseudonymKey(BadInput):
    """A pseudonymisation key or its id is not what it should be."""

    code = "BAD_PSEUDONYM_KEY"


@dataclass(frozen=True)
class FolderKeys:
    """The pseudonymisation keys in a folder, by id."""

    folder: Path

    def key_for(self, key_id: str) -> bytes:
        """The secret key under this id: its newest version, or the one that `ID:VERSION` asks for."""
        from fairshare.release.custody import split_version

        name, version = split_version(key_id)
        path = find_place(self.folder, name, version or find_newest(self.folder, name))
        if not path.is_file():
            raise PseudonymKeyMissing(
                "there is no pseudonymisation key of that id",
                fix=f"Make it once, and keep it: fairshare keys make-pseudonym {name}",
                where=str(path),
            )
        text = read_file(path, max_bytes=1024).strip()
        if path.stat().st_mode & 0o077:
            raise BadPseudonymKey("others can read this key", fix=f"Run: chmod 600 {path.name}", where=str(path))
        if not re.fullmatch(rb"[0-9a-f]{64}", text):
            raise BadPseudonymKey("it is not 32 bytes in hexadecimal", fix="Restore it from a backup.", where=str(path))
        return bytes.fromhex(text.decode())

    def make_version(self, key_id: str, version: int) -> None:
        """Draws a new key as this version; nothing if it is there already."""
        path = find_place(make_folder(self.folder), key_id, version)
        if not path.is_file():
            write_file(path, f"{secrets.token_bytes(SIZE).hex()}\n".encode(), replace=False)

    def destroy_version(self, key_id: str, version: int) -> None:
        """Overwrites and removes this version; nothing if it is not there. Some disks keep what is overwritten."""
        path = find_place(self.folder, key_id, version)
        if path.is_file():
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(2 * SIZE))
                file.flush()
                os.fsync(file.fileno())
            path.unlink()


def make_pseudonym_key(folder: Path, key_id: str) -> Path:
    """A new key in a file that must not exist: whoever has it can link pseudonyms back, and no other key gives them."""
    path = find_place(make_folder(folder), key_id)
    write_file(path, f"{secrets.token_bytes(SIZE).hex()}\n".encode(), replace=False)
    return path


def find_newest(folder: Path, key_id: str) -> int:
    """The newest version of a key that is there; 1 if there is none."""
    check_id(key_id)
    found = [_VERSION.fullmatch(each.name[len(key_id) :]) for each in folder.glob(f"{key_id}.v*.key")]
    return max((int(each[1]) for each in found if each), default=1)


def find_place(folder: Path, key_id: str, version: int = 1) -> Path:
    """Where a version of the key of this id is; the first has no number in its name."""
    check_id(key_id)
    return folder / (f"{key_id}.key" if version == 1 else f"{key_id}.v{version}.key")


def check_id(key_id: str) -> None:
    """Refuses what cannot be the id of a key, or of a file."""
    if not _NAME.fullmatch(key_id):
        raise BadPseudonymKey(
            "this cannot be the id of a key",
            fix="Use letters, digits, dots, dashes and underscores.",
            where=key_id[:80],
        )
