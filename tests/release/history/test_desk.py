"""At a desk, a history that was removed is noticed, because the desk's own records say what went."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fairshare.desk.guards import find_history, find_went
from fairshare.desk.ports import Desk
from fairshare.desk.release_case import Wanted, release_case
from fairshare.records import ReleaseKind
from fairshare.release.history import HistoryDamaged
from tests.desk.test_use_cases import EVERYBODY, POLICE_READER, clock, desk, same_law  # noqa: F401 (fixtures)
from tests.release.custody.test_desk import make_table, release


def test_with_its_history_removed_a_desk_releases_no_table(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    first = release(desk, tmp_path).manifest.release.id
    assert find_went(desk) == {first}
    shutil.rmtree(find_history(desk).folder)
    wanted = Wanted(ReleaseKind.TABLE, ("i2",), make_table(tmp_path), "portal", readers=(POLICE_READER,))
    with pytest.raises(HistoryDamaged, match="does not know") as refused:
        release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)
    assert f"--earlier {first[7:23]}" in str(refused.value)
    assert "backup" in str(refused.value)
