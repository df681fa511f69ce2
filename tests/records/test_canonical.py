"""Canonical JSON: RFC 8785's own examples, one form for each record, and refusal of every other form."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.records import (
    NewerRecord,
    NotCanonical,
    UnknownRecord,
    encode,
    parse_canonical,
    parse_record,
    parse_signed,
    record_id,
)
from fairshare.records.kinds import Agreement, AnyRecord, FullAgreement
from fairshare.records.signing import SignedRecord
from fairshare.words import BadInput, FairshareError
from tests.records.examples import AGREEMENT, DECISION, FULL_AGREEMENT, LATER, RECORDS, REQUEST, SIGNED

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(-9e15, 9e15)
    | st.floats(1e21, 1e300)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_it_writes_the_example_of_the_rfc() -> None:
    given_ = (
        '{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],'
        '"string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals": [null, true, false]}'
    )
    assert encode(json.loads(given_)).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_names_are_sorted_as_the_rfc_sorts_them() -> None:
    found = {
        "€": "Euro Sign",
        "\r": "Carriage Return",
        "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One",
        "\U0001f600": "Emoji: Grinning Face",
        "\x80": "Control",
        "ö": "Latin Small Letter O With Diaeresis",
    }
    assert list(json.loads(encode(found)).values()) == [
        "Carriage Return",
        "One",
        "Control",
        "Latin Small Letter O With Diaeresis",
        "Euro Sign",
        "Emoji: Grinning Face",
        "Hebrew Letter Dalet With Dagesh",
    ]


@given(json_values)
def test_what_is_written_is_read_back_the_same(value: Any) -> None:
    assert encode(parse_canonical(encode(value), where="test")) == encode(value)


@pytest.mark.parametrize(
    "raw",
    [
        b'{"a":1 }',
        b'{"b":1,"a":2}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'"\\u0041"',
        b'{"a":1}\n',
        b"\xef\xbb\xbf1",
        b'"\\/"',
        b"1E3",
        b'"\\uD834\\uDD1E"',
    ],
)
def test_any_other_spelling_is_refused(raw: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse_canonical(raw, where="test")


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 2**53, 2.0**53, [{"a": -1e17}], "\ud800", {"\ud800": 1}, {1: 2}, {"a": object()}],
)
def test_what_has_no_canonical_form_is_refused(value: Any) -> None:
    with pytest.raises(NotCanonical):
        encode(value)


def test_what_is_nested_past_any_use_is_refused() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NotCanonical):
        encode(value)
    with pytest.raises(BadInput):
        parse_canonical(b"[" * 100_000, where="test")
    with pytest.raises(BadInput):
        parse_canonical(b"[" * 100 + b"]" * 100, where="test")
    while value:  # taken apart gently: freeing it in one go would recurse
        value = value.pop()


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput, match="larger than 10 bytes"):
        parse_canonical(b" " * 11, where="test", max_bytes=10)


@pytest.mark.parametrize("record", RECORDS + LATER, ids=lambda record: f"{record.kind}-{record.version}")
def test_a_record_is_read_back_from_its_canonical_form(record: AnyRecord) -> None:
    assert encode(parse_record(encode(record))) == encode(record)


@pytest.mark.parametrize("signed", SIGNED, ids=lambda signed: signed.record.kind)
def test_a_signed_record_is_read_back_from_its_canonical_form(signed: SignedRecord) -> None:
    assert encode(parse_signed(encode(signed))) == encode(signed)


def test_each_version_of_an_agreement_is_read_in_its_own_shape() -> None:
    assert type(parse_record(encode(AGREEMENT))) is Agreement
    assert type(parse_record(encode(FULL_AGREEMENT))) is FullAgreement
    with pytest.raises(BadInput):
        parse_record(encode(AGREEMENT.model_dump(mode="json") | {"version": 2}))
    with pytest.raises(NewerRecord):
        parse_record(encode(AGREEMENT.model_dump(mode="json") | {"version": 3}))


def test_an_agreement_signed_under_version_1_keeps_its_id() -> None:
    known = "sha256:6cf13b93ea93df199dd6e7d78c3347b84037a34692a2ce03d42895d7eefbf1c3"
    assert record_id(AGREEMENT) == known


def change(**changes: Any) -> bytes:
    """The request, with fields changed; a field set to `...` is left out."""
    found = REQUEST.model_dump(mode="json") | changes
    return encode({name: value for name, value in found.items() if value is not ...})


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (change(kind="gossip"), UnknownRecord),
        (change(kind=["request"]), UnknownRecord),
        (change(kind=...), UnknownRecord),
        (b"[]", UnknownRecord),
        (b"null", UnknownRecord),
        (change(version=2), NewerRecord),
        (change(version=10**12), NewerRecord),
        (change(version=0), UnknownRecord),
        (change(version="1"), UnknownRecord),
        (change(version=True), UnknownRecord),
        (change(version=...), UnknownRecord),
        (change(deadline=...), NotCanonical),  # a default must be written out, so that there is one form
        (change(received_on="2026-03-02T00:00:00"), NotCanonical),
        (change(made_at="2026-03-02T12:00:00+00:00"), NotCanonical),
        (change(made_at="2026-03-02T12:00:00"), BadInput),
        (change(surprise=1), BadInput),
        (change(salt="AB" * 16), BadInput),
        (change(salt=""), BadInput),
        (change(case="../../etc"), BadInput),
        (change(power=" with spaces "), NotCanonical),
    ],
)
def test_a_record_in_any_other_form_is_refused(raw: bytes, refusal: type[BadInput]) -> None:
    with pytest.raises(refusal):
        parse_record(raw)


def test_a_newer_record_says_how_to_read_it() -> None:
    with pytest.raises(NewerRecord) as told:
        parse_record(change(version=2))
    assert "Upgrade Fairshare" in told.value.fix


@given(st.binary(max_size=300) | json_values.map(encode))
def test_any_bytes_are_a_record_or_are_refused(raw: bytes) -> None:
    for parse in (parse_record, parse_signed):
        with pytest.raises(FairshareError):
            parse(raw)


@given(st.integers(0), st.integers(0, 255), st.booleans())
def test_a_record_with_one_byte_changed_is_another_record_or_is_refused(at: int, byte: int, cut: bool) -> None:
    raw = bytearray(encode(DECISION))
    raw[at % len(raw)] = byte
    raw = raw[: at % len(raw)] if cut else raw
    with suppress(FairshareError):
        assert encode(parse_record(bytes(raw))) == bytes(raw)
