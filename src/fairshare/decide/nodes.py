"""The nodes of a program in the making, each made once; and leaving out what nothing reaches."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fairshare.decide.program import GroundRule, Node, Program, Variable


@dataclass
class NodeTable:
    """Nodes made once each; what is always true or always false is folded away."""

    nodes: list[Node] = field(default_factory=list)
    known: dict[Node, int] = field(default_factory=dict)
    constants: dict[bool, int] = field(default_factory=dict)
    """The places of what is always true and always false, once they are needed."""

    def add(self, node: Node) -> int:
        """The place of a node; the same node has one place."""
        found = self.known.setdefault(node, len(self.nodes))
        if found == len(self.nodes):
            self.nodes.append(node)
        return found

    def constant(self, truth: bool) -> int:
        """What is always true, or always false."""
        if truth not in self.constants:
            self.constants[truth] = self.add(Node("and" if truth else "or", ()))
        return self.constants[truth]

    def is_constant(self, at: int, truth: bool) -> bool:
        """Whether a node is always true, or always false."""
        return self.constants.get(truth) == at

    def value(self, variable: int, among: frozenset[int], size: int) -> int:
        """Whether a variable has one of some values."""
        if not among or len(among) == size:
            return self.constant(bool(among))
        return self.add(Node("value", (variable,), among))

    def join(self, every: bool, parts: Iterable[int]) -> int:
        """Whether every part holds or, with `every` false, some part."""
        kept: dict[int, None] = dict.fromkeys(parts)
        if self.constants.get(not every) in kept:
            return self.constant(not every)
        kept.pop(self.constants.get(every, -1), None)
        if len(kept) == 1:
            return next(iter(kept))
        return self.add(Node("and" if every else "or", tuple(kept)))

    def negate(self, at: int, variables: list[Variable]) -> int:
        """Whether a node does not hold."""
        node = self.nodes[at]
        if not node.of:
            return self.constant(node.sort == "or")
        if node.sort == "not":
            return node.of[0]
        if node.sort == "value":
            every = frozenset(range(len(variables[node.of[0]].values)))
            return self.add(Node("value", node.of, every - node.among))
        return self.add(Node("not", (at,)))


def sweep_program(program: Program) -> Program:
    """The program without the nodes that nothing reaches and the variables that no node is about.

    What the tool fixes stays, so that a proof can name it.
    """
    reached = _find_reached(program)
    about = {node.of[0] for at, node in enumerate(program.nodes) if at in reached and node.sort == "value"}
    kept = [at for at, each in enumerate(program.variables) if at in about or len(each.values) == 1]
    moved = {old: new for new, old in enumerate(kept)}
    place: dict[int, int] = {}
    nodes: list[Node] = []
    for old in sorted(reached):
        node = program.nodes[old]
        place[old] = len(nodes)
        of = (moved if node.sort == "value" else place).__getitem__
        nodes.append(Node(node.sort, tuple(map(of, node.of)), node.among))
    at = place.__getitem__
    return replace(
        program,
        variables=tuple(program.variables[old] for old in kept),
        nodes=tuple(nodes),
        rules=tuple(
            GroundRule(
                rule.rule,
                rule.instance,
                rule.conclusion,
                rule.positive,
                rule.priority,
                tuple(map(at, rule.conditions)),
                tuple(map(at, rule.exceptions)),
                at(rule.fires),
            )
            for rule in program.rules
        ),
        conclusions={key: place[node] for key, node in program.conclusions.items()},
        constraints=tuple((name, place[node]) for name, node in program.constraints),
        outcomes={
            item: tuple((outcome, place[node]) for outcome, node in rows) for item, rows in program.outcomes.items()
        },
        order=tuple(moved[at] for at in program.order if at in moved),
    )


def keep_goals(program: Program) -> Program:
    """The program without what no goal, no outcome and no constraint rests on: about half of it.

    It settles what is left as the whole does, but has no rules to explain it with.
    """
    return sweep_program(
        replace(program, rules=(), conclusions={key: program.conclusions[key] for key in program.goals})
    )


def _find_reached(program: Program) -> set[int]:
    """The nodes that a rule, conclusion, constraint or outcome rests on."""
    reached = {node for rule in program.rules for node in (rule.fires, *rule.conditions, *rule.exceptions)}
    reached |= {node for _, node in program.constraints} | set(program.conclusions.values())
    reached |= {node for rows in program.outcomes.values() for _, node in rows}
    for at in range(len(program.nodes) - 1, -1, -1):
        if at in reached and program.nodes[at].sort != "value":
            reached |= set(program.nodes[at].of)
    return reached
