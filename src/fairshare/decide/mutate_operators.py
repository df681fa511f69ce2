"""Small mistakes that somebody could make in a rule base, each by the name of its operator, for mutation testing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, NamedTuple, cast, get_args

from fairshare.decide.language import (
    All,
    Among,
    Any,
    FactCompares,
    FactIn,
    FactKnown,
    Formula,
    Holds,
    Nation,
    Rollup,
    RollupRow,
    Rule,
    RuleBase,
    walk_atoms,
)
from fairshare.decide.load_checks import NATION_VALUES
from fairshare.words import UNOBTAINABLE

OPERATORS = (
    "drop-rule",
    "drop-condition",
    "drop-exception",
    "negate-condition",
    "negate-exception",
    "swap-all-any",
    "swap-some-every",
    "widen-values",
    "narrow-values",
    "raise-threshold",
    "lower-threshold",
    "change-conclusion",
    "change-priority",
    "change-nations",
    "shift-dates",
    "confirm-commencement",
    "drop-row",
    "swap-rows",
    "drop-constraint",
)
"""In the order in which a report lists them."""
_OPPOSITE = {">=": "<", "<": ">=", ">": "<=", "<=": ">"}
_RAISED, _LOWERED = ".raised", ".lowered"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: what was changed, where, and what stands there now."""

    operator: str
    subject: str
    """The rule or constraint; `rollup` for the table of outcomes."""
    change: str
    rule: Rule | None = None
    """What stands in the place of the rule; None when it is dropped, or when the change is not in a rule."""
    rows: tuple[RollupRow, ...] | None = None


class Edit(NamedTuple):
    """One change to a formula; `part` is what stands there now, None for nothing."""

    operator: str
    change: str
    part: Formula | None


def widen_thresholds(base: RuleBase) -> RuleBase:
    """The rule base with each threshold a second and a third time, one higher and one lower, for mutants to name."""
    step = {_RAISED: 1, _LOWERED: -1}
    more = {
        each.id + suffix: replace(each, id=each.id + suffix, value=_shift(each.value, by))
        for each in base.thresholds.values()
        for suffix, by in step.items()
    }
    return replace(base, thresholds=base.thresholds | more)


def _shift(value: int | date, by: int) -> int | date:
    return value + by if isinstance(value, int) else value + timedelta(days=by)


def list_mutants(base: RuleBase) -> tuple[Mutant, ...]:
    """Every mutant of a rule base, rule by rule in the order of the files; then the roll-up and the constraints."""
    rests_on = _find_rests(base)
    found = [mutant for rule in base.rules.values() for mutant in _mutate_rule(base, rule, rests_on)]
    found += _mutate_rollup(base.rollup)
    found += [Mutant("drop-constraint", each.id, "the constraint is dropped") for each in base.constraints]
    return tuple(dict.fromkeys(found))


def apply_mutant(base: RuleBase, mutant: Mutant) -> RuleBase:
    """The whole rule base with the mistake in it, under a digest of its own."""
    base = replace(widen_thresholds(base), digest=f"{base.digest} {mutant.operator} {mutant.subject} {mutant.change}")
    if mutant.rows is not None:
        return replace(base, rollup=replace(base.rollup, rows=mutant.rows))
    if mutant.operator == "drop-constraint":
        return replace(base, constraints=tuple(each for each in base.constraints if each.id != mutant.subject))
    changed = {name: mutant.rule if name == mutant.subject else rule for name, rule in base.rules.items()}
    return replace(base, rules={name: rule for name, rule in changed.items() if rule is not None})


def _mutate_rule(base: RuleBase, rule: Rule, rests_on: Mapping[str, frozenset[str]]) -> Iterator[Mutant]:
    yield Mutant("drop-rule", rule.id, "the rule is dropped")
    for at, part in enumerate(rule.conditions):
        yield Mutant("drop-condition", rule.id, f"without `{say(part)}`", _with(rule, "conditions", at, None))
        for edit in _edit(base, part):
            yield Mutant(edit.operator, rule.id, edit.change, _with(rule, "conditions", at, edit.part))
    for at, part in enumerate(rule.exceptions):
        yield Mutant("drop-exception", rule.id, f"without `{say(part)}`", _with(rule, "exceptions", at, None))
        for edit in _edit(base, part):
            operator = {"negate-condition": "negate-exception", "drop-condition": "drop-exception"}
            name = operator.get(edit.operator, edit.operator)
            yield Mutant(name, rule.id, f"{edit.change}, in the exception", _with(rule, "exceptions", at, edit.part))
    if len(rule.conditions) > 1:
        swapped = replace(rule, conditions=(Any(rule.conditions),))
        yield Mutant("swap-all-any", rule.id, "any one condition is enough", swapped)
    if len(rule.exceptions) > 1:
        swapped = replace(rule, exceptions=(All(rule.exceptions),))
        yield Mutant("swap-all-any", rule.id, "only all exceptions together count", swapped)
    if sibling := _find_sibling(base, rule, rests_on):
        moved = replace(rule, conclusion=sibling)
        yield Mutant("change-conclusion", rule.id, f"it concludes {sibling} instead", moved)
    yield from _mutate_frame(base, rule)


def _with(rule: Rule, side: Literal["conditions", "exceptions"], at: int, part: Formula | None) -> Rule:
    parts: tuple[Formula, ...] = getattr(rule, side)
    changed = (*parts[:at], *(() if part is None else (part,)), *parts[at + 1 :])
    return replace(rule, conditions=changed) if side == "conditions" else replace(rule, exceptions=changed)


def _mutate_frame(base: RuleBase, rule: Rule) -> Iterator[Mutant]:
    """Changes to where and when a rule applies, and to which rules it yields."""
    rivals = [each for each in base.rules.values() if each.conclusion == rule.conclusion]
    if len({each.positive for each in rivals}) == 2:
        for priority in {max(each.priority for each in rivals) + 1, min(each.priority for each in rivals) - 1}:
            yield Mutant("change-priority", rule.id, f"priority {priority}", replace(rule, priority=priority))
    if len(rule.nations) < len(NATION_VALUES):
        every = replace(rule, nations=frozenset(get_args(Nation)))
        yield Mutant("change-nations", rule.id, "in every nation", every)
        for nation in sorted(rule.nations) if len(rule.nations) > 1 else ():
            yield Mutant("change-nations", rule.id, f"not in {nation}", replace(rule, nations=rule.nations - {nation}))
    for side, day in (("start", rule.start), ("end", rule.end)):
        if day is None:
            continue
        for by, word in ((-1, "earlier"), (1, "later")):
            moved_day = day + timedelta(days=by)
            moved = replace(rule, start=moved_day) if side == "start" else replace(rule, end=moved_day)
            yield Mutant("shift-dates", rule.id, f"its {side} is one day {word}", moved)
    if not rule.confirmed:
        confirmed = replace(rule, confirmed=True)
        yield Mutant("confirm-commencement", rule.id, "as if its commencement were confirmed", confirmed)


def _find_sibling(base: RuleBase, rule: Rule, rests_on: Mapping[str, frozenset[str]]) -> str | None:
    """The next conclusion of the same gate and scope, if the rule can conclude it without going in a circle."""
    own = base.conclusions[rule.conclusion]
    names = [each.id for each in base.conclusions.values() if (each.gate, each.scope) == (own.gate, own.scope)]
    at = names.index(own.id)
    asked = set(_conclusions_of(rule))
    below = asked.union(*(rests_on[name] for name in asked))
    return next((name for name in (*names[at + 1 :], *names[:at]) if name not in below), None)


def _find_rests(base: RuleBase) -> dict[str, frozenset[str]]:
    """For each conclusion, all the conclusions that it rests on, directly or not."""
    direct: dict[str, set[str]] = {name: set() for name in base.conclusions}
    for rule in base.rules.values():
        direct[rule.conclusion].update(_conclusions_of(rule))
    found: dict[str, frozenset[str]] = {}
    for name in base.order:
        found[name] = frozenset(direct[name].union(*(found[each] for each in direct[name])))
    return found


def _conclusions_of(rule: Rule) -> Iterator[str]:
    atoms = walk_atoms((*rule.conditions, *rule.exceptions))
    return (atom.conclusion for atom in atoms if isinstance(atom, Holds))


def _edit(base: RuleBase, part: Formula) -> Iterator[Edit]:
    """Every single change inside one formula."""
    if isinstance(part, All | Any):
        other = Any if isinstance(part, All) else All
        if len(part.parts) > 1:
            yield Edit("swap-all-any", f"`{say(part)}` as {other.__name__.lower()}", other(part.parts))
        for at, inner in enumerate(part.parts):
            before, after = part.parts[:at], part.parts[at + 1 :]
            if len(part.parts) > 1:
                yield Edit("drop-condition", f"without `{say(inner)}`", type(part)((*before, *after)))
            for edit in _edit(base, inner):
                yield edit._replace(part=type(part)((*before, cast(Formula, edit.part), *after)))
    elif isinstance(part, Among):
        word = "some" if part.every else "every"
        yield Edit("swap-some-every", f"`{word}_{part.scope}`", replace(part, every=not part.every))
        for edit in _edit(base, part.body):
            yield edit._replace(part=replace(part, body=cast(Formula, edit.part)))
    else:
        yield from _edit_atom(base, part)


def _edit_atom(base: RuleBase, part: FactIn | FactCompares | FactKnown | Holds) -> Iterator[Edit]:
    opposite = _negate(base, part)
    yield Edit("negate-condition", f"`{say(opposite)}` for `{say(part)}`", opposite)
    if isinstance(part, FactIn):
        yield from _edit_values(base, part)
    if isinstance(part, FactCompares):
        for suffix, operator in ((_RAISED, "raise-threshold"), (_LOWERED, "lower-threshold")):
            moved = replace(part, threshold=part.threshold + suffix)
            yield Edit(operator, f"`{say(moved)}` for `{say(part)}`", moved)


def _edit_values(base: RuleBase, part: FactIn) -> Iterator[Edit]:
    fact = base.facts[part.fact]
    others = [value for value in fact.values if value not in part.values]
    last = max((fact.values.index(value) for value in part.values if value in fact.values), default=-1)
    following = sorted(others, key=lambda value: (fact.values.index(value) <= last, fact.values.index(value)))
    added = following[:1] if len(others) > 1 else []
    if not fact.always_known and UNOBTAINABLE not in part.values:
        added.append(UNOBTAINABLE)
    for value in added:
        yield Edit("widen-values", f"{part.fact} may also be {value}", replace(part, values=part.values | {value}))
    for value in sorted(part.values) if len(part.values) > 1 else ():
        yield Edit("narrow-values", f"{part.fact} may not be {value}", replace(part, values=part.values - {value}))


def _negate(base: RuleBase, part: FactIn | FactCompares | FactKnown | Holds) -> Formula:
    if isinstance(part, Holds):
        return Holds(part.conclusion, not part.expected)
    if isinstance(part, FactKnown):
        return FactIn(part.fact, frozenset({UNOBTAINABLE}))
    if isinstance(part, FactCompares):
        return replace(part, operator=cast(Literal[">=", ">", "<=", "<"], _OPPOSITE[part.operator]))
    return FactIn(part.fact, frozenset(base.facts[part.fact].values) - part.values or frozenset({UNOBTAINABLE}))


def _mutate_rollup(rollup: Rollup) -> Iterator[Mutant]:
    rows = rollup.rows
    for at, row in enumerate(rows):
        say_row = f"row {at + 1} ({row.outcome})"
        yield Mutant("drop-row", "rollup", f"without {say_row}", rows=(*rows[:at], *rows[at + 1 :]))
        if at + 1 < len(rows):
            swapped = (*rows[:at], rows[at + 1], row, *rows[at + 2 :])
            yield Mutant("swap-rows", "rollup", f"{say_row} after the next", rows=swapped)


def say(part: Formula) -> str:
    """A formula as the rule language writes it, on one line.

    >>> say(All((FactIn("danger", frozenset({"now"})), Holds("share.may", False))))
    'all: [danger is now, not share.may]'
    """
    if isinstance(part, All | Any):
        return f"{type(part).__name__.lower()}: [{', '.join(say(each) for each in part.parts)}]"
    if isinstance(part, Among):
        return f"{'every' if part.every else 'some'}_{part.scope}: {say(part.body)}"
    if isinstance(part, Holds):
        return part.conclusion if part.expected else f"not {part.conclusion}"
    if isinstance(part, FactKnown):
        return f"{part.fact} is known"
    if isinstance(part, FactCompares):
        return f"{part.fact} {part.operator} {part.threshold}"
    return f"{part.fact} {'is' if len(part.values) == 1 else 'in'} {', '.join(sorted(part.values))}"
