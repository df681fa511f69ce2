"""What each model asks of a class, as SQL over the table of cells: distinct combinations of values, with counts.

Whichever engine counted the cells, this is the one place that judges them. Shares are compared exactly, as whole
numbers; only entropy is a float, and is given a billionth.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from fairshare.release.engines import GroupMeasured
from fairshare.release.engines.attaching import describe_relation
from fairshare.release.engines.session import quote_name, text_sql
from fairshare.release.treatments import ColumnType
from fairshare.release.treatments_groups import (
    PARTS,
    DeltaPresence,
    GroupTreatment,
    KAnonymity,
    LDiversity,
    SensitiveTreatment,
    TCloseness,
    in_parts,
    refuse_groups,
)

ROWS = '"#rows"'
"""The column of counts in the table of cells; nothing can be sent under such a name."""
PERSON = '"#person"'
"""Whose rows a cell holds, where the plan says whose each row is: then cells are counted person by person."""
TOTAL = f"SELECT coalesce(sum({ROWS}), 0)::BIGINT FROM cells"
ENTROPY_SLACK = 1e-9


def settle_cells(
    session: duckdb.DuckDBPyConnection, groups: Sequence[GroupTreatment], *, people: bool = False
) -> tuple[tuple[GroupMeasured, ...], int, int]:
    """Leaves in the table `cells` those whose rows may go, or refuses; says how many rows there were, and stay.

    Classes that fail go, treatment by treatment in the plan's order, over and over until none fails.
    Takes    people: whether the cells say whose their rows are, so that different people are counted.
    """
    load_populations(session, groups)
    kept = _one(session, TOTAL)
    first = [_measure(session, group, place, people) for place, group in enumerate(groups)]
    sizes = [list_sizes(session, group.columns, people=people) for group in groups]
    staying = suppress_cells(session, groups, people=people)
    measured = []
    for place, (group, (classes, failing, rows, _, found)) in enumerate(zip(groups, first, strict=True)):
        _, still_failing, still_rows, smallest, found_sent = _measure(session, group, place, people)
        if still_failing:
            raise refuse_groups(group, still_failing, still_rows, people=people)
        sent = list_sizes(session, group.columns, people=people)
        k = group.k if isinstance(group, KAnonymity) else 0
        measured.append(GroupMeasured(group.columns, k, classes, failing, rows, smallest, group,
                                      found, found_sent, sizes[place], sent, people))  # fmt: skip
    if people:
        session.execute(
            f"CREATE OR REPLACE TEMP TABLE cells AS SELECT * EXCLUDE ({PERSON}, {ROWS}), sum({ROWS}) AS {ROWS} "
            "FROM cells GROUP BY ALL"
        )
    return tuple(measured), kept, staying


def suppress_cells(
    session: duckdb.DuckDBPyConnection, groups: Sequence[GroupTreatment], *, people: bool = False
) -> int:
    """Takes classes that fail out of the table `cells`, over and over until none does; says how many rows stay."""
    staying = _one(session, TOTAL)
    suppressing = [(place, group) for place, group in enumerate(groups) if group.suppresses]
    while suppressing:
        for place, group in suppressing:
            session.execute(suppress_sql(group, place, people=people))
        before, staying = staying, _one(session, TOTAL)
        if before == staying:
            break
    return staying


def _one(session: duckdb.DuckDBPyConnection, sql: str) -> int:
    return int(session.execute(sql).fetchall()[0][0])


def _measure(session: duckdb.DuckDBPyConnection, group: GroupTreatment, place: int, people: bool) -> Any:
    return session.execute(measure_sql(group, place, people=people)).fetchall()[0]


def list_sizes(
    session: duckdb.DuckDBPyConnection, columns: Sequence[str], *, people: bool = False
) -> tuple[tuple[int, int], ...]:
    """How many classes there are of each size, smallest first; by people, one of rows that are nobody's has size 1."""
    names = ", ".join(map(quote_name, columns))
    size = f"greatest(count(DISTINCT {PERSON}), 1)" if people else f"sum({ROWS})"
    return tuple(session.execute(
        f"SELECT size::BIGINT, count(*) FROM (SELECT {size} AS size FROM cells GROUP BY {names}) "
        "GROUP BY size ORDER BY size"
    ).fetchall())  # fmt: skip


def measure_sql(group: GroupTreatment, place: int = 0, *, people: bool = False) -> str:
    """Counts classes, those that fail and the rows in them, the smallest class, and the worst that was found."""
    worst = "min" if isinstance(group, KAnonymity) or not _is_ceiling(group) else "max"
    size = "#found" if isinstance(group, KAnonymity) else "#size"
    return (
        f'SELECT count(*), count(*) FILTER ("#fails"), coalesce(sum("#size") FILTER ("#fails"), 0)::BIGINT, '
        f'min("{size}")::BIGINT, round({worst}("#found")::DOUBLE, 9) FROM ({class_sql(group, place, people=people)})'
    )


def _is_ceiling(group: GroupTreatment) -> bool:
    return isinstance(group, TCloseness | DeltaPresence) or (
        isinstance(group, LDiversity) and group.measure == "recursive"
    )


def suppress_sql(group: GroupTreatment, place: int = 0, *, people: bool = False) -> str:
    """Leaves the cells whose class does not fail."""
    names = [quote_name(name) for name in group.columns]
    alike = " AND ".join(f"cells.{name} IS NOT DISTINCT FROM sound.{name}" for name in names)
    return (
        f"CREATE OR REPLACE TEMP TABLE cells AS SELECT cells.* FROM cells SEMI JOIN "
        f'(SELECT * FROM ({class_sql(group, place, people=people)}) WHERE NOT "#fails") AS sound ON {alike}'
    )


def class_sql(group: GroupTreatment, place: int = 0, *, people: bool = False) -> str:
    """One row for each class: its columns, its rows, what the model finds in it, and whether it fails.

    Takes    place: of the treatment in its plan; delta-presence looks the population up in the table `population_n`.
             people: whether k-anonymity and l-diversity count people; a row that is nobody's is none for k.
    """
    names = ", ".join(map(quote_name, group.columns))
    match group:
        case TCloseness():
            return _closeness_sql(group, names)
        case DeltaPresence():
            return _presence_sql(group, names, place)
        case SensitiveTreatment():
            value = quote_name(group.sensitive)
            counted = f"greatest(count(DISTINCT {PERSON}), 1)" if people else f"sum({ROWS})"
            inner = (
                f'SELECT {names}, {value} AS "#value", {counted} AS "#n", sum({ROWS}) AS "#in" FROM cells GROUP BY ALL'
            )
        case KAnonymity() if people:
            one = f'SELECT {names}, {PERSON}, sum({ROWS}) AS "#in" FROM cells GROUP BY ALL'
            inner = f'SELECT *, NULL AS "#value", CASE WHEN {PERSON} IS NULL THEN 0 ELSE 1 END AS "#n" FROM ({one})'
        case _:
            inner = f'SELECT {names}, NULL AS "#value", {ROWS} AS "#n", {ROWS} AS "#in" FROM cells'
    found, fails = judge_sql(group)
    judged = f'sum("#in") AS "#size", {found} AS "#found", {fails} AS "#fails"'
    return f"SELECT {names}, {judged} FROM ({inner}) GROUP BY {names}"


def judge_sql(group: GroupTreatment) -> tuple[str, str]:
    """What k-anonymity or l-diversity finds in a class, and whether it fails: aggregates over rows of one class,
    each with a `#value` of the sensitive column and how often it is there, `#n`."""
    match group:
        case KAnonymity():
            return 'sum("#n")', f'sum("#n") < {group.k}'
        case LDiversity(measure="distinct"):
            return 'count("#value")', f'count("#value") < {int(group.l)}'
        case LDiversity(measure="entropy"):
            found = 'exp(ln(sum("#n")) - sum("#n" * ln("#n")) / sum("#n"))'
            return found, f"{found} < {group.l!r}::DOUBLE - {ENTROPY_SLACK}"
        case LDiversity():
            counts = 'list_reverse_sort(list("#n"::HUGEINT))'
            rest = f"coalesce(list_sum({counts}[{int(group.l)}:]), 0)"
            most = f"coalesce({counts}[1], 1)"
            fails = f"NOT ({most} * {PARTS} < {in_parts(group.c or 0)}::HUGEINT * {rest})"
            return f"CASE WHEN {rest} > 0 THEN {most} / {rest}::DOUBLE ELSE 'inf'::DOUBLE END", fails
    raise TypeError(f"{type(group).__name__} is not judged class by class")


def _closeness_sql(group: TCloseness, names: str) -> str:
    """The earth mover's distance of each class from the whole, in whole numbers.

    With n of N rows in the class, cumulative counts k of n below and K of N below, the ordered distance is the sum of
    |k/n - K/N| over the values, divided by their number less one; the equal one is half the sum of differing shares.
    """
    counted = (
        f'counted AS (SELECT {names}, {quote_name(group.sensitive)} AS "#value", sum({ROWS})::HUGEINT AS "#n" '
        "FROM cells GROUP BY ALL), "
        'ranked AS (SELECT "#value", sum("#n") AS "#all", '
        'row_number() OVER (ORDER BY "#value" NULLS FIRST)::HUGEINT AS "#place" FROM counted GROUP BY "#value"), '
        'whole AS (SELECT sum("#all")::HUGEINT AS "#whole", count(*)::HUGEINT AS "#values" FROM ranked), '
        f'placed AS (SELECT counted.*, "#all"::HUGEINT AS "#all", "#place", '
        f'(sum("#n") OVER (PARTITION BY {names}))::HUGEINT AS "#size" '
        'FROM counted JOIN ranked ON counted."#value" IS NOT DISTINCT FROM ranked."#value")'
    )
    far = _ordered_sql(names) if group.distance == "ordered" else _equal_sql(names)
    scale = '(greatest("#values" - 1, 1) * "#size" * "#whole")' if group.distance == "ordered" else (
        '(2 * "#size" * "#whole")'
    )  # fmt: skip
    return (
        f'WITH {counted}, {far} SELECT {names}, "#size", "#far" / {scale}::DOUBLE AS "#found", '
        f'"#far" * {PARTS} > {in_parts(group.t)}::HUGEINT * {scale} AS "#fails" FROM far, whole'
    )


def _equal_sql(names: str) -> str:
    return (
        f'far AS (SELECT {names}, any_value("#size") AS "#size", '
        '(sum(abs("#n" * "#whole" - "#all" * "#size")) + any_value("#size") * (any_value("#whole") - sum("#all")))'
        f'::HUGEINT AS "#far" FROM placed, whole GROUP BY {names})'
    )


def _ordered_sql(names: str) -> str:
    # Between two values that a class holds, its cumulative share is level while that of the whole rises; where the
    # two cross is looked up, and what lies on either side comes from running sums: no class meets every value.
    return (
        'below AS (SELECT "#place", (sum("#all") OVER (ORDER BY "#place"))::HUGEINT AS "#under" FROM ranked), '
        'sums AS (SELECT *, (sum("#under") OVER (ORDER BY "#place"))::HUGEINT AS "#sum" FROM below '
        "UNION ALL SELECT 0, 0, 0), "
        f'steps AS (SELECT {names}, "#size", (sum("#n") OVER running)::HUGEINT AS "#k", "#place" AS "#from", '
        'coalesce(lead("#place") OVER running, (SELECT "#values" FROM whole)) AS "#to" FROM placed '
        f'WINDOW running AS (PARTITION BY {names} ORDER BY "#place") '
        f'UNION ALL SELECT {names}, any_value("#size"), 0, 1, min("#place") FROM placed GROUP BY {names}), '
        'aimed AS (SELECT steps.*, "#whole", ("#k" * "#whole" + "#size" - 1) // "#size" AS "#level" '
        "FROM steps, whole), "
        'crossed AS (SELECT aimed.*, least(greatest(sums."#place" + 1, "#from"), "#to") AS "#cross" '
        'FROM aimed ASOF LEFT JOIN sums ON aimed."#level" > sums."#under"), '
        f'far AS (SELECT {names}, any_value("#size") AS "#size", sum('
        '("#cross" - "#from") * "#k" * "#whole" - "#size" * (mid."#sum" - low."#sum") '
        '+ "#size" * (high."#sum" - mid."#sum") - ("#to" - "#cross") * "#k" * "#whole")::HUGEINT AS "#far" '
        'FROM crossed JOIN sums AS low ON low."#place" = "#from" - 1 JOIN sums AS mid ON mid."#place" = "#cross" - 1 '
        f'JOIN sums AS high ON high."#place" = "#to" - 1 GROUP BY {names})'
    )


def _presence_sql(group: DeltaPresence, names: str, place: int) -> str:
    alike = " AND ".join(
        f"text_{place}_{at}(classes.{quote_name(name)}) IS NOT DISTINCT FROM value_{at}"
        for at, name in enumerate(group.columns)
    )
    return (
        f'SELECT {names}, "#size", "#size" / coalesce(nullif(people, 0), 0.5)::DOUBLE AS "#found", '
        f'"#size"::HUGEINT * {PARTS} > {in_parts(group.most)}::HUGEINT * coalesce(people, 0) AS "#fails" '
        f'FROM (SELECT {names}, sum({ROWS}) AS "#size" FROM cells GROUP BY {names}) AS classes '
        f"LEFT JOIN population_{place} ON {alike}"
    )


def load_populations(session: duckdb.DuckDBPyConnection, groups: Sequence[GroupTreatment]) -> None:
    """The counts of each population as a table, bound and never written into SQL, and how cells become its text."""
    types: dict[str, ColumnType] = {}
    for place, group in enumerate(groups):
        if not isinstance(group, DeltaPresence):
            continue
        types = types or {name: column.type for name, column in describe_relation(session, "cells").items()}
        for at, name in enumerate(group.columns):
            session.execute(f"CREATE TEMP MACRO text_{place}_{at}(x) AS {text_sql('x', types[name])}")
        columns = {f"value_{at}": [each.values[at] for each in group.counts] for at in range(len(group.columns))}
        unnested = ", ".join(f"unnest(${name}::VARCHAR[]) AS {name}" for name in columns)
        session.execute(
            f"CREATE TEMP TABLE population_{place} AS SELECT {unnested}, unnest($people::BIGINT[]) AS people",
            columns | {"people": [each.people for each in group.counts]},
        )
