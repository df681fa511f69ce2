"""Reading what a plan keeps beside it: hierarchy files (YAML, or a tree as CSV) and the counts of a population."""

from __future__ import annotations

import csv
import io
from hashlib import sha256 as digest_of
from pathlib import Path

from fairshare.release.deidentify.hierarchies import (
    VALUE,
    Hierarchy,
    HierarchyUnfit,
    Tree,
    build_hierarchy,
    list_built_in,
)
from fairshare.release.filters import ListChanged
from fairshare.release.treatments import ALL_ALIKE
from fairshare.release.treatments_groups import PopulationCount
from fairshare.words import BadInput
from fairshare.words.reading import build, decode_text, parse_yaml, read_file

PEOPLE = "people"


class PopulationUnfit(BadInput):
    """The counts of a population lack a column, or a count, or say a combination twice."""

    code = "POPULATION_UNFIT"


def is_built_in(name: str) -> bool:
    """Whether a plan's word for a hierarchy is the name of a built-in one, and not a path."""
    return name in list_built_in()


def read_hierarchy(path: Path, *, sha256: str | None = None, where: str) -> Hierarchy:
    """A hierarchy from a file of its own: YAML, or a tree as CSV.

    Raises   HierarchyUnfit, BadInput; ListChanged if its digest is another.
    """
    raw = read_file(path)
    check_digest(raw, sha256, where=where)
    if path.suffix.lower() == ".csv":
        return read_tree(raw, where=where)
    return build_hierarchy(parse_yaml(raw, where=where), where=where)


def check_digest(raw: bytes, sha256: str | None, *, where: str) -> None:
    """Raises ListChanged if a file is not the one that the plan holds for."""
    if sha256 is not None and digest_of(raw).hexdigest() != sha256:
        raise ListChanged(
            "the file is not the one that the plan names", where=where, fix="Use that file, or approve a new plan."
        )


def read_tree(raw: bytes, *, where: str) -> Tree:
    """A tree from CSV: a value and its label at each level, narrowest first; a first line that begins with `value`
    names the levels. Cells are parted by semicolons, or by commas if there is none.

    >>> tree = read_tree(b"value;town;county\\nLS1;Leeds;West Yorkshire\\nBD1;Bradford;West Yorkshire\\n", where="x")
    >>> tree.levels, tree.labels["LS1"]
    (('value', 'town', 'county', '*'), ('Leeds', 'West Yorkshire'))
    """
    rows = _read_cells(raw, where=where)
    if not rows or len(rows[0]) < 2:
        raise HierarchyUnfit(
            "the tree has no levels", fix="Write one line for each value: value;level 1;level 2.", where=where
        )
    header = rows[0][0].casefold() == VALUE
    names = [each.lower().replace(" ", "_") for each in rows[0][1:]] if header else []
    names = names or [f"level_{place}" for place in range(1, len(rows[0]))]
    body = rows[1:] if header else rows
    if all(row[-1] == ALL_ALIKE for row in body) or names[-1] == ALL_ALIKE:
        names, body = names[:-1], [row[:-1] for row in body]
    labels: dict[str, tuple[str, ...]] = {}
    for number, (value, *levels) in enumerate(body, start=2 if header else 1):
        if labels.setdefault(value, tuple(levels)) != tuple(levels):
            raise HierarchyUnfit("a value stands twice, with other labels", fix="Keep one line.",
                                 where=f"{where}:{number}")  # fmt: skip
    return build(Tree, {"kind": "tree", "names": names, "labels": labels}, where=where)


def _read_cells(raw: bytes, *, where: str) -> list[list[str]]:
    text = decode_text(raw, where=where)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in text else ",", strict=True)
        rows = [[cell.strip() for cell in row] for row in reader if any(cell.strip() for cell in row)]
    except csv.Error:
        raise HierarchyUnfit("this is not CSV", fix="Save it as CSV in UTF-8.", where=where) from None
    for number, row in enumerate(rows, start=1):
        if len(row) != len(rows[0]):
            raise HierarchyUnfit(
                f"row {number} has {len(row)} cells, and the first has {len(rows[0])}",
                fix="Give every value a label at every level; repeat the last one if need be.",
                where=where,
            )
    return rows


def read_population(
    path: Path, columns: tuple[str, ...], *, sha256: str | None = None, where: str
) -> tuple[PopulationCount, ...]:
    """How many people of the population have each combination of values: CSV with those columns, and `people`.

    An empty cell is a null; values stand as text, the way they are sent.
    """
    raw = read_file(path)
    check_digest(raw, sha256, where=where)
    rows = _read_cells(raw, where=where)
    header = rows[0] if rows else []
    if missing := [name for name in (*columns, PEOPLE) if name not in header]:
        raise PopulationUnfit(
            f"the counts of the population have no column {missing[0]!r}",
            fix=f"Give it the columns {', '.join((*columns, PEOPLE))}.",
            where=where,
        )
    places = [header.index(name) for name in columns]
    counts: dict[tuple[str | None, ...], int] = {}
    for number, row in enumerate(rows[1:], start=2):
        values, people = tuple(row[place] or None for place in places), row[header.index(PEOPLE)]
        if not (people.isascii() and people.isdigit() and len(people) <= 12) or values in counts:
            raise PopulationUnfit(
                f"row {number} has no whole number of people, or a combination that was there already",
                fix="Write each combination once, with how many people there are.",
                where=where,
            )
        counts[values] = int(people)
    return tuple(PopulationCount.model_construct(values=values, people=people) for values, people in counts.items())
