"""How time grows with rows: DuckDB on this machine, and Spark on a real standalone cluster of two workers beside it.

python bench/scale.py                              small tables: a quick look
python bench/scale.py --rows 1000000,2000000,4000000,8000000 --picture docs/pictures/scale.svg

The plan is that of bench/release.py, the same table, Parquet to Parquet. Both engines run in one process that has run a
small table before, so that what is shown is rows, not start-up; each size is run as often as --rounds says and the best
counts. Processor time is told apart: of the driver, which is this process and Spark's own part of it, and of the
executors. At the end: what ten billion rows would take, on paper.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from release import MAKE, MEMORY_MB, PLAN, BenchKeys  # noqa: E402

from fairshare.release.engines import EngineLimits, run_plan  # noqa: E402
from fairshare.release.plan import Plan  # noqa: E402

WARM_UP = 20_000
LARGE_ENOUGH = 2_000_000
"""Below this, what a run takes whatever its size hides what it takes by the row."""
TEN_BILLION = 10_000_000_000
NODES, CORES, KEPT_BUSY = 40, 16, 0.7
"""The cluster on paper: its nodes, the cores of each, and the share of their time that they are at work."""


@dataclass
class Measured:
    """What one run took, in seconds: by the clock, and of processors by the driver and by the executors."""

    seconds: float
    driver: float
    executors: float


def cpu_of(pid: int) -> float:
    """Seconds of processor that a process has used; none if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def list_java(limits: EngineLimits) -> tuple[list[int], list[int]]:
    """Spark's driver, which is a child of this process, and the executors of the cluster; neither for no cluster."""
    driver, executors = [], []
    for place in Path("/proc").glob("[0-9]*") if limits.spark_properties else ():
        try:
            command = (place / "cmdline").read_bytes()
            parent = int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        # The cluster's own folder is on the path of everything that it starts.
        if b"CoarseGrainedExecutorBackend" in command and bytes(limits.spark_properties.parent) in command:
            executors.append(int(place.name))
        elif parent == os.getpid() and b"SparkSubmit" in command:
            driver.append(int(place.name))
    return driver, executors


def measure(run: Callable[[], None], limits: EngineLimits) -> Measured:
    """Runs once, and says what it took."""
    driver, executors = list_java(limits)
    before = {pid: cpu_of(pid) for pid in driver + executors}
    here, start = time.process_time(), time.perf_counter()
    run()
    seconds, used = time.perf_counter() - start, time.process_time() - here
    took = {pid: cpu_of(pid) - before[pid] for pid in before}
    return Measured(seconds, used + sum(took[pid] for pid in driver), sum(took[pid] for pid in executors))


@contextmanager
def open_ways() -> Iterator[dict[str, EngineLimits]]:
    """The engines, each with its limits; Spark only where Java is."""
    from tests.spark_cluster import find_java, run_spark

    ways = {"duckdb": EngineLimits(memory_mb=MEMORY_MB)}
    if find_java() is None:
        print("Java is not installed, so Spark is left out.")
        yield ways
        return
    from fairshare.release.engines.spark_session import close_spark

    with run_spark() as cluster:
        ways["spark"] = EngineLimits(memory_mb=1024, spark_master=cluster.master, spark_properties=cluster.properties)
        try:
            yield ways
        finally:
            close_spark()


def make_table(folder: Path, rows: int) -> Path:
    """A folder with the table of so many rows."""
    place = folder / str(rows)
    place.mkdir()
    with duckdb.connect() as session:
        session.execute(MAKE.format(rows=rows, path=place / "people.parquet"))
    return place


def run_once(engine: str, limits: EngineLimits, base: Path) -> None:
    out = base / f"{engine}.parquet"
    out.unlink(missing_ok=True)
    run_plan(Plan.model_validate(PLAN), engine=engine, keys=BenchKeys(), write_to=out, format="parquet", base=base,
             limits=limits)  # fmt: skip


def measure_all(sizes: list[int], rounds: int) -> dict[str, dict[int, Measured]]:
    """Each engine on each size, the best of so many runs; both must give as many rows."""
    found: dict[str, dict[int, Measured]] = {}
    with tempfile.TemporaryDirectory(prefix="fairshare-bench-") as name, open_ways() as ways:
        small = make_table(Path(name), WARM_UP)
        for engine, limits in ways.items():
            run_once(engine, limits, small)
        for rows in sizes:
            base = make_table(Path(name), rows)
            for engine, limits in ways.items():
                run = partial(run_once, engine, limits, base)
                runs = [measure(run, limits) for _ in range(rounds)]
                took = found.setdefault(engine, {})[rows] = min(runs, key=lambda each: each.seconds)
                figures = f"{took.seconds:9.2f}{took.driver:14.2f}{took.executors:17.2f}{rows / took.seconds:15,.0f}"
                print(f"{rows:12,}{engine:>9}{figures}", flush=True)
            with duckdb.connect() as session:
                counts = [session.execute(f"SELECT count(*) FROM '{base / each}.parquet'").fetchone() for each in ways]
            assert len(set(counts)) == 1, f"the rows differ: {counts}"
    return found


def fit(points: dict[int, float]) -> tuple[float, float]:
    """The straight line through the points by least squares: what a run takes however small, and each million rows."""
    count, mean_x = len(points), sum(points) / len(points)
    mean_y = sum(points.values()) / count
    spread = sum((x - mean_x) ** 2 for x in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points.items()) / spread if spread else mean_y / mean_x
    return mean_y - slope * mean_x, slope * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="250000,500000,1000000", help="sizes, with commas between them")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--picture", type=Path, help="write the chart here, as SVG")
    chosen = parser.parse_args()
    sizes = sorted(int(each) for each in chosen.rows.split(","))
    print(f"{'rows':>12}{'engine':>9}{'seconds':>9}{'CPU s, driver':>14}{'CPU s, executors':>17}{'rows a second':>15}")
    found = measure_all(sizes, chosen.rounds)
    for engine, runs in found.items():
        start, slope = fit({rows: took.seconds for rows, took in runs.items()})
        worst = max(abs(start + slope * rows / 1e6 - took.seconds) / took.seconds for rows, took in runs.items())
        print(f"{engine}: {start:.2f} s and {slope:.3f} s for each million rows; {worst:.0%} off at most")
    if "spark" in found and sizes[-1] >= LARGE_ENOUGH:
        estimate(found["spark"])
    else:
        print(f"\nAn estimate on paper needs Spark, and a table of {LARGE_ENOUGH:,} rows.")
    if chosen.picture:
        chosen.picture.write_bytes(draw(sizes, found))


def estimate(runs: dict[int, Measured]) -> None:
    """What ten billion rows would take, from processor time by the row: nothing of it was measured."""
    _, apart = fit({rows: took.executors for rows, took in runs.items()})
    _, driver = fit({rows: took.driver for rows, took in runs.items()})
    millions = TEN_BILLION / 1e6
    spread = apart * millions / (NODES * CORES * KEPT_BUSY)
    print(f"\nOn paper, {TEN_BILLION:,} rows on {NODES} nodes of {CORES} cores, {KEPT_BUSY:.0%} of their time at work:")
    print(f"  executors: {apart:.2f} s for each million rows, spread over the cluster: {spread / 60:,.0f} minutes")
    print(
        f"  driver: {driver:.2f} s for each million rows, which nothing spreads: {driver * millions / 3600:,.1f} hours"
    )


def draw(sizes: list[int], found: dict[str, dict[int, Measured]]) -> bytes:
    """The chart, read in black and white."""
    from fairshare.release.charts import draw_chart
    from fairshare.release.sections import Chart, InBoth, Series

    names = {"duckdb": "DuckDB", "spark": "Spark, two workers"}

    def say(text: str) -> InBoth:
        return InBoth(text, text)

    ends = "; ".join(
        f"{names[engine]} from {runs[sizes[0]].seconds:.1f} to {runs[sizes[-1]].seconds:.1f} seconds"
        for engine, runs in found.items()
    )
    chart = Chart(
        kind="bars",
        title=say("How time grows with rows"),
        alt=say(f"Seconds a run takes, from {sizes[0]:,} to {sizes[-1]:,} rows: {ends}."),
        labels=tuple(f"{rows / 1e6:g} million rows" for rows in sizes),
        series=tuple(
            Series(say(names[engine]), tuple(round(runs[rows].seconds, 1) for rows in sizes))
            for engine, runs in found.items()
        ),
        unit=say("seconds"),
    )
    return draw_chart(chart)


if __name__ == "__main__":
    main()
