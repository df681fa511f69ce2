"""The commands of the case studies, as a person or a program uses them."""

import json

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.learn.cases import load_cases


def run(*arguments):
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "100", "NO_COLOR": "1"})
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done


def test_cases_are_listed_by_tool_kind_outcome_and_words():
    everything = json.loads(run("cases", "--json").stdout)["cases"]
    assert len(everything) == len(load_cases())
    some = json.loads(run("cases", "police", "--tool", "le.request", "--kind", "hub", "--json").stdout)["cases"]
    assert {each["case"] for each in some} >= {"three-years-of-time-sheets"}
    assert {each["tool"] for each in some} == {"le.request"}
    must = json.loads(run("cases", "--outcome", "REDIRECT", "--json").stdout)["cases"]
    assert {each["expected"] for each in must} == {"REDIRECT"}


def test_a_case_is_shown_with_its_source_and_mark_and_in_welsh():
    shown = run("cases", "show", "three-years-of-time-sheets").stdout
    assert "Three years of time sheets" in shown
    assert "(read)" in shown
    assert "Tair blynedd" in run("cases", "show", "three-years-of-time-sheets", "--welsh").stdout


def test_a_case_is_opened_with_a_fact_changed_and_saved_for_the_other_commands(tmp_path):
    file = tmp_path / "answers.json"
    name, change = "three-years-of-time-sheets", "necessity.finding=needed"
    document = json.loads(run("cases", "open", name, "--change", change, "--save", str(file), "--json").stdout)
    assert document["effects"] == [{"about": "earlier", "before": "REFUSE_VOLUNTARY", "after": "SHARE_WITH_CONDITIONS"}]
    shown = run("cases", "open", name, "--change", change).stdout
    assert "REFUSE_VOLUNTARY -> SHARE_WITH_CONDITIONS" in shown
    assert "No item comes out otherwise." in run("cases", "open", name, "--change", "nation=wales").stdout
    near = json.loads(run("cases", "nearest", str(file), "--json").stdout)["nearest"]
    assert near[0]["points"] == near[0]["out_of"]
    assert "points agree" in run("cases", "nearest", str(file)).stdout
    assert "Published cases like this one" in run("decide", "le.request", str(file)).stdout


def test_cases_are_checked_and_exported(tmp_path):
    document = json.loads(run("cases", "check", "three-years-of-time-sheets", "--json").stdout)
    assert (document["checked"], document["as_expected"], document["otherwise"]) == (1, 1, {})
    assert "1 of 1 come out as expected" in run("cases", "check", "three-years-of-time-sheets").stdout
    file = tmp_path / "vectors.json"
    assert run("cases", "export", str(file)).exit_code == 0
    assert json.loads(file.read_bytes())["version"] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("cases", "show", "nosuch"), "UNKNOWN_CASE"),
        (("cases", "open", "three-years-of-time-sheets", "--change", "nation"), "BAD_CHANGE"),
        (("cases", "open", "three-years-of-time-sheets", "--change", "no.such=yes"), "ANSWERS_NOT_VALID"),
        (("cases", "export", "x.json", "--tool", "no.such"), "BAD_INPUT"),
    ],
)
def test_a_case_command_that_cannot_be_done_is_a_clear_error(arguments, code):
    done = run(*arguments, "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["error"]["code"] == code
