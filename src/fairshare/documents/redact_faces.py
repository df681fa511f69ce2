"""Looking for faces in a picture, on this machine; the models are inside the library, and miss many."""

from __future__ import annotations

from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.redact import find_format
from fairshare.documents.redact_picture import open_picture
from fairshare.documents.redact_terms import Box
from fairshare.documents.redact_words import Area

MODELS = ("haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml", "haarcascade_profileface.xml")
_SMALLEST = 24
"""Pixels across; the models were made for faces of this size and larger."""
_MARGIN = 0.15
"""Of a face's width, added on each side: the models end at the brows and the chin."""


def find_faces(raw: bytes, name: str) -> tuple[Box, ...]:
    """Where faces seem to be in a picture, in its pixels; nothing for other formats.

    Faces that are turned, small, covered or in shadow are often missed, so finding none says little.

    Raises   DocumentBroken, DocumentTooLarge, CannotRedact; MissingPart when the `ocr` extra is not installed.
    """
    if find_format(raw, name) != "picture":
        return ()
    library, numpy = import_part("cv2"), import_part("numpy")
    picture, _ = open_picture(raw, "a picture")
    grey = numpy.asarray(picture.convert("L"))
    found: list[Area] = []
    for model in MODELS:
        detector = library.CascadeClassifier(library.data.haarcascades + model)
        # The model of profiles knows one side; the other is that of the mirrored picture.
        for mirrored in (False, True) if "profile" in model else (False,):
            found += _look(detector, numpy.fliplr(grey) if mirrored else grey, mirrored=mirrored)
    return tuple(_draw(each, picture.size) for each in _join(found))


def _look(detector: Any, grey: Any, *, mirrored: bool) -> list[Area]:
    """What one model finds; boxes of a mirrored picture are turned back."""
    wide = grey.shape[1]
    boxes = detector.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(_SMALLEST, _SMALLEST))
    areas = [Area(float(x), float(y), float(x + w), float(y + h)) for x, y, w, h in boxes]
    return [Area(wide - each.x1, each.y0, wide - each.x0, each.y1) for each in areas] if mirrored else areas


def _join(areas: list[Area]) -> list[Area]:
    """One area for each face: those that overlap are joined."""
    joined: list[Area] = []
    for each in areas:
        same = [other for other in joined if other.touches(each)]
        for other in same:
            each = each.join(other)
        joined = [other for other in joined if other not in same] + [each]
    return sorted(joined, key=lambda each: (each.y0, each.x0))


def _draw(area: Area, size: tuple[int, int]) -> Box:
    grown = area.grow(_MARGIN * (area.x1 - area.x0))
    return Box(x0=max(grown.x0, 0), y0=max(grown.y0, 0), x1=min(grown.x1, size[0]), y1=min(grown.y1, size[1]))
