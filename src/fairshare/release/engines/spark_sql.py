"""Compiling a plan into Spark SQL. Keys and given values wait in `bound`, a table of one row that no plan prints.

A literal would be folded into the plan, and so into EXPLAIN, the event log and the history server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from fairshare.release.deidentify.cells import PERSON, ROWS
from fairshare.release.engines.duckdb_sql import OPERATORS, group_columns, labels_of, younger_sql
from fairshare.release.engines.session import NO_LABEL, OUT_OF_CALENDAR
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
from fairshare.release.plan import Plan
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

KEPT, FILTERED = "kept", "filtered"


@dataclass(frozen=True)
class SparkColumn:
    """A column as Spark reads it."""

    type: ColumnType
    read: str
    rejects: tuple[str, str] | None = None
    """SQL that is true where the cell is not of its declared type, and the reason in words."""


@dataclass(frozen=True)
class SparkSource:
    """A source as a Spark relation."""

    relation: str
    columns: dict[str, SparkColumn]
    rejects: tuple[tuple[str, str], ...] = ()
    """SQL that is true for a row that cannot be read at all, and the reason in words."""


@dataclass(frozen=True)
class Compiled:
    """A plan as Spark SQL."""

    treated: str
    met: str
    """Counts the rows of the source by what becomes of them: kept, filtered, or the reason why they are rejected."""
    cells: str | None
    bound: dict[str, tuple[Cell, ColumnType]]
    lists: tuple[Listing, ...]
    """List number n is the table `list_n`."""
    labels: tuple[Label, ...]
    """The labels of number n are the table `labels_n`."""


def quote_name(name: str) -> str:
    """A name of a column or table, in Spark SQL."""
    return "`" + name.replace("`", "``") + "`"


def quote_text(text: str) -> str:
    """Text in Spark SQL, for our own words; values of people are never written."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def matches(text: str, pattern: str) -> str:
    """SQL that is true where the whole of a text matches. Java's `$` would let a line end through."""
    whole = r"\A(?:" + pattern.removeprefix("^").removesuffix("$") + r")\z"
    return f"{text} RLIKE {quote_text(whole)}"


def hmac_sql(text: str, place: int) -> str:
    """HMAC-SHA-256 of SQL text under key number `place`, as nested hashes over the padded key (RFC 2104)."""
    inner = f"sha2(concat(bound.inner_{place}, CAST({text} AS BINARY)), 256)"
    return f"sha2(concat(bound.outer_{place}, unhex({inner})), 256)"


def text_sql(column: str, found: ColumnType) -> str:
    """A value as text, by the rule of `treatments.text_of`."""
    match found:
        case ColumnType.TEXT:
            return column
        case ColumnType.DATETIME:
            return f"date_format({column}, \"yyyy-MM-dd'T'HH:mm:ss.SSSSSS\")"
        case ColumnType.DECIMAL:
            digits = f"CAST({column} AS STRING)"
            return f"CASE WHEN contains({digits}, '.') THEN rtrim('.', rtrim('0', {digits})) ELSE {digits} END"
    return f"CAST({column} AS STRING)"


def treat_sql(treatment: ColumnTreatment, found: ColumnType, keys: tuple[str, ...], place: int) -> str:
    """The SQL of a column as it goes; nulls stay null. A column's labels are the table `labels_{place}`."""
    column = f"wanted.{quote_name(treatment.column)}"
    match treatment:
        case Keep():
            return column
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
            return f"CASE WHEN length({text}) > {keep} THEN concat(left({text}, {keep}), '*') ELSE {text} END"
        case AllAlike():
            return quote_text(ALL_ALIKE)
        case Label():
            return _label_sql(column, treatment, place)
        case AgeBand():
            tests = [
                younger_sql(f"CAST({column} AS DATE)", treatment.on, age, ColumnType.DATE) for age in treatment.edges
            ]
            return _bands_sql(column, tests, label_bands(treatment.edges, whole=True))
        case Bands():
            mark = {ColumnType.FLOAT: "D", ColumnType.DECIMAL: "BD"}.get(found, "")
            tests = [f"{column} < {text_of_edge(edge)}{mark}" for edge in treatment.edges]
            return _bands_sql(column, tests, label_bands(treatment.edges, whole=found is ColumnType.INTEGER))
    raise TypeError(f"{type(treatment).__name__} has no Spark SQL")


def _mask_sql(text: str, mask: Mask) -> str:
    kept = mask.keep_first + mask.keep_last
    return (
        f"CASE WHEN length({text}) <= {kept} THEN repeat('*', length({text})) ELSE concat(left({text}, "
        f"{mask.keep_first}), repeat('*', length({text}) - {kept}), right({text}, {mask.keep_last})) END"
    )


def _date_sql(column: str, to: str) -> str:
    day = f"CAST(CAST({column} AS DATE) AS STRING)"
    match to:
        case "day":
            return day
        case "month":
            return f"substr({day}, 1, 7)"
        case "quarter":
            return f"concat(substr({day}, 1, 4), '-Q', quarter({column}))"
        case "decade":
            return f"concat(substr({day}, 1, 3), '0s')"
    return f"year({column})"


def _postcode_sql(column: str, to: str) -> str:
    pattern = quote_text(POSTCODE.removesuffix("$") + r"\z")
    district = f"nullif(upper(regexp_extract({column}, {pattern}, 1)), '')"
    inward = f"upper(right(rtrim({column}), 3))"
    match to:
        case "postcode_unit":
            return f"concat({district}, ' ', {inward})"
        case "postcode_sector":
            return f"concat({district}, ' ', left({inward}, 1))"
        case "postcode_area":
            return f"regexp_extract({district}, '^[A-Z]+', 0)"
    return district


def _label_sql(column: str, label: Label, place: int) -> str:
    missing = (
        quote_text(label.other) if label.other is not None else f"raise_error({quote_text(NO_LABEL + label.column)})"
    )
    return (
        f"CASE WHEN {column} IS NULL THEN NULL WHEN labels_{place}.label IS NULL THEN {missing} "
        f"ELSE labels_{place}.label END"
    )


def _join_labels(labels: tuple[Label, ...], source: SparkSource) -> str:
    joins = ""
    for place, label in enumerate(labels):
        column, found = f"wanted.{quote_name(label.column)}", source.columns[label.column].type
        sought = _postcode_sql(column, label.by) if label.by == "postcode_area" else text_sql(column, found)
        joins += f" LEFT JOIN labels_{place} ON labels_{place}.value = {sought}"
    return joins


def _bands_sql(column: str, below: list[str], labels: list[str]) -> str:
    branches = " ".join(f"WHEN {test} THEN {quote_text(label)}" for test, label in zip(below, labels, strict=False))
    return f"CASE WHEN {column} IS NULL THEN NULL {branches} ELSE {quote_text(labels[-1])} END"


class _Tests:
    """The tests of a plan in SQL, their values in the bound row and their lists as tables to join."""

    def __init__(self, source: SparkSource) -> None:
        self.source = source
        self.bound: dict[str, tuple[Cell, ColumnType]] = {}
        self.lists: list[Listing] = []
        self.joins: list[str] = []

    def bind(self, given: bool | int | float | str, found: ColumnType) -> str:
        name = f"value_{len(self.bound)}"
        value = read_given(given, found)
        by_day = found is ColumnType.DATETIME and not isinstance(value, datetime)
        self.bound[name] = (value, ColumnType.DATE if by_day else found)
        return f"bound.{name}"

    def compare(self, column: str, operator: str, given: bool | int | float | str, found: ColumnType) -> str:
        return f"{_as_given(column, given, found)} {operator} {self.bind(given, found)}"

    def among(self, column: str, test: Membership, found: ColumnType) -> str:
        return " OR ".join(self.compare(column, "=", each, found) for each in test.values)

    def listed(self, column: str, test: Listing, found: ColumnType) -> str:
        name = f"list_{len(self.lists)}"
        self.lists.append(test)
        left = column if found is not ColumnType.DECIMAL else text_sql(column, found)
        self.joins.append(f"LEFT JOIN {name} ON {left} = {name}.value")
        among = f"{name}.value IS NOT NULL"
        return among if test.test == "listed" else f"{column} IS NOT NULL AND NOT {among}"

    def sql(self, test: RowTest) -> str:
        found, column = self.source.columns[test.column].type, self.source.columns[test.column].read
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
                return self.listed(column, test, found)
            case NullTest():
                return f"{column} IS {'' if test.test == 'is_null' else 'NOT '}NULL"
        raise TypeError(f"{type(test).__name__} has no Spark SQL")


def _as_given(column: str, given: bool | int | float | str, found: ColumnType) -> str:
    # A moment is compared with a day by its own day.
    by_day = found is ColumnType.DATETIME and not isinstance(read_given(given, found), datetime)
    return f"CAST({column} AS DATE)" if by_day else column


def compile_plan(plan: Plan, source: SparkSource) -> Compiled:
    """The plan as Spark SQL over a source whose columns suit it."""
    tests = _Tests(source)
    passes = " AND ".join(f"({tests.sql(test)})" for test in plan.rows) or "true"
    rejects = [*source.rejects, *(column.rejects for column in source.columns.values() if column.rejects)]
    branches = "".join(f"WHEN {test} THEN {quote_text(reason)} " for test, reason in rejects)
    met = f"CASE {branches}WHEN {passes} THEN '{KEPT}' ELSE '{FILTERED}' END"
    lists = [f"list_{place}" for place in range(len(tests.lists))]
    tables = (["bound"] if tests.bound else []) + lists
    origin = (
        f"{source.relation} AS source{' CROSS JOIN bound' if tests.bound else ''}"
        f"{''.join(f' {join}' for join in tests.joins)}"
    )
    columns = group_columns(plan)
    person = plan.person if columns else None
    needed = {each.column for each in plan.sent} | {person}
    reads = ", ".join(
        f"{read_sql(column)} AS {quote_name(name)}" for name, column in source.columns.items() if name in needed
    )
    where = f"{met} = '{KEPT}'" if rejects else passes
    labels = labels_of(plan)
    wanted = f"SELECT {_broadcast(tables)}{reads}\n  FROM {origin}\n  WHERE {where}"
    treated = _treated_sql(plan, source, wanted, labels)
    counted = treated if person is None else _treated_sql(plan, source, wanted, labels, person=person)
    whose = [] if person is None else [PERSON.strip('"')]
    names = ", ".join(map(quote_name, [*columns, *whose]))
    rows = quote_name(ROWS.strip('"'))
    return Compiled(
        treated,
        f"SELECT met, count(*) AS rows FROM (SELECT {_broadcast(tables)}{met} AS met FROM {origin}) GROUP BY met",
        f"SELECT {names}, count(*) AS {rows} FROM (\n{counted}) GROUP BY {names}" if columns else None,
        tests.bound,
        tuple(tests.lists),
        labels,
    )


def _treated_sql(
    plan: Plan, source: SparkSource, wanted: str, labels: tuple[Label, ...], *, person: str | None = None
) -> str:
    places = {id(label): place for place, label in enumerate(labels)}
    sent = ",\n  ".join(
        f"{treat_sql(each, source.columns[each.column].type, plan.key_ids, places.get(id(each), 0))} "
        f"AS {quote_name(each.output)}"
        for each in plan.sent
    )
    if person is not None:
        whose = f"wanted.{quote_name(person)}"
        name = quote_name(PERSON.strip('"'))
        sent += f",\n  CASE WHEN {whose} IS NOT NULL THEN xxhash64({whose}) END AS {name}"
    keyed = bool(plan.key_ids)
    beside = (["bound"] if keyed else []) + [f"labels_{place}" for place in places.values()]
    return (
        f"SELECT {_broadcast(beside)}{sent}\nFROM (\n  {wanted}) AS wanted"
        f"{' CROSS JOIN bound' if keyed else ''}{_join_labels(labels, source)}"
    )


def only_cells(compiled: Compiled, columns: list[str], *, broadcast: bool) -> str:
    """The treated rows of the cells that stay, which are the table `cells`."""
    alike = " AND ".join(f"treated.{name} <=> cells.{name}" for name in map(quote_name, columns))
    hint = _broadcast(["cells"] if broadcast else [])
    return f"SELECT {hint}treated.* FROM (\n{compiled.treated}) AS treated LEFT SEMI JOIN cells ON {alike}"


def _broadcast(tables: list[str]) -> str:
    return f"/*+ {', '.join(f'BROADCAST({name})' for name in tables)} */ " if tables else ""


def read_sql(column: SparkColumn) -> str:
    """The SQL that reads a column; a date that no calendar here has stops the run."""
    if column.type not in DATED or column.rejects is not None:
        return column.read
    start, end = (
        ("TIMESTAMP_NTZ '0001-01-01 00:00:00'", "TIMESTAMP_NTZ '9999-12-31 23:59:59.999999'")
        if column.type is ColumnType.DATETIME
        else ("DATE '0001-01-01'", "DATE '9999-12-31'")
    )
    return (
        f"CASE WHEN {column.read} < {start} OR {column.read} > {end} "
        f"THEN raise_error({quote_text(OUT_OF_CALENDAR)}) ELSE {column.read} END"
    )
