"""The file of answers that `ask` saves and that `decide`, `what-if` and `compare` take: YAML or JSON.

    tool: law_enforcement.request
    law_date: 2026-11-23
    people: {p1: The tenant}
    items: {i1: {label: Current address, person: p1}}
    answers:
      danger.now: no
      item.needed@i1: {value: needed, by: {name: Jo Heron, role: decider}, reason: ..., factors: {aim: ...}}

A file without `answers` is read as the answers themselves, about one person and one item.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from fairshare.cli.bases import Rules
from fairshare.cli.files import read_day
from fairshare.cli.forms import parse_written
from fairshare.decide.answers import MAX_ANSWERS, read_answer
from fairshare.decide.errors import BadAnswers
from fairshare.decide.evaluate import find_program
from fairshare.decide.program import CaseShape, Program
from fairshare.records import Request
from fairshare.words import Answer, BadInput, Value
from fairshare.words.reading import build, read_file
from fairshare.words.values import Line, Ref

FLOW = "f1"


class NamedItem(Value):
    """One thing that was asked for: what it is called, whom it is about, and in which flow it goes."""

    label: Line
    person: Ref | None = None
    flow: Ref = FLOW


class AnswersFile(Value):
    """A case as it is asked about: its people and items, and the answers so far."""

    tool: Line | None = None
    law_date: date | None = None
    flows: dict[Ref, Line] = Field(default_factory=lambda: {FLOW: "to whoever asks"})
    people: dict[Ref, Line] = Field(default_factory=dict)
    items: dict[Ref, NamedItem] = Field(default_factory=dict)
    answers: dict[str, Answer] = Field(default_factory=dict)
    parked: dict[str, Answer] = Field(default_factory=dict)
    """Given once, and pointless on the present answers."""
    later: tuple[str, ...] = ()
    """Questions left open, to come back to."""

    @property
    def shape(self) -> CaseShape:
        """The case as the engine takes it; one item about one person if nothing is said."""
        if not self.people and not self.items:
            return CaseShape()
        items = tuple((ref, each.flow, each.person) for ref, each in self.items.items())
        return CaseShape(tuple(self.flows), tuple(self.people), items)

    @property
    def labels(self) -> dict[str, str]:
        """What each flow, person and item is called."""
        return {**self.flows, **self.people, **{ref: each.label for ref, each in self.items.items()}}


def read_answers_file(path: Path) -> AnswersFile:
    """A file of answers; raises BadInput or BadAnswers, naming the place."""
    return parse_answers(read_file(path), where=path.name)


def parse_answers(raw: bytes, *, where: str) -> AnswersFile:
    """Answers from bytes that somebody else wrote.

    >>> parse_answers(b"danger.now: no", where="answers").answers["danger.now"].value
    'no'
    """
    found = parse_written(raw, where=where)
    if not isinstance(found, dict):
        raise BadAnswers(
            "answers are named by their questions", fix="Write QUESTION: ANSWER, one to a line.", where=where
        )
    if "answers" not in found:
        found = {"answers": found}
    read = {name: read_given(found.get(name), where=f"{where}: {name}") for name in ("answers", "parked")}
    return build(AnswersFile, found | read, where=where)


def read_given(found: Any, *, where: str) -> dict[str, Answer]:
    """Answers by question, each a plain value or an answer with its author, reason and factors."""
    if found is None:
        return {}
    if not isinstance(found, dict) or len(found) > MAX_ANSWERS:
        raise BadAnswers("these are not answers by question", fix="Write QUESTION: ANSWER, one each.", where=where)
    return {key: read_answer(value, where=f"{where}.{key[:120]}") for key, value in found.items()}


def write_answers(file: AnswersFile) -> bytes:
    """The file as JSON that a person can read and change; plain answers stay plain."""
    found = file.model_dump(mode="json", exclude_defaults=True)
    for name in ("answers", "parked"):
        given: Mapping[str, Answer] = getattr(file, name)
        if given:
            found[name] = {key: write_answer(each) for key, each in given.items()}
    return json.dumps(found, indent=2, ensure_ascii=False).encode() + b"\n"


def write_answer(answer: Answer) -> Any:
    """An answer as short as it can be: the value alone unless somebody stands for it."""
    found = answer.model_dump(mode="json", exclude_defaults=True)
    return found["value"] if set(found) == {"value"} else found


def file_from_request(request: Request, tool: str) -> AnswersFile:
    """An empty file of answers about the people and items of a request."""
    return AnswersFile(
        tool=tool,
        flows={FLOW: f"to {request.requester.name}"},
        people={each.ref: each.label for each in request.subjects},
        items={each.ref: NamedItem(label=each.label, person=each.person) for each in request.items},
    )


def choose_tool(file: AnswersFile, named: str | None, held: Rules) -> str:
    """The tool that was named, which must be the one that the file is for."""
    tool = named or file.tool
    if tool is None:
        raise BadInput("the file does not say which tool it is for", fix="Name the tool.", where="tool")
    if file.tool is not None and file.tool != tool:
        raise BadInput(
            f"these are answers for {file.tool}", fix="Use that tool, or take `tool` out of the file.", where="tool"
        )
    return held.tool(tool).id


def fit_to_request(file: AnswersFile, request: Request) -> AnswersFile:
    """The file's answers about the people and items of a request, whatever the file itself calls them."""
    about = file_from_request(request, file.tool or "")
    return file.model_copy(update={"flows": about.flows, "people": about.people, "items": about.items})


def find_settled_program(held: Rules, file: AnswersFile) -> Program:
    """The program of a file whose tool and day of law are settled."""
    if file.tool is None or file.law_date is None:
        raise BadInput("the file does not say which tool it is for", fix="Name the tool.", where="tool")
    return find_program(held.base, held.tool(file.tool).id, file.shape, file.law_date)


def settle_file(file: AnswersFile, tool: str | None, law_date: str | None, held: Rules) -> AnswersFile:
    """The file with its tool and day of law settled: as named, else as it says, else today."""
    day = read_day(law_date, where="--law-date") if law_date else file.law_date
    return file.model_copy(update={"tool": choose_tool(file, tool, held), "law_date": day or datetime.now(UTC).date()})
