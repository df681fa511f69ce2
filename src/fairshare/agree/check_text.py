"""A document as sentences that signals can be held against: every word, where it stands, and under which heading."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from fairshare.agree.check_signals import Signal, Term
from fairshare.documents.paragraphs import Located, Paper

WINDOW = 25
"""The words of a signal stand at most this many apart in their sentence."""
LONG_WINDOW = 40
"""The same for traps, which lawyers write in long sentences."""
START = 8
"""How many of the first paragraphs are where parties are named."""
END = 8
"""How many of the last paragraphs are where people sign."""
MAX_LABEL_WORDS = 7
_WORDS = re.compile(r"[0-9]+|[^\W\d_]+(?:['’][^\W\d_]+)?")
_SENTENCE = re.compile(
    r"(?<=[.;?!])(?<!\betc\.)(?<!\bArt\.)(?<!\bLtd\.)(?<!\bNo\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bpara\.)"
    r"\s+(?=[\"“'‘(\[]*[A-ZÀ-Ý0-9])"
)
_BLANK = re.compile(
    r"\[(?!\d{1,2}\])[^\]\[]{0,60}\](?!\()|_{4,}|\.{6,}|\bX{2,}\b|\bTB[CD]\b"
    r"|\bto be (?:inserted|confirmed|completed|agreed)\b|<(?:insert|name|date)[^>]{0,40}>",
    re.IGNORECASE,
)
_MEANS = re.compile(r"^[^.]{0,80}?[\"”’')*]?\s(?:means|has the meaning|shall have the meaning|ystyr)\b", re.IGNORECASE)
_NUMBERS = frozenset(
    [
        *(
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "fourteen",
        ),
        *("fifteen", "eighteen", "twenty", "thirty", "forty", "sixty", "seventy", "ninety", "hundred"),
        *("un", "dau", "dwy", "tri", "tair", "pedwar", "pedair", "pum", "chwe", "saith", "wyth", "naw", "deg"),
    ]
)


@dataclass(frozen=True)
class Sentence:
    """One sentence, with what names it: the heading above, the first cell of its row, the words before its colon."""

    text: str
    paragraph: Located
    under: str
    """The heading above it."""
    labels: tuple[str, ...]
    position: int
    """The place of its paragraph from the end; 0 is the last."""

    @property
    def defines(self) -> bool:
        """Whether it only says what a word means, and so settles nothing."""
        return _MEANS.search(self.text) is not None

    @property
    def blank(self) -> bool:
        """Whether it holds a gap that nobody has filled in."""
        return _BLANK.search(self.text) is not None


class Reading:
    """A paper read once, so that every signal can be asked of it quickly."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.sentences = tuple(_split(paper))
        self._words = [split_words(" ".join((*sentence.labels, sentence.text))) for sentence in self.sentences]
        self._places: dict[str, dict[int, list[int]]] = defaultdict(dict)
        for number, words in enumerate(self._words):
            for place, word in enumerate(words):
                self._places[word].setdefault(number, []).append(place)
        self._sorted = sorted(self._places)
        self._known: dict[tuple[str, ...], dict[int, list[int]]] = {}

    @cached_property
    def title(self) -> Reading:
        """The title and what stands beside it: the first three paragraphs."""
        return Reading(Paper(self.paper.format, self.paper.paragraphs[:3]))

    @cached_property
    def _labels(self) -> dict[str, Reading | None]:
        """Each heading and label, ready to be asked; none for what is too long to be one."""
        labels = {label for sentence in self.sentences for label in sentence.labels}
        return {label: _read_label(label) for label in sorted(labels)}

    def find(self, signals: Iterable[Signal], *, definitions: bool = False, window: int = WINDOW) -> list[Sentence]:
        """The sentences in which one of the signals stands, best first: the more words of signals, the better.

        Takes    definitions: whether sentences that only define a word count.
        """
        scores: dict[int, int] = defaultdict(int)
        for signal in signals:
            for number in self._match(signal, window):
                scores[number] += len(signal)
        ranked = sorted(scores, key=lambda number: (-scores[number], number))
        found = (self.sentences[number] for number in ranked)
        return [each for each in found if definitions or not each.defines]

    def find_under(self, headings: Iterable[Signal]) -> list[Sentence]:
        """The sentences under a heading or label that one of the signals names."""
        asked = list(headings)
        if not asked:
            return []
        named = {label: reading is not None and bool(reading.find(asked)) for label, reading in self._labels.items()}
        return [
            sentence
            for sentence in self.sentences
            if not sentence.paragraph.heading and any(named[label] for label in sentence.labels)
        ]

    def _match(self, signal: Signal, window: int) -> Iterator[int]:
        wanted = [self._find_term(term) for term in signal if not term.barred]
        barred = [self._find_term(term) for term in signal if term.barred]
        wanted.sort(key=len)
        for number in wanted[0]:
            there = all(number in each for each in wanted) and not any(number in each for each in barred)
            if there and _within([each[number] for each in wanted], window):
                yield number

    def _find_term(self, term: Term) -> dict[int, list[int]]:
        if len(term.options) == 1:
            return self._find_row(term.options[0])
        found: dict[int, list[int]] = {}
        for option in term.options:
            for number, places in self._find_row(option).items():
                found.setdefault(number, []).extend(places)
        return found

    def _find_row(self, row: tuple[str, ...]) -> dict[int, list[int]]:
        """Where words stand in a row, by sentence."""
        if row not in self._known:
            found = self._find_word(row[0])
            for offset, word in enumerate(row[1:], start=1):
                after = self._find_word(word) if word != "*" else None
                found = {
                    number: kept
                    for number, places in found.items()
                    if (kept := self._keep_followed(number, places, offset, after))
                }
            self._known[row] = found
        return self._known[row]

    def _keep_followed(
        self, number: int, places: list[int], offset: int, after: dict[int, list[int]] | None
    ) -> list[int]:
        """The places that the wanted word follows at a distance; any word, if `after` is none."""
        if after is None:
            return [place for place in places if place + offset < len(self._words[number])]
        following = set(after.get(number, ()))
        return [place for place in places if place + offset in following]

    def _find_word(self, word: str) -> dict[int, list[int]]:
        key = (word,)
        if key not in self._known:
            found: dict[int, list[int]] = {}
            for each in self._spell(word):
                for number, places in self._places[each].items():
                    found.setdefault(number, []).extend(places)
            self._known[key] = found
        return self._known[key]

    def _spell(self, word: str) -> list[str]:
        if word == "#number":
            return [each for each in self._sorted if each[0].isdigit() or each in _NUMBERS]
        if not word.endswith("*"):
            return [word] if word in self._places else []
        stem = word[:-1]
        first = bisect_left(self._sorted, stem)
        found = []
        for each in self._sorted[first:]:
            if not each.startswith(stem):
                break
            found.append(each)
        return found


def split_words(text: str) -> list[str]:
    """The words and figures of a text, in small letters; the sign in an address becomes `atsign`.

    >>> split_words("Article 6(1)(e) - the Council's task")
    ['article', '6', '1', 'e', 'the', "council's", 'task']
    """
    return _WORDS.findall(text.lower().replace("’", "'").replace("@", " atsign "))


def _within(places: list[list[int]], window: int) -> bool:
    """Whether one place can be taken of each list so that all lie within the window."""
    if len(places) == 1:
        return True
    merged = sorted((place, which) for which, each in enumerate(places) for place in each)
    last = [-window * 2] * len(places)
    for place, which in merged:
        last[which] = place
        if place - min(last) <= window:
            return True
    return False


def _read_label(label: str) -> Reading | None:
    """A heading or label without its number; none if it is empty or too long to name anything."""
    words = split_words(re.sub(r"^[\s(]*(?:\d+(?:\.\d+)*|[A-Za-z]\d?)[.):]\s*", "", label))
    if not words or len(words) > MAX_LABEL_WORDS:
        return None
    return Reading(Paper("text", (Located(" ".join(words), 1),)))


def _split(paper: Paper) -> Iterator[Sentence]:
    heading = ""
    count = len(paper.paragraphs)
    for order, paragraph in enumerate(paper.paragraphs):
        if paragraph.heading and order:  # the first is the title, which names no part
            heading = paragraph.text
        lead = _find_lead(paragraph)
        above = heading if not paragraph.heading and len(heading.split()) <= MAX_LABEL_WORDS else ""
        labels = tuple(dict.fromkeys(each for each in (lead, above) if each))
        for text in _split_sentences(paragraph.text, lead):
            yield Sentence(text, paragraph, "" if paragraph.heading else heading, labels, count - 1 - order)


def _split_sentences(text: str, lead: str) -> list[str]:
    """The sentences of a paragraph; what only names it stays with the first."""
    parts = _SENTENCE.split(text)
    while len(parts) > 1 and len(split_words(parts[0])) <= len(split_words(lead)) + 1:
        parts[:2] = [f"{parts[0]} {parts[1]}"]
    return parts


def _find_lead(paragraph: Located) -> str:
    """What names a paragraph in itself: the first cell of its row, or a few words before a colon or full stop."""
    if paragraph.label:
        return paragraph.label
    plain = re.sub(r"^[\s(•*-]*(?:(?:Art|Clause|Part)\.?\s*)?(?:[A-Z]?\d+(?:\.\d+)*|[a-z])[.)]?\s+", "", paragraph.text)
    found = re.match(r"([^.:]{2,60})([.:])(?:\s|$)", plain)
    if found is None or paragraph.heading or len(plain) <= found.end() + 1:
        return ""
    longest = MAX_LABEL_WORDS - 1 if found[2] == ":" else 4
    return found[1].strip() if len(found[1].split()) <= longest else ""
