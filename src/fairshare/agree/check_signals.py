"""What the checker looks for, as data that a lawyer can edit: `signals/*.yaml`, with the words in English and Welsh.

A signal is a line of words that stand in one sentence, in any order: `retain*|kept #period`. A star ends a stem or
stands for any word, a bar separates alternatives, an underscore joins words in a row, `#` names a group of
`groups.yaml`, and `!` a word that must not stand there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from fairshare.law import Law, load_law
from fairshare.words import BadInput
from fairshare.words.reading import build, parse_yaml, read_file
from fairshare.words.values import Line, Text, Value

SIGNALS = Path(__file__).parent / "signals"
CheckLanguage = Literal["en", "cy"]
Sort = Literal["separate", "joint", "processor"]
Strength = Literal["must", "should", "could"]
Change = Literal["basis", "law", "parties", "purpose"]
SignalId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Written = Annotated[str, StringConstraints(min_length=1, max_length=600)]


class MalformedSignals(BadInput):
    """A file of signals names what is not there, or a signal cannot be read."""

    code = "MALFORMED_SIGNALS"


@dataclass(frozen=True)
class Term:
    """One place of a signal: any of these, each a row of words; or, if `barred`, none of them."""

    options: tuple[tuple[str, ...], ...]
    barred: bool = False


Signal = tuple[Term, ...]


class _WrittenContent(Value):
    strength: Strength
    sorts: tuple[Sort, ...]
    cites: tuple[Line, ...] = Field(min_length=1)
    clauses: tuple[Line, ...] = ()
    applies_when: tuple[Written, ...] = ()
    headings: tuple[Written, ...] = ()
    under: Literal["present", "weak", "nothing"] = "weak"
    found: tuple[Written, ...] = Field(min_length=1)
    weak: tuple[Written, ...] = ()
    at_start: tuple[Written, ...] = ()
    at_end: tuple[Written, ...] = ()
    blank_is_weak: bool = True


class _WrittenTrap(Value):
    strength: Strength
    sorts: tuple[Sort, ...] = ("separate", "joint", "processor")
    cites: tuple[Line, ...] = Field(min_length=1)
    clauses: tuple[Line, ...] = ()
    title: tuple[Written, ...] = ()
    found: tuple[Written, ...] = ()
    unless: tuple[Written, ...] = ()
    lacks: tuple[SignalId, ...] = ()
    in_definitions: bool = False


class _WrittenKind(Value):
    weight: int = Field(ge=-9, le=9)
    title: bool = False
    found: Written


class _WrittenChange(Value):
    about: SignalId
    strength: Strength
    cites: tuple[Line, ...] = ()


class _Contents(Value):
    contents: dict[SignalId, _WrittenContent]


class _Traps(Value):
    traps: dict[SignalId, _WrittenTrap]


class _Kinds(Value):
    kinds: dict[Sort, tuple[_WrittenKind, ...]]


class _Changes(Value):
    changes: dict[Change, tuple[_WrittenChange, ...]]


class SignalWords(Value):
    """What the report says of a content or a trap."""

    title: Line
    why: Text
    weak: Text = ""
    proposal: Text = ""


class ChangeWords(Value):
    """What the table of changes says of one clause: who has to act, and what they do if it is there, and if not."""

    who: Line
    there: Text
    missing: Text = ""


class _Words(Value):
    reviewed_by: Line | None = None
    contents: dict[SignalId, SignalWords]
    traps: dict[SignalId, SignalWords]
    changes: dict[Change, dict[SignalId, ChangeWords]]
    phrases: dict[SignalId, Line]


@dataclass(frozen=True)
class Sought:
    """A content that an agreement should hold, with the signals that show it."""

    id: str
    strength: Strength
    sorts: frozenset[Sort]
    cites: tuple[str, ...]
    clauses: tuple[str, ...]
    applies_when: tuple[Signal, ...]
    headings: tuple[Signal, ...]
    under: Literal["present", "weak", "nothing"]
    found: tuple[Signal, ...]
    weak: tuple[Signal, ...]
    at_start: tuple[Signal, ...]
    at_end: tuple[Signal, ...]
    blank_is_weak: bool
    words: SignalWords


@dataclass(frozen=True)
class Trap:
    """A wording, or the lack of one, that makes somebody liable who did not expect to be."""

    id: str
    strength: Strength
    sorts: frozenset[Sort]
    cites: tuple[str, ...]
    clauses: tuple[str, ...]
    title: tuple[Signal, ...]
    found: tuple[Signal, ...]
    unless: tuple[Signal, ...]
    lacks: tuple[str, ...]
    """Contents whose absence or weakness is the trap."""
    in_definitions: bool
    """Whether a definition can be the trap, as with an Act that no longer governs."""
    words: SignalWords


@dataclass(frozen=True)
class KindSignal:
    """What speaks for, or against, a kind of agreement."""

    sort: Sort
    weight: int
    title: bool
    signal: Signal


@dataclass(frozen=True)
class Bite:
    """One row of the table of changes, before an agreement is held against it."""

    change: Change
    about: str
    strength: Strength
    cites: tuple[str, ...]
    words: ChangeWords


@dataclass(frozen=True)
class Signals:
    """Everything that the checker looks for, in the words of one language."""

    language: CheckLanguage
    unreviewed: bool
    contents: tuple[Sought, ...]
    traps: tuple[Trap, ...]
    kinds: tuple[KindSignal, ...]
    changes: tuple[Bite, ...]
    phrases: dict[str, str]


@cache
def load_signals(language: CheckLanguage = "en", folder: Path = SIGNALS) -> Signals:
    """The signals that come with Fairshare, in English or Welsh words; read once.

    >>> {each.strength for each in load_signals().contents if each.sorts == {"processor"}}
    {'must'}
    """
    names = ("groups", "contents", "traps", "kinds", "changes")
    files = {name: read_file(folder / f"{name}.yaml") for name in names}
    return parse_signals(files, read_file(folder / "words" / f"{language}.yaml"), language, law=load_law())


def parse_signals(files: dict[str, bytes], words: bytes, language: CheckLanguage, *, law: Law) -> Signals:
    """Signals from the bytes of their files, by name without the suffix.

    Raises   BadInput or MalformedSignals, naming what is wrong; nothing else, whatever the bytes.
    """
    read = {name: parse_yaml(raw, where=f"{name}.yaml") for name, raw in files.items()}
    groups = _read_groups(read["groups"])
    contents = build(_Contents, read["contents"], where="contents.yaml").contents
    traps = build(_Traps, read["traps"], where="traps.yaml").traps
    kinds = build(_Kinds, read["kinds"], where="kinds.yaml").kinds
    changes = build(_Changes, read["changes"], where="changes.yaml").changes
    said = build(_Words, parse_yaml(words, where=language), where=f"words/{language}.yaml")
    _check_keys(set(contents), set(said.contents), language)
    _check_keys(set(traps), set(said.traps), language)
    for change, rows in changes.items():
        _check_keys({row.about for row in rows}, set(said.changes.get(change, {})), language)
    made = Signals(
        language=language,
        unreviewed=language != "en" and said.reviewed_by is None,
        contents=tuple(_fill_content(name, each, groups, said.contents[name]) for name, each in contents.items()),
        traps=tuple(_fill_trap(name, each, groups, said.traps[name]) for name, each in traps.items()),
        kinds=tuple(
            KindSignal(sort, each.weight, each.title, parse_signal(each.found, groups))
            for sort, rows in kinds.items()
            for each in rows
        ),
        changes=tuple(
            Bite(change, row.about, row.strength, row.cites, said.changes[change][row.about])
            for change, rows in changes.items()
            for row in rows
        ),
        phrases=dict(said.phrases),
    )
    _check_names(made, law)
    return made


def parse_signal(written: str, groups: dict[str, tuple[str, ...]]) -> Signal:
    """A signal from its line.

    >>> parse_signal("keep*|held !not for_#number_day*", {})[0].options
    (('keep*',), ('held',))
    """
    terms = []
    for part in written.lower().split():
        barred = part.startswith("!")
        options = [option for each in part.lstrip("!").split("|") for option in _expand(each, groups, 0)]
        if not all(options) or any(not word for option in options for word in option):
            raise MalformedSignals("a signal has an empty word", fix="Write it as the others are.", where=written[:80])
        terms.append(Term(tuple(options), barred))
    if not any(not term.barred for term in terms):
        raise MalformedSignals("a signal says only what must not be there", fix="Add a word.", where=written[:80])
    return tuple(terms)


def _expand(option: str, groups: dict[str, tuple[str, ...]], depth: int) -> list[tuple[str, ...]]:
    """An option with the groups in it written out; #number stays, as it stands for every figure."""
    found: list[tuple[str, ...]] = [()]
    for word in option.split("_"):
        if not word.startswith("#") or word == "#number":
            found = [(*each, word) for each in found]
            continue
        if word[1:] not in groups or depth > 3:
            raise MalformedSignals(f"there is no group {word[:40]}", fix="Add it to groups.yaml.", where=option[:80])
        inner = [row for each in groups[word[1:]] for row in _expand(each, groups, depth + 1)]
        found = [(*each, *row) for each in found for row in inner]
    return found


def _read_groups(found: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(found, dict) or not all(
        isinstance(rows, list) and all(isinstance(row, str) for row in rows) for rows in found.values()
    ):
        raise MalformedSignals("a group is not a list of words", fix="Write it as the others are.", where="groups.yaml")
    return {name: tuple(row.lower() for row in rows) for name, rows in found.items()}


def _parse_all(lines: tuple[str, ...], groups: dict[str, tuple[str, ...]]) -> tuple[Signal, ...]:
    return tuple(parse_signal(line, groups) for line in lines)


def _fill_content(
    name: str, written: _WrittenContent, groups: dict[str, tuple[str, ...]], words: SignalWords
) -> Sought:
    return Sought(
        id=name,
        strength=written.strength,
        sorts=frozenset(written.sorts),
        cites=written.cites,
        clauses=written.clauses,
        applies_when=_parse_all(written.applies_when, groups),
        headings=_parse_all(written.headings, groups),
        under=written.under,
        found=_parse_all(written.found, groups),
        weak=_parse_all(written.weak, groups),
        at_start=_parse_all(written.at_start, groups),
        at_end=_parse_all(written.at_end, groups),
        blank_is_weak=written.blank_is_weak,
        words=words,
    )


def _fill_trap(name: str, written: _WrittenTrap, groups: dict[str, tuple[str, ...]], words: SignalWords) -> Trap:
    if not written.found and not written.lacks:
        raise MalformedSignals("a trap has nothing to be found by", fix="Add found or lacks.", where=name)
    return Trap(
        id=name,
        strength=written.strength,
        sorts=frozenset(written.sorts),
        cites=written.cites,
        clauses=written.clauses,
        title=_parse_all(written.title, groups),
        found=_parse_all(written.found, groups),
        unless=_parse_all(written.unless, groups),
        lacks=written.lacks,
        in_definitions=written.in_definitions,
        words=words,
    )


def _check_keys(logic: set[str], words: set[str], language: str) -> None:
    for missing in sorted(logic ^ words)[:1]:
        raise MalformedSignals(
            f"{missing} has signals or words, but not both", fix="Keep the same ids in both files.", where=language
        )


def _check_names(signals: Signals, law: Law) -> None:
    """Refuses what cites no provision that is held, or looks for a content that is not there."""
    contents = {each.id for each in signals.contents}
    traps = {each.id for each in signals.traps}
    cited = [(each.id, each.cites) for each in signals.contents] + [(each.id, each.cites) for each in signals.traps]
    for about, cites in [*cited, *((row.about, row.cites) for row in signals.changes)]:
        for provision in cites:
            if provision not in law.provisions:
                raise MalformedSignals(f"it cites {provision}, which is not held", fix="Correct the id.", where=about)
    named = [(each.id, each.lacks) for each in signals.traps]
    for about, names in [*named, *((row.change, (row.about,)) for row in signals.changes)]:
        for name in names:
            if name not in contents and not (name in traps and about in ("basis", "law", "parties", "purpose")):
                raise MalformedSignals(f"it names {name}, which is not there", fix="Correct the id.", where=about)
