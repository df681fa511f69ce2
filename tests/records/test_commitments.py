"""Ids: fixed for ever, different for every record, and impossible to guess without the salt."""

import hashlib
import hmac
import json

import pytest

from fairshare.records import encode, new_salt, record_id
from fairshare.records.commitments import combine, commit_field, commit_fields, field_salt
from fairshare.records.kinds import AnyRecord
from fairshare.words import SettingOutOfRange
from tests.records.examples import RECORDS, REQUEST


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_the_id_is_what_the_page_about_records_says(record: AnyRecord) -> None:
    # Written out with the standard library alone, as somebody who does not trust this program would.
    found, commitments = json.loads(encode(record)), {}
    key = bytes.fromhex(found.pop("salt"))
    for name, value in found.items():
        salt = hmac.new(key, name.encode(), hashlib.sha256).hexdigest()
        text = json.dumps([salt, name, value], separators=(",", ":"), sort_keys=True, ensure_ascii=False)
        commitments[name] = hashlib.sha256(text.encode()).hexdigest()
    text = json.dumps(commitments, separators=(",", ":"), sort_keys=True)
    assert record_id(record) == "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_an_id_never_changes_between_versions_of_fairshare() -> None:
    assert record_id(REQUEST) == "sha256:84e9c8a8d1330c2e4bfd22a917531180b609662de06d9b5fda77542782291cdd"


def test_the_same_words_with_another_salt_have_another_id_and_other_commitments() -> None:
    again = REQUEST.model_copy(update={"salt": "00" * 16})
    assert record_id(again) != record_id(REQUEST)
    assert not set(commit_fields(again).values()) & set(commit_fields(REQUEST).values())


def test_every_field_but_the_salt_is_committed_to() -> None:
    assert set(commit_fields(REQUEST)) == set(type(REQUEST).model_fields) - {"salt"}


def test_one_field_can_be_checked_without_the_others() -> None:
    commitments = commit_fields(REQUEST)
    shown = commit_field(field_salt(REQUEST.salt, "urgency"), "urgency", "routine")
    assert combine(commitments | {"urgency": shown}) == record_id(REQUEST)
    assert combine(
        commitments | {"urgency": commit_field(field_salt(REQUEST.salt, "urgency"), "urgency", "urgent")}
    ) != record_id(REQUEST)


def test_a_source_of_randomness_that_runs_short_is_refused() -> None:
    with pytest.raises(SettingOutOfRange):
        new_salt(lambda size: b"short")
