"""OpenDocument files: styles, sections that can be read back, tracked changes."""

import io

import pytest
from odf.opendocument import load
from odf.style import DefaultStyle, TextProperties
from odf.table import TableHeaderRows
from odf.teletype import extractText
from odf.text import H, Section

from fairshare.documents import render
from fairshare.documents.layout import list_options, write_answer
from tests.documents.samples import make_document, make_form, make_form_fields, read_part

TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
STYLE = f"{TEXT}style-name"


def read_sections(made):
    """The lines of each named section, and whether it is blank."""
    found = {}
    for section in read_part(made, "content.xml").iter(f"{TEXT}section"):
        paragraphs = list(section.iter(f"{TEXT}p"))
        name = section.get(f"{TEXT}name")
        assert name not in found
        assert {each.get(f"{TEXT}name") for each in section.iter(f"{TEXT}bookmark-start")} == {name}
        assert {each.get(f"{TEXT}name") for each in section.iter(f"{TEXT}bookmark-end")} == {name}
        found[name] = [(each.get(STYLE), "".join(each.itertext())) for each in paragraphs]
    return found


@pytest.mark.parametrize("language", ["en-GB", "cy-GB"])
def test_every_answer_is_read_back_by_the_name_of_its_field(language):
    form = make_form(language)
    found = read_sections(render(form, "odt"))
    for field in make_form_fields():
        lines = found[field.name]
        options = list_options(field, language)
        if options:
            values = {label: value for value, label, _ in options}
            ticked = {values[line[2:]] for style, line in lines if line.startswith("☒ ")}
            said = {line for style, line in lines if style == "Field_20_Answer"}
            assert ticked | said == set(field.chosen if field.sort == "many" else (field.value,)) - {None}
        elif field.value is None:
            assert [style for style, _ in lines] == ["Field_20_Blank"]
        else:
            assert "\n".join(line for _, line in lines) == write_answer(field, form)


@pytest.mark.parametrize("language", ["en-GB", "cy-GB"])
def test_an_odt_says_its_title_language_and_dates(language):
    made = render(make_document(language=language), "odt")
    told = {each.tag.rpartition("}")[2]: each.text for each in read_part(made, "meta.xml").iter() if each.text}
    assert told["title"] == "Title plain words"
    assert told["language"] == language
    assert told["creation-date"] == told["date"] == "2026-02-05T00:00:00"
    file = load(io.BytesIO(made))
    properties = file.getElementsByType(DefaultStyle)[0].getElementsByType(TextProperties)[0]
    assert (properties.getAttribute("language"), properties.getAttribute("country")) == (language[:2], "GB")


def test_odfpy_reads_headings_header_rows_and_sections_back():
    file = load(io.BytesIO(render(make_document(), "odt")))
    assert [(extractText(each), each.getAttribute("outlinelevel")) for each in file.getElementsByType(H)] == [
        ("Part plain words", "1"),
        ("Questions plain words", "2"),
    ]
    assert len(file.getElementsByType(TableHeaderRows)) == 1
    assert len(file.getElementsByType(Section)) == 4


def test_changes_are_tracked_with_who_and_when():
    root = read_part(render(make_document(blocks=make_document().blocks[1:2]), "odt"), "content.xml")
    regions = {each.get(f"{TEXT}id"): each for each in root.iter(f"{TEXT}changed-region")}
    assert ["".join(each.itertext()) for each in regions.values()] == [
        "Ann Example2026-01-03T00:00:00six",
        "Ann Example2026-02-05T00:00:00",
    ]
    referred = [each.get(f"{TEXT}change-id") for name in ("change", "change-start") for each in root.iter(TEXT + name)]
    assert referred == list(regions)
    body = root.find(".//{urn:oasis:names:tc:opendocument:xmlns:office:1.0}text")
    assert body[0].tag == f"{TEXT}tracked-changes"


def test_the_heading_is_in_the_organisations_colour():
    made = render(make_document(), "odt")
    colours = {
        value for each in read_part(made, "styles.xml").iter() for name, value in each.attrib.items() if "color" in name
    }
    assert "#7a0019" in colours
