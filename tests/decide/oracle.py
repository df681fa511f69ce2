"""The slow enumerator: the rule language read straight from its page, with no ground program, solver or compiler.

It works on a `RuleBase` and tries every completion. Whatever the engine says must agree with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product

from fairshare.decide.language import All, Among, Any, FactCompares, FactIn, FactKnown, Holds, Rule, RuleBase
from fairshare.decide.program import CaseShape, Program

NATIONS = {"E": "england", "W": "wales", "S": "scotland", "NI": "northern_ireland"}
Answers = Mapping[str, str | int | date]
"""A value by `fact` or `fact@ref`; "unobtainable" is a value."""


class World:
    """One complete case: every question answered."""

    def __init__(
        self,
        base: RuleBase,
        shape: CaseShape,
        law_date: date,
        answers: Answers,
        *,
        gates: frozenset[str] | None = None,
        with_unconfirmed: bool = False,
    ) -> None:
        self.base, self.shape, self.answers = base, shape, answers
        self.rules = [
            rule
            for rule in base.rules.values()
            if (rule.start is None or rule.start <= law_date)
            and (rule.end is None or law_date <= rule.end)
            and (rule.confirmed or with_unconfirmed)
            and (gates is None or rule.gate in gates)
        ]

    def instances(self, scope: str) -> list[dict[str, str]]:
        """Each instance of a scope with everything above it."""
        if scope == "case":
            return [{"case": ""}]
        if scope == "flow":
            return [{"case": "", "flow": flow} for flow in self.shape.flows]
        if scope == "person":
            return [{"case": "", "person": person} for person in self.shape.persons]
        return [
            {"case": "", "flow": flow, "item": item} | ({"person": person} if person else {})
            for item, flow, person in self.shape.items
        ]

    def true(self, part: object, seen: dict[str, str]) -> bool:
        if isinstance(part, All):
            return all(self.true(each, seen) for each in part.parts)
        if isinstance(part, Any):
            return any(self.true(each, seen) for each in part.parts)
        if isinstance(part, Among):
            below = [
                each
                for each in self.instances(part.scope)
                if all(each.get(scope) == ref for scope, ref in seen.items())
            ]
            found = [self.true(part.body, each) for each in below]
            return all(found) if part.every else any(found)
        if isinstance(part, Holds):
            scope = self.base.conclusions[part.conclusion].scope
            return scope in seen and self.holds(part.conclusion, seen) == part.expected
        assert isinstance(part, FactIn | FactCompares | FactKnown)
        scope = self.base.facts[part.fact].scope
        if scope not in seen:
            return False
        value = self.answers[f"{part.fact}@{seen[scope]}" if seen[scope] else part.fact]
        if isinstance(part, FactIn):
            return value in part.values
        if isinstance(part, FactKnown) or value == "unobtainable":
            return value != "unobtainable"
        limit = self.base.thresholds[part.threshold].value
        return {">=": value >= limit, ">": value > limit, "<=": value <= limit, "<": value < limit}[part.operator]

    def fires(self, rule: Rule, seen: dict[str, str]) -> bool:
        """Whether a rule fires for an instance of its conclusion's scope."""
        if len(rule.nations) < 4 and self.answers["nation"] not in {NATIONS[each] for each in rule.nations}:
            return False
        return all(self.true(each, seen) for each in rule.conditions) and not any(
            self.true(each, seen) for each in rule.exceptions
        )

    def holds(self, conclusion: str, seen: dict[str, str]) -> bool:
        """Whether some rule for it fires, and none against it of the same or a higher priority."""
        scope = self.base.conclusions[conclusion].scope
        here = next(each for each in self.instances(scope) if each[scope] == seen[scope])
        fired = [rule for rule in self.rules if rule.conclusion == conclusion and self.fires(rule, here)]
        return any(
            rule.positive and not any(not other.positive and other.priority >= rule.priority for other in fired)
            for rule in fired
        )

    def possible(self) -> bool:
        """Whether no constraint is broken."""
        return not any(
            all(self.true(part, seen) for part in each.never)
            for each in self.base.constraints
            for seen in self.instances(each.scope)
        )

    def outcome(self, item: str) -> str:
        """The first row of the roll-up that holds for an item."""
        seen = next(each for each in self.instances("item") if each["item"] == item)
        return next(
            (row.outcome for row in self.base.rollup.rows if all(self.true(part, seen) for part in row.when)),
            self.base.rollup.default,
        )

    def conclusions(self) -> dict[str, bool]:
        """Every conclusion by key."""
        return {
            f"{name}@{seen[each.scope]}" if seen[each.scope] else name: self.holds(name, seen)
            for name, each in self.base.conclusions.items()
            for seen in self.instances(each.scope)
        }

    def fired(self) -> set[tuple[str, str]]:
        """Every rule that fires, with its instance."""
        return {
            (rule.id, seen[scope])
            for rule in self.rules
            for scope in [self.base.conclusions[rule.conclusion].scope]
            for seen in self.instances(scope)
            if self.fires(rule, seen)
        }


def representative(program: Program, variable: int, value: int) -> str | int | date:
    """A real answer that lies in a region of a variable's domain."""
    found = program.variables[variable]
    text = found.values[value]
    if found.bounds is None or text == "unobtainable":
        return text
    number = (found.bounds[value - 1] if value else found.bounds[0] - 1) if found.bounds else 1
    return date.fromordinal(number) if program.facts[found.fact].type == "date" else number


def worlds(
    base: RuleBase, program: Program, known: Mapping[int, int], gates: frozenset[str] | None = None
) -> Iterator[tuple[tuple[int, ...], World]]:
    """Every completion of what is known that no constraint forbids, as value indexes and as a world.

    Facts that the program does not ask get any value: they cannot matter, and `conclusions` would show it if they did.
    """
    choices = [[known[at]] if at in known else range(len(each.values)) for at, each in enumerate(program.variables)]
    unasked: dict[str, str | int | date] = {}
    for fact in base.facts.values():
        refs = (
            [""]
            if fact.scope == "case"
            else [*program.shape.flows, *program.shape.persons, *(ref for ref, _, _ in program.shape.items)]
        )
        for ref in refs:
            filler: str | int | date = fact.values[0] if fact.values else date.min if fact.type == "date" else 0
            unasked[f"{fact.id}@{ref}" if ref else fact.id] = filler
    for values in product(*choices):
        answers = unasked | {
            each.key: representative(program, at, values[at]) for at, each in enumerate(program.variables)
        }
        world = World(
            base, program.shape, program.law_date, answers, gates=gates, with_unconfirmed=program.with_unconfirmed
        )
        if world.possible():
            yield values, world


def settle_slowly(base: RuleBase, program: Program, known: Mapping[int, int]) -> dict[str, bool | None]:
    """Each conclusion: true or false in every completion, or None; empty if there is no completion at all."""
    settled: dict[str, bool | None] = {}
    for _, world in worlds(base, program, known):
        for key, truth in world.conclusions().items():
            settled[key] = truth if settled.get(key, truth) == truth else None
    return settled
