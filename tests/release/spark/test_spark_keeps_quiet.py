"""What Spark never shows and never leaves behind, and what it does when the cluster fails it."""

import base64
import os
import threading

import duckdb
import pytest

from fairshare.release.engines import EngineLimits, run_plan
from fairshare.release.engines import spark as engine
from fairshare.release.engines.duckdb import pad_key
from fairshare.release.engines.job import Job
from fairshare.release.engines.session import quote_text
from fairshare.release.engines.spark_session import find_settings, read_properties
from fairshare.release.plan import Plan
from fairshare.words import FairshareError
from tests.release.engines.tables import FixedKeys, read_rows

pytestmark = pytest.mark.xdist_group("spark")

KEY = b"a key of letters that anyone would see"
GIVEN, LISTED, ROW = "a-given-value-to-look-for", "a-listed-value-to-look-for", "a-value-of-a-row-to-look-for"


def plan_of(columns, *, rows=(), groups=(), source=None):
    source = source or {"format": "parquet", "path": "t.parquet"}
    return Plan.model_validate({"name": "test", "source": source, "columns": columns, "rows": rows, "groups": groups})


def make_parquet(base, query):
    with duckdb.connect() as session:
        session.execute(f"COPY ({query}) TO {quote_text(str(base / 't.parquet'))}")


def run(plan, base, limits, **more):
    out = base / "out.csv"
    more = {"keys": FixedKeys(), "write_to": out, "format": "csv", "base": base, "limits": limits} | more
    report = run_plan(plan, engine="spark", **more)
    return report, read_rows(out)[1] if out.is_file() else None


def spellings(secret):
    """What a secret could stand as in a file."""
    return {secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret).rstrip(b"=")}


def test_no_key_given_value_or_row_is_in_a_plan_an_event_log_or_any_file_of_the_cluster(tmp_path, cluster, limits):
    make_parquet(tmp_path, f"SELECT {quote_text(ROW)} || (range % 3) AS name, range AS id FROM range(1000)")
    (tmp_path / "list.txt").write_text(LISTED)
    plan = plan_of(
        [{"column": "name", "treatment": "keep"}, {"column": "id", "treatment": "pseudonymise", "key": "k1"}],
        rows=[
            {"column": "name", "test": "not_equals", "value": GIVEN},
            {"column": "name", "test": "not_listed", "path": "list.txt"},
        ],
        groups=[{"treatment": "suppress_small_groups", "columns": ["name"], "k": 2}],
    )
    job = Job(plan, tmp_path / "out.csv", "csv", tmp_path, {"k1": KEY}, limits=limits)
    with engine.open_rows(job) as opened:
        assert engine.write_rows(job, opened, 16) == 1000
        execution = opened.treated._jdf.queryExecution()
        plans = [execution.toString(), execution.explainString(_mode(opened.spark, "extended")),
                 execution.explainString(_mode(opened.spark, "codegen"))]  # fmt: skip
    secrets = {each for secret in (KEY, *pad_key(KEY)) for each in spellings(secret)}
    secrets |= {each.encode() for each in (GIVEN, LISTED, ROW)}
    files = [path for path in cluster.folder.rglob("*") if path.is_file() and path.suffix != ".parquet"]
    assert any("events_" in path.name for path in files)
    assert any(path.name == "stderr" for path in files)
    for found in [*(each.encode() for each in plans), *(path.read_bytes() for path in files)]:
        assert not [secret for secret in secrets if secret in found]


def _mode(spark, name):
    return spark.sparkContext._jvm.org.apache.spark.sql.execution.ExplainMode.fromString(name)


def test_the_secret_of_the_cluster_stands_on_no_command_line(cluster, limits, tmp_path):
    make_parquet(tmp_path, "SELECT 1 AS id")
    run(plan_of([{"column": "id", "treatment": "keep"}]), tmp_path, limits)
    secret = read_properties(cluster.properties)["spark.authenticate.secret"].encode()
    for place in os.scandir("/proc"):
        if place.name.isdigit():
            try:
                with open(f"/proc/{place.name}/cmdline", "rb") as command:
                    assert secret not in command.read()
            except OSError:
                continue
    assert secret.decode() not in repr(find_settings(limits))


def test_what_stops_a_run_is_said_as_in_the_other_engines(tmp_path, limits):
    make_parquet(tmp_path, "SELECT 'infinity'::DATE AS born, 'x' AS town, 1 AS id")
    for columns, groups, code in [
        ([{"column": "born", "treatment": "keep"}], [], r"VALUE_UNREADABLE: .* years 1 to 9999"),
        ([{"column": "town", "treatment": "generalise", "to": "label", "labels": {"y": "z"}}], [], "LABEL_MISSING"),
        ([{"column": "id", "treatment": "keep"}], [{"treatment": "check_k_anonymity", "columns": ["id"], "k": 2}],
         "SMALL_GROUPS: 1 combinations"),
    ]:  # fmt: skip
        with pytest.raises(FairshareError, match=code) as stopped:
            run(plan_of(columns, groups=groups), tmp_path, limits)
        assert stopped.value.__cause__ is None
        assert not (tmp_path / "out.csv").exists()


def test_rows_stream_into_a_pipe(tmp_path, limits):
    make_parquet(tmp_path, "SELECT range AS id FROM range(1000)")
    os.mkfifo(pipe := tmp_path / "pipe")
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    told = []
    run(plan_of([{"column": "id", "treatment": "keep"}]), tmp_path, limits, write_to=pipe, on_progress=told.append)
    reader.join(60)
    assert len(found[0].splitlines()) == 1001
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_cells_that_hold_line_ends_are_read_whole_by_one_worker(tmp_path, limits, ends, monkeypatch):
    lines = ['id,text,"more"', '1,"a' + ends + 'b","', '"', '2,"",x', "3,y,z,,", "4", ""]
    (tmp_path / "t.csv").write_bytes(ends.join(lines).encode())
    plan = plan_of(
        [{"column": name, "treatment": "keep"} for name in ("id", "text", "more")],
        source={"format": "csv", "path": "t.csv"},
    )
    report, rows = run(plan, tmp_path, limits)
    assert rows == {("1", f"a{ends}b", f"'{ends}"): 1, ("2", None, "x"): 1, ("3", "y", "z"): 1}
    assert report.rejected == {"too few cells": 1}
    monkeypatch.setattr("fairshare.release.engines.spark_reading.MAX_WHOLE_BYTES", 10)
    (tmp_path / "out.csv").unlink()
    with pytest.raises(FairshareError, match="ENGINE_UNFIT"):
        run(plan, tmp_path, limits)


def test_a_source_that_workers_cannot_share_is_refused_with_a_way_out(tmp_path):
    with duckdb.connect() as session:
        from fairshare.release.engines.session import load_extension

        load_extension(session, "sqlite_scanner", extra="sqlite")
        session.execute(f"ATTACH '{tmp_path / 's.sqlite'}' AS made (TYPE sqlite)")
        session.execute("CREATE TABLE made.t AS SELECT 1 AS id")
    source = {"format": "sqlite", "path": "s.sqlite", "table": "t"}
    with pytest.raises(FairshareError, match="ENGINE_UNFIT") as refused:
        run(plan_of([{"column": "id", "treatment": "keep"}], source=source), tmp_path, EngineLimits())
    assert "duckdb" in refused.value.fix


@pytest.mark.parametrize(
    ("text", "mode"), [("spark.executor.cores 1", 0o644), ("executor.cores 1", 0o600), ("spark.x", 0o600)]
)
def test_a_file_of_properties_that_others_may_read_or_that_is_none_is_refused(tmp_path, text, mode):
    path = tmp_path / "spark.properties"
    path.write_text(text)
    path.chmod(mode)
    with pytest.raises(FairshareError, match="SPARK_SETTINGS_UNFIT"):
        find_settings(EngineLimits(spark_properties=path))


def test_the_environment_names_the_cluster_where_the_limits_do_not(tmp_path, monkeypatch):
    assert find_settings(EngineLimits()).master == "local[*]"
    monkeypatch.setenv("FAIRSHARE_SPARK_MASTER", "spark://elsewhere:7077")
    assert find_settings(EngineLimits()).master == "spark://elsewhere:7077"
    assert find_settings(EngineLimits(spark_master="local[2]")).master == "local[2]"


def test_spark_without_java_says_what_to_install(monkeypatch):
    from fairshare.release.engines.spark_session import check_spark

    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(FairshareError, match=r"MISSING_PART.*Java 17") as missing:
        check_spark()
    assert "openjdk-17-jre-headless" in missing.value.fix
