"""Reading the words in a picture of a page, on this machine, and the spaces between them that the model leaves out."""

from __future__ import annotations

import io
import unicodedata
import warnings
from functools import cache
from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.read_shapes import Segment, broken, tidy, too_large

MAX_PIXELS = 40_000_000
_LONGEST = 2_000
"""A page larger than this, in pixels, is made smaller: the words on it stay as readable, and it takes less time."""
_SPACE = 0.17
"""A gap as wide as this part of the height of a line stands between words."""
_INK = 60
"""As much darker than paper, in shades of 256, is ink."""


def open_picture(raw: bytes, *, where: str) -> list[Any]:
    """The pages of a picture file: PNG, JPEG, TIFF; at most twenty.

    Raises   DocumentBroken, DocumentTooLarge.
    """
    image = import_part("PIL.Image")
    sequence = import_part("PIL.ImageSequence")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = image.open(io.BytesIO(raw), formats=("PNG", "JPEG", "TIFF"))
            pages: list[Any] = []
            for page in sequence.Iterator(picture):
                if page.width * page.height > MAX_PIXELS or len(pages) == 20:
                    raise too_large("it has more pixels or pages than can be read", where)
                pages.append(_shrink(import_part("PIL.ImageOps").exif_transpose(page).convert("RGB")))
    except (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, ArithmeticError, MemoryError):
        raise broken("picture", where) from None
    except Exception as error:
        if type(error).__name__ != "DecompressionBombError":
            raise
        raise too_large("it unpacks to more pixels than can be read", where) from None
    return pages


def _shrink(picture: Any) -> Any:
    longest = max(picture.size)
    if longest <= _LONGEST:
        return picture
    return picture.resize(tuple(max(round(side * _LONGEST / longest), 1) for side in picture.size))


def read_page(picture: Any, *, page: int, part: str = "") -> list[Segment]:
    """The lines of a picture, each with its place.

    Raises   MissingPart when the `ocr` extra is not installed.
    """
    numpy, cv2 = import_part("numpy"), import_part("cv2")
    reader = load_reader()
    if min(picture.size) < 32:
        return []
    grid = numpy.ascontiguousarray(numpy.asarray(picture)[:, :, ::-1])
    corners, _ = reader.auto_text_det(grid)
    if corners is None:
        return []
    crops = reader.get_crop_img_list(grid, corners)
    crops, _, _ = reader.text_cls(crops)
    read, _ = reader.text_rec(crops, True)
    found = []
    for box, crop, (text, score, detail) in zip(corners, crops, read, strict=True):
        if score >= 0.5 and text.strip():
            grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
            spaced = _put_spaces(text, detail, _find_gaps(grey, numpy), crop.shape[1])
            found.append((box, tidy(unicodedata.normalize("NFKC", spaced))))
    return _place(found, page, part)


@cache
def load_reader() -> Any:
    """The model that reads words in pictures, loaded once."""
    return import_part("rapidocr_onnxruntime").RapidOCR()


def _place(found: list[tuple[Any, str]], page: int, part: str) -> list[Segment]:
    """Segments in heights of a line, straightened: a page that was laid in askew is turned back."""
    if not found:
        return []
    slopes = sorted(
        float((box[1][1] - box[0][1]) / max(box[1][0] - box[0][0], 1.0))
        for box, _ in found
        if box[1][0] - box[0][0] > 4 * (box[3][1] - box[0][1])
    )
    slope = slopes[len(slopes) // 2] if slopes else 0.0
    heights = sorted(float(box[3][1] - box[0][1]) for box, _ in found)
    unit = max(heights[len(heights) // 2], 1.0)
    placed = []
    for box, text in found:
        left, right = float(box[0][0]), float(box[1][0])
        top = (float(box[0][1]) - slope * left) / unit
        bottom = (float(box[3][1]) - slope * left) / unit
        x_turn = slope * float(box[0][1])
        placed.append(((left + x_turn) / unit, top, (right + x_turn) / unit, bottom, text))
    placed.sort(key=lambda each: (each[1] + each[3]) / 2)
    segments, row = [], 0
    middle = -10.0
    for x0, y0, x1, y1, text in placed:
        if (y0 + y1) / 2 - middle > 0.5:
            row, middle = row + 1, (y0 + y1) / 2
        segments.append(Segment(text, page, row, x0, y0, x1, y1, 0, part, scanned=True))
    return sorted(segments, key=lambda each: (each.line, each.x0))


def _find_gaps(grey: Any, numpy: Any) -> list[tuple[float, float]]:
    """Where a line of writing has no ink from top to bottom: the stretches, in pixels."""
    paper = float(numpy.percentile(grey, 90))
    ink = (grey.astype("float32") < paper - _INK).sum(axis=0) > max(1, grey.shape[0] // 40)
    gaps, start = [], None
    for x, dark in enumerate(ink):
        if not dark and start is None:
            start = x
        elif dark and start is not None:
            if start > 0 and x - start >= _SPACE * grey.shape[0]:
                gaps.append((float(start), float(x)))
            start = None
    return gaps


def _put_spaces(text: str, detail: Any, gaps: list[tuple[float, float]], width: int) -> str:
    """The text with a space where there is a gap in the ink.

    Takes    detail: the columns of the model that each letter was found in, and how many columns there are.
    """
    columns = [column for group in detail[2] for column in group]
    letters = [letter for group in detail[1] for letter in group]
    if "".join(letters) != text or len(columns) != len(letters) or not detail[0]:
        return text
    places = [(column + 0.5) * width / detail[0] for column in columns]
    middles = [(low + high) / 2 for low, high in gaps]
    made = letters[:1]
    for number in range(1, len(letters)):
        gap = any(places[number - 1] < each < places[number] for each in middles)
        made.append(" " + letters[number] if gap else letters[number])
    return "".join(made)
