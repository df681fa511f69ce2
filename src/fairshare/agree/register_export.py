"""The register for others to read: as JSON, as a page, and as a table, with what is not public left out and said so.

Source   the fields follow the public register of information sharing agreements under Part 5 of the Digital Economy Act
         2017, in our own words.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from fairshare.agree.register import Entry
from fairshare.documents.formulas import guard_text
from fairshare.documents.model import Block, Brand, Document, Heading, Paragraph, Table, make_runs
from fairshare.documents.parts import import_part
from fairshare.words import BadInput
from fairshare.words.values import Line

Language = Literal["en", "cy"]
FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "reference": ("Reference", "Cyfeirnod"),
    "title": ("Title", "Teitl"),
    "disclosing": ("Who discloses", "Pwy sy'n datgelu"),
    "receiving": ("Who receives", "Pwy sy'n derbyn"),
    "processors": ("Processors", "Proseswyr"),
    "others": ("Other parties", "Partïon eraill"),
    "power": ("Legal power", "Pŵer cyfreithiol"),
    "basis": ("Lawful basis, as understood", "Sail gyfreithlon, fel y'i deellir"),
    "purpose": ("Objective", "Amcan"),
    "benefits": ("Why it is needed and whom it helps", "Pam mae ei angen a phwy mae'n ei helpu"),
    "people": ("People concerned", "Pobl dan sylw"),
    "items": ("Information shared", "Gwybodaeth a rennir"),
    "frequency": ("How often", "Pa mor aml"),
    "start": ("From", "O"),
    "end": ("Until", "Hyd"),
    "review_on": ("Next review", "Adolygiad nesaf"),
    "retention": ("How long it is kept", "Am faint y'i cedwir"),
    "route": ("How it is sent", "Sut y'i hanfonir"),
    "security": ("Security", "Diogelwch"),
    "state": ("Status", "Statws"),
}
"""By field of the public register, its heading in English and in Welsh (not reviewed)."""
WITHHELD: Final = ("security", "route")
"""Not public unless somebody says otherwise: they tell an attacker where to look."""
_DEFAULT_REASON: Final = ("it could help an attacker", "gallai helpu ymosodwr")
_WORDS: Final = {
    "register": ("Register of data sharing agreements", "Cofrestr o gytundebau rhannu data"),
    "withheld": ("Not published: {}", "Heb ei gyhoeddi: {}"),
    "field": ("Field", "Maes"),
    "says": ("What it says", "Beth mae'n ei ddweud"),
    "none": ("There is no agreement to publish.", "Nid oes cytundeb i'w gyhoeddi."),
    "until": ("until further notice", "hyd nes y clywir yn wahanol"),
    "advice": (
        "Written with Fairshare from the agreements themselves. It is not legal advice.",
        "Wedi'i ysgrifennu gyda Fairshare o'r cytundebau eu hunain. Nid yw'n gyngor cyfreithiol.",
    ),
}


@dataclass(frozen=True)
class Published:
    """One entry as others may see it."""

    id: str
    fields: Mapping[str, str]
    withheld: Mapping[str, str]
    """By field that is not public, why."""


def publish_entry(
    entry: Entry, *, state: str | None = None, marks: Mapping[str, str | None] | None = None, language: Language = "en"
) -> Published:
    """An entry without its fields that are not public.

    Takes    marks: by field, why it is not public, or None for one that may be shown although it would be withheld.
    Raises   BadInput for a field that the public register does not have.
    """
    reasons: dict[str, str | None] = dict.fromkeys(WITHHELD, _DEFAULT_REASON[language == "cy"])
    for name, reason in (marks or {}).items():
        check_field(name)
        reasons[name] = reason
    fields = _list_fields(entry, state, language)
    withheld = {name: why for name, why in reasons.items() if why is not None and name in fields}
    return Published(entry.id, {name: text for name, text in fields.items() if name not in withheld}, withheld)


def check_field(name: str) -> None:
    """Raises BadInput for a field that the public register does not have."""
    if name not in FIELDS:
        raise BadInput(f"there is no field {name[:40]!r}", fix=f"Use one of {', '.join(FIELDS)}.", where="field")


def write_register_json(published: Sequence[Published], *, organisation: str, day: date) -> dict[str, Any]:
    """The register as one JSON document."""
    return {
        "register": _WORDS["register"][0],
        "organisation": organisation,
        "made_on": day.isoformat(),
        "entries": [{"id": each.id, **each.fields, "not_published": dict(each.withheld)} for each in published],
    }


def write_register_document(
    published: Sequence[Published], *, organisation: str, day: date, language: Language = "en"
) -> Document:
    """The register as a document, to be rendered as a page."""
    say = {name: words[language == "cy"] for name, words in _WORDS.items()}
    blocks: list[Block] = [Paragraph(runs=make_runs(say["advice"]))]
    for each in published:
        title = each.fields.get("title") or each.fields.get("reference") or each.id
        rows = [(name, text) for name, text in each.fields.items() if name != "title" and text]
        rows += [(name, say["withheld"].format(why)) for name, why in each.withheld.items()]
        blocks.append(Heading(level=2, text=title))
        blocks.append(
            Table(
                caption=title,
                header=(say["field"], say["says"]),
                rows=tuple((make_runs(FIELDS[name][language == "cy"]), make_runs(text)) for name, text in rows),
                widths=(30.0, 70.0),
            )
        )
    if not published:
        blocks.append(Paragraph(runs=make_runs(say["none"])))
    return Document(
        kind="register",
        title=say["register"],
        language="cy-GB" if language == "cy" else "en-GB",
        dated=day,
        author=organisation,
        brand=Brand(organisation=organisation),
        blocks=tuple(blocks),
    )


def write_register_csv(published: Sequence[Published], *, language: Language = "en") -> bytes:
    """The register as CSV; what a spreadsheet would run as a formula is marked as text."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(_list_rows(published, language))
    return out.getvalue().encode("utf-8-sig")


def write_register_xlsx(published: Sequence[Published], *, language: Language = "en") -> bytes:
    """The register as an Excel file; every cell is text.

    Raises   NoDocumentParts without the library that writes it.
    """
    from fairshare.documents.redact_package import rewrite_package

    book = import_part("openpyxl").Workbook()
    illegal = import_part("openpyxl.cell.cell").ILLEGAL_CHARACTERS_RE
    for row, values in enumerate(_list_rows(published, language), 1):
        for column, text in enumerate(values, 1):
            cell = book.active.cell(row, column)
            cell.value = illegal.sub("", text)[:32_767]
            cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return rewrite_package(out.getvalue())


def _list_rows(published: Sequence[Published], language: Language) -> list[list[str]]:
    at, withheld = language == "cy", _WORDS["withheld"][language == "cy"]
    rows = [[heading[at] for heading in FIELDS.values()]]
    for each in published:
        hidden = {name: withheld.format(why) for name, why in each.withheld.items()}
        rows.append([guard_text(each.fields.get(name, hidden.get(name, ""))) for name in FIELDS])
    return rows


def _list_fields(entry: Entry, state: str | None, language: Language) -> dict[Line, str]:
    end = entry.end.isoformat() if entry.end else _WORDS["until"][language == "cy"] if entry.start else ""
    found = {
        "reference": entry.reference or "",
        "title": entry.title,
        "disclosing": "; ".join(entry.names("discloser", "both")),
        "receiving": "; ".join(entry.names("recipient", "both")),
        "processors": "; ".join(entry.names("processor")),
        "others": "; ".join(entry.names("party")),
        "items": "; ".join(entry.items),
        "start": entry.start.isoformat() if entry.start else "",
        "end": end,
        "review_on": entry.review_on.isoformat() if entry.review_on else "",
        "state": (state or entry.state or "").replace("_", " "),
    }
    same = ("power", "basis", "purpose", "benefits", "people", "frequency", "retention", "route", "security")
    found |= {name: getattr(entry, name) for name in same}
    return {name: found[name] for name in FIELDS if found[name]}
