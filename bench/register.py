"""How fast ten thousand agreements are searched for "do we share this with them", and how long their index takes.

python bench/register.py              10,000 agreements: the figure that the project asks for is under 100 ms
python bench/register.py --count 50000

The index is a file, as at a desk. Each search opens it anew, as the command does, and reads every hit in full; the
worst one matches every agreement there is. Reading the records that the index is made from is not in it.
"""

import argparse
import random
import statistics
import tempfile
import time
from datetime import date
from pathlib import Path

from fairshare.agree.register import Entry, RegisteredParty
from fairshare.agree.register_search import Register

PLACES = ["North", "South", "Mid", "Hill", "Lake", "Market", "Castle", "Bridge", "Abbey", "Harbour"]
BODIES = ["Council", "Police", "University", "Hospital Trust", "Housing", "Probation", "School", "Fire Service"]
ITEMS = ["name", "home address", "date of birth", "NHS number", "week of arrest", "tenancy", "attendance", "income"]
PURPOSES = ["support tenants at risk", "find fraud", "a study of reoffending", "safeguard children", "plan services"]
SEARCHES = {
    "with one party": {"party": "Castle University 42"},
    "party and items": {"party": "Abbey Police", "items": ["address", "income"]},
    "words": {"text": "reoffending tenancy"},
    "matches every one": {"text": "agreement"},
    "finds nothing": {"text": "zebra"},
}


def make_entries(count: int) -> list[Entry]:
    """So many agreements, always the same ones."""
    draw = random.Random(4)
    names = [f"{place} {body} {number}" for place in PLACES for body in BODIES for number in range(60)]
    return [
        Entry(
            id=f"sha256:{number:064x}",
            title=f"Agreement {number}",
            reference=f"c{number}",
            parties=tuple(
                RegisteredParty(name=name, role=role)
                for name, role in zip(draw.sample(names, 2), ("discloser", "recipient"), strict=True)
            ),
            purpose=draw.choice(PURPOSES),
            items=tuple(draw.sample(ITEMS, 4)),
            retention="three years",
            start=date(2026, 1, 1),
        )
        for number in range(count)
    ]


def main() -> None:
    """Measures and prints a line for each search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args()
    entries = make_entries(asked.count)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index.db"
        started = time.perf_counter()
        Register.make(entries, path=path).close()
        print(f"{asked.count} entries indexed in {time.perf_counter() - started:.2f} s")
        for name, search in SEARCHES.items():
            taken = []
            for _ in range(asked.times):
                started = time.perf_counter()
                register = Register.open(path)
                found = register.find(**search)
                register.close()
                taken.append((time.perf_counter() - started) * 1000)
            print(f"{name}: {len(found)} found, median {statistics.median(taken):.1f} ms, at most {max(taken):.1f} ms")


if __name__ == "__main__":
    main()
