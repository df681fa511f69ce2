"""Checking a whole rule base: every tool, every law it has had, every nation, for what no single case would show.

Each fault comes with a case that shows it, cut down to the answers that bring it about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta

from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.ground import ground, order_gates
from fairshare.decide.language import All, Among, Any, Formula, Holds, Property, Rule, RuleBase, walk_atoms
from fairshare.decide.load_checks import NATION_FACT, LawBook
from fairshare.decide.program import CaseShape, Program
from fairshare.decide.verify_citations import check_citations
from fairshare.decide.verify_faults import Fault, FaultSort
from fairshare.decide.verify_programs import Inspection, Name, Sightings, sight_facts
from fairshare.decide.verify_properties import PREMISE, add_properties, gate_of, spoil

FIRST_DAY = date(2018, 5, 25)
"""The UK GDPR and the Act of 2018 began to apply: no decision is made under older law."""
SMALL = CaseShape()
BOTH = CaseShape(("f1",), ("p1",), (("i1", "f1", "p1"), ("i2", "f1", None)))
"""An item about a person, and one about nobody, for which every condition on a person is false."""
NOBODY = CaseShape(("f1",), (), (("i1", "f1", None),))
SEVERAL = CaseShape(("f1",), ("p1", "p2"), (("i1", "f1", "p1"), ("i2", "f1", "p2"), ("i3", "f1", None)))
"""Two persons with an item each, and an item about nobody: enough to tell `some` from `every`."""
Progress = Callable[[int, int, str], None]
"""Called with how many steps are done, how many there are, and what comes next."""


@dataclass(frozen=True, slots=True)
class Step:
    """One program to look at: a tool, a day of law, with or without what is unconfirmed, and a shape of case."""

    tool: str
    day: date
    with_unconfirmed: bool
    shape: CaseShape


def verify_rules(
    base: RuleBase,
    *,
    law: LawBook | None = None,
    shapes: Iterable[CaseShape] | None = None,
    progress: Progress = lambda done, total, what: None,
    sightings: Sightings | None = None,
) -> tuple[Fault, ...]:
    """Everything wrong with a rule base: gaps, contradictions, broken properties, citations, what can never be.

    Every tool is looked at under each law that its rules have had, with and without what is unconfirmed, in each
    nation. Exact, for cases of the shapes looked at.

    Takes    law: where citations are looked up; without it, only missing ones are found; shapes: the shapes of case
             to look at under every law, in the place of those that `list_steps` chooses; sightings: where to note
             what was seen to come about, for those who want to count it.
    Returns  faults by sort, each once, with the first case found that shows it; none when the rule base is sound.
    """
    steps = list_steps(base, None if shapes is None else tuple(shapes))
    total = len(steps) + len(base.properties)
    faults = list(check_citations(base, law))
    sightings, reported = sightings or Sightings(), set[Name]()
    checked = add_properties(base)
    for done, step in enumerate(steps):
        progress(done, total, f"{step.tool}, law of {step.day}")
        faults += _inspect(checked, step, sightings, reported)
    _sight_facts(checked, steps, sightings)
    for done, each in enumerate(base.properties, start=len(steps)):
        progress(done, total, f"property {each.id}")
        faults += _check_property(base, each, steps, sightings)
    progress(total, total, "done")
    faults += _list_unseen(base, sightings)
    order = list(FaultSort)
    return tuple(sorted(faults, key=lambda fault: (order.index(fault.sort), fault.subject, fault.says)))


def list_days(base: RuleBase) -> tuple[date, ...]:
    """One day for each state the law of a rule base has been in: the first, and each on which a rule starts or ends."""
    starts = {rule.start for rule in base.rules.values() if rule.start}
    ends = {rule.end + timedelta(days=1) for rule in base.rules.values() if rule.end and rule.end < date.max}
    return tuple(sorted({FIRST_DAY, *(day for day in starts | ends if day > FIRST_DAY)}))


def list_steps(base: RuleBase, shapes: tuple[CaseShape, ...] | None = None) -> list[Step]:
    """The programs to look at; days on which a tool's law is the same are looked at once, on the latest of them.

    Where no shapes are given, each law is looked at for an item about a person beside one about nobody. That shows all
    that a case with more of them could, unless a rule speaks of some or every instance; a tool with such a rule is
    looked at for more shapes under its present law.
    """
    found: dict[Step, None] = {}
    for tool in base.tools.values():
        gates = set(order_gates(base, tool))
        rules = [rule for rule in base.rules.values() if rule.gate in gates]
        counts = _speak_of_others(base, rules)
        laws: dict[frozenset[str], Step] = {}
        for day in reversed(list_days(base)):
            for unconfirmed in (False, True):
                law = frozenset(rule.id for rule in rules if rule.in_force(day) and (rule.confirmed or unconfirmed))
                laws.setdefault(law, Step(tool.id, day, unconfirmed, BOTH))
        present = max(step.day for step in laws.values())
        for step in laws.values():
            more = (SMALL, NOBODY, SEVERAL) if counts and step.day == present else ()
            found |= {replace(step, shape=shape): None for shape in shapes or (BOTH, *more)}
    return sorted(found, key=lambda step: len(step.shape.items))


def _speak_of_others(base: RuleBase, rules: Iterable[Rule]) -> bool:
    """Whether any of these rules, or anything that holds for every tool, speaks of some or every instance."""
    formulas = [rule.conditions + rule.exceptions for rule in rules]
    formulas += [each.never for each in base.constraints] + [row.when for row in base.rollup.rows]
    formulas += [each.premise + each.promise for each in base.properties]
    return any(_has_among(parts) for parts in formulas)


def _has_among(parts: Iterable[Formula]) -> bool:
    return any(isinstance(part, Among) or (isinstance(part, All | Any) and _has_among(part.parts)) for part in parts)


def _inspect(base: RuleBase, step: Step, sightings: Sightings, reported: set[Name]) -> Iterator[Fault]:
    """The faults of one program that were not reported before."""
    program = ground(base, step.tool, step.shape, step.day, with_unconfirmed=step.with_unconfirmed)
    with Inspection(base, program) as inspection:
        for nation in ("", *_list_nations(program)):
            if inspection.is_possible(NATION_FACT if nation else "", nation):
                continue
            impossible: Name = ("impossible", step.tool, nation)
            if impossible not in reported:
                reported.add(impossible)
                says = f"No case in {nation} is possible." if nation else "No case is possible."
                yield Fault(FaultSort.IMPOSSIBLE, step.tool, f"{says} The constraints exclude it.", step.tool, step.day)
            if not nation:
                return
        for name, answers in inspection.find_forbidden():
            said: Name = (name[0], step.tool) if name[0] == "default" else name[:-1]
            if said not in reported:
                reported.add(said)
                yield _describe(base, step, name, answers)
        inspection.sight(sightings)


def _sight_facts(base: RuleBase, steps: list[Step], sightings: Sightings) -> None:
    """Note the facts that matter somewhere; a program is looked at again only while it has one that was not seen to."""
    named = {tool: _list_facts(base, tool) - _list_fixed(base) for tool in base.tools}
    for step in steps:
        if all(("fact", each) in sightings.seen for each in named[step.tool]):
            continue
        program = ground(base, step.tool, step.shape, step.day, with_unconfirmed=step.with_unconfirmed)
        with suppress(ContradictoryAnswers):  # reported already: this law leaves no case at all
            sight_facts(base, program, sightings)


def _list_facts(base: RuleBase, tool: str) -> set[str]:
    """The facts that the rules in a tool's gates name."""
    gates = set(order_gates(base, base.tools[tool]))
    parts = [rule.conditions + rule.exceptions for rule in base.rules.values() if rule.gate in gates]
    return {atom.fact for each in parts for atom in walk_atoms(each) if not isinstance(atom, Holds)}


def _list_fixed(base: RuleBase) -> set[str]:
    """The facts that a tool fixes: they matter by the choice of a tool."""
    return {name for tool in base.tools.values() for name in tool.starts_with}


def _list_nations(program: Program) -> tuple[str, ...]:
    at = program.index.get(NATION_FACT)
    return () if at is None else program.variables[at].values


def _describe(base: RuleBase, step: Step, name: Name, answers: dict[str, str]) -> Fault:
    kind, subject = name[0], name[1]
    if kind == "default":
        sort, says = FaultSort.GAP, f"No row holds, and the default {base.rollup.default} is reached."
        subject = "rollup"
    elif kind == "closed":
        finding = base.conclusions[subject].finding
        sort, says = FaultSort.GAP, f"It refers to a person although {finding} is not open."
    elif kind == "tie":
        sort, subject = FaultSort.CONTRADICTION, base.rules[name[1]].conclusion
        says = f"{name[1]} for it and {name[2]} against it fire together, with the same priority."
    else:
        sort, says = FaultSort.PROPERTY, "It does not hold."
    return Fault(sort, subject, says, step.tool, step.day, answers)


def _check_property(base: RuleBase, each: Property, steps: list[Step], sightings: Sightings) -> Iterator[Fault]:
    """Whether its premise can hold at all, and whether spoiling the rule it names would break it."""
    if ("rule", PREMISE + each.id) not in sightings.seen:
        yield Fault(FaultSort.PROPERTY, each.id, "Its premise can never hold, in any tool that reaches what it names.")
        return
    changed = add_properties(replace(spoil(base, each), properties=(each,)))
    lost = base.rules[each.mutant]
    for step in steps:
        tool = changed.tools[step.tool]
        if gate_of(each) in tool.gates and lost.gate in order_gates(changed, tool) and lost.in_force(step.day):
            program = ground(changed, step.tool, step.shape, step.day, with_unconfirmed=step.with_unconfirmed)
            with Inspection(changed, program) as inspection:
                if any(name[0] == "broken" for name, _ in inspection.find_forbidden()):
                    return
    says = f"It still holds with {each.mutant} spoiled, so it says nothing about that rule."
    yield Fault(FaultSort.PROPERTY, each.id, says)


def _list_unseen(base: RuleBase, sightings: Sightings) -> Iterator[Fault]:
    """What no case under any law was seen to bring about."""
    seen = sightings.seen
    for rule in base.rules.values():
        if ("rule", rule.id) not in seen:
            yield Fault(FaultSort.UNREACHABLE, rule.id, "It can never fire.")
            continue
        for at in range(len(rule.exceptions)):
            if ("exception", rule.id, str(at)) not in seen:
                says = f"Its exception {at + 1} can never hold when its conditions do."
                yield Fault(FaultSort.UNREACHABLE, rule.id, says)
    for at, row in enumerate(base.rollup.rows):
        if ("row", str(at)) not in seen:
            says = f"Row {at + 1} ({row.outcome}) is never the first that holds."
            yield Fault(FaultSort.UNREACHABLE, "rollup", says)
    for fact in base.facts.values():
        if fact.id in _list_fixed(base):
            continue
        if ("fact", fact.id) not in seen:
            says = "No answer to it ever changes an outcome, or a conclusion that anyone reads."
            yield Fault(FaultSort.UNREACHABLE, fact.id, says)
            continue
        for value in fact.values:
            if ("value", fact.id, value) not in seen:
                yield Fault(FaultSort.UNREACHABLE, fact.id, f"No case can have the answer {value}.")
