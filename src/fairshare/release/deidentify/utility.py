"""What a de-identified table is still good for: what it lost, and how far off counts made from it are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from statistics import median, quantiles

from fairshare.release.deidentify.cells import ROWS
from fairshare.release.deidentify.finest import TableLattice, weigh_labels
from fairshare.release.deidentify.lattice import Node
from fairshare.release.deidentify.losses import LOSSES
from fairshare.release.sections import Chart, InBoth, Section, Series

QUESTIONS = 60
FLOOR = 0.001
"""Errors are relative to the true count, or to this share of all rows if that is more."""


@dataclass(frozen=True)
class Utility:
    """What a node of a lattice is worth to whoever uses the rows."""

    losses: Mapping[str, float]
    query_errors: tuple[float, ...]
    """The relative error of each random count, smallest first."""
    distances: Mapping[str, float]
    """For each column, how far its shares of labels are from those before any row was held back, from 0 to 1."""

    @property
    def median_error(self) -> float:
        """Half of the counts are no further off than this."""
        return median(self.query_errors)

    @property
    def high_error(self) -> float:
        """Nine of ten counts are no further off than this."""
        return quantiles(self.query_errors, n=10)[-1]


def measure_utility(lattice: TableLattice, node: Node, chance: Random, *, questions: int = QUESTIONS) -> Utility:
    """The losses of a node, the errors of random counts, and how far each column has moved.

    Takes    chance: which counts are asked; the same seed asks the same.
    """
    lattice = replace(lattice, loss=weigh_labels(lattice))
    counts = lattice.count(node)
    losses: dict[str, float] = {name: replace(lattice.loss, name=name).measure(node, counts)[0] for name in LOSSES}
    judged = lattice.judge_sql(node)
    lattice.session.execute(f"CREATE OR REPLACE TEMP TABLE judged AS {judged}")
    errors = sorted(_ask(lattice, node, chance) for _ in range(questions))
    distances = {column.name: _distance(lattice, place, level)
                 for place, (column, level) in enumerate(zip(lattice.columns, node, strict=True))}  # fmt: skip
    return Utility(losses, tuple(errors), distances)


def _ask(lattice: TableLattice, node: Node, chance: Random) -> float:
    """One count: between two values of up to three columns, in the order that values have."""
    places = chance.sample(range(len(node)), k=min(len(node), chance.choice((1, 2, 3))))
    truth, joins, shares = [], "", "1.0"
    for place in places:
        most = lattice.loss.labels[place][0]
        low = chance.randint(1, most)
        high = min(most, low + chance.randint(0, max(1, most // 3)))
        truth.append(f"c{place}_0 BETWEEN {low} AND {high}")
        code = f"c{place}_{node[place]}"
        joins += (
            f" JOIN (SELECT c{node[place]} AS {code}, avg((c0 BETWEEN {low} AND {high})::INTEGER) AS share_{place} "
            f"FROM (SELECT DISTINCT c0, c{node[place]} FROM labels_of_{place}) GROUP BY ALL) USING ({code})"
        )
        shares += f" * share_{place}"
    exact = _one(lattice, f"SELECT coalesce(sum({ROWS}), 0)::DOUBLE FROM finest WHERE {' AND '.join(truth)}")
    told = _one(lattice, f'SELECT coalesce(sum("#size" * {shares}), 0) FROM judged{joins} WHERE NOT "#fails"')
    return abs(told - exact) / max(exact, FLOOR * lattice.rows)


def _distance(lattice: TableLattice, place: int, level: int) -> float:
    code = f"c{place}_{level}"
    return _one(
        lattice,
        "SELECT coalesce(sum(abs(was - coalesce(now, 0))) / 2, 0) FROM (SELECT "
        'sum("#size") / (SELECT sum("#size") FROM judged) AS was, '
        'sum("#size") FILTER (NOT "#fails") / (SELECT sum("#size") FROM judged WHERE NOT "#fails") AS now '
        f"FROM judged GROUP BY {code})",
    )


def _one(lattice: TableLattice, sql: str) -> float:
    return float(lattice.session.execute(sql).fetchall()[0][0])


def tell_utility(utility: Utility) -> Section:
    """The utility as a section of a sheet, with a chart of the errors of counts."""
    tenths = [f"{part / 10:.0%}" for part in range(1, 10)]
    cuts = quantiles(utility.query_errors, n=10)
    return Section(
        name="utility",
        title=InBoth("What the rows are still good for", "I beth mae'r rhesi'n dda o hyd"),
        says=(
            InBoth(
                f"Of {len(utility.query_errors)} random counts, half are within {utility.median_error:.1%} of the "
                f"truth and nine of ten within {utility.high_error:.1%}.",
                f"O {len(utility.query_errors)} cyfrif ar hap, mae hanner o fewn {utility.median_error:.1%} i'r gwir "
                f"a naw o bob deg o fewn {utility.high_error:.1%}.",
            ),
        ),
        headings=(InBoth("measure", "mesur"), InBoth("value", "gwerth")),
        rows=(
            *((name, f"{loss:.4f}") for name, loss in utility.losses.items()),
            *((name, f"{far:.4f}") for name, far in utility.distances.items()),
        ),
        charts=(
            Chart(
                kind="steps",
                title=InBoth("Error of random counts", "Gwall cyfrifon ar hap"),
                alt=InBoth(
                    "Steps that rise from the most exact tenth of the counts to the least exact.",
                    "Camau sy'n codi o'r degfed mwyaf cywir o'r cyfrifon i'r lleiaf cywir.",
                ),
                labels=tuple(tenths),
                series=(Series(InBoth("error", "gwall"), tuple(round(100 * cut, 2) for cut in cuts)),),
                unit=InBoth("% of the true count", "% o'r gwir gyfrif"),
            ),
        ),
    )
