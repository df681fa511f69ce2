"""Nothing that was read counts before a person has confirmed it; what is missing is listed; what is odd is flagged."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.documents.reading import read_document
from fairshare.request import read_request
from fairshare.request.intake_draft import (
    DraftNotRead,
    answer_draft,
    make_draft,
    read_answers,
    read_draft,
    write_draft,
)
from fairshare.request.intake_flags import load_flags
from fairshare.request.intake_request import NotConfirmed, make_request
from fairshare.request.intake_shapes import load_vocabulary
from fairshare.words import FairshareError, Person
from tests.layouts.build import build_file

TODAY = date(2026, 7, 18)


def draft_of(name, language="en"):
    raw = build_file("development", name)
    return make_draft(raw, read_document(raw, name), source=name, read_on=TODAY, language=language)


def draft_text(text):
    raw = text.encode()
    return make_draft(raw, read_document(raw, "x.txt"), source="x.txt", read_on=TODAY)


def confirm_all(draft):
    return answer_draft(draft, {each.id: True for each in draft.fields})


def codes(draft):
    return {each.code for each in draft.flags}


def keep(made):
    import json

    return read_request(
        json.dumps(made).encode(),
        where="request",
        case="c1",
        salt="0" * 32,
        made_at=datetime(2026, 7, 18, tzinfo=UTC),
        made_by=Person(name="Jo", role="handler"),
    )


def test_every_field_of_a_draft_starts_unconfirmed_with_its_place_and_how_it_was_found():
    for each in draft_of("d01-force-form.docx").fields:
        assert not each.confirmed
        assert each.place
        assert each.how


def test_a_draft_of_which_nothing_is_confirmed_makes_no_request():
    with pytest.raises(NotConfirmed):
        make_request(draft_of("d01-force-form.docx"), received_on=TODAY, holder="Us")


def test_only_what_is_confirmed_enters_the_request():
    draft = draft_of("d01-force-form.docx")
    wanted = {"requester.organisation", "contact.name", "item"}
    ids = [each.id for each in draft.fields if each.field in wanted]
    made = keep(make_request(answer_draft(draft, dict.fromkeys(ids, True)), received_on=TODAY, holder="Us"))
    assert made.requester.name == "Northmoor Constabulary"
    assert made.contact.name == "Sarah-Jane Blakemore"
    assert made.contact.identifier is None
    assert len(made.items) == 3
    assert made.subjects == ()
    assert made.reference is made.power is made.authorised_by is None
    assert made.text == made.why_necessary == made.purpose.text == ""


@pytest.mark.parametrize("name", ["d01-force-form.docx", "d03-letter.docx", "d06-letter.pdf", "d09-outlook.msg"])
def test_a_draft_that_is_confirmed_whole_makes_a_request_that_the_desk_takes(name):
    made = keep(make_request(confirm_all(draft_of(name)), received_on=TODAY, holder="Us"))
    assert made.document_sha256
    assert made.items
    assert made.contact.identifier or made.contact.contact


def test_a_correction_is_kept_beside_what_stood_there():
    draft = draft_of("d01-force-form.docx")
    number = next(each.id for each in draft.fields if each.field == "contact.number")
    answered = answer_draft(draft, {number: "2213"})
    field = next(each for each in answered.fields if each.id == number)
    assert (field.value, field.written, field.confirmed) == ("2213", "2231", True)


@pytest.mark.parametrize(
    ("field", "value"), [("dated", "soon"), ("dated", "2026-02-30"), ("declaration", "maybe"), ("reference", "  ")]
)
def test_a_value_that_a_field_cannot_have_is_not_confirmed(field, value):
    draft = draft_of("d01-force-form.docx")
    wanted = next(each.id for each in draft.fields if each.field == field)
    with pytest.raises(DraftNotRead):
        answer_draft(draft, {wanted: value})


def test_an_answer_to_a_field_that_is_not_there_is_refused():
    with pytest.raises(DraftNotRead):
        answer_draft(draft_of("d01-force-form.docx"), {"f999": True})


def test_a_draft_is_the_same_after_it_was_written_and_read():
    draft = draft_of("d14-bilingual.docx", "cy")
    assert read_draft(write_draft(draft), where="draft") == draft


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_draft_or_answers_or_an_error_of_the_family(raw):
    for read in (read_draft, read_answers):
        try:
            read(raw, where="x")
        except FairshareError:
            pass


def test_two_values_that_compete_are_both_shown_as_doubtful():
    draft = draft_text("Collar number: 2231\nForce: Northmoor Constabulary\nShoulder number: 4452\n")
    numbers = [each for each in draft.fields if each.field == "contact.number"]
    assert [(each.value, each.confidence) for each in numbers] == [("2231", "doubtful"), ("4452", "doubtful")]


def test_a_blank_form_gives_no_values():
    draft = draft_text("Name of officer: ........\nCollar number:\nCrime reference: ____\nDate: / /\nSignature:\n")
    assert [(each.field, each.value) for each in draft.fields] == [("declaration", "no")]


def test_what_is_missing_is_listed_and_the_statement_of_public_task_is_drafted_but_never_filled_in():
    draft = draft_of("d01-force-form.docx")
    assert {"public_task", "basis"} <= {each.field for each in draft.missing}
    assert draft.missing[0].field == "public_task"
    assert draft.missing[0].must
    assert "Northmoor Constabulary needs this information" in draft.public_task_draft
    assert make_request(confirm_all(draft), received_on=TODAY, holder="Us").get("public_task_statement") is None
    assert draft_of("d06-letter.pdf").public_task_draft == ""


def test_an_impostor_raises_every_flag_that_fits():
    assert codes(draft_of("d13-webmail.eml")) >= {
        "sender_not_their_domain", "reply_to_differs", "told_not_to_check", "compulsion_without_instrument",
        "blanket_scope", "pressure", "mobile_only", "ring_back",
    }  # fmt: skip
    assert [each.level for each in draft_of("d13-webmail.eml").flags][:4] == ["stop"] * 4


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Request under section 29 of the Data Protection Act 1998.", "old_law"),
        ("You are legally required to provide this.", "compulsion_without_instrument"),
        ("Please send everything you hold about him.", "blanket_scope"),
        ("Please send the subscriber details for this number.", "communications_data"),
        ("Please send her counselling records.", "confidential_records"),
        ("Email: pc.bell@gmail.com", "sender_not_their_domain"),
        ("Signature:", "not_signed"),
        ("Consent given? Yes", "consent_claimed"),
        ("There is a threat to life.", "life_at_risk"),
    ],
)
def test_each_flag_is_raised_by_what_it_is_for(text, flag):
    assert flag in codes(draft_text(text))


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("You are not legally required to answer.", "compulsion_without_instrument"),
        ("You are required to provide this under the court order attached.", "compulsion_without_instrument"),
        ("Force: Northmoor Constabulary\nEmail: a.bell@northmoor.police.uk", "sender_not_their_domain"),
        ("Call 01632 960118 or 07700 900118.", "mobile_only"),
        ("Request under the Data Protection Act 2018.", "old_law"),
    ],
)
def test_a_flag_is_not_raised_by_what_only_looks_like_it(text, flag):
    assert flag not in codes(draft_text(text))


def test_fields_and_flags_have_words_in_both_languages_and_labels_name_fields_that_there_are():
    vocabulary = load_vocabulary()
    own = {"signature", "skip", "officer", "rank_number", "force_unit", "period", "subject.surname", "subject.forename"}
    assert {each.field for each in vocabulary.labels} <= vocabulary.fields.keys() | own
    for words in (*vocabulary.fields.values(), *load_flags().values()):
        assert words.en
        assert words.cy
        assert words.cy != words.en
