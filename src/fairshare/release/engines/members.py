"""Who is in a release, as keyed hashes: written as Parquet while the source is read, and compared by counts alone.

A person is the first 64 bits of the HMAC of what stands in the person's column, tidied, under a key that only the
holder has. Each is 8 bytes that do not compress: 10 million people are about 80 MB. No value of the source is in it.
"""

from __future__ import annotations

import math
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from fairshare.release.engines import Connections, EngineLimits, Keys
from fairshare.release.engines.duckdb_sql import AsMember
from fairshare.release.engines.job import Job, find_keys
from fairshare.release.engines.session import as_glob, close_off, open_session, quote_name, quote_text, speaking_plainly
from fairshare.release.engines.treated import TREATED, TreatedInDuckDB, open_in_duckdb
from fairshare.release.plan import Plan
from fairshare.release.treatments import ColumnTreatment, Drop

MEMBER = "fairshare_member"
"""The name of the added column; nothing can be sent under a name that a plan gives twice."""
MEMBER_SQL = f"('0x' || left({MEMBER}, 16))::UBIGINT"
HISTORY_KEY = "fairshare-history"
PART_ROWS = 8_000_000
"""As many members as are held in memory at a time when releases are compared."""

MOST_EXACT = 1_000_000
"""Of more people, different values are counted nearly, in less memory."""
SAMPLED = 20_000
"""As many people as are looked up to tell whether two releases are about the same ones."""


@dataclass(frozen=True)
class Membership:
    """What was written about who is in a release."""

    people: int
    rows: int
    nameless: int
    """Rows without a value in the person's column: they belong to nobody that can be compared."""
    cells: int


@dataclass(frozen=True)
class MemberFile:
    """The members of one release, with the rows that each has in each of its cells."""

    path: Path
    members: int
    whole: bool = False
    """Whether it counts as one set, not as its cells."""

    def sql(self, place: int, part: str) -> str:
        """Each member in part of the file, with its rows in each cell."""
        cell, rows, by = ("1", "sum(rows)::INTEGER", " GROUP BY member") if self.whole else ("cell", "rows", "")
        return (
            f"SELECT member, {place} AS file, {cell} AS cell, {rows} AS rows "
            f"FROM read_parquet({quote_text(as_glob(self.path))}) WHERE {part}{by}"
        )


@dataclass(frozen=True)
class Atoms:
    """Everybody in some releases, counted by which of them they are in."""

    people: dict[int, int]
    sets: dict[tuple[int, int], dict[int, int]] = field(repr=False)
    """For each release and cell: for each atom, the rows that each of its people has there."""


@dataclass(frozen=True)
class _WithHistoryKey:
    keys: Keys
    own: bytes = field(repr=False)

    def key_for(self, key_id: str) -> bytes:
        return self.own if key_id == HISTORY_KEY else self.keys.key_for(key_id)


@dataclass(frozen=True)
class Members:
    """The treated rows of a plan, each with its member, in a session that can write one file."""

    rows: TreatedInDuckDB
    write_to: Path

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a SELECT from `{TREATED}`, where the column `{MEMBER}` is whose each row is, in hexadecimal."""
        return self.rows.query(sql)

    def write(self, cells: Sequence[str]) -> Membership:
        """Writes each member with its rows in each cell, a cell for each combination of these columns."""
        # Nothing can be sent under a name that begins with #, so ours never meet those of cells.
        names = "".join(f"{quote_name(name)}, " for name in cells)
        cell = f"dense_rank() OVER (ORDER BY {names.removesuffix(', ')})::INTEGER" if cells else "1"
        grouped = (
            f'SELECT {names}{MEMBER_SQL} AS "#member", count(*)::INTEGER AS "#rows" FROM {TREATED} '
            f"GROUP BY {names}{MEMBER_SQL}"
        )
        self.rows.keep("found", f'SELECT "#member" AS member, {cell} AS cell, "#rows" AS rows FROM ({grouped})')
        ((people, rows, nameless, found),) = self.rows.session.execute(
            f"SELECT count({'DISTINCT ' if cells else ''}member), coalesce(sum(rows), 0)::BIGINT, "
            "coalesce(sum(rows) FILTER (member IS NULL), 0)::BIGINT, count(DISTINCT cell) FROM found"
        ).fetchall()
        with speaking_plainly("history"):
            self.rows.session.execute(
                f"COPY (SELECT * FROM found WHERE member IS NOT NULL) TO {quote_text(str(self.write_to))} "
                "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
            )
        return Membership(people, rows, nameless, found)


@dataclass(frozen=True)
class Whose:
    """A plan to read, and the column of its source that says whose a row is."""

    plan: Plan
    person: str
    key: bytes = field(repr=False)
    """The history's own key."""
    keys: Keys
    base: Path
    connections: Connections | None = None
    limits: EngineLimits = EngineLimits()  # noqa: RUF009 (frozen)


@contextmanager
def open_members(whose: Whose, *, write_to: Path, beside: Sequence[Path] = ()) -> Iterator[Members]:
    """Opens the rows that a plan lets go, each with whose it is. All engines give the same rows, so DuckDB reads them.

    Takes    write_to: the one file that may be written; beside: member files that queries may read as well.
    Raises   what running the plan raises.
    """
    plan = whose.plan
    named = AsMember(treatment="pseudonymise", column=whose.person, key=HISTORY_KEY, sent_as=MEMBER)
    kept = tuple(each for each in plan.columns if not isinstance(each, Drop))
    marked = plan.model_copy(update={"columns": (*kept, named), "publish": None})
    held = find_keys(marked, _WithHistoryKey(whose.keys, whose.key))
    job = Job(marked, Path(os.devnull), "parquet", whose.base, held, whose.connections, None, whose.limits)
    with open_in_duckdb(job, beside=(write_to, *beside)) as rows:
        yield Members(rows, write_to)


def count_atoms(files: Sequence[MemberFile], *, most: int | None, limits: EngineLimits) -> Atoms | None:
    """Everybody in these releases, counted by their rows in each; None if there are more than `most` kinds of them.

    Members are uniform, so they are gone through in as many parts as memory needs.
    """
    parts = max(1, math.ceil(sum(each.members for each in files) / PART_ROWS))
    kinds: dict[tuple[tuple[int, int, int], ...], int] = defaultdict(int)
    with open_session(limits) as session, speaking_plainly("history"):
        close_off(session, tuple(each.path for each in files))
        for part in range(parts):
            pieces = " UNION ALL ".join(
                each.sql(place, f"member % {parts} = {part}") for place, each in enumerate(files)
            )
            session.execute(
                "CREATE OR REPLACE TEMP TABLE kinds AS SELECT kind, count(*) AS people, min(member) AS one FROM "
                f"(SELECT member, bit_xor(hash(file, cell, rows)) AS kind FROM ({pieces}) GROUP BY member) "
                "GROUP BY kind"
            )
            ((different,),) = session.execute("SELECT count(*) FROM kinds").fetchall()
            if most is not None and different > most:
                return None
            # One person stands for all who are in the same sets, so that what they are in is read for few.
            for people, where in session.execute(
                "SELECT any_value(people), list_sort(list((file, cell, rows))) "
                f"FROM kinds JOIN ({pieces}) ON one = member GROUP BY one"
            ).fetchall():
                kinds[tuple(tuple(each) for each in where)] += people
    sets: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for atom, where in enumerate(kinds):
        for file, cell, rows in where:
            sets[file, cell][atom] = rows
    return Atoms(dict(enumerate(kinds.values())), dict(sets))


@dataclass(frozen=True)
class Joined:
    """How people stand in groups when what they are told in several releases is put side by side."""

    people: int
    more: int
    """People told something new who are below k when all is joined, and are not by one side of the join alone."""


@dataclass(frozen=True)
class Told:
    """A column, and the members of each earlier release that told it; `new` if the new release tells it as well."""

    treatment: ColumnTreatment
    earlier: tuple[Path, ...] = ()
    new: bool = False


def measure_joined(whose: Whose, *, people: int, members: Path, told: Sequence[Told], k: int) -> Joined:
    """How many people fall below k when a new release is joined with all the earlier ones.

    Counted are those who were at k or above in the new release or in the earlier ones joined, for that side's columns
    are what the join gives away; not those who are in no earlier release, or had been told in full before. Columns
    with a value of its own for nearly everybody are left out, for they would hide what the others do.
    Takes    people, members: who is in the new release.
    """
    renamed = [each.treatment.model_copy(update={"sent_as": f"fairshare_{at}"}) for at, each in enumerate(told)]
    plan = whose.plan.model_copy(update={"columns": tuple(renamed), "groups": (), "publish": None})
    paths = tuple(dict.fromkeys((members, *(path for each in told for path in each.earlier))))
    with open_members(replace(whose, plan=plan), write_to=Path(os.devnull), beside=paths) as rows:
        counted = "count(DISTINCT {})" if people <= MOST_EXACT else "approx_count_distinct({})"
        distinct = ", ".join(counted.format(quote_name(each.output)) for each in renamed)
        (counts,) = rows.query(f"SELECT {distinct} FROM {TREATED} WHERE {_in_sql((members,))}")
        kept = [at for at, count in enumerate(counts) if count * 10 <= people * 9]
        after = {f"n{at}": quote_name(renamed[at].output) for at in kept if told[at].new}
        before = {
            f"b{at}": f"CASE WHEN {_in_sql(told[at].earlier)} THEN {quote_name(renamed[at].output)} END"
            for at in kept
            if told[at].earlier
        }
        if not before:
            return Joined(people, 0)
        again = " AND ".join(_in_sql(each.earlier) for each in told if each.new) or "false"
        columns = {**after, **before, "told": f"NOT ({again}) AND {_in_sql(paths[1:])}"}
        named = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        ((more,),) = rows.query(
            f"SELECT coalesce(sum(n) FILTER (told AND n < {k} AND greatest(alone, was) >= {k}), 0)::BIGINT FROM "
            f"(SELECT told, n, sum(n) OVER ({_by_sql(after)}) AS alone, sum(n) OVER ({_by_sql(before)}) AS was FROM "
            f"(SELECT {', '.join(columns)}, count(DISTINCT member) AS n FROM "
            f"(SELECT {MEMBER} AS member, {named} FROM {TREATED} WHERE {_in_sql((members,))}) "
            f"GROUP BY {', '.join(columns)}))"
        )
    return Joined(people, int(more))


def _in_sql(paths: Sequence[Path]) -> str:
    found = " OR ".join(
        f"{MEMBER_SQL} IN (SELECT member FROM read_parquet({quote_text(as_glob(path))}))" for path in paths
    )
    return f"({found or 'false'})"


def _by_sql(columns: Mapping[str, str]) -> str:
    return f"PARTITION BY {', '.join(columns)}" if columns else ""


def count_shared(new: MemberFile, others: Sequence[MemberFile], *, limits: EngineLimits) -> list[int]:
    """For each other release, how many of its people are in the new one; in large ones by an even sample."""
    if not others:
        return []
    with open_session(limits) as session, speaking_plainly("history"):
        close_off(session, (new.path, *(each.path for each in others)))
        return [_count_both(session, new, each) for each in others]


def _count_both(session: duckdb.DuckDBPyConnection, new: MemberFile, other: MemberFile) -> int:
    every = max(1, min(new.members, other.members) // SAMPLED)
    one, two = (
        f"(SELECT DISTINCT member FROM read_parquet({quote_text(as_glob(path))}) WHERE member % {every} = 0)"
        for path in (new.path, other.path)
    )
    ((shared,),) = session.execute(f"SELECT count(*) FROM {one} JOIN {two} USING (member)").fetchall()
    return int(shared) * every


def measure_dominance(
    whose: Whose, *, cells: Sequence[str], sum_of: str, rule: tuple[int, int, int], at_least: int
) -> int:
    """How many cells of a sum a few people make up, by the (n, k) rule or the p% rule.

    Takes    rule: n, k in percent, and p in percent; at_least: how many contributors a cell needs to be shown at all.
    Source   Hundepool and others, Statistical Disclosure Control (Wiley 2012), section 4.2.
    """
    n, percent, p = rule
    names = ", ".join(quote_name(name) for name in cells)
    with open_members(whose, write_to=Path(os.devnull)) as rows:
        ((unsafe,),) = rows.query(
            f'SELECT count(*) FROM (SELECT sum("#v") AS total, sum("#v") FILTER ("#place" <= {n}) AS top, '
            'max("#v") AS first, coalesce(max("#v") FILTER ("#place" = 2), 0) AS second, count(*) AS people FROM '
            f'(SELECT {names}, "#v", row_number() OVER (PARTITION BY {names} ORDER BY "#v" DESC) AS "#place" FROM '
            f'(SELECT {names}, abs(sum({quote_name(sum_of)})) AS "#v" FROM {TREATED} GROUP BY {names}, {MEMBER})) '
            f"GROUP BY {names}) WHERE people >= {at_least} AND total > 0 AND "
            f"(top * 100 > total * {percent} OR (total - first - second) * 100 < first * {p})"
        )
    return int(unsafe)
