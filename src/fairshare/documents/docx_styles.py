"""The styles, language and page of a Word file: what makes its headings headings, and its colour the organisation's."""

from __future__ import annotations

from typing import Any

from fairshare.documents.model import Document
from fairshare.documents.parts import import_part

FONT = "Arial"
GREY = "595959"
HEADINGS = {"Title": 22, "Heading 1": 16, "Heading 2": 13, "Heading 3": 11.5}
"""Sizes in points."""
OWN: dict[str, dict[str, Any]] = {
    "Organisation": {"colour": GREY},
    "Particular": {"after": 0},
    "Field Label": {"bold": True, "before": 10, "after": 2, "keep": True},
    "Field Hint": {"colour": GREY, "after": 2, "keep": True},
    "Field Answer": {"box": True},
    "Field Option": {"after": 2},
    "Notice": {"bar": True},
    "Signature Line": {"before": 8, "after": 2, "keep": True, "line": True},
    "Table Heading": {"after": 0, "keep": True},
    "Table Text": {"after": 0},
}
"""Our own paragraph styles; spaces in points."""


def set_styles(word: Any, document: Document) -> None:
    """Gives a new Word file its page, language, styles and colour, and takes the library's sample picture out of it."""
    shared = import_part("docx.shared")
    colour = shared.RGBColor.from_string(document.brand.colour[1:].upper())
    _set_page(word, shared)
    _set_language(word, document.language)
    _drop_thumbnail(word)
    normal = word.styles["Normal"]
    _set_font(normal, size=shared.Pt(11))
    normal.paragraph_format.space_after = shared.Pt(8)
    for name, size in HEADINGS.items():
        style = word.styles[name]
        _set_font(style, size=shared.Pt(size), colour=colour)
        style.font.bold = True
        style.paragraph_format.keep_with_next = True
    _set_font(word.styles["Caption"], size=shared.Pt(11), colour=shared.RGBColor.from_string("0B0C0C"))
    _set_font(word.styles["Footer"], size=shared.Pt(9), colour=shared.RGBColor.from_string(GREY))
    kinds = import_part("docx.enum.style").WD_STYLE_TYPE
    for name, wishes in OWN.items():
        _add_style(word, name, wishes, kinds, shared, document.brand.colour[1:])
    placeholder = word.styles.add_style("Placeholder Text", kinds.CHARACTER)
    placeholder.font.color.rgb = shared.RGBColor.from_string(GREY)
    link = word.styles.add_style("Hyperlink", kinds.CHARACTER)
    link.font.color.rgb, link.font.underline = colour, True


def find_style_ids(word: Any) -> dict[str, str]:
    """The id of each style by its name; the library's own look-up reads the whole list each time."""
    return {style.name: style.style_id for style in word.styles}


def add_paragraph(container: Any, style_id: str | None, text: str = "") -> Any:
    """Adds a paragraph in a style at the end of a body."""
    paragraph = container.add_paragraph(text)
    if style_id:
        paragraph._p.style = style_id
    return paragraph


def _set_page(word: Any, shared: Any) -> None:
    section = word.sections[0]
    section.page_width, section.page_height = shared.Mm(210), shared.Mm(297)
    section.left_margin = section.right_margin = shared.Mm(22)
    section.top_margin = section.bottom_margin = shared.Mm(25)


def _set_language(word: Any, language: str) -> None:
    """The language of every style, and of the settings: what a screen reader and the spelling checker go by."""
    qn = import_part("docx.oxml.ns").qn
    for element in word.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), language)
    for element in word.settings.element.iter(qn("w:themeFontLang")):
        element.set(qn("w:val"), language)


def _drop_thumbnail(word: Any) -> None:
    relationships = word.part.package.rels
    for name in [name for name, each in relationships.items() if each.reltype.endswith("/thumbnail")]:
        del relationships[name]


def _set_font(style: Any, *, size: Any, colour: Any = None) -> None:
    qn = import_part("docx.oxml.ns").qn
    style.font.name, style.font.size = FONT, size
    fonts = style.element.rPr.rFonts
    for each in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{each}"), None)
    fonts.set(qn("w:cs"), FONT)
    if colour is not None:
        style.font.color.rgb = colour


def _add_style(word: Any, name: str, wishes: dict[str, Any], kinds: Any, shared: Any, brand: str) -> None:
    style = word.styles.add_style(name, kinds.PARAGRAPH)
    style.base_style = word.styles["Normal"]
    style.quick_style = True
    if "colour" in wishes:
        style.font.color.rgb = shared.RGBColor.from_string(wishes["colour"])
    if "bold" in wishes:
        style.font.bold = True
    shape = style.paragraph_format
    if "before" in wishes:
        shape.space_before = shared.Pt(wishes["before"])
    if "after" in wishes:
        shape.space_after = shared.Pt(wishes["after"])
    if "keep" in wishes:
        shape.keep_with_next = True
    if "line" in wishes:
        shape.tab_stops.add_tab_stop(shared.Mm(50))
        leader = import_part("docx.enum.text").WD_TAB_LEADER.LINES
        shape.tab_stops.add_tab_stop(shared.Mm(160), leader=leader)
    if "box" in wishes:
        _add_border(style, dict.fromkeys(("top", "left", "bottom", "right"), (4, 4, "767676")))
    if "bar" in wishes:
        shape.left_indent = shared.Mm(4)
        _add_border(style, {"left": (24, 8, brand)})


def _add_border(style: Any, sides: dict[str, tuple[int, int, str]]) -> None:
    """Lines beside a paragraph: each with its width in eighths of a point, its distance in points and its colour."""
    parser, qn = import_part("docx.oxml.parser"), import_part("docx.oxml.ns").qn
    borders = parser.OxmlElement("w:pBdr")
    for side, (size, space, colour) in sides.items():
        line = parser.OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(size)), ("space", str(space)), ("color", colour)):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    properties = style.element.get_or_add_pPr()
    # The schema asks for borders after these and before everything else.
    before = [properties.find(qn(f"w:{name}")) for name in ("numPr", "pageBreakBefore", "keepLines", "keepNext")]
    found = next((each for each in before if each is not None), None)
    if found is None:
        properties.insert(0, borders)
    else:
        found.addnext(borders)
