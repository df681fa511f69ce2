"""The styles, language and page of an OpenDocument file."""

from __future__ import annotations

from typing import Any

from fairshare.documents.model import Document
from fairshare.documents.parts import import_part

GREY = "#595959"
_BOX = {"border": "0.5pt solid #767676", "padding": "1.5mm"}
_TIGHT = {"marginbottom": "1mm"}


def list_styles(colour: str) -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
    """Each paragraph style by name: the words people see for it, its paragraph properties and its text properties."""
    heading = {"color": colour, "fontweight": "bold"}
    return {
        "Standard": ("Default Paragraph Style", {"marginbottom": "3mm", "lineheight": "115%"}, {}),
        "Title": ("Title", {"marginbottom": "3mm"}, {**heading, "fontsize": "22pt"}),
        "Heading_20_1": ("Heading 1", {"margintop": "6mm", "keepwithnext": "always"}, {**heading, "fontsize": "16pt"}),
        "Heading_20_2": ("Heading 2", {"margintop": "5mm", "keepwithnext": "always"}, {**heading, "fontsize": "13pt"}),
        "Heading_20_3": (
            "Heading 3",
            {"margintop": "4mm", "keepwithnext": "always"},
            {**heading, "fontsize": "11.5pt"},
        ),
        "Caption": ("Caption", {"marginbottom": "1mm", "keepwithnext": "always"}, {"fontweight": "bold"}),
        "Organisation": ("Organisation", {}, {"color": GREY}),
        "Particular": ("Particular", {"marginbottom": "0mm"}, {}),
        "Footer": ("Footer", {"bordertop": f"0.5pt solid {GREY}"}, {"color": GREY, "fontsize": "9pt"}),
        "Field_20_Label": (
            "Field Label",
            {**_TIGHT, "margintop": "4mm", "keepwithnext": "always"},
            {"fontweight": "bold"},
        ),
        "Field_20_Hint": ("Field Hint", {**_TIGHT, "keepwithnext": "always"}, {"color": GREY}),
        "Field_20_Answer": ("Field Answer", _BOX, {}),
        "Field_20_Blank": ("Field Blank", _BOX, {"color": GREY}),
        "Field_20_Option": ("Field Option", _TIGHT, {}),
        "Notice": ("Notice", {"borderleft": f"2pt solid {colour}", "paddingleft": "3mm"}, {}),
        "Signature_20_Line": ("Signature Line", {**_TIGHT, "margintop": "3mm"}, {}),
        "Table_20_Heading": ("Table Heading", {"marginbottom": "0mm"}, {"fontweight": "bold"}),
        "Table_20_Contents": ("Table Contents", {"marginbottom": "0mm"}, {}),
        "New_20_Page": ("New Page", {"breakbefore": "page", "marginbottom": "0mm"}, {"fontsize": "2pt"}),
    }


def set_styles(written: Any, document: Document) -> None:
    """Gives a new OpenDocument file its page, language and styles."""
    style = import_part("odf.style")
    default = style.DefaultStyle(family="paragraph")
    default.addElement(
        style.TextProperties(
            fontfamily="Arial", fontsize="11pt", language=document.language[:2], country="GB", color="#0b0c0c"
        )
    )
    written.styles.addElement(default)
    for name, (shown, paragraph, text) in list_styles(document.brand.colour).items():
        outline = {"defaultoutlinelevel": name[-1]} if name.startswith("Heading") else {}
        parent = {} if name == "Standard" else {"parentstylename": "Standard"}
        made = style.Style(name=name, displayname=shown, family="paragraph", **parent, **outline)
        made.addElement(style.ParagraphProperties(**paragraph))
        made.addElement(style.TextProperties(**text))
        written.styles.addElement(made)
    for name, text in (
        ("Strong", {"fontweight": "bold"}),
        ("Emphasis", {"fontstyle": "italic"}),
        ("Strong_20_Emphasis", {"fontweight": "bold", "fontstyle": "italic"}),
    ):
        made = style.Style(name=name, family="text")
        made.addElement(style.TextProperties(**text))
        written.styles.addElement(made)
    _add_lists(written)
    _add_cells(written)


def _add_lists(written: Any) -> None:
    style, text = import_part("odf.style"), import_part("odf.text")
    for name, level in (
        ("Bullets", text.ListLevelStyleBullet(level=1, bulletchar="•")),
        ("Numbers", text.ListLevelStyleNumber(level=1, numformat="1", numsuffix=".")),
    ):
        made = text.ListStyle(name=name)
        level.addElement(style.ListLevelProperties(spacebefore="3mm", minlabelwidth="6mm"))
        made.addElement(level)
        written.styles.addElement(made)


def _add_cells(written: Any) -> None:
    style = import_part("odf.style")
    for name, fill in (("Cell", {}), ("Heading_20_Cell", {"backgroundcolor": "#f0f0f0"})):
        made = style.Style(name=name, family="table-cell")
        made.addElement(style.TableCellProperties(border="0.5pt solid #767676", padding="1.2mm", **fill))
        written.automaticstyles.addElement(made)
    row = style.Style(name="Row", family="table-row")
    row.addElement(style.TableRowProperties(keeptogether="always"))
    written.automaticstyles.addElement(row)
    table = style.Style(name="Whole", family="table")
    table.addElement(style.TableProperties(width="166mm", align="left", marginbottom="3mm"))
    written.automaticstyles.addElement(table)


def set_page(written: Any, foot: Any) -> None:
    """Gives the file its A4 page, with the same foot on each."""
    style = import_part("odf.style")
    layout = style.PageLayout(name="A4")
    layout.addElement(
        style.PageLayoutProperties(
            pagewidth="210mm",
            pageheight="297mm",
            margintop="20mm",
            marginbottom="20mm",
            marginleft="22mm",
            marginright="22mm",
        )
    )
    written.automaticstyles.addElement(layout)
    page = style.MasterPage(name="Standard", pagelayoutname=layout)
    footer = style.Footer()
    footer.addElement(foot)
    page.addElement(footer)
    written.masterstyles.addElement(page)
