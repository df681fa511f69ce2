"""A named person decides: the assessment and their own ruling become a Decision, or are refused with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast, get_args

from fairshare.decide.answers import plain_answer
from fairshare.decide.assess import Assessment, roll_up
from fairshare.decide.explain import Citer
from fairshare.decide.findings import check_findings
from fairshare.decide.phrases import sentence
from fairshare.decide.reasons import find_next_steps, find_reasons
from fairshare.decide.ruling import ExemptionRuling, LineRuling, Matter, Ruling
from fairshare.decide.settle import Status
from fairshare.decide.views import key_of
from fairshare.decide.words import Words
from fairshare.records.kinds import (
    Decision,
    Departure,
    Exemption,
    Finding,
    Ground,
    Salt,
    ScopeLine,
    ScopeState,
)
from fairshare.words import Item, Mark, Outcome, Person, Reason, Refused

GROUND_SORTS = get_args(Ground.model_fields["sort"].annotation)
_BY_STATE = {
    ScopeState.AGREED: Outcome.SHARE_FULL,
    ScopeState.REDACTED: Outcome.SHARE_MINIMISED,
    ScopeState.WITHHELD: Outcome.REFUSE_VOLUNTARY,
}


class ScopeIncomplete(Refused):
    """Not every item of the case has a line of its own, or a line does not fit its item."""

    code = "SCOPE_INCOMPLETE"


class DepartureNeedsReasons(Refused):
    """The person decides otherwise than the assessment and gives no reasons."""

    code = "DEPARTURE_NEEDS_REASONS"


class SecondApproverNeeded(Refused):
    """A departure outside an emergency needs a second person."""

    code = "SECOND_APPROVER_NEEDED"


class RefusalIncomplete(Refused):
    """A refusal lacks a reason or a next step."""

    code = "REFUSAL_INCOMPLETE"


class ExemptionNotAvailable(Refused):
    """An exemption is claimed that the assessment does not open, or without extent or review."""

    code = "EXEMPTION_NOT_AVAILABLE"


def make_decision(
    assessment: Assessment,
    matter: Matter,
    ruling: Ruling,
    words: Words,
    cite: Citer,
    *,
    decided_by: Person,
    made_at: datetime,
    salt: Salt,
) -> Decision:
    """The Decision record of a named person, who may depart from the assessment with reasons.

    Outside an emergency a departure needs a second approver. In an emergency one person decides, and nothing that is
    missing stands in the way but the reasons.
    Raises   ScopeIncomplete, DepartureNeedsReasons, SecondApproverNeeded, RefusalIncomplete, ExemptionNotAvailable,
             FindingIncomplete.
    """
    _check_matter(assessment, matter)
    _check_period(ruling, made_at)
    check_findings(assessment.base, assessment.answers, emergency=assessment.emergency)
    scope = _make_scope(assessment, matter, ruling, words)
    outcome = roll_up(line.outcome for line in scope)
    departure = _make_departure(assessment, scope, ruling, decided_by)
    reasons, next_step = _make_refusal(assessment, scope, ruling, words, outcome)
    return Decision(
        **_repeat_matter(matter),
        **_repeat_assessment(assessment),
        salt=salt,
        made_at=made_at,
        made_by=decided_by,
        outcome=outcome,
        departure=departure,
        scope=scope,
        grounds=tuple(_make_grounds(assessment, words, cite)),
        exemptions=tuple(_make_exemption(assessment, each, words, made_at.date()) for each in ruling.exemptions),
        conditions=_make_conditions(assessment, scope, ruling, words),
        reasons=reasons,
        next_step=next_step,
        routine=ruling.routine,
        compelled=any(line.outcome is Outcome.MUST_SHARE for line in scope),
        valid=ruling.valid,
        decided_by=decided_by,
        approved_by=ruling.approved_by,
    )


def _repeat_matter(matter: Matter) -> dict[str, Any]:
    names = ("case", "follows", "holder", "recipient", "recipient_contact", "purpose", "subjects")
    return {name: getattr(matter, name) for name in names}


def _repeat_assessment(assessment: Assessment) -> dict[str, Any]:
    statuses = assessment.statuses.items()
    return {
        "tool": assessment.program.tool,
        "rules": assessment.base.digest,
        "law_date": assessment.program.law_date,
        "answers": {key: plain_answer(answer) for key, answer in assessment.answers.items()},
        "findings": tuple(Finding(conclusion=key, status=status.value) for key, status in statuses),
        "assessed": assessment.outcome,
        "emergency": assessment.emergency,
    }


def _check_matter(assessment: Assessment, matter: Matter) -> None:
    shape = assessment.program.shape
    if len(shape.flows) != 1:
        raise ScopeIncomplete(
            "a decision is for one recipient", fix="Assess and decide each flow by itself.", where="flows"
        )
    assessed = {(ref, person) for ref, _, person in shape.items}
    if assessed != {(item.ref, item.person) for item in matter.items} or set(shape.persons) != {
        subject.ref for subject in matter.subjects
    }:
        raise ScopeIncomplete(
            "the assessment is of other items or people than the request names",
            fix="Assess the case that the request describes.",
            where="items",
        )


def _check_period(ruling: Ruling, made_at: datetime) -> None:
    if ruling.valid.end is not None and ruling.valid.end < made_at.date():
        raise ScopeIncomplete(
            "the decision would have ended before it is made", fix="Correct the period.", where="valid"
        )


def _make_scope(assessment: Assessment, matter: Matter, ruling: Ruling, words: Words) -> tuple[ScopeLine, ...]:
    lines = {line.item: line for line in ruling.lines}
    if len(lines) != len(ruling.lines) or set(lines) != set(assessment.items):
        raise ScopeIncomplete("each item needs one line of its own", fix="Rule on every item once.", where="lines")
    return tuple(_make_line(assessment, item, lines[item.ref], words) for item in matter.items)


def _make_line(assessment: Assessment, item: Item, line: LineRuling, words: Words) -> ScopeLine:
    shares = line.state is not ScopeState.WITHHELD
    assessed = assessment.items[item.ref] or Outcome.DEFER_NEED_INFO
    outcome = line.outcome or (assessed if assessed.shares == shares else _BY_STATE[line.state])
    if outcome.shares != shares:
        raise ScopeIncomplete(
            f"an item that is {line.state.value} cannot have the outcome {outcome.value}",
            fix="Correct the state or the outcome.",
            where=item.ref,
        )
    if line.state is ScopeState.REDACTED and line.treatment is None:
        raise ScopeIncomplete(
            "an item that goes in part needs a treatment", fix="Say what is taken out.", where=item.ref
        )
    found = find_reasons(assessment, words, item.ref) if outcome is assessed else ()
    text = line.reason.strip() or " ".join(reason.text for reason in found)
    if not shares and not text:
        raise RefusalIncomplete("an item is withheld without a reason", fix="Say why it is withheld.", where=item.ref)
    cites = tuple(dict.fromkeys(each for reason in found for each in reason.cites))
    return ScopeLine(
        item=item,
        state=line.state,
        outcome=outcome,
        treatment=line.treatment,
        reason=Reason(text=text or sentence(outcome.value), cites=cites),
    )


def departs(assessed: Outcome | None, line: ScopeLine) -> bool:
    """Whether a line is otherwise than the assessment: shares what it does not, or withholds or widens what it does.

    Taking more out of what may be shared is no departure; every holder may give less detail.
    """
    if assessed is None:
        return True
    if not assessed.shares or line.state is ScopeState.WITHHELD:
        return assessed is not line.outcome
    reduced = assessed in (Outcome.SHARE_MINIMISED, Outcome.SHARE_DEIDENTIFIED)
    return reduced and line.state is ScopeState.AGREED and line.treatment is None


def _make_departure(
    assessment: Assessment, scope: Iterable[ScopeLine], ruling: Ruling, decided_by: Person
) -> Departure | None:
    second = ruling.second_approver
    if second is not None and same_person(second, decided_by):
        raise SecondApproverNeeded(
            "the second approver is the person who decides", fix="Ask somebody else.", where="second_approver"
        )
    differing = [line.item.ref for line in scope if departs(assessment.items[line.item.ref], line)]
    if not differing:
        return None
    if not ruling.departure_reasons.strip():
        raise DepartureNeedsReasons(
            "this departs from the assessment",
            fix="Give the reasons for departing from it.",
            where=", ".join(differing),
        )
    if second is None and not assessment.emergency:
        raise SecondApproverNeeded(
            "a departure from the assessment needs a second person",
            fix="Have somebody else approve it.",
            where=", ".join(differing),
        )
    return Departure(assessed=assessment.outcome, reasons=ruling.departure_reasons, second_approver=second)


def same_person(one: Person, other: Person) -> bool:
    """Whether two entries are one person: the same number or, where one has none, the same name and organisation."""
    if one.identifier and other.identifier and one.organisation == other.organisation:
        return one.identifier.casefold() == other.identifier.casefold()
    return (one.name.casefold(), one.organisation) == (other.name.casefold(), other.organisation)


def _make_refusal(
    assessment: Assessment, scope: tuple[ScopeLine, ...], ruling: Ruling, words: Words, outcome: Outcome
) -> tuple[tuple[Reason, ...], str]:
    """The reasons and the next step; whoever refuses, or puts off, owes both."""
    withheld = [line for line in scope if line.state is ScopeState.WITHHELD]
    own = {reason.text: reason for reason in (*ruling.reasons, *(line.reason for line in withheld))}
    steps = [step for line in withheld for step in find_next_steps(assessment, words, line.item.ref)]
    next_step = ruling.next_step.strip() or " ".join(dict.fromkeys(steps))
    if not outcome.shares and not next_step:
        raise RefusalIncomplete(
            "nothing is shared, and there is no next step",
            fix="Say what the asker or you can do next.",
            where="next_step",
        )
    if not outcome.shares and not own:
        raise RefusalIncomplete("nothing is shared, and there is no reason", fix="Say why.", where="reasons")
    return tuple(own.values()), next_step


def _make_grounds(assessment: Assessment, words: Words, cite: Citer) -> Iterable[Ground]:
    for conclusion, instance in assessment.holding(*GROUND_SORTS):
        key = key_of(conclusion.id, instance)
        citations = [
            cite(provision) for rule in assessment.rules_for(key) for provision in assessment.base.rules[rule.rule].cite
        ]
        found = words.conclusion(conclusion.id)
        order = [Mark.REMEMBERED, Mark.SECONDARY, Mark.READ]
        mark = min((each.mark or Mark.REMEMBERED for each in citations), key=order.index, default=Mark.REMEMBERED)
        yield Ground(
            sort=cast("str", conclusion.sort),  # type: ignore[arg-type]
            conclusion=key,
            provision=citations[0].provision if citations else conclusion.id,
            says=sentence(found.true or found.title),
            mark=mark.value,
            item=instance if conclusion.scope == "item" else None,
        )


def _make_exemption(assessment: Assessment, claimed: ExemptionRuling, words: Words, today: date) -> Exemption:
    name, _, instance = claimed.conclusion.partition("@")
    conclusion = assessment.base.conclusions.get(name)
    if (
        conclusion is None
        or conclusion.sort != "exemption"
        or assessment.statuses.get(claimed.conclusion) is not Status.TRUE
    ):
        raise ExemptionNotAvailable(
            "the assessment does not open this exemption", fix="Answer its questions first.", where=claimed.conclusion
        )
    if not claimed.extent.strip() or claimed.review_on <= today:
        raise ExemptionNotAvailable(
            "an exemption needs its extent and a day after today on which it is tested again",
            fix="Fill in both.",
            where=claimed.conclusion,
        )
    provisions = dict.fromkeys(
        provision
        for rule in assessment.rules_for(claimed.conclusion)
        for provision in assessment.base.rules[rule.rule].cite
    )
    return Exemption(
        duty=words.conclusion(name).title,
        provision="; ".join(provisions) or name,
        extent=claimed.extent,
        review_on=claimed.review_on,
        person=instance if conclusion.scope == "person" else None,
    )


def _make_conditions(
    assessment: Assessment, scope: tuple[ScopeLine, ...], ruling: Ruling, words: Words
) -> tuple[str, ...]:
    going = [line.item for line in scope if line.state is not ScopeState.WITHHELD]
    concerned = {each for item in going for each in ("", item.ref, item.person)} | set(assessment.program.shape.flows)
    found = []
    for conclusion, instance in assessment.holding("condition"):
        if going and instance in concerned:
            wording = words.conclusion(conclusion.id)
            found.append(sentence(wording.action or wording.true or wording.title))
    return tuple(dict.fromkeys((*found, *ruling.conditions)))
