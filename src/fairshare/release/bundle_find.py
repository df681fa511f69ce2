"""Suggestions of what to remove: names, addresses and numbers as they are written in the UK, for a person to decide.

They are patterns, so they miss what is written another way and find what is none; faces are looked for in pictures and
often missed. Voices, handwriting and people who are described but not named are not looked for at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from fairshare.documents.redact_shapes import Passage
from fairshare.documents.redact_terms import Box, Term, find_spans, fold
from fairshare.release.bundle_plan import ReasonCode, Sort, Suggestion
from fairshare.words.reading import parse_yaml

NOT_LOOKED_FOR = ("faces outside picture files", "voices", "handwriting", "people who are described but not named")
MAX_PLACES = 20
MAX_SUGGESTIONS = 5_000
_BEFORE_DATE = 40
"""How many characters before a date are searched for a word such as `born`."""
_PHONE_DIGITS = (10, 13)


@dataclass(frozen=True)
class CasePeople:
    """Who a case is about, and who else is known to be in its documents."""

    subjects: tuple[str, ...] = ()
    """Whose information it is: their own names are not suggested."""
    third_parties: tuple[str, ...] = ()
    at_risk: tuple[str, ...] = field(default=(), repr=False)
    """Addresses and other words that could lead to somebody at risk."""


@dataclass(frozen=True)
class _Found:
    """Something found once."""

    sort: Sort
    text: str
    why: str
    reason: ReasonCode


@dataclass(frozen=True)
class _Finder:
    """One kind of thing to look for."""

    sort: Sort
    pattern: re.Pattern[str]
    why: str
    reason: ReasonCode
    accepts: Callable[[str], bool] = lambda text: True


def suggest_removals(passages: Sequence[Passage], people: CasePeople, *, after: int = 0) -> tuple[Suggestion, ...]:
    """What somebody should look at in a document, each wording once, with its reason and the places it stands in.

    Takes    after: the number of the last suggestion of the documents before, so that ids stand once in a plan.

    >>> passage = Passage("line 1", "NHS number 943 476 5919, for Ms Ida Wren.")
    >>> [(each.sort, each.text) for each in suggest_removals([passage], CasePeople())]
    [('nhs_number', '943 476 5919'), ('third_party', 'Ida Wren')]
    """
    found: dict[str, tuple[_Found, list[str]]] = {}
    for passage in passages:
        for each in _find_in(passage.text, people):
            key = fold(each.text)[0]
            if key not in found and len(found) == MAX_SUGGESTIONS:
                continue
            places = found.setdefault(key, (each, []))[1]
            if passage.place not in places and len(places) < MAX_PLACES:
                places.append(passage.place)
    return tuple(
        Suggestion(
            id=f"s{number}", sort=each.sort, text=each.text, why=each.why, places=tuple(places), reason=each.reason
        )
        for number, (each, places) in enumerate(found.values(), start=after + 1)
    )


def suggest_faces(boxes: Sequence[Box], *, after: int = 0) -> tuple[Suggestion, ...]:
    """The faces that were found in a picture, for somebody to look at."""
    return tuple(
        Suggestion(
            id=f"s{number}",
            sort="face",
            text=f"face {number - after}",
            why="it looks like a face",
            places=(f"from {box.x0:.0f},{box.y0:.0f} to {box.x1:.0f},{box.y1:.0f}",),
            box=box,
            reason=ReasonCode.THIRD_PARTY,
        )
        for number, box in enumerate(boxes, start=after + 1)
    )


def is_nhs_number(text: str) -> bool:
    """Whether ten digits pass the check of an NHS number (modulus 11, weights 10 to 2).

    >>> is_nhs_number("943 476 5919"), is_nhs_number("943 476 5910")
    (True, False)
    """
    digits = [int(each) for each in text if each.isdigit()]
    if len(digits) != 10 or len(set(digits)) == 1:
        return False
    check = 11 - sum(digit * weight for digit, weight in zip(digits, range(10, 1, -1), strict=False)) % 11
    return check != 10 and check % 11 == digits[9]


def is_ni_number(text: str) -> bool:
    """Whether text has the form of a National Insurance number with letters that are given out.

    >>> is_ni_number("QQ 12 34 56 C"), is_ni_number("AB123456C")
    (False, True)
    """
    plain = re.sub(r"\s", "", text).upper()
    return plain[0] not in "DFIQUV" and plain[1] not in "DFIQUVO" and plain[:2] not in {
        "BG", "GB", "KN", "NK", "NT", "TN", "ZZ",
    }  # fmt: skip


def _find_in(text: str, people: CasePeople) -> Iterator[_Found]:
    """Everything in one passage; what could lead to somebody at risk first, so that it counts as that."""
    for sort, words, why, reason in (
        ("at_risk_address", people.at_risk, "it could lead to somebody at risk", ReasonCode.AT_RISK_ADDRESS),
        ("third_party", people.third_parties, "the case names this person as a third party", ReasonCode.THIRD_PARTY),
    ):
        for span in find_spans(text, [Term(text=each) for each in words]):
            kind: Any = sort
            yield _Found(kind, " ".join(text[span.start : span.end].split()), why, reason)
    for finder in _finders():
        for match in finder.pattern.finditer(text):
            if finder.accepts(match.group()):
                yield _Found(finder.sort, _tidy(match.group()), finder.why, finder.reason)
    yield from _find_births(text)
    yield from _find_names(text, people)


def _find_births(text: str) -> Iterator[_Found]:
    words = "|".join(re.escape(each) for each in _words()["born"])
    for match in re.finditer(_DATE, text):
        before = text[max(match.start() - _BEFORE_DATE, 0) : match.start()]
        if re.search(rf"(?i)(?<!\w)(?:{words})", before):
            yield _Found("birth_date", _tidy(match.group()), "a date after a word about birth", ReasonCode.IDENTIFIER)


def _find_names(text: str, people: CasePeople) -> Iterator[_Found]:
    own = [Term(text=each) for each in people.subjects]
    given = {word for name in people.subjects for word in fold(name)[0].split()}
    for match in _names().finditer(text):
        title, name = match.group("title"), match.group("name")
        words = name.split()
        if find_spans(name, own) or {fold(word)[0] for word in words} <= given:
            continue
        if not title and (len(words) < 2 or any(word.strip(".'’") in _not_names() for word in words)):
            continue
        yield _Found("third_party", name, "it looks like a name, and is not the name of whom the case is about",
                     ReasonCode.THIRD_PARTY)  # fmt: skip


_DATE = (
    r"\b\d{1,2}[/.\- ]\d{1,2}[/.\- ]\d{2,4}\b|\b\d{4}-\d{2}-\d{2}\b|\b\d{1,2}(?:st|nd|rd|th)?\s+"
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?,?\s+\d{4}\b"
)


@cache
def _finders() -> tuple[_Finder, ...]:
    streets = "|".join(re.escape(each) for each in _words()["streets"])
    postcode = r"(?:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})"
    named = r"[A-Z][\w'’-]+"
    return (
        _Finder("nhs_number", re.compile(r"\b\d{3}[ -]?\d{3}[ -]?\d{4}\b"), "ten digits that pass the NHS check",
                ReasonCode.IDENTIFIER, is_nhs_number),
        _Finder("ni_number", re.compile(r"\b[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d]\b"),
                "it has the form of a National Insurance number", ReasonCode.IDENTIFIER, is_ni_number),
        _Finder("email", re.compile(r"[\w.%+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"), "an email address",
                ReasonCode.IDENTIFIER),
        _Finder("address", re.compile(
            rf"\b(?:(?:Flat|Unit|Apartment) \w{{1,5}},? )?\d{{1,5}}[A-Za-z]?,? (?:{named} ){{1,4}}(?:{streets})\b\.?"
            rf"(?:,? {named}(?: {named})?)?(?:,? {postcode})?"), "a number and a street", ReasonCode.THIRD_PARTY),
        _Finder("postcode", re.compile(rf"\b{postcode}\b"), "a postcode", ReasonCode.THIRD_PARTY),
        _Finder("phone", re.compile(r"(?<![\w.])(?:\+44[ ]?(?:\(0\))?|\(?0)\d[\d ()-]{7,12}\d\b"), "a telephone number",
                ReasonCode.IDENTIFIER, _is_phone),
        _Finder("number_plate", re.compile(r"\b[A-Z]{2}\d{2} ?[A-Z]{3}\b"), "it has the form of a number plate",
                ReasonCode.IDENTIFIER),
    )  # fmt: skip


def _is_phone(text: str) -> bool:
    return _PHONE_DIGITS[0] <= sum(each.isdigit() for each in text) <= _PHONE_DIGITS[1]


@cache
def _names() -> re.Pattern[str]:
    titles = "|".join(re.escape(each) for each in sorted(_words()["titles"], key=len, reverse=True))
    word = r"[A-ZÀ-ÖØ-ÞŴŶ](?:[a-zß-öø-ÿŵŷ]+|['’][A-Z][a-z]+)(?:-[A-Z][a-zß-öø-ÿŵŷ]+)?"
    return re.compile(rf"\b(?:(?P<title>{titles})[ ]+)?(?P<name>{word}(?:[ ](?:[A-Z]\.? )?{word}){{0,2}})")


@cache
def _not_names() -> frozenset[str]:
    return frozenset(_words()["not_names"]) | frozenset(_words()["streets"])


@cache
def _words() -> dict[str, Any]:
    found: dict[str, Any] = parse_yaml(
        (files("fairshare.release") / "bundle_find.yaml").read_bytes(), where="bundle_find.yaml"
    )
    return found


def _tidy(text: str) -> str:
    return " ".join(text.split()).rstrip(",")[:500]
