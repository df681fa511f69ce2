"""Searching what redaction made for what it should have removed, in every way that somebody else might."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence

from fairshare.documents.parts import import_part
from fairshare.documents.redact_mail import parse_mail, read_body
from fairshare.documents.redact_shapes import StillThere
from fairshare.documents.redact_terms import Term, find_terms


def check_gone(content: bytes, format: str, terms: Sequence[Term], *, where: str) -> None:
    """Refuses a redacted document in which a term can still be found.

    Takes    format: as `fairshare.documents.redact.find_format` names it.
    Raises   StillThere, naming the term by its number only.
    """
    for number, place in find_left(content, format, terms):
        raise StillThere(
            f"term {number + 1} can still be found in {place}",
            fix="Nothing was written. Remove the words around it as well, or print it to PDF and redact that.",
            where=where,
        )


def find_left(content: bytes, format: str, terms: Sequence[Term]) -> Iterator[tuple[int, str]]:
    """Each term that can still be found, by its number, and where."""
    if not terms:
        return
    for place, text in read_everything(content, format):
        for number, times in enumerate(find_terms(text, terms)):
            if times:
                yield number, place


def read_everything(content: bytes, format: str) -> Iterator[tuple[str, str]]:
    """Every text that can be got out of a document, and from where: decoded, unpacked and extracted."""
    match format:
        case "pdf":
            yield from _read_pdf(content)
        case "docx" | "xlsx":
            yield from _read_package(content)
        case "picture":
            yield from _read_picture(content)
        case "mail":
            yield from _decode("the message", content)
            message = parse_mail(content, where="the message")
            yield "its headers and text", "\n".join([*map(str, message.values()), read_body(message)])
        case _:
            yield from _decode("the file", content)


def _read_pdf(content: bytes) -> Iterator[tuple[str, str]]:
    pikepdf, pdfium = import_part("pikepdf"), import_part("pypdfium2")
    with pikepdf.open(io.BytesIO(content)) as pdf:
        yield "the trailer", str(pdf.trailer.keys())
        for number, each in enumerate(pdf.objects):
            if isinstance(each, pikepdf.Stream) and each.get("/Subtype") != "/Image":
                yield from _decode(f"stream {number}", each.read_bytes())
            elif isinstance(each, (pikepdf.String, pikepdf.Name)):
                yield f"object {number}", str(each)
            else:
                yield f"object {number}", repr(each)
    opened = pdfium.PdfDocument(content)
    try:
        texts = []
        for number in range(len(opened)):
            page = opened[number]
            textpage = page.get_textpage()
            texts.append(textpage.get_text_range())
            textpage.close()
            page.close()
        # As one text: words may go from one page on to the next.
        yield "the text of its pages", "\n".join(texts)
    finally:
        opened.close()


def _read_package(content: bytes) -> Iterator[tuple[str, str]]:
    etree = import_part("lxml.etree")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        yield "its comment", package.comment.decode("latin-1")
        for each in package.infolist():
            yield "the name of a part", each.filename
            if each.filename.endswith((".xml", ".rels")):
                raw = package.read(each)
                yield from _decode(f"the part {each.filename}", raw)
                root = etree.fromstring(raw)
                yield f"the text of {each.filename}", "".join(_read_markup(root))
                for element in root.iter():
                    yield from ((f"an attribute in {each.filename}", value) for value in element.attrib.values())


def _read_markup(root: object) -> Iterator[str]:
    etree = import_part("lxml.etree")
    for event, element in etree.iterwalk(root, events=("start", "end")):
        name = str(element.tag).rpartition("}")[2]
        if event == "start":
            yield element.text or ""
            yield {"tab": "\t", "br": "\n"}.get(name, "")
        else:
            # What ends a paragraph, a cell or a shared text separates words; what ends a run does not.
            # Texts that many cells share stand in no order.
            yield {"p": "\n", "c": "\n", "row": "\n", "tc": "\n", "v": "\n", "si": "\n#\n"}.get(name, "")
            yield element.tail or ""


def _read_picture(content: bytes) -> Iterator[tuple[str, str]]:
    image = import_part("PIL.Image")
    with image.open(io.BytesIO(content)) as opened:
        for name, value in (*opened.info.items(), *dict(opened.getexif()).items()):
            yield "its notes", f"{name} {value}"


def _decode(place: str, raw: bytes) -> Iterator[tuple[str, str]]:
    yield place, raw.decode("utf-8", "replace")
    if b"\x00" in raw:
        for encoding in ("utf-16-le", "utf-16-be"):
            yield f"{place}, as UTF-16", raw.decode(encoding, "replace")
            yield f"{place}, as UTF-16", raw[1:].decode(encoding, "replace")
