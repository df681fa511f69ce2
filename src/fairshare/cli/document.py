"""Forms, letters and reports as files: blank, or from a request, a decision, answers or the archive of a case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.agreement_files import FORMATS
from fairshare.cli.archives import SecretKey
from fairshare.cli.bases import Rules, RulesFolder, Welsh, load_rules
from fairshare.cli.commands import Page
from fairshare.cli.files import read_day, write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, NotFound, Value
from fairshare.words.reading import read_file
from fairshare.words.values import Line

if TYPE_CHECKING:
    from fairshare.cli.document_sources import Source
    from fairshare.documents import Brand, Document
    from fairshare.request.wording import Cover

KindName = Annotated[str, typer.Argument(metavar="KIND", help="Which document, or `list` to see them all.")]
FromFile = Annotated[
    Path | None,
    typer.Option("--from", metavar="FILE", help="A request, a decision, answers, or a case archive."),
]
OutFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Where to write it; the suffix says the format.")
]
FormatName = Annotated[
    str | None, typer.Option("--format", metavar="FORMAT", help="html, docx, odt, pdf, markdown or text.")
]
BrandFile = Annotated[
    Path | None, typer.Option("--brand", metavar="FILE", help="Your organisation, colour and logo, as YAML.")
]
Dated = Annotated[str | None, typer.Option("--dated", metavar="DAY", help="The day it bears; else its record's day.")]
Audience = Annotated[str, typer.Option("--for", metavar="READER", help="Of a release sheet: holder or recipient.")]


class UnknownDocument(NotFound):
    """There is no document of that kind."""

    code = "UNKNOWN_DOCUMENT"


class BrandForm(Value):
    """The file of a brand: the name that documents bear, and the colour and logo if there are any."""

    organisation: Line
    colour: Line | None = None
    logo: Line | None = None
    """A PNG or SVG file, beside this one."""


@dataclass(frozen=True)
class Making:
    """What a document is made with."""

    source: Source
    cover: Cover
    rules: Callable[[], Rules]
    at: datetime
    audience: str


def document(
    kind: KindName,
    source: FromFile = None,
    format: FormatName = None,
    out: OutFile = None,
    welsh: Welsh = False,
    brand: BrandFile = None,
    dated: Dated = None,
    audience: Audience = "holder",
    key: SecretKey = None,
    rules: RulesFolder = None,
) -> Page:
    """Write a form, a letter or a report: blank, or filled from a request, a decision, answers or a case's archive."""
    if kind == "list":
        return list_documents()
    from fairshare.cli.document_sources import read_source

    write = find_writer(kind)
    if out is None:
        raise BadInput("it is not said where to write it", fix="Name the file with --out.", where="--out")
    as_format = choose_format(format, out)
    if audience not in ("holder", "recipient"):
        raise BadInput("a release sheet is for the holder or the recipient", fix="Say which.", where="--for")
    found = read_source(source, key=key)
    at = datetime.now(UTC).replace(second=0, microsecond=0)
    cover = make_cover(found, brand, read_day(dated, where="--dated") if dated else None, at.date(), welsh=welsh)
    made = write(Making(found, cover, lambda: load_rules(rules, welsh=welsh), found.made_at or at, audience))
    from fairshare.documents import render

    content = render(made, as_format)  # type: ignore[arg-type]  # choose_format allows no other
    write_file(out, content)
    return show_made(made, out, as_format, len(content))


def show_made(made: Document, out: Path, as_format: str, size: int) -> Page:
    """What was written, where, and how much of it is filled in."""
    answered = sum(each.value is not None for each in made.fields())
    fields = len(list(made.fields()))

    def show(screen: Screen) -> None:
        screen.line(made.title, "bold")
        screen.line(f"{out} ({as_format}, {size:,} bytes)")
        if fields:
            screen.line(f"{answered} of {fields} fields are filled in.")

    described = {"kind": made.kind, "title": made.title, "file": str(out), "format": as_format, "bytes": size}
    return Page(described | {"fields": fields, "filled": answered, "reference": made.reference}, show)


def choose_format(named: str | None, out: Path) -> str:
    """The format that was named, else the one that the file's suffix says."""
    found = named or FORMATS.get(out.suffix.lower())
    if found not in FORMATS.values():
        raise BadInput(
            "there is no such format" if named else "its suffix names no format of a document",
            fix=f"Use one of {', '.join(FORMATS.values())}.",
            where="--format" if named else str(out),
        )
    return str(found)


def make_cover(source: Source, brand: Path | None, dated: date | None, today: date, *, welsh: bool) -> Cover:
    """What every document bears: whose it is, its day and its language."""
    from fairshare.documents import Brand
    from fairshare.request.wording import Cover, load_shared

    holders = (each.holder.name for each in reversed(source.records) if getattr(each, "holder", None))
    name = next(holders, None) or load_shared().say("organisation", "cy" if welsh else "en")
    own = read_brand(brand) if brand else Brand(organisation=name)
    day = dated or (source.made_at.date() if source.made_at else today)
    return Cover(brand=own, dated=day, author=own.organisation, language="cy-GB" if welsh else "en-GB")


def read_brand(path: Path) -> Brand:
    """An organisation's name, colour and logo; a colour too light to read on white is refused."""
    from fairshare.cli.forms import read_form
    from fairshare.documents import Brand
    from fairshare.words.reading import build

    form = read_form(BrandForm, path)
    logo = read_file(path.parent / form.logo, max_bytes=5_000_000) if form.logo else None
    given = {"organisation": form.organisation, "colour": form.colour, "logo": logo}
    return build(Brand, {name: each for name, each in given.items() if each is not None}, where=path.name)


def find_writer(kind: str) -> Callable[[Making], Document]:
    """What writes a document of a kind; raises UnknownDocument."""
    from difflib import get_close_matches

    from fairshare.cli.document_kinds import KINDS

    found = KINDS.get(kind.replace("-", "_"))
    if found is None:
        near = get_close_matches(kind, KINDS, n=1)
        raise UnknownDocument(
            "there is no such document",
            fix=f"Did you mean {near[0]}?" if near else "`fairshare document list` lists them.",
            where=kind[:80],
        )
    return found.write


def list_documents() -> Page:
    """Every kind of document, what it is, and what it is written from."""
    from fairshare.cli.document_kinds import KINDS

    rows: list[dict[str, Any]] = [
        {"kind": name, "is": each.says, "from": each.takes, "blank": each.blank} for name, each in KINDS.items()
    ]

    def show(screen: Screen) -> None:
        screen.table(
            ["kind", "what it is", "written from"],
            [(row["kind"], row["is"], f"{row['from']}{', or nothing' if row['blank'] else ''}") for row in rows],
        )

    return Page({"documents": rows}, show)
