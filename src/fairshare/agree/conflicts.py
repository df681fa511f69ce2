"""Where two agreements, or an agreement and the decision behind it, cannot both be kept: in words, with both places."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations, product
from typing import Final, Literal

from fairshare.agree.odrl import ASSIGNS, RECEIVES, find_schedule
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, Decision, FullAgreement, ScopeLine, ScopeState
from fairshare.words.values import Item

Sort = Literal["treatment", "retention", "onward", "purpose", "dates", "scope", "condition", "parties"]
AS_IT_IS: Final = "as it is"
_SIMILAR: Final = 0.6
"""From this likeness on, two sentences are taken for versions of one."""
_NUMBERS: Final = {word: n for n, word in enumerate(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
)}  # fmt: skip
_DAYS: Final = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
_SPAN: Final = re.compile(rf"\b([0-9]{{1,4}}|{'|'.join(_NUMBERS)})\s+(?:calendar\s+)?(day|week|month|year)s?\b", re.I)


@dataclass(frozen=True)
class Place:
    """Where something is said: the paper, the part of it, and the words there."""

    paper: str
    part: str
    words: str


@dataclass(frozen=True)
class Conflict:
    """Two places that say different things about the same."""

    sort: Sort
    about: str
    """The item, condition or party that it concerns."""
    here: Place
    there: Place

    @property
    def says(self) -> str:
        """The conflict as a sentence that names both places."""
        return (
            f"{self.about}: {self.here.paper} ({self.here.part}) says {self.here.words!r}, "
            f"{self.there.paper} ({self.there.part}) says {self.there.words!r}."
        )


def find_conflicts(agreements: Iterable[Agreement]) -> tuple[Conflict, ...]:
    """Conflicts between any two agreements that share an item, a discloser and a recipient on some day.

    Takes    agreements: those that count; a version and the one it replaces are one agreement, and never in conflict.
    """
    # Only agreements between the same two organisations on the same item can meet, so only those are compared.
    alike: dict[tuple[str, str, str], list[tuple[str, Agreement]]] = {}
    for each in agreements:
        own = record_id(each)
        items = dict.fromkeys(_fold(item.label) for item in each.items)
        for key in product(items, sorted(_name(each, ASSIGNS)), sorted(_name(each, RECEIVES))):
            alike.setdefault(key, []).append((own, each))
    found = [
        conflict
        for (name, _, _), sharing in alike.items()
        for (first_id, first), (second_id, second) in combinations(sharing, 2)
        if _meet(first, second) and not {first_id, second_id} & _replaced(first, second) and first_id != second_id
        for conflict in _compare(name, first, second)
    ]
    # Retention and onward sharing are agreed once, not for each item.
    return tuple(dict.fromkeys(found))


def find_decision_conflicts(agreement: Agreement, decision: Decision) -> tuple[Conflict, ...]:
    """Where an agreement goes further than its decision: items, treatments, purpose, dates, parties, conditions."""
    return (
        *_check_scope(agreement, decision),
        *_check_purpose(agreement, decision),
        *_check_parties(agreement, decision),
        *_check_conditions(agreement, decision),
    )


def name_paper(agreement: Agreement) -> str:
    """How an agreement is named in a conflict: by its title and its case."""
    return f"{agreement.title} ({agreement.case})"


def find_days(text: str) -> float | None:
    """The longest time that a text names, in days; None if it names none.

    >>> find_days("kept for six months, at most 200 days"), find_days("as long as needed")
    (200.0, None)
    """
    spans = [
        (int(number) if number.isdigit() else _NUMBERS[number.casefold()]) * _DAYS[unit.casefold()]
        for number, unit in _SPAN.findall(text)
    ]
    return max(spans, default=None)


def _meet(first: Agreement, second: Agreement) -> bool:
    """Whether both hold on some day."""
    return (second.valid.end is None or first.valid.start <= second.valid.end) and (
        first.valid.end is None or second.valid.start <= first.valid.end
    )


def _replaced(*agreements: Agreement) -> set[str | None]:
    return {getattr(each, "supersedes", None) for each in agreements}


def _name(agreement: Agreement, roles: Sequence[str]) -> set[str]:
    return {_fold(each.organisation.name) for each in agreement.parties if each.role in roles}


def _fold(text: str) -> str:
    return " ".join(text.casefold().split())


def _find(agreement: Agreement, name: str) -> Item:
    return next(each for each in agreement.items if _fold(each.label) == name)


def _compare(name: str, first: Agreement, second: Agreement) -> Iterator[Conflict]:
    item = _find(first, name)

    def differ(sort: Sort, about: str, part: str, say: Callable[[Agreement], str]) -> Iterator[Conflict]:
        if _fold(say(first)) != _fold(say(second)):
            yield Conflict(
                sort, about, Place(name_paper(first), part, say(first)), Place(name_paper(second), part, say(second))
            )

    yield from differ(
        "treatment", item.label, "items", lambda each: each.treatments.get(_find(each, name).ref, AS_IT_IS)
    )
    yield from differ("purpose", item.label, "purpose", lambda each: each.purpose.code)
    yield from differ("dates", item.label, "dates", _say_dates)
    if (here := find_retention(first)) and (there := find_retention(second)) and not _same_time(here, there):
        yield from differ("retention", "retention", "schedule of retention", lambda each: find_retention(each) or "")
    if _find_onward(first) and _find_onward(second):
        yield from differ("onward", "onward sharing", "clause items.onward", _find_onward)


def _same_time(here: str, there: str) -> bool:
    days = find_days(here), find_days(there)
    return days[0] == days[1] if None not in days else _fold(here) == _fold(there)


def find_retention(agreement: Agreement) -> str | None:
    """How long an agreement lets the information be kept, in its words; None if it does not say."""
    schedule = find_schedule(agreement, "schedule.retention")
    if schedule is not None and schedule.text:
        return schedule.text
    return find_term(agreement, "reten")


def find_term(agreement: Agreement, part: str) -> str | None:
    """The words of the first further term with a name that holds `part`, in small letters; None if there is none."""
    return next((text for name, text in agreement.terms.items() if part in name.casefold()), None)


def _find_onward(agreement: Agreement) -> str:
    if isinstance(agreement, FullAgreement):
        found = next((each.text for each in agreement.clauses if each.id == "items.onward"), "")
        if found:
            return found
    return find_term(agreement, "onward") or ""


def _say_dates(agreement: Agreement) -> str:
    return f"{agreement.valid.start} to {agreement.valid.end or 'no end'}"


def _check_scope(agreement: Agreement, decision: Decision) -> Iterator[Conflict]:
    # A contract with a processor rests on a decision that shares nothing, so its items need not be agreed there.
    exempt = isinstance(agreement, FullAgreement) and agreement.form == "processor"
    lines = {line.item.ref: line for line in decision.scope}
    for item in agreement.items:
        line = lines.get(item.ref)
        here = Place(name_paper(agreement), f"item {item.ref}", agreement.treatments.get(item.ref, AS_IT_IS))
        if line is None or _fold(line.item.label) != _fold(item.label):
            there = Place("the decision", "scope", "nothing about this item" if line is None else line.item.label)
            yield Conflict("scope", item.label, Place(here.paper, here.part, item.label), there)
        elif line.state is ScopeState.WITHHELD and not exempt:
            yield Conflict("scope", item.label, here, Place("the decision", f"item {item.ref}", "withheld"))
        elif _fold(here.words) != _fold(_say_treatment(line)):
            yield Conflict(
                "treatment", item.label, here, Place("the decision", f"item {item.ref}", _say_treatment(line))
            )


def _say_treatment(line: ScopeLine) -> str:
    return line.treatment or AS_IT_IS


def _check_purpose(agreement: Agreement, decision: Decision) -> Iterator[Conflict]:
    if agreement.purpose.code != decision.purpose.code:
        yield Conflict(
            "purpose",
            "purpose",
            Place(name_paper(agreement), "purpose", agreement.purpose.code),
            Place("the decision", "purpose", decision.purpose.code),
        )
    ends = agreement.valid.end, decision.valid.end
    if agreement.valid.start < decision.valid.start or (ends[1] is not None and (ends[0] is None or ends[0] > ends[1])):
        until = f"{decision.valid.start} to {decision.valid.end or 'no end'}"
        yield Conflict(
            "dates",
            "dates",
            Place(name_paper(agreement), "dates", _say_dates(agreement)),
            Place("the decision", "valid", until),
        )


def _check_parties(agreement: Agreement, decision: Decision) -> Iterator[Conflict]:
    decided = {_fold(decision.holder.name), _fold(decision.recipient.name)}
    for party in agreement.parties:
        if party.role in RECEIVES and _fold(party.organisation.name) not in decided:
            yield Conflict(
                "parties",
                party.organisation.name,
                Place(name_paper(agreement), "parties", f"{party.organisation.name} receives"),
                Place("the decision", "recipient", decision.recipient.name),
            )


def _check_conditions(agreement: Agreement, decision: Decision) -> Iterator[Conflict]:
    said = [(f"condition {n}", text) for n, text in enumerate(agreement.conditions, 1)]
    said += [(f"term {name}", text) for name, text in agreement.terms.items()]
    if isinstance(agreement, FullAgreement):
        said += [(f"clause {each.id}", each.text) for each in agreement.clauses]
    for number, condition in enumerate(decision.conditions, 1):
        if any(_fold(condition) in _fold(text) for _, text in said):
            continue
        there = Place("the decision", f"condition {number}", condition)
        likeness, part, text = max(
            ((SequenceMatcher(None, _fold(condition), _fold(text)).ratio(), part, text) for part, text in said),
            default=(0.0, "", ""),
        )
        here = (part, text) if likeness >= _SIMILAR else ("conditions", "nothing of the kind")
        yield Conflict("condition", f"condition {number}", Place(name_paper(agreement), *here), there)
