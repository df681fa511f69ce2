"""What is to be removed from a document, and where words of it stand in a text, however they are spelt or broken.

The match is generous, because what it misses is disclosed: letter case (unless asked for), accents, ligatures,
invisible characters, line ends, commas between words and spaces inside numbers make no difference. It does not see
letters that only look alike, such as a Cyrillic a, nor misspellings; a person looks at the result for those.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from fairshare.words.values import Value

MARKER = "[redacted]"
"""What stands in the place of removed words: always as long, whatever was there."""

_BREAK = "(?:[-\u2010\x02\ufffe]\\s{0,3})?"
"""A word may be broken at the end of a line; U+0002 and U+FFFE are how PDF readers write that hyphen."""
_INSIDE_NUMBER = r"[\s.\-]{0,2}"
_BETWEEN_WORDS = r"[\s,;.|\-]{%d,20}"
_LONG = 6
"""Letters from which a term is found run together too, as readers of pictures and e-mail addresses write it."""
_LIKE = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2212": "-"}


class Box(Value):
    """An area to be painted over, as people see the page: from its top left corner, in points (pictures: in pixels)."""

    page: Annotated[int, Field(ge=1)] = 1
    x0: Annotated[float, Field(ge=0, le=100_000)]
    y0: Annotated[float, Field(ge=0, le=100_000)]
    x1: Annotated[float, Field(ge=0, le=100_000)]
    y1: Annotated[float, Field(ge=0, le=100_000)]

    @model_validator(mode="after")
    def _is_an_area(self) -> Box:
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise ValueError("x1 must be right of x0, and y1 below y0")
        return self


class Term(Value):
    """Words to be removed wherever they stand.

    >>> find_terms("Call Siân\\nHeron on 07700 900 123.", [Term(text="sian heron"), Term(text="07700900123")])
    (1, 1)
    """

    text: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    exact_case: bool = False
    whole_words: bool = True
    """Off, `Ann` is removed from `Annual` too."""

    @model_validator(mode="after")
    def _has_a_letter_or_digit(self) -> Term:
        if not any(letter.isalnum() for letter in fold(self.text, exact_case=self.exact_case)[0]):
            raise ValueError("a term needs a letter or a digit")
        if find_spans(MARKER, [self]):
            raise ValueError("a term may not be the word that takes the place of what is removed")
        return self


class Removals(Value):
    """Everything to be removed from one document."""

    boxes: Annotated[tuple[Box, ...], Field(max_length=20_000)] = ()
    terms: Annotated[tuple[Term, ...], Field(max_length=5_000)] = ()


@dataclass(frozen=True)
class Span:
    """Where a term stands: from `start` up to but not including `end`."""

    start: int
    end: int
    term: int


@dataclass(frozen=True)
class Piece:
    """Text that stands in one place of a file, and what separates it from the next one."""

    text: str
    after: str = ""


def find_spans(text: str, terms: Sequence[Term]) -> list[Span]:
    """Every place where a term stands, in order."""
    folded = {exact: fold(text, exact_case=exact) for exact in {term.exact_case for term in terms}}
    found = []
    for number, term in enumerate(terms):
        searched, places = folded[term.exact_case]
        for start, end in _search(searched, term):
            found.append(Span(places[start], places[end - 1] + 1, number))
    return sorted(found, key=lambda span: (span.start, span.end))


def find_terms(text: str, terms: Sequence[Term]) -> tuple[int, ...]:
    """How often each term stands in a text."""
    return count_spans(find_spans(text, terms), len(terms))


def count_spans(spans: Iterable[Span], terms: int) -> tuple[int, ...]:
    """How many of the spans are of each term."""
    counts = [0] * terms
    for span in spans:
        counts[span.term] += 1
    return tuple(counts)


def remove_terms(
    pieces: Sequence[Piece], terms: Sequence[Term], marker: str = MARKER
) -> tuple[list[str], tuple[int, ...]]:
    """The text of each piece without the terms, also where one stands across several; and how often each stood there.

    >>> remove_terms([Piece("I met K"), Piece("it", " "), Piece("Marsh again.")], [Term(text="Kit Marsh")])
    (['I met [redacted]', '', ' again.'], (1,))
    """
    whole = "".join(piece.text + piece.after for piece in pieces)
    spans = find_spans(whole, terms)
    if not spans:
        return [piece.text for piece in pieces], (0,) * len(terms)
    areas = join_spans(spans)
    cleaned, start, first = [], 0, 0
    for piece in pieces:
        end = start + len(piece.text)
        while first < len(areas) and areas[first][1] <= start:
            first += 1
        cleaned.append(_cut(piece.text, start, areas, first, marker))
        start = end + len(piece.after)
    return cleaned, count_spans(spans, len(terms))


def join_spans(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """The spans as areas that do not overlap."""
    areas: list[tuple[int, int]] = []
    for span in spans:
        if areas and span.start < areas[-1][1]:
            areas[-1] = (areas[-1][0], max(areas[-1][1], span.end))
        else:
            areas.append((span.start, span.end))
    return areas


def _cut(text: str, start: int, areas: Sequence[tuple[int, int]], first: int, marker: str) -> str:
    """One piece without the areas; the marker stands where an area begins."""
    kept, place, end = [], start, start + len(text)
    for number in range(first, len(areas)):
        left, right = areas[number]
        if left >= end:
            break
        if left >= start:
            kept += [text[place - start : left - start], marker]
        place = min(right, end)
    return "".join([*kept, text[place - start :]])


def _search(searched: str, term: Term) -> Iterator[tuple[int, int]]:
    pattern = _compile(term)
    place = 0
    while found := pattern.search(searched, place):
        start, end = found.span()
        # Tested here, because a pattern that begins with a letter is searched for many times faster.
        if term.whole_words and start and searched[start].isalnum() and searched[start - 1].isalnum():
            place = start + 1
            continue
        yield start, end
        place = end


@lru_cache(512)
def _compile(term: Term) -> re.Pattern[str]:
    words = [each for each in re.split(r"[\s,;]+", fold(term.text, exact_case=term.exact_case)[0]) if each]
    between = _BETWEEN_WORDS % (sum(map(len, words)) < _LONG)
    written = _spell(words[0])
    for before, word in pairwise(words):
        in_number = before[-1].isdigit() and word[0].isdigit()
        written += (_INSIDE_NUMBER if in_number else between) + _spell(word)
    ends_in_word = term.whole_words and words[-1][-1].isalnum()
    return re.compile(written + (r"(?![^\W_])" if ends_in_word else ""))


def _spell(word: str) -> str:
    """One word as a pattern: digits may be spaced, and letters may be broken over two lines."""
    written = re.escape(word[0])
    for before, letter in pairwise(word):
        between = _INSIDE_NUMBER if before.isdigit() and letter.isdigit() else _BREAK if letter.isalpha() else ""
        written += between + re.escape(letter)
    return written


def fold(text: str, *, exact_case: bool = False) -> tuple[str, Sequence[int]]:
    """Text in which differences that do not matter are gone, and for each of its letters where it came from.

    >>> fold("\\ufb01nd\\u200b Siân")[0]
    'find sian'
    """
    if text.isascii():
        return (text if exact_case else text.lower()), range(len(text))
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for plain in _fold_letter(letter, exact_case):
            letters.append(plain)
            places.append(place)
    return "".join(letters), places


@lru_cache(4096)
def _fold_letter(letter: str, exact_case: bool) -> str:
    plain = _LIKE.get(letter) or unicodedata.normalize("NFKD", letter)
    kept = "".join(each for each in plain if unicodedata.category(each) not in ("Mn", "Cf"))
    return kept if exact_case else kept.casefold()
