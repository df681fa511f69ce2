"""The cells of a plain table with their totals: what is in each, of how many people, and of whom most."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from fairshare.release.engines.bounding import PERSON
from fairshare.release.engines.treated import Treated
from fairshare.release.pets.private_statistics import list_values
from fairshare.release.plan import Plan
from fairshare.release.tables import SafeTable, TableUnfit
from fairshare.release.tables_suppress import list_cells
from fairshare.release.treatments import Cell, ColumnType


@dataclass(frozen=True)
class Contributed:
    """One cell: its count or sum, how many contributed, and the largest contributions, largest first."""

    value: int
    contributors: int
    largest: tuple[int, ...] = ()


def find_cells(treated: Treated, plan: Plan, asked: SafeTable) -> dict[tuple[int, ...], Contributed]:
    """Every cell by its places; the place after a key's last value is its total. Rows outside the keys do not count.

    Raises   TableUnfit when what is added up is not whole numbers from 0.
    """
    keep_parts(treated, asked)
    sizes = tuple(len(list_values(key, plan)) for key in asked.keys)
    found: dict[tuple[int, ...], Contributed] = dict.fromkeys(list_cells(sizes), Contributed(0, 0))
    keys = range(len(sizes))
    for kept in (each for size in range(len(sizes) + 1) for each in combinations(keys, size)):
        for places, cell in find_margin(treated, asked, kept).items():
            at = dict(zip(kept, places, strict=True))
            found[tuple(at.get(key, sizes[key]) for key in keys)] = cell
    return found


def keep_parts(treated: Treated, asked: SafeTable) -> None:
    """Keeps what each contributor put into each cell; where rows are counted for themselves, only how many."""
    joins = " ".join(
        f"JOIN key_{place} ON treated.{treated.quote(key.column)} IS NOT DISTINCT FROM key_{place}.value"
        for place, key in enumerate(asked.keys)
    )
    amount = "1" if asked.sum_of is None else f"coalesce(treated.{treated.quote(asked.sum_of)}, 0)"
    if asked.sum_of is not None:
        _check_amounts(treated, asked.sum_of)
    places = ", ".join(f"key_{place}.place AS p{place}" for place in range(len(asked.keys)))
    who = f", treated.{treated.quote(PERSON)} AS who" if asked.person else ""
    rows = f"SELECT {places}{who}, {amount} AS amount FROM treated {joins}"
    by = ", ".join(f"p{place}" for place in range(len(asked.keys)))
    if asked.person:
        treated.keep("parts", f"SELECT {by}, who, 1 AS n, sum(amount) AS amount FROM ({rows}) AS r GROUP BY {by}, who")
    elif asked.sum_of is None:
        treated.keep("parts", f"SELECT {by}, count(*) AS n, count(*) AS amount FROM ({rows}) AS r GROUP BY {by}")
    else:
        treated.keep("parts", f"SELECT {by}, 1 AS n, amount FROM ({rows}) AS r")


def _check_amounts(treated: Treated, column: str) -> None:
    whole = treated.columns[column] is ColumnType.INTEGER
    name = treated.quote(column)
    if not whole or treated.query(f"SELECT count(*) FROM treated WHERE {name} < 0 OR {name} > {2**40}")[0][0]:
        raise TableUnfit(
            f"{column!r} does not hold whole numbers from 0 to {2**40:,}",
            fix="Add up another column, or whole pounds or pence.",
            where="publish.sum_of",
        )


def find_margin(treated: Treated, asked: SafeTable, kept: tuple[int, ...]) -> dict[tuple[int, ...], Contributed]:
    """The cells of one margin, by the places of the keys that it keeps."""
    names = [f"p{place}" for place in kept]
    by = f"GROUP BY {', '.join(names)}" if names else ""
    parts = "parts"
    if asked.person:
        # Somebody who is in several cells is one contributor to their total.
        each = ", ".join([*names, "who"])
        parts = f"(SELECT {each}, 1 AS n, sum(amount) AS amount FROM parts GROUP BY {each}) AS whole"
    columns = ", ".join([*names, "sum(n)", "sum(amount)"])
    largest = _find_largest(treated, asked, names, parts)
    found: dict[tuple[int, ...], Contributed] = {}
    for row in treated.query(f"SELECT {columns} FROM {parts} {by}"):
        if row[-1] is not None:
            at = tuple(_whole(place) for place in row[:-2])
            found[at] = Contributed(_whole(row[-1]), _whole(row[-2]), tuple(largest.get(at, ())))
    return found


def _whole(cell: Cell) -> int:
    assert isinstance(cell, int | Decimal)  # noqa: S101 (places, counts and sums of whole numbers)
    return int(cell)


def _find_largest(treated: Treated, asked: SafeTable, names: list[str], parts: str) -> dict[tuple[int, ...], list[int]]:
    if asked.sum_of is None:
        return {}
    most = max(2, asked.dominance.largest if asked.dominance else 0)
    over = f"PARTITION BY {', '.join(names)} " if names else ""
    columns = ", ".join([*names, "amount"])
    ranked = f"SELECT {columns}, row_number() OVER ({over}ORDER BY amount DESC) AS place FROM {parts}"
    found: dict[tuple[int, ...], list[int]] = {}
    for row in treated.query(f"SELECT {columns} FROM ({ranked}) AS ranked WHERE place <= {most} ORDER BY place"):
        found.setdefault(tuple(_whole(place) for place in row[:-1]), []).append(_whole(row[-1]))
    return found
