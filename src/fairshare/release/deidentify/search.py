"""From a source to a plan: the levels at which its rows keep to the models and lose least."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from fairshare.release.deidentify.cells import ROWS
from fairshare.release.deidentify.finest import Column, TableLattice, make_lattice, name_levels
from fairshare.release.deidentify.hierarchies import VALUE, Hierarchy, check_height, find_built_in
from fairshare.release.deidentify.lattice import Node, NoLevelsPass, Search, count_nodes, find_fast, find_optimal
from fairshare.release.deidentify.losses import LossName
from fairshare.release.deidentify.reading import is_built_in, read_hierarchy, read_population
from fairshare.release.deidentify.risk import Risk, Sizes, measure_risk
from fairshare.release.deidentify.suggesting import suggest_built_in, suggest_hierarchy
from fairshare.release.deidentify.utility import Utility, measure_utility
from fairshare.release.engines import Connections, EngineLimits
from fairshare.release.engines.session import quote_name, speaking_plainly
from fairshare.release.engines.treated import TreatedInDuckDB, open_treated
from fairshare.release.filters import AnyTest
from fairshare.release.plan import Plan
from fairshare.release.sources import Source, resolve_path
from fairshare.release.treatments import ALL_ALIKE, NUMBERS, ColumnType
from fairshare.release.treatments_groups import (
    AnyGroup,
    DeltaPresence,
    GroupTreatment,
    GroupUnfit,
    KAnonymity,
    LDiversity,
    PopulationCount,
    SensitiveTreatment,
)
from fairshare.words import BadInput
from fairshare.words.reading import build

_GROUP: TypeAdapter[AnyGroup] = TypeAdapter(AnyGroup)
SHOWN = 10
"""How many of the best nodes a result names."""


class TooFewRows(BadInput):
    """A table has no rows, or fewer than a class must have."""

    code = "TOO_FEW_ROWS"


class QuasiUnfit(BadInput):
    """No quasi-identifier is named, or one twice, or one that cannot be generalised."""

    code = "QUASI_UNFIT"


@dataclass(frozen=True)
class Quasi:
    """A quasi-identifier of a source, and its hierarchy if one was chosen: a built-in name, or a file's path."""

    column: str
    hierarchy: str | None = None


@dataclass(frozen=True)
class Question:
    """What a search is asked."""

    source: Source
    quasi: tuple[Quasi, ...]
    models: tuple[dict[str, Any], ...]
    """Group treatments without their columns, such as `{"treatment": "suppress_small_groups", "k": 5}`."""
    share_to_go: Decimal = Decimal("0.01")
    """How large a share of the rows may be held back."""
    loss: LossName = "precision"
    rows: tuple[AnyTest, ...] = ()
    population: str | None = None
    """A CSV file with the values of the source and `people`, for delta-presence."""


@dataclass(frozen=True)
class Choice:
    """One node that was looked at and passes: its levels by column, and what it loses."""

    levels: dict[str, str]
    loss: float
    rows_held_back: int


@dataclass(frozen=True)
class Found:
    """What a search came to."""

    best: Choice
    others: tuple[Choice, ...]
    """Of those looked at, the best few that pass, the best first."""
    proved: bool
    """Whether no other choice of levels can lose less by this loss."""
    loss: LossName
    rows: int
    nodes: int
    looked_at: int
    levels: dict[str, tuple[str, ...]]
    """The levels of each column, from the values as they are."""
    best_node: Node
    sizes: Sizes
    """How many classes there were of each size before anything was done."""
    sizes_sent: Sizes
    risk: Risk
    risk_sent: Risk
    utility: Utility | None
    looks: tuple[tuple[Node, bool, float], ...]
    """Every node looked at, whether it passes, and what it loses: for the picture."""
    plan: Plan


def search_plan(
    question: Question,
    base: Path,
    *,
    way: Literal["optimal", "fast"] = "optimal",
    connections: Connections | None = None,
    limits: EngineLimits = EngineLimits(),  # noqa: B008 (frozen)
    seed: int | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Found:
    """The levels at which the source's rows keep to the models with the least loss, as a plan that is ready to run.

    Takes    base: the folder that paths are relative to; seed: of the random counts that measure the utility, which is
             left out without one.
    Raises   QuasiUnfit, TooFewRows, HierarchyUnfit, LabelMissing; LatticeTooLarge; NoLevelsPass.
    """
    share = (lambda part: on_progress(0.5 + part / 2)) if on_progress else None
    with open_lattice(question, base, connections=connections, limits=limits) as (lattice, chosen):
        if on_progress:
            on_progress(0.5)
        check_rows(lattice)
        search = (find_optimal if way == "optimal" else find_fast)(lattice, on_progress=share)
        chance = None if seed is None else Random(seed)  # noqa: S311 (random questions, nothing secret)
        return _tell(question, lattice, chosen, search, proved=way == "optimal", chance=chance)


@contextmanager
def open_lattice(
    question: Question,
    base: Path,
    *,
    connections: Connections | None = None,
    limits: EngineLimits = EngineLimits(),  # noqa: B008 (frozen)
) -> Iterator[tuple[TableLattice, dict[str, Quasi]]]:
    """The lattice of a source, in an open session, with what was chosen for each column."""
    names = [each.column for each in question.quasi]
    if not names or len(set(names)) != len(names):
        raise QuasiUnfit("no quasi-identifier is named, or one twice", fix="Name each column once.", where="--quasi")
    groups = make_groups(names, question.models)
    sensitive = dict.fromkeys(each.sensitive for each in groups if isinstance(each, SensitiveTreatment))
    columns = [{"column": name, "treatment": "keep", "sent_as": f"c{place}"}
               for place, name in enumerate((*names, *sensitive))]  # fmt: skip
    plan = build(Plan, {"name": "search", "source": question.source, "columns": columns, "rows": question.rows},
                 where="search")  # fmt: skip
    population: tuple[PopulationCount, ...] = ()
    if question.population is not None:
        path = resolve_path(base, question.population, where="--population")
        population = read_population(path, tuple(names), where=question.population)
    with open_treated(plan, keys=_NoKeys(), base=base, connections=connections, limits=limits) as treated:
        assert isinstance(treated, TreatedInDuckDB)  # noqa: S101 (the engine asked for)
        treated.keep("raw", _raw_sql(names, list(sensitive)))
        with speaking_plainly("engine"):
            chosen = {each.column: _choose(each, treated, f"c{place}") for place, each in enumerate(question.quasi)}
            found = [Column(name, treated.columns[f"c{place}"], read_chosen(chosen[name], treated, base, place))
                     for place, name in enumerate(names)]  # fmt: skip
            check_height({each.name: each.hierarchy for each in found}, {each.name: each.type for each in found})
            yield (
                make_lattice(
                    treated.session,
                    found,
                    groups,
                    share_to_go=question.share_to_go,
                    loss=question.loss,
                    population=population,
                ),
                chosen,
            )


def make_groups(columns: Sequence[str], models: Sequence[dict[str, Any]]) -> tuple[GroupTreatment, ...]:
    """Group treatments over the quasi-identifiers, those that look at one class at a time first."""
    try:
        made = [_GROUP.validate_python({"columns": list(columns), **each}) for each in models]
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise GroupUnfit(
            f"a model is not valid: {'.'.join(map(str, first['loc']))}: {first['msg']}",
            fix="Ask for k of 2 or more, l above 1, t from 0 to 1.",
            where="models",
        ) from None
    return tuple(sorted(made, key=lambda each: "closeness" in each.treatment))


class _NoKeys:
    """Nothing is pseudonymised while levels are looked for."""

    def key_for(self, key_id: str) -> bytes:
        return b""


def _raw_sql(names: list[str], sensitive: list[str]) -> str:
    chosen = ", ".join(f"c{place} AS {quote_name(name)}" for place, name in enumerate((*names, *sensitive)))
    return f"SELECT {chosen}, count(*) AS {ROWS} FROM treated GROUP BY ALL"


def _ends(treated: TreatedInDuckDB, column: str, found: ColumnType) -> tuple[float | None, float | None]:
    if found not in NUMBERS:
        return None, None
    name = quote_name(column)
    low, high = treated.query(f"SELECT min({name})::DOUBLE, max({name})::DOUBLE FROM raw")[0]
    return (low, high) if isinstance(low, float) and isinstance(high, float) else (None, None)


def _choose(quasi: Quasi, treated: TreatedInDuckDB, sent_as: str) -> Quasi:
    if quasi.hierarchy is not None:
        return quasi
    found = treated.columns[sent_as]
    return Quasi(quasi.column, suggest_built_in(quasi.column, found, *_ends(treated, quasi.column, found)))


def read_chosen(quasi: Quasi, treated: TreatedInDuckDB, base: Path, place: int) -> Hierarchy:
    """The hierarchy that was chosen for a column; intervals are made for it where none was."""
    if quasi.hierarchy is None:
        found = treated.columns[f"c{place}"]
        return suggest_hierarchy(quasi.column, found, *_ends(treated, quasi.column, found))
    if is_built_in(quasi.hierarchy) or not quasi.hierarchy.endswith((".yaml", ".yml", ".csv")):
        return find_built_in(quasi.hierarchy)
    return read_hierarchy(resolve_path(base, quasi.hierarchy, where=quasi.column), where=quasi.hierarchy)


def check_rows(lattice: TableLattice) -> None:
    """Raises TooFewRows, or NoLevelsPass where a sensitive column could never be diverse enough."""
    k = max((each.k for each in lattice.groups if isinstance(each, KAnonymity)), default=1)
    if lattice.rows < k or not lattice.rows:
        raise TooFewRows(
            f"the table has {lattice.rows:,} rows, and a class must have {k:,}",
            fix="Check the source and its filters, or ask for a smaller k.",
            where="--k",
        )
    for group in lattice.groups:
        if isinstance(group, LDiversity):
            value = quote_name(f"#{group.sensitive}")
            values = lattice.session.execute(f"SELECT count(DISTINCT {value}) FROM finest").fetchall()[0][0]
            if values < group.l:
                raise NoLevelsPass(
                    f"the column {group.sensitive!r} has {values} different values, so no class can have {group.l}",
                    fix="Ask for a smaller l, or name another sensitive column.",
                    where="--l",
                )


def _tell(
    question: Question,
    lattice: TableLattice,
    chosen: dict[str, Quasi],
    search: Search,
    *,
    proved: bool,
    chance: Random | None,
) -> Found:
    best = search.best
    assert best is not None  # noqa: S101 (a search that ends has one)
    passing = sorted((worth.loss, sum(node), node) for node, worth in search.seen.items() if worth.passes)
    choices = [
        Choice(dict(name_levels(lattice.columns, node)), loss, search.seen[node].rows_held_back)
        for loss, _, node in passing[:SHOWN]
    ]
    sizes, sizes_sent = lattice.sizes((0,) * len(best), sent=False), lattice.sizes(best, sent=True)
    return Found(
        best=next(each for each in choices if each.levels == name_levels(lattice.columns, best)),
        others=tuple(choices),
        proved=proved,
        loss=question.loss,
        rows=lattice.rows,
        nodes=count_nodes(lattice.heights),
        looked_at=len(search.seen),
        levels={column.name: column.hierarchy.levels for column in lattice.columns},
        best_node=best,
        sizes=sizes,
        sizes_sent=sizes_sent,
        risk=measure_risk(sizes),
        risk_sent=measure_risk(sizes_sent),
        utility=measure_utility(lattice, best, chance) if chance is not None else None,
        looks=tuple((node, worth.passes, worth.loss) for node, worth in search.seen.items()),
        plan=make_plan(question, lattice, chosen, best),
    )


def make_plan(question: Question, lattice: TableLattice, chosen: dict[str, Quasi], node: Node) -> Plan:
    """The plan that a node is: the treatment of each column, and the models as group treatments."""
    levels = name_levels(lattice.columns, node)
    # A column of asterisks says nothing, and is left out unless every other one is.
    kept = [name for name, level in levels.items() if level != ALL_ALIKE] or list(levels)
    columns: list[dict[str, Any]] = [
        {"column": each.name, **_treat(each.hierarchy, chosen[each.name], levels[each.name])}
        for each in lattice.columns
        if each.name in kept
    ]
    columns += [{"column": name, "treatment": "drop"} for name in levels if name not in kept]
    sensitive = dict.fromkeys(each.sensitive for each in lattice.groups if isinstance(each, SensitiveTreatment))
    columns += [{"column": name, "treatment": "keep"} for name in sensitive]
    groups = [_name_group(each, lattice, node, kept) for each in lattice.groups]
    plan = {"name": f"de-identified {'; '.join(f'{name}: {level}' for name, level in levels.items())}"[:200],
            "source": question.source, "columns": columns, "rows": question.rows, "groups": groups}  # fmt: skip
    return build(Plan, plan, where="search")


def _treat(hierarchy: Hierarchy, quasi: Quasi, level: str) -> dict[str, Any]:
    if level == VALUE or quasi.hierarchy is None:
        return hierarchy.treat(level)
    return {"treatment": "generalise", "to": "hierarchy", "hierarchy": quasi.hierarchy, "level": level}


def _name_group(group: GroupTreatment, lattice: TableLattice, node: Node, kept: list[str]) -> dict[str, Any]:
    fields = group.model_dump(mode="json", exclude_defaults=True, exclude={"population"}) | {"columns": kept}
    if isinstance(group, DeltaPresence):
        places = [place for place, column in enumerate(lattice.columns) if column.name in kept]
        counts = lattice.describe_population(node)
        fields["counts"] = [{"values": [each.values[place] for place in places], "people": each.people}
                            for each in counts]  # fmt: skip
    return fields


def digest_files(plan: Plan, base: Path) -> Plan:
    """The plan, holding for the very hierarchy files that are there now."""
    columns = []
    for column in plan.columns:
        named = getattr(column, "hierarchy", None)
        if isinstance(named, str) and not is_built_in(named):
            raw = resolve_path(base, named, where=f"columns: {column.column}").read_bytes()
            columns.append(column.model_copy(update={"sha256": sha256(raw).hexdigest()}))
        else:
            columns.append(column)
    return plan.model_copy(update={"columns": tuple(columns)})
