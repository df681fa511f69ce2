"""The ground program says what the page of the rule language says."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from fairshare.decide.graph import find_cones, find_ends, find_readers, find_support
from fairshare.decide.ground import ground, order_gates
from fairshare.decide.language import RuleBase
from fairshare.decide.load import read_base
from fairshare.decide.program import CaseShape, Node, Program
from tests.decide.core.sample_base import LAW_DATE, SHAPE, TOOL, sample_base
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


def rule(name: str, conclude: str, *conditions: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "conclude": conclude, "if": list(conditions), "level": "must", "cite": ["a.s1"], **more}


def files(**changes: Any) -> dict[str, Any]:
    """Three gates, of which the last rests on the first, and the roll-up on the last."""
    facts = {name: {"type": "bool"} for name in ("first", "second", "third", "other", "unused")}
    return {
        "facts/f.yaml": {"facts": facts | {"age": {"type": "number"}, "way": {"type": "choice", "values": ["a", "b"]}}},
        "thresholds.yaml": {"thresholds": {"adult": {"value": 18}, "old": {"value": 65}}},
        "gates/a.yaml": {"gate": "a", "conclusions": {"below": {}}, "rules": [rule("r1", "below", "first is yes")]},
        "gates/b.yaml": {
            "gate": "b",
            "conclusions": {"aside": {}},
            "rules": [rule("r2", "aside", "other is yes")],
            "constraints": [
                {"id": "known", "never": ["first is yes", "second is yes"]},
                {"id": "apart", "never": ["other is yes", "first is yes"]},
            ],
        },
        "gates/c.yaml": {
            "gate": "c",
            "conclusions": {"top": {}},
            "rules": [
                rule("r3", "top", "third is yes", "below"),
                rule("r4", "top", "second is yes", "age >= adult", "way is a"),
                rule("r5", "top", "age > old", "unused is yes", status="unconfirmed"),
            ],
        },
        "rollup.yaml": {"rows": [{"outcome": "SHARE_FULL", "when": ["top"]}], "default": "DEFER_NEED_INFO"},
        "tools/t.yaml": {"tool": "t", "gates": ["c"], "goals": ["top"], **changes},
    }


def ground_files(**changes: Any) -> Program:
    return ground(read_base(files(**changes)), "t", CaseShape(), LAW_DATE)


def asked(program: Program) -> list[str]:
    return [program.variables[at].key for at in program.order]


def test_a_gate_that_another_rests_on_comes_first_and_gates_aside_stay_out() -> None:
    base = read_base(files())
    assert order_gates(base, base.tools["t"]) == ("a", "c")
    program = ground_files()
    assert asked(program) == ["first", "third", "second", "age", "way"]
    assert set(program.conclusions) == {"below", "top"}
    both = read_base(files(gates=["c", "a", "b"]))
    assert order_gates(both, both.tools["t"]) == ("c", "a", "b")


def test_what_a_tool_asks_first_comes_first() -> None:
    assert asked(ground_files(first=["way", "unused"]))[0] == "way"


def test_a_constraint_of_another_gate_counts_if_all_its_facts_do() -> None:
    assert [name for name, _ in ground_files().constraints] == ["known"]


def test_what_the_tool_fixes_is_not_asked_and_neither_is_what_it_makes_pointless() -> None:
    program = ground_files(starts_with={"way": "b", "third": True})
    assert asked(program) == ["first", "second"], "the second only because the constraint ties it to the first"
    assert {each.key: each.values for each in program.variables if len(each.values) == 1} == {
        "way": ("b",),
        "third": ("yes",),
    }
    assert [each.rule for each in program.rules] == ["r1", "r3"]


def test_only_thresholds_of_rules_in_force_cut_a_number() -> None:
    found = next(each for each in ground_files().variables if each.key == "age")
    assert found.values == ("<18", ">=18", "unobtainable")
    both = ground(read_base(files()), "t", CaseShape(), LAW_DATE, with_unconfirmed=True)
    assert next(each for each in both.variables if each.key == "age").values == (
        "<18",
        "18..65",
        ">=66",
        "unobtainable",
    )


def test_nodes_stand_after_their_parts_and_are_made_once() -> None:
    program = ground(sample_base(), TOOL, SHAPE, LAW_DATE)
    assert len(set(program.nodes)) == len(program.nodes)
    for at, node in enumerate(program.nodes):
        assert node.sort == "value" or all(part < at for part in node.of)


def test_the_support_of_a_node_and_the_cone_of_a_fact_are_two_views_of_one_thing() -> None:
    program = ground(sample_base(), TOOL, SHAPE, LAW_DATE)
    support, cones = find_support(program), find_cones(program)
    for at, cone in enumerate(cones):
        assert list(cone) == [node for node, mask in enumerate(support) if mask >> at & 1]
    assert set(find_readers(sample_base())["need.writing"]) == {"need.more.writing", "share.may.basis"}
    ends = find_ends(sample_base(), "order.kind", ["share.must", "share.redact"], sample_base().rules)
    assert ends == ("share.must",)
    without = [each for each in sample_base().rules if each != "share.must.order"]
    assert find_ends(sample_base(), "order.kind", ["share.must", "share.redact"], without) == ()


def test_gates_that_rest_on_each_other_in_a_long_chain_are_put_in_order() -> None:
    long = files()
    for at in range(900):
        below = f"c{at - 1}" if at else "first is yes"
        long[f"gates/z{at}.yaml"] = {
            "gate": f"z{at}",
            "conclusions": {f"c{at}": {}},
            "rules": [rule(f"z{at}", f"c{at}", below)],
        }
    long["tools/t.yaml"] = {"tool": "t", "gates": ["z899"], "goals": ["c899"]}
    base = read_base(long)
    assert order_gates(base, base.tools["t"])[:900] == tuple(f"z{at}" for at in range(900))
    assert ground(base, "t", CaseShape(), LAW_DATE).conclusions["c899"] >= 0
