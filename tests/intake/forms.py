"""A request form as the desk sends it out, and ways in which it is edited in Word or LibreOffice."""

import io
import re
import zipfile
from datetime import UTC, date, datetime

from fairshare.documents import Brand
from fairshare.records.kinds import Request
from fairshare.request import read_request
from fairshare.request.form import write_request_form
from fairshare.request.wording import Cover
from fairshare.words import Person

WRITTEN = b"""
holder: {name: Harbour Homes}
requester: {name: Northmoor Constabulary}
contact: {name: Sam Carter, role: Police constable, identifier: "4521", contact: 01632 960118}
reference: NM/123/26
received_on: "2026-03-01"
deadline: "2026-03-20T23:59:59Z"
channel: email
urgency: routine
purpose: {code: crime.investigation, text: A burglary}
why_necessary: To find the three people
subjects:
  - {ref: p1, label: First person, role: witness}
  - {ref: p2, label: Second person}
items:
  - {ref: i1, label: Address, person: p1}
  - {ref: i2, label: Telephone number, person: p2}
"""


def make_request():
    return read_request(
        WRITTEN,
        where="request.yaml",
        case="c1",
        salt="0" * 32,
        made_at=datetime(2026, 3, 2, tzinfo=UTC),
        made_by=Person(name="Jo Field", role="handler"),
    )


def make_form(request: Request, language="en-GB"):
    cover = Cover(
        brand=Brand(organisation="Harbour Homes"), dated=date(2026, 3, 2), author="Harbour Homes", language=language
    )
    return write_request_form(request, cover)


def edit_package(raw, part, edit):
    """A package with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, edit(content) if name == part else content)
    return out.getvalue()


def replace_words(raw, suffix, *pairs):
    """A form with words replaced, as somebody who types over them does."""
    part = "word/document.xml" if suffix == "docx" else "content.xml"

    def edit(content):
        for old, new in pairs:
            assert old.encode() in content, old
            content = content.replace(old.encode(), new.encode(), 1)
        return content

    return edit_package(raw, part, edit)


def choose_in_odt(raw, before, after):
    """A form in OpenDocument with another option ticked."""

    def edit(content):
        text = content.decode()
        text = re.sub(rf"☒(\s*(?:<[^>]*>)*\s*){re.escape(before)}<", rf"☐\g<1>{before}<", text)
        return re.sub(rf"☐(\s*(?:<[^>]*>)*\s*){re.escape(after)}<", rf"☒\g<1>{after}<", text).encode()

    return edit_package(raw, "content.xml", edit)
