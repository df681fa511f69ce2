"""What another law would flip: stored cases evaluated under two rule bases, or under one on two days.

One case is read, placed and settled here, exactly. `fairshare.decide.bulk` gives the same flips for a file of a
million.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import Field, StrictBool, StrictInt, StrictStr

from fairshare.decide.answers import assignment, read_answer
from fairshare.decide.clauses import outcome_key
from fairshare.decide.evaluate import find_program
from fairshare.decide.language import RuleBase
from fairshare.decide.program import CaseShape, Program
from fairshare.decide.settle import Status, find_settled_outcome, settle
from fairshare.decide.walk import WalkedItem
from fairshare.words import FairshareError, Value
from fairshare.words.reading import build, parse_json
from fairshare.words.values import Line, Ref

PROBLEM = "problem"
"""The key under which a standing says why a case cannot be evaluated."""
Standing = Mapping[str, str]
"""Where a case stands: each item's outcome (or a `Status`) by its ref, each goal's `Status` by its key."""


@dataclass(frozen=True, slots=True)
class DatedRules:
    """A rule base, and the day whose law applies."""

    base: RuleBase
    day: date


class StoredShape(Value):
    """Which flows, persons and items a stored case has."""

    flows: tuple[Ref, ...] = ("f1",)
    persons: tuple[Ref, ...] = ("p1",)
    items: tuple[WalkedItem, ...] = (WalkedItem(ref="i1", flow="f1", person="p1"),)

    def ground(self) -> CaseShape:
        """The shape as the engine takes it."""
        return CaseShape(self.flows, self.persons, tuple((each.ref, each.flow, each.person) for each in self.items))


class StoredCase(Value):
    """A case as it is kept for evaluation: one line of JSON, with plain answers only and so with nobody's name.

    >>> read_case(b'{"id": "c1", "tool": "police.request", "answers": {"danger.now": false}}').tool
    'police.request'
    """

    id: Line
    tool: Line
    shape: StoredShape = StoredShape()
    answers: dict[str, StrictBool | StrictInt | StrictStr] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flip:
    """A case that another law would turn: what changes, before and after; None for what is there on one side only."""

    case: str
    tool: str
    changes: Mapping[str, tuple[str | None, str | None]]

    def to_json(self) -> str:
        """The flip as one line of JSON."""
        return write_flip(self.case, self.changes_to_json())

    def changes_to_json(self) -> str:
        """The tool and what changes, as JSON: what cases that flip alike have in common."""
        found = {"tool": self.tool, "changes": {key: list(each) for key, each in self.changes.items()}}
        return json.dumps(found, ensure_ascii=False, separators=(",", ":"))


def write_flip(case: str, changes: str) -> str:
    """A flip as one line of JSON, from the id of the case and `Flip.changes_to_json`."""
    return f'{{"id":{json.dumps(case, ensure_ascii=False)},{changes[1:]}'


def read_case(raw: bytes, *, where: str = "case") -> StoredCase:
    """A stored case from a line of JSON. Raises BadInput."""
    return build(StoredCase, parse_json(raw, where=where), where=where)


def stand(rules: DatedRules, case: StoredCase) -> Standing:
    """Where a case stands, settled exactly; or, under `problem`, the code of the error that says why it cannot be."""
    try:
        program = find_program(rules.base, case.tool, case.shape.ground(), rules.day)
        answers = {key: read_answer(value, where=key[:120]) for key, value in case.answers.items()}
        return describe_standing(program, settle(program, assignment(program, answers)))
    except FairshareError as error:
        return {PROBLEM: error.code}


def describe_standing(program: Program, statuses: Mapping[str, Status]) -> Standing:
    """The outcome of each item, where it is settled, and the status of each goal."""
    found = {}
    for item, rows in program.outcomes.items():
        of_item = {statuses[outcome_key(item, outcome)] for outcome, _ in rows}
        open_still = Status.UNDECIDED if Status.UNDECIDED in of_item else Status.NOT_SETTLED
        found[item] = find_settled_outcome(statuses, program, item) or open_still.value
    return found | {goal: statuses[goal].value for goal in program.goals}


def compare(before: DatedRules, after: DatedRules, cases: Iterable[StoredCase]) -> Iterator[Flip]:
    """The cases that stand differently under `after`, one by one, in their order."""
    for case in cases:
        flip = compare_standings(case.id, case.tool, stand(before, case), stand(after, case))
        if flip is not None:
            yield flip


def compare_standings(case: str, tool: str, before: Standing, after: Standing) -> Flip | None:
    """What differs between two standings of a case, if anything."""
    keys = dict.fromkeys((*before, *after))
    changes = {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}
    return Flip(case, tool, changes) if changes else None
