"""Whether everything that is taught is still tied to something: gates, questions, law, and one another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from fairshare.decide.language import RuleBase
from fairshare.law import Law
from fairshare.learn.handbook import Handbook, Paragraph
from fairshare.learn.myths import Myth
from fairshare.learn.quiz import Quiz

_WEAKER = ("read", "secondary", "remembered")


def list_dangling_ties(
    handbook: Handbook, myths: tuple[Myth, ...], quiz: Quiz, *, base: RuleBase, law: Law, day: date
) -> list[str]:
    """Every tie to something that is not there, and every mark that promises more than its law, as sentences.

    Takes    base, law: what the ties are held against; day: whose law counts.
    Returns  nothing, if all is well.
    """
    read_on = {each.id for each in handbook.paragraphs}
    known = read_on | {each.id for each in myths}
    found: list[str] = []
    every: tuple[Paragraph | Myth, ...] = (*handbook.paragraphs, *myths)
    for taught in every:
        found += _list_lost(taught, base)
        found += _list_weak(taught, law, day)
    found += [
        f"{each.id}: there is no paragraph {each.read_on} to read on" for each in myths if each.read_on not in read_on
    ]
    for topic in quiz.topics:
        found += [f"{each.id}: there is no {each.see} to see" for each in topic.questions if each.see not in known]
    return found


def _list_lost(taught: Paragraph | Myth, base: RuleBase) -> Iterator[str]:
    for fact in taught.facts:
        if fact not in base.facts:
            yield f"{taught.id}: the rule base has no fact {fact}"
    for gate in taught.gates:
        if gate not in base.gates:
            yield f"{taught.id}: the rule base has no gate {gate}"


def _list_weak(taught: Paragraph | Myth, law: Law, day: date) -> Iterator[str]:
    must = isinstance(taught, Paragraph) and taught.label == "must"
    if must and not taught.cites:
        yield f"{taught.id}: it says must and cites nothing"
    if taught.checked == "ours" and taught.cites:
        yield f"{taught.id}: it is marked ours and cites something"
    for cited in taught.cites:
        provision = law.provisions.get(cited)
        version = provision.at(day) if provision else None
        if provision is None or version is None:
            yield f"{taught.id}: the law of {day} does not hold {cited}"
            continue
        if must and not provision.may_conclude_must(day):
            yield f"{taught.id}: it says must, and {cited} is not law in force that somebody read"
        if taught.checked in _WEAKER and _WEAKER.index(taught.checked) < _WEAKER.index(version.checked.how):
            yield f"{taught.id}: it is marked {taught.checked}, and {cited} is {version.checked.how}"
