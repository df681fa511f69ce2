"""Mutants: each operator makes what it says, and "equivalent" means that no case whatever shows a difference."""

from dataclasses import replace
from datetime import date
from itertools import islice
from math import prod
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fairshare.decide.answers import place_value
from fairshare.decide.assess import assess
from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.evaluate import evaluate
from fairshare.decide.ground import ground, order_gates
from fairshare.decide.language import RuleBase
from fairshare.decide.library import load_real_base
from fairshare.decide.load import read_base
from fairshare.decide.mutate import Verdict, choose_mutants, tally, tally_all, try_mutants
from fairshare.decide.mutate_cases import make_panels
from fairshare.decide.mutate_operators import OPERATORS, Mutant, apply_mutant, list_mutants, widen_thresholds
from fairshare.decide.mutate_program import WholeProgram, make_frame
from fairshare.decide.mutate_proof import Prover
from fairshare.decide.program import CaseShape
from fairshare.decide.scenarios import Scenario, read_scenarios, spread_keys
from fairshare.decide.settle import Status
from fairshare.decide.verify import BOTH, SMALL
from fairshare.words import Answer, BadInput
from tests.decide.core.sample_base import sample_base
from tests.decide.oracle import World, representative, worlds
from tests.decide.random_bases import draw_files
from tests.decide.solver.test_verify import rule, sound_files

LAW = date(2026, 3, 1)
SCENARIOS = Path(__file__).parents[1] / "scenarios"


def make_base(*rules: dict[str, Any]) -> RuleBase:
    files = sound_files()
    files["gates/one.yaml"]["rules"] += rules
    return read_base(files)


def mutants_of(base: RuleBase, name: str) -> list[tuple[str, str]]:
    return [(each.operator, each.change) for each in list_mutants(base) if each.subject == name]


def test_each_operator_makes_its_mistake_in_a_rule() -> None:
    base = make_base(
        rule("extra.one", "share.may", ["order.valid is yes", {"any": ["item.barred is no", "refer.bar"]}],
             unless=["share.must_not"], nations=["E"], **{"from": "2026-02-05"})
    )  # fmt: skip
    found = mutants_of(base, "extra.one")
    assert ("drop-rule", "the rule is dropped") in found
    assert ("drop-condition", "without `order.valid is yes`") in found
    assert ("drop-condition", "without `refer.bar`") in found
    assert ("negate-condition", "`order.valid is no` for `order.valid is yes`") in found
    assert ("negate-condition", "`not refer.bar` for `refer.bar`") in found
    assert ("drop-exception", "without `share.must_not`") in found
    assert ("negate-exception", "`not share.must_not` for `share.must_not`, in the exception") in found
    assert ("swap-all-any", "any one condition is enough") in found
    assert ("swap-all-any", "`any: [item.barred is no, refer.bar]` as all") in found
    assert ("change-nations", "in every nation") in found
    assert [change for operator, change in found if operator == "shift-dates"] == [
        "its start is one day earlier",
        "its start is one day later",
    ]


def test_values_thresholds_and_instances_are_mutated_too() -> None:
    found = {(each.operator, each.change) for each in list_mutants(sample_base())}
    assert ("raise-threshold", "`person.age_years < adult_age.raised` for `person.age_years < adult_age`") in found
    assert ("lower-threshold", "`person.age_years < adult_age.lowered` for `person.age_years < adult_age`") in found
    assert ("narrow-values", "item.third_party may not be unobtainable") in found
    assert ("widen-values", "danger.now may also be unobtainable") in found
    assert ("confirm-commencement", "as if its commencement were confirmed") in found
    assert ("drop-row", "without row 1 (REFUSE_PROHIBITED)") in found
    assert ("swap-rows", "row 1 (REFUSE_PROHIBITED) after the next") in found
    assert ("drop-constraint", "the constraint is dropped") in found


def test_every_operator_is_used_on_the_real_rules_and_no_mutant_stands_twice() -> None:
    found = list_mutants(load_real_base())
    assert {each.operator for each in found} == set(OPERATORS)
    assert len(set(found)) == len(found)


def judge(base: RuleBase, operator: str, change: str, subject: str) -> Verdict:
    wanted = [each for each in list_mutants(base) if (each.operator, each.change) == (operator, change)]
    (mutant,) = [each for each in wanted if each.subject == subject]
    (trial,) = try_mutants(base, [mutant], [])
    return trial.verdict


@pytest.mark.parametrize(
    ("operator", "change", "subject", "verdict"),
    [
        ("drop-rule", "the rule is dropped", "may.share", Verdict.ALIVE),
        ("drop-rule", "the rule is dropped", "may.copy", Verdict.EQUIVALENT),
        ("drop-exception", "without `refer.bar`", "must.order", Verdict.ALIVE),
        ("widen-values", "bar.finding may also be unobtainable", "never.bar", Verdict.ALIVE),
        ("drop-condition", "without `order.valid is no`", "may.share", Verdict.ALIVE),
        ("drop-condition", "without `order.valid is no`", "may.copy", Verdict.ALIVE),
    ],
)
def test_known_mutants_are_told_apart(operator: str, change: str, subject: str, verdict: Verdict) -> None:
    base = make_base(rule("may.copy", "share.may", ["order.valid is no"], unless=["share.must_not", "refer.bar"]))
    if subject == "may.share" and operator == "drop-rule":
        base = read_base(sound_files())
    assert judge(base, operator, change, subject) is verdict


def test_a_property_catches_what_no_scenario_shows() -> None:
    mutant = next(each for each in list_mutants(sample_base()) if each.subject == "share.may.not_when_barred")
    (trial,) = try_mutants(sample_base(), [mutant], [])
    assert (trial.verdict, trial.by) == (Verdict.PROPERTY, "no_bar_is_overridden")


def look(world: World, base: RuleBase, gates: frozenset[str]) -> dict[str, object]:
    """What somebody reads of a case: outcomes, and conclusions of the tool with a force, a sort or a goal."""
    (tool,) = base.tools.values()
    read = {
        name
        for name, each in base.conclusions.items()
        if each.gate in gates and (each.force != "none" or each.sort is not None or name in tool.goals)
    }
    found: dict[str, object] = {key: truth for key, truth in world.conclusions().items() if key.split("@")[0] in read}
    return found | {f"={item}": world.outcome(item) for item, _, _ in world.shape.items}


def differs_slowly(base: RuleBase, mutant: Mutant, whole: WholeProgram) -> bool:
    """Whether any case at all comes out otherwise, by trying every one."""
    changed = apply_mutant(base, mutant)
    (tool,) = base.tools.values()
    gates = frozenset(order_gates(base, tool))
    fixed = {
        at: 0 if len(each.values) == 1 else each.values.index(write(tool.starts_with[each.fact]))
        for at, each in enumerate(whole.variables[: whole.chooser])
        if each.fact in tool.starts_with
    }
    program = replace(
        ground(base, tool.id, whole.shape, LAW), variables=tuple(whole.variables[: whole.chooser]), facts=base.facts
    )
    for _, world in worlds(base, program, fixed, gates):
        other = World(changed, whole.shape, LAW, world.answers, gates=gates)
        if look(world, base, gates) != look(other, base, gates):
            return True
    return False


def write(value: str | bool) -> str:
    return value if isinstance(value, str) else "yes" if value else "no"


@settings(max_examples=25)
@given(files=draw_files(5), seed=st.integers(0, 2**16), shape=st.sampled_from([SMALL, BOTH]))
def test_the_slow_enumerator_finds_the_same_mutants_equivalent(
    files: dict[str, Any], seed: int, shape: CaseShape
) -> None:
    base = read_base(files)
    assume(len(base.tools) == 1 and not base.properties)
    whole = WholeProgram(make_frame(base), shape, LAW)
    assume(prod(len(each.values) for each in whole.variables) <= 600)
    prover = Prover(whole)
    made = [each for each in list_mutants(base) if each.operator != "drop-constraint"]
    for mutant in Random(seed).sample(made, min(6, len(made))):
        change = whole.change(mutant)
        found, decided = prover.find_difference(change, prover.copy(change))
        assert decided
        assert (found is not None) == differs_slowly(base, mutant, whole), mutant


@pytest.mark.parametrize("tool", ["le.request", "em.work", "gate.dpia", "ca.reuse", "readiness", "step.systematic"])
def test_all_tools_in_one_program_say_what_each_says_by_itself(tool: str) -> None:
    base = load_real_base()
    whole = WholeProgram(make_frame(base), BOTH, LAW)
    program = ground(base, tool, BOTH, LAW)
    draw = Random(1)
    for _ in range(5):
        known = {at: draw.randrange(len(each.values)) for at, each in enumerate(program.variables)}
        names = {each.key: representative(program, at, known[at]) for at, each in enumerate(program.variables)}
        result = evaluate(program, known)
        weights = weigh(whole, tool, names)
        assert result.conclusions == {key: weights[whole.conclusions[key]] for key in program.conclusions}
        for item, rows in whole.outcomes.items():
            assert next(outcome for outcome, node in rows if weights[node]) == result.outcomes[item]


def weigh(whole: WholeProgram, tool: str, names: dict[str, str | int | date]) -> list[bool]:
    """Each node of the program of all tools, for one tool and these answers."""
    chosen = []
    for variable in whole.variables[: whole.chooser]:
        chosen.append(place_value(variable, names[variable.key]) if variable.key in names else 0)
    chosen.append(list(whole.frame.plain.tools).index(tool))
    truths: list[bool] = []
    for node in whole.nodes.nodes[: whole.size]:
        if node.sort == "value":
            truths.append(chosen[node.of[0]] in node.among)
        elif node.sort == "not":
            truths.append(not truths[node.of[0]])
        else:
            truths.append((all if node.sort == "and" else any)(truths[part] for part in node.of))
    return truths


def comes_out(base: RuleBase, scenario: Scenario) -> bool:
    """Whether a scenario comes out as it must, by the engine itself."""
    try:
        found = assess(base, scenario.tool, scenario.shape, scenario.day, scenario.answers)
    except ContradictoryAnswers:
        return scenario.impossible
    items = {ref: outcome.value if outcome else None for ref, outcome in found.items.items()}
    truths = [found.statuses[key] is Status.TRUE for key in spread_keys(base, scenario.shape, scenario.holds)]
    truths += [found.statuses[key] is Status.FALSE for key in spread_keys(base, scenario.shape, scenario.fails)]
    truths += [items[ref] == outcome for ref, outcome in scenario.outcomes.items()]
    truths += [items[ref] not in ones for ref, ones in (scenario.excluded or {}).items()]
    return all(truths) and not scenario.impossible


def test_a_mutant_that_a_scenario_notices_is_noticed_by_the_engine_too() -> None:
    base = load_real_base()
    panels = make_panels(make_frame(base), read_scenarios(SCENARIOS, base)[::9])
    drawn = Random(3).sample(list_mutants(base), 60)
    noticed = (
        (mutant, failing[0])
        for mutant in drawn
        for panel in panels
        if (failing := panel.find_failing(panel.program.change(mutant)))
    )
    for mutant, scenario in islice(noticed, 6):
        assert comes_out(base, scenario)
        assert not comes_out(apply_mutant(base, mutant), scenario), mutant


def test_some_mutants_may_be_chosen() -> None:
    base = load_real_base()
    assert {each.operator for each in choose_mutants(base, operator="drop-row")} == {"drop-row"}
    drawn = choose_mutants(base, sample=20, seed=4)
    assert drawn == choose_mutants(base, sample=20, seed=4)
    assert len(drawn) == 20
    gates = set(order_gates(base, base.tools["readiness"]))
    assert {base.rules[each.subject].gate for each in choose_mutants(base, tool="readiness")} <= gates


def test_the_figures_add_up() -> None:
    trials = try_mutants(sample_base(), choose_mutants(sample_base()), [])
    whole = tally_all(trials)
    assert whole.made == len(trials) == sum(each.made for each in tally(trials))
    assert whole.made == whole.equivalent + whole.by_cases + whole.by_properties + whole.alive
    assert whole.by_cases == 0


def test_thresholds_get_a_neighbour_on_each_side() -> None:
    widened = widen_thresholds(sample_base()).thresholds
    assert (widened["adult_age.raised"].value, widened["adult_age.lowered"].value) == (19, 17)
    assert widened["new_law_day.raised"].value == date(2026, 2, 6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("scenarios: [{id: a, says: A., tool: police.request}]", "has no items"),
        ("scenarios: [{id: a, says: A., tool: other, items: {i: p1}}]", "no such tool"),
        ("scenarios: [{id: a, says: A., tool: police.request, items: {i: p9}, case: SHARE_FULL}]", "has no p9"),
        ("scenarios: [{id: a, says: A., like: b}]", "no scenario b"),
        ("scenarios: [{id: a, says: A., like: a}]", "no scenario a"),
        ("scenarios: [{id: a, says: A., tool: police.request, items: {i: p1}, use: [b]}]", "no set of answers"),
        (
            "scenarios: [{id: a, says: A., tool: police.request, items: {i: p1}, answers: {x: 1}, case: SHARE_FULL}]",
            "no question x",
        ),
        (
            "scenarios: [{id: a, says: A., tool: police.request, items: {i: p1}, holds: [x], case: SHARE_FULL}]",
            "no conclusion x",
        ),
        (
            "scenarios: [{id: a, says: A., tool: police.request, items: {i: p1}, only_if: {share.may: {x: []}}}]",
            "no qu",
        ),
        (
            "scenarios: [{id: a, says: A., tool: police.request, items: {i: p1}, only_if: {share.may: {trigger: []}}}]",
            "fixes trigger",
        ),
        ("scenarios: [{id: a, says: A., tool: police.request, items: {i: p1}, holds: 3}]", "list"),
        ("[]", "dictionary"),
        (
            "scenarios: [{id: a, says: A., tool: police.request, items: {i: p1}, case: SHARE_FULL}, "
            "{id: a, says: A., tool: police.request, items: {i: p1}, case: SHARE_FULL}]",
            "two scenarios",
        ),
    ],
)
def test_a_scenario_with_a_mistake_names_it(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "one.yaml").write_text(text, "utf-8")
    with pytest.raises(BadInput, match=says):
        read_scenarios(tmp_path, sample_base())


def test_a_scenario_turns_one_question_and_keeps_the_rest(tmp_path: Path) -> None:
    text = """
scenarios:
  - id: a
    says: A tenant.
    tool: police.request
    items: {i: p1}
    answers: {danger.now: no, item.privileged: no}
    only_if: {share.must_not: {item.privileged: [yes]}, REDIRECT: {danger.now: [no]}}
"""
    (tmp_path / "one.yaml").write_text(text, "utf-8")
    found = {each.id: each for each in read_scenarios(tmp_path, sample_base())}
    turned = found["a: item.privileged is unobtainable"]
    assert (turned.fails, turned.answers["danger.now"]) == (("share.must_not",), Answer(value="no"))
    assert found["a: item.privileged is yes"].holds == ("share.must_not",)
    assert found["a: danger.now is yes"].excluded == {"i": ("REDIRECT",)}
