"""The next question is one that can still change a goal or an outcome; the list holds all of them."""

from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide.program import Program
from fairshare.decide.relevance import next_question, relevant_questions
from tests.decide.solver import brute
from tests.decide.solver.programs import Builder, cases

Case = tuple[Program, dict[int, int]]


def goals_are_settled(program: Program, answers: dict[int, int]) -> bool:
    found = brute.settle(program, answers)
    return found is not None and all(found[goal] != "not_settled" for goal in brute.list_goals(program))


@given(cases())
def test_the_relevant_questions_are_those_that_alone_can_change_a_goal(case: Case) -> None:
    program, answers = case
    if brute.settle(program, answers) is None:
        return
    expected = brute.relevant(program, answers)
    found = relevant_questions(program, answers)
    if expected or goals_are_settled(program, answers):
        assert found == expected
    else:
        assert len(found) == 1
        assert found[0] not in answers
    assert next_question(program, answers) == (found[0] if found else None)


@given(cases(), st.data())
def test_a_walk_ends_with_every_goal_settled_and_no_needless_question(case: Case, data: st.DataObject) -> None:
    program, _ = case
    if brute.settle(program, {}) is None:
        return
    values, conclusions = data.draw(
        st.sampled_from(sorted(brute.list_completions(program, {}).items(), key=lambda each: each[0]))
    )
    answers: dict[int, int] = {}
    while (asked := next_question(program, answers)) is not None:
        assert not goals_are_settled(program, answers)
        alone = brute.relevant(program, answers)
        assert asked == alone[0] if alone else asked not in answers
        answers[asked] = values[asked]
    settled = brute.settle(program, answers)
    assert settled is not None
    assert all(settled[goal] == str(conclusions[goal]).lower() for goal in brute.list_goals(program))


@given(cases(), st.integers(1, 2))
def test_with_a_small_budget_no_relevant_question_is_missed(case: Case, budget: int) -> None:
    program, answers = case
    if brute.settle(program, answers) is not None:
        assert set(brute.relevant(program, answers)) <= set(relevant_questions(program, answers, budget=budget))


def test_facts_that_only_matter_together_are_still_asked() -> None:
    """Two facts tied by constraints: neither can change alone, and yet the goal is open."""
    builder = Builder()
    first, second = builder.add_fact("first", "yes", "no"), builder.add_fact("second", "yes", "no")
    mixed = builder.add("and", builder.has(first, 0), builder.has(second, 1))
    other = builder.add("and", builder.has(first, 1), builder.has(second, 0))
    ties = (("tie", builder.add("not", mixed)), ("other_tie", builder.add("not", other)))
    program = builder.build({"goal": builder.has(first, 0)}, ties)
    assert brute.relevant(program, {}) == []
    assert relevant_questions(program, {}) == [first]
    assert next_question(program, {first: 0}) is None
