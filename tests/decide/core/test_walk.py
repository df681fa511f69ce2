"""A walk asks only what matters, loses nothing, and can be left and taken up again."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fairshare.decide.answers import assignment, plain_answer
from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.errors import BadAnswers
from fairshare.decide.findings import FindingIncomplete
from fairshare.decide.language import RuleBase
from fairshare.decide.load import read_base
from fairshare.decide.program import CaseShape
from fairshare.decide.settle import Status, settle
from fairshare.decide.walk import (
    QuestionNotOpen,
    RulesChanged,
    Walk,
    answer_unobtainable,
    find_question,
    give_answer,
    go_back,
    go_on,
    list_questions,
    measure_progress,
    program_of,
    read_walk,
    skip_question,
    start_walk,
    write_walk,
)
from fairshare.words import Answer, FairshareError
from tests.decide.core.sample_base import LAW_DATE, POLICE, SHAPE, TOOL, judged, sample_base
from tests.decide.oracle import representative
from tests.decide.random_bases import Author, draw_shape

ONE_ITEM = CaseShape(("f1",), (), (("i1", "f1", None),))


def walk_to_the_end(base: RuleBase, walk: Walk, answers: dict[str, Answer]) -> tuple[Walk, list[str]]:
    """Answers every question from `answers`, by key or fact; what is not there is unobtainable."""
    asked = []
    while (question := find_question(base, walk)) is not None:
        asked.append(question.key)
        answer = answers.get(question.key) or answers.get(question.fact) or Answer(value="unobtainable")
        walk = give_answer(base, walk, question.key, answer)
    return walk, asked


def test_the_walk_starts_with_what_comes_first_and_stops_when_all_is_settled() -> None:
    base = sample_base()
    walk, asked = walk_to_the_end(base, start_walk(base, TOOL, SHAPE, LAW_DATE), POLICE)
    assert asked[0] == "danger.now"
    assert measure_progress(base, walk).done
    assert find_question(base, walk) is None
    assert "person.age_years@p1" not in asked
    """The age changes what must be done, and no goal."""


def test_a_question_that_can_no_longer_matter_is_not_asked() -> None:
    base = sample_base()
    danger = POLICE | {"danger.now": Answer(value=True)}
    _, asked = walk_to_the_end(base, start_walk(base, TOOL, SHAPE, LAW_DATE), danger)
    assert "request.in_writing@f1" not in asked


def test_a_changed_answer_parks_later_ones_and_changing_it_back_takes_them_up() -> None:
    base = sample_base()
    first, _ = walk_to_the_end(base, start_walk(base, TOOL, SHAPE, LAW_DATE), POLICE)
    other = give_answer(base, first, "requester.kind@f1", Answer(value="other"))
    parked = {each.key for each in other.parked}
    assert "necessity.finding@i1" not in {each.key for each in first.parked}
    assert {each.key for each in first.answers} == {each.key for each in other.answers} | parked
    back = give_answer(base, other, "requester.kind@f1", Answer(value="police"))
    assert back.given() == first.given()
    assert not back.parked


def test_danger_parks_the_question_about_writing() -> None:
    base = sample_base()
    first, _ = walk_to_the_end(base, start_walk(base, TOOL, ONE_ITEM, LAW_DATE), POLICE)
    changed = give_answer(base, first, "danger.now", Answer(value=True))
    assert "request.in_writing@f1" in {each.key for each in changed.parked}
    again = give_answer(base, changed, "danger.now", Answer(value=False))
    assert again.given()["request.in_writing@f1"].value is True


def test_an_unknown_answer_is_skipped_and_comes_back_last() -> None:
    base = sample_base()
    walk = start_walk(base, TOOL, ONE_ITEM, LAW_DATE)
    walk = skip_question(base, walk, "danger.now")
    question = find_question(base, walk)
    assert question is not None
    assert question.key != "danger.now"
    assert "danger.now" not in walk.given()
    for _ in range(20):
        question = find_question(base, walk)
        if question is None or question.returning:
            break
        walk = skip_question(base, walk, question.key)
    assert question is not None
    assert question.returning


def test_not_known_is_never_read_as_no() -> None:
    base = sample_base()
    walk = skip_question(base, start_walk(base, TOOL, ONE_ITEM, LAW_DATE), "item.privileged@i1")
    statuses = settle(program_of(base, walk), assignment(program_of(base, walk), walk.given()))
    assert statuses["share.must_not@i1"] is Status.NOT_SETTLED
    known = answer_unobtainable(base, walk, "item.privileged@i1")
    statuses = settle(program_of(base, known), assignment(program_of(base, known), known.given()))
    assert statuses["share.must_not@i1"] is Status.FALSE


def test_what_is_always_known_cannot_be_unobtainable() -> None:
    base = sample_base()
    with pytest.raises(BadAnswers):
        answer_unobtainable(base, start_walk(base, TOOL, SHAPE, LAW_DATE), "trigger")


def test_going_back_shows_each_answer_and_loses_none() -> None:
    base = sample_base()
    walk, asked = walk_to_the_end(base, start_walk(base, TOOL, SHAPE, LAW_DATE), POLICE)
    for key in reversed(asked):
        walk = go_back(walk)
        question = find_question(base, walk)
        assert question is not None
        assert question.key == key
        assert question.draft == walk.given()[key]
    assert go_back(walk) == walk
    assert find_question(base, go_on(walk)) is None


@pytest.mark.parametrize(
    ("answer", "lacks"),
    [
        (Answer(value="needed"), "who made it"),
        (judged("needed").model_copy(update={"by": None}), "who made it"),
        (judged("needed").model_copy(update={"reason": " "}), "no reason"),
        (judged("needed").model_copy(update={"factors": {"aim": "x"}}), "less_intrusive_means"),
    ],
)
def test_a_finding_needs_its_author_a_reason_and_every_factor(answer: Answer, lacks: str) -> None:
    base = sample_base()
    walk = start_walk(base, TOOL, ONE_ITEM, LAW_DATE)
    with pytest.raises(FindingIncomplete, match=lacks):
        give_answer(base, walk, "necessity.finding@i1", answer)


def test_a_fact_of_another_tool_is_refused_and_a_contradiction_is_named() -> None:
    base = sample_base()
    walk = start_walk(base, TOOL, ONE_ITEM, LAW_DATE)
    with pytest.raises(QuestionNotOpen):
        give_answer(base, walk, "collected.on", Answer(value="2026-01-01"))
    insurer = give_answer(base, walk, "requester.kind@f1", Answer(value="insurer"))
    with pytest.raises(ContradictoryAnswers):
        give_answer(base, insurer, "order.kind@f1", Answer(value="court_order"))


def test_answers_known_beforehand_are_taken_over_and_the_rest_is_parked() -> None:
    base = sample_base()
    early = {"requester.kind": Answer(value="police"), "collected.on": Answer(value="2020-01-01")}
    walk = start_walk(base, TOOL, SHAPE, LAW_DATE, early)
    assert set(walk.given()) == {"requester.kind@f1"}
    assert [each.key for each in walk.parked] == ["collected.on"]


def test_a_saved_walk_goes_on_where_it_was_left_and_not_under_other_rules() -> None:
    base = sample_base()
    walk = start_walk(base, TOOL, SHAPE, LAW_DATE, POLICE)
    assert read_walk(write_walk(walk), base) == walk
    with pytest.raises(RulesChanged):
        read_walk(write_walk(walk.model_copy(update={"rules": "0" * 64})), base)


@given(
    st.binary(max_size=200)
    | st.builds(
        lambda cut: write_walk(start_walk(sample_base(), TOOL, SHAPE, LAW_DATE, POLICE))[:cut], st.integers(0, 3000)
    )
)
def test_any_bytes_are_a_walk_or_an_error_of_the_family(raw: bytes) -> None:
    try:
        assert isinstance(read_walk(raw, sample_base()), Walk)
    except FairshareError:
        pass


class Walking(RuleBasedStateMachine):
    """Answers, changes, skips and goes back at random; nothing is lost and everything kept is still asked."""

    @initialize(seed=st.integers(0, 2**32 - 1))
    def start(self, seed: int) -> None:
        random = Random(seed)
        self.base = read_base(Author(random, 6, 3).write_files())
        self.walk = start_walk(self.base, "small", draw_shape(random), LAW_DATE)
        self.program = program_of(self.base, self.walk)
        self.said: dict[str, Answer] = {}

    def pick(self, key: str, choice: int) -> Answer:
        at = self.program.index[key]
        return Answer(value=representative(self.program, at, choice % len(self.program.variables[at].values)))

    def try_answer(self, key: str, choice: int) -> None:
        answer = self.pick(key, choice)
        try:
            self.walk = give_answer(self.base, self.walk, key, answer)
        except ContradictoryAnswers:
            return
        self.said[key] = plain_answer(answer)

    @rule(choice=st.integers(0, 5))
    def answer_what_is_asked(self, choice: int) -> None:
        try:
            question = find_question(self.base, self.walk)
        except ContradictoryAnswers:
            assert not self.said
            return
        if question is not None:
            self.try_answer(question.key, choice)

    @precondition(lambda self: self.said)
    @rule(which=st.integers(0, 20), choice=st.integers(0, 5))
    def change_an_answer(self, which: int, choice: int) -> None:
        self.try_answer(sorted(self.said)[which % len(self.said)], choice)

    @rule()
    def skip_what_is_asked(self) -> None:
        try:
            question = find_question(self.base, self.walk)
        except ContradictoryAnswers:
            return
        if question is not None:
            self.walk = skip_question(self.base, self.walk, question.key)

    @rule()
    def look_back(self) -> None:
        self.walk = go_back(self.walk)

    @invariant()
    def nothing_is_lost(self) -> None:
        if hasattr(self, "walk"):
            kept = self.walk.given()
            parked = {each.key: each.answer for each in self.walk.parked}
            assert not set(kept) & set(parked)
            assert kept | parked == self.said

    @invariant()
    def what_is_kept_holds_together_and_can_be_saved(self) -> None:
        if hasattr(self, "walk") and self.said:
            settle(self.program, assignment(self.program, self.walk.given()))
            assert read_walk(write_walk(self.walk), self.base) == self.walk

    @invariant()
    def nothing_that_is_asked_was_answered(self) -> None:
        if hasattr(self, "walk") and self.said:
            assert not set(list_questions(self.base, self.walk)) & set(self.walk.given())


TestWalking = Walking.TestCase
