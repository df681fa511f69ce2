"""An agreement that is paused while a release is made: routine sharing stops, and an emergency goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fairshare.agree.force import AgreementNotInForce
from fairshare.agree.standing import Held
from fairshare.desk.entering import enter, find_latest, read_case
from fairshare.desk.look_after_agreement import suspend_agreement
from fairshare.desk.ports import Desk
from fairshare.desk.release_case import release_case
from fairshare.records import Decision, Receipt
from fairshare.release.flow import run_release
from fairshare.words import Reason
from tests.agree.test_agreement_desk import HANDLER, compose, decide, make_desk, sign_both
from tests.desk.test_use_cases import EVERYBODY, StoppedClock, same_law, tell
from tests.release.flow.stories import FileBook, make_ports, routine, to_reader
from tests.release.robust.ledger import LedgerGuard
from tests.release.robust.long_tables import count_noted, make_long, write_long


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with make_desk(tmp_path / "desk", StoppedClock()) as opened:
        yield opened


def pausing(desk: Desk) -> Callable[[Decision, date], tuple[Reason, ...]]:
    """The law of the day, looked up last of all checks: while it is, somebody suspends the agreement."""

    def look_up(decision: Decision, day: date) -> tuple[Reason, ...]:
        suspend_agreement(desk, HANDLER, "c1", day, reason="A door was left open.")
        return tuple(same_law(decision, day))

    return look_up


def count_receipts(desk: Desk) -> int:
    return sum(isinstance(each.record, Receipt) for each in read_case(desk, "c1"))


def test_a_notice_that_comes_after_the_checks_stops_the_release_at_the_desk(desk: Desk) -> None:
    items = decide(desk)
    compose(desk)
    sign_both(desk)
    with pytest.raises(AgreementNotInForce, match="suspended by Hill"):
        release_case(desk, EVERYBODY, "c1", tell(*items), law_today=pausing(desk))
    assert count_receipts(desk) == 0
    assert list(desk.files.path("releases/c1").glob("release-*")) == []


@pytest.mark.parametrize("sort", [{"emergency": True}, {"compelled": True}, {"routine": False}])
def test_what_is_urgent_a_duty_or_decided_on_its_own_is_not_held_up(desk: Desk, sort: dict[str, bool]) -> None:
    items = decide(desk)
    compose(desk)
    sign_both(desk)
    decided = find_latest(read_case(desk, "c1"), "decision").record
    enter(desk, decided.model_copy(update=sort | {"salt": "8" * 32}))
    release_case(desk, EVERYBODY, "c1", tell(*items), law_today=pausing(desk))
    assert count_receipts(desk) == 1


@pytest.mark.parametrize("parts", [None, 1000])
def test_a_long_run_whose_agreement_has_ended_meanwhile_releases_nothing_and_spends_nothing(
    tmp_path: Path, parts: int | None
) -> None:
    write_long(tmp_path / "inputs", 4_000)
    table = make_long(tmp_path / "inputs", rows_per_part=parts)
    ledger, grounds = LedgerGuard(tmp_path / "ledger.sqlite"), routine(table)
    asked: list[int] = []

    def hold_now() -> Held | None:
        asked.append(len(ledger.reserved()))
        assert grounds.held is not None
        return replace(grounds.held, signed_by=())

    given: dict[str, Any] = {"guards": (ledger,), "held_now": hold_now}
    ports = replace(make_ports(FileBook(tmp_path / "book")), **given)
    with pytest.raises(AgreementNotInForce):
        run_release(grounds, table, to_reader(tmp_path / "out"), ports)
    assert asked == [1], "it is looked at once, when everything else is done"
    assert (ledger.reserved(), ledger.spent()) == ([], [])
    assert list((tmp_path / "out").glob("release-*")) == []
    assert count_noted(tmp_path) == (4 if parts else 0), "the parts wait, in case the sharing is taken up again"
