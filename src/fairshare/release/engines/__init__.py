"""Running a plan: one seam, several engines that give the same rows.

An engine compiles a plan and runs it. `memory` is slow and obviously right; `duckdb` is the default; `spark` spreads
the work over a cluster. Each writes the treated rows to `write_to`, which may be a named pipe (FIFO) for CSV and for
Parquet alike, so that rows can stream straight into encryption and no plain copy touches a disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from fairshare.release.plan import Plan
    from fairshare.release.sections import Section
    from fairshare.release.sources import CsvFile, Schema, Source
    from fairshare.release.sources_csv import RejectedRow
    from fairshare.release.treatments_groups import GroupTreatment

EngineName = Literal["duckdb", "memory", "spark"]
OutputFormat = Literal["csv", "parquet"]


class Keys(Protocol):
    """Where pseudonymisation keys come from: one key for each key id, a key id for each agreement."""

    def key_for(self, key_id: str) -> bytes:
        """The secret key under this id, at least 16 bytes; raises a FairshareError if there is none."""
        ...


class Connections(Protocol):
    """Where database connection strings come from, so that no plan ever holds one."""

    def connection_for(self, name: str) -> str:
        """The libpq connection string under this name; raises a FairshareError if there is none."""
        ...


@dataclass(frozen=True)
class GroupMeasured:
    """What a group treatment found: the size k it was held to (0 if it is not about size), and what was there."""

    columns: tuple[str, ...]
    k: int
    groups: int
    small_groups: int
    rows_in_small_groups: int
    smallest_group_sent: int | None
    """None when no row was sent."""
    group: GroupTreatment | None = None
    found: float | None = None
    """The worst that its model found in a class before any was held back; None when there was no class."""
    found_sent: float | None = None
    sizes: tuple[tuple[int, int], ...] = ()
    """How many classes there were of each size, smallest first."""
    sizes_sent: tuple[tuple[int, int], ...] = ()
    people: bool = False
    """Whether sizes, and k, count different people, since the plan says whose each row is; otherwise rows."""


@dataclass(frozen=True)
class EngineReport:
    """What a run did: rows_read == rows_rejected + rows_filtered + rows_suppressed + rows_sent, always."""

    rows_read: int
    rows_rejected: int
    rows_filtered: int
    rows_suppressed: int
    rows_sent: int
    columns: Mapping[str, str]
    """Each column sent, by its name in the output, with its treatment in words."""
    held_back: Mapping[str, str]
    """Each column of the source not sent, with the reason in words."""
    engine: str
    """Name and version, such as `duckdb 1.5.5`."""
    groups: tuple[GroupMeasured, ...] = ()
    rejected: Mapping[str, int] = field(default_factory=dict)
    """How many rows of a CSV file could not be read, by reason; `list_rejected_rows` says which."""
    published: bool = False
    """Whether the rows are those of statistics or of synthetic people: then only how many were sent is told."""
    notes: tuple[str, ...] = ()
    """What a reader of the output must know, such as how cells that look like formulas are written."""
    sections: tuple[Section, ...] = ()
    """What each further step has to tell the release sheet."""
    kept_on_receipt: Mapping[str, str] = field(default_factory=dict)
    """Short facts that the signed receipt holds in clear, by name: whoever gets the release reads them."""
    kept_by_holder: Mapping[str, str] = field(default_factory=dict)
    """Short facts that the recipient is not meant to learn, such as the rows that a list of opt-outs held back: the
    receipt holds one commitment to all of them."""


@dataclass(frozen=True)
class EngineLimits:
    """How much of the machine an engine may use."""

    memory_mb: int = 1024
    threads: int = 0
    """0 means every processor, as far as the memory is enough for them."""
    spark_master: str = ""
    """The Spark cluster's address, such as `spark://host:7077`; else FAIRSHARE_SPARK_MASTER, else this machine."""
    spark_properties: Path | None = None
    """A file of Spark properties that only its owner may read; else the one that FAIRSHARE_SPARK_PROPERTIES names."""


def run_plan(
    plan: Plan,
    *,
    engine: str = "duckdb",
    keys: Keys,
    write_to: Path,
    format: OutputFormat,
    base: Path,
    connections: Connections | None = None,
    on_progress: Callable[[float], None] | None = None,
    limits: EngineLimits = EngineLimits(),
) -> EngineReport:
    """Reads the plan's source, treats its rows and writes those that may go.

    Takes    write_to: a new file or an existing FIFO with a reader on its way. The bytes are whole only if this
             returns; when it raises, a waiting FIFO reader is let go (end of file) and a partial file is removed.
             base: the folder that paths in the plan are relative to.
             on_progress: told a share from 0 to 1, from another thread, now and then.
    Raises   a FairshareError; nothing in its words comes from the rows, the keys or a connection string.
    """
    from fairshare.release.engines.running import run

    return run(
        plan,
        engine=engine,
        keys=keys,
        write_to=write_to,
        output=format,
        base=base,
        connections=connections,
        on_progress=on_progress,
        limits=limits,
    )


def preview_plan(plan: Plan, base: Path, *, connections: Connections | None = None) -> str:
    """What the plan would do, before any row is read: columns in and out, what is held back, and the query."""
    from fairshare.release.engines.running import preview

    return preview(plan, base, connections=connections)


def schema_of(source: Source, base: Path, *, connections: Connections | None = None) -> Schema:
    """The columns of a source in their order, each with what it holds."""
    from fairshare.release.engines.running import find_schema

    return find_schema(source, base, connections=connections)


def list_rejected_rows(source: CsvFile, base: Path, *, most: int = 1000) -> list[RejectedRow]:
    """Which rows of a CSV file cannot be read, by their place, so that somebody can put them right."""
    from fairshare.release.sources import resolve_path
    from fairshare.release.sources_csv import check_structure, find_rejected_rows

    path = resolve_path(base, source.path)
    check_structure(path, source)
    return find_rejected_rows(path, source, most=most)


__all__ = [
    "Connections",
    "EngineLimits",
    "EngineReport",
    "GroupMeasured",
    "Keys",
    "OutputFormat",
    "list_rejected_rows",
    "preview_plan",
    "run_plan",
    "schema_of",
]
