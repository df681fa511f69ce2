"""The appropriate policy document: blank, or begun from a decision that relies on a condition which needs one."""

from __future__ import annotations

from fairshare.decide.decision_form import FORMS, tell_grounds
from fairshare.documents.model import Document, Heading, Notice, SignaturePlace, make_runs
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Decision
from fairshare.request.wording import (
    Cover,
    build_groups,
    list_law,
    load_shared,
    load_wording,
    write_document,
    write_paragraphs,
)


def write_policy_document(decision: Decision | None, cover: Cover) -> Document:
    """What Part 4 of Schedule 1 asks such a document to hold. What a decision does not know is left to be filled in."""
    form, tongue = load_wording(FORMS / "policy.yaml"), cover.tongue
    values: dict[str, str | None] = {}
    if decision is not None:
        items = dict.fromkeys(line.item.label for line in decision.scope if line.outcome.shares)
        values = {
            "policy.use": decision.purpose.text or decision.purpose.code,
            "policy.information": "\n".join(items),
            "policy.conditions": tell_grounds(decision, cover, "article_9", "article_10"),
            "policy.basis": tell_grounds(decision, cover, "lawful_basis"),
        }
    cited = ("dpa2018.sch1.para10.2", *(law for each in form.fields() for law in each.law))
    return write_document(
        cover,
        form,
        "policy_document",
        [
            *write_paragraphs(form.say("intro", tongue), form.say("waived", tongue)),
            *build_groups(form, cover, values),
            Notice(sort="info", runs=make_runs(form.say("keeping", tongue))),
            *list_law(cited, cover),
            Heading(text=form.say("signature", tongue)),
            SignaturePlace(organisation=cover.brand.organisation),
        ],
        reference=record_id(decision) if decision else None,
        status=load_shared().say("draft" if decision else "blank", tongue),
    )
