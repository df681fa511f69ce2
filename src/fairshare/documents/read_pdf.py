"""Reading PDF: the words with their places, what was typed into a form, and pages that are pictures."""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.read_ocr import read_page
from fairshare.documents.read_shapes import (
    MAX_SEGMENTS,
    MAX_TEXT,
    Reading,
    Segment,
    Sign,
    broken,
    locked,
    tidy,
    too_large,
)

MAX_PAGES = 300
_MOST_SCANNED = 20
"""Pages that are pictures take seconds each; a request has few."""
_FEW = 12
"""With fewer letters than this, a page is taken for a picture."""
_LONGEST = 1_800
_PASSWORD = 4
_WIDE_GAP = 1.1
"""Words further apart than this, in heights of a line, stand in different columns."""


def read_pdf(raw: bytes, *, where: str, part: str = "") -> Reading:
    """The words of a PDF, page by page; pages that are pictures are read by `read_ocr`.

    Raises   DocumentBroken, DocumentLocked, DocumentTooLarge; MissingPart for a scan without the `ocr` extra.
    """
    pdfium = import_part("pypdfium2")
    typed = _read_typed(raw, where)
    segments: list[Segment] = []
    signs: list[Sign] = []
    with _open(raw, where) as pdf:
        signs += _find_signs(pdf, pdfium, part)
        scanned = 0
        for number in range(len(pdf)):
            page = pdf[number]
            found = _read_letters(page, pdfium, number + 1, part, where)
            if sum(len(each.text) for each in found) < _FEW and not typed.get(number):
                scanned += 1
                if scanned <= _MOST_SCANNED:
                    found = _read_scan(page, number + 1, part)
            segments += _set_lines([*found, *_place_typed(typed.get(number, ()), page, number + 1, part)])
            if len(segments) > MAX_SEGMENTS:
                raise too_large("it has more lines than anybody reads", where)
    if scanned:
        signs.append(Sign("scanned", part))
    if scanned > _MOST_SCANNED:
        signs.append(Sign("not_all_read", part))
    return Reading("pdf", number_blocks(segments), (), tuple(signs))


@contextmanager
def _open(raw: bytes, where: str) -> Iterator[Any]:
    pdfium = import_part("pypdfium2")
    try:
        pdf = pdfium.PdfDocument(raw)
        try:
            if not 0 < len(pdf) <= MAX_PAGES:
                raise too_large(f"it has more than {MAX_PAGES} pages, or none", where)
            yield pdf
        finally:
            pdf.close()
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower():
            raise locked("PDF", where) from None
        raise broken("PDF", where) from None


def _find_signs(pdf: Any, pdfium: Any, part: str) -> Iterator[Sign]:
    if pdfium.raw.FPDFDoc_GetJavaScriptActionCount(pdf.raw) > 0:
        yield Sign("active_content", part)
    if pdfium.raw.FPDFDoc_GetAttachmentCount(pdf.raw) > 0:
        yield Sign("embedded_object", part)


def _read_letters(page: Any, pdfium: Any, number: int, part: str, where: str) -> list[Segment]:
    """The words that are text on a page, joined into stretches that stand together on a line."""
    raw = pdfium.raw
    text_page = page.get_textpage()
    try:
        count = text_page.count_chars()
        if count > MAX_TEXT:
            raise too_large("it holds more text than anybody reads", where)
        left, right, low, high = (ctypes.c_double() for _ in range(4))
        letters: list[tuple[str, float, float, float, float]] = []
        top = page.get_height()
        for index in range(count):
            letter = chr(raw.FPDFText_GetUnicode(text_page.raw, index))
            if not raw.FPDFText_GetCharBox(text_page.raw, index, left, right, low, high):
                continue
            letter = "-" if letter in "\x02\xad" else letter
            letters.append((letter, left.value, top - high.value, right.value, top - low.value))
        sizes = sorted(
            size for index in range(0, count, 7) if 2 < (size := raw.FPDFText_GetFontSize(text_page.raw, index)) < 72
        )
    finally:
        text_page.close()
    unit = (sizes[len(sizes) // 2] if sizes else 10.0) * 1.15
    return [
        Segment(tidy(text), number, 0, x0 / unit, y0 / unit, x1 / unit, y1 / unit, 0, part)
        for text, x0, y0, x1, y1 in _join_letters(letters, unit)
        if tidy(text)
    ]


def _join_letters(
    letters: list[tuple[str, float, float, float, float]], unit: float
) -> Iterator[tuple[str, float, float, float, float]]:
    text, box, space = "", [0.0, 0.0, 0.0, 0.0], False
    for letter, x0, y0, x1, y1 in letters:
        if letter.isspace() or letter in "\x00\ufffe\uffff" or x1 <= x0:
            space = True
            if letter in "\r\n" and text:
                yield (text, *box)  # type: ignore[misc]
                text = ""
            continue
        apart = x0 - box[2]
        level = y0 < box[3] and y1 > box[1] - unit * 0.2
        if text and (not level or apart > _WIDE_GAP * unit or apart < -unit):
            yield (text, *box)  # type: ignore[misc]
            text = ""
        if not text:
            box = [x0, y0, x1, y1]
        else:
            text += " " if space else ""
            box = [box[0], min(box[1], y0), x1, max(box[3], y1)]
        text, space = text + letter, False
    if text:
        yield (text, *box)  # type: ignore[misc]


def _read_scan(page: Any, number: int, part: str) -> list[Segment]:
    width, height = page.get_size()
    if not (math.isfinite(width) and math.isfinite(height)) or min(width, height) < 1:
        return []
    picture = page.render(scale=min(_LONGEST / max(width, height), 4)).to_pil().convert("RGB")
    return read_page(picture, page=number, part=part)


def _read_typed(raw: bytes, where: str) -> dict[int, list[tuple[str, list[float]]]]:
    """What was typed into the fields of a PDF form, by page, with the place of each field in points."""
    if b"/AcroForm" not in raw and b"/ObjStm" not in raw:
        return {}
    pikepdf = import_part("pikepdf")
    found: dict[int, list[tuple[str, list[float]]]] = {}
    try:
        with pikepdf.open(io.BytesIO(raw)) as pdf:
            if "/AcroForm" not in pdf.Root:
                return {}
            for number, page in enumerate(pdf.pages[:MAX_PAGES]):
                for each in page.obj.get("/Annots", ()):
                    words = _read_widget(each)
                    if words:
                        found.setdefault(number, []).append((words, [float(side) for side in each["/Rect"]]))
    except pikepdf.PasswordError:
        raise locked("PDF", where) from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RecursionError, ArithmeticError):
        return found
    return found


def _read_widget(annotation: Any) -> str:
    if annotation.get("/Subtype") != "/Widget":
        return ""
    holder, steps = annotation, 0
    while "/V" not in holder and "/Parent" in holder and steps < 20:
        holder, steps = holder["/Parent"], steps + 1
    sort, steps = holder.get("/FT"), 0
    if sort == "/Btn":
        return "\u2612" if str(annotation.get("/AS", "/Off")) != "/Off" else "\u2610"
    value = holder.get("/V")
    return tidy(str(value)) if value is not None and sort != "/Sig" else ""


def _place_typed(typed: Any, page: Any, number: int, part: str) -> list[Segment]:
    top, unit = page.get_height(), 11.5
    return [
        Segment(words, number, 0, min(x0, x1) / unit, (top - max(y0, y1)) / unit, max(x0, x1) / unit,
                (top - min(y0, y1)) / unit, 0, part)
        for words, (x0, y0, x1, y1) in typed
    ]  # fmt: skip


def _set_lines(segments: list[Segment]) -> list[Segment]:
    """The segments of a page in reading order, each with the number of its line."""
    ordered = sorted(segments, key=lambda each: (each.y0 + each.y1) / 2)
    found: list[Segment] = []
    line, middle = 0, -10.0
    for each in ordered:
        if (each.y0 + each.y1) / 2 - middle > 0.5:
            line, middle = line + 1, (each.y0 + each.y1) / 2
        found.append(replace(each, line=line))
    return sorted(found, key=lambda each: (each.line, each.x0))


def number_blocks(segments: list[Segment]) -> tuple[Segment, ...]:
    """Says which lines are one paragraph: those close below one another that begin at the same place."""
    found: list[Segment] = []
    last: dict[tuple[int, int], Segment] = {}
    blocks = 0
    for each in segments:
        column = round(each.x0)
        above = next((last[key] for key in ((each.page, column + step) for step in (0, -1, 1)) if key in last), None)
        joins = above is not None and 0 < each.y0 - above.y0 < 1.45 and each.line - above.line == 1
        if joins and above is not None:
            numbered = replace(each, block=above.block)
        else:
            blocks += 1
            numbered = replace(each, block=blocks)
        found.append(numbered)
        last[(each.page, column)] = numbered
    return tuple(found)
