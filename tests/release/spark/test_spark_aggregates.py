"""What is counted and added up in Spark is what DuckDB counts: rows few per person, clamped, in public groups."""

import pytest

from fairshare.release.engines.treated import open_treated
from fairshare.release.plan import Plan
from fairshare.release.treatments import ColumnType
from tests.release.engines.tables import FixedKeys, write_parquet

pytestmark = pytest.mark.xdist_group("spark")


def test_sums_of_kept_and_loaded_tables_are_those_of_duckdb(tmp_path, limits):
    people = [(f"n{place % 40}", "F" if place % 3 else None, place % 7) for place in range(300)]
    write_parquet(tmp_path / "t.parquet", ["name", "sex", "visits"], people)
    plan = Plan.model_validate(
        {
            "name": "t",
            "source": {"format": "parquet", "path": "t.parquet"},
            "columns": [
                {"column": "name", "treatment": "pseudonymise", "key": "k1", "sent_as": "who"},
                {"column": "sex", "treatment": "keep"},
                {"column": "visits", "treatment": "keep"},
            ],
            "rows": [{"column": "visits", "test": "at_least", "value": 1}],
        }
    )
    found = {}
    for engine in ("duckdb", "memory", "spark"):
        with open_treated(plan, engine=engine, keys=FixedKeys(), base=tmp_path, limits=limits) as treated:
            assert treated.columns == {"who": ColumnType.TEXT, "sex": ColumnType.TEXT, "visits": ColumnType.INTEGER}
            treated.load("groups", {"value": ColumnType.TEXT, "place": ColumnType.INTEGER}, [("F", 0), (None, 1)])
            who, sex = treated.quote("who"), treated.quote("sex")
            treated.keep("cells", f"SELECT {who} AS who, {sex} AS sex, sum(visits) AS v FROM treated GROUP BY who, sex")
            found[engine] = sorted(
                tuple(int(each) for each in row)
                for row in treated.query(
                    "SELECT groups.place, count(*), sum(v) FROM cells JOIN groups "
                    "ON cells.sex IS NOT DISTINCT FROM groups.value GROUP BY groups.place"
                )
            )
            hashed = treated.hash(7, "who")
            assert treated.query(f"SELECT count(DISTINCT {hashed}) FROM cells")[0][0] == 40
    assert found["spark"] == found["duckdb"] == found["memory"]
