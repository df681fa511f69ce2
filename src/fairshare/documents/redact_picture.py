"""Redacting a picture: its pixels are painted and written anew, with nothing else of the file."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field
from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.redact_ocr import read_picture
from fairshare.documents.redact_shapes import MAX_PIXELS, CannotRedact, Passage, Redacted, broken, too_large
from fairshare.documents.redact_terms import Removals, count_spans, find_spans, join_spans
from fairshare.documents.redact_words import Area, Word, paint

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
_QUALITY = 90


@dataclass(frozen=True)
class Cleaned:
    """A picture of which only the pixels are left."""

    content: bytes = field(repr=False)
    media_type: str
    size: tuple[int, int]


def redact_picture(raw: bytes, removals: Removals, *, where: str, ocr: bool = False) -> Redacted:
    """Makes a picture anew with the boxes painted over, and with `ocr` the terms too.

    Takes    boxes in pixels of the picture as it is shown, turned the way its camera said.
    Raises   DocumentBroken, DocumentTooLarge, CannotRedact, BoxOutside; MissingPart with `ocr` and no reader installed.
    """
    from fairshare.documents.redact_pdf import check_boxes

    picture, is_photograph = open_picture(raw, where)
    check_boxes(removals.boxes, [picture.size], where)
    areas = [Area(each.x0, each.y0, each.x1, each.y1) for each in removals.boxes]
    found: tuple[int, ...] = (0,) * len(removals.terms)
    if ocr:
        under_terms, found = find_in_picture(picture, removals)
        areas += under_terms
    paint(picture, areas)
    cleaned = write_picture(picture, as_photograph=is_photograph)
    unread = () if ocr else ("the picture",)
    return Redacted(cleaned.content, cleaned.media_type, found, unread, (1,) if areas else (), _count_left_out(raw))


def read_words(raw: bytes, *, where: str) -> tuple[Passage, ...]:
    """The words that can be read in a picture."""
    picture, _ = open_picture(raw, where)
    lines = [" ".join(word.text for word in line) for line in read_picture(picture)]
    return tuple(Passage(f"line {number}", line) for number, line in enumerate(lines, start=1))


def clean_picture(raw: bytes, *, where: str) -> Cleaned:
    """A picture with nothing but its pixels, as PNG."""
    picture, _ = open_picture(raw, where)
    return write_picture(picture, as_photograph=False)


def open_picture(raw: bytes, where: str) -> tuple[Any, bool]:
    """A picture's pixels, the right way up, on white where it is transparent; and whether it came as a photograph.

    What is transparent may still hold what somebody meant to remove.
    """
    image, ops = import_part("PIL.Image"), import_part("PIL.ImageOps")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", image.DecompressionBombWarning)
            opened = image.open(io.BytesIO(raw), formats=FORMATS)
            if opened.width * opened.height > MAX_PIXELS:
                raise too_large("pixels", where)
            if getattr(opened, "n_frames", 1) != 1:
                raise CannotRedact(
                    "the picture has more than one frame", fix="Save each one as PNG, or all as PDF.", where=where
                )
            is_photograph = opened.format in ("JPEG", "WEBP")
            turned = ops.exif_transpose(opened)
            layered = turned.convert("RGBA")
    except (image.DecompressionBombError, image.DecompressionBombWarning):
        raise too_large("pixels", where) from None
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, OverflowError):
        raise broken("picture", where) from None
    picture = image.new("RGB", layered.size, (255, 255, 255))
    picture.paste(layered, mask=layered.getchannel("A"))
    return picture, is_photograph


def find_in_picture(picture: Any, removals: Removals) -> tuple[list[Area], tuple[int, ...]]:
    """Where terms stand in a picture, and how often each does."""
    words: list[Word] = []
    text = ""
    for line in read_picture(picture):
        for word in line:
            words.append(Word(word.text, word.area, len(text), len(text) + len(word.text)))
            text += word.text + " "
        text += "\n"
    spans = find_spans(text, removals.terms)
    areas = join_spans(spans)
    removed = [word.area for word in words if any(left < word.end and right > word.start for left, right in areas)]
    return removed, count_spans(spans, len(removals.terms))


def write_picture(picture: Any, *, as_photograph: bool) -> Cleaned:
    """A picture as a file: JPEG if it came as a photograph, else PNG."""
    image = import_part("PIL.Image")
    # Made from the pixels alone: what a library attaches to a picture would be written with it.
    plain = image.frombytes(picture.mode, picture.size, picture.tobytes())
    out = io.BytesIO()
    if as_photograph:
        plain.save(out, "JPEG", quality=_QUALITY)
    else:
        plain.save(out, "PNG")
    return Cleaned(out.getvalue(), "image/jpeg" if as_photograph else "image/png", plain.size)


def _count_left_out(raw: bytes) -> dict[str, int]:
    image = import_part("PIL.Image")
    with image.open(io.BytesIO(raw), formats=FORMATS) as opened:
        found = {"camera notes": len(opened.getexif()), "other notes": len(opened.info)}
    return {name: count for name, count in found.items() if count}
