"""The lattice of a table: its finest cells, counted once in DuckDB, and each node a group-by of those.

Values become small whole numbers, one for each level, so that a node is a group-by of numbers and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import duckdb

from fairshare.release.deidentify.cells import ROWS, judge_sql, suppress_cells
from fairshare.release.deidentify.hierarchies import Hierarchy
from fairshare.release.deidentify.lattice import Node, Worth
from fairshare.release.deidentify.losses import Loss, LossName, NodeCounts
from fairshare.release.deidentify.settle import make_treatment
from fairshare.release.engines.duckdb_sql import labels_table_sql, looked_up_sql, treat_sql
from fairshare.release.engines.session import quote_name
from fairshare.release.treatments import ColumnType, Label
from fairshare.release.treatments_groups import (
    DeltaPresence,
    GroupTreatment,
    KAnonymity,
    LDiversity,
    PopulationCount,
    SensitiveTreatment,
    TCloseness,
)

MEASURED = (
    'SELECT count(*), coalesce(sum("#size"::HUGEINT * "#size"), 0), '
    'coalesce(sum("#size") FILTER ("#fails"), 0)::BIGINT, count(*) FILTER (NOT "#fails"), '
    'coalesce(sum("#size"::HUGEINT * "#size") FILTER (NOT "#fails"), 0)'
)


@dataclass(frozen=True)
class Column:
    """A quasi-identifier of the source, what it holds, and its hierarchy."""

    name: str
    type: ColumnType
    hierarchy: Hierarchy


@dataclass(frozen=True)
class TableLattice:
    """A table's lattice, in an open DuckDB session that holds its finest cells."""

    session: duckdb.DuckDBPyConnection = field(repr=False)
    columns: tuple[Column, ...]
    groups: tuple[GroupTreatment, ...]
    rows: int
    may_go: int
    """How many rows may be held back."""
    loss: Loss

    @property
    def heights(self) -> Node:
        """The highest level of each column."""
        return tuple(len(column.hierarchy.levels) - 1 for column in self.columns)

    @property
    def merges_keep_passing(self) -> bool:
        """Whether a class that passes still does when it is merged with any others, failing ones too."""
        return self.may_go == 0 or all(
            isinstance(each, KAnonymity) or (isinstance(each, LDiversity) and each.measure == "distinct")
            for each in self.groups
        )

    def bound(self, node: Node) -> float:
        """What a node loses at least, without a look at it."""
        return self.loss.bound(node)

    def look(self, node: Node) -> Worth:
        """What a node is worth."""
        counts = self.count(node)
        loss, floor = self.loss.measure(node, counts)
        return Worth(loss, counts.rows_held_back, counts.rows_held_back <= self.may_go, floor)

    def count(self, node: Node) -> NodeCounts:
        """Counts the classes of a node, and those that fail."""
        judged = self.judge_sql(node)
        found = self.session.execute(f"{MEASURED} FROM ({judged})").fetchall()[0]
        spared = self._spare(node, judged) if self.loss.name == "ncp" and found[2] else 0.0
        classes, squares, held_back, sent, squares_sent = (int(each) for each in found)
        return NodeCounts(classes, squares, held_back, sent, squares_sent, spared)

    def keys(self, node: Node) -> list[str]:
        """The columns of a node in the table of finest cells."""
        return [f"c{place}_{level}" for place, level in enumerate(node)]

    def sizes(self, node: Node, *, sent: bool) -> tuple[tuple[int, int], ...]:
        """How many classes a node has of each size, all of them or those that pass."""
        judged = self.judge_sql(node)
        only = 'WHERE NOT "#fails"' if sent else ""
        return tuple(self.session.execute(
            f'SELECT "#size"::BIGINT, count(*) FROM ({judged}) {only} GROUP BY 1 ORDER BY 1'
        ).fetchall())  # fmt: skip

    def judge_sql(self, node: Node) -> str:
        """SQL of a node's classes: their numbers of labels, `#size`, and whether each `#fails`."""
        if not self.groups:
            keys = ", ".join(self.keys(node))
            return f'SELECT {keys}, sum({ROWS}) AS "#size", false AS "#fails" FROM finest GROUP BY ALL'
        return self._judged_at_once(node) or self._judged_by_turns(node)

    def _judged_at_once(self, node: Node) -> str | None:
        """SQL of a node's classes, each with its size and whether it fails: one query, where one is enough."""
        if any(isinstance(each, TCloseness | DeltaPresence) for each in self.groups):
            return None
        sensitive = {each.sensitive for each in self.groups if isinstance(each, SensitiveTreatment)}
        if len(sensitive) > 1:
            return None
        keys = ", ".join(self.keys(node))
        value = f"{quote_name(f'#{min(sensitive)}')}" if sensitive else "NULL"
        counted = f'SELECT {keys}, {value} AS "#value", sum({ROWS}) AS "#n" FROM finest GROUP BY ALL'
        fails = " OR ".join(f"({judge_sql(each)[1]})" for each in self.groups)
        return f'SELECT {keys}, sum("#n") AS "#size", {fails} AS "#fails" FROM ({counted}) GROUP BY {keys}'

    def _judged_by_turns(self, node: Node) -> str:
        """The same by holding back class after class, just as a release does, because what goes changes what stays."""
        keys = self.keys(node)
        named = [f"{key} AS {quote_name(column.name)}" for key, column in zip(keys, self.columns, strict=True)]
        sensitive = dict.fromkeys(each.sensitive for each in self.groups if isinstance(each, SensitiveTreatment))
        named += [f"{quote_name('#' + name)} AS {quote_name(name)}" for name in sensitive]
        self.session.execute(
            f"CREATE OR REPLACE TEMP TABLE cells AS SELECT {', '.join(named)}, sum({ROWS}) AS {ROWS} "
            "FROM finest GROUP BY ALL"
        )
        if any(isinstance(each, DeltaPresence) for each in self.groups):
            self._count_population(keys)
        suppress_cells(self.session, self.groups)
        names = ", ".join(quote_name(column.name) for column in self.columns)
        alike = " AND ".join(
            f"{key} IS NOT DISTINCT FROM stays.{quote_name(column.name)}"
            for key, column in zip(keys, self.columns, strict=True)
        )
        return (
            f'SELECT classes.*, "#stays" IS NULL AS "#fails" FROM (SELECT {", ".join(keys)}, sum({ROWS}) AS "#size" '
            "FROM finest GROUP BY ALL) AS classes LEFT JOIN "
            f'(SELECT {names}, true AS "#stays" FROM cells GROUP BY ALL) AS stays ON {alike}'
        )

    def _count_population(self, keys: list[str]) -> None:
        named = ", ".join(f"{key} AS value_{place}" for place, key in enumerate(keys))
        for place, group in enumerate(self.groups):
            if isinstance(group, DeltaPresence):
                self.session.execute(
                    f"CREATE OR REPLACE TEMP TABLE population_{place} AS SELECT {named}, sum(people)::BIGINT AS people "
                    "FROM population GROUP BY ALL"
                )

    def _spare(self, node: Node, judged: str) -> float:
        joins = " ".join(
            f"JOIN penalties AS p{place} ON p{place}.place = {place} AND p{place}.level = {level} "
            f"AND p{place}.code = c{place}_{level}"
            for place, level in enumerate(node)
        )
        lost = " + ".join(f"p{place}.penalty" for place in range(len(node)))
        found = self.session.execute(
            f'SELECT sum("#size" * (1 - ({lost}) / {len(node)})) FROM ({judged}) {joins} WHERE "#fails"'
        ).fetchall()
        return float(found[0][0] or 0.0)

    def describe_population(self, node: Node) -> tuple[PopulationCount, ...]:
        """The population's counts at a node, by the labels that a release would send."""
        joins = " ".join(
            f"JOIN (SELECT DISTINCT c{level} AS code, l{level} AS label FROM labels_of_{place}) AS d{place} "
            f"ON d{place}.code = c{place}_{level}"
            for place, level in enumerate(node)
        )
        labels = ", ".join(f"d{place}.label" for place in range(len(node)))
        counted = self.session.execute(f"SELECT {labels}, sum(people)::BIGINT FROM population {joins} GROUP BY ALL")
        return tuple(
            PopulationCount.model_construct(values=tuple(values), people=int(people))
            for *values, people in counted.fetchall()
        )


def make_lattice(
    session: duckdb.DuckDBPyConnection,
    columns: Sequence[Column],
    groups: Sequence[GroupTreatment],
    *,
    share_to_go: Decimal,
    loss: LossName,
    population: Sequence[PopulationCount] = (),
    on_progress: Callable[[float], None] | None = None,
) -> TableLattice:
    """Makes the lattice of the table `raw` (distinct values, with `#rows`), which is no longer needed afterwards."""
    for place, column in enumerate(columns):
        _number_values(session, place, column, [each.values[place] for each in population])
        if on_progress is not None:
            on_progress((place + 1) / (len(columns) + 1))
    sensitive = dict.fromkeys(each.sensitive for each in groups if isinstance(each, SensitiveTreatment))
    for place, name in enumerate(sensitive):
        value = quote_name(name)
        session.execute(
            f"CREATE OR REPLACE TEMP TABLE sensitive_{place} AS SELECT value, CASE WHEN value IS NOT NULL "
            "THEN (dense_rank() OVER (ORDER BY value))::UINTEGER END AS code "
            f"FROM (SELECT {value} AS value FROM raw GROUP BY ALL)"
        )
    _count_finest(session, columns, list(sensitive))
    if population:
        _place_population(session, columns, population, groups)
    rows = int(session.execute(f"SELECT coalesce(sum({ROWS}), 0)::BIGINT FROM finest").fetchall()[0][0])
    labels, penalties = _weigh(session, columns, rows, whole=loss == "ncp")
    k = next((each.k for each in groups if isinstance(each, KAnonymity)), 1)
    heights = tuple(len(column.hierarchy.levels) - 1 for column in columns)
    measured = Loss(loss, rows, k, heights, labels, penalties)
    return TableLattice(session, tuple(columns), tuple(groups), rows, int(share_to_go * rows), measured)


def _number_values(session: duckdb.DuckDBPyConnection, place: int, column: Column, more: list[str | None]) -> None:
    """The table `labels_of_n`: each value of a column, with its label and the label's number at every level."""
    name = quote_name(column.name)
    kind = session.execute(f"SELECT typeof({name}) FROM raw LIMIT 1").fetchall()
    values = f"SELECT {name} FROM raw"
    if more:
        values += f" UNION SELECT TRY_CAST(unnest($more::VARCHAR[]) AS {kind[0][0] if kind else 'VARCHAR'})"
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE distinct_values AS SELECT {name} FROM ({values}) GROUP BY ALL",
        {"more": more} if more else None,
    )
    labels, joins = [], ""
    for level, level_name in enumerate(column.hierarchy.levels):
        treatment = make_treatment(column.name, column.hierarchy.treat(level_name))
        labels.append(f"{treat_sql(treatment, column.type, (), level)} AS l{level}")
        if isinstance(treatment, Label):
            session.execute(*labels_table_sql(treatment, level))
            looked_up = looked_up_sql(treatment, column.type)
            joins += f" LEFT JOIN labels_{level} ON labels_{level}.value = {looked_up}"
    levels = range(len(labels))
    text = ", ".join(f"CAST(l{level} AS VARCHAR) AS l{level}" for level in levels)
    codes = ", ".join(f"(dense_rank() OVER (ORDER BY l{level}))::UINTEGER AS c{level}" for level in levels)
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE labels_of_{place} AS SELECT value, {text}, {codes} FROM "
        f"(SELECT wanted.{name} AS value, {', '.join(labels)} FROM distinct_values AS wanted{joins})"
    )


def _count_finest(session: duckdb.DuckDBPyConnection, columns: Sequence[Column], sensitive: list[str]) -> None:
    chosen, joins, together = [], "", False
    for place, column in enumerate(columns):
        found = session.execute(f"SELECT max(c0), count(*) FROM labels_of_{place}").fetchall()[0]
        labels, values = int(found[0] or 0), int(found[1])
        # Where many values have one label already at the lowest level, cells that are alike are put together once.
        together = together or 2 * labels < values
        kind = "USMALLINT" if labels < 2**16 else "UINTEGER"
        chosen += [f"d{place}.c{level}::{kind} AS c{place}_{level}" for level in range(len(column.hierarchy.levels))]
        joins += (
            f" JOIN labels_of_{place} AS d{place} ON raw.{quote_name(column.name)} IS NOT DISTINCT FROM d{place}.value"
        )
    for place, name in enumerate(sensitive):
        chosen.append(f"s{place}.code AS {quote_name('#' + name)}")
        joins += f" JOIN sensitive_{place} AS s{place} ON raw.{quote_name(name)} IS NOT DISTINCT FROM s{place}.value"
    counted = f"SELECT {', '.join(chosen)}, {ROWS} FROM raw{joins}"
    if together:
        counted = f"SELECT * EXCLUDE ({ROWS}), sum({ROWS})::BIGINT AS {ROWS} FROM ({counted}) GROUP BY ALL"
    session.execute(f"CREATE OR REPLACE TEMP TABLE finest AS {counted}")
    session.execute("DROP TABLE raw")


def _place_population(
    session: duckdb.DuckDBPyConnection,
    columns: Sequence[Column],
    population: Sequence[PopulationCount],
    groups: Sequence[GroupTreatment],
) -> None:
    given: dict[str, list[str | None] | list[int]] = {
        f"v{place}": [each.values[place] for each in population] for place in range(len(columns))
    }
    given["people"] = [each.people for each in population]
    unnested = ", ".join(
        f"unnest(${name}::{'BIGINT' if name == 'people' else 'VARCHAR'}[]) AS {name}" for name in given
    )
    chosen, joins = [], ""
    for place, column in enumerate(columns):
        chosen += [f"d{place}.c{level} AS c{place}_{level}" for level in range(len(column.hierarchy.levels))]
        joins += f" JOIN labels_of_{place} AS d{place} ON v{place} IS NOT DISTINCT FROM CAST(d{place}.value AS VARCHAR)"
        # Classes and population meet as numbers of labels here, and not as text.
        for at, group in enumerate(groups):
            if isinstance(group, DeltaPresence):
                session.execute(f"CREATE OR REPLACE TEMP MACRO text_{at}_{place}(x) AS x")
    session.execute(
        f"CREATE OR REPLACE TEMP TABLE population AS SELECT {', '.join(chosen)}, people "
        f"FROM (SELECT {unnested}){joins}",
        given,
    )


def _weigh(
    session: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: int, *, whole: bool
) -> tuple[list[list[int]], list[list[float]]]:
    """How many labels each column has at each level and, if the loss needs it, what they weigh."""
    labels: list[list[int]] = []
    penalties: list[list[float]] = []
    session.execute(
        "CREATE OR REPLACE TEMP TABLE penalties (place INTEGER, level INTEGER, code UINTEGER, penalty DOUBLE)"
    )
    for place, column in enumerate(columns):
        levels = range(len(column.hierarchy.levels))
        counts = ", ".join(f"max(c{level})" for level in levels)
        found = session.execute(f"SELECT {counts} FROM labels_of_{place}").fetchall()[0]
        labels.append([int(each or 1) for each in found])
        penalties.append([0.0 for _ in levels])
        for level in levels if whole else ():
            session.execute(
                f"INSERT INTO penalties SELECT {place}, {level}, c{level}, (count(DISTINCT c0) - 1) / "
                f"{max(labels[place][0] - 1, 1)} FROM labels_of_{place} GROUP BY c{level}"
            )
            mean = session.execute(
                f"SELECT sum({ROWS} * penalty) / {max(rows, 1)} FROM finest JOIN penalties "
                f"ON penalties.place = {place} AND penalties.level = {level} AND penalties.code = c{place}_{level}"
            ).fetchall()[0][0]
            penalties[place][level] = float(mean or 0.0)
    return labels, penalties


def weigh_labels(lattice: TableLattice) -> Loss:
    """The loss by the normalised certainty penalty, with the weight of every label."""
    labels, penalties = _weigh(lattice.session, lattice.columns, lattice.rows, whole=True)
    return replace(lattice.loss, name="ncp", labels=labels, penalties=penalties)


def name_levels(columns: Sequence[Column], node: Node) -> Mapping[str, str]:
    """The level of each column at a node, by name."""
    return {column.name: column.hierarchy.levels[level] for column, level in zip(columns, node, strict=True)}
