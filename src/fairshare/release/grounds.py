"""What a release stands on."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date

from fairshare.agree.standing import Held
from fairshare.records.kinds import Agreement, Decision, Notice, Release, ScopeLine
from fairshare.records.kinds import Plan as PlanRecord
from fairshare.release.bundle_record import Redaction
from fairshare.release.intruder import Judgement
from fairshare.release.opt_outs_known import KnownOptOuts
from fairshare.words import UNOBTAINABLE, Reason

LOCATION_AT_RISK = "item.location_at_risk"
MAY_BE_AT_RISK = (True, "yes", UNOBTAINABLE)
"""Where nobody could find out, somebody may be."""


def needs_agreement(decision: Decision) -> bool:
    """Whether it is routine sharing. A lapsed agreement never holds up what was decided on its own."""
    return decision.routine and not decision.emergency and not decision.compelled


@dataclass(frozen=True)
class Grounds:
    """What a release stands on: the intent, the decision, any agreement, and what was verified about them.

    The two `signed_by` hold the ids of trusted keys whose signatures were verified: of the holder's own keys for the
    decision, since no partner decides for it; of any party's for the agreement.
    """

    release: Release
    decision: Decision
    decision_signed_by: frozenset[str]
    today: date
    law_today: Callable[[Decision, date], tuple[Reason, ...]]
    """What would come out differently under the law of a date; nothing if all of it stands."""
    plan: PlanRecord | None = None
    """For a table: the plan as it was recorded."""
    agreement: Agreement | None = None
    agreement_signed_by: Collection[str] = ()
    """In the order in which they signed, where that order was agreed."""
    agreement_notices: tuple[Notice, ...] = ()
    """What its parties told each other, verified, in order; `agreement_place` of them stood before it in the case."""
    agreement_place: int = 0
    framework: Held | None = None
    """What the agreement is a schedule to, if it is one."""
    at_risk: frozenset[str] = frozenset()
    """Refs of items that give away where somebody at risk can be found, as the releaser says; see `refs_at_risk`."""
    redaction: Redaction | None = None
    """The newest redaction of documents that was made under the decision."""

    judgement: Judgement | None = None
    """That people can no longer be identified in what this very plan sends, as somebody judged."""

    opt_outs: KnownOptOuts = field(default_factory=KnownOptOuts)
    """What the desk knows of lists of opt-outs."""

    @property
    def refs_at_risk(self) -> frozenset[str]:
        """Refs of items that can lead to somebody at risk: as the releaser says, and as the decision was answered."""
        answered = {key for key, answer in self.decision.answers.items() if answer.value in MAY_BE_AT_RISK}
        everything = LOCATION_AT_RISK in answered
        decided = {
            line.item.ref
            for line in self.decision.scope
            if everything or f"{LOCATION_AT_RISK}@{line.item.ref}" in answered
        }
        return self.at_risk | decided

    @property
    def needs_agreement(self) -> bool:
        """Whether this is routine sharing."""
        return needs_agreement(self.decision)

    @property
    def held(self) -> Held | None:
        """The agreement as it is held, with its signatures and notices."""
        if self.agreement is None:
            return None
        signed = tuple(self.agreement_signed_by)
        return Held(self.agreement, signed, self.agreement_notices, self.agreement_place, self.framework)

    def lines_for(self, ref: str) -> tuple[ScopeLine, ...]:
        """What the decision says of one item."""
        return tuple(line for line in self.decision.scope if line.item.ref == ref)
