"""Redacting in a process of its own, with only so much time and memory, and a folder that is gone when it ends.

The libraries that read these formats are large, and the files come from anywhere. What goes wrong in there ends there:
a crash, an endless loop or a full memory is an error here, and nothing half made comes back.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from tempfile import TemporaryDirectory
from typing import Any

from fairshare.documents.parts import NoDocumentParts
from fairshare.documents.redact import Passage, Redacted, Removals, read_passages, redact
from fairshare.documents.redact_shapes import (
    MAX_BYTES,
    MAX_UNPACKED,
    BoxOutside,
    CannotRedact,
    DocumentBroken,
    DocumentLocked,
    DocumentTooLarge,
    StillThere,
    too_large,
)
from fairshare.documents.redact_terms import Box
from fairshare.words import BadInput, FairshareError

SECONDS = 300
MEMORY_BYTES = 6 * 1024**3
"""Of address space, of which far less is used; the libraries reserve much more than they need."""
_ERRORS: dict[str, type[FairshareError]] = {
    each.code: each
    for each in (
        BadInput, BoxOutside, CannotRedact, DocumentBroken, DocumentLocked, DocumentTooLarge, NoDocumentParts,
        StillThere,
    )
}  # fmt: skip


class RedactionGaveUp(BadInput):
    """Reading or redacting a file took too long or too much memory, or made its library crash."""

    code = "REDACTION_GAVE_UP"


def redact_apart(raw: bytes, name: str, removals: Removals, *, ocr: bool = False, seconds: int = SECONDS) -> Redacted:
    """As `fairshare.documents.redact.redact`, in a process of its own.

    Raises   what that raises; RedactionGaveUp.
    """
    asked = {"act": "redact", "name": name, "ocr": ocr, "removals": removals.model_dump(mode="json")}
    answer, content = _ask(asked, raw, seconds)
    return Redacted(
        content,
        answer["media_type"],
        tuple(answer["found"]),
        tuple(answer["not_searched"]),
        tuple(answer["changed_pages"]),
        answer["left_out"],
    )


def read_apart(raw: bytes, name: str, *, ocr: bool = False, seconds: int = SECONDS) -> tuple[Passage, ...]:
    """As `fairshare.documents.redact.read_passages`, in a process of its own."""
    answer, _ = _ask({"act": "read", "name": name, "ocr": ocr}, raw, seconds)
    return tuple(Passage(**each) for each in answer["passages"])


def look_apart(raw: bytes, name: str, *, seconds: int = SECONDS) -> tuple[Box, ...]:
    """As `fairshare.documents.redact_faces.find_faces`, in a process of its own."""
    answer, _ = _ask({"act": "look", "name": name}, raw, seconds)
    return tuple(Box.model_validate(each) for each in answer["faces"])


def draw_apart(raw: bytes, name: str, pages: Sequence[int], *, width: int, seconds: int = SECONDS) -> tuple[bytes, ...]:
    """Small pictures, as PNG, of some pages of a PDF or of a picture; none of other formats."""
    answer, content = _ask({"act": "draw", "name": name, "pages": list(pages), "width": width}, raw, seconds)
    found, start = [], 0
    for size in answer["sizes"]:
        found.append(content[start : start + size])
        start += size
    return tuple(found)


def _ask(asked: dict[str, Any], raw: bytes, seconds: int) -> tuple[dict[str, Any], bytes]:
    if len(raw) > MAX_BYTES:
        raise too_large("bytes", "a file")
    message = json.dumps(asked | {"seconds": seconds}).encode() + b"\n" + raw
    try:
        with TemporaryDirectory(prefix="fairshare-") as folder:
            done = subprocess.run(  # noqa: S603 (our own module, by Python's own path)
                [sys.executable, "-I", "-m", __name__],
                input=message,
                capture_output=True,
                timeout=seconds,
                check=False,
                cwd=folder,
                env={"LANG": "C.UTF-8", "TMPDIR": folder},
            )
        head, _, content = done.stdout.partition(b"\n")
        answer = json.loads(head) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, json.JSONDecodeError, OSError):
        answer = None
    if answer is None:
        raise RedactionGaveUp(
            f"it took more than {seconds} seconds or too much memory, or it made its reader crash",
            fix="Print it to PDF with another program, or split it, and try again; it may be hostile.",
            where="the file",
        )
    if "error" in answer:
        error = answer["error"]
        raise _ERRORS.get(error["code"], BadInput)(error["message"], fix=error["fix"], where=error["where"])
    return answer, content


def serve() -> None:
    """What the process of its own does: bounds itself, reads what is asked, and answers."""
    asked = json.loads(sys.stdin.buffer.readline())
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, asked["seconds"] * 4),
        (resource.RLIMIT_FSIZE, MAX_UNPACKED),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    raw = sys.stdin.buffer.read(MAX_BYTES + 1)
    try:
        answer, content = _answer(asked, raw)
    except FairshareError as error:
        code = error.code if error.code in _ERRORS else BadInput.code
        said = {"code": code, "message": error.message, "fix": error.fix, "where": error.where}
        answer, content = {"error": said}, b""
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + content)


def _answer(asked: dict[str, Any], raw: bytes) -> tuple[dict[str, Any], bytes]:
    match asked["act"]:
        case "redact":
            made = redact(raw, asked["name"], Removals.model_validate(asked["removals"]), ocr=asked["ocr"])
            return {
                "media_type": made.media_type,
                "found": made.found,
                "not_searched": made.not_searched,
                "changed_pages": made.changed_pages,
                "left_out": dict(made.left_out),
            }, made.content
        case "read":
            passages = read_passages(raw, asked["name"], ocr=asked["ocr"])
            return {"passages": [asdict(each) for each in passages]}, b""
        case "look":
            from fairshare.documents.redact_faces import find_faces

            return {"faces": [each.model_dump(mode="json") for each in find_faces(raw, asked["name"])]}, b""
        case _:
            from fairshare.documents.redact_thumbs import draw_thumbs

            drawn = draw_thumbs(raw, asked["name"], asked["pages"], width=asked["width"])
            return {"sizes": [len(each) for each in drawn]}, b"".join(drawn)


if __name__ == "__main__":
    serve()
