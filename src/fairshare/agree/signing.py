"""Signing an agreement: with a key or in ink, each party in its turn, by a signatory or under a delegation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from fairshare.records.agreed import Delegated, Form, FullParty, SignedInInk
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, FullAgreement, Notice, Party
from fairshare.words import Person, Reason, Refused


class NotYourTurn(Refused):
    """A party that signs earlier has not signed yet, or this one has."""

    code = "NOT_YOUR_TURN"


class NotDelegated(Refused):
    """Nobody with authority has let this person sign, or not for this kind of agreement or not until today."""

    code = "NOT_DELEGATED"


def list_signed(agreement: Agreement, signed_by: Sequence[str], notices: Iterable[Notice]) -> tuple[str, ...]:
    """The parties that have signed, by name: with a key, in the order of the keys, then in ink.

    Takes    signed_by: the ids of keys whose signatures were verified; notices: those about this agreement.
    """
    by_key = {party.key: party.organisation.name for party in agreement.parties if party.key is not None}
    names = {party.organisation.name for party in agreement.parties}
    found = [by_key[kid] for kid in signed_by if kid in by_key]
    found += [ink.organisation.name for ink in _find_ink(notices) if ink.organisation.name in names]
    return tuple(dict.fromkeys(found))


def find_out_of_turn(agreement: Agreement, signed_by: Sequence[str], notices: Iterable[Notice]) -> str | None:
    """The first party that signed before one whose turn came earlier; none if all kept to the order.

    Keys are in the order in which they signed; a signature in ink names the parties that had signed by then.
    """
    turns = {party.organisation.name: _turn(party) for party in agreement.parties}
    by_key = {party.key: party.organisation.name for party in agreement.parties if party.key is not None}
    last = 0
    for name in (by_key[kid] for kid in signed_by if kid in by_key):
        if turns[name] < last:
            return name
        last = turns[name]
    for ink in _find_ink(notices):
        name = ink.organisation.name
        if name not in turns:
            continue
        earlier = {each for each, turn in turns.items() if turn < turns[name]}
        later = {each for each, turn in turns.items() if turn > turns[name]}
        if earlier - set(ink.after) or later & set(ink.after):
            return name
    return None


def why_not_turn(agreement: Agreement, name: str, signed_by: Sequence[str], notices: Sequence[Notice]) -> Reason | None:
    """Why a party may not sign now, or None if it is its turn."""
    turns = {party.organisation.name: _turn(party) for party in agreement.parties}
    signed = list_signed(agreement, signed_by, notices)
    if name not in turns:
        return Reason(text=f"{name} is not a party.")
    if name in signed:
        return Reason(text=f"{name} has signed already.")
    waiting = [each for each, turn in turns.items() if turn < turns[name] and each not in signed]
    if waiting:
        return Reason(text=f"{' and '.join(waiting)} must sign first.")
    return None


def check_turn(agreement: Agreement, name: str, signed_by: Sequence[str], notices: Sequence[Notice]) -> None:
    """Raises NotYourTurn with the reason of `why_not_turn`, if there is one."""
    reason = why_not_turn(agreement, name, signed_by, notices)
    if reason is not None:
        raise NotYourTurn(
            reason.text.rstrip("."), fix="Sign in the order that the agreement gives.", where="agreement.parties"
        )


def find_delegation(
    notices: Iterable[Notice], person: Person, form: Form | None, day: date, *, party: str
) -> str | None:
    """The id of a delegation under which this person may sign for a party on a day, if there is one.

    Takes    form: the kind of agreement; None for one of version 1, for which only an unlimited delegation serves.
    """
    for notice in reversed(tuple(notices)):
        match notice.matter:
            case Delegated(to=to, until=until, forms=forms) if notice.party.name == party and to.name == person.name:
                return record_id(notice) if day <= until and (not forms or form in forms) else None
            case _:
                pass
    return None


def check_delegation(notices: Iterable[Notice], person: Person, agreement: Agreement, day: date, *, party: str) -> str:
    """The delegation under which a person who is no signatory may sign; raises NotDelegated."""
    form = agreement.form if isinstance(agreement, FullAgreement) else None
    found = find_delegation(notices, person, form, day, party=party)
    if found is None:
        raise NotDelegated(
            "no signatory has let this person sign an agreement of this kind today",
            fix="Ask a signatory to sign, or to delegate with `fairshare agree delegate`.",
            where="notice.matter",
        )
    return found


def find_party(agreement: Agreement, name: str) -> Party | None:
    """The party that this organisation is, if it is one."""
    return next((party for party in agreement.parties if party.organisation.name == name), None)


def _find_ink(notices: Iterable[Notice]) -> list[SignedInInk]:
    return [each.matter for each in notices if isinstance(each.matter, SignedInInk)]


def _turn(party: Party) -> int:
    return party.turn if isinstance(party, FullParty) else 1
