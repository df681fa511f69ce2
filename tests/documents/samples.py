"""Documents that the tests of every format draw, and how the text of each format is read back."""

import re
from datetime import date
from io import BytesIO
from zipfile import ZipFile

import html5lib
import pypdfium2
from lxml import etree
from markdown_it import MarkdownIt

from fairshare.documents import (
    Brand,
    Choice,
    Document,
    Fields,
    FormField,
    Heading,
    Notice,
    PageBreak,
    Paragraph,
    Picture,
    Points,
    Run,
    SignaturePlace,
    Table,
    make_runs,
)

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="60" height="20">'
    b'<rect width="60" height="20" fill="#1f4e79"/></svg>'
)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
CHOICES = (Choice(value="address", label="Address"), Choice(value="name", label="Name"))
ANSWERS = {
    "line": (None, "one line"),
    "text": (None, "one\ntwo"),
    "choice": (None, "name", "neither of them"),
    "yes_no": (None, "yes", "no"),
    "date": (None, "2026-02-05", "last week"),
    "amount": (None, "12.50"),
    "many": (None, "name", "address\nname", "address\nand a thing"),
}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def make_form_fields():
    """A field of each sort, blank and filled in each way."""
    return tuple(
        FormField(
            name=f"form.{sort}.{number}",
            label=f"A question of sort {sort}, {number}",
            hint="What helps to answer it",
            value=value,
            sort=sort,
            choices=CHOICES if sort in {"choice", "many"} else (),
        )
        for sort, values in ANSWERS.items()
        for number, value in enumerate(values)
    )


def make_document(text="plain words", *, language="en-GB", logo=SVG, blocks=None, **more):
    """A document with the text in every place that holds text, and every kind of block."""
    runs = make_runs(
        text,
        Run(text=text, strong=True, emphasis=True),
        Run(text="six", change="deleted", by="Ann Example", on=date(2026, 1, 3)),
        Run(text="nine", change="inserted", by="Ann Example"),
        Run(text="the code", link="https://example.org/a?b=1&c=(2)"),
    )
    one_choice = Choice(value="x", label=f"c {text}")
    if blocks is None:
        blocks = (
            Heading(level=3, text=f"Part {text}"),
            Paragraph(runs=runs),
            Points(items=(make_runs(text), runs), ordered=True),
            Points(items=(make_runs("point "), make_runs(text))),
            Table(caption=text, header=("Item", text), rows=((make_runs(text), runs), ((), make_runs("x")))),
            Fields(
                heading=f"Questions {text}",
                fields=(
                    FormField(name="a.line", label=f"l {text}", hint=text, value=text),
                    FormField(name="a.text", label="l", value=text, sort="text"),
                    FormField(name="a.date", label="l", value=text, sort="date"),
                    FormField(
                        name="a.many",
                        label="l",
                        sort="many",
                        choices=(one_choice,),
                        value="x",
                    ),
                ),
            ),
            Notice(sort="legal", runs=runs),
            Picture(picture=SVG, alt=f"Alt {text}", caption=text),
            SignaturePlace(organisation=text, name=text, role=text, how=text, date=date(2026, 2, 6)),
            PageBreak(),
        )
    return Document(
        **{
            "kind": "sample",
            "title": f"Title {text}",
            "language": language,
            "reference": text,
            "dated": date(2026, 2, 5),
            "author": text,
            "brand": Brand(organisation=f"Organisation {text}", logo=logo, colour="#7a0019"),
            "keywords": ("one", text),
            "status": text,
            "legend": text,
            "blocks": tuple(blocks),
            **more,
        }
    )


def make_form(language="en-GB"):
    """A form with a field of each sort, blank and filled."""
    return make_document(language=language, blocks=(Fields(heading="Questions", fields=make_form_fields()),))


def read_part(packed, name):
    """One XML part of a DOCX or ODT file."""
    with ZipFile(BytesIO(packed)) as archive:
        return etree.fromstring(archive.read(name))


def read_text(made, form):
    """The visible text of a file, as another program reads it."""
    match form:
        case "pdf":
            return "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(made))
        case "docx":
            return "".join(read_part(made, "word/document.xml").itertext(f"{W}t", f"{W}delText"))
        case "odt":
            return "".join(read_part(made, "content.xml").itertext())
        case "html":
            return "".join(html5lib.parse(made.decode(), treebuilder="etree").itertext())
        case "markdown":
            page = MarkdownIt("commonmark").enable("table").render(made.decode())
            return "".join(html5lib.parse(page, treebuilder="etree").itertext())
        case "text":
            return made.decode()


def squeeze(text):
    """Text without the spaces and line ends that a format may put in or take out."""
    return re.sub(r"\s", "", text)
