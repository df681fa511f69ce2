"""What Fairshare teaches: the handbook, the myths, a search over everything it can say, and a quiz per topic."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.asking import Asker, StopAsking
from fairshare.cli.bases import Welsh
from fairshare.cli.commands import Page, add_command
from fairshare.cli.screen import Screen
from fairshare.words import NotFound

if TYPE_CHECKING:
    from fairshare.decide.words import Language
    from fairshare.learn import Myth, Paragraph, QuizResult, Topic


def add_learning(app: typer.Typer, *, panel: str) -> None:
    """Adds the commands of this module to the command line."""
    for act in (handbook, myths, search, quiz):
        add_command(app, act.__name__, panel=panel)(act)


def handbook(
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help="Show this chapter.")] = None,
    welsh: Welsh = False,
) -> Page:
    """List the chapters of the handbook, or show one: what must, should and could be done."""
    from fairshare.learn import load_handbook
    from fairshare.learn.reading import load_phrases

    language = _name(welsh)
    held, phrases = load_handbook(language), load_phrases(language)
    if topic is None:
        rows = [(each.id, each.title) for each in held.chapters]
        listed = [{"chapter": name, "title": title} for name, title in rows]
        return Page({"chapters": listed}, lambda screen: screen.table(["topic", phrases["handbook"]], rows))
    chapter = held.chapter(topic)

    def show(screen: Screen) -> None:
        screen.heading(chapter.title)
        screen.line(chapter.summary)
        screen.line(chapter.source, "dim")
        for each in chapter.paragraphs:
            screen.line()
            show_paragraph(screen, each, phrases)

    return Page(asdict(chapter), show)


def show_paragraph(screen: Screen, paragraph: Paragraph, phrases: Any) -> None:
    """A paragraph of the handbook: must, should or could; what it rests on, and how that was checked."""
    screen.line(f"{phrases[paragraph.label].upper()}: {paragraph.text}")
    if paragraph.note:
        screen.line(f"{phrases['note']}: {paragraph.note}", indent=2)
    rests = f"; {phrases['rests_on'].lower()} {', '.join(paragraph.cites)}" if paragraph.cites else ""
    screen.line(f"{paragraph.id}: {phrases[paragraph.checked]}{rests}", "dim", indent=2)


def myths(
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", help="Those that bite on this one.")] = None,
    welsh: Welsh = False,
) -> Page:
    """Show the myths about sharing, what is true instead, and whose each myth is."""
    from fairshare.decide.library import load_real_base
    from fairshare.learn import load_myths, myths_for_fact
    from fairshare.learn.reading import load_phrases

    if question is not None and question not in load_real_base().facts:
        raise NotFound(
            "no tool asks a question of that name", fix="Look for it with `fairshare search`.", where=question[:120]
        )
    language = _name(welsh)
    found = load_myths(language) if question is None else myths_for_fact(question, language)
    phrases = load_phrases(language)

    def show(screen: Screen) -> None:
        for each in found:
            _show_myth(screen, each, phrases)
        if not found:
            screen.line("No myth is told of that question.")

    return Page({"myths": [asdict(each) for each in found]}, show)


def _show_myth(screen: Screen, myth: Myth, phrases: Any) -> None:
    screen.heading(f"{phrases['a_myth']}: {myth.statement}")
    screen.line(f"{phrases['truth']}: {myth.truth}")
    screen.line(f"{phrases['why_believed']}: {myth.why_believed}", indent=2)
    screen.line(f"{phrases[f'whose_{myth.whose}']}: {myth.source}", "dim", indent=2)
    screen.line(f"{phrases['read_on']}: {myth.read_on}", "dim", indent=2)


def search(
    text: Annotated[list[str], typer.Argument(metavar="TEXT", help="A few words.")],
    limit: Annotated[int, typer.Option(help="At most this many.")] = 10,
    welsh: Welsh = False,
) -> Page:
    """Find words in the handbook, the myths, the law, the tools and the questions."""
    from fairshare.learn import join_pieces
    from fairshare.learn import search as find
    from fairshare.learn.reading import load_phrases

    language = _name(welsh)
    hits = find(" ".join(text), language, limit)
    phrases = load_phrases(language)
    listed = [
        {
            "kind": each.kind,
            "id": each.id,
            "title": join_pieces(each.title),
            "excerpt": join_pieces(each.excerpt, "**", "**"),
        }
        for each in hits
    ]

    def show(screen: Screen) -> None:
        for each in hits:
            screen.heading(f"{join_pieces(each.title)} ({phrases[each.kind]}: {each.id})")
            screen.line(join_pieces(each.excerpt, "**", "**"))
        if not hits:
            screen.line("Nothing was found.")

    return Page({"hits": listed}, show)


def quiz(
    screen: Screen,
    topic: Annotated[str | None, typer.Argument(metavar="TOPIC", help="Take this one.")] = None,
    answer: Annotated[
        list[str] | None, typer.Option(metavar="QUESTION=LETTER", help="Answer here instead of being asked.")
    ] = None,
    welsh: Welsh = False,
) -> Page:
    """List the quizzes, or take one. Nothing is kept of who took it or how it went."""
    from fairshare.learn import load_quiz, mark_quiz

    language = _name(welsh)
    held = load_quiz(language)
    if topic is None:
        rows = [(each.id, each.title) for each in held.topics]
        listed = [{"topic": name, "title": title} for name, title in rows]
        return Page({"topics": listed}, lambda shown: shown.table(["topic", "quiz"], rows))
    chosen = held.topic(topic)
    given = dict(each.partition("=")[::2] for each in answer) if answer else _ask(screen, chosen)
    result = mark_quiz(topic, given, language)
    document = {"topic": topic, "asked": result.asked, "right": result.right, **result.model_dump(include={"answers"})}
    return Page(document, lambda shown: _show_result(shown, result))


def _ask(screen: Screen, topic: Topic) -> dict[str, str]:
    """The letters chosen; what is left when somebody stops counts as not answered."""
    asker, given = Asker(screen), {}
    try:
        for each in topic.questions:
            screen.heading(each.question)
            given[each.id] = asker.choose(
                list(each.options), {str(letter): text for letter, text in each.options.items()}, {}
            )
    except StopAsking:
        pass
    return given


def _show_result(screen: Screen, result: QuizResult) -> None:
    for each in result.answers:
        sign = "+" if each.is_right else "-"
        screen.bullet(f"{each.question}: {each.right}. {each.because}", marker=sign)
    screen.line()
    screen.line(f"{result.right} / {result.asked}")
    for name in result.to_read:
        screen.bullet(name)


def _name(welsh: bool) -> Language:
    return "cy" if welsh else "en"
