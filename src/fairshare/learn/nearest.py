"""The case studies nearest to a case of one's own, by the facts on which each of them turned, fact by fact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fairshare.decide.answers import place_value, write_value
from fairshare.decide.library import load_real_base
from fairshare.decide.masks import join, meet
from fairshare.decide.program import Program
from fairshare.learn.cases import CaseStudy, load_cases
from fairshare.learn.running import PlacedCase, answer_case, list_law_changes, place_case
from fairshare.words import Answer

DECIDING_WEIGHT = 3
"""How much more a fact counts on which the outcome of the case study rests."""


@dataclass(frozen=True, slots=True)
class ComparedFact:
    """One answer of a case study beside the answers to the same question in one's own case."""

    fact: str
    theirs: str
    """The answer in the case study; another row holds another, if its people or items differ."""
    yours: tuple[str, ...]
    """One's own answers, for each person or item; none if it was not answered."""
    decides: bool
    """Whether the outcome of the case study no longer follows once this answer is taken away."""

    @property
    def agrees(self) -> bool:
        """Whether one's own case has that answer too."""
        return self.theirs in self.yours

    @property
    def weight(self) -> int:
        """What it counts."""
        return DECIDING_WEIGHT if self.decides else 1


@dataclass(frozen=True)
class NearCase:
    """A case study, and how near it is."""

    case: CaseStudy
    facts: tuple[ComparedFact, ...]
    """Those that it answers, the deciding ones first."""

    @property
    def points(self) -> int:
        """The weight of the facts that agree."""
        return sum(each.weight for each in self.facts if each.agrees)

    @property
    def out_of(self) -> int:
        """The weight of all its facts."""
        return sum(each.weight for each in self.facts)

    @property
    def is_close(self) -> bool:
        """Whether at least half agrees."""
        return 2 * self.points >= self.out_of

    @property
    def agree(self) -> tuple[ComparedFact, ...]:
        """The facts that agree."""
        return tuple(each for each in self.facts if each.agrees)

    @property
    def differ(self) -> tuple[ComparedFact, ...]:
        """The facts that were answered in both and do not agree."""
        return tuple(each for each in self.facts if each.yours and not each.agrees)


def nearest_cases(
    tool: str, answers: Mapping[str, Answer], *, cases: Iterable[CaseStudy] | None = None, limit: int = 2
) -> tuple[NearCase, ...]:
    """The case studies of the same tool whose facts agree most with these answers, the nearest first.

    A fact of the case study counts three times when its outcome rests on it. Numbers and dates agree when no
    threshold of the law lies between them. Among equals, the one that agrees in more comes first.
    """
    base = load_real_base()
    changes = list_law_changes(base)
    found = [
        NearCase(each, _compare(each, place_case(each, base, changes), answers))
        for each in (load_cases().values() if cases is None else cases)
        if each.tool == tool
    ]
    found.sort(key=lambda near: (-near.points / max(near.out_of, 1), -near.points, near.case.id))
    return tuple(near for near in found if near.points)[:limit]


def _compare(case: CaseStudy, placed: PlacedCase, answers: Mapping[str, Answer]) -> tuple[ComparedFact, ...]:
    deciding = find_deciding(placed.program, placed.known)
    theirs, yours = _gather(placed.program, answer_case(case)), _gather(placed.program, answers)
    facts = [
        ComparedFact(fact, answer, yours.get(fact, ()), fact in deciding)
        for fact, said in theirs.items()
        for answer in said
    ]
    return tuple(sorted(facts, key=lambda each: not each.decides))


def _gather(program: Program, answers: Mapping[str, Answer]) -> dict[str, tuple[str, ...]]:
    """The answers to each fact that the tool asks, whichever person or item they are about."""
    variables = {each.fact: each for each in program.variables if len(each.values) > 1}
    found: dict[str, dict[str, None]] = {}
    for key, answer in answers.items():
        variable = variables.get(key.partition("@")[0])
        if variable is None:
            continue
        said = write_value(answer.value)
        if variable.bounds is not None:
            said = variable.values[place_value(variable, answer.value)]
        found.setdefault(variable.fact, {})[said] = None
    return {fact: tuple(said) for fact, said in found.items()}


def find_deciding(program: Program, known: Mapping[int, int]) -> set[str]:
    """The facts of which one answer, taken away, leaves open the outcome of an item that plain evaluation settled.

    All the answers are taken away side by side, each in a bit of its own; in the highest bit nothing is.
    """
    asked = [at for at in known if len(program.variables[at].values) > 1]
    gone = {at: 1 << place for place, at in enumerate(asked)}
    whole = 1 << len(asked)
    sure, never = _weigh_all(program, known, gone, full=2 * whole - 1)
    lost = 0
    for rows in program.outcomes.values():
        settled, before = 0, 2 * whole - 1
        for _, row in rows:
            settled |= before & sure[row]
            before &= never[row]
        lost |= ~settled & (whole - 1) if settled & whole else 0
    return {program.variables[at].fact for at in asked if lost & gone[at]}


def _weigh_all(
    program: Program, known: Mapping[int, int], gone: Mapping[int, int], full: int
) -> tuple[list[int], list[int]]:
    """For each node, the bits in which it surely holds, and those in which it surely does not (Kleene)."""
    sure: list[int] = []
    never: list[int] = []
    for node in program.nodes:
        if node.sort == "value":
            at = node.of[0]
            given = full & ~gone.get(at, 0) if at in known else 0
            holds = given if known.get(at) in node.among else 0
            pair = (holds, given ^ holds)
        elif node.sort == "not":
            pair = (never[node.of[0]], sure[node.of[0]])
        elif node.sort == "and":
            pair = (meet(full, (sure[each] for each in node.of)), join(never[each] for each in node.of))
        else:
            pair = (join(sure[each] for each in node.of), meet(full, (never[each] for each in node.of)))
        sure.append(pair[0])
        never.append(pair[1])
    return sure, never
