"""Answers from outside: reading a file of them, and placing them on a program's variables."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fairshare.decide.errors import BadAnswers
from fairshare.decide.language import Fact, FactType
from fairshare.decide.load_shapes import read_day
from fairshare.decide.program import Program, Variable
from fairshare.words import UNOBTAINABLE, Answer
from fairshare.words.reading import build, parse_json

MAX_ANSWERS = 100_000
MOST_NUMBER = 2**53
"""The largest number that every reader of JSON takes as it stands."""
MOST_CHARACTERS = 500
"""The longest answer, as in `fairshare.words.Answer`."""

Given = bool | int | date | str
"""What an answer may be: yes or no, a whole number, a date, a value, or "unobtainable"."""


def read_answers(raw: bytes, *, where: str = "answers") -> dict[str, Answer]:
    """The answers in a JSON object from `fact` or `fact@ref` to a plain value or an answer with its author and reason.

    >>> read_answers(b'{"danger.now": true, "age@p1": 17}')["age@p1"].value
    17
    """
    found = parse_json(raw, where=where)
    if not isinstance(found, dict):
        raise BadAnswers("answers are a JSON object", fix="Write {...} from question to answer.", where=where)
    if len(found) > MAX_ANSWERS:
        raise BadAnswers(f"there are more than {MAX_ANSWERS:,} answers", fix="Split the case.", where=where)
    return {key: read_answer(value, where=f"{where}: {key[:120]}") for key, value in found.items()}


def read_answer(value: Any, *, where: str) -> Answer:
    """One answer: true, false, a value, a whole number, a date, "unobtainable", or an object with a `value`.

    Raises   BadAnswers for a value that is no answer; BadInput for what stands beside it in an object.
    """
    why_not = why_not_plain(value.get("value", "") if isinstance(value, dict) else value)
    if why_not:
        raise BadAnswers(why_not, fix="Correct the answer.", where=where)
    return build(Answer, value if isinstance(value, dict) else {"value": value}, where=where)


def why_not_plain(value: Any) -> str | None:
    """Why a value from outside is no answer to any question, or None.

    >>> why_not_plain("9" * 600)
    'the number is too long'
    """
    if not isinstance(value, bool | int | date | str):
        return "an answer is yes, no, a value, a whole number or a date"
    if isinstance(value, int):
        return "the number is too long" if abs(value) > MOST_NUMBER else None
    if isinstance(value, str) and len(value) > len(str(MOST_NUMBER)) and value.lstrip("+-").isdecimal():
        return "the number is too long"
    return "the answer is too long" if isinstance(value, str) and len(value) > MOST_CHARACTERS else None


def plain_answer(answer: Answer) -> Answer:
    """The answer with a date written as text, as JSON has it, so that what is saved reads back equal."""
    return answer.model_copy(update={"value": write_value(answer.value)}) if isinstance(answer.value, date) else answer


def spread_answers(program: Program, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    """Answers by variable: `fact` of a narrower scope goes to every instance that has no answer of its own.

    What the rule base knows but this tool does not ask is left out. Raises BadAnswers for a question, an instance or
    a value that does not exist.
    """
    for key, answer in answers.items():
        check_answer(program, key, answer.value)
    found = {}
    for variable in program.variables:
        given = answers.get(variable.key) or answers.get(variable.fact)
        if given is not None:
            found[variable.key] = given
    return found


def assignment(program: Program, answers: Mapping[str, Answer]) -> dict[int, int]:
    """The answers as value indexes by variable index, with what the tool fixes; the rest stays unasked.

    Raises   BadAnswers as `spread_answers` does, and for an answer that contradicts what the tool fixes.
    """
    spread = spread_answers(program, answers)
    found = {at: 0 for at, variable in enumerate(program.variables) if len(variable.values) == 1}
    for key, answer in spread.items():
        at = program.index[key]
        found[at] = place_value(program.variables[at], answer.value)
    return found


def check_answer(program: Program, key: str, value: Given) -> None:
    """Refuses an answer to no question of this case, or of a kind that its question does not take."""
    name, at, ref = key.partition("@")
    fact = program.facts.get(name)
    if fact is None:
        raise BadAnswers("no fact has that name", fix="Correct the name.", where=key[:120])
    shape = program.shape
    refs = {"flow": shape.flows, "person": shape.persons, "item": tuple(ref for ref, _, _ in shape.items)}
    if at and ref not in refs.get(fact.scope, ()):
        raise BadAnswers(
            f"the case has no such {fact.scope}", fix="Use the refs of its flows, persons and items.", where=key[:120]
        )
    why_not = why_not_value(fact, value)
    if why_not:
        raise BadAnswers(f"{name} {why_not}", fix="Correct the answer.", where=key[:120])


def why_not_value(fact: Fact, value: Given) -> str | None:
    """Why a fact does not take a value, or None."""
    if value == UNOBTAINABLE:
        return "is always known" if fact.always_known else None
    if fact.type is FactType.NUMBER:
        return None if isinstance(value, int) and not isinstance(value, bool) else "takes a whole number"
    if fact.type is FactType.DATE:
        return None if read_date(value) else "takes a date such as 2026-02-05"
    return None if write_value(value) in fact.values else f"takes {', '.join(fact.values)}"


def place_value(variable: Variable, value: Given) -> int:
    """The index, in the variable's domain, of an answer that its fact takes."""
    if variable.bounds is not None and value != UNOBTAINABLE:
        number = value if isinstance(value, int) else (read_date(value) or date.min).toordinal()
        return bisect_right(variable.bounds, number)
    text = write_value(value)
    if text not in variable.values:
        raise BadAnswers(
            f"{variable.fact} is fixed to {variable.values[0]} by this tool",
            fix="Leave the answer out, or choose another tool.",
            where=variable.key,
        )
    return variable.values.index(text)


def write_value(value: Given) -> str:
    """An answer as the rule language writes it: yes and no for true and false.

    >>> write_value(True), write_value(17)
    ('yes', '17')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, date) else str(value)


def read_date(value: Given) -> date | None:
    """The date an answer says, if it says one."""
    if isinstance(value, str):
        try:
            return read_day(value)
        except ValueError:
            return None
    return value if isinstance(value, date) and not isinstance(value, datetime) else None
