"""Settled means: in every completion of the unasked that the constraints allow."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.program import Program
from fairshare.decide.settle import Status, find_settled_outcome, settle
from tests.decide.solver import brute
from tests.decide.solver.programs import Builder, cases

Case = tuple[Program, dict[int, int]]


@given(cases())
def test_settle_agrees_with_trying_every_completion(case: Case) -> None:
    program, answers = case
    expected = brute.settle(program, answers)
    if expected is None:
        with pytest.raises(ContradictoryAnswers):
            settle(program, answers)
    else:
        assert settle(program, answers) == expected


@given(cases(), st.data())
def test_settle_agrees_at_every_step_of_a_walk(case: Case, data: st.DataObject) -> None:
    """What the session remembers from one step must not colour the next, forwards or back."""
    program, answers = case
    known = dict(answers)
    for _ in range(6):
        variable = data.draw(st.integers(0, len(program.variables) - 1))
        if variable in known:
            del known[variable]
        else:
            known[variable] = data.draw(st.integers(0, len(program.variables[variable].values) - 1))
        expected = brute.settle(program, known)
        if expected is not None:
            assert settle(program, known) == expected


@given(cases(), st.integers(1, 3))
def test_a_small_budget_may_leave_things_undecided_but_never_makes_them_wrong(case: Case, budget: int) -> None:
    program, answers = case
    expected = brute.settle(program, answers)
    if expected is not None:
        found = settle(program, answers, budget=budget)
        assert all(status in (expected[key], Status.UNDECIDED) for key, status in found.items())


@given(cases(most_facts=6))
def test_a_contradiction_names_the_fewest_answers_that_clash(case: Case) -> None:
    program, answers = case
    size = brute.smallest_conflict(program, answers)
    if size is None:
        assert settle(program, answers)
        return
    with pytest.raises(ContradictoryAnswers) as caught:
        settle(program, answers)
    named = {index: answers[index] for index, each in enumerate(program.variables) if each.key in caught.value.answers}
    assert len(named) == size
    blamed = tuple(each for each in program.constraints if each[0] in caught.value.constraints)
    only_those = replace(program, constraints=blamed)
    assert brute.settle(only_those, named) is None
    for each in blamed:
        others = tuple(other for other in blamed if other != each)
        assert brute.settle(replace(program, constraints=others), named) is not None


def test_the_outcome_of_an_item_is_named_once_it_is_settled() -> None:
    builder = Builder()
    wanted = builder.add_fact("wanted", "yes", "no")
    builder.add_fact("idle", "yes", "no")
    row = builder.has(wanted, 0)
    rows = (("SHARE_FULL", row), ("REFUSE_VOLUNTARY", builder.add("and")))
    program = builder.build({"share": row}, outcomes={"i1": rows})
    assert find_settled_outcome(settle(program, {}), program, "i1") is None
    assert find_settled_outcome(settle(program, {wanted: 0}), program, "i1") == "SHARE_FULL"
    assert find_settled_outcome(settle(program, {wanted: 1}), program, "i1") == "REFUSE_VOLUNTARY"
