"""`fairshare plan`: a draft with reasons, a preview for one's own eyes, every problem at once, and a run in house."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from fairshare.cli.app import app
from fairshare.cli.plan_sources import find_source
from fairshare.cli.pseudonyms import FOLDER, make_pseudonym_key
from fairshare.release.checking import find_problems
from fairshare.release.in_house import NOT_A_RELEASE
from fairshare.release.plan import Plan, read_plan
from fairshare.release.plan_schema import describe_plans
from fairshare.release.plan_text import write_plan
from fairshare.words import BadInput
from tests.release.delivery.made import make_desk, start_sharing

PEOPLE = """id,name,born,postcode,notes
1,Kit Heron,1987-02-03,SW1A 1AA,"Came in twice, and rang once about the damp"
2,Pat Plover,1990-05-06,M1 1AE,"Wrote to say that the boiler is out again"
"""
PLAN = """
name: tenants
source: {format: csv, path: people.csv, types: {born: date}}
columns:
  - {column: id, treatment: pseudonymise, key: study}
  - {column: born, treatment: generalise, to: year}
  - {column: postcode, treatment: generalise, to: postcode_district}
rows:
  - {column: born, test: before, value: 1990-01-01}
"""
SECRET = "Kit Heron"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "people.csv").write_text(PEOPLE)
    (tmp_path / "plan.yaml").write_text(
        PLAN.replace("test: before, value: 1990-01-01", "test: less_than, value: 1990-01-01")
    )
    make_pseudonym_key(tmp_path / FOLDER, "study")
    return tmp_path


def run(*words: object) -> Result:
    found = CliRunner().invoke(app, [str(each) for each in words], env={"COLUMNS": "120", "TERM": "dumb"})
    assert found.exception is None or isinstance(found.exception, SystemExit), found.output
    return found


def run_json(*words: object) -> Any:
    return json.loads(run(*words, "--json").stdout)


def test_a_draft_says_why_beside_each_line_and_is_never_written_over(desk: Path) -> None:
    out = desk / "draft.yaml"
    found = run("plan", "suggest", desk / "people.csv", "--out", out)
    assert found.exit_code == 0, found.output
    text = out.read_text()
    plan = read_plan(out.read_bytes(), where="draft")
    assert {each.column for each in plan.sent} >= {"born", "postcode"}
    assert not {"name", "notes"} & {each.column for each in plan.sent}
    columns = re.findall(r"(?m)^  # .+\n  - \{column: (\w+)", text)
    assert columns == ["id", "name", "born", "postcode", "notes"]
    assert SECRET not in text
    assert oct(out.stat().st_mode & 0o777) == "0o600"
    again = run("plan", "suggest", desk / "people.csv", "--out", out)
    assert again.exit_code != 0
    assert out.read_text() == text


def test_a_source_that_is_not_beside_the_plan_is_refused(desk: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "draft.yaml"
    assert run_json("plan", "suggest", desk / "people.csv", "--out", elsewhere)["error"]["exit_code"] == 3
    assert run_json("plan", "suggest", desk / "none.csv")["error"]["code"] == "NOT_FOUND"
    assert run_json("plan", "suggest", desk / "people.csv", "--connection", "oracle:x")["error"]["code"] == "BAD_INPUT"


@given(st.text(min_size=1, max_size=30), st.text(max_size=40))
def test_a_written_plan_reads_as_it_was_whatever_its_words(value: str, reason: str) -> None:
    fields = {
        "name": "n",
        "source": {"format": "csv", "path": "a.csv"},
        "columns": [{"column": "id", "treatment": "keep"}],
        "rows": [{"column": "id", "test": "one_of", "values": [value]}],
    }
    try:
        plan = Plan.model_validate(fields)
        value.encode()
    except ValueError:
        return
    assert read_plan(write_plan(plan, {"id": reason}).encode(), where="p") == plan


def test_real_rows_are_shown_on_a_terminal_only(desk: Path) -> None:
    piped = run("plan", "preview", desk / "plan.yaml", "--desk", desk)
    assert "1987-02-03" not in piped.output
    assert "on a terminal only" in piped.output
    assert "postcode district only" in piped.output
    assert "1987-02-03" not in json.dumps(run_json("plan", "preview", desk / "plan.yaml", "--desk", desk))
    master, slave = pty.openpty()
    code = "from fairshare.cli.app import main; main()"
    words = ["plan", "preview", str(desk / "plan.yaml"), "--desk", str(desk), "--rows", "2"]
    ran = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=slave, stderr=slave, env={**os.environ, "COLUMNS": "120"}
    )
    os.close(slave)
    shown = read_all(master)
    assert ran.wait() == 0, shown
    assert "These are real rows" in shown
    assert re.search(r"born\s+1987-02-03\s+1987\b", shown)
    assert re.search(r"name\s+Kit Heron\s+\(stays\)", shown)
    assert "Row 2: left out" in shown


def read_all(master: int) -> str:
    found = b""
    while True:
        try:
            more = os.read(master, 65536)
        except OSError:  # how Linux says that the other end is closed
            more = b""
        if not more:
            os.close(master)
            return re.sub(r"\x1b\[[0-9;]*m", "", found.decode())
        found += more


def test_made_up_rows_are_shown_anywhere_and_come_from_no_row(desk: Path) -> None:
    found = run("plan", "preview", desk / "plan.yaml", "--made-up", "--desk", desk)
    assert "These rows are made up." in found.output
    words = ("plan", "preview", desk / "plan.yaml", "--made-up", "--rows", "3", "--desk", desk)
    document = run_json(*words)
    assert document == run_json(*words)
    assert len(document["rows"]) == 3
    assert SECRET not in json.dumps(document)
    (desk / "people.csv").unlink()
    assert run("plan", "preview", desk / "plan.yaml", "--made-up", "--desk", desk).exit_code == 0


def test_every_problem_of_a_plan_is_listed_at_once(desk: Path) -> None:
    (desk / "bad.yaml").write_text(
        """
name: bad
source: {format: csv, path: people.csv, types: {nothing: date, born: date}}
columns:
  - {column: id, treatment: pseudonymise, key: other}
  - {column: name, treatment: generalise, to: year}
  - {column: postcod, treatment: keep}
rows:
  - {column: nowhere, test: not_null}
  - {column: id, test: listed, path: gone.txt}
person: whoever
opt_outs:
  - {name: Objections, kind: local_list, column: nobody, path: gone.txt, sha256: HASH}
""".replace("HASH", "0" * 64)
    )
    found = run("plan", "check", desk / "bad.yaml", "--desk", desk)
    assert found.exit_code == 3
    document = run_json("plan", "check", desk / "bad.yaml", "--desk", desk)
    told = [(each["code"], each["where"]) for each in document["problems"]]
    assert ("TREATMENT_UNFIT", "columns: name") in told
    assert ("UNKNOWN_COLUMN", "columns") in told
    assert ("UNKNOWN_COLUMN", "rows") in told
    assert ("UNKNOWN_COLUMN", "source.types") in told
    assert ("UNKNOWN_COLUMN", "person") in told
    assert ("UNKNOWN_COLUMN", "opt_outs") in told
    assert "NOT_FOUND" in [code for code, _ in told]
    assert "PSEUDONYM_KEY_MISSING" in [code for code, _ in told]
    assert len(document["problems"]) == len({tuple(each.items()) for each in document["problems"]})


def test_every_field_that_is_wrong_is_listed_at_once(desk: Path) -> None:
    (desk / "bad.yaml").write_text(
        "name: bad\nsource: {format: csv}\ncolumns: [{column: a, treatment: none}]\nmore: 1\n"
    )
    told = [each["where"] for each in run_json("plan", "check", desk / "bad.yaml")["problems"]]
    assert {f"bad.yaml: {field}" for field in ("source.csv.path", "columns.0", "more")} <= set(told)
    assert run("plan", "check", desk / "bad.yaml").exit_code == 3


def test_a_sound_plan_has_no_problems(desk: Path) -> None:
    found = run("plan", "check", desk / "plan.yaml", "--desk", desk)
    assert (found.exit_code, found.output.strip()) == (0, "Nothing stands in the way of a run.")


@given(st.binary(max_size=200))
def test_any_bytes_are_checked_with_problems_and_nothing_else(raw: bytes) -> None:
    assert find_problems(raw, Path("/nowhere"), where="plan")


@pytest.mark.parametrize("engine", ["duckdb", "spark"])
def test_the_query_is_shown_without_rows_values_or_keys(desk: Path, engine: str) -> None:
    key = (desk / FOLDER / "study.key").read_text().strip()
    found = run("plan", "explain", desk / "plan.yaml", "--engine", engine, "--desk", desk)
    assert found.exit_code == 0, found.output
    assert "SELECT" in found.output
    assert "year" in found.output
    for secret in (SECRET, "1990-01-01", key, "1987"):
        assert secret not in found.output
    assert (
        run_json("plan", "explain", desk / "plan.yaml", "--engine", "memory")["error"]["code"] == "SETTING_OUT_OF_RANGE"
    )


@pytest.mark.parametrize(("engine", "suffix"), [("duckdb", "csv"), ("duckdb", "parquet"), ("memory", "csv")])
def test_a_plan_is_run_in_house_into_a_file_of_ones_own(desk: Path, engine: str, suffix: str) -> None:
    out = desk / f"out.{suffix}"
    found = run("plan", "run", desk / "plan.yaml", "--out", out, "--engine", engine, "--desk", desk)
    assert found.exit_code == 0, found.output
    assert NOT_A_RELEASE in found.output
    assert oct(out.stat().st_mode & 0o777) == "0o600"
    if suffix == "csv":
        assert out.read_text().splitlines()[1].endswith('"1987","SW1A"')
    again = run_json("plan", "run", desk / "plan.yaml", "--out", out, "--desk", desk)
    assert again["error"]["code"] == "OUTPUT_UNFIT"
    assert not [each for each in desk.iterdir() if each.name.startswith(".fairshare")]


def test_a_run_that_fails_leaves_nothing(desk: Path) -> None:
    (desk / "plan.yaml").write_text((desk / "plan.yaml").read_text().replace("key: study", "key: gone"))
    found = run_json("plan", "run", desk / "plan.yaml", "--out", desk / "out.csv", "--desk", desk)
    assert found["error"]["code"] == "PSEUDONYM_KEY_MISSING"
    assert not (desk / "out.csv").exists()
    assert not [each for each in desk.iterdir() if each.name.startswith(".fairshare")]


def test_the_schema_of_plans_takes_what_the_program_takes(desk: Path) -> None:
    described = run_json("plan", "schema")
    assert described == describe_plans()
    Draft202012Validator.check_schema(described)
    checker = Draft202012Validator(described)
    assert checker.is_valid(
        json.loads(
            json.dumps(
                read_plan((desk / "plan.yaml").read_bytes(), where="p").model_dump(mode="json", exclude_defaults=True)
            )
        )
    )
    assert not checker.is_valid({"name": "x", "columns": []})


def test_with_an_agreement_only_what_it_covers_is_drafted(desk: Path) -> None:
    root = make_desk(desk / "desk")
    start_sharing(root, "hh-7")
    columns = "Reference,Date of birth,Name"
    (desk / "table.csv").write_text(f"{columns}\n1,1987-02-03,Kit\n2,1990-05-06,Pat\n")
    words = ("plan", "suggest", desk / "table.csv", "--desk", root, "--out")
    drafted = run_json(*words, desk / "agreed.yaml", "--agreement", "hh-7")["plan"]
    sent = {each["column"]: each for each in drafted["columns"] if each["treatment"] != "drop"}
    assert {name: each["item"] for name, each in sent.items()} == {"Reference": "i1", "Date of birth": "i2"}
    assert sent["Date of birth"]["to"] == "year"
    assert run_json(*words, desk / "no.yaml", "--agreement", "no-case")["error"]["exit_code"] == 3


def test_each_kind_of_file_is_named_as_a_plan_names_it(tmp_path: Path) -> None:
    for name in ("a.csv", "b.parquet", "c.xlsx", "d.sqlite", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / "many").mkdir()
    (tmp_path / "delta" / "_delta_log").mkdir(parents=True)
    told = {
        name: find_source(tmp_path / name, tmp_path, table="rows", connection=None).format
        for name in ("a.csv", "b.parquet", "c.xlsx", "d.sqlite", "many", "delta")
    }
    assert list(told.values()) == ["csv", "parquet", "xlsx", "sqlite", "parquet_folder", "delta"]
    for kind in ("postgresql", "mariadb"):
        found = find_source(Path("tenants"), tmp_path, table=None, connection=f"{kind}:housing")
        assert (found.format, getattr(found, "table", None)) == (kind, "tenants")
    with pytest.raises(BadInput, match="no kind of table"):
        find_source(tmp_path / "notes.txt", tmp_path, table=None, connection=None)


STATISTICS = """
name: how many were born when
source: {format: csv, path: people.csv, types: {born: date}}
columns:
  - {column: born, treatment: generalise, to: year}
publish:
  publish: private_statistics
  person: id
  rows_per_person: 1
  epsilon: 0.5
  keys: [{column: born, first: 1985, last: 1995}]
  statistics: [{statistic: count, name: people}]
"""


def test_what_costs_privacy_is_not_made_without_keeping_account_of_it(desk: Path) -> None:
    (desk / "statistics.yaml").write_text(STATISTICS)
    found = run_json("plan", "run", desk / "statistics.yaml", "--out", desk / "out.csv", "--desk", desk)
    assert found["error"]["code"] == "PLAN_SPENDS_BUDGET"
    assert not (desk / "out.csv").exists()
    shown = run("plan", "preview", desk / "statistics.yaml", "--made-up", "--desk", desk)
    assert "Rows themselves do not go" in shown.output
    checked = run("plan", "check", desk / "statistics.yaml", "--desk", desk)
    assert checked.exit_code == 0, checked.output
    assert "Each run takes epsilon 0.5 out of the source's privacy budget" in checked.output


@pytest.mark.parametrize(
    ("was", "now", "told"),
    [
        ("person: id", "person: gone", ("UNKNOWN_COLUMN", "publish.person")),
        ("first: 1985, last: 1995", 'values: ["1985"]', ("STATISTICS_UNFIT", "publish.keys")),
        ("statistic: count, name: people", "statistic: sum, name: s, column: postcode, lower: 0, upper: 1",
         ("STATISTICS_UNFIT", "publish.statistics: s")),
    ],
)  # fmt: skip
def test_what_does_not_suit_a_publication_is_found_before_a_run(
    desk: Path, was: str, now: str, told: tuple[str, str]
) -> None:
    text = STATISTICS.replace("to: year}", "to: year}\n  - {column: postcode, treatment: keep}")
    (desk / "wrong.yaml").write_text(text.replace(was, now))
    document = run_json("plan", "check", desk / "wrong.yaml", "--desk", desk)
    assert [(each["code"], each["where"]) for each in document["problems"]] == [told]


def test_a_desk_without_a_budget_for_the_source_is_a_problem_and_one_with_it_is_told(desk: Path) -> None:
    (desk / "statistics.yaml").write_text(STATISTICS)
    person = "Ada Price, data protection officer: decider"
    assert run("start", desk / "desk", "--organisation", "Council", "--person", person).exit_code == 0
    given = ["plan", "check", desk / "statistics.yaml", "--desk", desk / "desk"]
    assert [each["code"] for each in run_json(*given)["problems"]] == ["PRIVACY_BUDGET_NOT_SET"]
    run("budget", "set", "tenants", "--epsilon", 2, "--reason", "agreed", "--covers", desk / "statistics.yaml",
        "--desk", desk / "desk")  # fmt: skip
    document = run_json(*given)
    assert document["problems"] == []
    assert document["budget"].endswith("tenants, which has 2 left for everybody.")


def test_the_query_of_a_publication_says_that_only_it_goes(desk: Path) -> None:
    (desk / "statistics.yaml").write_text(STATISTICS)
    for found in (
        run("plan", "explain", desk / "statistics.yaml", "--desk", desk),
        run("plan", "run", desk / "statistics.yaml", "--explain", "--desk", desk),
    ):
        assert found.exit_code == 0, found.output
        assert "only in statistics with differential privacy (epsilon 0.5" in found.output
        assert "exact numbers are counted next" in found.output
    assert run("plan", "run", desk / "statistics.yaml", "--desk", desk).exit_code == 3


def test_a_draft_warns_of_a_file_without_a_line_of_names(desk: Path) -> None:
    (desk / "bare.csv").write_text("Mary Jones,1987-02-28,A\nBob Roe,1990-01-01,B\n")
    found = run("plan", "suggest", desk / "bare.csv", "--out", desk / "bare.yaml", "--desk", desk)
    assert found.exit_code == 0, found.output
    assert "looks like values and not names" in (desk / "bare.yaml").read_text()
