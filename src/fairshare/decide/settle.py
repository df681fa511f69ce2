"""What is settled already: true, or false, in every completion of the unasked that the constraints allow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from fairshare.decide.clauses import Assignment, outcome_key
from fairshare.decide.contradiction import refuse_contradiction
from fairshare.decide.masks import Sight, split_outcomes
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
    seen = explore(session, assignment, Budget(budget))
    if seen is None:
        refuse_contradiction(program, assignment)
    targets = session.clauses.targets
    statuses = {literal: seen.status_of(literal) for literal in set(targets.values())}
    return {key: statuses[literal] for key, literal in targets.items()}


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


def explore(
    session: Session,
    assignment: Assignment,
    budget: Budget,
    keys: Collection[str] | None = None,
    sight: Sight | None = None,
) -> Seen | None:
    """What the completions of these answers reach, as far as the budget goes; none when there are none.

    The samples show most of what can be reached. Then one question asks for a completion that reaches any of the
    rest; each one found strikes off all that it reaches, and "there is none" settles all that is left at once.

    Takes    keys: what to look at; everything that can be settled, if not given; sight: the samples with these answers
             in the place of their own, if at hand.
    """
    targets = session.clauses.targets
    wanted = targets if keys is None else keys
    literals = {targets[key] for key in wanted}
    assumptions = session.assume(assignment)
    memory = session.recall(assumptions)
    sought = {sign * each for each in literals for sign in (1, -1)} - memory.impossible
    every = frozenset(sought)
    if not _strike_off_samples(session, sight or session.samples.look(assignment), keys, sought):
        session.prefer(sought)
        found = session.solve(assumptions, budget)
        if not found:
            return None if found is False else Seen(frozenset(), frozenset())
        _strike_off_model(session, sought)
    found = True
    while found and sought:
        session.prefer(sought)
        found = session.solve_with(assumptions, [tuple(sought)], budget)
        if found:
            _strike_off_model(session, sought)
    if found is False:
        memory.impossible |= sought
    elif found is None:
        memory.impossible |= sought.intersection(-each for each in session.propagate(assumptions) or ())
    return Seen(every - sought, frozenset(memory.impossible))


def _strike_off_samples(session: Session, sight: Sight, keys: Collection[str] | None, sought: set[int]) -> bool:
    """Take out of `sought` what the samples reach; whether any sample is allowed at all."""
    program, targets = session.program, session.clauses.targets
    allowed, holds = sight.allowed, sight.holds
    if not allowed:
        return False
    if keys is None:
        reached = {literal: holds[node] & allowed for literal, node in session.conclusions.items()}
        items: Iterable[str] = program.outcomes
    else:
        reached = {
            targets[key]: holds[program.conclusions[key]] & allowed for key in keys if key in program.conclusions
        }
        items = dict.fromkeys(key.partition("=")[0] for key in keys if key not in program.conclusions)
    for item in items:
        rows = ((outcome, holds[row]) for outcome, row in program.outcomes[item])
        reached |= {targets[outcome_key(item, each)]: mask for each, mask in split_outcomes(rows, allowed).items()}
    sought.difference_update([literal for literal, mask in reached.items() if mask])
    sought.difference_update([-literal for literal, mask in reached.items() if mask != allowed])
    return True


def _strike_off_model(session: Session, sought: set[int]) -> None:
    """Take out of `sought` what the completion found last reaches."""
    sought.difference_update(sought.intersection(session.model))
