"""A hostile or broken file is never run, never fetched, never hangs, and is read whole or refused with what to do."""

import io
import socket
import zipfile
from datetime import date
from email.message import EmailMessage

import docx
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from fairshare.documents import render
from fairshare.documents.read_rtf import strip_rtf, unpack_rtf
from fairshare.documents.read_shapes import MAX_BYTES, Reading, check_size
from fairshare.documents.reading import find_format, read_document
from fairshare.request.intake_draft import make_draft
from fairshare.words import FairshareError
from tests.intake.forms import edit_package, make_form, make_request
from tests.layouts.build import build_file
from tests.layouts.compound import write_compound, write_message

DOCX = build_file("development", "d01-force-form.docx")
SAMPLES = {
    "a.docx": DOCX,
    "a.odt": build_file("development", "d04-benefit-form.odt"),
    "a.pdf": build_file("development", "d06-letter.pdf"),
    "a.msg": build_file("development", "d09-outlook.msg"),
    "a.eml": build_file("development", "d08-mail-table.eml"),
    "a.rtf": b"{\\rtf1\\ansi Dear {\\b Ana}\\par Please send the \\u8364? file.}",
    "a.html": b"<table><tr><td>Officer</td><td>Ana Bell</td></tr></table>",
    "a.txt": build_file("development", "d10-plain-form.txt"),
}
RELATIONS = "word/_rels/document.xml.rels"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("something was fetched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def read_or_refuse(raw, name):
    """What a file is read as, or the error of the family that says what to do."""
    try:
        return read_document(raw, name)
    except FairshareError as error:
        return error


def signs(raw, name):
    return {each.code for each in read_document(raw, name).signs}


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
def test_a_file_with_bytes_changed_is_read_or_refused(name, data):
    raw = bytearray(SAMPLES[name])
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=6)):
        raw[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(raw) // 2, len(raw)))
    found = read_or_refuse(bytes(raw[:cut]), name)
    if isinstance(found, Reading):
        make_draft(b"", found, source=name, read_on=date(2026, 1, 1))


@given(raw=st.binary(max_size=400), name=st.sampled_from([*SAMPLES, "a.jpg", "a.bin"]))
def test_any_bytes_are_read_or_refused(raw, name):
    magic = {
        "a.pdf": b"%PDF-1.7",
        "a.msg": SAMPLES["a.msg"][:512],
        "a.docx": b"PK\x03\x04word/document.xml",
        "a.rtf": b"{\\rtf",
    }
    for content in (raw, magic.get(name, b"") + raw):
        read_or_refuse(content, name)


@given(text=st.text(max_size=300), name=st.sampled_from(["a.txt", "a.html", "a.eml"]))
def test_any_text_is_read_and_searched_for_fields(text, name):
    head = "From: a@b.example\nSubject: s\n\n" if name == "a.eml" else ""
    found = read_or_refuse((head + text).encode("utf-8", "surrogatepass"), name)
    if isinstance(found, Reading):
        make_draft(b"", found, source=name, read_on=date(2026, 1, 1))


@given(st.binary(max_size=300))
def test_rtf_packed_in_any_way_unpacks_or_is_refused(raw):
    head = (len(raw) + 12).to_bytes(4, "little") + (5_000).to_bytes(4, "little")
    for sort in (b"LZFu", b"MELA", b"????"):
        try:
            text = unpack_rtf(head + sort + b"\0\0\0\0" + raw, where="x")
        except FairshareError:
            continue
        assert len(text) <= 5_000
        strip_rtf(text, where="x")


def test_macros_and_outside_templates_are_named_and_neither_run_nor_fetched():
    template = (
        b'<Relationship Id="x9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        b'attachedTemplate" '
        b'Target="https://evil.example/t.dotm" TargetMode="External"/></Relationships>'
    )
    raw = edit_package(DOCX, RELATIONS, lambda content: content.replace(b"</Relationships>", template))
    out = io.BytesIO(raw)
    with zipfile.ZipFile(out, "a") as package:
        package.writestr("word/vbaProject.bin", b"macro")
        package.writestr("word/embeddings/oleObject1.bin", b"object")
    assert signs(out.getvalue(), "form.docm") == {"macros", "external_content", "embedded_object"}


def test_hidden_text_is_named_and_not_used():
    document = docx.Document()
    document.add_paragraph("Name of officer: Ana Bell")
    document.add_paragraph().add_run("Name of officer: Mal Ory").font.hidden = True
    out = io.BytesIO()
    document.save(out)
    reading = read_document(out.getvalue(), "x.docx")
    assert {each.code for each in reading.signs} == {"hidden_text"}
    assert "Mal" not in reading.text
    page = b"<p>Officer: Ana Bell<p style='display:none'>Officer: Mal Ory</p><script>steal()</script>"
    reading = read_document(page, "x.html")
    assert {each.code for each in reading.signs} == {"hidden_text", "active_content"}
    assert "Mal" not in reading.text


def test_a_package_that_unpacks_without_end_is_refused_before_it_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        package.writestr("word/document.xml", b"<w>" + b" " * 200_000_000)
    assert read_or_refuse(out.getvalue(), "x.docx").code == "DOCUMENT_TOO_LARGE"


def test_a_part_with_a_document_type_of_its_own_is_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    raw = edit_package(DOCX, "word/document.xml", lambda _: bomb)
    assert isinstance(read_or_refuse(raw, "x.docx"), FairshareError)


def test_encrypted_files_are_refused_with_what_to_do():
    office = write_compound({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"x"})
    assert read_or_refuse(office, "x.docx").code == "DOCUMENT_LOCKED"
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(SAMPLES["a.pdf"])) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    assert read_or_refuse(out.getvalue(), "x.pdf").code == "DOCUMENT_LOCKED"
    manifest = b'<m:file-entry xmlns:m="x"><m:encryption-data/></m:file-entry>'
    locked = io.BytesIO(SAMPLES["a.odt"])
    raw = edit_package(locked.getvalue(), "META-INF/manifest.xml", lambda _: manifest)
    assert read_or_refuse(raw, "x.odt").code == "DOCUMENT_LOCKED"


def test_an_old_office_file_and_a_package_of_files_are_named_as_what_they_are():
    assert read_or_refuse(write_compound({"WordDocument": b"x" * 5000}), "x.doc").code == "DOCUMENT_NOT_READ"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("a.txt", "a")
    assert read_or_refuse(out.getvalue(), "x.zip").code == "DOCUMENT_NOT_READ"
    assert read_or_refuse(b"  \n", "x.txt").code == "DOCUMENT_NOT_READ"


def test_a_file_larger_than_anybody_sends_is_refused_unread():
    class Huge(bytes):
        def __len__(self):
            return MAX_BYTES + 1

    with pytest.raises(FairshareError) as refused:
        check_size(Huge(), "x.pdf")
    assert refused.value.code == "DOCUMENT_TOO_LARGE"


def test_a_picture_that_unpacks_to_too_many_pixels_is_refused():
    out = io.BytesIO()
    Image.new("1", (40_000, 40_000)).save(out, "png")
    assert read_or_refuse(out.getvalue(), "x.png").code == "DOCUMENT_TOO_LARGE"


def wrap(content, name="inner.eml"):
    message = EmailMessage()
    message["From"] = "a@b.example"
    message["Subject"] = "forwarded"
    message.set_content("See attached.")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def test_attachments_are_read_in_their_place_and_one_that_cannot_be_is_named():
    raw = wrap(wrap(DOCX, "form.docx"))
    reading = read_document(raw, "x.eml")
    assert "Sarah-Jane Blakemore" in reading.text
    assert any(each.part == "attachment 1: inner.eml, attachment 1: form.docx" for each in reading.segments)
    locked = write_compound({"EncryptedPackage": b"x" * 5000, "EncryptionInfo": b"x"})
    assert signs(wrap(locked, "form.docx"), "x.eml") == {"locked_attachment"}
    assert signs(wrap(b"PK\x03\x04rubbish", "form.zip"), "x.eml") == {"unread_attachment"}


def test_messages_in_messages_end_somewhere():
    raw = b"the innermost"
    for _ in range(12):
        raw = wrap(raw)
    assert "unread_attachment" in signs(raw, "x.eml")
    message = {"subject": "s", "body": "the innermost"}
    for _ in range(12):
        message = {"subject": "s", "body": "outer", "attachments": [{"message": message}]}
    assert "unread_attachment" in signs(write_message(message), "x.msg")


def test_an_outlook_message_inside_another_is_read():
    inner = {"subject": "s", "body": "Officer: Ana Bell"}
    files = [{"message": inner}, {"name": "form.docx", "content": DOCX}]
    reading = read_document(write_message({"subject": "s", "body": "outer", "attachments": files}), "x.msg")
    assert "Ana Bell" in reading.text
    assert "Sarah-Jane Blakemore" in reading.text


def test_rtf_in_an_outlook_message_is_read_as_words_alone():
    rtf = (
        b"{\\rtf1\\ansi\\fromtext Officer: Ana {\\object{\\*\\objdata 0102}} Bell\\par "
        b"{\\field{\\*\\fldinst DDEAUTO cmd}{\\fldrslt x}}}"
    )
    packed = (len(rtf) + 12).to_bytes(4, "little") + len(rtf).to_bytes(4, "little") + b"MELA\0\0\0\0" + rtf
    reading = read_document(write_message({"subject": "s", "rtf": packed}), "x.msg")
    assert reading.text.startswith("Officer: Ana Bell")
    assert "DDEAUTO" not in reading.text


def test_broken_mime_is_read_as_far_as_it_goes():
    raw = (
        b"From: =?bad?q?x?= <a@b.example>\nDate: nonsense\nSubject: s\nMIME-Version: 1.0\n"
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=klingon\n\n'
        b"Officer: Ana Bell\n"
        b"--b\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n!!!notbase64\n"
    )
    reading = read_document(raw, "x.eml")
    assert "Officer: Ana Bell" in reading.text
    assert reading.mail.sent is None


def test_what_a_file_is_is_told_by_its_contents_first():
    assert find_format(DOCX, "harmless.txt") == "docx"
    assert find_format(b"%PDF-1.4", "x.docx") == "pdf"
    assert read_document(render(make_form(make_request()), "docx"), "x.pdf").format == "docx"


def test_what_was_typed_into_a_form_in_a_pdf_is_read():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(SAMPLES["a.pdf"])) as pdf:
        field = pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Tx,
                T="officer",
                V="Officer: Ana Bell",
                Rect=[50, 50, 200, 70],
            )
        )
        pdf.pages[0].obj.Annots = pdf.make_indirect(pikepdf.Array([field]))
        pdf.Root.AcroForm = pdf.make_indirect(pikepdf.Dictionary(Fields=[field]))
        pdf.save(out)
    assert "Ana Bell" in read_document(out.getvalue(), "x.pdf").text
