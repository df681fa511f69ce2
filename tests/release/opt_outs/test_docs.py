"""What the pages on opt-outs, keys and risk across releases say is so."""

import re
import shlex
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.release.engines import run_plan
from fairshare.release.history import HistoryRules
from fairshare.release.history_find import MAX_CELLS, MAX_SETS
from fairshare.release.opt_outs import GROUNDS
from fairshare.release.plan import read_plan
from tests.release.flow.stories import OneKey
from tools.reference import find_errors

DOCS = Path(__file__).parents[3] / "docs"
OPT_OUTS = (DOCS / "how-to" / "opt-outs.md").read_text("utf-8")
PAGES = [OPT_OUTS] + [
    (DOCS / name).read_text("utf-8") for name in ("how-to/pseudonym-keys.md", "explain/risk-across-releases.md")
]
BLOCKS = dict(reversed(re.findall(r"^```(\w+)\n(.*?)^```$", OPT_OUTS, re.MULTILINE | re.DOTALL)))
COMMANDS = [
    line[2:]
    for page in PAGES
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    for line in block.replace("\\\n", "").splitlines()
]


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
def test_the_plan_on_the_page_gives_the_rows_that_stand_under_it(tmp_path, engine):
    people, rows = re.findall(r"^```csv\n(.*?)^```$", OPT_OUTS, re.MULTILINE | re.DOTALL)
    (tmp_path / "people.csv").write_text(people)
    (tmp_path / "objections.txt").write_text(BLOCKS["text"])
    assert sha256(BLOCKS["text"].encode()).hexdigest() in BLOCKS["yaml"]
    out = tmp_path / "out.csv"
    plan = read_plan(BLOCKS["yaml"].encode(), where="plan")
    run_plan(plan, engine=engine, keys=OneKey(), base=tmp_path, write_to=out, format="csv")
    assert sorted(out.read_text().splitlines()) == sorted(rows.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_on_the_pages_has_the_options_it_is_shown_with(command):
    words = shlex.split(command)
    shown = CliRunner().invoke(app, [*words[1:3], "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0, command
    for option in (word for word in words if word.startswith("--")):
        assert option in shown.output, option


@pytest.mark.parametrize("page", PAGES, ids=["opt-outs", "keys", "risk"])
def test_each_code_on_the_pages_is_one_of_ours(page):
    assert set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", page)) <= {each.code for each in find_errors()}


def test_every_ground_is_on_the_page():
    for kind, grounds in GROUNDS.items():
        assert f"`{kind}`" in OPT_OUTS
        assert all(f"`{ground}`" in OPT_OUTS for ground in grounds)


def test_the_figures_on_the_page_are_those_of_the_code():
    page = " ".join(PAGES[2].split())
    assert f"{HistoryRules().threshold} people" in page
    assert f"{MAX_SETS} sets" in page
    assert f"{MAX_CELLS:,} cells" in page
    assert round(HistoryRules().keep_days / 365) == 3
