"""What-if names the smallest sets of changes, all of them, and only what may change."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.language import Fact, FactType, Judgement
from fairshare.decide.program import Program
from fairshare.decide.what_if import MOST_WAYS, Change, NoSuchTarget, find_changes
from tests.decide.solver import brute
from tests.decide.solver.programs import Builder, cases

Case = tuple[Program, dict[int, int]]


def with_changeable(program: Program, changeable: frozenset[int]) -> Program:
    facts = {
        each.fact: Fact(each.fact, FactType.CHOICE, values=each.values, changeable=at in changeable)
        for at, each in enumerate(program.variables)
    }
    return replace(program, facts=facts)


@given(cases(most_facts=6), st.data(), st.booleans(), st.booleans())
def test_what_if_finds_every_smallest_set_of_changes_and_no_other(
    case: Case, data: st.DataObject, wanted: bool, may_give: bool
) -> None:
    program, answers = case
    changeable = data.draw(st.frozensets(st.sampled_from(program.order)))
    program = with_changeable(program, changeable)
    if brute.settle(program, answers) is None:
        return
    target = data.draw(st.sampled_from(sorted(brute.settle(program, answers) or {})))
    expected = brute.change_sets(program, answers, target, wanted, changeable, may_give=may_give)
    found = find_changes(program, answers, target, wanted, may_give_unasked=may_give, most=100)
    assert found.complete
    ways = {frozenset(each.facts): set(each.ways) for each in found.changes}
    assert ways.keys() == expected.keys()
    assert all(ways[each] <= expected[each] for each in ways)
    assert all(len(ways[each]) == min(len(expected[each]), MOST_WAYS) for each in ways)
    sizes = [len(each.facts) for each in found.changes]
    assert sizes == sorted(sizes)


@given(cases(most_facts=6))
def test_what_if_gives_the_same_list_each_time_and_a_shorter_one_is_its_beginning(case: Case) -> None:
    program, answers = case
    program = with_changeable(program, frozenset(program.order))
    if brute.settle(program, answers) is None:
        return
    for target in program.goals:
        full = find_changes(program, answers, target, most=100)
        assert find_changes(program, answers, target, most=100) == full
        assert find_changes(program, answers, target, most=2).changes == full.changes[:2]


def small() -> tuple[Program, dict[str, int]]:
    builder = Builder()
    names = ["in_writing", "signed", "serious"]
    at = {name: builder.add_fact(name, "yes", "no", "unobtainable") for name in names}
    asked = builder.add("and", builder.has(at["in_writing"], 0), builder.has(at["signed"], 0))
    program = builder.build({"share": builder.add("or", asked, builder.has(at["serious"], 0))})
    return program, at


def test_a_finding_is_never_proposed_for_change() -> None:
    program, at = small()
    facts = {name: Fact(name, FactType.BOOL, values=("yes", "no"), changeable=True) for name in at}
    facts["serious"] = replace(facts["serious"], judgement=Judgement("decider"))
    answers = dict.fromkeys(at.values(), 1)
    found = find_changes(replace(program, facts=facts), answers, "share")
    assert found.changes == (Change((at["in_writing"], at["signed"]), ((0, 0),)),)
    assert found.complete


def test_nothing_is_changed_to_unobtainable() -> None:
    program, at = small()
    answers = {at["in_writing"]: 0, at["signed"]: 0, at["serious"]: 1}
    found = find_changes(with_changeable(program, frozenset({at["signed"]})), answers, "share", wanted=False)
    assert found.changes == (Change((at["signed"],), ((1,),)),)


def test_what_is_so_already_needs_no_change_and_what_cannot_be_has_none() -> None:
    program, at = small()
    assert find_changes(program, {at["serious"]: 0}, "share").changes == (Change((), ((),)),)
    assert find_changes(program, {at["serious"]: 1}, "share").changes == ()


def test_what_if_refuses_an_unknown_target_and_answers_that_clash() -> None:
    program, at = small()
    with pytest.raises(NoSuchTarget):
        find_changes(program, {}, "nothing")
    never = replace(program, constraints=(("never_serious", len(program.nodes) - 1),))
    with pytest.raises(ContradictoryAnswers):
        find_changes(never, dict.fromkeys(at.values(), 1), "share")
