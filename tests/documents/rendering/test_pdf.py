"""PDF: tagged, valid under PDF/UA-1 and PDF/A-2a as page-validation checks them, and inert."""

import io

import pikepdf
import pypdfium2
import pytest

from fairshare.documents import Heading, Paragraph, Picture, Table, make_runs, render
from fairshare.documents.pdf import NotDrawn, render_pdf
from tests.documents.pdf_checks import FALSE_ALARM, find_pdf_faults, lengths_are_right
from tests.documents.samples import PNG, make_document, make_form, read_text, squeeze

LONG = "word " * 4_000


def find_tags(pdf):
    """The structure elements of a PDF, as (tag, element), in order."""
    found = []

    def walk(node):
        if isinstance(node, pikepdf.Array):
            for each in node:
                walk(each)
        elif isinstance(node, pikepdf.Dictionary):
            if "/S" in node:
                found.append((str(node.S), node))
            if "/K" in node:
                walk(node.K)

    walk(pdf.Root.StructTreeRoot.K)
    return found


def open_pdf(document):
    return pikepdf.open(io.BytesIO(render(document, "pdf")))


@pytest.mark.parametrize(
    "document",
    [
        make_document(),
        make_document(language="cy-GB", logo=PNG),
        make_document(logo=None, blocks=()),
        make_form(),
        make_form("cy-GB"),
        make_document("中文 \ue000"),
        make_document("W" * 300),
        make_document(blocks=(Paragraph(runs=make_runs(LONG)),)),
        make_document(blocks=(Heading(level=3, text="a"), Heading(level=1, text="b"), Heading(level=3, text="c"))),
        make_document(
            blocks=(
                Table(caption="", header=("a", "b"), rows=((make_runs(LONG), make_runs("x")),) * 3),
                Paragraph(runs=()),
            )
        ),
    ],
    ids=["all", "welsh", "empty", "form", "welsh form", "no shape", "long word", "long", "levels", "long table"],
)
def test_a_pdf_meets_both_standards_as_page_validation_checks_them(document):
    assert find_pdf_faults(render(document, "pdf")) == []


def test_the_checker_finds_a_fault():
    broken = render(make_document(), "pdf").replace(b"pdfuaid", b"pdfuaix")
    assert find_pdf_faults(broken)


def test_a_wrong_length_is_never_taken_for_a_false_alarm():
    made = render(make_document(), "pdf")
    assert FALSE_ALARM
    assert lengths_are_right(made)
    at = made.index(b"/Length ") + len(b"/Length ")
    assert not lengths_are_right(made[:at] + b"9" + made[at + 1 :])


@pytest.mark.parametrize(("language", "said"), [("en-GB", "en-GB"), ("cy-GB", "cy-GB")])
def test_a_pdf_says_its_language_title_author_and_date(language, said):
    with open_pdf(make_document(language=language)) as pdf, pdf.open_metadata() as meta:
        assert str(pdf.Root.Lang) == said
        assert str(pdf.docinfo.Title) == "Title plain words"
        assert str(pdf.docinfo.Author) == "plain words"
        assert str(pdf.docinfo.CreationDate).startswith("D:20260205")
        assert meta["dc:title"] == "Title plain words"
        assert pdf.Root.ViewerPreferences.DisplayDocTitle


def test_a_pdf_tags_headings_tables_lists_links_and_pictures():
    with open_pdf(make_document()) as pdf:
        tags = find_tags(pdf)
        names = [tag for tag, _ in tags]
        assert {"/H1", "/P", "/L", "/LI", "/Table", "/THead", "/TH", "/TD", "/Link", "/Caption"} <= set(names)
        assert names.count("/TH") == 2
        assert [str(node.Alt) for tag, node in tags if tag == "/Figure" and "/Alt" in node][:2] == [
            "Organisation plain words",
            "Alt plain words",
        ]


def test_markup_in_text_is_only_text():
    hostile = '#panic("no") #read("document.typ") $x$ = h'
    assert squeeze(hostile) in squeeze(read_text(render(make_document(hostile), "pdf"), "pdf"))


def test_a_pdf_runs_nothing_and_carries_no_files():
    with open_pdf(make_document()) as pdf:
        assert "/AcroForm" not in pdf.Root
        assert "/OpenAction" not in pdf.Root
        assert not pdf.attachments


def test_a_character_without_a_shape_is_written_as_its_number_and_the_file_says_so():
    found = read_text(render(make_document("Wang 王"), "pdf"), "pdf")
    assert "Wang [U+738B]" in found
    assert "Unicode number" in " ".join(found.split())
    assert "Unicode number" not in read_text(render(make_document(), "pdf"), "pdf")


def test_a_long_word_stays_on_the_page():
    for page in pypdfium2.PdfDocument(render(make_document("W" * 3_000), "pdf")):
        text = page.get_textpage()
        wide = page.get_width()
        assert all(text.get_charbox(n)[2] <= wide - 20 for n in range(text.count_chars()))


def test_a_long_word_is_copied_from_the_file_without_anything_in_it():
    fingerprint = "0123456789abcdef" * 4
    found = read_text(render(make_document(blocks=(Paragraph(runs=make_runs(fingerprint)),)), "pdf"), "pdf")
    assert fingerprint in found


def test_the_logo_and_the_colour_are_the_organisations():
    with open_pdf(make_document()) as branded, open_pdf(make_document(logo=None, blocks=())) as plain:
        assert sum(tag == "/Figure" for tag, _ in find_tags(branded)) == 2
        assert not [tag for tag, _ in find_tags(plain) if tag == "/Figure"]
        drawn = b"".join(page.Contents.read_bytes() for page in branded.pages)
        # 7a0019, as shares of one.
        assert b"0.47843137" in drawn


@pytest.mark.parametrize("picture", [PNG[:40], b"<svg>", b'<svg xmlns="http://www.w3.org/2000/svg"><g></svg>'])
@pytest.mark.parametrize("form", ["pdf", "docx", "odt"])
def test_a_broken_picture_is_said_to_be_one(picture, form):
    document = make_document(blocks=(Picture(picture=picture, alt="x"),))
    if form == "odt" and picture.startswith(b"\x89PNG"):
        assert render(document, form)  # it carries the picture as it is, and its reader shows a broken one
        return
    with pytest.raises(NotDrawn, match=r"drawn|read"):
        render(document, form)


def test_a_folder_of_typefaces_may_be_added(tmp_path):
    assert render_pdf(make_document(), fonts=[tmp_path]) == render(make_document(), "pdf")
