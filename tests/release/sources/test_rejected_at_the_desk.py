"""Rows that a release rejects stay at the desk, in a file for its own account, until the release is disposed of."""

from __future__ import annotations

import json
from pathlib import Path

from fairshare.desk.dispose_record import dispose_of_record
from fairshare.desk.ports import Desk
from fairshare.desk.release_case import Wanted, recover_releases, release_case
from fairshare.records import ReleaseKind
from fairshare.release.rejected_guard import RejectedGuard, name_rejected
from fairshare.release.staging import Attempt
from tests.desk.test_use_cases import (  # noqa: F401 (fixtures)
    EVERYBODY,
    POLICE_READER,
    clock,
    decide_it,
    desk,
    same_law,
)
from tests.release.custody.test_desk import PLAN, make_table


def release(desk: Desk, folder: Path, rows: str):  # noqa: F811
    decide_it(desk)
    table = make_table(folder, PLAN)
    (folder / "log.csv").write_text(rows)
    wanted = Wanted(ReleaseKind.TABLE, ("i2",), table, "portal", readers=(POLICE_READER,))
    return release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)


def test_rejected_rows_are_kept_whole_by_the_release_and_go_with_it(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    released = release(desk, tmp_path, "id,door\n1,north\n2 Secret Street\n3,west,Secret\n")
    release_id = released.manifest.release.id
    kept = desk.files.path(name_rejected(release_id))
    assert kept.stat().st_mode & 0o777 == 0o600
    assert [json.loads(line) for line in kept.read_text().splitlines()] == [
        {"row": 3, "reason": "too few cells", "cells": ["2 Secret Street"]},
        {"row": 4, "reason": "too many cells", "cells": ["3", "west", "Secret"]},
    ]
    assert name_rejected(release_id) in released.sheet
    assert "Secret" not in released.sheet
    assert not [path for path in released.folder.rglob("*") if "rejected" in path.name]
    # Told again, as a recovery would, nothing moves; with nothing left to finish, the file stays.
    RejectedGuard(kept.parent).settle(released, Attempt(tmp_path))
    assert recover_releases(desk) == ()
    assert kept.exists()
    dispose_of_record(desk, EVERYBODY, "c1", release_id, reason="Retention ended")
    assert not kept.exists()


def test_a_release_that_was_killed_after_its_rename_keeps_them_when_it_is_recovered(
    desk: Desk,  # noqa: F811
    tmp_path: Path,
) -> None:
    released = release(desk, tmp_path, "id,door\n1,north\n2\n")
    kept = desk.files.path(name_rejected(released.manifest.release.id))
    attempt = Attempt(tmp_path / "attempt")
    attempt.folder.mkdir()
    kept.rename(attempt.folder / "rejected.jsonl")
    RejectedGuard(kept.parent).settle(released, attempt)
    assert json.loads(kept.read_text())["row"] == 3


def test_without_rejected_rows_no_file_is_made(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    released = release(desk, tmp_path, "id,door\n1,north\n")
    assert not desk.files.path(name_rejected(released.manifest.release.id)).exists()
    assert "rejected/" not in released.sheet
