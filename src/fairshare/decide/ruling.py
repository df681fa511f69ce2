"""What the person who decides is given and gives back: the matter, and their ruling on every item."""

from __future__ import annotations

from datetime import date

from fairshare.decide.assess import Assessment
from fairshare.decide.program import CaseShape
from fairshare.records.kinds import Decision, RecordId, Request, ScopeState
from fairshare.words import Item, Organisation, Outcome, Period, Person, Purpose, Reason, Subject, Value
from fairshare.words.values import Line, Ref, Text


class LineRuling(Value):
    """What the person decides about one item. Left open, the outcome and the reason are the assessment's."""

    item: Ref
    state: ScopeState
    outcome: Outcome | None = None
    treatment: Line | None = None
    reason: Text = ""


class ExemptionRuling(Value):
    """An exemption that the person relies on, by the key of its conclusion: how far, and when it is tested again."""

    conclusion: Line
    extent: Text
    review_on: date


class Ruling(Value):
    """What a named person decides about a case."""

    lines: tuple[LineRuling, ...]
    valid: Period
    departure_reasons: Text = ""
    second_approver: Person | None = None
    approved_by: tuple[Person, ...] = ()
    exemptions: tuple[ExemptionRuling, ...] = ()
    conditions: tuple[Text, ...] = ()
    reasons: tuple[Reason, ...] = ()
    next_step: Text = ""
    routine: bool = False


class Matter(Value):
    """Who holds what for whom, and for what: the part of a request that a decision repeats."""

    case: Ref
    holder: Organisation
    recipient: Organisation
    recipient_contact: Person | None = None
    purpose: Purpose
    subjects: tuple[Subject, ...] = ()
    items: tuple[Item, ...]
    follows: tuple[RecordId, ...] = ()


def matter_of(request: Request, request_id: RecordId) -> Matter:
    """The matter of a request."""
    return Matter(
        case=request.case,
        holder=request.holder,
        recipient=request.requester,
        recipient_contact=request.contact,
        purpose=request.purpose,
        subjects=request.subjects,
        items=request.items,
        follows=(request_id,),
    )


def shape_of(matter: Matter | Decision) -> CaseShape:
    """The shape of a matter: one flow, its subjects and its items."""
    items = matter.items if isinstance(matter, Matter) else tuple(line.item for line in matter.scope)
    persons = tuple(subject.ref for subject in matter.subjects)
    return CaseShape(("f1",), persons, tuple((item.ref, "f1", item.person) for item in items))


def propose_lines(assessment: Assessment) -> tuple[LineRuling, ...]:
    """Lines that follow the assessment, for a person to look over; a treatment stays for them to fill in."""
    reduced = (Outcome.SHARE_MINIMISED, Outcome.SHARE_DEIDENTIFIED)
    lines = []
    for item, outcome in assessment.items.items():
        state = (
            ScopeState.WITHHELD
            if outcome is None or not outcome.shares
            else ScopeState.REDACTED
            if outcome in reduced
            else ScopeState.AGREED
        )
        lines.append(LineRuling(item=item, state=state))
    return tuple(lines)
