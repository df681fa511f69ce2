"""A small rule base that uses every feature of the language once: a housing co-operative is asked about its tenants."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from fairshare.decide.language import RuleBase
from fairshare.decide.library import HeldLaw
from fairshare.decide.load import load_base
from fairshare.decide.program import CaseShape
from fairshare.decide.words import Language, Words, read_words
from fairshare.law import load_law
from fairshare.words import Answer, Person

FOLDER = Path(__file__).parent / "sample"
TOOL = "police.request"
LAW_DATE = date(2026, 3, 1)
SHAPE = CaseShape(("f1",), ("p1",), (("i1", "f1", "p1"), ("i2", "f1", None)))
JO = Person(name="Jo Field", role="Data protection officer")


@cache
def sample_base() -> RuleBase:
    return load_base(FOLDER / "rules", law=HeldLaw(load_law()))


@cache
def sample_words(language: Language = "en") -> Words:
    return read_words(FOLDER / "words" / language, language)


def judged(value: str) -> Answer:
    """A complete finding on necessity."""
    factors = {"aim": "to catch a thief", "less_intrusive_means": "there are none"}
    return Answer(value=value, by=JO, reason="One evening is enough.", factors=factors)


POLICE = {
    "nation": Answer(value="england"),
    "danger.now": Answer(value=False),
    "requester.kind": Answer(value="police"),
    "request.in_writing": Answer(value=True),
    "order.kind": Answer(value="none"),
    "person.age_years": Answer(value=34),
    "item.third_party@i1": Answer(value=True),
    "item.third_party@i2": Answer(value=False),
    "item.privileged": Answer(value=False),
    "necessity.finding": judged("needed"),
}
"""The police ask in writing; both items are needed, and the first shows somebody else."""
