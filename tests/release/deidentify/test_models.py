"""Each model of protection says the same in DuckDB and in plain Python, and the same as pycanon."""

import math
from collections import Counter
from fractions import Fraction

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycanon import anonymity

from fairshare.release.deidentify.cells import class_sql, load_populations
from fairshare.release.engines import run_plan
from fairshare.release.engines.memory_groups import divide, judge
from fairshare.release.plan import Plan
from fairshare.release.treatments_groups import DeltaPresence, KAnonymity, LDiversity, TCloseness
from fairshare.words import FairshareError
from tests.release.engines.tables import FixedKeys, a_folder, run_both, write_parquet

QUASI = ["sex", "visits"]
cells = st.tuples(
    st.sampled_from(["F", "M", None]),
    st.sampled_from([1, 2, None]),
    st.sampled_from(["a", "b", "c", "d", None]),
    st.sampled_from([-3, 0, 1, 5, 8, None]),
)
tables = st.lists(cells, max_size=40)
shares = st.integers(0, 20).map(lambda part: part / 20)
factors = st.integers(1, 40).map(lambda part: part / 10)


def model(kind, **fields):
    return st.fixed_dictionaries({"columns": st.just(QUASI), **fields}).map(lambda made: {"kind": kind, **made})


values = st.sampled_from(["name", "big"])
models = st.one_of(
    model("k", k=st.integers(2, 4)),
    model("l", sensitive=values, l=st.integers(2, 4), measure=st.just("distinct")),
    model("l", sensitive=values, l=st.sampled_from([1.5, 2, 3]), measure=st.just("entropy")),
    model("l", sensitive=values, l=st.integers(2, 3), c=factors, measure=st.just("recursive")),
    model("t", sensitive=values, t=shares, distance=st.just("equal")),
    model("t", sensitive=st.just("big"), t=shares, distance=st.just("ordered")),
    model("d", most=st.sampled_from([0.1, 0.5, 1]), counts=st.just([
        {"values": ["F", "1"], "people": 7}, {"values": ["M", None], "people": 3},
        {"values": [None, "2"], "people": 20},
    ])),
)  # fmt: skip
NAMES = {
    "k": ("check_k_anonymity", "suppress_small_groups"),
    "l": ("check_l_diversity", "suppress_to_l_diversity"),
    "t": ("check_t_closeness", "suppress_to_t_closeness"),
    "d": ("check_delta_presence", "suppress_to_delta_presence"),
}


def treatment(made, *, suppresses):
    return {"treatment": NAMES[made["kind"]][suppresses], **{k: v for k, v in made.items() if k != "kind"}}


def plan_of(groups):
    columns = [{"column": name, "treatment": "keep"} for name in ("sex", "visits", "name", "big")]
    source = {"format": "parquet", "path": "source.parquet"}
    return Plan.model_validate({"name": "models", "source": source, "columns": columns, "groups": groups})


def why_not(plan, base, engine):
    out = base / "out.csv"
    try:
        run_plan(plan, engine=engine, keys=FixedKeys(), write_to=out, format="csv", base=base)
    except FairshareError as refused:
        return str(refused)
    finally:
        out.unlink(missing_ok=True)


@given(made=st.lists(st.tuples(models, st.booleans()), min_size=1, max_size=3), rows=tables)
def test_both_engines_hold_back_the_same_rows_or_refuse_alike(made, rows):
    plan = plan_of([treatment(each, suppresses=suppresses) for each, suppresses in made])
    with a_folder() as base:
        write_parquet(base / "source.parquet", ["sex", "visits", "name", "big"], rows)
        refused = why_not(plan, base, "memory")
        assert why_not(plan, base, "duckdb") == refused
        if refused is None:
            run_both(plan, base, "parquet")


@given(made=st.lists(st.tuples(models, st.booleans()), min_size=1, max_size=3), rows=tables)
def test_both_engines_count_the_same_people(made, rows):
    groups = [treatment(each, suppresses=suppresses) for each, suppresses in made]
    plan = plan_of(groups).model_copy(update={"person": "big"})
    with a_folder() as base:
        write_parquet(base / "source.parquet", ["sex", "visits", "name", "big"], rows)
        refused = why_not(plan, base, "memory")
        assert why_not(plan, base, "duckdb") == refused
        if refused is None:
            run_both(plan, base, "parquet")


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
def test_one_person_with_many_rows_is_one_person_alike(tmp_path, engine):
    rows = [("F", person % 2, "x", person) for person in range(8) for _ in range(10)]
    write_parquet(tmp_path / "source.parquet", ["sex", "visits", "name", "big"], rows)
    asked = [{"treatment": "check_k_anonymity", "columns": ["sex", "visits"], "k": 10}]
    assert why_not(plan_of(asked), tmp_path, engine) is None
    whose = plan_of(asked).model_copy(update={"person": "big"})
    assert "2 combinations of (sex, visits) are shared by fewer than 10 people; 80 rows" in why_not(
        whose, tmp_path, engine
    )
    fewer = whose.model_copy(update={"groups": (whose.groups[0].model_copy(update={"k": 4}),)})
    report = run_plan(fewer, engine=engine, keys=FixedKeys(), write_to=tmp_path / "o.csv", format="csv", base=tmp_path)
    (measured,) = report.groups
    assert (measured.smallest_group_sent, measured.sizes_sent, measured.people) == (4, ((4, 2),), True)
    assert (report.rows_sent, report.sections[0].headings[0].en) == (80, "people alike")


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
def test_rows_of_nobody_make_no_group_large_enough(tmp_path, engine):
    rows = [("F", 1, "x", 1), *[("F", 1, "x", None)] * 20]
    write_parquet(tmp_path / "source.parquet", ["sex", "visits", "name", "big"], rows)
    plan = plan_of([{"treatment": "check_k_anonymity", "columns": ["sex"], "k": 2}])
    assert "fewer than 2 people" in why_not(plan.model_copy(update={"person": "big"}), tmp_path, engine)


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
@pytest.mark.parametrize("more", [{"measure": "entropy", "l": 2}, {"measure": "recursive", "l": 2, "c": 3}])
def test_a_class_of_nearly_only_nulls_is_not_diverse(tmp_path, engine, more):
    rows = [("F", 1, name, 1) for name in ("A", "B", *[None] * 98)]
    write_parquet(tmp_path / "source.parquet", ["sex", "visits", "name", "big"], rows)
    asked = {"treatment": "check_l_diversity", "columns": ["sex"], "sensitive": "name", **more}
    assert "1 classes" in why_not(plan_of([asked]), tmp_path, engine)


def judge_in_duckdb(group, rows):
    with duckdb.connect() as session:
        session.execute('CREATE TABLE cells (sex VARCHAR, visits INTEGER, name VARCHAR, big BIGINT, "#rows" BIGINT)')
        counted = [(*cell, count) for cell, count in Counter(rows).items()]
        if counted:
            session.executemany("INSERT INTO cells VALUES (?, ?, ?, ?, ?)", counted)
        load_populations(session, [group])
        sql = f'SELECT sex, visits, "#size", "#found"::DOUBLE, "#fails" FROM ({class_sql(group)})'
        return {(sex, visits): found for sex, visits, *found in session.execute(sql).fetchall()}


CLASSES = {"k": KAnonymity, "l": LDiversity, "t": TCloseness, "d": DeltaPresence}


@settings(max_examples=150)
@given(made=models, rows=tables)
def test_each_class_is_judged_alike(made, rows):
    group = CLASSES[made["kind"]].model_validate(treatment(made, suppresses=True))
    classes = divide(group, ["sex", "visits", "name", "big"], rows)
    expected = judge(group, ["sex", "visits", "name", "big"], classes)
    found = judge_in_duckdb(group, rows)
    assert set(found) == set(expected)
    for key, (size, worst, fails) in found.items():
        assert (size, fails) == (len(classes[key]), expected[key][1])
        assert worst == pytest.approx(expected[key][0])


def worst_of(group, rows):
    return [found for _, found, _ in judge_in_duckdb(group, rows).values()]


whole_tables = st.lists(
    st.tuples(
        st.sampled_from("FM"), st.sampled_from([1, 2]), st.sampled_from("abcd"), st.sampled_from([-3, 0, 1, 5, 8])
    ),
    min_size=2,
    max_size=30,
)


@settings(max_examples=40)
@given(rows=whole_tables)
def test_pycanon_measures_the_same(rows):
    frame = pd.DataFrame(rows, columns=["sex", "visits", "name", "big"])
    columns = tuple(QUASI)
    k = KAnonymity(treatment="check_k_anonymity", columns=columns, k=2)
    assert min(worst_of(k, rows)) == anonymity.k_anonymity(frame, QUASI)
    diverse = LDiversity(treatment="check_l_diversity", columns=columns, sensitive="name", l=2)
    assert min(worst_of(diverse, rows)) == anonymity.l_diversity(frame, QUASI, ["name"])
    entropy = diverse.model_copy(update={"measure": "entropy"})
    found = min(worst_of(entropy, rows))
    # pycanon rounds down, and meets whole numbers from below: it calls two equal shares 1-diverse.
    assert anonymity.entropy_l_diversity(frame, QUASI, ["name"]) in (int(found - 1e-9), int(found + 1e-9))
    close = TCloseness(treatment="check_t_closeness", columns=columns, sensitive="name", t=0.5)
    assert max(worst_of(close, rows)) == pytest.approx(anonymity.t_closeness(frame, QUASI, ["name"]))
    if len({row[3] for row in rows}) > 1:
        ordered = close.model_copy(update={"sensitive": "big", "distance": "ordered"})
        assert max(worst_of(ordered, rows)) == pytest.approx(anonymity.t_closeness(frame, QUASI, ["big"]))


def test_the_example_of_the_paper_on_t_closeness():
    """Salaries 3k to 11k; the class of 3k, 4k and 5k is 0.375 away, and that of 6k, 8k and 11k is 0.167."""
    salaries = {1: [3, 4, 5], 2: [6, 11, 8], 3: [7, 9, 10]}
    rows = [("F", group, "x", each) for group, members in salaries.items() for each in members]
    close = TCloseness(treatment="check_t_closeness", columns=("visits",), sensitive="big", t=0, distance="ordered")
    found = judge(close, ["sex", "visits", "name", "big"], divide(close, ["sex", "visits", "name", "big"], rows))
    assert found[(1,)][0] == 0.375
    assert found[(2,)][0] == float(Fraction(1, 6))
    assert sorted(worst for _, worst, _ in judge_in_duckdb(close.model_copy(update={"columns": ("sex", "visits")}),
                                                           rows).values())[-1] == 0.375  # fmt: skip


def test_entropy_of_equal_shares_is_their_number():
    rows = [("F", 1, each, 0) for each in "abcd"]
    group = LDiversity(treatment="check_l_diversity", columns=tuple(QUASI), sensitive="name", l=4, measure="entropy")
    [(size, found, fails)] = judge_in_duckdb(group, rows).values()
    assert (size, fails) == (4, False)
    assert math.isclose(found, 4)


@pytest.mark.parametrize(("fields", "words"), [
    ({"treatment": "check_l_diversity", "sensitive": "sex", "l": 2}, "quasi-identifier and the sensitive"),
    ({"treatment": "check_l_diversity", "sensitive": "name", "l": 2, "measure": "recursive"}, "recursive"),
    ({"treatment": "check_l_diversity", "sensitive": "name", "l": 2, "c": 1}, "recursive"),
    ({"treatment": "check_l_diversity", "sensitive": "name", "l": 2.5}, "whole number"),
    ({"treatment": "check_l_diversity", "sensitive": "absent", "l": 2}, "not sent"),
    ({"treatment": "check_t_closeness", "sensitive": "name", "t": 0.12345678}, "six decimal places"),
    ({"treatment": "check_delta_presence", "most": 0.5}, "population's counts"),
    ({"treatment": "check_delta_presence", "most": 0.5, "counts": [{"values": ["F"], "people": 1}]}, "too few"),
])  # fmt: skip
def test_models_that_contradict_themselves_are_refused(fields, words):
    with pytest.raises(FairshareError, match=words) as refused:
        plan_of([{"columns": QUASI, **fields}])
    assert refused.value.code == "GROUP_UNFIT"
    assert refused.value.fix


def test_the_ordered_distance_needs_an_order(tmp_path):
    write_parquet(tmp_path / "source.parquet", ["sex", "visits", "name", "big"], [("F", 1, "a", 2)])
    plan = plan_of([{"treatment": "check_t_closeness", "columns": QUASI, "sensitive": "name", "t": 0.5,
                     "distance": "ordered"}])  # fmt: skip
    for engine in ("memory", "duckdb"):
        assert "ordered distance does not suit" in why_not(plan, tmp_path, engine)


def test_classes_whose_values_are_all_missing_are_not_diverse(tmp_path):
    write_parquet(tmp_path / "source.parquet", ["sex", "visits", "name", "big"], [("F", 1, None, 2)] * 9)
    plan = plan_of([{"treatment": "check_l_diversity", "columns": QUASI, "sensitive": "name", "l": 2}])
    assert "TELLING_GROUPS" in why_not(plan, tmp_path, "duckdb")


def test_a_population_is_read_from_a_file_and_held_to_its_digest(tmp_path):
    write_parquet(tmp_path / "source.parquet", ["sex", "visits", "name", "big"], [("F", 1, "a", 2)] * 4)
    (tmp_path / "people.csv").write_text("sex,visits,people\nF,1,10\nM,,3\n")
    group = {"treatment": "check_delta_presence", "columns": QUASI, "population": "people.csv", "most": 0.4}
    report, _ = run_both(plan_of([group]), tmp_path, "csv")
    assert report.groups[0].found == 0.4
    assert "TELLING_GROUPS" in why_not(plan_of([group | {"most": 0.39}]), tmp_path, "duckdb")
    assert "LIST_CHANGED" in why_not(plan_of([group | {"sha256": "0" * 64}]), tmp_path, "duckdb")
    (tmp_path / "people.csv").write_text("sex,people\nF,10\n")
    assert "POPULATION_UNFIT" in why_not(plan_of([group]), tmp_path, "duckdb")
