"""Dummy data for development: tables of the right shape about nobody, made from a description of columns alone.

No row of any real table is read, so there is no privacy cost. What columns may hold is what the description says, or
what a plan says of its source; nothing else is known. The same seed gives the same table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Annotated

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from fairshare.release.dummy_values import MAKERS, Like, guess_like, make_text
from fairshare.release.filters import read_given
from fairshare.release.sources_csv import DATE_ORDER
from fairshare.release.treatments import Cell, ColumnName, ColumnType, WrittenNumber
from fairshare.words import BadInput
from fairshare.words.reading import build, parse_json, parse_yaml
from fairshare.words.values import Value

MAX_ROWS = 5_000_000
_FIRST_DAY, _LAST_DAY = date(1950, 1, 1), date(2029, 12, 31)


class DummyUnfit(BadInput):
    """A description of columns says something that no value could be."""

    code = "DUMMY_UNFIT"


class DummyColumn(Value):
    """What one column may hold."""

    name: ColumnName
    type: ColumnType = ColumnType.TEXT
    like: Like | None = None
    """A shape that people know, such as an NHS number; made so that it is nobody's."""
    values: (
        Annotated[tuple[StrictBool | WrittenNumber | StrictStr | None, ...], Field(min_length=1, max_length=100_000)]
        | None
    ) = None
    first: WrittenNumber | StrictStr | None = None
    last: WrittenNumber | StrictStr | None = None
    """The range of a number or a date, both ends included."""
    length: tuple[Annotated[StrictInt, Field(ge=0, le=10_000)], Annotated[StrictInt, Field(ge=0, le=10_000)]] = (1, 12)
    """The least and the most characters of text."""
    missing: Annotated[WrittenNumber, Field(ge=0, le=1)] = 0
    """The share of rows without a value."""
    written: StrictStr = ""
    """How a CSV file writes dates, in a plan's words, such as `date DD/MM/YYYY`."""

    @model_validator(mode="after")
    def _can_be_made(self) -> DummyColumn:
        if self.type is ColumnType.OTHER:
            raise _unfit(self.name, "its type has no values that could be made")
        if self.like and (self.type is not ColumnType.TEXT or self.values or self.first is not None):
            raise _unfit(self.name, "a column that is like something is text, and has no values or range of its own")
        if self.length[0] > self.length[1]:
            raise _unfit(self.name, "its least length is more than its most")
        if self.written not in ("", *DATE_ORDER):
            raise _unfit(self.name, "dates are not written in that way")
        listed = [each for each in self.values or () if each is not None]
        if any(read_given(each, self.type) is None for each in listed):
            raise _unfit(self.name, f"a value is not of its type, {self.type}")
        if self.type in _RANGED:
            low, high = self.ends
            if low > high:
                raise _unfit(self.name, "its first is after its last")
        elif self.first is not None or self.last is not None:
            raise _unfit(self.name, f"a column of type {self.type} has no range")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """The range as numbers: days and seconds for dates."""
        defaults: dict[ColumnType, tuple[str | int | float, str | int | float]] = {
            ColumnType.DATE: (_FIRST_DAY.isoformat(), _LAST_DAY.isoformat()),
            ColumnType.DATETIME: (_FIRST_DAY.isoformat(), _LAST_DAY.isoformat()),
        }
        low, high = defaults.get(self.type, (0, 1000))
        low = low if self.first is None else self.first
        high = high if self.last is None else self.last
        return _as_number(self, low), _as_number(self, high)


class DummySchema(Value):
    """What a table is to look like."""

    columns: Annotated[tuple[DummyColumn, ...], Field(min_length=1, max_length=2000)]

    @model_validator(mode="after")
    def _names_differ(self) -> DummySchema:
        names = [column.name.casefold() for column in self.columns]
        if len(set(names)) < len(names):
            raise DummyUnfit("two columns have one name", fix="Name each once.", where="columns")
        return self


_RANGED = frozenset({ColumnType.INTEGER, ColumnType.DECIMAL, ColumnType.FLOAT, ColumnType.DATE, ColumnType.DATETIME})


def _as_number(column: DummyColumn, given: str | int | float) -> float:
    found = read_given(given, column.type)
    match found:
        case bool() | None:
            raise _unfit(column.name, f"an end of its range is not of its type, {column.type}")
        case datetime():
            return (found - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001 (no time zone is meant)
        case date() if column.type is ColumnType.DATETIME:
            return float((found - date(1970, 1, 1)).days * 86400)
        case date():
            return float(found.toordinal())
        case _:
            return float(str(found))


def _unfit(name: str, why: str) -> DummyUnfit:
    return DummyUnfit(why, fix="Correct the description of that column.", where=f"columns: {name}")


def read_dummy_schema(raw: bytes, *, where: str) -> DummySchema:
    """A description of columns, from JSON or YAML that somebody else wrote.

    >>> read_dummy_schema(b"columns: [{name: age, type: integer, first: 0, last: 110}]", where="s").columns[0].ends
    (0.0, 110.0)
    """
    parse = parse_json if re.match(rb"(?:\xef\xbb\xbf)?\s*\{", raw) else parse_yaml
    return build(DummySchema, parse(raw, where=where), where=where)


def make_rows(schema: DummySchema, rows: int, seed: int) -> list[tuple[Cell, ...]]:
    """Dummy rows: each column by itself, so that nothing about one column tells of another.

    >>> schema = read_dummy_schema(b"columns: [{name: sex, values: [F, M]}, {name: nhs, like: nhs_number}]", where="s")
    >>> make_rows(schema, 2, seed=1) == make_rows(schema, 2, seed=1)
    True
    """
    if not 0 <= rows <= MAX_ROWS:
        raise DummyUnfit("there are too many rows", fix=f"Ask for 0 to {MAX_ROWS:,}.", where="rows")
    return list(zip(*(_make_column(column, rows, seed) for column in schema.columns), strict=True))


def _make_column(column: DummyColumn, rows: int, seed: int) -> list[Cell]:
    # By the column's name, so that adding a column leaves the others as they were.
    chance = Random(f"{seed} {column.name}")  # noqa: S311 (nothing secret is made)
    values = _values(column, chance, rows)
    return [None if column.missing and chance.random() < column.missing else next(values) for _ in range(rows)]


def _values(column: DummyColumn, chance: Random, rows: int) -> Iterator[Cell]:
    if column.like is not None:
        yield from MAKERS[column.like](chance, rows)
        return
    listed = [None if each is None else read_given(each, column.type) for each in column.values or ()]
    low, high = column.ends if column.type in _RANGED else (0.0, 0.0)
    while True:
        if listed:
            yield chance.choice(listed)
        else:
            yield _value(column, chance, low, high)


def _value(column: DummyColumn, chance: Random, low: float, high: float) -> Cell:
    match column.type:
        case ColumnType.INTEGER:
            return chance.randint(int(low), int(high))
        case ColumnType.DECIMAL:
            return Decimal(chance.randint(int(low * 100), int(high * 100))) / 100
        case ColumnType.FLOAT:
            return chance.uniform(low, high)
        case ColumnType.DATE:
            return date.fromordinal(chance.randint(int(low), int(high)))
        case ColumnType.DATETIME:
            return datetime(1970, 1, 1) + timedelta(seconds=chance.randint(int(low), int(high)))  # noqa: DTZ001
        case ColumnType.BOOLEAN:
            return chance.random() < 0.5
        case _:
            return make_text(chance, *column.length)


def write_dates(schema: DummySchema, rows: list[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """The same rows with their dates as the columns' descriptions say that a CSV file writes them."""
    forms = [_form(column.written) for column in schema.columns]
    if not any(forms):
        return rows
    return [
        tuple(
            cell.strftime(form) if form and isinstance(cell, date) else cell
            for cell, form in zip(row, forms, strict=True)
        )
        for row in rows
    ]


def _form(written: str) -> str:
    order = DATE_ORDER.get(written, "YYYY-MM-DD")
    return "" if order == "YYYY-MM-DD" else order.replace("YYYY", "%Y").replace("MM", "%m").replace("DD", "%d")


__all__ = [
    "DummyColumn",
    "DummySchema",
    "DummyUnfit",
    "guess_like",
    "make_rows",
    "read_dummy_schema",
    "write_dates",
]
