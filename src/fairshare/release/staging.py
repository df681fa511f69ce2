"""All or nothing: the work is done in a private folder, and one rename makes all of it appear at once.

Inside the destination, `.staging/` holds one folder for each attempt. An attempt holds `out/`, which becomes the
release, and files beside it that never leave. What a killed process left is found again by `find_abandoned`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fairshare.words import FairshareError, Refused

STAGING = ".staging"
_BUFFER = 1024 * 1024


class StagingFailed(FairshareError):
    """The disk or its permissions stopped the work part way; nothing was left under a final name."""

    code = "RELEASE_STAGING_FAILED"


class AlreadyReleased(Refused):
    """This very intent has already been released; it is never released twice."""

    code = "RELEASE_ALREADY_DONE"


@dataclass(frozen=True)
class Attempt:
    """One attempt at a release: a private folder that nobody else touches while its process lives."""

    folder: Path

    @property
    def out(self) -> Path:
        """What becomes the release, by one rename."""
        return self.folder / "out"

    @property
    def note(self) -> Path:
        """What the sender must still write down once `out` has gone; it is complete before `out` goes."""
        return self.folder / "note.json"

    @property
    def is_committed(self) -> bool:
        """Whether `out` has gone to its final name and the note still waits."""
        return self.note.exists() and not self.out.exists()


@contextmanager
def start_attempt(destination: Path, name: str) -> Iterator[Attempt]:
    """A new attempt under `destination`, removed on the way out unless it was committed and its note still waits.

    Takes    name: how its folder begins; several attempts of one name may run side by side.
    Raises   StagingFailed when the destination cannot be written to.
    """
    with naming_the_disk(destination):
        folder, lease = _make_leased(destination / STAGING, name)
    try:
        with naming_the_disk(folder):
            (folder / "out").mkdir(mode=0o700)
        yield Attempt(folder)
    finally:
        if not Attempt(folder).is_committed:
            remove_attempt(Attempt(folder))
        os.close(lease)


def find_abandoned(destination: Path) -> Iterator[Attempt]:
    """Each attempt whose process is gone, held so that no other recovery takes it at the same time."""
    staging = destination / STAGING
    if not staging.is_dir():
        return
    with naming_the_disk(staging):
        found = sorted(each for each in staging.iterdir() if each.is_dir() and not each.is_symlink())
    for folder in found:
        lease = take_lease(folder, wait=False)
        if lease is None:
            continue
        try:
            yield Attempt(folder)
        finally:
            os.close(lease)


def commit_attempt(attempt: Attempt, final: Path) -> None:
    """Makes the attempt's `out` appear as `final`, whole and durable: the commit point of a release.

    Raises   AlreadyReleased when `final` is there already, by this process or another; StagingFailed.
    """
    with naming_the_disk(final):
        for each in sorted(attempt.out.iterdir()):
            sync(each)
        sync(attempt.out)
        sync(attempt.folder)
        try:
            # A folder never replaces one that has files in it, so of two attempts exactly one gets the name.
            os.rename(attempt.out, final)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise AlreadyReleased(
                    "this release has already been made",
                    fix="Use the one that is there; to release again, record a new intent.",
                    where=final.name,
                ) from None
            raise
        sync(final.parent)


def write_synced(path: Path, content: bytes) -> None:
    """Writes a new private file and waits until the disk holds it."""
    with naming_the_disk(path), create_file(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def create_file(path: Path) -> BinaryIO:
    """A new file that only its owner can read, opened to write; whatever is there already is left alone."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    return os.fdopen(handle, "wb", buffering=_BUFFER)


def sync(path: Path) -> None:
    """Waits until the disk holds a file's bytes, or a folder's names."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_attempt(attempt: Attempt) -> None:
    """Removes an attempt and all in it; what cannot be removed now is left for `find_abandoned`."""
    with naming_the_disk(attempt.folder):
        # First, so that a removal cut short never looks like an attempt that was committed.
        attempt.note.unlink(missing_ok=True)
    shutil.rmtree(attempt.folder, ignore_errors=True)


@contextmanager
def naming_the_disk(place: Path) -> Iterator[None]:
    """Turns what the operating system says into a FairshareError."""
    try:
        yield
    except OSError as error:
        raise StagingFailed(
            f"the disk said: {error.strerror or type(error).__name__}",
            fix="Free space or correct the permissions, and try again.",
            where=place.name,
        ) from None


def _make_leased(staging: Path, name: str) -> tuple[Path, int]:
    staging.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=staging))
        lease = take_lease(folder, wait=True)
        # Between the two lines above, a recovery may have taken the empty folder for abandoned and removed it.
        if lease is not None:
            return folder, lease


def take_lease(folder: Path, *, wait: bool) -> int | None:
    """A lock on an attempt's own folder, which the system drops when its process ends, however it ends.

    Nobody waits for it while work is done: it only tells a recovery whose process is still alive.
    """
    try:
        lease = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(lease, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        if os.fstat(lease).st_nlink > 0 and folder.is_dir():
            return lease
    except BlockingIOError:
        pass
    os.close(lease)
    return None
