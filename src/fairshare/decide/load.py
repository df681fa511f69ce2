"""Reading a folder of YAML files into a rule base whose names, types, scopes and order of conclusions are sound."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rfc8785

from fairshare.decide.conditions import Names, read_parts
from fairshare.decide.errors import BadRules, DuplicateId, WrongShape, WrongType
from fairshare.decide.language import (
    Conclusion,
    Constraint,
    Fact,
    FactType,
    Judgement,
    Property,
    Rollup,
    RollupRow,
    Rule,
    RuleBase,
    Threshold,
    Tool,
)
from fairshare.decide.load_checks import LawBook, check_base, find_constraint_scope
from fairshare.decide.load_lines import add_line
from fairshare.decide.load_shapes import (
    FactsFile,
    FactShape,
    GateFile,
    PropertiesFile,
    RollupFile,
    RuleShape,
    ThresholdsFile,
    ToolFile,
    shape_file,
)
from fairshare.words import UNOBTAINABLE, BadInput, NotFound
from fairshare.words.reading import parse_yaml, read_file

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_FILES = 1_000


def load_base(folder: Path, *, law: LawBook | None = None) -> RuleBase:
    """The rule base in a folder, checked.

    Takes    law: where citations are looked up. Without it they are not, and nobody has checked what may conclude
             must or must-not.
    Raises   BadRules, or a subclass of it, naming the file, the line and the place.
    """
    sources = find_files(folder)
    try:
        return read_base(parse_files(sources), law=law)
    except BadRules as error:
        error.where = add_line(error.where or "", sources)
        raise


def read_folder(folder: Path) -> dict[str, Any]:
    """Each YAML file below a folder, parsed, by its path inside the folder."""
    return parse_files(find_files(folder))


def find_files(folder: Path) -> dict[str, bytes]:
    """The bytes of each YAML file below a folder, by its path inside the folder."""
    if not folder.is_dir():
        raise NotFound("there is no such folder", fix="Name the folder that holds rollup.yaml.", where=str(folder))
    paths = sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))
    if len(paths) > MAX_FILES:
        raise BadInput(
            f"there are more than {MAX_FILES:,} files", fix="Name the folder of one rule base.", where=str(folder)
        )
    names = {path: path.relative_to(folder).as_posix() for path in paths}
    return {name: read_file(path, max_bytes=MAX_FILE_BYTES) for path, name in names.items()}


def parse_files(sources: Mapping[str, bytes]) -> dict[str, Any]:
    """YAML files, parsed."""
    return {name: parse_yaml(raw, where=name) for name, raw in sources.items()}


def canonical_bytes(files: Mapping[str, Any]) -> bytes:
    """A rule base as one canonical file (RFC 8785), which is what its digest is the SHA-256 of."""
    try:
        return rfc8785.dumps({"format": "fairshare-rules", "version": 1, "files": dict(files)})
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError):
        raise WrongShape(
            "the files hold something other than plain text, numbers and lists", fix="Use plain values.", where="rules"
        ) from None


@dataclass
class _Draft:
    """What has been read so far, in the order of the paths, with the place each thing came from."""

    facts: dict[str, Fact] = field(default_factory=dict)
    thresholds: dict[str, Threshold] = field(default_factory=dict)
    conclusions: dict[str, Conclusion] = field(default_factory=dict)
    gates: list[tuple[str, GateFile]] = field(default_factory=list)
    tools: dict[str, Tool] = field(default_factory=dict)
    rollup: tuple[str, RollupFile] | None = None
    properties: list[tuple[str, PropertiesFile]] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)

    def claim(self, name: str, place: str) -> None:
        """Facts, conclusions and thresholds share one name space; everything else is told apart by a prefix."""
        if name in self.places:
            raise DuplicateId(
                f"{name.split(' ')[-1]} is already defined in {self.places[name]}",
                fix="Give one of the two another name.",
                where=place,
            )
        self.places[name] = place


def read_base(files: Mapping[str, Any], *, law: LawBook | None = None) -> RuleBase:
    """A rule base from parsed files, by path; see `load_base`."""
    return build_base(files, hashlib.sha256(canonical_bytes(files)).hexdigest(), law=law)


def build_base(files: Mapping[str, Any], digest: str, *, law: LawBook | None = None) -> RuleBase:
    """A rule base from parsed files whose digest is known; see `load_base`."""
    draft = _Draft()
    for path in sorted(files):
        _read_one(draft, path, files[path])
    if draft.rollup is None:
        raise WrongShape(
            "there is no rollup.yaml", fix="Add the table from conclusions to outcomes.", where="rollup.yaml"
        )
    names = Names(draft.facts, draft.thresholds, frozenset(draft.conclusions))
    base = RuleBase(
        facts=draft.facts,
        thresholds=draft.thresholds,
        conclusions=draft.conclusions,
        rules=_read_rules(draft, names),
        constraints=_read_constraints(draft, names),
        rollup=_read_rollup(*draft.rollup, names),
        properties=_read_properties(draft, names),
        tools=draft.tools,
        gates=tuple(dict.fromkeys(gate.gate for _, gate in draft.gates)),
        digest=digest,
    )
    check_base(base, draft.places, law)
    return base


def _read_one(draft: _Draft, path: str, parsed: Any) -> None:
    folder, _, name = path.rpartition("/")
    if folder == "facts":
        for fact, shape in shape_file(FactsFile, parsed, path).facts.items():
            draft.claim(fact, f"{path}: facts.{fact}")
            draft.facts[fact] = _read_fact(fact, shape, f"{path}: facts.{fact}")
    elif folder == "gates":
        gate = shape_file(GateFile, parsed, path)
        draft.gates.append((path, gate))
        for conclusion, found in gate.conclusions.items():
            draft.claim(conclusion, f"{path}: conclusions.{conclusion}")
            draft.conclusions[conclusion] = Conclusion(
                conclusion, gate.gate, found.scope, found.force, found.sort, found.finding
            )
    elif folder == "tools":
        tool = shape_file(ToolFile, parsed, path)
        draft.claim(f"tool {tool.tool}", f"{path}: tool")
        draft.tools[tool.tool] = Tool(
            tool.tool, tuple(tool.gates), tuple(tool.goals), tool.starts_with, tuple(tool.first), tool.emergency
        )
    elif path == "thresholds.yaml":
        for threshold, figure in shape_file(ThresholdsFile, parsed, path).thresholds.items():
            draft.claim(threshold, f"{path}: thresholds.{threshold}")
            draft.thresholds[threshold] = Threshold(threshold, figure.value, tuple(figure.cite))
    elif path == "rollup.yaml":
        draft.rollup = (path, shape_file(RollupFile, parsed, path))
    elif path == "properties.yaml":
        draft.properties.append((path, shape_file(PropertiesFile, parsed, path)))
    else:
        raise WrongShape(
            f"a rule base has no place for {name[:80]!r} here",
            fix="Put facts, gates and tools into the folders of those names, as *.yaml.",
            where=path,
        )


def _read_fact(name: str, shape: FactShape, where: str) -> Fact:
    values = tuple(shape.values)
    if shape.type is FactType.BOOL:
        if values:
            raise WrongType("a bool takes yes and no", fix="Leave `values` out, or make it a choice.", where=where)
        values = ("yes", "no")
    elif shape.type is FactType.CHOICE:
        if len(values) < 2:
            raise WrongType("a choice needs at least two values", fix="List them under `values`.", where=where)
        if len(set(values)) != len(values):
            raise DuplicateId("a value stands twice", fix="Keep one of them.", where=f"{where}.values")
        if {UNOBTAINABLE, "known"} & set(values):
            raise WrongType(
                f"`{UNOBTAINABLE}` and `known` have a meaning of their own",
                fix="Leave them out of `values`.",
                where=f"{where}.values",
            )
    elif values:
        raise WrongType(f"a {shape.type} takes no list of values", fix="Leave `values` out.", where=where)
    judgement = Judgement(shape.judgement.role, tuple(shape.judgement.factors)) if shape.judgement else None
    return Fact(name, shape.type, shape.scope, values, shape.always_known, shape.changeable, judgement, shape.unit)


def _read_rules(draft: _Draft, names: Names) -> dict[str, Rule]:
    rules = {}
    for path, gate in draft.gates:
        for shape in gate.rules:
            place = f"{path}: rules.{shape.id}"
            draft.claim(f"rule {shape.id}", place)
            rules[shape.id] = _read_rule(shape, gate.gate, names, place)
    return rules


def _read_rule(shape: RuleShape, gate: str, names: Names, place: str) -> Rule:
    if shape.start and shape.end and shape.end < shape.start:
        raise WrongShape("the rule ends before it starts", fix="Correct `from` or `to`.", where=place)
    return Rule(
        id=shape.id,
        gate=gate,
        conclusion=shape.conclude.removeprefix("not "),
        positive=not shape.conclude.startswith("not "),
        conditions=read_parts(shape.conditions, names, f"{place}.if"),
        exceptions=read_parts(shape.unless, names, f"{place}.unless"),
        level=shape.level,
        cite=tuple(shape.cite),
        start=shape.start,
        end=shape.end,
        confirmed=shape.status == "in_force",
        nations=frozenset(shape.nations),
        priority=shape.priority,
    )


def _read_constraints(draft: _Draft, names: Names) -> tuple[Constraint, ...]:
    constraints = []
    for path, gate in draft.gates:
        for shape in gate.constraints:
            place = f"{path}: constraints.{shape.id}"
            draft.claim(f"constraint {shape.id}", place)
            never = read_parts(shape.never, names, f"{place}.never")
            scope = find_constraint_scope(never, draft.facts, place)
            constraints.append(Constraint(shape.id, gate.gate, never, scope, tuple(shape.cite)))
    return tuple(constraints)


def _read_rollup(path: str, shape: RollupFile, names: Names) -> Rollup:
    rows = tuple(
        RollupRow(row.outcome.value, read_parts(row.when, names, f"{path}: rows.{at}.when"))
        for at, row in enumerate(shape.rows)
    )
    return Rollup(rows, shape.default.value)


def _read_properties(draft: _Draft, names: Names) -> tuple[Property, ...]:
    properties = []
    for path, file in draft.properties:
        for shape in file.properties:
            place = f"{path}: properties.{shape.id}"
            draft.claim(f"property {shape.id}", place)
            properties.append(
                Property(
                    shape.id,
                    shape.scope,
                    read_parts(shape.conditions, names, f"{place}.if"),
                    read_parts(shape.then, names, f"{place}.then"),
                    shape.mutant,
                    ()
                    if shape.mutant_unless is None
                    else read_parts(shape.mutant_unless, names, f"{place}.mutant_unless"),
                )
            )
    return tuple(properties)
