"""A bad plan cannot be built, and each refusal says what is wrong, where, and what to do."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairshare.release.plan import (
    Plan,
    UnknownColumn,
    check_plan,
    describe_columns,
    find_type,
    held_back,
    plan_to_json,
    read_plan,
)
from fairshare.release.treatments import ColumnType
from fairshare.words import FairshareError
from tests.release.engines.tables import CSV_DECLARED, CSV_NAMES, TYPES, plans

SCHEMA = {
    "id": ColumnType.INTEGER, "name": ColumnType.TEXT, "born": ColumnType.DATE, "cost": ColumnType.DECIMAL,
    "weight": ColumnType.FLOAT, "ok": ColumnType.BOOLEAN, "seen": ColumnType.DATETIME, "blob": ColumnType.OTHER,
}  # fmt: skip
CSV = {"format": "csv", "path": "people.csv"}
KEEP_NAME = {"column": "name", "treatment": "keep"}


def plan_of(*columns, rows=(), groups=(), source=CSV):
    return Plan.model_validate({"name": "test", "source": source, "columns": columns or [KEEP_NAME], "rows": rows,
                                "groups": groups})  # fmt: skip


def generalise(column, to, **more):
    return {"column": column, "treatment": "generalise", "to": to, **more}


@pytest.mark.parametrize(("columns", "code", "words"), [
    ([KEEP_NAME, KEEP_NAME], "DUPLICATE_OUTPUT", "two columns would go as 'name'"),
    ([KEEP_NAME, {"column": "born", "treatment": "keep", "sent_as": "NAME"}], "DUPLICATE_OUTPUT", "two columns"),
    ([KEEP_NAME, {"column": "name", "treatment": "drop"}], "DUPLICATE_OUTPUT", "both sent and dropped"),
    ([{"column": "name", "treatment": "drop"}], "NOTHING_TO_SEND", "holds every column back"),
    ([{"column": "=name", "treatment": "keep"}], "OUTPUT_NAME_UNFIT", "formula"),
    ([{"column": "n" * 64, "treatment": "keep"}], "OUTPUT_NAME_UNFIT", "63 at most"),
    ([generalise("cost", "bands", edges=[5, 5])], "EDGES_UNORDERED", "do not rise"),
    ([generalise("cost", "bands", edges=[0.1, 0.0])], "EDGES_UNORDERED", "do not rise"),
    ([generalise("cost", "bands", edges=[10**16])], "EDGES_UNORDERED", "past"),
    ([generalise("cost", "bands", edges=[1e-9])], "EDGES_UNORDERED", "decimal places"),
    ([generalise("born", "age_band", on="2026-04-01", edges=[18, 17])], "EDGES_UNORDERED", "do not rise"),
    ([generalise("born", "age_band", on="2026-04-01", edges=[18.5])], "EDGES_UNORDERED", "whole"),
    ([generalise("born", "age_band", on="2026-04-01", edges=[151])], "EDGES_UNORDERED", "150"),
])  # fmt: skip
def test_columns_that_contradict_themselves_are_refused(columns, code, words):
    with pytest.raises(FairshareError, match=words) as refused:
        plan_of(*columns)
    assert refused.value.code == code
    assert refused.value.where
    assert refused.value.fix


@pytest.mark.parametrize(("groups", "words"), [
    ([{"columns": ["born"], "k": 5}], "'born' is not sent"),
    ([{"columns": ["name", "name"], "k": 5}], "twice"),
])  # fmt: skip
def test_groups_of_columns_that_are_not_sent_are_refused(groups, words):
    with pytest.raises(FairshareError, match=words) as refused:
        plan_of(groups=[{"treatment": "check_k_anonymity", **each} for each in groups])
    assert refused.value.code == "GROUP_UNFIT"


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.csv", "a/../../x", "~/x", "a\\b", "a\nb", "a\x00"])
def test_a_path_that_leaves_the_folder_is_refused(path):
    with pytest.raises(FairshareError, match="SOURCE_PATH_UNFIT"):
        plan_of(source={"format": "csv", "path": path})


@pytest.mark.parametrize("wrong", [
    {"column": "name", "treatment": "pseudonymise"}, {"column": "name", "treatment": "pseudonymise", "key": ""},
    {"column": "name", "treatment": "pseudonymise", "key": "a b"}, {"column": "name", "treatment": "anonymise"},
    {"column": "", "treatment": "keep"}, {"column": "a\nb", "treatment": "keep"}, {"column": "name"},
    {"column": "name", "treatment": "keep", "key": "k"}, {"column": "name", "treatment": "mask", "keep_first": -1},
    {"column": "name", "treatment": "mask", "keep_first": "1"}, generalise("name", "region"),
    generalise("cost", "bands"), generalise("cost", "bands", edges=[]), generalise("cost", "bands", edges=["5"]),
    generalise("born", "age_band", edges=[1]),
    generalise("cost", "bands", edges=[float("nan")]), generalise("cost", "bands", edges=[True]),
    generalise("born", "age_band", on=20260401, edges=[1]), generalise("born", "age_band", on="2026-02-30", edges=[1]),
    {"column": "name", "treatment": "keep", "sent_as": "@x"}, {"column": "name", "treatment": "drop", "sent_as": "x"},
])  # fmt: skip
def test_a_column_that_is_not_of_the_language_is_refused(wrong):
    raw = json.dumps({"name": "x", "source": CSV, "columns": [KEEP_NAME, wrong]}).encode()
    with pytest.raises(FairshareError) as refused:
        read_plan(raw, where="plan.json")
    assert refused.value.code == "BAD_INPUT"
    assert refused.value.where.startswith("plan.json")


FITS = {
    "keep": set(SCHEMA) - {"blob"},
    "drop": set(SCHEMA),
    "pseudonymise": {"id", "name", "born", "cost", "seen"},
    "mask": {"id", "name"},
    "month": {"born", "seen"},
    "year": {"born", "seen"},
    "age_band": {"born", "seen"},
    "postcode_district": {"name"},
    "postcode_area": {"name"},
    "bands": {"id", "cost", "weight"},
}
MORE = {"pseudonymise": {"key": "k"}, "age_band": {"on": "2026-04-01", "edges": [18]}, "bands": {"edges": [5]}}


@pytest.mark.parametrize("treatment", FITS)
@pytest.mark.parametrize("column", SCHEMA)
def test_a_treatment_is_refused_where_it_does_not_suit_the_type(treatment, column):
    plain = treatment in ("keep", "drop", "pseudonymise", "mask")
    how = {"treatment": treatment} if plain else {"treatment": "generalise", "to": treatment}
    line = {"column": column, **how, **MORE.get(treatment, {})}
    others = (
        [{"column": "name", "treatment": "keep", "sent_as": "other"}]
        if treatment == "drop" and column != "name"
        else []
    )
    if treatment == "drop" and column == "name":
        others = [{"column": "id", "treatment": "keep"}]
    plan = plan_of(line, *others)
    if column in FITS[treatment]:
        check_plan(plan, SCHEMA)
    else:
        with pytest.raises(FairshareError, match="TREATMENT_UNFIT"):
            check_plan(plan, SCHEMA)


@pytest.mark.parametrize(("test", "fits"), [
    ({"test": "equals", "value": "x"}, {"name"}),
    ({"test": "not_equals", "value": 5}, {"id", "cost"}),
    ({"test": "equals", "value": "5"}, {"name", "id", "cost"}),
    ({"test": "equals", "value": 1.5}, {"cost"}),
    ({"test": "equals", "value": True}, {"ok"}),
    ({"test": "equals", "value": "2026-04-01"}, {"name", "born", "seen"}),
    ({"test": "equals", "value": "2026-04-01T10:00:00"}, {"name", "seen"}),
    ({"test": "equals", "value": "2026-02-30"}, {"name"}),
    ({"test": "equals", "value": "9" * 19}, {"name"}),
    ({"test": "at_least", "value": 5}, {"id", "cost", "weight"}),
    ({"test": "less_than", "value": "2026-04-01"}, {"born", "seen"}),
    ({"test": "between", "first": "2026-04-01"}, {"born", "seen"}),
    ({"test": "between", "last": 5}, {"id", "cost", "weight"}),
    ({"test": "one_of", "values": ["a", "b"]}, {"name"}),
    ({"test": "none_of", "values": [1, "2"]}, {"id", "cost"}),
    ({"test": "listed", "path": "a.txt"}, {"id", "name", "born", "cost"}),
    ({"test": "not_listed", "path": "a.txt"}, {"id", "name", "born", "cost"}),
    ({"test": "is_null"}, set(SCHEMA)),
    ({"test": "not_null"}, set(SCHEMA)),
])  # fmt: skip
def test_a_row_test_is_refused_where_it_or_its_value_does_not_suit_the_type(test, fits):
    for column in SCHEMA:
        plan = plan_of(rows=[{"column": column, **test}])
        if column in fits:
            check_plan(plan, SCHEMA)
        else:
            with pytest.raises(FairshareError, match="FILTER_UNFIT"):
                check_plan(plan, SCHEMA)


def test_a_range_without_ends_is_refused():
    with pytest.raises(FairshareError, match="FILTER_UNFIT"):
        plan_of(rows=[{"column": "born", "test": "between"}])


def test_whole_numbers_are_not_cut_at_fractions():
    with pytest.raises(FairshareError, match="TREATMENT_UNFIT"):
        check_plan(plan_of(generalise("id", "bands", edges=[1, 2.5])), SCHEMA)
    check_plan(plan_of(generalise("cost", "bands", edges=[1, 2.5])), SCHEMA)


@pytest.mark.parametrize(("plan", "fix"), [
    (plan_of({"column": "nmae", "treatment": "keep"}), "Did you mean name?"),
    (plan_of({"column": "NAME", "treatment": "keep"}), "Did you mean name?"),
    (plan_of({"column": "postcode", "treatment": "keep"}), "It has: id, name, born"),
    (plan_of(rows=[{"column": "brn", "test": "is_null"}]), "Did you mean born?"),
    (plan_of(source=CSV | {"types": {"borne": "date"}}), "Did you mean born?"),
    (plan_of(KEEP_NAME, {"column": "x", "treatment": "drop"}), "It has"),
])  # fmt: skip
def test_a_column_that_the_source_does_not_have_is_named_with_what_it_may_have_been(plan, fix):
    with pytest.raises(FairshareError, match="UNKNOWN_COLUMN") as refused:
        check_plan(plan, SCHEMA)
    assert refused.value.fix.startswith(fix)


def test_columns_that_are_not_named_stay_where_they_are():
    plan = plan_of(KEEP_NAME, {"column": "id", "treatment": "drop"})
    assert describe_columns(plan) == {"name": "as it is"}
    back = held_back(plan, SCHEMA)
    assert set(back) == set(SCHEMA) - {"name"}
    assert back["id"] == "dropped by the plan"
    assert back["born"] == "not named in the plan"


@pytest.mark.parametrize(("column", "words"), [
    (KEEP_NAME, "as it is"), ({"column": "name", "treatment": "keep", "sent_as": "n"}, "as it is, from name"),
    ({"column": "id", "treatment": "pseudonymise", "key": "a-1"}, "pseudonymised (HMAC-SHA-256, key a-1)"),
    ({"column": "name", "treatment": "mask", "keep_first": 1}, "masked, the first 1 and last 0 characters kept"),
    (generalise("born", "month"), "month only"), (generalise("name", "postcode_area"), "postcode area only"),
    (generalise("born", "age_band", on="2026-04-01", edges=[18, 19]),
     "age on 2026-04-01 in bands: under 18; 18; 19 and over"),
    (generalise("cost", "bands", edges=[0, 2.50]), "in bands with edges 0, 2.5"),
])  # fmt: skip
def test_each_treatment_has_words_for_the_release_sheet(column, words):
    assert list(describe_columns(plan_of(column)).values()) == [words]


def test_a_plan_is_frozen():
    with pytest.raises(ValidationError):
        plan_of().name = "other"


@given(
    plan=plans({"format": "parquet", "path": "x.parquet"}, list(TYPES))
    | plans(CSV | {"types": CSV_DECLARED, "encoding": "latin-1", "delimiter": ";"}, CSV_NAMES)
)
def test_a_plan_comes_back_the_same_from_its_record(plan):
    assert Plan.model_validate(json.loads(json.dumps(plan_to_json(plan), sort_keys=True))) == plan
    assert read_plan(json.dumps(plan_to_json(plan)).encode(), where="plan.json") == plan


LANGUAGE = [
    "name",
    "source",
    "columns",
    "rows",
    "groups",
    "format",
    "csv",
    "parquet",
    "path",
    "column",
    "treatment",
    "keep",
    "mask",
    "generalise",
    "to",
    "month",
    "bands",
    "edges",
    "age_band",
    "on",
    "key",
    "pseudonymise",
    "test",
    "equals",
    "value",
    "k",
]
words_of_the_language = st.sampled_from(LANGUAGE)
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | words_of_the_language,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words_of_the_language, inner, max_size=5),
    max_leaves=12,
)


@given(
    raw=st.binary(max_size=200)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.builds(
        lambda columns, rows: json.dumps({"name": "x", "source": CSV, "columns": columns, "rows": rows}).encode(),
        st.lists(json_values, max_size=2),
        st.lists(json_values, max_size=2),
    )
)
def test_any_bytes_are_a_plan_or_an_error_of_the_family(raw):
    with suppress(FairshareError):
        assert isinstance(read_plan(raw, where="plan"), Plan)


def test_a_plan_in_yaml_is_the_plan_in_json():
    yaml = b"""
# a comment
name: test
source: {format: csv, path: people.csv, delimiter: ";", types: {born: date DD/MM/YYYY}}
columns:
  - {column: name, treatment: keep}
rows:
  - {column: born, test: between, first: 2026-01-01, last: 2026-03-31}
"""
    plan = read_plan(yaml, where="plan.yaml")
    assert read_plan(json.dumps(plan_to_json(plan)).encode(), where="plan.json") == plan
    assert plan.rows[0].first == "2026-01-01"


def test_a_first_line_of_values_is_not_shown():
    schema = {"Mary Jones": ColumnType.TEXT, "943 476 5919": ColumnType.TEXT, "1987-02-28": ColumnType.TEXT}
    with pytest.raises(UnknownColumn) as refused:
        find_type("Mary", schema, where="columns")
    assert "Jones" not in str(refused.value)
    assert "looks like values" in str(refused.value)
