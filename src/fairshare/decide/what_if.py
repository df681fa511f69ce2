"""What would have to be different: the smallest sets of changeable facts that lead to another result."""

from __future__ import annotations

from dataclasses import dataclass

from pysat.examples.hitman import Hitman
from pysat.solvers import Solver

from fairshare.decide.clauses import (
    SOLVER,
    TRUE,
    Assignment,
    ClauseWriter,
    compile_clauses,
    define_program,
    list_assumptions,
)
from fairshare.decide.contradiction import refuse_contradiction
from fairshare.decide.program import Program
from fairshare.words import UNOBTAINABLE, NotFound

MOST_CHANGES = 10
MOST_WAYS = 16
MOST_FOUND = 200
MOST_TRIES = 5_000
"""Past these the search ends, and says that it is not complete."""


class NoSuchTarget(NotFound):
    """What-if was asked about a conclusion or outcome that the program does not have."""

    code = "NO_SUCH_TARGET"


@dataclass(frozen=True, slots=True)
class Change:
    """Facts that, all changed together, lead to the target; and no fewer of them do."""

    facts: tuple[int, ...]
    """Indexes of variables, in the tool's order; empty when the target is reached as things stand."""
    ways: tuple[tuple[int, ...], ...]
    """The new answers that work, as value indexes in the same order, at most MOST_WAYS of them."""


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Every smallest set of changes, fewest facts first. `complete` says that none was left out."""

    changes: tuple[Change, ...]
    complete: bool


def find_changes(
    program: Program,
    assignment: Assignment,
    target: str,
    wanted: bool = True,
    *,
    may_give_unasked: bool = False,
    most: int = MOST_CHANGES,
) -> WhatIf:
    """The smallest sets of changeable facts whose change makes the target so, whatever the unasked turn out to be.

    A finding by a named person never changes here, nor does a fact that the rule base does not call changeable; and
    nothing is changed to "unobtainable".

    Takes    target: the key of a conclusion or an outcome (`outcome_key`); wanted: the truth it should have;
             may_give_unasked: giving the answer to a changeable question that was not asked counts as a change too.
    Raises   NoSuchTarget; ContradictoryAnswers when the answers clash as they stand.
    """
    search = _Search(program, assignment, target, wanted, may_give_unasked)
    try:
        found, complete = search.collect(most)
    finally:
        search.close()
    place = {variable: at for at, variable in enumerate(program.order)}
    found.sort(key=lambda change: (len(change.facts), [place[each] for each in change.facts]))
    return WhatIf(tuple(found[:most]), complete and len(found) <= most)


def _may_change(program: Program, variable: int) -> bool:
    fact = program.facts.get(program.variables[variable].fact)
    return fact is not None and fact.changeable and fact.judgement is None


class _Search:
    """One search, over two solvers of its own.

    `checker` holds the program once and finds, for proposed changes, a completion that misses the target. `proposer`
    holds the changes as choices, and the program once more for every such completion: with its answers to what was
    not asked, the target must be reached. Sets of changes are tried smallest first, as sets that hit every reason
    found so far why something must change.
    """

    def __init__(self, program: Program, assignment: Assignment, target: str, wanted: bool, may_give: bool) -> None:
        self.program, self.assignment, self.target = program, assignment, target
        self.sign = 1 if wanted else -1
        self.clauses = compile_clauses(program)
        if target not in self.clauses.targets:
            raise NoSuchTarget(
                "there is no conclusion or outcome of that name", fix="Name one of the program's.", where=target[:120]
            )
        changeable = [each for each in program.order if _may_change(program, each)]
        self.open = [each for each in changeable if each in assignment or may_give]
        self.unasked = [each for each in range(len(program.variables)) if each not in assignment]
        self.checker = Solver(name=SOLVER, bootstrap_with=self.clauses.clauses)
        for _, literal in self.clauses.constraints:
            self.checker.add_clause([literal])
        if not self.checker.solve(list_assumptions(self.clauses, assignment)):
            self.checker.delete()
            refuse_contradiction(program, assignment)
        self._start_proposer()

    def close(self) -> None:
        """Free both solvers."""
        self.checker.delete()
        self.proposer.delete()

    def collect(self, most: int) -> tuple[list[Change], bool]:
        """The sets found, smallest first, with all of the last size; and whether there are no others."""
        found: list[Change] = []
        with Hitman(solver="m22", htype="sorted") as hitman:
            for _ in range(MOST_TRIES):
                chosen: list[int] | None = hitman.get()
                if chosen is None:
                    return found, True
                if len(found) >= MOST_FOUND or (len(found) >= most and len(chosen) > len(found[-1].facts)):
                    return found, False
                facts = tuple(each for each in self.open if each in chosen)
                ways, reason = self._find_ways(facts)
                if ways:
                    found.append(Change(facts, tuple(ways)))
                if not (facts if ways else reason):  # reached without a change, or not by any
                    return found, True
                hitman.block(facts) if ways else hitman.hit(reason)
        return found, False

    def _start_proposer(self) -> None:
        self.writer = ClauseWriter()
        self.given: dict[int, int] = {}
        """For an unasked fact that may be given, the literal that says it is."""
        self.keeps: dict[int, int] = {}
        """From the literal that says that an open fact stays as it is to its variable."""
        self.chosen: dict[int, tuple[int, ...]] = {}
        """For each open fact, the literals of the value chosen for it."""
        for each in self.open:
            self._offer_values(each)
        self.proposer = Solver(name=SOLVER)
        self._written = 0
        free = {each: self.writer.choose_one(len(self.program.variables[each].values)) for each in self.unasked}
        for each, said in self.given.items():
            for value, literal in zip(self.chosen[each], free[each], strict=True):
                self.writer.clauses.append((-said, -value, literal))
        self._require_target(free, possible=True)

    def _offer_values(self, variable: int) -> None:
        """The values that an open fact may take: its own, and all but "unobtainable"."""
        names, now = self.program.variables[variable].values, self.assignment.get(variable)
        offered = [at for at, name in enumerate(names) if at == now or name != UNOBTAINABLE]
        literals = dict(zip(offered, self.writer.choose_one(len(offered)), strict=True))
        self.chosen[variable] = tuple(literals.get(at, -TRUE) for at in range(len(names)))
        if now is None:
            self.given[variable] = self.writer.new_literal()
            self.keeps[-self.given[variable]] = variable
        else:
            self.keeps[literals[now]] = variable

    def _require_target(self, unasked: dict[int, tuple[int, ...]], *, possible: bool = False) -> None:
        """Add the program with these values for what is unasked: the target is reached, if the constraints hold.

        With `possible`, they must hold: so no change is proposed that leaves no completion at all.
        """
        values = [
            unasked[each] if each in unasked else self.chosen.get(each) or self._constant(each, self.assignment[each])
            for each in range(len(self.program.variables))
        ]
        nodes, targets = define_program(self.writer, self.program, values)
        goal = self.sign * targets[self.target]
        constraints = [nodes[node] for _, node in self.program.constraints]
        if possible:
            self.writer.clauses += [(goal,), *((each,) for each in constraints)]
        else:
            self.writer.clauses.append((goal, *(-each for each in constraints)))
        self.writer.clauses.append((TRUE, self.writer.top))  # so that models name every literal
        for clause in self.writer.clauses[self._written :]:
            self.proposer.add_clause(clause)
        self._written = len(self.writer.clauses)

    def _constant(self, variable: int, value: int) -> tuple[int, ...]:
        return tuple(TRUE if at == value else -TRUE for at in range(len(self.program.variables[variable].values)))

    def _find_ways(self, facts: tuple[int, ...]) -> tuple[list[tuple[int, ...]], list[int]]:
        """New values for these facts that reach the target or, if there are none, others of which one must change."""
        kept = [literal for literal, each in self.keeps.items() if each not in facts]
        switch = self.writer.new_literal()
        ways: list[tuple[int, ...]] = []
        while len(ways) < MOST_WAYS:
            if not self.proposer.solve([*kept, switch]):
                core = self.proposer.get_core() or []
                return sorted(ways), [] if ways else [self.keeps[each] for each in core if each in self.keeps]
            model = set(self.proposer.get_model())
            picked = {
                each: next(at for at, literal in enumerate(self.chosen[each]) if literal in model)
                for each in facts
                if self.given.get(each, TRUE) in model
            }
            miss = self._find_miss(picked)
            if miss is None:
                ways.append(tuple(picked[each] for each in facts))
                self.proposer.add_clause([-switch, *(-self.chosen[each][at] for each, at in picked.items())])
            else:
                self._require_target(miss)
        return sorted(ways), []

    def _find_miss(self, picked: dict[int, int]) -> dict[int, tuple[int, ...]] | None:
        """Answers to what is unasked with which these changes miss the target, as literals of the proposer."""
        assumptions = list_assumptions(self.clauses, {**self.assignment, **picked})
        if not self.checker.solve([*assumptions, -self.sign * self.clauses.targets[self.target]]):
            return None
        model = set(self.checker.get_model())
        found = {}
        for each in self.unasked:
            value = next(at for at, literal in enumerate(self.clauses.values[each]) if literal in model)
            found[each] = self._constant(each, value)
            if each in self.given:
                found[each] = tuple(self._unless_given(each, at, value) for at in range(len(found[each])))
        return found

    def _unless_given(self, variable: int, at: int, otherwise: int) -> int:
        said, value = self.given[variable], self.chosen[variable][at]
        return self.writer.define_or([-said, value]) if at == otherwise else self.writer.define_and([said, value])
