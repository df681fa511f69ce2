"""Do we already share this with them, and what? Every entry of the register, found by words, party and items.

The full-text search of SQLite does the work. What somebody looks for is written nowhere.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Final
from unicodedata import combining, normalize

from fairshare.agree.register import Entry
from fairshare.words import BadInput, MissingPart, SettingOutOfRange

MAX_WORDS: Final = 300
"""Characters of one search, and of one item or party that is looked for."""
MAX_FOUND: Final = 1_000
_SCHEMA: Final = """
CREATE VIRTUAL TABLE register USING fts5(
    title, parties, items, purpose, others, tokenize = 'porter unicode61 remove_diacritics 2'
);
CREATE TABLE entries (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, part TEXT NOT NULL, entry TEXT NOT NULL);
CREATE INDEX entries_of_part ON entries (part);
CREATE TABLE parts (name TEXT PRIMARY KEY, version TEXT NOT NULL);
"""
_ADD: Final = "INSERT INTO register (rowid, title, parties, items, purpose, others) VALUES (?, ?, ?, ?, ?, ?)"
_FIND: Final = (
    "SELECT entries.entry FROM register JOIN entries ON entries.number = register.rowid "
    "WHERE register MATCH ? ORDER BY bm25(register, 3.0, 4.0, 3.0, 1.5, 0.5), register.rowid"
)


class RegisterUnreadable(MissingPart):
    """The register's index cannot be opened: SQLite was built without full-text search, or the file is damaged."""

    code = "REGISTER_UNREADABLE"


@dataclass(frozen=True)
class Found:
    """One entry that was found, and which of the items that were asked for it holds."""

    entry: Entry
    items: tuple[str, ...] = ()
    """In the words of whoever asked."""


class Register:
    """The entries of one desk in an SQLite database: in memory, or a file beside the desk's records."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def make(cls, entries: Iterable[Entry], *, path: Path | None = None) -> Register:
        """A new index of some entries; one that stands at `path` is replaced.

        Raises   RegisterUnreadable where SQLite has no full-text search.
        """
        if path is not None:
            path.unlink(missing_ok=True)
        register = cls(_connect(path))
        register.update({"all": ""}, lambda _: entries)
        return register

    @classmethod
    def open(cls, path: Path) -> Register:
        """The index at a path; an empty one where there is none, or where it cannot be read."""
        if path.is_file():
            try:
                connection = sqlite3.connect(path, isolation_level=None)
                connection.execute("SELECT part FROM entries LIMIT 1").fetchall()
                connection.execute("SELECT name FROM parts LIMIT 1").fetchall()
            except sqlite3.Error:
                connection.close()
                path.unlink()
            else:
                return cls(connection)
        return cls(_connect(path))

    def update(self, versions: Mapping[str, str], read: Callable[[str], Iterable[Entry]]) -> None:
        """Brings the index up to date: reads the parts that are new or changed, and forgets those that are gone.

        Takes    versions: by part, such as a case, what changes whenever the part does.
        Raises   BadInput when two entries have one id; then nothing has changed.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            known = dict(self._connection.execute("SELECT name, version FROM parts").fetchall())
            for part in [*(each for each in known if each not in versions), *versions]:
                if part not in versions or known.get(part) != versions[part]:
                    self._replace(part, read(part) if part in versions else (), versions.get(part))
            self._connection.execute("COMMIT")
        except sqlite3.IntegrityError:
            self._connection.execute("ROLLBACK")
            raise BadInput("two entries have one id", fix="Give each an id of its own.", where="register") from None
        except sqlite3.Error:
            raise _unreadable() from None
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def _replace(self, part: str, entries: Iterable[Entry], version: str | None) -> None:
        run = self._connection.execute
        run("DELETE FROM register WHERE rowid IN (SELECT number FROM entries WHERE part = ?)", (part,))
        run("DELETE FROM entries WHERE part = ?", (part,))
        run("DELETE FROM parts WHERE name = ?", (part,))
        for entry in entries:
            values = (entry.id, part, entry.model_dump_json())
            number = run("INSERT INTO entries (id, part, entry) VALUES (?, ?, ?)", values).lastrowid
            run(_ADD, (number, *_list_columns(entry)))
        if version is not None:
            run("INSERT INTO parts VALUES (?, ?)", (part, version))

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def entries(self) -> Iterator[Entry]:
        """All entries, in order."""
        for (text,) in self._run("SELECT entry FROM entries ORDER BY number"):
            yield Entry.model_validate_json(text)

    def entry(self, name: str) -> Entry | None:
        """One entry by its id, or by the beginning of its id if only one begins so."""
        escaped = re.sub(r"([\\%_])", r"\\\1", name)
        pattern = f"{escaped}%" if name.startswith(("sha256:", "import:")) else f"sha256:{escaped}%"
        rows = list(self._run("SELECT entry FROM entries WHERE id LIKE ? ESCAPE '\\' LIMIT 2", pattern))
        return Entry.model_validate_json(rows[0][0]) if len(rows) == 1 else None

    def find(
        self, text: str = "", *, party: str | None = None, items: Sequence[str] = (), limit: int = 20
    ) -> tuple[Found, ...]:
        """The entries that hold all words of `text`, a party of that name, and at least one of the items; best first.

        Takes    party: some words of one party's name, or their beginnings; limit: from 1 to 1,000.
        Raises   SettingOutOfRange, BadInput for a search that is too long or says nothing.
        """
        if not 1 <= limit <= MAX_FOUND:
            raise SettingOutOfRange(
                f"limit must be from 1 to {MAX_FOUND}", fix="Ask for fewer, and for at least one.", where="limit"
            )
        query = " AND ".join(_write_query(text, party, items))
        if not query:
            raise BadInput(
                "nothing is looked for", fix="Give words, a party or items; `fairshare register list` lists all.",
                where="search",
            )  # fmt: skip
        found: list[Found] = []
        for (written,) in self._run(_FIND, query):
            entry = Entry.model_validate_json(written)
            # Each word stands in some party's name by now; all have to stand in one.
            if party is None or any(_begins(party, name) for name in entry.names()):
                found.append(Found(entry, tuple(each for each in items if _holds(entry, each))))
                if len(found) == limit:
                    break
        return tuple(found)

    def _run(self, query: str, *values: str) -> Iterator[tuple[str]]:
        try:
            yield from self._connection.execute(query, values)
        except sqlite3.Error:
            raise _unreadable() from None


def _connect(path: Path | None) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:", isolation_level=None)
    try:
        connection.executescript(_SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise _unreadable() from None
    if path is not None:
        path.chmod(0o600)
    return connection


def _list_columns(entry: Entry) -> tuple[str, ...]:
    others = (entry.people, entry.power, entry.basis, entry.reference or "", entry.notes, entry.route)
    return entry.title, "\n".join(entry.names()), "\n".join(entry.items), entry.purpose, "\n".join(others)


def _write_query(text: str, party: str | None, items: Sequence[str]) -> Iterator[str]:
    for word in _split(text):
        yield f'"{word}" *'
    for word in _split(party or ""):
        yield f'parties : "{word}" *'
    wanted = [" AND ".join(f'items : "{word}" *' for word in _split(each)) for each in items]
    if any(wanted):
        yield "(" + " OR ".join(f"({each})" for each in wanted if each) + ")"


def _split(text: str) -> list[str]:
    if len(text) > MAX_WORDS:
        raise BadInput(
            f"it has more than {MAX_WORDS} characters", fix="Look for a few words at a time.", where="search"
        )
    return list(dict.fromkeys(re.findall(r"[^\W_]+", text.casefold())))


def _begins(wanted: str, name: str) -> bool:
    return _all_in(_split(wanted), name)


def _holds(entry: Entry, wanted: str) -> bool:
    words = _split(wanted)
    return bool(words) and any(_all_in(words, item) for item in entry.items)


def _all_in(words: Sequence[str], text: str) -> bool:
    there = [_fold(each) for each in re.findall(r"[^\W_]+", text.casefold())]
    return all(any(_is_form(_fold(word), each) for each in there) for word in words)


def _is_form(word: str, other: str) -> bool:
    """Whether one word is the other, its beginning, or the same but for a short ending.

    >>> _is_form("addresses", "address"), _is_form("uni", "university"), _is_form("arrest", "arrears")
    (True, True, False)
    """
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(word, other, strict=False)))
    return same == len(word) or same >= max(5, len(word) - 3) or (same == len(other) > 2 and len(word) - same <= 2)


def _fold(word: str) -> str:
    return "".join(each for each in normalize("NFKD", word) if not combining(each))


def _unreadable() -> RegisterUnreadable:
    return RegisterUnreadable(
        "the register's index cannot be used",
        fix="Remove register/index.db from the desk's files, or use a Python whose SQLite has FTS5.",
        where="register",
    )
