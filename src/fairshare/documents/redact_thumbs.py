"""Small pictures of pages, so that two people can compare what was with what goes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from fairshare.documents.redact import find_format
from fairshare.documents.redact_pdf import draw_pdf
from fairshare.documents.redact_picture import open_picture


def draw_thumbs(raw: bytes, name: str, pages: Sequence[int], *, width: int) -> tuple[bytes, ...]:
    """Some pages of a PDF, or a picture, as PNG of this width; none of a format that has no pages."""
    where = "the file"
    match find_format(raw, name):
        case "pdf":
            drawn: list[Any] = draw_pdf(raw, pages, where=where, width=width)
        case "picture":
            drawn = [open_picture(raw, where)[0]]
        case _:
            drawn = []
    return tuple(_shrink(each, width) for each in drawn)


def _shrink(picture: Any, width: int) -> bytes:
    picture.thumbnail((width, width * 4))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
