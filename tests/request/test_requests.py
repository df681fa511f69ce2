"""A request is read strictly, what it lacks is listed, and the letter asks for just that."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.records.kinds import Request
from fairshare.request import find_missing, load_expectations, read_request, write_clarification
from fairshare.words import BadInput, FairshareError, Person

WRITTEN = """
holder: {name: Harbour Homes}
requester: {name: Northshire Police}
contact: {name: Sam Constable, role: Police constable, identifier: "4521"}
reference: NS/123
received_on: "2026-11-20"
channel: email
purpose: {code: crime.investigation, text: A burglary}
why_necessary: To find the three people
subjects:
  - {ref: p1, label: First person, role: witness}
items:
  - {ref: i1, label: Address, person: p1, kind: column}
"""


def read(text: str | bytes) -> Request:
    raw = text if isinstance(text, bytes) else text.encode()
    return read_request(
        raw,
        where="request.yaml",
        case="c1",
        salt="0" * 32,
        made_at=datetime(2026, 11, 22, tzinfo=UTC),
        made_by=Person(name="A", role="handler"),
    )


def test_a_request_is_read_as_written() -> None:
    request = read(WRITTEN)
    assert request.requester.name == "Northshire Police"
    assert request.items[0].person == "p1"
    assert find_missing(request) == ()


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("channel: email", "channel: pigeon", "channel"),
        ("reference: NS/123", "reference: NS/123\nsalt: aa", "added by Fairshare"),
        ("person: p1, kind", "person: p9, kind", "not among the subjects"),
        ("  - {ref: i1,", "  - {ref: i1, label: Twice}\n  - {ref: i1,", "same ref"),
        ("received_on", "recieved_on", "recieved_on"),
    ],
)
def test_a_fault_is_named_with_its_field(old: str, new: str, says: str) -> None:
    with pytest.raises(BadInput) as fault:
        read(WRITTEN.replace(old, new))
    assert says in str(fault.value)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with suppress(FairshareError):
        assert isinstance(read(raw), Request)


def test_each_route_asks_for_what_unlocks_it() -> None:
    request = read(WRITTEN)
    assert [each.field for each in find_missing(request, "public_task_response")] == ["public_task_statement"]
    assert [each.field for each in find_missing(request, "compelled")] == ["power"]
    bare = request.model_copy(update={"items": (), "why_necessary": "  ", "contact": None})
    missing = find_missing(bare, "victim_information")
    assert {each.field for each in missing} == {"items", "why_necessary", "contact"}
    assert [each.must for each in missing] == sorted((each.must for each in missing), reverse=True)


def test_the_letter_asks_only_for_what_is_missing_and_does_not_refuse() -> None:
    request = read(WRITTEN)
    letter = write_clarification(request, find_missing(request, "compelled"))
    assert "1. the order, warrant, notice or provision" in letter
    assert "2." not in letter
    assert "not refused" in letter
    assert "NS/123" in letter


def test_every_expectation_names_a_field_of_the_request() -> None:
    for route in load_expectations().routes.values():
        assert {each.field for each in route} <= set(Request.model_fields)
