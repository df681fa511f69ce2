"""A form that comes back is read by the names of its fields; what changed becomes a new version of the request."""

import io
import json
import re
import shutil
import subprocess
from copy import deepcopy

import docx
import pytest
from docx.oxml.ns import qn

from fairshare.documents import render
from fairshare.documents.reading import read_document
from fairshare.request.filled import NotAForm, apply_differences, compare_form
from tests.documents.samples import make_form as make_every_sort
from tests.intake.forms import choose_in_odt, edit_package, make_form, make_request, replace_words

EDITS = (
    ("NM/123/26", "NM/999/26"),
    ("A burglary", "Two burglaries"),
    ("2026-03-20T23:59:59+00:00", "27 March 2026"),
    ("To find the three people", "To find one person"),
)


def compare(request, raw, suffix, sent=None):
    sent = read_document(sent, f"sent.{suffix}") if sent is not None else None
    return compare_form(request, read_document(raw, f"form.{suffix}"), where="form", sent=sent)


@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_a_form_that_nobody_touched_comes_back_without_a_difference(suffix):
    request = make_request()
    raw = render(make_form(request), suffix)
    returned = compare(request, raw, suffix, sent=raw)
    assert returned.differences == returned.reworded == returned.other_fields == returned.absent == ()
    assert not returned.can_be_kept


@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_changed_fields_are_found_and_taken_over_and_nothing_else_changes(suffix):
    request = make_request()
    raw = render(make_form(request), suffix)
    returned = compare(request, replace_words(raw, suffix, *EDITS), suffix, sent=raw)
    changed = {each.name: each.after for each in returned.differences}
    assert changed == {
        "request.reference": "NM/999/26",
        "request.purpose.text": "Two burglaries",
        "request.deadline": "2026-03-27",
        "request.why_necessary": "To find one person",
    }
    assert returned.reworded == ()
    kept = apply_differences(request, returned.differences)
    assert b"Two burglaries" in kept
    assert b"crime.investigation" in kept
    assert b'"First person"' in kept


@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_words_outside_the_fields_that_changed_are_shown_and_never_taken_over(suffix):
    request = make_request()
    raw = render(make_form(request), suffix)
    edited = replace_words(raw, suffix, ("Leave blank what does not apply.", "Add whatever you like."))
    returned = compare(request, edited, suffix, sent=raw)
    assert returned.differences == ()
    (reworded,) = returned.reworded
    assert reworded.after.endswith("Add whatever you like.")
    assert compare(request, edited, suffix).reworded == ()


def test_a_choice_is_read_from_the_list_in_word_and_from_the_ticks_in_opendocument():
    request = make_request()
    form = make_form(request)
    edited = replace_words(render(form, "docx"), "docx", (">Routine</w:t>", ">Urgent</w:t>"))
    ticked = choose_in_odt(render(form, "odt"), "Routine", "Urgent")
    for raw, suffix in ((edited, "docx"), (ticked, "odt")):
        (difference,) = compare(request, raw, suffix).differences
        assert (difference.name, difference.after, difference.why_not) == ("request.urgency", "urgent", "")


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        (">Routine</w:t>", ">whenever you like</w:t>", "request.urgency"),
        ("2026-03-20T23:59:59+00:00", "next week", "request.deadline"),
        ("Harbour Homes</w:t></w:r></w:p></w:sdtContent>", "</w:t></w:r></w:p></w:sdtContent>", "request.holder.name"),
    ],
)
def test_what_the_record_cannot_hold_is_shown_with_the_reason_and_stops_the_rest(old, new, name):
    request = make_request()
    returned = compare(request, replace_words(render(make_form(request), "docx"), "docx", (old, new)), "docx")
    wrong = [each for each in returned.differences if each.why_not]
    assert [each.name for each in wrong] == [name]
    assert not returned.can_be_kept
    with pytest.raises(NotAForm):
        apply_differences(request, returned.differences)


def test_a_person_added_to_the_list_gets_a_ref_of_their_own_and_the_others_keep_theirs():
    request = make_request()
    raw = render(make_form(request), "docx")
    document = docx.Document(io.BytesIO(raw))
    paragraph = next(each for each in document.element.body.iter(qn("w:p")) if each.text.endswith("Second person"))
    copied = deepcopy(paragraph)
    paragraph.addnext(copied)
    next(copied.iter(qn("w:t"))).text = "Third person"
    out = io.BytesIO()
    document.save(out)
    (difference,) = compare(request, out.getvalue(), "docx").differences
    assert difference.after.split("\n")[2] == "Third person"
    made = json.loads(apply_differences(request, (difference,)))
    assert [(each["ref"], each.get("role")) for each in made["subjects"]] == [
        ("p1", "witness"),
        ("p2", "other"),
        ("p3", None),
    ]
    assert [each["person"] for each in made["items"]] == ["p1", "p2"]


def test_a_form_in_welsh_comes_back_without_a_difference():
    request = make_request()
    raw = render(make_form(request, "cy-GB"), "odt")
    assert compare(request, raw, "odt").differences == ()


def test_what_the_form_does_not_ask_stays_in_the_record():
    request = make_request().model_copy(update={"document_sha256": "a" * 64})
    raw = render(make_form(request), "docx")
    returned = compare(request, replace_words(raw, "docx", ("A burglary", "Two burglaries")), "docx")
    assert json.loads(apply_differences(request, returned.differences))["document_sha256"] == "a" * 64


def test_a_document_that_is_no_form_of_ours_is_refused_with_what_to_do_instead():
    with pytest.raises(NotAForm) as refused:
        compare_form(make_request(), read_document(b"Dear Sir, please send it.", "letter.txt"), where="letter.txt")
    assert "fairshare intake" in refused.value.fix


@pytest.mark.parametrize("suffix", ["docx", "odt"])
def test_every_sort_of_field_comes_back_with_the_value_it_went_out_with(suffix):
    fields = list(make_every_sort().fields())
    held = {each.name: each for each in read_document(render(make_every_sort(), suffix), f"form.{suffix}").fields}
    words = {"yes": {"yes", "Yes"}, "no": {"no", "No"}, "2026-02-05": {"2026-02-05", "5 February 2026"}}
    for field in fields:
        labels = {each.value: each.label for each in field.choices}
        found = held[field.name].value
        if field.value is None:
            assert found is None, field.name
            continue
        for one, other in zip(field.value.split("\n"), (found or "").split("\n"), strict=False):
            assert other in {one, labels.get(one, one)} | words.get(one, set()), field.name


def test_bookmarks_bring_back_fields_whose_sections_a_program_has_dropped():
    request = make_request()
    raw = render(make_form(request), "odt")
    bare = edit_package(raw, "content.xml", lambda content: re.sub(rb"</?text:section\b[^>]*>", b"", content))
    back = read_document(bare, "form.odt")
    assert {each.name: each.value for each in back.fields}["request.reference"] == "NM/123/26"
    assert compare_form(request, back, where="form").differences == ()


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_a_form_that_libreoffice_saved_again_keeps_its_answers(tmp_path):
    request = make_request()
    (tmp_path / "form.odt").write_bytes(replace_words(render(make_form(request), "odt"), "odt", EDITS[0]))
    for suffix in ("odt", "docx"):
        words = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", suffix]
        done = [*words, "--outdir", tmp_path / suffix, tmp_path / "form.odt"]
        subprocess.run(done, check=True, capture_output=True, timeout=120)
        saved = (tmp_path / suffix / f"form.{suffix}").read_bytes()
        assert {each.name: each.after for each in compare(request, saved, suffix).differences} == {
            "request.reference": "NM/999/26"
        }
