"""A program as plain Python: the fastest of the three compilations, and the one that bulk work uses.

The text holds numbers and names such as v3 and n7 only; whatever comes from a rule base (keys, values) reaches the
functions as closure variables, so no file can smuggle code in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

from fairshare.decide.answers import Given
from fairshare.decide.language import FactType
from fairshare.decide.program import Node, Program

MAX_INLINE_DEPTH = 12
"""How deep an expression nests before a part of it gets a name; Python's parser gives up at a few hundred."""
PROGRAMS_KEPT = 64

Truths = tuple[bool, ...]
Complete = tuple[Truths, Truths, tuple[int, ...]]
"""Which rules fire, which conclusions hold, and the row of the roll-up for each item, in the program's order."""


class Code:
    """What a program compiles to; each function is made when it is first used."""

    def __init__(self, program: Program) -> None:
        self.program = program

    @cached_property
    def complete(self) -> Callable[[Sequence[int]], Complete]:
        """From one value index per variable to all that follows."""
        return _run(write_complete(self.program), "complete", {})

    @cached_property
    def outcome(self) -> Callable[[Sequence[int]], tuple[int, ...]]:
        """From one value index per variable to the items' rows and then the goals, 1 or 0; for bulk work."""
        return _run(write_outcome(self.program), "outcome", {})


_codes: OrderedDict[tuple[Any, ...], Code] = OrderedDict()
_lock = Lock()


def compile_program(program: Program) -> Code:
    """The functions of a program, made once for each rule base, tool, case shape and day of law.

    Compiling costs thousands of evaluations, so it is for many cases of one shape; `evaluate` is for one.
    """
    key = (program.digest, program.tool, program.shape, program.law_date, program.with_unconfirmed)
    with _lock:
        found = _codes.pop(key, None) if program.digest else None
        found = found or Code(program)
        if program.digest:
            _codes[key] = found
            if len(_codes) > PROGRAMS_KEPT:
                _codes.popitem(last=False)
        return found


def _run(text: str, name: str, closure: Mapping[str, Any]) -> Callable[..., Any]:
    scope: dict[str, Any] = {}
    # Only text made below gets here: numbers, operators and numbered names.
    exec(compile(text, f"<{name}>", "exec"), scope)  # noqa: S102
    found: Callable[..., Any] = scope["make"](**closure)
    return found


def _wrap(arguments: str, name: str, parameter: str, lines: Iterable[str]) -> str:
    body = "\n        ".join(lines)
    return f"def make({arguments}):\n    def {name}({parameter}):\n        {body}\n    return {name}\n"


def _tuple(parts: Iterable[str]) -> str:
    joined = ", ".join(parts)
    return f"({joined},)" if joined else "()"


class _Writer:
    """Writes each node once: in place if it has one user, else as a named line before its first use."""

    def __init__(self, program: Program, roots: Iterable[int]) -> None:
        self.program = program
        self.uses = [0] * len(program.nodes)
        for root in roots:
            self.uses[root] += 1
        for at in range(len(program.nodes) - 1, -1, -1):
            if self.uses[at] and program.nodes[at].sort != "value":
                for part in program.nodes[at].of:
                    self.uses[part] += 1
        self.lines: list[str] = []
        self.texts: list[str] = [""] * len(program.nodes)
        self.depths = [0] * len(program.nodes)

    def write(self) -> None:
        for at, node in enumerate(self.program.nodes):
            if not self.uses[at]:
                continue
            self.texts[at] = self.express(node)
            self.depths[at] = 1 + max((self.depths[part] for part in node.of), default=0) if node.sort != "value" else 0
            if node.of and (self.uses[at] > 1 or self.depths[at] > MAX_INLINE_DEPTH):
                self.lines.append(f"n{at} = {self.texts[at]}")
                self.texts[at], self.depths[at] = f"n{at}", 0

    def express(self, node: Node) -> str:
        if not node.of:
            return "True" if node.sort == "and" else "False"
        if node.sort == "value":
            return _compare(f"v{node.of[0]}", node.among, len(self.program.variables[node.of[0]].values))
        if node.sort == "not":
            return f"(not {self.texts[node.of[0]]})"
        return f"({f' {node.sort} '.join(self.texts[part] for part in node.of)})"

    def rows(self) -> list[str]:
        return [
            f"{_tuple(self.texts[node] for _, node in rows)}.index(True)" for rows in self.program.outcomes.values()
        ]


def _compare(name: str, among: frozenset[int], size: int) -> str:
    low, high = min(among), max(among)
    if len(among) == 1:
        return f"{name} == {low}"
    if size - len(among) == 1:
        return f"{name} != {min(set(range(size)) - among)}"
    if high - low + 1 == len(among):
        return f"{name} <= {high}" if low == 0 else f"{low} <= {name} <= {high}"
    return f"{name} in {_tuple(str(each) for each in sorted(among))}"


def _roots(program: Program) -> list[int]:
    found = [rule.fires for rule in program.rules] + list(program.conclusions.values())
    return found + [node for rows in program.outcomes.values() for _, node in rows]


def _unpack(program: Program, letter: str, source: str) -> list[str]:
    return (
        [f"{_tuple(f'{letter}{at}' for at in range(len(program.variables)))} = {source}"] if program.variables else []
    )


def write_complete(program: Program) -> str:
    """The text of `Code.complete`."""
    writer = _Writer(program, _roots(program))
    writer.write()
    return _wrap("", "complete", "values", [*_unpack(program, "v", "values"), *writer.lines, f"return {_all(writer)}"])


def _all(writer: _Writer) -> str:
    program = writer.program
    fires = _tuple(writer.texts[rule.fires] for rule in program.rules)
    truths = _tuple(writer.texts[node] for node in program.conclusions.values())
    return f"{fires}, {truths}, {_tuple(writer.rows())}"


def write_outcome(program: Program) -> str:
    """The text of `Code.outcome`: only what the outcomes and goals rest on."""
    goals = [program.conclusions[goal] for goal in program.goals]
    writer = _Writer(program, [*(node for rows in program.outcomes.values() for _, node in rows), *goals])
    writer.write()
    parts = [*writer.rows(), *(f"+({writer.texts[goal]})" for goal in goals)]
    return _wrap("", "outcome", "values", [*_unpack(program, "v", "values"), *writer.lines, f"return {_tuple(parts)}"])


def write_table(program: Program) -> str:
    """The text of a function from a dict of plain answers, by variable key, to a result; see `compile_table`."""
    writer = _Writer(program, _roots(program))
    writer.write()
    lines = [f"if len(answers) != {len(program.order)}:", "    return slowly(answers)", "try:", "    pass"]
    for at in program.order:
        if program.variables[at].bounds is None:
            lines.append(f"    v{at} = d{at}[answers[k{at}]]")
        else:
            lines += [f"    x = answers[k{at}]", f"    v{at} = cut(b{at}, x) if type(x) is int else d{at}[x]"]
    lines += ["except (KeyError, TypeError):", "    return slowly(answers)"]
    lines += [f"v{at} = 0" for at in range(len(program.variables)) if at not in set(program.order)]
    values = _tuple(f"v{at}" for at in range(len(program.variables)))
    lines += [*writer.lines, f"return result(program, {values}, {_all(writer)})"]
    return _wrap(", ".join(_table_closure_names(program)), "table", "answers", lines)


def _table_closure_names(program: Program) -> list[str]:
    return ["slowly", "result", "program", "cut", *(f"{letter}{at}" for at in program.order for letter in "kdb")]


def close_table(
    program: Program, slowly: Callable[[Mapping[str, Given]], Any], result: Callable[..., Any]
) -> Callable[[Mapping[str, Given]], Any]:
    """A function from a dict of plain answers to `result`; whatever is not complete and in order goes `slowly`."""
    closure: dict[str, Any] = {"slowly": slowly, "result": result, "program": program, "cut": bisect_right}
    for at in program.order:
        variable = program.variables[at]
        places: dict[Given, int] = {value: place for place, value in enumerate(variable.values)}
        if variable.bounds is not None:
            places = {value: place for value, place in places.items() if value == "unobtainable"}
        elif program.facts[variable.fact].type is FactType.BOOL:
            places |= {True: places["yes"], False: places["no"]}
        closure |= {f"k{at}": variable.key, f"d{at}": places, f"b{at}": variable.bounds}
    return _run(write_table(program), "table", closure)
