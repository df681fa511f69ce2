"""The request form, blank or filled from a request."""

from __future__ import annotations

from fairshare.documents.model import Block, Document, Heading, Notice, SignaturePlace, make_runs
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Request
from fairshare.request.form_values import list_form_values, load_form
from fairshare.request.intake_draft import draft_public_task
from fairshare.request.intake_shapes import Found
from fairshare.request.wording import Cover, build_groups, load_shared, write_document, write_paragraphs


def write_request_form(request: Request | None, cover: Cover) -> Document:
    """The form that a body asks with. A field that a request leaves blank stays blank.

    The statement that Annex 1, paragraph 1 to the UK GDPR looks for is drafted below the form where it is not made.
    """
    form, tongue = load_form(), cover.tongue
    values = list_form_values(request, tongue) if request else {}
    title = (
        form.say("title_filled", tongue, requester=request.requester.name, holder=request.holder.name)
        if request
        else form.say("title", tongue)
    )
    contact = request.contact if request else None
    blocks: list[Block] = [
        Notice(sort="important", runs=make_runs(form.say("emergency", tongue))),
        *write_paragraphs(form.say("intro", tongue), form.say("no_duty", tongue)),
        *build_groups(form, cover, values),
        *_draft_statement(request, cover),
        Heading(text=form.say("signature", tongue)),
        SignaturePlace(
            name=contact.name if contact else None,
            role=contact.role if contact else None,
            organisation=request.requester.name if request else form.say("asker", tongue),
        ),
    ]
    return write_document(
        cover,
        form,
        "request_form",
        blocks,
        title=title,
        reference=record_id(request) if request else None,
        status=None if request else load_shared().say("blank", tongue),
    )


def _draft_statement(request: Request | None, cover: Cover) -> list[Block]:
    """A statement of a public task for the asker to check and make; nothing where the request makes one."""
    form, tongue = load_form(), cover.tongue
    said = (
        {
            "requester.organisation": request.requester.name,
            "purpose": request.purpose.text,
            "public_task": request.public_task_statement,
        }
        if request
        else {}
    )
    found = [
        Found(field=name, value=" ".join(value.split()).rstrip("."), place="", confidence="clear", how="label")
        for name, value in said.items()
        if value.strip()
    ]
    drafted = draft_public_task(found, tongue)
    if not drafted:
        return []
    return [
        Heading(text=form.say("drafted", tongue)),
        *write_paragraphs(form.say("drafted_why", tongue)),
        Notice(sort="info", runs=make_runs(drafted)),
    ]
