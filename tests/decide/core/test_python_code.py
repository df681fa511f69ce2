"""The plain Python compilation agrees with the slow enumerator."""

from __future__ import annotations

from hypothesis import given

from fairshare.decide.evaluate import compile_table, evaluate
from fairshare.decide.program import Program
from fairshare.decide.python_code import compile_program
from tests.decide.oracle import representative, settle_slowly, worlds
from tests.decide.random_bases import Case, draw_case


def list_fired(program: Program, fires: tuple[bool | None, ...]) -> set[tuple[str, str]]:
    return {(rule.rule, rule.instance) for rule, fired in zip(program.rules, fires, strict=True) if fired}


@given(draw_case())
def test_a_complete_evaluation_equals_the_enumerator(case: Case) -> None:
    base, program, known = case
    complete = compile_program(program).complete
    for values, world in worlds(base, program, known):
        result = evaluate(program, dict(enumerate(values)))
        assert complete(values) == (result.fires, result.truths, result.rows)
        assert result.conclusions == world.conclusions()
        assert list_fired(program, result.fires) == world.fired()
        assert result.outcomes == {item: world.outcome(item) for item in program.outcomes}


@given(draw_case())
def test_the_bulk_function_says_the_same_in_less_room(case: Case) -> None:
    base, program, known = case
    outcome = compile_program(program).outcome
    for values, world in worlds(base, program, known):
        row = outcome(values)
        names = [rows[at][0] for at, rows in zip(row, program.outcomes.values(), strict=False)]
        assert names == [world.outcome(item) for item in program.outcomes]
        held = world.conclusions()
        assert list(row[len(names) :]) == [held[goal] for goal in program.goals]


@given(draw_case())
def test_a_partial_evaluation_never_says_what_a_completion_denies(case: Case) -> None:
    base, program, known = case
    result = evaluate(program, known)
    settled = settle_slowly(base, program, known)
    for key, truth in result.conclusions.items():
        assert truth is None or not settled or settled[key] is truth
    for values, world in worlds(base, program, known):
        complete = evaluate(program, dict(enumerate(values)))
        assert all(fires is None or fires is now for fires, now in zip(result.fires, complete.fires, strict=True))
        assert all(said in (None, world.outcome(item)) for item, said in result.outcomes.items())


@given(draw_case())
def test_a_table_of_plain_answers_says_the_same_and_takes_incomplete_ones_too(case: Case) -> None:
    base, program, known = case
    table = compile_table(program)
    for values, _ in worlds(base, program, known):
        answers = {program.variables[at].key: representative(program, at, values[at]) for at in program.order}
        assert table(answers) == evaluate(program, dict(enumerate(values)))
        given_only = {
            program.variables[at].key: representative(program, at, values[at]) for at in known if at in program.order
        }
        assert table(given_only) == evaluate(program, known)
        break
