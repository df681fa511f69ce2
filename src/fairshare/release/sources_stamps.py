"""Whether the files behind a plan are still those that they were: seen from outside, without reading their rows."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import JsonValue

from fairshare.release.filters import Listing
from fairshare.release.plan import Plan
from fairshare.release.sources import ParquetFolder, Source, list_parquet, resolve_path
from fairshare.release.treatments import GeneraliseHierarchy
from fairshare.release.treatments_groups import DeltaPresence
from fairshare.words import NotFound, Unsound

FILES = frozenset({"csv", "parquet", "xlsx"})
"""The sources that are one file, which anybody may write to while it is read."""
HIERARCHY_FILES = (".yaml", ".yml", ".csv")
"""How the files of hierarchies end; a built-in one has a plain name."""
FOOTER_TAIL = 8
"""What ends a Parquet file: the length of its footer, and `PAR1`."""


class SourceMoved(Unsound):
    """A file that a release reads was changed, replaced or removed by somebody while it was read."""

    code = "SOURCE_MOVED"


@dataclass(frozen=True)
class FileStamp:
    """A file as it was: any writer leaves another size or time, and whoever replaces it another number."""

    name: str
    size: int
    changed_ns: int
    number: int


def stamp_files(plan: Plan, base: Path) -> tuple[FileStamp, ...]:
    """The stamps of every file that a plan reads; none for a database, which is read as it stood at one moment."""
    found = []
    for path in find_files(plan, base):
        try:
            seen = os.stat(path)
        except OSError:
            raise NotFound(
                "a file of the source cannot be looked at", fix="Check the path and its permissions.", where="source"
            ) from None
        found.append(FileStamp(path.name, seen.st_size, seen.st_mtime_ns, seen.st_ino))
    return tuple(found)


def find_files(plan: Plan, base: Path) -> list[Path]:
    """The files that a plan reads: its source, if that is made of files, its lists, hierarchies and populations."""
    lists = [(test.path, "rows") for test in plan.rows if isinstance(test, Listing)]
    # A list that holds nobody back is read all the same, for the proof.
    lists += [(each.path, "opt_outs") for each in plan.opt_outs]
    hierarchies = [
        (each.hierarchy, "columns")
        for each in plan.columns
        if isinstance(each, GeneraliseHierarchy) and each.hierarchy.endswith(HIERARCHY_FILES)
    ]
    populations = [
        (each.population, "groups") for each in plan.groups if isinstance(each, DeltaPresence) and each.population
    ]
    given = dict.fromkeys([*lists, *hierarchies, *populations])
    return _find_source(plan.source, base) + [resolve_path(base, path, where=where) for path, where in given]


def _find_source(source: Source, base: Path) -> list[Path]:
    if isinstance(source, ParquetFolder):
        return list_parquet(resolve_path(base, source.path, folder=True))
    # A database has its own idea of one moment, and so has a Delta table.
    path = getattr(source, "path", None) if source.format in FILES else None
    return [resolve_path(base, path)] if path is not None else []


def has_files(source: Source) -> bool:
    """Whether a source is made of files that stay as they are unless somebody writes to them."""
    return source.format in FILES or isinstance(source, ParquetFolder)


def check_unmoved(plan: Plan, base: Path, before: tuple[FileStamp, ...]) -> None:
    """Raises SourceMoved unless every file of the plan is as it was stamped before."""
    try:
        same = stamp_files(plan, base) == before
    except NotFound:
        same = False
    if not same:
        raise SourceMoved(
            "a file of the source was changed or replaced while it was read",
            fix="Run it again when nobody writes to the source, or run it on a copy.",
            where="source",
        )


def describe_files(plan: Plan, base: Path) -> list[JsonValue]:
    """The stamps, each with the digest of its Parquet footer, which says what the file holds and where."""
    described: list[JsonValue] = []
    for path, stamp in zip(find_files(plan, base), stamp_files(plan, base), strict=True):
        described.append({name: str(value) for name, value in asdict(stamp).items()})
        described.append(_digest_footer(path))
    return described


def _digest_footer(path: Path) -> str:
    """The SHA-256 of the footer of a Parquet file; of all of another file."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - FOOTER_TAIL))
        tail = file.read()
        length = int.from_bytes(tail[:4], "little") + FOOTER_TAIL if tail[4:] == b"PAR1" else size
        file.seek(max(0, size - length))
        digest = sha256()
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()
