"""A request as the answers of its form, and back: nothing is lost either way."""

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.records import Channel, Request
from fairshare.request import read_request
from fairshare.request.form_values import list_form_values, load_form, read_form_values
from fairshare.words import BadInput, Item, Organisation, Period, Person, Purpose, Subject

ADDED = {"case": "c1", "salt": "0" * 32, "made_at": datetime(2026, 11, 23, tzinfo=UTC),
         "made_by": Person(name="Dana Shaw", role="handler")}  # fmt: skip
LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
KINDS = ("column", "document", "image", "footage", "spoken", "viewed", "other")
ROLES = ("suspect", "convicted", "victim", "witness", "missing", "third_party", "customer", "other")


def read_back(values):
    return read_request(json.dumps(read_form_values(values)).encode(), where="form", **ADDED)


@st.composite
def requests(draw):
    people = [Subject(ref=f"p{n}", label=draw(LINE), role=draw(st.sampled_from(ROLES))) for n in (1, 2)]
    period = Period(start=date(2026, 1, 1), end=draw(st.sampled_from([None, date(2026, 2, 1)])))
    items = [
        Item(ref=f"i{n}", label=draw(LINE), person=draw(st.sampled_from(["p1", "p2", None])),
             kind=draw(st.sampled_from(KINDS)), period=draw(st.sampled_from([None, period])),
             sha256=draw(st.sampled_from([None, "a" * 64])))
        for n in (1, 2, 3)
    ]  # fmt: skip
    return Request(
        **ADDED,
        holder=Organisation(name=draw(LINE)),
        requester=Organisation(name=draw(LINE), identifier=draw(st.none() | LINE)),
        contact=draw(st.none() | st.builds(Person, name=LINE, role=LINE, identifier=st.none() | LINE)),
        received_on=date(2026, 11, 20),
        channel=draw(st.sampled_from(Channel)),
        urgency=draw(st.sampled_from(["routine", "urgent", "life_at_risk"])),
        deadline=draw(st.none() | st.just(datetime(2026, 12, 1, 17, tzinfo=UTC))),
        purpose=Purpose(code="crime.investigation", text=draw(LINE)),
        why_necessary=draw(LINE),
        power=draw(st.none() | LINE),
        subjects=tuple(people),
        items=tuple(items),
        text=draw(st.sampled_from(["", "By post, please.\n\nThank you."])),
    )


@given(requests(), st.sampled_from(["en", "cy"]))
def test_a_request_becomes_a_form_and_the_form_the_same_request(request, tongue):
    assert read_back(list_form_values(request, tongue)) == request


FURTHER = [field.name for field in load_form().fields() if not field.name.startswith("request.")]
MUST = {"request.requester.name": "A", "request.holder.name": "B", "request.received_on": "2026-11-20",
        "request.channel": "form", "request.purpose.text": "x", "request.purpose.code": "x"}  # fmt: skip


@given(st.dictionaries(st.sampled_from(FURTHER), st.lists(LINE, min_size=1, max_size=3).map("\n".join)), st.booleans())
def test_what_the_record_has_no_field_for_is_kept_in_its_text_and_read_back(further, free):
    values = MUST | further | ({"request.text": "Also: see\nthe letter."} if free else {})
    said = list_form_values(read_back(values))
    assert {name: said.get(name) for name in values} == values


@pytest.mark.parametrize(
    ("line", "label", "person"),
    [
        ("Name and address", "Name and address", None),
        ("i9 (document, about p1): Notes: the last visit", "Notes: the last visit", "p1"),
        ("i9 (dogfen, am p1): Nodiadau", "Nodiadau", "p1"),
    ],
)
def test_items_that_a_person_types_are_read_as_they_meant_them(line, label, person):
    made = read_form_values({"request.items": line})["items"]
    assert [(each["label"], each.get("person")) for each in made] == [(label, person)]


def test_a_day_without_an_hour_means_its_end():
    assert read_form_values({"request.deadline": "2026-12-01"})["deadline"] == "2026-12-01T23:59:59+00:00"


@pytest.mark.parametrize("values", [{"request.deadline": "soon"}, {"request.salt": "1"}, {"nothing": "x"}])
def test_what_the_form_does_not_have_is_refused(values):
    with pytest.raises(BadInput):
        read_form_values(values)


@given(st.dictionaries(st.sampled_from([field.name for field in load_form().fields()]), st.text(max_size=80)))
def test_any_answers_give_fields_or_an_error_of_the_family(values):
    try:
        read_back(values)
    except BadInput:
        pass
