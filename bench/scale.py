"""How time grows with rows: DuckDB on this machine, and Spark on a real standalone cluster of two workers beside it.

python bench/scale.py                              small tables: a quick look
python bench/scale.py --rows 1000000,2000000,4000000,8000000 --picture docs/pictures/scale.svg

The plan is that of bench/release.py, the same table, Parquet to Parquet. Both engines run in one process that has run a
small table before, so that what is shown is rows, not start-up; each size is run as often as --rounds says and the best
counts. CPU is that of all processes of the way: this one, and for Spark its driver and executors too. At the end: what
the fastest-growing part would need for ten billion rows, on paper.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from release import MAKE, MEMORY_MB, PLAN, BenchKeys  # noqa: E402

from fairshare.release.engines import EngineLimits, run_plan  # noqa: E402
from fairshare.release.plan import Plan  # noqa: E402

WARM_UP = 20_000
TEN_BILLION = 10_000_000_000
NODES, CORES, KEPT_BUSY = 40, 16, 0.7
"""The cluster on paper: its nodes, the cores of each, and the share of their time that they are at work."""


@dataclass
class Measured:
    """What one run took, in seconds: by the clock, and of processors in this process and in the others."""

    seconds: float
    here: float
    others: float


def cpu_of(pid: int) -> float:
    """Seconds of processor that a process has used; none if it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def list_java(master: str) -> list[int]:
    """Spark's driver, which is a child of this process, and the executors of the cluster."""
    port, found = master.rpartition(":")[2], []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command = (place / "cmdline").read_bytes()
            parent = int((place / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        executor = b"CoarseGrainedExecutorBackend" in command and port.encode() in command
        if executor or (parent == os.getpid() and b"java" in command):
            found.append(int(place.name))
    return found


def measure(run: Callable[[], None], others: Callable[[], list[int]]) -> Measured:
    """Runs once, and says what it took."""
    pids = others()
    before, here, start = {pid: cpu_of(pid) for pid in pids}, time.process_time(), time.perf_counter()
    run()
    seconds, used = time.perf_counter() - start, time.process_time() - here
    return Measured(seconds, used, sum(cpu_of(pid) - before[pid] for pid in pids))


@contextmanager
def open_ways() -> Iterator[dict[str, tuple[EngineLimits, Callable[[], list[int]]]]]:
    """The engines, each with its limits and the processes to watch beside this one; Spark only where Java is."""
    from tests.spark_cluster import find_java, run_spark

    ways = {"duckdb": (EngineLimits(memory_mb=MEMORY_MB), list[int])}
    if find_java() is None:
        print("Java is not installed, so Spark is left out.")
        yield ways
        return
    from fairshare.release.engines.spark_session import close_spark

    with run_spark() as cluster:
        limits = EngineLimits(memory_mb=1024, spark_master=cluster.master, spark_properties=cluster.properties)
        ways["spark"] = (limits, lambda: list_java(cluster.master))
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
        for engine, (limits, _) in ways.items():
            run_once(engine, limits, small)
        for rows in sizes:
            base = make_table(Path(name), rows)
            for engine, (limits, others) in ways.items():
                runs = [measure(lambda e=engine, w=limits, b=base: run_once(e, w, b), others) for _ in range(rounds)]  # type: ignore[misc]
                found.setdefault(engine, {})[rows] = min(runs, key=lambda each: each.seconds)
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
    parser.add_argument("--rows", default="100000,200000,400000", help="sizes, with commas between them")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--picture", type=Path, help="write the chart here, as SVG")
    chosen = parser.parse_args()
    sizes = sorted(int(each) for each in chosen.rows.split(","))
    found = measure_all(sizes, chosen.rounds)
    print(f"{'rows':>12}{'engine':>9}{'seconds':>9}{'CPU s here':>12}{'CPU s in Java':>15}{'rows a second':>15}")
    for rows in sizes:
        for engine, runs in found.items():
            took = runs[rows]
            figures = f"{took.seconds:9.2f}{took.here:12.2f}{took.others:15.2f}{rows / took.seconds:15,.0f}"
            print(f"{rows:12,}{engine:>9}{figures}")
    for engine, runs in found.items():
        start, slope = fit({rows: took.seconds for rows, took in runs.items()})
        worst = max(abs(start + slope * rows / 1e6 - took.seconds) / took.seconds for rows, took in runs.items())
        print(f"{engine}: {start:.2f} s and {slope:.3f} s for each million rows; {worst:.0%} off at most")
    if "spark" in found:
        estimate(found["spark"])
    if chosen.picture:
        chosen.picture.write_bytes(draw(sizes, found))


def estimate(runs: dict[int, Measured]) -> None:
    """What ten billion rows would take, from processor time by the row: nothing of it was measured."""
    _, java = fit({rows: took.others for rows, took in runs.items()})
    _, here = fit({rows: took.here for rows, took in runs.items()})
    millions = TEN_BILLION / 1e6
    spread = java * millions / (NODES * CORES * KEPT_BUSY)
    print(f"\nOn paper, {TEN_BILLION:,} rows on {NODES} nodes of {CORES} cores, {KEPT_BUSY:.0%} of their time at work:")
    print(f"  {java:.2f} s of Java for each million rows, spread over the cluster: {spread / 60:,.0f} minutes")
    print(
        f"  {here:.2f} s of the driver for each million rows, which nothing spreads: {here * millions / 3600:,.1f} hours"
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
