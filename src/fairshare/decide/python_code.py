"""A program as plain Python: the fastest of the three compilations, and the one that bulk work uses.

The text holds numbers and names such as v3 and n7 only; whatever comes from a rule base (keys, values) reaches the
functions as closure variables, so no file can smuggle code in.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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
Rails = tuple[tuple[Truths, Truths], tuple[Truths, Truths], tuple[tuple[Truths, Truths], ...]]
"""For rules, conclusions and each item's rows: which are surely true, and which are surely false."""


@dataclass(frozen=True, slots=True)
class Code:
    """What a program compiles to.

    complete: from one value index per variable.
    partial: from one bit mask per variable, of the values that are still possible (bit 0 is the first value).
    outcome: from one value index per variable to the items' rows and then the goals, 1 or 0; for bulk work.
    """

    complete: Callable[[Sequence[int]], Complete]
    partial: Callable[[Sequence[int]], Rails]
    outcome: Callable[[Sequence[int]], tuple[int, ...]]


_codes: OrderedDict[tuple[Any, ...], Code] = OrderedDict()
_lock = Lock()


def compile_program(program: Program) -> Code:
    """The functions of a program, made once for each rule base, tool, case shape and day of law."""
    key = (program.digest, program.tool, program.shape, program.law_date, program.with_unconfirmed)
    with _lock:
        found = _codes.pop(key, None) if program.digest else None
        if found is None:
            found = Code(
                complete=_run(write_complete(program), "complete", {}),
                partial=_run(write_partial(program), "partial", {}),
                outcome=_run(write_outcome(program), "outcome", {}),
            )
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


def write_partial(program: Program) -> str:
    """The text of `Code.partial`: three-valued (Kleene) evaluation, a "surely true" and a "surely false" line a node.

    What it says is so in every completion; it may miss what only follows from several facts taken together.
    """
    lines = _unpack(program, "m", "masks")
    for at, node in enumerate(program.nodes):
        sure, never = _rails(node, len(program.variables[node.of[0]].values) if node.sort == "value" else 0)
        lines += [f"t{at} = {sure}", f"f{at} = {never}"]
    rails = [[rule.fires for rule in program.rules], list(program.conclusions.values())]
    outcomes = [[node for _, node in rows] for rows in program.outcomes.values()]
    first, second = (_rail_tuple(nodes) for nodes in rails)
    lines.append(f"return {first}, {second}, {_tuple(_rail_tuple(nodes) for nodes in outcomes)}")
    return _wrap("", "partial", "masks", lines)


def _rails(node: Node, size: int) -> tuple[str, str]:
    if node.sort == "value":
        inside = sum(1 << each for each in node.among)
        outside = (1 << size) - 1 - inside
        return f"not m{node.of[0]} & {outside}", f"not m{node.of[0]} & {inside}"
    if not node.of:
        return ("True", "False") if node.sort == "and" else ("False", "True")
    sure, never = ([f"{rail}{part}" for part in node.of] for rail in "tf")
    if node.sort == "not":
        return never[0], sure[0]
    other = "or" if node.sort == "and" else "and"
    return f" {node.sort} ".join(sure), f" {other} ".join(never)


def _rail_tuple(nodes: Sequence[int]) -> str:
    return f"({_tuple(f't{node}' for node in nodes)}, {_tuple(f'f{node}' for node in nodes)})"


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


def open_masks(program: Program, known: Mapping[int, int]) -> list[int]:
    """One bit mask per variable: what was answered, or every value."""
    masks = [(1 << len(variable.values)) - 1 for variable in program.variables]
    for at, value in known.items():
        masks[at] = 1 << value
    return masks


def pair_rails(sure: Truths, never: Truths) -> tuple[bool | None, ...]:
    """True, false or open, from the two rails."""
    return tuple(True if yes else False if no else None for yes, no in zip(sure, never, strict=True))


def first_row(sure: Truths, never: Truths) -> int | None:
    """The row that surely decides: it holds, and none before it can; None while that is open."""
    for at, (yes, no) in enumerate(zip(sure, never, strict=True)):
        if yes:
            return at
        if not no:
            return None
    return None
