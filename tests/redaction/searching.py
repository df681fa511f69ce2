"""Looking for a word in a file in every way there is, without any code of the redaction itself."""

import email
import io
import re
import zipfile
import zlib

import pikepdf
import pypdfium2
from PIL import Image


def find_word(word, content, depth=0):
    """Every place in which a word can be found in a file, however it is packed or encoded; none, if it is gone."""
    found = [f"bytes {encoding}" for encoding, raw in spell(word) if raw in content.lower()]
    if depth > 4:
        return found
    if content.startswith(b"%PDF"):
        found += find_in_pdf(word, content)
    elif content.startswith(b"PK"):
        found += find_in_package(word, content, depth)
    elif content[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1"):
        found += find_in_picture(word, content)
    elif b"MIME-Version" in content:
        for part in email.message_from_bytes(content).walk():
            plain = part.get_payload(decode=True) or b""
            found += [f"part: {each}" for each in find_word(word, plain, depth + 1)]
    return found


def spell(word):
    plain = word.lower()
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        yield encoding, plain.encode(encoding)
    yield "hex", plain.encode().hex().encode()
    yield "hex of utf-16", plain.encode("utf-16-be").hex().encode()


def find_in_pdf(word, content):
    found = []
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for number, each in enumerate(pdf.objects):
            if isinstance(each, pikepdf.Stream):
                for raw in (each.read_raw_bytes(), each.read_bytes() if each.get("/Filter") != "/DCTDecode" else b""):
                    found += [f"stream {number}" for _, spelt in spell(word) if spelt in raw.lower()]
            if word.lower() in repr(each).lower():
                found.append(f"object {number}")
    for start in re.finditer(rb"stream\r?\n", content):
        try:
            unpacked = zlib.decompressobj().decompress(content[start.end() :])
            found += ["an unlisted stream" for _, spelt in spell(word) if spelt in unpacked.lower()]
        except zlib.error:
            pass
    pdf = pypdfium2.PdfDocument(content)
    text = "\n".join(page.get_textpage().get_text_range() for page in pdf)
    found += ["text"] if word.lower() in re.sub(r"\s", "", text).lower() else []
    return found


def find_in_package(word, content, depth):
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        found += ["comment"] if word.lower().encode() in package.comment.lower() else []
        for each in package.infolist():
            raw = package.read(each)
            found += [f"{each.filename}: {place}" for place in find_word(word, raw, depth + 1)]
            found += [f"name {each.filename}"] if word.lower() in each.filename.lower() else []
            plain = re.sub(rb"<[^>]*>|\s", b"", raw)
            found += [f"{each.filename}: over tags"] if word.lower().encode() in plain.lower() else []
    return found


def find_in_picture(word, content):
    with Image.open(io.BytesIO(content)) as opened:
        notes = repr((opened.info, dict(opened.getexif())))
    return ["notes"] if word.lower() in notes.lower() else []
