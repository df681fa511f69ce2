"""What of a Word file may come along when it is redacted, and the small parts that every Word file needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import chain
from typing import Any
from xml.sax.saxutils import quoteattr

from fairshare.documents.parts import import_part
from fairshare.words.reading import parse_yaml

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W = f"{{{WORD}}}"
PACKAGE = "_rels"
XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

_LISTS = parse_yaml((files("fairshare.documents") / "redact_docx.yaml").read_bytes(), where="redact_docx.yaml")
COPIED = frozenset(_LISTS["copied"])
UNWRAPPED = frozenset(_LISTS["unwrapped"])
COUNTED: dict[str, str] = _LISTS["counted"]
_ATTRIBUTES = frozenset(_LISTS["attributes"])
_PLAIN = re.compile(r"[\w .,#%()•·–\-]{0,80}")
_ID = re.compile(r"[\w-]{1,60}")
_KNOWN_STYLE = re.compile(
    r"(?i)normal|title|subtitle|heading \d|toc \d|(list|table|plain|light|medium|dark|grid|colorful)[ \w-]{0,40}"
    r"|caption|header|footer|(foot|end)note (text|reference)|strong|emphasis|quote|no spacing|body text( \d)?"
    r"|default paragraph font|no list|hyperlink"
)
_KINDS = {
    "document": "document.main", "hdr": "header", "ftr": "footer", "footnotes": "footnotes", "endnotes": "endnotes",
    "styles": "styles", "numbering": "numbering",
}  # fmt: skip
_INLINE = (
    '<w:drawing xmlns:w="{word}" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
    ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
    ' xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" xmlns:r="{relations}">'
    '<wp:inline><wp:extent cx="{wide}" cy="{high}"/><wp:docPr id="{number}" name="Picture {number}" descr={alt}/>'
    '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
    '<pic:cNvPr id="{number}" name="Picture {number}"/><pic:cNvPicPr/></pic:nvPicPr>'
    '<pic:blipFill><a:blip r:embed="{named}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
    '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{wide}" cy="{high}"/></a:xfrm>'
    '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline>'
    "</w:drawing>"
)


def copy_attributes(old: Any, new: Any) -> None:
    """Copies those attributes that only say how text looks, or number it."""
    for name, value in old.attrib.items():
        plain = name.removeprefix(W)
        if name.startswith(W) and plain in _ATTRIBUTES and (_PLAIN.fullmatch(value) or old.tag == f"{W}lvlText"):
            new.set(name, value)
    if old.tag == f"{W}rFonts" and not new.attrib and old.attrib:
        # The theme that it named does not come along.
        new.set(f"{W}ascii", "Calibri")
        new.set(f"{W}hAnsi", "Calibri")


def find_hidden_styles(styles: Any) -> frozenset[str]:
    """The ids of styles whose text is not shown, those based on one included."""
    based = {}
    hidden = set()
    for style in styles.iter(f"{W}style"):
        name = style.get(f"{W}styleId") or ""
        parent, switch = style.find(f"{W}basedOn"), style.find(f"{W}rPr/{W}vanish")
        based[name] = parent.get(f"{W}val") if parent is not None else None
        if switch is not None and switch.get(f"{W}val", "1") not in ("0", "false", "off"):
            hidden.add(name)
    for _ in range(len(based)):
        more = {name for name, parent in based.items() if parent in hidden} - hidden
        if not more:
            break
        hidden |= more
    return frozenset(hidden)


def rename_styles(trees: Sequence[Any]) -> None:
    """Gives every style a numbered id, in the styles themselves and wherever one is used.

    A style of somebody's own is named by its number too: its name may say anything.
    """
    given: dict[str, str] = {}
    for element in chain.from_iterable(tree.iter() for tree in trees):
        name = element.tag.removeprefix(W)
        attribute = f"{W}styleId" if name == "style" else f"{W}val"
        if name in ("style", "pStyle", "rStyle", "tblStyle", "basedOn", "next", "link") and element.get(attribute):
            element.set(attribute, given.setdefault(element.get(attribute), f"s{len(given) + 1}"))
        shown = element.find(f"{W}name") if name == "style" else None
        if shown is not None and not _KNOWN_STYLE.fullmatch(shown.get(f"{W}val") or ""):
            shown.set(f"{W}val", f"Style {element.get(attribute)}")


def draw_inline(named: str, number: int, size: tuple[int, int], described: str) -> Any:
    """A picture in the line of text."""
    alt = quoteattr("".join(each if each.isprintable() else " " for each in described))
    return import_part("lxml.etree").fromstring(
        _INLINE.format(word=WORD, relations=_RELATIONS, wide=size[0], high=size[1], number=number, alt=alt, named=named)
    )


def write_relations(relations: Mapping[str, tuple[str, str]]) -> bytes:
    """A part that says which other parts one leads to: by id, the kind of relation and the part."""
    kinds = {"hdr": "header", "ftr": "footer"}
    rows = "".join(
        f'<Relationship Id="{each}" Type="{_RELATIONS}/{kinds.get(kind, kind)}" Target={quoteattr(target)}/>'
        for each, (kind, target) in relations.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'
    ).encode()


def write_types(parts: Mapping[str, bytes]) -> bytes:
    """The part that says what each part is."""
    rows = []
    for name, content in parts.items():
        kind = re.search(rb"<w:(\w+)", content[:400]) if name.startswith("word/") and name.endswith(".xml") else None
        if kind:
            word = _KINDS[kind.group(1).decode()]
            rows.append(
                f'<Override PartName="/{name}" ContentType='
                f'"application/vnd.openxmlformats-officedocument.wordprocessingml.{word}+xml"/>'
            )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/>'
        f"{''.join(rows)}</Types>"
    ).encode()
