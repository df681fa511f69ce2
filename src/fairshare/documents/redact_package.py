"""Word and Excel files as what they are, packages of parts: opened with limits, and written anew, always the same."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.redact_shapes import (
    MAX_PARTS,
    MAX_UNPACKED,
    CannotRedact,
    DocumentLocked,
    broken,
    too_large,
)

MARKUP = (".xml", ".rels", ".vml")
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCRYPTED = 0x1
_MADE = (1980, 1, 1, 0, 0, 0)
"""The date of every part: a package holds no other trace of when it was made."""
_PROPERTIES = "docProps/core.xml"
_NO_PROPERTIES = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<cp:coreProperties'
    b' xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>'
)
_RATIO = 200
"""No part of an honest file unpacks to more than this many times its size, beyond the first megabyte."""


def open_package(raw: bytes, *, where: str) -> dict[str, bytes]:
    """The parts of a package by name, unpacked.

    Raises   DocumentBroken, DocumentLocked, DocumentTooLarge; CannotRedact when a part declares a document type, which
             no honest file does.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            listed = package.infolist()
            _check_list(listed, where)
            parts = {each.filename: package.read(each) for each in listed if not each.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError):
        raise broken("Word or Excel file", where) from None
    for name, content in parts.items():
        plain = content.replace(b"\x00", b"")  # so that UTF-16 hides nothing
        if name.lower().endswith(MARKUP) and _DECLARES.search(plain):
            raise CannotRedact(
                "a part of it declares a document type", fix="Ask for it as PDF; this file may be hostile.", where=where
            )
    return parts


def _check_list(listed: list[zipfile.ZipInfo], where: str) -> None:
    if len(listed) > MAX_PARTS or sum(each.file_size for each in listed) > MAX_UNPACKED:
        raise too_large("parts, or unpacked bytes,", where)
    if any(each.file_size > 2**20 + _RATIO * each.compress_size for each in listed):
        raise too_large("unpacked bytes", where)
    if any(each.flag_bits & _ENCRYPTED for each in listed):
        raise DocumentLocked("it is encrypted", fix="Ask for a copy without a password.", where=where)
    if len({each.filename for each in listed}) < len(listed):
        raise broken("Word or Excel file", where)


def write_package(parts: Mapping[str, bytes]) -> bytes:
    """A package of these parts; the same parts give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _MADE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            package.writestr(entry, content)
    return out.getvalue()


def rewrite_package(raw: bytes) -> bytes:
    """A package that a library wrote, without the dates and names that it put in."""
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        parts = {each.filename: package.read(each) for each in package.infolist()}
    return write_package({**parts, _PROPERTIES: _NO_PROPERTIES})


def parse_part(content: bytes, *, where: str) -> Any:
    """The markup of a part: no entities, nothing fetched."""
    etree = import_part("lxml.etree")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise broken("Word or Excel file", where) from None
