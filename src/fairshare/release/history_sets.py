"""Which few people could be told apart by adding and subtracting what was released: set logic over counts alone.

Every release, and every cell of a table, is a set of people. People who are in the same sets, with as many rows in
each, are one *atom*. Whoever holds the total of each set can work out any total that is a sum of sets, each times a
number: A minus B, A minus (B and C), a complement, inclusion and exclusion. A group is exposed when such a sum counts
nobody but fewer people than the threshold. It is found by elimination, so no order of subtracting escapes it.

Source   Dinur and Nissim 2003 (what totals give away); the differencing attack on DataSHIELD, dsBase issue 251 (2021).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

PRIME = (1 << 61) - 1
"""Elimination is exact in whole numbers modulo this prime."""

Row = dict[int, int]


@dataclass(frozen=True)
class Exposure:
    """Fewer people than the threshold, whose total follows from the totals of these sets."""

    people: int
    sets: frozenset[int]
    atoms: frozenset[int] = field(default=frozenset(), repr=False)


def find_exposures(
    sets: Sequence[Mapping[int, int]], people: Mapping[int, int], *, new: Iterable[int], threshold: int
) -> list[Exposure]:
    """Groups of fewer than `threshold` people that the new sets expose together with the earlier ones.

    Takes    sets: for each set, how many rows each person of an atom has in it; people: how many are in each atom;
             new: which sets are not released yet. What the earlier sets expose by themselves is not told again.
    Returns  the smallest groups first. Every single atom below the threshold that is exposed is found; of groups of
             several atoms, those that elimination meets.

    >>> everyone, all_but_one = {0: 1, 1: 1}, {0: 1}
    >>> find_exposures([everyone, all_but_one], {0: 499, 1: 1}, new=[1], threshold=10)
    [Exposure(people=1, sets=frozenset({0, 1}))]
    """
    fresh = frozenset(new)
    order = sorted(people, key=lambda atom: (people[atom] < threshold, -people[atom], atom))
    place = {atom: at for at, atom in enumerate(order)}
    large = sum(people[atom] >= threshold for atom in order)
    rows = [{place[atom]: count % PRIME for atom, count in each.items() if people.get(atom)} for each in sets]
    earlier = [at for at in range(len(sets)) if at not in fresh]
    before = {support for support, _ in _small_sums(rows, earlier, large)}
    found = {}
    for support, used in _small_sums(rows, [*earlier, *sorted(fresh)], large):
        size = sum(people[order[at]] for at in support)
        if support not in before and 0 < size < threshold:
            found[support] = Exposure(size, used, frozenset(order[at] for at in support))
    return sorted(found.values(), key=lambda each: (each.people, sorted(each.sets)))


def find_close_pairs(
    sets: Sequence[Mapping[int, int]], people: Mapping[int, int], *, new: Iterable[int], threshold: int
) -> list[Exposure]:
    """Pairs of a new set and another that differ by fewer people than the threshold; for when sets are too many.

    >>> find_close_pairs([{0: 1, 1: 1}, {0: 1}], {0: 499, 1: 3}, new=[1], threshold=10)
    [Exposure(people=3, sets=frozenset({0, 1}))]
    """
    fresh = sorted(set(new))
    found = []
    for one in fresh:
        for other in range(len(sets)):
            if other == one or (other in fresh and other > one):
                continue
            a, b = sets[one], sets[other]
            differ = sum(people[atom] for atom in a.keys() | b.keys() if a.get(atom, 0) != b.get(atom, 0))
            if 0 < differ < threshold:
                found.append(Exposure(differ, frozenset({one, other})))
    return sorted(found, key=lambda each: (each.people, sorted(each.sets)))


def _small_sums(rows: Sequence[Row], use: Sequence[int], large: int) -> list[tuple[frozenset[int], frozenset[int]]]:
    """A basis of all sums of sets that count no large atom: for each, its atoms and the sets that it is made of."""
    pivots: dict[int, tuple[Row, Row]] = {}
    for at in use:
        row, used = dict(rows[at]), {at: 1}
        while row:
            first = min(row)
            if first not in pivots:
                factor = pow(row[first], -1, PRIME)
                pivots[first] = (_times(row, factor), _times(used, factor))
                break
            held, made = pivots[first]
            factor = -row[first]
            _add(row, held, factor)
            _add(used, made, factor)
    small = sorted((at for at in pivots if at >= large), reverse=True)
    for done, at in enumerate(small):
        row, used = pivots[at]
        for later in small[:done]:
            if later in row:
                factor = -row[later]
                _add(row, pivots[later][0], factor)
                _add(used, pivots[later][1], factor)
    return [(frozenset(pivots[at][0]), frozenset(pivots[at][1])) for at in small]


def _times(row: Row, factor: int) -> Row:
    return {at: count * factor % PRIME for at, count in row.items()}


def _add(row: Row, other: Row, factor: int) -> None:
    for at, count in other.items():
        total = (row.get(at, 0) + count * factor) % PRIME
        if total:
            row[at] = total
        else:
            row.pop(at, None)
