"""MariaDB: streamed rows, exact values, and nothing of a plan's values or keys in the server's own log."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.release.engines import run_plan, schema_of
from fairshare.release.plan import Plan
from fairshare.release.sources import MariaDbTable
from fairshare.words import FairshareError
from tests.release.engines.tables import TYPES, FixedKeys, plans, read_rows, run_random
from tests.release.engines.test_engines_agree import OneConnection, fixed_rows
from tests.servers import PASSWORD, run_mariadb

MARIADB = {"format": "mariadb", "connection": "main", "table": 'odd "table'}
# Its Booleans are small whole numbers, and it has no floats that are not numbers.
NAMES = [name for name in TYPES if name not in ("consent", "weight")]
database_examples = settings(max_examples=settings.default.max_examples // 4)


@pytest.fixture(scope="module")
def mariadb():
    with run_mariadb() as server:
        kinds = {"VARCHAR": "VARCHAR(100)", "TIMESTAMP": "DATETIME(6)"}
        columns = ", ".join(f"{name} {kinds.get(TYPES[name], TYPES[name])}" for name in NAMES)
        rows = ", ".join(f"({', '.join(map(literal, row))})" for row in fixed_rows(NAMES, 80))
        server.execute(
            f'CREATE TABLE `odd "table` ({columns}) CHARACTER SET utf8mb4; INSERT INTO `odd "table` VALUES {rows}'
        )
        yield server


def literal(value):
    """A value as MariaDB writes it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return str(value)


@database_examples
@given(plan=plans(MARIADB, NAMES), output=st.sampled_from(["csv", "parquet"]))
def test_over_a_mariadb_table(mariadb, tmp_path_factory, plan, output):
    base = tmp_path_factory.mktemp("mariadb")
    report = run_random(plan, base, output, connections=OneConnection(mariadb.connection))
    assert report is None or report.rows_read == 80


def keep(name, **more):
    return Plan.model_validate(
        {"name": "t", "source": MARIADB | more.pop("source", {}), "columns": [{"column": name, "treatment": "keep"}]}
        | more
    )


def run(plan, mariadb, base, engine="duckdb"):
    out = base / f"out-{engine}.csv"
    run_plan(plan, engine=engine, keys=FixedKeys(), write_to=out, format="csv", base=base,
             connections=OneConnection(mariadb.connection))  # fmt: skip
    return read_rows(out)[1]


def test_groups_of_the_only_column_are_held_back(mariadb, tmp_path):
    """The scanner's own optimizer ends this in an internal error."""
    plan = keep("name", groups=[{"treatment": "suppress_small_groups", "columns": ["name"], "k": 2}])
    assert run(plan, mariadb, tmp_path) == run(plan, mariadb, tmp_path, "memory")


def test_a_test_is_judged_here_and_not_by_the_servers_collation_or_in_its_log(mariadb, tmp_path):
    mariadb.execute("CREATE OR REPLACE TABLE cased (name VARCHAR(50)); INSERT INTO cased VALUES ('canary'), ('CANARY')")
    plan = keep("name", source={"table": "cased"}, rows=[{"column": "name", "test": "equals", "value": "canary"}])
    for engine in ("duckdb", "memory"):
        assert run(plan, mariadb, tmp_path, engine) == {("canary",): 1}
    said = (mariadb.folder / "queries").read_bytes()
    assert b"cased" in said
    assert b"'canary'" not in said.replace(b"VALUES ('canary'), ('CANARY')", b"")


def test_the_types_of_a_mariadb_table_are_known(mariadb):
    columns = "u BIGINT UNSIGNED, b BOOLEAN, e ENUM('a'), j JSON, t TIMESTAMP NULL, y YEAR, f FLOAT"
    mariadb.execute(f"CREATE OR REPLACE TABLE kinds ({columns})")
    schema = schema_of(
        MariaDbTable(format="mariadb", connection="main", table="kinds"),
        base=None,
        connections=OneConnection(mariadb.connection),
    )
    assert schema == {
        "u": "integer",
        "b": "integer",
        "e": "text",
        "j": "text",
        "t": "datetime",
        "y": "integer",
        "f": "float",
    }


@pytest.mark.parametrize(
    ("change", "code"),
    [({"table": "no such"}, "SOURCE_UNREADABLE"), ({"connection": "main", "table": "x" * 90}, "SOURCE_UNREADABLE")],
)
def test_a_table_that_is_not_there_is_refused(mariadb, tmp_path, change, code):
    with pytest.raises(FairshareError, match=code):
        run(keep("name", source=change), mariadb, tmp_path)


def test_a_wrong_password_is_refused_and_never_repeated(mariadb, tmp_path):
    class Wrong(OneConnection):
        pass

    wrong = Wrong(mariadb.connection.replace(PASSWORD, "some-other-password"))
    with pytest.raises(FairshareError, match="SOURCE_UNREADABLE") as refused:
        run_plan(
            keep("name"), keys=FixedKeys(), write_to=tmp_path / "o.csv", format="csv", base=tmp_path, connections=wrong
        )
    assert "some-other-password" not in repr(refused.value)
    assert refused.value.__suppress_context__


def test_nothing_is_ever_written_to_it(mariadb, tmp_path):
    before = mariadb.execute('SELECT count(*) FROM `odd "table`')
    run(keep("name"), mariadb, tmp_path)
    assert mariadb.execute('SELECT count(*) FROM `odd "table`') == before
