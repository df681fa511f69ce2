"""Whether any case at all shows a mutant, and whether a safety property does: by solver, over every tool at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pysat.solvers import Solver

from fairshare.decide.clauses import SOLVER, TRUE, ClauseWriter
from fairshare.decide.mutate_program import Change, WholeProgram, list_new
from fairshare.decide.verify_properties import BROKEN

WORN_AFTER = 3
"""How many times its first size a prover may grow to."""
BUDGET = 20_000
"""Conflicts for one question, after which it counts as undecided."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A case that a mutant decides otherwise."""

    tool: str
    differs: tuple[str, ...]
    """The conclusions, and the items whose outcome, come out otherwise; a `+` before what now holds."""
    answers: dict[str, str] = field(default_factory=dict)


class Prover:
    """One program in a solver; each question adds definitions, which bind nothing, and is then dead."""

    def __init__(self, program: WholeProgram) -> None:
        self.program = program
        self.writer = ClauseWriter()
        self.values = [self.writer.choose_one(len(variable.values)) for variable in program.variables]
        self.literals: list[int] = []
        for at in range(program.size):
            self.literals.append(self._define(at, self.literals))
        self.rows = {item: self._define_rows(rows, {}) for item, rows in program.outcomes.items()}
        self.read = dict(self._list_read())
        self.broken = {key: node for key, node in program.conclusions.items() if key.startswith(BROKEN)}
        self.nevers = {name: [self.literals[node] for node in nodes] for name, nodes in program.nevers.items()}
        self.solver = Solver(name=SOLVER)
        self._sent = 0
        self._send()
        for node in program.fits:
            self.solver.add_clause([self.literals[node]])
        self._new = len(self.writer.clauses)
        self._model = frozenset[int]()
        self._cones: dict[tuple[int, ...], list[int]] = {}

    @property
    def worn(self) -> bool:
        """Whether what former questions left behind outweighs the program, so that a new one answers faster."""
        return len(self.writer.clauses) > WORN_AFTER * self._new

    def close(self) -> None:
        """Frees the solver."""
        self.solver.delete()

    def find_broken(self, copies: dict[int, int]) -> str | None:
        """A safety property that a change (as `copy` gives it) breaks in some case, if one is found."""
        sought = {copies[node]: key for key, node in self.broken.items() if copies.get(node, -TRUE) != -TRUE}
        if not self._ask(list(sought), self._bind()):
            return None
        key = next(key for literal, key in sought.items() if literal in self._model)
        return key.removeprefix(BROKEN).partition("@")[0]

    def find_difference(self, change: Change, copies: dict[int, int]) -> tuple[Witness | None, bool]:
        """A case with another outcome or another conclusion that somebody reads, if any; and whether it was decided."""
        if change.dropped is not None:
            return self._find_admitted(change.dropped)
        pairs = {
            key: (self.literals[node], copies[node], guard)
            for key, (node, guard) in self.read.items()
            if node in copies
        }
        rows = change.rows or self.program.outcomes
        for item, before in self.rows.items():
            now = self._define_rows(rows[item], copies)
            for outcome in before.keys() | now.keys():
                pairs[f"{item}={outcome}"] = (before.get(outcome, -TRUE), now.get(outcome, -TRUE), TRUE)
        differences = {
            key: self.writer.define_and([self._differ(one, other), guard]) for key, (one, other, guard) in pairs.items()
        }
        found = self._ask([each for each in differences.values() if each != -TRUE], self._bind())
        if not found:
            return None, found is not None
        seen = [key for key, literal in differences.items() if literal in self._model]
        return self._witness(tuple(("+" if pairs[key][1] in self._model else "-") + key for key in sorted(seen))), True

    def _find_admitted(self, dropped: str) -> tuple[Witness | None, bool]:
        """A case that only this constraint excludes."""
        found = self._ask([-each for each in self.nevers.get(dropped, ())], self._bind(dropped))
        return (self._witness(("it is possible",)) if found else None), found is not None

    def _bind(self, dropped: str | None = None) -> list[int]:
        return [each for name, literals in self.nevers.items() if name != dropped for each in literals]

    def _list_read(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """What somebody reads: each conclusion with a force, a sort, or a tool that asks for it (in that tool)."""
        plain = self.program.frame.plain
        asking: dict[str, list[int]] = {}
        for at, tool in enumerate(plain.tools.values()):
            for goal in tool.goals:
                asking.setdefault(goal, []).append(at)
        for key, node in self.program.conclusions.items():
            found = plain.conclusions.get(key.partition("@")[0])
            if found is None:
                continue
            if found.force != "none" or found.sort is not None:
                yield key, (node, TRUE)
            elif found.id in asking:
                yield key, (node, self.writer.define_value(self.values[self.program.chooser], asking[found.id]))

    def _define(self, at: int, literals: list[int], copies: dict[int, int] | None = None) -> int:
        node = self.program.nodes.nodes[at]
        if node.sort == "value":
            return self.writer.define_value(self.values[node.of[0]], node.among)
        parts = [copies[part] if copies and part in copies else literals[part] for part in node.of]
        if node.sort == "and":
            return self.writer.define_and(parts)
        return self.writer.define_or(parts) if node.sort == "or" else -parts[0]

    def copy(self, change: Change) -> dict[int, int]:
        """The literal of each node that the change reaches and that is then another."""
        key = tuple(change.seeds)
        if key not in self._cones:
            self._cones[key] = self.program.find_cone(key)
        copies: dict[int, int] = {}
        nodes = self.program.nodes.nodes
        for at in self._cones[key]:
            if at in change.seeds:
                literal = self._define_new(change.seeds[at], copies)
            elif any(part in copies for part in nodes[at].of):
                literal = self._define(at, self.literals, copies)
            else:
                continue
            if literal != self.literals[at]:
                copies[at] = literal
        return copies

    def _define_new(self, root: int, copies: dict[int, int]) -> int:
        own = dict(copies)
        for at in list_new(self.program.nodes.nodes, root, self.program.size):
            own[at] = self._define(at, self.literals, own)
        return own[root] if root in own else self.literals[root]

    def _define_rows(self, rows: tuple[tuple[str, int], ...], copies: dict[int, int]) -> dict[str, int]:
        """For each outcome, the literal of: a row of it is the first that holds."""
        firsts: dict[str, list[int]] = {}
        none_before = TRUE
        for outcome, node in rows:
            holds = copies[node] if node in copies else self._define_new(node, copies)
            firsts.setdefault(outcome, []).append(self.writer.define_and([none_before, holds]))
            none_before = self.writer.define_and([none_before, -holds])
        return {outcome: self.writer.define_or(parts) for outcome, parts in firsts.items()}

    def _differ(self, one: int, other: int) -> int:
        if one == other:
            return -TRUE
        return -self.writer.define_and([-self.writer.define_and([one, -other]), -self.writer.define_and([-one, other])])

    def _send(self) -> None:
        self.writer.clauses.append((TRUE, self.writer.top))
        for clause in self.writer.clauses[self._sent :]:
            self.solver.add_clause(clause)
        self._sent = len(self.writer.clauses)

    def _ask(self, sought: list[int], assumed: list[int]) -> bool | None:
        """Whether some case brings about any of what is sought; none if the budget ran out."""
        if not sought:
            return False
        switch = self.writer.new_literal()
        self.writer.clauses.append((-switch, *sought))
        self._send()
        self.solver.conf_budget(BUDGET)
        found: bool | None = self.solver.solve_limited([*assumed, switch])
        self._model = frozenset(self.solver.get_model()) if found else frozenset[int]()
        self.solver.add_clause([-switch])
        return found

    def _witness(self, differs: tuple[str, ...]) -> Witness:
        answers = {
            variable.key: value
            for variable, row in zip(self.program.variables, self.values, strict=True)
            for value, literal in zip(variable.values, row, strict=True)
            if literal in self._model
        }
        return Witness(answers.pop(""), differs, answers)
