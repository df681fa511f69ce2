"""One document model: what a form, letter, report or agreement is made of, before it is any format.

Frozen values with no words of data sharing in them. The other rooms write their contents as a `Document`; the
renderers of this room turn it into HTML, DOCX, ODT, PDF, Markdown and plain text, and the readers bring a filled form
back by `FormField.name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from fairshare.words.values import Value

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Controls, which XML cannot hold; overrides of direction, which make a line read other than it is; noncharacters.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u202d\u202e\ufdd0-\ufdef\ufff9-\ufffb\ufffe\uffff\ufeff"
    + "".join(chr(plane << 16 | end) for plane in range(1, 17) for end in (0xFFFE, 0xFFFF))
    + "]"
)


def clean_text(text: str) -> str:
    """Text as every format can carry it: what cannot be shown becomes `\\ufffd`, in sight, and lines end one way.

    >>> clean_text("one\\r\\ntwo\\x00")
    'one\\ntwo\ufffd'
    """
    return _UNPRINTABLE.sub("\ufffd", _LINE_ENDS.sub("\n", text))


Words = Annotated[str, StringConstraints(max_length=200_000), AfterValidator(clean_text)]
Caption = Annotated[str, StringConstraints(max_length=2_000), AfterValidator(clean_text)]
Label = Annotated[
    str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True), AfterValidator(clean_text)
]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
"""A stable id, such as `request.purpose` or `party.1.contact`: never shown, never translated, one in every format.

At most 64 characters, because that is the longest tag of a content control that Word takes.
"""
Day = date  # under this name, because one of the fields is called `date`
Language = Literal["en-GB", "cy-GB"]

MIN_CONTRAST = 4.5
"""WCAG 2.2, success criterion 1.4.3: text against its background."""
MAX_PICTURE_BYTES = 5_000_000
MAX_PIXELS = 40_000_000


def _check_link(link: str) -> str:
    # Word refuses a whole document for one address that it cannot take apart.
    if not link.startswith("mailto:") and not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?([/?#][^\[\]]*)?", link):
        raise ValueError("the link is not a plain web address")
    return link


Link = Annotated[
    str,
    StringConstraints(pattern=r"^(https?://|mailto:)[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+$", max_length=2_000),
    AfterValidator(_check_link),
]


class Run(Value):
    """A stretch of text that looks one way. A change in it is what Word calls a tracked change."""

    text: Words
    strong: bool = False
    emphasis: bool = False
    link: Link | None = None
    change: Literal["inserted", "deleted"] | None = None
    by: Caption | None = None
    """Who made the change."""
    on: date | None = None
    """The day of the change; the document's date if not said."""


Runs = tuple[Run, ...]


def make_runs(*parts: str | Run) -> Runs:
    """Runs from plain text and from runs that are more than plain text.

    >>> [run.text for run in make_runs("See ", Run(text="the code", strong=True), ".")]
    ['See ', 'the code', '.']
    """
    return tuple(Run(text=part) if isinstance(part, str) else part for part in parts)


def read_runs(runs: Runs) -> str:
    """The text of runs as it stands now: what was inserted is in it, what was deleted is not.

    >>> read_runs(make_runs("for ", Run(text="six", change="deleted"), Run(text="nine", change="inserted"), " months"))
    'for nine months'
    """
    return "".join(run.text for run in runs if run.change != "deleted")


class Heading(Value):
    """The title of a part of the document. The document's own title stands above level 1."""

    block: Literal["heading"] = "heading"
    level: Literal[1, 2, 3] = 1
    text: Caption


class Paragraph(Value):
    """A paragraph of running text."""

    block: Literal["paragraph"] = "paragraph"
    runs: Runs


class Points(Value):
    """A list, with bullets or with numbers."""

    block: Literal["points"] = "points"
    items: tuple[Runs, ...]
    ordered: bool = False


class Table(Value):
    """A table with a caption and one row of headings, which is repeated on every page; each row has a cell for each.

    `widths` are shares of the width, one for each column; equal if not said.
    """

    block: Literal["table"] = "table"
    caption: Caption
    header: Annotated[tuple[Caption, ...], Field(min_length=1, max_length=20)]
    rows: tuple[tuple[Runs, ...], ...] = ()
    widths: tuple[Annotated[float, Field(gt=0, le=100)], ...] | None = None

    @model_validator(mode="after")
    def _every_row_fits(self) -> Table:
        columns = len(self.header)
        if any(len(row) != columns for row in self.rows):
            raise ValueError(f"every row must have {columns} cells, one for each heading")
        if self.widths is not None and len(self.widths) != columns:
            raise ValueError(f"there must be {columns} widths, one for each heading")
        return self


class Choice(Value):
    """One of the answers that a field offers: the value that is kept, and the words that people read."""

    value: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}$")]
    label: Label


class FormField(Value):
    """One question of a form, blank or filled.

    What `value` holds, by sort; none is a blank field, in every format:
    line, text   the words;  amount  the words of a number;  date  ISO, such as `2026-02-05`;
    yes_no       `yes` or `no`;  choice  the `value` of a choice;  many  the values of choices, one to a line.
    """

    name: Name
    label: Label
    hint: Caption = ""
    value: Words | None = None
    sort: Literal["line", "text", "choice", "yes_no", "date", "amount", "many"] = "line"
    choices: Annotated[tuple[Choice, ...], Field(max_length=200)] = ()

    @model_validator(mode="after")
    def _choices_where_they_belong(self) -> FormField:
        if (self.sort in {"choice", "many"}) != bool(self.choices):
            raise ValueError("choices belong to a field of sort choice or many, and to no other")
        for each in ("value", "label"):
            if len({getattr(choice, each) for choice in self.choices}) != len(self.choices):
                raise ValueError(f"two choices have the same {each}")
        if self.sort == "many" and any(len(self.name) + len(choice.value) > 63 for choice in self.choices):
            raise ValueError("the field's name and a choice's value are longer than 63 characters together")
        return self

    @property
    def chosen(self) -> tuple[str, ...]:
        """The values chosen, of a field that offers several.

        >>> offered = (Choice(value="a", label="Apples"), Choice(value="b", label="Bread"))
        >>> FormField(name="wanted", label="What?", sort="many", choices=offered, value="b\\na").chosen
        ('b', 'a')
        """
        return tuple(line for line in (self.value or "").split("\n") if line)


class Fields(Value):
    """A group of questions under one heading (level 2)."""

    block: Literal["fields"] = "fields"
    heading: Caption
    fields: tuple[FormField, ...]


class Notice(Value):
    """A paragraph set apart; its sort is also said in a word, never by colour alone."""

    block: Literal["notice"] = "notice"
    sort: Literal["info", "warning", "important", "legal"] = "info"
    runs: Runs


def find_picture_type(picture: bytes) -> Literal["png", "svg"] | None:
    """Whether bytes are a PNG or an SVG picture; neither, if an SVG carries a script or a document type.

    >>> find_picture_type(b'<svg xmlns="http://www.w3.org/2000/svg"/>'), find_picture_type(b"GIF89a")
    ('svg', None)
    """
    if picture.startswith(b"\x89PNG\r\n\x1a\n") and picture[12:16] == b"IHDR":
        return "png"
    try:
        text = picture.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if re.search(r"<!DOCTYPE|<!ENTITY|<\?xml-stylesheet|<(?:\w+:)?(?:script|foreignObject)\b", text, re.IGNORECASE):
        return None
    return "svg" if re.match(r"\s*(?:<\?xml[^>]*\?>)?(?:\s|<!--.*?-->)*<svg[\s>/]", text, re.DOTALL) else None


def _check_picture(picture: bytes) -> bytes:
    sort = find_picture_type(picture)
    if sort is None:
        raise ValueError("the picture is neither a PNG nor a plain SVG")
    if len(picture) > MAX_PICTURE_BYTES:
        raise ValueError(f"the picture is larger than {MAX_PICTURE_BYTES:,} bytes")
    if sort == "png" and int.from_bytes(picture[16:20]) * int.from_bytes(picture[20:24]) > MAX_PIXELS:
        raise ValueError(f"the picture has more than {MAX_PIXELS:,} pixels")
    return picture


PictureBytes = Annotated[bytes, AfterValidator(_check_picture)]


class Picture(Value):
    """A picture, PNG or SVG, with words for those who cannot see it."""

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    block: Literal["picture"] = "picture"
    picture: PictureBytes
    alt: Label
    caption: Caption = ""


class SignaturePlace(Value):
    """Where somebody signs, or how they have signed."""

    block: Literal["signature"] = "signature"
    name: Caption | None = None
    role: Caption | None = None
    organisation: Caption
    date: Day | None = None
    how: Caption | None = None
    """How it was signed, such as "with a key, Ed25519, fingerprint ..."; none while it is not signed."""


class PageBreak(Value):
    """What follows starts on a new page, where there are pages."""

    block: Literal["page_break"] = "page_break"


Block = Annotated[
    Heading | Paragraph | Points | Table | Fields | Notice | Picture | SignaturePlace | PageBreak,
    Field(discriminator="block"),
]


def contrast_on_white(colour: str) -> float:
    """The contrast ratio of a colour against white, 1 to 21.

    Takes    colour: `#rrggbb`.
    Source   WCAG 2.2, "relative luminance" and "contrast ratio".

    >>> round(contrast_on_white("#767676"), 2), contrast_on_white("#000000")
    (4.54, 21.0)
    """
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _check_colour(colour: str) -> str:
    contrast = contrast_on_white(colour)
    if contrast < MIN_CONTRAST:
        raise ValueError(f"its contrast on white is {contrast:.1f}, and must be at least {MIN_CONTRAST}")
    return colour


Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$"), AfterValidator(_check_colour)]


class Brand(Value):
    """Whose document it is: an organisation's own name, logo and colour.

    >>> Brand(organisation="Example Council", colour="#FFDD00")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    pydantic_core._pydantic_core.ValidationError: ...its contrast on white is 1.3, and must be at least 4.5...
    """

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    organisation: Caption
    logo: PictureBytes | None = None
    """PNG or SVG; its alternative text is the organisation's name."""
    colour: Colour = "#1f4e79"
    """Of headings and rules: `#rrggbb`, dark enough to read on white."""


class Document(Value):
    """One document, whatever its format: a form, a letter, a report, an agreement.

    >>> council = Brand(organisation="Example Council")
    >>> letter = Document(kind="refusal_letter", title="Our reply", dated=date(2026, 2, 5), author="A. Officer",
    ...     brand=council, blocks=(Paragraph(runs=make_runs("We cannot share this.")),))
    >>> letter.language, [block.block for block in letter.blocks]
    ('en-GB', ['paragraph'])
    """

    kind: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,79}$")]
    title: Label
    language: Language = "en-GB"
    reference: Caption | None = None
    dated: date
    """The day it was made: the only date that a renderer writes into a file's properties."""
    author: Caption
    brand: Brand
    blocks: tuple[Block, ...]
    keywords: tuple[Caption, ...] = ()
    status: Caption | None = None
    """Such as "draft" or "final", in the words of the document's language; shown beside the title and on each page."""
    legend: Caption | None = None
    """A line for the foot of each page, such as a protective marking or "This is not legal advice"."""

    @model_validator(mode="after")
    def _names_stand_once(self) -> Document:
        names = [field.name for field in self.fields()]
        if len(set(names)) != len(names):
            raise ValueError("two fields have the same name")
        return self

    def fields(self) -> Iterator[FormField]:
        """Every field of the document's forms, in order."""
        for block in self.blocks:
            if isinstance(block, Fields):
                yield from block.fields
