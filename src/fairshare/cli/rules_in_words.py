"""Conditions of a rule in words, outside any case."""

from __future__ import annotations

from collections.abc import Iterable

from fairshare.cli.bases import Rules
from fairshare.decide.conditions_in_words import Sight, describe
from fairshare.decide.ground import conditions_of
from fairshare.decide.language import Formula, Rule
from fairshare.decide.phrases import load_phrases
from fairshare.decide.program import Program


def say_conditions(held: Rules, rule: Rule) -> tuple[list[str], list[str]]:
    """What a rule asks for, and its exceptions, each as a clause."""
    return say_parts(held, conditions_of(rule)), say_parts(held, rule.exceptions)


def say_parts(held: Rules, parts: Iterable[Formula]) -> list[str]:
    """Conditions, each as a clause."""
    nothing = Program((), (), (), {}, (), {}, (), ())
    sight = Sight(held.base, nothing, held.words, load_phrases(held.words.language), (), {})
    return [describe(sight, each) for each in parts]
