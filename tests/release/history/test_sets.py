"""The set logic behind risk across releases, against slow and obvious ways of finding the same."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import example, given, settings
from hypothesis import strategies as st

from fairshare.release.history_sets import find_close_pairs, find_exposures

ATOMS = 5
sizes = st.lists(st.sampled_from([1, 2, 3, 9, 50]), min_size=ATOMS, max_size=ATOMS).map(
    lambda each: dict(enumerate(each))
)
a_set = st.dictionaries(st.integers(0, ATOMS - 1), st.integers(1, 2), max_size=ATOMS)
families = st.lists(a_set, min_size=1, max_size=5)


def in_span(target, sets) -> bool:
    """Whether a vector is a sum of the sets, each times some fraction: plain Gaussian elimination."""
    rows = [[Fraction(each.get(atom, 0)) for each in sets] + [Fraction(target.get(atom, 0))] for atom in range(ATOMS)]
    width, done = len(sets), 0
    for column in range(width):
        pivot = next((at for at in range(done, ATOMS) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for at in range(ATOMS):
            if at != done and rows[at][column]:
                factor = rows[at][column] / rows[done][column]
                rows[at] = [a - factor * b for a, b in zip(rows[at], rows[done], strict=True)]
        done += 1
    return all(not row[-1] for row in rows[done:])


@settings(max_examples=300)
@given(families, sizes, st.integers(2, 12))
def test_every_small_atom_whose_total_follows_is_found(sets, people, threshold):
    found = find_exposures(sets, people, new=[len(sets) - 1], threshold=threshold)
    for atom, size in people.items():
        exposed = size < threshold and in_span({atom: 1}, sets) and not in_span({atom: 1}, sets[:-1])
        assert not exposed or any(each.people == size for each in found)


def count_rank(rows) -> int:
    """How many of some vectors do not follow from the rest."""
    rows = [[Fraction(each.get(atom, 0)) for atom in range(ATOMS)] for each in rows]
    done = 0
    for column in range(ATOMS):
        pivot = next((at for at in range(done, len(rows)) if rows[at][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        for at in range(done + 1, len(rows)):
            factor = rows[at][column] / rows[done][column]
            rows[at] = [a - factor * b for a, b in zip(rows[at], rows[done], strict=True)]
        done += 1
    return done


@settings(max_examples=300)
@given(families, sizes, st.integers(2, 12))
def test_what_is_found_is_small_and_can_be_worked_out_from_the_sets_it_names(sets, people, threshold):
    for each in find_exposures(sets, people, new=[len(sets) - 1], threshold=threshold):
        assert 0 < each.people == sum(people[atom] for atom in each.atoms) < threshold
        used = [sets[at] for at in each.sets]
        outside = [{atom: n for atom, n in one.items() if atom not in each.atoms} for one in used]
        # Some sum of those sets is nothing outside the group and something inside it.
        assert count_rank(outside) < count_rank(used)


@settings(max_examples=200)
@given(families, sizes, st.integers(2, 12))
def test_two_sets_that_differ_by_few_are_found_either_way_round(sets, people, threshold):
    new = len(sets) - 1
    for other in range(new):
        a, b = sets[new], sets[other]
        differ = sum(size for atom, size in people.items() if a.get(atom, 0) != b.get(atom, 0))
        pairs = find_close_pairs(sets, people, new=[new], threshold=threshold)
        assert (0 < differ < threshold) == any(each.sets == {new, other} for each in pairs)


@given(families, sizes)
@example([{0: 1}, {0: 1}], {0: 5, 1: 1, 2: 1, 3: 1, 4: 1})
def test_the_same_sets_again_expose_nobody(sets, people):
    assert find_exposures([*sets, sets[0]], people, new=[len(sets)], threshold=10) == []


def test_a_whole_less_two_parts_that_share_nobody_is_found():
    people = {0: 200, 1: 300, 2: 2}
    whole, first, second = {0: 1, 1: 1, 2: 1}, {0: 1}, {1: 1}
    (found,) = find_exposures([first, second, whole], people, new=[2], threshold=10)
    assert (found.people, found.sets) == (2, {0, 1, 2})


def test_a_complement_is_found_only_once_the_whole_is_known():
    people = {0: 500, 1: 4}
    all_but_four, everyone = {0: 1}, {0: 1, 1: 1}
    assert find_exposures([all_but_four], people, new=[0], threshold=10) == []
    assert [each.people for each in find_exposures([all_but_four, everyone], people, new=[1], threshold=10)] == [4]


def test_a_row_that_stands_twice_is_found_though_the_people_are_the_same():
    people = {0: 500, 1: 1}
    once, twice = {0: 1, 1: 1}, {0: 1, 1: 2}
    assert [each.people for each in find_exposures([once, twice], people, new=[1], threshold=10)] == [1]


def test_inclusion_and_exclusion_is_found():
    # Both, either, and each alone: A and B and (A or B) known, one person is in A and B.
    people = {0: 90, 1: 80, 2: 1}
    a, b, either = {0: 1, 2: 1}, {1: 1, 2: 1}, {0: 1, 1: 1, 2: 1}
    assert [each.people for each in find_exposures([a, b, either], people, new=[2], threshold=10)] == [1]


def test_what_the_earlier_ones_expose_alone_is_not_told_again():
    people = {0: 500, 1: 1, 2: 60}
    assert find_exposures([{0: 1}, {0: 1, 1: 1}, {2: 1}], people, new=[2], threshold=10) == []


def test_many_cells_are_gone_through_in_reasonable_work():
    cells = [{at: 1} for at in range(300)]
    people = dict.fromkeys(range(300), 40) | {300: 3}
    whole = dict.fromkeys(range(301), 1)
    (found,) = find_exposures([*cells, whole], people, new=[300], threshold=10)
    assert (found.people, len(found.sets)) == (3, 301)
