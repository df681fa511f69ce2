"""Conditions in words: what one asks for, and how the answers stand to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from fairshare.decide.answers import write_value
from fairshare.decide.language import (
    All,
    Among,
    Any,
    FactCompares,
    FactIn,
    FactKnown,
    FactType,
    Formula,
    Holds,
    RuleBase,
    Scope,
)
from fairshare.decide.phrases import Phrases
from fairshare.decide.program import Program
from fairshare.decide.views import View, key_of, list_views
from fairshare.decide.words import Words, spell
from fairshare.words import UNOBTAINABLE, Answer

_COMPARISONS = {
    (">=", FactType.NUMBER): "at_least",
    (">", FactType.NUMBER): "more_than",
    ("<=", FactType.NUMBER): "at_most",
    ("<", FactType.NUMBER): "less_than",
    (">=", FactType.DATE): "on_or_after",
    (">", FactType.DATE): "after",
    ("<=", FactType.DATE): "on_or_before",
    ("<", FactType.DATE): "before",
}


@dataclass(frozen=True)
class Sight:
    """One case as a proof looks at it: the answers, what follows, and the words for both."""

    base: RuleBase
    program: Program
    words: Words
    phrases: Phrases
    values: tuple[int | None, ...]
    truths: Mapping[str, bool | None]
    """Each conclusion by key; None is open."""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """By variable key, where a proof shall give the very number, day or person."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the case calls each flow, person and item, by ref."""


def weigh(sight: Sight, part: Formula, view: View) -> bool | None:
    """Whether a condition holds here; None while that is open."""
    if isinstance(part, All | Any):
        return _join(isinstance(part, All), [weigh(sight, each, view) for each in part.parts])
    if isinstance(part, Among):
        below = list_views(sight.program.shape, part.scope, view)
        return _join(part.every, [weigh(sight, part.body, each) for each in below])
    if isinstance(part, Holds):
        key = find_key(sight, part, view)
        truth = sight.truths.get(key) if key is not None else None
        return False if key is None else truth if truth is None else truth is part.expected
    key = find_key(sight, part, view)
    if key is None:
        return False
    at = sight.program.index.get(key)
    if at is None:
        return _allows_everything(sight, part)
    value = sight.values[at]
    if value is not None:
        return _allows(sight, part, at, value)
    allowed = {_allows(sight, part, at, each) for each in range(len(sight.program.variables[at].values))}
    return allowed.pop() if len(allowed) == 1 else None


def _allows_everything(sight: Sight, part: FactIn | FactCompares | FactKnown) -> bool | None:
    """What a condition says of a fact that this program has no use for: only that it takes every answer, if it does."""
    fact = sight.base.facts[part.fact]
    every = {*fact.values, *(() if fact.always_known else (UNOBTAINABLE,))}
    return True if isinstance(part, FactIn) and fact.values and every <= part.values else None


def _allows(sight: Sight, part: FactIn | FactCompares | FactKnown, at: int, value: int) -> bool:
    variable = sight.program.variables[at]
    written = variable.values[value]
    if isinstance(part, FactIn):
        return written in part.values
    if isinstance(part, FactKnown) or written == UNOBTAINABLE:
        return written != UNOBTAINABLE
    limit = sight.base.thresholds[part.threshold].value
    number = limit.toordinal() if isinstance(limit, date) else limit
    bounds = variable.bounds or ()
    above = value > 0 and bounds[value - 1] >= number + (part.operator in (">", "<="))
    return above == (part.operator in (">=", ">"))


def _join(every: bool, truths: list[bool | None]) -> bool | None:
    if (not every) in truths:
        return not every
    return None if None in truths else every


def find_key(sight: Sight, part: FactIn | FactCompares | FactKnown | Holds, view: View) -> str | None:
    """The key of the fact or conclusion that a condition sees from here; None if there is no such instance."""
    name = part.conclusion if isinstance(part, Holds) else part.fact
    scope: Scope = (sight.base.conclusions if isinstance(part, Holds) else sight.base.facts)[name].scope
    instance = view.instance(scope)
    return None if instance is None else key_of(name, instance)


def describe(sight: Sight, part: Formula) -> str:
    """What a condition asks for, as a clause."""
    say = sight.phrases.say
    if isinstance(part, All | Any):
        if not part.parts:
            return say("always" if isinstance(part, All) else "never")
        return say("and" if isinstance(part, All) else "or").join(describe(sight, each) for each in part.parts)
    if isinstance(part, Among):
        return say(f"{'every' if part.every else 'some'}_{part.scope}", body=describe(sight, part.body))
    if isinstance(part, Holds):
        title = sight.words.conclusion(part.conclusion).title
        return say("holds" if part.expected else "holds_not", title=title)
    question = sight.words.fact(part.fact).question
    if isinstance(part, FactKnown):
        return say("known", question=question)
    if isinstance(part, FactCompares):
        threshold = sight.base.thresholds[part.threshold]
        limit = say(
            "limit", value=write_value(threshold.value), title=sight.words.title_of("thresholds", part.threshold)
        )
        return say(_COMPARISONS[part.operator, sight.base.facts[part.fact].type], question=question, limit=limit)
    return _describe_values(sight, part)


def _describe_values(sight: Sight, part: FactIn) -> str:
    known = sight.base.facts[part.fact].values
    others = [value for value in known if value not in part.values]
    if len(known) > 2 and len(others) == 1 and UNOBTAINABLE not in part.values:
        return sight.phrases.say("not_so", clause=state_clause(sight, part.fact, others[0]))
    ordered = [value for value in (*known, UNOBTAINABLE) if value in part.values]
    return sight.phrases.say("or").join(state_clause(sight, part.fact, value) for value in ordered)


def state_clause(sight: Sight, fact: str, written: str) -> str:
    """One possible answer as a clause."""
    found = sight.words.state(fact, written)
    if found:
        return found
    question = sight.words.fact(fact).question
    if written == UNOBTAINABLE:
        return sight.phrases.say("unobtainable", question=question)
    return sight.phrases.say("answered", question=question, answer=sight.words.label(fact, written))


def tell_answer(sight: Sight, key: str) -> str:
    """How a question stands, as a clause: what was answered and, for a judgement, by whom; or that it is open."""
    name, _, instance = key.partition("@")
    at = sight.program.index.get(key)
    value = None if at is None else sight.values[at]
    if at is None or value is None:
        return _label(sight, instance, sight.phrases.say("unasked", question=sight.words.fact(name).question))
    given = sight.answers.get(key)
    variable = sight.program.variables[at]
    written = write_value(given.value) if given and variable.bounds is not None else variable.values[value]
    text = _label(sight, instance, state_clause(sight, name, written))
    if given and given.by and sight.base.facts[name].judgement:
        return sight.phrases.say("by", text=text, name=given.by.name, role=given.by.role)
    return text


def tell_conclusion(sight: Sight, key: str) -> str:
    """How a conclusion stands, as a clause."""
    name, _, instance = key.partition("@")
    truth = sight.truths.get(key)
    phrase = "holds_open" if truth is None else "holds" if truth else "holds_not"
    return _label(sight, instance, sight.phrases.say(phrase, title=sight.words.conclusion(name).title))


def _label(sight: Sight, instance: str, text: str) -> str:
    """Which flow, person or item is meant, where the case has more than one of its kind."""
    shape = sight.program.shape
    kinds = (shape.flows, shape.persons, tuple(ref for ref, _, _ in shape.items))
    if any(instance in kind and len(kind) > 1 for kind in kinds):
        return sight.phrases.say("of", label=sight.labels.get(instance) or spell(instance), text=text)
    return text
