"""Whether what was released may still be handed over or read today: it was allowed once, and must be allowed now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from fairshare.agree.force import AgreementNotInForce, check_held_in_force
from fairshare.agree.standing import Held, find_standing
from fairshare.records.agreed import Recalled
from fairshare.records.kinds import Decision, Notice, Receipt, Release
from fairshare.release.grounds import needs_agreement
from fairshare.release.refusals import AgreementMissing, NotDecidedToShare, OutsideAgreement, OutsideDates
from fairshare.words import Reason, Refused


class ReleaseRecalled(Refused):
    """The release was recalled: nothing of it may be handed over or read any more."""

    code = "RELEASE_RECALLED"


@dataclass(frozen=True)
class Went:
    """A release that has happened, and how everything that it stands on is today."""

    id: str
    release: Release
    receipt: Receipt
    decision: Decision
    """The decision that it was released under."""
    newest: Decision
    """The newest decision of the case."""
    agreement: Held | None
    """The agreement that counts today among those that follow from the decision."""
    notices: tuple[Notice, ...] = ()

    @property
    def recalled_on(self) -> date | None:
        """The day on which the holder recalled it, if it did."""
        return next(
            (
                each.matter.on
                for each in self.notices
                if isinstance(each.matter, Recalled)
                and each.matter.release == self.id
                and each.party.name == self.release.holder.name
            ),
            None,
        )


def check_goes_on(went: Went, day: date, *, by_agreement: bool = False) -> None:
    """Raises the first reason why a release may not be handed over or read on a day.

    Takes    by_agreement: whether only an agreement in force lets it go on, as with every token, whatever was decided.
    Raises   ReleaseRecalled, NotDecidedToShare, OutsideDates, AgreementMissing, AgreementNotInForce, OutsideAgreement.
    """
    for refusal in _find_refusals(went, day, by_agreement=by_agreement):
        raise refusal


def why_not_go_on(went: Went, day: date, *, by_agreement: bool = False) -> Reason | None:
    """The reason that `check_goes_on` would raise, in words; None if it may go on."""
    for refusal in _find_refusals(went, day, by_agreement=by_agreement):
        return Reason(text=f"{refusal.message[0].upper()}{refusal.message[1:]}. {refusal.fix}")
    return None


def _find_refusals(went: Went, day: date, *, by_agreement: bool) -> Iterator[Refused]:
    if went.recalled_on is not None and went.recalled_on <= day:
        yield ReleaseRecalled(
            f"this release was recalled on {went.recalled_on}",
            fix="If it is to go after all, decide on it again and release it anew.",
            where="release",
        )
    if not went.newest.outcome.shares:
        yield NotDecidedToShare(
            "a later decision of the case refuses", fix="Have a person decide again.", where="decision"
        )
    if not went.decision.valid.covers(day):
        yield OutsideDates(
            f"the decision runs from {went.decision.valid.start} to {went.decision.valid.end or 'no end'}",
            fix="Have a person decide again.",
            where="decision",
        )
    if needs_agreement(went.decision) or by_agreement:
        yield from _find_lapses(went, day)


def _find_lapses(went: Went, day: date) -> Iterator[Refused]:
    held = went.agreement
    if held is None:
        yield AgreementMissing("no agreement allows this", fix="Agree first, and sign.", where="agreement")
        return
    try:
        check_held_in_force(held, day)
    except AgreementNotInForce as refusal:
        yield refusal
    agreed = {item.ref for item in held.agreement.items}
    if went.release.recipient.name not in find_standing(held, day).parties or not agreed.issuperset(went.release.items):
        yield OutsideAgreement(
            "the agreement as it is today does not take in this recipient and these items",
            fix="Vary the agreement, or release anew within it.",
            where="agreement",
        )
