"""Files that are broken, locked, huge, of another format, or made to do harm: each ends in one clear error."""

import io
import zipfile
from contextlib import suppress

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fairshare.documents import redact_apart as apart
from fairshare.documents.redact import Box, Removals, Term, read_passages, redact
from fairshare.documents.redact_check import check_gone
from fairshare.documents.redact_shapes import (
    BoxOutside,
    CannotRedact,
    DocumentBroken,
    DocumentLocked,
    DocumentTooLarge,
    StillThere,
)
from fairshare.words import FairshareError
from tests.redaction.making import (
    SECRET,
    add_parts,
    make_hiding_docx,
    make_hiding_mail,
    make_hiding_xlsx,
    make_pdf,
    make_picture,
    write_pdf,
)

NONE = Removals()
FEW = settings(max_examples=max(settings.default.max_examples // 2, 20))
GOOD = {
    "pdf": write_pdf(make_pdf(["Ida Wren"])),
    "docx": make_hiding_docx(),
    "xlsx": make_hiding_xlsx(),
    "eml": make_hiding_mail(False),
    "png": make_picture(["x"]),
    "csv": b"a,b\n1,2\n",
    "txt": b"Ida",
}


def bomb(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, b"\0" * 30_000_000)
    return out.getvalue()


def replace_part(package, name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for each in old.infolist():
            new.writestr(each.filename, content if each.filename == name else old.read(each))
    return out.getvalue()


ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "secret.txt">]><x>&e;</x>'
LOCKED_PDF = write_pdf(make_pdf(["x"]), encryption=pikepdf.Encryption(user="a", owner="b"))
TWO_FRAMES = io.BytesIO()
Image.new("L", (9, 9)).save(TWO_FRAMES, "GIF", save_all=True, append_images=[Image.new("L", (9, 9), 9)])
LARGE = io.BytesIO()
Image.new("1", (9_000, 9_000)).save(LARGE, "PNG")


@pytest.mark.parametrize(
    ("name", "raw", "error"),
    [
        ("a.zip", GOOD["docx"], CannotRedact),
        ("a.odt", GOOD["docx"], CannotRedact),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", CannotRedact),
        ("a.mp4", b"\0\0\0\x18ftypmp42", CannotRedact),
        ("a", b"text", CannotRedact),
        ("a.txt", GOOD["pdf"], CannotRedact),
        ("a.pdf", b"text", CannotRedact),
        ("a.txt", b"\0\0\0\0", CannotRedact),
        ("a.gif", TWO_FRAMES.getvalue(), CannotRedact),
        ("a.docx", replace_part(GOOD["docx"], "word/document.xml", ENTITY), CannotRedact),
        ("a.docx", replace_part(GOOD["docx"], "word/document.xml", ENTITY.decode().encode("utf-16")), CannotRedact),
        ("a.pdf", LOCKED_PDF, DocumentLocked),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 encrypted", DocumentLocked),
        ("a.pdf", b"%PDF-1.7 and nothing", DocumentBroken),
        ("a.docx", GOOD["docx"][:-50], DocumentBroken),
        ("a.docx", GOOD["xlsx"], CannotRedact),
        ("a.xlsx", replace_part(GOOD["xlsx"], "xl/workbook.xml", b"<x/>"), DocumentBroken),
        ("a.docx", add_parts(GOOD["docx"], {"word/document.xml": b"<x/>"}), DocumentBroken),
        ("a.png", GOOD["png"][:60], DocumentBroken),
        ("a.eml", b"nothing like a message", DocumentBroken),
        ("a.docx", bomb("word/document.xml"), DocumentTooLarge),
        ("a.png", LARGE.getvalue(), DocumentTooLarge),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_file_that_cannot_be_redacted_is_refused_and_says_why(name, raw, error):
    with pytest.raises(error) as refused:
        redact(raw, name, NONE)
    assert refused.value.fix


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("a.pdf", Box(page=2, x0=1, y0=1, x1=2, y1=2)),
        ("a.pdf", Box(page=1, x0=600, y0=1, x1=700, y1=2)),
        ("a.png", Box(page=1, x0=5_000, y0=1, x1=5_001, y1=2)),
        ("a.docx", Box(page=1, x0=1, y0=1, x1=2, y1=2)),
        ("a.csv", Box(page=1, x0=1, y0=1, x1=2, y1=2)),
    ],
)
def test_an_area_on_no_page_is_refused(name, box):
    with pytest.raises(BoxOutside):
        redact(GOOD[name[2:]], name, Removals(boxes=(box,)))


@pytest.mark.parametrize("ending", sorted(GOOD))
def test_whatever_bytes_come_a_value_or_an_error_of_the_family_goes(ending):
    good = GOOD[ending]

    @FEW
    @given(st.data())
    def hold(choose):
        start = choose.draw(st.integers(0, len(good)))
        end = choose.draw(st.integers(start, min(len(good), start + 60)))
        raw = good[:start] + choose.draw(st.binary(max_size=30)) + good[end:]
        for act in (lambda: redact(raw, f"a.{ending}", NONE), lambda: read_passages(raw, f"a.{ending}")):
            with suppress(FairshareError):
                act()

    hold()


def test_what_can_still_be_found_is_not_handed_back():
    with pytest.raises(StillThere, match="term 1 can still be found") as refused:
        check_gone(GOOD["docx"], "docx", [Term(text=SECRET)], where="a file")
    assert SECRET not in str(refused.value)


def test_messages_inside_messages_end_somewhere():
    raw = b"From: a@example.org\n\nbottom"
    for _ in range(12):
        raw = b"From: a@example.org\nContent-Type: message/rfc822\n\n" + raw
    assert redact(raw, "a.eml", NONE).left_out["attachments that cannot be redacted"]


def test_in_a_process_of_its_own_the_same_comes_out():
    wanted = Removals(terms=(Term(text="Ida Wren"),))
    assert apart.redact_apart(GOOD["pdf"], "a.pdf", wanted) == redact(GOOD["pdf"], "a.pdf", wanted)
    assert apart.read_apart(GOOD["pdf"], "a.pdf") == read_passages(GOOD["pdf"], "a.pdf")
    with pytest.raises(DocumentLocked):
        apart.redact_apart(LOCKED_PDF, "a.pdf", wanted)


def test_a_process_that_takes_too_long_is_ended():
    with pytest.raises(apart.RedactionGaveUp):
        apart.redact_apart(GOOD["pdf"], "a.pdf", NONE, seconds=0)
