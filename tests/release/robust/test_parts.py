"""A long run in parts: the same rows as in one go, taken over by the next run, and all or nothing as ever."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.records.sealing import Passphrase, make_reader_key
from fairshare.release import parts_packing
from fairshare.release.delivery import open_release
from fairshare.release.flow import Handover, recover
from fairshare.release.manifest import name_sealed
from fairshare.release.packing import ReleaseCancelled
from fairshare.release.parts import NOTE, PartsBusy, discard_parts, list_waiting, open_parts
from fairshare.release.parts_packing import PartsUnfit, plan_parts
from fairshare.release.treatments_groups import SmallGroups
from tests.release.flow.stories import (
    READER_SECRET,
    TRUSTED,
    FileBook,
    make_ports,
    make_study_table,
    to_reader,
    write_people,
)
from tests.release.robust.long_tables import (
    FILTERED,
    GROUPED,
    PLAN,
    ROWS,
    Watching,
    count_noted,
    make_long,
    open_rows,
    read_rows,
    release_table,
    works,
    write_long,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_long(tmp_path / "inputs")
    return tmp_path


def stop_after(parts: int, folder: Path) -> Any:
    """Progress that stops a release as soon as so many parts are noted."""

    def tell(share: float) -> None:
        if count_noted(folder) >= parts:
            raise ReleaseCancelled("stopped", fix="Go on later.")

    return tell


def cut_short(table: Any, folder: Path, parts: int = 2, **given: Any) -> None:
    """A release that is stopped once some parts are finished."""
    with pytest.raises(ReleaseCancelled):
        release_table(table, folder, salt="c" * 32, on_progress=stop_after(parts, folder), **given)
    assert parts <= count_noted(folder) < 6


def made_before(watching: Watching) -> bool:
    """Whether the release that was watched took over parts of an earlier run."""
    (section,) = (each for each in watching.reports[-1].sections if each.name == "parts")
    return len(section.says) == 2


def release_watched(table: Any, folder: Path, **given: Any) -> tuple[Any, Watching]:
    watching = Watching()
    ports = replace(make_ports(FileBook(folder / "book")), guards=(watching,))
    return release_table(table, folder, ports=ports, **given), watching


@pytest.mark.parametrize("plan", [PLAN, FILTERED, GROUPED])
def test_a_table_in_parts_has_the_rows_and_counts_of_the_same_table_in_one_go(folder: Path, plan: bytes) -> None:
    whole, seen = release_watched(make_long(folder / "inputs", plan, rows_per_part=10**9), folder, salt="1" * 32)
    parts, seen_too = release_watched(make_long(folder / "inputs", plan), folder, salt="2" * 32)
    assert whole.manifest.outcome.files[0].name == "study.parquet"
    assert [each.name for each in parts.manifest.outcome.files][:6] == [f"study-000{n}.parquet" for n in range(1, 7)]
    assert open_rows(whole, folder) == open_rows(parts, folder)
    assert whole.manifest.outcome.counts == parts.manifest.outcome.counts
    assert whole.manifest.outcome.counts.rows_sent > 3000
    assert seen.reports[0].groups == seen_too.reports[0].groups
    assert works(folder) == []


@settings(max_examples=8, deadline=None)
@given(rows=st.lists(st.integers(0, 700), min_size=1, max_size=3), per_part=st.integers(90, 900), grouped=st.booleans())
def test_every_row_of_a_folder_is_in_exactly_one_part(
    tmp_path_factory: pytest.TempPathFactory, rows: list[int], per_part: int, grouped: bool
) -> None:
    folder, first = tmp_path_factory.mktemp("cut"), 0
    for number, count in enumerate(rows):
        write_long(folder / "inputs" / "people", count, name=f"{number}.parquet", group=2048, first=first)
        first += count
    plan = (GROUPED if grouped else FILTERED).replace(b"parquet, path: people.parquet", b"parquet_folder, path: people")
    in_parts = release_table(make_long(folder / "inputs", plan, rows_per_part=per_part), folder, salt="1" * 32)
    in_one = release_table(make_long(folder / "inputs", plan, rows_per_part=10**9), folder, salt="2" * 32)
    assert open_rows(in_parts, folder) == open_rows(in_one, folder)
    assert in_parts.manifest.outcome.counts == in_one.manifest.outcome.counts


@pytest.mark.parametrize("plan", [PLAN, GROUPED])
def test_the_next_run_makes_only_the_parts_that_are_missing(folder: Path, plan: bytes) -> None:
    table = make_long(folder / "inputs", plan)
    cut_short(table, folder)
    (work,) = works(folder)
    before = {each.name: each.stat().st_ino for each in work.glob("*.age")}
    assert not list((folder / "out").glob("release-*")), "nothing is to be seen of parts before the rename"
    recover(folder / "out", FileBook(folder / "book"))
    assert count_noted(folder) >= 2, "a recovery leaves what can be continued"
    released, watching = release_watched(table, folder)
    assert made_before(watching)
    assert {name: (released.folder / name).stat().st_ino for name in before} == before
    assert works(folder) == []
    whole = release_table(make_long(folder / "inputs", plan, rows_per_part=10**9), folder, salt="9" * 32)
    assert open_rows(released, folder) == open_rows(whole, folder)
    assert released.manifest.outcome.counts == whole.manifest.outcome.counts


def test_parts_as_csv_carry_a_heading_each_and_are_read_as_one(folder: Path) -> None:
    released = release_table(make_long(folder / "inputs", format="csv"), folder)
    (folder / "opened").mkdir()
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=folder / "opened")
    with duckdb.connect() as session:
        found = session.execute(f"SELECT count(*), count(DISTINCT person) FROM '{opened.folder}/*.csv'").fetchone()
    assert found == (ROWS, ROWS)


def change_source(folder: Path) -> dict[str, Any]:
    write_long(folder / "inputs", ROWS - 1)
    return {}


def touch_source(folder: Path) -> dict[str, Any]:
    os.utime(folder / "inputs" / "people.parquet", ns=(1, 1))
    return {}


class OtherKey:
    """A key of the same id that is another key."""

    def key_for(self, key_id: str) -> bytes:
        return b"another key that is long enough!"


CHANGES: dict[str, Any] = {
    "source": change_source,
    "time of the source": touch_source,
    "plan": lambda folder: {"plan": FILTERED},
    "key": lambda folder: {"keys": OtherKey()},
    "size of the parts": lambda folder: {"rows_per_part": 1500},
    "format": lambda folder: {"format": "csv"},
}


@pytest.mark.parametrize("what", CHANGES)
def test_parts_of_anything_else_are_never_taken_over(folder: Path, what: str) -> None:
    cut_short(make_long(folder / "inputs"), folder)
    changes = CHANGES[what](folder)
    plan = changes.pop("plan", PLAN)
    released, watching = release_watched(make_long(folder / "inputs", plan, **changes), folder)
    assert not made_before(watching)
    assert len(works(folder)) == 1, "what was cut short still waits, for its own release or its age"
    assert released.manifest.outcome.counts.rows_read == (ROWS - 1 if what == "source" else ROWS)


def test_parts_for_another_reader_are_never_taken_over(folder: Path) -> None:
    cut_short(make_long(folder / "inputs"), folder)
    key, secret = make_reader_key()
    released, watching = release_watched(make_long(folder / "inputs"), folder, to=to_reader(folder / "out", key))
    assert not made_before(watching)
    assert len(open_rows(released, folder, secret)) == ROWS


def test_with_a_passphrase_nothing_waits_because_nothing_could_be_continued(folder: Path) -> None:
    to = Handover(folder / "out", Passphrase("copper lantern orbit meadow thistle anchor"))
    table = make_long(folder / "inputs")

    def stop(share: float) -> None:
        if share > 0.4:
            raise ReleaseCancelled("stopped", fix="Go on later.")

    with pytest.raises(ReleaseCancelled):
        release_table(table, folder, to=to, on_progress=stop)
    assert works(folder) == []
    assert list((folder / "out" / ".staging").iterdir()) == []
    assert release_table(table, folder, to=to).manifest.outcome.counts.rows_sent == ROWS


@pytest.mark.parametrize("harm", ["cut the last line off", "damage a part", "remove a part", "rubbish"])
def test_what_the_power_failure_spoilt_is_made_again(folder: Path, harm: str) -> None:
    table = make_long(folder / "inputs")
    cut_short(table, folder, parts=3)
    (work,) = works(folder)
    note, part = work / NOTE, work / name_sealed(2)
    if harm == "cut the last line off":
        note.write_bytes(note.read_bytes()[:-30])
    elif harm == "damage a part":
        spoilt = bytearray(part.read_bytes())
        spoilt[len(spoilt) // 2] ^= 1
        part.write_bytes(spoilt)
    elif harm == "remove a part":
        part.unlink()
    else:
        note.write_bytes(random.Random(5).randbytes(3000))
    released, watching = release_watched(table, folder)
    assert made_before(watching) is (harm != "rubbish")
    assert len({row[0] for row in open_rows(released, folder)}) == ROWS


def test_small_groups_are_refused_before_any_part_is_made(folder: Path) -> None:
    refusing = GROUPED.replace(b"suppress_small_groups", b"check_k_anonymity").replace(b"k: 40", b"k: 5000")
    with pytest.raises(SmallGroups):
        release_table(make_long(folder / "inputs", refusing), folder)
    assert count_noted(folder) == 0


def test_unfinished_work_goes_when_it_is_asked_for_or_old_but_not_while_somebody_is_at_it(folder: Path) -> None:
    cut_short(make_long(folder / "inputs"), folder)
    out, (waiting,) = folder / "out", list_waiting(folder / "out")
    assert waiting.finished >= 2
    now = datetime.now(UTC)
    assert discard_parts(out, older_than=now - timedelta(days=1)) == 0
    assert discard_parts(out, older_than=now + timedelta(days=1)) == 1
    assert list_waiting(out) == ()
    with open_parts(out, {"some": "work"}), pytest.raises(PartsBusy), open_parts(out, {"some": "work"}):
        pass
    with open_parts(out, {"some": "work"}):
        assert discard_parts(out) == 0
    assert discard_parts(out) == 1


@pytest.mark.parametrize(("plan", "changes"), [
    (b"", {"rows_per_part": 100}),
    (PLAN, {"rows_per_part": 0}),
    (PLAN, {"engine": "memory"}),
    (PLAN, {"rows_per_part": 1}),
])  # fmt: skip
def test_what_cannot_be_made_in_parts_is_refused_when_parts_were_asked_for(
    folder: Path, plan: bytes, changes: dict[str, Any]
) -> None:
    write_people(folder / "inputs")
    table = make_long(folder / "inputs", plan, **changes) if plan else None
    with pytest.raises(PartsUnfit):
        plan_parts(table or replace(make_study_table(folder / "inputs"), rows_per_part=100))


def test_a_long_source_is_made_in_parts_by_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = make_long(folder / "inputs", rows_per_part=None)
    assert plan_parts(table) == ()
    monkeypatch.setattr(parts_packing, "LONG", 2000)
    assert len(plan_parts(table)) == 3
    assert plan_parts(make_study_table(folder / "inputs")) == (), "what cannot be cut is made in one go"


def test_progress_grows_over_all_parts(folder: Path) -> None:
    shares: list[float] = []
    release_table(make_long(folder / "inputs", GROUPED), folder, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert Counter(round(share, 3) for share in shares)[1.0] == 1


def test_the_recipient_reads_the_opened_folder_as_one_table(folder: Path) -> None:
    released = release_table(make_long(folder / "inputs"), folder)
    assert len({person for person, _ in open_rows(released, folder)}) == ROWS
    (opened,) = (folder / "opened").glob("release-*")
    assert len(read_rows(opened)) == ROWS
