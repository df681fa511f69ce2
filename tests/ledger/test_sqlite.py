"""The log in a file: what it promises while it is written to, interrupted, shared, damaged and tampered with."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from fairshare.ledger import (
    BadCheckpoint,
    BadCommitment,
    Checkpoint,
    LogDamaged,
    LogUnavailable,
    NotAKeeper,
    NotLogged,
    SqliteLog,
    check_checkpoint,
    insert_commitments,
    witness_checkpoint,
)
from fairshare.records import Keys, SigningKey
from fairshare.words import FairshareError
from tests.ledger.test_tree import mth
from tests.records.examples import HOLDER_KEY, LOG_KEY, NOON, POLICE_KEY

ORIGIN = "harbour.example/log"
LOG = Keys.of([LOG_KEY.public])


def commit(n: int) -> str:
    return "sha256:" + sha256(f"entry {n}".encode()).hexdigest()


def leaves(*numbers: int) -> list[bytes]:
    return [bytes.fromhex(commit(n)[7:]) for n in numbers]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    with SqliteLog(tmp_path / "log.db", ORIGIN, LOG_KEY) as opened:
        yield opened


def test_an_entry_has_no_place_until_the_sequencer_has_run(log: SqliteLog) -> None:
    log.append(commit(1))
    with pytest.raises(NotLogged):
        log.prove_inclusion(commit(1))
    checkpoint = log.sequence()
    assert (checkpoint.size, checkpoint.root_bytes) == (1, mth(leaves(1)))
    assert log.prove_inclusion(commit(1)).holds(commit(1), check_checkpoint(checkpoint.note, LOG)[0])


def test_entries_keep_the_order_in_which_they_came(log: SqliteLog) -> None:
    log.append(commit(3), commit(1))
    log.append(commit(2))
    assert log.sequence().root_bytes == mth(leaves(3, 1, 2))


def test_the_same_entry_again_changes_nothing(log: SqliteLog) -> None:
    log.append(commit(1), commit(2), commit(1))
    first = log.sequence()
    log.append(commit(2))
    assert log.sequence() == first
    assert first.size == 2


def test_an_empty_log_has_a_checkpoint_too(log: SqliteLog) -> None:
    with pytest.raises(NotLogged):
        log.checkpoint()
    empty = log.sequence()
    assert (empty.size, empty.root_bytes) == (0, mth([]))
    log.append(commit(1))
    assert log.prove_consistency(0, log.sequence().size).holds(empty, log.checkpoint())


def test_only_commitments_get_in(log: SqliteLog) -> None:
    for text in (
        "",
        "Kit Marsh-Heron",
        "sha256:" + "AB" * 32,
        "sha256:" + "0" * 63,
        commit(1) + "\n",
        "md5:" + "0" * 64,
    ):
        with pytest.raises(BadCommitment):
            log.append(commit(9), text)
    assert log.sequence().size == 0


def test_proofs_hold_across_many_tiles(log: SqliteLog) -> None:
    checkpoints = []
    for first, last in ((0, 255), (255, 256), (256, 257), (257, 1_000), (1_000, 66_000), (66_000, 66_001)):
        log.append(*(commit(n) for n in range(first, last)))
        checkpoints.append(log.sequence())
    newest = log.audit()
    assert newest.root_bytes == mth(leaves(*range(66_001)))
    for old in checkpoints:
        assert log.prove_consistency(old.size).holds(old, newest)
        for n in {0, old.size // 2, old.size - 1}:
            assert log.prove_inclusion(commit(n)).holds(commit(n), newest)
            assert log.prove_inclusion(commit(n), old.size).holds(commit(n), old)


def test_an_entry_goes_in_with_the_callers_own_transaction_or_not_at_all(log: SqliteLog, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "log.db")) as connection:
        connection.execute("CREATE TABLE cases (ref TEXT)")
        for n, finish in ((1, connection.rollback), (2, connection.commit)):
            connection.execute("INSERT INTO cases VALUES (?)", (str(n),))
            insert_commitments(connection, [commit(n)])
            finish()
        assert connection.execute("SELECT ref FROM cases").fetchall() == [("2",)]
    assert log.sequence().root_bytes == mth(leaves(2))


def test_a_log_without_its_key_reads_and_proves_but_never_signs(log: SqliteLog, tmp_path: Path) -> None:
    log.append(commit(1))
    newest = log.sequence()
    with SqliteLog(tmp_path / "log.db", ORIGIN) as reader:
        assert reader.checkpoint() == newest
        assert reader.prove_inclusion(commit(1)).holds(commit(1), newest)
        with pytest.raises(NotAKeeper):
            reader.sequence()


def test_one_file_holds_one_log(log: SqliteLog, tmp_path: Path) -> None:
    log.sequence()
    with pytest.raises(LogUnavailable):
        SqliteLog(tmp_path / "log.db", "other.example/log", LOG_KEY)


@pytest.mark.parametrize(
    "found", [b"not a database at all, but long enough to be taken for one" * 20, b"SQLite format 3\x00" * 100]
)
def test_a_file_that_is_not_a_log_is_refused(tmp_path: Path, found: bytes) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(found)
    with pytest.raises(LogUnavailable):
        SqliteLog(path, ORIGIN)
    with pytest.raises(LogUnavailable):
        SqliteLog(tmp_path / "no" / "log.db", ORIGIN)


def test_while_one_sequencer_works_another_waits_and_then_gives_up(log: SqliteLog, tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.db", ORIGIN, LOG_KEY, wait_seconds=0) as other:
        log.connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogUnavailable):
            other.sequence()
        log.connection.execute("ROLLBACK")
        assert other.sequence().size == 0


def test_many_writers_and_two_sequencers_make_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    SqliteLog(path, ORIGIN).close()

    def write(first: int) -> None:
        with SqliteLog(path, ORIGIN) as writer:
            for n in range(first, first + 25):
                writer.append(commit(n))

    def place(_: int) -> None:
        with SqliteLog(path, ORIGIN, LOG_KEY) as sequencer:
            for _ in range(10):
                sequencer.sequence()

    with ThreadPoolExecutor(5) as pool:
        work = [pool.submit(act, n * 25) for n, act in enumerate((write, write, write, place, place))]
    for each in work:
        each.result()
    with SqliteLog(path, ORIGIN, LOG_KEY) as log:
        assert log.sequence().size == 75
        log.audit()
        for n in range(75):
            assert log.prove_inclusion(commit(n)).holds(commit(n), log.checkpoint())


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM log_entries",
        "DELETE FROM log_tiles",
        "DELETE FROM log_checkpoints",
        "UPDATE log_entries SET place = 7 WHERE place = 0",
        "UPDATE log_entries SET place = NULL",
        "UPDATE log_entries SET commitment = zeroblob(32)",
        "UPDATE log_entries SET id = id + 10",
        "UPDATE log_tiles SET hashes = zeroblob(64)",
        "UPDATE log_tiles SET number = 9",
        "UPDATE log_checkpoints SET note = ''",
        "UPDATE log_checkpoints SET size = 9",
        "REPLACE INTO log_entries (id, commitment) VALUES (1, zeroblob(32))",
        "REPLACE INTO log_checkpoints VALUES (2, 'x')",
        "REPLACE INTO log_tiles VALUES (0, 0, zeroblob(32))",
        "UPDATE OR REPLACE log_entries SET place = 0 WHERE place IS NULL",
        "INSERT INTO log_entries (commitment) VALUES (zeroblob(31))",
        "INSERT INTO log_entries (commitment, place) VALUES (zeroblob(32), 2)",
    ],
)
def test_the_file_itself_refuses_to_change_what_is_in_it(log: SqliteLog, statement: str) -> None:
    log.append(commit(1), commit(2))
    log.sequence()
    log.append(commit(3))
    with pytest.raises(sqlite3.IntegrityError):
        log.connection.execute(statement)
    assert log.audit().size == 2


def remove_triggers(log: SqliteLog) -> None:
    for (trigger,) in log.connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        log.connection.execute(f"DROP TRIGGER {trigger}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_entries SET commitment = zeroblob(32) WHERE place = 1",
        "UPDATE log_entries SET place = CASE place WHEN 0 THEN 1000 ELSE place END",
        "DELETE FROM log_entries WHERE place = 1",
        "DELETE FROM log_entries WHERE place = 4",
        "UPDATE log_checkpoints SET note = (SELECT note FROM log_checkpoints WHERE size = 3) WHERE size = 5",
        "DELETE FROM log_checkpoints WHERE size = 5",
    ],
)
def test_somebody_who_removes_the_triggers_and_changes_entries_is_found_by_the_audit(
    log: SqliteLog, statement: str
) -> None:
    log.append(*(commit(n) for n in range(3)))
    log.sequence()
    log.append(*(commit(n) for n in range(3, 5)))
    log.sequence()
    log.audit()
    remove_triggers(log)
    log.connection.execute(statement)
    with pytest.raises(LogDamaged):
        log.audit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_tiles SET hashes = zeroblob(64)",
        "UPDATE log_tiles SET hashes = substr(hashes, 1, 32)",
        "DELETE FROM log_tiles",
    ],
)
def test_a_damaged_tree_is_never_proved_from_nor_built_upon(log: SqliteLog, statement: str) -> None:
    log.append(commit(0), commit(1))
    log.sequence()
    remove_triggers(log)
    log.connection.execute(statement)
    with pytest.raises(LogDamaged):
        log.prove_inclusion(commit(0))
    log.append(commit(2))
    with pytest.raises(LogDamaged):
        log.sequence()
    assert log.connection.execute("SELECT count(*) FROM log_checkpoints").fetchone() == (1,)


def test_replacing_an_entry_by_itself_does_nothing(log: SqliteLog) -> None:
    log.append(commit(1), commit(2))
    log.sequence()
    log.connection.execute("REPLACE INTO log_entries (commitment) VALUES (?)", leaves(1))
    assert log.audit() == log.sequence()


def test_an_entry_that_was_swapped_for_another_is_not_proved(log: SqliteLog) -> None:
    log.append(commit(0), commit(1))
    log.sequence()
    log.connection.execute("DROP TRIGGER log_entries_keep_their_place")
    log.connection.execute("UPDATE log_entries SET commitment = ? WHERE place = 1", (leaves(7)[0],))
    with pytest.raises(LogDamaged):
        log.prove_inclusion(commit(7))


def test_it_keeps_what_known_witnesses_add_and_nothing_else(log: SqliteLog) -> None:
    note = log.sequence().note
    cosigned = witness_checkpoint(note, None, None, LOG, name="police.example", key=POLICE_KEY, at=NOON)
    with pytest.raises(BadCheckpoint):
        log.keep_cosignatures(cosigned, Keys.of([HOLDER_KEY.public]))
    witnesses = Keys.of([POLICE_KEY.public])
    assert log.keep_cosignatures(cosigned, witnesses) == log.keep_cosignatures(cosigned, witnesses) == log.checkpoint()
    assert log.checkpoint().note == cosigned
    with pytest.raises(BadCheckpoint):
        log.keep_cosignatures(cosigned.replace("\n0\n", "\n9\n"), witnesses)


class Crash(Exception):
    """The power goes while a transaction is open."""


class CrashingKey(SigningKey):
    """A key that is never reached, because the machine stopped first."""

    def sign(self, message: bytes) -> bytes:
        raise Crash


class LogMachine(RuleBasedStateMachine):
    """A log beside a list: whatever happens to it, it is the list."""

    checkpoints: Bundle[Checkpoint] = Bundle("checkpoints")

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "log.db"
        self.log = SqliteLog(self.path, ORIGIN, LOG_KEY)
        self.appended: list[int] = []
        self.placed = 0

    def teardown(self) -> None:
        if self.placed:
            self.log.audit()
        self.log.close()
        self.folder.cleanup()

    @rule(numbers=st.lists(st.integers(0, 400), max_size=40))
    def append(self, numbers: list[int]) -> None:
        self.log.append(*(commit(n) for n in numbers))
        self.appended += [n for n in dict.fromkeys(numbers) if n not in self.appended]

    @rule(first=st.integers(1_000, 9_000))
    def append_a_tile(self, first: int) -> None:
        self.append(list(range(first, first + 256)))

    @rule(target=checkpoints)
    def sequence(self) -> Checkpoint:
        checkpoint = self.log.sequence()
        self.placed = len(self.appended)
        assert checkpoint.root_bytes == mth(leaves(*self.appended))
        return checkpoint

    @rule(numbers=st.lists(st.integers(0, 400), min_size=1, max_size=5))
    def crash_while_appending(self, numbers: list[int]) -> None:
        connection = sqlite3.connect(self.path)
        insert_commitments(connection, [commit(n) for n in numbers])
        connection.close()

    @rule()
    def crash_while_sequencing(self) -> None:
        self.log.close()
        waiting = self.placed != len(self.appended)
        with SqliteLog(self.path, ORIGIN, CrashingKey(LOG_KEY.name, LOG_KEY.jwk)) as log:
            if waiting:
                with pytest.raises(Crash):
                    log.sequence()
        self.log = SqliteLog(self.path, ORIGIN, LOG_KEY)

    @rule(old=checkpoints, new=checkpoints)
    def prove_consistency(self, old: Checkpoint, new: Checkpoint) -> None:
        old, new = sorted((old, new), key=lambda each: each.size)
        assert self.log.prove_consistency(old.size, new.size).holds(old, new)

    @rule(old=consumes(checkpoints), n=st.integers(0))
    def prove_inclusion(self, old: Checkpoint, n: int) -> None:
        if old.size:
            number = self.appended[n % old.size]
            proof = self.log.prove_inclusion(commit(number), old.size)
            assert proof.index == n % old.size
            assert proof.holds(commit(number), old)
            assert not proof.holds(commit(-1), old)

    @invariant()
    def what_is_not_placed_is_not_proved(self) -> None:
        for number in self.appended[self.placed :][:1]:
            with pytest.raises(NotLogged):
                self.log.prove_inclusion(commit(number))


TestLogMachine = LogMachine.TestCase
TestLogMachine.settings = settings(stateful_step_count=20, max_examples=max(10, settings().max_examples // 2))

KILLED = """
import sys
from pathlib import Path
from fairshare.ledger import SqliteLog
from tests.ledger.test_sqlite import ORIGIN, commit
from tests.records.examples import LOG_KEY
with SqliteLog(Path(sys.argv[1]), ORIGIN, LOG_KEY) as log:
    first = int(sys.argv[2])
    while True:
        log.append(*(commit(n) for n in range(first, first + 50)))
        print(first + 50, flush=True)
        log.sequence()
        first += 50
"""


def test_a_process_that_is_killed_loses_nothing_it_was_told_is_kept(tmp_path: Path) -> None:
    path, kept, chance = tmp_path / "log.db", 0, random.Random(7)
    for _ in range(5):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), str(kept)],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            text=True,
        )
        assert process.stdout
        kept = int(process.stdout.readline())
        time.sleep(chance.random() / 20)
        process.send_signal(signal.SIGKILL)
        kept = max([kept, *(int(line) for line in process.stdout if line.endswith("\n"))])
        process.wait()
        process.stdout.close()
        with SqliteLog(path, ORIGIN, LOG_KEY) as log:
            size = log.sequence().size
            log.audit()
            assert size in (kept, kept + 50)
            assert log.checkpoint().root_bytes == mth(leaves(*range(size)))
            kept = size


def test_nothing_but_one_family_of_errors_comes_out_of_a_closed_log(log: SqliteLog) -> None:
    log.close()
    for attempt in (log.sequence, log.checkpoint, log.audit, lambda: log.append(commit(1))):
        with pytest.raises(FairshareError):
            attempt()
