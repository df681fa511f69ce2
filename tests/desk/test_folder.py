"""A folder of files is a set of desk adapters; killed at any instant, it holds a record and its entry, or neither."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fairshare.desk.folder import FolderStore, pending
from fairshare.records import encode
from tests.desk.contract import PortsContract
from tests.records.examples import LOG_KEY, SIGNED


@pytest.fixture
def reopen(tmp_path: Path) -> Iterator[Callable[[], FolderStore]]:
    opened: list[FolderStore] = []

    def open_again() -> FolderStore:
        opened.append(FolderStore.open(tmp_path / "desk", "harbour.example/log", LOG_KEY))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


class TestFolder(PortsContract):
    """The folder's adapters pass the contract."""


def test_only_the_owner_can_read_what_is_kept(reopen: Callable[[], FolderStore], tmp_path: Path) -> None:
    store = reopen()
    store.records.add(SIGNED[0])
    store.files.write("drafts/a.json", b"one")
    for path in (tmp_path / "desk").rglob("*"):
        if path.suffix == ".json":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_committed_change_is_put_in_place_on_the_next_opening_and_an_uncommitted_one_is_removed(
    reopen: Callable[[], FolderStore], tmp_path: Path
) -> None:
    store = reopen()
    store.records.add(SIGNED[0])
    folder = tmp_path / "desk" / "cases" / "hh-7"
    kept = folder / f"{SIGNED[0].id.removeprefix('sha256:')}.json"
    kept.replace(pending(kept))  # as a kill after the commit and before the rename leaves it
    store.log.connection.execute("INSERT INTO desk_unfinished VALUES (?)", (f"hh-7/{kept.name}",))
    pending(folder / "0.json").write_bytes(encode(SIGNED[1]))  # as a kill before the commit leaves it
    again = reopen()
    assert again.records.of_case("hh-7") == SIGNED[:1]
    assert [path.name for path in folder.iterdir()] == [kept.name]


WRITER = """
import sys
from pathlib import Path
from fairshare.desk.folder import FolderStore
from tests.records.examples import HOLDER_KEY, LOG_KEY, REQUEST, counting_entropy
from fairshare.records import new_salt, sign_record
store = FolderStore.open(Path(sys.argv[1]), "harbour.example/log", LOG_KEY)
draw = counting_entropy(sys.argv[2])
print("ready", flush=True)
while True:
    store.records.add(sign_record(REQUEST.model_copy(update={"salt": new_salt(draw)}), HOLDER_KEY))
"""


@pytest.mark.parametrize("attempt", range(6))
def test_killed_while_writing_every_record_kept_is_logged_and_every_entry_has_its_record(
    tmp_path: Path, attempt: int
) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "desk"), str(attempt)],
        stdout=subprocess.PIPE,
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}"},
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"ready\n"
        time.sleep(0.03 + 0.017 * attempt)
        writer.send_signal(signal.SIGKILL)
    store = FolderStore.open(tmp_path / "desk", "harbour.example/log", LOG_KEY)
    try:
        kept = store.records.of_case("hh-7")
        entries = store.log.connection.execute("SELECT count(*) FROM log_entries").fetchone()[0]
        assert entries == len(kept)
        if kept:
            checkpoint = store.log.sequence()
            assert all(store.log.prove_inclusion(each.id).holds(each.id, checkpoint) for each in kept)
        assert not list((tmp_path / "desk").rglob("*.pending"))
    finally:
        store.close()
