"""The labelled agreements as the files they are read from: Word, OpenDocument, PDF, or the text as it stands."""

import io
import re
from functools import cache
from pathlib import Path

import docx
import odf.opendocument
import odf.table
import odf.text
import typst
import yaml

SET = Path(__file__).parent
FORMATS = yaml.safe_load((SET / "files.yaml").read_text("utf-8"))


def read_blocks(text):
    """(sort, text or cells) of each line of the source: heading, row, or paragraph."""
    for block in re.split(r"\n\s*\n", text.strip()):
        for line in re.split(r"\n(?=[|#-])", block):
            plain = re.sub(r"\*+", "", line).strip()
            if plain.startswith("|"):
                cells = [cell.strip() for cell in plain.strip("|").split("|")]
                if not all(re.fullmatch(r"-*", cell) for cell in cells):
                    yield "row", cells
            elif plain.startswith("#"):
                yield "heading", plain.lstrip("# ")
            elif not re.fullmatch(r"[-=]+", plain):
                bold = re.fullmatch(r"\*\*[^*]+\*\*", line.strip()) or (plain.isupper() and len(plain) < 90)
                yield "heading" if bold else "paragraph", " ".join(plain.split())


def make_docx(text, *, bold=False):
    document = docx.Document()
    table = None
    for sort, said in read_blocks(text):
        if sort == "row":
            table = table or document.add_table(rows=0, cols=len(said))
            for cell, words in zip(table.add_row().cells, said, strict=False):
                cell.text = words
            continue
        table = None
        if sort == "heading" and not bold:
            document.add_heading(said, level=2)
        else:
            document.add_paragraph().add_run(said).bold = sort == "heading"
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_odt(text):
    document = odf.opendocument.OpenDocumentText()
    table = None
    for sort, said in read_blocks(text):
        if sort == "row":
            if table is None:
                table = odf.table.Table()
                document.text.addElement(table)
            row = odf.table.TableRow()
            table.addElement(row)
            for words in said:
                cell = odf.table.TableCell()
                cell.addElement(odf.text.P(text=words))
                row.addElement(cell)
            continue
        table = None
        made = odf.text.H(outlinelevel=2, text=said) if sort == "heading" else odf.text.P(text=said)
        document.text.addElement(made)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def make_pdf(text):
    source = '#set page(paper: "a4")\n#let blocks = json(bytes(sys.inputs.blocks))\n' + (
        '#for each in blocks [\n#if each.at(0) == "heading" [#text(weight: "bold", each.at(1))] else [#each.at(1)]\n'
        "#parbreak()\n]\n"
    )
    import json

    blocks = [(sort, " | ".join(said) if sort == "row" else said) for sort, said in read_blocks(text)]
    return typst.compile(source.encode(), sys_inputs={"blocks": json.dumps(blocks)})


@cache
def make_file(path):
    """The bytes of one agreement in the format that files.yaml gives it."""
    text = path.read_text("utf-8")
    match FORMATS.get(path.name):
        case "docx":
            return make_docx(text)
        case "docx_bold":
            return make_docx(text, bold=True)
        case "odt":
            return make_odt(text)
        case "pdf":
            return make_pdf(text)
        case _:
            return text.encode()
