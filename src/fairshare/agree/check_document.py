"""The check of an agreement, and the table of what changes do to it, as documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from fairshare.agree.check import AgreementCheck, Finding, Place, Source, TrapFound
from fairshare.agree.check_signals import Signals
from fairshare.agree.liability import ChangeTable
from fairshare.documents.model import (
    Block,
    Brand,
    Document,
    Heading,
    Notice,
    Paragraph,
    Run,
    Runs,
    Table,
    make_runs,
)

ORDER = {"absent": 0, "weak": 1, "present": 2, "not_applicable": 3}
STRENGTHS = {"must": 0, "should": 1, "could": 2}


def write_check(
    check: AgreementCheck,
    signals: Signals,
    tables: Sequence[ChangeTable] = (),
    *,
    file: str,
    made_on: date,
    brand: Brand,
) -> Document:
    """The report of a check: a summary, what is lacking, what is there, the traps, and what to put in.

    Takes    file: the name of the file that was checked;  tables: what-if tables to put at the end;
             made_on: the day of the report.
    """
    blocks = [
        *_write_head(check, signals),
        *_write_traps(check.traps, signals),
        *_write_contents(check, signals),
        *_write_proposals(check, signals),
        *_write_changes(tables, signals),
    ]
    return _make_document("agreement_check", signals.phrases["title"], file, blocks, signals, made_on, brand)


def write_change_tables(
    tables: Sequence[ChangeTable], signals: Signals, *, file: str, made_on: date, brand: Brand
) -> Document:
    """The tables of what changes do to an agreement, alone."""
    blocks = [*_write_warnings(signals), *_write_changes(tables, signals)]
    title = signals.phrases["change_title"]
    return _make_document("agreement_changes", title, file, blocks, signals, made_on, brand)


def _make_document(
    kind: str, title: str, file: str, blocks: Sequence[Block], signals: Signals, made_on: date, brand: Brand
) -> Document:
    return Document(
        kind=kind,
        title=f"{title}: {file}",
        language="cy-GB" if signals.language == "cy" else "en-GB",
        dated=made_on,
        author="Fairshare",
        brand=brand,
        blocks=tuple(blocks),
        legend=signals.phrases["not_advice"],
    )


def _write_warnings(signals: Signals) -> Iterator[Block]:
    yield Notice(sort="legal", runs=make_runs(signals.phrases["not_advice"]))
    if signals.unreviewed:
        yield Notice(sort="warning", runs=make_runs(signals.phrases["not_reviewed"]))


def _write_head(check: AgreementCheck, signals: Signals) -> Iterator[Block]:
    words = signals.phrases
    yield from _write_warnings(signals)
    yield Heading(text=words["summary"])
    yield Paragraph(runs=make_runs(f"{words['kind']}: {words[f'kind_{check.sort}']}."))
    if check.not_read:
        yield Notice(sort="warning", runs=make_runs(f"{words['not_read']}: {', '.join(check.not_read)}."))
    rows = tuple(
        (make_runs(words[strength]), *(make_runs(str(count_states(check, strength, state))) for state in ORDER))
        for strength in STRENGTHS
        if any(each.strength == strength for each in check.findings)
    )
    header = (words["strength"], *(words[state] for state in ORDER))
    yield Table(caption=words["summary"], header=header, rows=rows)


def count_states(check: AgreementCheck, strength: str, state: str) -> int:
    """How many contents of one strength are in one state."""
    return sum(each.strength == strength and each.state == state for each in check.findings)


def sort_findings(check: AgreementCheck) -> list[Finding]:
    """Findings with what is lacking first, and within that what law requires first."""
    return sorted(check.findings, key=lambda each: (ORDER[each.state], STRENGTHS[each.strength]))


def write_place(place: Place | None, signals: Signals) -> str:
    """Where something stands, and its quotation, in a line; empty if nowhere."""
    if place is None:
        return ""
    words = signals.phrases
    page = f"{words['page']} {place.page}, " if place.page else ""
    under = f", {words['under']} “{place.under}”" if place.under else ""
    return f"{page}{words['paragraph']} {place.paragraph}{under}: “{place.quote}”"


def write_sources(sources: Sequence[Source], signals: Signals) -> str:
    """The provisions of a finding, each with how it was checked."""
    return "; ".join(
        f"{each.citation} ({signals.phrases[each.mark]})" if each.mark else each.citation for each in sources
    )


def _write_contents(check: AgreementCheck, signals: Signals) -> Iterator[Block]:
    words = signals.phrases
    yield Heading(text=words["contents"])
    rows = []
    for each in sort_findings(check):
        said = " ".join(part for part in (each.weak, write_place(each.place, signals)) if part)
        rows.append(
            (
                (Run(text=each.title, strong=True), Run(text=f" {each.why}")),
                make_runs(words[each.strength]),
                (Run(text=words[each.state], strong=each.state in ("absent", "weak")),),
                make_runs(said),
                make_runs(write_sources(each.sources, signals)),
            )
        )
    header = (words["content"], words["strength"], words["found"], words["where"], words["sources"])
    yield Table(caption=words["contents"], header=header, rows=tuple(rows), widths=(28, 8, 10, 34, 20))


def _write_traps(traps: Sequence[TrapFound], signals: Signals) -> Iterator[Block]:
    words = signals.phrases
    yield Heading(text=words["traps"])
    if not traps:
        yield Paragraph(runs=make_runs(words["no_traps"]))
    for trap in traps:
        yield Heading(level=2, text=trap.title)
        yield Paragraph(runs=make_runs(trap.why))
        for place in trap.places:
            yield Paragraph(runs=make_runs(write_place(place, signals)))
        yield Paragraph(runs=make_runs(f"{words['sources']}: {write_sources(trap.sources, signals)}"))


def _write_proposals(check: AgreementCheck, signals: Signals) -> Iterator[Block]:
    words = signals.phrases
    offered = [each for trap in check.traps for each in trap.proposals]
    offered += [each for finding in sort_findings(check) for each in finding.proposals]
    unique = {(each.clause, each.heading): each for each in offered}
    yield Heading(text=words["proposals"])
    if not unique:
        yield Paragraph(runs=make_runs(words["nothing_missing"]))
    for each in unique.values():
        yield Heading(level=2, text=each.heading)
        runs: Runs = make_runs(each.text)
        if each.clause:
            runs = (*runs, Run(text=f" ({words['proposal_from']}: {each.clause})", emphasis=True))
        yield Paragraph(runs=runs)


def _write_changes(tables: Sequence[ChangeTable], signals: Signals) -> Iterator[Block]:
    words = signals.phrases
    for table in tables:
        yield Heading(text=table.title)
        rows = tuple(
            (
                (Run(text=each.title, strong=True),),
                make_runs(write_place(each.place, signals) or ("" if each.there else words["nowhere"])),
                make_runs(words[each.strength]),
                make_runs(each.who),
                make_runs(each.act),
                make_runs(write_sources(each.sources, signals)),
            )
            for each in table.rows
        )
        header = (words["clause"], words["where"], words["strength"], words["who"], words["act"], words["sources"])
        yield Table(caption=table.title, header=header, rows=rows, widths=(16, 24, 8, 13, 24, 15))
