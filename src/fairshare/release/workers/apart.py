"""What runs inside a worker environment: bounds itself, reads what it is asked, does the task, and signs its answer.

Only the standard library and the worker's own packages are here; nothing of Fairshare is installed with them. The
modules beside it whose names begin with `apart_` hold the tasks.
"""

from __future__ import annotations

import ctypes
import hmac
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, NoReturn

TASKS = {
    "foresee": ("apart_mst", "foresee"),
    "synthesise": ("apart_mst", "synthesise"),
    "compare": ("apart_margins", "compare"),
    "attack": ("apart_attacks", "attack"),
}
"""By the name of a task, the module beside this one and the function in it that does it."""
MAX_WRITTEN = 256 * 1024**2
"""The largest file that a library may write for itself, in bytes; no task writes any."""
_CLONE_NEWUSER, _CLONE_NEWNET, _PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1
_FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg")

Files = dict[str, bytes]
Tell = Callable[[float], None]
Task = Callable[[dict[str, Any], Files, Tell], tuple[dict[str, Any], Files]]


def serve() -> None:
    """Answers the one question that stands on the standard input."""
    # What libraries print must not get among the answer, and may hold information about people.
    with suppress(OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        head = json.loads(sys.stdin.buffer.readline())
        limit(head["bounds"])
        cut_off()
        key, question = bytes.fromhex(head["key"]), head["question"].encode()
        asked = json.loads(question)
        files = {name: sys.stdin.buffer.read(size) for name, size in asked["files"]}
        # A worker that was given only a part, because its asker died, must not go on.
        if any(len(files[name]) != size for name, size in asked["files"]):
            raise SystemExit(1)
        said, made = do(asked["task"], asked["asked"], dict(files), lambda share: tell(out, share))
        said["files"] = {name: len(content) for name, content in made.items()}
        answer = json.dumps(said, separators=(",", ":")).encode()
        parts = (question, *files.values(), answer, *made.values())
        signature = hmac.digest(key, b"".join(sha256(each).digest() for each in parts), "sha256").hex()
        out.write(b"answer " + signature.encode() + b" " + answer + b"\n" + b"".join(made.values()))


def do(task: str, asked: dict[str, Any], files: Files, say: Tell) -> tuple[dict[str, Any], Files]:
    """What a task answers; of a fault its kind alone, because its words may hold information about people."""
    try:
        sys.path.append(str(Path(__file__).parent))
        module, function = TASKS[task]
        act: Task = getattr(importlib.import_module(module), function)
        values, made = act(asked, files, say)
    except Exception as fault:
        return {"failed": type(fault).__name__}, {}
    return {"values": values}, made


def tell(out: IO[bytes], share: float) -> None:
    """Says how far the task has come."""
    out.write(f"progress {share:.3f}\n".encode())
    out.flush()


def limit(bounds: Mapping[str, int]) -> None:
    """Holds this process to so much time, memory and file."""
    threads = bounds["threads"] or os.cpu_count() or 1
    for kind, most in (
        (resource.RLIMIT_AS, bounds["memory"]),
        (resource.RLIMIT_CPU, bounds["seconds"] * threads),
        (resource.RLIMIT_FSIZE, MAX_WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    if bounds["threads"]:
        for name in ("OMP_NUM_THREADS", "POLARS_MAX_THREADS", "NUMBA_NUM_THREADS"):
            os.environ[name] = str(bounds["threads"])


def cut_off() -> None:
    """Takes the network away: in a network namespace of its own where the system allows it, and in Python always."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).unshare(_CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET)

    def refuse(event: str, _: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            _refuse_network()

    sys.addaudithook(refuse)


def _refuse_network() -> NoReturn:
    raise PermissionError("a worker has no network")


if __name__ == "__main__":
    serve()
