"""A check of an agreement that somebody else wrote: what it holds, weakly or not at all, and which traps stand in it.

It looks for words, sentence by sentence, and quotes the place of each finding. It is a reader's aid: not legal advice,
and never a reason to stop sharing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from fairshare.agree.bank import load_bank
from fairshare.agree.check_signals import Signals, Sort, Sought, Strength, Trap
from fairshare.agree.check_text import END, LONG_WINDOW, START, Reading, Sentence
from fairshare.documents.paragraphs import Paper
from fairshare.law import load_law
from fairshare.words.values import Line, Mark, Text, Value

State = Literal["present", "weak", "absent", "not_applicable"]
_SLOT = re.compile(r"\{(\w+)\}")
MAX_QUOTE = 220
MIN_WEIGHT = 3


class Place(Value):
    """Where something stands, and a short quotation of it."""

    paragraph: int
    page: int | None = None
    under: str = ""
    quote: Text


class Proposal(Value):
    """What we would put there: a clause of the bank by its id, or words of the checker's own."""

    clause: Line | None
    heading: Line
    text: Text


class Source(Value):
    """A provision that a finding rests on, and how it was checked."""

    id: Line
    citation: Line
    mark: Mark | None


class Finding(Value):
    """Whether one content stands in the agreement."""

    id: Line
    title: Line
    state: State
    strength: Strength
    why: Text
    weak: Text = ""
    """What makes it weak, if it is."""
    place: Place | None
    sources: tuple[Source, ...]
    proposals: tuple[Proposal, ...] = ()


class TrapFound(Value):
    """A liability trap that stands in the agreement, or that lies in what it lacks."""

    id: Line
    title: Line
    strength: Strength
    why: Text
    places: tuple[Place, ...]
    """Each place where it stands, the first few; none where the trap is a lack."""
    sources: tuple[Source, ...]
    proposals: tuple[Proposal, ...] = ()


class AgreementCheck(Value):
    """What the checker found in one agreement."""

    sort: Sort
    law_date: date
    findings: tuple[Finding, ...]
    traps: tuple[TrapFound, ...]
    not_read: tuple[str, ...] = ()

    def finding(self, name: str) -> Finding | None:
        """The finding about a content, if it was asked."""
        return next((each for each in self.findings if each.id == name), None)


@dataclass(frozen=True)
class _Asking:
    """What every finding needs: the text, the words, the day of the law."""

    reading: Reading
    signals: Signals
    day: date
    sort: Sort


def check_agreement(paper: Paper, signals: Signals, *, law_date: date, sort: Sort | None = None) -> AgreementCheck:
    """Reads an agreement and says which contents are present, weak or absent, and which traps stand in it.

    Takes    law_date: the day whose law marks the sources;  sort: the kind of agreement; found by its words if none.

    >>> from fairshare.agree.check_signals import load_signals
    >>> from fairshare.documents.paragraphs import read_paragraphs
    >>> paper = read_paragraphs(b"The data is kept for as long as necessary.", where="a.txt")
    >>> check_agreement(paper, load_signals(), law_date=date(2026, 11, 22)).finding("retention").state
    'weak'
    """
    reading = Reading(paper)
    found_sort = sort or find_sort(reading, signals)
    asking = _Asking(reading, signals, law_date, found_sort)
    findings = tuple(_find_content(each, asking) for each in signals.contents if found_sort in each.sorts)
    states: dict[str, State] = {each.id: each.state for each in findings}
    traps = (_find_trap(each, states, asking) for each in signals.traps if found_sort in each.sorts)
    return AgreementCheck(
        sort=found_sort,
        law_date=law_date,
        findings=findings,
        traps=tuple(each for each in traps if each is not None),
        not_read=paper.not_read,
    )


def find_sort(reading: Reading, signals: Signals) -> Sort:
    """The kind of agreement by its words: joint controllers, a processor, or else separate controllers."""
    weights: dict[Sort, int] = {"joint": 0, "processor": 0, "separate": 0}
    for each in signals.kinds:
        if (reading.title if each.title else reading).find([each.signal]):
            weights[each.sort] += each.weight
    best = max(weights, key=lambda sort: weights[sort])
    return best if weights[best] >= MIN_WEIGHT else "separate"


def _find_content(sought: Sought, asking: _Asking) -> Finding:
    state, sentence = _judge(sought, asking.reading)
    return Finding(
        id=sought.id,
        title=sought.words.title,
        state=state,
        strength=sought.strength,
        why=sought.words.why,
        weak=sought.words.weak if state == "weak" else "",
        place=_locate(sentence) if sentence else None,
        sources=cite_provisions(sought.cites, asking.day),
        proposals=_propose(sought, asking) if state in ("weak", "absent") else (),
    )


def _judge(sought: Sought, reading: Reading) -> tuple[State, Sentence | None]:
    """The state of a content and the sentence that shows it."""
    if sought.applies_when and not reading.find(sought.applies_when):
        return "not_applicable", None
    found = reading.find(sought.found)
    found += [each for each in reading.find(sought.at_start) if each.paragraph.number <= START]
    found += [each for each in reading.find(sought.at_end) if each.position < END]
    found = _prefer_text(found)
    filled = [each for each in found if not (sought.blank_is_weak and each.blank)]
    if filled:
        return "present", filled[0]
    under = reading.find_under(sought.headings)
    weak = _prefer_text(reading.find(sought.weak))
    filled_under = [each for each in under if each not in weak and not (sought.blank_is_weak and each.blank)]
    if filled_under and sought.under == "present":
        return "present", filled_under[0]
    if found or weak:
        return "weak", (found or weak)[0]
    if under and sought.under != "nothing":
        return "weak", under[0]
    return "absent", None


def _prefer_text(found: list[Sentence]) -> list[Sentence]:
    """Sentences of running text before headings, which say what is meant to stand there and not that it does."""
    return [each for each in found if not each.paragraph.heading] or found


def _find_trap(trap: Trap, states: dict[str, State], asking: _Asking) -> TrapFound | None:
    reading = asking.reading
    if trap.title and not reading.title.find(trap.title):
        return None
    if reading.find(trap.unless):
        return None
    found = reading.find(trap.found, definitions=trap.in_definitions, window=LONG_WINDOW)
    lacks = [each for each in trap.lacks if states.get(each) in ("weak", "absent")]
    if not found and not lacks:
        return None
    return TrapFound(
        id=trap.id,
        title=trap.words.title,
        strength=trap.strength,
        why=trap.words.why,
        places=tuple(_locate(each) for each in found[:3]),
        sources=cite_provisions(trap.cites, asking.day),
        proposals=_propose(trap, asking),
    )


def _locate(sentence: Sentence) -> Place:
    text = sentence.text
    quote = text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1].rsplit(" ", 1)[0] + "…"
    under = sentence.under[:200]
    return Place(paragraph=sentence.paragraph.number, page=sentence.paragraph.page, under=under, quote=quote)


def cite_provisions(cites: tuple[str, ...], day: date) -> tuple[Source, ...]:
    """Provisions with how each was checked as it stood on a day; one that has been replaced, as it last stood."""
    law = load_law()
    found = [law.provision(each) for each in cites]
    return tuple(
        Source(id=each.id, citation=each.citation, mark=law.mark(each.id, day) or each.versions[-1].checked.how)
        for each in found
    )


def _open_slots(text: str) -> str:
    """The text of a clause with its slots as gaps for a person to fill in."""
    return _SLOT.sub(lambda found: f"[{found[1].replace('_', ' ')}]", text)


_FORMS = {"separate": "separate_controllers", "joint": "joint_controllers", "processor": "processor"}


def _propose(wanted: Sought | Trap, asking: _Asking) -> tuple[Proposal, ...]:
    """The clauses of the bank that fit this kind of agreement; the checker's own words where there are none."""
    bank = load_bank(asking.signals.language)
    clauses = [bank.clauses[each] for each in wanted.clauses if each in bank.clauses]
    fitting = [each for each in clauses if _FORMS[asking.sort] in each.forms]
    if fitting:
        said = [(each.id, each.words) for each in fitting]
        return tuple(Proposal(clause=name, heading=words.heading, text=_open_slots(words.text)) for name, words in said)
    if wanted.words.proposal:
        return (Proposal(clause=None, heading=wanted.words.title, text=wanted.words.proposal),)
    return ()
