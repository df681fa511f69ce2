"""The finished parts of a long run, kept apart from any one attempt until a release of them has happened.

Inside the destination, `.parts/` holds one folder for each piece of work: the same plan, keys, readers and rows. Every
part in it is sealed to the recipient already; the holder cannot open it again. Its name is the digest of all that the
bytes depend on, so a source, plan, key or reader that has changed finds nothing here and starts over.

    run a, killed:  slice 1 -> sealed -> noted      slice 2 -> sealed -> noted      slice 3 ...
    run b:          slices 1 and 2 are verified and taken over                      slice 3 -> sealed -> noted -> rename
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import file_digest, sha256
from math import inf
from pathlib import Path

from pydantic import Field, JsonValue

from fairshare.records.canonical import encode
from fairshare.records.kinds import SentFile
from fairshare.release.manifest import name_sealed
from fairshare.release.staging import Attempt, naming_the_disk, sync, take_lease, write_synced
from fairshare.words import FairshareError, Refused, Value
from fairshare.words.reading import build, parse_json, read_file

PARTS = ".parts"
NOTE = "finished.jsonl"
USED = "parts"
"""In an attempt's folder, the name of the work whose parts it took."""
KEPT_FOR = timedelta(days=7)
"""How long unfinished work waits for the same release to be run again."""


class PartsBusy(Refused):
    """Another process is making the same parts at this moment."""

    code = "RELEASE_PARTS_BUSY"


class FinishedPart(Value):
    """One part: how many rows it has, and what its sealed file is."""

    number: int = Field(ge=1)
    rows: int = Field(ge=0)
    sent: SentFile


@dataclass(frozen=True)
class WaitingParts:
    """Unfinished work that the same release would take over."""

    folder: Path
    finished: int
    last_change: datetime


@dataclass(frozen=True)
class Parts:
    """The folder of one piece of work, held by this process alone."""

    folder: Path

    def draft(self, number: int) -> Path:
        """Where a part is sealed until it is whole; what a killed process left there is removed."""
        path = self.folder / f"{number}.draft"
        with naming_the_disk(path):
            path.unlink(missing_ok=True)
        return path

    def keep(self, part: FinishedPart) -> None:
        """Notes a part as finished, once the disk holds it; durable when this returns."""
        path = self._path(part.number)
        with naming_the_disk(path):
            sync(self.folder / f"{part.number}.draft")
            os.replace(self.folder / f"{part.number}.draft", path)
            sync(self.folder)
            with (self.folder / NOTE).open("ab") as note:
                # A line that a power cut tore off is ended first.
                note.write(b"\n" + encode(part) + b"\n")
                note.flush()
                os.fsync(note.fileno())

    def finished(self) -> dict[int, FinishedPart]:
        """The parts that are noted and whole; each sealed file is digested again, since the power may have failed."""
        noted = _read_note(self.folder / NOTE)
        return {number: part for number, part in noted.items() if _is_whole(self._path(number), part.sent)}

    def put_into(self, attempt: Attempt, numbers: int) -> None:
        """Puts all parts into what will be released, under neutral names; they also stay here until it has happened."""
        write_synced(attempt.folder / USED, self.folder.name.encode())
        for number in range(1, numbers + 1):
            with naming_the_disk(attempt.out):
                _link(self._path(number), attempt.out / name_sealed(number))

    def _path(self, number: int) -> Path:
        return self.folder / name_sealed(number)


def _link(path: Path, target: Path) -> None:
    try:
        os.link(path, target)
    except OSError as error:
        # Some file systems know no second name for a file.
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        os.rename(path, target)


def _read_note(path: Path) -> dict[int, FinishedPart]:
    """What the note says, but for a line that is not whole."""
    found: dict[int, FinishedPart] = {}
    if not path.exists():
        return found
    for line in read_file(path).split(b"\n"):
        try:
            part = build(FinishedPart, parse_json(line, where=NOTE), where=NOTE)
        except FairshareError:
            continue
        found[part.number] = part
    return found


def _is_whole(path: Path, sent: SentFile) -> bool:
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest() == sent.encrypted_sha256
    except OSError:
        return False


@contextmanager
def open_parts(place: Path, work: Mapping[str, JsonValue]) -> Iterator[Parts]:
    """The parts of this work under `place`, finished before or not, for this process alone.

    Takes    work: all that the bytes depend on; only its digest is kept.
    Raises   PartsBusy while another process makes them; StagingFailed.
    """
    folder = place / PARTS / sha256(encode(dict(work))).hexdigest()[:32]
    with naming_the_disk(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lease = take_lease(folder, wait=False)
    if lease is None:
        raise PartsBusy(
            "another process is making the same table for the same readers",
            fix="Wait until it has ended; then run this again.",
            where=folder.name,
        )
    try:
        yield Parts(folder)
    finally:
        os.close(lease)


def list_waiting(place: Path) -> tuple[WaitingParts, ...]:
    """Work under `place` that was cut short and can be continued by running the same release again."""
    found = []
    for folder in _list_folders(place):
        changed = _last_change(folder)
        if changed < inf:
            moment = datetime.fromtimestamp(changed, UTC)
            found.append(WaitingParts(folder, len(_read_note(folder / NOTE)), moment))
    return tuple(found)


def discard_parts(place: Path, *, older_than: datetime | None = None) -> int:
    """Removes unfinished work under `place`, unless a process is at it; says how much was removed.

    Takes    older_than: only what has not moved since; without it, all.
    """
    removed = 0
    for folder in _list_folders(place):
        if older_than is None or _last_change(folder) < older_than.timestamp():
            removed += _remove(folder)
    return removed


def discard_used(place: Path, attempt: Attempt) -> None:
    """Removes the work whose parts a release has taken, now that it has happened."""
    used = attempt.folder / USED
    if used.exists():
        _remove(place / PARTS / Path(read_file(used, max_bytes=100).decode()).name)


def _list_folders(place: Path) -> list[Path]:
    root = place / PARTS
    if not root.is_dir():
        return []
    with naming_the_disk(root):
        return sorted(each for each in root.iterdir() if each.is_dir() and not each.is_symlink())


def _last_change(folder: Path) -> float:
    """When something last moved in the folder; never, in effect, if it is going as we look."""
    try:
        return max(each.stat().st_mtime for each in (folder, *folder.iterdir()))
    except OSError:
        return inf


def _remove(folder: Path) -> bool:
    lease = take_lease(folder, wait=False)
    if lease is None:
        return False
    try:
        # First, so that a removal cut short leaves nothing that looks finished.
        (folder / NOTE).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lease)
    return True
