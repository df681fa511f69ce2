"""The rule base as a graph: which facts a conclusion rests on, and what one answer can still change."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from fairshare.decide.language import Holds, RuleBase, walk_atoms
from fairshare.decide.program import Program


def find_support(program: Program) -> tuple[int, ...]:
    """For each node, the variables it rests on, as a bit mask (bit 3 is variable 3)."""
    found: list[int] = []
    for node in program.nodes:
        mask = 1 << node.of[0] if node.sort == "value" else 0
        if node.sort != "value":
            for part in node.of:
                mask |= found[part]
        found.append(mask)
    return tuple(found)


def find_cones(program: Program) -> tuple[tuple[int, ...], ...]:
    """For each variable, the nodes that its answer can change (its fan-out), in topological order."""
    cones: list[list[int]] = [[] for _ in program.variables]
    for at, mask in enumerate(find_support(program)):
        while mask:
            lowest = mask & -mask
            cones[lowest.bit_length() - 1].append(at)
            mask ^= lowest
    return tuple(tuple(cone) for cone in cones)


def find_readers(base: RuleBase) -> dict[str, tuple[str, ...]]:
    """For each fact and conclusion, the rules that name it, in the order of the files."""
    readers: dict[str, dict[str, None]] = {}
    for rule in base.rules.values():
        for atom in walk_atoms(rule.conditions + rule.exceptions):
            readers.setdefault(atom.conclusion if isinstance(atom, Holds) else atom.fact, {})[rule.id] = None
    return {name: tuple(rules) for name, rules in readers.items()}


def find_ends(base: RuleBase, name: str, ends: Iterable[str], rules: Iterable[str]) -> tuple[str, ...]:
    """Which of the conclusions `ends` can rest on a fact or conclusion, through these rules, nearest first."""
    readers, wanted, allowed = find_readers(base), set(ends), set(rules)
    reached = {name: None}
    waiting = deque([name])
    while waiting:
        for rule in readers.get(waiting.popleft(), ()):
            conclusion = base.rules[rule].conclusion
            if rule in allowed and conclusion not in reached:
                reached[conclusion] = None
                waiting.append(conclusion)
    return tuple(each for each in reached if each in wanted)
