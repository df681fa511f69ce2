"""A dummy table as files: its rows, and beside them what says that they are about nobody."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from fairshare.release.dummy import DummySchema, DummyUnfit, make_rows, write_dates
from fairshare.release.engines.running import check_output
from fairshare.release.publishing_rows import write_cells
from fairshare.release.staging import naming_the_disk

MARK = ".dummy"
"""What stands in the name of every dummy file, before its ending."""
SAYS = "Dummy data: made from a description of columns. Nobody is in this table, and nothing can be learnt from it."


@dataclass(frozen=True)
class DummyFiles:
    """Where a dummy table is, and what is said of it beside it."""

    table: Path
    about: Path


def name_dummy(out: Path) -> DummyFiles:
    """The names that a dummy table and what is said of it get: each says that it is dummy.

    >>> name_dummy(Path("people.csv")).table.name, name_dummy(Path("people.csv")).about.name
    ('people.dummy.csv', 'people.dummy.about.json')
    """
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise DummyUnfit("a dummy table is CSV or Parquet", fix="Give a name that ends so.", where="out")
    stem = out.stem if out.stem.endswith(MARK) else out.stem + MARK
    return DummyFiles(out.with_name(stem + out.suffix.lower()), out.with_name(f"{stem}.about.json"))


def write_about(schema: DummySchema, rows: int, seed: int, made_from: str) -> bytes:
    """What stands beside a dummy table, so that nobody ever takes it for a real one."""
    columns = {
        each.name: each.model_dump(mode="json", exclude_defaults=True, exclude={"name"}) for each in schema.columns
    }
    said = {"dummy": True, "says": SAYS, "made_from": made_from, "rows": rows, "seed": seed, "columns": columns}
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"


def make_dummy(schema: DummySchema, rows: int, seed: int, *, out: Path, made_from: str) -> DummyFiles:
    """Makes a dummy table in new files of mode 0600; the table appears whole or not at all.

    Takes    out: a name that ends in .csv or .parquet; `name_dummy` says what it becomes.
    Raises   OutputUnfit when there is something there already; DummyUnfit.
    """
    files = name_dummy(out)
    cells = make_rows(schema, rows, seed)
    for each in (files.table, files.about):
        check_output(each)
    types = {column.name: column.type for column in schema.columns}
    with naming_the_disk(out), TemporaryDirectory(dir=out.parent, prefix=".fairshare-") as folder:
        table, about = Path(folder) / files.table.name, Path(folder) / files.about.name
        if table.suffix == ".csv":
            write_cells(types, write_dates(schema, cells), write_to=table, output="csv")
        else:
            write_cells(types, cells, write_to=table, output="parquet")
        about.write_bytes(write_about(schema, rows, seed, made_from))
        # What says that it is dummy is there before the table is.
        for made, place in ((about, files.about), (table, files.table)):
            made.chmod(0o600)
            os.link(made, place)
    return files
