"""Pseudonymisation keys of a desk: one file for each, named by the key's id, that only its owner can read."""

from __future__ import annotations

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
        """The secret key under this id."""
        path = find_place(self.folder, key_id)
        if not path.is_file():
            raise PseudonymKeyMissing(
                "there is no pseudonymisation key of that id",
                fix=f"Make it once, and keep it: fairshare keys make-pseudonym {key_id}",
                where=str(path),
            )
        text = read_file(path, max_bytes=1024).strip()
        if path.stat().st_mode & 0o077:
            raise BadPseudonymKey("others can read this key", fix=f"Run: chmod 600 {path.name}", where=str(path))
        if not re.fullmatch(rb"[0-9a-f]{64}", text):
            raise BadPseudonymKey("it is not 32 bytes in hexadecimal", fix="Restore it from a backup.", where=str(path))
        return bytes.fromhex(text.decode())


def make_pseudonym_key(folder: Path, key_id: str) -> Path:
    """A new key in a file that must not exist: whoever has it can link pseudonyms back, and no other key gives them."""
    path = find_place(make_folder(folder), key_id)
    write_file(path, f"{secrets.token_bytes(SIZE).hex()}\n".encode(), replace=False)
    return path


def find_place(folder: Path, key_id: str) -> Path:
    """Where the key of this id is."""
    if not _NAME.fullmatch(key_id):
        raise BadPseudonymKey(
            "this cannot be the id of a key",
            fix="Use letters, digits, dots, dashes and underscores.",
            where=key_id[:80],
        )
    return folder / f"{key_id}.key"
