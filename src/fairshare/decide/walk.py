"""The walk through a tool: one question at a time, each one that can still change the result.

A walk is a frozen value; every step returns another. Nothing that was answered is ever deleted: what a changed answer
makes pointless is parked, and comes back when it matters again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pydantic import Field

from fairshare.decide.answers import assignment, check_answer, place_value, plain_answer, spread_answers
from fairshare.decide.assess import is_emergency
from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.evaluate import find_program
from fairshare.decide.findings import check_finding, check_findings
from fairshare.decide.language import RuleBase
from fairshare.decide.program import CaseShape, Program
from fairshare.decide.relevance import can_change_goal, next_question, relevant_questions
from fairshare.decide.settle import Status, settle
from fairshare.words import UNOBTAINABLE, Answer, BadInput, Refused, Value
from fairshare.words.reading import build, parse_json
from fairshare.words.values import Ref


class QuestionNotOpen(Refused):
    """The question is not one that this walk asks or has asked."""

    code = "QUESTION_NOT_OPEN"


class RulesChanged(Refused):
    """A saved walk was made under another rule base."""

    code = "WALK_RULES_CHANGED"


class BadWalk(BadInput):
    """A file is not a saved walk."""

    code = "WALK_NOT_VALID"


class Given(Value):
    """One answer in the order in which it was given, by variable key."""

    key: str = Field(max_length=200)
    answer: Answer


class WalkedItem(Value):
    """One item of the case, its flow, and the person it is about, if any."""

    ref: Ref
    flow: Ref
    person: Ref | None = None


class Walk(Value):
    """How far somebody has come with one tool."""

    format: str = Field(default="fairshare-walk", pattern="^fairshare-walk$")
    version: int = Field(default=1, ge=1, le=1)
    rules: str = Field(pattern=r"^[0-9a-f]{64}$")
    tool: str = Field(max_length=120)
    law_date: date
    flows: tuple[Ref, ...] = ("f1",)
    persons: tuple[Ref, ...] = ()
    items: tuple[WalkedItem, ...] = ()
    answers: tuple[Given, ...] = ()
    """In the order in which they were given."""
    parked: tuple[Given, ...] = ()
    """Given once, and pointless on the present answers."""
    skipped: tuple[str, ...] = ()
    """Questions to come back to."""
    at: str | None = None
    """The answered question that is open for changing, after `go_back`."""

    @property
    def shape(self) -> CaseShape:
        """The shape of the case, as the engine takes it."""
        return CaseShape(self.flows, self.persons, tuple((each.ref, each.flow, each.person) for each in self.items))

    def given(self) -> dict[str, Answer]:
        """The answers that count, by key."""
        return {each.key: each.answer for each in self.answers}


class Question(Value):
    """The question that comes next."""

    key: str
    fact: str
    instance: str = ""
    values: tuple[str, ...] = ()
    """The choices; none for a number or a date."""
    can_be_unobtainable: bool = True
    draft: Answer | None = None
    """What was answered before, if the question is being looked at again."""
    returning: bool = False
    """Whether it was skipped before."""


def start_walk(
    base: RuleBase, tool: str, shape: CaseShape, law_date: date, answers: Mapping[str, Answer] | None = None
) -> Walk:
    """A new walk. Answers that are known beforehand are taken over; those that this tool does not ask are parked.

    Raises   UnknownTool, BadInput for an unsound case, BadAnswers.
    """
    program = find_program(base, tool, shape, law_date)
    spread = spread_answers(program, answers or {})
    statuses = settle(program, assignment(program, spread))
    check_findings(base, spread, emergency=is_emergency(base, program, statuses))
    used = set(spread) | {key.partition("@")[0] for key in spread}
    return Walk(
        rules=base.digest,
        tool=tool,
        law_date=law_date,
        flows=shape.flows,
        persons=shape.persons,
        items=tuple(WalkedItem(ref=ref, flow=flow, person=person) for ref, flow, person in shape.items),
        answers=tuple(Given(key=key, answer=plain_answer(answer)) for key, answer in spread.items()),
        parked=tuple(
            Given(key=key, answer=plain_answer(answer)) for key, answer in (answers or {}).items() if key not in used
        ),
    )


def program_of(base: RuleBase, walk: Walk) -> Program:
    """The program that a walk reasons with. Raises RulesChanged if the walk was made under other rules."""
    if walk.rules != base.digest:
        raise RulesChanged(
            "the rules have changed since this walk was saved",
            fix="Start again with its answers, or go on under the archived rules.",
            where=walk.tool,
        )
    return find_program(base, walk.tool, walk.shape, walk.law_date)


def find_question(base: RuleBase, walk: Walk) -> Question | None:
    """The question to ask now; None when every goal of the tool is settled. Skipped ones come last."""
    program = program_of(base, walk)
    if walk.at is not None:
        return _ask(program, walk, walk.at)
    known = assignment(program, walk.given())
    found = next_question(program, known)
    if found is None:
        return None
    if program.variables[found].key in walk.skipped:
        found = next(
            (each for each in relevant_questions(program, known) if program.variables[each].key not in walk.skipped),
            found,
        )
    return _ask(program, walk, program.variables[found].key)


def _ask(program: Program, walk: Walk, key: str) -> Question:
    fact = program.facts[key.partition("@")[0]]
    drafts = {each.key: each.answer for each in (*walk.parked, *walk.answers)}
    return Question(
        key=key,
        fact=fact.id,
        instance=key.partition("@")[2],
        values=fact.values,
        can_be_unobtainable=not fact.always_known,
        draft=drafts.get(key),
        returning=key in walk.skipped,
    )


def give_answer(base: RuleBase, walk: Walk, key: str, answer: Answer) -> Walk:
    """The walk with one more answer, or with an earlier one changed.

    A change keeps the answers given before it, then takes up each later or parked one that is still asked, in order.
    Raises   BadAnswers, FindingIncomplete; ContradictoryAnswers if what was answered before rules it out.
    """
    program = program_of(base, walk)
    check_answer(program, key, answer.value)
    if key not in program.index:
        raise QuestionNotOpen(
            "this tool does not ask that of this case", fix="Answer the question that is shown.", where=key
        )
    before = [each.key for each in walk.answers]
    given = Given(key=key, answer=plain_answer(answer))
    place = before.index(key) if key in before else len(before)
    kept, later = (*walk.answers[:place], given), walk.answers[place + 1 :]
    statuses = settle(program, assignment(program, {each.key: each.answer for each in kept}))
    emergency = is_emergency(base, program, statuses)
    check_finding(program.facts[key.partition("@")[0]], answer, where=key, emergency=emergency)
    parked = tuple(each for each in walk.parked if each.key != key)
    if key in before:
        kept, parked = _take_up(program, kept, (*later, *parked))
    return walk.model_copy(
        update={
            "answers": kept,
            "parked": parked,
            "at": None,
            "skipped": tuple(each for each in walk.skipped if each != key),
        }
    )


def _take_up(
    program: Program, kept: tuple[Given, ...], waiting: Iterable[Given]
) -> tuple[tuple[Given, ...], tuple[Given, ...]]:
    """Adds each waiting answer that is still asked on those before it; the rest is parked."""
    known = assignment(program, {each.key: each.answer for each in kept})
    taken, parked = list(kept), []
    for each in waiting:
        at = program.index.get(each.key)
        if at is not None and _is_asked(program, known, at):
            with_it = {**known, at: place_value(program.variables[at], each.answer.value)}
            try:
                settle(program, with_it)
            except ContradictoryAnswers:
                parked.append(each)
                continue
            taken.append(each)
            known = with_it
        else:
            parked.append(each)
    return tuple(taken), tuple(parked)


def _is_asked(program: Program, known: Mapping[int, int], variable: int) -> bool:
    return can_change_goal(program, known, variable) or next_question(program, known) == variable


def skip_question(base: RuleBase, walk: Walk, key: str) -> Walk:
    """The walk with a question left open for now ("I don't know"): nothing is read into that, and it is asked again."""
    program = program_of(base, walk)
    if key not in program.index:
        raise QuestionNotOpen(
            "this tool does not ask that of this case", fix="Skip the question that is shown.", where=key[:120]
        )
    kept = tuple(each for each in walk.skipped if each != key)
    return walk.model_copy(update={"skipped": (*kept, key), "at": None})


def answer_unobtainable(base: RuleBase, walk: Walk, key: str, reason: str = "") -> Walk:
    """The walk with the answer that nobody can find out, which rules may test."""
    return give_answer(base, walk, key, Answer(value=UNOBTAINABLE, reason=reason))


def go_back(walk: Walk) -> Walk:
    """The walk with the answer before the present place open for changing; nothing is lost by looking."""
    keys = [each.key for each in walk.answers]
    place = keys.index(walk.at) if walk.at in keys else len(keys)
    return walk.model_copy(update={"at": keys[place - 1]}) if place else walk


def go_on(walk: Walk) -> Walk:
    """The walk after looking back without changing anything."""
    return walk.model_copy(update={"at": None})


class Progress(Value):
    """How much of what the tool must settle is settled."""

    settled: int
    goals: int

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask."""
        return self.settled == self.goals


def measure_progress(base: RuleBase, walk: Walk) -> Progress:
    """How many goals are settled, of how many."""
    program = program_of(base, walk)
    statuses = settle(program, assignment(program, walk.given()))
    settled = sum(statuses[goal] in (Status.TRUE, Status.FALSE) for goal in program.goals)
    return Progress(settled=settled, goals=len(program.goals))


def write_walk(walk: Walk) -> bytes:
    """A walk as JSON, to be resumed."""
    return walk.model_dump_json(indent=1).encode() + b"\n"


def read_walk(raw: bytes, base: RuleBase, *, where: str = "walk") -> Walk:
    """A saved walk, checked against the rule base that it goes on under.

    Raises   BadWalk or another BadInput; RulesChanged.
    """
    walk = build(Walk, parse_json(raw, where=where), where=where)
    program = program_of(base, walk)
    keys = [each.key for each in walk.answers]
    if len(set(keys)) != len(keys) or {each.key for each in walk.parked} & set(keys):
        raise BadWalk("a question is answered twice", fix="Give the file as it was saved.", where=where)
    if not {*keys, *walk.skipped, *([walk.at] if walk.at else [])} <= set(program.index):
        raise BadWalk(
            "it answers a question that this tool does not ask", fix="Give the file as it was saved.", where=where
        )
    for each in (*walk.answers, *walk.parked):
        check_answer(program, each.key, each.answer.value)
    statuses = settle(program, assignment(program, walk.given()))
    check_findings(base, walk.given(), emergency=is_emergency(base, program, statuses))
    return walk


def list_questions(base: RuleBase, walk: Walk) -> list[str]:
    """The keys of every question that can still change the result, in the order of asking."""
    program = program_of(base, walk)
    known = assignment(program, walk.given())
    return [program.variables[each].key for each in relevant_questions(program, known)]
