"""How fast a table is made ready, beside hand-written SQL, pandas and polars that give the very same rows.

python bench/release.py                     1 million rows: a quick look
python bench/release.py --rows 10000000     as the design asks; needs 3 GB of disk, 8 GB of memory for pandas, minutes
python bench/release.py --ways hand,ours    these only
python bench/release.py --rows 10000000 --times 20 --folder F    200 million rows, sealed in parts, beside 10 million

Parquet to Parquet: pseudonymise one id, drop six columns, generalise a date and a postcode, filter. Each way runs in a
process of its own, and its start-up counts; its peak is the memory of that process and of all its children together.
The ways that need DuckDB alone run as if nothing else were installed: where pandas is, DuckDB imports it as soon as a
value is bound to a query, so that Fairshare starts about 0.4 s later and takes 100 MB more; that is a line of its own.
Every way writes Parquet with zstd at level 1. Pandas and polars are given their best plain way: their own functions for
all but the pseudonym, which is one call of OpenSSL's HMAC for each row, as neither of them has one.
Encrypted, Fairshare does all that a release does with rows: it also takes the SHA-256 of what went, plain and sealed.
"""

import argparse
import hmac
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pyrage

KEY = b"0123456789abcdef0123456789abcdef"
MEMORY_MB = 256
SENT = ("person", "born", "postcode", "sex", "borough", "diagnosis", "cost")
MAKE = """
COPY (SELECT (9000000000 + (i * 7919) % 999999937)::VARCHAR AS nhs_number,
    'Name' || (h % 5000) AS forename, 'Surname' || (h % 70000) AS surname, (h % 300) || ' High Street' AS address,
    '07' || (700000000 + h % 99999999) AS telephone, 'p' || i || '@example.org' AS email,
    'seen on ward ' || (h % 50) || ', note ' || (h % 9999) AS notes,
    DATE '1930-01-01' + (h % 34000)::INTEGER AS born,
    chr(65 + (h % 20)::INTEGER) || chr(65 + (h // 20 % 20)::INTEGER) || (h % 30 + 1) || ' ' || (h // 7 % 10)
        || chr(65 + (h // 11 % 26)::INTEGER) || chr(65 + (h // 13 % 26)::INTEGER) AS postcode,
    ['F', 'M', 'X'][1 + (h // 17 % 3)::INTEGER] AS sex, 'Borough ' || (h // 19 % 33) AS borough,
    'D' || (h // 23 % 400) AS diagnosis, (h // 29 % 5000)::INTEGER AS cost
  FROM (SELECT range AS i, hash(range) >> 1 AS h FROM range({rows})))
TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""
PLAN = {
    "name": "benchmark",
    "source": {"format": "parquet", "path": "people.parquet"},
    "columns": [
        {"column": "nhs_number", "treatment": "pseudonymise", "key": "bench", "sent_as": "person"},
        {"column": "born", "treatment": "generalise", "to": "month"},
        {"column": "postcode", "treatment": "generalise", "to": "postcode_district"},
        *({"column": name, "treatment": "keep"} for name in SENT[3:]),
        *({"column": name, "treatment": "drop"}
          for name in ("forename", "surname", "address", "telephone", "email", "notes")),
    ],
    "rows": [{"column": "cost", "test": "at_least", "value": 1000}],
}  # fmt: skip
BLOB = {pad: "".join(f"\\x{each ^ by:02X}" for each in KEY.ljust(64, b"\0")) for pad, by in (("i", 0x36), ("o", 0x5C))}
BY_HAND = f"""
SELECT sha256('{BLOB["o"]}'::BLOB || unhex(sha256('{BLOB["i"]}'::BLOB || encode(nhs_number)))) AS person,
    strftime(born, '%Y-%m') AS born, split_part(postcode, ' ', 1) AS postcode, sex, borough, diagnosis, cost
FROM 'people.parquet' WHERE cost >= 1000
"""


class BenchKeys:
    """The one key of the benchmark."""

    def key_for(self, key_id: str) -> bytes:
        return KEY


def hash_id(text: str) -> str:
    return hmac.digest(KEY, text.encode(), "sha256").hex()


def run_ours(out: Path) -> None:
    from fairshare.release.engines import EngineLimits, run_plan
    from fairshare.release.plan import Plan

    run_plan(Plan.model_validate(PLAN), keys=BenchKeys(), write_to=out, format="parquet", base=Path(),
             limits=EngineLimits(memory_mb=MEMORY_MB))  # fmt: skip


def run_ours_encrypted(out: Path) -> None:
    from fairshare.release.engines import EngineLimits
    from fairshare.release.kinds import Table
    from fairshare.release.packing import pack_table
    from fairshare.release.plan import Plan

    table = Table(Plan.model_validate(PLAN), BenchKeys(), Path(), format="parquet",
                  limits=EngineLimits(memory_mb=MEMORY_MB))  # fmt: skip
    with tempfile.TemporaryDirectory(dir=".") as private:
        pack_table(table, private=Path(private), target=out, to=(make_recipient(out),), on_progress=None)


def run_ours_in_parts(out: Path) -> None:
    """All that a release does with a long table: parts of 20 million rows, each sealed, digested, synced and noted."""
    from fairshare.release.engines import EngineLimits
    from fairshare.release.kinds import Table
    from fairshare.release.parts_packing import pack_rows
    from fairshare.release.plan import Plan
    from fairshare.release.staging import start_attempt

    plan = Plan.model_validate(PLAN | {"source": {"format": "parquet_folder", "path": "people"}})
    table = Table(plan, BenchKeys(), Path(), format="parquet", limits=EngineLimits(memory_mb=MEMORY_MB))
    with start_attempt(out.parent, "long") as attempt:
        to = (make_recipient(out),)
        sent, report = pack_rows(table, attempt=attempt, place=attempt.folder, to=to, on_progress=None)
        size = sum(each.bytes for each in sent) / 1e6
        print(
            f"{report.rows_read:,} rows read, {report.rows_sent:,} sent in {len(sent)} files of {size:,.0f} MB together"
        )


def run_by_hand(out: Path) -> None:
    with duckdb.connect(config={"memory_limit": f"{MEMORY_MB}MiB", "preserve_insertion_order": False}) as session:
        session.execute(f"COPY ({BY_HAND}) TO '{out}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)")


def run_by_hand_encrypted(out: Path) -> None:
    """The same, streamed through a pipe into age encryption, so that no plain copy is on disk."""
    recipient = pyrage.x25519.Recipient.from_str(make_recipient(out))
    os.mkfifo(pipe := out.with_suffix(".pipe"))

    def seal() -> None:
        with pipe.open("rb") as plain, out.open("wb") as sealed:
            pyrage.encrypt_io(plain, sealed, [recipient])

    sealer = threading.Thread(target=seal)
    sealer.start()
    run_by_hand(pipe)
    sealer.join()


def make_recipient(out: Path) -> str:
    """The public key of a recipient, whose secret key lies beside the output."""
    identity = pyrage.x25519.Identity.generate()
    out.with_suffix(".key").write_text(str(identity))
    return str(identity.to_public())


def run_pandas(out: Path) -> None:
    import pandas

    names = ["nhs_number", *SENT[1:]]
    people = pandas.read_parquet("people.parquet", columns=names, filters=[("cost", ">=", 1000)])
    people.insert(0, "person", [hash_id(each) for each in people.pop("nhs_number")])
    people["born"] = pandas.to_datetime(people["born"]).dt.strftime("%Y-%m")
    people["postcode"] = people["postcode"].str.split(" ").str[0]
    people.to_parquet(out, compression="zstd", compression_level=1, index=False)


def run_polars(out: Path) -> None:
    import polars

    def hash_all(ids: "polars.Series") -> "polars.Series":
        return polars.Series([hash_id(each) for each in ids.to_list()], dtype=polars.String)

    people = polars.scan_parquet("people.parquet").filter(polars.col("cost") >= 1000)
    people.select(
        polars.col("nhs_number").map_batches(hash_all, return_dtype=polars.String).alias("person"),
        polars.col("born").dt.strftime("%Y-%m"), polars.col("postcode").str.split(" ").list.first(), *SENT[3:],
    ).sink_parquet(out, compression="zstd", compression_level=1)  # fmt: skip


@dataclass(frozen=True)
class Way:
    """One way to make the rows ready."""

    title: str
    run: Callable[[Path], None]
    needs: str = "duckdb"
    encrypted: bool = False


WAYS = {
    "hand": Way("hand-written DuckDB SQL", run_by_hand),
    "ours": Way("Fairshare", run_ours),
    "hand-age": Way("hand-written DuckDB SQL, encrypted", run_by_hand_encrypted, encrypted=True),
    "ours-age": Way("Fairshare, encrypted", run_ours_encrypted, encrypted=True),
    "ours-pandas": Way("Fairshare, where pandas is installed", run_ours, "pandas"),
    "ours-parts": Way("Fairshare, encrypted in parts", run_ours_in_parts, encrypted=True),
    "polars": Way("polars", run_polars, "polars"),
    "pandas": Way("pandas", run_pandas, "pandas"),
}
BESIDE = [key for key in WAYS if key != "ours-parts"]
"""The ways that are set beside each other."""


def tree_memory(root: int) -> int:
    """Bytes in memory of a process and all that it started."""
    parents, resident = {}, {}
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            try:
                parents[int(each.name)] = int((each / "stat").read_text().rsplit(")", 1)[1].split()[1])
                resident[int(each.name)] = int((each / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except (OSError, IndexError):
                continue
    tree = {root}
    while more := {pid for pid, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return sum(resident.get(pid, 0) for pid in tree)


@dataclass
class Measured:
    """What one run took."""

    seconds: float
    cpu_seconds: float
    peak: int


def measure(name: str, folder: Path, out: Path) -> Measured:
    """Runs one way in its own process, watching its memory."""
    start = time.perf_counter()
    child = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--way", name, "--out", out], cwd=folder)
    peak = 0
    while True:
        pid, status, used = os.wait4(child.pid, os.WNOHANG)
        if pid:
            break
        peak = max(peak, tree_memory(child.pid))
        time.sleep(0.02)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{name} failed")
    # The kernel's own peak of the process itself, if it lay between two looks.
    return Measured(time.perf_counter() - start, used.ru_utime + used.ru_stime, max(peak, used.ru_maxrss * 1024))


def digest(out: Path, way: Way) -> list[object]:
    """The rows of an output, whatever their order: how many, and the sum of their hashes."""
    if way.encrypted:
        identity = pyrage.x25519.Identity.from_str(out.with_suffix(".key").read_text())
        opened = out.with_suffix(".opened")
        with out.open("rb") as sealed, opened.open("wb") as plain:
            pyrage.decrypt_io(sealed, plain, [identity])
        out.unlink()
        out = opened
    with duckdb.connect() as session:
        texts = ", ".join(f"{name}::VARCHAR" for name in SENT)
        row = session.execute(f"SELECT count(*), sum(hash({texts})) FROM read_parquet('{out}')").fetchone()
    out.unlink()
    return list(row or ())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each way by DuckDB; the best counts")
    parser.add_argument("--ways", default=",".join(BESIDE), help=f"which to run, of {','.join(BESIDE)}")
    parser.add_argument("--times", type=int, default=1, help="read the table so many times over, in parts, and no more")
    parser.add_argument("--folder", type=Path, help="keep the made table here, and use it again")
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.way:
        if WAYS[chosen.way].needs == "duckdb":
            # To import what stands here as None fails, as if it were not installed.
            sys.modules.update(dict.fromkeys(("numpy", "pandas", "polars", "pyarrow")))
        WAYS[chosen.way].run(chosen.out)
        return
    try:
        ways = {key: WAYS[key] for key in chosen.ways.split(",") if find_spec(WAYS[key].needs)}
    except KeyError as unknown:
        parser.error(f"there is no way {unknown}")
    with tempfile.TemporaryDirectory(prefix="fairshare-bench-") as name:
        folder = (chosen.folder or Path(name)) / str(chosen.rows)
        folder.mkdir(parents=True, exist_ok=True)
        table = folder / "people.parquet"
        if not table.exists():
            with duckdb.connect() as session:
                session.execute(MAKE.format(rows=chosen.rows, path=table))
        if chosen.times > 1:
            lengthen(folder, chosen.rows, chosen.times)
        else:
            compare(folder, chosen.rows, chosen.rounds, ways)


def lengthen(folder: Path, rows: int, times: int) -> None:
    """How time and memory grow from the table to one of so many times its rows: one file under as many names."""
    took = {}
    for many in (1, times):
        with tempfile.TemporaryDirectory(dir=folder) as name:
            (Path(name) / "people").mkdir()
            for number in range(many):
                os.link(folder / "people.parquet", Path(name) / "people" / f"{number:03}.parquet")
            took[many] = measure("ours-parts", Path(name), Path(name) / "out")
    print(f"\n{'rows':>13}{'seconds':>9}{'CPU s':>9}{'peak MB':>9}{'s for each million rows':>26}")
    for many, found in took.items():
        figures = f"{found.seconds:9.1f}{found.cpu_seconds:9.1f}{found.peak / 1e6:9.0f}"
        print(f"{rows * many:13,}{figures}{found.seconds / (rows * many) * 1e6:26.2f}")


def compare(folder: Path, rows: int, rounds: int, ways: dict[str, Way]) -> None:
    """Runs each way, checks that all give the same rows, and prints the table."""
    size = (folder / "people.parquet").stat().st_size // 10**6
    print(f"{rows:,} rows of 13 columns, {size} MB of Parquet; 7 columns and about four rows in five go")
    best: dict[str, Measured] = {}
    peaks: dict[str, int] = {}
    digests: dict[str, list[object]] = {}
    for turn in range(rounds):
        for key, way in ways.items():
            if turn and way.needs != "duckdb":
                continue
            for suffix in (".parquet", ".pipe", ".key"):
                (folder / f"out{suffix}").unlink(missing_ok=True)
            found = measure(key, folder, folder / "out.parquet")
            peaks[key] = max(peaks.get(key, 0), found.peak)
            digests[key] = digest(folder / "out.parquet", way)
            if key not in best or found.seconds < best[key].seconds:
                best[key] = found
    assert len({json.dumps(each) for each in digests.values()}) == 1, f"the rows differ: {digests}"
    first = hash_id("9000000000")
    assert first == hmac.new(KEY, b"9000000000", sha256).hexdigest()
    print(f"every way gave the same {next(iter(digests.values()))[0]:,} rows\n")
    print(f"{'':38}{'seconds':>9}{'ratio':>8}{'CPU s':>8}{'ratio':>8}{'peak MB':>9}")
    for key, found in best.items():
        beside = best.get("hand-age" if WAYS[key].encrypted else "hand", found)
        figures = f"{found.seconds:9.2f}{found.seconds / beside.seconds:8.2f}"
        figures += f"{found.cpu_seconds:8.2f}{found.cpu_seconds / beside.cpu_seconds:8.2f}{peaks[key] / 1e6:9.0f}"
        print(f"{WAYS[key].title:38}{figures}")
    print("\nratio: to hand-written SQL, encrypted or not as the row is. Aim: 1.15 at most, under 400 MB.")
    for key, aim in (("polars", 2.5), ("pandas", 4)):
        if key in best and "ours" in best:
            times = best[key].seconds / best["ours"].seconds
            print(f"Fairshare is {times:.1f} times faster than {key}. Aim: {aim} at least.")
    for name in sorted({way.needs for way in WAYS.values()}):
        if not find_spec(name):
            print(f"{name} is not installed: make bench installs it.")


if __name__ == "__main__":
    main()
