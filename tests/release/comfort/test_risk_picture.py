"""The risk of a plan is measured over every row before anything is run, on real tables, and shows no row."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from fairshare.cli.demo.published import read_rossi
from fairshare.release import open_plan
from fairshare.release.opened import OpenPlan
from fairshare.release.risk_picture import NoQuasiIdentifiers
from tests.release.comfort.test_plan_commands import run, run_json

PLAN = """
name: rearrest
source: {format: csv, path: rossi.csv, types: {age: integer}}
columns:
  - {column: week, treatment: pseudonymise, key: a-key-that-is-not-there}
  - {column: age, treatment: keep}
  - {column: prio, treatment: keep, sent_as: convictions}
groups:
  - {treatment: suppress_small_groups, columns: [age, convictions], k: 4}
"""


@pytest.fixture
def plan(tmp_path: Path) -> OpenPlan:
    (tmp_path / "rossi.csv").write_bytes(read_rossi())
    (tmp_path / "plan.yaml").write_text(PLAN)
    return open_plan(tmp_path / "plan.yaml")


def count_alone(plan: OpenPlan, *columns: str) -> int:
    """How many rows are alone in these columns, by plain Python."""
    head, *rows = (line.split(",") for line in (plan.base / "rossi.csv").read_text().splitlines())
    alike = Counter(tuple(row[head.index(name)] for name in columns) for row in rows)
    return sum(size for size in alike.values() if size == 1)


def test_the_picture_says_how_many_are_alone_before_and_after(plan: OpenPlan) -> None:
    (section,) = plan.risk().sections
    rows = {row[0]: row[1:] for row in section.rows}
    assert rows["1"] == (str(count_alone(plan, "age", "prio")), "0")
    assert [rows[band][1] for band in ("1", "2")] == ["0", "0"]
    (other,) = plan.risk("age").sections
    assert dict(row[:2] for row in other.rows)["1"] == str(count_alone(plan, "age"))
    assert "data:image/svg" in plan.risk()._repr_html_()


def test_a_preview_shows_the_picture_and_no_row(plan: OpenPlan) -> None:
    path = plan.base / "plan.yaml"
    assert "How easily somebody could be picked out" in run("plan", "preview", path).output
    assert "picked out" not in run("plan", "preview", path, "--no-risk").output
    (section,) = run_json("plan", "preview", path, "--known", "age")["risk"]
    assert section["says"]


@pytest.mark.parametrize("columns", [("prio",), ("age", "race")])
def test_a_column_that_is_not_sent_has_no_risk_to_show(plan: OpenPlan, columns: tuple[str, ...]) -> None:
    with pytest.raises(NoQuasiIdentifiers):
        plan.risk(*columns)


def test_without_groups_somebody_must_say_what_others_know(plan: OpenPlan, tmp_path: Path) -> None:
    (tmp_path / "bare.yaml").write_text(PLAN.split("groups:")[0])
    with pytest.raises(NoQuasiIdentifiers, match="not named"):
        open_plan(tmp_path / "bare.yaml").risk()
    assert "picked out" not in run("plan", "preview", tmp_path / "bare.yaml").output
