"""Keys belong to one case and recipient; they are rotated, destroyed and used to turn pseudonyms back, on record."""

from __future__ import annotations

import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.cli.pseudonyms import BadPseudonymKey, FolderKeys, PseudonymKeyMissing, make_pseudonym_key
from fairshare.release.custody import (
    KeyEvent,
    KeyGone,
    OtherAgreementsKey,
    PseudonymsUnfit,
    check_key,
    find_custody,
    split_version,
)
from fairshare.release.engines.relinking import find_originals, read_pseudonyms
from fairshare.release.sources import CsvFile
from fairshare.words import FairshareError
from tests.release.flow.stories import HANDLER


def event(act: str, version: int = 1, key: str = "k", recipient: str = "R") -> KeyEvent:
    return KeyEvent(key=key, version=version, act=act, recipient=recipient, by=HANDLER)


def stand(*events: KeyEvent, case: str = "c1"):
    return find_custody((case, each) for each in events).get("k")


def test_a_key_belongs_to_the_case_and_recipient_that_used_it_first():
    held = stand(event("bound"))
    check_key(held, "k", case="c1", recipient="R")
    for case, recipient in (("c2", "R"), ("c1", "S")):
        with pytest.raises(OtherAgreementsKey):
            check_key(held, "k", case=case, recipient=recipient)


def test_a_key_that_nobody_used_may_be_anybodys():
    check_key(None, "k", case="c1", recipient="R")
    with pytest.raises(KeyGone):
        check_key(None, "k:2", case="c1", recipient="R")


def test_after_a_rotation_only_the_newest_version_makes_pseudonyms():
    held = stand(event("bound"), event("rotated", 2))
    check_key(held, "k", case="c1", recipient="R")
    check_key(held, "k:2", case="c1", recipient="R")
    with pytest.raises(KeyGone):
        check_key(held, "k:1", case="c1", recipient="R")
    assert held.usable == (1, 2)


def test_a_destroyed_key_is_gone():
    held = stand(event("bound"), event("rotated", 2), event("destroyed", 1))
    assert held.usable == (2,)
    check_key(held, "k", case="c1", recipient="R")
    with pytest.raises(KeyGone):
        check_key(stand(event("bound"), event("destroyed")), "k", case="c1", recipient="R")


@given(st.text(max_size=30))
def test_any_key_id_is_split_into_a_name_and_perhaps_a_version(text):
    name, version = split_version(text)
    assert text == (name if version is None else f"{name}:{version}")


def test_versions_are_files_of_their_own_that_only_the_owner_reads(tmp_path):
    make_pseudonym_key(tmp_path / "keys", "k")
    keys = FolderKeys(tmp_path / "keys")
    first = keys.key_for("k")
    keys.make_version("k", 2)
    keys.make_version("k", 2)
    second = keys.key_for("k")
    assert first != second == keys.key_for("k:2")
    assert keys.key_for("k:1") == first
    keys.destroy_version("k", 1)
    keys.destroy_version("k", 1)
    with pytest.raises(PseudonymKeyMissing):
        keys.key_for("k:1")
    assert all(each.stat().st_mode & 0o077 == 0 for each in (tmp_path / "keys").iterdir())


@pytest.mark.parametrize("key_id", ["../x", "*", "", "a/b", "k:0", "k:x"])
def test_what_is_no_key_id_is_refused(tmp_path, key_id):
    with pytest.raises((BadPseudonymKey, PseudonymKeyMissing)):
        FolderKeys(tmp_path).key_for(key_id)


class Fixed:
    def key_for(self, key_id: str) -> bytes:
        return sha256(key_id.encode()).digest()


def test_pseudonyms_are_turned_back_over_the_source(tmp_path):
    (tmp_path / "p.csv").write_text("id\n" + "".join(f"{n}\n" for n in range(2000)))
    made = {hmac.new(Fixed().key_for("k:1"), str(n).encode(), sha256).hexdigest(): str(n) for n in (7, 1999, 5000)}
    found = find_originals(CsvFile(format="csv", path="p.csv"), "id", "k:1", list(made), keys=Fixed(), base=tmp_path)
    assert dict(found) == {pseudonym: n for pseudonym, n in made.items() if n != "5000"}


def test_pseudonyms_of_two_agreements_have_nothing_in_common():
    ids = [str(n).encode() for n in range(500)]
    one, other = ({hmac.new(key, each, sha256).hexdigest() for each in ids} for key in (b"1" * 32, b"2" * 32))
    assert not one & other


@given(st.binary(max_size=200))
def test_any_bytes_are_pseudonyms_or_refused(raw):
    try:
        assert read_pseudonyms(raw, where="x")
    except FairshareError:
        pass


def test_what_is_no_pseudonym_is_refused():
    with pytest.raises(PseudonymsUnfit):
        read_pseudonyms(b"A. Wren\n", where="x")
    assert read_pseudonyms(b'"' + b"a" * 64 + b'"\r\n\n', where="x") == ["a" * 64]
