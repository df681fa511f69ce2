"""Views with fields withheld and records disposed of: what stays provable, and what can no longer be found out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.records import (
    BrokenRecord,
    CannotWithhold,
    PartialRecord,
    SignedRecord,
    StoredRecord,
    UnknownSigner,
    check_signature,
    dispose_record,
    encode,
    parse_stored,
    view_record,
    withhold_fields,
)
from fairshare.records.commitments import field_salt
from fairshare.records.withholding import check_tombstone, find_skeleton
from fairshare.words import FairshareError
from tests.records.examples import HOLDER_KEY, LEAD, NOON, SIGNED, STRANGER_KEY, TRUSTED

REQUEST = SIGNED[0]
BARE = withhold_fields(REQUEST)
GONE = dispose_record(REQUEST, by=LEAD, at=NOON, reason="Kept for two years.", salt="0" * 32, key=HOLDER_KEY)
each_record = pytest.mark.parametrize("signed", SIGNED, ids=lambda signed: signed.record.kind)


@each_record
def test_a_view_keeps_the_id_and_the_signatures(signed: SignedRecord) -> None:
    view = withhold_fields(signed)
    assert view.id == signed.id
    for signature in view.signatures:
        check_signature(signature, view.id, TRUSTED, "fairshare-record")
    assert parse_stored(encode(view)) == view
    assert view_record(view).fields == {
        name: getattr(signed.record, name) for name in find_skeleton(signed.record.kind)
    }


@each_record
@given(choose=st.data())
def test_any_fields_can_be_withheld_but_the_skeleton(signed: SignedRecord, choose: st.DataObject) -> None:
    free = sorted(set(type(signed.record).model_fields) - find_skeleton(signed.record.kind) - {"salt"})
    first, second = (choose.draw(st.sets(st.sampled_from(free))) for _ in range(2))
    view = withhold_fields(withhold_fields(signed, first), second)
    assert view.id == signed.id
    assert set(view.withheld) == first | second
    assert view_record(view).fields == {
        name: value for name, value in dict(signed.record).items() if name not in {*first, *second, "salt"}
    }


@pytest.mark.parametrize("name", ["kind", "version", "case", "follows", "made_at", "salt", "nonsense", ""])
def test_what_the_chain_needs_cannot_be_withheld(name: str) -> None:
    with pytest.raises(CannotWithhold):
        withhold_fields(REQUEST, [name])


def test_nothing_withheld_can_be_read_or_guessed_from_a_view() -> None:
    written = encode(withhold_fields(REQUEST, ["subjects", "items", "text", "urgency"])).decode()
    assert "Marsh-Heron" not in written
    assert REQUEST.record.salt not in written
    assert field_salt(REQUEST.record.salt, "urgency") not in written


def test_a_field_shown_otherwise_than_it_was_is_another_record() -> None:
    view = withhold_fields(REQUEST, ["text"])
    lie = view.shown["urgency"].model_copy(update={"value": "life_at_risk"})
    assert view.model_copy(update={"shown": view.shown | {"urgency": lie}}).id != REQUEST.id


def test_a_tombstone_says_who_when_and_why_and_everything_else_still_holds() -> None:
    assert GONE.id == REQUEST.id
    assert GONE.tombstone is not None
    assert (GONE.tombstone.by, GONE.tombstone.at, GONE.tombstone.reason) == (LEAD, NOON, "Kept for two years.")
    assert check_tombstone(GONE.tombstone, TRUSTED).name == "Harbour Homes"
    assert set(GONE.shown) == find_skeleton("request")
    assert "Marsh-Heron" not in encode(GONE).decode()
    assert parse_stored(encode(GONE)) == GONE
    with pytest.raises(CannotWithhold):
        dispose_record(GONE, by=LEAD, at=NOON, reason="Again.", salt="0" * 32, key=HOLDER_KEY)


def test_a_redacted_record_can_be_disposed_of_too() -> None:
    gone = dispose_record(
        withhold_fields(REQUEST, ["text"]), by=LEAD, at=NOON, reason="Old.", salt="0" * 32, key=HOLDER_KEY
    )
    assert gone.id == REQUEST.id


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "Other."},
        {"at": NOON.replace(year=2027)},
        {"salt": "1" * 32},
        {"by": LEAD.model_copy(update={"name": "Nobody"})},
    ],
)
def test_a_changed_tombstone_does_not_hold(change: dict[str, Any]) -> None:
    assert GONE.tombstone
    with pytest.raises(FairshareError):
        check_tombstone(GONE.tombstone.model_copy(update=change), TRUSTED)


def test_a_tombstone_by_a_stranger_is_known_for_one() -> None:
    gone = dispose_record(REQUEST, by=LEAD, at=NOON, reason="Old.", salt="0" * 32, key=STRANGER_KEY)
    assert gone.tombstone
    with pytest.raises(UnknownSigner):
        check_tombstone(gone.tombstone, TRUSTED)


def alter(stored: StoredRecord, **changes: Any) -> bytes:
    return encode(stored.model_dump(mode="json") | changes)


PLAIN: dict[str, Any] = json.loads(encode(BARE))
SOME: dict[str, Any] = json.loads(encode(withhold_fields(REQUEST, ["text"])))


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (alter(BARE, shown={}), FairshareError),
        (alter(BARE, shown={name: each for name, each in PLAIN["shown"].items() if name != "follows"}), BrokenRecord),
        (alter(BARE, withheld={}), BrokenRecord),
        (alter(BARE, withheld=PLAIN["withheld"] | {"made_at": "0" * 64}), BrokenRecord),
        (alter(BARE, withheld=PLAIN["withheld"] | {"more": "0" * 64}), BrokenRecord),
        (alter(BARE, shown=PLAIN["shown"] | {"made_at": PLAIN["shown"]["made_at"] | {"value": 7e300}}), FairshareError),
        (
            alter(
                BARE,
                shown=PLAIN["shown"] | {"made_at": PLAIN["shown"]["made_at"] | {"value": "2026-03-02T12:00:00+00:00"}},
            ),
            FairshareError,
        ),
        (alter(BARE, shown=PLAIN["shown"] | {"kind": PLAIN["shown"]["kind"] | {"value": "gossip"}}), FairshareError),
        (alter(BARE, shown=PLAIN["shown"] | {"kind": PLAIN["shown"]["kind"] | {"value": "decision"}}), BrokenRecord),
        (alter(BARE, shown=PLAIN["shown"] | {"version": PLAIN["shown"]["version"] | {"value": 2}}), FairshareError),
        (alter(BARE, tombstone=json.loads(encode(GONE))["tombstone"] | {"record": SIGNED[1].id}), BrokenRecord),
        (alter(BARE, signatures=[]), FairshareError),
        (alter(BARE, extra=1), FairshareError),
        (encode(PLAIN | {"record": REQUEST.record.model_dump(mode="json")}), FairshareError),
    ],
)
def test_a_view_that_is_not_one_is_refused(raw: bytes, refusal: type[FairshareError]) -> None:
    with pytest.raises(refusal):
        parse_stored(raw)


def test_a_view_of_something_else_has_another_id() -> None:
    assert (
        PartialRecord(shown=BARE.shown, withheld=BARE.withheld | {"text": "0" * 64}, signatures=BARE.signatures).id
        != REQUEST.id
    )


@given(
    st.binary(max_size=200) | st.integers(0, 5_000).map(lambda at: encode(SOME)[:at] + b"0" + encode(SOME)[at + 1 :])
)
def test_any_bytes_are_a_stored_record_or_are_refused(raw: bytes) -> None:
    try:
        assert encode(parse_stored(raw)) == raw
    except FairshareError:
        return
