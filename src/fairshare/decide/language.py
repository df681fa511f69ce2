"""The rule language as values: what docs/reference/rule-language.md describes, once it is read.

A `RuleBase` is what the files say. `fairshare.decide.program` holds what it becomes for one case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Literal

from fairshare.decide.errors import CircularConclusions

Scope = Literal["case", "flow", "person", "item"]
Nation = Literal["E", "W", "S", "NI"]
Level = Literal["must", "should", "could"]
Force = Literal["must", "must_not", "may", "refer", "none"]


class FactType(StrEnum):
    """What kind of answer a question takes."""

    BOOL = "bool"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding that only a named person in `role` makes, weighing `factors`."""

    role: str
    factors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that may be asked. `values` are the choices (of a bool, yes and no); a number or date has none."""

    id: str
    type: FactType
    scope: Scope = "case"
    values: tuple[str, ...] = ()
    always_known: bool = False
    changeable: bool = False
    judgement: Judgement | None = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number or date with a name, so that rules compare with what the law says and not with a bare figure."""

    id: str
    value: int | date
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FactIn:
    """The answer is one of `values` (`unobtainable` may be among them)."""

    fact: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class FactCompares:
    """A number or date is known and compares so with a named threshold."""

    fact: str
    operator: Literal[">=", ">", "<=", "<"]
    threshold: str


@dataclass(frozen=True, slots=True)
class FactKnown:
    """The answer is anything but `unobtainable`."""

    fact: str


@dataclass(frozen=True, slots=True)
class Holds:
    """A conclusion holds or, with `expected` false, does not."""

    conclusion: str
    expected: bool = True


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; true when there are none."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """At least one part holds; false when there are none."""

    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Among:
    """`body` holds for some, or for every, instance of `scope` below the present one."""

    scope: Literal["flow", "person", "item"]
    every: bool
    body: Formula


FactAtom = FactIn | FactCompares | FactKnown
Formula = FactIn | FactCompares | FactKnown | Holds | All | Any | Among


def walk_atoms(parts: Iterable[Formula]) -> Iterator[FactIn | FactCompares | FactKnown | Holds]:
    """Every fact and conclusion that formulas speak of, in the order in which they are written."""
    for part in parts:
        if isinstance(part, All | Any):
            yield from walk_atoms(part.parts)
        elif isinstance(part, Among):
            yield from walk_atoms((part.body,))
        else:
            yield part


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Something that rules establish."""

    id: str
    gate: str
    scope: Scope = "case"
    force: Force = "none"
    sort: str | None = None
    finding: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """`conclusion` (or, with `positive` false, its opposite) if `conditions`, unless any of `exceptions`."""

    id: str
    gate: str
    conclusion: str
    positive: bool
    conditions: tuple[Formula, ...]
    exceptions: tuple[Formula, ...]
    level: Level
    cite: tuple[str, ...]
    start: date | None = None
    end: date | None = None
    confirmed: bool = True
    nations: frozenset[Nation] = frozenset({"E", "W", "S", "NI"})
    priority: int = 0

    def in_force(self, day: date) -> bool:
        """Whether the rule applies on `day`, leaving aside whether its commencement is confirmed."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Constraint:
    """Formulas that can never all hold at once in `scope` (worked out from the facts it names)."""

    id: str
    gate: str
    never: tuple[Formula, ...]
    scope: Scope = "case"
    cite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RollupRow:
    """An outcome for an item where all of `when` hold."""

    outcome: str
    when: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Rollup:
    """The one visible table from conclusions to outcomes; the first row that holds decides."""

    rows: tuple[RollupRow, ...]
    default: str


@dataclass(frozen=True, slots=True)
class Property:
    """Whenever all of `premise` hold, so do all of `promise`; spoiling rule `mutant` must break that."""

    id: str
    scope: Scope
    premise: tuple[Formula, ...]
    promise: tuple[Formula, ...]
    mutant: str
    mutant_unless: tuple[Formula, ...] = ()
    """The exception that a mistaken author would add to the rule; without one, the rule is dropped."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A scenario: gates in the order of their questions, what is fixed, and what must be settled."""

    id: str
    gates: tuple[str, ...]
    goals: tuple[str, ...]
    starts_with: dict[str, str | bool] = field(default_factory=dict)
    first: tuple[str, ...] = ()
    emergency: bool = False


@dataclass(frozen=True)
class RuleBase:
    """Everything the files say, checked for names, types, scopes and circles. `digest` is a SHA-256 of the files."""

    facts: dict[str, Fact]
    thresholds: dict[str, Threshold]
    conclusions: dict[str, Conclusion]
    rules: dict[str, Rule]
    constraints: tuple[Constraint, ...]
    rollup: Rollup
    properties: tuple[Property, ...]
    tools: dict[str, Tool]
    gates: tuple[str, ...]
    digest: str

    @cached_property
    def rests_on(self) -> dict[str, dict[str, None]]:
        """For each gate, the gates whose conclusions its rules speak of, in the order in which they do."""
        found: dict[str, dict[str, None]] = {gate: {} for gate in self.gates}
        for rule in self.rules.values():
            for atom in walk_atoms(rule.conditions + rule.exceptions):
                if isinstance(atom, Holds):
                    found[rule.gate][self.conclusions[atom.conclusion].gate] = None
        return found

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every conclusion, each after those that it rests on by any rule."""
        return order_conclusions(self.conclusions, self.rules.values())


def order_conclusions(
    conclusions: Iterable[str], rules: Iterable[Rule], places: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """The conclusions, each after those of them that it rests on by these rules."""
    rests_on: dict[str, dict[str, None]] = {name: {} for name in conclusions}
    for rule in rules:
        below = rests_on[rule.conclusion]
        for atom in walk_atoms(rule.conditions + rule.exceptions):
            if isinstance(atom, Holds) and atom.conclusion in rests_on:
                below[atom.conclusion] = None
    try:
        return tuple(TopologicalSorter(rests_on).static_order())
    except CycleError as error:
        circle = error.args[1]
        raise CircularConclusions(
            f"these rest on each other: {' <- '.join(circle)}",
            fix="Break the circle.",
            where=(places or {}).get(circle[0]),
        ) from None
