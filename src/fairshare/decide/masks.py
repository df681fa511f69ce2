"""Evaluating a program for many cases at once: each bit of a number is one case, so one `&` serves them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import shake_128
from itertools import pairwise
from typing import Any

from fairshare.decide.clauses import Assignment
from fairshare.decide.graph import find_cones
from fairshare.decide.program import Node, Program

MaskCode = Callable[[Sequence[int], int], list[int]]
"""From a mask for each value of each variable, in their order, and the mask of all cases, to a mask for each node."""
SAMPLES = 512
TIMES_BEFORE_COMPILING = 8


class MaskEvaluator:
    """Evaluates what a program's conclusions, outcomes and constraints rest on, for many cases at once.

    The first few times it goes from node to node; after that it has been worth compiling.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.offsets = list_offsets(program)
        ends = [node for _, node in program.constraints] + list(program.conclusions.values())
        self.needed = list_needed(program, [*ends, *(node for row in program.outcomes.values() for _, node in row)])
        self._times = 0
        self._code: MaskCode | None = None

    def __call__(self, values: Sequence[int], full: int) -> list[int]:
        """A mask for each node; none of the cases for what nothing rests on.

        Takes    values: a mask for each value of each variable, in their order; full: the mask of all cases.
        """
        if self._code is None:
            self._times += 1
            if self._times <= TIMES_BEFORE_COMPILING:
                return self._walk(values, full)
            self._code = compile_masks(self.program, self.needed)
        return self._code(values, full)

    def _walk(self, values: Sequence[int], full: int) -> list[int]:
        nodes, holds = self.program.nodes, [0] * len(self.program.nodes)
        for at in self.needed:
            node = nodes[at]
            mask = 0
            if node.sort == "value":
                start = self.offsets[node.of[0]]
                for value in node.among:
                    mask |= values[start + value]
            elif node.sort == "not":
                mask = full ^ holds[node.of[0]]
            elif node.sort == "and":
                mask = full
                for part in node.of:
                    mask &= holds[part]
            else:
                for part in node.of:
                    mask |= holds[part]
            holds[at] = mask
        return holds


def compile_masks(program: Program, needed: Sequence[int]) -> MaskCode:
    """The same as a function, whose text holds operators and numbered names only."""
    offsets = list_offsets(program)
    lines = [f"{_tuple(f'v{at}' for at in range(offsets[-1]))} = values"] if offsets[-1] else []
    lines += [f"n{at} = {_express(program.nodes[at], offsets)}" for at in needed]
    kept = set(needed)
    lines.append(f"return [{', '.join(f'n{at}' if at in kept else '0' for at in range(len(program.nodes)))}]")
    body = "\n    ".join(lines)
    scope: dict[str, Any] = {}
    exec(compile(f"def evaluate(values, full):\n    {body}\n", "<masks>", "exec"), scope)  # noqa: S102
    found: MaskCode = scope["evaluate"]
    return found


def list_needed(program: Program, roots: Iterable[int]) -> list[int]:
    """Some nodes and all that they rest on, in topological order."""
    needed = set(roots)
    for at in range(len(program.nodes) - 1, -1, -1):
        if at in needed and program.nodes[at].sort != "value":
            needed |= set(program.nodes[at].of)
    return sorted(needed)


def list_offsets(program: Program) -> list[int]:
    """Where the values of each variable begin among those of all, and how many there are."""
    found = [0]
    for variable in program.variables:
        found.append(found[-1] + len(variable.values))
    return found


def _tuple(names: Iterable[str]) -> str:
    return f"({', '.join(names)},)"


def _express(node: Node, offsets: Sequence[int]) -> str:
    if node.sort == "value":
        start = offsets[node.of[0]]
        return " | ".join(f"v{start + value}" for value in sorted(node.among)) or "0"
    if node.sort == "not":
        return f"full ^ n{node.of[0]}"
    joined = (" & " if node.sort == "and" else " | ").join(f"n{part}" for part in node.of)
    return joined or ("full" if node.sort == "and" else "0")


def join(masks: Iterable[int]) -> int:
    """The cases that are in any of the masks."""
    found = 0
    for mask in masks:
        found |= mask
    return found


def meet(full: int, masks: Iterable[int]) -> int:
    """The cases that are in every one of the masks; all of them if there are none."""
    for mask in masks:
        full &= mask
    return full


def split_outcomes(rows: Iterable[tuple[str, int]], cases: int) -> dict[str, int]:
    """The cases that reach each outcome of an item: those in which its row is the first that holds.

    Takes    rows: each outcome with the cases in which its row holds.
    """
    found: dict[str, int] = {}
    for outcome, mask in rows:
        found[outcome] = found.get(outcome, 0) | (cases & mask)
        cases &= ~mask
    return found


@dataclass(frozen=True, slots=True)
class Sight:
    """Some completions of one set of answers."""

    values: list[int]
    """The mask of each value of each variable."""
    holds: list[int]
    """The mask of each node."""
    allowed: int
    """Those that the constraints allow."""


class Samples:
    """A few hundred completions to try first: arbitrary ones, and those that the solver found lately.

    They are laid under whatever was answered, so they show at once most of what is still open; what they do not show,
    the solver decides. They make answers faster and never different.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.offsets = list_offsets(program)
        self.full = (1 << SAMPLES) - 1
        self.evaluate = MaskEvaluator(program)
        self._values = [mask for at in range(len(program.variables)) for mask in self._scatter(at)]
        self._cones: tuple[tuple[int, ...], ...] | None = None
        self._next = 0

    def _scatter(self, variable: int) -> list[int]:
        """Values spread over the samples without a pattern, and the same each time."""
        return scatter(str(variable), len(self.program.variables[variable].values), SAMPLES)

    def keep(self, chosen: Iterable[bool]) -> None:
        """Take up a completion, as a truth for each value of each variable, in the place of the oldest."""
        bit = 1 << self._next
        self._next = (self._next + 1) % SAMPLES
        rest = self.full ^ bit
        self._values = [mask | bit if truth else mask & rest for mask, truth in zip(self._values, chosen, strict=True)]

    def look(self, assignment: Assignment) -> Sight:
        """The samples, with these answers in the place of their own."""
        values = list(self._values)
        for variable, value in assignment.items():
            start = self.offsets[variable]
            for at in range(start, self.offsets[variable + 1]):
                values[at] = 0
            values[start + value] = self.full
        holds = self.evaluate(values, self.full)
        return Sight(values, holds, meet(self.full, (holds[node] for _, node in self.program.constraints)))

    def read(self, sight: Sight, sample: int) -> tuple[int, ...]:
        """One sample (as a mask of its bit), as a value for each variable."""
        found, starts = [], pairwise(self.offsets)
        for start, end in starts:
            found.append(next(at for at in range(start, end) if sight.values[at] & sample) - start)
        return tuple(found)

    def change(self, sight: Sight, variable: int, masks: Sequence[int]) -> dict[int, int]:
        """The nodes that come out differently, and where they hold, once a variable has these masks for its values."""
        self._cones = self._cones or find_cones(self.program)
        found: dict[int, int] = {}
        for at in self._cones[variable]:
            node = self.program.nodes[at]
            if node.sort == "value":
                mask = join(masks[value] for value in node.among)
            elif not any(part in found for part in node.of):
                continue
            elif node.sort == "not":
                mask = self.full ^ found[node.of[0]]
            elif node.sort == "and":
                mask = meet(self.full, (found[part] if part in found else sight.holds[part] for part in node.of))
            else:
                mask = join(found[part] if part in found else sight.holds[part] for part in node.of)
            if mask != sight.holds[at]:
                found[at] = mask
        return found


def scatter(name: str, size: int, cases: int) -> list[int]:
    """For each of `size` values, the cases that have it: spread without a pattern, and the same for the same name."""
    spread = shake_128(name.encode()).digest(cases)
    return [int(spread.translate(_digits_of(size, value)), 2) for value in range(size)]


@cache
def _digits_of(size: int, value: int) -> bytes:
    """For each byte, the digit that says whether it stands for this value out of so many."""
    return bytes(ord("1") if byte % size == value else ord("0") for byte in range(256))
