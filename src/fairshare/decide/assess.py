"""The assessment: what the rules say of a case, put together for the person who will decide."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from fairshare.decide.answers import assignment, spread_answers
from fairshare.decide.evaluate import Result, evaluate, find_program
from fairshare.decide.graph import find_support
from fairshare.decide.language import Conclusion, Force, RuleBase
from fairshare.decide.program import CaseShape, GroundRule, Program
from fairshare.decide.relevance import relevant_questions
from fairshare.decide.settle import Status, find_settled_outcome, settle
from fairshare.decide.views import key_of, list_views
from fairshare.words import Answer, Outcome

NOT_SHARED = (
    Outcome.DEFER_NEED_INFO,
    Outcome.REDIRECT,
    Outcome.REFUSE_VOLUNTARY,
    Outcome.REFUSE_PROHIBITED,
)
"""When nothing is shared, the first of these that some item has is the outcome of the whole."""
SHARED = (
    Outcome.MUST_SHARE,
    Outcome.SHARE_DEIDENTIFIED,
    Outcome.SHARE_MINIMISED,
    Outcome.SHARE_WITH_CONDITIONS,
    Outcome.SHARE_FULL,
)
"""When everything is shared but not alike, the first of these that some item has."""


def roll_up(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of a case or a flow from those of its items.

    >>> roll_up([Outcome.SHARE_FULL, Outcome.REFUSE_VOLUNTARY]).value
    'SHARE_MINIMISED'
    """
    found = set(outcomes)
    shared = {outcome for outcome in found if outcome.shares}
    if not shared:
        return next((outcome for outcome in NOT_SHARED if outcome in found), Outcome.DEFER_NEED_INFO)
    if shared == found or Outcome.MUST_SHARE in shared:
        return next(outcome for outcome in SHARED if outcome in shared)
    return Outcome.SHARE_MINIMISED


@dataclass(frozen=True, slots=True)
class Collision:
    """A duty and a bar that both hold for one item: a person has to see both."""

    item: str
    duty: str
    bar: str


@dataclass(frozen=True, slots=True)
class Referral:
    """A conclusion that needs a named person's judgement, and the finding that is open."""

    conclusion: str
    finding: str


@dataclass(frozen=True, slots=True)
class Alternative:
    """What would be different for an item if law whose commencement is not confirmed were in force."""

    item: str
    now: Outcome | None
    then: Outcome | None
    rules: tuple[str, ...]
    """The unconfirmed rules that would apply to this case."""


@dataclass(frozen=True)
class Assessment:
    """What follows from the answers, for every item, and what is still open."""

    base: RuleBase
    program: Program
    answers: Mapping[str, Answer]
    """By variable key."""
    result: Result
    statuses: Mapping[str, Status]
    """Each conclusion by key: true, false, not settled, or undecided within the solver's budget."""
    items: Mapping[str, Outcome | None]
    """Each item's outcome; None while it is not yet known."""
    waiting_for: Mapping[str, tuple[str, ...]]
    """For each item not yet known, the questions that can still change it."""
    collisions: tuple[Collision, ...]
    referrals: tuple[Referral, ...]
    alternatives: tuple[Alternative, ...]

    @property
    def outcome(self) -> Outcome:
        """The outcome of the case; an item that is not yet known counts as needing more information."""
        return roll_up(each or Outcome.DEFER_NEED_INFO for each in self.items.values())

    @property
    def settled(self) -> bool:
        """Whether the outcome of every item is known."""
        return None not in self.items.values()

    def outcome_of_flow(self, flow: str) -> Outcome:
        """The outcome for one flow: the same table over its own items."""
        return roll_up(
            self.items[ref] or Outcome.DEFER_NEED_INFO for ref, own, _ in self.program.shape.items if own == flow
        )

    def holding(self, *sorts: str) -> Iterator[tuple[Conclusion, str]]:
        """The conclusions of these sorts that hold, with the instance they hold for, in the order of the files."""
        for conclusion in self.base.conclusions.values():
            if conclusion.sort in sorts:
                yield from ((conclusion, instance) for instance in self._instances(conclusion))

    def with_force(self, *forces: Force) -> Iterator[tuple[Conclusion, str]]:
        """The conclusions of these forces that hold, with the instance they hold for."""
        for conclusion in self.base.conclusions.values():
            if conclusion.force in forces:
                yield from ((conclusion, instance) for instance in self._instances(conclusion))

    def _instances(self, conclusion: Conclusion) -> Iterator[str]:
        for view in list_views(self.program.shape, conclusion.scope):
            instance = view.instance(conclusion.scope) or ""
            if self.statuses.get(key_of(conclusion.id, instance)) is Status.TRUE:
                yield instance

    def rules_for(self, key: str) -> tuple[GroundRule, ...]:
        """The rules for a conclusion that fire."""
        return tuple(rule for rule in self.result.fired if rule.conclusion == key and rule.positive)

    @property
    def emergency(self) -> bool:
        """Whether this is an emergency: a conclusion of that sort holds or, if the tool has none, it says so itself."""
        return is_emergency(self.base, self.program, self.statuses)


def is_emergency(base: RuleBase, program: Program, statuses: Mapping[str, Status]) -> bool:
    """Whether a conclusion of the sort `emergency` holds or, where the tool has none, the tool itself says so."""
    own = {each.id for each in base.conclusions.values() if each.sort == "emergency"}
    keys = [key for key in program.conclusions if key.partition("@")[0] in own]
    return any(statuses[key] is Status.TRUE for key in keys) if keys else base.tools[program.tool].emergency


def assess(base: RuleBase, tool: str, shape: CaseShape, law_date: date, answers: Mapping[str, Answer]) -> Assessment:
    """Everything the rules say of a case on these answers, under the law of this day.

    Raises   UnknownTool, BadAnswers, BadInput; ContradictoryAnswers if the answers cannot all be true.
    """
    program = find_program(base, tool, shape, law_date)
    known = assignment(program, answers)
    statuses = settle(program, known)
    items = _settled_outcomes(program, statuses)
    result = evaluate(
        program,
        known,
        {
            key: status is Status.TRUE
            for key, status in statuses.items()
            if key in program.conclusions and status in (Status.TRUE, Status.FALSE)
        },
    )
    return Assessment(
        base=base,
        program=program,
        answers=spread_answers(program, answers),
        result=result,
        statuses={key: statuses[key] for key in program.conclusions},
        items=items,
        waiting_for=_find_waiting(program, known, items),
        collisions=tuple(_find_collisions(base, program, statuses)),
        referrals=tuple(_find_referrals(base, program, statuses)),
        alternatives=tuple(_find_alternatives(base, program, answers, items)),
    )


def _settled_outcomes(program: Program, statuses: Mapping[str, Status]) -> dict[str, Outcome | None]:
    found = {item: find_settled_outcome(statuses, program, item) for item in program.outcomes}
    return {item: Outcome(outcome) if outcome else None for item, outcome in found.items()}


def _find_waiting(
    program: Program, known: Mapping[int, int], items: Mapping[str, Outcome | None]
) -> dict[str, tuple[str, ...]]:
    if None not in items.values():
        return {}
    support = find_support(program)
    relevant = relevant_questions(program, known)
    waiting = {}
    for item, outcome in items.items():
        if outcome is None:
            mask = 0
            for _, node in program.outcomes[item]:
                mask |= support[node]
            waiting[item] = tuple(program.variables[at].key for at in relevant if mask >> at & 1)
    return waiting


def _find_collisions(base: RuleBase, program: Program, statuses: Mapping[str, Status]) -> Iterator[Collision]:
    for view in list_views(program.shape, "item"):
        held: dict[Force, list[str]] = {"must": [], "must_not": []}
        for conclusion in base.conclusions.values():
            instance = view.instance(conclusion.scope)
            if conclusion.force in held and instance is not None:
                key = key_of(conclusion.id, instance)
                if statuses.get(key) is Status.TRUE:
                    held[conclusion.force].append(key)
        for duty in held["must"]:
            yield from (Collision(view.item or "", duty, bar) for bar in held["must_not"])


def _find_referrals(base: RuleBase, program: Program, statuses: Mapping[str, Status]) -> Iterator[Referral]:
    for conclusion in base.conclusions.values():
        if conclusion.force != "refer" or conclusion.finding is None:
            continue
        for view in list_views(program.shape, conclusion.scope):
            key = key_of(conclusion.id, view.instance(conclusion.scope) or "")
            if statuses.get(key) is Status.TRUE:
                scope = base.facts[conclusion.finding].scope
                yield Referral(key, key_of(conclusion.finding, view.instance(scope) or ""))


def _find_alternatives(
    base: RuleBase, program: Program, answers: Mapping[str, Answer], items: Mapping[str, Outcome | None]
) -> Iterator[Alternative]:
    """Both outcomes, where unconfirmed law would change one; it is shown, and it never blocks."""
    unconfirmed = {rule.id for rule in base.rules.values() if not rule.confirmed and rule.in_force(program.law_date)}
    if not unconfirmed:
        return
    other = find_program(base, program.tool, program.shape, program.law_date, with_unconfirmed=True)
    known = assignment(other, answers)
    then = _settled_outcomes(other, settle(other, known))
    fired = evaluate(other, known).fired
    for item, now in items.items():
        if then[item] is not now:
            yield Alternative(
                item, now, then[item], tuple(dict.fromkeys(rule.rule for rule in fired if rule.rule in unconfirmed))
            )
