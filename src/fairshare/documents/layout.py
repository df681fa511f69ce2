"""What every renderer is given: text that every format can carry, headings that skip no level, and the fixed words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from fairshare.documents.model import (
    Block,
    Document,
    Fields,
    FormField,
    Heading,
    Language,
    Paragraph,
    Points,
    Runs,
    SignaturePlace,
    Table,
)
from fairshare.words.dates import write_date
from fairshare.words.reading import parse_yaml

PHRASES = Path(__file__).parent / "phrases"
MAX_FOOT = 160
BOXES = {True: "\N{BALLOT BOX WITH X}", False: "\N{BALLOT BOX}"}
"""A choice that is made, and one that is not."""


def lay_out(document: Document) -> Document:
    """The same document, ready to be drawn: no empty blocks, and the groups of a form under plain headings."""
    return document.model_copy(update={"blocks": tuple(_settle_levels(document.blocks))})


def _settle_levels(blocks: tuple[Block, ...]) -> Iterator[Block]:
    """Blocks with something in them; a heading at most one level below the heading before it, as PDF/UA asks."""
    above = 0
    for block in blocks:
        heading = _find_heading(block)
        if heading is not None and heading.text.strip():
            above = min(heading.level, above + 1)
            yield Heading.model_copy(heading, update={"level": above})
        if not isinstance(block, Heading) and not _is_empty(block):
            yield block


def _find_heading(block: Block) -> Heading | None:
    if isinstance(block, Fields):
        return Heading(level=2, text=block.heading)
    return block if isinstance(block, Heading) else None


def _is_empty(block: Block) -> bool:
    match block:
        case Paragraph(runs=runs):
            return not any(run.text.strip() for run in runs)
        case Points(items=items):
            return not items
        case Fields(fields=fields):
            return not fields
        case _:
            return False


@cache
def read_phrases(language: Language) -> dict[str, str]:
    """The fixed words of documents in one language."""
    path = PHRASES / f"{language[:2]}.yaml"
    return dict(parse_yaml(path.read_bytes(), where=path.name))


def write_day(document: Document, day: date) -> str:
    """A day in words, in the document's language."""
    spoken: Literal["en", "cy"] = "cy" if document.language == "cy-GB" else "en"
    return write_date(day, spoken)


def list_particulars(document: Document) -> list[tuple[str, str]]:
    """What stands under the title: reference, date, who prepared it, status; those that are known."""
    words = read_phrases(document.language)
    found = [
        (words["reference"], document.reference),
        (words["dated"], write_day(document, document.dated)),
        (words["author"], document.author),
        (words["status"], document.status),
    ]
    return [(label, text) for label, text in found if text and text.strip()]


def write_foot(document: Document) -> str:
    """The line at the foot of every page; cut short, because it has to leave room for the page."""
    parts = (document.reference, document.status, document.legend)
    line = " · ".join(" ".join(part.split()) for part in parts if part and part.strip())
    return line if len(line) <= MAX_FOOT else f"{line[:MAX_FOOT]}…"


def list_signature(document: Document, place: SignaturePlace) -> list[tuple[str, str | None]]:
    """The lines of a place to sign: what each is for, and what stands there already."""
    words = read_phrases(document.language)
    day = write_day(document, place.date) if place.date else None
    lines = [(words["signed_by"], place.name), (words["signed_role"], place.role)]
    return [*lines, (words["signed_how"] if place.how else words["sign_here"], place.how), (words["signed_on"], day)]


def list_options(field: FormField, language: Language) -> list[tuple[str, str, bool]]:
    """The answers that a field offers, each with its value, its words, and whether it is chosen; none for free text."""
    if field.sort == "yes_no":
        words = read_phrases(language)
        return [(value, words[value], field.value == value) for value in ("yes", "no")]
    chosen = field.chosen if field.sort == "many" else (field.value,)
    return [(choice.value, choice.label, choice.value in chosen) for choice in field.choices]


def find_stray(field: FormField, document: Document) -> str | None:
    """An answer that is none of the options of a field that offers some."""
    known = {value for value, _, _ in list_options(field, document.language)}
    given = field.chosen if field.sort == "many" else (field.value,)
    stray = "\n".join(each for each in given if each and each not in known) if known else ""
    return stray if stray.strip() else None


def write_answer(field: FormField, document: Document) -> str | None:
    """What was answered, in words; none if the field is blank.

    A value that no option has is shown as it is, so that nothing that somebody wrote is lost.
    """
    if field.value is None or not field.value.strip():
        return None
    labels = {value: label for value, label, _ in list_options(field, document.language)}
    if labels:
        given = field.chosen if field.sort == "many" else (field.value,)
        return "\n".join(labels.get(each, each) for each in given)
    day = read_day(field.value) if field.sort == "date" else None
    return write_day(document, day) if day else field.value


def read_day(text: str) -> date | None:
    """The day that an ISO date names; none if it is something else."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def name_columns(table: Table) -> list[tuple[str, Runs]]:
    """Every cell with the heading above it, row by row: how a table is read where it cannot be drawn."""
    return [pair for row in table.rows for pair in zip(table.header, row, strict=True)]
