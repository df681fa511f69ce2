"""The report of an assessment or a decision as a document, for every format that documents are drawn in."""

from __future__ import annotations

from collections.abc import Iterator

from fairshare.decide.explain import Citation
from fairshare.decide.report_shape import Block as Shown
from fairshare.decide.report_shape import (
    Bullets,
    Established,
    Pairs,
    Paragraph,
    Picture,
    Report,
    Table,
    Told,
)
from fairshare.documents import model
from fairshare.documents.model import Block, Document, Heading, Points, Run, Runs, make_runs
from fairshare.request.wording import Cover, load_shared, write_document


def write_report_document(report: Report, cover: Cover, *, reference: str | None = None) -> Document:
    """A report with all of its sections; what it says of itself stands at its top."""
    blocks: list[Block] = [model.Paragraph(runs=(Run(text=report.subtitle, emphasis=True),))]
    for section in report.sections:
        blocks.append(Heading(text=section.heading))
        blocks += [made for block in section.blocks for made in _write_block(block)]
    return write_document(cover, load_shared(), "report", blocks, title=report.title, reference=reference)


def _write_block(block: Shown) -> Iterator[Block]:
    if isinstance(block, Paragraph):
        if block.text.strip():
            yield model.Paragraph(runs=(Run(text=block.text, strong=block.weighty),))
        return
    title = block.caption if isinstance(block, Table) else block.title
    if title.strip() and not isinstance(block, Table):
        yield Heading(level=2, text=title)
    match block:
        case Bullets(items=items):
            yield Points(items=tuple(make_runs(each) for each in items))
        case Pairs(rows=rows):
            yield Points(items=tuple(_write_pair(term, lines) for term, lines in rows))
        case Table(head=head, rows=lines, links=links):
            linked = links or (None,) * len(lines)
            cells = tuple(
                (_link(row[0], link), *(make_runs(cell) for cell in row[1:]))
                for row, link in zip(lines, linked, strict=True)
            )
            yield model.Table(caption=title, header=head, rows=cells)
        case Established(text=text, citations=citations):
            yield model.Paragraph(runs=make_runs(text))
            yield from _list_citations(citations)
        case Told(sentences=sentences):
            yield Points(items=tuple(make_runs(each.text) for each in sentences))
            yield from _list_citations(tuple(each.citation for each in sentences if each.citation))
        case Picture(segments=segments):
            yield Points(items=tuple(make_runs(f"{each.label}: {each.count}") for each in segments))


def _write_pair(term: str, lines: tuple[str, ...]) -> Runs:
    return make_runs(Run(text=f"{term}: ", strong=True), "; ".join(each for each in lines if each.strip()))


def _link(text: str, link: str | None) -> Runs:
    return (Run(text=text, link=link),)


def _list_citations(citations: tuple[Citation, ...]) -> Iterator[Block]:
    """Each provision once, with its link and what it says."""
    found = tuple({each.provision: each for each in citations}.values())
    if found:
        yield Points(items=tuple((Run(text=each.title, link=each.link), Run(text=f": {each.says}")) for each in found))
