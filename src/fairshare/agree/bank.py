"""The clause bank: which clauses there are, when each applies, why, in what words; and what an agreement should hold.

The logic is in `clauses/bank.yaml` and `clauses/contents.yaml`, the words beside them, one folder for each language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from fairshare.law import Law, load_law
from fairshare.records.agreed import ClauseId, Form
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import build, parse_yaml, read_file
from fairshare.words.values import Line, Text, Value

CLAUSES = Path(__file__).parent / "clauses"
AgreementLanguage = Literal["en", "cy"]
Level = Literal["must", "should", "could"]
ScheduleId = Literal[
    "items", "basis", "duties", "processing", "release", "decision", "contacts", "security", "retention"
]


class MalformedBank(BadInput):
    """The clause bank contradicts itself: a word without a clause, a slot that is not known, a citation of nothing."""

    code = "MALFORMED_CLAUSE_BANK"


class UnknownClause(NotFound):
    """A clause is named that neither the clause bank nor the agreement has."""

    code = "UNKNOWN_CLAUSE"


class Condition(Value):
    """One thing that shows a circumstance: an answer, a ground, a conclusion, or how the items are treated."""

    answer: Line | None = None
    is_: tuple[bool | Line, ...] = Field(default=(), alias="is")
    below: int | None = None
    ground: Line | None = None
    conclusion: Line | None = None
    treatments: bool = False
    named: tuple[Line, ...] = ()


class Slot(Value):
    """A gap in the words: where what fills it comes from, and what stands in it if nobody says otherwise."""

    source: Literal["parties", "decision", "dates", "options"] = Field(alias="from")
    default: dict[AgreementLanguage, Line] = Field(default_factory=dict)


class _WrittenClause(Value):
    id: ClauseId
    forms: tuple[Line, ...]
    level: Level
    when: tuple[Line, ...] = ()
    always: bool = False
    cites: tuple[Line, ...] = Field(min_length=1)
    meets: tuple[ClauseId, ...] = ()
    schedule: ScheduleId | None = None


class _WrittenBank(Value):
    groups: dict[Line, tuple[Form, ...]]
    circumstances: dict[Line, tuple[Condition, ...]]
    slots: dict[Line, Slot]
    clauses: tuple[_WrittenClause, ...]
    schedules: tuple[ScheduleId, ...]


class ClauseWords(Value):
    """One clause in one language; the text has named slots in braces."""

    heading: Line
    why: Text
    text: Text
    alternatives: tuple[Text, ...] = ()


class ScheduleWords(Value):
    """The fixed words of one schedule in one language."""

    heading: Line
    columns: tuple[Line, ...] = ()
    text: Text = ""
    points: tuple[Line, ...] = ()
    duties: tuple[Line, ...] = ()
    as_it_is: Line | None = None
    nobody: Line | None = None
    theirs: Line | None = None
    none: Line | None = None


class _WrittenWords(Value):
    reviewed_by: Line | None = None
    clauses: dict[ClauseId, ClauseWords] = Field(default_factory=dict)
    schedules: dict[ScheduleId, ScheduleWords] = Field(default_factory=dict)


class _WrittenContent(Value):
    id: ClauseId
    by: Literal["code", "law"]
    level: Level
    forms: tuple[Line, ...]
    when: Line | None = None
    cites: tuple[Line, ...] = ()
    says: Line
    says_cy: Line


class _WrittenContents(Value):
    groups: dict[Line, tuple[Form, ...]]
    contents: tuple[_WrittenContent, ...]


@dataclass(frozen=True)
class BankClause:
    """One clause of the bank, in the words of one language."""

    id: str
    forms: frozenset[Form]
    level: Level
    when: tuple[str, ...]
    always: bool
    """Whether a clause that is only offered goes in unless it is left out by name."""
    cites: tuple[str, ...]
    meets: tuple[str, ...]
    schedule: ScheduleId | None
    words: ClauseWords

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the slots in its text and alternatives, each once."""
        return tuple(dict.fromkeys(slot for text in self.texts for slot in find_slots(text)))

    @property
    def texts(self) -> tuple[str, ...]:
        """Its text, then its alternatives."""
        return (self.words.text, *self.words.alternatives)


@dataclass(frozen=True)
class Content:
    """One thing that an agreement of certain kinds is expected, or by law required, to hold."""

    id: str
    by: Literal["code", "law"]
    level: Level
    forms: frozenset[Form]
    when: str | None
    cites: tuple[str, ...]
    says: Mapping[AgreementLanguage, str]


@dataclass(frozen=True)
class Bank:
    """The clause bank in one language, in the order in which clauses stand in an agreement."""

    language: AgreementLanguage
    clauses: Mapping[str, BankClause]
    circumstances: Mapping[str, tuple[Condition, ...]]
    slots: Mapping[str, Slot]
    schedules: Mapping[str, ScheduleWords]
    contents: tuple[Content, ...]

    def clause(self, clause_id: str) -> BankClause:
        """The clause with this id; raises UnknownClause."""
        found = self.clauses.get(clause_id)
        if found is None:
            raise UnknownClause(
                "the clause bank has no such clause", fix="`fairshare agree clauses` lists them.", where=clause_id[:80]
            )
        return found

    def for_form(self, form: Form) -> tuple[BankClause, ...]:
        """The clauses that an agreement of this kind may have, in order."""
        return tuple(each for each in self.clauses.values() if form in each.forms)

    def expected(self, form: Form) -> tuple[Content, ...]:
        """What an agreement of this kind is expected to hold."""
        return tuple(each for each in self.contents if form in each.forms)


@cache
def load_bank(language: AgreementLanguage = "en", folder: Path = CLAUSES) -> Bank:
    """The clause bank in a language, by default the one that comes with Fairshare; read once.

    >>> load_bank().clause("basis.schedule").level
    'must'
    """
    words = [read_file(path) for path in sorted((folder / language).glob("*.yaml"))]
    return parse_bank(
        read_file(folder / "bank.yaml"), read_file(folder / "contents.yaml"), words, language, law=load_law()
    )


def parse_bank(bank: bytes, contents: bytes, words: list[bytes], language: AgreementLanguage, *, law: Law) -> Bank:
    """A clause bank from its files.

    Raises   BadInput or MalformedBank, naming the clause; nothing else, whatever the bytes.
    """
    written = build(_WrittenBank, parse_yaml(bank, where="bank.yaml"), where="bank.yaml")
    expected = build(_WrittenContents, parse_yaml(contents, where="contents.yaml"), where="contents.yaml")
    read = [build(_WrittenWords, parse_yaml(raw, where=language), where=language) for raw in words]
    clause_words = {key: each for one in read for key, each in one.clauses.items()}
    schedule_words = {key: each for one in read for key, each in one.schedules.items()}
    if set(clause_words) != {each.id for each in written.clauses} or set(schedule_words) != set(written.schedules):
        missing = set(clause_words) ^ {each.id for each in written.clauses} | (
            {str(each) for each in schedule_words} ^ {str(each) for each in written.schedules}
        )
        raise _malformed("it has words but no clause, or a clause but no words", min(missing), language)
    clauses = {each.id: _fill(each, written.groups, clause_words[each.id]) for each in written.clauses}
    made = Bank(
        language=language,
        clauses=MappingProxyType(clauses),
        circumstances=MappingProxyType(written.circumstances),
        slots=MappingProxyType(written.slots),
        schedules=MappingProxyType({str(key): each for key, each in schedule_words.items()}),
        contents=tuple(_fill_content(each, expected.groups) for each in expected.contents),
    )
    _check_bank(made, law)
    return made


def find_slots(text: str) -> tuple[str, ...]:
    """The names of the slots in a text, in order, each once.

    >>> find_slots("{holder} tells {recipient}, and {holder} records it.")
    ('holder', 'recipient')
    """
    try:
        return tuple(dict.fromkeys(name for _, name, _, _ in Formatter().parse(text) if name))
    except ValueError:
        raise BadInput(
            "a brace in the text opens no slot", fix="Write {name}, or leave the brace out.", where=text[:40]
        ) from None


def _expand(names: tuple[str, ...], groups: Mapping[str, tuple[Form, ...]], where: str) -> frozenset[Form]:
    found: set[Form] = set()
    for name in names:
        if name in groups:
            found.update(groups[name])
        elif name in tuple(Form):
            found.add(Form(name))
        else:
            raise _malformed(f"{name[:40]} is no kind of agreement", where, "forms")
    return frozenset(found)


def _fill(written: _WrittenClause, groups: Mapping[str, tuple[Form, ...]], words: ClauseWords) -> BankClause:
    return BankClause(
        id=written.id,
        forms=_expand(written.forms, groups, written.id),
        level=written.level,
        when=written.when,
        always=written.always,
        cites=written.cites,
        meets=written.meets,
        schedule=written.schedule,
        words=words,
    )


def _fill_content(written: _WrittenContent, groups: Mapping[str, tuple[Form, ...]]) -> Content:
    return Content(
        id=written.id,
        by=written.by,
        level=written.level,
        forms=_expand(written.forms, groups, written.id),
        when=written.when,
        cites=written.cites,
        says=MappingProxyType({"en": written.says, "cy": written.says_cy}),
    )


def _check_bank(bank: Bank, law: Law) -> None:
    """Refuses a bank that names a circumstance, slot, content or provision that is not there."""
    contents = {each.id for each in bank.contents}
    for clause in bank.clauses.values():
        known: tuple[tuple[tuple[str, ...], object], ...] = (
            (clause.when, bank.circumstances),
            (clause.slots, bank.slots),
            (clause.meets, contents),
            (clause.cites, law.provisions),
        )
        for names, held in known:
            for name in names:
                if name not in held:  # type: ignore[operator]  # each of them is a mapping or a set
                    raise _malformed(f"it names {name[:60]}, which is not there", clause.id, bank.language)
    for content in bank.contents:
        if content.when is not None and content.when not in bank.circumstances:
            raise _malformed(f"it names {content.when[:60]}, which is not there", content.id, "contents.yaml")
        if content.by == "law" and not content.cites:
            raise _malformed("what law requires needs a provision", content.id, "contents.yaml")


def _malformed(says: str, clause: str, where: str) -> MalformedBank:
    return MalformedBank(f"{says}: {clause}", fix="Correct the clause bank's files.", where=where)


Choice = Annotated[int, Field(ge=0, le=20)]
"""Which of a clause's texts: 0 for its text, 1 for its first alternative, and so on."""
