"""Counting the rows of a plan that stand on lists, by joining them: for proving what tests on rows have held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from fairshare.release.engines.treated import SQL_TYPES, TREATED, open_treated
from fairshare.release.filters import ListChanged
from fairshare.release.kinds import Table
from fairshare.release.plan import Plan
from fairshare.release.sources import resolve_path
from fairshare.release.treatments import ColumnType
from fairshare.words.reading import decode_text, read_file


@dataclass(frozen=True)
class Listed:
    """What of one list stands in the rows of a plan."""

    rows: int
    values: int
    """How many of the list's values."""
    listed: int
    """How many values the list has."""


def count_listed(plan: Plan, lists: Sequence[tuple[str, str, str]], table: Table) -> tuple[int, list[Listed]]:
    """How many rows the plan lets go, and how many of them stand on each list.

    Takes    lists: for each, the column as it is sent, the path of its file and the file's digest.
    """
    counts = []
    with open_treated(
        plan, keys=table.keys, base=table.base, connections=table.connections, limits=table.limits
    ) as treated:
        ((rows,),) = treated.query(f"SELECT count(*) FROM {TREATED}")
        assert isinstance(rows, int)  # noqa: S101 (a count)
        for place, (column, path, digest) in enumerate(lists):
            raw = read_file(resolve_path(table.base, path, where="opt_outs"))
            if sha256(raw).hexdigest() != digest:
                raise ListChanged(
                    "the list file is not the one that the plan names",
                    fix="Use that file, or approve a new plan.",
                    where="opt_outs",
                )
            lines = {each.strip(" \t") for each in decode_text(raw, where="opt_outs").splitlines()} - {""}
            name = f"opt_out_{place}"
            treated.load(name, {"value": ColumnType.TEXT}, [(each,) for each in sorted(lines)])
            held, kind = treated.quote(column), treated.columns[column]
            # A number is the same however a list writes it, such as with zeros before it.
            same = f"CAST({held} AS VARCHAR) = value" if kind is ColumnType.TEXT else f"{held} = {read_sql(kind)}"
            ((found, values),) = treated.query(
                f"SELECT count(*), count(DISTINCT value) FROM {TREATED} JOIN {name} ON {same}"
            )
            assert isinstance(found, int)  # noqa: S101 (a count)
            assert isinstance(values, int)  # noqa: S101 (a count)
            counts.append(Listed(found, values, len(lines)))
    return rows, counts


def read_sql(kind: ColumnType) -> str:
    """SQL for a list's value read as what the column holds."""
    return f"TRY_CAST(value AS {SQL_TYPES[kind]})"
