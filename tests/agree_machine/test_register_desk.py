"""The register at a desk is never out of date, what is imported counts for nothing, and a mismatch is never signed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairshare.agree.imports import read_source
from fairshare.agree.imports_mapping import check_import, draft_mapping
from fairshare.agree.odrl import write_odrl
from fairshare.agree.odrl_compare import OdrlMismatch
from fairshare.desk.attach_odrl import attach_odrl, check_attached_odrl, detach_odrl
from fairshare.desk.compose_agreement import read_draft
from fairshare.desk.dispose_record import dispose_of_record
from fairshare.desk.draft_agreement import sign_case_agreement, take_signed_agreement
from fairshare.desk.keep_register import (
    INDEX,
    NotYourRegister,
    find_state,
    import_entries,
    list_desk_conflicts,
    mark_field,
    open_register,
    publish_register,
)
from fairshare.desk.look_after_agreement import end_agreement, suspend_agreement
from fairshare.desk.ports import Desk
from fairshare.records import cosign_record
from fairshare.words import NotFound
from tests.agree.test_agreement_desk import HANDLER, POLICE, compose, decide, make_desk, release, sign_both
from tests.desk.test_use_cases import EVERYBODY, StoppedClock
from tests.records.examples import POLICE_KEY

RAW = b"Title,Recipient,Data items,Status\nOld scheme,Northshire Police,door log,live\n"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def desk(tmp_path: Path, clock: StoppedClock) -> Iterator[Desk]:
    with make_desk(tmp_path / "desk", clock) as opened:
        yield opened


def find(desk: Desk, **asked: object) -> list[tuple[str, str, str | None]]:
    day = desk.clock.now().date()
    with open_register(desk) as register:
        found = register.find(**asked)  # type: ignore[arg-type]
        return [(each.entry.sort, each.entry.title, find_state(desk, each.entry, day)) for each in found]


def take_old(desk: Desk) -> None:
    source = read_source(RAW, where="old.csv")
    mapping = draft_mapping(source).model_copy(update={"confirmed_by": "Ann"})
    plan = check_import(source, mapping)
    import_entries(desk, EVERYBODY, plan.entries, source=source.name, digest=source.sha256)


def test_an_agreement_its_disclosures_and_imports_are_found_with_their_state_as_it_is_today(
    desk: Desk, clock: StoppedClock
) -> None:
    items = decide(desk)
    compose(desk)
    with open_register(desk) as register:
        assert list(register.entries()) == []
    sign_both(desk)
    assert find(desk, party="northshire police") == [("agreement", "Doors", "in_force")]
    suspend_agreement(desk, HANDLER, "c1", clock.time.date(), reason="A door was left open.")
    assert find(desk, party="police", text="doors") == [("agreement", "Doors", "suspended")]
    end_agreement(desk, EVERYBODY, "c1", clock.time.date(), "delete", 30, reason="Done.")
    take_old(desk)
    take_old(desk)
    assert sorted(find(desk, party="police")) == [("agreement", "Doors", "ended"), ("agreement", "Old scheme", "live")]
    assert items


def test_a_disclosure_that_was_made_is_in_the_register_too(desk: Desk) -> None:
    items = decide(desk)
    compose(desk)
    sign_both(desk)
    release(desk, items)
    assert [sort for sort, _, _ in find(desk, party=POLICE)].count("disclosure") == 1


def test_what_was_disposed_of_is_gone_from_the_index(desk: Desk) -> None:
    decide(desk)
    compose(desk)
    signed = sign_both(desk)
    assert find(desk, text="doors")
    dispose_of_record(desk, EVERYBODY, "c1", signed.id, reason="Its retention has ended.")
    assert not desk.files.path(INDEX).exists()
    assert find(desk, text="doors") == []


def test_only_what_was_agreed_is_published_and_marks_hold(desk: Desk) -> None:
    decide(desk)
    compose(desk)
    day = desk.clock.now().date()
    ours = sign_case_agreement(desk, EVERYBODY, "c1")
    with open_register(desk) as register:
        assert publish_register(desk, register, day) == ()
    take_signed_agreement(desk, EVERYBODY, "c1", cosign_record(ours, POLICE_KEY))
    with open_register(desk) as register:
        (published,) = publish_register(desk, register, day)
        assert published.fields["receiving"] == POLICE
        assert set(published.withheld) == {"security", "route"}
        entry = register.entry(published.id)
        assert entry is not None
        mark_field(desk, EVERYBODY, entry, "items", "an operation is open")
        mark_field(desk, EVERYBODY, entry, "security", None)
        (published,) = publish_register(desk, register, day)
    assert published.withheld["items"] == "an operation is open"
    assert "items" not in published.fields
    assert "security" in published.fields


def test_a_handler_may_look_but_not_change(desk: Desk) -> None:
    take_old(desk)
    with open_register(desk) as register:
        entry = next(register.entries())
        with pytest.raises(NotYourRegister):
            mark_field(desk, HANDLER, entry, "items", "x")
    with pytest.raises(NotYourRegister):
        import_entries(desk, HANDLER, [], source="x.csv", digest="0" * 64)


def test_a_damaged_index_is_made_anew(desk: Desk) -> None:
    take_old(desk)
    assert find(desk, text="scheme")
    desk.files.write("register/index.db", b"not a database")
    assert find(desk, text="scheme")


def test_an_attached_odrl_file_that_differs_holds_up_the_signature_until_it_is_mended_or_taken_away(desk: Desk) -> None:
    decide(desk)
    compose(desk)
    written = write_odrl(read_draft(desk, "c1"))
    assert attach_odrl(desk, EVERYBODY, "c1", json.dumps(written).encode(), where="a.json") == ()
    check_attached_odrl(desk, "c1", read_draft(desk, "c1"))
    edited = json.dumps(written | {"dct:title": "Windows"}).encode()
    (difference,) = attach_odrl(desk, EVERYBODY, "c1", edited, where="a.json")
    assert difference.says == "the title: the agreement says 'Doors', the ODRL file 'Windows'."
    with pytest.raises(OdrlMismatch):
        sign_case_agreement(desk, EVERYBODY, "c1")
    compose(desk, title="Windows")
    attach_odrl(desk, EVERYBODY, "c1", json.dumps(written).encode(), where="a.json")
    detach_odrl(desk, EVERYBODY, "c1")
    sign_case_agreement(desk, EVERYBODY, "c1")


def test_an_odrl_file_is_attached_to_a_draft_only(desk: Desk) -> None:
    decide(desk)
    with pytest.raises(NotFound):
        attach_odrl(desk, EVERYBODY, "c1", b'{"@type": "odrl:Agreement"}', where="a.json")


def test_an_agreement_in_step_with_its_decision_has_no_conflicts_at_the_desk(desk: Desk) -> None:
    decide(desk)
    compose(desk)
    sign_both(desk)
    assert list_desk_conflicts(desk, desk.clock.now().date()) == ()
    assert list_desk_conflicts(desk, desk.clock.now().date(), "c1") == ()
