"""A document as a Word file: real styles, repeated header rows, tracked changes, form fields as content controls.

Written by python-docx; packed so that the same document gives the same bytes. How fields are read back: `docx_fields`.

Source   ISO/IEC 29500-1 (Office Open XML, WordprocessingML).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from io import BytesIO
from typing import Any

from fairshare.documents.docx_fields import FieldWriter
from fairshare.documents.docx_styles import add_paragraph, find_style_ids, set_styles
from fairshare.documents.layout import lay_out, list_particulars, list_signature, read_phrases, write_foot
from fairshare.documents.model import (
    Block,
    Document,
    Fields,
    Heading,
    Notice,
    PageBreak,
    Paragraph,
    Picture,
    Points,
    Run,
    Runs,
    SignaturePlace,
    Table,
    find_picture_type,
)
from fairshare.documents.packing import pack, unpack
from fairshare.documents.parts import import_part
from fairshare.documents.pdf import NotDrawn, draw_png

MAX_PROPERTY = 255
TEXT_WIDTH_MM = 166
"""Of an A4 page, between its margins."""


def render_docx(document: Document) -> bytes:
    """The document as a Word file (DOCX)."""
    ready = lay_out(document)
    return _Writer(ready).write()


class _Writer:
    """One Word file being written; holds the library's document and the number of the next change."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._words = read_phrases(document.language)
        self._word = import_part("docx").Document()
        self._shared = import_part("docx.shared")
        self._oxml = import_part("docx.oxml.parser")
        self._qn = import_part("docx.oxml.ns").qn
        self._changes = 0
        set_styles(self._word, document)
        self._styles = find_style_ids(self._word)
        self._fields = FieldWriter(document, self._styles)

    def write(self) -> bytes:
        self._set_properties()
        self._write_page_ends()
        self._write_front()
        for block in self._document.blocks:
            self._write_block(block)
        saved = BytesIO()
        self._word.save(saved)
        return pack(unpack(saved.getvalue()), first="[Content_Types].xml")

    def _set_properties(self) -> None:
        document, properties = self._document, self._word.core_properties
        made = datetime.combine(document.dated, time(), UTC).replace(tzinfo=None)
        written = {
            "title": document.title,
            "subject": document.reference or "",
            "author": document.author,
            "last_modified_by": document.author,
            "keywords": ", ".join(document.keywords),
            "category": document.kind,
            "comments": "",
            "content_status": document.status or "",
            "identifier": document.reference or "",
            "language": document.language,
        }
        for name, value in written.items():
            setattr(properties, name, value[:MAX_PROPERTY])
        properties.created = properties.modified = made
        properties.revision = 1

    def _write_page_ends(self) -> None:
        document, section = self._document, self._word.sections[0]
        foot = section.footer.paragraphs[0]
        said = write_foot(document)
        before, _, rest = self._words["page"].partition("{page}")
        between, _, after = rest.partition("{pages}")
        foot.add_run(f"{said}\t\t" if said else "\t\t")
        foot.add_run(before)
        self._add_page_number(foot, "PAGE")
        foot.add_run(between)
        self._add_page_number(foot, "NUMPAGES")
        foot.add_run(after)

    def _add_paragraph(self, style: str | None = None, text: str = "") -> Any:
        return add_paragraph(self._word, self._styles[style] if style else None, text)

    def _add_page_number(self, paragraph: Any, code: str) -> None:
        field = self._new("w:fldSimple", instr=code)
        field.append(paragraph.add_run("1")._r)
        paragraph._p.append(field)

    def _write_front(self) -> None:
        document = self._document
        if document.brand.logo:
            self._add_picture(document.brand.logo, document.brand.organisation, height=16)
        self._add_paragraph("Organisation", document.brand.organisation)
        self._add_paragraph("Title", document.title)
        for label, text in list_particulars(document):
            paragraph = self._add_paragraph("Particular")
            paragraph.add_run(f"{label}: ").bold = True
            paragraph.add_run(text)

    def _write_block(self, block: Block) -> None:
        match block:
            case Heading(level=level, text=text):
                self._add_paragraph(f"Heading {level}", text)
            case Paragraph(runs=runs):
                self._write_runs(self._add_paragraph(), runs)
            case Points():
                self._write_points(block)
            case Table():
                self._write_table(block)
            case Fields(fields=fields):
                for field in fields:
                    self._fields.add_field(self._word, field)
            case Notice(sort=sort, runs=runs):
                paragraph = self._add_paragraph("Notice")
                paragraph.add_run(f"{self._words[sort]}: ").bold = True
                self._write_runs(paragraph, runs)
            case Picture(picture=picture, alt=alt, caption=caption):
                self._add_picture(picture, alt)
                if caption.strip():
                    self._add_paragraph("Caption", caption)
            case SignaturePlace():
                self._write_signature(block)
            case PageBreak():
                self._word.add_page_break()

    def _write_points(self, points: Points) -> None:
        number = self._start_numbering() if points.ordered else None
        for item in points.items:
            paragraph = self._add_paragraph("List Number" if points.ordered else "List Bullet")
            if number is not None:
                paragraph._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number
                paragraph._p.pPr.numPr.get_or_add_ilvl().val = 0
            self._write_runs(paragraph, item)

    def _start_numbering(self) -> int:
        """A list of its own, so that each list of numbers starts at 1."""
        numbering = self._word.part.numbering_part.element
        style = self._word.styles["List Number"].element
        pattern = numbering.num_having_numId(style.pPr.numPr.numId.val).abstractNumId.val
        number = numbering.add_num(pattern)
        number.add_lvlOverride(ilvl=0).add_startOverride(1)
        return int(number.numId)

    def _write_table(self, table: Table) -> None:
        if table.caption.strip():
            self._add_paragraph("Caption", table.caption).paragraph_format.keep_with_next = True
        # Wide tables are slow to fill cell by cell through the library's grid; rows of plain elements are not.
        drawn = self._word.add_table(rows=1 + len(table.rows), cols=len(table.header), style="Table Grid")
        drawn.autofit = False
        self._set_widths(drawn, table)
        rows = drawn._tbl.tr_lst
        for row in rows:
            row.get_or_add_trPr().append(self._new("w:cantSplit"))
        rows[0].trPr.append(self._new("w:tblHeader"))
        for cell, text in zip(rows[0].tc_lst, table.header, strict=True):
            self._fill(cell, (Run(text=text, strong=True),), drawn, style="Table Heading")
        for row, cells in zip(rows[1:], table.rows, strict=True):
            for cell, runs in zip(row.tc_lst, cells, strict=True):
                self._fill(cell, runs, drawn, style="Table Text")

    def _set_widths(self, drawn: Any, table: Table) -> None:
        shares = table.widths or (1.0,) * len(table.header)
        widths = [self._shared.Mm(TEXT_WIDTH_MM * share / sum(shares)) for share in shares]
        for column, width in zip(drawn.columns, widths, strict=True):
            column.width = width
        for row in drawn._tbl.tr_lst:
            for cell, width in zip(row.tc_lst, widths, strict=True):
                cell.width = width

    def _fill(self, cell: Any, runs: Runs, drawn: Any, *, style: str) -> None:
        paragraph = import_part("docx.text.paragraph").Paragraph(cell.p_lst[0], drawn)
        paragraph._p.style = self._styles[style]
        self._write_runs(paragraph, runs)

    def _write_signature(self, place: SignaturePlace) -> None:
        heading = self._words["signed_for"].replace("{organisation}", place.organisation)
        self._add_paragraph("Field Label", heading)
        for label, text in list_signature(self._document, place):
            paragraph = self._add_paragraph("Signature Line")
            paragraph.add_run(f"{label}:\t")
            paragraph.add_run(text or "\t")

    def _add_picture(self, picture: bytes, alt: str, *, height: int | None = None) -> None:
        png = draw_png(picture) if find_picture_type(picture) == "svg" else picture
        try:
            drawn = self._word.add_picture(BytesIO(png), height=self._shared.Mm(height) if height else None)
        except Exception:  # the library raises whatever its parser trips over
            raise NotDrawn("a picture cannot be read", fix="Save the picture again as PNG.", where="picture") from None
        limit = self._shared.Mm(TEXT_WIDTH_MM)
        if drawn.width > limit:
            drawn.width, drawn.height = limit, max(1, int(drawn.height * limit / drawn.width))
        properties = drawn._inline.docPr
        properties.set("name", alt[:MAX_PROPERTY])
        properties.set("descr", alt)

    def _write_runs(self, paragraph: Any, runs: Runs) -> None:
        for run in runs:
            if run.text:
                self._write_run(paragraph, run)

    def _write_run(self, paragraph: Any, run: Run) -> None:
        drawn = paragraph.add_run(run.text)
        drawn.bold = True if run.strong else None
        drawn.italic = True if run.emphasis else None
        element = drawn._r
        if run.link:
            element.style = self._styles["Hyperlink"]
            relationship = self._word.part.relate_to(run.link, _HYPERLINK, is_external=True)
            element = self._enclose(element, "w:hyperlink", {"r:id": relationship})
        if run.change:
            inner = drawn._r
            if run.change == "deleted":
                for text in inner.findall(self._qn("w:t")):
                    text.tag = self._qn("w:delText")
            # A change stands inside a link, not around it: Word tracks runs.
            self._enclose(inner, "w:ins" if run.change == "inserted" else "w:del", self._describe_change(run))

    def _describe_change(self, run: Run) -> dict[str, str]:
        self._changes += 1
        day: date = run.on or self._document.dated
        author = run.by or self._document.author
        return {
            "w:id": str(self._changes),
            "w:author": author[:MAX_PROPERTY] or "-",
            "w:date": f"{day.isoformat()}T00:00:00Z",
        }

    def _enclose(self, element: Any, name: str, attributes: dict[str, str]) -> Any:
        outer = self._oxml.OxmlElement(name)
        for each, value in attributes.items():
            outer.set(self._qn(each), value)
        element.addprevious(outer)
        outer.append(element)
        return outer

    def _new(self, name: str, **attributes: str) -> Any:
        element = self._oxml.OxmlElement(name)
        for each, value in attributes.items():
            element.set(self._qn(f"w:{each}"), value)
        return element


_HYPERLINK = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
