"""A document as one HTML page: no script, nothing fetched, readable on a phone and by a screen reader.

Everything that people wrote is escaped by the template engine; nothing is marked as safe but our own style sheet.
"""

from __future__ import annotations

from base64 import b64encode
from functools import cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from fairshare.documents.layout import (
    BOXES,
    find_stray,
    lay_out,
    list_options,
    list_particulars,
    list_signature,
    read_phrases,
    write_answer,
)
from fairshare.documents.model import Document, find_picture_type

TEMPLATES = Path(__file__).parent / "templates"
_TYPES = {"png": "image/png", "svg": "image/svg+xml"}


def render_html(document: Document) -> bytes:
    """The document as one page of HTML, with its pictures and styles inside."""
    ready = lay_out(document)
    css = (TEMPLATES / "document.css").read_text("utf-8")
    page = _read_template().render(
        document=ready,
        # Our own file, with no word in it that anybody else wrote.
        css=Markup(css),  # noqa: S704
        words=read_phrases(document.language),
        boxes=BOXES,
        list_options=partial(list_options, language=document.language),
        find_stray=partial(find_stray, document=document),
        write_answer=partial(write_answer, document=document),
        list_particulars=list_particulars,
        list_signature=partial(list_signature, document),
        write_address=_write_address,
    )
    return page.encode()


@cache
def _read_template() -> Template:
    templates = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return templates.get_template("document.html.j2")


def _write_address(picture: bytes) -> str:
    """A picture as a `data:` address; as the source of an image, an SVG in it cannot run or fetch anything."""
    return f"data:{_TYPES[str(find_picture_type(picture))]};base64,{b64encode(picture).decode()}"
