"""The ground program says what the page of the rule language says."""

from hypothesis import given

from fairshare.decide.language import RuleBase
from fairshare.decide.program import Node, Program
from tests.decide.oracle import worlds
from tests.decide.random_bases import draw_case


def evaluate_nodes(program: Program, values: tuple[int, ...]) -> list[bool]:
    """Every node for one complete assignment, read off its definition."""
    truths: list[bool] = []

    def truth_of(node: Node) -> bool:
        if node.sort == "value":
            return values[node.of[0]] in node.among
        parts = [truths[part] for part in node.of]
        return {"and": all(parts), "or": any(parts), "not": parts == [False]}[node.sort]

    for node in program.nodes:
        truths.append(truth_of(node))
    return truths


@given(draw_case())
def test_every_node_of_the_program_agrees_with_the_page(case: tuple[RuleBase, Program, dict[int, int]]) -> None:
    base, program, known = case
    possible = dict(worlds(base, program, known))
    for values, world in possible.items():
        truths = evaluate_nodes(program, values)
        assert all(truths[node] for _, node in program.constraints)
        assert {key: truths[node] for key, node in program.conclusions.items()} == world.conclusions()
        assert {(rule.rule, rule.instance) for rule in program.rules if truths[rule.fires]} == world.fired()
        for item, rows in program.outcomes.items():
            assert next(outcome for outcome, node in rows if truths[node]) == world.outcome(item)
