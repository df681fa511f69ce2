"""Risk and utility are what their definitions say, and the sheet of a release says them in both languages."""

import random
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.deidentify.risk import band_sizes, measure_risk
from fairshare.release.deidentify.search import Quasi, Question, open_lattice
from fairshare.release.deidentify.utility import measure_utility, tell_utility
from fairshare.release.engines import run_plan
from fairshare.release.plan import Plan
from fairshare.release.sources import ParquetFile
from tests.release.engines.tables import FixedKeys, write_parquet

PARQUET = {"format": "parquet", "path": "source.parquet"}


@given(sizes=st.dictionaries(st.integers(1, 300), st.integers(1, 9), min_size=1), alike=st.integers(1, 9))
def test_risks_are_means_over_rows_of_one_over_those_alike(sizes, alike):
    listed = tuple(sorted(sizes.items()))
    people = [size for size, count in listed for _ in range(size * count)]
    risk = measure_risk(listed, threshold=1 / alike)
    assert risk.rows == len(people)
    assert risk.highest == 1 / min(people)
    assert risk.average == pytest.approx(float(sum(Fraction(1, size) for size in people) / len(people)))
    assert risk.share_at_risk == pytest.approx(sum(size < alike for size in people) / len(people))
    assert sum(band_sizes(listed).values()) == len(people)
    assert measure_risk(listed, fewest_alike=500).journalist <= risk.highest


def test_a_table_without_rows_has_no_risk():
    risk = measure_risk(())
    assert (risk.highest, risk.average, risk.share_at_risk, risk.smallest) == (0, 0, 0, 0)


@pytest.mark.parametrize(("told", "by"), [
    ({}, "prosecutor"), ({"sampling_share": 0.1}, "sampling share"), ({"fewest_alike": 40}, "population"),
])  # fmt: skip
def test_the_journalists_risk_says_what_it_was_taken_from(told, by):
    risk = measure_risk([(2, 5)], **told)
    assert risk.journalist_by == by
    assert risk.journalist == {"prosecutor": 0.5, "sampling share": 0.05, "population": 1 / 40}[by]


def test_a_release_with_group_treatments_tells_its_risk_before_and_after(tmp_path):
    rows = [("F", each % 3, "ab"[each % 2], each) for each in range(30)] + [("M", 9, "a", 1)]
    write_parquet(tmp_path / "source.parquet", ["sex", "visits", "name", "big"], rows)
    groups = [
        {"treatment": "suppress_small_groups", "columns": ["sex", "visits"], "k": 5},
        {"treatment": "check_l_diversity", "columns": ["sex", "visits"], "sensitive": "name", "l": 2},
    ]
    columns = [{"column": name, "treatment": "keep"} for name in ("sex", "visits", "name")]
    plan = Plan.model_validate({"name": "risk", "source": PARQUET, "columns": columns, "groups": groups})
    report = run_plan(plan, engine="duckdb", keys=FixedKeys(), write_to=tmp_path / "out.csv", format="csv",
                      base=tmp_path)  # fmt: skip
    [section] = report.sections
    assert section.name == "risk"
    assert section.rows[0] == ("1", "1", "0")
    assert ("10-19", "30", "30") in section.rows
    assert "at most 100.0% before and 10.0% as sent" in section.says[2].en
    assert "at least 5 rows. At worst it was 1 before, and is 10 as sent; 1 rows" in section.says[0].en
    assert "anonymous" not in " ".join(each.en for each in section.says)
    assert all(each.cy and each.cy != each.en for each in section.says)
    assert section.charts[0].series[1].values[0] == 0


def test_without_group_treatments_nothing_is_told_of_risk(tmp_path):
    write_parquet(tmp_path / "source.parquet", ["sex"], [("F",)])
    plan = Plan.model_validate({"name": "risk", "source": PARQUET, "columns": [{"column": "sex", "treatment": "keep"}]})
    report = run_plan(plan, engine="duckdb", keys=FixedKeys(), write_to=tmp_path / "o.csv", format="csv", base=tmp_path)
    assert report.sections == ()


@pytest.fixture
def question(tmp_path):
    chance = random.Random(3)
    rows = [("FM"[chance.random() < 0.3], int(chance.expovariate(0.1)), "x", 1) for _ in range(400)]
    write_parquet(tmp_path / "source.parquet", ["sex", "visits", "name", "big"], rows)
    quasi = (Quasi("sex", "values"), Quasi("visits", "ages"))
    return Question(ParquetFile(**PARQUET), quasi, ({"treatment": "suppress_small_groups", "k": 5},), Decimal("0.5"))


def test_rows_as_they_are_answer_every_count_exactly_and_coarser_ones_less_so(question, tmp_path):
    with open_lattice(question, tmp_path) as (lattice, _):
        fine = lattice.sizes((0, 0), sent=False)
        lattice_without = type(lattice)(lattice.session, lattice.columns, (), lattice.rows, 0, lattice.loss)
        exact = measure_utility(lattice_without, (0, 0), random.Random(1))
        coarse = measure_utility(lattice, (0, 2), random.Random(1))
        coarsest = measure_utility(lattice, (1, 4), random.Random(1))
    assert sum(size * count for size, count in fine) == 400
    assert set(exact.query_errors) == {0.0}
    assert set(exact.distances.values()) == {0.0}
    assert exact.losses["precision"] == exact.losses["ncp"] == 0
    assert 0 < coarse.median_error < coarsest.median_error
    assert coarsest.losses["precision"] == coarsest.losses["ncp"] == coarsest.losses["discernibility"] == 1
    section = tell_utility(coarse)
    assert section.name == "utility"
    assert len(section.rows) == 6


def test_the_same_seed_asks_the_same_counts(question, tmp_path):
    with open_lattice(question, tmp_path) as (lattice, _):
        first = measure_utility(lattice, (0, 2), random.Random(1))
        assert measure_utility(lattice, (0, 2), random.Random(1)) == first
        assert measure_utility(lattice, (0, 2), random.Random(2)).query_errors != first.query_errors
