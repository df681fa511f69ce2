"""Hand-written cases that a rule base must get right: answers, and what the law says must come of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from fairshare.decide.answers import why_not_value, write_value
from fairshare.decide.language import RuleBase
from fairshare.decide.load import read_folder
from fairshare.decide.load_shapes import Choice, Day, Name, Shape, shape_file
from fairshare.decide.program import CaseShape
from fairshare.decide.views import key_of, list_views
from fairshare.words import UNOBTAINABLE, Answer, BadInput, Outcome

_CASE = ("tool", "items", "persons", "day", "unconfirmed")
UNDATED = date(2026, 11, 22)
"""The day of a scenario that names none."""
MOST_LIKES = 8
"""How long a chain of scenarios that are like another may be."""
_OUTCOMES = frozenset(each.value for each in Outcome)
Ref = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Told = Annotated[Outcome, Field(strict=False)]
Given = bool | int | str


class ScenarioShape(Shape):
    """One scenario as a file has it."""

    id: Choice = ""
    """May be left out under `and_if`."""
    says: Annotated[str, StringConstraints(min_length=1, max_length=400)]
    like: Choice = ""
    tool: Name = ""
    day: Day = UNDATED
    days: Annotated[list[Day], Field(min_length=1)] = Field(default_factory=list)
    items: Annotated[dict[Ref, Ref | None], Field(min_length=1)] = Field(default_factory=dict)
    persons: list[Ref] = Field(default_factory=list)
    use: list[Choice] = Field(default_factory=list)
    answers: dict[str, Given] = Field(default_factory=dict)
    case: Told = Outcome.DEFER_NEED_INFO
    outcomes: dict[Ref, Told] = Field(default_factory=dict)
    holds: list[str] = Field(default_factory=list)
    fails: list[str] = Field(default_factory=list)
    fired: dict[str, Name] = Field(default_factory=dict)
    impossible: bool = False
    unconfirmed: bool = False
    and_if: list[ScenarioShape] = Field(default_factory=list)
    only_if: dict[str, dict[str, list[str]]] = Field(default_factory=dict)
    number: int = 0
    acceptance: int = 0
    """The acceptance scenario of the founding documents that it stands for."""


class ScenariosFile(Shape):
    """A file of scenarios, and of sets of answers that several of them use."""

    sets: dict[Choice, dict[str, Given]] = Field(default_factory=dict)
    scenarios: list[ScenarioShape] = Field(default_factory=list)


@dataclass(frozen=True)
class Scenario:
    """One case on one day, and what must come of it."""

    id: str
    says: str
    tool: str
    day: date
    shape: CaseShape
    answers: Mapping[str, Answer]
    outcomes: Mapping[str, str]
    """For each item whose outcome is told."""
    case: str | None
    """None when the answers cannot all be true, or when this is one turn of another scenario."""
    holds: tuple[str, ...] = ()
    fails: tuple[str, ...] = ()
    """Conclusions by key; without a ref, of every instance."""
    fired: Mapping[str, str] | None = None
    """For a conclusion by key, a rule that must be among those it rests on."""
    excluded: Mapping[str, tuple[str, ...]] | None = None
    """For items, the outcomes that they must not have."""
    impossible: bool = False
    """Whether the answers must be refused, since they cannot all be true."""
    unconfirmed: bool = False
    """Whether law whose commencement is not confirmed is taken to be in force."""
    turn: bool = False
    """Whether this is another scenario with one answer changed, told under `only_if`."""


def read_scenarios(folder: Path, base: RuleBase) -> tuple[Scenario, ...]:
    """Every scenario in the YAML files of a folder; one that names no day is of `UNDATED`.

    A scenario may be `like` another, whose case and answers it takes. Under `and_if` it lists the same case with some
    answers changed, and what then comes of it. Under `only_if` it says for a conclusion, or an outcome, for which
    answers to one question it holds, all else being as told; for every other answer to that question it does not.
    Raises   BadInput, naming the scenario.
    """
    files = [shape_file(ScenariosFile, parsed, name) for name, parsed in read_folder(folder).items()]
    sets = {name: given for file in files for name, given in file.sets.items()}
    written = [each.model_dump(mode="json", exclude_unset=True) for file in files for each in file.scenarios]
    reading = _Reading(base, sets, {each.get("id", ""): each for each in written})
    found = [scenario for each in written for scenario in reading.read(each)]
    for each in found:
        check_scenario(base, each)
    counted = Counter(each.id for each in found)
    twice = next((name for name, count in counted.items() if count > 1), None)
    if twice:
        raise BadInput("two scenarios have one id", fix="Rename one.", where=twice)
    return tuple(found)


class _Reading:
    """The files of a folder, while their scenarios are read."""

    def __init__(
        self, base: RuleBase, sets: Mapping[str, Mapping[str, Given]], written: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.base, self.sets, self.written = base, sets, written

    def read(self, own: Mapping[str, Any]) -> Iterator[Scenario]:
        """A scenario with everything it stands for."""
        written, given = self.gather(own)
        if missing := {"id", "says", "tool", "items"} - set(written):
            raise _refuse(own, f"the scenario has no {sorted(missing)[0]}", "Add it.")
        if written["tool"] not in self.base.tools:
            raise _refuse(own, "there is no such tool", "Correct the name.")
        fixed = self.base.tools[written["tool"]].starts_with
        for key, value in given.items():
            if write_value(value) != write_value(fixed.get(key.partition("@")[0], value)):
                raise _refuse(own, f"its tool fixes {key} otherwise", "Leave the answer out.")
        days = [date.fromisoformat(day) for day in written.get("days", [written.get("day", UNDATED.isoformat())])]
        for at, day in enumerate(days):
            name = f"{written['id']}_on_{day}" if at else written["id"]
            if "case" in written or written.get("impossible"):
                yield _build(written, given, day, name)
            yield from self.turn(written, given, day, name)
        for at, other in enumerate(written.get("and_if", []), start=2):
            case = {key: written[key] for key in _CASE if key in written}
            told = {**case, "id": f"{written['id']}_{at}", **other}
            yield from self.read({**told, "answers": _answer_otherwise(given, other.get("answers", {}))})

    def gather(self, own: Mapping[str, Any], likes: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
        """A scenario with the case it is like, and its answers: those of the other, its sets in order, its own."""
        given: dict[str, Any] = {}
        case: dict[str, Any] = {}
        if "like" in own:
            if own["like"] not in self.written or likes > MOST_LIKES:
                raise _refuse(own, f"there is no scenario {own['like']} to be like", "Correct the name.")
            other, given = self.gather(self.written[own["like"]], likes + 1)
            case = {key: other[key] for key in _CASE if key in other}
        for name in own.get("use", []):
            if name not in self.sets:
                raise _refuse(own, f"there is no set of answers called {name}", "Correct the name.")
            given = _answer_otherwise(given, self.sets[name])
        return case | dict(own), _answer_otherwise(given, own.get("answers", {}))

    def turn(self, written: Mapping[str, Any], given: dict[str, Any], day: date, name: str) -> Iterator[Scenario]:
        """For each question that something holds only for some answers to: the case with each of its answers."""
        told: dict[str, list[tuple[str, list[str]]]] = {}
        for what, questions in written.get("only_if", {}).items():
            for question, values in questions.items():
                told.setdefault(question, []).append((what, [str(value) for value in values]))
        for question, lines in told.items():
            fact = self.base.facts.get(question.partition("@")[0])
            if fact is None or not fact.values:
                raise _refuse(written, f"{question} is no question with a list of answers", "Correct the name.")
            if fact.id in self.base.tools[written["tool"]].starts_with:
                raise _refuse(written, f"its tool fixes {question}", "Turn another question.")
            every = (*fact.values, *(() if fact.always_known else (UNOBTAINABLE,)))
            if unknown := {value for _, values in lines for value in values} - set(every):
                raise _refuse(written, f"{question} takes no {sorted(unknown)[0]}", "Correct the answer.")
            for value in every:
                changed = _answer_otherwise(given, {question: value})
                yield self._turn_to(written, changed, day, f"{name}: {question} is {value}", lines, value)

    def _turn_to(
        self,
        written: Mapping[str, Any],
        given: dict[str, Any],
        day: date,
        name: str,
        lines: list[tuple[str, list[str]]],
        value: str,
    ) -> Scenario:
        items = list(written["items"])
        outcomes: dict[str, str] = {}
        excluded: dict[str, tuple[str, ...]] = {}
        holds, fails = list[str](), list[str]()
        for what, values in lines:
            outcome, _, ref = what.partition("@")
            if outcome not in _OUTCOMES:
                (holds if value in values else fails).append(what)
            elif value in values:
                outcomes |= dict.fromkeys([ref] if ref else items, outcome)
            else:
                excluded |= {item: (*excluded.get(item, ()), outcome) for item in ([ref] if ref else items)}
        told = {key: written[key] for key in ("says", *_CASE, "items") if key in written}
        found = _build(told, given, day, name)
        return replace(found, outcomes=outcomes, excluded=excluded, holds=tuple(holds), fails=tuple(fails), turn=True)


def _refuse(written: Mapping[str, Any], what: str, fix: str) -> BadInput:
    return BadInput(what, fix=fix, where=str(written.get("id", "?"))[:120])


def _answer_otherwise(given: Mapping[str, Any], changed: Mapping[str, Any]) -> dict[str, Any]:
    """Answers with some changed; a question answered for all takes the place of its answers for one."""
    whole = {key for key in changed if "@" not in key}
    return {key: value for key, value in given.items() if key.partition("@")[0] not in whole} | dict(changed)


def _build(written: Mapping[str, Any], given: Mapping[str, Any], day: date, name: str) -> Scenario:
    items: Mapping[str, str | None] = written["items"]
    shape = CaseShape(
        ("f1",), tuple(written.get("persons", ["p1"])), tuple((ref, "f1", person) for ref, person in items.items())
    )
    case = written.get("case")
    return Scenario(
        id=name,
        says=written["says"],
        tool=written["tool"],
        day=day,
        shape=shape,
        answers={key: Answer(value=value) for key, value in given.items()},
        outcomes={} if case is None else written.get("outcomes", dict.fromkeys(items, case)),
        case=case,
        holds=tuple(written.get("holds", ())),
        fails=tuple(written.get("fails", ())),
        fired=written.get("fired"),
        impossible=bool(written.get("impossible")),
        unconfirmed=bool(written.get("unconfirmed")),
    )


def check_scenario(base: RuleBase, scenario: Scenario) -> None:
    """Refuses a scenario that speaks of what its tool, its case or the rule base does not have.

    Raises   BadInput.
    """
    shape = scenario.shape
    items = {ref for ref, _, _ in shape.items}
    refs = {"case": {""}, "flow": set(shape.flows), "person": set(shape.persons), "item": items}
    lost = {person for _, _, person in shape.items if person} - refs["person"]
    lost |= {*scenario.outcomes, *(scenario.excluded or {})} - items
    if lost:
        raise BadInput(f"the case has no {min(lost)}", fix="Add it, or correct the ref.", where=scenario.id)
    for key, answer in scenario.answers.items():
        name, at, ref = key.partition("@")
        fact = base.facts.get(name)
        if fact is None or (at and ref not in refs[fact.scope]):
            raise BadInput(f"there is no question {key[:80]}", fix="Correct the name.", where=scenario.id)
        if why_not := why_not_value(fact, answer.value):
            raise BadInput(f"{key} {why_not}", fix="Correct the answer.", where=scenario.id)
    for key in (*scenario.holds, *scenario.fails):
        name, at, ref = key.partition("@")
        if name not in base.conclusions or (at and ref not in refs[base.conclusions[name].scope]):
            raise BadInput(f"there is no conclusion {key[:80]}", fix="Correct the name.", where=scenario.id)


def spread_keys(base: RuleBase, shape: CaseShape, keys: Iterable[str]) -> tuple[str, ...]:
    """Conclusions by key, one for each instance where a key has no ref."""
    found: list[str] = []
    for key in keys:
        name, at, _ = key.partition("@")
        scope = base.conclusions[name].scope
        views = list_views(shape, scope)
        found += [key] if at else [key_of(name, view.instance(scope) or "") for view in views]
    return tuple(found)
