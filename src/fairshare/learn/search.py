"""Finding a word anywhere in what Fairshare can say: handbook, myths, cases, law, tools and questions.

The full-text search of SQLite does the work, in memory: nothing that somebody looks for is written anywhere.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from threading import Lock
from typing import Literal, NamedTuple

from fairshare.decide.library import load_words
from fairshare.decide.words import Language
from fairshare.law import Provision, load_law
from fairshare.learn.cases import load_cases
from fairshare.learn.handbook import load_handbook
from fairshare.learn.mutations import list_forms
from fairshare.learn.myths import load_myths
from fairshare.words import BadInput, MissingPart, SettingOutOfRange

MAX_TEXT = 300
"""Characters of one search."""
MAX_HITS = 100
SNIPPET_WORDS = 32
# Control characters cannot occur in any of the files, so they cannot be mistaken for text.
_OPEN, _CLOSE = "\x02", "\x03"
# Porter's stems are English; Welsh gets prefixes and mutations instead.
_TOKENIZERS: dict[Language, str] = {
    "en": "porter unicode61 remove_diacritics 2",
    "cy": "unicode61 remove_diacritics 2",
}
_WEIGHTS = {"paragraph": 1.4, "myth": 1.4, "case": 0.7, "tool": 1.2, "provision": 1.0, "question": 0.9}
"""Short texts score high by themselves; what explains comes before what is merely listed."""
Kind = Literal["paragraph", "myth", "case", "provision", "tool", "question"]


class SearchTooLong(BadInput):
    """What is looked for is longer than a search may be."""

    code = "SEARCH_TOO_LONG"


class NoFullTextSearch(MissingPart):
    """The SQLite of this Python was built without full-text search (FTS5)."""

    code = "NO_FULL_TEXT_SEARCH"


class Piece(NamedTuple):
    """Part of a text, and whether it is what was looked for."""

    text: str
    found: bool


@dataclass(frozen=True)
class Hit:
    """One thing found."""

    kind: Kind
    id: str
    title: tuple[Piece, ...]
    excerpt: tuple[Piece, ...]
    """The part of the text that says most of what was looked for; cut off where there is an ellipsis."""


class _Entry(NamedTuple):
    kind: Kind
    id: str
    title: str
    body: str


def join_pieces(pieces: tuple[Piece, ...], before: str = "", after: str = "") -> str:
    """The text of some pieces, with something before and after each part that was found.

    >>> join_pieces((Piece("no ", False), Piece("consent", True)), "[", "]")
    'no [consent]'
    """
    return "".join(f"{before}{each.text}{after}" if each.found else each.text for each in pieces)


def search(text: str, language: Language = "en", limit: int = 10) -> tuple[Hit, ...]:
    """What says most about the words of `text`, best first; nothing if no word of it occurs.

    Takes    text: anything that somebody may type; limit: at most this many, from 1 to 100.
    Raises   SearchTooLong, SettingOutOfRange.

    >>> hit = search("the police sent a form", limit=1)[0]
    >>> hit.kind, hit.id
    ('myth', 'police_request_compels')
    """
    if len(text) > MAX_TEXT:
        raise SearchTooLong(
            f"it has more than {MAX_TEXT} characters", fix="Look for a few words at a time.", where="search"
        )
    if not 1 <= limit <= MAX_HITS:
        raise SettingOutOfRange(
            f"limit must be from 1 to {MAX_HITS}", fix="Ask for fewer, and for at least one.", where="search.limit"
        )
    words = list(dict.fromkeys(re.findall(r"[^\W_]+", text.casefold())))
    if not words:
        return ()
    terms = [_write_term(word, language) for word in words]
    index = _open_index(language)
    found = index.find(" AND ".join(terms), limit)
    # A story is long enough to hold any few words by chance; alone, it does not keep out what explains.
    return found if any(each.kind != "case" for each in found) else index.find(" OR ".join(terms), limit)


def _write_term(word: str, language: Language) -> str:
    forms = list_forms(word) if language == "cy" else (word,)
    # Without a stemmer, a longer word stands for every word that begins with it.
    prefix = " *" if language == "cy" and len(word) > 3 else ""
    return "(" + " OR ".join(f'"{form}"{prefix}' for form in forms) + ")"


class _Index:
    """One language's texts in a database of its own; threads take turns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._turn = Lock()

    def find(self, query: str, limit: int) -> tuple[Hit, ...]:
        with self._turn:
            rows = self._connection.execute(
                "SELECT kind, id, highlight(taught, 0, ?, ?), snippet(taught, 1, ?, ?, '…', ?) FROM taught "
                "WHERE taught MATCH ? ORDER BY bm25(taught, 2.0, 1.0) * weight, rowid LIMIT ?",
                (_OPEN, _CLOSE, _OPEN, _CLOSE, SNIPPET_WORDS, query, limit),
            ).fetchall()
        return tuple(Hit(kind, name, _split(title), _split(body)) for kind, name, title, body in rows)


@cache
def _open_index(language: Language) -> _Index:
    connection = open_table(_TOKENIZERS[language])
    connection.executemany(
        "INSERT INTO taught (title, body, kind, id, weight) VALUES (?, ?, ?, ?, ?)",
        ((each.title, each.body, each.kind, each.id, _WEIGHTS[each.kind]) for each in _list_entries(language)),
    )
    connection.commit()
    return _Index(connection)


def open_table(tokenizer: str) -> sqlite3.Connection:
    """An empty table for full-text search, in memory; raises NoFullTextSearch where SQLite cannot make one."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        connection.execute(
            "CREATE VIRTUAL TABLE taught USING fts5"
            f"(title, body, kind UNINDEXED, id UNINDEXED, weight UNINDEXED, tokenize = '{tokenizer}')"
        )
    except sqlite3.OperationalError:
        connection.close()
        raise NoFullTextSearch(
            "this Python's SQLite has no full-text search",
            fix="Use a Python whose SQLite was built with FTS5, as those of python.org and Debian are.",
            where="sqlite3",
        ) from None
    return connection


def _list_entries(language: Language) -> Iterator[_Entry]:
    for chapter in load_handbook(language).chapters:
        for each in chapter.paragraphs:
            yield _Entry("paragraph", each.id, chapter.title, " ".join(filter(None, (each.text, each.note))))
    for myth in load_myths(language):
        yield _Entry("myth", myth.id, myth.statement, f"{myth.truth} {myth.why_believed}")
    for case in load_cases().values():
        told = (case.told, case.expect.because, case.lesson)
        body = " ".join(each.say(language) for each in told)
        yield _Entry("case", case.id, case.title.say(language), f"{body} {case.source.name}")
    words = load_words(language)
    for name, tool in words.tools.items():
        yield _Entry("tool", name, tool.title, f"{tool.for_whom} {tool.not_for}".strip())
    for name, fact in words.facts.items():
        yield _Entry("question", name, fact.question, fact.help)
    for provision in load_law().provisions.values():
        if language == "en":
            yield _Entry("provision", provision.id, provision.title, f"{_say(provision)} {provision.citation}.")
        else:
            yield _Entry("provision", provision.id, provision.citation, provision.says_cy)


def _say(provision: Provision) -> str:
    """What a provision says in its newest version."""
    return max(provision.versions, key=lambda each: each.start or date.min).says


def _split(text: str) -> tuple[Piece, ...]:
    r"""Marked text as pieces.

    >>> _split("a \x02b\x03")
    (Piece(text='a ', found=False), Piece(text='b', found=True))
    """
    pieces = []
    for part in re.split(f"({_OPEN}.*?{_CLOSE})", text, flags=re.DOTALL):
        if part:
            found = part[0] == _OPEN
            pieces.append(Piece(part[1:-1] if found else part, found))
    return tuple(pieces)
