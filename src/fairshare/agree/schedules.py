"""The schedules of an agreement: items, lawful bases, duties, release, decision papers, contacts, security, retention.

The lawful basis stands here, as what each party understands on the day, and never as a promise in the body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from fairshare.agree.bank import Bank, BankClause, ScheduleWords
from fairshare.agree.terms import AgreementTerms
from fairshare.records.agreed import Form, FullParty, Schedule
from fairshare.records.kinds import Decision, Ground, ScopeState
from fairshare.words import Person

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Facts:
    """What the schedules are written from."""

    decision: Decision | None
    decision_id: str | None
    parties: Sequence[FullParty]
    terms: AgreementTerms
    slots: Mapping[str, str]
    day: date


def build_schedules(
    bank: Bank,
    clauses: Sequence[BankClause],
    decision: Decision | None,
    decision_id: str | None,
    parties: Sequence[FullParty],
    terms: AgreementTerms,
    slots: Mapping[str, str],
    day: date,
) -> tuple[Schedule, ...]:
    """The schedules that these clauses refer to, in the order of the clause bank."""
    wanted = {each.schedule for each in clauses}
    facts = _Facts(decision, decision_id, parties, terms, slots, day)
    return tuple(
        Schedule(
            id=f"schedule.{name}",
            heading=words.heading,
            text=_SAID[name](facts, words) if name in _SAID else words.text,
            header=words.columns,
            rows=_ROWS[name](facts, words) if name in _ROWS else (),
        )
        for name, words in bank.schedules.items()
        if name in wanted
    )


def _list_items(facts: _Facts, words: ScheduleWords) -> Rows:
    decision = facts.decision
    if decision is None:
        return ()
    people = {subject.ref: subject.label for subject in decision.subjects}
    return tuple(
        (
            line.item.label,
            # How the case file names somebody is not for the other party: the ref stands for the person.
            line.item.person if line.item.person in people else words.nobody or "",
            line.treatment or words.as_it_is or "",
        )
        for line in decision.scope
        if line.state is not ScopeState.WITHHELD or facts.terms.form is Form.PROCESSOR
    )


def _list_bases(facts: _Facts, words: ScheduleWords) -> Rows:
    decision = facts.decision
    stated = [(each.party, each.says, each.provision or "", "") for each in facts.terms.bases]
    held = _list_grounds(decision) if decision is not None else []
    silent = [
        (party.organisation.name, words.theirs or "", "", "")
        for party in facts.parties
        if party.organisation.name not in {each[0] for each in (*stated, *held)}
    ]
    return tuple(dict.fromkeys((*held, *stated, *silent)))


def _list_grounds(decision: Decision) -> list[tuple[str, str, str, str]]:
    return [
        (decision.holder.name, _say_ground(ground, decision), ground.provision, ground.mark)
        for ground in decision.grounds
        if ground.sort != "regime"
    ]


def _say_ground(ground: Ground, decision: Decision) -> str:
    labels = {line.item.ref: line.item.label for line in decision.scope}
    return f"{ground.says} ({labels[ground.item]})" if ground.item in labels else ground.says


def _list_duties(facts: _Facts, words: ScheduleWords) -> Rows:
    first = facts.parties[0].organisation.name
    named = facts.terms.duties
    return tuple((duty, named[n] if n < len(named) else first) for n, duty in enumerate(words.duties))


def _list_processing(facts: _Facts, words: ScheduleWords) -> Rows:
    decision, slots = facts.decision, facts.slots
    kinds = ", ".join(line.item.label for line in decision.scope) if decision else ""
    values = (
        facts.terms.title,
        f"{slots['start']} - {slots['end']}",
        slots["purpose"],
        kinds,
        slots["people"],
    )
    return tuple(zip(words.points, values, strict=True))


def _list_release(facts: _Facts, words: ScheduleWords) -> Rows:
    slots, none = facts.slots, words.none or ""
    values = (slots["frequency"], slots["channel"], none, facts.terms.plan or none)
    return tuple(zip(words.points, values, strict=True))


def _list_decision(facts: _Facts, words: ScheduleWords) -> Rows:
    decision = facts.decision
    if decision is None:
        return ()
    provisions = dict.fromkeys(ground.provision for ground in decision.grounds)
    values = (
        f"{decision.outcome}, {decision.law_date}, {facts.decision_id}",
        f"{decision.decided_by.name}, {decision.decided_by.role}",
        " ".join(decision.conditions),
        ", ".join(provisions),
    )
    return tuple((point, value) for point, value in zip(words.points, values, strict=True) if value)


def _list_contacts(facts: _Facts, words: ScheduleWords) -> Rows:
    none = words.none or ""
    return tuple(
        (
            party.organisation.name,
            _say_person(party.contact),
            _say_person(party.dpo) if party.dpo else none,
            party.rights_contact or none,
        )
        for party in facts.parties
    )


def _say_person(person: Person) -> str:
    return ", ".join(each for each in (person.name, person.role, person.contact) if each)


_ROWS: Mapping[str, Callable[[_Facts, ScheduleWords], Rows]] = {
    "items": _list_items,
    "basis": _list_bases,
    "duties": _list_duties,
    "processing": _list_processing,
    "release": _list_release,
    "decision": _list_decision,
    "contacts": _list_contacts,
}
_SAID: Mapping[str, Callable[[_Facts, ScheduleWords], str]] = {
    "basis": lambda facts, words: words.text.format(day=facts.day.isoformat()),
    "security": lambda facts, _: facts.slots["security"],
    "retention": lambda facts, _: facts.slots["retention"],
}
