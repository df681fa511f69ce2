"""What makes a rule base sound: scopes, defined names, no circles, and law behind every must and must-not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Protocol

from fairshare.decide.errors import (
    BadCondition,
    LawNotRead,
    NoCitation,
    UndefinedName,
    UnknownProvision,
    WrongScope,
    WrongType,
)
from fairshare.decide.language import (
    All,
    Among,
    Any,
    Fact,
    Formula,
    Holds,
    Rule,
    RuleBase,
    Scope,
    order_conclusions,
    walk_atoms,
)
from fairshare.words import Mark


class LawBook(Protocol):
    """What the loader asks of the law: `fairshare.decide.library` answers from `fairshare.law`."""

    def mark(self, provision: str, day: date) -> Mark | None:
        """How a provision was checked, as it stood on a day; None for one that is not held for that day."""

    def is_law(self, provision: str) -> bool:
        """Whether it binds of its own force, unlike guidance."""


NATION_VALUES = {"E": "england", "W": "wales", "S": "scotland", "NI": "northern_ireland"}
NATION_FACT = "nation"

SEES: dict[Scope, frozenset[Scope]] = {
    "case": frozenset({"case"}),
    "flow": frozenset({"flow", "case"}),
    "person": frozenset({"person", "case"}),
    "item": frozenset({"item", "flow", "person", "case"}),
}
"""The scopes that each scope sees: its own and those above it."""


def find_constraint_scope(never: tuple[Formula, ...], facts: Mapping[str, Fact], where: str) -> Scope:
    """The narrowest scope among the facts a constraint names outside `some_` and `every_`."""
    scopes: set[Scope] = set()

    def collect(parts: Iterable[Formula]) -> None:
        for part in parts:
            if isinstance(part, All | Any):
                collect(part.parts)
            elif isinstance(part, Holds):
                raise BadCondition(
                    "a constraint speaks of facts only, and this is a conclusion",
                    fix="Name the facts, or make it a rule.",
                    where=where,
                )
            elif not isinstance(part, Among):
                scopes.add(facts[part.fact].scope)

    collect(never)
    if any(isinstance(atom, Holds) for atom in walk_atoms(never)):
        raise BadCondition("a constraint speaks of facts only", fix="Name the facts, or make it a rule.", where=where)
    if "item" in scopes:
        return "item"
    if {"flow", "person"} <= scopes:
        raise WrongScope(
            "one fact belongs to a flow and another to a person, and neither sees the other",
            fix="Name a fact of an item too, or use some_item.",
            where=where,
        )
    return next(iter(scopes - {"case"}), "case")


def check_base(base: RuleBase, places: Mapping[str, str], law: LawBook | None) -> None:
    """Refuses a rule base whose parts do not fit together."""
    _check_conclusions(base, places)
    _check_tools(base, places)
    _check_rules(base, places, law)
    for constraint in base.constraints:
        _check_scopes(base, constraint.never, constraint.scope, places[f"constraint {constraint.id}"])
    for at, row in enumerate(base.rollup.rows):
        _check_scopes(base, row.when, "item", f"rollup.yaml: rows.{at}.when")
    for each in base.properties:
        place = places[f"property {each.id}"]
        _check_scopes(base, each.premise + each.promise, each.scope, place)
        if each.mutant not in base.rules:
            raise UndefinedName(
                f"no rule is called {each.mutant}",
                fix="Name the rule whose loss breaks the property.",
                where=f"{place}.mutant",
            )
        spoiled = base.conclusions[base.rules[each.mutant].conclusion]
        _check_scopes(base, each.mutant_unless, spoiled.scope, f"{place}.mutant_unless")
    order_conclusions(base.conclusions, base.rules.values(), places)
    if law is not None:
        _check_force(base, places, law)


def _check_conclusions(base: RuleBase, places: Mapping[str, str]) -> None:
    for each in base.conclusions.values():
        where = f"{places[each.id]}.finding"
        if each.finding is None:
            if each.force == "refer":
                raise WrongType(
                    f"{each.id} refers to a person without saying which finding is open",
                    fix="Add `finding`, naming a fact with a judgement.",
                    where=places[each.id],
                )
            continue
        if each.force != "refer":
            raise WrongType(f"{each.id} names a finding and does not refer", fix="Leave `finding` out.", where=where)
        fact = base.facts.get(each.finding)
        if fact is None:
            raise UndefinedName(f"no fact is called {each.finding}", fix="Declare it under facts.", where=where)
        if fact.judgement is None:
            raise WrongType(f"{each.finding} is not a judgement", fix="Give the fact a `judgement`.", where=where)
        if fact.scope not in SEES[each.scope]:
            raise WrongScope(
                f"a conclusion about a {each.scope} does not see {each.finding}, of a {fact.scope}",
                fix="Change one of the two scopes.",
                where=where,
            )


def _check_tools(base: RuleBase, places: Mapping[str, str]) -> None:
    for tool in base.tools.values():
        where = places[f"tool {tool.id}"].removesuffix(": tool")
        for gate in tool.gates:
            if gate not in base.gates:
                raise UndefinedName(f"no gate is called {gate}", fix="Correct the name.", where=f"{where}: gates")
        for goal in tool.goals:
            if goal not in base.conclusions:
                raise UndefinedName(f"no conclusion is called {goal}", fix="Correct the name.", where=f"{where}: goals")
        for name in (*tool.first, *tool.starts_with):
            if name not in base.facts:
                raise UndefinedName(f"no fact is called {name}", fix="Correct the name.", where=where)
        for name, value in tool.starts_with.items():
            text = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
            if text not in base.facts[name].values:
                raise UndefinedName(
                    f"{name} has no value {text}",
                    fix=f"It takes {', '.join(base.facts[name].values)}.",
                    where=f"{where}: starts_with.{name}",
                )


def _check_rules(base: RuleBase, places: Mapping[str, str], law: LawBook | None) -> None:
    nation = base.facts.get(NATION_FACT)
    for rule in base.rules.values():
        where = places[f"rule {rule.id}"]
        if rule.conclusion not in base.conclusions:
            raise UndefinedName(
                f"no conclusion is called {rule.conclusion}", fix="Declare it in a gate.", where=f"{where}.conclude"
            )
        if not rule.cite:
            raise NoCitation(f"the rule {rule.id} cites nothing", fix="Cite the provision it rests on.", where=where)
        for provision in rule.cite if law else ():
            for day in days_of_law(rule):
                if law and law.mark(provision, day) is None:
                    raise UnknownProvision(
                        f"{provision} is not law that is held for {'the days to come' if day == date.max else day}",
                        fix="Add it under law, correct the citation, or give the rule its `from` and `to`.",
                        where=f"{where}.cite",
                    )
        _check_scopes(base, rule.conditions + rule.exceptions, base.conclusions[rule.conclusion].scope, where)
        if len(rule.nations) < len(NATION_VALUES):
            if nation is None:
                raise UndefinedName(
                    f"the rule names nations, and there is no fact called {NATION_FACT}",
                    fix=f"Declare the fact {NATION_FACT}.",
                    where=f"{where}.nations",
                )
            if nation.scope != "case" or not set(NATION_VALUES.values()) <= set(nation.values):
                raise WrongType(
                    f"{NATION_FACT} must be a choice about the case, of {', '.join(NATION_VALUES.values())}",
                    fix="Correct the fact.",
                    where=places[NATION_FACT],
                )


def days_of_law(rule: Rule) -> tuple[date, ...]:
    """The days on which the provisions behind a rule are looked up: its last, and its first if it names one."""
    last = rule.end or date.max
    return (rule.start, last) if rule.start else (last,)


def _check_scopes(base: RuleBase, parts: Iterable[Formula], scope: Scope, where: str) -> None:
    for part in parts:
        if isinstance(part, All | Any):
            _check_scopes(base, part.parts, scope, where)
        elif isinstance(part, Among):
            if part.scope == scope or scope not in SEES[part.scope]:
                raise WrongScope(
                    f"a {part.scope} does not lie below a {scope}",
                    fix="Use some_ and every_ for what lies below the rule's own scope.",
                    where=where,
                )
            _check_scopes(base, (part.body,), part.scope, where)
        else:
            name = part.conclusion if isinstance(part, Holds) else part.fact
            seen = (base.conclusions if isinstance(part, Holds) else base.facts)[name].scope
            if seen not in SEES[scope]:
                raise WrongScope(
                    f"a {scope} does not see {name}, which belongs to a {seen}",
                    fix=f"Use some_{seen} or every_{seen} if it lies below, or move the conclusion.",
                    where=where,
                )


def _check_force(base: RuleBase, places: Mapping[str, str], law: LawBook) -> None:
    """Only law that was read concludes must or must-not, directly or through what it rests on."""
    for_conclusion: dict[str, list[Rule]] = {}
    for rule in base.rules.values():
        if rule.positive:
            for_conclusion.setdefault(rule.conclusion, []).append(rule)
    for goal in [each.id for each in base.conclusions.values() if each.force in ("must", "must_not")]:
        reached, waiting = {goal}, [goal]
        while waiting:
            for rule in for_conclusion.get(waiting.pop(), ()):
                _check_read(rule, goal, places[f"rule {rule.id}"], law)
                found = set(_supporting(rule)) - reached
                reached |= found
                waiting.extend(sorted(found))


def _check_read(rule: Rule, goal: str, where: str, law: LawBook) -> None:
    if rule.level != "must":
        raise LawNotRead(
            f"{rule.id} is of level {rule.level}, and {goal} rests on it",
            fix="Only a rule of level must may lead there; conclude a referral.",
            where=where,
        )
    if not any(law.is_law(provision) for provision in rule.cite):
        raise LawNotRead(
            f"{rule.id} cites guidance and no law, and {goal} rests on it",
            fix="Cite the law, or conclude a referral.",
            where=f"{where}.cite",
        )
    for provision in rule.cite:
        for mark in {law.mark(provision, day) for day in days_of_law(rule)} - {Mark.READ}:
            raise LawNotRead(
                f"{provision} is {mark and mark.value}, not read, and {goal} rests on it",
                fix="Read the provision and mark it so, or conclude a referral.",
                where=f"{where}.cite",
            )


def _supporting(rule: Rule) -> Iterator[str]:
    """The conclusions that must hold, rather than fail, for a rule to fire."""
    for parts, expected in ((rule.conditions, True), (rule.exceptions, False)):
        yield from (
            atom.conclusion for atom in walk_atoms(parts) if isinstance(atom, Holds) and atom.expected is expected
        )
