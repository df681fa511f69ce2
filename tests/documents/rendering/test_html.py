"""HTML: strict, with landmarks, one title, no script; and Markdown and plain text beside it."""

import re

import html5lib
import pytest

from fairshare.documents import FORMATS, Heading, Paragraph, make_runs, render
from fairshare.documents.html import TEMPLATES
from fairshare.documents.model import contrast_on_white
from fairshare.documents.rendering import UnknownFormat
from tests.documents.samples import PNG, make_document, make_form

XHTML = "{http://www.w3.org/1999/xhtml}"
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;{{ 7*7 }}"


def parse(document):
    page = render(document, "html").decode()
    return html5lib.HTMLParser(strict=True, tree=html5lib.getTreeBuilder("etree")).parse(page)


def find(page, tag):
    return list(page.iter(f"{XHTML}{tag}"))


@pytest.mark.parametrize("text", ["plain words", HOSTILE, ""])
@pytest.mark.parametrize("language", ["en-GB", "cy-GB"])
def test_a_page_is_strict_html_with_landmarks_and_one_title(text, language):
    page = parse(make_document(text, language=language))
    assert page.get("lang") == language
    for tag in ("h1", "main", "header", "footer", "title"):
        assert len(find(page, tag)) == 1, tag
    assert find(page, "meta")[1].get("content") == "width=device-width, initial-scale=1"


def test_what_people_wrote_is_never_markup():
    page = parse(make_document(HOSTILE))
    assert not find(page, "script")
    assert {each.get("src")[:5] for each in find(page, "img")} == {"data:"}
    assert not [name for each in page.iter() for name in each.attrib if name.startswith("on")]
    assert "49" not in find(page, "h1")[0].text


def test_nothing_is_fetched():
    page = render(make_document(), "html").decode()
    assert "default-src 'none'" in page
    assert not re.findall(r"<(?:link|script|iframe|object|base)\b|@import|url\(", page)


def test_every_column_has_a_heading_with_its_scope_and_every_table_a_name():
    page = parse(make_document())
    assert [each.get("scope") for each in find(page, "th")] == ["col", "col"]
    ids = {each.get("id") for each in page.iter() if each.get("id")}
    regions = [each for each in find(page, "div") if each.get("role") == "region"]
    assert regions
    for each in regions:
        assert each.get("aria-labelledby") in ids
        assert each.get("tabindex") == "0"


def test_every_picture_has_words():
    page = parse(make_document(logo=PNG))
    assert [each.get("alt") for each in find(page, "img")] == ["Organisation plain words", "Alt plain words"]


def test_no_heading_skips_a_level():
    headings = [Heading(level=level, text=f"level {level}") for level in (3, 1, 3, 2, 1, 2, 3)]
    page = parse(make_document(blocks=(*headings, Heading(text="  "))))
    levels = [int(each.tag[-1]) for each in page.iter() if re.fullmatch(rf"{XHTML}h[1-6]", str(each.tag))]
    assert levels == [1, 2, 2, 3, 3, 2, 3, 4]


def test_a_change_can_be_heard_as_well_as_seen():
    page = parse(make_document(blocks=make_document().blocks[1:2]))
    assert "".join(find(page, "del")[0].itertext()) == "[deleted: six]"
    assert "".join(find(page, "ins")[0].itertext()) == "[inserted: nine]"


def test_every_colour_of_the_style_sheet_can_be_read_on_white():
    css = (TEMPLATES / "document.css").read_text("utf-8")
    colours = re.findall(r"(?:color|--\w+): (#[0-9a-f]{6})", css)
    assert len(colours) >= 5
    assert all(contrast_on_white(each) >= 4.5 for each in colours)


def test_a_page_is_in_the_organisations_colour():
    assert "--brand: #7a0019" in render(make_document(), "html").decode()


def test_a_blank_form_and_a_filled_one_read_as_such_in_plain_text():
    said = render(make_form(), "text").decode()
    assert "☒ Name" in said
    assert "☐ Name" in said
    assert "neither of them" in said
    assert "5 February 2026" in said
    assert "5 Chwefror 2026" in render(make_form("cy-GB"), "text").decode()


def test_markdown_shows_changes_and_escapes_what_would_be_markup():
    said = render(make_document("1. *a* # b"), "markdown").decode()
    assert "1\\. \\*a\\* \\# b" in said
    assert "\\[deleted: six\\]" in said


def test_an_unknown_format_names_those_there_are():
    with pytest.raises(UnknownFormat, match="docx, odt, pdf"):
        render(make_document(), "rtf")
    assert FORMATS == ("html", "docx", "odt", "pdf", "markdown", "text")


def test_an_empty_document_is_a_document_in_every_format():
    document = make_document("x", logo=None, blocks=(Paragraph(runs=make_runs(" ")), Paragraph(runs=())))
    for form in FORMATS:
        assert render(document, form) != b""
