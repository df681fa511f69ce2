"""The report of an assessment or a decision, as a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from fairshare.cli.assess import Seen
from fairshare.decide.explain import cite_from
from fairshare.decide.report import build_report
from fairshare.decide.report_render import render_html, render_markdown
from fairshare.decide.ruling import Matter, matter_of
from fairshare.records import Decision, Request
from fairshare.words import Item, Organisation, Purpose, Subject

HOLDER = "Your organisation"


def make_report(seen: Seen, path: Path, *, request: Request | None = None, decision: Decision | None = None) -> bytes:
    """The report, as HTML or Markdown by the name of the file it is for."""
    language = seen.held.words.language
    report = build_report(
        seen.assessment,
        seen.held.words,
        cite_from(seen.held.law, seen.assessment.program.law_date, language),
        made_on=datetime.now(UTC).date(),
        matter=matter_of(request, "sha256:" + "0" * 64) if request else name_matter(seen),
        request=request,
        decision=decision,
    )
    return (render_html if path.suffix.lower() == ".html" else render_markdown)(report).encode()


def name_matter(seen: Seen) -> Matter:
    """What a file of answers says of the matter, where there is no request: what people and items are called."""
    shape, labels = seen.assessment.program.shape, seen.file.labels
    return Matter(
        case="unkept",
        holder=Organisation(name=HOLDER),
        recipient=Organisation(name=labels.get(shape.flows[0], "").removeprefix("to ") or "whoever asks"),
        purpose=Purpose(code="as.answered", text=name_purpose(seen)),
        subjects=tuple(Subject(ref=ref, label=labels.get(ref, ref)) for ref in shape.persons),
        items=tuple(Item(ref=ref, label=labels.get(ref, ref), person=person) for ref, _, person in shape.items),
    )


def name_purpose(seen: Seen) -> str:
    """The purpose as the tool fixes it or as it was answered; where none is asked for, what the tool is about."""
    fact, words, tool = "purpose.kind", seen.held.words, seen.file.tool or ""
    answers = {key.partition("@")[0]: each.value for key, each in seen.assessment.answers.items()}
    value = seen.held.base.tools[tool].starts_with.get(fact, answers.get(fact))
    return words.label(fact, value) if isinstance(value, str) else words.tool(tool).title
