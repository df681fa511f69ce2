"""Proofs: why a conclusion holds, or why not, as a tree of rules, answers and provisions, and as plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from fairshare.decide.conditions_in_words import (
    Sight,
    describe,
    find_key,
    tell_answer,
    tell_conclusion,
    weigh,
)
from fairshare.decide.evaluate import Result
from fairshare.decide.graph import find_ends, find_readers
from fairshare.decide.ground import conditions_of
from fairshare.decide.language import All, Among, Any, Formula, Holds, Level, RuleBase
from fairshare.decide.phrases import Phrases, load_phrases, sentence
from fairshare.decide.program import GroundRule
from fairshare.decide.views import View, list_views
from fairshare.decide.words import Words, spell
from fairshare.law import Law, UnknownProvision
from fairshare.words import Answer, Mark

NEAREST = 3
"""How many rules are shown for what does not hold: those with the fewest parts that failed."""
MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Citation:
    """A provision as a proof cites it. No mark means that the law files do not hold it for the day."""

    provision: str
    title: str
    says: str = ""
    link: str | None = None
    mark: Mark | None = None


Citer = Callable[[str], Citation]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at: an answer, or a conclusion with its own proof."""

    clause: str
    truth: bool | None
    key: str | None = None
    """The variable or conclusion; none where nobody is concerned."""
    proof: Proof | None = None
    shown: bool = False
    """Whether the conclusion's own proof stands earlier."""


@dataclass(frozen=True, slots=True)
class Part:
    """One condition or exception of a rule: what it asks for, whether it holds, and what that rests on."""

    needed: str
    truth: bool | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Applied:
    """One rule as it stands on these answers."""

    rule: str
    because: str
    level: Level
    positive: bool
    fires: bool | None
    conditions: tuple[Part, ...]
    exceptions: tuple[Part, ...]
    citations: tuple[Citation, ...]

    @property
    def faults(self) -> int:
        """How many parts keep it from applying."""
        return sum(each.truth is False for each in self.conditions) + sum(
            each.truth is True for each in self.exceptions
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """Why one conclusion holds, does not hold, or is open."""

    key: str
    title: str
    statement: str
    truth: bool | None
    rules: tuple[Applied, ...]
    """The rules that made it so; for what does not hold, those that came nearest; for what is open, those that can."""
    against: tuple[Applied, ...] = ()
    """Rules against it that apply."""
    surely: bool = False
    """Whether no single rule made it so yet, and every completion of the open answers does."""
    weakest: Mark | None = None
    """The least well checked provision that it rests on; none if nothing was cited or a provision is not held."""


def cite_from(law: Law, day: date, language: str = "en") -> Citer:
    """Citations from the law files, as they stood on a day."""

    def cite(provision: str) -> Citation:
        try:
            found = law.provision(provision)
        except UnknownProvision:
            return Citation(provision, provision)
        version = found.at(day)
        says = found.says_cy if language == "cy" else version.says if version else ""
        return Citation(provision, found.citation, says, found.link, version.checked.how if version else None)

    return cite


def make_sight(
    base: RuleBase,
    result: Result,
    words: Words,
    *,
    answers: Mapping[str, Answer] | None = None,
    labels: Mapping[str, str] | None = None,
    truths: Mapping[str, bool | None] | None = None,
) -> Sight:
    """What a proof looks at. `truths` overrides what the evaluation left open, where a solver knows more."""
    known = {**result.conclusions, **{key: truth for key, truth in (truths or {}).items() if truth is not None}}
    return Sight(
        base, result.program, words, load_phrases(words.language), result.values, known, answers or {}, labels or {}
    )


def explain(sight: Sight, result: Result, key: str, cite: Citer) -> Proof:
    """The proof of one conclusion, by key, on the answers of `result`."""
    return _Prover(sight, result, cite).prove(key, 0)


class _Prover:
    """Builds one proof; each conclusion is proved where it is first met."""

    def __init__(self, sight: Sight, result: Result, cite: Citer) -> None:
        self.sight, self.cite = sight, cite
        self.evaluated = result.conclusions
        self.fires = dict(zip(result.program.rules, result.fires, strict=True))
        self.by_conclusion: dict[str, list[GroundRule]] = {}
        for rule in result.program.rules:
            self.by_conclusion.setdefault(rule.conclusion, []).append(rule)
        self.seen: set[str] = set()

    def prove(self, key: str, depth: int) -> Proof:
        self.seen.add(key)
        sight, truth = self.sight, self.sight.truths.get(key)
        words = sight.words.conclusion(key.partition("@")[0])
        rules = self.by_conclusion.get(key, [])
        surely = truth is not None and self.evaluated.get(key) is None
        shown = {True: (True,), False: (True, False, None), None: (True, None)}[None if surely else truth]
        chosen = [rule for rule in rules if rule.positive and self.fires[rule] in shown]
        applied = [self._apply(rule, depth, deep=truth is True) for rule in chosen]
        if truth is False:
            applied = sorted(applied, key=lambda each: each.faults)[:NEAREST]
        against = [self._apply(rule, depth, deep=True) for rule in rules if not rule.positive and self.fires[rule]]
        statement = {True: words.true, False: words.false, None: ""}[truth] or sight.phrases.say(
            {True: "conclusion_true", False: "conclusion_false", None: "conclusion_open"}[truth], title=words.title
        )
        proof = Proof(key, words.title, statement, truth, tuple(applied), tuple(against), surely)
        return replace(proof, weakest=find_weakest(proof))

    def _apply(self, rule: GroundRule, depth: int, *, deep: bool) -> Applied:
        written = self.sight.base.rules[rule.rule]
        view = self._view(rule)
        because = self.sight.words.because(rule.rule) or sentence(
            self.sight.phrases.say("rule_no_words", rule=rule.rule)
        )
        part = partial(self._part, view=view, depth=depth, deep=deep)
        return Applied(
            rule.rule,
            because,
            written.level,
            rule.positive,
            self.fires[rule],
            tuple(part(each) for each in conditions_of(written)),
            tuple(part(each) for each in written.exceptions),
            tuple(self.cite(each) for each in written.cite),
        )

    def _view(self, rule: GroundRule) -> View:
        scope = self.sight.base.conclusions[self.sight.base.rules[rule.rule].conclusion].scope
        return next(
            view
            for view in list_views(self.sight.program.shape, scope)
            if (view.instance(scope) or "") == rule.instance
        )

    def _part(self, formula: Formula, view: View, depth: int, deep: bool) -> Part:
        truth = weigh(self.sight, formula, view)
        steps = {step.clause: step for step in self._steps(formula, view, truth, depth, deep)}
        return Part(describe(self.sight, formula), truth, tuple(steps.values()))

    def _steps(self, formula: Formula, view: View, truth: bool | None, depth: int, deep: bool) -> Iterator[Step]:
        """What made a condition so: of several parts, only those that stand the same way as the whole."""
        if isinstance(formula, All | Any | Among):
            inner = (
                [(formula.body, each) for each in list_views(self.sight.program.shape, formula.scope, view)]
                if isinstance(formula, Among)
                else [(each, view) for each in formula.parts]
            )
            for part, seen_from in inner:
                if weigh(self.sight, part, seen_from) is truth:
                    yield from self._steps(part, seen_from, truth, depth, deep)
            return
        key = find_key(self.sight, formula, view)
        if key is None:
            yield Step(self.sight.phrases.say("nobody"), False)
        elif not isinstance(formula, Holds):
            yield Step(tell_answer(self.sight, key), truth, key)
        else:
            nested = deep and key not in self.seen and depth < MAX_DEPTH
            yield Step(
                tell_conclusion(self.sight, key),
                truth,
                key,
                self.prove(key, depth + 1) if nested else None,
                deep and not nested,
            )


def find_weakest(proof: Proof) -> Mark | None:
    """The least well checked mark among the provisions that what holds rests on."""
    order = [Mark.REMEMBERED, Mark.SECONDARY, Mark.READ]
    marks = list(_marks_of(proof))
    return None if None in marks or not marks else min((mark for mark in marks if mark), key=order.index)


def _marks_of(proof: Proof) -> Iterator[Mark | None]:
    for rule in (*(proof.rules if proof.truth else ()), *proof.against):
        yield from (citation.mark for citation in rule.citations)
        for part in (*rule.conditions, *rule.exceptions):
            for step in part.steps:
                if step.proof:
                    yield from _marks_of(step.proof)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One plain sentence of a proof, how deep it lies, and the provision it cites."""

    text: str
    depth: int = 0
    citation: Citation | None = None


def tell_proof(proof: Proof, phrases: Phrases, depth: int = 0) -> list[Sentence]:
    """A proof as plain sentences, in the order in which a person would say them.

    Of what does not hold further down, it says only what failed.
    """
    told = [Sentence(sentence(proof.statement), depth)]
    say = phrases.say
    word = "rule_possible" if proof.truth is None or proof.surely else "rule_nearest"
    brief = depth > 0 and proof.truth is False and not proof.surely and not any(rule.fires for rule in proof.rules)
    if proof.surely:
        told.append(Sentence(say("surely_true" if proof.truth else "surely_false"), depth + 1))
    elif proof.truth is False and not proof.rules and not brief:
        told.append(Sentence(say("no_rule"), depth + 1))
    for rule in proof.rules:
        told += (
            _tell_faults(rule, phrases, depth + 1)
            if brief
            else _tell_rule(rule, "rule_applied" if rule.fires else word, phrases, depth + 1)
        )
    for rule in proof.against:
        told += _tell_rule(rule, "rule_outweighed" if proof.truth else "rule_against", phrases, depth + 1)
    return list(dict.fromkeys(told)) if brief else told


def _tell_faults(rule: Applied, phrases: Phrases, depth: int) -> Iterator[Sentence]:
    for part in rule.conditions:
        if part.truth is False:
            yield from _tell_condition(part, False, phrases, depth)
    for part in rule.exceptions:
        if part.truth is True:
            yield from _tell_exception(part, phrases, depth)


def _tell_rule(rule: Applied, word: str, phrases: Phrases, depth: int) -> Iterator[Sentence]:
    say = phrases.say
    yield Sentence(sentence(say(word, because=rule.because)), depth)
    for part in rule.conditions:
        yield from _tell_condition(part, bool(rule.fires), phrases, depth + 1)
    for part in rule.exceptions:
        yield from _tell_exception(part, phrases, depth + 1)
    word = {"must": "law", "should": "good_practice", "could": "suggestion"}[rule.level]
    for citation in rule.citations:
        mark = say(f"mark_{citation.mark.value if citation.mark else 'unknown'}")
        cited = say("citation", title=citation.title, mark=mark)
        yield Sentence(say(word, citation=cited), depth + 1, citation)


def _tell_exception(part: Part, phrases: Phrases, depth: int) -> Iterator[Sentence]:
    if part.truth is False:
        yield Sentence(sentence(phrases.say("exception_absent", needed=part.needed)), depth)
        return
    clause = phrases.say("and").join(step.clause for step in part.steps) or part.needed
    name = "exception_applies" if part.truth else "exception_open"
    yield Sentence(sentence(phrases.say(name, clause=clause, needed=part.needed)), depth)
    yield from _tell_steps(part, phrases, depth + 1)


def _tell_condition(part: Part, fired: bool, phrases: Phrases, depth: int) -> Iterator[Sentence]:
    proofs = [step.proof for step in part.steps if step.proof]
    if fired and len(proofs) == len(part.steps) == 1:
        yield from tell_proof(proofs[0], phrases, depth)
        return
    clause = phrases.say("and").join(
        phrases.say("above", clause=step.clause) if step.shown and len(part.steps) == 1 else step.clause
        for step in part.steps
    )
    if part.truth is False:
        name = "not_met" if clause and clause != part.needed else "not_met_plain"
        yield Sentence(sentence(phrases.say(name, needed=part.needed, clause=clause)), depth)
    else:
        name = "open" if part.truth is None else "used" if fired else "met"
        yield Sentence(sentence(phrases.say(name, clause=clause or part.needed)), depth)
    yield from _tell_steps(part, phrases, depth + 1)


def _tell_steps(part: Part, phrases: Phrases, depth: int) -> Iterator[Sentence]:
    for step in part.steps:
        if step.proof:
            yield from tell_proof(step.proof, phrases, depth)


def explain_question(sight: Sight, result: Result, key: str) -> list[str]:
    """Why a question is asked: the author's own words, the open rules that use it, and what they lead to."""
    name, say = key.partition("@")[0], sight.phrases.say
    told = [sentence(sight.words.fact(name).why)] if sight.words.fact(name).why else []
    judgement = sight.base.facts[name].judgement
    if judgement:
        labels = sight.words.fact(name).factors
        factors = ", ".join(labels.get(each) or spell(each).lower() for each in judgement.factors)
        told.append(say("why_judgement", role=spell(judgement.role).lower(), factors=factors))
    open_rules = [rule for rule, fires in zip(result.program.rules, result.fires, strict=True) if fires is not False]
    allowed = dict.fromkeys(rule.rule for rule in open_rules)
    reading = [rule for rule in find_readers(sight.base).get(name, ()) if rule in allowed]
    titles: dict[str, str] = {}
    for rule in reading:
        titles.setdefault(sight.words.conclusion(sight.base.rules[rule].conclusion).title, sight.words.because(rule))
    for title, because in list(titles.items())[:NEAREST]:
        told.append(" ".join(filter(None, [say("why_decides", title=title), because and sentence(because)])))
    goals = find_ends(sight.base, name, sight.base.tools[result.program.tool].goals, allowed)
    towards = [title for goal in goals if (title := sight.words.conclusion(goal).title) not in titles]
    if towards:
        told.append(say("why_towards", titles=", ".join(towards)))
    return told or [say("why_nothing")]
