"""How fast the log takes entries in, durably, and how fast it proves one out of millions.

python bench/ledger.py                        200,000 entries: a quick look
python bench/ledger.py --entries 5000000      as the design asks; needs 1.5 GB of disk and some minutes
"""

import argparse
import random
import resource
import secrets
import tempfile
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fairshare.ledger import SqliteLog, insert_commitments
from fairshare.records import make_signing_key

ORIGIN = "bench.example/log"
KEY = make_signing_key("Bench", secrets.token_bytes)


def commit(n: int) -> str:
    return "sha256:" + sha256(n.to_bytes(8, "big")).hexdigest()


def measure(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def measure_appends(folder: Path, size: int, seconds: float) -> tuple[float, float]:
    """Entries taken in per second in durable batches of `size`, without and with a signed checkpoint for each batch."""
    rates = []
    for sequenced in (False, True):
        with SqliteLog(folder / f"append-{size}-{sequenced}.db", ORIGIN, KEY) as log:
            count, start = 0, time.perf_counter()
            while time.perf_counter() - start < seconds:
                log.append(*(commit(n) for n in range(count, count + size)))
                count += size
                if sequenced:
                    log.sequence()
            rates.append(count / (time.perf_counter() - start))
    return rates[0], rates[1]


def fill(log: SqliteLog, entries: int) -> float:
    """Seconds to put so many entries in and give each its place."""

    def work() -> None:
        for first in range(0, entries, 100_000):
            log.connection.execute("BEGIN")
            insert_commitments(log.connection, (commit(n) for n in range(first, min(first + 100_000, entries))))
            log.connection.execute("COMMIT")
            log.sequence()

    return measure(work)


def list_quantiles(seconds: Iterable[float]) -> list[str]:
    """Median, 99th percentile and worst, in milliseconds."""
    ordered = sorted(seconds)
    return [f"{ordered[int(part * (len(ordered) - 1))] * 1_000:.2f}" for part in (0.5, 0.99, 1)]


def measure_proofs(path: Path, entries: int, count: int) -> dict[str, list[str]]:
    """Times of proofs, each by a log that was opened a moment ago, and by one that stays open."""
    chance = random.Random(7)

    def prove_afresh(n: int) -> None:
        with SqliteLog(path, ORIGIN) as log:
            log.prove_inclusion(commit(n))

    with SqliteLog(path, ORIGIN) as log:
        sizes = [size for (size,) in log.connection.execute("SELECT size FROM log_checkpoints")]
        inclusion = [measure(lambda: log.prove_inclusion(commit(chance.randrange(entries)))) for _ in range(count)]
        consistency = [measure(lambda: log.prove_consistency(chance.choice(sizes))) for _ in range(count)]
    afresh = [measure(lambda: prove_afresh(chance.randrange(entries))) for _ in range(count)]
    return {
        "inclusion": list_quantiles(inclusion),
        "consistency": list_quantiles(consistency),
        "inclusion, opening the file each time": list_quantiles(afresh),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=3, help="how long to append for, per batch size")
    parser.add_argument("--proofs", type=int, default=1_000)
    chosen = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "log.db"
        table = Table("batch", "appended / s", "appended, placed and signed / s", title="Durable appends (entries)")
        for size in (1, 1_000):
            table.add_row(f"{size:,}", *(f"{rate:,.0f}" for rate in measure_appends(folder, size, chosen.seconds)))
        console.print(table)
        with SqliteLog(path, ORIGIN, KEY) as log:
            took = fill(log, chosen.entries)
        table = Table("proof", "median ms", "p99 ms", "worst ms", title=f"Proofs at {chosen.entries:,} entries")
        for proof, times in measure_proofs(path, chosen.entries, chosen.proofs).items():
            table.add_row(proof, *times)
        console.print(table)
        console.print(
            f"Filled in {took:,.0f} s; {path.stat().st_size / 1e6:,.0f} MB on disk; at most "
            f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024:,.0f} MB of memory."
        )


if __name__ == "__main__":
    main()
