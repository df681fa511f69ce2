"""A few rows of a source in memory, for whoever must look at what its columns hold; nothing of them is written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fairshare.release.engines import Connections, EngineLimits
from fairshare.release.engines.attaching import attach_source
from fairshare.release.engines.duckdb_sql import read_sql
from fairshare.release.engines.session import close_off, open_session, speaking_plainly
from fairshare.release.sources import Schema, Source
from fairshare.release.treatments import Cell, ColumnType


@dataclass(frozen=True)
class Sample:
    """The first rows of a source, column by column."""

    schema: Schema
    rows: int
    columns: dict[str, list[Cell]] = field(repr=False)
    """What a cell of an odd type holds is left out."""


def sample_source(source: Source, base: Path, *, rows: int, connections: Connections | None = None) -> Sample:
    """The first `rows` rows; a source is read no further, so that a large one costs no more than a small one."""
    with (
        open_session(EngineLimits(threads=1)) as session,
        speaking_plainly("source"),
        attach_source(session, source, base, connections) as attached,
    ):
        reads = ", ".join(
            "NULL" if column.type is ColumnType.OTHER else read_sql(column, attached)
            for column in attached.columns.values()
        )
        close_off(session, attached.reads, attached.folders)
        with attached.flowing():
            found = session.execute(f"SELECT {reads} FROM {attached.relation} AS source LIMIT {int(rows)}").fetchall()
        return Sample(
            attached.schema, len(found), {name: [row[at] for row in found] for at, name in enumerate(attached.columns)}
        )
