"""The before-and-after sheet: what was removed, by reason, for the second person who compares the documents.

It never says what was removed. Its small pictures of pages as they were stay with the holder.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from fairshare.documents.model import (
    Block,
    Brand,
    Document,
    Heading,
    Notice,
    Paragraph,
    Picture,
    Run,
    Table,
    make_runs,
)
from fairshare.release.bundle_find import NOT_LOOKED_FOR
from fairshare.release.bundle_record import MadeFile, RedactionRecord
from fairshare.words.dates import write_date
from fairshare.words.reading import parse_yaml

Language = Literal["en", "cy"]
MAX_PICTURES = 12
"""As many pages of one document as are shown; the others are named."""
THUMB_WIDTH = 260
"""Pixels: enough to see what is black, too few to read most text."""


@dataclass(frozen=True)
class Compared:
    """One redacted document as the sheet shows it."""

    file: MadeFile
    changed_pages: tuple[int, ...] = ()
    not_found: int = 0
    """How many terms stood nowhere in it."""
    pictures: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)
    """By page, the page before and after side by side, as PNG."""


def make_sheet_document(
    case: str,
    record: RedactionRecord,
    compared: Sequence[Compared],
    *,
    organisation: str,
    on: date,
    language: Language = "en",
) -> Document:
    """The sheet as a document, to be rendered in any format."""
    words = read_redaction_words(language)
    blocks: list[Block] = [
        Paragraph(runs=make_runs(words["intro"].format(count=len(compared), case=case))),
        Notice(sort="warning", runs=make_runs(words["keep"])),
        Paragraph(runs=make_runs(words["how"])),
        _tabulate(compared, words),
    ]
    for number, each in enumerate(compared, start=1):
        blocks += _tell_document(number, each, words)
    blocks += [Paragraph(runs=make_runs(text)) for text in _tell_people(record, words, language)]
    return Document(
        kind="redaction_sheet",
        title=words["title"],
        language="cy-GB" if language == "cy" else "en-GB",
        reference=case,
        dated=on,
        author=record.applied_by.name,
        brand=Brand(organisation=organisation),
        blocks=tuple(blocks),
    )


@cache
def read_redaction_words(language: Language) -> dict[str, Any]:
    """What the sheet says in a language."""
    path = files("fairshare.release") / "words" / "redaction.yaml"
    words: dict[str, Any] = parse_yaml(path.read_bytes(), where="redaction.yaml")[language]
    return words


def _tabulate(compared: Sequence[Compared], words: dict[str, Any]) -> Table:
    rows = [
        (str(number), each.file.item, words["reasons"][code], str(times))
        for number, each in enumerate(compared, start=1)
        for code, times in each.file.removed.items()
        if times
    ]
    header = tuple(words[name] for name in ("document", "item", "reason", "times"))
    cells = tuple(tuple((Run(text=cell),) for cell in row) for row in rows or [("-", "-", words["nothing"], "0")])
    return Table(caption=words["table"], header=header, rows=cells)


def _tell_document(number: int, each: Compared, words: dict[str, Any]) -> Iterator[Block]:
    file = each.file
    yield Heading(text=words["document_heading"].format(number=number, item=file.item))
    if file.needs_second_person:
        yield Notice(sort="important", runs=make_runs(words["needs_second"]))
    people = ", ".join(f"{person.name} ({person.role})" for person in file.confirmed_by) or words["nobody"]
    said = [words["confirmed"].format(people=people)]
    if each.not_found:
        said.append(words["not_found"].format(count=each.not_found))
    if file.not_searched:
        said.append(words["not_searched"].format(list=", ".join(file.not_searched[:50])))
    if file.left_out:
        gone = ", ".join(f"{name} ({count})" for name, count in file.left_out.items())
        said.append(words["left_out"].format(list=gone))
    shown = {page for page, _ in each.pictures}
    more = [str(page) for page in each.changed_pages if page not in shown]
    if more and shown:
        said.append(words["more_pages"].format(list=", ".join(more[:200])))
    yield from (Paragraph(runs=make_runs(text)) for text in said)
    for page, picture in each.pictures:
        text = words["picture"].format(page=page)
        yield Picture(picture=picture, alt=text, caption=text)


def _tell_people(record: RedactionRecord, words: dict[str, Any], language: Language) -> Iterator[str]:
    yield words["applied"].format(name=record.applied_by.name)
    if record.checked_by is None or record.checked_on is None:
        yield words["not_checked"]
    else:
        day = write_date(record.checked_on, language)
        yield words["checked"].format(name=record.checked_by.name, day=day)
    yield words["not_looked"].format(list=", ".join(NOT_LOOKED_FOR))
