"""The paragraphs of a document that somebody else wrote, in every format, whatever its bytes."""

import io
import zipfile
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.documents.paragraphs import NotReadable, read_paragraphs
from fairshare.words import FairshareError
from tests.agree_check.set.make_files import make_docx, make_odt, make_pdf

SOURCE = "# Terms\n\nWe keep it for a year.\n\n| Review | each May. |\n\nIt ends on notice.\n"
MAKERS = {"docx": make_docx, "odt": make_odt, "pdf": make_pdf, "text": str.encode}
SET = Path(__file__).parent / "set"


def read(raw):
    return read_paragraphs(raw, where="agreement")


def reads_or_refuses(raw):
    """Whether bytes give paragraphs, or an error of the family that says what to do."""
    try:
        return bool(read(raw).paragraphs)
    except FairshareError as refused:
        return bool(refused.fix)


def rewrite(raw, name, change):
    """The same package with one part changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.namelist():
            new.writestr(each, change(old.read(each)) if each == name else old.read(each))
    return out.getvalue()


@pytest.mark.parametrize("form", MAKERS)
def test_every_format_gives_the_same_paragraphs_in_order(form):
    paper = read(MAKERS[form](SOURCE))
    assert paper.format == form
    texts = [each.text for each in paper.paragraphs]
    assert [text for text in texts if "keep" in text or "ends" in text] == [
        "We keep it for a year.",
        "It ends on notice.",
    ]
    assert any(text == "Review | each May." for text in texts)
    assert [each.number for each in paper.paragraphs] == list(range(1, len(texts) + 1))


@pytest.mark.parametrize("form", ["docx", "odt", "text"])
def test_headings_and_the_first_cells_of_rows_are_known_for_what_they_are(form):
    paper = read(MAKERS[form](SOURCE))
    assert [each.text for each in paper.paragraphs if each.heading] == ["Terms"]
    assert [each.label for each in paper.paragraphs if each.label] == ["Review"]


def test_a_pdf_says_the_page():
    pages = read(make_pdf("\n\n".join(f"Line {number} of it." for number in range(90)))).paragraphs
    assert pages[0].page == 1
    assert pages[-1].page > 1


def test_bold_lines_and_lines_in_capitals_are_headings_where_no_style_says_so():
    paper = read(make_docx("# Retention\n\nA year.\n\nSECURITY OF IT\n\nLocked.", bold=True))
    assert [each.text for each in paper.paragraphs if each.heading] == ["Retention", "SECURITY OF IT"]


def test_what_a_tracked_change_deleted_is_left_out():
    document = docx.Document()
    document.add_paragraph("We keep it for KEPT.")
    out = io.BytesIO()
    document.save(out)
    changed = rewrite(
        out.getvalue(),
        "word/document.xml",
        lambda part: part.replace(
            b"</w:p>", b"<w:del><w:r><w:delText>GONE</w:delText><w:t>GONE</w:t></w:r></w:del></w:p>"
        ),
    )
    assert read(changed).text == "We keep it for KEPT."


def test_pictures_and_comments_that_were_not_read_are_said():
    out = io.BytesIO(make_docx(SOURCE))
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("word/media/image1.png", b"x")
        package.writestr("word/comments.xml", b"<c/>")
    assert read(out.getvalue()).not_read == ("pictures", "comments")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "DOCUMENT_NOT_READABLE"),
        (b"\x00\x01\x02", "DOCUMENT_NOT_READABLE"),
        (b"PK\x03\x04 and nothing", "DOCUMENT_BROKEN"),
        (b"%PDF-1.7 and nothing", "DOCUMENT_BROKEN"),
        (b"\x81\x8d\x8f", "DOCUMENT_NOT_READABLE"),
        (b"\n\n  \n", "DOCUMENT_NOT_READABLE"),
    ],
)
def test_what_is_no_document_is_refused_with_what_to_do(raw, code):
    with pytest.raises(FairshareError) as refused:
        read(raw)
    assert refused.value.code == code
    assert refused.value.fix


def test_a_picture_of_a_page_is_refused_and_not_taken_for_an_empty_agreement():
    with pytest.raises(NotReadable, match="no text"):
        read(make_pdf("​"))


def test_a_part_that_declares_a_document_type_is_refused():
    bomb = rewrite(make_docx(SOURCE), "word/document.xml", lambda part: b'<!DOCTYPE a [<!ENTITY b "c">]>' + part)
    with pytest.raises(FairshareError):
        read(bomb)


def test_a_package_that_unpacks_to_far_too_much_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", b" " * 80_000_000)
    with pytest.raises(FairshareError) as refused:
        read(out.getvalue())
    assert refused.value.code == "DOCUMENT_TOO_LARGE"


@pytest.mark.parametrize(("form", "part"), [("docx", "word/document.xml"), ("odt", "content.xml")])
def test_markup_nested_without_end_is_refused(form, part):
    space = {
        "docx": b'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"',
        "odt": b'xmlns:w="urn:oasis:names:tc:opendocument:xmlns:text:1.0"',
    }[form]
    deep = b"<w:p " + space + b">" + b"<w:x>" * 250 + b"<w:t>a</w:t>" + b"</w:x>" * 250 + b"</w:p>"
    raw = rewrite(MAKERS[form](SOURCE), part, lambda old: b"<a>" + deep + b"</a>")
    with pytest.raises(FairshareError):
        read(raw)


@settings(max_examples=120, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(raw):
    for start in (b"", b"PK\x03\x04", b"%PDF-1.7\n"):
        assert reads_or_refuses(start + raw)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["docx", "odt", "pdf"]), st.data())
def test_any_damage_to_a_file_is_read_or_refused(form, draw):
    raw = bytearray(MAKERS[form](SOURCE) if form != "pdf" else PDF)
    for _ in range(draw.draw(st.integers(1, 6))):
        raw[draw.draw(st.integers(0, len(raw) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, len(raw)))
    assert reads_or_refuses(bytes(raw[:cut]))


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300))
def test_any_text_is_read_without_losing_a_word_of_it(text):
    try:
        paper = read(("Beginning\n\n" + text).encode())
    except NotReadable:
        return
    assert paper.paragraphs[0].text.startswith("Beginning")


PDF = make_pdf(SOURCE)
