"""One person more or less moves the exact numbers by no more than noise.py says, whatever that person holds.

The clamp, the rows a person and the public keys are ours to get right; OpenDP only draws the noise.
"""

import json
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from math import inf, nan
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.release.engines import EngineLimits, bounding
from fairshare.release.engines.bounding import find_exact, load_key
from fairshare.release.engines.session import open_session
from fairshare.release.engines.treated import TreatedInDuckDB
from fairshare.release.kinds import Table
from fairshare.release.pets import audit
from fairshare.release.pets.audit import AUDITED, audit_statistics, bound_share, find_lower_bound
from fairshare.release.pets.differential_privacy import open_with_person
from fairshare.release.pets.noise import Noise, find_sensitivity
from fairshare.release.pets.private_statistics import PublicKey, StatisticsUnfit
from fairshare.release.plan import read_plan
from fairshare.release.treatments import ColumnType
from tests.release.engines.tables import FixedKeys

ONE_THREAD = EngineLimits(threads=1)
NOT_PUBLIC = ("Z", "", "f", "M ", None, "☃")
COLUMNS = "id VARCHAR, sex VARCHAR, seen DATE, visits BIGINT, cost DECIMAL(12,2), weight DOUBLE"
PLAN = """
name: neighbours
source: {format: parquet, path: rows.parquet}
columns:
  - {column: sex, treatment: keep}
  - {column: seen, treatment: generalise, to: year, sent_as: year}
  - {column: visits, treatment: keep}
  - {column: cost, treatment: keep}
  - {column: weight, treatment: keep}
publish:
  publish: private_statistics
  person: id
  rows_per_person: ROWS
  epsilon: 1
  keys: [{column: sex, values: [F, M, null]}, {column: year, first: 2024, last: 2026}]
  statistics:
    - {statistic: count, name: people}
    - {statistic: count, name: everybody, by: []}
    - {statistic: sum, name: visits, column: visits, lower: -3, upper: 10, by: [sex]}
    - {statistic: sum, name: cost, column: cost, lower: 0, upper: 50, unit: 0.01}
    - {statistic: sum, name: thousands, column: cost, lower: -1000, upper: 3000, unit: 1000, by: [year]}
    - {statistic: mean, name: weight, column: weight, lower: 20, upper: 120, unit: 0.5, by: [sex]}
    - {statistic: histogram, name: weights, column: weight, edges: [50, 70.5, 90]}
    - {statistic: quantile, name: middle, column: visits, edges: [0, 5, 10], quantiles: [0.5], by: [sex]}
"""


def plan_for(rows_per_person: int):
    return read_plan(PLAN.replace("ROWS", str(rows_per_person)).encode(), where="test")


row = st.tuples(
    st.sampled_from(["F", "M", *NOT_PUBLIC]),
    st.sampled_from([None, "2024-02-29", "2025-12-31", "2026-01-01", "1900-01-01", "9999-12-31"]),
    st.sampled_from([None, 0, -3, 10, 11, 2**63 - 1, -(2**63)]) | st.integers(-20, 20),
    st.sampled_from([None, *map(Decimal, ("0.00", "0.005", "49.99", "50.01", "-9999999999.99"))])
    | st.decimals(-100, 100, places=2),
    st.sampled_from([None, nan, inf, -inf, 1e308, -1e308, 5e-324, 49.99999, 70.5]) | st.floats(0, 200),
)  # fmt: skip
tables = st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), row), max_size=10)


@dataclass(frozen=True)
class Person:
    """Somebody who may be in the table or not, with all their rows."""

    rows: list


def write(path: Path, rows: list) -> None:
    with duckdb.connect() as session:
        session.execute(f"CREATE TABLE t ({COLUMNS})")
        if rows:
            session.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", [(who, *cells) for who, cells in rows])
        session.execute(f"COPY t TO '{path}' (FORMAT parquet)")


def find(plan, rows: list, seed: int, engine: str):
    with TemporaryDirectory() as folder:
        write(Path(folder) / "rows.parquet", rows)
        with open_with_person(
            Table(plan, FixedKeys(), Path(folder), engine=engine, limits=ONE_THREAD), plan.publish.person
        ) as treated:
            return find_exact(treated, plan, plan.publish, seed=seed)


def distance(one: list[int], other: list[int]) -> int:
    assert len(one) == len(other)  # the cells are public
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


def check_neighbours(rows: list, person: list, rows_per_person: int, seed: int, engine: str, place: int) -> None:
    plan = plan_for(rows_per_person)
    theirs = [("the one", cells) for cells in person]
    without, with_them = (find(plan, each, seed, engine) for each in (rows, rows[:place] + theirs + rows[place:]))
    for each in plan.publish.statistics:
        for (name, part), numbers in without.items():
            if name == each.name:
                most = find_sensitivity(each, part, rows_per_person)
                assert distance(numbers, with_them[name, part]) <= most, (name, part)


@pytest.mark.parametrize("engine", ["duckdb", "memory"])
@settings(max_examples=20, deadline=None)
@given(tables, st.lists(row, min_size=1, max_size=8), st.integers(1, 3), st.integers(0, 2**64 - 1), st.integers(0, 10))
def test_one_person_moves_no_number_by_more_than_its_sensitivity(engine, rows, person, most, seed, place):
    check_neighbours(rows, person, most, seed, engine, place)


@settings(max_examples=10, deadline=None)
@given(tables, st.integers(0, 2**64 - 1), st.randoms())
def test_the_order_of_the_table_changes_nothing_and_the_engines_agree(rows, seed, chance):
    plan, other = plan_for(2), list(rows)
    chance.shuffle(other)
    found = find(plan, rows, seed, "duckdb")
    assert found == find(plan, other, seed, "duckdb")
    assert found == find(plan, rows, seed, "memory")


def clamped(value, low, high, unit=1):
    """The clamp, written once more: in Python, one value at a time."""
    if value is None:
        return None
    if value != value:
        return None  # a source gives NaN as a missing value
    # to the nearest unit, halves away from zero, as SQL rounds
    in_units = max(low, min(high, float(value))) / unit
    return int(abs(in_units) + 0.5) * (1 if in_units >= 0 else -1)


@settings(max_examples=20, deadline=None)
@given(tables)
def test_without_anybody_over_the_limit_the_numbers_are_those_of_plain_counting(rows):
    plan = plan_for(10)
    found = find(plan, rows, 7, "duckdb")
    mine = [cells for who, cells in rows if who is not None]
    assert found["everybody", "rows"] == [len(mine)]
    years = [cells[1] and int(cells[1][:4]) for cells in mine]
    groups = [(sex, year) for sex in ("F", "M", None) for year in (2024, 2025, 2026)]
    assert found["people", "rows"] == [
        sum((cells[0], year) == group for cells, year in zip(mine, years, strict=True)) for group in groups
    ]
    assert found["visits", "units"] == [
        sum(clamped(cells[2], -3, 10) or 0 for cells in mine if cells[0] == sex) for sex in ("F", "M", None)
    ]
    centre = (40 + 240) // 2
    assert found["weight", "units"] == [
        sum(
            held - centre for cells in mine if cells[0] == sex and (held := clamped(cells[4], 20, 120, 0.5)) is not None
        )
        for sex in ("F", "M", None)
    ]


@pytest.mark.parametrize("engine", ["duckdb", "memory"])
@pytest.mark.parametrize("seed", range(6))
def test_rows_that_differ_only_in_where_a_null_stands_are_two_in_any_order(engine, seed):
    plan = plan_for(1)
    swapped = [("a", (None, "2024-01-01", 7, None, None)), ("a", ("F", None, 7, None, None))]
    swapped += [("a", ("F", "2024-01-01", None, None, 50.0)), ("a", ("F", "2024-01-01", 7, None, None))]
    assert find(plan, swapped, seed, engine) == find(plan, swapped[::-1], seed, engine)


@pytest.mark.parametrize("engine", ["duckdb", "memory"])
@pytest.mark.parametrize("values", [["2024-01-01", "20240101", "2024-W01-1"], ["20240101"]])
def test_a_date_that_is_listed_in_several_ways_is_refused_and_never_counts_twice(engine, values):
    changed = PLAN.replace("{column: year, first: 2024, last: 2026}", f"{{column: seen, values: {json.dumps(values)}}}")
    changed = changed.replace("generalise, to: year, sent_as: year", "keep").replace("by: [year]", "by: [seen]")
    plan = read_plan(changed.replace("ROWS", "1").encode(), where="test")
    with pytest.raises(StatisticsUnfit):
        find(plan, [("a", ("F", "2024-01-01", 1, None, None))], 0, engine)


@pytest.mark.parametrize(
    ("found", "values"),
    [
        (ColumnType.DATE, ["2024-01-01", "20240101"]),
        (ColumnType.DATETIME, ["2024-01-01", "2024-01-01T00:00:00"]),
        (ColumnType.INTEGER, [1, "01"]),
        (ColumnType.DECIMAL, [1, "1.0"]),
        (ColumnType.DECIMAL, ["1.50", "1.5"]),
        (ColumnType.FLOAT, [2**53, 2**53 + 1]),
    ],
)
def test_two_values_that_are_one_in_their_column_are_refused(found, values):
    plan = plan_for(1)
    with open_session(EngineLimits()) as session:
        treated = TreatedInDuckDB("", {"k": found}, session, "", {}, nullcontext)
        with pytest.raises(StatisticsUnfit):
            load_key(treated, "key_0", PublicKey.model_validate({"column": "k", "values": values}), plan)
        load_key(treated, "key_0", PublicKey.model_validate({"column": "k", "values": values[:1]}), plan)


def test_text_is_compared_as_it_is_written():
    key = PublicKey.model_validate({"column": "k", "values": ["1", "01", "1.0", "É", "E\u0301", " 1", None]})
    with open_session(EngineLimits()) as session:
        treated = TreatedInDuckDB("", {"k": ColumnType.TEXT}, session, "", {}, nullcontext)
        load_key(treated, "key_0", key, plan_for(1))
        assert treated.query("SELECT count(DISTINCT value), count(*) FROM key_0") == [(6, 7)]


def test_which_rows_count_is_drawn_anew_and_evenly():
    plan = plan_for(1)
    rows = [("a", ("F", "2024-01-01", visits, None, None)) for visits in range(3)]
    drawn = [sum(find(plan, rows, seed, "duckdb")["visits", "units"]) for seed in range(30)]
    assert set(drawn) == set(range(3))
    assert max(map(drawn.count, range(3))) < 20


def test_people_are_bounded_in_as_many_goes_as_memory_needs(monkeypatch):
    plan = plan_for(2)
    rows = [
        (str(person), ("F", "2024-01-01", visit, None, None)) for person in range(40) for visit in range(person % 5)
    ]
    whole = find(plan, rows, 3, "duckdb")
    monkeypatch.setattr(bounding, "BYTES_COUNTED", 2**25)
    monkeypatch.setattr(bounding, "BYTES_ORDERED", 2**25)
    assert find(plan, rows, 3, "duckdb") == whole
    assert whole["everybody", "rows"] == [sum(min(2, person % 5) for person in range(40))]


# The audit: an attack that knows all but one thing never proves more than is claimed, and finds what is broken.


@pytest.mark.parametrize("statistic", AUDITED)
def test_no_attack_proves_more_than_is_claimed_and_each_comes_near(statistic):
    found = audit_statistics(statistic, epsilon=2.0, runs=4000)
    assert found.holds
    assert found.at_least > 0.25


def no_clamp(column, statistic, found):
    return f"CAST(round({column} / {statistic.unit}) AS BIGINT)"


def no_bound(treated, rows, columns, most, seed):
    return rows


BROKEN = {
    "the clamp is removed": ("sum", bounding, "clamp_sql", no_clamp),
    "rows a person are not bounded": ("count", bounding, "_first_rows", no_bound),
    "keys come from the data": (
        "count",
        bounding,
        "find_part",
        lambda *given, right=bounding.find_part: [number for number in right(*given) if number],
    ),
    "half the noise": ("histogram", Noise, "scale", property(lambda noise: noise.sensitivity / noise.loss / 2)),
    "half the noise on a mean": ("mean", Noise, "scale", property(lambda noise: noise.sensitivity / noise.loss / 2)),
}


@pytest.mark.parametrize(("statistic", "where", "name", "broken"), BROKEN.values(), ids=BROKEN)
def test_the_audit_finds_a_build_in_which(monkeypatch, statistic, where, name, broken):
    monkeypatch.setattr(where, name, broken)
    found = audit_statistics(statistic, epsilon=1.0, runs=4000)
    assert not found.holds
    assert found.at_least > 1.2


@pytest.mark.parametrize(
    ("name", "broken"),
    [("_first_rows", no_bound), ("clamp_sql", lambda column, statistic, found: f"CAST({column} AS BIGINT)")],
)
def test_the_neighbours_find_a_build_without_a_clamp_or_a_bound(monkeypatch, name, broken):
    monkeypatch.setattr(bounding, name, broken)
    with pytest.raises(AssertionError):
        check_neighbours([], [("F", "2024-01-01", 10**6, None, None)] * 4, 1, 0, "duckdb", 0)


@pytest.mark.parametrize(("hits", "size"), [(0, 50), (50, 50), (7, 50), (1, 3)])
def test_the_bounds_of_a_share_are_those_of_the_binomial_itself(hits, size):
    from scipy.stats import binom

    low, high = bound_share(hits, size, 0.01)
    assert low == 0 or binom.sf(hits - 1, size, low) == pytest.approx(0.01)
    assert high == 1 or binom.cdf(hits, size, high) == pytest.approx(0.01)


def test_runs_that_look_alike_prove_nothing():
    assert find_lower_bound([0.0] * 500, [0.0] * 500) < 0.1
    assert find_lower_bound([-inf] * 2000, [inf] * 2000) > 3
    assert audit.CONFIDENCE > 0.99
