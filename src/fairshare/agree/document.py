"""An agreement as a document: parties, clauses, schedules and places to sign; and as a plain summary for the public."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from fairshare.agree.compose import GAP
from fairshare.agree.phrases import Say, load_phrases
from fairshare.documents.model import (
    Block,
    Brand,
    Document,
    Heading,
    Language,
    Notice,
    PageBreak,
    Paragraph,
    Points,
    Run,
    Runs,
    SignaturePlace,
    Table,
    make_runs,
)
from fairshare.records.agreed import AgreedClause, DeletionCertified, Form, FullParty, Schedule
from fairshare.records.commitments import record_id
from fairshare.records.kinds import FullAgreement
from fairshare.records.kinds import Notice as NoticeRecord
from fairshare.words import BadInput

LANGUAGES: Mapping[Literal["en", "cy"], Language] = {"en": "en-GB", "cy": "cy-GB"}


def write_agreement_document(
    agreement: FullAgreement,
    *,
    signed: Mapping[str, tuple[date | None, str]] | None = None,
    reference: str | None = None,
    brand: Brand | None = None,
) -> Document:
    """An agreement as its parties read and sign it.

    Takes    signed: by organisation, when and how it signed; reference: its record id, once it has one.
    """
    say = load_phrases(agreement.language)
    done = signed or {}
    complete = all(party.organisation.name in done for party in agreement.parties)
    return Document(
        kind="agreement",
        title=agreement.title,
        language=LANGUAGES[agreement.language],
        reference=reference,
        dated=agreement.made_at.date(),
        author=agreement.made_by.name,
        brand=brand or Brand(organisation=agreement.parties[0].organisation.name),
        blocks=(
            *_open(agreement, say),
            Heading(level=1, text=say("clauses")),
            *(block for n, each in enumerate(agreement.clauses, 1) for block in write_clause(n, each, say)),
            *_list_conditions(agreement, say),
            Heading(level=1, text=say("signatures")),
            *(_sign(each, done) for each in sorted(agreement.parties, key=lambda each: each.turn)),
            *_write_schedules(agreement.schedules, say),
        ),
        keywords=(agreement.form.value,),
        status=say("final" if complete else "draft"),
        legend=say("legend"),
    )


def write_summary_document(agreement: FullAgreement, *, brand: Brand | None = None) -> Document:
    """A plain summary of an agreement for the people whose information it is: no names of staff, no law."""
    say = load_phrases(agreement.language)
    return Document(
        kind="agreement_summary",
        title=say("summary_title", title=agreement.title),
        language=LANGUAGES[agreement.language],
        dated=agreement.made_at.date(),
        author=agreement.parties[0].organisation.name,
        brand=brand or Brand(organisation=agreement.parties[0].organisation.name),
        blocks=tuple(_summarise(agreement, say)),
        keywords=(agreement.form.value,),
    )


def write_certificate_document(
    agreement: FullAgreement, notice: NoticeRecord, *, brand: Brand | None = None
) -> Document:
    """A certificate of deletion or return, as a party gave it."""
    say, matter = load_phrases(agreement.language), notice.matter
    if not isinstance(matter, DeletionCertified):
        raise BadInput("this notice certifies nothing", fix="Give the certificate.", where="notice.matter")
    labels = [each.label for each in agreement.items if each.ref in matter.items]
    text = say("certificate_text", party=notice.party.name, day=_say_day(matter.on), did=say(f"did_{matter.did}"))
    parts = (
        (say("certificate_items"), ", ".join(labels) or say("certificate_all")),
        (say("certificate_how"), matter.how),
        (say("certificate_kept"), matter.kept or say("certificate_nothing")),
    )
    return Document(
        kind="deletion_certificate",
        title=say("certificate_title", title=agreement.title),
        language=LANGUAGES[agreement.language],
        reference=record_id(agreement),
        dated=matter.on,
        author=notice.made_by.name,
        brand=brand or Brand(organisation=notice.party.name),
        blocks=(
            Paragraph(runs=make_runs(text)),
            *(block for head, said in parts for block in (Heading(text=head), Paragraph(runs=make_runs(said)))),
            SignaturePlace(
                name=notice.made_by.name, role=notice.made_by.role, organisation=notice.party.name, date=matter.on
            ),
        ),
    )


def write_clause(number: int, clause: AgreedClause, say: Say) -> list[Block]:
    """A clause under its numbered heading; what nobody has filled in yet stands out."""
    return [
        Heading(level=2, text=f"{number}. {clause.heading}"),
        *(Paragraph(runs=mark_gaps(each, say)) for each in clause.text.split("\n\n")),
    ]


def mark_gaps(text: str, say: Say) -> Runs:
    """A text in which each unfilled slot stands out."""
    parts = GAP.split(text)
    return tuple(
        Run(text=f"[{say('gap', slot=part.replace('_', ' '))}]", strong=True) if n % 2 else Run(text=part)
        for n, part in enumerate(parts)
        if part
    )


def _open(agreement: FullAgreement, say: Say) -> list[Block]:
    rows = tuple(
        (
            make_runs(party.organisation.name),
            make_runs(say(f"role_{party.role}")),
            make_runs(say(f"status_{party.status}")),
            make_runs(f"{party.contact.name}, {party.contact.role}"),
            make_runs(str(party.turn)),
        )
        for party in agreement.parties
    )
    header = tuple(say(each) for each in ("organisation", "role", "status", "contact", "signs"))
    start: list[Block] = [Paragraph(runs=(Run(text=say(f"form_{agreement.form.value}"), emphasis=True),))]
    if agreement.form is Form.MOU:
        start.append(Notice(sort="legal", runs=make_runs(say("not_contract"))))
    return [*start, Table(caption=say("parties"), header=header, rows=rows, widths=(30, 16, 18, 28, 8))]


def _list_conditions(agreement: FullAgreement, say: Say) -> list[Block]:
    if not agreement.conditions:
        return []
    items = tuple(make_runs(each) for each in agreement.conditions)
    return [Heading(level=1, text=say("conditions")), Points(items=items)]


def _sign(party: FullParty, done: Mapping[str, tuple[date | None, str]]) -> SignaturePlace:
    day, how = done.get(party.organisation.name, (None, None))
    return SignaturePlace(
        name=party.contact.name, role=party.contact.role, organisation=party.organisation.name, date=day, how=how
    )


def _write_schedules(schedules: Sequence[Schedule], say: Say) -> list[Block]:
    blocks: list[Block] = [PageBreak(), Heading(level=1, text=say("schedules"))] if schedules else []
    for schedule in schedules:
        blocks.append(Heading(level=2, text=schedule.heading))
        if schedule.text:
            blocks += [Paragraph(runs=mark_gaps(each, say)) for each in schedule.text.split("\n\n")]
        if schedule.header:
            rows = tuple(tuple(mark_gaps(cell, say) for cell in row) for row in schedule.rows)
            blocks.append(Table(caption=schedule.heading, header=schedule.header, rows=rows))
    return blocks


def _summarise(agreement: FullAgreement, say: Say) -> list[Block]:
    names = [party.organisation.name for party in agreement.parties]
    senders = [party.organisation.name for party in agreement.parties if party.role in ("discloser", "both")]
    receivers = [party.organisation.name for party in agreement.parties if party.role in ("recipient", "both")]
    end = agreement.valid.end
    retention = next((each.text for each in agreement.schedules if each.id == "schedule.retention"), "")
    contacts = [party.rights_contact for party in agreement.parties if party.rights_contact]
    duties = next((each for each in agreement.schedules if each.id == "schedule.duties"), None)
    who = say("summary_who_text", parties=", ".join(names), senders=", ".join(senders), receivers=", ".join(receivers))
    when = say(
        "summary_when_text",
        start=_say_day(agreement.valid.start),
        end=_say_day(end) if end else say("until_further_notice"),
        review=_say_day(agreement.review_on),
    )
    blocks: list[Block] = [
        Heading(level=1, text=say("summary_who")),
        Paragraph(runs=make_runs(who)),
        Heading(level=1, text=say("summary_why")),
        Paragraph(runs=make_runs(agreement.purpose.text or agreement.purpose.code)),
        Heading(level=1, text=say("summary_what")),
        Points(items=tuple(make_runs(each.label) for each in agreement.items)),
        Heading(level=1, text=say("summary_how")),
        Paragraph(runs=make_runs(say("summary_how_text"))),
    ]
    if retention:
        blocks.append(Paragraph(runs=mark_gaps(say("summary_retention", retention=retention), say)))
    if duties is not None:
        rows = tuple(tuple(make_runs(cell) for cell in row) for row in duties.rows)
        blocks += [Heading(level=1, text=say("summary_joint"))]
        blocks += [Table(caption=duties.heading, header=duties.header, rows=rows)]
    return [
        *blocks,
        Heading(level=1, text=say("summary_when")),
        Paragraph(runs=make_runs(when)),
        Heading(level=1, text=say("summary_rights")),
        Paragraph(runs=make_runs(say("summary_rights_text"))),
        Paragraph(runs=make_runs(say("summary_contact", contact="; ".join(contacts) or say("nobody_named")))),
        Paragraph(runs=make_runs(say("summary_regulator"))),
    ]


def _say_day(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"
