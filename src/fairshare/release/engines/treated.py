"""A plan's treated rows as one relation inside an engine, to be counted and added up where they are.

What publishes statistics or learns a model asks the engine for small results; rows themselves never come out here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import duckdb as duck

from fairshare.release.engines import Connections, EngineLimits, Keys, duckdb, memory
from fairshare.release.engines.attaching import Attached, attach_source
from fairshare.release.engines.duckdb_sql import _only_cells, compile_plan, group_columns
from fairshare.release.engines.job import Job, check_counts, find_keys
from fairshare.release.engines.session import close_off, open_session, quote_name, share_memory, speaking_plainly
from fairshare.release.engines.treated_spark import open_in_spark
from fairshare.release.plan import Plan, check_plan, output_types
from fairshare.release.sources_csv import RejectedRow
from fairshare.release.treatments import Cell, ColumnType, text_of
from fairshare.words import SettingOutOfRange

LIMITS = EngineLimits()
TREATED = "treated"
"""The name of the relation in queries."""
SQL_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.DECIMAL: "DECIMAL(38, 10)",
    ColumnType.FLOAT: "DOUBLE",
    ColumnType.DATE: "DATE",
    ColumnType.DATETIME: "TIMESTAMP",
    ColumnType.BOOLEAN: "BOOLEAN",
}


class Treated(Protocol):
    """The treated rows of a plan, open in an engine."""

    @property
    def engine(self) -> str:
        """Name and version of the engine, such as `duckdb 1.5.5`."""
        ...

    @property
    def columns(self) -> Mapping[str, ColumnType]:
        """What each column of `treated` holds, by its name as it would be sent."""
        ...

    def quote(self, name: str) -> str:
        """The name of a column or table as this engine's SQL writes it."""
        ...

    def query(self, sql: str) -> list[tuple[Cell, ...]]:
        """The rows of a SELECT from `treated` and from what was loaded or kept. Given values are never in its text."""
        ...

    def load(self, name: str, columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]]) -> None:
        """Makes a small table of given values, bound and not written into SQL, that queries can name."""
        ...

    def keep(self, name: str, sql: str) -> None:
        """Keeps the result of a SELECT inside the engine under a name that later queries can use."""
        ...

    def hash(self, seed: int, *sql: str) -> str:
        """SQL for a 64-bit hash of expressions and a seed: an order that nobody can foresee without the seed."""
        ...


@dataclass(frozen=True)
class TreatedInDuckDB:
    """The treated rows in a DuckDB session."""

    engine: str
    columns: Mapping[str, ColumnType]
    session: duck.DuckDBPyConnection = field(repr=False)
    relation: str = field(repr=False)
    """SQL of the treated rows."""
    parameters: Mapping[str, Cell] = field(repr=False)
    reading: Callable[[], AbstractContextManager[None]] = field(repr=False)

    def quote(self, name: str) -> str:
        return quote_name(name)

    def query(self, sql: str) -> list[tuple[Cell, ...]]:
        return self._run("", sql)

    def keep(self, name: str, sql: str) -> None:
        self._run(f"CREATE OR REPLACE TEMP TABLE {quote_name(name)} AS ", sql)

    def load(self, name: str, columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]]) -> None:
        given = {
            f"column_{place}": [text_of(cell) if isinstance(cell := row[place], Decimal) else cell for row in rows]
            for place in range(len(columns))
        }
        unnested = ", ".join(
            f"CAST(unnest($column_{place}::{'VARCHAR' if kind is ColumnType.DECIMAL else SQL_TYPES[kind]}[]) "
            f"AS {SQL_TYPES[kind]}) AS {quote_name(column)}"
            for place, (column, kind) in enumerate(columns.items())
        )
        with speaking_plainly("engine"):
            self.session.execute(f"CREATE OR REPLACE TEMP TABLE {quote_name(name)} AS SELECT {unnested}", given)

    def hash(self, seed: int, *sql: str) -> str:
        # Hashed once more, because DuckDB only flips bits for the last of several: orders would be alike for all seeds.
        return f"hash(hash({', '.join([*sql, f'{seed}::UBIGINT'])}))"

    def _run(self, before: str, sql: str) -> list[tuple[Cell, ...]]:
        # A view cannot hold bound values, so the relation stands before each query.
        if TREATED not in sql:
            with speaking_plainly("engine"):
                return self.session.execute(before + sql).fetchall()
        whole = f"{before}WITH {TREATED} AS NOT MATERIALIZED (\n{self.relation})\n{sql}"
        with speaking_plainly("engine"), self.reading():
            return self.session.execute(whole, dict(self.parameters)).fetchall()


@contextmanager
def open_treated(
    plan: Plan,
    *,
    engine: str = "duckdb",
    keys: Keys,
    base: Path,
    connections: Connections | None = None,
    on_progress: Callable[[float], None] | None = None,
    limits: EngineLimits = LIMITS,
) -> Iterator[Treated]:
    """Opens the rows that a plan lets go, treated and without small groups, as a relation to aggregate over.

    Takes    as `run_plan` does; nothing is written.
    Raises   what `run_plan` raises; SourceChanged also when the rows of a CSV file are not all accounted for.
    """
    if engine not in OPENERS:
        raise SettingOutOfRange(
            "there is no such engine", where="engine", fix=f"Engines that can aggregate: {', '.join(OPENERS)}."
        )
    nowhere = Path(os.devnull)
    job = Job(plan, nowhere, "parquet", base, find_keys(plan, keys), connections, on_progress, limits)
    with OPENERS[engine](job) as treated:
        yield treated


@contextmanager
def open_in_duckdb(job: Job, *, beside: Sequence[Path] = ()) -> Iterator[TreatedInDuckDB]:
    """Opens a job's treated rows in a session that may open these files besides, to read or to write."""
    with (
        open_session(job.limits) as session,
        attach_source(session, job.plan.source, job.base, job.connections) as attached,
    ):
        with speaking_plainly("engine"):
            check_plan(job.plan, attached.schema)
            compiled = compile_plan(job.plan, attached, "parquet")
            duckdb.load_lists(session, job, attached, compiled)
            duckdb.load_keys(session, job.keys)
            duckdb.make_counters(session, attached)
            share_memory(session, job.limits, len(job.plan.sent))
            close_off(session, (*attached.reads, *beside), attached.folders)
            session.execute("BEGIN")
            read = duckdb.count_rows(session, job, attached, compiled)[0] if attached.countable is None else None
            duckdb.hold_back_small_groups(session, job, attached, compiled)
        columns = output_types(job.plan, attached.schema)
        relation = f"SELECT treated.* FROM (\n{compiled.treated}) AS treated{_only_cells(group_columns(job.plan))}"
        treated = TreatedInDuckDB(
            duckdb.NAME, columns, session, relation, compiled.parameters, lambda: _reading(session, attached)
        )
        if read is not None:
            _check_csv(treated, job.plan, attached, read)
        yield treated


@contextmanager
def _reading(session: duck.DuckDBPyConnection, attached: Attached) -> Iterator[None]:
    # What a reading of a CSV file rejects goes into tables that may not be there yet.
    session.execute("DROP TABLE IF EXISTS ragged")
    session.execute("DROP TABLE IF EXISTS ragged_scans")
    with attached.flowing():
        yield


def _check_csv(treated: TreatedInDuckDB, plan: Plan, attached: Attached, read: int) -> None:
    """One reading of a CSV file that only counts: every row must be met, rejected or filtered."""
    if plan.groups:
        return  # counted with the groups, before any row was held back
    kept = treated.query(f"SELECT count(*) FROM {TREATED}")[0][0]
    assert isinstance(kept, int)  # noqa: S101 (a count)
    rejected, filtered = duckdb.tally_csv(treated.session, plan, attached)
    check_counts(read=read, accounted=sum(rejected.values()) + filtered + kept)


@contextmanager
def _open_memory(job: Job) -> Iterator[Treated]:
    """Treats each row in Python, and lends DuckDB to add up what came of it."""
    with open_session(job.limits) as session:
        with speaking_plainly("engine"), attach_source(session, job.plan.source, job.base, job.connections) as attached:
            check_plan(job.plan, attached.schema)
            found = list(memory.read_source(session, job, attached))
            rows = [row for row in found if not isinstance(row, RejectedRow)]
            lists = memory.read_lists(job, attached.schema)
            wanted = [row for row in rows if memory.passes(job.plan, attached.schema, row, lists)]
            kept, _ = memory.hold_back_small_groups(
                job.plan,
                [memory.treat_row(job.plan, attached.schema, row, job.keys) for row in wanted],
                memory.list_people(job.plan, attached.schema, wanted),
            )
        columns = output_types(job.plan, attached.schema)
        treated = TreatedInDuckDB(memory.NAME, columns, session, "SELECT * FROM kept_rows", {}, nullcontext)
        treated.load("kept_rows", columns, kept)
        yield treated


OPENERS: dict[str, Callable[[Job], AbstractContextManager[Treated]]] = {
    "duckdb": open_in_duckdb,
    "memory": _open_memory,
    "spark": open_in_spark,
}
