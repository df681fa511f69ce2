"""Reading Word files: their words in order, tables as tables, and the fields of a form of ours by name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairshare.documents.read_fields import NAME, read_answer
from fairshare.documents.read_shapes import MAX_SEGMENTS, FilledField, Reading, Segment, Sign, broken, tidy, too_large
from fairshare.documents.redact_package import open_package, parse_part

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CP = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_COLUMN = 60.0
"""How far apart columns of a table are said to stand."""
_WIDE = 0.5
_HARMLESS = "/hyperlink"
"""The one sort of outside link that fetches nothing until a person clicks on it."""


def read_docx(raw: bytes, *, where: str) -> Reading:
    """The words, tables and fields of a Word file, as it stands with its tracked changes accepted.

    Raises   DocumentBroken, DocumentLocked, DocumentTooLarge.
    """
    parts = open_package(raw, where=where)
    if "word/document.xml" not in parts:
        raise broken("Word file", where)
    signs = list(_find_signs(parts, where))
    walk = _Walk(where)
    for name in sorted(parts):
        match = re.fullmatch(r"word/(header|footer|footnotes|endnotes|comments)\d*\.xml", name)
        if match and match[1] == "header":
            walk.read_story(parse_part(parts[name], where=where), "header")
    walk.read_story(parse_part(parts["word/document.xml"], where=where), "")
    for name in sorted(parts):
        match = re.fullmatch(r"word/(footer|footnotes|endnotes|comments)\d*\.xml", name)
        if match:
            walk.read_story(parse_part(parts[name], where=where), match[1])
    signs += [Sign(code) for code in sorted(walk.signs)]  # type: ignore[arg-type]
    about = _read_properties(parts, where)
    return Reading("docx", tuple(walk.segments), tuple(walk.list_fields()), tuple(signs), None, *about)


def _read_properties(parts: Mapping[str, bytes], where: str) -> tuple[str | None, str | None, str | None]:
    """The kind, reference and language that a document of ours says in its properties."""
    if "docProps/core.xml" not in parts:
        return None, None, None
    root = parse_part(parts["docProps/core.xml"], where=where)
    kind, reference, language = (
        root.findtext(each) or None for each in (f"{_CP}category", f"{_DC}identifier", f"{_DC}language")
    )
    return kind, reference, language


def _find_signs(parts: Mapping[str, bytes], where: str) -> Iterator[Sign]:
    names = {name.lower() for name in parts}
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        yield Sign("macros")
    if any("/embeddings/" in name or "/activex/" in name or "/afchunk" in name for name in names):
        yield Sign("embedded_object")
    for name, content in parts.items():
        if name.endswith(".rels"):
            for each in parse_part(content, where=where):
                outside = each.get("TargetMode") == "External" and not (each.get("Type") or "").endswith(_HARMLESS)
                if outside:
                    yield Sign("external_content", name)


@dataclass
class _Control:
    """A content control that is being read."""

    lines: list[str] = field(default_factory=list)


class _Walk:
    """Reads the stories of a file one after the other, line by line."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.segments: list[Segment] = []
        self.signs: set[str] = set()
        self._fields: dict[str, FilledField] = {}
        self._line, self._block, self._page = 0, 0, 1
        self._top = 0.0
        self._field: str | None = None

    def list_fields(self) -> list[FilledField]:
        """The fields found, in order."""
        return list(self._fields.values())

    def read_story(self, root: Any, part: str) -> None:
        """Reads the body, or a header, footer or set of notes."""
        body = root.find(f"{W}body")
        self._read_blocks(root if body is None else body, part, left=0.0)
        if body is not None:
            self._read_bookmarks(body)

    def _read_bookmarks(self, body: Any) -> None:
        """Fields by the bookmarks at their ends, where a program has dropped the content controls or their tags."""
        names: dict[str, str] = {}
        open_now: dict[str, list[Any]] = {}
        for each in body.iter(f"{W}bookmarkStart", f"{W}bookmarkEnd", f"{W}p"):
            number, name = each.get(f"{W}id") or "", each.get(f"{W}name") or ""
            if each.tag == f"{W}p":
                for held in open_now.values():
                    held.append(each)
            elif each.tag == f"{W}bookmarkStart" and NAME.fullmatch(name) and "." in name:
                # LibreOffice may start a bookmark again in each paragraph, and ends only the last.
                names[number] = name
                open_now.setdefault(name, list(each.iterancestors(f"{W}p"))[:1])
            elif names.get(number) in open_now:
                name = names[number]
                lines = [line for paragraph in open_now.pop(name) for line in self._read_lines(paragraph)]
                self._fields.setdefault(name, read_answer(name, lines))

    def _read_blocks(self, container: Any, part: str, left: float, *, block: int | None = None) -> None:
        for each in container:
            if each.tag == f"{W}p":
                self._read_paragraph(each, part, left, block)
            elif each.tag == f"{W}tbl":
                self._read_table(each, part, left)
            elif each.tag == f"{W}sdt":
                name = self._read_control(each)
                content = each.find(f"{W}sdtContent")
                if content is not None:
                    outer, self._field = self._field, name or self._field
                    self._read_blocks(content, part, left, block=block)
                    self._field = outer
            elif each.tag in {f"{W}ins", f"{W}footnote", f"{W}endnote", f"{W}comment", f"{W}customXml", f"{W}moveTo"}:
                self._read_blocks(each, part, left, block=block)

    def _read_paragraph(self, paragraph: Any, part: str, left: float, block: int | None) -> None:
        if block is None:
            self._block += 1
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        heading = style is not None and (style.get(f"{W}val") or "").startswith(("Heading", "Title"))
        for line in self._read_lines(paragraph):
            self._line += 1
            words = tidy(line)
            if words:
                self._add(words, part, left, heading, block)
            self._top += 1.2
        for box in paragraph.iter(f"{W}txbxContent"):
            if not any(up.tag == _FALLBACK for up in box.iterancestors()):
                self._read_blocks(box, part or "text box", left)
        for each in paragraph.iter(f"{W}sdt"):
            self._read_control(each)

    def _add(self, words: str, part: str, left: float, heading: bool, block: int | None) -> None:
        if len(self.segments) >= MAX_SEGMENTS:
            raise too_large("it has more lines than anybody reads", self.where)
        number = self._block if block is None else block
        right, top = left + len(words) * _WIDE, self._top
        self.segments.append(
            Segment(words, self._page, self._line, left, top, right, top + 1, number, part,
                    in_table=block is not None, heading=heading, field=self._field)
        )  # fmt: skip

    def _read_lines(self, paragraph: Any) -> list[str]:
        """The lines of a paragraph as it stands: what was deleted or hidden is not in it."""
        lines = [""]
        for each in paragraph.iter():
            if each.tag not in _TEXT_TAGS or _in_box(each, paragraph):
                continue
            if each.tag == f"{W}delText":
                self.signs.add("tracked_changes")
                continue
            run = each.getparent()
            hidden = run.find(f"{W}rPr/{W}vanish")
            if hidden is not None and hidden.get(f"{W}val") not in ("0", "false"):
                self.signs.add("hidden_text")
                continue
            if each.tag == f"{W}t":
                lines[-1] += each.text or ""
            elif each.tag == f"{W}tab":
                lines[-1] += "\t"
            elif each.tag == f"{W}br":
                self._page += each.get(f"{W}type") == "page"
                lines.append("")
            else:
                lines[-1] += "\u2611" if each.get(f"{W}char", "").upper() in _TICKED else "\u2610"
        return lines

    def _read_table(self, table: Any, part: str, left: float) -> None:
        for row in _find_rows(table):
            top, line, page, bottom, column = self._top, self._line, self._page, self._top, 0
            for cell in _find_cells(row):
                merged = cell.find(f"{W}tcPr/{W}vMerge")
                self._top, self._line = top, line
                self._block += 1
                if merged is None or merged.get(f"{W}val") == "restart":
                    self._read_blocks(cell, part, left + column * _COLUMN, block=self._block)
                bottom = max(bottom, self._top)
                span = cell.find(f"{W}tcPr/{W}gridSpan")
                column += _to_int(span.get(f"{W}val")) if span is not None else 1
            self._top, self._line, self._page = bottom + 0.4, max(self._line, line + 1), max(page, self._page)

    def _read_control(self, control: Any) -> str | None:
        """Keeps the answer of a content control that has a tag, as `docx_fields` says it is written; its field."""
        settings = control.find(f"{W}sdtPr")
        tag = None if settings is None else settings.find(f"{W}tag")
        name = (tag.get(f"{W}val") or "") if tag is not None else ""
        if not name or not re.fullmatch(r"[a-z][a-z0-9_.-]{0,63}(=[A-Za-z0-9_.:-]*)?", name):
            return None
        box = settings.find(f"{W14}checkbox")
        blank = settings.find(f"{W}showingPlcHdr") is not None
        value = None if blank else self._read_content(control)
        stem, equals, option = name.partition("=")
        if equals:
            ticked = box is not None and _is_on(box.find(f"{W14}checked"))
            self._join_box(stem, option, ticked, value if not option else None)
            return stem
        if value is not None and settings.find(f"{W}dropDownList") is not None:
            value = _find_listed(settings.find(f"{W}dropDownList"), value)
        elif value is not None and settings.find(f"{W}date") is not None:
            value = " ".join(value.split())
        self._fields[name] = FilledField(name, value)
        return name

    def _read_content(self, control: Any) -> str | None:
        content = control.find(f"{W}sdtContent")
        if content is None:
            return None
        paragraphs = list(content.iter(f"{W}p")) or [content]
        text = "\n".join("\n".join(self._read_lines(each)) for each in paragraphs).strip()
        return text or None

    def _join_box(self, stem: str, option: str, ticked: bool, stray: str | None) -> None:
        before = self._fields.get(stem, FilledField(stem, None))
        chosen = before.chosen + ((option,) if ticked else ()) + (tuple(stray.split("\n")) if stray else ())
        self._fields[stem] = FilledField(stem, "\n".join(chosen) or None, chosen)


_TEXT_TAGS = frozenset(f"{W}{name}" for name in ("t", "tab", "br", "delText", "sym"))
_TICKED = frozenset({"F052", "F053", "F0FE", "F0FD", "F078", "2612", "2611"})
"""Letters of the fonts of signs that show a box with something in it."""


def _in_box(element: Any, paragraph: Any) -> bool:
    """Whether a piece of text belongs to a text box that is anchored in the paragraph, not to the paragraph."""
    for up in element.iterancestors():
        if up is paragraph:
            return False
        if up.tag == f"{W}txbxContent" or up.tag == f"{W}tabs":
            return True
    return True


def _find_rows(table: Any) -> Iterator[Any]:
    for each in table:
        if each.tag == f"{W}tr":
            yield each
        elif each.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}ins", f"{W}customXml"}:
            yield from _find_rows(each)


def _find_cells(row: Any) -> Iterator[Any]:
    for each in row:
        if each.tag == f"{W}tc":
            yield each
        elif each.tag in {f"{W}sdt", f"{W}sdtContent", f"{W}customXml"}:
            yield from _find_cells(each)


def _to_int(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else 1


def _is_on(checked: Any) -> bool:
    return checked is not None and checked.get(f"{W14}val") in ("1", "true", "on")


def _find_listed(listed: Any, shown: str) -> str:
    """The value of the option that is shown; the words themselves if somebody wrote other ones."""
    words = " ".join(shown.split())
    for each in listed.findall(f"{W}listItem"):
        if " ".join((each.get(f"{W}displayText") or "").split()) == words:
            return each.get(f"{W}value") or words
    return shown
