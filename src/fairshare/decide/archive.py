"""Rule bases kept under their digest, so that an old decision runs again exactly as it ran then."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from tempfile import NamedTemporaryFile

from fairshare.decide.language import RuleBase
from fairshare.decide.load import canonical_bytes, read_base, read_folder
from fairshare.words import BadInput, NotFound, Unsound
from fairshare.words.reading import parse_json, read_file

MAX_ARCHIVE_BYTES = 64 * 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


class BadArchive(BadInput):
    """A file is not an archived rule base."""

    code = "RULE_ARCHIVE_NOT_VALID"


class ArchiveChanged(Unsound):
    """An archived rule base is not what its name says."""

    code = "RULE_ARCHIVE_CHANGED"


class RulesNotArchived(NotFound):
    """No archived rule base has that digest."""

    code = "RULES_NOT_ARCHIVED"


def archive_base(folder: Path, store: Path) -> Path:
    """Keeps the rule base of a folder in `store` as one canonical file named by its digest, and says where.

    Doing it again changes nothing. The file is complete or not there at all.
    """
    raw = canonical_bytes(read_folder(folder))
    read_archived(raw)
    path = _place(store, hashlib.sha256(raw).hexdigest())
    try:
        store.mkdir(parents=True, exist_ok=True)
        if path.is_file() and path.read_bytes() == raw:
            return path
        with NamedTemporaryFile(dir=store, prefix=".", delete=False) as staged:
            staged.write(raw)
            staged.flush()
            os.fsync(staged.fileno())
        Path(staged.name).replace(path)
    except OSError as error:
        raise BadInput(
            f"the archive cannot be written: {error.strerror}",
            fix="Check the folder and its permissions.",
            where=str(store),
        ) from None
    return path


def load_archived(digest: str, store: Path) -> RuleBase:
    """The rule base with this digest. What its law said was checked when it was made, and is not asked again.

    Raises   RulesNotArchived; ArchiveChanged if the file is no longer what it was; BadArchive.
    """
    path = _place(store, digest)
    if not path.is_file():
        raise RulesNotArchived(
            "no rule base is archived under that digest", fix="Add the archive that the case names.", where=str(path)
        )
    raw = read_file(path, max_bytes=MAX_ARCHIVE_BYTES)
    if hashlib.sha256(raw).hexdigest() != digest:
        raise ArchiveChanged(
            "the archived rule base is not what its name says", fix="Restore it from a backup.", where=str(path)
        )
    return read_archived(raw)


def read_archived(raw: bytes) -> RuleBase:
    """The rule base in an archive's bytes, which must be the one canonical spelling of it."""
    found = parse_json(raw, where="archive")
    if (
        not isinstance(found, dict)
        or set(found) != {"format", "version", "files"}
        or not isinstance(found["files"], dict)
        or (found["format"], found["version"]) != ("fairshare-rules", 1)
    ):
        raise BadArchive(
            "this is not an archived rule base", fix="Give a file that `archive_base` made.", where="archive"
        )
    if canonical_bytes(found["files"]) != raw:
        raise BadArchive(
            "the archive is not in canonical form", fix="Give the file as `archive_base` made it.", where="archive"
        )
    return read_base(found["files"])


def _place(store: Path, digest: str) -> Path:
    if not _DIGEST.fullmatch(digest):
        raise RulesNotArchived("that is not a digest", fix="Give 64 hexadecimal digits.", where=digest[:80])
    return store / f"{digest}.json"
