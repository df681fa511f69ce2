"""Two encodings of one tool in one clingo program: ours as clauses, exported mechanically, and the second by hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import clingo
import yaml

from fairshare.decide.clauses import compile_clauses
from fairshare.decide.ground import ground
from fairshare.decide.library import load_real_base
from fairshare.decide.program import CaseShape, Program

HERE = Path(__file__).parent
LAW_DATE = date(2026, 11, 22)
TOOLS = {
    "gate.recognised_interest": "gate_recognised_interest.lp",
    "gate.compatible_purpose": "gate_compatible_purpose.lp",
    "gate.transfer": "gate_transfer.lp",
    "le.victim_request": "le_victim_request.lp",
    "em.sixty_seconds": "em_sixty_seconds.lp",
    "le.wrong_recipient": "le_wrong_recipient.lp",
    "gate.dpia": "gate_dpia.lp",
    "gate.roles": "gate_roles.lp",
}
FACT = re.compile(r'(?:answer|specified)\(\s*"([a-z0-9_.]+)"|context\([a-z_]+, "([a-z0-9_.]+)"')
"""A fact that an encoding reads, or that a context fixes."""

Pair = tuple[str, str]
"""A conclusion, and the context in which it is compared."""
Case = dict[str, str]
"""An answer for each fact."""


@dataclass(frozen=True)
class Disagreement:
    """One entry of disagreements.yaml."""

    id: str
    tool: str
    conclusions: Mapping[str, str]
    """What the second encoding says of each: yes, no or either."""
    when: Sequence[Mapping[str, Sequence[str]]]
    """Alternatives, each a set of answers, between them every case in which this disagreement occurs."""


def read_disagreements() -> dict[str, list[dict[str, Any]]]:
    """The entries of disagreements.yaml as they stand there: `standing` and `mended`."""
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load((HERE / "disagreements.yaml").read_text())
    return found


def list_standing(tool: str) -> list[Disagreement]:
    """The disagreements about a tool that have not been mended on either side."""
    return [
        Disagreement(
            id=entry["id"],
            tool=entry["tool"],
            conclusions={conclusion: _word(says) for conclusion, says in entry["conclusions"].items()},
            when=[{fact: _listed(values) for fact, values in each.items()} for each in entry["when"]],
        )
        for entry in read_disagreements()["standing"]
        if entry["tool"] == tool
    ]


def _listed(values: str | bool | list[str | bool]) -> list[str]:
    return [_word(value) for value in (values if isinstance(values, list) else [values])]


def _word(value: str | bool) -> str:
    """YAML reads yes and no as truth values; here they are words."""
    return value if isinstance(value, str) else "yes" if value else "no"


def ground_tool(tool: str) -> Program:
    """The program of a tool for one flow, one person and one item."""
    return ground(load_real_base(), tool, CaseShape(), LAW_DATE)


def export_clauses(program: Program) -> str:
    """The clauses of a program as facts, each constraint as one clause more."""
    clauses = compile_clauses(program)
    lines = [f"#const top = {clauses.top}."]
    for at, clause in enumerate([*clauses.clauses, *((literal,) for _, literal in clauses.constraints)]):
        lines.append(f"clause({at}).")
        lines += [f"literal({at}, {abs(each)}, {1 if each > 0 else -1})." for each in clause]
    for variable, row in zip(program.variables, clauses.values, strict=True):
        lines += [
            f'value("{variable.fact}", "{value}", {literal}).'
            for value, literal in zip(variable.values, row, strict=True)
        ]
    for key, literal in clauses.targets.items():
        lines.append(f'target("{_name(key)}", {literal}).')
    return "\n".join(lines) + "\n"


def _name(key: str) -> str:
    return key if "=" in key else key.partition("@")[0]


def write_explanations(entries: Sequence[Disagreement]) -> Iterator[str]:
    """For each entry, which differences it explains: those conclusions, that way round, in those cases."""
    for entry in entries:
        yield f'explains("{entry.id}").'
        for at, alternative in enumerate(entry.when):
            tests = [f'one_of("{entry.id}", {at}, "{fact}")' for fact in alternative]
            for fact, values in alternative.items():
                for value in values:
                    yield f'one_of("{entry.id}", {at}, "{fact}") :- answer("{fact}", "{value}").'
            yield f'applies("{entry.id}") :- {", ".join(tests)}.'
        for conclusion, says in entry.conclusions.items():
            for holds in {"yes": ["not rules"], "no": ["rules"], "either": ["not rules", "rules"]}[says]:
                body = f'applies("{entry.id}"), pair("{conclusion}", Context), {holds}("{conclusion}")'
                yield f'explained("{entry.id}", "{conclusion}", Context) :- {body}.'


class Comparison:
    """Both encodings of one tool, ready to be asked for cases in which they differ."""

    def __init__(self, tool: str, *, second: str | None = None) -> None:
        self.tool = tool
        self.program = ground_tool(tool)
        self.entries = list_standing(tool)
        text = (HERE / TOOLS[tool]).read_text() if second is None else second
        parts = [(HERE / "cnf.lp").read_text(), export_clauses(self.program), text, *write_explanations(self.entries)]
        self.control = clingo.Control(["--warn=none"])
        self.control.add("base", [], "\n".join(parts))
        self.control.ground([("base", [])])
        self.pairs: list[Pair] = sorted(
            (atom.symbol.arguments[0].string, str(atom.symbol.arguments[1]))
            for atom in self.control.symbolic_atoms.by_signature("pair", 2)
        )
        self.asked = {variable.fact for variable in self.program.variables}
        self.read = set(chain.from_iterable(FACT.findall(text))) - {""}
        self.targets = {
            atom.symbol.arguments[0].string for atom in self.control.symbolic_atoms.by_signature("target", 2)
        }

    def find_unexplained(self, pair: Pair) -> Case | None:
        """A case in which the two differ about a conclusion and no listed disagreement says why."""
        return self._find("unexplained", *_symbols(pair))

    def find_listed(self, entry: Disagreement, conclusion: str) -> Case | None:
        """A case in which a listed disagreement about a conclusion still occurs."""
        return self._find("still", clingo.String(entry.id), clingo.String(conclusion))

    def find_agreement(self, pair: Pair) -> Case | None:
        """A case, within the context, in which the two agree; without one, nothing would have been compared."""
        return self._find("agrees", *_symbols(pair))

    def find_rules(self, conclusion: str, *, holds: bool) -> Case | None:
        """A case in which the rules conclude something or, with `holds` false, do not."""
        return self._find("rules", clingo.String(conclusion), truth=holds)

    def _find(self, name: str, *arguments: clingo.Symbol, truth: bool = True) -> Case | None:
        sought = clingo.Function(name, list(arguments))
        if sought not in {atom.symbol for atom in self.control.symbolic_atoms.by_signature(name, len(arguments))}:
            return None
        with self.control.solve(assumptions=[(sought, truth)], yield_=True) as handle:
            for model in handle:
                return {symbol.arguments[0].string: symbol.arguments[1].string for symbol in model.symbols(shown=True)}
        return None


def _symbols(pair: Pair) -> list[clingo.Symbol]:
    return [clingo.String(pair[0]), clingo.Function(pair[1])]
