"""Citations of a whole rule base: none missing, none to law that is not held, none unread behind a must."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fairshare.decide.language import Holds, Rule, RuleBase, walk_atoms
from fairshare.decide.load_checks import LawBook, days_of_law
from fairshare.decide.verify_faults import Fault, FaultSort
from fairshare.words import Mark


def check_citations(base: RuleBase, law: LawBook | None) -> Iterator[Fault]:
    """Every rule cites something; with `law`, each citation is held for the rule's dates, and read behind a must."""
    for rule in base.rules.values():
        if not rule.cite:
            yield Fault(FaultSort.CITATION, rule.id, "It cites nothing.")
    if law is not None:
        for rule in base.rules.values():
            yield from _check_held(rule, law)
        for goal in base.conclusions.values():
            if goal.force in ("must", "must_not"):
                yield from _check_read(base, goal.id, law)


def _check_held(rule: Rule, law: LawBook) -> Iterator[Fault]:
    for provision in rule.cite:
        for day in dict.fromkeys(days_of_law(rule)):
            if law.mark(provision, day) is None:
                when = "for the days to come" if day == date.max else f"for {day}"
                yield Fault(FaultSort.CITATION, rule.id, f"It cites {provision}, which is not held {when}.")


def _check_read(base: RuleBase, goal: str, law: LawBook) -> Iterator[Fault]:
    """Each rule that leads to `goal` is of level must and rests on law that was read."""
    reached, waiting = {goal}, [goal]
    while waiting:
        conclusion = waiting.pop()
        for rule in base.rules.values():
            if rule.conclusion != conclusion or not rule.positive:
                continue
            why_not = _why_not_binding(rule, law)
            if why_not:
                yield Fault(FaultSort.UNREAD, rule.id, f"{goal} rests on it, and {why_not}.")
            found = {name for name in _list_supports(rule) if name not in reached}
            reached |= found
            waiting.extend(sorted(found))


def _why_not_binding(rule: Rule, law: LawBook) -> str | None:
    if rule.level != "must":
        return f"it is of level {rule.level}"
    if not any(law.is_law(provision) for provision in rule.cite):
        return "it cites no law"
    unread = [each for each in rule.cite if {law.mark(each, day) for day in days_of_law(rule)} - {Mark.READ, None}]
    return f"{' and '.join(unread)} was not read" if unread else None


def _list_supports(rule: Rule) -> Iterator[str]:
    """The conclusions whose holding helps the rule to fire."""
    for parts, expected in ((rule.conditions, True), (rule.exceptions, False)):
        for atom in walk_atoms(parts):
            if isinstance(atom, Holds) and atom.expected is expected:
                yield atom.conclusion
