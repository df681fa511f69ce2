"""Worker environments: heavy or awkward libraries, each set in a Python environment of its own, used as a subprocess.

    what is asked and files in, over a pipe  ->  the worker  ->  a signed answer and files out, over a pipe

A worker's requirements are locked with hashes, and its lock is part of Fairshare. The core never imports what is in it.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from fairshare.words import MissingPart, NotFound
from fairshare.words.reading import read_file

WORKERS_SETTING = "FAIRSHARE_WORKERS"
"""The folder that worker environments are installed in; `~/.local/share/fairshare/workers` if it is not set."""
COMPLETE = "complete"
"""A file in an environment, written last: the digest of the lock that it was installed from."""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Worker:
    """A worker environment that Fairshare knows: what it is for, and how much room it takes."""

    name: str
    purpose: str
    size_mb: int

    @property
    def lock(self) -> Path:
        """Its requirements, each with its hashes."""
        return HERE / f"{self.name}.lock"

    @property
    def digest(self) -> str:
        """The SHA-256 of its lock: which versions of what it is."""
        return sha256(read_file(self.lock)).hexdigest()


WORKERS = {
    each.name: each
    for each in (
        Worker("synthetic", "makes synthetic tables with differential privacy (OpenDP, MST)", 1400),
        Worker("attacks", "attacks synthetic tables as an intruder would (anonymeter)", 950),
    )
}


def find_worker(name: str) -> Worker:
    """The worker of that name; raises NotFound if Fairshare knows none."""
    if name not in WORKERS:
        raise NotFound("there is no such worker", fix=f"Workers: {', '.join(WORKERS)}.", where=name[:80])
    return WORKERS[name]


def find_home(settings: Mapping[str, str] = os.environ) -> Path:
    """The folder that worker environments are installed in.

    >>> find_home({"FAIRSHARE_WORKERS": "/srv/workers"}).as_posix()
    '/srv/workers'
    """
    if settings.get(WORKERS_SETTING):
        return Path(settings[WORKERS_SETTING])
    return Path(settings.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "fairshare" / "workers"


def is_installed(name: str, home: Path) -> bool:
    """Whether a worker is installed whole, from the very lock that this version of Fairshare has."""
    worker = find_worker(name)
    try:
        return (home / name / COMPLETE).read_text("ascii").strip() == _stamp(worker)
    except (OSError, ValueError):
        return False


def find_python(name: str, home: Path) -> Path:
    """The Python of an installed worker; raises MissingPart, naming the command that installs it."""
    if not is_installed(name, home):
        raise MissingPart(
            f"the worker {name!r} is not installed, or not as this version of Fairshare needs it",
            fix=f"Run: fairshare worker install {name}",
            where=f"worker {name}",
        )
    return home / name / "bin" / "python"


def remove_worker(name: str, home: Path) -> bool:
    """Removes a worker's environment, whole or half installed; says whether there was one."""
    folder = home / find_worker(name).name
    there = folder.exists()
    shutil.rmtree(folder, ignore_errors=True)
    return there


def _stamp(worker: Worker) -> str:
    # An environment is tied to the Python it was made with.
    return f"{worker.digest} {sys.version_info.major}.{sys.version_info.minor}"


def mark_complete(name: str, home: Path) -> None:
    """Writes down that a worker is installed whole; the last step of installing it."""
    (home / name / COMPLETE).write_text(_stamp(find_worker(name)) + "\n", "ascii")


__all__ = [
    "WORKERS",
    "Worker",
    "find_home",
    "find_python",
    "find_worker",
    "is_installed",
    "mark_complete",
    "remove_worker",
]
