"""After redaction what was removed is nowhere in the file: not in its text, nor where a format can hide it."""

import csv
import io
import re
import zipfile
from datetime import date

import docx
import openpyxl
import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fairshare.documents.redact import Box, Removals, Term, read_passages, redact
from fairshare.documents.redact_check import find_left
from fairshare.documents.redact_shapes import StillThere
from tests.redaction.making import (
    KEPT,
    SECRET,
    make_hiding_docx,
    make_hiding_mail,
    make_hiding_pdf,
    make_hiding_xlsx,
    make_pdf,
    make_picture,
    write_pdf,
)
from tests.redaction.searching import find_word

GONE = Removals(terms=(Term(text=SECRET),))
FEW = settings(max_examples=max(settings.default.max_examples // 5, 8))
MAKERS = {
    "pdf": make_hiding_pdf,
    "docx": make_hiding_docx,
    "xlsx": make_hiding_xlsx,
    "eml": make_hiding_mail,
    "txt": lambda: f"{KEPT} met {SECRET}\u200b, or {SECRET[:6]}\u00ad{SECRET[6:]}.\n".encode(),
    "csv": lambda: f"who,what\n{KEPT},met {SECRET}\n=cmd(),-1\n".encode(),
}


@pytest.fixture(scope="module", params=sorted(MAKERS))
def made(request):
    """A file of each format that has the name everywhere, and what redaction made of it."""
    before = MAKERS[request.param]()
    return request.param, before, redact(before, f"file.{request.param}", GONE)


def test_the_name_can_be_found_before(made):
    assert find_word(SECRET, made[1])


def test_the_name_can_be_found_in_no_way_after(made):
    assert find_word(SECRET, made[2].content) == []


def test_what_stays_can_still_be_read(made):
    ending, _, after = made
    assert KEPT in " ".join(each.text for each in read_passages(after.content, f"file.{ending}"))
    assert sum(after.found)


def test_the_same_file_gives_the_same_bytes(made):
    ending, before, after = made
    assert redact(before, f"file.{ending}", GONE).content == after.content


def test_nothing_that_was_hidden_comes_along():
    after = redact(make_hiding_docx(), "a.docx", Removals())
    assert find_word("zanzibar", after.content) == []
    assert after.left_out["hidden text"] == 3
    assert after.left_out["tracked deletions"] == 1


def test_a_pdf_holds_nothing_but_pictures_and_the_words_that_stay():
    with pikepdf.open(io.BytesIO(redact(make_hiding_pdf(), "a.pdf", GONE).content)) as pdf:
        assert set(pdf.Root.keys()) == {"/Type", "/Pages"}
        assert set(pdf.trailer.keys()) <= {
            "/Root",
            "/Size",
            "/ID",
            "/Type",
            "/W",
            "/Index",
            "/Length",
            "/Filter",
            "/DecodeParms",
        }
        for page in pdf.pages:
            assert set(page.keys()) == {"/Type", "/Parent", "/MediaBox", "/Resources", "/Contents"}
            assert set(page.Resources.keys()) == {"/XObject", "/Font"}


def test_words_that_cannot_be_seen_do_not_come_along():
    pdf = make_pdf(["seen"])
    pdf.pages[0].contents_add(pdf.make_stream(b"BT 1 1 1 rg /F0 12 Tf 72 300 Td (unseen) Tj ET"))
    passages = read_passages(redact(write_pdf(pdf), "a.pdf", Removals()).content, "a.pdf")
    assert "".join(each.text for each in passages).split() == ["seen"]


def test_a_name_that_goes_on_over_the_page_is_removed():
    before = write_pdf(make_pdf(["I met Ida"], ["Wren there."]))
    after = redact(before, "a.pdf", Removals(terms=(Term(text="Ida Wren"),)))
    assert after.found == (1,)
    assert after.changed_pages == (1, 2)
    assert find_word("wren", after.content) == []


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_box_is_drawn_where_people_see_it_on_a_turned_page(turned):
    pdf = make_pdf([SECRET, KEPT])
    pdf.pages[0].Rotate = turned
    before = write_pdf(pdf)
    place = {0: (70, 60, 200, 76), 90: (766, 70, 782, 200), 180: (395, 766, 525, 782), 270: (60, 395, 76, 525)}[turned]
    box = Box(page=1, x0=place[0], y0=place[1], x1=place[2], y1=place[3])
    after = redact(before, "a.pdf", Removals(boxes=(box,)))
    assert find_word(SECRET, after.content) == []
    assert KEPT in read_passages(after.content, "a.pdf")[0].text
    picture = pypdfium2.PdfDocument(after.content)[0].render().to_pil().convert("L")
    assert picture.crop(
        tuple(round(each) + shift for each, shift in zip(place, (1, 1, -1, -1), strict=True))
    ).getextrema() == (0, 0)


def test_a_row_of_removed_words_is_one_gap():
    """Nobody can count the words, nor tell their lengths."""
    after = redact(write_pdf(make_pdf(["a Ida Maria Wren b"])), "a.pdf", Removals(terms=(Term(text="Ida Maria Wren"),)))
    assert read_passages(after.content, "a.pdf")[0].text.split() == ["a", "[redacted]", "b"]


def test_tracked_insertions_stay_and_text_boxes_are_lifted():
    text = " ".join(each.text for each in read_passages(make_hiding_docx(), "a.docx"))
    assert f"inserted {KEPT}" in text
    assert f"control {KEPT}" in text


def test_a_redacted_word_file_opens_in_a_library_of_its_own_and_keeps_its_look():
    opened = docx.Document(io.BytesIO(redact(make_hiding_docx(), "a.docx", GONE).content))
    assert [row.cells[0].text for row in opened.tables[0].rows] == [KEPT]
    assert opened.sections[0].header.paragraphs[0].text == "Header [redacted]"
    assert len(opened.inline_shapes) == 1
    assert not opened.core_properties.author


def test_a_workbook_keeps_visible_values_and_no_formula():
    opened = openpyxl.load_workbook(io.BytesIO(redact(make_hiding_xlsx(), "a.xlsx", GONE).content))
    assert len(opened.worksheets) == 1
    cells = [cell.value for row in opened.worksheets[0].rows for cell in row if cell.value is not None]
    assert cells == ["who", "note", KEPT, "met [redacted]", "[the formula had no value]", "[the formula had no value]"]


@pytest.mark.parametrize("term", ["5 February 1980", "05/02/1980", "1980-02-05", "5/2/1980"])
def test_a_date_of_a_workbook_is_removed_however_the_term_writes_it(term):
    book = openpyxl.Workbook()
    book.active.append([date(1980, 2, 5), date(1980, 3, 5)])
    out = io.BytesIO()
    book.save(out)
    after = redact(out.getvalue(), "a.xlsx", Removals(terms=(Term(text=term),)))
    assert after.found == (1,)
    first, second = next(openpyxl.load_workbook(io.BytesIO(after.content)).active.rows)
    assert (first.value, second.value.date()) == ("[redacted]", date(1980, 3, 5))


@pytest.mark.parametrize("cell", ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "＝1"])
def test_no_cell_that_goes_runs_as_a_formula(cell):
    out = io.StringIO()
    csv.writer(out).writerow([cell, "plain"])
    after = redact(out.getvalue().encode(), "a.csv", Removals())
    assert next(csv.reader(io.StringIO(after.content.decode())))[0] == "'" + cell


def test_no_cell_of_a_workbook_runs_as_a_formula_when_it_is_saved_as_csv():
    book = openpyxl.Workbook()
    book.active["A1"] = "=1+1"
    book.active["A1"].data_type = "s"
    out = io.BytesIO()
    book.save(out)
    opened = openpyxl.load_workbook(io.BytesIO(redact(out.getvalue(), "a.xlsx", Removals()).content))
    assert (opened.active["A1"].value, opened.active["A1"].data_type) == ("'=1+1", "s")


def test_a_document_is_refused_when_a_term_stays_where_nothing_removes_it():
    made = docx.Document()
    made.add_paragraph().add_run("x").font.name = SECRET
    out = io.BytesIO()
    made.save(out)
    with pytest.raises(StillThere):
        redact(out.getvalue(), "a.docx", GONE)


def test_the_pixels_of_a_term_are_painted_and_those_beside_it_are_not():
    after = redact(write_pdf(make_pdf([f"{SECRET} {KEPT}"])), "a.pdf", GONE)
    picture = pypdfium2.PdfDocument(after.content)[0].render().to_pil().convert("L")
    assert picture.crop((74, 64, 130, 72)).getextrema() == (0, 0)
    assert picture.crop((160, 60, 230, 76)).getextrema()[1] > 200


def test_of_a_message_only_what_people_read_comes_along():
    after = redact(make_hiding_mail(), "a.eml", GONE)
    assert b"Received" not in after.content
    assert b"Message-ID" not in after.content
    assert after.left_out["attachments that cannot be redacted"] == 1
    assert b"attachment 2 is left out" in after.content


def test_a_picture_has_nothing_but_its_pixels():
    exif = Image.Exif()
    exif[0x010E] = SECRET
    before = make_picture(["hello"], "JPEG", exif=exif, comment=SECRET.encode(), icc_profile=SECRET.encode())
    after = redact(before, "a.jpg", Removals(boxes=(Box(x0=0, y0=0, x1=200, y1=60),)))
    assert find_word(SECRET, before)
    assert find_word(SECRET, after.content) == []
    opened = Image.open(io.BytesIO(after.content))
    assert not set(opened.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert max(opened.convert("L").crop((4, 4, 190, 50)).getextrema()) < 16
    assert after.not_searched == ("the picture",)


def test_what_is_transparent_in_a_picture_is_not_kept_under_it():
    picture = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    out = io.BytesIO()
    picture.save(out, "PNG")
    after = Image.open(io.BytesIO(redact(out.getvalue(), "a.png", Removals()).content))
    assert (after.mode, after.getextrema()) == ("RGB", ((255, 255),) * 3)


def test_a_picture_is_turned_as_its_camera_says_before_boxes_are_drawn():
    exif = Image.Exif()
    exif[0x0112] = 6
    after = redact(make_picture(["x"], "JPEG", exif=exif), "a.jpg", Removals())
    assert Image.open(io.BytesIO(after.content)).size == (150, 900)


def test_words_in_a_picture_and_a_scanned_page_are_found_by_reading_them():
    picture = make_picture([f"{KEPT} with", f"{SECRET} here"])
    after = redact(picture, "a.png", GONE, ocr=True)
    assert (after.found, after.not_searched) == ((1,), ())
    out = io.BytesIO()
    Image.open(io.BytesIO(picture)).save(out, "PDF", resolution=100)
    scanned = redact(out.getvalue(), "a.pdf", GONE, ocr=True)
    assert scanned.found == (1,)
    assert find_word(SECRET, scanned.content) == []
    words = " ".join(each.text for each in read_passages(scanned.content, "a.pdf", ocr=True))
    assert KEPT in words
    assert SECRET[:5] not in words
    assert redact(out.getvalue(), "a.pdf", GONE).not_searched == ("page 1",)


words = st.lists(
    st.sampled_from(["Ida", "Wren", "Kit", "the", "house", "at", "Heron", "Court", "14", "NS1"]), max_size=30
)
joins = st.sampled_from([" ", "  ", "\n", ", ", " - "])


@FEW
@given(
    texts=st.lists(words, min_size=1, max_size=6),
    join=joins,
    ending=st.sampled_from(["docx", "xlsx", "csv", "txt", "pdf"]),
)
def test_in_random_documents_no_term_is_left(texts, join, ending):
    terms = (Term(text="Ida Wren"), Term(text="14 Heron Court, NS1"), Term(text="kit"))
    lines = [join.join(each) for each in texts]
    after = redact(write(lines, ending), f"a.{ending}", Removals(terms=terms))
    passages = "\n".join(each.text for each in read_passages(after.content, f"a.{ending}"))
    assert "kit" not in passages.lower()
    assert "ida wren" not in passages.lower()
    kept = sum(each in ("the", "house", "at") for text in texts for each in text)
    # A workbook here has each line once more, word by word.
    times = 2 if ending == "xlsx" else 1
    assert len(re.findall(r"\b(?:the|house|at)\b", passages)) == kept * times
    assert find_word("kit", after.content) == [] or ending == "pdf"
    form = {"txt": "text"}.get(ending, ending)
    assert list(find_left(after.content, form, terms)) == []


def write(lines, ending):
    """The lines as a document of a format."""
    out = io.BytesIO()
    match ending:
        case "docx":
            made = docx.Document()
            for line in lines:
                paragraph = made.add_paragraph()
                for start in range(0, len(line), 3):
                    paragraph.add_run(line[start : start + 3])
            made.save(out)
        case "xlsx":
            book = openpyxl.Workbook()
            for line in lines:
                book.active.append([line, *line.split()])
            book.save(out)
        case "pdf":
            plain = [each for line in lines for each in line.splitlines()]
            out.write(write_pdf(make_pdf(plain[:30], plain[30:])))
        case _:
            out.write("\n".join(lines).encode())
    return out.getvalue()


def test_the_parts_of_a_package_carry_no_date():
    for made in (make_hiding_docx(), make_hiding_xlsx()):
        ending = "docx" if b"word/" in made else "xlsx"
        with zipfile.ZipFile(io.BytesIO(redact(made, f"a.{ending}", GONE).content)) as package:
            assert {each.date_time for each in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert not [name for name in package.namelist() if b"dcterms" in package.read(name)]
