"""Running a case study: its answers go to its tool, and what comes of it is held against what a person expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from fairshare.decide.answers import assignment
from fairshare.decide.assess import Assessment, assess, roll_up
from fairshare.decide.evaluate import evaluate, find_program, weigh_nodes
from fairshare.decide.language import RuleBase
from fairshare.decide.library import load_real_base
from fairshare.decide.program import CaseShape, Program
from fairshare.decide.settle import Status, find_settled_outcome, settle
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


def answer_case(case: CaseStudy, changes: Mapping[str, Given | None] | None = None) -> dict[str, Answer]:
    """The answers of a case, some of them changed, added or (None) taken away.

    A change to a plain question holds for every person and item, whatever the case says of each.
    """
    given: dict[str, Given | None] = dict(case.answers)
    for key, value in (changes or {}).items():
        given = {name: each for name, each in given.items() if name.partition("@")[0] != key}
        given[key] = value
    return {key: Answer(value=value) for key, value in given.items() if value is not None}


def run_case(
    case: CaseStudy, *, changes: Mapping[str, Given | None] | None = None, base: RuleBase | None = None
) -> CaseRun:
    """Puts a case to its tool under the law of its day.

    Takes    changes: answers to give instead of the case's own; base: the rules, those of Fairshare if none are named.
    Raises   UnknownTool, BadAnswers, ContradictoryAnswers.

    >>> from fairshare.learn.cases import load_cases
    >>> run_case(load_cases()["supermarket-loyalty-police"]).differences
    ()
    """
    found = assess(base or load_real_base(), case.tool, shape_case(case), case.day, answer_case(case, changes))
    return CaseRun(case, found, tuple(_list_differences(case, found.items, found.statuses)))


def check_cases(cases: Iterable[CaseStudy], *, base: RuleBase | None = None) -> dict[str, tuple[Difference, ...]]:
    """What came out otherwise than expected, for each of many cases: the same as `run_case` finds, only faster.

    Cases of one tool and of one form share a program, whatever they call their people and items and whichever day
    they are from between two changes of the law; and the solver is asked only where plain evaluation leaves something
    open.
    """
    rules = base or load_real_base()
    changes = list_law_changes(rules)
    return {
        each.id: tuple(_list_differences(each, *_settle_case(each, place_case(each, rules, changes)))) for each in cases
    }


def list_law_changes(base: RuleBase) -> set[date]:
    """The days on which a rule begins or has just ended; between two of them the law stands still."""
    starts = {each.start for each in base.rules.values() if each.start}
    return starts | {each.end + timedelta(1) for each in base.rules.values() if each.end}


@dataclass(frozen=True)
class PlacedCase:
    """A case in the program that it shares with others of its form, whatever they call their people and items."""

    program: Program
    known: dict[int, int]
    """Its answers, by variable and value."""
    names: dict[str, str]
    """The name in the program of each person and item."""


def place_case(case: CaseStudy, base: RuleBase, changes: set[date]) -> PlacedCase:
    """A case with its program: one for each tool, form of case and span of days between two changes of the law."""
    names = {ref: f"p{at}" for at, ref in enumerate(case.persons, 1)}
    names |= {ref: f"i{at}" for at, ref in enumerate(case.items, 1)}
    items = tuple((names[ref], "f1", names[person] if person else None) for ref, person in case.items.items())
    shape = CaseShape(("f1",), tuple(names[each] for each in case.persons), items)
    day = max((each for each in changes if each <= case.day), default=case.day)
    program = find_program(base, case.tool, shape, day)
    answers = {_rename(key, names): each for key, each in answer_case(case).items()}
    return PlacedCase(program, assignment(program, answers), names)


def _settle_case(case: CaseStudy, placed: PlacedCase) -> tuple[dict[str, Outcome | None], dict[str, Status]]:
    """The outcome of each item and where each conclusion stands, in the case's own names."""
    own = {short: ref for ref, short in placed.names.items()}
    keys = (*case.expect.holds, *case.expect.fails, *case.expect.safeguards)
    outcomes, statuses = _settle(placed.program, placed.known, {_rename(key, placed.names) for key in keys})
    return (
        {own[item]: Outcome(found) if found else None for item, found in outcomes.items()},
        {_rename(key, own): status for key, status in statuses.items()},
    )


def _settle(
    program: Program, known: Mapping[int, int], wanted: set[str]
) -> tuple[dict[str, str | None], dict[str, Status]]:
    """By plain evaluation if that says enough; else by the solver. Takes wanted: the conclusions that matter."""
    result = evaluate(program, known)
    said = {key: _SETTLED[truth] for key, truth in result.conclusions.items() if truth is not None}
    enough = all(key in said or key not in program.conclusions for key in wanted if "@" in key)
    enough &= all(appears(key, said) for key in wanted if "@" not in key and key not in said)
    if enough and None not in result.outcomes.values() and _has_completion(program, known):
        return result.outcomes, said
    statuses = settle(program, known)
    return {item: find_settled_outcome(statuses, program, item) for item in program.outcomes}, statuses


_SETTLED = {True: Status.TRUE, False: Status.FALSE}


def _has_completion(program: Program, known: Mapping[int, int]) -> bool:
    """Whether one of the two plainest ways to answer the rest breaks no constraint: a proof that the answers agree."""
    sizes = [len(variable.values) for variable in program.variables]
    for rest in ([0] * len(sizes), [size - 1 for size in sizes]):
        truths = weigh_nodes(program, dict(enumerate(rest)) | dict(known))
        if all(truths[node] for _, node in program.constraints):
            return True
    return False


def _rename(key: str, names: Mapping[str, str]) -> str:
    fact, at, ref = key.partition("@")
    return f"{fact}{at}{names.get(ref, ref)}"


def _list_differences(
    case: CaseStudy, outcomes: Mapping[str, Outcome | None], statuses: Mapping[str, Status]
) -> Iterator[Difference]:
    for ref, expected in case.outcomes.items():
        found = outcomes[ref]
        if found is not expected:
            yield Difference(ref, expected.value, found.value if found else "not settled")
    whole = roll_up(each or Outcome.DEFER_NEED_INFO for each in outcomes.values())
    if whole is not case.expect.case:
        yield Difference("case", case.expect.case.value, whole.value)
    for keys, wanted in ((case.expect.holds, Status.TRUE), (case.expect.fails, Status.FALSE)):
        for key in keys:
            status = statuses.get(key)
            if status is not wanted:
                yield Difference(key, wanted.value, status.value if status else "no such conclusion here")
    for key in case.expect.safeguards:
        if not appears(key, statuses):
            yield Difference(key, Status.TRUE.value, "does not appear")


def appears(key: str, statuses: Mapping[str, Status]) -> bool:
    """Whether a conclusion holds: for the instance named or, if none is, for any."""
    if "@" in key:
        return statuses.get(key) is Status.TRUE
    return any(each is Status.TRUE for name, each in statuses.items() if name.partition("@")[0] == key)
