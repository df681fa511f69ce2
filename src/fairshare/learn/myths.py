"""Myths about data sharing: what is said, what is true, why people believe it, and on which question it does harm."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from fairshare.decide.words import Language
from fairshare.learn.reading import HERE, Checked, Id, InFile, Said, check_same_keys, read_shape
from fairshare.words.values import Line

FOLDER = HERE / "myths"
Whose = Literal["code", "hub", "sector", "ours"]
"""Who named the myth: the data sharing code, the regulator's page of myths, other published guidance, or we."""


class WrittenMyth(InFile):
    """A myth as the English file states it."""

    statement: Said
    truth: Said
    why_believed: Said
    whose: Whose
    source: Said
    cites: tuple[Line, ...] = ()
    facts: tuple[Line, ...] = Field(min_length=1)
    gates: tuple[Line, ...] = ()
    read_on: Line
    """The paragraph of the handbook that says more."""
    checked: Checked


class MythWords(InFile):
    """A myth in another language: its words alone."""

    statement: Said
    truth: Said
    why_believed: Said
    source: Said


class MythFile(InFile):
    """The English file."""

    myths: dict[Id, WrittenMyth] = Field(min_length=1)


class MythWordsFile(InFile):
    """The file of another language."""

    reviewed_by: Said | None
    myths: dict[Id, MythWords]


@dataclass(frozen=True)
class Myth:
    """A thing often said that is not so."""

    id: str
    statement: str
    truth: str
    why_believed: str
    whose: Whose
    source: str
    cites: tuple[str, ...]
    facts: tuple[str, ...]
    """The questions whose answers it distorts: where the myth bites."""
    gates: tuple[str, ...]
    read_on: str
    checked: Checked


@dataclass(frozen=True)
class Myths:
    """All the myths in one language, those that the regulator names first."""

    language: Language
    myths: tuple[Myth, ...]
    unreviewed: bool
    """Whether nobody who speaks the language has read them."""


def load_myths(language: Language = "en", folder: Path = FOLDER) -> tuple[Myth, ...]:
    """The myths in English (`en`) or Welsh (`cy`), those that the regulator names first."""
    return read_myths(language, folder).myths


@cache
def read_myths(language: Language = "en", folder: Path = FOLDER) -> Myths:
    """The myths with what is known of their translation; read once."""
    written = read_shape(MythFile, folder / "en.yaml", where="myths/en.yaml").myths
    said: dict[str, WrittenMyth] | dict[str, MythWords] = written
    unreviewed = False
    if language != "en":
        where = f"myths/{language}.yaml"
        translation = read_shape(MythWordsFile, folder / f"{language}.yaml", where=where)
        said, unreviewed = translation.myths, translation.reviewed_by is None
        check_same_keys(written, said, where=where)
    found = tuple(
        Myth(
            id=name,
            statement=said[name].statement,
            truth=said[name].truth,
            why_believed=said[name].why_believed,
            whose=each.whose,
            source=said[name].source,
            cites=each.cites,
            facts=each.facts,
            gates=each.gates,
            read_on=each.read_on,
            checked=each.checked,
        )
        for name, each in written.items()
    )
    return Myths(language, found, unreviewed)


def myths_for_fact(fact: str, language: Language = "en") -> tuple[Myth, ...]:
    """The myths to show beside a question, because they distort its answer.

    >>> [each.id for each in myths_for_fact("request.claims_compulsion")]
    ['police_request_compels', 'exemption_switches_off']
    """
    return tuple(each for each in load_myths(language) if fact in each.facts)
