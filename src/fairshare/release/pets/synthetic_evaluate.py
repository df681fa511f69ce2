"""Judging a synthetic table that somebody already has, whoever made it and by whatever method.

Nothing about how it was made is believed: it is compared with the real table, and attacked. All of it is for the
holder of the real table, because it compares with real people.
"""

from __future__ import annotations

import secrets
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path

from fairshare.records.commitments import Entropy
from fairshare.release.engines import schema_of
from fairshare.release.engines.treated import TREATED, open_treated
from fairshare.release.pets.synthetic import OnProgress, attack
from fairshare.release.pets.synthetic_plan import MAX_CATEGORIES, MAX_COLUMNS, SyntheticUnfit
from fairshare.release.pets.synthetic_rows import Coded, little_endian
from fairshare.release.pets.synthetic_told import Found, tell_attacks, tell_nearness
from fairshare.release.plan import Plan
from fairshare.release.sections import InBoth, Section
from fairshare.release.sources import CsvFile, ParquetFile, Source
from fairshare.release.treatments import Cell, ColumnType, Keep
from fairshare.release.workers import find_home, find_python
from fairshare.release.workers.running import run_worker

MAX_LISTED = 60
"""A column of numbers with more values than this is compared in bands."""
BANDS = 20
NUMBERS = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT})


class _NoKeys:
    """Keeping columns needs no key."""

    def key_for(self, key_id: str) -> bytes:
        raise AssertionError(key_id)


def evaluate_synthetic(
    real: Path,
    synthetic: Path,
    *,
    control: Path | None = None,
    target: str | None = None,
    home: Path | None = None,
    entropy: Entropy = secrets.token_bytes,
    on_progress: OnProgress | None = None,
) -> tuple[Section, ...]:
    """How near a synthetic table comes to the real one, and what attacks on it find.

    Takes    real, synthetic, control: CSV or Parquet files; control: people who were kept out when it was made.
             Without them nothing can be said of attacks. target: the column that a model and an intruder guess.
    Raises   MissingPart naming the command; SyntheticUnfit when the tables cannot be compared.
    """
    place = home or find_home()
    for worker in ("attacks", "synthetic") if control else ("synthetic",):
        find_python(worker, place)
    files = [each for each in (real, synthetic, control) if each]
    tables, left_out = code_tables([_read(each, synthetic) for each in files])
    names = list(tables[0].columns)
    at = _find_target(names, target)
    tell = on_progress or (lambda share: None)
    told = {"sizes": tables[0].sizes, "target": at}
    empty = b""
    given = {"real": tables[0].codes, "synthetic": tables[1].codes, "control": tables[2].codes if control else empty}
    answer = run_worker(
        "synthetic", "compare", told, given, home=place, entropy=entropy, on_progress=lambda share: tell(share / 2)
    )
    sections = [tell_nearness(Found.of(names, at, answer.values, None))]
    if control:
        found = attack(
            tables[0], tables[1], tables[2], at, home=place, entropy=entropy,
            on_progress=lambda share: tell(0.5 + share / 2),
        )  # fmt: skip
        sections.append(tell_attacks(Found.of(names, at, answer.values, found).attacks))
    return (*sections, _tell_left_out(left_out, attacked=control is not None))


def _find_target(names: list[str], target: str | None) -> int:
    if target is not None and target not in names:
        raise SyntheticUnfit(
            "the target is no column that is compared", fix=f"Columns: {', '.join(names)}.", where="target"
        )
    return names.index(target) if target else len(names) - 1


def _source(path: Path) -> Source:
    if path.suffix.lower() == ".parquet":
        return ParquetFile(format="parquet", path=path.name)
    return CsvFile(format="csv", path=path.name)


def _read(path: Path, like: Path) -> tuple[dict[str, ColumnType], list[tuple[Cell, ...]]]:
    """The columns of a file that the synthetic table has too, and its rows."""
    columns = list(schema_of(_source(like), like.parent))
    if len(columns) > MAX_COLUMNS:
        raise SyntheticUnfit(
            f"the synthetic table has more than {MAX_COLUMNS} columns", fix="Compare fewer at a time.", where=like.name
        )
    kept = tuple(Keep(treatment="keep", column=name, sent_as=f"c{place}") for place, name in enumerate(columns))
    plan = Plan(name="compare", source=_source(path), columns=kept)
    with open_treated(plan, keys=_NoKeys(), base=path.parent) as treated:
        rows = treated.query(f"SELECT {', '.join(treated.quote(each.output) for each in kept)} FROM {TREATED}")  # noqa: S608 (quoted)
        return dict(zip(columns, treated.columns.values(), strict=True)), rows


def code_tables(
    tables: Sequence[tuple[dict[str, ColumnType], list[tuple[Cell, ...]]]],
) -> tuple[list[Coded], list[str]]:
    """Tables as codes of the same categories, and the columns left out because they have too many values.

    Categories come from all the tables together. Columns of many numbers go into bands that split the first evenly.
    """
    names = list(tables[0][0])
    coded: list[dict[str, list[int]]] = [{} for _ in tables]
    categories: dict[str, tuple[Cell, ...]] = {}
    for place, name in enumerate(names):
        columns = [_as_numbers([row[place] for row in rows]) for _, rows in tables]
        numeric = all(is_number for _, is_number in columns)
        cells = [[_text(cell) for cell in found] for found, _ in columns]
        if numeric and len({cell for found in cells for cell in found}) > MAX_LISTED:
            cells = _band([found for found, _ in columns])
        listed = sorted({cell for found in cells for cell in found}, key=lambda cell: (cell is not None, str(cell)))
        if len(listed) <= MAX_CATEGORIES:
            codes = {cell: code for code, cell in enumerate(listed)}
            categories[name] = tuple(listed)
            for table, found in zip(coded, cells, strict=True):
                table[name] = [codes[cell] for cell in found]
    if len(categories) < 2:
        raise SyntheticUnfit(
            "fewer than two columns can be compared", fix="Give tables of categories.", where="columns"
        )
    types = dict.fromkeys(categories, ColumnType.TEXT)
    made = [
        Coded(categories, types, len(rows), b"".join(_bytes(table[name]) for name in categories))
        for table, (_, rows) in zip(coded, tables, strict=True)
    ]
    return made, [name for name in names if name not in categories]


def _bytes(codes: list[int]) -> bytes:
    return little_endian(array("H", codes)).tobytes()


def _text(cell: Cell) -> str | None:
    return None if cell is None else str(cell)


def _as_numbers(cells: list[Cell]) -> tuple[list[Cell], bool]:
    """Cells as numbers if every one of them is a number or a gap, and whether they are."""
    try:
        return [None if cell is None else float(str(cell)) for cell in cells], True
    except ValueError:
        return cells, False


def _band(columns: list[list[Cell]]) -> list[list[str | None]]:
    """Numbers as the bands that split the first column's into even parts."""
    sorted_values = sorted(float(str(cell)) for cell in columns[0] if cell is not None)
    edges = sorted({sorted_values[len(sorted_values) * part // BANDS] for part in range(1, BANDS)})
    return [
        [None if cell is None else f"{bisect_right(edges, float(str(cell))):02}" for cell in cells] for cells in columns
    ]


def _tell_left_out(left_out: list[str], *, attacked: bool) -> Section:
    says = []
    if not attacked:
        says.append(
            InBoth(
                "No attack was made: that needs a control group of people who were kept out when the table was made.",
                "Ni wnaed ymosodiad: mae angen grŵp rheoli o bobl a gadwyd allan pan wnaed y tabl.",
            )
        )
    if left_out:
        says.append(
            InBoth(
                f"Not compared, because they have more than {MAX_CATEGORIES:,} values: {', '.join(left_out)}. Look at "
                "them yourself: a column of names or numbers of people must not be in a synthetic table.",
                f"Heb eu cymharu, am fod ganddynt fwy na {MAX_CATEGORIES:,} o werthoedd: {', '.join(left_out)}. "
                "Edrychwch arnynt eich hun: ni ddylai colofn o enwau neu rifau pobl fod mewn tabl synthetig.",
            )
        )
    says.append(
        InBoth(
            "A table that was not made with differential privacy has no promise behind it, whatever these numbers are.",
            "Nid oes addewid y tu ôl i dabl na wnaed gyda phreifatrwydd gwahaniaethol, beth bynnag yw'r rhifau hyn.",
        )
    )
    return Section(
        "utility", InBoth("What this does not show", "Yr hyn nad yw hyn yn ei ddangos"), tuple(says), holder_only=True
    )
