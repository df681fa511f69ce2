"""Word files: real styles, content controls that can be read back, tracked changes, and nothing to repair."""

import io
import shutil
import subprocess
from zipfile import ZipFile

import docx
import pypdfium2
import pytest

from fairshare.documents import Fields, Paragraph, Points, Run, Table, make_runs, render
from tests.documents.samples import PNG, W, make_document, make_form, make_form_fields, read_part, squeeze

W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
# ISO/IEC 29500-1, annex A: the children of these elements stand in this order.
ORDERS = {
    "sdt": "sdtPr sdtEndPr sdtContent",
    "sdtPr": "rPr alias tag id lock placeholder temporary showingPlcHdr dataBinding label tabIndex "
    "equation comboBox date docPartObj docPartList dropDownList picture richText text citation group "
    "bibliography checkbox",
    "date": "dateFormat lid storeMappedDataAs calendar",
    "pPr": "pStyle keepNext keepLines pageBreakBefore framePr widowControl numPr suppressLineNumbers pBdr shd tabs "
    "suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi adjustRightInd "
    "snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection textAlignment "
    "textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange",
    "rPr": "rStyle rFonts b bCs i iCs caps smallCaps strike dstrike outline shadow emboss imprint noProof snapToGrid "
    "vanish webHidden color spacing w kern position sz szCs highlight u effect bdr shd fitText vertAlign rtl cs "
    "em lang",
    "pBdr": "top left bottom right between bar",
    "tblPr": "tblStyle tblpPr tblOverlap bidiVisual tblStyleRowBandSize tblStyleColBandSize tblW jc tblCellSpacing "
    "tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tbl": "tblPr tblGrid tr",
    "tr": "tblPrEx trPr tc",
    "tc": "tcPr p",
    "p": "pPr *",
    "r": "rPr *",
    "body": "* sectPr",
    "num": "abstractNumId lvlOverride",
}


def list_disorder(root):
    """The elements whose children do not stand in the order of the schema."""
    wrong = []
    for element in root.iter():
        name = str(element.tag).rpartition("}")[2]
        if name not in ORDERS or not str(element.tag).startswith(W):
            continue
        order = ORDERS[name].split()
        children = [child.tag.rpartition("}")[2] for child in element]
        known = [
            order.index(each) if each in order else (order.index("*") if "*" in order else -1) for each in children
        ]
        if known != sorted(known) or -1 in known:
            wrong.append((name, children))
    return wrong


def read_controls(made):
    """Each content control by its tag: what stands in it, and none if it shows its prompt."""
    found = {}
    for control in read_part(made, "word/document.xml").iter(f"{W}sdt"):
        properties = control.find(f"{W}sdtPr")
        tag = properties.find(f"{W}tag").get(f"{W}val")
        assert tag not in found
        lines = ["".join(each.itertext(f"{W}t")) for each in control.find(f"{W}sdtContent").iter(f"{W}p")]
        text = "\n".join(lines) if lines else "".join(control.itertext(f"{W}t"))
        items = {each.get(f"{W}displayText"): each.get(f"{W}value") for each in control.iter(f"{W}listItem")}
        ticked = properties.find(f"{W14}checkbox/{W14}checked")
        if ticked is not None:
            found[tag] = ticked.get(f"{W14}val") == "1"
        else:
            blank = properties.find(f"{W}showingPlcHdr") is not None
            date = properties.find(f"{W}date")
            day = date.get(f"{W}fullDate", "")[:10] if date is not None else ""
            found[tag] = None if blank else day or items.get(text, text)
    return found


@pytest.mark.parametrize("part", ["document", "styles", "numbering", "footer1"])
@pytest.mark.parametrize("language", ["en-GB", "cy-GB"])
def test_every_element_stands_in_the_order_of_the_schema(part, language):
    form = make_form(language)
    made = render(form.model_copy(update={"blocks": (*form.blocks, *make_document().blocks)}), "docx")
    assert list_disorder(read_part(made, f"word/{part}.xml")) == []


def test_the_order_check_finds_disorder():
    root = read_part(render(make_form(), "docx"), "word/document.xml")
    properties = next(root.iter(f"{W}sdtPr"))
    properties.insert(0, properties[-1])
    assert list_disorder(root)


@pytest.mark.parametrize("language", ["en-GB", "cy-GB"])
def test_every_answer_is_read_back_by_the_name_of_its_field(language):
    found = read_controls(render(make_form(language), "docx"))
    for field in make_form_fields():
        if field.sort == "many":
            ticked = [each.value for each in field.choices if found[f"{field.name}={each.value}"]]
            stray = found.get(f"{field.name}=")
            assert set(field.chosen) == {*ticked, *([stray] if stray else [])}
        else:
            assert found[field.name] == field.value


def test_every_control_has_a_tag_and_a_number_of_its_own():
    root = read_part(render(make_form(), "docx"), "word/document.xml")
    controls = list(root.iter(f"{W}sdtPr"))
    numbers = [each.find(f"{W}id").get(f"{W}val") for each in controls]
    assert len(controls) > 15
    assert len(set(numbers)) == len(numbers)
    assert all(1 <= len(each.find(f"{W}tag").get(f"{W}val")) <= 64 for each in controls)
    assert all(len(each.find(f"{W}alias").get(f"{W}val")) <= 64 for each in controls)


def test_changes_are_tracked_with_who_and_when():
    root = read_part(render(make_document(blocks=make_document().blocks[1:2]), "docx"), "word/document.xml")
    removed, added = next(root.iter(f"{W}del")), next(root.iter(f"{W}ins"))
    assert "".join(removed.itertext(f"{W}delText")) == "six"
    assert not list(removed.iter(f"{W}t"))
    assert "".join(added.itertext(f"{W}t")) == "nine"
    assert (removed.get(f"{W}author"), removed.get(f"{W}date")) == ("Ann Example", "2026-01-03T00:00:00Z")
    assert added.get(f"{W}date") == "2026-02-05T00:00:00Z"
    assert removed.get(f"{W}id") != added.get(f"{W}id")


def test_a_change_inside_a_link_stays_inside_it():
    run = Run(text="x", link="https://example.org", change="inserted", by="A")
    root = read_part(render(make_document(blocks=(Paragraph(runs=(run,)),)), "docx"), "word/document.xml")
    link = next(root.iter(f"{W}hyperlink"))
    assert [each.tag for each in link] == [f"{W}ins"]


@pytest.mark.parametrize("language", ["en-GB", "cy-GB"])
def test_a_word_file_says_its_title_language_and_dates(language):
    word = docx.Document(io.BytesIO(render(make_document(language=language), "docx")))
    properties = word.core_properties
    assert (properties.title, properties.language, properties.category) == ("Title plain words", language, "sample")
    assert (properties.created, properties.modified) == (properties.modified, properties.created)
    assert properties.created.date().isoformat() == "2026-02-05"
    said = {each.get(f"{W}val") for each in word.styles.element.iter(f"{W}lang")}
    assert said == {language}


def test_headings_lists_and_captions_are_styles():
    word = docx.Document(io.BytesIO(render(make_document(), "docx")))
    styles = {paragraph.style.name for paragraph in word.paragraphs}
    assert {"Title", "Heading 1", "Heading 2", "Caption", "List Number", "List Bullet", "Notice"} <= styles
    assert str(word.styles["Heading 1"].font.color.rgb) == "7A0019"


def test_the_header_row_of_a_table_is_repeated_and_no_row_is_torn():
    root = read_part(render(make_document(), "docx"), "word/document.xml")
    rows = list(root.iter(f"{W}tr"))
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True, False, False]
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)


def test_each_list_of_numbers_starts_at_one():
    twice = (Points(items=(make_runs("a"), make_runs("b")), ordered=True),) * 2
    made = render(make_document(blocks=twice), "docx")
    used = [each.get(f"{W}val") for each in read_part(made, "word/document.xml").iter(f"{W}numId")]
    assert used[0] == used[1] != used[2] == used[3]
    starts = {
        each.get(f"{W}numId"): each.find(f"{W}lvlOverride/{W}startOverride")
        for each in read_part(made, "word/numbering.xml").iter(f"{W}num")
    }
    assert starts[used[0]] is not None
    assert starts[used[2]] is not None


def test_pictures_have_words_and_the_sample_picture_of_the_library_is_gone():
    made = render(make_document(logo=PNG), "docx")
    described = [
        each.get("descr")
        for each in read_part(made, "word/document.xml").iter()
        if str(each.tag).endswith("wordprocessingDrawing}docPr")
    ]
    assert described == ["Organisation plain words", "Alt plain words"]
    with ZipFile(io.BytesIO(made)) as archive:
        assert not [name for name in archive.namelist() if "thumbnail" in name]


@pytest.mark.parametrize("form", ["docx", "odt"])
def test_an_archive_holds_no_moment_and_stands_in_order(form):
    with ZipFile(io.BytesIO(render(make_document(), form))) as archive:
        entries = archive.infolist()
        assert {each.date_time for each in entries} == {(1980, 1, 1, 0, 0, 0)}
        assert [each.filename for each in entries[1:]] == sorted(each.filename for each in entries[1:])
        assert entries[0].filename == ("mimetype" if form == "odt" else "[Content_Types].xml")


@pytest.mark.parametrize("form", ["docx", "odt"])
def test_libreoffice_opens_it_and_shows_every_part(form, tmp_path):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("LibreOffice is not installed: tools/install_libreoffice.sh installs it on Debian")
    sample = make_document()
    table = Table(caption="Long", header=("Number", "Word"), rows=((make_runs("1"), make_runs("x")),) * 60)
    questions = Fields(heading="Questions", fields=make_form_fields())
    document = sample.model_copy(update={"blocks": (*sample.blocks[:5], table, questions, *sample.blocks[6:])})
    written = tmp_path / f"it.{form}"
    written.write_bytes(render(document, form))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    subprocess.run(
        [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(written)],
        check=True,
        capture_output=True,
        timeout=120,
    )
    shown = pypdfium2.PdfDocument((tmp_path / "it.pdf").read_bytes())
    pages = [page.get_textpage().get_text_range() for page in shown]
    whole = squeeze("".join(pages))
    for words in ("Title plain words", "the code", "neither of them", "☒ Name", "5 February 2026", "The law:"):
        assert squeeze(words) in whole
    # The header row stands again at the top of the second page of a long table.
    assert sum("Number" in page and "Word" in page for page in pages) >= 2
