"""Every kind of document, from the records of the demo and blank, in both languages and every format."""

from html import unescape
from io import BytesIO
from zipfile import ZipFile

import pytest

from fairshare.cli.document import Making
from fairshare.cli.document_kinds import KINDS
from fairshare.cli.document_sources import Source, SourceLacks, read_source
from fairshare.documents import FORMATS, Notice, read_runs, render
from fairshare.documents.reading import read_document
from fairshare.records import Request
from fairshare.request.wording import load_shared
from tests.documents.kinds.conftest import LANGUAGES, OPENED, make_cover, rules_in
from tests.documents.pdf_checks import find_pdf_faults

DPIA = b"""
tool: gate.dpia
law_date: 2026-11-23
answers:
  dpia.statute_trigger: none
  dpia.listed_trigger: matching
  dpia.screening: {value: likely, by: {name: Jo Heron, role: decider}, reason: Two sources are joined,
                   factors: {nature: health, scale: 400 people, context: care, harm: being recognised}}
  dpia.has_description: yes
  dpia.has_necessity: no
"""
LETTERS = ("refusal_letter", "clarification_letter", "release_sheet")


def make(kind, source, language="en-GB", audience="holder"):
    return KINDS[kind].write(Making(source, make_cover(language), lambda: rules_in(language), OPENED, audience))


@pytest.fixture(scope="module")
def sources(stories, tmp_path_factory):
    """What each kind is written from, in the demo's own files."""
    folder = tmp_path_factory.mktemp("answers")
    (folder / "dpia.yaml").write_bytes(DPIA)
    case = stories["housing"].source
    first = read_source(stories["housing"].folder / "request-first.yaml")
    return dict.fromkeys(KINDS, case) | {
        "dpia": read_source(folder / "dpia.yaml"),
        "clarification_letter": first,
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_pdf_with_no_fault_that_the_checker_finds(kind, sources):
    assert find_pdf_faults(render(make(kind, sources[kind]), "pdf")) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_in_both_languages_and_says_what_it_is_not(kind, language, sources):
    made = make(kind, sources[kind], language)
    tongue = "cy" if language == "cy-GB" else "en"
    notices = [read_runs(block.runs) for block in made.blocks if isinstance(block, Notice)]
    assert (made.kind, made.language, made.legend) == (kind, language, load_shared().say("legend", tongue))
    assert (load_shared().say("decides", tongue) in notices) == (kind not in LETTERS)
    assert (load_shared().say("not_reviewed", tongue) in notices) == (language == "cy-GB")
    for each in ("html", "markdown", "text"):
        assert made.title.split(":")[0] in unescape(render(made, each).decode())


@pytest.mark.parametrize("kind", [kind for kind, each in KINDS.items() if each.blank])
def test_a_blank_form_has_the_same_questions_as_a_filled_one_and_no_answer(kind, sources):
    blank, filled = make(kind, Source()), make(kind, sources[kind])
    assert [(each.name, each.label, each.sort) for each in blank.fields()] == [
        (each.name, each.label, each.sort) for each in filled.fields()
    ]
    assert [each.name for each in blank.fields() if each.value is not None] == []
    assert kind == "privacy_notice" or any(each.value for each in filled.fields())
    assert find_pdf_faults(render(blank, "pdf")) == []


@pytest.mark.parametrize("kind", [kind for kind, each in KINDS.items() if not each.blank])
def test_what_cannot_be_blank_says_what_it_lacks(kind):
    with pytest.raises(SourceLacks, match="it holds no"):
        make(kind, Source())


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_record_gives_the_same_bytes(kind, sources):
    for each in ("docx", "odt", "html"):
        assert render(make(kind, sources[kind]), each) == render(make(kind, sources[kind]), each)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", ["request_form", "decision_form", "dpia", "emergency_record", "policy_document"])
@pytest.mark.parametrize("format", ["docx", "odt"])
def test_what_a_form_says_is_read_back_from_word_and_opendocument_field_by_field(kind, language, format, sources):
    made = make(kind, sources[kind], language)
    read = read_document(render(made, format), f"form.{format}")
    assert read.kind == kind
    found = {each.name: each.value for each in read.fields}
    wanted = {each.name: each.value for each in made.fields() if each.sort in ("line", "text", "amount")}
    assert {name: found[name] for name in wanted} == wanted
    assert set(found) == {each.name for each in made.fields()}


def test_every_format_is_drawn_with_the_name_colour_and_kind_of_its_owner(sources):
    made = make("decision_form", sources["decision_form"])
    drawn = {each: render(made, each) for each in FORMATS}
    assert all(drawn.values())
    assert b"#7a0019" in drawn["html"]
    assert b"Harbour Homes" in ZipFile(BytesIO(drawn["docx"])).read("word/document.xml")


def test_a_request_that_somebody_wrote_says_who_asks(sources):
    assert make("request_form", sources["request_form"]).title.endswith("Northshire Police to Harbour Homes")
    assert sources["request_form"].find(Request) is not None
