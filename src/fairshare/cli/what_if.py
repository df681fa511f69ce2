"""What would have to be different for another result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.ask import LawDate
from fairshare.cli.bases import Rules, RulesFolder, ToolName, Welsh, load_rules, naming_questions
from fairshare.cli.commands import Page
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.decide.program import Program
    from fairshare.decide.what_if import WhatIf

AnswersPath = Annotated[Path, typer.Argument(metavar="ANSWERS", help="A file of answers, as `fairshare ask` saves it.")]


def what_if(
    tool: ToolName,
    answers: AnswersPath,
    want: Annotated[
        str | None,
        typer.Option(
            "--want",
            metavar="TARGET",
            help="An outcome such as SHARE_FULL or a conclusion's id; any outcome that shares more if none is given.",
        ),
    ] = None,
    item: Annotated[str | None, typer.Option("--item", metavar="REF", help="Only for this item, such as i1.")] = None,
    unasked: Annotated[bool, typer.Option("--unasked", help="Answers not given yet may be given too.")] = False,
    law_date: LawDate = None,
    rules: RulesFolder = None,
    welsh: Welsh = False,
) -> Page:
    """Find the smallest sets of changeable facts whose change would change the result, item by item."""
    from fairshare.cli.answers_file import find_settled_program, read_answers_file, settle_file
    from fairshare.decide.answers import assignment
    from fairshare.decide.settle import settle
    from fairshare.decide.what_if import find_changes

    held = load_rules(rules, welsh=welsh)
    file = read_answers_file(answers)
    file = settle_file(file, tool, law_date, held)
    program = find_settled_program(held, file)
    known = assignment(program, file.answers)
    found = []
    with naming_questions(held):
        statuses = settle(program, known)
    for target in list_targets(program, statuses, want, item):
        changes = find_changes(program, known, target, may_give_unasked=unasked)
        found.append(describe_target(held, program, file.labels, target, changes))
    document = {"tool": file.tool, "law_date": program.law_date, "targets": found}
    return Page(document, lambda screen: show_targets(screen, found))


def list_targets(program: Program, statuses: dict[str, Any], want: str | None, item: str | None) -> list[str]:
    """What is to be reached: for each item, each outcome that shares and is not the present one; or what was named."""
    from fairshare.decide.clauses import outcome_key
    from fairshare.decide.what_if import NoSuchTarget
    from fairshare.words import Outcome

    if want is not None and want not in Outcome.__members__:
        return [f"{want}@{item}" if item else want]
    if item is not None and item not in program.outcomes:
        raise NoSuchTarget("the case has no such item", fix="Name one of its items.", where=item[:40])
    found = []
    for ref, rows in program.outcomes.items():
        outcomes = dict.fromkeys(outcome for outcome, _ in rows)
        now = next((each for each in outcomes if statuses[outcome_key(ref, each)] == "true"), None)
        better = [each for each in outcomes if Outcome(each).shares and not (now and Outcome(now).shares)]
        wanted = [each for each in outcomes if each == want] if want else better
        found += [outcome_key(ref, each) for each in wanted if item in (None, ref)]
    return found


def describe_target(
    held: Rules, program: Program, labels: dict[str, str], target: str, found: WhatIf
) -> dict[str, Any]:
    """The ways to one target, each as questions with the answers that they would need."""
    changes = [
        [
            {
                "question": program.variables[each].key,
                "text": held.words.fact(program.variables[each].fact).question,
                "about": labels.get(program.variables[each].instance),
                "answers": sorted({program.variables[each].values[way[place]] for way in change.ways}),
                "labels": sorted(
                    {
                        held.words.label(program.variables[each].fact, program.variables[each].values[way[place]])
                        for way in change.ways
                    }
                ),
            }
            for place, each in enumerate(change.facts)
        ]
        for change in found.changes
    ]
    if "=" in target:
        ref, _, name = target.partition("=")
    else:
        name, _, ref = target.partition("@")
    return {
        "target": target,
        "title": held.words.conclusion(name).title if name in held.base.conclusions else name,
        "about": labels.get(ref),
        "changes": changes,
        "complete": found.complete,
    }


def show_targets(screen: Screen, found: list[dict[str, Any]]) -> None:
    """Each target with the ways to it."""
    if not found:
        screen.line("Every item may be shared already. Name another outcome with --want.")
    elif not any(each["changes"] for each in found):
        screen.line("No change of the facts that can be changed leads to another result.")
        screen.line("With --unasked, answers that were not given yet count as well.")
    for each in found:
        if not each["changes"]:
            continue
        about = f", for {each['about']}" if each["about"] else ""
        screen.heading(f"{each['title']}{about}, would need")
        for number, change in enumerate(each["changes"], 1):
            lines = [tell_change(fact) for fact in change]
            screen.bullet("\n".join(lines) or "nothing: it is so already", marker=f"{number}.")
        if not each["complete"]:
            screen.line("There may be more ways: the search was cut short.", "yellow")


def tell_change(fact: dict[str, Any]) -> str:
    """One fact that would have to be different: its question, whom it is about, and the answers that would do."""
    about = f" ({fact['about']})" if fact["about"] else ""
    return f"{fact['text']}{about} {' or '.join(fact['labels'])}"
