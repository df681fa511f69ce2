"""Compiling a plan into the one query that DuckDB runs. No Python runs for a row, and no key stands in the query.

Keys wait in `pads`, a table of one row in the session's memory, filled by bound values. A variable would do for the
query's text, but DuckDB folds `getvariable` into the plan, and EXPLAIN would print the key.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date, datetime

from fairshare.documents.formulas import FORMULA
from fairshare.release.deidentify.cells import PERSON
from fairshare.release.deidentify.cells import ROWS as ROWS
from fairshare.release.engines import OutputFormat
from fairshare.release.engines.attaching import Attached, SourceColumn
from fairshare.release.engines.session import NO_LABEL, OUT_OF_CALENDAR, quote_name, quote_text, text_sql
from fairshare.release.filters import (
    Between,
    Comparison,
    Equality,
    Listing,
    Membership,
    NullTest,
    RowTest,
    read_given,
)
from fairshare.release.plan import Plan, output_types
from fairshare.release.treatments import (
    ALL_ALIKE,
    DATED,
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
    text_of_edge,
)

TIDY = "[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}"
"""A whole UK postcode as it is usually written: its district is all but the last four characters."""
OPERATORS = {"equals": "=", "not_equals": "<>", "less_than": "<", "at_most": "<=", "more_than": ">", "at_least": ">="}


@dataclass(frozen=True)
class Compiled:
    """A plan as SQL: the rows as treated, and the same as they are written out."""

    treated: str
    written: str
    cells: str | None
    """Counts each combination of the columns that group treatments name; none without them."""
    parameters: dict[str, Cell]
    lists: tuple[Listing, ...]
    """List number n is the table `list_n`."""
    labels: tuple[Label, ...] = ()
    """The labels of number n are the table `labels_n`."""
    counted: str | None = None
    """Counts all rows, and those that fail a test, by a query of its own; none for CSV and XLSX, counted as they are
    met, and where every row of a database table goes and counting would read it all."""


def hmac_sql(text: str, place: int) -> str:
    """HMAC-SHA-256 of SQL text under key number `place`, as nested hashes over the padded key (RFC 2104)."""
    return f"sha256(pads.outer_{place} || unhex(sha256(pads.inner_{place} || encode({text}))))"


class AsMember(Pseudonymise):
    """The person's column as the history hashes it: the same number is the same person however it is written."""


def tidy_sql(text: str) -> str:
    """Text without blanks around it, in capitals; of a whole number no leading zeros and no empty decimals."""
    trimmed = f"upper(trim({text}, ' ' || chr(9) || chr(10) || chr(13) || chr(160)))"
    return f"nullif(regexp_replace({trimmed}, '^[+]?(-?)0*([0-9]+?)([.]0*)?$', '\\1\\2'), '')"


def treat_sql(treatment: ColumnTreatment, found: ColumnType, keys: tuple[str, ...], place: int = 0) -> str:
    """The SQL of a column as it goes; nulls stay null. A column's labels are the table `labels_{place}`."""
    column = f"wanted.{quote_name(treatment.column)}"
    match treatment:
        case Keep():
            return column
        case AsMember():
            return hmac_sql(tidy_sql(text_sql(column, found)), keys.index(treatment.key))
        case Pseudonymise():
            return hmac_sql(text_sql(column, found), keys.index(treatment.key))
        case Mask():
            return _mask_sql(text_sql(column, found), treatment)
        case GeneraliseDate():
            return _date_sql(column, treatment.to)
        case GeneralisePostcode():
            return _postcode_sql(column, treatment.to)
        case FirstCharacters(keep=keep):
            text = text_sql(column, found)
            return f"CASE WHEN length({text}) > {keep} THEN left({text}, {keep}) || '*' ELSE {text} END"
        case AllAlike():
            return quote_text(ALL_ALIKE)
        case Label():
            return _label_sql(column, treatment, place)
        case AgeBand():
            tests = [younger_sql(column, treatment.on, age, found) for age in treatment.edges]
            return _bands_sql(column, tests, label_bands(treatment.edges, whole=True))
        case Bands():
            kind = "::DOUBLE" if found is ColumnType.FLOAT else ""
            tests = [f"{column} < {text_of_edge(edge)}{kind}" for edge in treatment.edges]
            return _bands_sql(column, tests, label_bands(treatment.edges, whole=found is ColumnType.INTEGER))
    raise TypeError(f"{type(treatment).__name__} has no SQL")


def _mask_sql(text: str, mask: Mask) -> str:
    kept = mask.keep_first + mask.keep_last
    return (
        f"CASE WHEN length({text}) <= {kept} THEN repeat('*', length({text})) ELSE left({text}, {mask.keep_first}) "
        f"|| repeat('*', length({text}) - {kept}) || right({text}, {mask.keep_last}) END"
    )


def _date_sql(column: str, to: str) -> str:
    match to:
        case "day":
            return f"strftime({column}, '%Y-%m-%d')"
        case "month":
            return f"strftime({column}, '%Y-%m')"
        case "quarter":
            return f"strftime({column}, '%Y-Q') || quarter({column})"
        case "decade":
            return f"left(strftime({column}, '%Y'), 3) || '0s'"
    return f"CAST(year({column}) AS INTEGER)"


def _postcode_sql(column: str, to: str) -> str:
    extracted = f"nullif(upper(regexp_extract({column}, {quote_text(POSTCODE)}, 1)), '')"
    # Most are written tidily, and to match is far cheaper than to extract.
    district = f"CASE WHEN regexp_full_match({column}, {quote_text(TIDY)}) THEN left({column}, -4) ELSE {extracted} END"
    inward = f"upper(right(rtrim({column}, ' '), 3))"
    match to:
        case "postcode_unit":
            return f"{district} || ' ' || {inward}"
        case "postcode_sector":
            return f"{district} || ' ' || left({inward}, 1)"
        case "postcode_area":
            return f"regexp_extract({district}, '^[A-Z]+')"
    return district


def labels_of(plan: Plan) -> tuple[Label, ...]:
    """The columns of a plan that are sent as labels, in order."""
    return tuple(each for each in plan.sent if isinstance(each, Label))


def looked_up_sql(label: Label, found: ColumnType) -> str:
    """What of a column is looked up in its labels."""
    column = f"wanted.{quote_name(label.column)}"
    return _postcode_sql(column, "postcode_area") if label.by == "postcode_area" else text_sql(column, found)


def labels_table_sql(label: Label, place: int) -> tuple[str, dict[str, list[str]]]:
    """Makes the table `labels_{place}`, with the values that are bound to it."""
    return (
        f"CREATE OR REPLACE TEMP TABLE labels_{place} AS "
        "SELECT unnest($given::VARCHAR[]) AS value, unnest($labels::VARCHAR[]) AS label",
        {"given": list(label.labels), "labels": list(label.labels.values())},
    )


def _label_sql(column: str, label: Label, place: int) -> str:
    missing = quote_text(label.other) if label.other is not None else f"error({quote_text(NO_LABEL + label.column)})"
    return (
        f"CASE WHEN {column} IS NULL THEN NULL WHEN labels_{place}.label IS NULL THEN {missing} "
        f"ELSE labels_{place}.label END"
    )


def younger_sql(born: str, on: date, age: float, found: ColumnType) -> str:
    """SQL that is true for whoever, born then, is younger than `age` on that day."""
    # Younger than `age` on that day: born after the same day `age` years before, if that year has such a day.
    year, last_day = on.year - int(age), on.day
    if year < 1:
        return f"{born} IS NOT NULL"
    if (on.month, on.day) == (2, 29) and not isleap(year):
        last_day = 28
    day = born if found is ColumnType.DATE else f"CAST({born} AS DATE)"
    return f"{day} > DATE '{date(year, on.month, last_day).isoformat()}'"


def _bands_sql(column: str, below: list[str], labels: list[str]) -> str:
    branches = " ".join(f"WHEN {test} THEN {quote_text(label)}" for test, label in zip(below, labels, strict=False))
    return f"CASE WHEN {column} IS NULL THEN NULL {branches} ELSE {quote_text(labels[-1])} END"


def written_sql(column: str, found: ColumnType, treatment: ColumnTreatment, output: OutputFormat) -> str:
    """A treated column as it is written: itself in Parquet; text, safe to open in a spreadsheet, in CSV."""
    if output == "parquet":
        return column
    if found is not ColumnType.TEXT or not isinstance(treatment, Keep | Mask | Bands | Label | FirstCharacters):
        return text_sql(column, found)  # no other treatment gives text that a spreadsheet could run
    return f"CASE WHEN regexp_matches({column}, {quote_text(FORMULA)}) THEN '''' || {column} ELSE {column} END"


class _Tests:
    """The tests of a plan in SQL, their values as parameters and their lists as tables."""

    def __init__(self, attached: Attached) -> None:
        self.attached = attached
        self.parameters: dict[str, Cell] = {}
        self.lists: list[Listing] = []

    def bind(self, given: bool | int | float | str, found: ColumnType) -> str:
        name = f"value_{len(self.parameters)}"
        self.parameters[name] = read_given(given, found)
        return f"${name}"

    def compare(self, column: str, operator: str, given: bool | int | float | str, found: ColumnType) -> str:
        return f"{_as_given(column, given, found)} {operator} {self.bind(given, found)}"

    def among(self, column: str, test: Membership, found: ColumnType) -> str:
        sides: dict[str, list[str]] = {}
        for each in test.values:
            sides.setdefault(_as_given(column, each, found), []).append(self.bind(each, found))
        return " OR ".join(f"{side} IN ({', '.join(names)})" for side, names in sides.items())

    def sql(self, test: RowTest) -> str:
        found, column = self.attached.columns[test.column].type, self.attached.columns[test.column].read
        match test:
            case Equality() | Comparison():
                return self.compare(column, OPERATORS[test.test], test.value, found)
            case Between():
                ends = ((">=", test.first), ("<=", test.last))
                return " AND ".join(
                    self.compare(column, operator, end, found) for operator, end in ends if end is not None
                )
            case Membership():
                among = self.among(column, test, found)
                return among if test.test == "one_of" else f"NOT ({among})"
            case Listing():
                self.lists.append(test)
                left = column if found is not ColumnType.DECIMAL else text_sql(column, found)
                negated = "NOT " if test.test == "not_listed" else ""
                return f"{left} {negated}IN (SELECT value FROM list_{len(self.lists) - 1})"
            case NullTest():
                return f"{column} IS {'' if test.test == 'is_null' else 'NOT '}NULL"
        raise TypeError(f"{type(test).__name__} has no SQL")


def compile_plan(plan: Plan, attached: Attached, output: OutputFormat) -> Compiled:
    """The plan as SQL over an attached source whose columns suit it."""
    tests = _Tests(attached)
    passes = [f"({tests.sql(test)})" for test in plan.rows]
    where = _where_csv(plan, attached, passes) if attached.countable is None else " AND ".join(passes)
    labels = labels_of(plan)
    treated = _treated_sql(plan, attached, where, labels)
    types = output_types(plan, attached.schema)
    written = ",\n  ".join(
        f"{written_sql(f'treated.{quote_name(each.output)}', types[each.output], each, output)} "
        f"AS {quote_name(each.output)}"
        for each in plan.sent
    )
    columns = group_columns(plan)
    cells = None
    if columns:
        names = ", ".join(quote_name(name) for name in columns)
        if plan.person is not None:
            names = f"{names}, {PERSON}"
        counted = _treated_sql(plan, attached, where, labels, person=plan.person)
        cells = f"SELECT {names}, count(*) AS {ROWS} FROM (\n{counted}) AS treated GROUP BY {names}"
    return Compiled(
        treated,
        f"SELECT {written}\nFROM (\n{treated}) AS treated{_only_cells(columns)}",
        cells,
        tests.parameters,
        tuple(tests.lists),
        labels,
        _counted_sql(attached, passes),
    )


def _counted_sql(attached: Attached, passes: list[str]) -> str | None:
    if attached.countable is None:
        return None
    if not passes:
        return f"SELECT *, 0 FROM ({attached.countable})" if attached.reads or attached.folders else None
    # Negated, and over the columns of the tests alone, so that it shares nothing with the query that sends rows.
    fails = f"SELECT NOT coalesce({' AND '.join(passes)}, false) AS fails FROM {attached.relation} AS source"
    return f"SELECT count(*), count(*) FILTER (WHERE fails) FROM ({fails}) AS counted"


def _treated_sql(
    plan: Plan, attached: Attached, where: str, labels: tuple[Label, ...], *, person: str | None = None
) -> str:
    needed = {each.column for each in plan.sent} | {person}
    reads = ", ".join(
        f"{read_sql(column, attached)} AS {quote_name(name)}"
        for name, column in attached.columns.items()
        if name in needed
    )
    sent = [
        f"{treat_sql(each, attached.columns[each.column].type, plan.key_ids, _place_of(each, labels))} "
        f"AS {quote_name(each.output)}"
        for each in plan.sent
    ]
    if person is not None:
        # A hash, since only whether two are the same matters; two people who meet in one count as fewer, never as more.
        whose = f"wanted.{quote_name(person)}"
        sent.append(f"CASE WHEN {whose} IS NOT NULL THEN hash({whose}) END AS {PERSON}")
    joins = "".join(
        f" LEFT JOIN labels_{place} ON labels_{place}.value = {looked_up_sql(each, attached.columns[each.column].type)}"
        for place, each in enumerate(labels)
    )
    return (
        f"WITH wanted AS NOT MATERIALIZED (\n  SELECT {reads}\n  FROM {attached.relation} AS source"
        f"{f'{chr(10)}  WHERE {where}' if where else ''})\n"
        f"SELECT {f',{chr(10)}  '.join(sent)}\nFROM wanted{' CROSS JOIN pads' if plan.key_ids else ''}{joins}"
    )


def _place_of(treatment: ColumnTreatment, labels: tuple[Label, ...]) -> int:
    return next((place for place, label in enumerate(labels) if label is treatment), 0)


def _as_given(column: str, given: bool | int | float | str, found: ColumnType) -> str:
    # A moment is compared with a day by its own day.
    by_day = found is ColumnType.DATETIME and not isinstance(read_given(given, found), datetime)
    return f"CAST({column} AS DATE)" if by_day else column


def read_sql(column: SourceColumn, attached: Attached) -> str:
    """The SQL that reads a column; a date that no calendar here has stops the run."""
    if column.type not in DATED or attached.countable is None:
        return column.read
    start, end = (
        ("TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'")
        if column.type is ColumnType.DATETIME
        else ("DATE '0001-01-01'", "DATE '9999-12-31'")
    )
    return (
        f"CASE WHEN {column.read} < {start} OR {column.read} > {end} THEN error({quote_text(OUT_OF_CALENDAR)}) "
        f"ELSE {column.read} END"
    )


def _where_csv(plan: Plan, attached: Attached, passes: list[str]) -> str:
    # Each row that stays behind is counted where it is met, so that the file is read once.
    rejects = [column.rejects for column in attached.columns.values() if column.rejects]
    if not rejects and not passes:
        return ""
    branches = "".join(f"WHEN {test} THEN nextval('rejected_{place}') < 0 " for place, test in enumerate(rejects))
    return f"CASE {branches}WHEN {' AND '.join(passes) or 'true'} THEN true ELSE nextval('filtered') < 0 END"


SQL_TYPES = {ColumnType.TEXT: "VARCHAR", ColumnType.INTEGER: "INTEGER"}
"""What a treated column is in Parquet; a kept one stays what it was."""


def kept_types(plan: Plan, attached: Attached) -> dict[str, str]:
    """The SQL type of each column in Parquet, by its name in the output."""
    types = output_types(plan, attached.schema)
    return {
        each.output: attached.columns[each.column].sql_type if isinstance(each, Keep) else SQL_TYPES[types[each.output]]
        for each in plan.sent
    }


def group_columns(plan: Plan) -> list[str]:
    """Every column that some group treatment names, as it is sent."""
    return list(dict.fromkeys(name for group in plan.groups for name in group.names))


def _only_cells(columns: list[str]) -> str:
    if not columns:
        return ""
    alike = " AND ".join(f"treated.{name} IS NOT DISTINCT FROM cells.{name}" for name in map(quote_name, columns))
    return f"\nSEMI JOIN cells ON {alike}"
