"""What a new release gives away together with earlier ones: differencing, dominance, joining. It refuses nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fairshare.release.engines import EngineLimits
from fairshare.release.engines.members import (
    Atoms,
    MemberFile,
    Whose,
    count_atoms,
    measure_dominance,
    measure_joined,
)
from fairshare.release.history import Finding, HistoryEntry, HistoryRules, HistoryStore
from fairshare.release.history_sets import Exposure, find_close_pairs, find_exposures
from fairshare.release.kinds import Table
from fairshare.release.plan import Plan
from fairshare.release.suggest_content import find_met
from fairshare.release.tables import SafeTable
from fairshare.release.treatments import ColumnTreatment, Keep, Pseudonymise
from fairshare.words import FairshareError
from fairshare.words.reading import build

MAX_ATOMS = 4_000
MAX_SETS = 400
"""Past these, sets are compared in pairs and not in every sum."""
MAX_CELLS = 2_000
MAX_KINDS = 50_000
"""Past these, a table counts as one set, not as its cells."""


@dataclass(frozen=True)
class Compared:
    """What came of holding a new release against earlier ones."""

    earlier: tuple[HistoryEntry, ...]
    """Those that it was held against, oldest first."""
    left_out: int
    """Older ones that it was not held against, for there are too many."""
    differ: tuple[int | None, ...]
    """For each of `earlier`: how many people are in one and not in the other; None if that was not counted."""
    findings: tuple[Finding, ...]
    pairs_only: bool = False
    unread: int = 0
    """Earlier plans that no longer suit the source, so that joining with them could not be looked at."""


def find_person(table: Table, earlier: Sequence[HistoryEntry], columns: Iterable[str]) -> str | None:
    """The column that says whose a row is: the one that the source's releases are compared by, else the plan's own."""
    own = tell_person(table)
    before = [each.person for each in earlier if each.person is not None]
    return before[0] if before and before[0] in columns else own


def tell_person(table: Table) -> str | None:
    """The column that a table's plan says is the person: named as such, or the only one that is pseudonymised."""
    plan = table.plan
    if plan.person is not None:
        return plan.person
    if plan.publish is not None and (named := getattr(plan.publish, "person", None)) is not None:
        return str(named)
    if table.people is not None:
        return table.people.column
    made = {each.column for each in plan.sent if isinstance(each, Pseudonymise)}
    return min(made) if len(made) == 1 else None


def tell_cells(plan: Plan) -> tuple[str, ...]:
    """The columns whose every combination is a cell of what goes; none for rows."""
    return tuple(key.column for key in plan.publish.keys) if isinstance(plan.publish, SafeTable) else ()


def is_noisy(plan: Plan) -> bool:
    """Whether what goes has noise that is accounted for elsewhere: statistics and synthetic people under a budget."""
    return plan.publish is not None and not isinstance(plan.publish, SafeTable)


def is_named(plan: Plan, person: str | None) -> bool:
    """Whether each row goes under something that is the person's own: then everybody in it is told apart anyway."""
    return plan.publish is None and any(
        isinstance(each, Keep) and (each.column == person or _is_identifier(each.column)) for each in plan.sent
    )


def _is_identifier(column: str) -> bool:
    return any(met.by_name and met.by.kind == "direct_identifier" for met in find_met(column, [])[:1])


def find_differencing(
    store: HistoryStore, new: HistoryEntry, earlier: Sequence[HistoryEntry], rules: HistoryRules, limits: EngineLimits
) -> tuple[tuple[Finding, ...], tuple[int | None, ...], bool]:
    """Few people who are in one and not in another, or whom a sum of several leaves over.

    Returns  the findings; for each earlier release how many people differ; whether only pairs were looked at.
    """
    comparable = [each for each in earlier if each.person is not None and not each.noisy and each.people]
    nobody = tuple(None for _ in earlier)
    if new.noisy or new.person is None or not new.people or not comparable:
        return (), nobody, False
    files = [MemberFile(store.members_of(each.attempt), each.people) for each in [*comparable, new]]
    # A very fine table is compared as the set of everybody in it.
    atoms = count_atoms(files, most=MAX_KINDS, limits=limits)
    if atoms is None or len(atoms.sets) > MAX_CELLS:
        atoms = count_atoms([replace(each, whole=True) for each in files], most=None, limits=limits)
    assert atoms is not None  # noqa: S101 (there is no limit)
    keys, sets = list(atoms.sets), list(atoms.sets.values())
    fresh = [at for at, (file, _) in enumerate(keys) if file == len(comparable)]
    pairs_only = len(sets) > MAX_SETS or len(atoms.people) > MAX_ATOMS
    search = find_close_pairs if pairs_only else find_exposures
    found = search(sets, atoms.people, new=fresh, threshold=rules.threshold)
    if not pairs_only:
        own = [sets[at] for at in fresh]
        by_itself = find_exposures(own, atoms.people, new=range(len(own)), threshold=rules.threshold)
        found = [each for each in found if each.atoms not in {one.atoms for one in by_itself}]
    findings = _gather(found, keys, atoms, comparable, new)
    told = dict(zip([each.attempt for each in comparable], _count_different(atoms, len(comparable)), strict=True))
    return findings, tuple(told.get(each.attempt) for each in earlier), pairs_only


def find_unknown(new: HistoryEntry, earlier: Sequence[HistoryEntry]) -> tuple[Finding, ...]:
    """Earlier releases that this one cannot be compared with, since one of the two does not say whose its rows are."""
    silent = tuple(
        each
        for each in earlier
        if (each.person is None or new.person is None) and not (each.noisy or each.named) and each.rows
    )
    if not silent or new.noisy or new.named:
        return ()
    return (Finding("differencing", max(new.rows, *(each.rows for each in silent)), silent, unknown=True),)


def _gather(
    found: Iterable[Exposure],
    keys: Sequence[tuple[int, int]],
    atoms: Atoms,
    comparable: Sequence[HistoryEntry],
    new: HistoryEntry,
) -> tuple[Finding, ...]:
    """One finding for each group of earlier releases that is needed to tell people apart, with how many they are."""
    groups: dict[tuple[int, ...], set[int]] = {}
    counts: dict[tuple[int, ...], int] = {}
    for each in found:
        files = tuple(sorted({keys[at][0] for at in each.sets} - {len(comparable)}))
        if files:
            groups.setdefault(files, set()).update(each.atoms)
            counts[files] = max(counts.get(files, 0), each.people)
    return tuple(
        Finding(
            "differencing",
            sum(atoms.people[atom] for atom in inside) or counts[files],
            tuple(comparable[at] for at in files),
            blocks=not (new.named and all(comparable[at].named for at in files)),
        )
        for files, inside in groups.items()
    )


def _count_different(atoms: Atoms, new: int) -> list[int]:
    """For each earlier release, how many people are in one of the two and not in the other, or with other rows."""
    rows: list[dict[int, int]] = [{} for _ in range(new + 1)]
    for (file, _), members in atoms.sets.items():
        for atom, count in members.items():
            rows[file][atom] = rows[file].get(atom, 0) + count
    return [
        sum(atoms.people[atom] for atom in rows[new].keys() | each.keys() if rows[new].get(atom) != each.get(atom))
        for each in rows[:new]
    ]


def tell_whose(table: Table, person: str, key: bytes) -> Whose:
    """The rows of a table, each with whose it is."""
    return Whose(table.plan, person, key, table.keys, table.base, table.connections, table.limits)


def find_dominance(table: Table, person: str, key: bytes, rules: HistoryRules) -> tuple[Finding, ...]:
    """Cells of a sum that one or two people make up, where the table itself has no rule against that."""
    publish = table.plan.publish
    if not isinstance(publish, SafeTable) or publish.sum_of is None or publish.dominance or publish.p_percent:
        return ()
    cells = measure_dominance(
        tell_whose(table, person, key),
        cells=tell_cells(table.plan),
        sum_of=publish.sum_of,
        rule=(rules.dominant, rules.dominant_percent, rules.p_percent),
        at_least=publish.threshold,
    )
    return (Finding("dominance", cells, ()),) if cells else ()


def find_joined(
    table: Table,
    new: HistoryEntry,
    earlier: Sequence[HistoryEntry],
    store: HistoryStore,
    key: bytes,
    rules: HistoryRules,
) -> tuple[tuple[Finding, ...], int]:
    """Releases to the same recipient whose columns, put side by side, leave people in groups below k.

    Returns  the findings, and how many earlier plans no longer suit the source.
    """
    if new.publishes != "rows" or new.person is None or new.named:
        return (), 0
    whose, own = tell_whose(table, new.person, key), find_quasi(table.plan)
    findings, unread, seen = [], 0, set()
    for each in reversed(earlier):
        if each.recipient != new.recipient or each.publishes != "rows" or each.named or each.person is None:
            continue
        try:
            plan = build(Plan, each.plan, where="history")
            added = tuple(one for one in find_quasi(plan) if _told(one) not in {_told(two) for two in own})
            shape = tuple(map(_told, added))
            if not added or shape in seen:
                continue
            seen.add(shape)
            members = (store.members_of(each.attempt), store.members_of(new.attempt))
            k = max([rules.k, *(getattr(group, "k", 0) or 0 for group in (*table.plan.groups, *plan.groups))])
            measured = measure_joined(whose, members=members, own=own, added=added, k=k)
        except FairshareError:
            unread += 1
            continue
        more = measured.below_joined - measured.below_alone
        if more > 0:
            share = 100 * more / measured.people
            findings.append(Finding("joined", more, (each,), share, blocks=share > rules.joined_percent))
    return tuple(findings), unread


def find_quasi(plan: Plan) -> tuple[ColumnTreatment, ...]:
    """The columns sent that could be matched with what others know: those of group treatments, and generalised ones."""
    grouped = {name for group in plan.groups for name in group.columns}
    return tuple(
        each
        for each in plan.sent
        if not isinstance(each, Pseudonymise) and (each.output in grouped or not isinstance(each, Keep))
    )


def _told(each: ColumnTreatment) -> tuple[str, str]:
    return each.column, each.describe()
