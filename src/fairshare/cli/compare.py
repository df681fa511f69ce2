"""What another law, or other rules, would flip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
    labels: Mapping[str, str] = field(default_factory=dict)
    """What its flows, people and items are called."""


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
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the flips of a .jsonl file here, a line each; for millions."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=64, help="Processes to use with --out.")] = 1,
) -> Page:
    """List the stored cases that come out differently under the law of another day.

    In a folder, every .jsonl file and every .json or .yaml file of answers that names its tool is a case.
    """
    before, after = load_rules(rules), load_rules(other if other is not None else rules)
    days = read_day(since, where="--from") if since else None, read_day(law_date, where="--law-date")
    with screen.working("comparing") as tell:
        if out is not None:
            return compare_many(before, after, days, (cases, out), workers, tell)
        return compare_each(before, after, days, cases, tell)


def compare_each(before: Rules, after: Rules, days: tuple[date | None, date], cases: Path, tell: Tell) -> Page:
    """Cases one by one, each from its own day of law if no other is given."""
    from fairshare.cli.compare_in_words import show_comparison, tell_changes
    from fairshare.decide.compare import PROBLEM, DatedRules, compare_standings, stand

    found, passed_over = list_cases(cases)
    today = datetime.now(UTC).date()
    flips: list[tuple[Dated, Flip]] = []
    problems = []
    for each in follow(found, tell):
        then = stand(DatedRules(before.base, days[0] or each.day or today), each.case)
        now = stand(DatedRules(after.base, days[1]), each.case)
        if PROBLEM in then or PROBLEM in now:
            problems.append({"case": each.case.id, "before": then.get(PROBLEM), "after": now.get(PROBLEM)})
        flip = compare_standings(each.case.id, each.case.tool, then, now)
        flips += [(each, flip)] if flip else []
    document = {
        "law_date": days[1],
        "cases": len(found),
        "flips": [{"case": each.case, "tool": each.tool, "changes": describe_changes(each)} for _, each in flips],
        "problems": problems,
        "passed_over": passed_over,
        "rules": [before.base.digest, after.base.digest],
    }
    told = [(flip, tell_changes(each.case, each.labels, flip, after)) for each, flip in flips]
    return Page(document, lambda shown: show_comparison(shown, document, told))


def compare_many(
    before: Rules, after: Rules, days: tuple[date | None, date], files: tuple[Path, Path], workers: int, tell: Tell
) -> Page:
    """A .jsonl file of any length, with the flips written to another."""
    from fairshare.decide.bulk import compare_file
    from fairshare.decide.compare import DatedRules

    first = DatedRules(before.base, days[0] or datetime.now(UTC).date())
    tally = compare_file(
        first,
        DatedRules(after.base, days[1]),
        *files,
        workers=workers,
        progress=lambda done, total: tell(done / max(total, 1)),
    )
    document = {
        "law_date": days[1],
        "cases": tally.cases,
        "flipped": tally.flips,
        "problems": tally.problems,
        "problem_cases": list(tally.named),
        "unreadable_lines": list(tally.unreadable),
        "file": str(files[1]),
        "rules": [before.base.digest, after.base.digest],
    }

    def show(screen: Screen) -> None:
        screen.line(f"{tally.flips:,} of {tally.cases:,} cases come out differently; they are in {files[1]}.", "bold")
        more = "..." if tally.problems > len(tally.named) else ""
        named = f" ({', '.join(tally.named)}{more})" if tally.named else ""
        screen.line(
            f"Cases that cannot be evaluated, because their answers clash or do not fit: {tally.problems:,}{named}. "
            f"Lines that hold no case: {len(tally.unreadable)}."
        )

    return Page(document, show)


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
    return [Dated(StoredCase(id=name, tool=file.tool, shape=stored, answers=answers), file.law_date, file.labels)]


def write_plain(answer: Answer) -> bool | int | str:
    """An answer's value as JSON has it."""
    return answer.value.isoformat() if isinstance(answer.value, date) else answer.value


def describe_changes(flip: Flip) -> dict[str, Any]:
    """What changes in one case, before and after."""
    return {key: {"before": before, "after": after} for key, (before, after) in flip.changes.items()}
