"""A rule base parsed once and kept beside its source, as Python keeps its own compiled code."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from fairshare.decide.language import RuleBase
from fairshare.decide.load import build_base, canonical_bytes, find_files, parse_files
from fairshare.decide.load_checks import LawBook

KEPT = Path("__pycache__") / "rules.json"


def load_compiled(folder: Path, *, law: LawBook | None = None) -> RuleBase:
    """The rule base in a folder, as `load_base` gives it, without parsing again what has not changed.

    What was parsed is kept in the folder's `__pycache__`, in the canonical spelling that the digest is taken of, under
    the hash of its sources. A kept file that is old, damaged or not there is made again; one that cannot be written
    is done without.
    """
    sources = find_files(folder)
    key = _hash_sources(sources)
    kept = folder / KEPT
    whole = _read_kept(kept, key)
    if whole is None:
        whole = canonical_bytes(parse_files(sources))
        _write_kept(kept, key, whole)
    files: dict[str, Any] = json.loads(whole)["files"]
    return build_base(files, hashlib.sha256(whole).hexdigest(), law=law)


def _hash_sources(sources: Mapping[str, bytes]) -> str:
    hashes = ((name, hashlib.sha256(raw).hexdigest()) for name, raw in sorted(sources.items()))
    return hashlib.sha256(json.dumps(list(hashes)).encode()).hexdigest()


def _read_kept(kept: Path, key: str) -> bytes | None:
    """The canonical bytes kept for these sources, if they are whole."""
    try:
        head, _, whole = kept.read_bytes().partition(b"\n")
    except OSError:
        return None
    return whole if head == _head(key, whole) else None


def _write_kept(kept: Path, key: str, whole: bytes) -> None:
    with suppress(OSError):
        kept.parent.mkdir(exist_ok=True)
        with NamedTemporaryFile(dir=kept.parent, prefix=".", delete=False) as staged:
            staged.write(_head(key, whole) + b"\n" + whole)
        os.replace(staged.name, kept)


def _head(key: str, whole: bytes) -> bytes:
    return f"{key} {hashlib.sha256(whole).hexdigest()}".encode()
