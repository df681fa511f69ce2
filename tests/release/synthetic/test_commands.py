"""The commands, and the page that shows how to use them."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.release.dummy import DummyUnfit, read_dummy_schema
from fairshare.release.pets.synthetic_plan import SyntheticPeople
from fairshare.release.plan import read_plan
from tests.release.synthetic.tables import ROOT, ROSSI, copy_rossi
from tools.reference import find_errors

PAGE = (ROOT / "docs" / "how-to" / "synthetic-data.md").read_text("utf-8")
PLAN_PAGE = (ROOT / "docs" / "reference" / "plan.md").read_text("utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def call(*words: str, folder: Path | None = None):
    done = CliRunner().invoke(app, [*words, "--json"], env={"COLUMNS": "200"})
    return done.exit_code, json.loads(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_on_the_page_has_the_options_it_is_shown_with(command):
    words = shlex.split(command)
    assert words[0] == "fairshare"
    shown = CliRunner().invoke(app, [*words[1:3], "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0, command
    for option in (word for word in words if word.startswith("--")):
        assert option in shown.output, option


def test_each_code_on_the_page_is_one_that_there_is():
    assert set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE)) - {"FAIRSHARE_WORKERS"} <= {
        each.code for each in find_errors()
    }


def test_the_plan_on_the_page_is_one_and_its_dummy_is_made_by_the_command(tmp_path):
    (tmp_path / "rossi.yaml").write_text(FILES["rossi.yaml"])
    assert isinstance(read_plan(FILES["rossi.yaml"].encode(), where="page").publish, SyntheticPeople)
    copy_rossi(tmp_path)
    code, said = call(
        "synthetic", "dummy", str(tmp_path / "rossi.yaml"), "--rows", "20", "--out", str(tmp_path / "d.csv")
    )
    assert (code, said["dummy"], said["rows"]) == (0, True, 20)
    assert len((tmp_path / "d.dummy.csv").read_text().splitlines()) == 21


def test_the_description_on_the_page_makes_a_dummy_and_never_replaces_one(tmp_path):
    (tmp_path / "s.yaml").write_text(FILES["people.schema.yaml"])
    words = ("synthetic", "dummy", str(tmp_path / "s.yaml"), "--rows", "5", "--out", str(tmp_path / "people.csv"))
    assert call(*words)[0] == 0
    code, said = call(*words)
    assert (code, said["error"]["code"]) == (3, "OUTPUT_UNFIT")


def test_every_like_and_type_that_the_page_names_is_one():
    for like in re.search(r"`like` is one of (.*?)\.", PAGE, re.DOTALL).group(1).replace("`", "").split(","):
        read_dummy_schema(f"columns: [{{name: c, like: {like.strip()}}}]".encode(), where="page")
    with pytest.raises(DummyUnfit):
        read_dummy_schema(b"columns: [{name: c, type: other}]", where="page")


@pytest.mark.parametrize("field", [name for name in SyntheticPeople.model_fields if name != "publish"])
def test_the_reference_names_every_field_of_synthetic_people(field):
    section = PLAN_PAGE.partition("### Synthetic people")[2].partition("\n## ")[0]
    assert f"`{field}`" in section


def test_workers_are_listed_and_one_that_is_missing_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("FAIRSHARE_WORKERS", str(tmp_path))
    code, said = call("worker", "list")
    assert code == 0
    assert {each["name"]: each["installed"] for each in said["workers"]} == {"synthetic": False, "attacks": False}
    (tmp_path / "plan.yaml").write_text(ROSSI)
    code, said = call("synthetic", "foresee", str(tmp_path / "plan.yaml"))
    assert (code, said["error"]["fix"]) == (7, "Run: fairshare worker install synthetic")
    assert call("worker", "remove", "attacks") == (0, {"removed": {"attacks": False}})
    assert call("worker", "install", "nobody")[1]["error"]["code"] == "NOT_FOUND"


def test_a_run_comes_out_of_the_budget_and_costs_it_also_if_what_was_drawn_is_refused(workers, tmp_path, monkeypatch):
    copy_rossi(tmp_path)
    (tmp_path / "plan.yaml").write_text(ROSSI)
    desk, person = str(tmp_path / "desk"), "Ada Price, data protection officer: decider"
    assert call("start", desk, "--organisation", "Harbour Council", "--person", person)[0] == 0
    monkeypatch.setenv("FAIRSHARE_DESK", desk)
    run = ("synthetic", "run", str(tmp_path / "plan.yaml"), "--out")
    code, said = call(*run, str(tmp_path / "a.csv"))
    assert (code, said["error"]["code"]) == (4, "PRIVACY_BUDGET_NOT_SET")
    limit = ("--epsilon", "7", "--delta", "1e-5", "--reason", "two tables a year")
    assert call("budget", "set", "leavers", *limit, "--covers", str(tmp_path / "plan.yaml"))[0] == 0
    assert call(*run, str(tmp_path / "a.csv"))[0] == 0
    with monkeypatch.context() as broken:
        broken.setattr("fairshare.release.pets.synthetic.BEYOND_CHANCE", -10)
        assert call(*run, str(tmp_path / "b.csv"))[1]["error"]["code"] == "SYNTHETIC_UNSOUND"
    assert call(*run, str(tmp_path / "c.csv"))[1]["error"]["code"] == "PRIVACY_BUDGET_EXCEEDED"
    losses = call("budget", "history")[1]["losses"]
    assert [(each["state"], each["settled"]) for each in losses] == [("spent", "in house"), ("spent", "")]
    assert [each.name for each in tmp_path.glob("?.csv")] == ["a.csv"]


def test_a_copy_is_compared_without_an_attack_where_there_is_no_control_group(workers, tmp_path):
    real = copy_rossi(tmp_path)
    code, said = call("synthetic", "evaluate", str(real), str(real), "--target", "arrest")
    assert code == 0
    beside, limits = said["sections"]
    assert beside["holder_only"]
    assert [row[1] for row in beside["rows"]] == ["0.000"] * 3
    assert "No attack was made" in limits["says"][0]["en"]
    assert call("synthetic", "evaluate", str(real), str(real), "--target", "x")[1]["error"]["code"] == "SYNTHETIC_UNFIT"
