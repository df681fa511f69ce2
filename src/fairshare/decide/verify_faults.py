"""What can be wrong with a rule base, one fault at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class FaultSort(StrEnum):
    """The kinds of fault, in the order in which they are listed."""

    IMPOSSIBLE = "impossible"
    """The constraints leave no case at all."""
    GAP = "gap"
    """A case reaches only the default, or is referred to a person with nothing open for them to find."""
    CONTRADICTION = "contradiction"
    """Rules for and against one conclusion fire together, and neither has priority."""
    PROPERTY = "property"
    """A safety property is broken, cannot be tried, or its mutant does not break it."""
    CITATION = "citation"
    """A rule cites nothing, or law that is not held for its dates."""
    UNREAD = "unread"
    """Law that was not read supports a must or a must-not."""
    UNREACHABLE = "unreachable"
    """Something can never come about, or never matter."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: which rule, conclusion, fact, row or property, said in a sentence, with a case that shows it."""

    sort: FaultSort
    subject: str
    says: str
    tool: str | None = None
    day: date | None = None
    """The law of this day; none where it is so on every day."""
    answers: Mapping[str, str] = field(default_factory=dict)
    """Answers that bring it about, by `fact` or `fact@ref`; whatever else is answered, it stays so."""

    def __str__(self) -> str:
        """The whole in one line.

        >>> print(Fault(FaultSort.GAP, "rollup", "No row holds.", "small", date(2026, 3, 1), {"nation": "wales"}))
        gap: rollup: No row holds. (small, law of 2026-03-01: nation is wales)
        """
        place = ", ".join([*([self.tool] if self.tool else []), *([f"law of {self.day}"] if self.day else [])])
        case = ", ".join(f"{key} is {value}" for key, value in self.answers.items())
        shown = ": ".join(each for each in (place, case) if each)
        return f"{self.sort}: {self.subject}: {self.says}" + (f" ({shown})" if shown else "")
