"""Running a task in a worker: files in and a signed answer out, over pipes, so that no plain copy touches a disk.

The worker is a process of its own with a folder of its own that is gone afterwards, limits on time and memory, and no
network. It signs what it answers, together with what it was asked, with a key made for the run. What it prints is
never shown, because it may hold information about people.
"""

from __future__ import annotations

import hmac
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Timer
from typing import IO, Any

from fairshare.records.canonical import encode
from fairshare.records.commitments import Entropy, draw
from fairshare.release.workers import HERE, find_python, find_worker
from fairshare.words import BadInput, FairshareError, Unsound
from fairshare.words.reading import parse_json

OnProgress = Callable[[float], None]
MAX_HEAD = 64 * 1024 * 1024
MAX_OUT = 4 * 1024**3
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,60}")


class WorkerFailed(FairshareError):
    """A worker stopped before it had an answer: it was killed, or ran into a fault of its own."""

    code = "WORKER_FAILED"


class WorkerGaveUp(FairshareError):
    """A worker took more time or memory than it may."""

    code = "WORKER_GAVE_UP"


class WorkerUnsound(Unsound):
    """What came from a worker is not signed as it must be, or is not whole."""

    code = "WORKER_UNSOUND"


@dataclass(frozen=True)
class WorkerLimits:
    """How much of the machine a worker may use."""

    seconds: int = 3600
    memory_mb: int = 12 * 1024
    """Of address space, of which far less is used: the libraries reserve much more than they need."""
    threads: int = 0
    """0 means every processor."""


@dataclass(frozen=True)
class Answer:
    """What a worker answered: values, and files by name."""

    values: dict[str, Any]
    files: Mapping[str, bytes] = field(repr=False)


def run_worker(
    name: str,
    task: str,
    asked: Mapping[str, Any],
    files: Mapping[str, bytes],
    *,
    home: Path,
    entropy: Entropy,
    limits: WorkerLimits = WorkerLimits(),
    on_progress: OnProgress | None = None,
) -> Answer:
    """Has a worker do a task, and gives back what it answered once its signature is checked.

    Takes    asked: what the task is told, as JSON values; files: what it is given to read, by name.
    Raises   MissingPart naming the command that installs the worker; WorkerFailed, WorkerGaveUp, WorkerUnsound.
    """
    python = find_python(name, home)
    key = draw(entropy, 32)
    question = encode({"task": task, "asked": dict(asked), "files": [[each, len(files[each])] for each in files]})
    bounds = {"seconds": limits.seconds, "memory": limits.memory_mb * 1024**2, "threads": limits.threads}
    head = encode({"key": key.hex(), "bounds": bounds, "question": question.decode()}) + b"\n"
    with TemporaryDirectory(prefix="fairshare-worker-") as folder, _started(python, Path(folder), limits) as running:
        signed = _exchange(name, running, (head, *files.values()), on_progress)
    return _check(name, signed, key, question, files)


@dataclass(frozen=True)
class _Running:
    """A worker at work, and whether its time ran out."""

    process: subprocess.Popen[bytes]
    late: Event


@contextmanager
def _started(python: Path, folder: Path, limits: WorkerLimits) -> Iterator[_Running]:
    """A worker that is gone, with all that it started, when this ends or its time is up."""
    running = _Running(_start(python, folder), Event())

    def stop() -> None:
        running.late.set()
        _kill(running.process)

    timer = Timer(limits.seconds, stop)
    timer.start()
    try:
        yield running
    finally:
        timer.cancel()
        _kill(running.process)
        _close(running.process)


def _exchange(name: str, running: _Running, asked: Sequence[bytes], on_progress: OnProgress | None) -> _Signed:
    """Gives a worker what it is asked, and takes what it answers."""
    process = running.process
    try:
        # A worker that is gone already says so by its answer, which is missing.
        with suppress(BrokenPipeError):
            for part in asked:
                process.stdin.write(part)  # type: ignore[union-attr]
            process.stdin.close()  # type: ignore[union-attr]
        signed = _read_answer(process.stdout, on_progress)  # type: ignore[arg-type]
        ended = process.wait()
    except WorkerUnsound:
        _kill(process)
        if running.late.is_set() or process.wait() > 0:
            raise _why_ended(name, None, late=running.late.is_set()) from None
        raise
    if signed is None or ended != 0:
        raise _why_ended(name, ended, late=running.late.is_set())
    return signed


def _start(python: Path, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 (our own module, by the worker's own Python)
        [str(python), "-I", "-B", str(HERE / "apart.py")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env={"LANG": "C.UTF-8", "TMPDIR": str(folder), "HOME": str(folder), "JAX_PLATFORMS": "cpu"},
        # A session of its own, so that what it starts ends with it.
        start_new_session=True,
    )


@dataclass(frozen=True)
class _Signed:
    """An answer as it came, not yet checked."""

    head: bytes
    signature: str
    files: Mapping[str, bytes]


def _read_answer(stream: IO[bytes], on_progress: OnProgress | None) -> _Signed | None:
    """What a worker writes: lines of progress, then its answer; None if it ended before it answered."""
    while line := stream.readline(MAX_HEAD):
        kind, _, rest = line.partition(b" ")
        if kind == b"progress" and on_progress is not None:
            with suppress(ValueError):
                on_progress(min(max(float(rest), 0.0), 1.0))
        if kind == b"answer":
            signature, _, head = rest.rstrip(b"\n").partition(b" ")
            return _Signed(head, signature.decode("ascii", "replace"), _read_files(stream, head))
    return None


def _read_files(stream: IO[bytes], head: bytes) -> dict[str, bytes]:
    sizes = _parse(head).get("files")
    if not isinstance(sizes, dict) or not all(isinstance(each, int) and each >= 0 for each in sizes.values()):
        raise _unsound("its files have no sizes")
    if sum(sizes.values()) > MAX_OUT:
        raise _unsound("its files are too large")
    found = {each: stream.read(size) for each, size in sizes.items()}
    if any(len(found[each]) != size for each, size in sizes.items()) or stream.read(1):
        raise _unsound("it is cut short, or goes on after its end")
    return found


def _check(name: str, signed: _Signed, key: bytes, question: bytes, files: Mapping[str, bytes]) -> Answer:
    """The answer, if it is signed with the key of this run and over what was asked."""
    if not hmac.compare_digest(signed.signature, sign_run(key, question, files, signed.head, signed.files)):
        raise _unsound("its signature does not hold")
    said = _parse(signed.head)
    if "failed" in said:
        failed = said["failed"] if isinstance(said["failed"], str) and _NAME.fullmatch(said["failed"]) else "a fault"
        if failed == "MemoryError":
            raise _why_ended(name, None, late=True)
        raise WorkerFailed(
            f"the worker {name!r} stopped with {failed}",
            fix="Try once more; if it stops again, report this with the plan, never with the information.",
            where=f"worker {name}",
        )
    if not isinstance(said.get("values"), dict):
        raise _unsound("it has no values")
    return Answer(said["values"], signed.files)


def sign_run(key: bytes, question: bytes, given: Mapping[str, bytes], head: bytes, made: Mapping[str, bytes]) -> str:
    """HMAC-SHA-256 over a question with its files and an answer with its files, each part by its digest."""
    parts = (question, *given.values(), head, *made.values())
    return hmac.digest(key, b"".join(sha256(each).digest() for each in parts), "sha256").hex()


def _parse(head: bytes) -> dict[str, Any]:
    try:
        found = parse_json(head, where="worker")
    except BadInput:
        raise _unsound("it is not JSON") from None
    if not isinstance(found, dict):
        raise _unsound("it is not an object")
    return found


def _unsound(why: str) -> WorkerUnsound:
    return WorkerUnsound(
        f"what the worker answered cannot be trusted: {why}",
        fix="Nothing of it was used. Run it again; if it happens again, install the worker anew.",
        where="worker",
    )


def _why_ended(name: str, status: int | None, *, late: bool) -> FairshareError:
    if late:
        return WorkerGaveUp(
            f"the worker {find_worker(name).name!r} needed more time or memory than it may use",
            fix="Send fewer columns, with fewer categories, or allow it more.",
            where=f"worker {name}",
        )
    how = f"by signal {-status}" if status is not None and status < 0 else "before it had an answer"
    return WorkerFailed(
        f"the worker {name!r} was ended {how}; nothing of its work was kept",
        fix="If the machine was short of memory, free some; then run it again.",
        where=f"worker {name}",
    )


def _kill(running: subprocess.Popen[bytes]) -> None:
    """Ends a worker and what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(running.pid, signal.SIGKILL)


def _close(running: subprocess.Popen[bytes]) -> None:
    for pipe in (running.stdin, running.stdout):
        with suppress(OSError):
            pipe.close()  # type: ignore[union-attr]
    running.wait()
