"""The handbook and the myths as pages: HTML that needs no other file, or Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from fairshare.decide.report_render import escape_markdown
from fairshare.decide.words import Language, Words
from fairshare.law import Law
from fairshare.learn.handbook import Chapter, Handbook, Paragraph
from fairshare.learn.myths import Myths
from fairshare.learn.reading import load_phrases


@dataclass(frozen=True)
class Cited:
    """A provision as a page names it."""

    citation: str
    link: str | None


@dataclass(frozen=True)
class Entry:
    """A paragraph or a myth, made ready for a page."""

    id: str
    label: str
    """*Must*, *should* or *could*; for a myth, that what follows is true."""
    kind: str
    text: str
    heading: str | None
    more: tuple[tuple[str, str], ...]
    """Further parts, each with its name."""
    checked: str
    cites: tuple[Cited, ...]
    matters_at: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A chapter, made ready for a page."""

    id: str
    title: str | None
    about: tuple[str, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Page:
    """A whole page."""

    lang: Language
    title: str
    about: tuple[str, ...]
    legend: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    phrases: Mapping[str, str]


def make_handbook_page(handbook: Handbook, law: Law, words: Words | None = None) -> Page:
    """The handbook as a page.

    Takes    words: those of the rule base, to name the questions that each paragraph explains; without them none is.
    """
    phrases = load_phrases(handbook.language)
    return Page(
        lang=handbook.language,
        title=phrases["handbook"],
        about=_about("handbook_about", phrases, unreviewed=handbook.unreviewed),
        legend=_legend(phrases, ("must", "should", "could", "read", "secondary", "remembered", "ours")),
        sections=tuple(_make_section(each, law, words, phrases) for each in handbook.chapters),
        phrases=phrases,
    )


def make_myths_page(myths: Myths, law: Law, words: Words | None = None) -> Page:
    """The myths as a page; `words` as for the handbook."""
    phrases = load_phrases(myths.language)
    entries = tuple(
        Entry(
            id=each.id,
            label=phrases["truth"],
            kind="myth",
            heading=f"{phrases['a_myth']}: {each.statement}",
            text=each.truth,
            more=((phrases["why_believed"], each.why_believed), (phrases[f"whose_{each.whose}"], each.source)),
            checked=phrases[each.checked],
            cites=_cite(each.cites, law),
            matters_at=_name_questions(each.facts, words),
        )
        for each in myths.myths
    )
    return Page(
        lang=myths.language,
        title=phrases["myths"],
        about=_about("myths_about", phrases, unreviewed=myths.unreviewed),
        legend=_legend(phrases, ("read", "secondary", "remembered", "ours")),
        sections=(Section("myths", None, (), entries),),
        phrases=phrases,
    )


def render_html(page: Page) -> str:
    """The page as HTML that needs no other file, no script and no network, reads on a phone, and prints."""
    return _template("page.html").render(page=page)


def render_markdown(page: Page) -> str:
    """The page as Markdown."""
    return _template("page.md").render(page=page).strip() + "\n"


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("fairshare.learn"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = escape_markdown
    return environment.get_template(name)


def _about(name: str, phrases: Mapping[str, str], *, unreviewed: bool) -> tuple[str, ...]:
    wanted = (name, "ours_not_theirs", "unreviewed") if unreviewed else (name, "ours_not_theirs")
    return tuple(phrases[each] for each in wanted)


def _legend(phrases: Mapping[str, str], names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((phrases[name], phrases[f"means_{name}"]) for name in names)


def _make_section(chapter: Chapter, law: Law, words: Words | None, phrases: Mapping[str, str]) -> Section:
    entries = tuple(_make_entry(each, law, words, phrases) for each in chapter.paragraphs)
    return Section(chapter.id, chapter.title, (chapter.summary, chapter.source), entries)


def _make_entry(paragraph: Paragraph, law: Law, words: Words | None, phrases: Mapping[str, str]) -> Entry:
    return Entry(
        id=paragraph.id,
        label=phrases[paragraph.label],
        kind=paragraph.label,
        heading=None,
        text=paragraph.text,
        more=((phrases["note"], paragraph.note),) if paragraph.note else (),
        checked=phrases[paragraph.checked],
        cites=_cite(paragraph.cites, law),
        matters_at=_name_questions(paragraph.facts, words),
    )


def _cite(cites: tuple[str, ...], law: Law) -> tuple[Cited, ...]:
    found = (law.provision(each) for each in cites)
    return tuple(Cited(each.citation, each.link) for each in found)


def _name_questions(facts: tuple[str, ...], words: Words | None) -> tuple[str, ...]:
    return tuple(words.fact(each).question for each in facts) if words else ()
