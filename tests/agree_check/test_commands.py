"""`fairshare agree check` and `fairshare agree what-if`, as somebody runs them."""

import json

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from tests.agree_check.set.make_files import SET, make_file

AGREEMENT = SET / "development" / "d07-fraud-commercial-addendum.md"


def run(*arguments):
    return CliRunner().invoke(app, ["agree", *map(str, arguments)], env={"COLUMNS": "200", "NO_COLOR": "1"})


@pytest.fixture
def word_file(tmp_path):
    path = tmp_path / "agreement.docx"
    path.write_bytes(make_file(AGREEMENT))
    return path


def test_a_word_file_is_checked_and_the_place_quoted(word_file):
    done = run("check", word_file)
    assert done.exit_code == 0, done.output
    assert "not legal advice" in done.output
    assert "The lawful basis is promised as a warranty" in done.output
    assert "Cotswold warrants" in done.output


def test_the_findings_come_as_one_document_for_machines(word_file):
    found = json.loads(run("check", word_file, "--json").output)
    assert found["check"]["sort"] == "separate"
    assert {"id", "state", "place", "sources", "proposals"} <= found["check"]["findings"][0].keys()


@pytest.mark.parametrize("ending", ["html", "docx", "md"])
def test_a_report_is_written_by_the_ending_of_its_name(word_file, tmp_path, ending):
    report = tmp_path / f"report.{ending}"
    assert run("check", word_file, "--report", report, "--organisation", "Example Council").exit_code == 0
    assert report.stat().st_size > 5_000


def test_what_if_answers_for_one_change_or_for_all(word_file):
    one = json.loads(run("what-if", word_file, "--change", "basis", "--json").output)
    every = json.loads(run("what-if", word_file, "--json").output)
    assert [each["change"] for each in one["changes"]] == ["basis"]
    assert len(every["changes"]) == 4
    assert "Is in breach of it" in run("what-if", word_file, "--change", "basis").output


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("what-if", AGREEMENT, "--change", "weather"), "BAD_INPUT"),
        (("check", AGREEMENT, "--as", "friends"), "BAD_INPUT"),
        (("check", AGREEMENT, "--report", "report.xyz"), "BAD_INPUT"),
        (("check", "no-such-file.docx"), "NOT_FOUND"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(arguments, code):
    done = run(*arguments)
    assert done.exit_code == 3
    assert code in done.output
    assert "Traceback" not in done.output


def test_the_kind_can_be_given(word_file):
    found = json.loads(run("check", word_file, "--as", "joint", "--json").output)
    assert any(each["id"] == "joint_essence" for each in found["check"]["findings"])
