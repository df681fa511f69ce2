"""Lines of stored cases gathered by tool and shape: for each answer, the cases that gave it.

No law is looked at here. A line with anything out of the ordinary (a name written twice, an escape, something that is
not JSON) is handed on as it stands, to be read the slow way by `fairshare.decide.compare`.
"""

from __future__ import annotations

import pickle
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from pydantic_core import from_json

from fairshare.decide.compare import StoredShape
from fairshare.words import FairshareError
from fairshare.words.reading import MAX_INTEGER, build

MOST_ID = 500
SHAPES_KEPT = 10_000
SPARSE = 32
"""A column with fewer cases than one in so many is kept as a list of their places."""
YES = ord("1")
FIELDS = frozenset({"id", "tool", "shape", "answers"})

Plain = bool | int | str
"""An answer as a stored case has it."""
Group = tuple[str, StoredShape]
"""A tool and a shape: cases that have both in common are settled together."""
Column = tuple[str, Plain, "int | array[int]"]
"""A key, what was answered there, and in which cases: a mask whose highest bit is the first, or their places."""


class _Unusual(Exception):
    """This line goes the slow way. It never leaves this module."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some cases of one group, packed so that they travel between processes in one piece."""

    numbers: array[int]
    """The number of each case's line, counted from 0."""
    ids: str
    """The cases' ids, one to a line."""
    columns: bytes
    """Their columns, as `unpack_columns` reads them."""

    def name_cases(self, start: int) -> list[tuple[int, str]]:
        """The line and the id of each case, with lines counted from `start`."""
        numbers = (start + number for number in self.numbers)
        return list(zip(numbers, self.ids.split("\n"), strict=True))


@dataclass(frozen=True, slots=True)
class Gathered:
    """What became of some lines."""

    lines: int
    parts: dict[Group, Part]
    unusual: list[tuple[int, bytes]]
    """Lines to be read the slow way, with their numbers."""


def gather_cases(lines: Iterable[bytes]) -> Gathered:
    """Sort lines of stored cases by tool and shape. Lines are numbered from 0; empty ones are passed over."""
    number = -1
    gatherer, unusual = _Gatherer(), []
    for number, raw in enumerate(lines):
        try:
            gatherer.take(number, raw)
        except (_Unusual, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            if raw.strip():
                unusual.append((number, raw))
    parts = {group: batch.pack() for group, batch in gatherer.batches.items() if batch.ids}
    return Gathered(number + 1, parts, unusual)


def unpack_columns(parts: Sequence[Part]) -> list[tuple[str, Plain, int]]:
    """Each answer in some parts of one group, with the mask of the cases that gave it."""
    masks: dict[tuple[str, type, Plain], int] = {}
    left = sum(len(part.numbers) for part in parts)
    for part in parts:
        cases = len(part.numbers)
        left -= cases
        columns: list[Column] = pickle.loads(part.columns)  # noqa: S301
        for key, value, cases_of in columns:
            mask = cases_of if isinstance(cases_of, int) else _mask_places(cases_of, cases)
            name = (key, type(value), value)
            masks[name] = masks.get(name, 0) | mask << left
    return [(key, value, mask) for (key, _, value), mask in masks.items()]


def _mask_places(places: Iterable[int], cases: int) -> int:
    """A mask of these places among so many cases."""
    digits = bytearray(b"0") * cases
    deque(map(digits.__setitem__, places, repeat(YES)), 0)
    return int(digits, 2)


class _Places(dict[Any, list[int]]):
    """For the answers to one key, the places of the cases that gave each. A number stands as a tuple of itself, because
    1 is not true."""

    def __missing__(self, answer: Any) -> list[int]:
        return self.setdefault(answer, [])


class _Batch(dict[tuple[str, ...], tuple[list[int], list[tuple[Any, ...]]]]):
    """Cases of one tool and shape: by the keys that they answer, their places and their answers."""

    def __init__(self) -> None:
        self.numbers: array[int] = array("Q")
        self.ids: list[str] = []

    def __missing__(self, keys: tuple[str, ...]) -> tuple[list[int], list[tuple[Any, ...]]]:
        return self.setdefault(keys, ([], []))

    def pack(self) -> Part:
        cases = len(self.ids)
        columns: list[Column] = [
            (key, answer[0] if isinstance(answer, tuple) else answer, _pack_places(at, cases))
            for key, answers in self._turn().items()
            for answer, at in answers.items()
        ]
        return Part(self.numbers, "\n".join(self.ids), pickle.dumps(columns, pickle.HIGHEST_PROTOCOL))

    def _turn(self) -> dict[str, _Places]:
        """The answers by key. Cases that answer the same questions are turned together, which is several times faster
        than each by itself."""
        found: dict[str, _Places] = {}
        for keys, (places, rows) in self.items():
            for key, column in zip(keys, zip(*rows, strict=True), strict=True):
                answers = found.setdefault(key, _Places())
                if int in set(map(type, column)):
                    column = tuple([(each,) if type(each) is int else each for each in column])
                if column.count(column[0]) == len(column):
                    answers[column[0]] += places
                    continue
                for place, answer in zip(places, column, strict=True):
                    answers[answer].append(place)
        return found


def _pack_places(places: list[int], cases: int) -> int | array[int]:
    return _mask_places(places, cases) if len(places) * SPARSE > cases else array("I", places)


@dataclass
class _Gatherer:
    batches: dict[Group, _Batch] = field(default_factory=dict)
    named: dict[tuple[str, Any], tuple[_Batch, int]] = field(default_factory=dict)
    """By tool and shape as read: the batch, and how many texts stand in the shape."""

    def take(self, number: int, raw: bytes) -> None:
        """Put a line into its batch. Whatever is raised, nothing was taken up, and the line goes the slow way."""
        read = from_json(raw, allow_inf_nan=False)
        if type(read) is not dict or not FIELDS.issuperset(read):
            raise _Unusual
        case, tool, answers, shape = read["id"], read["tool"], read.get("answers", {}), read.get("shape")
        if type(answers) is not dict or type(case) is not str or type(tool) is not str:
            raise _Unusual
        if not 0 < len(case) <= MOST_ID or case != case.strip() or not case.isascii():
            raise _Unusual
        name = (tool, None if "shape" not in read else _name_shape(shape))
        batch, texts = self.named.get(name) or self._find_batch(name, shape)
        kinds = list(map(type, answers.values()))
        strings, numbers = kinds.count(str), kinds.count(int)
        if strings + numbers + kinds.count(bool) != len(kinds):
            raise _Unusual
        # Without a backslash, every text stands between two quotation marks of its own; were a name there twice, what
        # was read would hold fewer texts than the line does.
        if b"\\" in raw or raw.count(b'"') != 2 * (texts + len(read) + 2 + len(answers) + strings):
            raise _Unusual
        if numbers and any(abs(each) > MAX_INTEGER for each in answers.values() if type(each) is int):
            raise _Unusual
        places, rows = batch[tuple(answers)]
        places.append(len(batch.ids))
        rows.append(tuple(answers.values()))
        batch.numbers.append(number)
        batch.ids.append(case)

    def _find_batch(self, name: tuple[str, Any], shape: Any) -> tuple[_Batch, int]:
        tool, named = name
        if tool != tool.strip() or not 0 < len(tool) <= MOST_ID:
            raise _Unusual
        try:
            stored = StoredShape() if named is None else build(StoredShape, shape, where="shape")
        except FairshareError:
            raise _Unusual from None
        if len(self.named) >= SHAPES_KEPT:
            self.named.clear()
        batch = self.batches.setdefault((tool, stored), _Batch())
        return self.named.setdefault(name, (batch, _count_texts(shape)))


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
