"""One call from a document to the bytes of a file, whatever the format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, get_args

from fairshare.documents.docx import render_docx
from fairshare.documents.html import render_html
from fairshare.documents.model import Document
from fairshare.documents.odt import render_odt
from fairshare.documents.pdf import render_pdf
from fairshare.documents.plain import render_markdown, render_text
from fairshare.words import BadInput

Format = Literal["html", "docx", "odt", "pdf", "markdown", "text"]
FORMATS: Final[tuple[str, ...]] = get_args(Format)
SUFFIXES: Final[dict[str, str]] = {"markdown": "md", "text": "txt"}
"""How a file of a format is named, where that is not the format's own name."""

_RENDERERS: Final[dict[str, Callable[[Document], bytes]]] = {
    "html": render_html,
    "docx": render_docx,
    "odt": render_odt,
    "pdf": render_pdf,
    "markdown": render_markdown,
    "text": render_text,
}


class UnknownFormat(BadInput):
    """A document was asked for in a format that Fairshare does not write."""

    code = "DOCUMENT_FORMAT_UNKNOWN"


def render(document: Document, format: Format) -> bytes:
    """The document as a file. The same document and the same version of the libraries give the same bytes.

    Takes    format: html, docx, odt, pdf, markdown or text; docx, odt and pdf need `fairshare[documents]`.
    Raises   UnknownFormat; NotDrawn for a picture that cannot be read; NoDocumentParts for a missing library.
    """
    if format not in _RENDERERS:
        raise UnknownFormat(
            "there is no such format for a document", fix=f"Use one of: {', '.join(FORMATS)}.", where="format"
        )
    return _RENDERERS[format](document)
