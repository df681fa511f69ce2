"""Long work tells rows, rate and time left: on a terminal, or line by line for machines, and else not at all."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from fairshare.cli.screen import Screen
from fairshare.release.known_rows import count_known_rows
from fairshare.release.sources import CsvFile, ParquetFile, ParquetFolder
from tests.release.comfort.test_plan_commands import read_all

CODE = """
import time
from fairshare.cli.screen import Screen
with Screen().working("running", rows=1000) as tell:
    for each in range(5):
        tell(each / 4)
        time.sleep(0.15)
"""


def test_a_terminal_shows_rows_rate_and_time_left() -> None:
    master, slave = pty.openpty()
    env = {**os.environ, "COLUMNS": "140", "TERM": "xterm", "FAIRSHARE_PROGRESS": ""}
    ran = subprocess.Popen([sys.executable, "-c", CODE], stderr=slave, stdout=subprocess.DEVNULL, env=env)
    os.close(slave)
    shown = read_all(master)
    assert ran.wait() == 0
    assert "500 rows," in shown
    assert "a second" in shown
    assert "left" in shown


@pytest.mark.parametrize(("setting", "shown"), [("", 0), ("off", 0), ("lines", 2)])
def test_without_a_terminal_only_lines_that_were_asked_for_are_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str, shown: int
) -> None:
    monkeypatch.setenv("FAIRSHARE_PROGRESS", setting)
    with Screen().working("running", rows=200) as tell:
        tell(0.5)
        tell(1.0)
    lines = [json.loads(each) for each in capsys.readouterr().err.splitlines()]
    assert len(lines) == shown
    assert [each["rows"] for each in lines] == [0, 200][:shown]
    assert all(each["seconds_left"] in (None, 0.0) for each in lines)


def test_parquet_says_how_many_rows_it_has_and_nothing_else_is_asked(tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for name in ("one.parquet", "many/a.parquet", "many/b.parquet"):
        duckdb.execute(f"COPY (SELECT range AS id FROM range(70)) TO '{tmp_path / name}' (FORMAT parquet)")
    (tmp_path / "rows.csv").write_text("id\n1\n")
    (tmp_path / "broken.parquet").write_text("PAR1")
    assert count_known_rows(ParquetFile(format="parquet", path="one.parquet"), tmp_path) == 70
    assert count_known_rows(ParquetFolder(format="parquet_folder", path="many"), tmp_path) == 140
    assert count_known_rows(CsvFile(format="csv", path="rows.csv"), tmp_path) is None
    assert count_known_rows(ParquetFile(format="parquet", path="broken.parquet"), tmp_path) is None
    assert count_known_rows(ParquetFile(format="parquet", path="gone.parquet"), tmp_path) is None
