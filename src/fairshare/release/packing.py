"""Putting what goes into the release folder: each file is sealed as it streams, and no plain copy touches a disk."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from stat import S_ISREG
from typing import BinaryIO, TypeVar

from fairshare.records.kinds import SentFile
from fairshare.release.delivery import Measured, seal_into
from fairshare.release.engines import EngineReport
from fairshare.release.kinds import MEDIA_TYPES, ChosenFile, Table
from fairshare.release.manifest import name_sealed
from fairshare.release.publishing import make_ready
from fairshare.release.staging import naming_the_disk
from fairshare.words import FairshareError, NotFound

OnProgress = Callable[[float], None]
Seal = Callable[..., SentFile]
"""Takes what `seal_into` takes."""
CheckFile = Callable[[str, str], None]
"""Refuses a file that may not go: takes its item and its SHA-256."""

PIPE = "rows"
Made = TypeVar("Made")

_CHUNK = 1024 * 1024
_PIPE_BYTES = 1024 * 1024


class ReleaseCancelled(FairshareError):
    """Somebody stopped the release; nothing was sent. Raise this from `on_progress` to stop one."""

    code = "RELEASE_CANCELLED"


def pack_table(
    table: Table,
    *,
    private: Path,
    target: Path,
    to: tuple[str, ...],
    on_progress: OnProgress | None,
    seal: Seal = seal_into,
) -> tuple[SentFile, EngineReport]:
    """Runs the plan, and seals its rows as they come: the engine writes into a pipe, encryption reads out of it.

    Takes    private: a folder of our own, where the pipe stands; target: the sealed file;
             seal: how it is sealed, if not for the recipient's key.
    Raises   what the engine or encryption raises, and what `on_progress` raises; then `target` is of no use.
    """

    def write(pipe: Path, tell: OnProgress) -> EngineReport:
        return make_ready(table, write_to=pipe, on_progress=tell)

    media_type = MEDIA_TYPES[table.format]
    return seal_while(
        write,
        pipe=private / PIPE,
        target=target,
        to=to,
        name=table.file_name,
        media_type=media_type,
        on_progress=on_progress,
        seal=seal,
    )


def seal_while(
    write: Callable[[Path, OnProgress], Made],
    *,
    pipe: Path,
    target: Path,
    to: tuple[str, ...],
    name: str,
    media_type: str,
    on_progress: OnProgress | None,
    seal: Seal = seal_into,
) -> tuple[SentFile, Made]:
    """Seals what `write` writes into a pipe, while it writes it.

    Takes    write: given the pipe, and whom to tell of progress; pipe: where it is to stand, in a folder of our own.
    Raises   what `write`, encryption or `on_progress` raises; then `target` is of no use.
    """
    reading, writing = _make_pipe(pipe)
    rows = _Stoppable(reading, on_progress)

    def seal_rows() -> SentFile:
        # Closed here: if encryption stops, the engine must meet a broken pipe rather than wait for ever.
        with closing(rows):
            return seal(rows, target, to, name=name, media_type=media_type)

    with ThreadPoolExecutor(1, thread_name_prefix="seal") as pool:
        sealing = pool.submit(seal_rows)
        try:
            made = write(pipe, rows.tell)
        except Exception:
            _end(writing)
            # The engine met a broken pipe because of one of these, and they say why. If the rows came to an end, it was
            # the engine that failed first.
            failed = sealing.exception()
            _raise_first(rows.stopped_by, None if rows.ended else failed)
            raise
        finally:
            _end(writing)
        _raise_first(rows.stopped_by)
        return sealing.result(), made


def pack_files(
    files: tuple[ChosenFile, ...], *, out: Path, to: tuple[str, ...], check: CheckFile, on_progress: OnProgress | None
) -> tuple[SentFile, ...]:
    """Seals each chosen file into the release folder, and refuses one that turns out not to be what was decided on."""
    sent = []
    for number, each in enumerate(files, start=1):
        with _open_chosen(each) as source:
            target = out / name_sealed(number)
            sent.append(seal_into(source, target, to, name=each.name, media_type=each.media_type))
        check(each.item, sent[-1].sha256)
        if on_progress:
            on_progress(number / len(files))
    return tuple(sent)


def digest_files(files: tuple[ChosenFile, ...], *, check: CheckFile) -> tuple[SentFile, ...]:
    """The size and digest of each file that was uploaded elsewhere, refused if it is not what was decided on."""
    sent = []
    for each in files:
        with _open_chosen(each) as source:
            measured = Measured(source)
            while measured.read(_CHUNK):
                pass
        check(each.item, measured.sha256)
        sent.append(SentFile(name=each.name, media_type=each.media_type, bytes=measured.bytes, sha256=measured.sha256))
    return tuple(sent)


class _Stoppable:
    """The rows on their way, which stop when whoever watches the progress says so."""

    def __init__(self, rows: BinaryIO, on_progress: OnProgress | None) -> None:
        self._rows = rows
        self._on_progress = on_progress
        self.stopped_by: BaseException | None = None
        self.ended = False

    def tell(self, share: float) -> None:
        """Passes on how far the engine has come."""
        if self._on_progress is None or self.stopped_by is not None:
            return
        try:
            self._on_progress(share)
        except BaseException as stop:
            # Engines tell from a thread of their own, where raising would be lost.
            self.stopped_by = stop

    def read(self, size: int) -> bytes:
        """The next rows, unless the work was stopped."""
        if self.stopped_by is not None:
            raise ReleaseCancelled("the release was stopped", fix="Release again when you are ready.")
        chunk = self._rows.read(size)
        self.ended = not chunk
        return chunk

    def close(self) -> None:
        """Lets the engine's next write fail."""
        self._rows.close()


def _end(writing: list[int]) -> None:
    """Closes our writing end, once: the reader then comes to the end of the rows."""
    while writing:
        os.close(writing.pop())


def _raise_first(*errors: BaseException | None) -> None:
    for each in errors:
        if each is not None:
            raise each


def _make_pipe(pipe: Path) -> tuple[BinaryIO, list[int]]:
    """A new pipe: its reading end, and (to be closed once) its writing end."""
    with naming_the_disk(pipe):
        pipe.unlink(missing_ok=True)
        os.mkfifo(pipe, 0o600)
        reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        # Our own writing end keeps the reader from seeing an end before the engine has begun, or if it opens twice.
        writing = os.open(pipe, os.O_WRONLY)
        os.set_blocking(reading, True)
    # A larger pipe means fewer turns between engine and encryption; Linux only, and only if allowed.
    with suppress(OSError, AttributeError):
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return os.fdopen(reading, "rb", buffering=_CHUNK), [writing]


@contextmanager
def _open_chosen(file: ChosenFile) -> Iterator[BinaryIO]:
    """Opens a chosen file; only a regular one, because a pipe or device has no bytes that could be checked again."""
    try:
        handle = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK)
    except (OSError, ValueError):
        handle = -1
    if handle < 0 or not S_ISREG(os.fstat(handle).st_mode):
        if handle >= 0:
            os.close(handle)
        raise NotFound(
            f"the file for item {file.item} cannot be read",
            fix="Check its path and permissions.",
            where=f"item {file.item}",
        )
    with naming_the_disk(Path(f"item {file.item}")), os.fdopen(handle, "rb", buffering=_CHUNK) as source:
        yield source
