"""What is suggested for removal, why, and that nothing is removed before a person has decided."""

from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fairshare.documents.redact import Box, Passage
from fairshare.release.bundle_find import CasePeople, is_nhs_number, suggest_removals
from fairshare.release.bundle_plan import (
    BoxRemoval,
    NotSettled,
    PlannedDocument,
    ReasonCode,
    RedactionPlan,
    TermRemoval,
    add_removal,
    check_settled,
    confirm_removals,
    decide_suggestions,
    read_redaction_plan,
)
from fairshare.release.bundle_record import MadeFile, RedactionRecord, SamePerson, check_second_person
from fairshare.release.bundle_sheet import Compared, make_sheet_document, read_redaction_words
from fairshare.words import BadInput, FairshareError, NotFound, Person

PEOPLE = CasePeople(
    subjects=("Kit Marsh",), third_parties=("Ro Plover",), at_risk=("14 Heron Court, NS1 2AB",)
)  # fmt: skip
ANA = Person(name="Ana Teal", role="handler")
BEN = Person(name="Ben Knot", role="approver")


def find(text, people=PEOPLE):
    return {(each.sort, each.text) for each in suggest_removals([Passage("line 1", text)], people)}


@pytest.mark.parametrize(
    ("text", "sort", "found"),
    [
        ("NHS 943 476 5919.", "nhs_number", "943 476 5919"),
        ("NHS 9434765919", "nhs_number", "9434765919"),
        ("NI AB 12 34 56 C", "ni_number", "AB 12 34 56 C"),
        ("call 07700 900123 now", "phone", "07700 900123"),
        ("call +44 (0)20 7946 0018", "phone", "+44 (0)20 7946 0018"),
        ("to i.wren@example.org.", "email", "i.wren@example.org"),
        ("she lives at 3 Quay Street, Porth, CF10 1AA", "address", "3 Quay Street, Porth, CF10 1AA"),
        ("at Flat 2, 5 Long Lane", "address", "Flat 2, 5 Long Lane"),
        ("in CF10 1AA", "postcode", "CF10 1AA"),
        ("DOB: 5/2/1980", "birth_date", "5/2/1980"),
        ("born on 5 February 1980", "birth_date", "5 February 1980"),
        ("her neighbour Ida Wren saw", "third_party", "Ida Wren"),
        ("then Mr Wren left", "third_party", "Wren"),
        ("so Siân O'Dell-Price said", "third_party", "Siân O'Dell-Price"),
        ("met ro plover", "third_party", "ro plover"),
        ("near 14 heron court\nNS1 2AB", "at_risk_address", "14 heron court NS1 2AB"),
        ("a red car, AB12 CDE", "number_plate", "AB12 CDE"),
    ],
)
def test_what_looks_like_a_name_an_address_or_a_number_is_suggested(text, sort, found):
    assert (sort, found) in find(text)


@pytest.mark.parametrize(
    "text",
    [
        "Kit Marsh was there",
        "Mr Marsh was there",
        "ref 943 476 5910",
        "on 5 February 2026 we met",
        "The Housing Officer wrote",
        "Northern Ireland",
        "QQ 12 34 56 C",
        "nothing here",
    ],
)
def test_what_is_the_subjects_own_or_no_such_thing_is_not_suggested(text):
    assert find(text) == set()


def test_a_suggestion_says_why_where_and_once():
    passages = [Passage("page 1", "Ida Wren"), Passage("page 3", "IDA WREN and Ida Wren")]
    (found,) = suggest_removals(passages, PEOPLE, after=7)
    assert (found.id, found.places, found.reason) == ("s8", ("page 1", "page 3"), ReasonCode.THIRD_PARTY)
    assert "looks like a name" in found.why


@given(st.integers(0, 10**9 - 1))
def test_an_nhs_number_has_one_check_digit_at_most(number):
    assert sum(is_nhs_number(f"{number:09}{digit}") for digit in range(10)) <= 1


@given(st.text(max_size=300))
def test_any_text_can_be_looked_through(text):
    for each in suggest_removals([Passage("line 1", text)], PEOPLE):
        assert each.decision is None


def make_plan(**more):
    suggestions = suggest_removals([Passage("line 1", "Ida Wren, 943 476 5919, 07700 900123")], PEOPLE)
    document = PlannedDocument(item="i1", path="a.txt", sha256="0" * 64, suggestions=suggestions, **more)
    return RedactionPlan(case="c-1", documents=(document,))


def test_a_suggestion_is_no_removal_and_an_open_one_holds_everything_up():
    plan = make_plan()
    assert plan.documents[0].removals().terms == ()
    with pytest.raises(NotSettled, match="3 suggestions not decided"):
        check_settled(plan)


def test_what_is_accepted_is_removed_in_somebodys_name_and_what_is_rejected_stays_for_a_reason():
    plan = decide_suggestions(make_plan(), ["nhs_number"], "accept", ANA)
    plan = decide_suggestions(plan, ["all"], "reject", BEN, because="their own")
    check_settled(plan)
    (document,) = plan.documents
    assert [each.text for each in document.removals().terms] == ["943 476 5919"]
    assert document.confirmers() == (ANA, BEN) or document.confirmers() == (BEN, ANA)
    again = decide_suggestions(plan, ["all", "third_party"], "accept", ANA)
    assert again == plan, "what is decided stays decided unless it is named by its id"


def test_a_rejection_needs_a_reason_and_only_what_is_there_can_be_decided():
    with pytest.raises(BadInput):
        decide_suggestions(make_plan(), ["all"], "reject", ANA, because=" ")
    with pytest.raises(NotFound):
        decide_suggestions(make_plan(), ["s99"], "accept", ANA)
    with pytest.raises(NotFound):
        add_removal(make_plan(), TermRemoval(reason=ReasonCode.OTHER, asked_by="x", text="y"), ["i9"])


def test_what_is_written_by_hand_counts_once_somebody_confirms_it():
    drawn = BoxRemoval(reason=ReasonCode.PRIVILEGED, asked_by="legal", box=Box(x0=0, y0=0, x1=1, y1=1))
    plan = decide_suggestions(make_plan(boxes=(drawn,)), ["all"], "accept", ANA)
    with pytest.raises(NotSettled, match="1 boxes not confirmed"):
        check_settled(plan)
    check_settled(confirm_removals(plan, BEN))


def test_a_plan_comes_back_as_it_was_written():
    plan = decide_suggestions(make_plan(), ["all"], "accept", ANA)
    assert read_redaction_plan(plan.model_dump_json().encode(), where="p") == plan
    assert read_redaction_plan(yaml.safe_dump(plan.model_dump(mode="json")).encode(), where="p") == plan


@given(st.binary(max_size=200))
def test_a_plan_of_any_bytes_is_a_plan_or_an_error_of_the_family(raw):
    with pytest.raises(FairshareError):
        read_redaction_plan(raw, where="p")


@pytest.mark.parametrize("name", ["Ana Teal", "ana  teal", "Ben Knot"])
def test_who_made_a_redaction_cannot_check_it(name):
    with pytest.raises(SamePerson):
        check_second_person(make_record(), Person(name=name, role="x"))
    check_second_person(make_record(), Person(name="Cy Dunlin", role="x"))


def make_record(**more):
    file = MadeFile(
        item="i1", name="a.txt", sha256="0" * 64, media_type="text/plain", treatment="redacted",
        removed={ReasonCode.THIRD_PARTY: 2, ReasonCode.AT_RISK_ADDRESS: 1}, confirmed_by=(BEN,),
        needs_second_person=True, not_searched=("page 2",), left_out={"comments": 3}, **more,
    )  # fmt: skip
    return RedactionRecord(files=(file,), sources="1" * 64, applied_by=ANA)


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_sheet_says_how_much_was_removed_and_why_in_both_languages(language):
    day = datetime(2026, 2, 5, tzinfo=UTC).date()
    record = make_record().model_copy(update={"checked_by": BEN, "checked_on": day})
    compared = [Compared(record.files[0], (1, 2), 1)]
    sheet = make_sheet_document("c-1", record, compared, organisation="Harbour Homes", on=day, language=language)
    words = read_redaction_words(language)
    said = sheet.model_dump_json()
    assert words["reasons"]["at_risk_address"] in said
    assert "page 2" in said
    assert "Ben Knot" in said


def test_every_reason_has_words_in_both_languages():
    for language in ("en", "cy"):
        assert set(read_redaction_words(language)["reasons"]) == {each.value for each in ReasonCode}
    assert set(read_redaction_words("en")) == set(read_redaction_words("cy"))
