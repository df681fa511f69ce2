"""A DuckDB session: private, in memory, spilling nothing to disk, speaking to nobody."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import duckdb

from fairshare.release.engines import EngineLimits
from fairshare.release.sources import (
    SourceUnreadable,
)
from fairshare.release.treatments import ColumnType
from fairshare.words import BadInput, FairshareError, MissingPart, SettingOutOfRange

THREAD_MB, COLUMN_MB = 64, 2
OUT_OF_CALENDAR = "a date outside the years 1 to 9999"
NO_LABEL = "a value without a label in column "


class EngineFailed(FairshareError):
    """The engine stopped for a reason it could not put into words that are free of personal data."""

    code = "ENGINE_FAILED"


class MemoryExceeded(FairshareError):
    """The run needs more memory than it was allowed; nothing is spilled to disk, where it would lie in the clear."""

    code = "MEMORY_EXCEEDED"


class ValueUnreadable(BadInput):
    """A source holds a value that its own column type, or the calendar, does not allow."""

    code = "VALUE_UNREADABLE"


class LabelMissing(BadInput):
    """A column holds a value that its labels, or its tree, do not have."""

    code = "LABEL_MISSING"


def refuse_value_without_label(column: str) -> LabelMissing:
    """The refusal of a column that holds a value without a label; the value itself is not said."""
    return LabelMissing(
        "the column holds a value that its labels do not have",
        fix="Add it to the labels or the tree, or give a label for every `other` value.",
        where=f"columns: {column}",
    )


def as_glob(path: Path) -> str:
    """A path that DuckDB takes for itself: it reads *, ? and [ as wildcards."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def quote_name(name: str) -> str:
    """A name of a column or table, in SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """Text in SQL, for paths and our own words; values of people are bound, never written."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def speaking_plainly(where: str, *, opening: bool = False) -> Iterator[None]:
    """Turns DuckDB's errors into ours. Its messages quote values, paths and connection strings, so none survives."""
    try:
        yield
    except duckdb.Error as error:
        raise _explain(error, where, opening=opening) from None


def _explain(error: duckdb.Error, where: str, *, opening: bool) -> FairshareError:
    if isinstance(error, duckdb.OutOfMemoryException):
        return MemoryExceeded(
            "the run needs more memory than it may use",
            fix="From Python, give EngineLimits a larger memory_mb (1024 by default), or send fewer columns.",
            where=where,
        )
    if OUT_OF_CALENDAR in str(error):
        return ValueUnreadable(
            f"the source holds {OUT_OF_CALENDAR}",
            fix="Leave that column out, filter those rows out, or correct them.",
            where=where,
        )
    if NO_LABEL in str(error):
        return refuse_value_without_label(str(error).rpartition(NO_LABEL)[2].strip())
    # What Parquet's own parts raise has no class of its own.
    if opening or type(error) is duckdb.Error or isinstance(error, duckdb.IOException | duckdb.PermissionException):
        return SourceUnreadable(
            "a file or database cannot be read or written",
            fix="Check that it is there, whole, and of the format that the plan says.",
            where=where,
        )
    if isinstance(error, duckdb.DataError | duckdb.InvalidInputException):
        return ValueUnreadable(
            "part of the source cannot be read as what its columns say they hold",
            fix="Check that it is whole; correct it, or make a view of it with the types meant.",
            where=where,
        )
    return EngineFailed(
        f"DuckDB stopped with {type(error).__name__}",
        fix="Check the source; if it is sound, report this with the plan.",
        where=where,
    )


@contextmanager
def open_session(limits: EngineLimits) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own, closed at the end. It has no temporary folder, and installs and loads nothing by itself."""
    if limits.memory_mb < 64 or not 0 <= limits.threads <= 1024:
        raise SettingOutOfRange(
            "the limits leave the engine too little memory or too many threads",
            fix="Allow at least 64 MB, and 0 (all) to 1024 threads.",
            where="limits",
        )
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_directory": "",
        "memory_limit": f"{limits.memory_mb}MiB",
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }
    with speaking_plainly("engine"), duckdb.connect(":memory:", config=config) as session:
        session.execute("SET TimeZone = 'UTC'")
        yield session


def share_memory(session: duckdb.DuckDBPyConnection, limits: EngineLimits, columns: int) -> int:
    """Sets as many threads as the memory is enough for, given the columns read; gives the MB for each one's rows.

    Each thread holds a page of every column that it reads and writes, and the rows of Parquet that it gathers.
    """
    fitting = limits.memory_mb // (THREAD_MB + columns * COLUMN_MB)
    threads = limits.threads or max(1, min(os.cpu_count() or 1, fitting))
    session.execute(f"SET threads = {threads}")
    return max(1, limits.memory_mb // (8 * threads))


def close_off(session: duckdb.DuckDBPyConnection, paths: tuple[Path, ...], folders: tuple[Path, ...] = ()) -> None:
    """From here on the session opens these files, those in these folders and nothing else, and its settings stand."""
    allowed = ", ".join(quote_text(name) for path in paths for name in dict.fromkeys((str(path), as_glob(path))))
    session.execute(f"SET allowed_paths = [{allowed}]")
    session.execute(f"SET allowed_directories = [{', '.join(quote_text(f'{folder}/') for folder in folders)}]")
    session.execute("SET enable_external_access = false")
    session.execute("SET lock_configuration = true")


def load_extension(session: duckdb.DuckDBPyConnection, name: str, *, extra: str) -> None:
    """Loads a DuckDB extension from its Python package: no download, ever."""
    package = find_spec(f"duckdb_extension_{name}")
    folders = package.submodule_search_locations if package else None
    found = (
        sorted(Path(next(iter(folders))).glob(f"extensions/v{duckdb.__version__}/{name}.duckdb_extension"))
        if folders
        else []
    )
    if not found:
        raise MissingPart(
            f"DuckDB's {name} {duckdb.__version__} is not installed",
            where="source",
            fix=f"Run: pip install 'fairshare[{extra}]'",
        )
    session.execute(f"LOAD {quote_text(str(found[0]))}")


def text_sql(column: str, found: ColumnType) -> str:
    """A value as text, by the rule of `treatments.text_of`."""
    match found:
        case ColumnType.TEXT:
            return column
        case ColumnType.DATETIME:
            return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%f')"
        case ColumnType.DECIMAL:
            digits = f"CAST({column} AS VARCHAR)"
            return f"CASE WHEN contains({digits}, '.') THEN rtrim(rtrim({digits}, '0'), '.') ELSE {digits} END"
    return f"CAST({column} AS VARCHAR)"
