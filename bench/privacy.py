"""How fast private counts and sums are made, beside SQL that does the same without noise, and OpenDP on polars.

python bench/privacy.py                     1 million rows: a quick look
python bench/privacy.py --rows 10000000     as the design asks
python bench/privacy.py --repeated 10       the same number of rows, ten for each person

A count and a clamped sum over 2,250 public cells, epsilon 1, Parquet in. Each way runs in a process of its own; what is
timed is from the open process to the answer, the best of three, so that imports do not count for anybody. Fairshare's
time includes opening the source, OpenDP's noise on every number and writing the table of statistics out.
OpenDP on polars needs an environment of its own (`fairshare worker install synthetic`), and is left out without it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

MEMORY_MB = 2048
CELLS = 3 * 5 * 150
MAKE = """
COPY (SELECT (9000000000 + i // {repeated})::VARCHAR AS nhs_number, ['F', 'M', 'X'][1 + (h % 3)::INTEGER] AS sex,
    ['A', 'B', 'C', 'D', 'E'][1 + (h // 3 % 5)::INTEGER] AS ethnic, (h // 15 % 150)::INTEGER AS borough,
    (h // 2250 % 9000)::INTEGER AS cost
  FROM (SELECT range AS i, hash(range) >> 1 AS h FROM range({rows})))
TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""
BY = "sex, ethnic, borough"
CLAMPED = "sum(CASE WHEN cost < 0 THEN 0 WHEN cost > 8000 THEN 8000 ELSE cost END)"
RAW = f"SELECT {BY}, count(*), sum(cost) FROM 'people.parquet' GROUP BY {BY}"
BOUNDED = f"""
SELECT {BY}, count(*), {CLAMPED} FROM (SELECT * FROM 'people.parquet'
  QUALIFY row_number() OVER (PARTITION BY nhs_number ORDER BY hash(sex, ethnic, borough, cost)) <= 1) GROUP BY {BY}
"""
PLAN = {
    "name": "benchmark",
    "source": {"format": "parquet", "path": "people.parquet"},
    "columns": [{"column": name, "treatment": "keep"} for name in ("sex", "ethnic", "borough", "cost")],
    "publish": {
        "publish": "private_statistics",
        "epsilon": 1,
        "keys": [
            {"column": "sex", "values": ["F", "M", "X"]},
            {"column": "ethnic", "values": ["A", "B", "C", "D", "E"]},
            {"column": "borough", "first": 0, "last": 149},
        ],
        "statistics": [
            {"statistic": "count", "name": "people"},
            {"statistic": "sum", "name": "cost", "column": "cost", "lower": 0, "upper": 8000},
        ],
    },
}
POLARS = """
import json, sys, time
import polars as pl, opendp.prelude as dp
dp.enable_features("contrib")
bounded, by = sys.argv[1] == "bounded", ["sex", "ethnic", "borough"]
keys = {"sex": ["F", "M", "X"], "ethnic": list("ABCDE"), "borough": list(range(150))}
known = pl.LazyFrame({"sex": keys["sex"]}).join(pl.LazyFrame({"ethnic": keys["ethnic"]}), how="cross").join(
    pl.LazyFrame({"borough": keys["borough"]}, schema={"borough": pl.Int32}), how="cross")
best = None
for _ in range(3):
    start = time.perf_counter()
    frame = pl.scan_parquet("people.parquet")
    unit = dp.unit_of(contributions=1, identifier=pl.col("nhs_number")) if bounded else dp.unit_of(contributions=1)
    ctx = dp.Context.compositor(data=frame, privacy_unit=unit, privacy_loss=dp.loss_of(epsilon=1.0),
        split_evenly_over=1, margins=[dp.polars.Margin(by=by, max_length=20_000_000, max_groups=2250)])
    query = ctx.query()
    if bounded:
        query = query.truncate_per_group(1)
    query = query.group_by(by).agg(dp.len(signed=True), pl.col("cost").cast(int).fill_null(0).dp.sum(bounds=(0, 8000)))
    rows = query.with_keys(known).release().collect()
    took = time.perf_counter() - start
    best = took if best is None else min(best, took)
print(json.dumps({"seconds": best, "cells": len(rows)}))
"""


class _NoKeys:
    def key_for(self, key_id: str) -> bytes:
        raise KeyError(key_id)


def run_sql(sql: str) -> int:
    """One query, its rows fetched."""
    with duckdb.connect(config={"memory_limit": f"{2 * MEMORY_MB}MiB", "temp_directory": ""}) as session:
        return len(session.execute(sql).fetchall())


def run_ours(*, bounded: bool) -> int:
    """The plan, from its source to the written table."""
    from fairshare.release.engines import EngineLimits
    from fairshare.release.kinds import Table
    from fairshare.release.plan import read_plan
    from fairshare.release.publishing import make_ready

    whose = {"person": "nhs_number"} if bounded else {"protects": "row"}
    plan = read_plan(json.dumps(PLAN | {"publish": PLAN["publish"] | whose}).encode(), where="bench")  # type: ignore[operator]
    out = Path("out.csv")
    out.unlink(missing_ok=True)
    table = Table(plan, _NoKeys(), Path(), limits=EngineLimits(memory_mb=MEMORY_MB))
    return make_ready(table, write_to=out).rows_sent // 2


WAYS: dict[str, tuple[str, Callable[[], int]]] = {
    "raw": ("raw group-by, unbounded and exact", lambda: run_sql(RAW)),
    "ours-rows": ("fairshare, each row by itself", lambda: run_ours(bounded=False)),
    "bounded": ("SQL, one row a person, exact", lambda: run_sql(BOUNDED)),
    "ours": ("fairshare, one row a person", lambda: run_ours(bounded=True)),
    "polars": ("OpenDP on polars, unbounded", lambda: 0),
    "polars-bounded": ("OpenDP on polars, one row a person", lambda: 0),
}


RATIOS = (
    ("ours", "bounded"),
    ("ours-rows", "raw"),
    ("ours", "polars-bounded"),
    ("ours-rows", "polars"),
    ("ours", "polars"),
)


def time_here(way: str) -> dict[str, float]:
    """The best of three, in this process."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        cells = WAYS[way][1]()
        taken.append(time.perf_counter() - start)
    assert cells == CELLS, cells
    return {"seconds": min(taken), "cells": cells}


def time_apart(way: str, folder: Path, worker: Path | None) -> dict[str, float] | None:
    """A way in a process of its own, with its peak memory; none where its environment is missing."""
    command = [sys.executable, str(Path(__file__).resolve()), "--one", way]
    if way.startswith("polars"):
        if worker is None:
            return None
        (folder / "with_polars.py").write_text(POLARS)
        command = [str(worker), "with_polars.py", "bounded" if way.endswith("bounded") else "unbounded"]
    done = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    assert done.stdout is not None
    said = done.stdout.read()
    _, status, used = os.wait4(done.pid, 0)
    if status:
        raise SystemExit(f"{way} failed")
    return json.loads(said.splitlines()[-1]) | {"mb": used.ru_maxrss / 1024}


def find_worker() -> Path | None:
    """The interpreter of the environment that has OpenDP on polars."""
    home = os.environ.get("FAIRSHARE_WORKERS", str(Path(__file__).parents[1] / ".workers"))
    found = [Path(home) / "synthetic" / "bin" / "python"]
    return next((each for each in found if each.exists()), None)


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--rows", type=int, default=1_000_000)
    given.add_argument("--repeated", type=int, default=1, help="rows for each person")
    given.add_argument("--ways", default=",".join(WAYS))
    given.add_argument("--one", help=argparse.SUPPRESS)
    asked = given.parse_args()
    if asked.one:
        print(json.dumps(time_here(asked.one)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        duckdb.sql(MAKE.format(rows=asked.rows, repeated=asked.repeated, path=folder / "people.parquet"))
        found = {way: time_apart(way, folder, find_worker()) for way in asked.ways.split(",")}
    print(f"{asked.rows:,} rows, {asked.rows // asked.repeated:,} people, {CELLS:,} cells, a count and a sum\n")
    for way, took in found.items():
        if took is None:
            print(f"{WAYS[way][0]:<38} left out: fairshare worker install synthetic")
        else:
            print(f"{WAYS[way][0]:<38} {took['seconds']:8.2f} s {took['mb']:8,.0f} MB")
    for one, other in RATIOS:
        if found.get(one) and found.get(other):
            print(f"{WAYS[one][0]} / {WAYS[other][0]}: {found[one]['seconds'] / found[other]['seconds']:.2f}")  # type: ignore[index]


if __name__ == "__main__":
    main()
