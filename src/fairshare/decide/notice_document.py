"""A paragraph for a privacy notice that says what a decision shares, with whom, why, and what people can do."""

from __future__ import annotations

from fairshare.decide.decision_form import FORMS, list_cited
from fairshare.documents.model import Block, Document, Heading, Notice, make_runs
from fairshare.law import load_law
from fairshare.law.library import UnknownProvision
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Decision
from fairshare.request.wording import Cover, list_law, load_shared, load_wording, write_document, write_paragraphs
from fairshare.words.dates import write_date

_RESTS_ON_TASK = ("basis.public_task", "basis.legitimate_interests", "basis.rli_")
"""The bases to which people may object (UK GDPR, Article 21(1))."""


def write_privacy_notice(decision: Decision | None, cover: Cover) -> Document:
    """The paragraph, for a named person to put into a privacy notice. It does not list the people whom it is about."""
    wording, tongue = load_wording(FORMS / "notice.yaml"), cover.tongue
    cited = [
        "ukgdpr.art13",
        "ukgdpr.art14",
        "ukgdpr.art21.1",
        "dpa2018.s164A",
        *(list_cited(decision) if decision else ()),
    ]
    blocks: list[Block] = []
    if decision is not None and decision.exemptions:
        first = min(each.review_on for each in decision.exemptions)
        blocks.append(Notice(sort="warning", runs=make_runs(wording.say("hold", tongue, day=first))))
    if decision is not None:
        blocks.append(Notice(sort="info", runs=make_runs(wording.say("check", tongue))))
    sentences = _tell(decision, cover) if decision else _tell_blank(cover)
    blocks += [Heading(text=wording.say("to_copy", tongue)), *write_paragraphs(" ".join(sentences))]
    return write_document(
        cover,
        wording,
        "privacy_notice",
        [*blocks, *list_law(cited, cover)],
        reference=record_id(decision) if decision else None,
        status=load_shared().say("draft" if decision else "blank", tongue),
    )


def _tell_blank(cover: Cover) -> list[str]:
    wording, tongue = load_wording(FORMS / "notice.yaml"), cover.tongue
    recipient = wording.say("blank_recipient", tongue)
    return [
        wording.say("who", tongue, holder=cover.brand.organisation, recipient=recipient),
        wording.say("what", tongue, items=wording.say("blank_items", tongue)),
        wording.say("why", tongue, purpose=wording.say("blank_purpose", tongue)),
        wording.say("basis", tongue, basis=wording.say("blank_basis", tongue)),
        wording.say("their_duty", tongue, recipient=recipient),
        *(wording.say(name, tongue) for name in ("rights", "contact")),
    ]


def _tell(decision: Decision, cover: Cover) -> list[str]:
    wording, tongue = load_wording(FORMS / "notice.yaml"), cover.tongue
    items = dict.fromkeys(line.item.label for line in decision.scope if line.outcome.shares)
    if not items:
        return [wording.say("nothing", tongue)]
    purpose = decision.purpose.text or decision.purpose.code
    bases = {each.conclusion.partition("@")[0] for each in decision.grounds if each.sort == "lawful_basis"}
    end = decision.valid.end
    named = {
        "basis": _name_grounds(decision, "lawful_basis"),
        "condition": _name_grounds(decision, "article_9", "article_10"),
        "abroad": _name_grounds(decision, "transfer"),
    }
    told = [
        wording.say("who", tongue, holder=decision.holder.name, recipient=decision.recipient.name),
        wording.say("what", tongue, items="; ".join(items)),
        wording.say("why", tongue, purpose=purpose if purpose.endswith((".", "?", "!")) else f"{purpose}."),
        *(wording.say(name, tongue, basis=found) for name, found in named.items() if found),
        *([wording.say("must", tongue)] if decision.compelled else []),
        wording.say("their_duty", tongue, recipient=decision.recipient.name),
        *([wording.say("until", tongue, end=write_date(end, tongue))] if end else []),
        *([wording.say("object", tongue)] if any(each.startswith(_RESTS_ON_TASK) for each in bases) else []),
        *([wording.say("withdraw", tongue)] if "basis.consent" in bases else []),
    ]
    return [*told, *(wording.say(name, tongue) for name in ("rights", "contact"))]


def _name_grounds(decision: Decision, *sorts: str) -> str:
    """The provisions of some sorts of ground, in one line."""
    law, names = load_law(), dict[str, None]()
    for each in decision.grounds:
        if each.sort in sorts:
            try:
                names[law.provision(each.provision).citation] = None
            except UnknownProvision:
                names[each.provision] = None
    return "; ".join(names)
