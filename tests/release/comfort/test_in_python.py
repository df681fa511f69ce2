"""A plan at hand in Python and in a notebook: five lines, nothing that could hand anything over, every word escaped."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import html5lib
import pytest

from fairshare.release import open_plan
from fairshare.release.opened import OpenPlan, Ran, Told
from fairshare.words import BadInput, FairshareError
from tests.release.comfort.told import SECTIONS
from tests.release.flow.test_sheet import HTML, text_of

KEYS = {"study": b"32 bytes that only this test has"}
PLAN = """
name: tenants
source: {format: csv, path: people.csv, types: {born: date}}
columns:
  - {column: id, treatment: pseudonymise, key: study}
  - {column: born, treatment: generalise, to: year}
  - {column: notes, treatment: drop}
"""
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def plan(tmp_path: Path) -> OpenPlan:
    (tmp_path / "people.csv").write_text(f"id,born,notes\n1,1987-02-03,{HOSTILE}\n2,1990-05-06,\n")
    (tmp_path / "plan.yaml").write_text(PLAN)
    return open_plan(tmp_path / "plan.yaml")


def parse(page: str) -> Any:
    return html5lib.HTMLParser(strict=True).parse(f"<!DOCTYPE html><title>t</title>{page}")


def test_importing_the_room_loads_no_engine() -> None:
    code = (
        "import sys, fairshare.release; sys.exit(any(n in sys.modules for n in ('duckdb', 'matplotlib', 'pydantic')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_five_lines_look_check_and_run(plan: OpenPlan, tmp_path: Path) -> None:
    assert plan.schema.keys() == {"id", "born", "notes"}
    assert plan.check(keys=KEYS)
    assert not plan.check(keys={})
    assert plan.preview(keys=KEYS).rows[0].after == plan.preview(keys=KEYS).rows[0].after
    assert "SELECT" in plan.explain()
    ran = plan.run(tmp_path / "out.parquet", keys=KEYS)
    assert (ran.report.rows_sent, oct(ran.path.stat().st_mode & 0o777)) == (2, "0o600")
    with pytest.raises(FairshareError):
        plan.run(tmp_path / "other.csv")
    with pytest.raises(BadInput):
        plan.run(tmp_path / "out.txt", keys=KEYS)


def test_a_preview_shows_what_a_run_gives(plan: OpenPlan, tmp_path: Path) -> None:
    plan.run(tmp_path / "out.csv", keys=KEYS)
    rows = [line.replace('"', "").split(",") for line in (tmp_path / "out.csv").read_text().splitlines()[1:]]
    assert sorted(rows) == sorted(list(each.after or ()) for each in plan.preview(keys=KEYS).rows)


def test_nothing_here_hands_anything_over(plan: OpenPlan) -> None:
    shown = {name for name in dir(plan) if not name.startswith("_")}
    assert shown == {
        "base", "check", "connections", "explain", "known_rows", "plan", "preview", "risk", "run", "schema",
    }  # fmt: skip


def list_pages(plan: OpenPlan, folder: Path) -> dict[str, str]:
    ran = plan.run(folder / "out.csv", keys=KEYS)
    told = Ran(ran.path, replace(ran.report, sections=SECTIONS))
    bad = replace(plan, plan=plan.plan.model_copy(update={"name": HOSTILE}), base=folder / "nowhere")
    return {
        "plan": bad._repr_html_(),
        "preview": plan.preview()._repr_html_(),
        "made up": plan.preview(made_up=True)._repr_html_(),
        "sound": plan.check()._repr_html_(),
        "unsound": bad.check()._repr_html_(),
        "ran": told._repr_html_(),
        "told": Told(SECTIONS)._repr_html_(),
        "one section": SECTIONS[0]._repr_html_(),
    }


def test_what_a_notebook_shows_is_sound_html_in_which_nothing_runs(plan: OpenPlan, tmp_path: Path) -> None:
    pages = list_pages(plan, tmp_path)
    for name, page in pages.items():
        root = parse(page)
        assert not list(root.iter(f"{HTML}script")), name
        for table in root.iter(f"{HTML}table"):
            assert text_of(next(table.iter(f"{HTML}caption")))
    assert HOSTILE in "".join(parse(pages["preview"]).itertext())
    assert HOSTILE in "".join(parse(pages["plan"]).itertext())
    assert "These are real rows" in pages["preview"]
    assert "1987-02-03" not in pages["made up"]
    assert "Nothing stands in the way" in pages["sound"]
    assert "This is not a release" in pages["ran"]
    assert pages["ran"].count("data:image/svg+xml;base64,") == len(SECTIONS)


def test_neither_a_key_nor_a_row_stands_in_what_is_printed(plan: OpenPlan) -> None:
    said = f"{plan!r} {plan.preview(keys=KEYS)!r} {plan.check(keys=KEYS)!r}"
    assert "1987" not in said
    assert "only this test" not in said


@pytest.mark.skipif(find_spec("nbclient") is None, reason="nbclient, which executes notebooks, is not installed")
def test_a_notebook_shows_a_plan_when_it_is_run(plan: OpenPlan) -> None:
    import nbformat
    from nbclient import NotebookClient

    cell = f"from fairshare.release import open_plan\nopen_plan({str(plan.base / 'plan.yaml')!r})"
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    NotebookClient(book, timeout=60).execute()
    assert "What goes" in book.cells[0].outputs[0].data["text/html"]
