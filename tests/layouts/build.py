"""Builds the requests of the two sets from their sources: Word, OpenDocument, PDF, mail, Outlook, text and scans."""

import io
from functools import cache
from pathlib import Path

import numpy
import typst
import yaml
from docx import Document
from docx.oxml.ns import qn
from odf import text as odf_text
from odf.opendocument import OpenDocumentText
from odf.table import Table, TableCell, TableColumn, TableRow
from PIL import Image, ImageFilter

from tests.layouts.compound import write_message

HERE = Path(__file__).parent
SETS = ("development", "sealed")
SCANS = {
    "d11-scanned-form.pdf": {"ppi": 150, "skew": 0.5, "noise": 8, "quality": 55, "seed": 11},
    "d12-scanned-letter.jpg": {"ppi": 140, "skew": -0.6, "noise": 10, "quality": 45, "seed": 12},
    "d19-scanned-boxes.pdf": {"ppi": 150, "skew": -0.7, "noise": 9, "quality": 50, "seed": 19},
    "s06-scanned-table.pdf": {"ppi": 150, "skew": 0.7, "noise": 10, "quality": 45, "seed": 6},
    "s07-scanned-letter.jpg": {"ppi": 140, "skew": -0.8, "noise": 12, "quality": 40, "seed": 7},
    "s08-scanned-boxes.pdf": {"ppi": 160, "skew": 0.4, "noise": 8, "quality": 50, "seed": 8},
    "s09-scanned-fax.png": {"ppi": 140, "skew": 0.6, "noise": 14, "fax": True, "seed": 9},
    "s10-filled-by-hand.jpg": {"ppi": 150, "skew": -0.5, "noise": 10, "quality": 45, "shade": True, "seed": 10},
}
"""How each scan is spoiled: degrees of skew, noise in grey levels, the quality of its JPEG."""


@cache
def read_labels(folder):
    """What is in each request of a set, by its name."""
    return yaml.safe_load((HERE / folder / "labels.yaml").read_text("utf-8"))


def list_names(folder):
    """The names of the requests of a set."""
    return sorted(read_labels(folder))


@cache
def build_file(folder, name):
    """The bytes of one request."""
    stem, _, suffix = name.rpartition(".")
    plain = HERE / folder / name
    if plain.exists():
        return plain.read_bytes()
    source = HERE / folder / f"{stem}.typ"
    if source.exists():
        return scan(source, suffix, **SCANS[name]) if name in SCANS else typst.compile(str(source), format="pdf")
    spec = yaml.safe_load((HERE / folder / f"{name}.yaml").read_text("utf-8"))
    return {"docx": write_docx, "odt": write_odt, "msg": write_message}[suffix](spec)


def scan(source, suffix, *, ppi, skew, noise, seed, quality=50, fax=False, shade=False):
    """A page as a scanner or a telephone gives it: turned a little, noisy, and squeezed."""
    page = Image.open(io.BytesIO(typst.compile(str(source), format="png", ppi=ppi))).convert("RGB")
    page = page.rotate(skew, resample=Image.BICUBIC, fillcolor="white").filter(ImageFilter.GaussianBlur(0.5))
    grid = numpy.asarray(page).astype("int16")
    grid = grid + numpy.random.default_rng(seed).normal(0, noise, grid.shape[:2])[:, :, None].astype("int16")
    if shade:
        grid = grid - numpy.linspace(0, 60, grid.shape[1]).astype("int16")[None, :, None]
    page = Image.fromarray(grid.clip(0, 255).astype("uint8"))
    if fax:
        page = page.convert("L").point(lambda value: 255 if value > 150 else 0).convert("1")
    out = io.BytesIO()
    if suffix == "pdf":
        squeezed = io.BytesIO()
        page.save(squeezed, "jpeg", quality=quality)
        Image.open(squeezed).save(out, "pdf", resolution=ppi)
    else:
        page.save(out, {"jpg": "jpeg", "png": "png"}[suffix], quality=quality)
    return out.getvalue()


def write_docx(spec):
    """A Word file of headings, paragraphs, bullets and tables; a row of one cell goes right across."""
    document = Document()
    if "header" in spec:
        document.sections[0].header.paragraphs[0].text = spec["header"]
    for block in spec["blocks"]:
        ((sort, content),) = block.items()
        if sort == "table":
            _add_table(document, content)
        elif sort == "bullets":
            for each in content:
                document.add_paragraph(each, style="List Bullet")
        elif sort == "p":
            document.add_paragraph(content)
        else:
            document.add_heading(content, level=1 if sort == "h" else 2)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_table(document, rows):
    wide = max(map(len, rows))
    table = document.add_table(len(rows), wide, style="Table Grid")
    for number, row in enumerate(rows):
        cells = table.rows[number].cells
        if len(row) < wide:
            cells = [*cells[: len(row) - 1], cells[len(row) - 1].merge(cells[-1])]
        for cell, words in zip(cells, row, strict=True):
            first, *rest = words.split("\n")
            cell.paragraphs[0].text = first
            for each in rest:
                cell.add_paragraph(each)
    assert table._tbl.tag == qn("w:tbl")


def write_odt(spec):
    """The same in OpenDocument."""
    document = OpenDocumentText()
    for block in spec["blocks"]:
        ((sort, content),) = block.items()
        if sort == "table":
            table = Table()
            table.addElement(TableColumn(numbercolumnsrepeated=max(map(len, content))))
            for row in content:
                made = TableRow()
                for words in row:
                    cell = TableCell()
                    cell.addElement(odf_text.P(text=words))
                    made.addElement(cell)
                table.addElement(made)
            document.text.addElement(table)
        elif sort == "bullets":
            points = odf_text.List()
            for each in content:
                item = odf_text.ListItem()
                item.addElement(odf_text.P(text=each))
                points.addElement(item)
            document.text.addElement(points)
        elif sort == "p":
            document.text.addElement(odf_text.P(text=content))
        else:
            document.text.addElement(odf_text.H(outlinelevel=1 if sort == "h" else 2, text=content))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
