"""Answers from outside are read strictly, and each goes to its question."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide.answers import assignment, place_value, plain_answer, read_answers
from fairshare.decide.errors import BadAnswers, UnknownTool
from fairshare.decide.evaluate import compile_table, find_program
from fairshare.decide.ground import ground
from fairshare.decide.program import CaseShape, Variable
from fairshare.words import Answer, FairshareError
from tests.decide.core.sample_base import LAW_DATE, POLICE, SHAPE, TOOL, sample_base

PROGRAM = find_program(sample_base(), TOOL, SHAPE, LAW_DATE)


def place(key: str, value: object) -> str:
    found = assignment(PROGRAM, {key: Answer.model_validate({"value": value})})
    at = next(at for at, variable in enumerate(PROGRAM.variables) if variable.key == key)
    return PROGRAM.variables[at].values[found[at]]


@pytest.mark.parametrize(
    ("key", "value", "region"),
    [
        ("danger.now", True, "yes"),
        ("danger.now", "no", "no"),
        ("danger.now", "unobtainable", "unobtainable"),
        ("order.kind@f1", "none", "none"),
        ("person.age_years@p1", 17, "<18"),
        ("person.age_years@p1", 18, ">=18"),
        ("person.age_years@p1", -5, "<18"),
        ("trigger", "request", "request"),
    ],
)
def test_an_answer_lands_on_its_value(key: str, value: object, region: str) -> None:
    assert place(key, value) == region


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("no.such", True),
        ("danger.now@f1", True),
        ("order.kind@p1", "none"),
        ("order.kind@f9", "none"),
        ("item.privileged@", True),
        ("danger.now", "perhaps"),
        ("danger.now", 1),
        ("order.kind", True),
        ("person.age_years", "17"),
        ("person.age_years", True),
        ("collected.on", 5),
        ("collected.on", "yesterday"),
        ("nation", "unobtainable"),
        ("trigger", "own_initiative"),
    ],
)
def test_an_answer_to_no_question_or_of_another_kind_is_refused(key: str, value: object) -> None:
    with pytest.raises((BadAnswers, ValueError)):
        place(key, value)


def test_an_answer_for_all_goes_to_each_and_its_own_answer_comes_first() -> None:
    found = assignment(PROGRAM, {"item.third_party": Answer(value=True), "item.third_party@i2": Answer(value=False)})
    said = {PROGRAM.variables[at].key: PROGRAM.variables[at].values[value] for at, value in found.items()}
    assert said == {"item.third_party@i1": "yes", "item.third_party@i2": "no", "trigger": "request"}


def test_a_fact_that_this_tool_does_not_ask_is_known_and_left_out() -> None:
    assert assignment(PROGRAM, {"collected.on": Answer(value=date(2020, 1, 1))}) == {PROGRAM.index["trigger"]: 0}


def test_a_date_lies_in_the_region_its_thresholds_cut() -> None:
    cut = date(2026, 2, 5)
    variable = Variable("d", "d", "", ("<2026-02-05", ">=2026-02-05", "unobtainable"), (cut.toordinal(),))
    assert [place_value(variable, value) for value in ("2026-02-04", cut, "unobtainable")] == [0, 1, 2]
    assert plain_answer(Answer(value=cut)).value == "2026-02-05"


def test_a_file_of_answers_may_be_plain_or_say_who_and_why() -> None:
    found = read_answers(b'{"danger.now": true, "necessity.finding@i1": {"value": "needed", "reason": "r"}}')
    assert found["danger.now"].value is True
    assert found["necessity.finding@i1"].reason == "r"


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"{",
        b'{"a": null}',
        b'{"a": 1.5}',
        b'{"a": []}',
        b'{"a": {"valu": 1}}',
        b'{"a": {"value": 1, "by": {"name": ""}}}',
        b"\xff",
        b'{"a": 1, "a": 2}',
    ],
)
def test_a_file_that_is_no_file_of_answers_is_refused(raw: bytes) -> None:
    with pytest.raises(FairshareError):
        read_answers(raw)


@given(
    st.binary(max_size=100)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.dictionaries(st.text(max_size=12), inner, max_size=4),
    ).map(lambda each: json.dumps(each).encode())
)
def test_any_bytes_are_answers_or_an_error_of_the_family(raw: bytes) -> None:
    try:
        assignment(PROGRAM, read_answers(raw))
    except FairshareError:
        pass


def test_a_table_refuses_what_it_does_not_know_and_takes_what_is_incomplete() -> None:
    table = compile_table(PROGRAM)
    plain = {key: answer.value for key, answer in POLICE.items()}
    assert table(plain).outcomes == {"i1": "SHARE_WITH_CONDITIONS", "i2": "SHARE_FULL"}
    assert table({"danger.now": True}).outcomes == {"i1": None, "i2": None}
    for wrong in ({"danger.now": "perhaps"}, {"no.such": True}, plain | {"danger.now": []}):
        with pytest.raises(FairshareError):
            table(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "shape",
    [
        CaseShape(("f1", "f1")),
        CaseShape(("f1",), ("f1",)),
        CaseShape(("f1",), (), (("i1", "f2", None),)),
        CaseShape(("f1",), (), (("i1", "f1", "p1"),)),
        CaseShape(("F 1",), (), ()),
        CaseShape(("f1",), tuple(f"p{at}" for at in range(1_001)), ()),
    ],
)
def test_a_case_whose_parts_do_not_fit_together_is_refused(shape: CaseShape) -> None:
    with pytest.raises(FairshareError):
        ground(sample_base(), TOOL, shape, LAW_DATE)


def test_an_unknown_tool_names_those_that_there_are() -> None:
    with pytest.raises(UnknownTool, match="police"):
        ground(sample_base(), "no.such", SHAPE, LAW_DATE)
