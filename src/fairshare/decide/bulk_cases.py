"""Lines of stored cases gathered into batches of one tool and shape, and settled side by side under two laws.

A line with anything out of the ordinary (an answer that fits nowhere, a name written twice, something that is not
JSON) goes the slow way, through `fairshare.decide.compare`; and what an answer means is asked of the same functions
that the slow way uses, once for each answer that differs from those seen before.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import Any

from fairshare.decide.answers import check_answer, place_value, read_answer
from fairshare.decide.compare import PROBLEM, DatedRules, Flip, StoredShape, compare_standings, read_case, stand
from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.errors import BadAnswers
from fairshare.decide.evaluate import find_program
from fairshare.decide.lanes import Lanes, Masks
from fairshare.decide.program import Program
from fairshare.words import FairshareError
from fairshare.words.reading import MAX_INTEGER, build

CASES_TOGETHER = 16_384
BATCHES_KEPT = 256
FIRST_ROOM = 512
MOST_ID = 500
MOST_VALUES = 100_000
NO, YES = ord("0"), ord("1")
FIELDS = frozenset({"id", "tool", "shape", "answers"})

Meaning = int | str | None
"""An answer under one law: the index of its value, the code of the error it is, or None where it is not asked."""


class _Unusual(Exception):
    """This line goes the slow way. It never leaves this module."""


def _keep_whole(text: str) -> tuple[str]:
    return (text,)  # so that 1 is never taken for true


def _refuse_number(text: str) -> Any:
    raise _Unusual


_decoder = JSONDecoder(parse_int=_keep_whole, parse_float=_refuse_number, parse_constant=_refuse_number)


class _Side:
    """One law, for cases of one tool and shape."""

    def __init__(self, rules: DatedRules, tool: str, shape: StoredShape) -> None:
        self.program: Program | None = None
        self.problem = ""
        self.by_fact: dict[str, list[int]] = {}
        try:
            self.program = find_program(rules.base, tool, shape.ground(), rules.day)
        except FairshareError as error:
            self.problem = error.code
            return
        self.lanes = Lanes(self.program)
        for at, variable in enumerate(self.program.variables):
            self.by_fact.setdefault(variable.fact, []).append(at)

    def find_meaning(self, key: str, value: bool | int | str) -> Meaning:
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

    def stand(self, found: Sequence[tuple[str, Meaning, int]], cases: int) -> dict[str, Masks]:
        """What each item, goal and problem stands at, and in which cases.

        Takes    found: keys, what was answered there, and the cases in which it was.
        """
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
            spare = full
            for mask in mine:
                spare &= ~mask
            for value, mask in enumerate(common):
                mine[value] |= mask & spare
            if len(mine) == 1:
                mine[0] = full
        stands, clash = self.lanes.settle(own, cases)
        good = full
        for mask in problems.values():
            good &= ~mask
        problems[ContradictoryAnswers.code] = problems.get(ContradictoryAnswers.code, 0) | (clash & good)
        return {key: {text: mask & good for text, mask in each.items()} for key, each in stands.items()} | {
            PROBLEM: problems
        }


@dataclass(frozen=True, slots=True)
class _Column:
    """Which cases of a batch have one answer: a digit 1 in the place of each."""

    key: str
    meanings: tuple[Meaning, Meaning]
    ones: bytearray


class _Places(dict[Any, bytearray]):
    """For the answers to one key, the column that each belongs to."""

    def __init__(self, batch: _Batch, key: str) -> None:
        self.batch, self.key = batch, key

    def __missing__(self, raw: Any) -> bytearray:
        value = raw
        if isinstance(raw, tuple):
            value = int(raw[0]) if len(raw[0]) <= 17 else MAX_INTEGER + 1
            if abs(value) > MAX_INTEGER:
                raise _Unusual
        elif not isinstance(raw, bool | str):
            raise _Unusual
        column = self.batch.find_column(self.key, value)
        if len(self) >= MOST_VALUES:
            self.clear()
        self[raw] = column.ones
        self.batch.places[self.key] = self
        return column.ones


class _KnownKeys(dict[str, _Places]):
    """The keys answered so far. One that fits nowhere is not kept."""

    def __init__(self, batch: _Batch) -> None:
        self.batch = batch

    def __missing__(self, key: str) -> _Places:
        return _Places(self.batch, key)


class _Batch:
    """Cases of one tool and shape, gathered until they are settled together."""

    def __init__(self, before: DatedRules, after: DatedRules, tool: str, shape: StoredShape) -> None:
        self.tool = tool
        self.sides = (_Side(before, tool, shape), _Side(after, tool, shape))
        self.places = _KnownKeys(self)
        self.columns: dict[tuple[str, Meaning, Meaning], _Column] = {}
        self.room = FIRST_ROOM
        self.cases: list[tuple[int, str]] = []
        """The number of the line, and the id."""

    def find_column(self, key: str, value: bool | int | str) -> _Column:
        """The column of an answer. Raises _Unusual for one that fits neither law."""
        first, second = (side.find_meaning(key, value) for side in self.sides)
        if isinstance(first, str) and isinstance(second, str):
            raise _Unusual
        name = (key, first, second)
        if name not in self.columns:
            self.columns[name] = _Column(key, (first, second), bytearray([NO]) * self.room)
        return self.columns[name]

    def add(self, number: int, case: str, answers: dict[str, Any]) -> None:
        """Take up a case. Raises _Unusual or TypeError, and then nothing is taken up."""
        at = len(self.cases)
        if at == self.room:
            for column in self.columns.values():
                column.ones.extend(bytearray([NO]) * self.room)
            self.room *= 2
        places = self.places
        try:
            for key, value in answers.items():
                places[key][value][at] = YES
        except (_Unusual, TypeError):
            for column in self.columns.values():
                column.ones[at] = NO
            raise
        self.cases.append((number, case))

    def settle(self, found: Found) -> None:
        """Settle what was gathered, note what flips, and start afresh."""
        cases = len(self.cases)
        masks = [(each, int(each.ones[:cases], 2)) for each in self.columns.values() if each.meanings != (None, None)]
        before, after = (
            side.stand([(each.key, each.meanings[at], mask) for each, mask in masks if mask], cases)
            for at, side in enumerate(self.sides)
        )
        problems = _join(before.get(PROBLEM, {}).values()) | _join(after.get(PROBLEM, {}).values())
        found.cases += cases
        found.problems += problems.bit_count()
        changed = _find_changed(before, after, cases)
        if changed:
            spelled = [_spell(side, cases) for side in (before, after)]
            for at, digit in enumerate(format(changed, f"0{cases}b")):
                if digit == "1":
                    number, case = self.cases[at]
                    found.note(number, compare_standings(case, self.tool, *(_read(side, at) for side in spelled)))
        for column in self.columns.values():
            column.ones[:] = bytearray([NO]) * FIRST_ROOM
        self.room = FIRST_ROOM
        self.cases.clear()


def _find_changed(before: dict[str, Masks], after: dict[str, Masks], cases: int) -> int:
    """The cases in which some key stands differently, or on one side only."""
    changed = 0
    for key in dict.fromkeys((*before, *after)):
        mine, other = before.get(key, {}), after.get(key, {})
        same = _join(mask & other.get(text, 0) for text, mask in mine.items())
        changed |= (_join(mine.values()) | _join(other.values())) & ~same
    return changed


Spelled = list[tuple[str, list[tuple[str, str]]]]
"""For each key, what it can stand at, with a digit 1 in the place of each case in which it does."""


def _spell(side: dict[str, Masks], cases: int) -> Spelled:
    return [
        (key, [(text, format(mask, f"0{cases}b")) for text, mask in masks.items() if mask])
        for key, masks in side.items()
    ]


def _read(side: Spelled, at: int) -> dict[str, str]:
    """The standing of one case."""
    return {key: text for key, texts in side for text, digits in texts if digits[at] == "1"}


def _join(masks: Iterable[int]) -> int:
    found = 0
    for mask in masks:
        found |= mask
    return found


@dataclass
class Found:
    """What became of some lines."""

    lines: int = 0
    cases: int = 0
    problems: int = 0
    flips: list[tuple[int, str]] = field(default_factory=list)
    """The number of the line, and the flip as JSON."""
    unreadable: list[int] = field(default_factory=list)

    def note(self, number: int, flip: Flip | None) -> None:
        """Keep a flip, if it is one."""
        if flip is not None:
            self.flips.append((number, flip.to_json()))


def _name_shape(shape: Any) -> tuple[Any, ...]:
    """A shape as read, as something that can be looked up. Raises TypeError for what is no shape."""
    if type(shape) is not dict:
        raise _Unusual
    parts = {name: tuple(part) for name, part in shape.items()}
    parts["items"] = tuple([tuple(each.items()) for each in parts.get("items", ())])
    return tuple(parts.items())


def _count_texts(read: Any) -> int:
    """How many texts stand in something read from JSON, names included."""
    if isinstance(read, dict):
        return len(read) + sum(_count_texts(each) for each in read.values())
    return sum(_count_texts(each) for each in read) if isinstance(read, list) else isinstance(read, str)


class Evaluator:
    """Evaluates lines of stored cases under two laws, and gets faster as it learns. For one process."""

    def __init__(self, before: DatedRules, after: DatedRules) -> None:
        self.before, self.after = before, after
        self._batches: OrderedDict[tuple[str, Any], tuple[_Batch, int]] = OrderedDict()

    def run(self, lines: Iterable[bytes]) -> Found:
        """The flips among these lines, in their order. Lines are numbered from 0; empty ones are passed over."""
        found = Found()
        for number, raw in enumerate(lines):
            found.lines += 1
            try:
                self._take(found, number, raw)
            except (_Unusual, ValueError, TypeError, KeyError, AttributeError, RecursionError):
                self._take_slowly(found, number, raw)
        for batch, _ in self._batches.values():
            if batch.cases:
                batch.settle(found)
        found.flips.sort()
        return found

    def _take(self, found: Found, number: int, raw: bytes) -> None:
        """Put a line into its batch. Anything raised sends it the slow way."""
        text = raw.decode().rstrip()
        read, end = _decoder.raw_decode(text)
        if end != len(text) or type(read) is not dict or not FIELDS.issuperset(read):
            raise _Unusual
        case, tool, answers = read["id"], read["tool"], read.get("answers", {})
        if type(answers) is not dict or type(case) is not str or type(tool) is not str:
            raise _Unusual
        if not 0 < len(case) <= MOST_ID or case != case.strip() or not case.isascii():
            raise _Unusual
        batch, texts = self._find_batch(found, tool, read.get("shape"))
        # Without a backslash, every text stands between two quotation marks of its own; were a name there twice, what
        # was read would hold fewer texts than the line does.
        texts += len(read) + 2 + len(answers) + list(map(type, answers.values())).count(str)
        if b"\\" in raw or raw.count(b'"') != 2 * texts:
            raise _Unusual
        batch.add(number, case, answers)
        if len(batch.cases) == CASES_TOGETHER:
            batch.settle(found)

    def _find_batch(self, found: Found, tool: str, shape: Any) -> tuple[_Batch, int]:
        """The batch for a tool and a shape as read, and how many texts stand in the shape."""
        key = (tool, None if shape is None else _name_shape(shape))
        if key not in self._batches:
            if tool != tool.strip() or not 0 < len(tool) <= MOST_ID:
                raise _Unusual
            try:
                stored = StoredShape() if shape is None else build(StoredShape, shape, where="shape")
            except FairshareError:
                raise _Unusual from None
            self._batches[key] = (_Batch(self.before, self.after, tool, stored), _count_texts(shape))
            if len(self._batches) > BATCHES_KEPT:
                _, (oldest, _) = self._batches.popitem(last=False)
                if oldest.cases:
                    oldest.settle(found)
        self._batches.move_to_end(key)
        return self._batches[key]

    def _take_slowly(self, found: Found, number: int, raw: bytes) -> None:
        """Evaluate a line on its own."""
        if not raw.strip():
            return
        try:
            case = read_case(raw)
        except FairshareError:
            found.unreadable.append(number)
            return
        before, after = stand(self.before, case), stand(self.after, case)
        found.cases += 1
        found.problems += PROBLEM in before or PROBLEM in after
        found.note(number, compare_standings(case.id, case.tool, before, after))
