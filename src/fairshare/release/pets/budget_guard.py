"""The guard of the privacy budget: a release reserves before a row is read, and spends when it has happened."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from fairshare.records.canonical import encode
from fairshare.records.kinds import Release
from fairshare.records.signing import SignedRecord
from fairshare.release.bundle_record import is_same_person
from fairshare.release.engines import EngineReport
from fairshare.release.kinds import Contents, Table
from fairshare.release.pets.budget import EVERYBODY, BudgetLedger, Entry
from fairshare.release.pets.budget_told import tell_budget
from fairshare.release.plan import Plan, plan_to_json
from fairshare.release.publications import Loss
from fairshare.release.sources import Source
from fairshare.release.staging import Attempt
from fairshare.words import Refused

if TYPE_CHECKING:
    from fairshare.release.flow import Released

ON_RECEIPT = "privacy budget"


class BudgetOwn(Refused):
    """Whoever releases has set the limit themselves, so that nobody else has said how much may be told."""

    code = "PRIVACY_BUDGET_OWN"


@dataclass(frozen=True)
class BudgetGuard:
    """Keeps the budget ledger while one release is made. What publishes nothing private passes."""

    ledger: BudgetLedger
    now: Callable[[], datetime]

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        """Reserves the loss, or refuses: BudgetNotSet, BudgetOwn, BudgetExceeded."""
        release, loss = intent.record, find_loss(contents)
        if loss is None or not isinstance(contents, Table) or not isinstance(release, Release):
            return
        budget = self.ledger.find_budget(list_places(contents.plan.source, contents.base))
        check_not_own(self.ledger, budget, release)
        self.ledger.reserve(
            attempt.folder.name,
            budget=budget,
            recipient=release.recipient.name,
            loss=loss,
            what=contents.plan.name,
            asked=digest_question(contents.plan),
            at=self.now(),
        )

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        """Adds what is spent of the budget, for the holder: the recipient reads the loss itself, and no more."""
        loss = find_loss(contents)
        if loss is None or not isinstance(contents, Table):
            return report
        budget = self.ledger.find_budget(list_places(contents.plan.source, contents.base))
        section = tell_budget(budget, self.ledger.find_standing(budget), self.ledger.list_entries(budget))
        return replace(
            report,
            sections=(*report.sections, section),
            kept_by_holder={**report.kept_by_holder, ON_RECEIPT: f"{loss.describe()} of {budget}"},
        )

    def drawn(self, attempt: Attempt) -> None:
        """Something was drawn from the rows: the loss is spent, whatever comes of it.

        Else one could release again and again, until what is drawn passes an attack or pleases.
        """
        self.ledger.spend(attempt.folder.name, settled="")

    def settle(self, released: Released, attempt: Attempt) -> None:
        """The release has happened: the loss is spent."""
        self.ledger.spend(attempt.folder.name, settled=released.manifest.release.id)

    def discard(self, attempt: Attempt) -> None:
        """Nothing went: the loss is given back, if nothing was drawn."""
        self.ledger.give_back(attempt.folder.name)


def check_not_own(ledger: BudgetLedger, budget: str, release: Release) -> None:
    """Raises BudgetOwn if a limit that counts for a release was set by whoever releases."""
    for limit in {each.recipient: each for each in ledger.list_limits(budget)}.values():
        mine = limit.recipient in (EVERYBODY, release.recipient.name)
        if mine and is_same_person(limit.set_by, release.released_by):
            raise BudgetOwn(
                f"whoever releases has set the privacy budget {budget!r} themselves",
                fix="Have somebody else release it, or somebody else set the limit: fairshare budget set --as NAME.",
                where="budget",
            )


def find_loss(contents: Contents) -> Loss | None:
    """What a release takes out of a privacy budget; none for rows, files and what is told."""
    return contents.plan.publish.loss if isinstance(contents, Table) and contents.plan.publish is not None else None


def list_places(source: Source, base: Path) -> tuple[str, ...]:
    """Where a source is, and each folder that it is in, nearest first: any of them may have a budget.

    A file is known by its place, whatever columns or rows of it a plan reads; a database's table by its connection.
    """
    path = getattr(source, "path", None)
    if path is not None:
        found = Path(os.path.realpath(base / path))
        return tuple(str(each) for each in (found, *found.parents))
    names = [
        str(getattr(source, name))
        for name in ("connection", "schema_name", "database", "table")
        if hasattr(source, name)
    ]
    return (":".join([source.format, *names]), ":".join([source.format, names[0]]))


def digest_question(plan: Plan) -> str:
    """A digest of what is asked, whatever the plan is called."""
    asked = {name: value for name, value in plan_to_json(plan).items() if name != "name"}
    return sha256(encode(asked)).hexdigest()


def find_earlier_answer(ledger: BudgetLedger, plan: Plan) -> Entry | None:
    """The last time that the very same was asked and told: that answer can be sent again, and costs nothing."""
    asked = digest_question(plan)
    told = [each for each in ledger.list_entries() if each.asked == asked and each.settled]
    return told[-1] if told else None
