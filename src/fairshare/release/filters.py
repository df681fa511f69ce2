"""Which rows may go: tests on the columns of the source, before any treatment. A row goes if it passes them all.

A null passes no test but `is_null`: what is not known is never taken for a yes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256 as digest_of
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool, StrictStr, StringConstraints, model_validator

from fairshare.release.treatments import (
    DATED,
    EVERY_TYPE,
    KNOWN_TYPES,
    NUMBERS,
    Cell,
    ColumnName,
    ColumnType,
    WrittenNumber,
)
from fairshare.words import BadInput, Unsound
from fairshare.words.reading import decode_text, read_file
from fairshare.words.values import Line, Value

Given = StrictBool | WrittenNumber | Annotated[StrictStr, StringConstraints(max_length=2000)]
"""A value as a plan writes it: dates and long numbers as text."""
ListPath = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class FilterUnfit(BadInput):
    """A filter does not suit the column it tests."""

    code = "FILTER_UNFIT"


class ListUnreadable(BadInput):
    """A list file holds something that the column it is compared with cannot hold."""

    code = "LIST_UNREADABLE"


class ListChanged(Unsound):
    """A list file is not the one whose digest the plan names."""

    code = "LIST_CHANGED"


class RowTest(Value):
    """A test that a row must pass to go."""

    fits: ClassVar[frozenset[ColumnType]] = KNOWN_TYPES
    test: str
    column: ColumnName


class Equality(RowTest):
    """The column equals one value, or does not."""

    fits: ClassVar[frozenset[ColumnType]] = KNOWN_TYPES - {ColumnType.FLOAT}
    test: Literal["equals", "not_equals"]
    value: Given


class Comparison(RowTest):
    """The column is before, after, below or above a value. Text has no order here."""

    fits: ClassVar[frozenset[ColumnType]] = NUMBERS | DATED
    test: Literal["less_than", "at_most", "more_than", "at_least"]
    value: Given


class Between(RowTest):
    """The column lies between two values, both included; one end may be open."""

    fits: ClassVar[frozenset[ColumnType]] = NUMBERS | DATED
    test: Literal["between"]
    first: Given | None = None
    last: Given | None = None

    @model_validator(mode="after")
    def _has_an_end(self) -> Between:
        if self.first is None and self.last is None:
            raise FilterUnfit(
                "a range has neither a first nor a last value", fix="Give one or both.", where=self.column
            )
        return self


class Membership(RowTest):
    """The column holds one of some values, or none of them."""

    fits: ClassVar[frozenset[ColumnType]] = KNOWN_TYPES - {ColumnType.FLOAT}
    test: Literal["one_of", "none_of"]
    values: Annotated[tuple[Given, ...], Field(min_length=1, max_length=10_000)]


class Listing(RowTest):
    """Only these people, or all but these: the column holds a value that a list file holds, one to a line."""

    fits: ClassVar[frozenset[ColumnType]] = frozenset(
        {ColumnType.TEXT, ColumnType.INTEGER, ColumnType.DATE, ColumnType.DECIMAL}
    )
    test: Literal["listed", "not_listed"]
    path: ListPath
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    """The digest of the file, if the plan is to hold for this very list and no other."""
    opt_out: Annotated[Line, StringConstraints(max_length=100)] | None = None
    """The name of the list among `opt_outs` that added this test; none for one that somebody wrote."""


class NullTest(RowTest):
    """The column has no value, or has one. An empty cell of a CSV file is a null; empty text elsewhere is not."""

    fits: ClassVar[frozenset[ColumnType]] = EVERY_TYPE
    test: Literal["is_null", "not_null"]


AnyTest = Annotated[Equality | Comparison | Between | Membership | Listing | NullTest, Field(discriminator="test")]

_INTEGER = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,10})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?")


def read_given(given: bool | int | float | str, found: ColumnType) -> Cell:
    """A value that a plan gives, as a value of the column's type; None if it cannot be one.

    A datetime column takes a date too: it is then compared by its day.

    >>> read_given("2026-04-01", ColumnType.DATE), read_given("123", ColumnType.TEXT), read_given(123, ColumnType.TEXT)
    (datetime.date(2026, 4, 1), '123', None)
    """
    try:
        match found:
            case ColumnType.TEXT:
                return given if isinstance(given, str) else None
            case ColumnType.BOOLEAN:
                return given if isinstance(given, bool) else None
            case ColumnType.INTEGER if not isinstance(given, float | bool) and _INTEGER.fullmatch(str(given)):
                return int(given)
            case ColumnType.DECIMAL if not isinstance(given, bool) and _DECIMAL.fullmatch(str(given)):
                return Decimal(str(given))
            case ColumnType.FLOAT if not isinstance(given, str | bool):
                return float(given)
            case ColumnType.DATE | ColumnType.DATETIME if isinstance(given, str) and _DATE.fullmatch(given):
                return date.fromisoformat(given)
            case ColumnType.DATETIME if isinstance(given, str) and _DATETIME.fullmatch(given):
                return datetime.fromisoformat(given)
    except ValueError:
        return None
    return None


def given_values(test: RowTest) -> Sequence[bool | int | float | str]:
    """The values that a test names in the plan itself."""
    match test:
        case Equality() | Comparison():
            return [test.value]
        case Between():
            return [each for each in (test.first, test.last) if each is not None]
        case Membership():
            return test.values
    return ()


def check_test(test: RowTest, found: ColumnType) -> None:
    """Raises FilterUnfit if the test, or a value it names, does not suit a column of this type."""
    if found not in test.fits:
        raise FilterUnfit(
            f"the test {test.test!r} does not suit a column of type {found}",
            fix=f"It suits: {', '.join(sorted(test.fits))}.",
            where=test.column,
        )
    for given in given_values(test):
        if read_given(given, found) is None:
            raise FilterUnfit(
                f"a value given for the test {test.test!r} is not of type {found}",
                fix=WRITE_AS[found],
                where=test.column,
            )


WRITE_AS = {
    ColumnType.TEXT: "Write it as text, in quotation marks.",
    ColumnType.INTEGER: "Write a whole number of at most 18 digits.",
    ColumnType.DECIMAL: "Write a number of at most 18 digits and 10 decimal places.",
    ColumnType.FLOAT: "Write a number.",
    ColumnType.DATE: "Write a date as YYYY-MM-DD.",
    ColumnType.DATETIME: "Write a date as YYYY-MM-DD, or a moment as YYYY-MM-DDTHH:MM:SS.",
    ColumnType.BOOLEAN: "Write true or false.",
    ColumnType.OTHER: "This column can only be tested with is_null or not_null.",
}
"""How a plan writes a value of each type."""


def read_list(path: Path, found: ColumnType, *, sha256: str | None = None, where: str) -> list[Cell]:
    """The values of a list file: UTF-8, one to a line; blank lines, spaces around a value and repeats do not count.

    Raises   ListUnreadable if a line is not a value of the column's type; ListChanged if its digest is another.
    """
    raw = read_file(path)
    if sha256 is not None and digest_of(raw).hexdigest() != sha256:
        raise ListChanged(
            "the list file is not the one that the plan names", where=where, fix="Use that file, or approve a new plan."
        )
    values: dict[Cell, None] = {}
    for number, line in enumerate(re.split(r"\r?\n", decode_text(raw, where=where)), start=1):
        if not (text := line.strip(" \t")):
            continue
        value = read_given(text, found)
        if value is None or "\x00" in text:
            raise ListUnreadable(f"line {number} is not a value of type {found}", fix=WRITE_AS[found], where=where)
        values[value] = None
    return list(values)
