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
    count_shared,
    measure_dominance,
)
from fairshare.release.history import Finding, HistoryEntry, HistoryRules, HistoryStore, Unknown
from fairshare.release.history_sets import Exposure, find_close_pairs, find_exposures
from fairshare.release.kinds import Table
from fairshare.release.plan import Plan
from fairshare.release.tables import SafeTable
from fairshare.release.treatments import Keep, Pseudonymise

MAX_ATOMS = 4_000
MAX_SETS = 400
"""Past these, sets are compared in pairs and not in every sum."""
MAX_CELLS = 2_000
MAX_KINDS = 50_000
"""Past these, a table counts as one set, not as its cells."""
SAME_PEOPLE = 50
"""Of the smaller of two releases, so many in a hundred in the other make it look like the same source."""


@dataclass(frozen=True)
class Compared:
    """What came of holding a new release against earlier ones."""

    earlier: tuple[HistoryEntry, ...]
    """Those that it was held against, oldest first."""
    differ: tuple[int | None, ...]
    """For each of `earlier`: how many people are in one and not in the other; None if that was not counted."""
    findings: tuple[Finding, ...]
    pairs_only: bool = False


def find_person(table: Table, earlier: Sequence[HistoryEntry], columns: Iterable[str]) -> str | None:
    """The column that says whose a row is: the one that the source's releases are compared by, else the plan's own."""
    own = tell_person(table)
    # A column with nothing in it says of nobody whose a row is, so it does not bind the releases after it.
    before = [each.person for each in earlier if each.person is not None and (each.people or not each.nameless)]
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
    """Whether the column that says whose a row is goes as it is: then everybody in it is told apart anyway."""
    return plan.publish is None and any(isinstance(each, Keep) and each.column == person for each in plan.sent)


def is_comparable(entry: HistoryEntry) -> bool:
    """Whether it is known who is in a release, and that counts."""
    return entry.person is not None and not entry.noisy and entry.people > 0


def find_related(
    store: HistoryStore, new: HistoryEntry, others: Sequence[HistoryEntry], rules: HistoryRules, limits: EngineLimits
) -> tuple[HistoryEntry, ...]:
    """Earlier releases from what looks like another source and has mostly the same people: it may be a copy."""
    if not is_comparable(new):
        return ()
    large = [each for each in others if is_comparable(each) and min(each.people, new.people) >= rules.threshold]
    files = [MemberFile(store.members_of(each.attempt), each.people) for each in large]
    shared = count_shared(MemberFile(store.members_of(new.attempt), new.people), files, limits=limits)
    return tuple(
        each
        for each, both in zip(large, shared, strict=True)
        if both * 100 >= min(each.people, new.people) * SAME_PEOPLE
    )


def find_differencing(
    store: HistoryStore, new: HistoryEntry, earlier: Sequence[HistoryEntry], rules: HistoryRules, limits: EngineLimits
) -> tuple[tuple[Finding, ...], tuple[int | None, ...], bool]:
    """Few people who are in one and not in another, or whom a sum of several leaves over.

    Returns  the findings; for each earlier release how many people differ; whether only pairs were looked at.
    """
    comparable = [each for each in earlier if is_comparable(each)]
    nobody = tuple(None for _ in earlier)
    if not is_comparable(new) or not comparable:
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
    findings = _gather(found, keys, atoms, comparable, new) + _find_rewritten(atoms, comparable, new, rules)
    told = dict(zip([each.attempt for each in comparable], _count_different(atoms, len(comparable)), strict=True))
    return findings, tuple(told.get(each.attempt) for each in earlier), pairs_only


def find_unknown(
    new: HistoryEntry, earlier: Sequence[HistoryEntry], older: Sequence[HistoryEntry]
) -> tuple[Finding, ...]:
    """Earlier releases that this one cannot be compared with, whole or in part.

    Takes    older: those that it is not held against, for there are too many.
    """
    if new.noisy:
        return ()
    told = [each for each in earlier if not each.noisy and each.rows]
    found: dict[Unknown, list[HistoryEntry]] = {
        "silent": [each for each in told if each.person is None or new.person is None],
        "nameless": [each for each in told if each.person and new.person and (each.nameless or new.nameless)],
        "older": list(older),
    }
    return tuple(
        Finding("differencing", max(new.rows, *(each.rows for each in which)), tuple(which), unknown=why)
        for why, which in found.items()
        if which
    )


def _find_rewritten(
    atoms: Atoms, comparable: Sequence[HistoryEntry], new: HistoryEntry, rules: HistoryRules
) -> tuple[Finding, ...]:
    """Earlier releases that should have people in common with this one and have next to none."""
    inside: list[set[int]] = [set() for _ in range(len(comparable) + 1)]
    for (file, _), members in atoms.sets.items():
        inside[file].update(members)
    found = []
    for each, theirs in zip(comparable, inside[:-1], strict=True):
        shared = sum(atoms.people[atom] for atom in theirs & inside[-1])
        fewer = min(each.people, new.people)
        alike = each.plan.get("rows") == new.plan.get("rows")
        written = (each.person, each.person_type) == (new.person, new.person_type)
        if fewer >= rules.threshold and shared * 100 < fewer and (alike or not written):
            found.append(each)
    if not found:
        return ()
    blocks = not (new.named and all(each.named for each in found))
    return (Finding("differencing", new.people, tuple(found), blocks=blocks, unknown="rewritten"),)


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
    return (Finding("dominance", 0, (), cells=cells),) if cells else ()
