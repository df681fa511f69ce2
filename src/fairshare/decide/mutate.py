"""Mutation testing of a rule base: would anybody notice, if a rule said something a little different?

Each mutant is one small mistake. It is *caught* when a hand-written scenario no longer comes out as it must, or when
a named safety property can be broken. One that nobody notices is *equivalent* if the solver proves that no case, of
the shapes and under the laws that `verify` looks at, has another outcome or another conclusion that somebody reads.
What is left is *alive*; what the solver could not decide in time counts as alive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from random import Random

from fairshare.decide.ground import order_gates
from fairshare.decide.language import RuleBase
from fairshare.decide.mutate_cases import Panel, make_panels
from fairshare.decide.mutate_operators import OPERATORS, Mutant, list_mutants
from fairshare.decide.mutate_program import Frame, WholeProgram, make_frame
from fairshare.decide.mutate_proof import Prover, Witness
from fairshare.decide.program import CaseShape
from fairshare.decide.scenarios import Scenario
from fairshare.decide.verify import BOTH, NOBODY, SEVERAL, SMALL, list_days

Progress = Callable[[int, int], None]
"""Called with how many mutants were tried, and how many there are."""
Law = tuple[CaseShape, date, bool]
"""A shape of case, a day of law, and whether what is unconfirmed applies."""


class Verdict(StrEnum):
    """What became of a mutant."""

    CASE = "caught by a case"
    PROPERTY = "caught by a property"
    EQUIVALENT = "equivalent"
    ALIVE = "alive"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Trial:
    """A mutant, what became of it, and who noticed; or a case that would have shown it."""

    mutant: Mutant
    verdict: Verdict
    by: str = ""
    """The scenario or the property."""
    witness: Witness | None = None
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the mutants of one operator."""

    operator: str
    made: int
    equivalent: int
    by_cases: int
    by_properties: int
    alive: int
    """Undecided ones among them."""

    @property
    def score(self) -> float:
        """The share that was caught of those that are not equivalent; 1 when there are none.

        >>> Tally("drop-rule", made=10, equivalent=2, by_cases=6, by_properties=1, alive=1).score
        0.875
        """
        counted = self.made - self.equivalent
        return (self.by_cases + self.by_properties) / counted if counted else 1.0


def choose_mutants(
    base: RuleBase, *, tool: str | None = None, operator: str | None = None, sample: int | None = None, seed: int = 0
) -> tuple[Mutant, ...]:
    """The mutants of a rule base, or some of them.

    Takes    tool: only of rules that this tool takes; sample: so many, drawn with `seed`, in the order of the files.
    """
    found = list_mutants(base)
    if tool is not None:
        gates = set(order_gates(base, base.tools[tool]))
        found = tuple(each for each in found if each.subject in base.rules and base.rules[each.subject].gate in gates)
    if operator is not None:
        found = tuple(each for each in found if each.operator == operator)
    if sample is not None and sample < len(found):
        drawn = sorted(Random(seed).sample(range(len(found)), sample))  # noqa: S311
        found = tuple(found[at] for at in drawn)
    return found


def find_failing(base: RuleBase, scenarios: Iterable[Scenario]) -> tuple[Scenario, ...]:
    """The scenarios that do not come out as they must, with no change made; each open question answered many ways."""
    return tuple(each for panel in make_panels(make_frame(base), scenarios) for each in panel.find_failing())


def try_mutants(
    base: RuleBase,
    mutants: Iterable[Mutant],
    scenarios: Iterable[Scenario],
    progress: Progress = lambda done, total: None,
) -> tuple[Trial, ...]:
    """What becomes of each mutant.

    A scenario that fails already is left out: `find_failing` names them.
    """
    frame = make_frame(base)
    panels = make_panels(frame, scenarios)
    failing = {each.id for panel in panels for each in panel.find_failing()}
    if failing:
        kept = [each for panel in panels for each in panel.scenarios if each.id not in failing]
        panels = make_panels(frame, kept)
    jury = _Jury(frame)
    wanted = tuple(mutants)
    found = []
    for done, mutant in enumerate(wanted):
        progress(done, len(wanted))
        found.append(_ask_cases(panels, mutant) or jury.judge(mutant))
    progress(len(wanted), len(wanted))
    return tuple(found)


def _ask_cases(panels: list[Panel], mutant: Mutant) -> Trial | None:
    for panel in panels:
        change = panel.program.change(mutant)
        if change and (noticed := panel.find_failing(change)):
            return Trial(mutant, Verdict.CASE, noticed[0].id)
    return None


class _Jury:
    """The solvers, one for each law and shape, made when first needed."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.laws = tuple(_list_laws(frame.plain))
        self.provers: dict[Law, Prover] = {}

    def judge(self, mutant: Mutant) -> Trial:
        """A mutant that no scenario noticed."""
        witness, day, decided = None, None, True
        for law in (*self.laws, *self._list_edges(mutant)):
            prover = self._prover(law)
            change = prover.program.change(mutant)
            if not change:
                continue
            copies = prover.copy(change)
            if broken := prover.find_broken(copies):
                return Trial(mutant, Verdict.PROPERTY, broken)
            if witness is None:
                witness, known = prover.find_difference(change, copies)
                day, decided = law[1], decided and known
        if witness is not None:
            return Trial(mutant, Verdict.ALIVE, witness=witness, day=day)
        return Trial(mutant, Verdict.EQUIVALENT if decided else Verdict.UNDECIDED)

    def _prover(self, law: Law) -> Prover:
        found = self.provers.get(law)
        if found is None:
            shape, day, unconfirmed = law
            found = Prover(WholeProgram(self.frame, shape, day, with_unconfirmed=unconfirmed))
        elif found.worn:
            found.close()
            found = Prover(found.program)
        self.provers[law] = found
        return found

    def _list_edges(self, mutant: Mutant) -> Iterator[Law]:
        """The days on which a rule whose dates were moved is law, or was."""
        before = self.frame.plain.rules.get(mutant.subject)
        if mutant.operator == "shift-dates" and before is not None and mutant.rule is not None:
            days = {each for rule in (before, mutant.rule) for each in (rule.start, rule.end) if each is not None}
            yield from ((BOTH, day, False) for day in sorted(days))


def _list_laws(base: RuleBase) -> Iterator[Law]:
    """The present law for every shape, then each state that the law has been in."""
    days = list_days(base)
    yield from ((shape, days[-1], False) for shape in (BOTH, SEVERAL, SMALL, NOBODY))
    seen = set[frozenset[str]]()
    for day in reversed(days):
        for unconfirmed in (False, True):
            law = frozenset(
                each.id for each in base.rules.values() if each.in_force(day) and (each.confirmed or unconfirmed)
            )
            if law not in seen:
                seen.add(law)
                if (day, unconfirmed) != (days[-1], False):
                    yield BOTH, day, unconfirmed


def tally(trials: Iterable[Trial]) -> tuple[Tally, ...]:
    """What became of the mutants, operator by operator; those of which none was made are left out."""
    listed = tuple(trials)
    return tuple(
        _count(operator, [each.verdict for each in listed if each.mutant.operator == operator])
        for operator in OPERATORS
        if any(each.mutant.operator == operator for each in listed)
    )


def tally_all(trials: Iterable[Trial]) -> Tally:
    """The same over all operators."""
    return _count("all", [each.verdict for each in trials])


def _count(name: str, verdicts: list[Verdict]) -> Tally:
    count = verdicts.count
    return Tally(
        name,
        made=len(verdicts),
        equivalent=count(Verdict.EQUIVALENT),
        by_cases=count(Verdict.CASE),
        by_properties=count(Verdict.PROPERTY),
        alive=count(Verdict.ALIVE) + count(Verdict.UNDECIDED),
    )
