"""The exact numbers that noise is added to, counted inside the engine: clamped, few rows a person, public groups only.

Each of the three is what a sensitivity in noise.py rests on, and each is tested with adversarial neighbours.

Rows a person. First, who could have more than `m` rows? Persons are hashed to 64 bits and hashes counted, which is much
faster than to sort everybody. Those whose hash is met at most `m` times have at most `m` rows and keep them all. The
rows of the rest (or of all, if the rest have most of them) are put into an order for each person, and the first `m` are
kept. The order is that of a hash of what the row holds under a seed that is new for each run: a person's rows are
chosen by those rows and the seed alone, never by the order of the table or by anybody else's rows, so that for each
seed neighbours stay neighbours. Two persons with one hash are only looked at more closely. A row that is nobody's
cannot be bounded, and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import product

from fairshare.release.engines.treated import Treated
from fairshare.release.filters import WRITE_AS, read_given
from fairshare.release.pets.noise import Part, find_centre, list_parts
from fairshare.release.pets.private_statistics import (
    AnyStatistic,
    Histogram,
    KeyValue,
    Mean,
    PrivateStatistics,
    PublicKey,
    Quantile,
    StatisticsUnfit,
    Sum,
    list_spellings,
)
from fairshare.release.plan import Plan
from fairshare.release.treatments import NUMBERS, Cell, ColumnType, text_of_edge

PERSON = "#person"
"""The person column among the treated rows; nothing can be sent under such a name."""
BYTES_COUNTED, BYTES_ORDERED = 64, 320
"""What DuckDB holds for each row while it counts hashes, and for each of the first rows while it looks for them."""
_KEY_TYPES = {
    ColumnType.TEXT: str,
    ColumnType.INTEGER: int,
    ColumnType.BOOLEAN: bool,
    ColumnType.DATE: str,
}


@dataclass(frozen=True)
class Columns:
    """The columns of the bounded rows: groups `k0`, `k1`..., bins `b0`..., clamped values `v0`..."""

    keys: dict[str, str]
    bins: dict[str, str]
    values: dict[str, str]
    """By the name of the statistic, its column; statistics with the same bounds of one column share it."""
    sql: dict[str, str]
    """By the column's name, what it is made of."""


def find_exact(
    treated: Treated, plan: Plan, published: PrivateStatistics, *, seed: int, memory_mb: int = 1024
) -> dict[tuple[str, Part], list[int]]:
    """The exact numbers of every part of every statistic, a list with one for each public cell, in their order.

    These are personal data: noise is added before anybody sees them.
    """
    check_columns(treated, published)
    columns = name_columns(treated, published)
    for place, key in enumerate(published.keys):
        load_key(treated, f"key_{place}", key, plan)
    keep_cells(treated, published, columns, seed=seed, memory_mb=memory_mb)
    return {
        (each.name, part): find_part(treated, plan, published, columns, each, part)
        for each in published.statistics
        for part in list_parts(each)
    }


def check_columns(treated: Treated, published: PrivateStatistics) -> None:
    """Refuses columns that cannot be grouped by, added up or counted in bins."""
    for each in published.statistics:
        column = getattr(each, "column", None)
        if column is not None and treated.columns[column] not in NUMBERS:
            raise StatisticsUnfit(
                f"{column!r} holds no numbers",
                fix="Choose a column of numbers.",
                where=f"publish.statistics: {each.name}",
            )
    for key in published.keys:
        found = treated.columns.get(key.column)
        kind = _KEY_TYPES.get(found) if found is not None else None
        strange = [value for value in key.listed or () if value is not None and type(value) is not kind]
        if kind is None or strange:
            raise StatisticsUnfit(
                f"the values of the key {key.column!r} are not written as what it holds, {found}",
                fix="Group by text, whole numbers, dates (as text) or booleans, and write the values as they are.",
                where="publish.keys",
            )


def load_key(treated: Treated, name: str, key: PublicKey, plan: Plan) -> None:
    """A key's public values as a table inside the engine, each with its place."""
    found = treated.columns[key.column]
    rows = [
        (to_cell(spelling, found, key), place)
        for place, spellings in enumerate(list_spellings(key, plan))
        for spelling in spellings
    ]
    if len({cell for cell, _ in rows}) < len(rows):
        raise StatisticsUnfit(
            f"two values of the key {key.column!r} are one in its column, so that a row would count in both",
            fix="List each value once.",
            where="publish.keys",
        )
    treated.load(name, {"value": found, "place": ColumnType.INTEGER}, rows)


def to_cell(value: KeyValue, found: ColumnType, key: PublicKey) -> Cell:
    """A public value as its column holds it: one way to write each, so that no two of them mean one."""
    cell = None if value is None else read_given(value, found)
    if cell is None and value is not None:
        raise StatisticsUnfit(
            f"a value of the key {key.column!r} is not of the type of its column, {found}",
            fix=WRITE_AS[found],
            where="publish.keys",
        )
    # A day and its midnight are one in SQL.
    return datetime.combine(cell, time()) if found is ColumnType.DATETIME and type(cell) is date else cell


def name_columns(treated: Treated, published: PrivateStatistics) -> Columns:
    """Every column that is needed of the rows, made as far as it can be for one row by itself."""
    sql: dict[str, str] = {}

    def place(letter: str, made: str) -> str:
        for name, known in sql.items():
            if known == made and name.startswith(letter):
                return name
        name = f"{letter}{sum(each.startswith(letter) for each in sql)}"
        sql[name] = made
        return name

    keys = {key.column: place("k", treated.quote(key.column)) for key in published.keys}
    bins, values = {}, {}
    for each in published.statistics:
        match each:
            case Sum() | Mean():
                column = treated.quote(each.column)
                values[each.name] = place("v", clamp_sql(column, each, treated.columns[each.column]))
            case Histogram() | Quantile():
                bins[each.name] = place("b", bin_sql(treated.quote(each.column), each.edges))
    return Columns(keys, bins, values, sql)


def clamp_sql(column: str, statistic: Sum | Mean, found: ColumnType) -> str:
    """A value in whole units, between its bounds whatever it is. A null stays null; infinity and NaN are the bound."""
    low, high = statistic.units
    whole = found is ColumnType.INTEGER and statistic.unit == 1
    units = column if whole else f"CAST({column} AS DOUBLE) / {text_of_edge(statistic.unit)}"
    kind = "INTEGER" if max(abs(low), abs(high)) < 2**31 else "BIGINT"
    rounded = units if whole else f"round({units})"
    # Both tests come before the cast, so that nothing too large is ever cast; NaN is above every bound.
    return (
        f"CASE WHEN {units} <= {low} THEN CAST({low} AS {kind}) WHEN {units} >= {high} THEN CAST({high} AS {kind}) "
        f"ELSE CAST({rounded} AS {kind}) END"
    )


def bin_sql(column: str, edges: Sequence[int | float]) -> str:
    """The number of the bin that a value falls in; a null falls in none."""
    branches = " ".join(f"WHEN {column} < {text_of_edge(edge)} THEN {place}" for place, edge in enumerate(edges))
    return f"CASE WHEN {column} IS NULL THEN NULL {branches} ELSE {len(edges)} END"


def keep_cells(treated: Treated, published: PrivateStatistics, columns: Columns, *, seed: int, memory_mb: int) -> None:
    """Keeps the finest cells: for each combination of groups and bins, its rows, its values, and their sum."""
    made = [f"{sql} AS {name}" for name, sql in columns.sql.items()]
    if published.protects == "row":
        treated.keep("cells", _group(f"SELECT {', '.join(made or ['1 AS one'])} FROM treated", columns))
        return
    person, most = treated.quote(PERSON), published.rows_per_person
    rows = f"SELECT {', '.join([f'{person} AS person', *made])} FROM treated WHERE {person} IS NOT NULL"
    counted = _count(treated, "SELECT count(*) FROM treated")
    keep_crowded(treated, person, most, counted, memory_mb)
    crowd = _count(treated, "SELECT sum(n) FROM crowded")
    if not crowd:
        treated.keep("cells", _group(rows, columns))
        return
    owner, kept, many = treated.hash(0, "person"), [], rows
    if crowd * 2 < counted:
        met = f"SELECT 1 FROM crowded WHERE crowded.h = {owner}"
        treated.keep("cells_few", _group(f"SELECT * FROM ({rows}) AS mine WHERE NOT EXISTS ({met})", columns))
        kept, many, counted = ["cells_few"], f"SELECT * FROM ({rows}) AS mine WHERE EXISTS ({met})", crowd
    # Of those with too many rows only the first are held; of the others, all.
    held = _count(treated, "SELECT count(*) FROM crowded") * most + counted - crowd
    parts = -(-held * BYTES_ORDERED // (memory_mb * 2**19))
    for part in range(parts):
        mine = f"SELECT * FROM ({many}) AS ours WHERE {_share(owner, parts)} = {part}" if parts > 1 else many
        kept.append(f"cells_{part}")
        treated.keep(kept[-1], _group(_first_rows(treated, mine, columns, most, seed), columns))
    treated.keep("cells", " UNION ALL ".join(f"SELECT * FROM {name}" for name in kept))


def keep_crowded(treated: Treated, person: str, most: int, counted: int, memory_mb: int) -> None:
    """Keeps the hashes that more rows have than one person may have, in as many goes as memory needs."""
    parts = max(1, -(-counted * BYTES_COUNTED // (memory_mb * 3 * 2**18)))
    hashes = f"SELECT {treated.hash(0, person)} AS h FROM treated WHERE {person} IS NOT NULL"
    for part in range(parts):
        mine = f" WHERE {_share('h', parts)} = {part}" if parts > 1 else ""
        treated.keep(
            f"crowded_{part}",
            f"SELECT h, count(*) AS n FROM ({hashes}) AS hashed{mine} GROUP BY h HAVING count(*) > {most}",
        )
    treated.keep("crowded", " UNION ALL ".join(f"SELECT * FROM crowded_{part}" for part in range(parts)))


def _share(hashed: str, parts: int) -> str:
    return f"(({hashed} % {parts}) + {parts}) % {parts}"


def _first_rows(treated: Treated, rows: str, columns: Columns, most: int, seed: int) -> str:
    # By the hash alone: sorting by what rows hold as well takes three times as long, and could only matter if two
    # different rows of one person had the same 64 bits. So where a null stands must be part of the hash.
    order = treated.hash(seed, "person", *columns.sql)
    numbered = f"SELECT *, row_number() OVER (PARTITION BY person ORDER BY {order}) AS number FROM ({rows}) AS theirs"
    return f"SELECT * FROM ({numbered}) AS numbered WHERE number <= {most}"


def _group(rows: str, columns: Columns) -> str:
    grouped = [name for name in columns.sql if not name.startswith("v")]
    summed = [f"sum({name}) AS s{name}, count({name}) AS c{name}" for name in columns.sql if name.startswith("v")]
    by = f" GROUP BY {', '.join(grouped)}" if grouped else ""
    return f"SELECT {', '.join([*grouped, 'count(*) AS n', *summed])} FROM ({rows}) AS bounded{by}"


def _count(treated: Treated, sql: str) -> int:
    found = treated.query(sql)[0][0]
    return int(found) if isinstance(found, int | float) else 0


def find_part(
    treated: Treated, plan: Plan, published: PrivateStatistics, columns: Columns, statistic: AnyStatistic, part: Part
) -> list[int]:
    """The exact numbers of one part of a statistic, one for each cell of the cross product of its public keys."""
    keys = published.keys_of(statistic)
    sizes = [range(len(list_spellings(key, plan))) for key in keys]
    places = [f"key_{published.keys.index(key)}" for key in keys]
    joins = "".join(
        f" JOIN {table} ON cells.{columns.keys[key.column]} IS NOT DISTINCT FROM {table}.value"
        for table, key in zip(places, keys, strict=True)
    )
    where = ""
    grouped = [f"{table}.place" for table in places]
    if isinstance(statistic, Histogram | Quantile):
        sizes.append(range(len(statistic.edges) + 1))
        grouped.append(f"cells.{columns.bins[statistic.name]}")
        where = f" WHERE cells.{columns.bins[statistic.name]} IS NOT NULL"
    by = f" GROUP BY {', '.join(grouped)}" if grouped else ""
    number = _sum_sql(columns, statistic, part)
    found = {
        tuple(row[:-1]): int(row[-1])  # type: ignore[arg-type]  # a sum of whole numbers
        for row in treated.query(f"SELECT {', '.join([*grouped, number])} FROM cells{joins}{where}{by}")
        if row[-1] is not None
    }
    return [found.get(cell, 0) for cell in product(*sizes)]


def _sum_sql(columns: Columns, statistic: AnyStatistic, part: Part) -> str:
    if not isinstance(statistic, Sum | Mean):
        return "sum(cells.n)"
    value = columns.values[statistic.name]
    if part == "rows":
        return f"sum(cells.c{value})"
    centre = find_centre(statistic)
    return f"sum(cells.s{value})" if not centre else f"sum(cells.s{value}) - {centre} * sum(cells.c{value})"
