"""Which questions can still change what the tool must settle, and which of them comes next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from pysat.solvers import Solver

from fairshare.decide.clauses import SOLVER, Assignment, outcome_key
from fairshare.decide.contradiction import refuse_contradiction
from fairshare.decide.masks import Sight, split_outcomes
from fairshare.decide.program import Program
from fairshare.decide.settle import explore
from fairshare.decide.solving import DEFAULT_BUDGET, Budget, Memory, Session, session_for


def list_goals(program: Program) -> tuple[str, ...]:
    """What a walk settles: the tool's goals, and each outcome of each item (by `outcome_key`)."""
    outcomes = (outcome_key(item, outcome) for item, rows in program.outcomes.items() for outcome, _ in rows)
    return tuple(dict.fromkeys((*program.goals, *outcomes)))


def next_question(program: Program, assignment: Assignment, budget: int = DEFAULT_BUDGET) -> int | None:
    """The first question, in the tool's order, whose answer can still change a goal or the outcome of an item.

    Takes    assignment: the answers given, by index of variable and value; budget: solver conflicts for each question.
    Returns  the index of its variable; none when every goal is settled. If no single fact can change a goal any more,
             and several together can, one of those. A question on which the budget ran out counts as one that can.
    Raises   ContradictoryAnswers when no completion is left.
    """
    return next(_walk_questions(program, assignment, budget), None)


def relevant_questions(program: Program, assignment: Assignment, budget: int = DEFAULT_BUDGET) -> list[int]:
    """All the questions that can still change a goal or the outcome of an item, in the tool's order.

    A question can change one when some completion of the answers, allowed by the constraints, becomes another
    allowed completion in which it stands differently, by changing the answer to that question alone.
    """
    return list(_walk_questions(program, assignment, budget))


def find_changing(program: Program, assignment: Assignment, budget: int = DEFAULT_BUDGET) -> Iterator[int]:
    """The questions that alone can change a goal, one by one, in the tool's order; nothing for those that only
    together with others can."""
    session = session_for(program)
    field = _survey(session, program, assignment, budget)
    return _find_changing(session, field, budget) if field else iter(())


def _find_changing(session: Session, field: _Field, budget: int) -> Iterator[int]:
    for variable in session.program.order:
        if variable in field.within_reach and _can_change_goal(session, field, variable, budget):
            yield variable


def can_change_goal(program: Program, assignment: Assignment, variable: int, budget: int = DEFAULT_BUDGET) -> bool:
    """Whether this one question can still change a goal; `relevant_questions` for a single variable."""
    session = session_for(program)
    field = _survey(session, program, assignment, budget)
    if field is None or variable in assignment or variable not in field.within_reach:
        return False
    return _can_change_goal(session, field, variable, budget)


def _walk_questions(program: Program, assignment: Assignment, budget: int) -> Iterator[int]:
    session = session_for(program)
    field = _survey(session, program, assignment, budget)
    if field is None:
        return
    found_any = False
    for variable in _find_changing(session, field, budget):
        found_any = True
        yield variable
    joint = None if found_any else _find_joint_question(session, field, assignment)
    if joint is not None:
        yield joint


@dataclass(frozen=True)
class _Field:
    """What is left of the program once everything the answers fix is taken away."""

    assumptions: list[int]
    fixed: frozenset[int]
    """Literals that hold in every completion."""
    keys: list[str]
    """The goals that are not settled."""
    goals: list[int]
    """Their literals, each once."""
    within_reach: frozenset[int]
    """Variables that were not asked and that an unsettled goal still rests on."""
    memory: Memory
    sight: Sight
    """Some completions."""


def _survey(session: Session, program: Program, assignment: Assignment, budget: int) -> _Field | None:
    """What can still matter; none when every goal is settled."""
    assumptions, targets, wanted = session.assume(assignment), session.clauses.targets, list_goals(program)
    seen = explore(session, assignment, Budget(budget), wanted)
    fixed = session.propagate(assumptions) if seen else None
    if seen is None or fixed is None:
        refuse_contradiction(program, assignment)
    fixed = fixed.union(-each for each in seen.impossible)
    keys = [key for key in wanted if targets[key] not in fixed and -targets[key] not in fixed]
    if not keys:
        return None
    goals = list(dict.fromkeys(targets[key] for key in keys))
    memory, sight = session.recall(assumptions), session.samples.look(assignment)
    return _Field(assumptions, fixed, keys, goals, _find_leaves(session, goals, fixed), memory, sight)


def _find_leaves(session: Session, roots: Iterable[int], fixed: frozenset[int]) -> frozenset[int]:
    """The variables reached from `roots` without passing through anything that is fixed."""
    ands, owners = session.clauses.ands, session.owners
    reached: set[int] = set()
    waiting = [abs(each) for each in roots]
    seen = set(waiting)
    while waiting:
        each = waiting.pop()
        if each in fixed or -each in fixed:
            continue
        if each in owners:
            reached.add(owners[each])
            continue
        parts = {abs(part) for part in ands[each]} - seen
        seen |= parts
        waiting.extend(parts)
    return frozenset(reached)


def _can_change_goal(session: Session, field: _Field, variable: int, budget: int) -> bool:
    """Whether changing this answer alone changes a goal in some completion."""
    if variable in field.memory.irrelevant:
        return False
    if _sample_changes_goal(session, field, variable):
        return True
    question = _copy_cone(session, field, variable)
    found = session.solve_with(field.assumptions, question, Budget(budget)) if question else False
    if found is False:
        field.memory.irrelevant.add(variable)
    return found is not False


def _sample_changes_goal(session: Session, field: _Field, variable: int) -> bool:
    """Whether another answer to this question alone changes a goal in one of the samples, and is allowed there."""
    samples, sight = session.samples, field.sight
    start, end = samples.offsets[variable : variable + 2]
    before = sight.values[start:end]
    conclusions, outcomes = session.program.conclusions, session.program.outcomes
    goals = [conclusions[key] for key in field.keys if key in conclusions]
    items = dict.fromkeys(key.partition("=")[0] for key in field.keys if key not in conclusions)
    for turn in range(1, end - start):
        changed = samples.change(sight, variable, before[turn:] + before[:turn])
        allowed = sight.allowed
        for _, node in session.program.constraints:
            allowed &= changed.get(node, allowed)
        if any(allowed & (changed[goal] ^ sight.holds[goal]) for goal in goals if goal in changed):
            return True
        for rows in (outcomes[item] for item in items):
            now = split_outcomes(((outcome, sight.holds[row]) for outcome, row in rows), allowed)
            then = split_outcomes(((outcome, changed.get(row, sight.holds[row])) for outcome, row in rows), allowed)
            if now != then:
                return True
    return False


def _copy_cone(session: Session, field: _Field, variable: int) -> list[tuple[int, ...]]:
    """Clauses for: with another value for this variable, and all else the same, some goal differs.

    Only what rests on the variable is copied; all else has one value in both completions. Where the copy reaches
    something fixed, it must come out the same, and so the second completion keeps the constraints too.
    Returns  none when the variable has one value left or no goal rests on it.
    """
    fixed, ands = field.fixed, session.clauses.ands
    values = [each for each in session.clauses.values[variable] if -each not in fixed]
    cone = _find_cone(session, values, fixed)
    resting = {abs(each) for each in values}.union(cone)
    goals = [each for each in field.goals if abs(each) in resting]
    if len(values) < 2 or not goals:
        return []
    spare = iter(session.spare_literals(len(values) + len(cone) + len(goals)))
    copies, clauses = _choose_other_value(values, spare)

    def copy(literal: int) -> int:
        return copies.get(literal) or -copies.get(-literal, -literal)

    for whole in cone:
        parts = [copy(each) for each in ands[whole] if each not in fixed]
        if whole in fixed:
            clauses.extend((each,) for each in parts)
        elif -whole in fixed:
            if not any(-each in fixed for each in ands[whole]):
                clauses.append(tuple(-each for each in parts))
        else:
            copies[whole] = next(spare)
            clauses.extend((-copies[whole], each) for each in parts)
            clauses.append((copies[whole], *(-each for each in parts)))
    differences = []
    for goal in goals:
        differs = next(spare)
        differences.append(differs)
        clauses += [(-differs, goal, copy(goal)), (-differs, -goal, -copy(goal))]
    return [*clauses, tuple(differences)]


def _find_cone(session: Session, leaves: Iterable[int], fixed: frozenset[int]) -> list[int]:
    """What rests on these literals, parts before wholes, up to and including the first that is fixed."""
    users = session.users
    waiting = list({abs(each) for each in leaves})
    cone: set[int] = set()
    while waiting:
        for whole in users.get(waiting.pop(), ()):
            if whole not in cone:
                cone.add(whole)
                if whole not in fixed and -whole not in fixed:
                    waiting.append(whole)
    return sorted(cone)


def _choose_other_value(values: list[int], spare: Iterator[int]) -> tuple[dict[int, int], list[tuple[int, ...]]]:
    """A copy of a variable that takes one of its values, and another than the original takes."""
    if len(values) == 2:
        first, second = values
        return ({first: second, second: first} if first != -second else {abs(first): -abs(first)}), []
    copies = {each: next(spare) for each in values}
    clauses: list[tuple[int, ...]] = [tuple(copies.values())]
    clauses += [(-one, -other) for one, other in combinations(copies.values(), 2)]
    clauses += [(-value, -other) for value, other in copies.items()]
    return copies, clauses


def _find_joint_question(session: Session, field: _Field, assignment: Assignment) -> int | None:
    """When no fact alone can change a goal: the first of a least set of facts that together can.

    It uses a solver of its own, so that the question does not depend on what was asked of the other one before.
    """
    clauses = session.clauses
    facts_of_life = [(literal,) for _, literal in clauses.constraints]
    with Solver(name=SOLVER, bootstrap_with=[*clauses.clauses, *facts_of_life]) as solver:
        for goal in field.goals:
            kept = [*field.assumptions, -goal]
            if not solver.solve(kept) or not solver.solve([*field.assumptions, goal]):
                continue
            model = set(solver.get_model())
            changed = []
            for variable in reversed([each for each in session.program.order if each not in assignment]):
                same = next(each for each in clauses.values[variable] if each in model)
                if solver.solve([*kept, same]):
                    kept.append(same)
                else:
                    changed.append(variable)
            return changed[-1]
    return None
