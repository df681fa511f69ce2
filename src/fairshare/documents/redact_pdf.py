"""Redacting a PDF: every page is drawn again as a picture, and gets back, unseen, the words that stay.

Nothing of the old file comes along but what could be seen: no fonts, layers, annotations, forms, scripts, attachments,
metadata, thumbnails, bookmarks or earlier versions. See docs/decisions on redacting PDF.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.redact_ocr import read_picture
from fairshare.documents.redact_pages import PageWriter
from fairshare.documents.redact_shapes import (
    MAX_PAGES,
    MAX_PIXELS,
    BoxOutside,
    DocumentLocked,
    Passage,
    Redacted,
    broken,
    too_large,
)
from fairshare.documents.redact_terms import MARKER, Box, Removals, count_spans, find_spans, join_spans
from fairshare.documents.redact_words import Area, Word, paint

DPI = 150
_LOCKED = 4  # FPDF_ERR_PASSWORD
_LARGE_PICTURE = 0.01
"""The share of a page from which a picture may hold words worth reading."""
_FAINT = 6
"""A word whose place is of one shade, to within this many of 256, cannot be seen, and does not come along."""


@dataclass(frozen=True)
class Page:
    """One page: its words with where they stand in the page's text, and whether something on it cannot be read."""

    text: str
    words: tuple[Word, ...]
    has_picture: bool


def redact_pdf(raw: bytes, removals: Removals, *, where: str, ocr: bool = False) -> Redacted:
    """Makes a PDF anew without the boxes and terms.

    Takes    ocr: whether words in pictures are read as well; without it they are named as not searched.
    Raises   DocumentLocked, DocumentBroken, DocumentTooLarge, BoxOutside.
    """
    with open_pdf(raw, where) as pdf:
        check_boxes(removals.boxes, [page_size(pdf, number) for number in range(len(pdf))], where)
        pages = [read_page(pdf, number, ocr=ocr) for number in range(len(pdf))]
        spans = find_spans("\n".join(page.text for page in pages), removals.terms)
        areas = join_spans(spans)
        writer, start, changed = PageWriter(), 0, []
        for number, page in enumerate(pages):
            boxes = [each for each in removals.boxes if each.page == number + 1]
            words = _mark(page, start, areas)
            if boxes or any(word.removed for word in words):
                changed.append(number + 1)
            _draw_page(writer, pdf, number, words, boxes)
            start += len(page.text) + 1
        left_out = _count_left_out(pdf)
    unread = () if ocr else tuple(f"page {n}" for n, page in enumerate(pages, start=1) if page.has_picture)
    found = count_spans(spans, len(removals.terms))
    return Redacted(writer.finish(), "application/pdf", found, unread, tuple(changed), left_out)


def read_pdf(raw: bytes, *, where: str, ocr: bool = False) -> tuple[Passage, ...]:
    """The words of each page."""
    with open_pdf(raw, where) as pdf:
        return tuple(Passage(f"page {number + 1}", read_page(pdf, number, ocr=ocr).text) for number in range(len(pdf)))


def draw_pdf(raw: bytes, numbers: Sequence[int], *, where: str, width: int) -> list[Any]:
    """Small pictures of some pages, for people to compare; numbers start at 1."""
    with open_pdf(raw, where) as pdf:
        return [
            draw_page(pdf, number - 1, scale=width / max(page_size(pdf, number - 1)[0], 1))
            for number in numbers
            if number <= len(pdf)
        ]


@contextmanager
def open_pdf(raw: bytes, where: str) -> Iterator[Any]:
    """The file as pages that can be drawn; its forms are filled in as they would be seen."""
    pdfium = import_part("pypdfium2")
    try:
        pdf = pdfium.PdfDocument(raw)
        try:
            pdf.init_forms()
            if len(pdf) > MAX_PAGES:
                raise too_large("pages", where)
            if not len(pdf):
                raise broken("PDF", where)
            yield pdf
        finally:
            pdf.close()
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == _LOCKED or "password" in str(error).lower():
            raise DocumentLocked("the PDF needs a password", fix="Ask for a copy without one.", where=where) from None
        raise broken("PDF", where) from None


def page_size(pdf: Any, number: int) -> tuple[float, float]:
    """A page's width and height in points, as it is shown."""
    width, height = pdf.get_page_size(number)
    return float(width), float(height)


def check_boxes(boxes: Sequence[Box], sizes: Sequence[tuple[float, float]], where: str) -> None:
    """Refuses an area that lies on no page: whoever drew it meant another file."""
    for box in boxes:
        if box.page > len(sizes) or box.x0 >= sizes[box.page - 1][0] or box.y0 >= sizes[box.page - 1][1]:
            raise BoxOutside(
                f"an area on page {box.page} lies outside the document",
                fix="Draw it again: points from the top left corner of the page as it is shown, the first page is 1.",
                where=where,
            )


def read_page(pdf: Any, number: int, *, ocr: bool) -> Page:
    """The words of one page, what people filled in and stamped on it included."""
    page = _open_flat(pdf, number)
    try:
        text, words = _read_words(page)
        has_picture = _has_picture(page) or (not words and any(True for _ in page.get_objects(max_depth=1)))
        if ocr and has_picture:
            text, words = _add_seen(text, words, page)
    finally:
        page.close()
    return Page(text, tuple(words), has_picture)


def draw_page(pdf: Any, number: int, *, scale: float) -> Any:
    """A page as a picture."""
    page = _open_flat(pdf, number)
    try:
        width, height = page.get_size()
        scale = min(scale, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
        return page.render(scale=scale, may_draw_forms=True, rev_byteorder=True).to_pil().convert("RGB")
    finally:
        page.close()


def _open_flat(pdf: Any, number: int) -> Any:
    """A page with its annotations and form fields made part of its contents, so that their words are read too."""
    raw = import_part("pypdfium2.raw")
    page = pdf[number]
    if raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY) == raw.FLATTEN_SUCCESS:
        page.close()
        page = pdf[number]
    return page


def _read_words(page: Any) -> tuple[str, list[Word]]:
    raw = import_part("pypdfium2.raw")
    textpage = page.get_textpage()
    place = _find_placing(page)
    box = raw.FS_RECTF()
    here = ctypes.byref(box)
    read_code, read_box = raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
    length = textpage.count_chars()
    letters = [_read_letter(read_code(textpage, index)) for index in range(length)]
    text = "".join(letters)
    words: list[Word] = []
    for found in re.finditer(r"\S+", text):
        left, low, right, high = 1e9, 1e9, -1e9, -1e9
        for index in range(*found.span()):
            if read_box(textpage, index, here) and box.right > box.left:
                left, right = min(left, box.left), max(right, box.right)
                low, high = min(low, box.bottom), max(high, box.top)
        if right > left:
            words.append(Word(found.group(), place(Area(left, low, right, high)), *found.span()))
    textpage.close()
    return text, words


@cache
def _read_letter(code: int) -> str:
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else "\ufffd"


def _find_placing(page: Any) -> Any:
    """How a place in the page's own coordinates is found on the page as it is shown, from its top left corner."""
    raw = import_part("pypdfium2.raw")
    width, height = page.get_size()
    fine = 1_000_000
    x, y = ctypes.c_int(), ctypes.c_int()

    def shown(left: float, top: float) -> tuple[float, float]:
        raw.FPDF_PageToDevice(page, 0, 0, fine, fine, 0, left, top, x, y)
        return x.value * width / fine, y.value * height / fine

    (x0, y0), (x1, y1), (x2, y2) = shown(0, 0), shown(100, 0), shown(0, 100)

    def place(area: Area) -> Area:
        corners = [
            (x0 + (x1 - x0) * a / 100 + (x2 - x0) * b / 100, y0 + (y1 - y0) * a / 100 + (y2 - y0) * b / 100)
            for a in (area.x0, area.x1)
            for b in (area.y0, area.y1)
        ]
        across, down = [each[0] for each in corners], [each[1] for each in corners]
        return Area(min(across), min(down), max(across), max(down))

    return place


def _has_picture(page: Any) -> bool:
    raw = import_part("pypdfium2.raw")
    width, height = page.get_size()
    for each in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
        left, bottom, right, top = each.get_bounds()
        if (right - left) * (top - bottom) > _LARGE_PICTURE * width * height:
            return True
    return False


def _add_seen(text: str, words: list[Word], page: Any) -> tuple[str, list[Word]]:
    """The page's words, and those that are only seen in its pictures."""
    width, height = page.get_size()
    scale = min(200 / 72, (MAX_PIXELS / max(width * height, 1)) ** 0.5)
    picture = page.render(scale=scale, rev_byteorder=True).to_pil().convert("RGB")
    added, parts, place = [], [text, "\n"], len(text) + 1
    for line in read_picture(picture):
        for word in line:
            area = word.area.scale(1 / scale)
            if any(area.covers_middle_of(each.area) or each.area.covers_middle_of(area) for each in words):
                continue
            added.append(Word(word.text, area, place, place + len(word.text)))
            parts += [word.text, " "]
            place += len(word.text) + 1
        parts.append("\n")
        place += 1
    return "".join(parts), words + added


def _mark(page: Page, start: int, areas: Sequence[tuple[int, int]]) -> list[Word]:
    """The page's words, each that a term touches marked as removed."""
    ends = start + len(page.text)
    here = [(left - start, right - start) for left, right in areas if right > start and left < ends]
    if not here:
        return list(page.words)
    return [
        replace(word, removed=any(left < word.end and right > word.start for left, right in here))
        for word in page.words
    ]


def _draw_page(writer: PageWriter, pdf: Any, number: int, words: list[Word], boxes: Sequence[Box]) -> None:
    picture = draw_page(pdf, number, scale=DPI / 72)
    size = page_size(pdf, number)
    scale = picture.width / max(size[0], 1)
    shades = picture.convert("L")
    seen = [word for word in words if word.removed or _is_seen(shades, word.area.scale(scale))]
    drawn = [Area(each.x0, each.y0, each.x1, each.y1) for each in boxes]
    kept = [replace(word, removed=word.removed or any(word.area.touches(each) for each in drawn)) for word in seen]
    under_terms = [area.grow(1.0) for area in _join_removed(words)]
    paint(picture, [each.scale(scale) for each in (*drawn, *under_terms)])
    writer.add_page(picture, size, kept, MARKER)


def _is_seen(picture: Any, area: Area) -> bool:
    left, top, right, bottom = area.clip(picture.size)
    if right <= left or bottom <= top:
        return False
    least, most = picture.crop((left, top, right, bottom)).getextrema()
    return bool(most - least > _FAINT)


def _join_removed(words: list[Word]) -> list[Area]:
    """The areas of removed words; those in a row on one line are one area, so that nobody can count them."""
    areas: list[Area] = []
    in_row = False
    for word in words:
        if word.removed:
            joins = in_row and areas[-1].is_level_with(word.area)
            areas[-1:] = [areas[-1].join(word.area)] if joins else [*areas[-1:], word.area]
        in_row = word.removed
    return areas


def _count_left_out(pdf: Any) -> dict[str, int]:
    raw = import_part("pypdfium2.raw")
    found = {
        "attachments": pdf.count_attachments(),
        "scripts": max(raw.FPDFDoc_GetJavaScriptActionCount(pdf), 0),
        "properties": len(pdf.get_metadata_dict(skip_empty=True)),
    }
    return {name: number for name, number in found.items() if number}
