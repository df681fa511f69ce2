"""A report before it is HTML or Markdown: sections of a few kinds of block, in words only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from fairshare.decide.explain import Citation, Sentence


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph; `weighty` ones stand out."""

    kind: ClassVar[str] = "paragraph"
    text: str
    weighty: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, with a heading of its own."""

    kind: ClassVar[str] = "bullets"
    title: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Terms, each with what is said of it, one line or more."""

    kind: ClassVar[str] = "pairs"
    title: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a caption and a head; the first cell of each row is its heading. `links` go with the first cells."""

    kind: ClassVar[str] = "table"
    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Established:
    """A conclusion that holds, what it says, and the provisions behind it."""

    kind: ClassVar[str] = "established"
    title: str
    text: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A proof as sentences."""

    kind: ClassVar[str] = "told"
    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of the picture: so many items, with this result."""

    label: str
    count: int
    colour: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A bar of the items by result, with the same figures in words."""

    kind: ClassVar[str] = "picture"
    title: str
    segments: tuple[Segment, ...]

    WIDTH: ClassVar[int] = 640

    def bars(self) -> Iterator[tuple[Segment, int, int]]:
        """Each segment with where it starts and how wide it is, in units of the drawing."""
        total = sum(segment.count for segment in self.segments) or 1
        done = 0
        for segment in self.segments:
            start = round(done * self.WIDTH / total)
            done += segment.count
            yield segment, start, round(done * self.WIDTH / total) - start


Block = Paragraph | Bullets | Pairs | Table | Established | Told | Picture


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report with a heading."""

    id: str
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report. `lang` is its language as HTML names it."""

    lang: str
    title: str
    subtitle: str
    sections: tuple[Section, ...] = field(default_factory=tuple)
