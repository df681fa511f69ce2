"""The handbook: the chapters of the data sharing code and what belongs beside them, in our own words, on current law.

Each paragraph says what must, should or could be done, names the law or guidance it rests on and how that was checked,
and is tied to the gates and questions where it matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from fairshare.decide.words import Language
from fairshare.learn.reading import (
    HERE,
    Checked,
    Id,
    InFile,
    LongId,
    MalformedLearning,
    Said,
    UnknownTopic,
    check_begins_with,
    check_same_keys,
    read_shape,
)
from fairshare.words import NotFound
from fairshare.words.values import Line

FOLDER = HERE / "handbook"
Label = Literal["must", "should", "could"]
Follows = Literal["code", "hub", "law"]
"""What a chapter follows: a chapter of the code, another page of the regulator's hub, or the law alone."""


class WrittenParagraph(InFile):
    """A paragraph as the English file states it."""

    label: Label
    text: Said
    note: Said | None = None
    cites: tuple[Line, ...] = ()
    gates: tuple[Line, ...] = ()
    facts: tuple[Line, ...] = ()
    checked: Checked


class WrittenChapter(InFile):
    """A chapter as the English file states it."""

    chapter: Id
    title: Said
    follows: Follows
    source: Said
    summary: Said
    paragraphs: dict[LongId, WrittenParagraph] = Field(min_length=1)


class ParagraphWords(InFile):
    """A paragraph in another language: its words alone."""

    text: Said
    note: Said | None = None


class ChapterWords(InFile):
    """A chapter in another language: its words alone."""

    reviewed_by: Said | None
    chapter: Id
    title: Said
    source: Said
    summary: Said
    paragraphs: dict[LongId, ParagraphWords]


@dataclass(frozen=True)
class Paragraph:
    """One thing that must, should or could be done, and why we say so."""

    id: str
    chapter: str
    label: Label
    text: str
    note: str | None
    """Where published guidance is older than the law, or something is not certain."""
    cites: tuple[str, ...]
    gates: tuple[str, ...]
    facts: tuple[str, ...]
    """The questions whose answer it explains."""
    checked: Checked


@dataclass(frozen=True)
class Chapter:
    """Paragraphs on one subject."""

    id: str
    title: str
    follows: Follows
    source: str
    """What it follows, and how much of that was read."""
    summary: str
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class Handbook:
    """All the chapters in one language."""

    language: Language
    chapters: tuple[Chapter, ...]
    unreviewed: bool
    """Whether some of it has not been read by a speaker of the language."""

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """Every paragraph, in order."""
        return tuple(each for chapter in self.chapters for each in chapter.paragraphs)

    def chapter(self, name: str) -> Chapter:
        """A chapter by its id; raises UnknownTopic."""
        found = next((each for each in self.chapters if each.id == name), None)
        if found is None:
            raise UnknownTopic(
                "the handbook has no such chapter",
                fix=f"Choose one of {', '.join(each.id for each in self.chapters)}.",
                where=name[:80] or "handbook",
            )
        return found

    def paragraphs_for_fact(self, fact: str) -> tuple[Paragraph, ...]:
        """What explains a question.

        >>> [each.id for each in load_handbook("en").paragraphs_for_fact("request.statement")][0]
        'interests.public_task_request'
        """
        return tuple(each for each in self.paragraphs if fact in each.facts)

    def paragraphs_for_gate(self, gate: str) -> tuple[Paragraph, ...]:
        """What explains a gate."""
        return tuple(each for each in self.paragraphs if gate in each.gates)


@cache
def load_handbook(language: Language = "en", folder: Path = FOLDER) -> Handbook:
    """The handbook in English (`en`) or Welsh (`cy`); read once.

    Raises   BadInput, or MalformedLearning where the two languages do not match, naming the file.
    """
    chapters, unreviewed = [], False
    names = sorted(path.name for path in (folder / "en").glob("*.yaml"))
    if not names:
        raise NotFound("there is no handbook here", fix="Name the folder that holds en/ and cy/.", where=str(folder))
    for name in names:
        written = read_shape(WrittenChapter, folder / "en" / name, where=f"handbook/en/{name}")
        words: ChapterWords | None = None
        if language != "en":
            where = f"handbook/{language}/{name}"
            words = read_shape(ChapterWords, folder / language / name, where=where)
            unreviewed |= words.reviewed_by is None
            check_translation(written, words, where=where)
        chapters.append(join_chapter(written, words, where=f"handbook/en/{name}"))
    _check_no_name_twice(chapters)
    return Handbook(language, tuple(chapters), unreviewed)


def check_translation(written: WrittenChapter, words: ChapterWords, *, where: str) -> None:
    """Refuses a chapter whose translation does not say the same things."""
    if words.chapter != written.chapter:
        raise MalformedLearning(
            f"it says that it is the chapter {words.chapter}", fix=f"It must be {written.chapter}.", where=where
        )
    check_same_keys(written.paragraphs, words.paragraphs, where=where)
    check_same_keys(_find_notes(written.paragraphs), _find_notes(words.paragraphs), where=f"{where}: notes")


def join_chapter(written: WrittenChapter, words: ChapterWords | None, *, where: str) -> Chapter:
    """A chapter from what the English file says of it, in English or in the words of another language."""
    said: WrittenChapter | ChapterWords = words or written
    paragraphs = []
    for name, each in written.paragraphs.items():
        check_begins_with(name, written.chapter, where=where)
        spoken = said.paragraphs[name]
        paragraphs.append(
            Paragraph(
                id=name,
                chapter=written.chapter,
                label=each.label,
                text=spoken.text,
                note=spoken.note,
                cites=each.cites,
                gates=each.gates,
                facts=each.facts,
                checked=each.checked,
            )
        )
    return Chapter(written.chapter, said.title, written.follows, said.source, said.summary, tuple(paragraphs))


def _find_notes(paragraphs: Mapping[str, WrittenParagraph] | Mapping[str, ParagraphWords]) -> list[str]:
    return [name for name, each in paragraphs.items() if each.note]


def _check_no_name_twice(chapters: list[Chapter]) -> None:
    seen: set[str] = set()
    for each in chapters:
        if each.id in seen:
            raise MalformedLearning(f"two files are the chapter {each.id}", fix="Keep one.", where="handbook")
        seen.add(each.id)
