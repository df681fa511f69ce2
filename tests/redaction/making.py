"""Documents made for the tests, with the same made-up name in every place that a format has to hide one."""

import io
import zipfile
from email.message import EmailMessage

import docx
import openpyxl
import pikepdf
from docx.oxml import parse_xml
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from PIL import Image, ImageDraw, ImageFont, PngImagePlugin

SECRET = "Quillfeather"
KEPT = "Marmalade"
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def make_pdf(*pages):
    """A PDF with a line of Helvetica for each text, from the top of each page down."""
    pdf = pikepdf.new()
    font = pdf.make_indirect(
        pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    )
    for lines in pages:
        add_page(
            pdf, font, "\n".join(f"BT /F0 12 Tf 72 {770 - 20 * n} Td ({line}) Tj ET" for n, line in enumerate(lines))
        )
    return pdf


def add_page(pdf, font, contents, **more):
    page = pikepdf.Dictionary(
        Type=pikepdf.Name.Page,
        MediaBox=[0, 0, 595, 842],
        Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=font), **more),
        Contents=pdf.make_stream(contents.encode("latin-1")),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))


def write_pdf(pdf, **how):
    out = io.BytesIO()
    pdf.save(out, **how)
    return out.getvalue()


def make_hiding_pdf():
    """A PDF that has the name in its text and in everything that is not its text."""
    pdf = make_pdf([f"{KEPT} met {SECRET} there.", "Nothing else."], [f"Dear {SECRET[:5]}", f"{KEPT} again"])
    page = pdf.pages[0]
    font = page.Resources.Font.F0
    layer = pdf.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.OCG, Name=f"Layer {SECRET}"))
    pdf.Root.OCProperties = pikepdf.Dictionary(
        OCGs=[layer], D=pikepdf.Dictionary(OFF=[layer], Order=[layer], BaseState=pikepdf.Name.ON)
    )
    hidden = (
        f"/OC /L0 BDC BT /F0 12 Tf 72 500 Td (layer {SECRET}) Tj ET EMC\n"
        f"BT /F0 12 Tf 1 1 1 rg 72 450 Td (white {SECRET}) Tj ET\n"
        f"BT 3 Tr /F0 12 Tf 72 400 Td (unseen {SECRET}) Tj ET\n"
        f"/Span << /ActualText ({SECRET}) >> BDC BT 0 Tr 0 g /F0 12 Tf 72 350 Td (shown) Tj ET EMC\n"
        f"BT /F0 12 Tf 72 -300 Td (off the page {SECRET}) Tj ET\n"
    )
    page.contents_add(pdf.make_stream(hidden.encode()))
    page.Resources.Properties = pikepdf.Dictionary(L0=layer)
    seen = pdf.make_stream(
        f"BT /F0 12 Tf 2 4 Td (stamp {SECRET}) Tj ET".encode(),
        Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 200, 20],
        Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=font)),
    )  # fmt: skip
    field = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Tx, T=f"who{SECRET}", F=4,
            V=f"field {SECRET}", Rect=[72, 250, 300, 270], DA="/F0 12 Tf 0 g", AP=pikepdf.Dictionary(N=seen),
        )
    )  # fmt: skip
    note = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, Contents=f"note {SECRET}", Rect=[300, 300, 320, 320]
    )
    stamp = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FreeText, Contents=f"free {SECRET}", Rect=[72, 200, 272, 220],
        F=4, AP=pikepdf.Dictionary(N=seen), DA="/F0 12 Tf",
    )  # fmt: skip
    page.Annots = pikepdf.Array([field, pdf.make_indirect(note), pdf.make_indirect(stamp)])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=[field], DR=pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=font)))
    pdf.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=f"app.alert('{SECRET}')")
    pdf.docinfo["/Author"] = SECRET
    with pdf.open_metadata(set_pikepdf_as_editor=False) as meta:
        meta["dc:title"] = SECRET
    pdf.attachments[f"{SECRET}.txt"] = f"attached {SECRET}".encode()
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(SECRET, 0))
    page.Thumb = pdf.make_stream(b"\x00" * 12, Width=2, Height=2, BitsPerComponent=8,
                                 ColorSpace=pikepdf.Name.DeviceRGB, Subtype=pikepdf.Name.Image)  # fmt: skip
    page.PieceInfo = pikepdf.Dictionary(App=pikepdf.Dictionary(Private=SECRET))
    unused = pdf.make_indirect(pikepdf.Dictionary(Left=SECRET))
    pdf.Root.Unused = unused
    return write_pdf(pdf) + f"\n% {SECRET} of an earlier version\n".encode()


def make_hiding_docx():
    """A Word file with the name in its text, in runs, and in everything else that a Word file may hold."""
    made = docx.Document()
    paragraph = made.add_paragraph(f"{KEPT} met ")
    for part in (SECRET[:4], SECRET[4:7], SECRET[7:]):
        paragraph.add_run(part)
    paragraph.add_run(" there.")
    table = made.add_table(1, 2)
    table.cell(0, 0).text, table.cell(0, 1).text = KEPT, f"({SECRET.upper()})"
    section = made.sections[0]
    section.header.paragraphs[0].text = f"Header {SECRET}"
    section.footer.paragraphs[0].text = f"Footer {SECRET}"
    made.core_properties.author = made.core_properties.title = made.core_properties.comments = SECRET
    made.styles.add_style(f"Style of {SECRET}", 1)
    made.add_paragraph("styled", style=f"Style of {SECRET}")
    made.add_comment(paragraph.runs, text=f"comment {SECRET}", author=SECRET)
    body = made.element.body
    for xml in (
        f'<w:p {WORD}><w:del w:author="{SECRET}" w:id="9"><w:r><w:delText>deleted {SECRET}</w:delText></w:r>'
        "</w:del></w:p>",
        f'<w:p {WORD}><w:ins w:author="{SECRET}" w:id="8"><w:r><w:t>inserted {KEPT} and {SECRET}</w:t></w:r>'
        "</w:ins></w:p>",
        f"<w:p {WORD}><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden zanzibar {SECRET}</w:t></w:r></w:p>",
        f'<w:p {WORD}><w:r><w:rPr><w:sz w:val="2"/></w:rPr><w:t>tiny zanzibar</w:t></w:r></w:p>',
        f'<w:p {WORD}><w:r><w:rPr><w:color w:val="FFFFFF"/></w:rPr><w:t>white zanzibar</w:t></w:r></w:p>',
        f'<w:p {WORD}><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>AUTHOR {SECRET}</w:instrText></w:r></w:p>',
        f'<w:p {WORD}><w:bookmarkStart w:id="3" w:name="{SECRET}"/><w:bookmarkEnd w:id="3"/></w:p>',
        f'<w:p {WORD} w:rsidR="00AB"><w:sdt><w:sdtPr><w:alias w:val="{SECRET}"/></w:sdtPr><w:sdtContent><w:r><w:t>'
        f"control {KEPT}</w:t></w:r></w:sdtContent></w:sdt></w:p>",
    ):
        body.insert(0, parse_xml(xml))
    picture = io.BytesIO()
    note = PngImagePlugin.PngInfo()
    note.add_text("Author", SECRET)
    Image.new("RGB", (20, 20), "green").save(picture, "PNG", pnginfo=note)
    made.add_picture(picture)
    made.inline_shapes[0]._inline.docPr.set("descr", f"a picture of {SECRET}")
    out = io.BytesIO()
    made.save(out)
    return add_parts(out.getvalue(), {
        "customXml/item9.xml": f"<x>{SECRET}</x>".encode(),
        "docProps/custom.xml": f"<x>{SECRET}</x>".encode(),
        "docProps/thumb.jpeg": SECRET.encode(),
        "word/embeddings/object.bin": SECRET.encode("utf-16"),
        "word/vbaProject.bin": SECRET.encode(),
    })  # fmt: skip


def make_hiding_xlsx():
    """An Excel file with the name in its cells and in everything else that it may hold."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = f"Of {SECRET}"
    sheet.append(["who", "note"])
    sheet.append([KEPT, f"met {SECRET}"])
    sheet.append([f'="{SECRET}"&"!"', "=1+1"])
    sheet.append([f"hidden row {SECRET}", "x"])
    sheet.row_dimensions[4].hidden = True
    sheet["C2"] = f"hidden column {SECRET}"
    sheet.column_dimensions["C"].hidden = True
    sheet["B2"].comment = Comment(f"comment {SECRET}", SECRET)
    book.create_sheet(f"Hidden {SECRET}")["A1"] = SECRET
    book.worksheets[1].sheet_state = "veryHidden"
    book.defined_names[f"name_{SECRET}"] = DefinedName(f"name_{SECRET}", attr_text=f"'Of {SECRET}'!$A$1")
    book.properties.creator = book.properties.title = SECRET
    out = io.BytesIO()
    book.save(out)
    return add_parts(
        out.getvalue(), {"customXml/item1.xml": f"<x>{SECRET}</x>".encode(), "xl/vbaProject.bin": SECRET.encode()}
    )


def make_hiding_mail(attached=True):
    """A message with the name in its headers, both its texts, and attachments of three kinds."""
    mail = EmailMessage()
    mail["From"] = f"{SECRET} <{SECRET.lower()}@example.org>"
    mail["To"] = "office@example.org"
    mail["Subject"] = f"About {SECRET}"
    mail["Received"] = f"from {SECRET}.example.org"
    mail["Message-ID"] = f"<1@{SECRET}>"
    mail.set_content(f"{KEPT} was there – with {SECRET}.\n", charset="utf-8", cte="base64")
    mail.add_alternative(f"<p>{SECRET}</p>", subtype="html")
    word = make_hiding_docx() if attached else b"PK"
    mail.add_attachment(word, maintype="application", subtype="msword", filename=f"{SECRET}.docx")
    mail.add_attachment(f"zip of {SECRET}".encode(), maintype="application", subtype="zip", filename="all.zip")
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "a@example.org", f"inner {SECRET}"
    inner.set_content(f"{KEPT} {SECRET}")
    mail.add_attachment(inner)
    return mail.as_bytes()


def make_picture(lines=(), format="PNG", **notes):
    """A picture with lines of text in it, and notes that a camera or a program would write."""
    picture = Image.new("RGB", (900, 80 + 70 * len(lines)), "white")
    pen = ImageDraw.Draw(picture)
    for number, line in enumerate(lines):
        pen.text((40, 40 + 70 * number), line, fill="black", font=ImageFont.truetype(FONT, 36))
    out = io.BytesIO()
    picture.save(out, format, **notes)
    return out.getvalue()


def add_parts(package, parts):
    """A package with more parts in it."""
    out = io.BytesIO(package)
    with zipfile.ZipFile(out, "a") as opened:
        for name, content in parts.items():
            opened.writestr(name, content)
    return out.getvalue()
