"""The rule base and the words that come with Fairshare, read once; and the law they are held against."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

from fairshare.decide.compiled import load_compiled
from fairshare.decide.language import RuleBase
from fairshare.decide.words import Language, Words, read_words
from fairshare.law import Law, Provision, UnknownProvision, load_law
from fairshare.words import Mark

HERE = Path(__file__).parent
RULES = HERE / "rules"
WORDS = HERE / "words"


class HeldLaw:
    """The law files, as the loader asks them."""

    def __init__(self, law: Law) -> None:
        self.law = law

    def _find(self, provision: str) -> Provision | None:
        try:
            return self.law.provision(provision)
        except UnknownProvision:
            return None

    def mark(self, provision: str, day: date) -> Mark | None:
        """How a provision was checked, as it stood on a day; None for one that is not held for that day."""
        found = self._find(provision)
        version = found.at(day) if found else None
        return version.checked.how if version else None

    def is_law(self, provision: str) -> bool:
        """Whether it binds of its own force, unlike guidance."""
        found = self._find(provision)
        return found is not None and found.kind.is_law


@cache
def load_real_base() -> RuleBase:
    """The rule base that comes with Fairshare, checked against its law."""
    return load_compiled(RULES, law=HeldLaw(load_law()))


@cache
def load_words(language: Language) -> Words:
    """The words that come with Fairshare, in English (`en`) or Welsh (`cy`)."""
    return read_words(WORDS / language, language)
