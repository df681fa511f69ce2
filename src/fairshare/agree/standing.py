"""What state an agreement is in on a day: worked out from the agreement, its signatures and its notices, never stored.

A lapse of any sort pauses the routine releases under the agreement, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from fairshare.agree.proposals import find_open, list_proposals
from fairshare.agree.signing import find_out_of_turn, list_signed
from fairshare.records.agreed import Ended, Form, Left, Resumed, Reviewed, Suspended
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, FullAgreement, Notice
from fairshare.words import Reason


class State(StrEnum):
    """The states of an agreement on a day."""

    NEGOTIATED = "negotiated"
    """A proposal is open."""
    UNSIGNED = "unsigned"
    """A party has still to sign, or one signed out of its turn."""
    NOT_YET = "not_yet"
    IN_FORCE = "in_force"
    SUSPENDED = "suspended"
    LAPSED = "lapsed"
    """Past its dates or its review."""
    ENDED = "ended"


@dataclass(frozen=True)
class Held:
    """An agreement as it is held: what it says, who signed it with a key, in order, and what its parties said since.

    Only signatures and notices that were verified belong here: each notice by a key of the party that it names.
    """

    agreement: Agreement
    signed_by: Sequence[str] = ()
    """The ids of keys, in the order of their signatures."""
    notices: tuple[Notice, ...] = ()
    """All of the case's notices, in order; those about other agreements are passed over."""
    place: int = 0
    """How many of them stood before the agreement in the case: what is open among those is about its draft."""
    framework: Held | None = None
    replaces: tuple[str, ...] = ()
    """The ids of its earlier versions."""

    @property
    def id(self) -> str:
        """The agreement's record id."""
        return record_id(self.agreement)

    def about(self) -> tuple[Notice, ...]:
        """The notices about this very agreement."""
        own = self.id
        return tuple(each for each in self.notices if each.agreement == own)

    @property
    def was_changed(self) -> bool:
        """Whether a change was accepted while it was being signed: then only the version with that change counts."""
        names = {party.organisation.name for party in self.agreement.parties}
        found = list_proposals(self.notices, names)
        own = self.id
        return any(each.outcome == "accepted" and each.notice.agreement == own for each in found)

    def open_proposals(self) -> tuple[Notice, ...]:
        """The proposals that stand in its way: about its draft, or about it while it was being signed.

        A proposal for a later version is about that version's draft, and stands in nobody's way.
        """
        own, drafting = self.id, self.notices[: self.place]
        return tuple(
            each
            for each in find_open(self.notices, {party.organisation.name for party in self.agreement.parties})
            if each.agreement == own or (each.agreement is None and each in drafting)
        )


@dataclass(frozen=True)
class Standing:
    """The state of an agreement on a day, and why, with the next step, if it is not in force."""

    state: State
    why_not: Reason | None
    review_on: date
    """The day of the next review, after any that were held."""
    parties: tuple[str, ...]
    """The organisations that are still parties on that day."""
    suspended_by: tuple[str, ...] = ()
    ended_on: date | None = None
    unsigned: tuple[str, ...] = ()
    open_proposals: tuple[str, ...] = ()

    @property
    def in_force(self) -> bool:
        """Whether routine releases may go on under it."""
        return self.state is State.IN_FORCE


@dataclass
class _Told:
    """What the notices add up to by a day."""

    suspended: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    ended_on: date | None = None
    review_on: date | None = None


def find_standing(held: Held, day: date) -> Standing:
    """The state of an agreement on a day.

    Whoever is not a party any more cannot be waited for; with fewer than two parties left it has ended.
    """
    agreement = held.agreement
    told = add_up(held.about(), day)
    names = tuple(party.organisation.name for party in agreement.parties)
    left = tuple(name for name in names if name not in told.left)
    review_on = told.review_on or agreement.review_on
    signed = list_signed(agreement, held.signed_by, held.about())
    unsigned = tuple(name for name in names if name not in signed)
    proposals = tuple(record_id(each) for each in held.open_proposals())
    state, why = _judge(held, day, told, left, review_on, unsigned, proposals)
    return Standing(
        state=state,
        why_not=Reason(text=why) if why else None,
        review_on=review_on,
        parties=left,
        suspended_by=tuple(sorted(told.suspended)),
        ended_on=told.ended_on,
        unsigned=unsigned,
        open_proposals=proposals,
    )


def add_up(notices: Iterable[Notice], day: date) -> _Told:
    """What the notices about an agreement add up to by a day."""
    told = _Told()
    for notice in notices:
        party, matter = notice.party.name, notice.matter
        match matter:
            case Suspended(on=on) if on <= day:
                told.suspended.add(party)
            case Resumed(on=on) if on <= day:
                told.suspended.discard(party)
            case Left(on=on) if on <= day:
                told.left.add(party)
                told.suspended.discard(party)
            case Ended(on=on) if told.ended_on is None or on < told.ended_on:
                told.ended_on = on
            case Reviewed(on=on, next_on=next_on) if on <= day:
                told.review_on = next_on
            case _:
                pass
    return told


def _judge(
    held: Held,
    day: date,
    told: _Told,
    left: tuple[str, ...],
    review_on: date,
    unsigned: tuple[str, ...],
    proposals: Collection[str],
) -> tuple[State, str | None]:
    """The first thing that stands in the way of being in force, in order of weight."""
    agreement = held.agreement
    valid, end = agreement.valid, agreement.valid.end or "no end"
    if told.ended_on is not None and told.ended_on <= day:
        return State.ENDED, f"The agreement ended on {told.ended_on}. Agree anew, or decide this as a one-off."
    if len(left) < 2:
        return State.ENDED, "Fewer than two parties are left. Agree anew, or decide this as a one-off."
    if proposals:
        return State.NEGOTIATED, "A proposal is still open. Answer it first."
    if held.was_changed:
        return State.NEGOTIATED, "A change was accepted while it was being signed. Sign the version that has it."
    if unsigned:
        return (
            State.UNSIGNED,
            f"The agreement is not signed by {' or '.join(unsigned)}. Ask them to sign it.",
        )
    if out_of_turn := find_out_of_turn(agreement, held.signed_by, held.about()):
        return State.UNSIGNED, f"{out_of_turn} signed before its turn. Draft it again, and sign in the order agreed."
    if day < valid.start:
        return State.NOT_YET, _say_dates(agreement, day, end)
    if not valid.covers(day):
        return State.LAPSED, _say_dates(agreement, day, end)
    if day > review_on:
        return (
            State.LAPSED,
            f"The agreement was due for review on {review_on}. Review it and record a new version.",
        )
    if told.suspended:
        return (
            State.SUSPENDED,
            f"The agreement is suspended by {' and '.join(sorted(told.suspended))}. Settle it; they resume it.",
        )
    return _judge_framework(held, day)


def _judge_framework(held: Held, day: date) -> tuple[State, str | None]:
    agreement = held.agreement
    if not isinstance(agreement, FullAgreement):
        return State.IN_FORCE, None
    if agreement.form is Form.FRAMEWORK_SCHEDULE:
        framework = held.framework
        if framework is None or agreement.framework not in (framework.id, *framework.replaces):
            return State.UNSIGNED, "The framework that the agreement is under is not here. Take it in first."
        if (standing := find_standing(framework, day)).why_not is not None:
            return standing.state, f"Its framework is not in force: {standing.why_not.text}"
        if strangers := {each.organisation.name for each in agreement.parties} - set(standing.parties):
            return State.UNSIGNED, f"{min(strangers)} is not a party to the framework. Let it join the framework first."
    return State.IN_FORCE, None


def _say_dates(agreement: Agreement, day: date, end: date | str) -> str:
    return f"The agreement runs from {agreement.valid.start} to {end}, and the release is on {day}. Renew it or wait."
