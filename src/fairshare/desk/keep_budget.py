"""The desk's privacy budgets: a named person sets them, releases spend them, and anybody here may look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor, check_who
from fairshare.records import Agreement, Decision, SignedRecord
from fairshare.release.pets.budget import EVERYBODY, LEDGER_FILE, BudgetLedger, Limit
from fairshare.release.pets.budget_guard import BudgetGuard, list_places
from fairshare.release.pets.budget_in_house import IN_HOUSE, Spending
from fairshare.release.plan import Plan
from fairshare.words.reading import build


def find_ledger(desk: Desk) -> BudgetLedger:
    """The desk's budget ledger."""
    return BudgetLedger(desk.files.path(LEDGER_FILE))


def make_budget_guard(desk: Desk) -> BudgetGuard:
    """What a release asks before it tells anything private."""
    return BudgetGuard(find_ledger(desk), desk.clock.now)


def knows_recipient(desk: Desk, name: str) -> bool:
    """Whether a decision or an agreement at the desk names this recipient: a limit only counts for that very name."""
    for case in desk.records.cases():
        for kept in desk.records.of_case(case):
            match kept.record if isinstance(kept, SignedRecord) else None:
                case Decision(recipient=recipient) if recipient.name == name:
                    return True
                case Agreement(parties=parties) if name in {each.organisation.name for each in parties}:
                    return True
    return name == IN_HOUSE


def spend_in_house(desk: Desk) -> Spending:
    """What one run for yourself takes out of the desk's budgets; for `open_plan(...).run(..., spending=...)`."""
    return Spending(find_ledger(desk), f"in-house-{desk.entropy(8).hex()}", desk.clock.now())


def set_budget(
    desk: Desk,
    actor: Actor,
    name: str,
    *,
    epsilon: float,
    delta: float,
    recipient: str = EVERYBODY,
    reason: str,
    plans: Sequence[tuple[Plan, Path]] = (),
    folders: Sequence[Path] = (),
) -> Limit:
    """Sets how much of a source may be told, to a recipient or to everybody together; and which sources it covers.

    Takes    plans: each with the folder that its paths start at; their sources draw on this budget from now on.
    Raises   NotYours; BudgetUnfit when a source has another budget; BadInput for limits that cannot be.
    """
    check_who(actor, Action.SET_BUDGET)
    given = {
        "budget": name,
        "recipient": recipient,
        "epsilon": epsilon,
        "delta": delta,
        "set_by": actor.person,
        "set_at": desk.clock.now(),
        "reason": reason,
    }
    limit = build(Limit, given, where="budget")
    ledger = find_ledger(desk)
    places = [list_places(plan.source, base)[0] for plan, base in plans] + [str(each.resolve()) for each in folders]
    for place in places:
        ledger.cover(name, place)
    ledger.set_limit(limit)
    return limit
