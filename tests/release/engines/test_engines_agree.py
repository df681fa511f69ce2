"""Every engine gives the same rows and counts as the reference, on random plans over random tables."""

import random
from collections import Counter

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.release.engines import list_rejected_rows, run_plan, schema_of
from fairshare.release.engines.session import load_extension
from fairshare.release.plan import Plan
from fairshare.release.sources import CsvFile, PostgresTable, SqliteTable
from fairshare.words import FairshareError
from tests.release.engines.tables import (
    CSV_NAMES,
    TYPES,
    FixedKeys,
    a_folder,
    csv_files,
    make_table,
    plans,
    rows_of,
    run_both,
    run_random,
    write_parquet,
)
from tests.servers import run_postgres

NAMES = list(TYPES)
PARQUET = {"format": "parquet", "path": "source.parquet"}
FOLDER = {"format": "parquet_folder", "path": "parts"}
SQLITE = {"format": "sqlite", "path": "source.sqlite", "table": 'odd "table'}
POSTGRES = {"format": "postgresql", "connection": "main", "schema_name": 'odd "schema', "table": 'odd "table'}
outputs = st.sampled_from(["csv", "parquet"])
# Fewer: each plan runs twice over a table that is made once.
database_examples = settings(max_examples=settings.default.max_examples // 4)


class OneConnection:
    """The connections of an organisation that has one database."""

    def __init__(self, string):
        self.string = string

    def connection_for(self, name):
        assert name == "main"
        return self.string


def fixed_rows(names, count):
    """Rows that a database can hold too: the same ones each time."""
    chance = random.Random(7)
    texts = ["=1", "'", 'a"b', "x\ny", "", "é", "SW1A 1AA", "m1 1ae", "F", "M"]
    cells = {
        "VARCHAR": lambda: chance.choice(texts),
        "INTEGER": lambda: chance.randint(-5, 5),
        "BOOLEAN": lambda: chance.random() < 0.5,
        "BIGINT": lambda: chance.randint(-(2**63), 2**63 - 1),
        "DECIMAL(9,2)": lambda: chance.randint(-99999, 99999) / 100,
        "DOUBLE": lambda: chance.choice([0.1, -0.0, 1e300, float("nan"), float("inf"), -7.5]),
        "BLOB": lambda: b"\x00\xff",
        "DATE": lambda: f"{chance.randint(1900, 2030)}-0{chance.randint(1, 9)}-2{chance.randint(0, 8)}",
        "TIMESTAMP": lambda: f"2024-02-29 1{chance.randint(0, 9)}:00:00.{chance.randint(0, 999999):06}",
    }
    return [tuple(None if chance.random() < 0.15 else cells[TYPES[name]]() for name in names) for _ in range(count)]


@given(plan=plans(PARQUET, NAMES), rows=rows_of(NAMES), output=outputs)
def test_over_random_parquet(plan, rows, output):
    with a_folder() as base:
        write_parquet(base / "source.parquet", NAMES, rows)
        report = run_random(plan, base, output)
        assert report is None or report.rows_read == len(rows)


@given(made=csv_files().flatmap(lambda made: st.tuples(st.just(made), plans(made[0], CSV_NAMES))), output=outputs)
def test_over_random_csv(made, output):
    (_, raw), plan = made
    with a_folder() as base:
        (base / "source.csv").write_bytes(raw)
        report = run_random(plan, base, output)
        assert report is None or report.rejected == Counter(
            each.reason for each in list_rejected_rows(plan.source, base)
        )


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    base = tmp_path_factory.mktemp("parts [1]*?")
    (base / "parts").mkdir()
    rows = fixed_rows(NAMES, 90)
    for place in range(3):
        write_parquet(base / "parts" / f"part [{place}] it's.parquet", NAMES, rows[place * 40 : place * 40 + 40])
    return base


@database_examples
@given(plan=plans(FOLDER, NAMES), output=outputs)
def test_over_a_folder_of_parquet(parts, plan, output):
    report = run_random(plan, parts, output)
    assert report is None or report.rows_read == 90


@pytest.fixture(scope="module")
def sqlite_base(tmp_path_factory):
    base = tmp_path_factory.mktemp("sqlite")
    with duckdb.connect() as session:
        load_extension(session, "sqlite_scanner", extra="sqlite")
        names = [name for name in NAMES if name != "consent"]  # SQLite has no Booleans
        make_table(session, names, fixed_rows(names, 80))
        session.execute(f"ATTACH '{base / 'source.sqlite'}' AS made_db (TYPE sqlite)")
        session.execute('CREATE TABLE made_db."odd ""table" AS FROM made')
    return base


@database_examples
@given(data=st.data(), output=outputs)
def test_over_an_sqlite_table(sqlite_base, data, output):
    schema = schema_of(SqliteTable(**SQLITE), sqlite_base)
    # SQLite keeps decimals as floats and days as text with a declared type.
    names = [name for name in schema if schema[name] == _declared(name)]
    assert {"name", "visits", "weight"} <= set(names)
    report = run_random(data.draw(plans(SQLITE, names)), sqlite_base, output)
    assert report is None or report.rows_read == 80


def _declared(name):
    return {
        "VARCHAR": "text",
        "INTEGER": "integer",
        "BIGINT": "integer",
        "DOUBLE": "float",
        "DATE": "date",
        "TIMESTAMP": "datetime",
        "DECIMAL(9,2)": "decimal",
        "BLOB": "other",
        "BOOLEAN": "boolean",
    }[TYPES[name]]


@pytest.fixture(scope="module")
def postgres():
    with run_postgres() as server, duckdb.connect() as session:
        load_extension(session, "postgres_scanner", extra="postgres")
        make_table(session, NAMES, fixed_rows(NAMES, 80))
        session.execute(f"ATTACH '{server.connection}' AS made_db (TYPE postgres)")
        session.execute('CREATE SCHEMA made_db."odd ""schema"')
        session.execute('CREATE TABLE made_db."odd ""schema"."odd ""table" AS FROM made')
        yield server


@database_examples
@given(plan=plans(POSTGRES, NAMES), output=outputs)
def test_over_a_postgresql_table(postgres, tmp_path_factory, plan, output):
    base = tmp_path_factory.mktemp("postgres")
    report = run_random(plan, base, output, connections=OneConnection(postgres.connection))
    assert report is None or report.rows_read == 80


def test_the_types_of_a_postgresql_table_are_known(postgres):
    connections = OneConnection(postgres.connection)
    schema = schema_of(PostgresTable(**POSTGRES), base=None, connections=connections)
    assert schema == {name: _declared(name) for name in NAMES}
    postgres.execute(
        "CREATE VIEW others AS SELECT 1::numeric AS n, gen_random_uuid() AS u, now() AS t, '{1}'::int[] AS l"
    )
    schema = schema_of(
        PostgresTable(format="postgresql", connection="main", table="others"), base=None, connections=connections
    )
    assert schema == {"n": "float", "u": "text", "t": "datetime", "l": "other"}


@given(
    raw=st.binary(max_size=60)
    | st.text('a,b"\n\r ;é\x00', max_size=40).map(str.encode)
    | csv_files().flatmap(
        lambda made: st.builds(
            lambda at, byte: made[1][:at] + byte + made[1][at + 1 :],
            st.integers(0, len(made[1])),
            st.binary(max_size=1),
        )
    )
)
def test_any_bytes_are_read_alike_or_refused_alike(raw):
    """Whatever a file holds, both engines refuse it for one reason, or both read the same rows out of it."""
    with a_folder() as base:
        (base / "source.csv").write_bytes(raw)
        source = {"format": "csv", "path": "source.csv"}
        try:
            names = list(schema_of(CsvFile(**source), base))
        except FairshareError as refused:
            assert refused.code in ("CSV_UNSOUND", "SOURCE_COLUMNS_UNFIT")  # noqa: PT017 (reading it is allowed too)
            return
        columns = [{"column": name, "sent_as": f"c{place}", "treatment": "keep"} for place, name in enumerate(names)]
        plan = Plan.model_validate({"name": "any bytes", "source": source, "columns": columns})
        assert why_not(plan, base, "memory") == why_not(plan, base, "duckdb")
        if why_not(plan, base, "memory") is None:
            run_both(plan, base, "csv")


def why_not(plan, base, engine):
    """The code of the error that running the plan ends in; none if it runs."""
    out = base / "tried.csv"
    out.unlink(missing_ok=True)
    try:
        run_plan(plan, engine=engine, keys=FixedKeys(), write_to=out, format="csv", base=base)
    except FairshareError as error:
        return error.code
    return None
