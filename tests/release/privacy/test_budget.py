"""The privacy budget is never overspent and nothing of it is lost, whoever asks at once and whatever is killed."""

import multiprocessing
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.desk.keep_budget import knows_recipient
from fairshare.desk.workspace import open_desk
from fairshare.release.pets.budget import (
    BudgetExceeded,
    BudgetLedger,
    BudgetNotSet,
    BudgetUnfit,
    LedgerFailed,
    Limit,
)
from fairshare.release.pets.budget_accountant import add_up, find_what_fits, fits
from fairshare.release.pets.budget_told import draw_bar, tell_budget
from fairshare.release.publications import Loss
from fairshare.words import Person
from tests.release.delivery.made import make_desk, start_sharing
from tests.release.privacy.spender import EACH, NOW, reserve, spend_until_refused

DPO = Person(name="Ada Price", role="data protection officer")
KILLS = 50


def set_limit(ledger: BudgetLedger, epsilon: float = 2.0, recipient: str = "", delta: float = 1e-6) -> None:
    ledger.set_limit(
        Limit(
            budget="pupils", recipient=recipient, epsilon=epsilon, delta=delta, set_by=DPO, set_at=NOW, reason="agreed"
        )
    )


@pytest.fixture
def ledger(tmp_path: Path) -> BudgetLedger:
    made = BudgetLedger(tmp_path / "budget.sqlite")
    set_limit(made)
    return made


@pytest.fixture(scope="module")
def processes() -> multiprocessing.context.ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.release.privacy.spender", "dp_accounting.rdp"])
    return context


def states(ledger: BudgetLedger) -> dict[str, str]:
    return {each.attempt: each.state for each in ledger.list_entries("pupils")}


def test_what_is_reserved_counts_until_it_is_spent_or_given_back(ledger):
    for attempt in "abcdefgh":
        reserve(ledger, attempt)
    with pytest.raises(BudgetExceeded, match="2 of 2 is spent or set aside") as refused:
        reserve(ledger, "i")
    assert "Nothing more fits" in refused.value.fix
    assert "send again" in refused.value.fix
    ledger.give_back("a")
    ledger.spend("b", settled="release")
    reserve(ledger, "j")
    assert states(ledger) == {"a": "given_back", "b": "spent", **dict.fromkeys("cdefghj", "reserved")}


def test_a_refusal_says_what_would_fit_and_that_does_fit(ledger):
    reserve(ledger, "a", loss=Loss(epsilon=1.9))
    with pytest.raises(BudgetExceeded, match=r"epsilon 0.25 is more than is left.* 1.9 of 2") as refused:
        reserve(ledger, "b")
    assert "epsilon of 0.1 at most" in refused.value.fix
    reserve(ledger, "b", loss=Loss(epsilon=0.1))


def test_reserving_spending_and_giving_back_can_come_again(ledger):
    for _ in range(2):
        reserve(ledger, "a")
    for _ in range(2):
        ledger.spend("a", settled="release")
        ledger.give_back("a")
    assert states(ledger) == {"a": "spent"}
    with pytest.raises(BudgetUnfit, match="before"):
        reserve(ledger, "a")
    ledger.give_back("never reserved")
    ledger.spend("never reserved", settled="release")
    assert states(ledger) == {"a": "spent"}


def test_a_recipient_has_a_limit_of_its_own_beside_that_of_everybody(ledger):
    set_limit(ledger, 0.5, "council")
    reserve(ledger, "a")
    reserve(ledger, "b")
    with pytest.raises(BudgetExceeded, match="for council"):
        reserve(ledger, "c")
    reserve(ledger, "c", recipient="trust")
    total, council = ledger.find_standing("pupils")
    assert (total.reserved.added, council.reserved.added, council.left) == (0.75, 0.5, 0.0)


def test_the_last_limit_counts_and_what_was_told_before_counts_under_it(ledger):
    reserve(ledger, "a", loss=Loss(epsilon=1.5))
    set_limit(ledger, 1.0)
    with pytest.raises(BudgetExceeded):
        reserve(ledger, "b", loss=Loss(epsilon=0.01))
    assert ledger.find_standing("pupils")[0].left == 0
    assert draw_bar(ledger.find_standing("pupils")[0]).endswith("]!")
    assert [each.epsilon for each in ledger.list_limits("pupils")] == [2.0, 1.0]


def test_without_a_limit_or_a_budget_nothing_private_is_told(tmp_path):
    ledger = BudgetLedger(tmp_path / "budget.sqlite")
    with pytest.raises(BudgetNotSet):
        reserve(ledger, "a")
    with pytest.raises(BudgetNotSet):
        ledger.find_budget(["/somewhere"])
    set_limit(ledger, recipient="council")
    with pytest.raises(BudgetNotSet):  # a limit for one recipient says nothing of everybody together
        reserve(ledger, "a")


def test_a_folder_has_a_budget_for_all_in_it_and_a_source_never_has_two(tmp_path):
    ledger = BudgetLedger(tmp_path / "budget.sqlite")
    ledger.cover("pupils", "/school")
    ledger.cover("pupils", "/school")
    assert ledger.find_budget(["/school/2026/pupils.csv", "/school/2026", "/school", "/"]) == "pupils"
    with pytest.raises(BudgetUnfit):
        ledger.cover("other", "/school")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/school", "/school/2026/pupils.csv"),
        ("/", "/school"),
        ("postgres:records", "postgres:records:public:pupils"),
    ],
)
def test_neither_a_part_of_a_source_nor_what_it_is_in_has_another_budget(tmp_path, first, second):
    for number, (one, other) in enumerate([(first, second), (second, first)]):
        ledger = BudgetLedger(tmp_path / f"{number}.sqlite")
        ledger.cover("pupils", one)
        with pytest.raises(BudgetUnfit, match="draws on the budget 'pupils'"):
            ledger.cover("mine", other)
        ledger.cover("pupils", other)
        assert {budget for _, budget in ledger.list_covered()} == {"pupils"}


def test_what_stands_beside_a_source_has_a_budget_of_its_own(tmp_path):
    ledger = BudgetLedger(tmp_path / "budget.sqlite")
    for place in ("/school", "/school2", "postgres:records", "postgres:records2"):
        ledger.cover(place.replace("/", "").replace(":", "-"), place)
    assert len(ledger.list_covered()) == 4


def test_a_damaged_ledger_stops_everything(tmp_path):
    (tmp_path / "budget.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerFailed) as stopped:
        reserve(BudgetLedger(tmp_path / "budget.sqlite"), "a")
    assert "losses on the receipts" in stopped.value.fix


def test_the_picture_shows_spent_set_aside_and_free(ledger):
    reserve(ledger, "a", loss=Loss(epsilon=1))
    ledger.spend("a", settled="release")
    reserve(ledger, "b", loss=Loss(epsilon=0.5))
    standing = ledger.find_standing("pupils")[0]
    assert draw_bar(standing, 20) == "[##########+++++.....]"
    section = tell_budget("pupils", ledger.find_standing("pupils"), ledger.list_entries("pupils"))
    assert section.rows[0][:3] == ("everybody together", "2", "1.5")
    assert section.holder_only
    assert section.charts[0].series[1].values == (0.5,)


def test_many_processes_at_once_never_overspend(ledger, tmp_path, processes):
    set_limit(ledger, 5.0)
    racing = [
        processes.Process(target=spend_until_refused, args=(tmp_path / "budget.sqlite", f"p{n}")) for n in range(6)
    ]
    for each in racing:
        each.start()
    for each in racing:
        each.join(60)
        assert each.exitcode == 0
    found = states(ledger)
    spent = sum(state == "spent" for state in found.values())
    total = ledger.find_standing("pupils")[0]
    assert total.reserved.epsilon <= 5.0
    assert spent >= 20  # 0.25 each; the accountant may let a few more through
    assert not fits([EACH] * (spent + 1), 5.0, 1e-6)


@pytest.mark.parametrize("round_", range(5))
def test_a_killed_process_neither_loses_nor_doubles_what_it_said(ledger, tmp_path, processes, round_):
    chance = random.Random(round_)
    set_limit(ledger, 30.0)
    for number in range(KILLS // 5):
        process = processes.Process(target=spend_until_refused, args=(tmp_path / "budget.sqlite", f"k{number}"))
        process.start()
        while not (tmp_path / f"k{number}.said").exists():
            time.sleep(0.002)
        time.sleep(chance.uniform(0.0, 0.05))
        process.kill()
        process.join(30)
    said: dict[str, str] = {}
    for path in sorted(tmp_path.glob("*.said")):
        for line in path.read_text().splitlines():
            state, _, attempt = line.partition(" ")
            if attempt:
                said[attempt] = state
    found = states(ledger)
    assert said
    for attempt, state in said.items():
        # What was said is durable; at most the step after it was done and not yet said.
        assert found[attempt] == state or (state == "reserved" and found[attempt] in ("spent", "given_back"))
    assert len(set(found) - set(said)) <= KILLS // 5
    before = ledger.find_standing("pupils")[0].reserved.epsilon
    left = [attempt for attempt, state in found.items() if state == "reserved"]
    for attempt in left:
        ledger.give_back(attempt)
    after = ledger.find_standing("pupils")[0]
    assert after.reserved == after.bounds
    assert after.reserved.epsilon <= before <= 30.0


losses = st.one_of(
    st.floats(0.001, 3).map(lambda epsilon: Loss(epsilon=epsilon)),
    st.floats(0.0001, 0.5).map(lambda rho: Loss(rho=rho)),
    st.floats(0.001, 1).map(lambda epsilon: Loss(epsilon=epsilon, delta=1e-9)),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(losses, max_size=8), losses)
def test_a_loss_more_never_makes_the_bound_smaller_and_order_does_not_matter(before, more):
    one, other = add_up(before, 1e-6), add_up([*before, more], 1e-6)
    assert other.added >= one.added
    assert other.accounted >= one.accounted
    assert add_up([more, *before], 1e-6) == replace(other)
    assert fits([*before, more], other.epsilon, 1e-6)


@settings(max_examples=30, deadline=None)
@given(st.lists(losses, max_size=5), st.floats(0.1, 8))
def test_what_is_said_to_fit_fits_and_hardly_more_does(before, limit):
    most = find_what_fits(before, limit, 1e-6)
    if most > 0:
        assert fits([*before, Loss(epsilon=most)], limit, 1e-6)
    assert not fits([*before, Loss(epsilon=most * 1.02 + 0.01)], limit, 1e-6)


def test_many_small_losses_are_accounted_for_at_much_less_than_their_sum():
    found = add_up([Loss(epsilon=0.05)] * 200, 1e-6)
    assert found.added == pytest.approx(10.0)
    # rho = 200 * 0.05^2 / 2 = 0.25, and the well-known conversion rho + 2 sqrt(rho log(1/delta)) is a looser bound
    assert found.accounted < 0.25 + 2 * (0.25 * 14.6) ** 0.5
    assert found.epsilon == found.accounted


def test_losses_with_a_delta_use_up_the_delta():
    assert not fits([Loss(epsilon=0.1, delta=4e-7)] * 2, 100, 1e-6)
    assert fits([Loss(epsilon=0.1, delta=4e-7)], 100, 1e-6)


def test_a_refusal_for_want_of_delta_says_so(ledger):
    reserve(ledger, "a", loss=Loss(epsilon=0.1, delta=4e-7))
    with pytest.raises(BudgetExceeded) as refused:
        reserve(ledger, "b", loss=Loss(epsilon=0.1, delta=4e-7))
    assert "deltas that come to no more than 5e-07" in refused.value.fix


def test_a_desk_knows_the_recipients_of_its_decisions_and_agreements_only(tmp_path):
    sharing = start_sharing(make_desk(tmp_path / "desk"))
    with open_desk(sharing.root) as desk:
        assert knows_recipient(desk, sharing.recipient)
        assert knows_recipient(desk, "in house")
        assert not knows_recipient(desk, f"{sharing.recipient} ")
