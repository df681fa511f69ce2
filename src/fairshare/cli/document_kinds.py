"""The kinds of document that `fairshare document` writes, each with what it is written from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from fairshare.cli.document_sources import SourceLacks, assess_source
from fairshare.records import Agreement, Decision, Plan, Receipt, Release, Request

if TYPE_CHECKING:
    from fairshare.cli.document import Making
    from fairshare.documents import Document


@dataclass(frozen=True)
class Kind:
    """One kind of document: what it is, what it takes, and whether it can be blank."""

    says: str
    takes: str
    blank: bool
    write: Callable[[Making], Document]


def _write_request_form(making: Making) -> Document:
    from fairshare.request.form import write_request_form

    return write_request_form(making.source.need(Request) if making.source.name else None, making.cover)


def _write_decision_form(making: Making) -> Document:
    from fairshare.decide.decision_form import write_decision_form

    source = making.source
    return write_decision_form(
        source.need(Decision) if source.name else None,
        making.cover,
        making.rules().words,
        request=source.find(Request),
        agreement=source.find(Agreement),
    )


def _write_report(making: Making) -> Document:
    from fairshare.decide.explain import cite_from
    from fairshare.decide.report import build_report
    from fairshare.decide.report_document import write_report_document
    from fairshare.decide.ruling import matter_of
    from fairshare.records.commitments import record_id

    source, held = making.source, making.rules()
    assessment = assess_source(source, held)
    request, decision = source.find(Request), source.find(Decision)
    report = build_report(
        assessment,
        held.words,
        cite_from(held.law, assessment.program.law_date, held.words.language),
        made_on=making.cover.dated,
        matter=matter_of(request, record_id(request)) if request else None,
        request=request,
        decision=decision,
    )
    return write_report_document(report, making.cover, reference=record_id(decision) if decision else None)


def _write_dpia(making: Making) -> Document:
    from fairshare.decide.dpia_document import TOOL, write_dpia

    held, source = making.rules(), making.source
    if source.name and (source.file is None or source.file.tool != TOOL):
        raise SourceLacks(f"these are no answers to {TOOL}", fix=f"Answer it: fairshare ask {TOOL}", where=source.name)
    assessment = assess_source(source, held) if source.name else None
    return write_dpia(assessment, held.base, held.words, making.cover)


def _write_release_sheet(making: Making) -> Document:
    from fairshare.release.sheet_document import gather_from_records, write_sheet_document

    source = making.source
    release = source.need(Release)
    theirs = [each for each in source.records if isinstance(each, Receipt) and each.side == "sender"]
    facts = gather_from_records(
        release,
        source.need(Decision),
        agreement=source.find(Agreement) if release.agreement else None,
        receipt=next((each for each in theirs if each.release in _ids(release)), None),
        plan=next((each for each in source.records if isinstance(each, Plan) and release.plan in _ids(each)), None),
        signed_by=source.find_key(release),
    )
    audience = cast(Literal["holder", "recipient"], making.audience)
    return write_sheet_document(facts, making.cover, audience=audience)


def _ids(record: Release | Plan) -> tuple[str]:
    from fairshare.records.commitments import record_id

    return (record_id(record),)


def _write_policy(making: Making) -> Document:
    from fairshare.decide.policy_document import write_policy_document

    return write_policy_document(making.source.need(Decision) if making.source.name else None, making.cover)


def _write_notice(making: Making) -> Document:
    from fairshare.decide.notice_document import write_privacy_notice

    return write_privacy_notice(making.source.need(Decision) if making.source.name else None, making.cover)


def _write_refusal(making: Making) -> Document:
    from fairshare.decide.letters import write_refusal_letter

    return write_refusal_letter(making.source.need(Decision), making.cover, request=making.source.find(Request))


def _write_clarification(making: Making) -> Document:
    from fairshare.cli.answers_file import settle_file
    from fairshare.cli.assess import look_at
    from fairshare.cli.case import find_routes
    from fairshare.cli.reports import name_matter
    from fairshare.decide.letters import NothingToAsk, list_needs, write_clarification_letter
    from fairshare.decide.ruling import matter_of
    from fairshare.records.commitments import record_id
    from fairshare.request import find_missing
    from fairshare.words import Organisation, Outcome

    source, held = making.source, making.rules()
    if source.file is not None:
        seen = look_at(held, settle_file(source.file, None, None, held))
        needs = list_needs(seen.assessment, held.base)
        holder = Organisation(name=making.cover.brand.organisation)
        matter = name_matter(seen).model_copy(update={"holder": holder})
        return write_clarification_letter(matter, making.cover, held.words, needs=needs)
    request, decision = source.need(Request), source.find(Decision)
    if decision is not None and decision.outcome is not Outcome.DEFER_NEED_INFO:
        raise NothingToAsk("the request has been decided", fix="Write to say what was decided.", where=source.name)
    return write_clarification_letter(
        matter_of(request, record_id(request)),
        making.cover,
        held.words,
        request=request,
        missing=find_missing(request, *find_routes(request)),
        needs=list_needs(decision, held.base) if decision else (),
    )


def _write_emergency(making: Making) -> Document:
    from fairshare.decide.emergency_document import write_emergency_record

    return write_emergency_record(
        making.at,
        making.cover,
        making.rules().words,
        request=making.source.find(Request),
        decision=making.source.find(Decision),
    )


KINDS: dict[str, Kind] = {
    "request_form": Kind("the form that a body asks with", "a request", True, _write_request_form),
    "clarification_letter": Kind("asks for what is missing", "a request, or answers", False, _write_clarification),
    "decision_form": Kind("the form that records a decision", "a decision", True, _write_decision_form),
    "report": Kind("the report of an assessment or a decision", "answers, or a decision", False, _write_report),
    "refusal_letter": Kind("says what is not shared, and why", "a decision", False, _write_refusal),
    "emergency_record": Kind("the record of an emergency, with its clock", "a request", True, _write_emergency),
    "dpia": Kind("a data protection impact assessment", "answers to gate.dpia", True, _write_dpia),
    "policy_document": Kind("an appropriate policy document", "a decision", True, _write_policy),
    "privacy_notice": Kind("a paragraph for a privacy notice", "a decision", True, _write_notice),
    "release_sheet": Kind("what went, what was held back, and how to check it", "a case's archive", False,
                          _write_release_sheet),
}  # fmt: skip
