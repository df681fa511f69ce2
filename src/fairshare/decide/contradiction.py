"""Answers that cannot all be true: the fewest of them that clash, and the constraints that say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from pysat.examples.hitman import Hitman
from pysat.solvers import Solver

from fairshare.decide.clauses import SOLVER, TRUE, Assignment, Clauses, compile_clauses
from fairshare.decide.program import Program
from fairshare.words import BadInput


class ContradictoryAnswers(BadInput):
    """The answers given cannot all be true at once."""

    code = "CONTRADICTORY_ANSWERS"

    def __init__(self, answers: tuple[str, ...], constraints: tuple[str, ...], said: tuple[str, ...] = ()) -> None:
        because = ", ".join(each.replace("_", " ") for each in constraints)
        super().__init__(
            f"these answers cannot all be true: {', '.join(said or answers)} (because of: {because})"
            if answers
            else f"no case at all is possible under these constraints: {', '.join(constraints)}",
            fix="Check them and correct one." if answers else "Correct the rule base: run `fairshare rules verify`.",
            where=answers[0] if answers else constraints[0],
        )
        self.answers = answers
        self.constraints = constraints

    def in_words(self, question_of: Callable[[str], str]) -> ContradictoryAnswers:
        """The same, with each question as people are asked it, beside the key under which it was answered."""
        said = tuple(f"“{question_of(each.partition('@')[0])}” ({each})" for each in self.answers)
        return ContradictoryAnswers(self.answers, self.constraints, said)


def find_contradiction(program: Program, assignment: Assignment) -> tuple[tuple[int, ...], tuple[str, ...]] | None:
    """The smallest set of answers that no completion allows, and the smallest set of constraints that rule it out.

    Returns  indexes of variables, and ids of constraints; none when the answers are consistent.
    """
    clauses = compile_clauses(program)
    with Solver(name=SOLVER, bootstrap_with=clauses.clauses) as solver:
        switches = _add_constraints(solver, clauses)
        given = {clauses.values[each][assignment[each]]: each for each in sorted(assignment)}
        given.pop(TRUE, None)  # what has only one value clashes with nothing
        answers = find_smallest_clash(solver, list(switches), list(given))
        if answers is None:
            return None
        constraints = find_smallest_clash(solver, answers, list(switches)) or []
    return tuple(sorted(given[each] for each in answers)), tuple(switches[each] for each in sorted(constraints))


def refuse_contradiction(program: Program, assignment: Assignment) -> NoReturn:
    """Raise ContradictoryAnswers for answers that are known to clash."""
    answers, constraints = find_contradiction(program, assignment) or ((), ())
    raise ContradictoryAnswers(tuple(program.variables[each].key for each in answers), constraints)


def _add_constraints(solver: Solver, clauses: Clauses) -> dict[int, str]:
    """Switches by which each constraint can be assumed or left out."""
    switches: dict[int, str] = {}
    for offset, (name, literal) in enumerate(clauses.constraints, start=1):
        switches[clauses.top + offset] = name
        solver.add_clause([-(clauses.top + offset), literal])
    return switches


def find_smallest_clash(solver: Solver, fixed: list[int], soft: list[int]) -> list[int] | None:
    """The fewest of `soft` that, with all of `fixed`, have no solution; none when all of them together have one.

    Whatever is left out by some solution must be hit by every clash, so the smallest set that hits all of those
    found so far is either a clash, and then a smallest one, or yields another.
    Source   Ignatiev, Previti, Liffiton and Marques-Silva 2015, Smallest MUS extraction with minimal hitting set
             dualization, CP 2015.
    """
    if solver.solve(fixed + soft):
        return None
    with Hitman(solver="m22", htype="sorted") as hitman:
        while True:
            chosen: list[int] = hitman.get() or []
            if not solver.solve(fixed + chosen):
                return sorted(chosen, key=soft.index)
            kept = list(chosen)
            for each in soft:
                if each not in kept and solver.solve([*fixed, *kept, each]):
                    kept.append(each)
            hitman.hit([each for each in soft if each not in kept])
