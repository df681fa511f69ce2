"""What every set of desk adapters must do. A set of adapters subclasses `PortsContract` and gives it a store.

The folder of files passes it in test_folder.py; the database's adapters will pass the very same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import pytest

from fairshare.desk.entries import TokenEnded, commit_to
from fairshare.desk.ports import Entries, Files, Records
from fairshare.ledger import Log, NotLogged
from fairshare.records import cosign_record, sign_record
from fairshare.records.withholding import PartialRecord, dispose_record
from fairshare.words import BadInput, NotFound
from tests.records.examples import AGREEMENT, HOLDER_KEY, LEAD, NOON, POLICE_KEY, SIGNED


class Store(Protocol):
    """The ports together, over one place."""

    @property
    def records(self) -> Records: ...
    @property
    def entries(self) -> Entries: ...
    @property
    def log(self) -> Log: ...
    @property
    def files(self) -> Files: ...


class PortsContract:
    """Subclass this with a fixture `reopen` that gives a store over the same place each time it is called."""

    @pytest.fixture
    def store(self, reopen: Callable[[], Store]) -> Store:
        return reopen()

    def test_what_was_added_is_found_in_order_and_after_reopening(
        self, store: Store, reopen: Callable[[], Store]
    ) -> None:
        for signed in SIGNED:
            store.records.add(signed)
        for each in (store, reopen()):
            assert each.records.of_case("hh-7") == SIGNED
            assert each.records.cases() == ("hh-7",)
            assert each.records.ids("hh-7") == tuple(kept.id for kept in each.records.of_case("hh-7"))
            assert each.records.find(SIGNED[3].id) == SIGNED[3]

    def test_every_record_is_in_the_log_and_proved(self, store: Store) -> None:
        for signed in SIGNED:
            store.records.add(signed)
        checkpoint = store.log.sequence()
        assert checkpoint.size == len(SIGNED)
        for signed in SIGNED:
            assert store.log.prove_inclusion(signed.id).holds(signed.id, checkpoint)

    def test_an_entry_is_kept_in_its_order_and_logged(self, store: Store, reopen: Callable[[], Store]) -> None:
        made = [
            TokenEnded(salt=f"{number:032x}", at=NOON, case=case, token=f"t{number}", by=LEAD)
            for number, case in enumerate(("hh-7", "hh-8", "hh-7"))
        ]
        for entry in made:
            store.entries.add(entry)
        for each in (store, reopen()):
            assert each.entries.of_kind("token_ended") == tuple(made)
            assert each.entries.of_kind("token_ended", "hh-7") == (made[0], made[2])
            assert each.entries.of_kind("accessed") == ()
        checkpoint = store.log.sequence()
        for entry in made:
            assert store.log.prove_inclusion(commit_to(entry)).holds(commit_to(entry), checkpoint)

    def test_adding_twice_changes_nothing(self, store: Store) -> None:
        for _ in range(2):
            store.records.add(SIGNED[0])
        assert len(store.records.of_case("hh-7")) == 1
        assert store.log.sequence().size == 1

    def test_an_unknown_record_is_not_found_and_an_unknown_case_is_empty(self, store: Store) -> None:
        with pytest.raises(NotFound):
            store.records.find("sha256:" + "0" * 64)
        assert store.records.of_case("nothing") == ()
        with pytest.raises(NotLogged):
            store.log.checkpoint()

    def test_a_second_signature_is_kept_and_logged(self, store: Store) -> None:
        first = sign_record(AGREEMENT, HOLDER_KEY)
        store.records.add(first)
        second = cosign_record(first, POLICE_KEY)
        store.records.add_signature(second)
        assert store.records.find(first.id) == second
        assert store.log.sequence().size == 2

    def test_only_one_signature_more_on_the_copy_held_is_accepted(self, store: Store) -> None:
        first = sign_record(AGREEMENT, HOLDER_KEY)
        store.records.add(first)
        with pytest.raises(BadInput):
            store.records.add_signature(sign_record(AGREEMENT, POLICE_KEY))
        assert store.records.find(first.id) == first
        assert store.log.sequence().size == 1

    def test_disposal_leaves_a_logged_tombstone_and_nothing_of_the_contents(
        self, store: Store, reopen: Callable[[], Store]
    ) -> None:
        for signed in SIGNED[:2]:
            store.records.add(signed)
        left = dispose_record(SIGNED[0], by=LEAD, at=NOON, reason="Retention ended", salt="0" * 32, key=HOLDER_KEY)
        store.records.dispose(left)
        for each in (store, reopen()):
            found = each.records.find(SIGNED[0].id)
            assert isinstance(found, PartialRecord)
            assert found == left
        assert left.tombstone is not None
        checkpoint = store.log.sequence()
        assert store.log.prove_inclusion(left.tombstone.id).holds(left.tombstone.id, checkpoint)

    def test_files_are_kept_whole_listed_and_removed(self, store: Store, reopen: Callable[[], Store]) -> None:
        store.files.write("drafts/a.json", b"one")
        store.files.write("drafts/b/c.json", b"two")
        store.files.write("drafts/a.json", b"three")
        assert reopen().files.read("drafts/a.json") == b"three"
        assert store.files.names("drafts") == ("drafts/a.json", "drafts/b/c.json")
        store.files.remove("drafts/a.json")
        store.files.remove("drafts/a.json")
        assert store.files.names("drafts") == ("drafts/b/c.json",)
        with pytest.raises(NotFound):
            store.files.read("drafts/a.json")

    @pytest.mark.parametrize(
        "name", ["", "/etc/passwd", "../x", "a/../../x", "a//b", ".hidden", "a/.b", "a\\b", "a\nb", "é"]
    )
    def test_a_name_that_is_not_plain_is_refused(self, store: Store, name: str) -> None:
        with pytest.raises(BadInput):
            store.files.write(name, b"")
