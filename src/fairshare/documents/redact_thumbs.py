"""Small pictures of pages, so that two people can compare what was with what goes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from fairshare.documents.parts import import_part
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


def put_side_by_side(before: bytes, after: bytes) -> bytes:
    """Two pictures of ours as one, the first on the left."""
    image = import_part("PIL.Image")
    both = [image.open(io.BytesIO(each)).convert("RGB") for each in (before, after)]
    gap = 12
    size = (both[0].width + gap + both[1].width, max(each.height for each in both))
    joined = image.new("RGB", size, (255, 255, 255))
    joined.paste(both[0], (0, 0))
    joined.paste(both[1], (both[0].width + gap, 0))
    out = io.BytesIO()
    joined.save(out, "PNG", optimize=True)
    return out.getvalue()


def _shrink(picture: Any, width: int) -> bytes:
    picture.thumbnail((width, width * 4))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
