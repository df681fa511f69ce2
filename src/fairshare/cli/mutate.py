"""Mutation testing of a rule base on the command line: small mistakes, and who notices them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.bases import RulesFolder, load_rules
from fairshare.cli.commands import Page
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, ExitCode, NotFound

if TYPE_CHECKING:
    from fairshare.cli.bases import Rules
    from fairshare.decide.language import RuleBase
    from fairshare.decide.mutate import Tally, Trial
    from fairshare.decide.scenarios import Scenario
    from fairshare.learn.cases import CaseStudy

Scenarios = Annotated[Path, typer.Option("--scenarios", metavar="FOLDER", help="Where the hand-written scenarios are.")]
ToolOption = Annotated[str | None, typer.Option("--tool", metavar="TOOL", help="Only rules that this tool takes.")]
Operator = Annotated[str | None, typer.Option("--operator", metavar="NAME", help="Only this kind of mistake.")]
Sample = Annotated[int | None, typer.Option("--sample", min=1, help="Try so many, drawn at random.")]
Seed = Annotated[int, typer.Option("--seed", help="What the draw starts from.")]
AtLeast = Annotated[float, typer.Option("--at-least", min=0, max=100, help="Fail below this percentage.")]

_NAMED = re.compile(r"\s*- \{?id: ([a-z0-9_.]+)")


def mutate(
    screen: Screen,
    tool: ToolOption = None,
    operator: Operator = None,
    sample: Sample = None,
    seed: Seed = 0,
    at_least: AtLeast = 0,
    scenarios: Scenarios = Path("tests/decide/scenarios"),
    folder: RulesFolder = None,
) -> Page:
    """Make small mistakes in the rules, one at a time, and see whether a scenario or a safety property notices.

    A mistake that no case whatever shows, by solver proof, is not counted. Exits with 5 if less is caught than
    `--at-least` asks for, or if a scenario fails without any mistake.
    """
    from fairshare.decide.mutate import choose_mutants, find_failing, tally_all, try_mutants
    from fairshare.decide.mutate_operators import OPERATORS

    held = load_rules(folder)
    if operator is not None and operator not in OPERATORS:
        raise BadInput("there is no such operator", fix=f"Choose from {', '.join(OPERATORS)}.", where=operator[:120])
    if not scenarios.is_dir():
        raise NotFound("there are no scenarios", fix="Name their folder with --scenarios.", where=str(scenarios))
    cases = gather_cases(scenarios, held.base, with_studies=folder is None)
    chosen = choose_mutants(held.base, tool=tool and held.tool(tool).id, operator=operator, sample=sample, seed=seed)
    failing = [each.id for each in find_failing(held.base, cases)]
    with screen.working("trying mutants") as tell:
        trials = try_mutants(held.base, chosen, cases, lambda done, total: tell(done / max(total, 1)))
    poor = bool(failing) or 100 * tally_all(trials).score < at_least
    return describe_trials(held, cases, failing, trials, ExitCode.UNSOUND if poor else ExitCode.DONE)


def describe_trials(
    held: Rules, cases: tuple[Scenario, ...], failing: list[str], trials: tuple[Trial, ...], exit_code: ExitCode
) -> Page:
    """The figures for each operator, and every mutant that nobody noticed."""
    from fairshare.decide.mutate import tally, tally_all

    tallies, whole = tally(trials), tally_all(trials)
    lines = find_lines(held.folder)
    alive = [describe_survivor(each, lines) for each in trials if each.verdict in ("alive", "undecided")]
    document = {
        "rules": held.base.digest,
        "cases": sum(not each.turn for each in cases),
        "turns": sum(each.turn for each in cases),
        "properties": len(held.base.properties),
        "failing": failing,
        "operators": [describe_tally(each) for each in tallies],
        "all": describe_tally(whole),
        "alive": alive,
    }

    def show(shown: Screen) -> None:
        for each in failing:
            shown.bullet(f"fails without any mistake, and was left out: {each}", "red")
        shown.table(
            ("operator", "made", "equivalent", "by cases", "by properties", "alive", "caught"),
            [list_cells(each) for each in (*tallies, whole)],
        )
        if alive:
            shown.heading("Alive")
        for left in alive:
            differs = f" It shows in {left['tool']}: {', '.join(left['differs'][:4])}." if left["tool"] else ""
            shown.bullet(f"{left['where']}: {left['subject']}: {left['operator']}: {left['change']}.{differs}")

    return Page(document, show, exit_code)


def gather_cases(folder: Path, base: RuleBase, *, with_studies: bool) -> tuple[Scenario, ...]:
    """The scenarios of a folder and, with Fairshare's own rules, its case studies that nobody disputes."""
    from fairshare.decide.scenarios import read_scenarios

    found = read_scenarios(folder, base)
    if not with_studies:
        return found
    from fairshare.learn.cases import load_cases

    return (*found, *(make_scenario(each, base) for each in load_cases().values() if each.disputed is None))


def make_scenario(case: CaseStudy, base: RuleBase) -> Scenario:
    """A case study as a scenario; a safeguard that may appear for anybody is left to the case study's own test."""
    from fairshare.decide.scenarios import Scenario
    from fairshare.learn.running import answer_case, shape_case

    safeguards = [each for each in case.expect.safeguards if "@" in each or base.conclusions[each].scope == "case"]
    return Scenario(
        id=case.id,
        says=case.title.en,
        tool=case.tool,
        day=case.day,
        shape=shape_case(case),
        answers=answer_case(case),
        outcomes={item: outcome.value for item, outcome in case.outcomes.items()},
        case=case.expect.case.value,
        holds=(*case.expect.holds, *safeguards),
        fails=case.expect.fails,
    )


def find_lines(folder: Path) -> dict[str, str]:
    """Where each rule and constraint is written: its file and line."""
    found = {}
    for path in sorted((folder / "gates").glob("*.yaml")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            if named := _NAMED.match(line):
                found[named[1]] = f"gates/{path.name}:{number}"
    return found


def describe_survivor(trial: Trial, lines: dict[str, str]) -> dict[str, Any]:
    """A mutant that nobody noticed, with a case that would have shown it."""
    witness = trial.witness
    return {
        "subject": trial.mutant.subject,
        "where": lines.get(trial.mutant.subject, "rollup.yaml"),
        "operator": trial.mutant.operator,
        "change": trial.mutant.change,
        "verdict": trial.verdict.value,
        "tool": witness.tool if witness else None,
        "differs": witness.differs if witness else (),
        "law_date": trial.day,
    }


def describe_tally(found: Tally) -> dict[str, Any]:
    """The figures of one operator."""
    return {
        "operator": found.operator,
        "made": found.made,
        "equivalent": found.equivalent,
        "by_cases": found.by_cases,
        "by_properties": found.by_properties,
        "alive": found.alive,
        "percent": round(100 * found.score, 1),
    }


def list_cells(found: Tally) -> tuple[object, ...]:
    """The same as a row of a table."""
    return (
        found.operator,
        f"{found.made:,}",
        f"{found.equivalent:,}",
        f"{found.by_cases:,}",
        f"{found.by_properties:,}",
        f"{found.alive:,}",
        f"{100 * found.score:.1f} %",
    )
