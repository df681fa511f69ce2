"""The log in an SQLite file: the embedded default.

Entries go in *unsequenced*, in the caller's own transaction; the sequencer gives them their places under SQLite's write
lock, so there is exactly one at a time, and signs. Leaf hashes are kept in tiles of 256 (level 0), the roots of full
tiles in tiles of their own (level 8), and so on; a proof reads a few tiles. Triggers make everything append-only.
"""

import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fairshare.ledger import tree
from fairshare.ledger.checkpoint import (
    BadCheckpoint,
    Checkpoint,
    check_origin,
    parse_checkpoint,
    read_cosignatures,
    sign_checkpoint,
)
from fairshare.ledger.log import (
    ConsistencyProof,
    InclusionProof,
    LogDamaged,
    LogUnavailable,
    NotAKeeper,
    NotLogged,
    read_leaf,
)
from fairshare.records import Keys, SigningKey

TILE_LEVELS = 8
TILE = 1 << TILE_LEVELS
_BATCH = 65_536
SCHEMA = """
CREATE TABLE IF NOT EXISTS log_entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    commitment BLOB NOT NULL UNIQUE CHECK (length(commitment) = 32),
    place INTEGER UNIQUE
);
CREATE INDEX IF NOT EXISTS log_waiting ON log_entries (id) WHERE place IS NULL;
CREATE TABLE IF NOT EXISTS log_tiles (
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hashes BLOB NOT NULL CHECK (length(hashes) % 32 = 0 AND length(hashes) BETWEEN 32 AND 8192),
    PRIMARY KEY (level, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log_checkpoints (size INTEGER PRIMARY KEY, note TEXT NOT NULL);
-- Inserts have triggers too, because REPLACE removes rows without asking the triggers on deletion.
CREATE TRIGGER IF NOT EXISTS log_entries_come_once BEFORE INSERT ON log_entries
    WHEN EXISTS (SELECT 1 FROM log_entries WHERE commitment = NEW.commitment)
    BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER IF NOT EXISTS log_entries_come_without_a_place BEFORE INSERT ON log_entries
    WHEN NEW.place IS NOT NULL OR EXISTS (SELECT 1 FROM log_entries WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_entries_keep_their_place BEFORE UPDATE ON log_entries
    WHEN OLD.place IS NOT NULL OR NEW.place IS NULL OR NEW.id <> OLD.id OR NEW.commitment <> OLD.commitment
        OR EXISTS (SELECT 1 FROM log_entries WHERE place = NEW.place)
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_entries_stay BEFORE DELETE ON log_entries
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_tiles_are_not_replaced BEFORE INSERT ON log_tiles
    WHEN EXISTS (SELECT 1 FROM log_tiles WHERE level = NEW.level AND number = NEW.number)
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_tiles_only_grow BEFORE UPDATE ON log_tiles
    WHEN NEW.level <> OLD.level OR NEW.number <> OLD.number
        OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_tiles_stay BEFORE DELETE ON log_tiles
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_checkpoints_only_follow BEFORE INSERT ON log_checkpoints
    WHEN NEW.size <= (SELECT max(size) FROM log_checkpoints)
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_checkpoints_only_gain_cosignatures BEFORE UPDATE ON log_checkpoints
    WHEN NEW.size <> OLD.size OR substr(NEW.note, 1, length(OLD.note)) <> OLD.note
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS log_checkpoints_stay BEFORE DELETE ON log_checkpoints
    BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
"""


def insert_commitments(connection: sqlite3.Connection, commitments: Iterable[str]) -> None:
    """Puts commitments into the log as part of whatever transaction the caller has open; the caller commits.

    One that is there already is left as it is, so that a step which is run again does no harm.
    """
    connection.executemany(
        "INSERT OR IGNORE INTO log_entries (commitment) VALUES (?)", ((read_leaf(each),) for each in commitments)
    )


class SqliteLog:
    """A log in one SQLite file; with its key it can sequence, without it only read and prove.

    Takes    path: the file, made if there is none; origin: the log's name; key: what it signs checkpoints with.
    Use each one in one thread. Any number of processes may append at once.
    """

    def __init__(self, path: Path, origin: str, key: SigningKey | None = None, *, wait_seconds: float = 30) -> None:
        check_origin(origin)
        self.origin = origin
        self._key = key
        with _one_family():
            self.connection = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)
            self.connection.execute("PRAGMA journal_mode = WAL")
            # A commitment that was taken in must survive the loss of power.
            self.connection.execute("PRAGMA synchronous = FULL")
            self.connection.executescript(SCHEMA)
            newest = self._newest_note()
        if newest is not None and parse_checkpoint(newest).origin != origin:
            self.close()
            raise LogUnavailable(
                "this file holds another log", fix="Give the name that the log was made with.", where="origin"
            )

    def close(self) -> None:
        """Lets go of the file."""
        self.connection.close()

    def __enter__(self) -> "SqliteLog":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def append(self, *commitments: str) -> None:
        """Takes commitments in, durably, all or none; one that is there already is left as it is."""
        for each in commitments:
            read_leaf(each)
        with self._transaction():
            insert_commitments(self.connection, commitments)

    def sequence(self) -> Checkpoint:
        """Gives every waiting commitment its place, and signs a checkpoint over all of them; all or nothing."""
        if self._key is None:
            raise NotAKeeper("this log was opened without its key", fix="Open it with the key it signs with.")
        with self._transaction():
            newest = self._newest_note()
            tiles, old_size = _Tiles(self.connection), 0
            if newest is not None:
                old = parse_checkpoint(newest)
                old_size = old.size
                if tree.compute_root(tiles, old_size) != old.root_bytes:
                    raise _damaged("its tree is not the one that its newest checkpoint signed")
            size = self._place_waiting(tiles, old_size)
            if newest is not None and size == old_size:
                return old
            note = sign_checkpoint(self.origin, size, tree.compute_root(tiles, size), self._key)
            self.connection.execute("INSERT INTO log_checkpoints VALUES (?, ?)", (size, note))
        return parse_checkpoint(note)

    def checkpoint(self) -> Checkpoint:
        """The newest checkpoint, with the cosignatures collected for it."""
        with self._reading():
            return self._find_checkpoint(None)

    def keep_cosignatures(self, note: str, witnesses: Keys) -> Checkpoint:
        """Keeps what witnesses among `witnesses` have added to one of this log's checkpoints."""
        given = parse_checkpoint(note)
        found = read_cosignatures(note, witnesses)
        with self._transaction():
            row = self.connection.execute("SELECT note FROM log_checkpoints WHERE size = ?", (given.size,)).fetchone()
            kept = parse_checkpoint(row[0]) if row else None
            if kept is None or (kept.origin, kept.root) != (given.origin, given.root) or not found:
                raise BadCheckpoint(
                    "no known witness has cosigned a checkpoint of this log",
                    fix="Give the text that a witness sent back.",
                )
            new = kept.note + "".join(each.line for each in found if each.line not in kept.note)
            self.connection.execute("UPDATE log_checkpoints SET note = ? WHERE size = ?", (new, given.size))
        return parse_checkpoint(new)

    def prove_inclusion(self, commitment: str, size: int | None = None) -> InclusionProof:
        """The proof that a checkpoint of `size` entries, by default the newest, covers a commitment."""
        with self._reading():
            checkpoint = self._find_checkpoint(size)
            row = self.connection.execute(
                "SELECT place FROM log_entries WHERE commitment = ?", (read_leaf(commitment),)
            ).fetchone()
            if row is None or row[0] is None or row[0] >= checkpoint.size:
                raise NotLogged(
                    "this is not in the log, or has no place in it yet",
                    where=commitment,
                    fix="Append it and run the sequencer.",
                )
            path = tree.prove_inclusion(_Tiles(self.connection), row[0], checkpoint.size)
        proof = InclusionProof(index=row[0], size=checkpoint.size, path=tuple(each.hex() for each in path))
        if not proof.holds(commitment, checkpoint):
            raise _damaged("an entry is not the one that its checkpoint signed")
        return proof

    def prove_consistency(self, old_size: int, size: int | None = None) -> ConsistencyProof:
        """The proof that a checkpoint, by default the newest, extends the one that had `old_size` entries."""
        with self._reading():
            old, new = self._find_checkpoint(old_size), self._find_checkpoint(size)
            path = tree.prove_consistency(_Tiles(self.connection), old.size, new.size)
        proof = ConsistencyProof(old_size=old.size, size=new.size, path=tuple(each.hex() for each in path))
        if not proof.holds(old, new):
            raise _damaged("two of its checkpoints contradict each other")
        return proof

    def audit(self) -> Checkpoint:
        """Works the whole tree out again from the entries, and holds it against every checkpoint that was signed."""
        with self._reading():
            places = self.connection.execute(
                "SELECT place, commitment FROM log_entries WHERE place IS NOT NULL ORDER BY place"
            )
            checkpoints = self.connection.execute("SELECT note FROM log_checkpoints ORDER BY size")
            signed = [parse_checkpoint(note) for (note,) in checkpoints]
            peaks: list[tuple[int, bytes]] = []
            size, waiting = 0, list(reversed(signed))
            for place, commitment in itertools.chain(places, [(None, b"")]):
                while waiting and waiting[-1].size == size:
                    if _fold_peaks(peaks) != waiting.pop().root_bytes:
                        raise _damaged(f"its first {size} entries are not what was signed")
                if place is None:
                    break
                if place != size:
                    raise _damaged(f"entry {size} is missing")
                _push_peak(peaks, tree.hash_leaf(commitment))
                size += 1
        if waiting or size != (signed[-1].size if signed else 0):
            raise _damaged("its entries and its checkpoints do not end together")
        if not signed:
            raise NotLogged("the log has no checkpoint yet", fix="Run the sequencer first.")
        return signed[-1]

    def _place_waiting(self, tiles: "_Tiles", size: int) -> int:
        """Gives waiting entries their places, from `size` on, and returns the new size."""
        waiting = "SELECT id, commitment FROM log_entries WHERE place IS NULL ORDER BY id LIMIT ?"
        while rows := self.connection.execute(waiting, (_BATCH,)).fetchall():
            self.connection.executemany(
                "UPDATE log_entries SET place = ? WHERE id = ?", [(size + n, row[0]) for n, row in enumerate(rows)]
            )
            tiles.extend(0, size, [tree.hash_leaf(row[1]) for row in rows])
            size += len(rows)
        return size

    def _newest_note(self) -> str | None:
        row = self.connection.execute("SELECT note FROM log_checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        return row[0] if row else None

    def _find_checkpoint(self, size: int | None) -> Checkpoint:
        if size is None:
            note = self._newest_note()
        else:
            row = self.connection.execute("SELECT note FROM log_checkpoints WHERE size = ?", (size,)).fetchone()
            note = row[0] if row else None
        if note is None:
            raise NotLogged("the log has no such checkpoint", fix="Run the sequencer first, or name another size.")
        return parse_checkpoint(note)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, holding the one write lock that SQLite has."""
        with _one_family():
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.connection.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """One unchanging view of the log, while others append and sequence."""
        with _one_family():
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                self.connection.execute("ROLLBACK")


class _Tiles:
    """The stored hashes, 256 to a tile; what was read once is kept for as long as this object lives."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._read: dict[tuple[int, int], bytes] = {}

    def read(self, level: int, index: int) -> bytes:
        above, below = level - level % TILE_LEVELS, level % TILE_LEVELS
        number, offset = divmod(index << below, TILE)
        hashes = self._tile(above, number)[offset * 32 : (offset + (1 << below)) * 32]
        if len(hashes) != 32 << below:
            raise _damaged("part of its tree is missing")
        return tree.fold([hashes[at : at + 32] for at in range(0, len(hashes), 32)])

    def extend(self, level: int, held: int, hashes: list[bytes]) -> None:
        """Adds hashes to a level that has `held` of them, and the roots of the tiles that this fills one level up."""
        full, at = [], 0
        first = held // TILE
        while at < len(hashes):
            number, filled = divmod(held, TILE)
            start = self._tile(level, number) if filled else b""
            if len(start) != filled * 32:
                raise _damaged("part of its tree is missing")
            taken = hashes[at : at + TILE - filled]
            tile = self._read[level, number] = start + b"".join(taken)
            write = (
                "UPDATE log_tiles SET hashes = ? WHERE level = ? AND number = ?"
                if filled
                else "INSERT INTO log_tiles (hashes, level, number) VALUES (?, ?, ?)"
            )
            self._connection.execute(write, (tile, level, number))
            if len(tile) == TILE * 32:
                full.append(tree.fold([tile[each : each + 32] for each in range(0, len(tile), 32)]))
            at, held = at + len(taken), held + len(taken)
        if full:
            self.extend(level + TILE_LEVELS, first, full)

    def _tile(self, level: int, number: int) -> bytes:
        if (level, number) not in self._read:
            row = self._connection.execute(
                "SELECT hashes FROM log_tiles WHERE level = ? AND number = ?", (level, number)
            ).fetchone()
            self._read[level, number] = row[0] if row else b""
        return self._read[level, number]


def _push_peak(peaks: list[tuple[int, bytes]], leaf: bytes) -> None:
    """Adds a leaf to the complete subtrees, tallest first, that a tree is made of."""
    level, found = 0, leaf
    while peaks and peaks[-1][0] == level:
        found = tree.hash_node(peaks.pop()[1], found)
        level += 1
    peaks.append((level, found))


def _fold_peaks(peaks: list[tuple[int, bytes]]) -> bytes:
    """The root of a tree that is made of these complete subtrees."""
    found = tree.EMPTY_ROOT
    for n, (_, each) in enumerate(reversed(peaks)):
        found = tree.hash_node(each, found) if n else each
    return found


def _damaged(what: str) -> LogDamaged:
    return LogDamaged(f"the log is damaged: {what}", fix="Stop using this file, and restore it from a backup.")


@contextmanager
def _one_family() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(
            f"the log's file cannot be used: {error}",
            fix="Check that it is a log, that nobody else holds it, and that the disk has room.",
        ) from None
