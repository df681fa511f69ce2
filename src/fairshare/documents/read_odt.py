"""Reading OpenDocument texts: their words in order, tables as tables, and the fields of a form of ours by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from fairshare.documents.read_fields import NAME, read_answer
from fairshare.documents.read_shapes import (
    MAX_SEGMENTS,
    FilledField,
    Reading,
    Segment,
    Sign,
    SignCode,
    broken,
    locked,
    tidy,
    too_large,
)
from fairshare.documents.redact_package import open_package, parse_part

_NS = "urn:oasis:names:tc:opendocument:xmlns:{}:1.0"
TEXT, TABLE, OFFICE, DRAW, META = (
    "{" + _NS.format(name) + "}" for name in ("text", "table", "office", "drawing", "meta")
)
_DC, _XLINK = "{http://purl.org/dc/elements/1.1/}", "{http://www.w3.org/1999/xlink}"
_COLUMN, _WIDE, _MOST = 60.0, 0.5, 200
_SKIPPED = frozenset({f"{TEXT}tracked-changes", f"{OFFICE}forms", f"{TEXT}sequence-decls", f"{OFFICE}annotation-end"})


def read_odt(raw: bytes, *, where: str) -> Reading:
    """The words, tables and fields of an OpenDocument text, as it stands with its tracked changes accepted.

    Raises   DocumentBroken, DocumentLocked, DocumentTooLarge.
    """
    parts = open_package(raw, where=where)
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise locked("document", where)
    if "content.xml" not in parts:
        raise broken("OpenDocument file", where)
    body = parse_part(parts["content.xml"], where=where).find(f"{OFFICE}body/{OFFICE}text")
    if body is None:
        raise broken("OpenDocument text", where)
    walk = _Walk(where)
    walk.read_blocks(body, "", 0.0)
    signs = [Sign(code) for code in _find_signs(parts, body)]
    fields = {each.name: each for each in (*_read_bookmarks(body), *_read_sections(body))}
    return Reading("odt", tuple(walk.segments), tuple(fields.values()), tuple(signs), None, *_read_about(parts, where))


def _read_about(parts: dict[str, bytes], where: str) -> tuple[str | None, str | None, str | None]:
    if "meta.xml" not in parts:
        return None, None, None
    root = parse_part(parts["meta.xml"], where=where)
    own = {each.get(f"{META}name"): each.text for each in root.iter(f"{META}user-defined")}
    return own.get("kind"), own.get("reference"), root.findtext(f".//{_DC}language")


def _find_signs(parts: dict[str, bytes], body: Any) -> Iterator[SignCode]:
    if any(name.startswith(("Basic/", "Scripts/")) for name in parts):
        yield "macros"
    if body.find(f"{TEXT}tracked-changes") is not None:
        yield "tracked_changes"
    if any(name.startswith("Object") for name in parts):
        yield "embedded_object"
    links = (each.get(f"{_XLINK}href") or "" for each in body.iter() if each.tag != f"{TEXT}a")
    if any(re.match(r"[a-z]+://|\\\\", link, re.IGNORECASE) for link in links):
        yield "external_content"
    if any(each.get(f"{TEXT}display") == "none" for each in body.iter(f"{TEXT}section", f"{TEXT}hidden-paragraph")):
        yield "hidden_text"


class _Walk:
    """Reads a text block by block."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.segments: list[Segment] = []
        self._line, self._block, self._top = 0, 0, 0.0
        self._field: str | None = None

    def read_blocks(self, container: Any, part: str, left: float, *, block: int | None = None) -> None:
        """Reads paragraphs, lists and tables, and what holds them."""
        for each in container:
            if each.tag in _SKIPPED or not isinstance(each.tag, str):
                continue
            if each.tag in (f"{TEXT}p", f"{TEXT}h"):
                self._read_paragraph(each, part, left, block)
            elif each.tag == f"{TABLE}table":
                self._read_table(each, part, left)
            else:
                name = each.get(f"{TEXT}name") or ""
                outer = self._field
                if each.tag == f"{TEXT}section" and NAME.fullmatch(name):
                    self._field = name
                self.read_blocks(each, part, left, block=block)
                self._field = outer

    def _read_paragraph(self, paragraph: Any, part: str, left: float, block: int | None) -> None:
        if block is None:
            self._block += 1
        for line in read_lines(paragraph):
            self._line += 1
            words = tidy(line)
            if words:
                if len(self.segments) >= MAX_SEGMENTS:
                    raise too_large("it has more lines than anybody reads", self.where)
                right, top = left + len(words) * _WIDE, self._top
                number = self._block if block is None else block
                self.segments.append(
                    Segment(words, 1, self._line, left, top, right, top + 1, number, part,
                            in_table=block is not None, heading=paragraph.tag == f"{TEXT}h", field=self._field)
                )  # fmt: skip
            self._top += 1.2
        for box in paragraph.iter(f"{DRAW}text-box"):
            self.read_blocks(box, part or "text box", left)

    def _read_table(self, table: Any, part: str, left: float) -> None:
        for row in table.iter(f"{TABLE}table-row"):
            top, line, bottom, column = self._top, self._line, self._top, 0
            for cell in row:
                if cell.tag == f"{TABLE}table-cell":
                    self._top, self._line = top, line
                    self._block += 1
                    self.read_blocks(cell, part, left + column * _COLUMN, block=self._block)
                    bottom = max(bottom, self._top)
                if cell.tag in (f"{TABLE}table-cell", f"{TABLE}covered-table-cell"):
                    column += min(_to_int(cell.get(f"{TABLE}number-columns-repeated")), _MOST)
            self._top, self._line = bottom + 0.4, max(self._line, line + 1)


def _to_int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 5 else 1


def read_lines(paragraph: Any) -> list[str]:
    """The lines of a paragraph; comments and text boxes in it are not part of it."""
    lines = [paragraph.text or ""]
    for each in paragraph:
        if each.tag == f"{TEXT}line-break":
            lines.append("")
        elif each.tag == f"{TEXT}tab":
            lines[-1] += "\t"
        elif each.tag == f"{TEXT}s":
            lines[-1] += " " * min(_to_int(each.get(f"{TEXT}c")), _MOST)
        elif each.tag not in (f"{OFFICE}annotation", f"{DRAW}frame", f"{TEXT}note") and isinstance(each.tag, str):
            first, *rest = read_lines(each)
            lines[-1] += first
            lines += rest
        lines[-1] += each.tail or ""
    return lines


def _read_sections(body: Any) -> Iterator[FilledField]:
    for section in body.iter(f"{TEXT}section"):
        name = section.get(f"{TEXT}name") or ""
        if NAME.fullmatch(name):
            yield read_answer(name, _join_lines(section.iter(f"{TEXT}p", f"{TEXT}h")))


def _read_bookmarks(body: Any) -> Iterator[FilledField]:
    """Fields by the bookmarks at their ends, for a file whose sections some program has dropped."""
    open_now: dict[str, list[Any]] = {}
    for each in body.iter():
        name = each.get(f"{TEXT}name") or "" if isinstance(each.tag, str) else ""
        if each.tag == f"{TEXT}bookmark-start" and NAME.fullmatch(name):
            holder = next(each.iterancestors(f"{TEXT}p", f"{TEXT}h"), None)
            open_now[name] = [] if holder is None else [holder]
        elif each.tag == f"{TEXT}bookmark-end" and name in open_now:
            yield read_answer(name, _join_lines(open_now.pop(name)))
        elif each.tag in (f"{TEXT}p", f"{TEXT}h"):
            for held in open_now.values():
                held.append(each)


def _join_lines(paragraphs: Iterable[Any]) -> list[str]:
    return [line for each in paragraphs for line in read_lines(each)]
