"""What an assessment says of one item or conclusion, in the words that a decision and a letter use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fairshare.decide.assess import Assessment
from fairshare.decide.language import Formula, Holds, RollupRow, Rule, walk_atoms
from fairshare.decide.phrases import sentence
from fairshare.decide.settle import Status
from fairshare.decide.views import View, key_of, list_views
from fairshare.decide.words import Words
from fairshare.words import Reason


def find_view(assessment: Assessment, item: str) -> View:
    """The view from an item of the case."""
    return next(view for view in list_views(assessment.program.shape, "item") if view.item == item)


def find_row(assessment: Assessment, item: str) -> RollupRow | None:
    """The row of the roll-up that decides for an item; None for the default, or while it is open."""
    outcome = assessment.items[item]
    rows = assessment.base.rollup.rows
    if outcome is None:
        return None
    at = assessment.result.rows[list(assessment.program.outcomes).index(item)]
    if at is not None:
        return rows[at] if at < len(rows) else None
    view = find_view(assessment, item)
    same = [row for row in rows if row.outcome == outcome.value]
    return next((row for row in same if _holds(assessment, row, view)), same[0] if same else None)


def _holds(assessment: Assessment, row: RollupRow, view: View) -> bool:
    """Whether every conclusion that a row asks for is known to stand as it asks."""
    for atom in walk_atoms(row.when):
        if isinstance(atom, Holds):
            instance = view.instance(assessment.base.conclusions[atom.conclusion].scope)
            status = assessment.statuses.get(key_of(atom.conclusion, instance or ""))
            if status is not (Status.TRUE if atom.expected else Status.FALSE):
                return False
    return True


def find_grounds(assessment: Assessment, item: str) -> list[str]:
    """The keys of the conclusions that led to an item's outcome."""
    row = find_row(assessment, item)
    return [] if row is None else list(dict.fromkeys(_held(assessment, row.when, find_view(assessment, item))))


@dataclass(frozen=True, slots=True)
class Ground:
    """What speaks for an item's outcome: a conclusion, or one rule for it whose words are more telling."""

    key: str
    rule: Rule | None = None


def find_telling_grounds(assessment: Assessment, item: str, words: Words) -> list[Ground]:
    """What led to an item's outcome, as it is told to a person.

    Where an item is not shared, each rule that fired is told by the conclusions just below it, if words say what to do
    about those, else by its own words, if those say what to do, else by what it concludes.
    """
    grounds, view = find_grounds(assessment, item), find_view(assessment, item)
    outcome = assessment.items[item]
    if outcome is not None and outcome.shares:
        return [Ground(key) for key in grounds]
    found: dict[Ground, None] = {}
    for key in grounds:
        told = [each for rule in _fired(assessment, key) for each in _tell_rule(assessment, rule, key, view, words)]
        more_telling = [each for each in told if each != Ground(key)]
        found.update(dict.fromkeys(more_telling or [Ground(key)]))
    return list(found)


def _tell_rule(assessment: Assessment, rule: Rule, key: str, view: View, words: Words) -> list[Ground]:
    below = _held(assessment, rule.conditions, view)
    telling = [Ground(each) for each in below if words.conclusion(each.partition("@")[0]).next_step]
    return telling or [Ground(key, rule if words.next_step_of(rule.id) else None)]


def _held(assessment: Assessment, parts: tuple[Formula, ...], view: View) -> Iterator[str]:
    """The conclusions that parts of a condition ask for and that hold, seen from an item."""
    for atom in walk_atoms(parts):
        if isinstance(atom, Holds) and atom.expected:
            instance = view.instance(assessment.base.conclusions[atom.conclusion].scope)
            key = key_of(atom.conclusion, instance or "")
            if instance is not None and assessment.statuses.get(key) is Status.TRUE:
                yield key


def _fired(assessment: Assessment, key: str) -> list[Rule]:
    return [assessment.base.rules[rule.rule] for rule in assessment.rules_for(key)]


def find_reasons(assessment: Assessment, words: Words, item: str) -> tuple[Reason, ...]:
    """Why an item comes out as it does: a sentence for each ground, with the provisions its rules cite."""
    reasons = []
    for ground in find_telling_grounds(assessment, item, words):
        found = words.conclusion(ground.key.partition("@")[0])
        said = words.because(ground.rule.id) if ground.rule else found.true or found.title
        rules = [ground.rule] if ground.rule else _fired(assessment, ground.key)
        cites = dict.fromkeys(cite for rule in rules for cite in rule.cite)
        reasons.append(Reason(text=sentence(said), cites=tuple(cites)))
    return tuple({reason.text: reason for reason in reasons}.values())


def find_next_steps(assessment: Assessment, words: Words, item: str) -> tuple[str, ...]:
    """What the asker or the holder can do next about an item that is not shared."""
    steps = [
        words.next_step_of(ground.rule.id) if ground.rule else words.conclusion(ground.key.partition("@")[0]).next_step
        for ground in find_telling_grounds(assessment, item, words)
    ]
    return tuple(dict.fromkeys(sentence(step) for step in steps if step))


def find_answer(assessment: Assessment, item: str) -> str | None:
    """The conclusion by which a tool that asks one test answers it for an item; None in a tool that decides."""
    goals = assessment.base.tools[assessment.program.tool].goals
    answers = (name for name in goals if assessment.base.conclusions[name].sort == "answer")
    return next((name for name in answers if assessment.statuses.get(key_of(name, item)) is Status.TRUE), None)


def find_findings(assessment: Assessment, item: str) -> tuple[str, ...]:
    """What else such a tool concluded for an item: the conclusions it works towards that hold, in its own order."""
    view, base = find_view(assessment, item), assessment.base
    goals = (base.conclusions[name] for name in base.tools[assessment.program.tool].goals)
    return tuple(
        each.id
        for each in goals
        if each.sort != "answer"
        and assessment.statuses.get(key_of(each.id, view.instance(each.scope) or "")) is Status.TRUE
    )
