"""What a node loses: four figures from 0 (nothing), each with a floor that holds for every coarser node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, get_args

from fairshare.release.deidentify.lattice import Node

LossName = Literal["precision", "ncp", "discernibility", "class_size"]
LOSSES: tuple[LossName, ...] = get_args(LossName)


@dataclass(frozen=True)
class NodeCounts:
    """What was counted at a node."""

    classes: int
    squares: int
    """The sum of squares of the sizes of all classes."""
    rows_held_back: int
    classes_sent: int
    squares_sent: int
    spared: float = 0.0
    """Of the rows held back: how much less than everything each would have lost if it had gone, added up (ncp)."""


@dataclass(frozen=True)
class Loss:
    """One way to measure what is lost, for one table.

    Source   precision: Sweeney 2002; ncp: Xu et al. 2006; discernibility: Bayardo and Agrawal 2005; class size:
             LeFevre, DeWitt and Ramakrishnan 2006.
    """

    name: LossName
    rows: int
    k: int
    heights: Node
    labels: Sequence[Sequence[int]]
    """How many labels each column has at each level."""
    penalties: Sequence[Sequence[float]]
    """For each column and level, the mean over all rows of the share of values that the row's label stands for."""

    def bound(self, node: Node) -> float:
        """What a node loses at least; it never falls on the way up."""
        match self.name:
            case "precision":
                heights = [height or 1 for height in self.heights]
                return sum(level / height for level, height in zip(node, heights, strict=True)) / len(node)
            case "ncp":
                return sum(self.penalties[column][level] for column, level in enumerate(node)) / len(node)
        most = min(self.rows, prod(self.labels[column][level] for column, level in enumerate(node)))
        return 1 / most if self.name == "discernibility" else self.rows / most / self.k

    def measure(self, node: Node, counts: NodeCounts) -> tuple[float, float]:
        """The loss of a node, and what it and every coarser one lose at least."""
        share = counts.rows_held_back / self.rows
        match self.name:
            case "precision":
                bound = self.bound(node)
                return bound * (1 - share) + share, bound
            case "ncp":
                bound = self.bound(node)
                return bound + counts.spared / self.rows, bound
            case "discernibility":
                squares = self.rows**2
                lost = counts.squares_sent + counts.rows_held_back * self.rows
                return lost / squares, counts.squares / squares
        sent = self.rows / counts.classes_sent / self.k if counts.classes_sent else float("inf")
        return sent, self.rows / counts.classes / self.k
