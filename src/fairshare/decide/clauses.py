"""A program as clauses, so that a solver can answer for every completion of what was not asked, not only for one.

Each fact is exactly one of its values; each node is defined both ways by its parts (Tseitin), so that unit propagation
alone reaches at least as far as three-valued evaluation; each constraint is a fact of life. An assignment of answers
is a list of assumptions, and nothing is ever added to the clauses for one case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from fairshare.decide.program import Node, Program

Assignment = Mapping[int, int]
"""The answers given so far: from the index of a variable to the index of its value. What is absent was not asked."""

SOLVER = "minisat22"
"""Of the solvers in python-sat the fastest here, within a fifth of the others (bench/decide.py). Not a CaDiCaL: in
python-sat 1.9 its `propagate` damages memory."""
TRUE = 1
"""The literal that always holds."""


@dataclass(frozen=True)
class Clauses:
    """A program's clauses, and which literal stands for what. A literal is a number; its negation is minus it."""

    clauses: tuple[tuple[int, ...], ...]
    constraints: tuple[tuple[str, int], ...]
    """The id and literal of each constraint. They are not among `clauses`: whoever solves says whether they bind."""
    values: tuple[tuple[int, ...], ...]
    """For each variable, the literal of each of its values."""
    nodes: tuple[int, ...]
    ands: dict[int, tuple[int, ...]]
    """Every defined literal, parts before wholes: it holds exactly when all of these do."""
    targets: dict[str, int]
    """What can be settled: each conclusion by its key, each outcome of an item by `outcome_key`."""
    top: int
    """The largest variable in use."""


def outcome_key(item: str, outcome: str) -> str:
    """The key under which it is settled whether the outcome of `item` is `outcome`.

    >>> outcome_key("i1", "SHARE_FULL")
    'i1=SHARE_FULL'
    """
    return f"{item}={outcome}"


def list_assumptions(clauses: Clauses, assignment: Assignment) -> list[int]:
    """The literals that say what was answered, in the order of the variables."""
    return [clauses.values[variable][assignment[variable]] for variable in sorted(assignment)]


def compile_clauses(program: Program) -> Clauses:
    """The clauses of a program: their number grows in proportion to the program's size."""
    writer = ClauseWriter()
    values = tuple(writer.choose_one(len(variable.values)) for variable in program.variables)
    nodes, targets = define_program(writer, program, values)
    constraints = tuple((name, nodes[node]) for name, node in program.constraints)
    writer.clauses.append((TRUE, writer.top))  # a solver's models leave out variables above those it has met
    ands = {whole: parts for parts, whole in writer.wholes.items()}
    return Clauses(tuple(writer.clauses), constraints, values, nodes, ands, targets, writer.top)


def define_program(
    writer: ClauseWriter, program: Program, values: Sequence[tuple[int, ...]]
) -> tuple[tuple[int, ...], dict[str, int]]:
    """The literal of each node, and of all that can be settled, over these literals for the variables' values."""
    nodes: list[int] = []
    for node in program.nodes:
        nodes.append(writer.define_node(node, values, nodes))
    targets = {key: nodes[node] for key, node in program.conclusions.items()}
    for item, rows in program.outcomes.items():
        targets |= _define_outcomes(writer, item, [(outcome, nodes[node]) for outcome, node in rows])
    return tuple(nodes), targets


def _define_outcomes(writer: ClauseWriter, item: str, rows: list[tuple[str, int]]) -> dict[str, int]:
    """A literal for each outcome of an item: one of its rows holds and none before it does."""
    firsts: dict[str, list[int]] = {}
    none_before = TRUE
    for outcome, row in rows:
        firsts.setdefault(outcome, []).append(writer.define_and([none_before, row]))
        none_before = writer.define_and([none_before, -row])
    return {outcome_key(item, outcome): writer.define_or(found) for outcome, found in firsts.items()}


class ClauseWriter:
    """Collects clauses; equal definitions share one literal, and what is constant is folded away."""

    def __init__(self, top: int = TRUE) -> None:
        self.top = top
        self.clauses: list[tuple[int, ...]] = [(TRUE,)]
        self.wholes: dict[tuple[int, ...], int] = {}
        """From the parts of each definition to its literal."""

    def new_literal(self) -> int:
        """A literal that nothing says anything about yet."""
        self.top += 1
        return self.top

    def choose_one(self, count: int) -> tuple[int, ...]:
        """Literals of which exactly one holds; two values share one variable."""
        if count == 1:
            return (TRUE,)
        if count == 2:
            first = self.new_literal()
            return (first, -first)
        found = tuple(self.new_literal() for _ in range(count))
        self.clauses.append(found)
        self.clauses.extend((-one, -other) for one, other in combinations(found, 2))
        return found

    def define_and(self, parts: Iterable[int]) -> int:
        """The literal that holds exactly when every part does."""
        kept = tuple(sorted(set(parts) - {TRUE}, key=abs))
        if -TRUE in kept or any(one == -other for one, other in pairwise(kept)):
            return -TRUE
        if len(kept) < 2:
            return kept[0] if kept else TRUE
        if kept not in self.wholes:
            whole = self.wholes[kept] = self.new_literal()
            self.clauses.extend((-whole, part) for part in kept)
            self.clauses.append((whole, *(-part for part in kept)))
        return self.wholes[kept]

    def define_or(self, parts: Iterable[int]) -> int:
        """The literal that holds exactly when at least one part does."""
        return -self.define_and(-each for each in parts)

    def define_value(self, literals: tuple[int, ...], among: Iterable[int]) -> int:
        """The literal that holds exactly when a variable has one of the values `among`."""
        chosen = frozenset(among)
        inside = [literal for at, literal in enumerate(literals) if at in chosen]
        outside = [literal for at, literal in enumerate(literals) if at not in chosen]
        if len(inside) <= len(outside):
            return self.define_or(inside)
        return self.define_and(-each for each in outside)

    def define_node(self, node: Node, values: Sequence[tuple[int, ...]], nodes: Sequence[int]) -> int:
        """The literal of a node whose parts have theirs already."""
        if node.sort == "value":
            return self.define_value(values[node.of[0]], node.among)
        if node.sort == "and":
            return self.define_and(nodes[each] for each in node.of)
        if node.sort == "or":
            return self.define_or(nodes[each] for each in node.of)
        return -nodes[node.of[0]]
