"""The decision form, blank or filled from what a named person decided."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fairshare.decide.phrases import load_phrases
from fairshare.decide.told_answers import fill_from_answers, label_decision
from fairshare.decide.words import Words
from fairshare.documents.model import Block, Document, Heading, Notice, SignaturePlace, Table, make_runs
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, Decision, Request
from fairshare.request.wording import (
    Cover,
    Tongue,
    Wording,
    build_groups,
    cite_briefly,
    list_law,
    load_shared,
    load_wording,
    name_person,
    write_document,
    write_paragraphs,
)
from fairshare.words.dates import write_date

FORMS: Final = Path(__file__).parent / "forms"
_GROUNDS: Final = {
    "decision.lawful_basis": ("lawful_basis",),
    "decision.compatibility": ("compatibility",),
    "decision.special": ("article_9", "article_10"),
    "decision.part3": ("regime",),
    "decision.power": ("power",),
    "decision.confidence": ("confidence",),
    "decision.transfer": ("transfer",),
}
"""The questions that what a decision rests on answers, by the sorts of ground."""


def write_decision_form(
    decision: Decision | None,
    cover: Cover,
    words: Words,
    *,
    request: Request | None = None,
    agreement: Agreement | None = None,
) -> Document:
    """The form that records a decision: blank, or filled from the record of one.

    Takes    words: of the rule base, in the language of the cover.
    """
    form, tongue = load_wording(FORMS / "decision.yaml"), cover.tongue
    if decision is None:
        blocks: list[Block] = [
            *write_paragraphs(form.say("intro", tongue)),
            *build_groups(form, cover, {}),
            Heading(text=form.say("signature", tongue)),
            SignaturePlace(organisation=form.say("holder", tongue)),
        ]
        return write_document(cover, form, "decision_form", blocks, status=load_shared().say("blank", tongue))
    values = list_decision_values(decision, cover, words, request=request, agreement=agreement)
    emergency = [Notice(sort="important", runs=make_runs(form.say("emergency", tongue)))] if decision.emergency else []
    return write_document(
        cover,
        form,
        "decision_form",
        [
            *emergency,
            *build_groups(form, cover, values),
            *tabulate_scope(decision, tongue),
            *_tabulate_exemptions(decision, form, tongue),
            *list_law(list_cited(decision), cover),
            Heading(text=form.say("signature", tongue)),
            SignaturePlace(
                name=decision.decided_by.name,
                role=decision.decided_by.role,
                organisation=decision.holder.name,
                date=decision.made_at.date(),
            ),
        ],
        title=form.say("title_filled", tongue, holder=decision.holder.name, recipient=decision.recipient.name),
        reference=record_id(decision),
    )


def list_decision_values(
    decision: Decision,
    cover: Cover,
    words: Words,
    *,
    request: Request | None = None,
    agreement: Agreement | None = None,
) -> dict[str, str | None]:
    """What a decision says, by the names of the form's fields."""
    form, tongue = load_wording(FORMS / "decision.yaml"), cover.tongue
    labels = label_decision(decision)
    answered = fill_from_answers(form, decision.answers, words, labels)
    grounds = {name: tell_grounds(decision, cover, *sorts) for name, sorts in _GROUNDS.items()}
    written = {name: "\n".join(filter(None, (grounds.get(name), answered.get(name)))) for name in {*answered, *grounds}}
    valid = decision.valid
    end = write_date(valid.end, tongue) if valid.end else load_shared().say("until_further_notice", tongue)
    own: dict[str, str | None] = {
        "decision.holder.name": decision.holder.name,
        "decision.recipient.name": decision.recipient.name,
        "decision.recipient_contact": name_person(decision.recipient_contact),
        "decision.received_on": request.received_on.isoformat() if request else None,
        "decision.items": "\n".join(labels[line.item.ref] for line in decision.scope),
        "decision.routine": say_yes_no(decision.routine),
        "decision.agreement": "yes" if agreement else None if decision.routine else "no",
        "decision.agreement_title": agreement.title if agreement else None,
        "decision.purpose": decision.purpose.text or decision.purpose.code,
        "decision.dpia_considered": "yes" if answered.get("decision.dpia") else None,
        "decision.dates": form.say("valid", tongue, start=valid.start, end=end),
        "decision.compelled": say_yes_no(decision.compelled),
        "decision.emergency": say_yes_no(decision.emergency),
    }
    return written | own | _list_ruling(decision, tongue)


def _list_ruling(decision: Decision, tongue: Tongue) -> dict[str, str | None]:
    """What was decided, by whom and why, by the names of the form's fields."""
    departure = decision.departure
    second = name_person(departure.second_approver) if departure else ""
    return {
        "decision.outcome": decision.outcome.value,
        "decision.assessed": load_phrases(tongue, "report_").say(decision.assessed.value),
        "decision.departure": "\n".join(filter(None, (departure.reasons, second))) if departure else None,
        "decision.reasons": "\n".join(dict.fromkeys(each.text for each in decision.reasons)),
        "decision.conditions": "\n".join(decision.conditions),
        "decision.next_step": decision.next_step,
        "decision.decided_by.name": decision.decided_by.name,
        "decision.decided_by.role": decision.decided_by.role,
        "decision.approved_by": "\n".join(name_person(each) for each in decision.approved_by),
    }


def tell_grounds(decision: Decision, cover: Cover, *sorts: str) -> str:
    """What a decision rests on, of these sorts: each provision once, with how it was checked and what it does."""
    found = (
        f"{cite_briefly(each.provision, cover.dated, cover.tongue)}: {each.says}"
        for each in decision.grounds
        if each.sort in sorts
    )
    return "\n".join(dict.fromkeys(found))


def list_cited(decision: Decision) -> tuple[str, ...]:
    """Every provision that a decision names, each once."""
    reasons = (*decision.reasons, *(line.reason for line in decision.scope))
    named = (
        *(each.provision for each in decision.grounds),
        *(each.provision for each in decision.exemptions),
        *(cite for each in reasons for cite in each.cites),
    )
    return tuple(dict.fromkeys(named))


def say_yes_no(truth: bool) -> str:
    """The value of a yes-or-no field."""
    return "yes" if truth else "no"


def tabulate_scope(decision: Decision, tongue: Tongue) -> list[Block]:
    """Every item that was asked for, with what was decided about it and why."""
    form, phrases = load_wording(FORMS / "decision.yaml"), load_phrases(tongue, "report_")
    people = {subject.ref: subject.label for subject in decision.subjects}
    rows = tuple(
        (
            make_runs(line.item.label),
            make_runs(people.get(line.item.person or "", "-")),
            make_runs(f"{phrases.say(line.state.value)}: {phrases.say(line.outcome.value)}"),
            make_runs(line.treatment or "-"),
            make_runs(line.reason.text or "-"),
        )
        for line in decision.scope
    )
    header = tuple(form.say(name, tongue) for name in ("item", "person", "decided", "treatment", "reason"))
    return [
        Heading(text=form.say("scope", tongue)),
        Table(caption=form.say("scope_caption", tongue), header=header, rows=rows, widths=(20, 16, 20, 16, 28)),
    ]


def _tabulate_exemptions(decision: Decision, form: Wording, tongue: Tongue) -> list[Block]:
    if not decision.exemptions:
        return []
    people = {subject.ref: subject.label for subject in decision.subjects}
    rows = tuple(
        (
            make_runs(each.duty),
            make_runs(people.get(each.person or "", "-")),
            make_runs(cite_briefly(each.provision, decision.law_date, tongue)),
            make_runs(each.extent),
            make_runs(write_date(each.review_on, tongue)),
        )
        for each in decision.exemptions
    )
    header = tuple(form.say(name, tongue) for name in ("duty", "person", "provision", "extent", "review"))
    return [
        Heading(text=form.say("exemptions", tongue)),
        Table(caption=form.say("exemptions_caption", tongue), header=header, rows=rows),
    ]
