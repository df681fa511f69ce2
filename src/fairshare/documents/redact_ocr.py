"""Reading the words in a picture, on this machine; the model is inside the library."""

from __future__ import annotations

from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.read_ocr import load_reader
from fairshare.documents.redact_words import Area, Word

_MARGIN = 0.7
"""Only lines have exact places; a word's is worked out from its letters, with this many letters' width around it."""


def read_picture(picture: Any) -> list[list[Word]]:
    """The lines of a picture, each as words with their places in pixels.

    Raises   MissingPart when the `ocr` extra is not installed.
    """
    numpy = import_part("numpy")
    found, _ = load_reader()(numpy.asarray(picture.convert("RGB"))[:, :, ::-1])
    return [_split(corners, text) for corners, text, _ in found or ()]


def _split(corners: Any, text: str) -> list[Word]:
    across, down = [float(each[0]) for each in corners], [float(each[1]) for each in corners]
    line = Area(min(across), min(down), max(across), max(down))
    wide = (line.x1 - line.x0) / max(len(text), 1)
    words, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        end = start + len(word)
        area = Area(
            max(line.x0 + (start - _MARGIN) * wide, line.x0 - wide), line.y0,
            min(line.x0 + (end + _MARGIN) * wide, line.x1 + wide), line.y1,
        )  # fmt: skip
        words.append(Word(word, area, start, end))
        start = end
    return words
