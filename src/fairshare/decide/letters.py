"""Letters to the body that asks: what is not shared and why, and what must be known before anybody can decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from fairshare.decide.assess import Assessment
from fairshare.decide.decision_form import FORMS
from fairshare.decide.language import RuleBase
from fairshare.decide.phrases import load_phrases, sentence
from fairshare.decide.ruling import Matter
from fairshare.decide.told_answers import label_decision
from fairshare.decide.words import Words
from fairshare.documents.model import Block, Document, Heading, Notice, SignaturePlace, Table, make_runs
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Decision, Request, ScopeLine, ScopeState
from fairshare.request.completeness import Missing
from fairshare.request.wording import (
    Cover,
    Wording,
    list_law,
    load_shared,
    load_wording,
    name_person,
    write_document,
    write_paragraphs,
    write_points,
)
from fairshare.words import Organisation, Person, Refused


class NothingRefused(Refused):
    """A letter of refusal was asked for, and the decision shares everything that was asked."""

    code = "NOTHING_REFUSED"


class NothingToAsk(Refused):
    """A letter that asks for what is missing was asked for, and nothing is."""

    code = "NOTHING_TO_ASK"


def write_refusal_letter(decision: Decision, cover: Cover, *, request: Request | None = None) -> Document:
    """What a decision does not share, why, and what the asker can do; it names the provisions behind it.

    Raises   NothingRefused when everything that was asked for goes as it is.
    """
    letters, phrases, tongue = _load(), load_phrases(cover.tongue, "report_"), cover.tongue
    held = [line for line in decision.scope if line.state is not ScopeState.AGREED]
    if not held:
        raise NothingRefused(
            "the decision shares all that was asked for", fix="Send what was decided instead.", where="decision.scope"
        )
    labels = label_decision(decision)
    rows = tuple(
        (make_runs(labels[line.item.ref]), make_runs(phrases.say(line.state.value)), make_runs(_tell_why(line)))
        for line in held
    )
    header = tuple(letters.say(name, tongue) for name in ("item", "decided", "why"))
    all_held = all(line.state is ScopeState.WITHHELD for line in decision.scope)
    reasons = [] if decision.outcome.shares else [sentence(each.text) for each in decision.reasons]
    cited = (cite for line in held if line.state is ScopeState.WITHHELD for cite in line.reason.cites)
    contact = decision.recipient_contact
    return _write_letter(
        cover,
        letters,
        "refusal_letter",
        _head(letters, cover, decision.holder, decision.recipient, contact, request),
        [
            *write_paragraphs(letters.say("refusal_all" if all_held else "refusal_part", tongue)),
            Table(caption=letters.say("refusal_caption", tongue), header=header, rows=rows, widths=(30, 20, 50)),
            *_list_under(letters.say("reasons", tongue), reasons),
            Heading(text=letters.say("next", tongue)),
            *write_paragraphs(decision.next_step, letters.say("again", tongue), letters.say("danger", tongue)),
            *list_law(cited, cover),
            *_close(letters, cover, decision.decided_by, decision.holder, decision.made_at.date()),
        ],
        reference=record_id(decision),
    )


def _tell_why(line: ScopeLine) -> str:
    """Why an item does not go or, for one that goes in part, what is done to it first."""
    return (line.treatment if line.state is ScopeState.REDACTED else None) or line.reason.text or "-"


def write_clarification_letter(
    matter: Matter,
    cover: Cover,
    words: Words,
    *,
    request: Request | None = None,
    missing: Sequence[Missing] = (),
    needs: Iterable[str] = (),
) -> Document:
    """A letter that asks for what is still needed, says why, and does not sound like a refusal.

    Takes    missing: what the request lacks; needs: conclusions such as `need.purpose` that an assessment reached.
    Raises   NothingToAsk when the request lacks nothing and nothing is needed.
    """
    letters, tongue = _load(), cover.tongue
    asked = [_ask_for(each, letters, cover) for each in missing]
    own: list[str] = []
    for need in dict.fromkeys(needs):
        if f"ask_{need}" in letters.says:
            asked.append(letters.say(f"ask_{need}", tongue))
        else:
            own.append(sentence(words.conclusion(need).next_step or words.conclusion(need).title))
    if not asked and not own:
        raise NothingToAsk("nothing is missing that could be asked for", fix="Decide on the request.", where="request")
    shown = [
        *(write_paragraphs(letters.say("clarification_intro", tongue)) if asked else []),
        *write_points(asked, ordered=True),
    ]
    return _write_letter(
        cover,
        letters,
        "clarification_letter",
        _head(letters, cover, matter.holder, matter.recipient, matter.recipient_contact, request),
        [
            *shown,
            *_list_under(letters.say("ourselves", tongue), own),
            *write_paragraphs(letters.say("not_refused", tongue, holder=matter.holder.name)),
            Notice(sort="important", runs=make_runs(letters.say("danger", tongue))),
            *list_law((each.cite for each in missing), cover),
            SignaturePlace(organisation=matter.holder.name),
        ],
        reference=record_id(request) if request else None,
    )


def list_needs(found: Assessment | Decision, base: RuleBase) -> tuple[str, ...]:
    """The conclusions of an assessment or a decision that say what is still needed, each once."""
    if isinstance(found, Assessment):
        return tuple(dict.fromkeys(each.id for each, _ in found.holding("need")))
    names = (each.conclusion.partition("@")[0] for each in found.findings if each.status == "true")
    return tuple(
        dict.fromkeys(each for each in names if each in base.conclusions and base.conclusions[each].sort == "need")
    )


def _load() -> Wording:
    return load_wording(FORMS / "letters.yaml")


def _write_letter(
    cover: Cover, letters: Wording, kind: str, head: list[Block], blocks: list[Block], *, reference: str | None
) -> Document:
    """A letter as a draft, for a person to read, sign and send."""
    return write_document(
        cover,
        letters,
        kind,
        [*head, *blocks],
        title=letters.say(f"{kind.partition('_')[0]}_title", cover.tongue),
        reference=reference,
        status=load_shared().say("draft", cover.tongue),
        supports_decision=False,
    )


def _head(
    letters: Wording,
    cover: Cover,
    holder: Organisation,
    recipient: Organisation,
    contact: Person | None,
    request: Request | None,
) -> list[Block]:
    tongue = cover.tongue
    who = ", ".join(filter(None, (contact.name if contact else "", contact.role if contact else "", recipient.name)))
    about = (
        letters.say("about", tongue, reference=request.reference or "", day=request.received_on).replace("  ", " ")
        if request
        else letters.say("about_bare", tongue, holder=holder.name)
    )
    lines = (letters.say("to", tongue, name=who), letters.say("from", tongue, name=holder.name), about)
    return write_paragraphs(*lines)


def _ask_for(missing: Missing, letters: Wording, cover: Cover) -> str:
    """What is missing from a request, why it matters, and whether the law looks for it."""
    if cover.tongue == "cy" and f"cy_{missing.field}" in letters.says:
        said = sentence(letters.say(f"cy_{missing.field}", "cy"))
    else:
        said = f"{sentence(missing.needs)} {missing.why}"
    return f"{said} {letters.say('must', cover.tongue)}" if missing.must else said


def _list_under(heading: str, texts: Sequence[str]) -> list[Block]:
    return [Heading(text=heading), *write_points(texts)] if texts else []


def _close(letters: Wording, cover: Cover, person: Person, holder: Organisation, day: date) -> list[Block]:
    said = letters.say("who", cover.tongue, name=name_person(person), day=day)
    return [*write_paragraphs(said), SignaturePlace(name=person.name, role=person.role, organisation=holder.name)]
