"""How fast a table is checked and de-identified, beside a plain group-by, pycanon and anjana.

python bench/deidentify.py                    300,000 rows: a quick look
python bench/deidentify.py --rows 10000000    as the design asks (or --full); needs 8 GB of memory for pycanon, minutes

Quasi-identifiers are the year of birth (for the checks, bands of five), postcode area, sex and ethnic group; the
sensitive column is a diagnosis. Every way runs in a process of its own and times the work alone: imports and the making
of the table are left aside, the reading of it is counted. The peak is the memory of the whole process. The search of
30,000 rows has anjana's hierarchies, k = 5 and 1% suppression, and both results are measured by one loss. Ours is the
median of five runs; the slow ways run once.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median

QUASI, BANDED = ["yob", "area", "sex", "ethnic"], ["band", "area", "sex", "ethnic"]
K, SMALL = 5, 30_000
MAKE = """
COPY (SELECT 1930 + ((h % 61) + (h // 97 % 21))::INTEGER AS yob,
    ['B', 'BA', 'BD', 'BN', 'BS', 'CF', 'CH', 'E', 'EH', 'EX', 'G', 'L', 'LE', 'LS', 'M', 'N', 'NE', 'NW', 'OX', 'PL',
     'PR', 'RG', 'S', 'SE', 'SO', 'SW', 'W', 'WC', 'YO', 'ZE']
     [1 + least(h // 5 % 30, h // 7 % 40, h // 11 % 31)::INTEGER] AS area,
    ['F', 'M', 'X'][1 + (CASE WHEN h // 17 % 200 = 0 THEN 2 ELSE h // 19 % 2 END)::INTEGER] AS sex,
    'E' || least(h // 23 % 6, h // 29 % 9) AS ethnic, 'D' || (h // 31 % 20) AS diag,
    yob // 5 * 5 AS band
  FROM (SELECT hash(range) >> 1 AS h FROM range({rows})))
TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""
GROUP_BY = "SELECT {columns}, count(*) FROM read_parquet('{path}') GROUP BY ALL"


def timed(work: Callable[[], object], times: int = 1) -> tuple[float, object]:
    """The median time of some runs, and what the last gave."""
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        found = work()
        spent.append(time.perf_counter() - start)
    return median(spent), found


def run_group_by(path: Path) -> dict[str, object]:
    """The limit: one group-by of the same columns, into a table."""
    import duckdb

    with duckdb.connect() as session:
        sql = GROUP_BY.format(columns=", ".join([*BANDED, "diag"]), path=path)
        seconds, _ = timed(lambda: session.execute(f"CREATE OR REPLACE TEMP TABLE cells AS {sql}"), 5)
    return {"seconds": seconds}


def run_check(path: Path) -> dict[str, object]:
    """k and l of every class, and the risk that follows, as `deidentify risk` measures them."""
    from fairshare.release.deidentify.measuring import measure_source
    from fairshare.release.sources import ParquetFile

    source = ParquetFile(format="parquet", path=path.name)
    seconds, found = timed(lambda: measure_source(source, path.parent, BANDED, ["diag"], closeness=False), 5)
    return {"seconds": seconds, "k": found.k, "l": found.sensitive[0].distinct}


def run_pycanon(path: Path) -> dict[str, object]:
    """pycanon's check of k, then of l."""
    import duckdb
    from pycanon import anonymity

    def check() -> dict[str, object]:
        frame = duckdb.read_parquet(str(path)).df()
        return {"k": anonymity.k_anonymity(frame, BANDED), "l": anonymity.l_diversity(frame, BANDED, ["diag"])}

    seconds, found = timed(check)
    return {"seconds": seconds, **found}


def run_search(path: Path) -> dict[str, object]:
    """The optimal search."""
    from fairshare.release.deidentify.search import Quasi, Question, search_plan
    from fairshare.release.sources import ParquetFile

    (path.parent / "years.yaml").write_text("{kind: numbers, start: 1900, stop: 2050, widths: [5, 10]}")
    quasi = (Quasi("yob", "years.yaml"), Quasi("area", "values"), Quasi("sex", "values"), Quasi("ethnic", "values"))
    models = ({"treatment": "suppress_small_groups", "k": K},)
    question = Question(ParquetFile(format="parquet", path=path.name), quasi, models, Decimal("0.01"))
    seconds, found = timed(lambda: search_plan(question, path.parent), 5)
    return {"seconds": seconds, "loss": found.best.loss, "held_back": found.best.rows_held_back,
            "levels": list(found.best.levels.values()), "nodes": found.nodes, "looked_at": found.looked_at}  # fmt: skip


def run_anjana(path: Path) -> dict[str, object]:
    """anjana's k-anonymity with the same hierarchies."""
    import duckdb
    import numpy as np
    from anjana.anonymity import k_anonymity

    def stars(values: object) -> object:
        return np.array(["*"] * len(values))

    def work() -> object:
        frame = duckdb.read_parquet(str(path)).project(", ".join([*QUASI, "diag"])).df()
        years = frame.yob.values
        hierarchies = {"yob": {0: years, 1: np.array([f"[{y // 5 * 5}, {y // 5 * 5 + 5})" for y in years]),
                               2: np.array([f"[{y // 10 * 10}, {y // 10 * 10 + 10})" for y in years]),
                               3: stars(years)}}  # fmt: skip
        hierarchies |= {name: {0: frame[name].values, 1: stars(years)} for name in QUASI[1:]}
        return k_anonymity(frame, [], QUASI, K, 1, hierarchies)

    seconds, out = timed(work)
    rows = duckdb.read_parquet(str(path)).count("*").fetchall()[0][0]
    share = 1 - len(out) / rows
    level = {"[": lambda text: 1 if int(text[1:].split(",")[0]) % 10 or text.endswith("5)") else 2}
    yob = [str(each) for each in out.yob.unique()]
    years = 3 if yob == ["*"] else 0 if not yob[0].startswith("[") else min(level["["](each) for each in yob)
    levels = [years / 3, *(float(set(map(str, out[name].unique())) == {"*"}) for name in QUASI[1:])]
    loss = sum(levels) / 4 * (1 - share) + share
    return {"seconds": seconds, "loss": loss, "held_back": rows - len(out), "levels": levels}


WAYS = {"group-by": run_group_by, "check": run_check, "pycanon": run_pycanon, "search": run_search,
        "anjana": run_anjana}  # fmt: skip


def measure(way: str, path: Path) -> dict[str, object]:
    """Runs one way in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, "--way", way, "--path", str(path)], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--full", action="store_true", help="10 million rows")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--path", type=Path)
    given = parser.parse_args()
    if given.way:
        found = WAYS[given.way](given.path)
        print(json.dumps(found | {"mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
        return
    import duckdb

    rows = 10_000_000 if given.full else given.rows
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder) / "people.parquet", Path(folder) / "few.parquet"
        for path, many in ((large, rows), (small, SMALL)):
            duckdb.execute(MAKE.format(rows=many, path=path))
        found = {(way, path): measure(way, path) for way, path in (
            ("group-by", large), ("check", large), ("pycanon", large), ("search", large), ("search", small),
            ("anjana", small))}  # fmt: skip
        for (way, path), each in found.items():
            more = {name: value for name, value in each.items() if name not in ("seconds", "mb")}
            many = rows if path == large else SMALL
            print(f"{way:9} {many:>11,} rows {each['seconds']:9.3f} s {each['mb']:6,} MB  {more}")
        checked, raw = found["check", large]["seconds"], found["group-by", large]["seconds"]
        ours, theirs = found["search", small], found["anjana", small]
        print(f"check beside a raw group-by: {checked / raw:.2f} times (asked: at most 1.3)")
        times = theirs["seconds"] / ours["seconds"]
        print(f"search of {SMALL:,} rows beside anjana: {times:.0f} times faster (asked: 200), "
              f"loss {ours['loss']:.4f} beside {theirs['loss']:.4f}")  # fmt: skip
        times = found["pycanon", large]["seconds"] / found["search", large]["seconds"]
        print(f"search of {rows:,} rows beside pycanon's check: {times:.1f} times faster (asked: 2)")


if __name__ == "__main__":
    main()
