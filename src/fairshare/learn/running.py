"""Running a case study: its answers go to its tool, and what comes of it is held against what a person expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fairshare.decide.assess import Assessment, assess
from fairshare.decide.language import RuleBase
from fairshare.decide.library import load_real_base
from fairshare.decide.program import CaseShape
from fairshare.decide.settle import Status
from fairshare.learn.cases import CaseStudy, Given
from fairshare.words import Answer, Outcome


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise than expected."""

    about: str
    """`case`, the ref of an item, or the key of a conclusion."""
    expected: str
    found: str


@dataclass(frozen=True)
class CaseRun:
    """A case study as the tool assessed it."""

    case: CaseStudy
    assessment: Assessment
    differences: tuple[Difference, ...]
    """What came out otherwise than the case expects; nothing when all is as expected."""

    @property
    def outcomes(self) -> dict[str, Outcome | None]:
        """Each item's outcome; None while questions are open that could change it."""
        return dict(self.assessment.items)


def shape_case(case: CaseStudy) -> CaseShape:
    """The case as the engine takes it: one flow, its people and its items."""
    return CaseShape(("f1",), case.persons, tuple((ref, "f1", person) for ref, person in case.items.items()))


def answer_case(case: CaseStudy, changes: Mapping[str, Given] | None = None) -> dict[str, Answer]:
    """The answers of a case, some of them changed or added."""
    return {key: Answer(value=value) for key, value in {**case.answers, **(changes or {})}.items()}


def run_case(
    case: CaseStudy, *, changes: Mapping[str, Given] | None = None, base: RuleBase | None = None
) -> CaseRun:
    """Puts a case to its tool under the law of its day.

    Takes    changes: answers to give instead of the case's own; base: the rules, those of Fairshare if none are named.
    Raises   UnknownTool, BadAnswers, ContradictoryAnswers.

    >>> from fairshare.learn.cases import load_cases
    >>> run_case(load_cases()["supermarket-loyalty-police"]).differences
    ()
    """
    found = assess(base or load_real_base(), case.tool, shape_case(case), case.day, answer_case(case, changes))
    return CaseRun(case, found, tuple(_list_differences(case, found)))


def _list_differences(case: CaseStudy, found: Assessment) -> Iterator[Difference]:
    for ref, expected in case.outcomes.items():
        outcome = found.items[ref]
        if outcome is not expected:
            yield Difference(ref, expected.value, outcome.value if outcome else "not settled")
    if found.outcome is not case.expect.case:
        yield Difference("case", case.expect.case.value, found.outcome.value)
    for keys, wanted in ((case.expect.holds, Status.TRUE), (case.expect.fails, Status.FALSE)):
        for key in keys:
            status = found.statuses.get(key)
            if status is not wanted:
                yield Difference(key, wanted.value, status.value if status else "no such conclusion here")
    for key in case.expect.safeguards:
        if not appears(found, key):
            yield Difference(key, Status.TRUE.value, "does not appear")


def appears(found: Assessment, key: str) -> bool:
    """Whether a conclusion holds, for some instance if none is named."""
    if "@" in key:
        return found.statuses.get(key) is Status.TRUE
    return any(each is Status.TRUE for name, each in found.statuses.items() if name.partition("@")[0] == key)
