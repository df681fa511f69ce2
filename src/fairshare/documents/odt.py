"""A document as an OpenDocument text file: styles, repeated header rows, tracked changes, fields that can be read back.

Written by odfpy; packed so that the same document gives the same bytes. How fields are read back: `odt_fields`.

Source   ISO/IEC 26300-1 (OpenDocument 1.2).
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

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
from fairshare.documents.odt_fields import add_field, make_paragraph
from fairshare.documents.odt_styles import set_page, set_styles
from fairshare.documents.packing import pack, unpack
from fairshare.documents.parts import import_part
from fairshare.documents.pdf import draw_png

TEXT_WIDTH_MM = 166
BLANK = "____________________"
_MM_PER_PIXEL = 25.4 / 96
_CHARACTER_STYLES = {(True, False): "Strong", (False, True): "Emphasis", (True, True): "Strong_20_Emphasis"}


def render_odt(document: Document) -> bytes:
    """The document as an OpenDocument text file (ODT)."""
    return _Writer(lay_out(document)).write()


def _settle(part: bytes) -> bytes:
    """XML in its canonical form: the library declares every namespace that the running program has met so far."""
    etree = import_part("lxml.etree")
    root = etree.fromstring(part)
    etree.cleanup_namespaces(root)
    return bytes(etree.tostring(root, method="c14n"))


class _Writer:
    """One OpenDocument file being written; holds the library's document and the numbers that stand once in it."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._words = read_phrases(document.language)
        self._written = import_part("odf.opendocument").OpenDocumentText()
        self._text = import_part("odf.text")
        self._body = self._written.text
        self._changes = self._text.TrackedChanges(trackchanges="false")
        self._tables = self._regions = 0
        set_styles(self._written, document)

    def write(self) -> bytes:
        self._set_properties()
        set_page(self._written, self._make_foot())
        self._write_front()
        for block in self._document.blocks:
            self._write_block(block)
        if self._regions:
            self._body.insertBefore(self._changes, self._body.firstChild)
        saved = BytesIO()
        self._written.write(saved)
        parts = unpack(saved.getvalue())
        parts |= {name: _settle(part) for name, part in parts.items() if name.endswith(".xml")}
        return pack(parts, first="mimetype", stored=True)

    def _set_properties(self) -> None:
        document = self._document
        dc, meta = import_part("odf.dc"), import_part("odf.meta")
        made = f"{document.dated.isoformat()}T00:00:00"
        for element, words in (
            (dc.Title(), document.title),
            (dc.Creator(), document.author),
            (meta.InitialCreator(), document.author),
            (dc.Language(), document.language),
            (dc.Date(), made),
            (meta.CreationDate(), made),
            (dc.Subject(), document.reference or ""),
            *((meta.Keyword(), keyword) for keyword in document.keywords),
            (meta.UserDefined(name="kind", valuetype="string"), document.kind),
            (meta.UserDefined(name="reference", valuetype="string"), document.reference or ""),
        ):
            element.addText(words)
            self._written.meta.addElement(element)

    def _make_foot(self) -> Any:
        document = self._document
        said = write_foot(document)
        foot = make_paragraph("Footer", f"{said}   " if said else "")
        before, _, rest = self._words["page"].partition("{page}")
        between, _, after = rest.partition("{pages}")
        for part in (
            before,
            self._text.PageNumber(selectpage="current"),
            between,
            self._text.PageCount(),
            after,
        ):
            foot.addText(part) if isinstance(part, str) else foot.addElement(part)
        return foot

    def _add(self, style: str, words: str = "") -> Any:
        paragraph = make_paragraph(style, words)
        self._body.addElement(paragraph)
        return paragraph

    def _write_front(self) -> None:
        document = self._document
        if document.brand.logo:
            self._add_picture(document.brand.logo, document.brand.organisation, height=16)
        self._add("Organisation", document.brand.organisation)
        self._add("Title", document.title)
        for label, text in list_particulars(document):
            self._write_runs(self._add("Particular"), (Run(text=f"{label}: ", strong=True), Run(text=text)))

    def _write_block(self, block: Block) -> None:
        match block:
            case Heading(level=level, text=text):
                heading = self._text.H(outlinelevel=level, stylename=f"Heading_20_{level}")
                import_part("odf.teletype").addTextToElement(heading, text)
                self._body.addElement(heading)
            case Paragraph(runs=runs):
                self._write_runs(self._add("Standard"), runs)
            case Points():
                self._write_points(block)
            case Table():
                self._write_table(block)
            case Fields(fields=fields):
                for field in fields:
                    add_field(self._body, field, self._document)
            case Notice(sort=sort, runs=runs):
                self._write_runs(self._add("Notice"), (Run(text=f"{self._words[sort]}: ", strong=True), *runs))
            case Picture(picture=picture, alt=alt, caption=caption):
                self._add_picture(picture, alt)
                if caption.strip():
                    self._add("Caption", caption)
            case SignaturePlace(organisation=organisation):
                self._add("Field_20_Label", self._words["signed_for"].replace("{organisation}", organisation))
                for label, line in list_signature(self._document, block):
                    self._add("Signature_20_Line", f"{label}: {line or BLANK}")
            case PageBreak():
                self._add("New_20_Page")

    def _write_points(self, points: Points) -> None:
        listed = self._text.List(stylename="Numbers" if points.ordered else "Bullets")
        for item in points.items:
            point, paragraph = self._text.ListItem(), make_paragraph("Standard")
            self._write_runs(paragraph, item)
            point.addElement(paragraph)
            listed.addElement(point)
        self._body.addElement(listed)

    def _write_table(self, table: Table) -> None:
        parts, style = import_part("odf.table"), import_part("odf.style")
        self._tables += 1
        if table.caption.strip():
            self._add("Caption", table.caption)
        drawn = parts.Table(name=f"Table {self._tables}", stylename="Whole")
        shares = table.widths or (1.0,) * len(table.header)
        for number, share in enumerate(shares):
            column = style.Style(name=f"Column-{self._tables}-{number}", family="table-column")
            column.addElement(style.TableColumnProperties(columnwidth=f"{TEXT_WIDTH_MM * share / sum(shares):.2f}mm"))
            self._written.automaticstyles.addElement(column)
            drawn.addElement(parts.TableColumn(stylename=column))
        top = parts.TableHeaderRows()
        names = tuple((Run(text=name),) for name in table.header)
        top.addElement(self._make_row(parts, names, "Heading_20_Cell", "Table_20_Heading"))
        drawn.addElement(top)
        for row in table.rows:
            drawn.addElement(self._make_row(parts, row, "Cell", "Table_20_Contents"))
        self._body.addElement(drawn)

    def _make_row(self, parts: Any, cells: tuple[Runs, ...], cell_style: str, style: str) -> Any:
        row = parts.TableRow(stylename="Row")
        for runs in cells:
            cell, paragraph = parts.TableCell(stylename=cell_style, valuetype="string"), make_paragraph(style)
            self._write_runs(paragraph, runs)
            cell.addElement(paragraph)
            row.addElement(cell)
        return row

    def _add_picture(self, picture: bytes, alt: str, *, height: int | None = None) -> None:
        png = draw_png(picture) if find_picture_type(picture) == "svg" else picture
        wide, tall = (int.from_bytes(png[start : start + 4]) * _MM_PER_PIXEL for start in (16, 20))
        scale = min(TEXT_WIDTH_MM / max(wide, 1), (height or 240) / max(tall, 1), 1 if height is None else 100)
        draw, svg = import_part("odf.draw"), import_part("odf.svg")
        name = f"Pictures/{len(self._written.Pictures) + 1}.png"
        self._written.addPicture(name, "image/png", png)
        frame = draw.Frame(
            name=f"Picture {len(self._written.Pictures)}",
            anchortype="as-char",
            width=f"{wide * scale:.2f}mm",
            height=f"{tall * scale:.2f}mm",
        )
        frame.addElement(draw.Image(href=name, type="simple", show="embed", actuate="onLoad"))
        described = svg.Title()
        described.addText(alt)
        frame.addElement(described)
        self._add("Standard").addElement(frame)

    def _write_runs(self, paragraph: Any, runs: Runs) -> None:
        for run in runs:
            if not run.text:
                continue
            if run.change == "deleted":
                region = self._track(run)
                paragraph.addElement(self._text.Change(changeid=region))
                continue
            added = self._track(run) if run.change else None
            if added:
                paragraph.addElement(self._text.ChangeStart(changeid=added))
            paragraph.addElement(self._make_run(run))
            if added:
                paragraph.addElement(self._text.ChangeEnd(changeid=added))

    def _make_run(self, run: Run) -> Any:
        style = _CHARACTER_STYLES.get((run.strong, run.emphasis))
        span = self._text.Span(**({"stylename": style} if style else {}))
        import_part("odf.teletype").addTextToElement(span, run.text)
        if not run.link:
            return span
        link = self._text.A(href=run.link, type="simple")
        link.addElement(span)
        return link

    def _track(self, run: Run) -> str:
        """Records who changed what and when; returns the name by which the text refers to it."""
        office, dc = import_part("odf.office"), import_part("odf.dc")
        self._regions += 1
        name = f"change{self._regions}"
        names = import_part("odf.namespaces")
        region = self._text.ChangedRegion(qattributes={(space, "id"): name for space in (names.XMLNS, names.TEXTNS)})
        change = self._text.Insertion() if run.change == "inserted" else self._text.Deletion()
        told, who, when = office.ChangeInfo(), dc.Creator(), dc.Date()
        who.addText(run.by or self._document.author)
        when.addText(f"{(run.on or self._document.dated).isoformat()}T00:00:00")
        told.addElement(who)
        told.addElement(when)
        change.addElement(told)
        if run.change == "deleted":
            removed = make_paragraph("Standard")
            removed.addElement(self._make_run(run))
            change.addElement(removed)
        region.addElement(change)
        self._changes.addElement(region)
        return name
