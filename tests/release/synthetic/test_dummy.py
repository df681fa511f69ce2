"""Dummy tables: of the right shape, about nobody, the same each time, and never from the rows."""

from __future__ import annotations

import json
import re
from datetime import date
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.dummy import DummyUnfit, make_rows, read_dummy_schema
from fairshare.release.dummy_files import make_dummy, name_dummy
from fairshare.release.dummy_sources import describe_plan, describe_source
from fairshare.release.dummy_values import MAKERS, find_check_digit
from fairshare.release.engines import run_plan
from fairshare.release.plan import read_plan
from fairshare.release.sources import CsvFile
from fairshare.words import FairshareError
from tests.release.flow.stories import OneKey

CANARY = "Kit-Marsh-Heron"
SHAPES = {
    "nhs_number": r"999\d{7}",
    "phone": r"07700 900\d{3}|020 7946 0\d{3}|01632 960\d{3}",
    "email": r"[a-z]+\.\d+@example\.org",
    "postcode": r"[QVX][A-Z]\d{1,2} \d[A-Z]{2}",
    "national_insurance": r"QQ\d{6}[A-D]",
    "name": r"Dummy [A-Z][a-z]+",
    "address": r"\d+ [A-Z][a-z]+ Street, Dummytown",
}
PLAN = """
name: pupils
source: {format: csv, path: pupils.csv, types: {born: date DD/MM/YYYY, absent: integer}}
columns:
  - {column: upn, treatment: pseudonymise, key: agreement-7}
  - {column: born, treatment: generalise, to: year}
  - {column: postcode, treatment: generalise, to: postcode_district}
  - {column: absent, treatment: keep}
rows:
  - {column: absent, test: between, first: 0, last: 20}
  - {column: sex, test: one_of, values: [F, M]}
"""


def read_schema(text: str):
    return read_dummy_schema(dedent(text).encode(), where="schema")


@pytest.mark.parametrize("like", MAKERS)
def test_each_shape_comes_from_a_range_that_is_nobodys(like):
    rows = make_rows(read_schema(f"columns: [{{name: c, like: {like}}}]"), 500, seed=3)
    assert all(re.fullmatch(SHAPES[like], str(cell)) for (cell,) in rows)


def test_nhs_numbers_have_the_check_digit_that_the_rule_gives_and_are_all_different():
    rows = [str(cell) for (cell,) in make_rows(read_schema("columns: [{name: c, like: nhs_number}]"), 5000, seed=1)]
    for number in rows:
        assert sum(int(digit) * (10 - place) for place, digit in enumerate(number)) % 11 == 0
    assert len(set(rows)) == len(rows)
    assert any(find_check_digit(f"999{n:06}") is None for n in range(100))


@given(st.integers(), st.integers(0, 30))
def test_the_same_seed_gives_the_same_table_and_a_new_column_changes_no_other(seed, rows):
    one = read_schema("columns: [{name: a, type: integer, first: -5, last: 5}, {name: b, like: email, missing: 0.5}]")
    two = read_schema("columns: [{name: b, like: email, missing: 0.5}, {name: z, type: boolean}]")
    found = make_rows(one, rows, seed)
    assert found == make_rows(one, rows, seed)
    assert [row[1] for row in found] == [row[0] for row in make_rows(two, rows, seed)]
    assert all(-5 <= row[0] <= 5 for row in found)


TYPES = st.sampled_from(["text", "integer", "decimal", "float", "date", "datetime", "boolean"])


@given(TYPES, st.floats(0, 1), st.integers(0, 20), st.integers(0, 20))
def test_every_type_is_made_within_what_is_declared(kind, missing, least, more):
    found = read_schema(
        f"columns: [{{name: c, type: {kind}, missing: {missing:.3f}, length: [{least}, {least + more}]}}]"
    )
    for (cell,) in make_rows(found, 20, seed=1):
        if isinstance(cell, str):
            assert least <= len(cell) <= least + more


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("{name: c, type: other}", "no values"),
        ("{name: c, like: email, type: integer}", "like something is text"),
        ("{name: c, like: email, values: [a]}", "like something is text"),
        ("{name: c, length: [5, 2]}", "least length"),
        ("{name: c, type: integer, first: 5, last: 2}", "first is after"),
        ("{name: c, type: date, first: yesterday}", "not of its type"),
        ("{name: c, first: 1, last: 2}", "has no range"),
        ("{name: c, type: integer, values: [a]}", "not of its type"),
        ("{name: c, written: upside down}", "not written in that way"),
        ("{name: c}, {name: C}", "one name"),
    ],
)
def test_a_description_that_nothing_could_be_is_refused(column, words):
    with pytest.raises(DummyUnfit, match=words):
        read_schema(f"columns: [{column}]")


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_description_or_an_error_of_the_family(raw):
    try:
        make_rows(read_dummy_schema(raw, where="fuzz"), 2, seed=1)
    except FairshareError:
        pass


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@given(st.fixed_dictionaries({"name": st.text(max_size=5)}, optional={
    "type": TYPES, "like": VALUES, "values": st.lists(VALUES, max_size=3), "first": VALUES, "last": VALUES,
    "length": st.lists(VALUES, max_size=3), "missing": VALUES, "written": VALUES,
}))  # fmt: skip
def test_any_description_is_made_or_refused_with_an_error_of_the_family(column):
    try:
        found = read_dummy_schema(json.dumps({"columns": [column]}).encode(), where="fuzz")
        make_rows(found, 2, seed=1)
    except FairshareError:
        pass


def test_nothing_of_a_tables_rows_comes_into_its_dummy(tmp_path):
    (tmp_path / "real.csv").write_text("NHS number,surname,ward\n" + f"{CANARY},{CANARY},{CANARY}\n" * 50)
    schema = describe_source(CsvFile(format="csv", path="real.csv"), tmp_path)
    files = make_dummy(schema, 30, 1, out=tmp_path / "out.csv", made_from="a table")
    assert CANARY not in files.table.read_text() + files.about.read_text()
    header, first, *rest = files.table.read_text().splitlines()
    assert header == '"NHS number","surname","ward"'
    assert re.match(r'"999\d{7}","Dummy ', first)
    assert len(rest) == 29


@pytest.mark.parametrize("there", [True, False])
def test_a_plan_can_be_run_on_its_own_dummy(tmp_path, there):
    if there:
        (tmp_path / "pupils.csv").write_text(f"upn,sex,born,postcode,absent\n{CANARY},F,01/02/2010,LS1 4AP,3\n")
    plan = read_plan(PLAN.encode(), where="plan")
    (tmp_path / "made").mkdir()
    files = make_dummy(describe_plan(plan, tmp_path), 40, 1, out=tmp_path / "made" / "x.csv", made_from="a plan")
    files.table.rename(tmp_path / "pupils.csv")
    report = run_plan(plan, keys=OneKey(), write_to=tmp_path / "out.csv", format="csv", base=tmp_path)
    assert (report.rows_read, report.rows_sent) == (40, 40)
    assert re.search(r'"[0-9a-f]{64}","\d{4}","[QVX]', (tmp_path / "out.csv").read_text())


def test_a_dummy_table_says_so_in_its_name_and_beside_it_and_replaces_nothing(tmp_path):
    schema = read_schema("columns: [{name: born, type: date, first: '2000-01-01', last: '2000-12-31'}]")
    files = make_dummy(schema, 3, 9, out=tmp_path / "people.parquet", made_from="a description")
    assert files.table.name == "people.dummy.parquet"
    about = json.loads(files.about.read_text())
    assert (about["dummy"], about["seed"], about["rows"]) == (True, 9, 3)
    assert "Nobody is in this table" in about["says"]
    assert {each.stat().st_mode & 0o777 for each in (files.table, files.about)} == {0o600}
    with pytest.raises(FairshareError) as caught:
        make_dummy(schema, 3, 9, out=tmp_path / "people.parquet", made_from="a description")
    assert caught.value.code == "OUTPUT_UNFIT"
    assert all(row[0].year == 2000 for row in make_rows(schema, 50, 1) if isinstance(row[0], date))


@pytest.mark.parametrize("name", ["x", "x.txt", "x.csv.gz", ".csv"])
def test_a_dummy_table_is_csv_or_parquet(tmp_path, name):
    with pytest.raises(DummyUnfit):
        name_dummy(tmp_path / name)
