"""Which cells of a table with totals must be left out, so that none that is unsafe can be worked out from the rest.

Leaving out only the unsafe cells is not enough: a total less its other parts gives them away. For each unsafe cell we
ask for another table, of whole numbers from 0, that agrees with all that is shown, and in which this cell is as large
(and one more in which it is as small) as it must be able to be. Cells in which such a table differs from the true one
must be left out too; the solver looks for the table that costs least of what is not left out yet. In the end every
unsafe cell has its two tables. They are its proof: each is checked here in whole numbers, without the solver.
Source   Fischetti and Salazar 2001 and 2003; Hundepool and others 2012, section 4.4 (attacker's subproblems).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from fairshare.words import MissingPart, Unsound

Cell = tuple[int, ...]
"""A place for each key; the place after the last is the total."""
GAP = 0.05
"""How much dearer than the cheapest a suppression may be, so that the search ends."""


class SuppressionUnproved(Unsound):
    """No proof was found that the suppressed cells cannot be worked out, so no table is made."""

    code = "SUPPRESSION_UNPROVED"


@dataclass(frozen=True)
class Protection:
    """How far an unsafe cell must be able to be from its true value, upwards and downwards."""

    up: int
    down: int


@dataclass(frozen=True)
class Suppressed:
    """The cells left out: those that are unsafe, and those that would give them away."""

    primary: frozenset[Cell]
    secondary: frozenset[Cell]

    @property
    def all(self) -> frozenset[Cell]:
        """Every cell left out."""
        return self.primary | self.secondary


def list_cells(sizes: tuple[int, ...]) -> list[Cell]:
    """Every cell of a table with its totals; `sizes` count the values of each key without its total."""
    return list(product(*(range(size + 1) for size in sizes)))


def list_sums(sizes: tuple[int, ...]) -> Iterator[tuple[Cell, tuple[Cell, ...]]]:
    """Each total, with the cells that it is the sum of along one key."""
    for axis, size in enumerate(sizes):
        others = [range(other + 1) if at != axis else (0,) for at, other in enumerate(sizes)]
        for cell in product(*others):
            line = tuple((*cell[:axis], place, *cell[axis + 1 :]) for place in range(size + 1))
            yield line[-1], line[:-1]


def suppress(sizes: tuple[int, ...], values: Mapping[Cell, int], unsafe: Mapping[Cell, Protection]) -> Suppressed:
    """The unsafe cells, and as few others as a quick search finds, such that every one of them is protected.

    Takes    values: every cell, totals and all, from 0; unsafe: what must be left out, and how far it must be hidden.
    Raises   SuppressionUnproved; MissingPart without SciPy.
    """
    if not unsafe:
        return Suppressed(frozenset(), frozenset())
    solver = _Solver(sizes, values)
    left_out = set(unsafe)
    # The cells that need most come first: what hides them often hides the others.
    for cell, need in sorted(unsafe.items(), key=lambda each: (-each[1].up - each[1].down, each[0])):
        for move in (need.up, -min(need.down, values[cell])):
            if move:
                changes = solver.find_other_table(cell, move, left_out)
                check_proof(sizes, values, changes, cell, move)
                left_out |= changes.keys()
    return Suppressed(frozenset(unsafe), frozenset(left_out - unsafe.keys()))


def check_proof(
    sizes: tuple[int, ...], values: Mapping[Cell, int], changes: Mapping[Cell, int], cell: Cell, move: int
) -> None:
    """Raises SuppressionUnproved unless the changes make another whole table, from 0, in which the cell moves so."""
    sound = changes.get(cell) == move and all(values[each] + change >= 0 for each, change in changes.items())
    adds_up = all(
        changes.get(total, 0) == sum(changes.get(part, 0) for part in parts) for total, parts in list_sums(sizes)
    )
    if not (sound and adds_up):
        raise SuppressionUnproved(
            "the solver's table does not add up", fix="Use coarser keys, or round instead.", where="publish"
        )


class _Solver:
    """SciPy's mixed integer solver (HiGHS), over the changes of each cell, up and down apart."""

    def __init__(self, sizes: tuple[int, ...], values: Mapping[Cell, int]) -> None:
        try:
            import numpy as np
            from scipy.optimize import Bounds, LinearConstraint, milp  # type: ignore[import-untyped]
            from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]
        except ImportError:
            raise MissingPart(
                "SciPy, which looks for cells to suppress, is not installed",
                fix="Run: pip install 'fairshare[privacy]'",
                where="publish",
            ) from None
        self._np, self._bounds, self._constraint, self._milp = np, Bounds, LinearConstraint, milp
        self._cells = list_cells(sizes)
        self._at = {cell: place for place, cell in enumerate(self._cells)}
        rows, columns, signs = [], [], []
        for number, (total, parts) in enumerate(list_sums(sizes)):
            for cell, sign in ((total, -1), *((part, 1) for part in parts)):
                rows.append(number)
                columns.append(self._at[cell])
                signs.append(sign)
        matrix = csr_matrix((signs, (rows, columns)), shape=(max(rows) + 1, len(self._cells)))
        self._sums: Any = hstack([matrix, -matrix]).tocsr()
        self._values = np.array([values[cell] for cell in self._cells], dtype=float)
        # Large numbers tell more, so they are left out last; a nought left out is hard to believe.
        self._costs = np.where(self._values > 0, 1 + np.sqrt(self._values), 2 + np.sqrt(self._values.max()))

    def find_other_table(self, cell: Cell, move: int, left_out: set[Cell]) -> dict[Cell, int]:
        """The changes to a table that agrees with what is shown but for the cells that it costs to leave out."""
        np, size = self._np, len(self._cells)
        costs = self._costs.copy()
        costs[[self._at[each] for each in left_out]] = 0
        at = self._at[cell]
        # A cell moves no further than all that moves together with the one in question.
        low, high = np.zeros(2 * size), np.full(2 * size, float(abs(move)))
        high[size:] = np.minimum(high[size:], self._values)
        place, other = (at, at + size) if move > 0 else (at + size, at)
        low[place] = high[place] = abs(move)
        high[other] = 0
        # A hair on top, so that no cell moves both ways for nothing.
        found = self._milp(
            np.concatenate([costs, costs]) + 1e-6,
            constraints=self._constraint(self._sums, 0, 0),
            bounds=self._bounds(low, high),
            integrality=np.ones(2 * size),
            options={"mip_rel_gap": GAP},
        )
        if found.x is None:
            raise SuppressionUnproved(
                "no other table was found that hides an unsafe cell",
                fix="Use coarser keys, or round instead.",
                where="publish",
            )
        moved = np.rint(found.x[:size] - found.x[size:]).astype(int)
        return {self._cells[place]: int(moved[place]) for place in np.nonzero(moved)[0]}
