"""One incremental solver per program and thread, what it has learnt, and the completions it remembers.

A solver is never used across a fork: after one, the child finds another process id and starts afresh. What is
remembered makes later answers faster and never different, save that a budget may reach further.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import eq, itemgetter

from pysat.solvers import Solver

from fairshare.decide.clauses import SOLVER, TRUE, Assignment, compile_clauses, list_assumptions
from fairshare.decide.masks import Samples
from fairshare.decide.program import Program

DEFAULT_BUDGET = 20_000
"""Conflicts that one question may cost before its answer is "undecided": far more than any case has needed."""
PROGRAMS_KEPT = 16
QUESTIONS_BEFORE_RENEWAL = 500


@dataclass
class Budget:
    """How many conflicts are left to spend."""

    left: int


@dataclass
class Memory:
    """What was proved under some answers. It stays true when answers are added, and not otherwise."""

    assumed: frozenset[int] = frozenset()
    impossible: set[int] = field(default_factory=set)
    """Literals of targets that no completion reaches."""
    irrelevant: set[int] = field(default_factory=set)
    """Variables that can change no goal."""


class Session:
    """A solver that holds one program's clauses, and answers under assumptions within a budget of conflicts."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.clauses = compile_clauses(program)
        self._memory = Memory()
        self.model: list[int] = []
        """The completion found last, as a literal for each variable of the solver."""
        self.samples = Samples(program)
        self._value_literals = [each for row in self.clauses.values for each in row]
        # Two places too many, because with only one an itemgetter gives no tuple.
        self._pick_values = itemgetter(*(abs(each) - 1 for each in (*self._value_literals, TRUE, TRUE)))
        self.owners = {abs(each): index for index, row in enumerate(self.clauses.values) for each in row}
        """The variable that a value's literal belongs to."""
        self.users: dict[int, list[int]] = {}
        """What each literal, taken without its sign, is a part of."""
        for whole, parts in self.clauses.ands.items():
            for part in parts:
                self.users.setdefault(abs(part), []).append(whole)
        self.conclusions = {self.clauses.targets[key]: node for key, node in program.conclusions.items()}
        """The node of each conclusion, by its literal, which several conclusions may share."""
        self._start_solver()

    def _start_solver(self) -> None:
        given = [TRUE, *(literal for _, literal in self.clauses.constraints)]
        self._solver = Solver(name=SOLVER, bootstrap_with=[each for each in self.clauses.clauses if len(each) > 1])
        self.always = frozenset(self._solver.propagate(given)[1]).union(given)
        """What follows from the constraints alone. A solver keeps silent about it once it holds without assumptions."""
        for literal in given:
            self._solver.add_clause([literal])
        self._top = self.clauses.top
        self._spare: list[int] = []
        self._questions = 0

    def recall(self, assumptions: Sequence[int]) -> Memory:
        """What is known to hold under these assumptions; to be added to."""
        assumed = frozenset(assumptions)
        known = self._memory
        if not known.assumed <= assumed:
            known = Memory()
        self._memory = Memory(assumed, set(known.impossible), set(known.irrelevant))
        return self._memory

    def assume(self, assignment: Assignment) -> list[int]:
        """The assumptions that stand for these answers."""
        return list_assumptions(self.clauses, assignment)

    def propagate(self, assumptions: Sequence[int]) -> frozenset[int] | None:
        """What follows from the assumptions without any search; none if that already finds a contradiction."""
        possible, found = self._solver.propagate(list(assumptions))
        return self.always.union(found, assumptions) if possible else None

    def prefer(self, literals: Iterable[int]) -> None:
        """Ask for models in which these literals hold, where there is a choice."""
        self._solver.set_phases(list(literals))

    def solve(self, assumptions: Sequence[int], budget: Budget) -> bool | None:
        """Whether some completion fits the assumptions; none if the budget ran out first."""
        if budget.left < 1:  # to the solver, a budget of 0 means no limit
            return None
        self._solver.conf_budget(budget.left)
        before = self._solver.accum_stats()["conflicts"]
        found: bool | None = self._solver.solve_limited(assumptions)
        budget.left -= max(0, self._solver.accum_stats()["conflicts"] - before)
        if found:
            self.model = self._solver.get_model()
            self.samples.keep(map(eq, self._pick_values(self.model), self._value_literals))
        return found

    def find_clash(self, assumptions: Sequence[int], others: Sequence[int] = ()) -> list[int]:
        """Few of the assumptions, each of them needed, that leave no completion together with `others`."""
        if self._solver.solve([*assumptions, *others]):
            raise ValueError("these assumptions leave a completion")
        core = set(self._solver.get_core() or ())
        kept = [each for each in assumptions if each in core]
        for each in list(kept):
            fewer = [other for other in kept if other != each]
            if not self._solver.solve([*fewer, *others]):
                kept = fewer
        return kept

    def solve_with(self, assumptions: Sequence[int], extra: Iterable[Sequence[int]], budget: Budget) -> bool | None:
        """The same, with clauses that hold for this one question and are then dead."""
        self._top += 1
        switch = self._top
        for clause in extra:
            self._solver.add_clause([-switch, *clause])
        found = self.solve([*assumptions, switch], budget)
        self._solver.add_clause([-switch])
        self._questions += 1
        if self._questions >= QUESTIONS_BEFORE_RENEWAL:
            self._solver.delete()
            self._start_solver()
        return found

    def spare_literals(self, count: int) -> list[int]:
        """Literals for the clauses of one question; used again for the next, since dead clauses do not bind them."""
        while len(self._spare) < count:
            self._top += 1
            self._spare.append(self._top)
        return self._spare[:count]

    def read_model(self) -> tuple[int, ...]:
        """The completion found last, as a value for each variable."""
        return tuple(
            next(value for value, each in enumerate(row) if self.model[abs(each) - 1] == each)
            for row in self.clauses.values
        )


class _Sessions(threading.local):
    """The sessions of one thread, least lately used first."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.by_program: OrderedDict[int, Session] = OrderedDict()


_sessions = _Sessions()


def session_for(program: Program) -> Session:
    """This thread's session for a program, made on first use. Programs are told apart by identity."""
    if _sessions.pid != os.getpid():
        _sessions.pid = os.getpid()
        _sessions.by_program = OrderedDict()
    found = _sessions.by_program.pop(id(program), None) or Session(program)
    _sessions.by_program[id(program)] = found
    if len(_sessions.by_program) > PROGRAMS_KEPT:
        _sessions.by_program.popitem(last=False)
    return found
