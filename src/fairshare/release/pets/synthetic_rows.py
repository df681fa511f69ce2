"""The rows that synthetic people are learnt from, as codes of their declared categories; and codes as rows again.

The engine makes the codes, and refuses what was not declared and whoever has a second row, before anything is learnt.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from fairshare.release.engines.treated import TREATED, Treated, open_treated
from fairshare.release.filters import read_given
from fairshare.release.kinds import Table
from fairshare.release.pets.private_statistics import KeyValue
from fairshare.release.pets.synthetic_plan import SyntheticPeople, SyntheticUnfit, list_categories
from fairshare.release.treatments import Cell, ColumnType, Keep
from fairshare.words import BadInput, Refused

PERSON = "fairshare_person"
"""The name that the person's column has inside the engine; it never leaves it."""
MIN_ROWS, MAX_ROWS = 100, 5_000_000


class SecondRow(Refused):
    """Somebody has more rows than one, so that the promise to each person would not hold."""

    code = "SYNTHETIC_SECOND_ROW"


class CategoryUndeclared(BadInput):
    """A column holds values that the plan does not declare."""

    code = "SYNTHETIC_UNDECLARED"


class RowsUnfit(Refused):
    """There are too few people to learn from without the noise drowning them, or too many to hold."""

    code = "SYNTHETIC_ROWS_UNFIT"


@dataclass(frozen=True)
class Coded:
    """A table as codes of its categories, a column after the other, two bytes each."""

    columns: dict[str, tuple[Cell, ...]] = field(repr=False)
    """What each code stands for, by column."""
    types: dict[str, ColumnType]
    rows: int
    codes: bytes = field(repr=False)
    engine: str = ""

    @property
    def sizes(self) -> list[int]:
        """How many categories each column has."""
        return [len(values) for values in self.columns.values()]


def read_coded(table: Table, asked: SyntheticPeople) -> Coded:
    """Reads the rows that a plan lets go, once, as codes of their declared categories.

    Raises   SecondRow, CategoryUndeclared, RowsUnfit; what reading the source raises.
    """
    plan = table.plan
    kept = (Keep(treatment="keep", column=asked.person, sent_as=PERSON),) if asked.person else ()
    wanted = plan.model_copy(update={"publish": None, "columns": (*plan.columns, *kept)})
    with open_treated(
        wanted,
        engine=table.engine,
        keys=table.keys,
        base=table.base,
        connections=table.connections,
        limits=table.limits,
    ) as treated:
        types = {name: kind for name, kind in treated.columns.items() if name != PERSON}
        columns = {
            name: read_values(name, values, types[name]) for name, values in list_categories(asked, plan).items()
        }
        _load(treated, columns, types)
        rows = _check_rows(treated, list(columns), asked)
        names = ", ".join(f"code_{place}" for place in range(len(columns)))
        codes = pack_codes(treated.query(f"SELECT {names} FROM coded"), len(columns))  # noqa: S608 (our own names)
        return Coded(columns, types, rows, codes, treated.engine)


def read_values(name: str, values: Sequence[KeyValue], kind: ColumnType) -> tuple[Cell, ...]:
    """Declared values as values of the column's type, each another one."""
    found = tuple(None if each is None else read_given(each, kind) for each in values)
    if any(cell is None and each is not None for cell, each in zip(found, values, strict=True)):
        raise SyntheticUnfit(
            f"a value declared for {name!r} is not of its type, {kind}",
            fix="Write values as the column's type is written; put a column of dates or fractions into bands.",
            where=f"publish.keys: {name}",
        )
    if len(set(found)) < len(found):
        raise SyntheticUnfit(
            f"two values declared for {name!r} are one", fix="List each once.", where=f"publish.keys: {name}"
        )
    return found


def _load(treated: Treated, columns: dict[str, tuple[Cell, ...]], types: dict[str, ColumnType]) -> None:
    """Keeps each row as codes inside the engine: a single reading, so that all that is checked is what is learnt."""
    codes, joins = [], []
    for place, (name, values) in enumerate(columns.items()):
        listed = [(value, code) for code, value in enumerate(values) if value is not None]
        keys = f"keys_{place}"
        treated.load(keys, {"value": types[name], "code": ColumnType.INTEGER}, listed)
        column = f"{TREATED}.{treated.quote(name)}"
        joins.append(f"LEFT JOIN {keys} ON {column} = {keys}.value")
        null = f"CASE WHEN {column} IS NULL THEN {values.index(None)} END" if None in values else "NULL"
        codes.append(f"coalesce({keys}.code, {null}) AS code_{place}")
    person = f"{TREATED}.{treated.quote(PERSON)}" if PERSON in treated.columns else "NULL"
    # Names are quoted by the engine, and values are loaded, so that nothing given stands in SQL.
    select = f"SELECT {person} AS person, {', '.join(codes)} FROM {TREATED} {' '.join(joins)}"  # noqa: S608
    treated.keep("coded", select)


def _check_rows(treated: Treated, names: list[str], asked: SyntheticPeople) -> int:
    """How many rows there are, once each is another person's and holds declared values only."""
    missing = ", ".join(f"count(*) - count(code_{place})" for place in range(len(names)))
    counts = f"SELECT count(*), count(person), count(DISTINCT person), {missing} FROM coded"  # noqa: S608 (our own names)
    found = treated.query(counts)[0]
    rows, named, people, *undeclared = (int(str(each)) for each in found)
    if asked.person and people < rows:
        why = f"{named - people:,} rows are a person's second or later one" if named == rows else "rows name nobody"
        raise SecondRow(
            f"{why}, and each person may have one",
            fix="Choose one row for each person before the plan reads them, or make one row of several.",
            where="publish.person",
        )
    for name, count in zip(names, undeclared, strict=True):
        if count:
            raise CategoryUndeclared(
                f"{count:,} rows hold a value of {name!r} that is not declared, or none",
                fix="Declare every value that can occur, and null if there are gaps; from outside the rows.",
                where=f"publish.keys: {name}",
            )
    if not MIN_ROWS <= rows <= MAX_ROWS:
        raise RowsUnfit(
            f"there are fewer than {MIN_ROWS:,} rows, or more than {MAX_ROWS:,}",
            fix="Below that the noise is larger than the table; use dummy data instead. Above it, take a sample.",
            where="rows",
        )
    return rows


def pack_codes(rows: Sequence[tuple[object, ...]], columns: int) -> bytes:
    """Rows of codes as bytes, a column after the other.

    >>> pack_codes([(1, 2), (3, 4)], 2)
    b'\\x01\\x00\\x03\\x00\\x02\\x00\\x04\\x00'
    """
    turned = zip(*rows, strict=True) if rows else ((),) * columns
    return b"".join(little_endian(array("H", column)).tobytes() for column in turned)


def unpack_codes(codes: bytes, columns: int) -> list[array[int]]:
    """The codes of each column."""
    size = len(codes) // columns
    return [little_endian(array("H", codes[place * size : (place + 1) * size])) for place in range(columns)]


def little_endian(codes: array[int]) -> array[int]:
    """Codes in the order of bytes that workers read."""
    if sys.byteorder == "big":
        codes.byteswap()
    return codes


def split_codes(coded: Coded, held_out: bytes) -> tuple[bytes, bytes]:
    """The codes of those who were learnt from, and of those who were held out."""
    columns = unpack_codes(coded.codes, len(coded.columns))
    apart = [
        [code for code, out in zip(column, held_out, strict=True) if out == wanted]
        for wanted in (0, 1)
        for column in columns
    ]
    learnt, control = apart[: len(columns)], apart[len(columns) :]
    return tuple(b"".join(little_endian(array("H", column)).tobytes() for column in each) for each in (learnt, control))  # type: ignore[return-value]


def decode(coded: Coded, codes: bytes) -> Coded:
    """Other rows in the same categories, such as synthetic ones."""
    return replace(coded, codes=codes, rows=len(codes) // (2 * len(coded.columns)))


def read_cells(coded: Coded) -> list[tuple[Cell, ...]]:
    """Codes as rows of values again."""
    columns = unpack_codes(coded.codes, len(coded.columns))
    values = list(coded.columns.values())
    return list(
        zip(*([known[code] for code in column] for known, column in zip(values, columns, strict=True)), strict=True)
    )
