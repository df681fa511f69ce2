"""A document as PDF/UA-1 and PDF/A-2a in one file: tagged, its typefaces inside, the same bytes each time.

Drawn by typst from one fixed source. What people wrote goes in as JSON beside it and is never part of the source. Only
the typefaces inside typst are used, so that the same document gives the same file on every machine; a folder of an
organisation's own may be added. A character that no typeface has is written as its Unicode number, and the file says
so.

Source   ISO 14289-1 (PDF/UA-1); ISO 19005-2 (PDF/A-2, level A).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from fairshare.documents.layout import (
    BOXES,
    find_stray,
    lay_out,
    list_options,
    list_particulars,
    list_signature,
    read_phrases,
    write_answer,
    write_foot,
)
from fairshare.documents.model import Block, Document, Fields, Picture, SignaturePlace, Table, find_picture_type
from fairshare.documents.parts import import_part
from fairshare.words import BadInput

TEMPLATES = Path(__file__).parent / "templates"
STANDARDS = ["ua-1", "a-2a"]
MAX_ROUNDS = 4
LONGEST_WORD = 20
"""Past this many characters without a space, a line may end inside a word, so that nothing runs off the page."""
PIECE = 4
"""Of how many characters the pieces are that such a word may be broken into."""
LONGEST_REPEATED = 1_000

# Letters that stand alone: a mark or a joined letter must not be parted from its neighbour.
_LONG_WORD = re.compile(rf"[!-~\xa1-\u02ff\u0370-\u052f]{{{LONGEST_WORD + 1},}}")
_NO_SHAPE = re.compile(r'the text `"(.+?)"` could not be displayed|contains the codepoint `"(.+?)"`')
_ESCAPE = re.compile(r"\\u\{([0-9a-f]+)\}")

_NOT_WORDS = {"name", "author", "reference", "keywords", "bytes", "link", "block", "format", "change", "colour", "lang"}


class NotDrawn(BadInput):
    """The typesetter could not draw a document, most often because of a picture in it."""

    code = "DOCUMENT_NOT_DRAWN"


def render_pdf(document: Document, *, fonts: Sequence[Path] = ()) -> bytes:
    """The document as a tagged PDF that meets PDF/UA-1 and PDF/A-2a.

    Takes    fonts: folders of further typefaces, for scripts that the ones inside typst have no shapes for.
    Raises   NotDrawn if a picture in it cannot be read.
    """
    typst = import_part("typst")
    ready = lay_out(document)
    content = _write_document(ready)
    missing: set[str] = set()
    for _ in range(MAX_ROUNDS):
        try:
            return _compile(typst, _spell_out(content, missing), document, fonts)
        except typst.TypstError as error:
            found = _find_missing(error.diagnostic) - missing
            if not found:
                raise NotDrawn(
                    f"the document cannot be drawn: {_find_reason(error.message)}",
                    fix="If it names a picture, save that picture again as PNG; else ask for another format.",
                    where="document",
                ) from None
            missing |= found
    raise NotDrawn("too many characters have no shape", fix="Ask for the HTML or Word file.", where="document")


def draw_png(svg: bytes) -> bytes:
    """An SVG picture as PNG, for formats whose readers draw SVG badly or not at all."""
    typst = import_part("typst")
    source = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")'
    try:
        drawn = typst.compile(
            source,
            root=TEMPLATES,
            sys_inputs={"svg": svg.decode("utf-8-sig")},
            format="png",
            ppi=144,
            ignore_system_fonts=True,
        )
    except typst.TypstError as error:
        raise NotDrawn(
            f"an SVG picture cannot be drawn: {_find_reason(error.message)}",
            fix="Save the picture as PNG.",
            where="picture",
        ) from None
    return bytes(drawn)


def _compile(typst: Any, content: dict[str, Any], document: Document, fonts: Sequence[Path]) -> bytes:
    return bytes(
        typst.compile(
            TEMPLATES / "document.typ",
            root=TEMPLATES,
            sys_inputs={"document": json.dumps(content, ensure_ascii=False)},
            font_paths=[str(each) for each in fonts],
            ignore_system_fonts=True,
            pdf_standards=STANDARDS,
            timestamp=datetime.combine(document.dated, time(), UTC),
        )
    )


def _find_reason(message: str) -> str:
    return message.split("\n")[0][:200]


def _find_missing(diagnostic: str) -> set[str]:
    """The characters that the typesetter says have no shape, or are private and so forbidden."""
    clusters = ["".join(found) for found in _NO_SHAPE.findall(diagnostic)]
    plain = "".join(_ESCAPE.sub(lambda match: chr(int(match[1], 16)), cluster) for cluster in clusters)
    return {each for each in plain if not each.isascii()}


def _spell_out(content: dict[str, Any], missing: set[str]) -> dict[str, Any]:
    """The content with each missing character as its number, and places where a long word may be broken."""
    numbers = {ord(each): f"[U+{ord(each):04X}]" for each in missing}

    def spell(value: Any, name: str = "") -> Any:
        if name in _NOT_WORDS:
            return value
        if isinstance(value, str):
            return _LONG_WORD.sub(_break_word, value.translate(numbers))
        if isinstance(value, dict):
            return {each: spell(inner, each) for each, inner in value.items()}
        if isinstance(value, list):
            return [spell(each) for each in value]
        return value

    return {**spell(content), "not_shown": bool(missing)}


def _break_word(match: re.Match[str]) -> str:
    word = match[0]
    return "\u200b".join(word[start : start + PIECE] for start in range(0, len(word), PIECE))


def _write_document(document: Document) -> dict[str, Any]:
    logo = document.brand.logo
    return {
        "title": document.title,
        "name": document.title,
        "author": document.author,
        "reference": document.reference or "",
        "keywords": list(document.keywords),
        "dated": [document.dated.year, document.dated.month, document.dated.day],
        "lang": document.language[:2],
        "organisation": document.brand.organisation,
        "colour": document.brand.colour,
        "logo": _write_picture(logo) if logo else None,
        "words": read_phrases(document.language),
        "foot": write_foot(document),
        "particulars": [list(pair) for pair in list_particulars(document)],
        "blocks": [_write_block(block, document) for block in document.blocks],
    }


def _write_picture(picture: bytes) -> dict[str, Any]:
    """A picture as JSON can hold it: an SVG as text, a PNG as the numbers of its bytes."""
    sort = find_picture_type(picture)
    return {"format": sort, "bytes": picture.decode("utf-8-sig") if sort == "svg" else list(picture)}


def _write_block(block: Block, document: Document) -> dict[str, Any]:
    match block:
        case Table(header=header, widths=widths):
            # A heading that fills pages, repeated on each of them, would leave no room for the rows.
            repeat = sum(map(len, header)) <= LONGEST_REPEATED
            return {**block.model_dump(mode="json"), "widths": widths or [1] * len(header), "repeat": repeat}
        case Fields(fields=fields):
            return {"block": "fields", "fields": [_write_field(each, document) for each in fields]}
        case Picture():
            return {**block.model_dump(mode="json", exclude={"picture"}), "picture": _write_picture(block.picture)}
        case SignaturePlace():
            heading = read_phrases(document.language)["signed_for"].replace("{organisation}", block.organisation)
            lines = [list(line) for line in list_signature(document, block)]
            return {"block": "signature", "heading": heading, "lines": lines}
        case _:
            return block.model_dump(mode="json")


def _write_field(field: Any, document: Document) -> dict[str, Any]:
    options = list_options(field, document.language)
    return {
        "label": field.label,
        "hint": field.hint,
        "long": field.sort == "text",
        "options": [{"mark": BOXES[chosen], "label": label} for _, label, chosen in options],
        "answer": find_stray(field, document) if options else write_answer(field, document),
    }
