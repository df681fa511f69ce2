"""The paragraphs of a document that somebody else wrote, each with its place: Word, OpenDocument, PDF, Markdown, text.

Nothing in the file is run and nothing is fetched. Only what a reader would see counts: what a tracked change deleted
is left out. Comments, hidden text and pictures are not read, and what was not read is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairshare.documents.redact_package import open_package, parse_part
from fairshare.documents.redact_pdf import open_pdf
from fairshare.documents.redact_shapes import broken, too_large
from fairshare.words import BadInput

PaperFormat = Literal["docx", "odt", "pdf", "text"]
MAX_BYTES: Final = 64 * 1024 * 1024
MAX_CHARACTERS: Final = 2_000_000
MAX_PARAGRAPHS: Final = 20_000
MAX_HEADING: Final = 500
MAX_NESTING: Final = 200
"""How deep the markup of a file may be nested before it is taken for hostile."""

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_NUMBERED = re.compile(
    r"^(?:(?:Part|Section|Schedule|Annex|Clause|Appendix|Rhan|Adran|Atodlen|Atodiad)\s+)?"
    r"\(?(?:\d{1,3}|[A-Z])(?:\.\d{1,3})*[.):]?\s+[\[(\"“A-Z\u00c0-\u017e]"
)
_MARKDOWN_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_ITEM = re.compile(r"^\s*(?:[-*+•]|\(?[a-z0-9]{1,4}[.)])\s+")


class NotReadable(BadInput):
    """A file holds no paragraphs that can be read: another format, or pictures of pages without text."""

    code = "DOCUMENT_NOT_READABLE"


@dataclass(frozen=True)
class Located:
    """One paragraph, heading or row of a table, and where a person finds it."""

    text: str
    number: int
    """Counted from 1, headings and rows included."""
    page: int | None = None
    """In a PDF; the other formats have pages only once they are laid out."""
    heading: bool = False
    label: str = ""
    """What names it: the first cell of its row."""


@dataclass(frozen=True)
class Paper:
    """A document as its paragraphs."""

    format: PaperFormat
    paragraphs: tuple[Located, ...]
    not_read: tuple[str, ...] = ()
    """What of the file was not read, such as pictures."""

    @property
    def text(self) -> str:
        """All of it, a paragraph to a line."""
        return "\n".join(each.text for each in self.paragraphs)


@dataclass(frozen=True)
class _Found:
    text: str
    page: int | None = None
    heading: bool = False
    label: str = ""


def read_paragraphs(raw: bytes, *, where: str) -> Paper:
    """The paragraphs of a file, whatever its name: its bytes say what it is.

    Takes    raw: a DOCX, ODT or PDF file, or UTF-8 text, which is read as Markdown.
    Raises   NotReadable; the errors of a file that is broken, locked or too large.

    >>> [each.text for each in read_paragraphs(b"# Terms\\n\\nWe keep it\\nfor a year.", where="a.md").paragraphs]
    ['Terms', 'We keep it for a year.']
    """
    if len(raw) > MAX_BYTES:
        raise too_large("bytes", where)
    kind = _find_format(raw)
    if kind == "pdf":
        found, not_read = _read_pdf(raw, where)
    elif kind == "package":
        kind, found, not_read = _read_package(raw, where)
    else:
        found, not_read = _read_text(raw, where), ()
    numbered = tuple(_number(found, where))
    if not numbered:
        raise NotReadable(
            "no text can be read in it",
            fix="If its pages are pictures, run them through text recognition first; otherwise ask for the original.",
            where=where,
        )
    return Paper(kind, numbered, not_read)


def _find_format(raw: bytes) -> Any:
    if raw.startswith(b"PK\x03\x04"):
        return "package"
    return "pdf" if b"%PDF-" in raw[:1024] else "text"


def _number(found: Iterable[_Found], where: str) -> Iterator[Located]:
    number = size = 0
    for each in found:
        text = " ".join(each.text.split())
        if not text:
            continue
        number, size = number + 1, size + len(text)
        if number > MAX_PARAGRAPHS or size > MAX_CHARACTERS:
            raise too_large("text", where)
        yield Located(text, number, each.page, each.heading, " ".join(each.label.split()))


def _read_text(raw: bytes, where: str) -> list[_Found]:
    if b"\x00" in raw:
        raise _unreadable(where)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What Windows wrote before it wrote UTF-8; a file that is no text at all has bytes that it leaves undefined.
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            raise _unreadable(where) from None
    return [found for block in _split_blocks(text) for found in _read_block(block)]


def _unreadable(where: str) -> NotReadable:
    return NotReadable(
        "it is neither Word, OpenDocument, PDF nor plain text",
        fix="Save it as DOCX, ODT, PDF or UTF-8 text, and give that.",
        where=where,
    )


def _split_blocks(text: str) -> Iterator[list[str]]:
    """Lines that belong together: up to an empty line, a heading, an entry of a list or a row of a table."""
    block: list[str] = []
    for line in text.splitlines():
        plain = re.sub(r"^(?:>\s?)+", "", line.strip()).strip()
        starts = not plain or plain.startswith(("#", "|")) or _ITEM.match(line) is not None
        if block and (starts or block[-1].startswith(("#", "|")) or _is_in_capitals(block[-1])):
            yield block
            block = []
        if plain:
            block.append(plain)
    if block:
        yield block


def _read_block(lines: list[str]) -> Iterator[_Found]:
    first = lines[0]
    heading = _MARKDOWN_HEADING.match(first) if len(first) < MAX_HEADING else None
    if heading:
        yield _Found(_strip_marks(heading[2]), heading=True)
    elif first.startswith("|"):
        cells = [_strip_marks(cell.strip()) for cell in re.split(r"(?<!\\)\|", first.strip("|"))]
        if not all(re.fullmatch(r":?-+:?|", cell) for cell in cells):
            yield _Found(" | ".join(cells), label=cells[0] if len(cells) > 1 else "")
    elif not re.fullmatch(r"[-=_*~]{3,}", first):
        # A line under a line of dashes is a heading, and so is a whole line in bold or in capitals.
        underlined = len(lines) == 2 and re.fullmatch(r"[-=]{3,}", lines[1]) is not None
        text = " ".join(lines[:1] if underlined else lines)
        bold = re.fullmatch(r"\*\*[^*]+\*\*:?", text) is not None
        yield _Found(_strip_marks(text), heading=underlined or bold or _looks_like_heading(_strip_marks(text)))


def _strip_marks(text: str) -> str:
    text = re.sub(r"!?\[([^\]\[]{0,300})\]\([^)\s]{0,500}\)", r"\1", text)
    text = re.sub(r"\\([\\`*_\[\](){}<>#+.!|~-])", r"\1", text)
    return re.sub(r"(\*{1,3}|`+|(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w))", "", text).replace("<br>", " ")


def _looks_like_heading(text: str) -> bool:
    """Whether a short line stands for a heading: in capitals, or numbered, with no full stop."""
    if len(text) > 90 or not text or text[-1] in ".;,:":
        return False
    return _is_in_capitals(text) or (_NUMBERED.match(text) is not None and len(text.split()) <= 8)


def _is_in_capitals(text: str) -> bool:
    letters = [each for each in text if each.isalpha()]
    return len(letters) > 3 and len(text) <= 90 and all(each.isupper() for each in letters)


def _read_package(raw: bytes, where: str) -> tuple[PaperFormat, list[_Found], tuple[str, ...]]:
    parts = open_package(raw, where=where)
    pictures = ("pictures",) if any("media/" in name or name.startswith("Pictures/") for name in parts) else ()
    if "word/document.xml" in parts:
        names = ["word/document.xml", *sorted(name for name in parts if re.fullmatch(r"word/footnotes\.xml", name))]
        headings = _find_heading_styles(parts.get("word/styles.xml"), where)
        found = [each for name in names for each in _read_word(parse_part(parts[name], where=where), headings, where)]
        comments = ("comments",) if "word/comments.xml" in parts else ()
        return "docx", found, pictures + comments
    if "content.xml" in parts:
        return "odt", list(_read_open(parse_part(parts["content.xml"], where=where), where)), pictures
    raise _unreadable(where)


def _walk(node: Any, where: str, *, stop: frozenset[str], skip: frozenset[str], depth: int = 0) -> Iterator[Any]:
    """The nodes named in `stop` in order, looking into everything else but `skip`."""
    if depth > MAX_NESTING:
        raise broken("file", where)
    for child in node:
        if child.tag in stop:
            yield child
        elif child.tag not in skip:
            yield from _walk(child, where, stop=stop, skip=skip, depth=depth + 1)


_WORD_STOP = frozenset({f"{_WORD}p", f"{_WORD}tr"})
_WORD_SKIP = frozenset(
    {f"{_WORD}del", f"{_WORD}moveFrom", f"{_WORD}sectPr", f"{_WORD}instrText"}
    | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
)
_WORD_LEAF = frozenset({f"{_WORD}t", f"{_WORD}tab", f"{_WORD}br", f"{_WORD}cr", f"{_WORD}noBreakHyphen"})


def _find_heading_styles(styles: bytes | None, where: str) -> frozenset[str]:
    """The ids of styles that are headings, whatever the language of the Word that wrote them."""
    if styles is None:
        return frozenset()
    found = set()
    for style in parse_part(styles, where=where).iter(f"{_WORD}style"):
        name = style.find(f"{_WORD}name")
        named = (name.get(f"{_WORD}val") or "").lower() if name is not None else ""
        if re.match(r"heading|title|toc heading", named) or style.find(f"{_WORD}pPr/{_WORD}outlineLvl") is not None:
            found.add(style.get(f"{_WORD}styleId") or "")
    return frozenset(found)


def _read_word(root: Any, headings: frozenset[str], where: str) -> Iterator[_Found]:
    for node in _walk(root, where, stop=_WORD_STOP, skip=_WORD_SKIP):
        if node.tag == f"{_WORD}tr":
            cells = [
                " ".join(_word_text(part, where) for part in _walk(cell, where, stop=_WORD_STOP, skip=_WORD_SKIP))
                for cell in node.iterchildren(f"{_WORD}tc")
            ]
            yield _read_row(cells)
            continue
        text = _word_text(node, where)
        style = node.find(f"{_WORD}pPr/{_WORD}pStyle")
        styled = style is not None and style.get(f"{_WORD}val") in headings
        yield _Found(text, heading=styled or _is_bold(node, text) or _looks_like_heading(" ".join(text.split())))


def _word_text(paragraph: Any, where: str) -> str:
    leaves = _walk(paragraph, where, stop=_WORD_LEAF | {f"{_WORD}p"}, skip=_WORD_SKIP)
    return "".join(
        f" {_word_text(leaf, where)} "
        if leaf.tag == f"{_WORD}p"
        else (leaf.text or "")
        if leaf.tag == f"{_WORD}t"
        else " "
        for leaf in leaves
    )


def _is_bold(paragraph: Any, text: str) -> bool:
    """Whether a short paragraph is bold throughout, as those make headings who use no styles."""
    runs = [run for run in paragraph.iter(f"{_WORD}r") if "".join(run.itertext()).strip()]
    bold = [run.find(f"{_WORD}rPr/{_WORD}b") for run in runs]
    on = [each is not None and each.get(f"{_WORD}val") not in ("0", "false") for each in bold]
    return bool(on) and all(on) and len(text) <= 90 and not text.rstrip().endswith((".", ";"))


def _read_row(cells: list[str]) -> _Found:
    kept = [" ".join(cell.split()) for cell in cells]
    return _Found(" | ".join(kept), label=kept[0] if len(kept) > 1 else "")


_OPEN_STOP = frozenset({f"{_TEXT}p", f"{_TEXT}h", f"{_TABLE}table-row"})
_OPEN_SKIP = frozenset(
    {
        f"{_TEXT}tracked-changes",
        "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}annotation",
        f"{_TEXT}table-of-content",
    }
)


def _read_open(root: Any, where: str) -> Iterator[_Found]:
    for node in _walk(root, where, stop=_OPEN_STOP, skip=_OPEN_SKIP):
        if node.tag == f"{_TABLE}table-row":
            cells = [_open_text(cell, where) for cell in node.iterchildren(f"{_TABLE}table-cell")]
            yield _read_row(cells)
        else:
            text = _open_text(node, where)
            yield _Found(text, heading=node.tag == f"{_TEXT}h" or _looks_like_heading(" ".join(text.split())))


def _open_text(node: Any, where: str, depth: int = 0) -> str:
    if depth > MAX_NESTING:
        raise broken("file", where)
    said = [node.text or ""]
    for child in node:
        if child.tag in (f"{_TEXT}s", f"{_TEXT}tab", f"{_TEXT}line-break"):
            said.append(" ")
        elif child.tag not in _OPEN_SKIP:
            ends = " " if child.tag in _OPEN_STOP else ""
            said.append(_open_text(child, where, depth + 1) + ends)
        said.append(child.tail or "")
    return "".join(said)


def _read_pdf(raw: bytes, where: str) -> tuple[list[_Found], tuple[str, ...]]:
    found: list[_Found] = []
    empty = 0
    with open_pdf(raw, where) as pdf:
        for number in range(1, len(pdf) + 1):
            page = pdf[number - 1]
            textpage = page.get_textpage()
            text = textpage.get_text_range()
            textpage.close()
            page.close()
            empty += not text.strip()
            found += [_Found(each, number, heading=_looks_like_heading(each)) for each in _join_lines(text)]
    return found, (f"{empty} pages without text",) if empty else ()


def _join_lines(text: str) -> Iterator[str]:
    """Paragraphs from the lines of a page: a line that goes on in small letters, or stops short of no end, goes on."""
    lines = [" ".join(line.split()) for line in text.replace("\ufffe", "-").splitlines()]
    longest = max((len(line) for line in lines), default=0)
    block = ""
    for line in [*lines, ""]:
        goes_on = bool(block) and bool(line) and not _ITEM.match(line) and not _NUMBERED.match(line)
        unfinished = block[-1:] not in (".", ";", ":", "?", "!")
        if goes_on and unfinished and (line[0].islower() or len(block.rsplit("\n", 1)[-1]) > 0.7 * longest):
            block = f"{block}\n{line}"
            continue
        if block:
            yield block.replace("\n", " ")
        block = line
