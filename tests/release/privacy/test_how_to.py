"""What the page on publishing statistics shows is what the program does, on the Rossi study itself."""

import csv
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "private-statistics.md").read_text("utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> dict[str, str]:
    """What each command of the page says, in its order, at a new desk."""
    folder = tmp_path_factory.mktemp("rossi")
    package = find_spec("lifelines")
    assert package is not None
    assert package.origin is not None
    rows = (Path(package.origin).parent / "datasets" / "rossi.csv").read_text().splitlines()
    numbered = [f"{number},{row}" for number, row in enumerate(rows[1:], start=1)]
    (folder / "rossi.csv").write_text("\n".join([f"id,{rows[0]}", *numbered]) + "\n")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "160")
        runner = CliRunner()
        person = "Ada Price, data protection officer: decider"
        start = ["start", "desk", "--organisation", "Harbour Council", "--person", person]
        assert runner.invoke(app, start).exit_code == 0
        patch.setenv("FAIRSHARE_DESK", "desk")
        found = {}
        for command in COMMANDS:
            done = runner.invoke(app, shlex.split(command)[1:])
            assert done.exit_code == 0, (command, done.output)
            found[" ".join(shlex.split(command)[1:3])] = done.output
        found["again"] = runner.invoke(app, [*shlex.split(COMMANDS[3])[1:-1], "again.csv"]).output
        found["other"] = runner.invoke(app, ["statistics", "run", "statistics.yaml", "--out", "statistics.csv"]).output
        found["history"] = runner.invoke(app, ["budget", "history"]).output
        found["shown"] = runner.invoke(app, ["budget", "show"]).output
        for_one = ["--epsilon", "1", "--reason", "agreed", "--for", "Mid Universtiy"]
        found["for one"] = runner.invoke(app, ["budget", "set", "prison-leavers", *for_one]).output
        for name in ("statistics", "table"):
            found[f"{name}.csv"] = (folder / f"{name}.csv").read_text()
            assert (folder / f"{name}.csv").stat().st_mode & 0o777 == 0o600
    return found


def test_accuracy_is_told_before_there_is_a_budget(said):
    assert "95% within plus or minus" in said["statistics accuracy"]
    assert re.search(r"people\s+fin\s+2\s+2.5\s+7", said["statistics accuracy"])


def test_the_budget_is_shown_as_a_picture(said):
    assert "Ada Price set 3" in said["budget set"]
    assert "[........................................] 0 of 3, 3 left" in said["budget show"]


def test_the_bound_that_does_not_count_is_marked_and_a_recipient_whom_nobody_knows_is_told_of(said):
    assert re.search(r"added up 2, accounted [0-9.]+ \(not used\) at delta 1e-05", said["shown"])
    assert "No decision or agreement here names this recipient" in said["for one"]
    assert "No decision" not in said["budget set"]


def test_statistics_are_made_in_house_and_spend_the_budget(said):
    assert "This is not a release: nothing has left." in said["statistics run"]
    rows = list(csv.DictReader(said["statistics.csv"].splitlines()))
    assert [row["statistic"] for row in rows] == ["people", "people", "arrested", "arrested", "age"]
    assert all(abs(float(row["value"]) - 216) < 60 for row in rows[:2])
    assert 17 <= float(rows[-1]["value"]) <= 45
    assert "asked and told on" in said["again"]
    assert (
        said["history"].count("spent") == 2
    )  # the run of the page, and the one after it; a file in the way cost nothing


def test_the_audit_holds(said):
    assert said["statistics audit"].count("yes") == 5


def test_the_plain_table_leaves_out_small_cells_and_others(said):
    rows = list(csv.DictReader(said["table.csv"].splitlines()))
    assert len(rows) == 27
    assert sum(row["shown"] == "suppressed" for row in rows) >= 4
    shown = [int(row["value"]) for row in rows if row["shown"] == "yes"]
    assert all(value == 0 or value >= 10 for value in shown)
    total = next(row for row in rows if {row["race"], row["mar"], row["arrest"]} == {"total"})
    assert total["value"] in ("432", "")
