"""A release in five lines of Python keeps to the same checks as one at the desk."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fairshare.desk.release_table import release_table
from fairshare.desk.workspace import open_desk, record_reader
from fairshare.records import make_reader_key
from fairshare.release import open_plan
from fairshare.words import FairshareError
from tests.release.delivery.made import make_desk, start_sharing
from tests.release.flow.stories import STUDY_PLAN, OneKey, nothing_changed, write_people

KEYS = {"agreement-7": OneKey().key_for("agreement-7")}


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """All that a release of the study's table takes."""
    sharing = start_sharing(make_desk(tmp_path / "desk"))
    key = make_reader_key()[0]
    record_reader(
        sharing.root, sharing.recipient, key, checked_by="Jo Field", how="read back", checked_on=date(2026, 11, 1)
    )
    write_people(tmp_path)
    (tmp_path / "plan.yaml").write_bytes(STUDY_PLAN)
    return {
        "desk": sharing.root, "case": sharing.case, "plan": open_plan(tmp_path / "plan.yaml"), "items": ["i1", "i2"],
        "channel": "secure email", "to": [key], "by": "Jo Field", "keys": KEYS,
        "law_today": nothing_changed,
    }  # fmt: skip


def test_a_table_is_released_and_its_sheets_are_kept_at_the_desk(given: dict[str, Any]) -> None:
    released = release_table(**given)
    assert released.folder.is_dir()
    with open_desk(given["desk"]) as desk:
        kept = desk.files.names("sheets")
    assert sorted(Path(each).suffix for each in kept) == [".html", ".json", ".pdf"]


@pytest.mark.parametrize(
    "changes",
    [
        {"case": "another-case"},
        {"by": "Lee Moss"},
        {"by": "Nobody"},
        {"items": ["i1", "i2", "i3"]},
        {"to": [make_reader_key()[0]]},
        {"to": []},
        {"keys": {}},
    ],
    ids=["no decision", "not theirs to do", "unknown person", "withheld item", "unchecked key", "nobody", "no key"],
)
def test_without_what_a_desk_asks_for_nothing_leaves(given: dict[str, Any], changes: dict[str, Any]) -> None:
    with pytest.raises(FairshareError):
        release_table(**given | changes)
    assert list(Path(given["desk"]).rglob("release-*")) == []
