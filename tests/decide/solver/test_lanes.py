"""Many cases of one program, settled side by side, stand as each does alone."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide.clauses import outcome_key
from fairshare.decide.lanes import Lanes
from fairshare.decide.program import Program
from tests.decide.solver import brute
from tests.decide.solver.programs import Builder, assignments, programs


def stand_alone(program: Program, answers: Mapping[int, int]) -> dict[str, str] | None:
    found = brute.settle(program, answers)
    if found is None:
        return None
    stands = {goal: found[goal] for goal in program.goals}
    for item, rows in program.outcomes.items():
        settled = [outcome for outcome, _ in rows if found[outcome_key(item, outcome)] == "true"]
        stands[item] = settled[0] if settled else "not_settled"
    return stands


def stand_side_by_side(lanes: Lanes, cases: Sequence[Mapping[int, int]]) -> list[dict[str, str] | None]:
    known = [[0] * len(variable.values) for variable in lanes.program.variables]
    for at, answers in enumerate(cases):
        for variable, value in answers.items():
            known[variable][value] |= 1 << (len(cases) - 1 - at)
    stands, clash = lanes.settle(known, len(cases))
    bits = [1 << (len(cases) - 1 - at) for at in range(len(cases))]
    return [
        None
        if clash & bit
        else {key: text for key, texts in stands.items() for text, mask in texts.items() if mask & bit}
        for bit in bits
    ]


@given(programs(most_facts=8), st.data())
def test_cases_side_by_side_stand_as_trying_every_completion_says(program: Program, data: st.DataObject) -> None:
    lanes = Lanes(program)
    for _ in range(3):  # what it learns from some cases must not colour the next
        cases = data.draw(st.lists(assignments(program), min_size=1, max_size=12))
        assert stand_side_by_side(lanes, cases) == [stand_alone(program, each) for each in cases]


def test_an_outcome_that_two_rows_only_reach_together_is_settled_and_learnt_with_what_it_rests_on() -> None:
    builder = Builder()
    one, other, sure = (builder.add_fact(name, "yes", "no") for name in ("one", "other", "sure"))
    neither = builder.add("and", builder.has(one, 1), builder.has(other, 1), builder.has(sure, 0))
    rows = (("X", builder.has(one, 0)), ("X", builder.has(other, 0)), ("Y", builder.add("and")))
    ties = (("some", builder.add("not", neither)),)
    program = builder.build({"goal": builder.has(one, 0)}, ties, {"i1": rows})
    cases = [{sure: 0}, {sure: 1}, {}, {sure: 1, one: 1, other: 1}, {sure: 0, one: 1, other: 1}]
    expected = ["X", "not_settled", "not_settled", "Y", None]
    lanes = Lanes(program)
    for _ in range(2):
        assert [each and each["i1"] for each in stand_side_by_side(lanes, cases)] == expected


def test_a_lemma_that_holds_where_the_constraints_do_does_not_hide_that_they_cannot() -> None:
    """Nothing answered proves the fact to be yes; a case that says no clashes, and must not seem proved by that."""
    builder = Builder()
    fact, idle = builder.add_fact("fact", "yes", "no"), builder.add_fact("idle", "yes", "no")
    either = builder.add("or", builder.has(idle, 0), builder.has(idle, 1))
    never = builder.add("and", builder.has(fact, 1), either)
    program = builder.build({"goal": builder.has(fact, 1)}, (("never", builder.add("not", never)),))
    lanes = Lanes(program)
    assert stand_side_by_side(lanes, [{}]) == [{"goal": "false"}]
    assert stand_side_by_side(lanes, [{}, {fact: 1}, {fact: 0}]) == [{"goal": "false"}, None, {"goal": "false"}]
