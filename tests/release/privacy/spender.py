"""What the child processes of the budget's tests do: ask for privacy budget, until they are killed or refused."""

from datetime import UTC, datetime
from pathlib import Path

from fairshare.release.pets.budget import BudgetExceeded, BudgetLedger
from fairshare.release.publications import Loss

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
EACH = Loss(epsilon=0.25)


def reserve(ledger: BudgetLedger, attempt: str, recipient: str = "council", loss: Loss = EACH) -> None:
    """Reserves of the one budget that the tests have."""
    ledger.reserve(attempt, budget="pupils", recipient=recipient, loss=loss, what="plan", asked=attempt, at=NOW)


def spend_until_refused(path: Path, name: str) -> None:
    """Reserves and spends, or gives every third one back, and writes each down once it is done."""
    ledger = BudgetLedger(path)
    with (path.parent / f"{name}.said").open("a") as said:
        for number in range(1000):
            attempt = f"{name}-{number}"
            try:
                reserve(ledger, attempt)
            except BudgetExceeded:
                return
            print("reserved", attempt, file=said, flush=True)
            if number % 3 == 2:
                ledger.give_back(attempt)
                print("given_back", attempt, file=said, flush=True)
            else:
                ledger.spend(attempt, settled="release")
                print("spent", attempt, file=said, flush=True)
