"""A release whose rows Spark makes ready, while its executors are killed: whole, or not at all."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fairshare.release.engines import EngineLimits
from fairshare.release.engines import spark_streaming as streaming
from fairshare.release.engines.spark_session import WorkersLost
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


def test_a_release_goes_on_when_every_executor_is_killed_once(
    tmp_path: Path, cluster: SparkCluster, limits: EngineLimits
) -> None:
    write_long(tmp_path / "inputs", 60_000)
    properties = more(cluster, tmp_path, "spark.sql.files.maxPartitionBytes 200k")
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
