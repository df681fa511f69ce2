"""The words of a form or a letter, in both languages, and the parts that every such document has.

Each kind of document has a file of words beside the code that builds it: sentences by name, and groups of questions.
Whatever cites a provision shows how that provision was checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from fairshare.documents.model import (
    Block,
    Brand,
    Choice,
    Document,
    Fields,
    FormField,
    Heading,
    Label,
    Language,
    Name,
    Notice,
    Paragraph,
    Points,
    Run,
    Runs,
    Table,
    make_runs,
)
from fairshare.law import load_law
from fairshare.law.library import UnknownProvision
from fairshare.words import Mark, NotFound, Person, Value
from fairshare.words.dates import write_date
from fairshare.words.reading import build, parse_yaml, read_file
from fairshare.words.values import Line

Tongue = Literal["en", "cy"]
Sort = Literal["line", "text", "choice", "yes_no", "date", "amount", "many"]
HERE: Final = Path(__file__).parent


class Said(Value):
    """The same in English and in Welsh."""

    en: Label
    cy: Label


class WrittenField(Value):
    """A question of a form, and the law that makes it worth asking."""

    name: Name
    label: Said
    hint: Said | None = None
    sort: Sort = "line"
    choices: dict[str, Said] = Field(default_factory=dict)
    law: tuple[Line, ...] = ()
    answers: tuple[Line, ...] = ()
    """The facts of the rule base whose answers fill it in."""


class Group(Value):
    """Questions under one heading."""

    heading: Said
    fields: tuple[WrittenField, ...]


class Wording(Value):
    """A file of words."""

    reviewed_by: Line | None = None
    """Who read the Welsh; none while nobody has."""
    says: dict[Line, Said] = Field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    def say(self, name: str, tongue: Tongue, /, **parts: object) -> str:
        """A sentence; what is filled in is never read as a pattern, and a day is written in words."""
        if name not in self.says:
            raise NotFound("there is no such sentence", fix="Correct its name.", where=name[:80])
        told = {key: write_date(part, tongue) if isinstance(part, date) else part for key, part in parts.items()}
        found: str = getattr(self.says[name], tongue)
        return found.format_map(told) if told else found

    def fields(self) -> Iterable[WrittenField]:
        """Every question, in order."""
        return (field for group in self.groups for field in group.fields)


class Cover(Value):
    """What is the same for every document that is made in one go."""

    brand: Brand
    dated: date
    author: Annotated[str, Field(min_length=1, max_length=1_000)]
    language: Language = "en-GB"

    @property
    def tongue(self) -> Tongue:
        """The language, as files of words name it."""
        return "cy" if self.language == "cy-GB" else "en"


@cache
def load_wording(path: Path) -> Wording:
    """The words in a file."""
    return build(Wording, parse_yaml(read_file(path), where=path.name), where=path.name)


def load_shared() -> Wording:
    """The words that all of these documents have in common (`wording.yaml`)."""
    return load_wording(HERE / "wording.yaml")


def write_document(
    cover: Cover,
    wording: Wording,
    kind: str,
    blocks: Iterable[Block],
    *,
    title: str = "",
    reference: str | None = None,
    status: str | None = None,
    supports_decision: bool = True,
) -> Document:
    """A document of a kind: its own contents, after what must stand at the top of every one.

    Takes    supports_decision: whether somebody decides with its help; it then says who decides and what it is not.
    """
    shared, tongue = load_shared(), cover.tongue
    top: list[Block] = []
    if supports_decision:
        top.append(Notice(sort="info", runs=make_runs(shared.say("decides", tongue))))
    if tongue == "cy" and not (wording.reviewed_by and shared.reviewed_by):
        top.append(Notice(sort="warning", runs=make_runs(shared.say("not_reviewed", tongue))))
    return Document(
        kind=kind,
        title=title or wording.say("title", tongue),
        language=cover.language,
        reference=reference,
        dated=cover.dated,
        author=cover.author,
        brand=cover.brand,
        blocks=(*top, *blocks),
        status=status,
        legend=shared.say("legend", tongue),
    )


def build_groups(wording: Wording, cover: Cover, values: Mapping[str, str | None]) -> list[Fields]:
    """The form: each group of questions, with what is known filled in."""
    return [
        Fields(
            heading=getattr(group.heading, cover.tongue),
            fields=tuple(_build_field(field, cover, values.get(field.name)) for field in group.fields),
        )
        for group in wording.groups
    ]


def _build_field(field: WrittenField, cover: Cover, value: str | None) -> FormField:
    tongue = cover.tongue
    hint = getattr(field.hint, tongue) if field.hint else ""
    law = "; ".join(cite_briefly(each, cover.dated, tongue) for each in field.law)
    return FormField(
        name=field.name,
        label=getattr(field.label, tongue),
        hint=" ".join(filter(None, (hint, f"[{law}]" if law else ""))),
        value=value if value and value.strip() else None,
        sort=field.sort,
        choices=tuple(Choice(value=each, label=getattr(label, tongue)) for each, label in field.choices.items()),
    )


def cite_briefly(provision: str, day: date, tongue: Tongue = "en") -> str:
    """A provision as a form prints it, with how its text was checked.

    >>> cite_briefly("ukgdpr.annex1.para1", date(2026, 11, 23))
    'UK GDPR, Annex 1 paragraph 1 (read)'
    """
    law = load_law()
    try:
        found = law.provision(provision)
        name = f"{found.instrument.partition(' (')[0]}, {found.pinpoint}"
    except UnknownProvision:
        name = provision
    mark = law.mark(provision, day)
    return f"{name} ({_say_mark(mark, tongue)})"


def _say_mark(mark: Mark | None, tongue: Tongue) -> str:
    return load_shared().say(f"mark_{mark.value}" if mark else "mark_none", tongue)


def list_law(provisions: Iterable[str], cover: Cover) -> list[Block]:
    """The law that a document rests on: what each provision says, and how it was checked; nothing if none is named."""
    shared, tongue, law = load_shared(), cover.tongue, load_law()
    rows = []
    for each in dict.fromkeys(provisions):
        mark = law.mark(each, cover.dated)
        checked = _say_mark(mark, tongue)
        try:
            found = law.provision(each)
        except UnknownProvision:
            rows.append((make_runs(each), make_runs("-"), make_runs(checked)))
            continue
        version = found.at(cover.dated)
        says = found.says_cy if tongue == "cy" else version.says if version else found.title
        rows.append(((Run(text=found.citation, link=found.link),), make_runs(says), make_runs(checked)))
    if not rows:
        return []
    header = tuple(shared.say(f"law_{name}", tongue) for name in ("provision", "says", "checked"))
    return [
        Heading(text=shared.say("law", tongue)),
        Table(caption=shared.say("law_caption", tongue), header=header, rows=tuple(rows), widths=(30, 45, 25)),
    ]


def write_paragraphs(*texts: str) -> list[Block]:
    """A paragraph for each text that says something; a blank line in a text begins another."""
    return [Paragraph(runs=make_runs(part)) for text in texts for part in text.split("\n\n") if part.strip()]


def write_points(texts: Sequence[str], *, ordered: bool = False) -> list[Block]:
    """A list of texts, each once; nothing if there are none."""
    items: tuple[Runs, ...] = tuple(make_runs(each) for each in dict.fromkeys(texts) if each.strip())
    return [Points(items=items, ordered=ordered)] if items else []


def name_person(person: Person | None) -> str:
    """A person who acted, in one line; empty if nobody is named.

    >>> name_person(Person(name="Jo Heron", role="officer", organisation="Example Council"))
    'Jo Heron, officer, Example Council'
    """
    return ", ".join(filter(None, (person.name, person.role, person.organisation))) if person else ""
