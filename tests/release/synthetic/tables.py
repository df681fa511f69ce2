"""Real tables that PyPI packages ship, plans for them, and the worker environments that the tests use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent
from typing import Any

from fairshare.release.kinds import Table
from fairshare.release.plan import read_plan
from tests.release.flow.stories import OneKey

ROOT = Path(__file__).parents[3]
HOME = Path(os.environ.get("FAIRSHARE_WORKERS") or ROOT / ".workers")
"""`make test` installs the worker environments here."""

ROSSI = """
name: recidivism, for teaching
source: {format: csv, path: rossi.csv, types: {age: integer, prio: integer}}
columns:
  - {column: arrest, treatment: keep}
  - {column: age, treatment: generalise, to: bands, edges: [20, 25, 30]}
  - {column: wexp, treatment: keep}
  - {column: prio, treatment: generalise, to: bands, edges: [1, 3, 6]}
publish:
  publish: synthetic
  protects: row
  epsilon: 3
  target: arrest
  attacks: false
  keys:
    - {column: arrest, values: ["0", "1"]}
    - {column: wexp, values: ["0", "1"]}
"""
GBSG2 = """
name: patients
source: {format: csv, path: gbsg2.csv, types: {age: integer, pnodes: integer}}
columns:
  - {column: horTh, treatment: keep, item: i1}
  - {column: age, treatment: generalise, to: bands, edges: [40, 50, 60, 70], item: i1}
  - {column: menostat, treatment: keep, item: i1}
  - {column: tgrade, treatment: keep, item: i1}
  - {column: pnodes, treatment: generalise, to: bands, edges: [2, 4, 8], item: i1}
publish:
  publish: synthetic
  protects: row
  epsilon: 3
  attack_limit: 0.5
  keys:
    - {column: horTh, values: ["yes", "no"]}
    - {column: menostat, values: [Pre, Post]}
    - {column: tgrade, values: [I, II, III]}
"""
PEOPLE = """
name: visits
source: {format: csv, path: people.csv, types: {visits: integer}}
columns:
  - {column: area, treatment: keep}
  - {column: visits, treatment: keep}
publish:
  publish: synthetic
  person: who
  epsilon: 1
  keys:
    - {column: area, values: [north, south, null]}
    - {column: visits, first: 0, last: 3}
"""


def find_published(package: str, path: str) -> Path:
    """A file that a Python package ships."""
    spec = find_spec(package)
    assert spec is not None, f"the package {package} is not installed: requirements/demo.lock"
    return Path(next(iter(spec.submodule_search_locations or ()))) / path


def copy_rossi(folder: Path) -> Path:
    path = folder / "rossi.csv"
    path.write_bytes(find_published("lifelines", "datasets/rossi.csv").read_bytes())
    return path


def write_people(folder: Path, rows: int = 200, extra: str = "") -> Path:
    """One row for each of some made-up people, and perhaps more lines."""
    path = folder / "people.csv"
    lines = [f"p{n},{('north', 'south')[n % 2]},{n % 4}" for n in range(rows)]
    path.write_text("\n".join(["who,area,visits", *lines]) + "\n" + extra)
    return path


def make_table(folder: Path, plan: str, **changes: Any) -> Table:
    return Table(plan=read_plan(dedent(plan).encode(), where="plan"), keys=OneKey(), base=folder, **changes)


def find_children() -> Iterator[int]:
    """The processes that this one has started."""
    for task in Path("/proc/self/task").iterdir():
        yield from map(int, (task / "children").read_text().split())
