"""The optimal search finds what looking at every node finds, and looks at fewer."""

import random
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.release.deidentify.lattice import (
    LatticeTooLarge,
    NoLevelsPass,
    Worth,
    count_nodes,
    find_fast,
    find_optimal,
    is_finer,
)


class MadeUp:
    """A lattice whose losses lie on or above a rising bound, at random."""

    def __init__(self, heights, seed, *, merges_keep_passing, passing):
        self.heights, self.merges_keep_passing = heights, merges_keep_passing
        chance = random.Random(seed)
        self.nodes = list(product(*(range(height + 1) for height in heights)))
        weights = [[0.0, *sorted(chance.random() for _ in range(height))] for height in heights]
        self.bounds = {node: sum(w[level] for w, level in zip(weights, node, strict=True)) for node in self.nodes}
        if merges_keep_passing:
            seeds = [node for node in self.nodes if chance.random() < passing]
            self.passing = {node for node in self.nodes if any(is_finer(each, node) for each in seeds)}
        else:
            self.passing = {node for node in self.nodes if chance.random() < passing}
        self.losses = {node: bound + chance.choice([0, chance.random()]) for node, bound in self.bounds.items()}
        self.looked = 0

    def bound(self, node):
        return self.bounds[node]

    def look(self, node):
        self.looked += 1
        return Worth(self.losses[node], 0, node in self.passing, self.bounds[node])

    def exhaust(self):
        return min((self.losses[node] for node in self.passing), default=None)


lattices = st.builds(
    lambda heights, seed, keep, passing: MadeUp(heights, seed, merges_keep_passing=keep, passing=passing),
    st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple),
    st.integers(0, 10**6),
    st.booleans(),
    st.sampled_from([0.02, 0.1, 0.5, 1]),
)


@settings(max_examples=300)
@given(lattice=lattices)
def test_the_optimal_search_finds_what_looking_at_every_node_finds(lattice):
    least = lattice.exhaust()
    if least is None:
        with pytest.raises(NoLevelsPass):
            find_optimal(lattice)
        return
    assert find_optimal(lattice).least == least
    assert lattice.looked <= len(lattice.nodes)


@given(lattice=lattices)
def test_the_fast_search_finds_a_node_that_passes_or_says_that_it_found_none(lattice):
    try:
        search = find_fast(lattice)
    except NoLevelsPass:
        # A path from bottom to top ends in the top, so where the top passes something is found.
        assert lattice.heights not in lattice.passing
        return
    assert search.best in lattice.passing


def test_most_of_a_large_lattice_is_never_looked_at():
    lattice = MadeUp((6, 6, 5, 3, 2), 5, merges_keep_passing=True, passing=0.002)
    least = lattice.exhaust()
    search = find_optimal(lattice)
    assert search.least == least
    assert lattice.looked < count_nodes(lattice.heights) / 4


def test_a_lattice_that_is_too_large_is_refused_and_the_fast_search_is_named():
    lattice = MadeUp((1,), 1, merges_keep_passing=True, passing=1)
    lattice.heights = (9,) * 6
    with pytest.raises(LatticeTooLarge, match="fast"):
        find_optimal(lattice)


def test_progress_ends_at_one():
    told = []
    find_optimal(MadeUp((3, 3), 1, merges_keep_passing=True, passing=0.5), on_progress=told.append)
    assert told[-1] == 1.0
    assert all(0 <= share <= 1 for share in told)
