"""What another law, or other rules, would flip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.bases import Rules, RulesFolder, load_rules
from fairshare.cli.commands import Page
from fairshare.cli.files import read_day
from fairshare.cli.screen import Screen, Tell
from fairshare.words import Answer, BadInput, FairshareError
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.decide.compare import Flip, StoredCase

SUFFIXES = (".json", ".yaml", ".yml")


@dataclass(frozen=True)
class Dated:
    """A stored case, and the day whose law it was answered under, if its file says."""

    case: StoredCase
    day: date | None


def compare(
    cases: Annotated[
        Path, typer.Argument(metavar="CASES", help="A file of answers, a .jsonl file of cases, or a folder of either.")
    ],
    screen: Screen,
    law_date: Annotated[str, typer.Option("--law-date", metavar="YYYY-MM-DD", help="The law to compare with.")],
    since: Annotated[
        str | None,
        typer.Option("--from", metavar="YYYY-MM-DD", help="The law to compare from; each case's own day, or today."),
    ] = None,
    rules: RulesFolder = None,
    other: Annotated[
        Path | None, typer.Option("--other-rules", metavar="FOLDER", help="A rule base to compare with as well.")
    ] = None,
) -> Page:
    """List the stored cases that come out differently under the law of another day.

    In a folder, every .jsonl file and every .json or .yaml file of answers that names its tool is a case.
    """
    from fairshare.decide.compare import DatedRules, compare_standings, stand

    before, after = load_rules(rules), load_rules(other if other is not None else rules)
    then = read_day(law_date, where="--law-date")
    start = read_day(since, where="--from") if since else None
    today = datetime.now(UTC).date()
    found, passed_over = list_cases(cases)
    flips: list[Flip] = []
    with screen.working("comparing") as tell:
        for each in follow(found, tell):
            first = DatedRules(before.base, start or each.day or today)
            now, other_day = stand(first, each.case), stand(DatedRules(after.base, then), each.case)
            flip = compare_standings(each.case.id, each.case.tool, now, other_day)
            flips += [flip] if flip else []
    document = {
        "law_date": then,
        "cases": len(found),
        "flips": [{"case": each.case, "tool": each.tool, "changes": describe_changes(each)} for each in flips],
        "passed_over": passed_over,
        "rules": [before.base.digest, after.base.digest],
    }
    return Page(document, lambda shown: show_flips(shown, document, after))


def follow(cases: list[Dated], tell: Tell) -> Iterator[Dated]:
    """The cases one by one, telling how far it has come."""
    for done, each in enumerate(cases):
        tell(done / len(cases))
        yield each


def list_cases(path: Path) -> tuple[list[Dated], list[str]]:
    """The cases in a file or folder, and the names of files in a folder that hold none."""
    if not path.is_dir():
        return read_cases(path), []
    found, passed_over = [], []
    for each in sorted(path.rglob("*")):
        if each.suffix not in (*SUFFIXES, ".jsonl") or not each.is_file():
            continue
        name = each.relative_to(path)
        try:
            cases = read_cases(each, name=str(name))
        except FairshareError:
            cases = []
        found += cases
        passed_over += [] if cases else [str(name)]
    return found, passed_over


def read_cases(path: Path, *, name: str | None = None) -> list[Dated]:
    """The cases in one file: one for each line of a .jsonl file, or one file of answers."""
    from fairshare.cli.answers_file import parse_answers
    from fairshare.decide.compare import StoredCase, StoredShape, read_case
    from fairshare.decide.walk import WalkedItem

    raw, name = read_file(path), name or path.name
    if path.suffix == ".jsonl":
        lines = enumerate(raw.splitlines(), 1)
        return [Dated(read_case(line, where=f"{name}:{at}"), None) for at, line in lines if line.strip()]
    file = parse_answers(raw, where=name)
    if file.tool is None:
        raise BadInput("the file does not say which tool it is for", fix="Add `tool` to it.", where=name)
    shape = file.shape
    items = tuple(WalkedItem(ref=ref, flow=flow, person=person) for ref, flow, person in shape.items)
    stored = StoredShape(flows=shape.flows, persons=shape.persons, items=items)
    answers = {key: write_plain(answer) for key, answer in file.answers.items()}
    return [Dated(StoredCase(id=name, tool=file.tool, shape=stored, answers=answers), file.law_date)]


def write_plain(answer: Answer) -> bool | int | str:
    """An answer's value as JSON has it."""
    return answer.value.isoformat() if isinstance(answer.value, date) else answer.value


def describe_changes(flip: Flip) -> dict[str, Any]:
    """What changes in one case, before and after."""
    return {key: {"before": before, "after": after} for key, (before, after) in flip.changes.items()}


def show_flips(screen: Screen, document: dict[str, Any], held: Rules) -> None:
    """The cases that come out differently, with what changes in each."""
    flips = document["flips"]
    counted = f"{len(flips)} of {document['cases']} cases"
    screen.line(f"Under the law of {document['law_date']}, {counted} come out differently.", "bold")
    for flip in flips:
        screen.heading(f"{flip['case']} ({flip['tool']})")
        for key, change in flip["changes"].items():
            name = key.partition("@")[0]
            title = held.words.conclusion(name).title if name in held.base.conclusions else key
            screen.bullet(f"{title}: {change['before'] or 'not there'}, then {change['after'] or 'not there'}")
    if flips:
        screen.line("A flip decides nothing: it returns the case to a person.")
    if document["passed_over"]:
        screen.line(f"Passed over, because they hold no cases: {len(document['passed_over'])} files.", "dim")
