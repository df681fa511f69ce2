"""The record of an emergency, which opens with its clock running; a request or a decision fills it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from fairshare.decide.decision_form import FORMS
from fairshare.decide.library import load_real_base
from fairshare.decide.told_answers import fill_from_answers, label_decision
from fairshare.decide.words import Words
from fairshare.documents.model import Block, Document, Heading, Notice, SignaturePlace, Table, make_runs
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Decision, Request, ScopeState
from fairshare.request.wording import (
    Cover,
    build_groups,
    list_law,
    load_shared,
    load_wording,
    name_person,
    write_document,
)

REVIEW_HOURS: Final = 72
"""Hours from the opening of the record until it is reviewed: a suggestion of ours, which no law sets."""


def write_emergency_record(
    opened_at: datetime,
    cover: Cover,
    words: Words,
    *,
    request: Request | None = None,
    decision: Decision | None = None,
) -> Document:
    """The record: the danger, who was told what, who decided, what follows; and when each part of it is due.

    Takes    opened_at: when the clock starts, with its time zone; words: in the language of the cover.
    """
    form, tongue = load_wording(FORMS / "emergency.yaml"), cover.tongue
    values = _list_values(request, decision, words)
    person = decision.decided_by if decision else None
    source = decision or request
    return write_document(
        cover,
        form,
        "emergency_record",
        [
            Notice(sort="important", runs=make_runs(form.say("go", tongue))),
            *_write_clock(opened_at, cover),
            *build_groups(form, cover, values),
            *list_law((each for field in form.fields() for each in field.law), cover),
            Heading(text=form.say("signature", tongue)),
            SignaturePlace(
                name=person.name if person else None,
                role=person.role if person else None,
                organisation=cover.brand.organisation,
            ),
            Heading(text=form.say("reviewer", tongue)),
            SignaturePlace(organisation=cover.brand.organisation),
        ],
        reference=record_id(source) if source else None,
        status=load_shared().say("draft", tongue),
    )


def _write_clock(opened_at: datetime, cover: Cover) -> list[Block]:
    form, tongue = load_wording(FORMS / "emergency.yaml"), cover.tongue
    due = load_real_base().thresholds["record_due_hours"].value
    assert isinstance(due, int)  # noqa: S101 (a number, by its type in the rules)
    rows = tuple(
        (make_runs(form.say(step, tongue)), make_runs(f"{opened_at + timedelta(hours=hours):%Y-%m-%d %H:%M}"))
        for step, hours in (("opened", 0), ("record", due), ("review", REVIEW_HOURS))
    )
    header = (form.say("step", tongue), form.say("due", tongue))
    return [
        Heading(text=form.say("clock", tongue)),
        Table(caption=form.say("clock_caption", tongue), header=header, rows=rows, widths=(70, 30)),
    ]


def _list_values(request: Request | None, decision: Decision | None, words: Words) -> dict[str, str | None]:
    """What a request or a decision says already, by the names of the form's fields."""
    values: dict[str, str | None] = {}
    if request is not None:
        values |= {
            "emergency.recipient": request.requester.name,
            "emergency.contact": name_person(request.contact),
            "emergency.danger": "\n".join(filter(None, (request.purpose.text, request.why_necessary))),
        }
    if decision is not None:
        labels = label_decision(decision)
        sent = [labels[line.item.ref] for line in decision.scope if line.state is not ScopeState.WITHHELD]
        kept = [labels[line.item.ref] for line in decision.scope if line.state is ScopeState.WITHHELD]
        values |= {
            "emergency.recipient": decision.recipient.name,
            "emergency.contact": name_person(decision.recipient_contact) or values.get("emergency.contact"),
            "emergency.shared": "\n".join(sent),
            "emergency.left_out": "\n".join(kept),
            "emergency.decided_by": name_person(decision.decided_by),
            **fill_from_answers(load_wording(FORMS / "emergency.yaml"), decision.answers, words, labels),
        }
    return values
