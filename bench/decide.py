"""How fast the rule base decides: beside other engines, question by question, and a million cases at once.

python bench/decide.py             a quick look, under a minute
python bench/decide.py --full      10,000 cases for each engine, 500 for each measurement, a million in bulk: minutes

The other engines need the extra `bench`. Each evaluates the same table, taken from the real rule base, in the form
its own documentation recommends: compiled or parsed once, then a dict in and a result out.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import compress
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import cedarpy
import regopy
import zen
from rich.console import Console
from rich.table import Table

from fairshare.decide.bulk import compare_file
from fairshare.decide.compare import DatedRules, StoredShape, compare, read_case
from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.evaluate import compile_table, find_program
from fairshare.decide.ground import conditions_of, ground
from fairshare.decide.language import All, FactIn, FactKnown, Formula, Rollup, Rule, RuleBase, Tool
from fairshare.decide.library import load_real_base
from fairshare.decide.program import CaseShape, Program, Variable
from fairshare.decide.relevance import list_goals, next_question, relevant_questions
from fairshare.decide.settle import Status, settle
from fairshare.words import UNOBTAINABLE

LAW_DAY = date(2026, 6, 1)
EARLIER_LAW_DAY = date(2025, 8, 1)
FAMILY = {
    "flows": ["f1"],
    "persons": ["p1", "p2", "p3"],
    "items": [{"ref": f"i{at}", "flow": "f1", "person": f"p{at % 3 + 1}"} for at in range(4)],
}
SHAPES = {"1 person, 1 item": None, "3 persons, 4 items": FAMILY}
LEFT = {"walked to its end": 60, "part-way": 25, "every question answered": 15}
"""How stored cases were left, and how many in a hundred."""
Walked = tuple[str, Any, Program, dict[int, int], dict[int, list[int]]]
"""A tool, a shape as stored, the program, the answers, and for each answer the others it could have had."""
Cells = dict[str, frozenset[str]]
"""One row of the table: for each fact it looks at, the values that it accepts."""
Engine = Callable[[list[dict[str, Any]]], list[Any]]
console = Console()


# --- the same table for every engine


def list_values(base: RuleBase, fact: str) -> frozenset[str]:
    found = base.facts[fact]
    return frozenset(found.values) | (frozenset() if found.always_known else {UNOBTAINABLE})


def read_cells(base: RuleBase, rule: Rule) -> Cells | None:
    """A rule as one row; None if it looks at more than the answers to questions with a choice."""
    cells: Cells = {}
    parts: list[tuple[Formula, bool]] = [(part, True) for part in conditions_of(rule)]
    parts += [(part, False) for part in rule.exceptions]
    while parts:
        part, wanted = parts.pop()
        if isinstance(part, All) and (wanted or len(part.parts) == 1):
            parts += [(each, wanted) for each in part.parts]
        elif isinstance(part, FactIn | FactKnown) and base.facts[part.fact].values:
            every = list_values(base, part.fact)
            accepted = part.values & every if isinstance(part, FactIn) else every - {UNOBTAINABLE}
            cells[part.fact] = cells.get(part.fact, every) & (accepted if wanted else every - accepted)
        else:
            return None
    return cells if all(cells.values()) else None


def cut_table(base: RuleBase) -> tuple[RuleBase, dict[str, Cells]]:
    """The rules in force that any decision table can hold, as a rule base and as rows."""
    rows = {}
    for rule in base.rules.values():
        if rule.in_force(LAW_DAY) and rule.confirmed and (cells := read_cells(base, rule)):
            rows[rule.id] = cells
    kept = replace(
        base,
        rules={name: base.rules[name] for name in rows},
        constraints=(),
        rollup=Rollup((), base.rollup.default),
        properties=(),
        tools={"table": Tool("table", base.gates, ())},
        digest="",
    )
    return kept, rows


def build_fairshare(base: RuleBase) -> Engine:
    program = ground(base, "table", CaseShape(), LAW_DAY)
    table, names = compile_table(program), [rule.rule for rule in program.rules]
    return lambda cases: [list(compress(names, table(case).fires)) for case in cases]


def plain(fact: str) -> str:
    return fact.replace(".", "_")


def build_zen(rows: dict[str, Cells]) -> Engine:
    facts = sorted({fact for cells in rows.values() for fact in cells})
    written = [
        {
            "_id": name,
            "fired": json.dumps(name),
            **{plain(fact): ", ".join(json.dumps(each) for each in sorted(cells.get(fact, ()))) for fact in facts},
        }
        for name, cells in rows.items()
    ]
    table = {
        "hitPolicy": "collect",
        "inputs": [{"id": plain(fact), "name": fact, "field": plain(fact)} for fact in facts],
        "outputs": [{"id": "fired", "name": "fired", "field": "fired"}],
        "rules": written,
    }
    nodes = [("in", "inputNode", {}), ("table", "decisionTableNode", table), ("out", "outputNode", {})]
    graph = {
        "nodes": [
            {"id": name, "name": name, "type": kind, "content": content, "position": {"x": 0, "y": 0}}
            for name, kind, content in nodes
        ],
        "edges": [
            {"id": f"{one}-{other}", "sourceId": one, "targetId": other, "type": "edge"}
            for one, other in (("in", "table"), ("table", "out"))
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))
    return lambda cases: [[row["fired"] for row in decision.evaluate(case)["result"]] for case in cases]


def build_rego(rows: dict[str, Cells]) -> Engine:
    def condition(fact: str, accepted: frozenset[str]) -> str:
        values = ", ".join(json.dumps(each) for each in sorted(accepted))
        return f"input.{plain(fact)} == {values}" if len(accepted) == 1 else f"input.{plain(fact)} in {{{values}}}"

    text = "package table\nimport rego.v1\n" + "\n".join(
        f"fired contains {json.dumps(name)} if {{ {'; '.join(condition(*cell) for cell in cells.items()) or 'true'} }}"
        for name, cells in rows.items()
    )
    builder = regopy.Interpreter()
    builder.add_module("table.rego", text)
    bundle = builder.build(None, ["table/fired"])
    runner = regopy.Interpreter()

    def run(cases: list[dict[str, Any]]) -> list[Any]:
        found = []
        for case in cases:
            runner.set_input(case)
            found.append(runner.query_bundle_entrypoint(bundle, "table/fired").results[0].expressions[0])
        return found

    return run


def build_cedar(rows: dict[str, Cells], *, batch: bool) -> Engine:
    def condition(fact: str, accepted: frozenset[str]) -> str:
        values = ", ".join(json.dumps(each) for each in sorted(accepted))
        name = f"context.{plain(fact)}"
        return f"{name} == {values}" if len(accepted) == 1 else f"[{values}].contains({name})"

    text = "\n".join(
        f"@id({json.dumps(name)}) permit(principal, action, resource) "
        f"when {{ {' && '.join(condition(*cell) for cell in cells.items()) or 'true'} }};"
        for name, cells in rows.items()
    )
    policies, entities = cedarpy.PolicySet.from_str(text), cedarpy.Entities.from_json_str("[]")
    ends = {
        "principal": {"type": "User", "id": "a"},
        "action": {"type": "Action", "id": "a"},
        "resource": {"type": "Item", "id": "a"},
    }

    def name_fired(result: cedarpy.AuthzResult) -> list[str]:
        return list(result.diagnostics.id_annotations_by_reason.values())

    def one_by_one(cases: list[dict[str, Any]]) -> list[Any]:
        return [name_fired(cedarpy.is_authorized({**ends, "context": case}, policies, entities)) for case in cases]

    def together(cases: list[dict[str, Any]]) -> list[Any]:
        requests = [{**ends, "context": case} for case in cases]
        return [name_fired(each) for each in cedarpy.is_authorized_batch(requests, policies, entities)]

    return together if batch else one_by_one


def race_engines(base: RuleBase, cases: int, seconds: float) -> None:
    """The table of part one; the outputs of all engines are equal on all cases, or this stops."""
    kept, rows = cut_table(base)
    program = ground(kept, "table", CaseShape(), LAW_DAY)
    random = Random(1)
    picked = [{at: random.choice(program.variables[at].values) for at in program.order} for _ in range(cases)]
    ours = [{program.variables[at].key: value for at, value in case.items()} for case in picked]
    theirs = [{plain(program.variables[at].fact): value for at, value in case.items()} for case in picked]
    engines: dict[str, tuple[Engine, list[dict[str, Any]]]] = {
        "fairshare": (build_fairshare(kept), ours),
        "zen-engine": (build_zen(rows), theirs),
        "cedarpy, one by one": (build_cedar(rows, batch=False), theirs),
        "cedarpy, in batches": (build_cedar(rows, batch=True), theirs),
        "regopy": (build_rego(rows), theirs),
    }
    expected = [sorted(each) for each in engines["fairshare"][0](ours)]
    times = {}
    for name, (engine, given) in engines.items():
        assert [sorted(each) for each in engine(given)] == expected, f"{name} differs"
        times[name] = measure_rate(engine, given, seconds)
    table = Table(
        title=f"One table: {len(rows)} rules over {len(program.order)} facts, {sum(map(len, expected)) / cases:.0f} "
        f"of them fire; equal outputs on {cases:,} cases"
    )
    for heading in ("engine", "microseconds a case", "times fairshare's"):
        table.add_column(heading, justify="left" if heading == "engine" else "right")
    for name, each in times.items():
        table.add_row(name, f"{each * 1e6:,.1f}", f"{each / times['fairshare']:,.1f}")
    console.print(table)


def measure_rate(engine: Engine, cases: list[dict[str, Any]], seconds: float) -> float:
    """Seconds for one case: the best of several runs over as many cases as fit."""
    start = time.perf_counter()
    engine(cases[:20])
    some = cases[: max(20, min(len(cases), int(20 * seconds / 5 / (time.perf_counter() - start))))]
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        engine(some)
        best = min(best, (time.perf_counter() - start) / len(some))
    return best


# --- question by question


def answer_at_random(program: Program, random: Random, share: float) -> dict[int, int]:
    """So many of the questions answered at random; whatever answers clash are given again."""
    known = {at: 0 for at, each in enumerate(program.variables) if len(each.values) == 1}
    asked = [at for at in program.order if random.random() < share]
    while True:
        for at in asked:
            size = len(program.variables[at].values)
            known[at] = random.randrange(size if random.random() < 0.2 else max(1, size - 1))  # the last: unobtainable
        try:
            settle(program, known)
        except ContradictoryAnswers as clash:
            asked = [
                program.index[key] for key in clash.answers if len(program.variables[program.index[key]].values) > 1
            ]
        else:
            return known


def time_questions(base: RuleBase, cases: int) -> None:
    """The table of part two: on random partial answers, each a new case to the solver."""
    table = Table(
        title=f"Milliseconds on {cases} random partial answers for each tool and shape; median (99th percentile)"
    )
    for heading in ("shape", "facts", "settle everything", "next question", "all relevant questions"):
        table.add_column(heading, justify="right")
    for name, shape in SHAPES.items():
        taken: dict[str, list[float]] = {"settle": [], "next": [], "relevant": []}
        facts = 0
        for tool in sorted(base.tools):
            program = ground(base, tool, ground_shape(shape), LAW_DAY)
            facts = max(facts, len(program.order))
            random = Random(2)
            count = max(2, cases // len(base.tools))
            given = [answer_at_random(program, random, random.random()) for _ in range(count)]
            for label, act in (("settle", settle), ("next", next_question), ("relevant", relevant_questions)):
                for known in given:
                    start = time.perf_counter()
                    act(program, known)
                    taken[label].append((time.perf_counter() - start) * 1e3)
        cells = [f"{median(each):.2f} ({percentile(each, 99):.1f})" for each in taken.values()]
        table.add_row(name, f"up to {facts}", *cells)
    console.print(table)


def ground_shape(shape: dict[str, Any] | None) -> CaseShape:
    return (StoredShape() if shape is None else StoredShape.model_validate(shape)).ground()


def percentile(values: Sequence[float], share: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * share // 100)]


# --- a million cases


def begin_at_random(base: RuleBase, random: Random) -> Walked:
    """A case of any tool, as it was left under the earlier law, and how it was left.

    With it, for some answers, the others that would have left no answer clashing and, if it was walked to its end,
    every goal settled too.
    """
    tool, shape = random.choice(sorted(base.tools)), random.choice([None, None, FAMILY])
    program = find_program(base, tool, ground_shape(shape), EARLIER_LAW_DAY)
    left = random.choices(list(LEFT), LEFT.values())[0]
    truth = answer_at_random(program, random, share=1)
    known = truth
    if left != "every question answered":
        known = {at: 0 for at, each in enumerate(program.variables) if len(each.values) == 1}
        while (asked := next_question(program, known)) is not None:
            known[asked] = truth[asked]
    if left == "part-way":
        known = dict(list(known.items())[: random.randrange(len(known) + 1)])
    others = {}
    for at in random.sample(sorted(known), min(len(known), 16)):
        values = range(len(program.variables[at].values))
        found = [value for value in values if may_stand(program, {**known, at: value}, decided=left != "part-way")]
        if len(found) > 1:
            others[at] = found
    return tool, shape, program, known, others


def may_stand(program: Program, known: dict[int, int], *, decided: bool) -> bool:
    try:
        statuses = settle(program, known)
    except ContradictoryAnswers:
        return False
    return not decided or all(statuses[key] is not Status.NOT_SETTLED for key in list_goals(program))


def write_answer(base: RuleBase, variable: Variable, value: int) -> Any:
    """An answer as a stored case has it."""
    text = variable.values[value]
    if variable.bounds is not None and text != UNOBTAINABLE:
        number = 1 if not variable.bounds else variable.bounds[value - 1] if value else variable.bounds[0] - 1
        return date.fromordinal(number).isoformat() if base.facts[variable.fact].type == "date" else number
    return {"yes": True, "no": False}.get(text, text) if base.facts[variable.fact].type == "bool" else text


def write_cases(base: RuleBase, walks: int, cases: int) -> Iterator[str]:
    """Cases that were begun so, each with up to three answers given differently that might have been when alone."""
    random = Random(3)
    walked = [begin_at_random(base, random) for _ in range(walks)]
    for at in range(cases):
        tool, shape, program, known, others = random.choice(walked)
        changed = dict(known)
        for each in random.sample(sorted(others), min(3, len(others))):
            changed[each] = random.choice(others[each])
        variables = program.variables
        answers = {
            variables[each].key: write_answer(base, variables[each], value)
            for each, value in changed.items()
            if len(variables[each].values) > 1
        }
        case = {"id": f"case-{at:07}", "tool": tool, "answers": answers}
        yield json.dumps(case | ({"shape": shape} if shape else {})) + "\n"


def time_bulk(base: RuleBase, walks: int, cases: int, checked: int, workers: int) -> None:
    """The table of part three: from a file on disk to a file of flips on disk."""
    now, then = DatedRules(base, LAW_DAY), DatedRules(base, EARLIER_LAW_DAY)
    with TemporaryDirectory() as folder:
        source, target = Path(folder, "cases.jsonl"), Path(folder, "flips.jsonl")
        with source.open("w") as handle:
            handle.writelines(write_cases(base, walks, cases))
        start = time.perf_counter()
        tally = compare_file(then, now, source, target, workers=workers)
        taken = time.perf_counter() - start
        with source.open("rb") as handle:
            some = [read_case(line) for line, _ in zip(handle, range(checked), strict=False)]
        start = time.perf_counter()
        one_by_one = [flip.to_json() for flip in compare(then, now, some)]
        single = time.perf_counter() - start
        last = some[-1].id
        assert [line for line in target.read_text().splitlines() if json.loads(line)["id"] <= last] == one_by_one
        size = source.stat().st_size
    table = Table(title=f"The law of {EARLIER_LAW_DAY} against that of {LAW_DAY}, on {workers} processes")
    for heading in ("stored cases", "megabytes", "flips", "seconds", "cases a second", "one by one, a second"):
        table.add_column(heading, justify="right")
    rates = (f"{cases / taken:,.0f}", f"{checked / single:,.0f}")
    table.add_row(f"{cases:,}", f"{size / 1e6:,.0f}", f"{tally.flips:,}", f"{taken:.1f}", *rates)
    console.print(table)
    mix = ", ".join(f"{share} % {left}" for left, share in LEFT.items())
    console.print(f"Cases of all {len(base.tools)} tools: {mix}. The first {checked:,} flip as they do one by one.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the default: small sizes")
    parser.add_argument("--full", action="store_true", help="the sizes of the design's aims")
    parser.add_argument("--workers", type=int, default=2, help="processes for the bulk part")
    parser.add_argument("--only", choices=("engines", "questions", "bulk"), help="one part instead of all three")
    chosen = parser.parse_args()
    base = load_real_base()
    console.print(f"{len(base.facts)} facts, {len(base.rules)} rules, {len(base.tools)} tools")
    if chosen.only in (None, "engines"):
        race_engines(base, 10_000 if chosen.full else 1_000, 10 if chosen.full else 2)
    if chosen.only in (None, "questions"):
        time_questions(base, 5_000 if chosen.full else 200)
    if chosen.only in (None, "bulk"):
        walks, cases, checked = (1_000, 1_000_000, 2_000) if chosen.full else (60, 20_000, 500)
        time_bulk(base, walks, cases, checked, chosen.workers)


if __name__ == "__main__":
    main()
