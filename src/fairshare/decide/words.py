"""The words of a rule base, in one language: questions, labels, and what proofs and reports say.

Logic and words are separate files with the same keys, so that a content designer edits these without a programmer.
What has no words yet is spelled from its id, so that a new tool can be tried at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field

from fairshare.decide.answers import Given, write_value
from fairshare.decide.language import FactType, RuleBase
from fairshare.decide.load import read_folder
from fairshare.decide.load_shapes import Choice, Name, Shape, shape_file
from fairshare.words import UNOBTAINABLE, BadInput, NotFound

Language = Literal["en", "cy"]
Entry = TypeVar("Entry")


class BadWords(BadInput):
    """A file of words does not fit the rule base or says one thing twice."""

    code = "WORDS_NOT_VALID"


class FactWords(Shape):
    """A question, its labels, and each answer as a clause for proofs."""

    question: str
    help: str = ""
    why: str = ""
    values: dict[Choice, str] = Field(default_factory=dict)
    states: dict[Choice, str] = Field(default_factory=dict)
    factors: dict[Name, str] = Field(default_factory=dict)


class ConclusionWords(Shape):
    """What a conclusion is called, and what is said when it holds and when it does not."""

    title: str
    true: str = ""
    false: str = ""
    action: str = ""
    next_step: str = ""


class RuleWords(Shape):
    """Why a rule concludes what it does and, where its conclusion does not say that fittingly, what to do next."""

    because: str
    next_step: str = ""


class ToolWords(Shape):
    """What a scenario is called and who it is for."""

    title: str
    for_whom: str = ""
    not_for: str = ""


class Titled(Shape):
    """A gate or a threshold by its title."""

    title: str


class WordsFile(Shape):
    """A file of words, or a part of them."""

    facts: dict[Name, FactWords] = Field(default_factory=dict)
    conclusions: dict[Name, ConclusionWords] = Field(default_factory=dict)
    rules: dict[Name, RuleWords] = Field(default_factory=dict)
    tools: dict[Name, ToolWords] = Field(default_factory=dict)
    gates: dict[Name, Titled] = Field(default_factory=dict)
    thresholds: dict[Name, Titled] = Field(default_factory=dict)
    reviewed_by: str | None = None


@dataclass(frozen=True)
class Words:
    """All the words of one language."""

    language: Language
    facts: Mapping[str, FactWords] = field(default_factory=dict)
    conclusions: Mapping[str, ConclusionWords] = field(default_factory=dict)
    rules: Mapping[str, RuleWords] = field(default_factory=dict)
    tools: Mapping[str, ToolWords] = field(default_factory=dict)
    gates: Mapping[str, Titled] = field(default_factory=dict)
    thresholds: Mapping[str, Titled] = field(default_factory=dict)
    unreviewed: bool = False
    """Whether some of it has not been read by a speaker of the language."""

    def fact(self, name: str) -> FactWords:
        """The words of a fact."""
        return self.facts.get(name) or FactWords(question=f"{spell(name)}?")

    def conclusion(self, name: str) -> ConclusionWords:
        """The words of a conclusion."""
        return self.conclusions.get(name) or ConclusionWords(title=spell(name))

    def because(self, rule: str) -> str:
        """Why a rule concludes what it does; empty where no words say so."""
        return self.rules[rule].because if rule in self.rules else ""

    def next_step_of(self, rule: str) -> str:
        """What to do next where a rule keeps something from being shared; empty where its conclusion says so."""
        return self.rules[rule].next_step if rule in self.rules else ""

    def tool(self, name: str) -> ToolWords:
        """The words of a tool."""
        return self.tools.get(name) or ToolWords(title=spell(name))

    def title_of(self, kind: Literal["gates", "thresholds"], name: str) -> str:
        """The title of a gate or threshold."""
        found: Mapping[str, Titled] = getattr(self, kind)
        return found[name].title if name in found else spell(name)

    def label(self, fact: str, value: Given) -> str:
        """An answer as a form shows it."""
        text = write_value(value)
        return self.fact(fact).values.get(text) or spell(text)

    def state(self, fact: str, value: Given) -> str | None:
        """An answer as a clause of a proof; `states.known` speaks for any number or date, as `{value}`."""
        text = write_value(value)
        states = self.fact(fact).states
        if text in states:
            return states[text]
        return states["known"].replace("{value}", text) if "known" in states and text != UNOBTAINABLE else None


def spell(name: str) -> str:
    """An id as words, for what has none yet.

    >>> spell("requester.kind")
    'Requester kind'
    """
    text = name.replace(".", " ").replace("_", " ")
    return text[:1].upper() + text[1:]


def read_words(folder: Path, language: Language) -> Words:
    """The words in a folder of YAML files, which may divide them as their author likes.

    Raises   BadWords for a key that stands in two files; BadRules for a file of another shape.
    """
    if not folder.is_dir():
        raise NotFound(f"there are no words for the language {language}", fix="Add the folder.", where=str(folder))
    merged: dict[str, dict[str, Any]] = {kind: {} for kind in _KINDS}
    unreviewed = False
    for path, parsed in sorted(read_folder(folder).items()):
        file = shape_file(WordsFile, parsed, path)
        unreviewed |= language != "en" and file.reviewed_by is None
        for kind in _KINDS:
            for name, entry in getattr(file, kind).items():
                if name in merged[kind]:
                    raise BadWords(
                        f"{name} has words in two files", fix="Keep one of them.", where=f"{path}: {kind}.{name}"
                    )
                merged[kind][name] = entry
    return Words(language=language, unreviewed=unreviewed, **merged)


_KINDS = ("facts", "conclusions", "rules", "tools", "gates", "thresholds")


def list_missing_words(base: RuleBase, words: Words) -> list[str]:
    """Every place where the rule base has something to say and no words to say it in."""
    return list(_missing(base, words))


def _missing(base: RuleBase, words: Words) -> Iterator[str]:
    for fact in base.facts.values():
        if fact.id not in words.facts:
            yield f"facts.{fact.id}"
            continue
        found = words.facts[fact.id]
        unobtainable = () if fact.always_known else (UNOBTAINABLE,)
        numeric = fact.type in (FactType.NUMBER, FactType.DATE)
        yield from (f"facts.{fact.id}.values.{value}" for value in fact.values if value not in found.values)
        yield from (
            f"facts.{fact.id}.states.{value}"
            for value in (*fact.values, *unobtainable)
            if value not in found.states and not numeric
        )
    yield from (f"conclusions.{each}" for each in base.conclusions if each not in words.conclusions)
    yield from (f"rules.{each}" for each in base.rules if each not in words.rules)
    yield from (f"tools.{each}" for each in base.tools if each not in words.tools)


def list_stray_words(base: RuleBase, words: Words) -> list[str]:
    """Words for things that the rule base does not have."""
    known: dict[str, Any] = {
        "facts": base.facts,
        "conclusions": base.conclusions,
        "rules": base.rules,
        "tools": base.tools,
        "gates": base.gates,
        "thresholds": base.thresholds,
    }
    stray = [f"{kind}.{name}" for kind in _KINDS for name in getattr(words, kind) if name not in known[kind]]
    for name, found in words.facts.items():
        if name in base.facts:
            allowed = {*base.facts[name].values, UNOBTAINABLE, "known"}
            stray += [
                f"facts.{name}.{part}.{value}"
                for part in ("values", "states")
                for value in getattr(found, part)
                if value not in allowed
            ]
    return stray
