"""Walk a tool in the terminal: one question at a time, each of which can still change the result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.cli.asking import Asker, StopAsking
from fairshare.cli.bases import Rules, RulesFolder, ToolName, Welsh, load_rules, naming_questions
from fairshare.cli.commands import Page
from fairshare.cli.files import read_day, write_file
from fairshare.cli.screen import Screen
from fairshare.words import FairshareError

if TYPE_CHECKING:
    from fairshare.cli.answers_file import AnswersFile
    from fairshare.decide.program import Program
    from fairshare.decide.settle import Status
    from fairshare.decide.walk import Question, Walk
    from fairshare.learn import Myth, Paragraph
    from fairshare.words import Answer, Person

LawDate = Annotated[
    str | None, typer.Option("--law-date", metavar="YYYY-MM-DD", help="The law of this day; today if none is given.")
]
WHY, READ, MYTHS, NOBODY, LATER, BACK, ON, STOP = "w", "h", "m", "u", "d", "b", "o", "q"


def ask(
    tool: ToolName,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where the answers are kept; if it is there, it is taken up again.")
    ],
    screen: Screen,
    request: Annotated[
        Path | None, typer.Option("--request", metavar="FILE", help="The request: people and items are taken from it.")
    ] = None,
    law_date: LawDate = None,
    rules: RulesFolder = None,
    welsh: Welsh = False,
) -> Page:
    """Answer a tool's questions one at a time, and see what follows.

    At each question you can go back, say that you don't know yet or that nobody can find out, and ask why it is asked.
    Answers are saved in FILE after every one; they are about people, so they are never given on the command line.
    """
    held = load_rules(rules, welsh=welsh)
    held.tool(tool)
    day = read_day(law_date, where="--law-date") if law_date else None
    asking = Asking(held, Asker(screen), file)
    try:
        asking.start(tool, request, day or datetime.now(UTC).date())
        asking.go()
    except StopAsking:
        screen.line()
    if asking.walk is None:
        return Page({"file": None, "finished": False}, lambda shown: shown.line("Stopped; nothing was kept."))
    if not asking.finished:
        screen.line(f"Stopped. What you answered is in {file}; the same command takes it up again.")
    from fairshare.cli.assess import look_at
    from fairshare.cli.assessment import describe_assessment, show_assessment
    from fairshare.cli.cases import show_close

    assessed = look_at(held, asking.saved())
    document = {"file": str(file), "finished": asking.finished} | describe_assessment(assessed)

    def show(shown: Screen) -> None:
        show_assessment(shown, assessed)
        if rules is None:
            show_close(shown, asking.saved(), welsh=welsh)
        shown.line(f"The answers are in {file}.")

    return Page(document, show)


class Asking:
    """One person walking one tool: the walk so far, kept in a file after every answer."""

    def __init__(self, held: Rules, asker: Asker, file: Path) -> None:
        self.held, self.asker, self.file = held, asker, file
        self.screen = asker.screen
        self.walk: Walk | None = None
        self.about: AnswersFile | None = None
        self.author: Person | None = None
        self.finished = False
        self._said: set[str] = set()
        self._myths_told: set[str] = set()

    def start(self, tool: str, request: Path | None, day: date) -> None:
        """Takes up the file, or starts one about the people and items of the request or as typed in."""
        from fairshare.cli.answers_file import choose_tool, read_answers_file
        from fairshare.decide.walk import start_walk

        if self.file.exists():
            self.about = read_answers_file(self.file)
            choose_tool(self.about, tool, self.held)
            self.screen.line(f"Taking up {self.file}: {len(self.about.answers)} answered so far.")
        else:
            self.about = self._find_about(tool, request)
        about = self.about
        walk = start_walk(self.held.base, tool, about.shape, about.law_date or day, {**about.parked, **about.answers})
        later = tuple(key for key in about.later if key not in walk.given())
        self.walk = walk.model_copy(update={"skipped": later})
        self.about = about.model_copy(update={"tool": tool, "law_date": walk.law_date})

    def _find_about(self, tool: str, request: Path | None) -> AnswersFile:
        from fairshare.cli.answers_file import AnswersFile, NamedItem, file_from_request
        from fairshare.cli.requests import read_plain_request

        if request is not None:
            return file_from_request(read_plain_request(request), tool)
        self.screen.line("First, whom and what it is about. Initials will do; an empty line ends each list.")
        people = {f"p{n}": label for n, label in enumerate(self.asker.lines("person"), 1)}
        items = {}
        for n, label in enumerate(self.asker.lines("thing asked for"), 1):
            person = next(iter(people)) if len(people) == 1 else None
            if len(people) > 1:
                self.screen.line(f"Whom is “{label}” about?")
                chosen = self.asker.choose([*people, ""], {**people, "": "nobody in particular"}, {})
                person = chosen or None
            items[f"i{n}"] = NamedItem(label=label, person=person)
        return AnswersFile(tool=tool, people=people, items=items)

    def saved(self) -> AnswersFile:
        """The file as it stands."""
        assert self.walk is not None and self.about is not None  # noqa: S101, PT018 (after `start`)
        return self.about.model_copy(
            update={
                "answers": self.walk.given(),
                "parked": {each.key: each.answer for each in self.walk.parked},
                "later": self.walk.skipped,
            }
        )

    def go(self) -> None:
        """Asks until everything is settled or the person stops; saves after each answer."""
        from fairshare.cli.answers_file import write_answers
        from fairshare.decide.walk import find_question

        assert self.walk is not None  # noqa: S101 (after `start`)
        while True:
            write_file(self.file, write_answers(self.saved()))
            question = find_question(self.held.base, self.walk)
            if question is None:
                self.finished = True
                self.screen.line()
                self.screen.line("Nothing that is still open can change the result.", "bold green")
                return
            self.walk = self._ask_one(self.walk, question)

    def _ask_one(self, walk: Walk, question: Question) -> Walk:
        """Puts one question; whatever the person does with it gives the next walk."""
        from fairshare.decide import walk as walking

        self._show_question(walk, question)
        commands = self._list_commands(walk, question)
        while True:
            said = self._read(question, commands)
            try:
                match said:
                    case "w":
                        self._show_why(walk, question)
                        continue
                    case "h":
                        self._show_handbook(question)
                        continue
                    case "m":
                        self._show_myths(self._find_myths(question))
                        continue
                    case "u":
                        return walking.answer_unobtainable(self.held.base, walk, question.key)
                    case "d":
                        return walking.skip_question(self.held.base, walk, question.key)
                    case "b":
                        return walking.go_back(walk)
                    case "o":
                        return walking.go_on(walk)
                    case "q":
                        raise StopAsking
                    case _:
                        answer = self._make_answer(question, said)
                        with naming_questions(self.held):
                            given = walking.give_answer(self.held.base, walk, question.key, answer)
                        return self._told(given)
            except FairshareError as error:
                self.screen.line(f"{error.message}. {error.fix}", "yellow")

    def _list_commands(self, walk: Walk, question: Question) -> dict[str, str]:
        """What can be typed at a question besides an answer."""
        commands = {WHY: "why is this asked?"}
        if self._find_paragraphs(question):
            commands[READ] = "what the handbook says"
        if myths := self._find_myths(question):
            commands[MYTHS] = f"what is often said, and wrong ({len(myths)})"
        if question.can_be_unobtainable:
            commands[NOBODY] = "nobody can find out"
        commands |= {LATER: "I don't know yet", BACK: "go back"}
        if walk.at is not None:
            commands[ON] = "leave it as it is"
        return commands | {STOP: "stop and keep"}

    def _read(self, question: Question, commands: dict[str, str]) -> str:
        fact = self.held.base.facts[question.fact]
        if question.values:
            labels = {each: self.held.words.label(question.fact, each) for each in question.values}
            return self.asker.choose(question.values, labels, commands)
        return self.asker.number_or_day(is_day=fact.type == "date", commands=commands)

    def _make_answer(self, question: Question, said: str) -> Answer:
        """The answer, with its author, reason and factors where it is a judgement."""
        from fairshare.words import Answer, Person
        from fairshare.words.reading import build

        fact = self.held.base.facts[question.fact]
        value: bool | int | str = int(said) if fact.type == "number" else said
        if fact.type == "bool":
            value = said == "yes"
        if fact.judgement is None:
            return build(Answer, {"value": value}, where=question.key)
        self.screen.line("This is a judgement: it needs a name and reasons.")
        if self.author is None:
            name, role = self.asker.text("who judges: name"), self.asker.text("and role")
            self.author = build(Person, {"name": name, "role": role}, where="author")
        words = self.held.words.fact(question.fact).factors
        weighed = {each: self.asker.text(words.get(each, each.replace("_", " "))) for each in fact.judgement.factors}
        made = {"value": value, "by": self.author, "reason": self.asker.text("reason"), "factors": weighed}
        return build(Answer, made, where=question.key)

    def _show_question(self, walk: Walk, question: Question) -> None:
        from fairshare.decide.walk import measure_progress

        assert self.about is not None  # noqa: S101 (after `start`)
        progress = measure_progress(self.held.base, walk)
        about = self.about.labels.get(question.instance, question.instance)
        self.screen.line()
        self.screen.line(f"{progress.settled} of {progress.goals} settled{f'. About: {about}' if about else ''}", "dim")
        words = self.held.words.fact(question.fact)
        self.screen.line(words.question, "bold")
        if words.help:
            self.screen.line(words.help)
        if not self.held.base.tools[walk.tool].emergency:  # no time for it
            self._tell_myth(question)
        if question.draft is not None:
            self.screen.line(f"Answered before: {self.held.words.label(question.fact, question.draft.value)}", "cyan")
        if question.returning:
            self.screen.line("You left this open. Stop here if it cannot be answered now.", "cyan")

    def _tell_myth(self, question: Question) -> None:
        """The myth that most distorts this answer, where it first bites."""
        untold = [each for each in self._find_myths(question) if each.id not in self._myths_told]
        self._show_myths(untold[:1])

    def _find_myths(self, question: Question) -> list[Myth]:
        """The myths tied to this question, those that are tied to the fewest others first."""
        from fairshare.learn import myths_for_fact

        return sorted(myths_for_fact(question.fact, self.held.words.language), key=lambda each: len(each.facts))

    def _show_myths(self, myths: Iterable[Myth]) -> None:
        for myth in myths:
            self._myths_told.add(myth.id)
            self.screen.line(f"Often said, and wrong: “{myth.statement}”", "yellow")
            self.screen.line(myth.truth, indent=2)
            self.screen.line(myth.source, "dim", indent=2)

    def _find_paragraphs(self, question: Question) -> tuple[Paragraph, ...]:
        from fairshare.learn import load_handbook

        return load_handbook(self.held.words.language).paragraphs_for_fact(question.fact)

    def _show_handbook(self, question: Question) -> None:
        from fairshare.cli.learn import show_paragraph
        from fairshare.learn.reading import load_phrases

        phrases = load_phrases(self.held.words.language)
        for each in self._find_paragraphs(question):
            show_paragraph(self.screen, each, phrases)

    def _show_why(self, walk: Walk, question: Question) -> None:
        from fairshare.cli.assess import look_at
        from fairshare.decide.explain import explain_question

        assert self.about is not None  # noqa: S101 (after `start`)
        seen = look_at(self.held, self.saved().model_copy(update={"answers": walk.given()}))
        for each in explain_question(seen.sight, seen.assessment.result, question.key):
            self.screen.bullet(each, "italic")

    def _told(self, walk: Walk) -> Walk:
        """Says what this answer settled."""
        from fairshare.decide.answers import assignment
        from fairshare.decide.settle import settle
        from fairshare.decide.walk import program_of

        program = program_of(self.held.base, walk)
        statuses = settle(program, assignment(program, walk.given()))
        for key in program.conclusions:
            conclusion = self.held.base.conclusions[key.partition("@")[0]]
            settled = statuses[key] == "true" and (conclusion.sort or conclusion.force != "none")
            if conclusion.sort == "emergency" and not self._may_share(program, statuses):
                continue  # "share, and do it now" is never said before it is known that anything may go
            if settled and key not in self._said:
                self._said.add(key)
                self._tell(key)
        return walk

    def _may_share(self, program: Program, statuses: Mapping[str, Status]) -> bool:
        from fairshare.decide.settle import find_settled_outcome
        from fairshare.words import Outcome

        outcomes = (find_settled_outcome(statuses, program, item) for item in program.outcomes)
        return any(outcome is not None and Outcome(outcome).shares for outcome in outcomes)

    def _tell(self, key: str) -> None:
        assert self.about is not None  # noqa: S101 (after `start`)
        name, _, ref = key.partition("@")
        words = self.held.words.conclusion(name)
        whose = self.about.labels.get(ref, "")
        self.screen.line(f"Settled: {f'{whose}: ' if whose else ''}{words.true or words.title}", "green")
