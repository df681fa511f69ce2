"""What is settled already: true, or false, in every completion of the unasked that the constraints allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from fairshare.decide.clauses import Assignment, outcome_key
from fairshare.decide.contradiction import refuse_contradiction
from fairshare.decide.program import Program
from fairshare.decide.solving import DEFAULT_BUDGET, Budget, Session, session_for


class Status(StrEnum):
    """Where a conclusion stands on the answers given so far."""

    TRUE = "true"
    FALSE = "false"
    NOT_SETTLED = "not_settled"
    """Both can still come about."""
    UNDECIDED = "undecided"
    """The search was cut short; it may be any of the three."""


def settle(program: Program, assignment: Assignment, budget: int = DEFAULT_BUDGET) -> dict[str, Status]:
    """How each conclusion, and each outcome of each item (by `outcome_key`), stands on these answers.

    Takes    assignment: the answers given, by index of variable and value; budget: solver conflicts, 1 or more.
    Returns  for every key true or false when it is so in every completion of the unasked that the constraints allow.
    Raises   ContradictoryAnswers when no completion is left, naming the fewest answers that cannot all hold.
    """
    session = session_for(program)
    assumptions = session.assume(assignment)
    seen = explore(session, assumptions, Budget(budget))
    if seen is None:
        refuse_contradiction(program, assignment)
    return {key: seen.status_of(literal) for key, literal in session.clauses.targets.items()}


def find_settled_outcome(statuses: Mapping[str, Status], program: Program, item: str) -> str | None:
    """The outcome of an item, if it is settled which."""
    outcomes = (outcome for outcome, _ in program.outcomes[item])
    return next((each for each in outcomes if statuses[outcome_key(item, each)] is Status.TRUE), None)


@dataclass(frozen=True, slots=True)
class Seen:
    """Which literals some completion reaches, which none does; the rest was not decided."""

    reached: frozenset[int]
    impossible: frozenset[int]

    def status_of(self, literal: int) -> Status:
        """Where what the literal stands for is now."""
        if literal in self.reached:
            if -literal in self.reached:
                return Status.NOT_SETTLED
            if -literal in self.impossible:
                return Status.TRUE
        elif literal in self.impossible and -literal in self.reached:
            return Status.FALSE
        return Status.UNDECIDED


def explore(session: Session, assumptions: list[int], budget: Budget) -> Seen | None:
    """What the completions reach, as far as the budget goes; none when there are no completions.

    Every completion found strikes off all that it reaches. Each further question asks for one that reaches any of
    what is left, and "there is none" settles all of that at once.
    """
    memory = session.recall(assumptions)
    sought = session.every_target - memory.impossible
    models = session.fitting_models(assumptions)
    for model in models:
        sought -= model.targets
    found: bool | None = True
    if not models:
        session.prefer(sought)
        found = session.solve(assumptions, budget)
        if not found:
            return None if found is False else Seen(frozenset(), frozenset())
        sought -= session.models[0].targets
    while found and sought:
        session.prefer(sought)
        found = session.solve_with(assumptions, [tuple(sought)], budget)
        if found:
            sought -= session.models[0].targets
    if found is False:
        memory.impossible |= sought
    elif found is None:
        memory.impossible |= sought.intersection(-each for each in session.propagate(assumptions) or ())
    return Seen(session.every_target - sought - memory.impossible, frozenset(memory.impossible))
