"""The slow and obviously right answer: try every completion."""

from collections.abc import Mapping
from itertools import combinations, product

from fairshare.decide.clauses import outcome_key
from fairshare.decide.program import Program

Values = tuple[int, ...]


def evaluate_nodes(program: Program, values: Values) -> list[bool]:
    """Every node in one complete case."""
    holds: list[bool] = []
    for node in program.nodes:
        if node.sort == "value":
            holds.append(values[node.of[0]] in node.among)
        elif node.sort == "and":
            holds.append(all(holds[each] for each in node.of))
        elif node.sort == "or":
            holds.append(any(holds[each] for each in node.of))
        else:
            holds.append(not holds[node.of[0]])
    return holds


def evaluate(program: Program, values: Values) -> dict[str, bool] | None:
    """Every conclusion and outcome in one completion; none if it breaks a constraint."""
    holds = evaluate_nodes(program, values)
    if not all(holds[node] for _, node in program.constraints):
        return None
    found = {key: holds[node] for key, node in program.conclusions.items()}
    for item, rows in program.outcomes.items():
        reached = next(outcome for outcome, node in rows if holds[node])
        found |= {outcome_key(item, outcome): outcome == reached for outcome, _ in rows}
    return found


def list_completions(program: Program, assignment: Mapping[int, int]) -> dict[Values, dict[str, bool]]:
    """Everything the constraints allow that agrees with the answers."""
    domains = [
        [assignment[index]] if index in assignment else range(len(variable.values))
        for index, variable in enumerate(program.variables)
    ]
    every = ((values, evaluate(program, values)) for values in product(*domains))
    return {values: found for values, found in every if found is not None}


def settle(program: Program, assignment: Mapping[int, int]) -> dict[str, str] | None:
    """`true`, `false` or `not_settled` for every key; none when there is no completion."""
    completions = list_completions(program, assignment)
    if not completions:
        return None
    reached: dict[str, set[bool]] = {}
    for found in completions.values():
        for key, value in found.items():
            reached.setdefault(key, set()).add(value)
    return {key: "not_settled" if len(values) > 1 else str(True in values).lower() for key, values in reached.items()}


def list_goals(program: Program) -> list[str]:
    """The tool's goals, and every outcome of every item."""
    return [*program.goals, *(outcome_key(item, each) for item, rows in program.outcomes.items() for each, _ in rows)]


def relevant(program: Program, assignment: Mapping[int, int]) -> list[int]:
    """The facts of which changing one alone changes a goal or an outcome, in the tool's order."""
    completions = list_completions(program, assignment)
    found = set()
    for values, conclusions in completions.items():
        for variable in set(range(len(values))) - set(assignment) - found:
            for other in range(len(program.variables[variable].values)):
                changed = completions.get((*values[:variable], other, *values[variable + 1 :]))
                if changed and any(changed[goal] != conclusions[goal] for goal in list_goals(program)):
                    found.add(variable)
    return [each for each in program.order if each in found]


def smallest_conflict(program: Program, assignment: Mapping[int, int]) -> int | None:
    """How few of the answers already leave no completion; none when they are consistent."""
    for size in range(len(assignment) + 1):
        for chosen in combinations(sorted(assignment), size):
            if not list_completions(program, {each: assignment[each] for each in chosen}):
                return size
    return None


def change_sets(
    program: Program,
    assignment: Mapping[int, int],
    target: str,
    wanted: bool,
    changeable: frozenset[int],
    *,
    may_give: bool = False,
) -> dict[frozenset[int], set[Values]]:
    """All minimal sets of changeable facts, with the new values (in the tool's order) that settle the target so."""
    found: dict[frozenset[int], set[Values]] = {}
    able = [each for each in program.order if each in changeable and (may_give or each in assignment)]
    for size in range(len(able) + 1):
        for chosen in combinations(able, size):
            if any(smaller <= set(chosen) for smaller in found):
                continue
            domains = [_other_values(program, each, assignment.get(each)) for each in chosen]
            for values in product(*domains):
                changed = settle(program, {**assignment, **dict(zip(chosen, values, strict=True))})
                if changed is not None and changed[target] == str(wanted).lower():
                    found.setdefault(frozenset(chosen), set()).add(values)
    return found


def _other_values(program: Program, variable: int, now: int | None) -> list[int]:
    names = program.variables[variable].values
    return [at for at, name in enumerate(names) if at != now and name != "unobtainable"]
