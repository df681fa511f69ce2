"""Reading one written condition, such as `requester.kind is competent_authority`, into a formula."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any as Anything
from typing import Literal, cast

from fairshare.decide.errors import BadCondition, UndefinedName, WrongType
from fairshare.decide.language import (
    All,
    Among,
    Any,
    Fact,
    FactCompares,
    FactIn,
    FactKnown,
    FactType,
    Formula,
    Holds,
    Threshold,
)
from fairshare.words import UNOBTAINABLE

NAME = r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*"
VALUE = r"[a-z0-9_]+"

_HOLDS = re.compile(rf"(not )?({NAME})")
_IS = re.compile(rf"({NAME}) is (not )?({VALUE})")
_IN = re.compile(rf"({NAME}) in ({VALUE}(?:, ?{VALUE})*)")
_COMPARES = re.compile(rf"({NAME}) (>=|>|<=|<) ({NAME})")
_AMONG = re.compile(r"(some|every)_(flow|person|item)")

_HOW = "Write it as docs/reference/rule-language.md shows, such as `fact is yes` or `fact in a, b`."


@dataclass(frozen=True, slots=True)
class Names:
    """What a condition may speak of."""

    facts: Mapping[str, Fact]
    thresholds: Mapping[str, Threshold]
    conclusions: frozenset[str]


def read_parts(written: Anything, names: Names, where: str) -> tuple[Formula, ...]:
    """A list of conditions, or a single one, as a tuple."""
    if isinstance(written, list):
        return tuple(read_condition(part, names, f"{where}.{at}") for at, part in enumerate(written))
    return (read_condition(written, names, where),)


def read_condition(written: Anything, names: Names, where: str) -> Formula:
    """The formula that a condition says: text, a list (all of them), or one of `all`, `any`, `some_x`, `every_x`."""
    if isinstance(written, str):
        return _read_text(written.strip(), names, where)
    if isinstance(written, list):
        return All(read_parts(written, names, where))
    if isinstance(written, dict) and len(written) == 1:
        ((word, body),) = written.items()
        place = f"{where}.{word}"
        if word == "all":
            return All(read_parts(body, names, place))
        if word == "any":
            return Any(read_parts(body, names, place))
        if found := _AMONG.fullmatch(word):
            parts = read_parts(body, names, place)
            scope = cast(Literal["flow", "person", "item"], found[2])
            return Among(scope, found[1] == "every", parts[0] if len(parts) == 1 else All(parts))
    raise BadCondition("this is not a condition", fix=_HOW, where=where)


def _read_text(text: str, names: Names, where: str) -> Formula:
    if found := _HOLDS.fullmatch(text):
        return _read_conclusion(found[2], not found[1], names, where)
    if found := _IS.fullmatch(text):
        return _read_is(_find_fact(found[1], names, where), bool(found[2]), found[3], where)
    if found := _IN.fullmatch(text):
        values = [value.strip() for value in found[2].split(",")]
        return _read_values(_find_fact(found[1], names, where), values, where)
    if found := _COMPARES.fullmatch(text):
        return _read_comparison(_find_fact(found[1], names, where), found[2], found[3], names, where)
    raise BadCondition(f"the condition {text[:80]!r} cannot be read", fix=_HOW, where=where)


def _read_conclusion(name: str, expected: bool, names: Names, where: str) -> Formula:
    if name in names.facts:
        raise BadCondition(
            f"{name} is a fact, and a fact is not true or false by itself", fix=f"Write `{name} is ...`.", where=where
        )
    if name not in names.conclusions:
        comma = " A comma inside [...] divides the list: write the condition on a line of its own, or in quotes."
        fix = f"Declare it in a gate, or correct the name.{'' if '.' in name else comma}"
        raise UndefinedName(f"no conclusion is called {name}", fix=fix, where=where)
    return Holds(name, expected)


def _find_fact(name: str, names: Names, where: str) -> Fact:
    if name in names.facts:
        return names.facts[name]
    if name in names.conclusions:
        raise BadCondition(
            f"{name} is a conclusion, which holds or does not", fix=f"Write `{name}` or `not {name}`.", where=where
        )
    raise UndefinedName(f"no fact is called {name}", fix="Declare it under facts, or correct the name.", where=where)


def _read_is(fact: Fact, negated: bool, value: str, where: str) -> Formula:
    if value in ("known", UNOBTAINABLE):
        if negated:
            raise BadCondition(
                f"`is not {value}` is written otherwise",
                fix=f"Write `{fact.id} is {UNOBTAINABLE if value == 'known' else 'known'}`.",
                where=where,
            )
        if fact.always_known:
            raise WrongType(
                f"{fact.id} is always known", fix="Leave the condition out, or drop always_known.", where=where
            )
        return FactKnown(fact.id) if value == "known" else FactIn(fact.id, frozenset({UNOBTAINABLE}))
    chosen = _read_values(fact, [value], where)
    return FactIn(fact.id, frozenset(fact.values) - chosen.values) if negated else chosen


def _read_values(fact: Fact, values: list[str], where: str) -> FactIn:
    for value in values:
        if value == UNOBTAINABLE:
            if fact.always_known:
                raise WrongType(f"{fact.id} is always known", fix="Leave `unobtainable` out.", where=where)
        elif fact.type in (FactType.NUMBER, FactType.DATE):
            raise WrongType(
                f"{fact.id} is a {fact.type}, and is compared with a named threshold",
                fix=f"Write `{fact.id} >= threshold`.",
                where=where,
            )
        elif value not in fact.values:
            raise UndefinedName(
                f"{fact.id} has no value {value}", fix=f"It takes {', '.join(fact.values)}.", where=where
            )
    return FactIn(fact.id, frozenset(values))


def _read_comparison(fact: Fact, operator: str, name: str, names: Names, where: str) -> Formula:
    if fact.type not in (FactType.NUMBER, FactType.DATE):
        raise WrongType(
            f"{fact.id} is a {fact.type}, which has no order", fix=f"Write `{fact.id} is VALUE`.", where=where
        )
    threshold = names.thresholds.get(name)
    if threshold is None:
        raise UndefinedName(f"no threshold is called {name}", fix="Declare it in thresholds.yaml.", where=where)
    if isinstance(threshold.value, int) != (fact.type is FactType.NUMBER):
        raise WrongType(f"{fact.id} is a {fact.type}, and {name} is not", fix="Compare like with like.", where=where)
    return FactCompares(fact.id, cast(Literal[">=", ">", "<=", "<"], operator), name)
