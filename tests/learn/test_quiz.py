"""The quiz: three questions or more a topic, marked, explained, and nothing kept of who took it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.learn import load_handbook, load_quiz, mark_quiz
from fairshare.learn.quiz import QuizAnswerUnknown, QuizResult
from fairshare.learn.reading import UnknownTopic
from fairshare.words import BadInput

QUIZ = load_quiz("en")
every_topic = pytest.mark.parametrize("topic", QUIZ.topics, ids=lambda each: each.id)


def test_every_topic_has_three_questions_or_more():
    assert [each.id for each in QUIZ.topics if len(each.questions) < 3] == []


@pytest.mark.parametrize("chapter", load_handbook("en").chapters, ids=lambda each: each.id)
def test_every_chapter_of_the_handbook_has_a_quiz_of_its_name_that_leads_back_to_it(chapter):
    paragraphs = {each.id for each in chapter.paragraphs}
    assert paragraphs & {each.see for each in QUIZ.topic(chapter.id).questions}


def test_welsh_asks_the_same_questions_with_the_same_right_answers():
    def shape(quiz):
        return [
            (each.id, each.right, tuple(each.options), each.see) for topic in quiz.topics for each in topic.questions
        ]

    assert shape(load_quiz("cy")) == shape(QUIZ)


def test_no_letter_is_right_so_often_that_guessing_it_pays():
    right = [each.right for topic in QUIZ.topics for each in topic.questions]
    assert max(right.count(letter) for letter in set(right)) * 2 < len(right)


@every_topic
def test_all_right_answers_score_full_marks_and_leave_nothing_to_read(topic):
    result = mark_quiz(topic.id, {each.id: each.right for each in topic.questions})
    assert result.right == result.asked == len(topic.questions)
    assert result.to_read == ()


@every_topic
def test_wrong_and_missing_answers_score_nothing_and_name_what_to_read(topic):
    first = topic.questions[0]
    wrong = next(letter for letter in first.options if letter != first.right)
    result = mark_quiz(topic.id, {first.id: wrong})
    assert result.right == 0
    assert [each.chosen for each in result.answers] == [wrong, *[None] * (len(topic.questions) - 1)]
    assert first.see in result.to_read


@pytest.mark.parametrize("answers", [{"complaints.nosuch": "a"}, {"complaints.acknowledge": "d"}, {"": ""}])
def test_an_answer_to_what_was_not_asked_is_a_clear_error(answers):
    with pytest.raises(QuizAnswerUnknown):
        mark_quiz("complaints", answers)


def test_an_unknown_topic_is_a_clear_error_that_names_the_topics():
    with pytest.raises(UnknownTopic) as caught:
        mark_quiz("nosuch", {})
    assert "complaints" in caught.value.fix


def test_a_result_holds_nothing_about_a_person():
    assert set(QuizResult.model_fields) == {"topic", "answers"}
    result = mark_quiz("complaints", {})
    assert QuizResult.model_validate_json(result.model_dump_json()) == result


@given(st.dictionaries(st.sampled_from([each.id for each in QUIZ.topics[0].questions]), st.sampled_from("abc")))
def test_the_score_is_the_number_of_letters_that_are_right(answers):
    topic = QUIZ.topics[0]
    right = {each.id: each.right for each in topic.questions}
    assert mark_quiz(topic.id, answers).right == sum(right[name] == letter for name, letter in answers.items())


@pytest.mark.parametrize("spoilt", ["right: d", "right: z"])
def test_a_right_answer_that_is_no_option_is_refused(tmp_path, spoilt):
    (tmp_path / "en.yaml").write_text(
        "topics:\n  t:\n    title: T\n    questions:\n      t.q:\n        question: Q?\n"
        f"        options: {{a: A, b: B}}\n        {spoilt}\n        because: B.\n        see: x.y\n",
        "utf-8",
    )
    with pytest.raises(BadInput):
        load_quiz("en", tmp_path)
