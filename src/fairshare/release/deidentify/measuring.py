"""How a table stands before anything is done: its classes, its risk, and how diverse and how close they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fairshare.release.deidentify.cells import ROWS, class_sql, list_sizes, load_populations, measure_sql
from fairshare.release.deidentify.risk import Risk, Sizes, measure_risk
from fairshare.release.deidentify.search import QuasiUnfit, TooFewRows
from fairshare.release.engines import Connections, EngineLimits
from fairshare.release.engines.session import quote_name, speaking_plainly
from fairshare.release.engines.treated import TreatedInDuckDB, open_treated
from fairshare.release.plan import Plan
from fairshare.release.sources import Source
from fairshare.release.treatments_groups import ORDERED, DeltaPresence, LDiversity, PopulationCount, TCloseness
from fairshare.words.reading import build


@dataclass(frozen=True)
class SensitiveMeasured:
    """How well the classes of a table protect one sensitive column, at worst."""

    column: str
    distinct: int
    """The fewest different values in a class."""
    entropy: float | None
    equal_distance: float | None
    """The furthest that a class is from the whole table."""
    ordered_distance: float | None
    """The same for numbers and dates; None for anything else, and for all three where nobody asked."""


@dataclass(frozen=True)
class TableMeasured:
    """A table by its quasi-identifiers."""

    columns: tuple[str, ...]
    sizes: Sizes
    risk: Risk
    sensitive: tuple[SensitiveMeasured, ...]

    @property
    def k(self) -> int:
        """The size of the smallest class."""
        return self.risk.smallest


def measure_source(
    source: Source,
    base: Path,
    columns: Sequence[str],
    sensitive: Sequence[str] = (),
    *,
    closeness: bool = True,
    threshold: float = 0.2,
    sampling_share: float | None = None,
    population: Sequence[PopulationCount] = (),
    connections: Connections | None = None,
    limits: EngineLimits = EngineLimits(),  # noqa: B008 (frozen)
) -> TableMeasured:
    """How a source stands, as it is, by some of its columns; every row is read, none is written.

    Takes    closeness: whether entropy and distances are measured as well as sizes and different values;
             sampling_share: the share of the population that it holds, and population: how many there are of each
             combination of `columns` in it, both for the journalist's risk.
    Raises   QuasiUnfit, TooFewRows; what reading the source raises.
    """
    if not columns or len({*columns, *sensitive}) != len(columns) + len(sensitive):
        raise QuasiUnfit(
            "no quasi-identifier is named, or a column twice", fix="Name each column once.", where="--quasi"
        )
    named = [{"column": name, "treatment": "keep", "sent_as": f"c{place}"}
             for place, name in enumerate((*columns, *sensitive))]  # fmt: skip
    plan = build(Plan, {"name": "risk", "source": source, "columns": named}, where="risk")
    with open_treated(plan, keys=_NoKeys(), base=base, connections=connections, limits=limits) as treated:
        assert isinstance(treated, TreatedInDuckDB)  # noqa: S101 (the engine asked for)
        chosen = ", ".join(f"c{place} AS {quote_name(name)}" for place, name in enumerate((*columns, *sensitive)))
        treated.keep("cells", f"SELECT {chosen}, count(*) AS {ROWS} FROM treated GROUP BY ALL")
        with speaking_plainly("engine"):
            sizes = list_sizes(treated.session, columns)
            if not sizes:
                raise TooFewRows("the table has no rows", fix="Check the source.", where="source")
            alike = _find_fewest(treated, tuple(columns), tuple(population)) if population else None
            risk = measure_risk(sizes, threshold=threshold, sampling_share=sampling_share, fewest_alike=alike)
            found = tuple(
                _measure_sensitive(treated, tuple(columns), name, place, whole=closeness)
                for place, name in enumerate(sensitive, len(columns))
            )
    return TableMeasured(tuple(columns), sizes, risk, found)


class _NoKeys:
    def key_for(self, key_id: str) -> bytes:
        return b""


def _find_fewest(treated: TreatedInDuckDB, columns: tuple[str, ...], counts: tuple[PopulationCount, ...]) -> int:
    """The smallest number of people of the population who are like somebody in the table; 1 if it knows of nobody."""
    group = DeltaPresence(treatment="check_delta_presence", columns=columns, most=1, counts=counts)
    load_populations(treated.session, [group])
    found = treated.session.execute(f'SELECT min("#size" / "#found") FROM ({class_sql(group)})').fetchall()
    return max(1, round(float(found[0][0])))


def _measure_sensitive(
    treated: TreatedInDuckDB, columns: tuple[str, ...], name: str, place: int, *, whole: bool
) -> SensitiveMeasured:
    distinct = LDiversity(treatment="check_l_diversity", columns=columns, sensitive=name, l=2)
    entropy = distinct.model_copy(update={"measure": "entropy"})
    equal = TCloseness(treatment="check_t_closeness", columns=columns, sensitive=name, t=1)
    ordered = equal.model_copy(update={"distance": "ordered"})

    def worst(group: LDiversity | TCloseness) -> float:
        return float(treated.session.execute(measure_sql(group)).fetchall()[0][4])

    if not whole:
        return SensitiveMeasured(name, int(worst(distinct)), None, None, None)
    in_order = treated.columns[f"c{place}"] in ORDERED
    return SensitiveMeasured(
        name, int(worst(distinct)), worst(entropy), worst(equal), worst(ordered) if in_order else None
    )
