"""Private statistics and safe tables rest on the same exact numbers whether Spark or DuckDB counts."""

import pytest

from fairshare.release.engines.bounding import find_exact
from fairshare.release.kinds import Table
from fairshare.release.pets.differential_privacy import open_with_person
from fairshare.release.plan import Plan, plan_to_json
from tests.release.engines.tables import FixedKeys, write_parquet

pytestmark = pytest.mark.xdist_group("spark")


def make_plan(rows_per_person: int) -> Plan:
    return Plan.model_validate(
        {
            "name": "t",
            "source": {"format": "parquet", "path": "t.parquet"},
            "columns": [{"column": name, "treatment": "keep"} for name in ("sex", "visits")],
            "publish": {
                "publish": "private_statistics",
                "person": "name",
                "rows_per_person": rows_per_person,
                "epsilon": 1,
                "keys": [{"column": "sex", "values": ["F", "M", None]}],
                "statistics": [
                    {"statistic": "count", "name": "people"},
                    {"statistic": "sum", "name": "visits", "column": "visits", "lower": 0, "upper": 5, "unit": 1},
                    {"statistic": "histogram", "name": "often", "column": "visits", "edges": [2, 4], "by": []},
                ],
            },
        }
    )


def find(plan, tmp_path, limits, engine):
    table = Table(plan, FixedKeys(), tmp_path, engine=engine, limits=limits)
    with open_with_person(table, plan.publish.person) as treated:
        return find_exact(treated, plan, plan.publish, seed=7)


def test_spark_finds_the_exact_numbers_that_duckdb_finds(tmp_path, limits):
    people = [(f"n{place % 40}", "F" if place % 3 else None, place % 9) for place in range(120)]
    write_parquet(tmp_path / "t.parquet", ["name", "sex", "visits"], people)
    plan = make_plan(3)
    assert find(plan, tmp_path, limits, "spark") == find(plan, tmp_path, limits, "duckdb")
    bounded = find(make_plan(2), tmp_path, limits, "spark")
    assert sum(bounded["people", "rows"]) == sum(bounded["often", "rows"]) == 80


def test_rows_that_differ_only_in_where_a_null_stands_have_one_order_for_a_seed(tmp_path, limits):
    plan = make_plan(1)
    keys = [{"column": "sex", "values": ["F", "M", None]}, {"column": "postcode", "values": ["F", "M", None]}]
    plan = Plan.model_validate(
        plan_to_json(plan)
        | {
            "columns": [{"column": name, "treatment": "keep"} for name in ("sex", "postcode")],
            "publish": plan_to_json(plan)["publish"]
            | {"keys": keys, "statistics": [{"statistic": "count", "name": "people"}]},
        }
    )
    swapped = [(f"n{person}", *cells) for person in range(40) for cells in (("F", None), (None, "F"))]
    found = []
    for order in (swapped, swapped[::-1]):
        write_parquet(tmp_path / "t.parquet", ["name", "sex", "postcode"], order)
        found.append(find(plan, tmp_path, limits, "spark"))
    assert found[0] == found[1]
    # Which of the two counts is drawn for each person by themselves.
    assert min(found[0]["people", "rows"][2], found[0]["people", "rows"][6]) > 5
