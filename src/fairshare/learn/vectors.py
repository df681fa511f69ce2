"""The case studies as test vectors that another engine can run: canonical JSON, with a JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from fairshare.decide.answers import write_value
from fairshare.learn.cases import CaseSource, CaseStudy
from fairshare.records import encode
from fairshare.words import Outcome

VERSION: Literal[1] = 1


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Expectation(_Shape):
    """What must come of a vector."""

    outcome: Outcome
    """Of the case as a whole."""
    items: dict[str, Outcome]
    holds: tuple[str, ...]
    """Conclusions that hold, with the instance they hold for."""
    fails: tuple[str, ...]
    """Conclusions that do not hold."""
    appear: tuple[str, ...]
    """Conclusions that hold for some instance."""


class Vector(_Shape):
    """One case study as a test: put the answers to the tool under the law of the day, and compare."""

    id: str
    title: str
    facts: str
    """What happened, for a reader."""
    source: CaseSource
    tool: str
    law_date: date
    people: tuple[str, ...]
    items: dict[str, str | None]
    """Each item with the person it is about, if any."""
    answers: dict[str, str | int]
    """By question, or question@person or question@item; a plain question is the answer for every instance."""
    expected: Expectation
    because: str
    disputed: bool
    """Whether Fairshare itself comes out otherwise; the documentation gives both views."""


class Vectors(_Shape):
    """A file of test vectors."""

    version: Literal[1] = VERSION
    vectors: tuple[Vector, ...] = Field(min_length=1)


VECTOR_SCHEMAS: Mapping[str, type[BaseModel]] = {"test-vectors-1": Vectors}
"""The schema of a file of vectors, by name and version."""


def make_vectors(cases: Iterable[CaseStudy]) -> Vectors:
    """The cases as test vectors, in English, ordered by id."""
    ordered = sorted(cases, key=lambda each: each.id)
    return Vectors(vectors=tuple(_make_vector(each) for each in ordered))


def write_vectors(vectors: Vectors) -> bytes:
    """A file of vectors as canonical JSON (RFC 8785): the same cases give the same bytes."""
    return encode(vectors.model_dump(mode="json"))


def _make_vector(case: CaseStudy) -> Vector:
    expect = case.expect
    return Vector(
        id=case.id,
        title=case.title.en,
        facts=case.told.en,
        source=case.source,
        tool=case.tool,
        law_date=case.day,
        people=case.persons,
        items=case.items,
        answers={key: _plain(value) for key, value in sorted(case.answers.items())},
        expected=Expectation(
            outcome=expect.case,
            items=case.outcomes,
            holds=expect.holds,
            fails=expect.fails,
            appear=expect.safeguards,
        ),
        because=expect.because.en,
        disputed=case.disputed is not None,
    )


def _plain(value: bool | int | str) -> str | int:
    return write_value(value) if isinstance(value, bool | str) else value
