"""The reference engine: plain Python, one row at a time, slow and obviously right. Every other engine must agree.

CSV is read by Python's own reader; other sources are fetched as they are and treated here.
"""

from __future__ import annotations

import hmac
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from platform import python_version

import duckdb

from fairshare.documents.formulas import FORMULA
from fairshare.release.engines import EngineReport
from fairshare.release.engines.attaching import Attached, SourceColumn, attach_source
from fairshare.release.engines.duckdb_sql import kept_types, read_sql
from fairshare.release.engines.job import Job, check_counts, make_report
from fairshare.release.engines.memory_groups import hold_back_small_groups as hold_back_small_groups
from fairshare.release.engines.session import (
    open_session,
    quote_name,
    quote_text,
    refuse_value_without_label,
    speaking_plainly,
)
from fairshare.release.filters import (
    Between,
    Comparison,
    Equality,
    Listing,
    Membership,
    NullTest,
    RowTest,
    read_given,
    read_list,
)
from fairshare.release.plan import Plan, check_plan
from fairshare.release.sources import CsvFile, Schema, XlsxSheet, resolve_path
from fairshare.release.sources_csv import RejectedRow, check_structure, read_rows
from fairshare.release.sources_xlsx import open_sheet
from fairshare.release.treatments import (
    ALL_ALIKE,
    POSTCODE,
    AgeBand,
    AllAlike,
    Bands,
    Cell,
    ColumnTreatment,
    ColumnType,
    FirstCharacters,
    GeneraliseDate,
    GeneralisePostcode,
    Keep,
    Label,
    Mask,
    Pseudonymise,
    label_bands,
    text_of,
)

NAME = f"memory (Python {python_version()})"

Row = tuple[Cell, ...]


def run(job: Job) -> EngineReport:
    """Runs the plan, and accounts for every row."""
    plan = job.plan
    with open_session(job.limits) as session, speaking_plainly("engine"):
        with attach_source(session, plan.source, job.base, job.connections) as attached:
            check_plan(plan, attached.schema)
            found = list(read_source(session, job, attached))
        rows = [row for row in found if not isinstance(row, RejectedRow)]
        rejected = Counter(row.reason for row in found if isinstance(row, RejectedRow))
        lists = read_lists(job, attached.schema)
        wanted = [row for row in rows if passes(plan, attached.schema, row, lists)]
        treated = [treat_row(plan, attached.schema, row, job.keys) for row in wanted]
        sent, groups = hold_back_small_groups(plan, treated, list_people(plan, attached.schema, wanted))
        if job.output == "csv":
            write_csv(plan, attached.schema, sent, job.write_to)
        else:
            write_parquet(session, plan, attached, sent, job.write_to)
    if job.on_progress:
        job.on_progress(1.0)
    return make_report(
        job,
        attached.schema,
        engine=NAME,
        read=len(found),
        rejected=rejected,
        filtered=len(rows) - len(wanted),
        kept=len(treated),
        sent=len(sent),
        groups=groups,
        notes=attached.notes,
    )


def read_lists(job: Job, schema: Schema) -> dict[Listing, frozenset[Cell]]:
    """What each list file holds."""
    return {
        test: frozenset(
            read_list(
                resolve_path(job.base, test.path, where="rows"),
                schema[test.column],
                sha256=test.sha256,
                where=test.path,
            )
        )
        for test in job.plan.rows
        if isinstance(test, Listing)
    }


def read_source(session: duckdb.DuckDBPyConnection, job: Job, attached: Attached) -> Iterator[Row | RejectedRow]:
    """Every row of the source, in the order of its columns."""
    source = job.plan.source
    if isinstance(source, CsvFile):
        path = resolve_path(job.base, source.path)
        structure = check_structure(path, source)
        rows = list(read_rows(path, source))
        check_counts(read=structure.rows, accounted=len(rows))
        yield from rows
        return
    if isinstance(source, XlsxSheet):
        with open_sheet(resolve_path(job.base, source.path), source) as sheet:
            yield from sheet.read_rows()
        return
    used = {each.column for each in (*job.plan.sent, *job.plan.rows)} | {job.plan.person}
    reads = ", ".join(
        _fetch_sql(column, attached) if name in used else "NULL" for name, column in attached.columns.items()
    )
    result = session.execute(f"SELECT {reads} FROM {attached.relation} AS source")
    while batch := result.fetchmany(1000):
        yield from batch


def _fetch_sql(column: SourceColumn, attached: Attached) -> str:
    # A column of an odd type is never sent; only whether it is null can matter.
    return f"{column.read} IS NOT NULL OR NULL" if column.type is ColumnType.OTHER else read_sql(column, attached)


def passes(plan: Plan, schema: Schema, row: Row, lists: dict[Listing, frozenset[Cell]]) -> bool:
    """Whether a row passes every test of the plan."""
    cells = dict(zip(schema, row, strict=True))
    return all(passes_test(test, cells[test.column], schema[test.column], lists) for test in plan.rows)


def passes_test(test: RowTest, cell: Cell, found: ColumnType, lists: dict[Listing, frozenset[Cell]]) -> bool:
    """Whether one cell passes one test; a null passes none but `is_null`."""
    if isinstance(test, NullTest):
        return (cell is None) == (test.test == "is_null")
    if cell is None:
        return False
    match test:
        case Equality():
            return (order(cell, test.value, found) == 0) == (test.test == "equals")
        case Comparison():
            place = order(cell, test.value, found)
            return {"less_than": place < 0, "at_most": place <= 0, "more_than": place > 0, "at_least": place >= 0}[
                test.test
            ]
        case Between():
            return (test.first is None or order(cell, test.first, found) >= 0) and (
                test.last is None or order(cell, test.last, found) <= 0
            )
        case Membership():
            return any(order(cell, each, found) == 0 for each in test.values) == (test.test == "one_of")
        case Listing():
            return (cell in lists[test]) == (test.test == "listed")
    raise TypeError(f"{type(test).__name__} is not a test")


def order(cell: Cell, given: bool | int | float | str, found: ColumnType) -> int:
    """Below 0 if the cell comes before the value that the plan gives, 0 if it equals it, else above 0."""
    value = read_given(given, found)
    if isinstance(cell, datetime) and not isinstance(value, datetime):
        cell = cell.date()
    return (cell > value) - (cell < value)  # type: ignore[operator]  # check_plan made both of one type


def list_people(plan: Plan, schema: Schema, rows: list[Row]) -> list[Cell] | None:
    """Whose each row is, if the plan says so."""
    if plan.person is None:
        return None
    place = list(schema).index(plan.person)
    return [row[place] for row in rows]


def treat_row(plan: Plan, schema: Schema, row: Row, keys: dict[str, bytes]) -> Row:
    """A row as it goes."""
    cells = dict(zip(schema, row, strict=True))
    return tuple(
        treat_cell(each, cell, keys) if (cell := cells[each.column]) is not None else treat_null(each)
        for each in plan.sent
    )


def treat_null(treatment: ColumnTreatment) -> Cell:
    """A missing value as it goes: missing still, unless every value is made alike."""
    return ALL_ALIKE if isinstance(treatment, AllAlike) else None


def treat_cell(
    treatment: ColumnTreatment, cell: str | int | Decimal | float | date | bool, keys: dict[str, bytes]
) -> Cell:
    """A value as it goes."""
    match treatment:
        case Keep():
            return cell
        case Pseudonymise():
            return hmac.new(keys[treatment.key], text_of(cell).encode(), sha256).hexdigest()
        case Mask():
            return mask(text_of(cell), treatment.keep_first, treatment.keep_last)
        case GeneraliseDate() if isinstance(cell, date):
            return generalise_date(cell, treatment.to)
        case GeneralisePostcode() if isinstance(cell, str):
            return generalise_postcode(cell, treatment.to)
        case FirstCharacters(keep=keep):
            text = text_of(cell)
            return text[:keep] + "*" if len(text) > keep else text
        case AllAlike():
            return ALL_ALIKE
        case Label():
            return find_label(treatment, text_of(cell))
        case AgeBand() if isinstance(cell, date):
            return band_of(age_on(cell, treatment.on), treatment.edges)
        case Bands() if isinstance(cell, int | float | Decimal):
            return band_of(cell, treatment.edges)
    raise TypeError(f"{type(treatment).__name__} cannot treat this")


def mask(text: str, first: int, last: int) -> str:
    """Text with all but its first and last characters hidden.

    >>> mask("QQ123456C", 2, 1), mask("QQ", 2, 1)
    ('QQ******C', '**')
    """
    hidden = len(text) - first - last
    return text[:first] + "*" * hidden + text[first + hidden :] if hidden > 0 else "*" * len(text)


def generalise_date(day: date, to: str) -> Cell:
    """A date made coarser.

    >>> [generalise_date(date(2004, 2, 29), to) for to in ("day", "month", "quarter", "year", "decade")]
    ['2004-02-29', '2004-02', '2004-Q1', 2004, '2000s']
    """
    match to:
        case "day":
            return f"{day.year:04}-{day.month:02}-{day.day:02}"
        case "month":
            return f"{day.year:04}-{day.month:02}"
        case "quarter":
            return f"{day.year:04}-Q{(day.month + 2) // 3}"
        case "decade":
            return f"{day.year // 10:03}0s"
    return day.year


def generalise_postcode(text: str, to: str) -> str | None:
    """The unit, sector, district or area of a UK postcode; None if the text is not a whole postcode.

    >>> [generalise_postcode(each, "postcode_district") for each in ("sw1a 1aa", "M11AE", "Manchester")]
    ['SW1A', 'M1', None]
    >>> [generalise_postcode("sw1a1aa ", f"postcode_{to}") for to in ("unit", "sector", "area")]
    ['SW1A 1AA', 'SW1A 1', 'SW']
    """
    found = re.fullmatch(POSTCODE, text)
    if found is None:
        return None
    district, inward = found[1].upper(), text.rstrip(" ")[-3:].upper()
    match to:
        case "postcode_unit":
            return f"{district} {inward}"
        case "postcode_sector":
            return f"{district} {inward[0]}"
        case "postcode_area":
            return re.split("[0-9]", district)[0]
    return district


def find_label(treatment: Label, text: str) -> str:
    """The label that stands for a value; raises LabelMissing if there is none."""
    key = generalise_postcode(text, "postcode_area") if treatment.by == "postcode_area" else text
    label = treatment.labels.get(key or "", treatment.other)
    if label is None:
        raise refuse_value_without_label(treatment.column)
    return label


def age_on(born: date, on: date) -> int:
    """Whole years of age.

    >>> age_on(date(2004, 2, 29), date(2025, 2, 28)), age_on(date(2004, 2, 29), date(2025, 3, 1))
    (20, 21)
    """
    return on.year - born.year - ((born.month, born.day) > (on.month, on.day))


def band_of(number: int | float | Decimal, edges: tuple[int | float, ...]) -> str:
    """The band that a number falls in."""
    exact = [float(edge) if isinstance(number, float) else Decimal(str(edge)) for edge in edges]
    return label_bands(edges, whole=isinstance(number, int))[sum(number >= edge for edge in exact)]


def write_csv(plan: Plan, schema: Schema, rows: list[Row], write_to: Path) -> None:
    """Writes CSV: every cell in quotation marks, a null as nothing, text guarded against spreadsheets."""
    unguarded = {place for place, each in enumerate(plan.sent) if isinstance(each, Pseudonymise)}
    with write_to.open("w", encoding="utf-8", newline="") as out:
        out.write(",".join(quote_cell(each.output) for each in plan.sent) + "\n")
        for row in rows:
            cells = (
                "" if cell is None else quote_cell(guard_cell(cell) if place not in unguarded else text_of(cell))
                for place, cell in enumerate(row)
            )
            out.write(",".join(cells) + "\n")


def guard_cell(cell: str | int | Decimal | float | date | bool) -> str:
    """A cell's text, with an apostrophe before it if a spreadsheet might take it for a formula.

    >>> guard_cell("=1+1"), guard_cell("'quoted'"), guard_cell(-1)
    ("'=1+1", "''quoted'", '-1')
    """
    return "'" + cell if isinstance(cell, str) and re.match(FORMULA, cell) else text_of(cell)


def quote_cell(text: str) -> str:
    """Text in quotation marks, those inside doubled."""
    return '"' + text.replace('"', '""') + '"'


def write_parquet(
    session: duckdb.DuckDBPyConnection, plan: Plan, attached: Attached, rows: list[Row], write_to: Path
) -> None:
    """Writes Parquet with the types that every engine gives."""
    columns = ", ".join(f"{quote_name(name)} {kind}" for name, kind in kept_types(plan, attached).items())
    session.execute(f"CREATE TEMP TABLE sent ({columns})")
    if rows:
        session.executemany(f"INSERT INTO sent VALUES ({', '.join('?' for _ in plan.sent)})", rows)
    session.execute(f"COPY sent TO {quote_text(str(write_to))} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)")
