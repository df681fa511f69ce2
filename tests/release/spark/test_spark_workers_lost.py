"""What Spark makes ready while its executors are killed: whole, or not at all.

These tests need settings of their own, and each setting another session: they come last, by their settings.
"""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from fairshare.release.engines import EngineLimits, run_plan
from fairshare.release.engines import spark_streaming as streaming
from fairshare.release.engines.session import quote_text
from fairshare.release.engines.spark_session import WorkersLost
from fairshare.release.plan import Plan
from tests.release.engines.tables import FixedKeys, read_rows
from tests.release.robust.ledger import LedgerGuard
from tests.release.robust.long_tables import FILTERED, make_long, open_rows, release_table, write_long
from tests.release.robust.test_bad_input import check_refused, release_under_budget
from tests.spark_cluster import SparkCluster

pytestmark = pytest.mark.xdist_group("spark")


def more(cluster: SparkCluster, folder: Path, *lines: str) -> Path:
    """The cluster's properties and some more."""
    path = folder / "more.properties"
    path.touch(0o600)
    path.write_text("\n".join([cluster.properties.read_text(), *lines, ""]))
    return path


SMALL = "spark.sql.files.maxPartitionBytes 200k"


def test_a_killed_executor_costs_time_and_no_row(tmp_path: Path, cluster: SparkCluster, limits: EngineLimits) -> None:
    """One is killed between two waves of partitions: its share is done again by another, once."""
    with duckdb.connect() as session:
        rows = "SELECT range AS id, md5(range::VARCHAR) AS name FROM range(200000)"
        path = quote_text(str(tmp_path / "t.parquet"))
        session.execute(f"COPY ({rows}) TO {path} (FORMAT parquet, ROW_GROUP_SIZE 8192)")
    columns = [{"column": "id", "treatment": "keep"}, {"column": "name", "treatment": "pseudonymise", "key": "k1"}]
    source = {"format": "parquet", "path": "t.parquet"}
    plan = Plan.model_validate({"name": "test", "source": source, "columns": columns})
    killed: list[int] = []

    def kill(share: float) -> None:
        if not killed and share > 0.2:
            killed.extend(cluster.executors()[:1])
            os.kill(killed[0], signal.SIGKILL)

    small = replace(limits, spark_properties=more(cluster, tmp_path, SMALL))
    out = tmp_path / "out.csv"
    given: dict[str, Any] = {"keys": FixedKeys(), "write_to": out, "format": "csv", "base": tmp_path}
    report = run_plan(plan, engine="spark", limits=small, on_progress=kill, **given)
    assert killed
    assert report.rows_sent == 200_000
    _, sent = read_rows(out)
    assert len({row[0] for row in sent}) == sent.total() == 200_000


def test_a_release_goes_on_when_every_executor_is_killed_once(
    tmp_path: Path, cluster: SparkCluster, limits: EngineLimits
) -> None:
    write_long(tmp_path / "inputs", 60_000)
    properties = more(cluster, tmp_path, SMALL)
    table = make_long(tmp_path / "inputs", FILTERED, rows_per_part=None)
    killed: list[int] = []

    def kill(share: float) -> None:
        if not killed and share >= 0.2:
            killed.extend(cluster.executors())
            for each in killed:
                os.kill(each, signal.SIGKILL)

    by_spark = replace(table, engine="spark", limits=replace(limits, spark_properties=properties))
    released = release_under_budget(by_spark, tmp_path, on_progress=kill)
    assert killed
    assert len(LedgerGuard(tmp_path / "ledger.sqlite").spent()) == 1
    by_duckdb = release_table(table, tmp_path, salt="8" * 32)
    assert open_rows(released, tmp_path) == open_rows(by_duckdb, tmp_path)
    assert released.manifest.outcome.counts == by_duckdb.manifest.outcome.counts


def test_a_release_that_has_lost_its_workers_leaves_nothing(
    tmp_path: Path, cluster: SparkCluster, limits: EngineLimits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "LOOK_EVERY_SECONDS", 0.2)
    monkeypatch.setattr(streaming, "LOOKS_WITHOUT_WORKERS", 10)
    write_long(tmp_path / "inputs", 1_000)
    without = replace(limits, spark_properties=more(cluster, tmp_path, "spark.executor.memory 900g"))
    given: dict[str, Any] = {"rows_per_part": None, "engine": "spark", "limits": without}
    error = check_refused(tmp_path, make_long(tmp_path / "inputs", **given), WorkersLost)
    assert error.where == "engine"
