"""Installing a worker environment: fetched, checked against the hashes of its lock, and marked whole at the very end.

What was fetched before an interruption is kept and used by the next try. Nothing is compiled, so nothing of the
packages runs while they are installed.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fairshare.release.workers import Worker, find_worker, is_installed, mark_complete, remove_worker
from fairshare.words import FairshareError, Refused

OnProgress = Callable[[float], None]
_WHEELS, _LOG = "wheels", "install.log"
_SPARE = 2.2
"""How many times its size a worker needs while it is being installed: what was fetched stands beside it."""


class WorkerNotInstalled(FairshareError):
    """A worker environment could not be installed; what was fetched is kept for the next try."""

    code = "WORKER_NOT_INSTALLED"


class WorkerBeingInstalled(Refused):
    """Another process is installing this worker at this moment."""

    code = "WORKER_BEING_INSTALLED"


def install_worker(name: str, home: Path, *, on_progress: OnProgress | None = None) -> bool:
    """Installs a worker environment; says whether there was anything to do. Safe to repeat after an interruption.

    Raises   WorkerNotInstalled, with the place of a log; WorkerBeingInstalled.
    """
    worker = find_worker(name)
    if is_installed(name, home):
        return False
    folder = home / name
    tell = on_progress or (lambda share: None)
    with _alone(home, name):
        if is_installed(name, home):
            return False
        _start_folder(worker, folder)
        _fetch(worker, folder, tell)
        _set_up(worker, folder)
        mark_complete(name, home)
        shutil.rmtree(folder / _WHEELS, ignore_errors=True)
    tell(1.0)
    return True


@contextmanager
def _alone(home: Path, name: str) -> Iterator[None]:
    """Nobody else installs this worker meanwhile; the system lets go of the lock when the process ends."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(home / f".{name}.lock", os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _not_installed(home, f"the folder cannot be written: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise WorkerBeingInstalled(
            "another process is installing it", fix="Wait for it to end.", where=f"worker {name}"
        ) from None
    try:
        yield
    finally:
        os.close(lock)


def _start_folder(worker: Worker, folder: Path) -> None:
    """An environment with nothing in it but pip; wheels fetched for the same lock before stay."""
    wheels = folder / _WHEELS
    if not (wheels / worker.digest).exists():
        remove_worker(worker.name, folder.parent)
    try:
        if shutil.disk_usage(folder.parent).free < worker.size_mb * _SPARE * 1024**2:
            raise _not_installed(folder, f"the disk has less than {worker.size_mb * _SPARE / 1000:.1f} GB free")
        wheels.mkdir(mode=0o700, parents=True, exist_ok=True)
        (wheels / worker.digest).touch()
        venv.EnvBuilder(clear=False, symlinks=True, with_pip=True).create(folder)
    except (OSError, subprocess.CalledProcessError) as error:
        raise _not_installed(folder, f"no environment can be made there ({type(error).__name__})") from None


def _fetch(worker: Worker, folder: Path, tell: OnProgress) -> None:
    """Downloads every wheel of the lock, and checks its hash."""
    total = len(set(re.findall(r"^(\S+)==", worker.lock.read_text("utf-8"), re.MULTILINE)))
    seen = 0
    for line in _pip(folder, worker, "download", "--dest", str(folder / _WHEELS)):
        if line.startswith(("Collecting ", "Processing ")):
            seen += 1
            tell(min(0.8 * seen / total, 0.8))


def _set_up(worker: Worker, folder: Path) -> None:
    """Installs what was fetched, checking each hash again; nothing is fetched any more."""
    for _ in _pip(folder, worker, "install", "--no-index", "--find-links", str(folder / _WHEELS)):
        pass


def _pip(folder: Path, worker: Worker, *command: str) -> Iterator[str]:
    """What pip says while it does something with the lock, also kept in a log; raises if it fails."""
    words = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    exact = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--progress-bar", "off"]
    with (
        (folder / _LOG).open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603 (the environment's own pip, on our own lock)
            [*words, *command, *exact, "-r", str(worker.lock)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
        ) as running,
    ):
        try:
            for line in running.stdout or ():
                log.write(line)
                yield line
        except BaseException:
            running.kill()
            raise
    if running.returncode:
        raise _not_installed(folder, f"pip {command[0]} ended with {running.returncode}; see {_LOG} there")


def _not_installed(folder: Path, why: str) -> WorkerNotInstalled:
    return WorkerNotInstalled(
        why, fix="Put that right and run the same command again: it goes on where it stopped.", where=str(folder)
    )
