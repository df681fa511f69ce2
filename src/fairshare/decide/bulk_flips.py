"""Gathered cases settled side by side under two laws, and which of them flip.

What an answer means is asked of the same functions that `fairshare.decide.compare` uses, once for each answer that
differs from those seen before; what only a whole case can tell goes through `compare` itself, case by case.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from fairshare.decide.answers import check_answer, place_value, read_answer
from fairshare.decide.bulk_cases import Group, Part, Plain, unpack_columns
from fairshare.decide.compare import (
    PROBLEM,
    DatedRules,
    Standing,
    StoredCase,
    StoredShape,
    compare_standings,
    read_case,
    stand,
    write_flip,
)
from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.errors import BadAnswers
from fairshare.decide.ground import ground
from fairshare.decide.lanes import Lanes, Masks
from fairshare.decide.masks import join
from fairshare.decide.nodes import keep_goals
from fairshare.decide.program import Program
from fairshare.words import FairshareError

GROUPS_KEPT = 256
MOST_NAMED = 20
"""How many of the cases that cannot be evaluated are named; the others are counted."""

Meaning = int | str | None
"""An answer under one law: the index of its value, the code of the error it is, or None where it is not asked."""
Answered = tuple[str, Meaning, int]
"""A key, what was answered there, and the mask of the cases in which it was."""
Pair = tuple[Standing, Standing]
"""Where a case stands before and after."""


class _Unusual(Exception):
    """Only the whole case can tell. It never leaves this module."""


@dataclass
class Found:
    """What became of some cases. Lines are numbered as whoever asked counts them."""

    cases: int = 0
    problems: int = 0
    named: list[tuple[int, str]] = field(default_factory=list)
    """The line and id of the first few cases that cannot be evaluated."""
    flips: list[tuple[int, str]] = field(default_factory=list)
    """The number of the line, and the flip as JSON."""
    unreadable: list[int] = field(default_factory=list)
    """The numbers of lines that are no stored case."""

    def note(self, tool: str, pair: Pair, count: int, cases: Iterable[tuple[int, str]]) -> None:
        """Take up so many cases, as line and id, that all stand so."""
        self.cases += count
        if any(PROBLEM in each for each in pair):
            self.problems += count
            cases = list(cases)
            self.named = sorted([*self.named, *cases])[:MOST_NAMED]
        flip = compare_standings("", tool, *pair)
        if flip is not None:
            changes = flip.changes_to_json()
            self.flips += [(number, write_flip(case, changes)) for number, case in cases]


class _Side:
    """One law, for cases of one tool and shape."""

    def __init__(self, rules: DatedRules, tool: str, shape: StoredShape) -> None:
        self.program: Program | None = None
        self.problem = ""
        self.by_fact: dict[str, list[int]] = {}
        try:
            self.program = keep_goals(ground(rules.base, tool, shape.ground(), rules.day))
        except FairshareError as error:
            self.problem = error.code
            return
        self.lanes = Lanes(self.program)
        for at, variable in enumerate(self.program.variables):
            self.by_fact.setdefault(variable.fact, []).append(at)

    def find_meaning(self, key: str, value: Plain) -> Meaning:
        """What an answer means here. Raises _Unusual where only the whole case can tell."""
        if self.program is None:
            return None
        try:
            answer = read_answer(value, where=key[:120]).value
        except FairshareError:
            raise _Unusual from None
        try:
            check_answer(self.program, key, answer)
        except BadAnswers as error:
            return error.code
        variables = self.list_variables(key)
        try:
            return place_value(self.program.variables[variables[0]], answer) if variables else None
        except BadAnswers:
            raise _Unusual from None

    def list_variables(self, key: str) -> list[int]:
        """The variables that an answer of this key can give a value to; they all take the same values."""
        if self.program is None or key in self.program.index:
            return [self.program.index[key]] if self.program else []
        return [] if "@" in key else self.by_fact.get(key, [])

    def stand(self, found: Sequence[Answered], cases: int) -> dict[str, Masks]:
        """What each item, goal and problem stands at, and in which cases."""
        full = (1 << cases) - 1
        if self.program is None:
            return {PROBLEM: {self.problem: full}}
        own = [[0] * len(each.values) for each in self.program.variables]
        shared = [[0] * len(each.values) for each in self.program.variables]
        problems: Masks = {}
        for key, meaning, mask in found:
            if isinstance(meaning, str):
                problems[meaning] = problems.get(meaning, 0) | mask
            elif meaning is not None:
                for at in self.list_variables(key):
                    (own if self.program.variables[at].key == key else shared)[at][meaning] |= mask
        for mine, common in zip(own, shared, strict=True):
            spare = full & ~join(mine)
            for value, mask in enumerate(common):
                mine[value] |= mask & spare
            if len(mine) == 1:
                mine[0] = full
        stands, clash = self.lanes.settle(own, cases)
        good = full & ~join(problems.values())
        problems[ContradictoryAnswers.code] = problems.get(ContradictoryAnswers.code, 0) | (clash & good)
        return {key: {text: mask & good for text, mask in each.items()} for key, each in stands.items()} | {
            PROBLEM: problems
        }


class Evaluator:
    """Evaluates stored cases under two laws, and gets faster as it learns. For one process."""

    def __init__(self, before: DatedRules, after: DatedRules) -> None:
        self.before, self.after = before, after
        self._sides: OrderedDict[Group, tuple[_Side, _Side]] = OrderedDict()

    def evaluate_parts(self, group: Group, parts: Sequence[tuple[int, Part]]) -> Found:
        """The flips among the cases of some parts of one group, each with the number of its first line."""
        found, (tool, shape) = Found(), group
        named = [each for start, part in parts for each in part.name_cases(start)]
        columns = unpack_columns([part for _, part in parts])
        sides = self._find_sides(group)
        answered: tuple[list[Answered], list[Answered]] = ([], [])
        slow = 0
        for key, value, mask in columns:
            try:
                for side, said in zip(sides, answered, strict=True):
                    said.append((key, side.find_meaning(key, value), mask))
            except _Unusual:
                slow |= mask
        before, after = (side.stand(said, len(named)) for side, said in zip(sides, answered, strict=True))
        fast = ((1 << len(named)) - 1) & ~slow
        for mask, pair in _split(_split([(fast, ({}, {}))], before, 0), after, 1):
            found.note(tool, pair, mask.bit_count(), (named[place] for place in _list_places(mask, len(named))))
        for place in _list_places(slow, len(named)):
            bit = 1 << (len(named) - 1 - place)
            answers = {key: value for key, value, mask in columns if mask & bit}
            pair = self._stand(StoredCase(id="-", tool=tool, shape=shape, answers=answers))
            found.note(tool, pair, 1, [named[place]])
        return found

    def evaluate_lines(self, lines: Iterable[tuple[int, bytes]]) -> Found:
        """The flips among lines out of the ordinary, one by one."""
        found = Found()
        for number, raw in lines:
            try:
                case = read_case(raw)
            except FairshareError:
                found.unreadable.append(number)
            else:
                found.note(case.tool, self._stand(case), 1, [(number, case.id)])
        return found

    def _stand(self, case: StoredCase) -> Pair:
        return stand(self.before, case), stand(self.after, case)

    def _find_sides(self, group: Group) -> tuple[_Side, _Side]:
        if group not in self._sides:
            self._sides[group] = (_Side(self.before, *group), _Side(self.after, *group))
            if len(self._sides) > GROUPS_KEPT:
                self._sides.popitem(last=False)
        self._sides.move_to_end(group)
        return self._sides[group]


def _split(classes: list[tuple[int, Pair]], side: dict[str, Masks], at: int) -> list[tuple[int, Pair]]:
    """Cases that stood alike so far, told apart by where they stand on one side."""
    for key, masks in side.items():
        found: list[tuple[int, Pair]] = []
        for cases, pair in classes:
            rest = cases
            for text, mask in masks.items():
                if part := rest & mask:
                    mine = {**pair[at], key: text}
                    found.append((part, (mine, pair[1]) if at == 0 else (pair[0], mine)))
                    rest ^= part
            if rest:
                found.append((rest, pair))
        classes = found
    return classes


def _list_places(mask: int, cases: int) -> Iterator[int]:
    """The places of the cases of a mask, the first first."""
    digits = format(mask, f"0{cases}b")
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
