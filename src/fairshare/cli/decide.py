"""From a file of answers to an assessment and, at a desk, to a named person's decision."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.ask import LawDate
from fairshare.cli.bases import Rules, RulesFolder, ToolName, Welsh, load_rules, use_rules
from fairshare.cli.commands import Page
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.cli.what_if import AnswersPath
from fairshare.words import BadInput

if TYPE_CHECKING:
    from fairshare.cli.answers_file import AnswersFile
    from fairshare.cli.assess import Seen
    from fairshare.decide.assess import Assessment
    from fairshare.records import Decision, Request, SignedRecord


ReportPath = Annotated[Path | None, typer.Option("--report", metavar="FILE", help="Write the report, as .html or .md.")]
CaseOption = Annotated[
    str | None, typer.Option("--case", metavar="CASE", help="Decide this case at the desk; needs --ruling.")
]
RulingPath = Annotated[Path | None, typer.Option("--ruling", metavar="FILE", help="What you decide about every item.")]
ProposePath = Annotated[
    Path | None, typer.Option("--propose", metavar="FILE", help="Write a ruling that follows it, to edit.")
]


class ReportKind(BadInput):
    """A report is HTML or Markdown, as its file's name says."""

    code = "REPORT_KIND"


def decide(
    tool: ToolName,
    answers: AnswersPath,
    law_date: LawDate = None,
    report: ReportPath = None,
    proofs: Annotated[bool, typer.Option("--proofs", help="Show each step of each proof.")] = False,
    case: CaseOption = None,
    ruling: RulingPath = None,
    propose: ProposePath = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
    rules: RulesFolder = None,
    welsh: Welsh = False,
) -> Page:
    """Assess a file of answers: what may be shared, item by item, why, and what is still open.

    With --case and --ruling the person named by --as decides: the assessment and the ruling become a signed record. A
    ruling may depart from the assessment, with reasons and, outside emergencies, a second approver.
    """
    from fairshare.cli.answers_file import read_answers_file, settle_file

    check_report_kind(report)
    if case is None and ruling is not None:
        raise BadInput("a ruling is on a case", fix="Name the case with --case.", where="--ruling")
    held = load_rules(rules, welsh=welsh)
    file = settle_file(read_answers_file(answers), tool, law_date, held)
    if case is not None:
        return decide_at_desk(held, file, case, (ruling, propose, report), desk, name, proofs=proofs)
    from fairshare.cli.assess import look_at
    from fairshare.cli.assessment import describe_assessment, show_assessment
    from fairshare.cli.cases import show_close

    seen = look_at(held, file)
    written = write_papers(seen, propose, report)

    def show(screen: Screen) -> None:
        show_assessment(screen, seen, with_proofs=proofs)
        if rules is None:
            show_close(screen, file, welsh=welsh)
        show_written(screen, written)

    return Page(describe_assessment(seen) | written, show)


def decide_at_desk(
    held: Rules,
    file: AnswersFile,
    case: str,
    papers: tuple[Path | None, Path | None, Path | None],
    desk: Path,
    name: str | None,
    *,
    proofs: bool,
) -> Page:
    """Assesses the case's request and, given a ruling, records the decision of the person acting."""
    from fairshare.cli.answers_file import fit_to_request
    from fairshare.cli.assess import look_at
    from fairshare.cli.assessment import describe_assessment, show_assessment
    from fairshare.cli.forms import read_form
    from fairshare.decide.ruling import Ruling
    from fairshare.desk.decide_case import decide_case
    from fairshare.desk.entering import find_latest, read_case

    ruling, propose, report = papers
    signed: SignedRecord | None = None
    with open_as(desk, name) as (at, actor):
        asked: Any = find_latest(read_case(at, case), "request").record
        seen = look_at(held, fit_to_request(file, asked), today=at.clock.now().date())
        if ruling is not None:
            signed = decide_case(at, actor, case, seen.assessment, read_form(Ruling, ruling), use_rules(held))
    decision: Any = signed.record if signed else None
    written = write_papers(seen, propose, report, request=asked, decision=decision)
    document = describe_assessment(seen) | written | {"decision": describe_decision(signed)}

    def show(screen: Screen) -> None:
        show_assessment(screen, seen, with_proofs=proofs)
        if signed is not None:
            show_decision(screen, signed)
        else:
            screen.line("Nothing is decided yet: edit a ruling (--propose FILE) and give it with --ruling.", "bold")
        show_written(screen, written)

    return Page(document, show)


def write_papers(
    seen: Seen,
    propose: Path | None,
    report: Path | None,
    *,
    request: Request | None = None,
    decision: Decision | None = None,
) -> dict[str, str | None]:
    """Writes the proposed ruling and the report, where they are wanted."""
    if propose is not None:
        proposed = propose_ruling(seen.assessment)
        write_file(propose, json.dumps(proposed, indent=2, ensure_ascii=False).encode() + b"\n", replace=False)
    if report is not None:
        from fairshare.cli.reports import make_report

        write_file(report, make_report(seen, report, request=request, decision=decision))
    return {"proposed": str(propose) if propose else None, "report": str(report) if report else None}


def propose_ruling(assessment: Assessment) -> dict[str, Any]:
    """A ruling that follows the assessment, for a person to read, change and make their own."""
    from fairshare.decide.ruling import propose_lines

    start = assessment.program.law_date
    lines = [line.model_dump(mode="json", exclude_defaults=True) for line in propose_lines(assessment)]
    for line in lines:
        if line["state"] == "redacted":
            line["treatment"] = ""
    return {"lines": lines, "valid": {"start": start.isoformat(), "end": add_days(start, 30).isoformat()}}


def add_days(day: date, days: int) -> date:
    """A day so many days later; the last day there is, if that would be later still.

    >>> add_days(date(2026, 11, 23), 30)
    datetime.date(2026, 12, 23)
    """
    return day + timedelta(days=min(days, (date.max - day).days))


def describe_decision(signed: SignedRecord | None) -> dict[str, Any] | None:
    """A decision in short, if one was recorded."""
    if signed is None:
        return None
    found: Any = signed.record
    return {
        "record": signed.id,
        "case": found.case,
        "outcome": found.outcome,
        "assessed": found.assessed,
        "departure": found.departure is not None,
        "decided_by": found.decided_by.model_dump(mode="json"),
        "scope": [
            {"item": line.item.ref, "state": line.state, "outcome": line.outcome, "treatment": line.treatment}
            for line in found.scope
        ],
        "valid": found.valid.model_dump(mode="json"),
    }


def show_decision(screen: Screen, signed: SignedRecord) -> None:
    """Who decided what, item by item."""
    found: Any = signed.record
    screen.heading(f"{found.decided_by.name} ({found.decided_by.role}) decided: {found.outcome}")
    if found.departure is not None:
        screen.line(f"This departs from the assessment ({found.assessed}): {found.departure.reasons}", "yellow")
    screen.table(
        ["item", "decided", "how"],
        [(line.item.label, line.state, line.treatment or "") for line in found.scope],
    )
    until = found.valid.end or "further notice"
    screen.line(f"It may be released from {found.valid.start} until {until}. Record {signed.id}.")


def show_written(screen: Screen, written: dict[str, str | None]) -> None:
    """Which files were written."""
    for what, where in written.items():
        if where:
            screen.line(f"{what.capitalize()}: {where}")


def check_report_kind(path: Path | None) -> None:
    """Refuses a report of another kind before anything is done."""
    if path is not None and path.suffix.lower() not in (".html", ".md"):
        raise ReportKind("a report is .html or .md", fix="Name the file report.html or report.md.", where=str(path))
