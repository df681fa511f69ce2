"""Hierarchies never tell more as they rise, mean the same in every engine, and say what is wrong with them."""

import hashlib
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.deidentify.hierarchies import build_hierarchy, find_built_in, list_built_in, read_areas
from fairshare.release.deidentify.reading import read_hierarchy, read_population, read_tree
from fairshare.release.deidentify.settle import make_treatment
from fairshare.release.engines import run_plan
from fairshare.release.engines.memory import treat_cell, treat_null
from fairshare.release.plan import Plan
from fairshare.release.treatments import ColumnType
from fairshare.words import FairshareError
from tests.release.engines.tables import CELLS, FixedKeys, a_folder, run_both, write_parquet

TREE = {
    "kind": "tree", "names": ["town", "county"], "other": "elsewhere",
    "labels": {"LS1": ["Leeds", "West Yorkshire"], "BD1": ["Bradford", "West Yorkshire"], "M1": ["Manchester", "GM"]},
}  # fmt: skip
HIERARCHIES = {
    "born": find_built_in("dates"),
    "seen": build_hierarchy({"kind": "dates", "through": ["month", "year"]}, where="test"),
    "postcode": find_built_in("postcodes"),
    "visits": find_built_in("ages"),
    "cost": build_hierarchy({"kind": "numbers", "start": -10, "stop": 59.5, "widths": [0.5, 5, 50]}, where="test"),
    "weight": build_hierarchy({"kind": "numbers", "start": 0, "stop": 100, "widths": [10, 20]}, where="test"),
    "name": build_hierarchy({"kind": "mask_suffix", "keep": [4, 2, 1]}, where="test"),
    "sex": build_hierarchy(TREE | {"labels": {"F": ["woman", "adult"], "M": ["man", "adult"]}}, where="test"),
}


def treat_in_python(column, hierarchy, level, cell):
    treatment = make_treatment(column, hierarchy.treat(level))
    return treat_null(treatment) if cell is None else treat_cell(treatment, cell, {})


@pytest.mark.parametrize("column", HIERARCHIES)
@given(data=st.data())
def test_each_level_is_a_function_of_the_one_below(column, data):
    hierarchy = HIERARCHIES[column]
    known = CELLS[column] if column != "weight" else st.floats(allow_nan=False)
    one, other = data.draw(known), data.draw(known)
    if column == "visits":
        one, other = data.draw(st.integers(-5, 120)), data.draw(st.integers(-5, 120))
    alike = False
    for level in hierarchy.levels:
        now = treat_in_python(column, hierarchy, level, one) == treat_in_python(column, hierarchy, level, other)
        assert now or not alike
        alike = now
    assert alike


@given(data=st.data(), output=st.sampled_from(["csv", "parquet"]))
def test_engines_agree_at_every_level(data, output):
    names = list(HIERARCHIES)
    rows = data.draw(st.lists(st.tuples(*(st.none() | CELLS[name] for name in names)), max_size=6))
    columns = [
        {"column": name, "sent_as": f"{name} {place}", **HIERARCHIES[name].treat(level)}
        for name in data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
        for place, level in enumerate(HIERARCHIES[name].levels)
    ]
    source = {"format": "parquet", "path": "source.parquet"}
    plan = Plan.model_validate({"name": "levels", "source": source, "columns": columns})
    with a_folder() as base:
        write_parquet(base / "source.parquet", names, rows)
        run_both(plan, base, output)


@pytest.mark.parametrize(("hierarchy", "cell", "said"), [
    ("dates", date(2004, 2, 29), ["2004-02-29", "2004-02", "2004-Q1", 2004, "2000s", "*"]),
    ("dates", datetime.fromisoformat("1999-12-31T23:00:00"), ["1999-12-31", "1999-12", "1999-Q4", 1999, "1990s", "*"]),
    ("postcodes", "sw1a1aa", ["SW1A 1AA", "SW1A 1", "SW1A", "SW", "London", "England", "*"]),
    ("postcodes", "ZZ1 1AA", ["ZZ1 1AA", "ZZ1 1", "ZZ1", "ZZ", "not known", "not known", "*"]),
    ("ages", 7, [7, "5 to 9", "0 to 9", "0 to 29", "*"]),
    ("ages", 93, [93, "90 and over", "90 and over", "90 and over", "*"]),
    ("values", "F", ["F", "*"]),
])  # fmt: skip
def test_what_comes_with_fairshare_says_what_people_expect(hierarchy, cell, said):
    found = find_built_in(hierarchy)
    assert [treat_in_python("x", found, level, cell) for level in found.levels] == said


def test_every_postcode_area_is_counted_once_and_every_region_lies_in_a_nation():
    areas = read_areas()
    listed = [area for group in areas.regions.values() for area in group]
    assert len(listed) == len(set(listed)) == 124
    assert {areas.nation(region) for region in areas.regions} == set(areas.nations)
    assert "Remembered" in areas.checked


def plan_with(level, **fields):
    column = {"column": "name", "treatment": "generalise", "to": "hierarchy", "level": level, **fields}
    return Plan.model_validate({"name": "tree", "source": {"format": "parquet", "path": "source.parquet"},
                                "columns": [column]})  # fmt: skip


def test_a_plan_names_a_hierarchy_beside_it_and_its_digest(tmp_path):
    text = "value;town;county\nLS1;Leeds;West Yorkshire\nBD1;Bradford;West Yorkshire\n"
    (tmp_path / "towns.csv").write_text(text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    write_parquet(tmp_path / "source.parquet", ["name"], [("LS1",), ("BD1",), ("BD1",), (None,)])
    _, rows = run_both(plan_with("county", hierarchy="towns.csv", sha256=digest), tmp_path, "csv")
    assert rows == {("West Yorkshire",): 3, (None,): 1}
    _, rows = run_both(plan_with("*", hierarchy="towns.csv"), tmp_path, "csv")
    assert rows == {("*",): 4}
    _, rows = run_both(plan_with("value", hierarchy="towns.csv"), tmp_path, "csv")
    assert rows == {("LS1",): 1, ("BD1",): 2, (None,): 1}


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
@pytest.mark.parametrize(("fields", "code"), [
    ({"level": "county", "hierarchy": "towns.csv"}, "LABEL_MISSING"),
    ({"level": "street", "hierarchy": "towns.csv"}, "LEVEL_UNKNOWN"),
    ({"level": "county", "hierarchy": "towns.csv", "sha256": "0" * 64}, "LIST_CHANGED"),
    ({"level": "county", "hierarchy": "absent.csv"}, "NOT_FOUND"),
    ({"level": "county", "hierarchy": "absent"}, "NOT_FOUND"),
    ({"level": "county", "hierarchy": "../towns.csv"}, "SOURCE_PATH_UNFIT"),
    ({"level": "year", "hierarchy": "dates"}, "TREATMENT_UNFIT"),
])  # fmt: skip
def test_a_hierarchy_that_does_not_fit_stops_the_run_and_says_no_value(tmp_path, engine, fields, code):
    (tmp_path / "towns.csv").write_text("value;town;county\nLS1;Leeds;West Yorkshire\n")
    write_parquet(tmp_path / "source.parquet", ["name"], [("LS1",), ("SECRET9",)])
    with pytest.raises(FairshareError) as refused:
        run_plan(plan_with(**fields), engine=engine, keys=FixedKeys(), write_to=tmp_path / "out.csv", format="csv",
                 base=tmp_path)  # fmt: skip
    assert refused.value.code == code
    assert "SECRET9" not in str(refused.value)
    assert refused.value.fix


@pytest.mark.parametrize(("fields", "words"), [
    ({"kind": "dates", "through": ["year", "month"]}, "do not rise"),
    ({"kind": "dates", "through": []}, "do not rise"),
    ({"kind": "postcodes", "through": ["area", "district"]}, "do not rise"),
    ({"kind": "numbers", "start": 0, "stop": 90, "widths": [5, 12]}, "do not nest"),
    ({"kind": "numbers", "start": 0, "stop": 90, "widths": [0]}, "do not nest"),
    ({"kind": "numbers", "start": 0, "stop": 9000, "widths": [1]}, "more than 200"),
    ({"kind": "numbers", "start": 9, "stop": 9, "widths": [1]}, "no intervals"),
    ({"kind": "numbers", "start": 0, "stop": 1, "widths": [1e-9]}, "decimal places"),
    ({"kind": "mask_suffix", "keep": [2, 3]}, "fewer characters"),
    (TREE | {"names": ["town", "town"]}, "one name"),
    (TREE | {"names": ["town"]}, "one for each level"),
    (TREE | {"labels": {"a": ["x", "1"], "b": ["x", "2"]}}, "two labels"),
    (TREE | {"labels": {"a": ["elsewhere", "1"]}}, "other"),
    ({"kind": "circles"}, "not valid"),
    ("dates", "not valid"),
])  # fmt: skip
def test_a_hierarchy_that_contradicts_itself_is_refused(fields, words):
    with pytest.raises(FairshareError, match=words):
        build_hierarchy(fields, where="test")


@given(raw=st.binary(max_size=60) | st.text('ab;,*"\nvalue', max_size=40).map(str.encode))
def test_any_bytes_are_a_tree_or_are_refused(raw):
    try:
        tree = read_tree(raw, where="test")
    except FairshareError as refused:
        assert refused.fix  # noqa: PT017 (reading it is allowed too)
        return
    assert tree.levels[0] == "value"


@given(raw=st.binary(max_size=60) | st.text('kind: datesthrough[]\n"', max_size=60).map(str.encode))
def test_any_bytes_are_a_hierarchy_a_population_or_are_refused(raw):
    with a_folder() as base:
        (base / "x.yaml").write_bytes(raw)
        for read in (lambda: read_hierarchy(base / "x.yaml", where="x"),
                     lambda: read_population(base / "x.yaml", ("a",), where="x")):  # fmt: skip
            try:
                read()
            except FairshareError as refused:
                assert refused.fix  # noqa: PT017 (reading it is allowed too)


def test_each_built_in_one_says_what_it_is_for():
    assert {name for name, each in list_built_in().items() if not each.about} == set()


def test_decimals_and_integers_share_no_band_by_accident():
    assert treat_in_python("cost", HIERARCHIES["cost"], "width_0.5", Decimal("0.49")) == "0 to under 0.5"
    assert ColumnType.TEXT in find_built_in("postcodes").fits
