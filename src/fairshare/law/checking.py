"""How law data was checked: which text was read, of what date, on what day, and what was left open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import TypeVar

from pydantic import ConfigDict

from fairshare.words.errors import BadInput
from fairshare.words.reading import build, parse_yaml
from fairshare.words.values import Line, Mark, Text, Value

Kept = TypeVar("Kept")
MEMORY = "memory"
"""The id, in texts.yaml, of having read nothing."""


class MalformedLaw(BadInput):
    """A file of law data breaks the rules that every provision, register entry and gateway must keep."""

    code = "MALFORMED_LAW"


class Written(Value):
    """Base of what stands in a file, before names of texts and defaults are filled in."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class Source(Value):
    """A text that law data was checked against, and the day it was read."""

    id: Line
    title: Line
    dated: date | None = None
    """The version date of the text, where it has one for the whole."""
    on: date


class Checked(Value):
    """How something was checked: read, known from a secondary source, or remembered."""

    how: Mark
    against: Line
    """Which text, in words."""
    source: Line
    """The id of that text in texts.yaml."""
    dated: date | None = None
    on: date
    note: Text = ""


class WrittenCheck(Written):
    """A check as a file states it: `text` names an entry of texts.yaml."""

    how: Mark
    text: Line = MEMORY
    dated: date | None = None
    note: Text = ""


class _SourceFile(Written):
    texts: tuple[Source, ...]


def parse_sources(raw: bytes, *, where: str) -> dict[str, Source]:
    """The texts that law data may say it was checked against, by id."""
    written = build(_SourceFile, parse_yaml(raw, where=where), where=where)
    return gather(((each.id, each) for each in written.texts), what="text", where=where)


def fill_check(written: WrittenCheck, sources: Mapping[str, Source], *, where: str) -> Checked:
    """The check with the title and dates of the text it names."""
    source = sources.get(written.text)
    if source is None:
        raise MalformedLaw(
            "it was checked against a text that texts.yaml does not list",
            fix="Add the text there, or correct its name.",
            where=where,
        )
    if (written.how is Mark.REMEMBERED) != (written.text == MEMORY):
        raise MalformedLaw(
            "what is remembered names a text, or what is not names none",
            fix="Name a text in `checked` unless it is remembered.",
            where=where,
        )
    return Checked(
        how=written.how,
        against=source.title,
        source=source.id,
        dated=written.dated or source.dated,
        on=source.on,
        note=written.note,
    )


def gather(pairs: Iterable[tuple[str, Kept]], *, what: str, where: str) -> dict[str, Kept]:
    """A mapping from pairs, refused if two keys differ at most by case."""
    found: dict[str, Kept] = {}
    seen: set[str] = set()
    for key, kept in pairs:
        if key.casefold() in seen:
            raise MalformedLaw(f"the {what} {key[:80]} stands twice", fix="Keep one of them.", where=where)
        seen.add(key.casefold())
        found[key] = kept
    return found
