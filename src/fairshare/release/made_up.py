"""Made-up rows for a preview, from what each column holds and nothing else: no row is read."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from fairshare.release.engines.sampling import Sample
from fairshare.release.sources import Schema
from fairshare.release.treatments import Cell, ColumnType


def make_up_rows(schema: Schema, rows: int) -> Sample:
    """Rows that look like rows of these columns, the same each time.

    >>> make_up_rows({"pupil": ColumnType.INTEGER, "postcode": ColumnType.TEXT}, 2).columns
    {'pupil': [1001, 1002], 'postcode': ['AB1 2CD', 'AB2 2CD']}
    """
    made = {name: [_make_up(name, found, at) for at in range(1, rows + 1)] for name, found in schema.items()}
    return Sample(schema, rows, made)


def _make_up(name: str, found: ColumnType, at: int) -> Cell:
    match found:
        case ColumnType.TEXT if "postcode" in name.casefold():
            return f"AB{at % 9 or 9} 2CD"
        case ColumnType.TEXT:
            return f"{name[:40]} {at}"
        case ColumnType.INTEGER:
            return 1000 + at
        case ColumnType.BOOLEAN:
            return at % 2 == 0
        case ColumnType.DATE:
            return date(1970, 1, 15) + timedelta(days=397 * at)
        case ColumnType.DATETIME:
            return datetime.combine(date(1970, 1, 15) + timedelta(days=397 * at), time(9, 30))
        case ColumnType.OTHER:
            return None
        case _:
            return 10.5 * at
