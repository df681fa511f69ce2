"""What follows from a set of answers: conclusions, rules that fire, and the outcome of each item."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from threading import Lock
from typing import Any, NamedTuple

from fairshare.decide.answers import Given, assignment, read_answer
from fairshare.decide.ground import ground
from fairshare.decide.language import RuleBase
from fairshare.decide.program import CaseShape, GroundRule, Program
from fairshare.decide.python_code import close_table

PROGRAMS_KEPT = 64


class Result(NamedTuple):
    """Where everything stands on some answers; True and False are final, None is open.

    Without a solver, None may also be something that already follows from several facts taken together:
    `fairshare.decide.settle` says which.
    """

    program: Program
    values: tuple[int | None, ...]
    """The answer of each variable as an index into its values; None is unasked."""
    fires: tuple[bool | None, ...]
    """For each ground rule."""
    truths: tuple[bool | None, ...]
    """For each conclusion, in the order of `program.conclusions`."""
    rows: tuple[int | None, ...]
    """For each item, the row of the roll-up that decides."""

    @property
    def conclusions(self) -> dict[str, bool | None]:
        """Each conclusion by key."""
        return dict(zip(self.program.conclusions, self.truths, strict=True))

    @property
    def fired(self) -> tuple[GroundRule, ...]:
        """The rules that surely fire, in order: what a conclusion rests on stands before it."""
        return tuple(rule for rule, fires in zip(self.program.rules, self.fires, strict=True) if fires)

    @property
    def outcomes(self) -> dict[str, str | None]:
        """The outcome of each item, by its ref."""
        return {
            item: None if row is None else rows[row][0]
            for row, (item, rows) in zip(self.rows, self.program.outcomes.items(), strict=True)
        }


def evaluate(program: Program, known: Mapping[int, int], settled: Mapping[str, bool] | None = None) -> Result:
    """What follows from answers given as value indexes by variable index (see `answers.assignment`).

    Three-valued (Kleene): with every question answered, nothing stays open.
    Takes    settled: by key, conclusions that a solver found to stand or fall whatever the unasked turns out to be; so
             that the rules that rest on them are seen to fire too.
    """
    truths = weigh_nodes(program, known, {program.conclusions[key]: truth for key, truth in (settled or {}).items()})
    return Result(
        program,
        tuple(known.get(at) for at in range(len(program.variables))),
        tuple(truths[rule.fires] for rule in program.rules),
        tuple(truths[node] for node in program.conclusions.values()),
        tuple(_first_row([truths[node] for _, node in rows]) for rows in program.outcomes.values()),
    )


def weigh_nodes(
    program: Program, known: Mapping[int, int], settled: Mapping[int, bool] | None = None
) -> list[bool | None]:
    """Each node: true or false whatever the unasked turns out to be, or None; those in `settled` are known already."""
    truths: list[bool | None] = []
    for at, node in enumerate(program.nodes):
        if settled and at in settled:
            truths.append(settled[at])
        elif node.sort == "value":
            value = known.get(node.of[0])
            truths.append(None if value is None else value in node.among)
        elif node.sort == "not":
            part = truths[node.of[0]]
            truths.append(None if part is None else not part)
        else:
            parts = [truths[part] for part in node.of]
            weak = node.sort == "or"
            truths.append(weak if weak in parts else None if None in parts else not weak)
    return truths


def _first_row(rows: Sequence[bool | None]) -> int | None:
    """The row that surely decides: it holds, and none before it can; None while that is open."""
    at = next(at for at, holds in enumerate(rows) if holds is not False)
    return at if rows[at] else None


def compile_table(program: Program) -> Callable[[Mapping[str, Given]], Result]:
    """A program as a decision table: a dict of plain answers in, the result out, in a few millionths of a second.

    The result says at once which rules fired; `explain` makes sentences of it when somebody wants to read them.
    """

    def evaluate_slowly(answers: Mapping[str, Given]) -> Result:
        return evaluate(
            program, assignment(program, {key: read_answer(value, where=key) for key, value in answers.items()})
        )

    return close_table(program, evaluate_slowly, Result)


_programs: OrderedDict[tuple[Any, ...], Program] = OrderedDict()
_lock = Lock()


def find_program(
    base: RuleBase, tool: str, shape: CaseShape, law_date: date, *, with_unconfirmed: bool = False
) -> Program:
    """`ground`, remembered: the same program for the same rule base, tool, case shape and day of law."""
    key = (base.digest, tool, shape, law_date, with_unconfirmed)
    with _lock:
        found = _programs.pop(key, None)
        if found is None:
            found = ground(base, tool, shape, law_date, with_unconfirmed=with_unconfirmed)
        _programs[key] = found
        if len(_programs) > PROGRAMS_KEPT:
            _programs.popitem(last=False)
        return found
