"""The runnable case studies: list and read them, open one and change a fact, check them all, find the nearest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from fairshare.cli.bases import Welsh, load_rules
from fairshare.cli.commands import Page, add_command
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.cli.what_if import AnswersPath
from fairshare.words import BadInput, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fairshare.cli.answers_file import AnswersFile
    from fairshare.cli.bases import Rules
    from fairshare.decide.words import Language, Words
    from fairshare.learn.cases import CaseStudy, Given
    from fairshare.learn.nearest import NearCase
    from fairshare.words import Answer


class ListFirst(TyperGroup):
    """A group whose first word, if it names no command of the group, is what to list."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Puts the command `list` before anything that is not a command or a call for help."""
        if not args or args[0] not in {*self.commands, "--help", "-h"}:
            args = ["list", *args]
        return super().parse_args(ctx, args)


cases = typer.Typer(cls=ListFirst, help="Case studies that run: list, show, open, check, nearest, export.")


def complete_cases(incomplete: str) -> list[tuple[str, str]]:
    """The cases there are, with their titles, for a shell that completes words."""
    from fairshare.learn.cases import load_cases

    return [(each.id, each.title.en) for each in load_cases().values() if each.id.startswith(incomplete)]


CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Its id.", autocompletion=complete_cases)]

Changes = Annotated[
    list[str] | None,
    typer.Option("--change", metavar="QUESTION=ANSWER", help="Answer otherwise; nothing after = takes it away."),
]
SavePath = Annotated[
    Path | None, typer.Option("--save", metavar="FILE", help="Write its answers, for `ask`, `decide` or `what-if`.")
]


class BadChange(BadInput):
    """A change to a case study is not of the form QUESTION=ANSWER."""

    code = "BAD_CHANGE"


@add_command(cases, "list")
def list_cases(
    text: Annotated[list[str] | None, typer.Argument(metavar="TEXT", help="Those that say all these words.")] = None,
    tool: Annotated[str | None, typer.Option("--tool", metavar="TOOL", help="Those of this tool.")] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help="Those from a hub, code, court, tribunal, regulator, review or inquiry."),
    ] = None,
    outcome: Annotated[
        str | None, typer.Option("--outcome", help="Those expected to come out so, such as MUST_SHARE.")
    ] = None,
    welsh: Welsh = False,
) -> Page:
    """List the case studies: all, or those of a tool, a kind of source, an outcome, or with some words."""
    from fairshare.learn.cases import load_cases

    language = _name(welsh)
    words = [each.casefold() for each in text or ()]
    found = [
        each
        for each in load_cases().values()
        if tool in (None, each.tool)
        and kind in (None, each.source.kind)
        and outcome in (None, each.expect.case)
        and all(word in _say_all(each, language) for word in words)
    ]
    listed = [_summarise(each, language) for each in found]

    def show(screen: Screen) -> None:
        for each in found:
            screen.line(each.title.say(language), "bold")
            screen.line(f"{each.id}  {each.tool}  {each.expect.case.value}", indent=2)
        screen.line("`fairshare cases show CASE` tells one, and `fairshare cases open CASE` runs it.")

    return Page({"cases": listed}, show)


def _summarise(case: CaseStudy, language: Language) -> dict[str, Any]:
    return {
        "case": case.id,
        "title": case.title.say(language),
        "tool": case.tool,
        "kind": case.source.kind,
        "expected": case.expect.case,
        "checked": case.source.checked,
    }


def _say_all(case: CaseStudy, language: Language) -> str:
    texts = (case.title, case.told, case.expect.because, case.lesson)
    source = (case.id, case.source.name, case.source.citation or "")
    return " ".join((*(each.say(language) for each in texts), *source)).casefold()


@add_command(cases, "show")
def show_case(case: CaseId, welsh: Welsh = False) -> Page:
    """Tell a case study: what happened, where it was published and how that was checked, what to expect, and why."""
    from fairshare.learn.cases import load_cases
    from fairshare.learn.reading import load_phrases

    found, language = load_cases()[case], _name(welsh)
    phrases = load_phrases(language)

    def show(screen: Screen) -> None:
        tell_case(screen, found, language)
        screen.line(f"{phrases['case_lesson']}: {found.lesson.say(language)}")
        screen.line(f"{phrases['case_open']}: fairshare cases open {found.id}", "dim")

    return Page(found.model_dump(mode="json"), show)


def tell_case(screen: Screen, case: CaseStudy, language: Language) -> None:
    """The story, the source with its mark, and what is expected."""
    from fairshare.decide.phrases import load_phrases as load_report_phrases
    from fairshare.learn.cases_page import cite_source
    from fairshare.learn.reading import load_phrases

    phrases, outcomes = load_phrases(language), load_report_phrases(language, "report_")
    screen.heading(case.title.say(language))
    screen.line(case.told.say(language))
    screen.line(f"{cite_source(case.source)} ({phrases[case.source.checked]})", "dim")
    if case.source.url:
        screen.exact(case.source.url, "dim")
    screen.heading(f"{phrases['case_expected']}: {outcomes.say(case.expect.case.value)}")
    for ref, outcome in case.outcomes.items() if len(case.items) > 1 else ():
        screen.bullet(f"{case.name_item(ref, language)}: {outcomes.say(outcome.value)}")
    screen.line(case.expect.because.say(language))
    for name, text in (("case_since", case.since), ("case_disputed", case.disputed)):
        if text:
            screen.line(f"{phrases[name]}: {text.say(language)}")


@add_command(cases, "open")
def open_case(case: CaseId, change: Changes = None, save: SavePath = None, welsh: Welsh = False) -> Page:
    """Run a case study, as it was or with facts changed, and see what a changed fact does."""
    from fairshare.cli.answers_file import write_answers
    from fairshare.cli.assess import look_at
    from fairshare.cli.assessment import describe_assessment, show_assessment
    from fairshare.learn.cases import load_cases
    from fairshare.learn.running import run_case

    found, held, language = load_cases()[case], load_rules(None, welsh=welsh), _name(welsh)
    changes = dict(read_change(each) for each in change or ())
    before = run_case(found)
    file = make_answers_file(found, changes, held, language)
    seen = look_at(held, file)
    if save is not None:
        write_file(save, write_answers(file), replace=False)
    after = seen.assessment.items
    effects: list[dict[str, Any]] = [
        {"about": ref, "before": outcome, "after": after[ref]}
        for ref, outcome in before.outcomes.items()
        if outcome is not after[ref]
    ]
    document = describe_assessment(seen) | {
        "case": found.id,
        "changed": changes,
        "effects": effects,
        "differences": [] if changes else [_describe(each) for each in before.differences],
        "saved": str(save) if save else None,
    }

    def show(screen: Screen) -> None:
        tell_case(screen, found, language)
        show_assessment(screen, seen)
        if changes:
            show_effects(screen, found, effects, language)
        if save is not None:
            screen.line(f"The answers are in {save}.")

    return Page(document, show)


def show_effects(screen: Screen, case: CaseStudy, effects: list[dict[str, Any]], language: Language) -> None:
    """Which items come out otherwise once facts are changed."""
    screen.heading("What the change does")
    for each in effects:
        turn = f"{each['before'] or 'open'} -> {each['after'] or 'open'}"
        screen.bullet(f"{case.name_item(each['about'], language)}: {turn}", "yellow")
    if not effects:
        screen.line("No item comes out otherwise.")


def read_change(text: str) -> tuple[str, Given | None]:
    """A change as it is typed; raises BadChange.

    >>> read_change("person.age_years@p1=17"), read_change("nation=")
    (('person.age_years@p1', 17), ('nation', None))
    """
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise BadChange("a change is QUESTION=ANSWER", fix="Write, say, nation=wales.", where="--change")
    value = value.strip()
    return key.strip(), int(value) if value.isdecimal() and len(value) < 10 else value or None


def make_answers_file(
    case: CaseStudy, changes: dict[str, Given | None], held: Rules, language: Language
) -> AnswersFile:
    """A case study as a file of answers; its judgements are marked as the published case's own."""
    from fairshare.cli.answers_file import AnswersFile, NamedItem
    from fairshare.learn.running import answer_case
    from fairshare.words import Person

    author = Person(name="The published case", role="as we tell it")

    def stand_for(key: str, answer: Answer) -> Answer:
        fact = held.base.facts.get(key.partition("@")[0])
        if fact is None or fact.judgement is None:
            return answer
        reason = "As the case tells it."
        return answer.model_copy(
            update={"by": author, "reason": reason, "factors": dict.fromkeys(fact.judgement.factors, reason)}
        )

    return AnswersFile(
        tool=case.tool,
        law_date=case.day,
        people={ref: ref for ref in case.persons},
        items={ref: NamedItem(label=case.name_item(ref, language), person=who) for ref, who in case.items.items()},
        answers={key: stand_for(key, answer) for key, answer in answer_case(case, changes).items()},
    )


@add_command(cases, "check")
def check(
    case: Annotated[
        list[str] | None, typer.Argument(metavar="CASE", help="Only these.", autocompletion=complete_cases)
    ] = None,
) -> Page:
    """Run the case studies again, all of them or some, and list what comes out otherwise than expected."""
    from time import perf_counter

    from fairshare.learn.cases import load_cases
    from fairshare.learn.running import check_cases

    held = load_cases()
    chosen = [held[each] for each in case] if case else list(held.values())
    began = perf_counter()
    found = check_cases(chosen)
    seconds = perf_counter() - began
    disputed = {each.id for each in chosen if each.disputed}
    wrong = [name for name, differences in found.items() if bool(differences) is not (name in disputed)]
    document = {
        "checked": len(found),
        "as_expected": len(found) - len(wrong) - len(disputed),
        "disputed": sorted(disputed),
        "otherwise": {name: [_describe(each) for each in found[name]] for name in wrong},
        "seconds": round(seconds, 3),
    }

    def show(screen: Screen) -> None:
        for name in wrong:
            screen.heading(name)
            for each in found[name]:
                screen.bullet(f"{each.about}: expected {each.expected}, found {each.found}", "red")
            if not found[name]:
                screen.line("It is marked as disputed and comes out as expected.")
        screen.line(f"{document['as_expected']} of {len(found)} come out as expected, in {seconds:.2f} s.", "bold")
        if disputed:
            screen.line(f"Disputed, with both views told: {', '.join(sorted(disputed))}.")

    return Page(document, show, ExitCode.FAILED if wrong else ExitCode.DONE)


def _describe(difference: Any) -> dict[str, str]:
    return {"about": difference.about, "expected": difference.expected, "found": difference.found}


@add_command(cases, "nearest")
def nearest(
    answers: AnswersPath,
    tool: Annotated[str | None, typer.Option("--tool", metavar="TOOL", help="If the file does not name it.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=20, help="At most this many.")] = 3,
    welsh: Welsh = False,
) -> Page:
    """Find the case studies nearest to your own answers, and show which facts agree and which differ."""
    from fairshare.cli.answers_file import choose_tool, read_answers_file
    from fairshare.learn.nearest import nearest_cases

    held, language = load_rules(None, welsh=welsh), _name(welsh)
    file = read_answers_file(answers)
    found = nearest_cases(choose_tool(file, tool, held), file.answers, limit=limit)

    def show(screen: Screen) -> None:
        for near in found:
            show_near(screen, near, held.words, language)
        if not found:
            screen.line("No case study of this tool agrees with any of your answers.")

    return Page({"nearest": [describe_near(each) for each in found]}, show)


def describe_near(near: NearCase) -> dict[str, Any]:
    """How near a case study is, fact by fact."""
    rows = [
        {
            "fact": each.fact,
            "theirs": each.theirs,
            "yours": list(each.yours),
            "decides": each.decides,
            "agrees": each.agrees,
        }
        for each in near.facts
    ]
    return {
        "case": near.case.id,
        "title": near.case.title.en,
        "expected": near.case.expect.case,
        "points": near.points,
        "out_of": near.out_of,
        "facts": rows,
    }


def show_near(screen: Screen, near: NearCase, words: Words, language: Language) -> None:
    """A near case: how much agrees, and every fact that differs; those that decided it are marked."""
    screen.heading(f"{near.case.title.say(language)} ({near.case.id}): {near.points} of {near.out_of} points agree")
    agree = [each for each in near.agree if each.decides]
    screen.line(f"{near.case.expect.case}: {near.case.expect.because.say(language)}")
    screen.line(f"Alike in {len(near.agree)} answers, {len(agree)} of which its outcome rests on.", indent=2)
    for each in near.differ:
        yours = ", ".join(words.label(each.fact, said) for said in each.yours)
        mark = " (its outcome rests on this)" if each.decides else ""
        question = words.fact(each.fact).question
        screen.bullet(f"{question} There: {words.label(each.fact, each.theirs)}. Here: {yours}.{mark}", "yellow")


def show_close(screen: Screen, file: AnswersFile, *, welsh: bool = False) -> None:
    """The nearest two case studies, if at least half of what they turn on agrees; else nothing."""
    from fairshare.learn.nearest import nearest_cases

    close = [each for each in nearest_cases(file.tool or "", file.answers) if each.is_close]
    if close:
        screen.heading("Published cases like this one")
    for each in close:
        title = each.case.title.say(_name(welsh))
        screen.bullet(f"{title} ({each.points} of {each.out_of} points): {each.case.expect.case}")
        screen.line(f"fairshare cases show {each.case.id}", "dim", indent=2)


@add_command(cases, "export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write them, as canonical JSON.")],
    tool: Annotated[str | None, typer.Option("--tool", metavar="TOOL", help="Only those of this tool.")] = None,
) -> Page:
    """Write the case studies as test vectors that another engine can run."""
    from hashlib import sha256

    from fairshare.learn.cases import load_cases
    from fairshare.learn.vectors import make_vectors, write_vectors

    content = write_vectors(make_vectors(_of_tool(load_cases().values(), tool)))
    write_file(file, content)
    digest = sha256(content).hexdigest()
    return Page(
        {"file": str(file), "sha256": digest},
        lambda screen: screen.line(f"The test vectors are in {file}. SHA-256 {digest}"),
    )


def _of_tool(found: Iterable[CaseStudy], tool: str | None) -> list[CaseStudy]:
    chosen = [each for each in found if tool in (None, each.tool)]
    if not chosen:
        raise BadInput("no case study is of that tool", fix="`fairshare cases` lists them.", where="--tool")
    return chosen


def _name(welsh: bool) -> Language:
    return "cy" if welsh else "en"
