"""Counting the rows of a plan that stand on lists, by joining them: for proving what tests on rows have held back."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from fairshare.release.engines.treated import TREATED, open_treated
from fairshare.release.filters import ListChanged
from fairshare.release.kinds import Table
from fairshare.release.plan import Plan
from fairshare.release.sources import resolve_path
from fairshare.release.treatments import ColumnType
from fairshare.words.reading import decode_text, read_file


def count_listed(plan: Plan, lists: Sequence[tuple[str, str, str]], table: Table) -> list[int]:
    """How many of the plan's rows stand on each list.

    Takes    lists: for each, the column as it is sent, the path of its file and the file's digest.
    """
    counts = []
    with open_treated(
        plan, keys=table.keys, base=table.base, connections=table.connections, limits=table.limits
    ) as treated:
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
            ((found,),) = treated.query(
                f"SELECT count(*) FROM {TREATED} JOIN {name} ON CAST({treated.quote(column)} AS VARCHAR) = value"
            )
            assert isinstance(found, int)  # noqa: S101 (a count)
            counts.append(found)
    return counts
