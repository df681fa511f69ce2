"""The search of a lattice of levels: one that is proved to lose least, and one that is quick.

It knows nothing of tables. It asks what a node is worth, and trusts two things only: no node loses less than its lower
bound, and bounds do not fall on the way up. Where passing classes pass when they are merged with any others, it also
knows that nothing finer than a failing node passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from math import inf, prod
from typing import Protocol

from fairshare.words import BadInput, Refused

Node = tuple[int, ...]
"""One level for each column, 0 for the values as they are."""
MAX_NODES = 200_000


class LatticeTooLarge(BadInput):
    """The lattice has more nodes than can be looked through for the best one."""

    code = "LATTICE_TOO_LARGE"


class NoLevelsPass(Refused):
    """However coarse the table is made, too many rows would have to be held back."""

    code = "NO_LEVELS_PASS"


@dataclass(frozen=True)
class Worth:
    """What a node was found to be worth."""

    loss: float
    rows_held_back: int
    passes: bool
    floor: float = 0.0
    """What this node, and every coarser one, loses at least, whatever is held back."""


class Lattice(Protocol):
    """A lattice that can be searched."""

    @property
    def heights(self) -> Node:
        """The highest level of each column."""
        ...

    @property
    def merges_keep_passing(self) -> bool:
        """Whether a class that passes still does when it is merged with any others, failing ones too."""
        ...

    def bound(self, node: Node) -> float:
        """What a node loses at least, without a look at it; it never falls on the way up."""
        ...

    def look(self, node: Node) -> Worth:
        """What a node is worth."""
        ...


@dataclass
class Search:
    """A search under way: what was looked at, and what is known without a look."""

    lattice: Lattice
    on_progress: Callable[[float], None] | None = None
    seen: dict[Node, Worth] = field(default_factory=dict)
    ruled_out: set[Node] = field(default_factory=set)
    """Nodes finer than one that fails, where that settles it."""
    best: Node | None = None

    @property
    def least(self) -> float:
        """The loss of the best node so far."""
        return inf if self.best is None else self.seen[self.best].loss

    def look(self, node: Node) -> Worth:
        """Looks at a node once, and learns from it."""
        if node not in self.seen:
            worth = self.seen[node] = self.lattice.look(node)
            if worth.passes and worth.loss < self.least:
                self.best = node
            if not worth.passes and self.lattice.merges_keep_passing:
                self.ruled_out.update(product(*(range(level + 1) for level in node)))
        return self.seen[node]

    def bound(self, node: Node) -> float:
        """What a node loses at least, by all that is known."""
        floors = (worth.floor for other, worth in self.seen.items() if is_finer(other, node))
        return max(self.lattice.bound(node), max(floors, default=0.0))


def is_finer(node: Node, other: Node) -> bool:
    """Whether a node is as fine as another in every column.

    >>> is_finer((0, 1), (2, 1)), is_finer((0, 2), (2, 1))
    (True, False)
    """
    return all(mine <= theirs for mine, theirs in zip(node, other, strict=True))


def count_nodes(heights: Node) -> int:
    """How many nodes a lattice has."""
    return prod(height + 1 for height in heights)


def find_optimal(lattice: Lattice, *, on_progress: Callable[[float], None] | None = None) -> Search:
    """The node that loses least of all that pass: every other loses as much, or fails.

    Raises   LatticeTooLarge; NoLevelsPass.
    """
    nodes = count_nodes(lattice.heights)
    if nodes > MAX_NODES:
        raise LatticeTooLarge(
            f"there are {nodes:,} ways to choose the levels, and at most {MAX_NODES:,} can be looked through",
            fix="Use the fast search, fewer columns, or hierarchies with fewer levels.",
            where="search",
        )
    search = Search(lattice, on_progress)
    _descend(search)
    waiting = sorted(product(*(range(height + 1) for height in lattice.heights)), key=lambda n: (lattice.bound(n), n))
    for place, node in enumerate(waiting):
        if lattice.bound(node) >= search.least:
            break
        if on_progress is not None and place % 16 == 0:
            on_progress(place / nodes)
        if node in search.ruled_out or node in search.seen or search.bound(node) >= search.least:
            continue
        if lattice.merges_keep_passing:
            _halve(search, [each for each in climb(lattice, node) if lattice.bound(each) < search.least])
        search.look(node)
    return _finish(search)


def find_fast(lattice: Lattice, *, on_progress: Callable[[float], None] | None = None) -> Search:
    """A node that passes, found by few looks: halving one path from bottom to top, then coming down from there."""
    search = Search(lattice, on_progress)
    _descend(search)
    return _finish(search)


def _finish(search: Search) -> Search:
    if search.on_progress is not None:
        search.on_progress(1.0)
    if search.best is None:
        raise NoLevelsPass(
            "however coarse the columns are made, more rows fail the models than may be held back",
            fix="Ask less of the models, allow more rows to be held back, or leave a column out.",
            where="search",
        )
    return search


def _descend(search: Search) -> None:
    """Halves the path from bottom to top, then steps down while that loses less."""
    _halve(search, list(climb(search.lattice, (0,) * len(search.lattice.heights))))
    stepped = True
    while stepped and search.best is not None:
        here, stepped = search.best, False
        for column in range(len(here)):
            lower = (*here[:column], here[column] - 1, *here[column + 1 :])
            if lower[column] >= 0 and lower not in search.ruled_out and search.bound(lower) < search.least:
                search.look(lower)
        stepped = search.best != here


def _halve(search: Search, path: list[Node]) -> None:
    """Looks for the lowest node of a path that passes."""
    low, high = 0, len(path)
    while low < high:
        middle = (low + high) // 2
        if path[middle] not in search.ruled_out and search.look(path[middle]).passes:
            high = middle
        else:
            low = middle + 1


def climb(lattice: Lattice, node: Node) -> Iterator[Node]:
    """A path from a node to the top, each step where the bound rises least."""
    yield node
    while node != lattice.heights:
        steps = [
            (*node[:column], node[column] + 1, *node[column + 1 :])
            for column, height in enumerate(lattice.heights)
            if node[column] < height
        ]
        node = min(steps, key=lambda each: (lattice.bound(each), each))
        yield node
