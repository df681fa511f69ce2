"""A quiz per topic: questions with one right answer each, and the paragraph or myth that explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from fairshare.decide.words import Language
from fairshare.learn.reading import (
    HERE,
    Id,
    InFile,
    LongId,
    MalformedLearning,
    Said,
    UnknownTopic,
    check_begins_with,
    check_same_keys,
    read_shape,
)
from fairshare.words import BadInput, Value
from fairshare.words.values import Line

FOLDER = HERE / "quiz"
OptionId = Literal["a", "b", "c", "d"]


class QuizAnswerUnknown(BadInput):
    """An answer to a quiz names a question or an option that the quiz does not have."""

    code = "QUIZ_ANSWER_UNKNOWN"


class WrittenQuestion(InFile):
    """A question as the English file states it."""

    question: Said
    options: dict[OptionId, Said] = Field(min_length=2)
    right: OptionId
    because: Said
    see: Line
    """The paragraph or myth that it is about."""


class WrittenTopic(InFile):
    """A topic as the English file states it."""

    title: Said
    questions: dict[LongId, WrittenQuestion] = Field(min_length=1)


class QuestionWords(InFile):
    """A question in another language: its words alone."""

    question: Said
    options: dict[OptionId, Said]
    because: Said


class TopicWords(InFile):
    """A topic in another language: its words alone."""

    title: Said
    questions: dict[LongId, QuestionWords]


class QuizFile(InFile):
    """The English file."""

    topics: dict[Id, WrittenTopic] = Field(min_length=1)


class QuizWordsFile(InFile):
    """The file of another language."""

    reviewed_by: Said | None
    topics: dict[Id, TopicWords]


@dataclass(frozen=True)
class Question:
    """One question with its options; `right` is the one to choose."""

    id: str
    question: str
    options: Mapping[OptionId, str]
    right: OptionId
    because: str
    see: str


@dataclass(frozen=True)
class Topic:
    """The questions on one subject."""

    id: str
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Quiz:
    """All the topics in one language."""

    language: Language
    topics: tuple[Topic, ...]

    def topic(self, name: str) -> Topic:
        """A topic by its id; raises UnknownTopic."""
        found = next((each for each in self.topics if each.id == name), None)
        if found is None:
            raise UnknownTopic(
                "there is no quiz on that",
                fix=f"Choose one of {', '.join(each.id for each in self.topics)}.",
                where=name[:80] or "quiz",
            )
        return found


class MarkedAnswer(Value):
    """How one question was answered."""

    question: LongId
    chosen: OptionId | None
    """None where it was left out, which counts as not right."""
    right: OptionId
    because: Said
    see: Line

    @property
    def is_right(self) -> bool:
        """Whether the right option was chosen."""
        return self.chosen == self.right


class QuizResult(Value):
    """How a quiz was answered; it does not say by whom or when, so it holds nothing personal."""

    topic: Id
    answers: tuple[MarkedAnswer, ...]

    @property
    def asked(self) -> int:
        """How many questions there were."""
        return len(self.answers)

    @property
    def right(self) -> int:
        """How many were answered rightly."""
        return sum(each.is_right for each in self.answers)

    @property
    def to_read(self) -> tuple[str, ...]:
        """What to read again: the paragraphs and myths behind the answers that were not right, each once."""
        return tuple(dict.fromkeys(each.see for each in self.answers if not each.is_right))


@cache
def load_quiz(language: Language = "en", folder: Path = FOLDER) -> Quiz:
    """The quiz in English (`en`) or Welsh (`cy`); read once."""
    written = read_shape(QuizFile, folder / "en.yaml", where="quiz/en.yaml").topics
    said: dict[str, WrittenTopic] | dict[str, TopicWords] = written
    where = f"quiz/{language}.yaml"
    if language != "en":
        said = read_shape(QuizWordsFile, folder / f"{language}.yaml", where=where).topics
        check_same_keys(written, said, where=where)
    return Quiz(language, tuple(_join_topic(name, each, said[name], where=where) for name, each in written.items()))


def _join_topic(name: str, written: WrittenTopic, said: WrittenTopic | TopicWords, *, where: str) -> Topic:
    check_same_keys(written.questions, said.questions, where=f"{where}: {name}")
    questions = []
    for key, each in written.questions.items():
        check_begins_with(key, name, where=where)
        spoken = said.questions[key]
        check_same_keys(each.options, spoken.options, where=f"{where}: {key}")
        if each.right not in each.options:
            raise MalformedLearning(
                f"the right answer to {key} is none of its options", fix="Name one of the options.", where=where
            )
        questions.append(Question(key, spoken.question, dict(spoken.options), each.right, spoken.because, each.see))
    return Topic(name, said.title, tuple(questions))


def mark_quiz(topic: str, answers: Mapping[str, str], language: Language = "en") -> QuizResult:
    """How many answers are right, and what explains each.

    Takes    answers: from the id of a question to the letter chosen; a question left out counts as not right.
    Raises   UnknownTopic; QuizAnswerUnknown for a question or letter that the quiz does not have.

    >>> result = mark_quiz("complaints", {"complaints.acknowledge": "b"})
    >>> result.right, result.asked
    (1, 3)
    """
    found = load_quiz(language).topic(topic)
    known = {each.id: each for each in found.questions}
    for name, letter in answers.items():
        if name not in known or letter not in known[name].options:
            raise QuizAnswerUnknown(
                "there is no such question or option",
                fix="Answer the questions of the topic by the letters of their options.",
                where=str(name)[:120],
            )
    return QuizResult(topic=found.id, answers=tuple(_mark(each, answers.get(each.id)) for each in found.questions))


def _mark(question: Question, letter: str | None) -> MarkedAnswer:
    chosen = next((key for key in question.options if key == letter), None)
    return MarkedAnswer(
        question=question.id, chosen=chosen, right=question.right, because=question.because, see=question.see
    )
