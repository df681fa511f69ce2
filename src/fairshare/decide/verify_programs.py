"""Checking one program: what must never come about in it, and what comes about at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from pysat.solvers import Solver

from fairshare.decide.clauses import SOLVER, TRUE, ClauseWriter, define_program
from fairshare.decide.ground import key_of, list_views
from fairshare.decide.language import RuleBase
from fairshare.decide.program import GroundRule, Program
from fairshare.decide.relevance import find_changing
from fairshare.decide.verify_properties import BROKEN
from fairshare.words import UNOBTAINABLE

Name = tuple[str, ...]
"""What a literal stands for: a kind, and what it is of."""


@dataclass
class Sightings:
    """What some case has been seen to bring about, over all the programs looked at."""

    seen: set[Name] = field(default_factory=set)
    reached: Counter[str] = field(default_factory=Counter)
    """For each outcome, the number of programs in which some case of some item comes to it."""


class Inspection:
    """One program in a solver of its own, with a literal for everything that is asked about it."""

    def __init__(self, base: RuleBase, program: Program) -> None:
        self.base, self.program = base, program
        self.writer = ClauseWriter()
        self.values = tuple(self.writer.choose_one(len(variable.values)) for variable in program.variables)
        self.nodes, _ = define_program(self.writer, program, self.values)
        self.forbidden = dict(self._list_forbidden())
        self.outcomes = self._define_any(self._list_outcomes())
        self.hoped = self._define_any(self._list_hoped())
        self.writer.clauses.append((TRUE, self.writer.top))
        self.solver = Solver(name=SOLVER, bootstrap_with=self.writer.clauses)
        for _, node in program.constraints:
            self.solver.add_clause([self.nodes[node]])
        self._top = self.writer.top

    def __enter__(self) -> Inspection:
        return self

    def __exit__(self, *_: object) -> None:
        self.solver.delete()

    def is_possible(self, key: str = "", value: str = "") -> bool:
        """Whether any case is left at all or, given a variable and a value of it, one with that."""
        return bool(self.solver.solve([self._literal(key, value)] if key else []))

    def find_forbidden(self) -> Iterator[tuple[Name, dict[str, str]]]:
        """Everything forbidden that some case brings about, each with the answers that do."""
        sought = dict(self.forbidden)
        for model in self._find_models(sought):
            for name in [name for name, literal in sought.items() if literal in model]:
                yield name, self._cut_down(sought.pop(name), model)

    def sight(self, sightings: Sightings) -> None:
        """Note everything hoped for that some case brings about."""
        sought = {name: literal for name, literal in self.hoped.items() if name not in sightings.seen}
        for model in self._find_models(sought):
            found = [name for name, literal in sought.items() if literal in model]
            sightings.seen.update(found)
            for name in found:
                del sought[name]
        sightings.reached.update(name[0] for name, literal in self.outcomes.items() if self.solver.solve([literal]))

    def _find_models(self, sought: Mapping[Name, int]) -> Iterator[frozenset[int]]:
        """Cases that bring about some of what is sought, until none does; the caller strikes off what it has seen."""
        while sought:
            self._top += 1
            self.solver.add_clause([-self._top, *sought.values()])
            self.solver.set_phases(list(sought.values()))
            if not self.solver.solve([self._top]):
                return
            yield frozenset(self.solver.get_model())
            self.solver.add_clause([-self._top])

    def _cut_down(self, literal: int, model: frozenset[int]) -> dict[str, str]:
        """Few answers of a case, of which each is needed, that bring `literal` about whatever else is answered."""
        answers = [next(each for each in row if each in model) for row in self.values]
        if self.solver.solve([-literal, *answers]):
            return {}
        kept = [each for each in answers if each in set(self.solver.get_core())]
        for each in list(kept):
            fewer = [other for other in kept if other != each]
            if not self.solver.solve([-literal, *fewer]):
                kept = fewer
        chosen = set(kept) - {TRUE}
        return {
            variable.key: variable.values[at]
            for variable, row in zip(self.program.variables, self.values, strict=True)
            for at, each in enumerate(row)
            if each in chosen
        }

    def _literal(self, key: str, value: str) -> int:
        at = self.program.index[key]
        return self.values[at][self.program.variables[at].values.index(value)]

    def _list_forbidden(self) -> Iterator[tuple[Name, int]]:
        for item, rows in self.program.outcomes.items():
            yield ("default", item), self.writer.define_and(-self.nodes[node] for _, node in rows[:-1])
        yield from self._list_closed_referrals()
        yield from self._list_ties()
        for key, node in self.program.conclusions.items():
            if key.startswith(BROKEN):
                yield ("broken", key.removeprefix(BROKEN).partition("@")[0], key), self.nodes[node]

    def _list_closed_referrals(self) -> Iterator[tuple[Name, int]]:
        """For each referral: it is made although the finding it names is known already, or can never be made."""
        for conclusion in self.base.conclusions.values():
            if conclusion.finding is None:
                continue
            finding = self.base.facts[conclusion.finding]
            for view in list_views(self.program.shape, conclusion.scope):
                key = key_of(conclusion.id, view.instance(conclusion.scope) or "")
                at = self.program.index.get(key_of(finding.id, view.instance(finding.scope) or ""))
                if key not in self.program.conclusions:
                    continue
                open_still = -TRUE
                if at is not None and UNOBTAINABLE in self.program.variables[at].values:
                    open_still = self.values[at][self.program.variables[at].values.index(UNOBTAINABLE)]
                made = self.nodes[self.program.conclusions[key]]
                yield ("closed", conclusion.id, key), self.writer.define_and([made, -open_still])

    def _list_ties(self) -> Iterator[tuple[Name, int]]:
        """For each pair of rules for and against: both fire, and no other of a higher priority does."""
        by_conclusion: dict[str, list[GroundRule]] = {}
        for rule in self.program.rules:
            by_conclusion.setdefault(rule.conclusion, []).append(rule)
        for rules in by_conclusion.values():
            for one, other in product(rules, rules):
                if one.positive and not other.positive and one.priority == other.priority:
                    above = [-self.nodes[rule.fires] for rule in rules if rule.priority > one.priority]
                    both = [self.nodes[one.fires], self.nodes[other.fires]]
                    yield ("tie", one.rule, other.rule, one.instance), self.writer.define_and([*both, *above])

    def _define_any(self, listed: Iterable[tuple[Name, int]]) -> dict[Name, int]:
        """For each name, a literal that is true where any of those listed for it is."""
        found: dict[Name, list[int]] = {}
        for name, literal in listed:
            found.setdefault(name, []).append(literal)
        return {
            name: literals[0] if len(literals) == 1 else -self.writer.define_and(-each for each in literals)
            for name, literals in found.items()
        }

    def _list_outcomes(self) -> Iterator[tuple[Name, int]]:
        """For each item and row of the roll-up: the row is the first that holds."""
        for rows in self.program.outcomes.values():
            before: list[int] = []
            for outcome, node in rows[:-1]:
                yield (outcome,), self.writer.define_and([*before, self.nodes[node]])
                before.append(-self.nodes[node])
            yield (rows[-1][0],), self.writer.define_and(before)

    def _list_hoped(self) -> Iterator[tuple[Name, int]]:
        for rule in self.program.rules:
            yield ("rule", rule.rule), self.nodes[rule.fires]
            conditions = [self.nodes[node] for node in rule.conditions]
            for at, node in enumerate(rule.exceptions):
                yield ("exception", rule.rule, str(at)), self.writer.define_and([*conditions, self.nodes[node]])
        for rows in self.program.outcomes.values():
            none_before: list[int] = []
            for at, (_, node) in enumerate(rows[:-1]):
                yield ("row", str(at)), self.writer.define_and([*none_before, self.nodes[node]])
                none_before.append(-self.nodes[node])
        for variable, row in zip(self.program.variables, self.values, strict=True):
            for value, literal in zip(variable.values, row, strict=True):
                yield ("value", variable.fact, value), literal


def sight_facts(base: RuleBase, program: Program, sightings: Sightings) -> None:
    """Note each fact that, in some case, alone changes an outcome or a conclusion that somebody reads."""
    unseen = [at for at in program.order if ("fact", program.variables[at].fact) not in sightings.seen]
    if not unseen:
        return
    read = [key for key in program.conclusions if _is_read(base, program.tool, key.partition("@")[0])]
    asked = replace(program, goals=tuple(read), order=tuple(unseen))
    for at in find_changing(asked, {}):
        sightings.seen.add(("fact", program.variables[at].fact))


def _is_read(base: RuleBase, tool: str, conclusion: str) -> bool:
    found = base.conclusions[conclusion]
    return found.force != "none" or found.sort is not None or conclusion in base.tools[tool].goals
