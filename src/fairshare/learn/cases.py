"""Runnable case studies: published cases as facts, answers and the outcome that a person expects, each with its source.

The story and the expectation are data, written before the tool is run; `fairshare.learn.running` runs them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypeAlias

import yaml
from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from fairshare.decide.words import Language
from fairshare.learn.reading import HERE, InFile, MalformedLearning, Said
from fairshare.words import BadInput, NotFound, Outcome
from fairshare.words.reading import build, parse_yaml, read_file
from fairshare.words.values import Line, Ref

FOLDER = HERE / "cases"
SETS = "answers.yaml"
"""The file of answers that several cases share."""
MAX_FILE_BYTES = 1024 * 1024

CaseId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=80)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.]*(@[a-z][a-z0-9_-]*)?$", max_length=160)]
"""A fact or conclusion, and the person, item or flow that it is about: `person.role@p1`."""
Published = Annotated[
    str, BeforeValidator(str), StringConstraints(pattern=r"^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$")
]
"""A day, or a month or year where no more is known."""
Written = Annotated[Line, BeforeValidator(lambda found: str(found) if isinstance(found, int) else found)]
"""A line that may look like a number."""
Given: TypeAlias = bool | int | Line
Kind = Literal["hub", "code", "court", "tribunal", "regulator", "review", "inquiry"]
Checked = Literal["read", "secondary", "remembered"]
"""How the source was checked: its own words read, known from another's account, or from memory."""


class UnknownCase(NotFound):
    """There is no case study of the name given."""

    code = "UNKNOWN_CASE"


class InBoth(InFile):
    """A text in English and in Welsh."""

    en: Said
    cy: Said

    def say(self, language: Language) -> str:
        """The text in one language."""
        return self.cy if language == "cy" else self.en


class CaseSource(InFile):
    """Where a case was published, and how much of that was read."""

    kind: Kind
    name: Line
    citation: Written | None = None
    locator: Written
    """The paragraphs, page or section that hold the facts and the reasons."""
    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s]+$", max_length=500)] | None = None
    checked: Checked
    published: Published | None = None


class Expected(InFile):
    """What a person who knows the law expects of the case, written before the tool was run."""

    case: Outcome
    outcomes: dict[Ref, Outcome] = Field(default_factory=dict)
    """For each item; those that are not named come out as the whole case does."""
    holds: tuple[Key, ...] = ()
    fails: tuple[Key, ...] = ()
    safeguards: tuple[Key, ...] = ()
    """Conclusions that must appear: for the instance named, or for some instance if none is."""
    because: InBoth


class CaseStudy(InFile):
    """One published case: what happened, how it is put to a tool, and what should come of it."""

    id: CaseId
    title: InBoth
    told: InBoth
    """The facts in our own words."""
    source: CaseSource
    since: InBoth | None = None
    """What has changed in the law since, where the outcome today differs or rested on repealed law."""
    tool: Line
    day: date
    """The day whose law the case is run under."""
    persons: tuple[Ref, ...] = ("p1",)
    items: dict[Ref, Ref | None] = Field(min_length=1, max_length=12)
    """Each item and the person it is about, if any."""
    item_names: dict[Ref, InBoth] = Field(default_factory=dict)
    use: tuple[Name, ...] = ()
    answers: dict[Key, Given]
    """Every answer, those of the sets in `use` included."""
    expect: Expected
    lesson: InBoth
    disputed: InBoth | None = None
    """Where the tool comes out otherwise and it could not be settled who is right: both views."""

    @model_validator(mode="after")
    def _holds_together(self) -> CaseStudy:
        lost = {each for each in self.items.values() if each} - set(self.persons)
        if lost:
            raise ValueError(f"items: there is no person {min(lost)}")
        for name, refs in (("item_names", self.item_names), ("expect.outcomes", self.expect.outcomes)):
            if set(refs) - set(self.items):
                raise ValueError(f"{name}: there is no item {min(set(refs) - set(self.items))}")
        return self

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcome expected of each item."""
        return {ref: self.expect.outcomes.get(ref, self.expect.case) for ref in self.items}

    def name_item(self, ref: str, language: Language) -> str:
        """What an item is called."""
        named = self.item_names.get(ref)
        return named.say(language) if named else ref


class CaseFile(InFile):
    """A file of cases; `reviewed_by` names the Welsh speaker who read its Welsh, if anybody has."""

    reviewed_by: Said | None = None
    sets: dict[Name, dict[Key, Given]] = Field(default_factory=dict)
    """Answers that several cases of this file share."""
    unread: tuple[InBoth, ...] = ()
    """Published cases that could not be read, and so are not here."""
    cases: tuple[CaseStudy, ...]


class SetsFile(InFile):
    """The file of answers that cases of any file may share."""

    sets: dict[Name, dict[Key, Given]]


class Cases(Mapping[str, CaseStudy]):
    """All the cases by id, in the order of their files."""

    def __init__(self, cases: Mapping[str, CaseStudy], *, unread: tuple[InBoth, ...], unreviewed: bool) -> None:
        self._cases = MappingProxyType(dict(cases))
        self.unread = unread
        """Published cases that could not be read, and so are not here."""
        self.unreviewed = unreviewed
        """Whether some of the Welsh has not been read by a speaker of the language."""

    def __getitem__(self, name: str) -> CaseStudy:
        if name not in self._cases:
            raise UnknownCase("there is no such case", fix="`fairshare cases` lists them.", where=name[:80] or "case")
        return self._cases[name]

    def __iter__(self) -> Any:
        return iter(self._cases)

    def __len__(self) -> int:
        return len(self._cases)


@cache
def load_cases(folder: Path = FOLDER) -> Cases:
    """Every case study of a folder, those that come with Fairshare if none is named; read once.

    Raises   BadInput or MalformedLearning, naming the file and the line of the case.
    """
    shared = _read_sets(folder)
    found: dict[str, CaseStudy] = {}
    unread: list[InBoth] = []
    unreviewed = False
    for path in sorted(folder.glob("*.yaml")):
        if path.name == SETS:
            continue
        where = f"cases/{path.name}"
        file = parse_cases(read_file(path, max_bytes=MAX_FILE_BYTES), where=where, shared=shared)
        unread += file.unread
        unreviewed |= file.reviewed_by is None
        for each in file.cases:
            if each.id in found:
                raise MalformedLearning("two cases have this id", fix="Rename one.", where=f"{where}: {each.id}")
            found[each.id] = each
    if not found:
        raise NotFound("there are no cases here", fix="Name a folder of case files.", where=str(folder))
    return Cases(found, unread=tuple(unread), unreviewed=unreviewed)


def parse_cases(raw: bytes, *, where: str, shared: Mapping[str, Mapping[str, Given]] | None = None) -> CaseFile:
    """A file of cases from its bytes, each with the answers of its sets filled in.

    Takes    shared: sets of answers that the file may use besides its own.
    Raises   BadInput or MalformedLearning, naming the file and the line of the case.
    """
    found = parse_yaml(raw, where=where)
    try:
        file = build(CaseFile, found, where=where)
    except BadInput as error:
        raise BadInput(error.message, fix=error.fix, where=_find_line(raw, error.message, where)) from None
    again = set(file.sets) & set(shared or {})
    if again:
        raise MalformedLearning(f"there is a set {min(again)} already", fix="Call it something else.", where=where)
    sets = {**(shared or {}), **file.sets}
    filled = tuple(_fill(each, sets, raw, at, where) for at, each in enumerate(file.cases))
    return file.model_copy(update={"cases": filled})


def _fill(case: CaseStudy, sets: Mapping[str, Mapping[str, Given]], raw: bytes, at: int, where: str) -> CaseStudy:
    """A case with the answers of its sets under its own."""
    answers: dict[str, Given] = {}
    for name in case.use:
        if name not in sets:
            raise MalformedLearning(
                f"{case.id}: there is no set of answers {name}",
                fix=f"Define it in {SETS} or under `sets`.",
                where=_find_line(raw, f"cases.{at}.use", where),
            )
        answers.update(sets[name])
    return case.model_copy(update={"answers": answers | case.answers})


def _read_sets(folder: Path) -> dict[str, dict[str, Given]]:
    path = folder / SETS
    if not path.is_file():
        return {}
    where = f"cases/{SETS}"
    return build(SetsFile, parse_yaml(read_file(path, max_bytes=MAX_FILE_BYTES), where=where), where=where).sets


def _find_line(raw: bytes, fault: str, where: str) -> str:
    """The file with the line at which the case of a fault, or the part of it that is named, begins."""
    named = re.search(r"cases\.(\d+)((?:\.\w+)*)", fault)
    if named is None:
        return where
    # The reader of values keeps no lines; only a fault needs them, so only a fault pays for a second reading.
    node = yaml.compose(raw.decode("utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    line = None
    for part in ("cases", named[1], *named[2].split(".")[1:]):
        inside = _step_into(node, part)
        if inside is None:
            break
        node, line = inside
    return where if line is None else f"{where}:{line}"


def _step_into(node: yaml.Node | None, part: str) -> tuple[yaml.Node, int] | None:
    """What a part of a document is, and the line on which it begins."""
    if isinstance(node, yaml.MappingNode):
        return next(
            ((value, key.start_mark.line + 1) for key, value in node.value if key.value == part),
            None,
        )
    if isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
        found = node.value[int(part)]
        return found, found.start_mark.line + 1
    return None
