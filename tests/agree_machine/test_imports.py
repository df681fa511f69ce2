"""Importing what was known before: nothing half, nothing unconfirmed, nothing executed, and what is left is said."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.agree.imports import MAX_ROWS, NotImportable, Source, read_source
from fairshare.agree.imports_mapping import (
    ImportMapping,
    ImportNotWhole,
    MappingNotConfirmed,
    check_import,
    draft_mapping,
    parse_date,
    parse_mapping,
    plan_import,
    write_mapping,
)
from fairshare.words import BadInput, FairshareError

CSV = (
    b"Ref,Agreement title,Disclosing organisation,Recipient,Purpose,Data items,Start date,End date,Review date,Colour\n"
    b'A1,Housing support,Hill Housing,North Council,Support,"name; address",01/02/2025,31/12/2026,1 June 2026,red\n'
    b'A2,Fraud checks,North Council,Tax Office,"Find fraud, and stop it",name,2025-03-01,,,\n'
)


def confirm(mapping: ImportMapping, **changes: Any) -> ImportMapping:
    columns = tuple(each.model_copy(update={"to": each.to or "ignore"}) for each in mapping.columns)
    return mapping.model_copy(update={"columns": columns, "confirmed_by": "Ann Lead"} | changes)


def make_xlsx(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read_both() -> list[Source]:
    rows: list[list[Any]] = list(csv.reader(io.StringIO(CSV.decode())))
    return [read_source(CSV, where="register.csv"), read_source(make_xlsx(rows), where="register.xlsx")]


@pytest.mark.parametrize("source", read_both(), ids=["csv", "xlsx"])
def test_a_register_is_mapped_confirmed_and_read(source: Source) -> None:
    drafted = draft_mapping(source)
    assert {each.column: each.to for each in drafted.columns} == {
        "Ref": "reference",
        "Agreement title": "title",
        "Disclosing organisation": "discloser",
        "Recipient": "recipient",
        "Purpose": "purpose",
        "Data items": "items",
        "Start date": "start",
        "End date": "end",
        "Review date": "review_on",
        "Colour": None,
    }
    plan = check_import(source, confirm(drafted))
    first, second = plan.entries
    assert (first.title, first.items, str(first.start), str(first.review_on)) == (
        "Housing support",
        ("name", "address"),
        "2025-02-01",
        "2026-06-01",
    )
    assert first.names("discloser") == ("Hill Housing",)
    assert second.end is None
    assert plan.ignored == ("Colour (1 rows)",)


def test_nothing_is_imported_before_somebody_has_confirmed_every_column() -> None:
    source = read_both()[0]
    drafted = draft_mapping(source)
    with pytest.raises(MappingNotConfirmed):
        check_import(source, drafted)
    with pytest.raises(MappingNotConfirmed):
        check_import(source, confirm(drafted, confirmed_by=None))
    again = parse_mapping(write_mapping(drafted), where="m.yaml")
    assert again == drafted


def test_one_bad_cell_stops_the_whole_import_until_its_row_is_left_out() -> None:
    source = read_source(CSV.replace(b"2025-03-01", b"soon"), where="register.csv")
    mapping = confirm(draft_mapping(source))
    assert [(each.row, each.field) for each in plan_import(source, mapping).problems] == [(3, "start")]
    with pytest.raises(ImportNotWhole) as refused:
        check_import(source, mapping)
    assert "soon" not in str(refused.value)
    plan = check_import(source, mapping.model_copy(update={"leave_out": (3,)}))
    assert (len(plan.entries), plan.left_out) == (1, (3,))


@pytest.mark.parametrize(("old", "new", "field"), [
    (b"Housing support", b"", "title"),
    (b"31/12/2026", b"31/12/2020", "end"),
    (b"Housing support", b"x" * 501, "title"),
])  # fmt: skip
def test_a_row_that_cannot_be_an_entry_is_named(old: bytes, new: bytes, field: str) -> None:
    source = read_source(CSV.replace(old, new), where="register.csv")
    assert [each.field for each in plan_import(source, confirm(draft_mapping(source))).problems] == [field]


def test_a_mapping_is_for_one_file_as_it_is() -> None:
    source = read_both()[0]
    mapping = confirm(draft_mapping(source))
    with pytest.raises(BadInput, match="another file"):
        check_import(read_source(CSV + b"A3,More,,,,,,,,\n", where="register.csv"), mapping)
    with pytest.raises(BadInput, match="each column once"):
        check_import(source, mapping.model_copy(update={"columns": mapping.columns[1:]}))


def test_past_disclosures_are_known_from_their_headings() -> None:
    raw = b"Name;Disclosed to;Date disclosed;Information disclosed\nCall of 3 May;Police;03/05/2024;address\n"
    source = read_source(raw, where="past.csv")
    plan = check_import(source, confirm(draft_mapping(source), discloser="Hill Housing"))
    entry = plan.entries[0]
    assert (entry.sort, entry.names("discloser"), entry.names("recipient")) == (
        "disclosure",
        ("Hill Housing",),
        ("Police",),
    )


PIA = {
    "pia": {"name": "App", "author_name": "A"},
    "answers": [
        {"reference_to": 121, "data": {"text": "<ul><li>name</li><li>age<script>x()</script></li></ul>"}},
        {"reference_to": 325, "data": {"text": "", "gauge": 3}},
    ],
    "measures": [{"title": "Locks", "content": "<p>Doors</p>"}],
    "evaluations": [{}],
}
FIDES = b"""
dataset:
- fides_key: d
  name: Users
  collections:
  - name: users
    fields: [{name: email, data_categories: [user.contact.email]}, {name: id}]
system:
- fides_key: s
  name: Shop
  egress: [{fides_key: bank}]
  vendor: somebody
  privacy_declarations: [{name: Pay, data_use: essential, data_categories: [user.financial], data_subjects: [customer]}]
policy: [{fides_key: p}]
"""


def test_an_assessment_is_read_as_text_and_what_is_left_is_said() -> None:
    source = read_source(json.dumps(PIA).encode(), where="pia.json")
    plan = check_import(source, confirm(draft_mapping(source)))
    assert plan.entries[0].items == ("name", "age")
    assert plan.entries[0].security == "Locks: Doors"
    assert plan.not_read == ("1 evaluations", "who filled it in (author_name)")
    assert plan.ignored == ("325 risk of illegitimate access: severity (1 rows)",)


def test_a_manifest_gives_a_row_for_each_dataset_and_each_use() -> None:
    source = read_source(FIDES, where="map.yml")
    users, shop = check_import(source, confirm(draft_mapping(source))).entries
    assert "users.email (user.contact.email)" in users.items
    assert (shop.names("recipient"), shop.purpose, shop.people) == (("bank",), "essential", "customer")
    assert source.not_read == ("the policy p: rules about use, not a sharing", "'vendor' of Shop")


def make_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 60_000_000)
    return out.getvalue()


def make_entities() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make_xlsx([["a"], ["b"]]))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + content if "sheet1" in name else content)
    return out.getvalue()


@pytest.mark.parametrize(("name", "raw"), [
    ("a.csv", b""),
    ("a.csv", b"only,headings\n"),
    ("a.csv", b"a,a\n1,2\n"),
    ("a.csv", b"a,\n1,2\n"),
    ("a.csv", b"a\n1,2\n"),
    ("a.csv", b"a\n\x00\n"),
    ("a.csv", b'a\n"open'),
    ("a.csv", b"a\n" + b"x" * 20_001),
    ("a.csv", b"a\n" + b"1\n" * (MAX_ROWS + 1)),
    ("a.csv", b"a\n" + b"\x81\xff"),
    ("a.xlsx", b"PK\x03\x04broken"),
    ("a.xlsx", make_bomb()),
    ("a.xlsx", make_entities()),
    ("a.xlsx", make_xlsx([["a"], ["=1+1"]])),
    ("a.json", b"{}"),
    ("a.json", b"[" * 500),
    ("a.yml", b"a: &x 1\nb: *x\n"),
    ("a.yml", b"policy: [{fides_key: p}]\n"),
    ("a.exe", b"MZ"),
], ids=lambda each: each if isinstance(each, str) else each[:12].decode("latin-1"))  # fmt: skip
def test_a_broken_or_hostile_file_is_refused_whole(name: str, raw: bytes) -> None:
    with pytest.raises(FairshareError) as refused:
        read_source(raw, where=name)
    assert refused.value.fix


def test_a_formula_in_a_csv_is_only_text() -> None:
    source = read_source(b"Title,Notes\n=HYPERLINK(1),@SUM(1)\n", where="a.csv")
    entry = check_import(source, confirm(draft_mapping(source))).entries[0]
    assert (entry.title, entry.notes) == ("=HYPERLINK(1)", "@SUM(1)")


def test_other_sheets_of_a_workbook_are_not_read_and_said() -> None:
    book = openpyxl.Workbook()
    book.active.append(["Title"])
    book.active.append(["Housing"])
    book.create_sheet("Old").append(["secret"])
    book.create_sheet("Hidden").sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    source = read_source(out.getvalue(), where="a.xlsx")
    assert (len(source.rows), source.not_read) == (1, ("the sheet 'Old'", "the sheet 'Hidden'"))


def test_text_that_excel_saved_in_windows_letters_is_read() -> None:
    assert read_source("Title\nCyngor Môn – £5\n".encode("cp1252"), where="a.csv").rows[0].cells["Title"] == (
        "Cyngor Môn – £5"
    )


@pytest.mark.parametrize(("text", "month_first", "day"), [
    ("3/4/2026", False, "2026-04-03"),
    ("3/4/2026", True, "2026-03-04"),
    ("2026-04-03 00:00:00", False, "2026-04-03"),
    ("1st Feb 2026", False, "2026-02-01"),
    ("31/02/2026", False, "None"),
    ("13/13/2026", True, "None"),
    ("ongoing", False, "None"),
])  # fmt: skip
def test_days_are_read_as_people_write_them(text: str, month_first: bool, day: str) -> None:
    assert str(parse_date(text, month_first=month_first)) == day


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from(["a.csv", "a.xlsx", "a.json", "a.yml"]),
    st.binary(max_size=300)
    | st.text(alphabet='ab,;"\n=\t', max_size=80).map(str.encode)
    | st.recursive(
        st.none() | st.integers(0, 5) | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["pia", "name", "answers", "data", "reference_to", "measures", "dataset", "system", "collections",
                 "fields", "privacy_declarations", "egress"]
            ),
            inner,
            max_size=4,
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip
def test_any_bytes_are_a_source_that_can_be_planned_or_an_error_of_ours(name: str, raw: bytes) -> None:
    try:
        source = read_source(raw, where=name)
        plan_import(source, confirm(draft_mapping(source)))
    except FairshareError:
        return


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_mapping_or_an_error_of_ours(raw: bytes) -> None:
    try:
        parse_mapping(raw, where="m.yaml")
    except FairshareError:
        return


REAL = Path(__file__).resolve().parents[3] / "shared" / "real-inputs"
absent = pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real inputs is not beside this repository")


@absent
def test_the_real_assessment_of_the_cnil_becomes_one_entry() -> None:
    path = REAL / "assessments" / "cnil-pia-example.json"
    source = read_source(path.read_bytes(), where=path.name)
    plan = check_import(source, confirm(draft_mapping(source)))
    assert [each.title for each in plan.entries] == ["Captoo"]
    assert plan.entries[0].purpose
    assert plan.entries[0].retention
    assert len(plan.entries[0].items) > 3
    assert "<" not in plan.entries[0].purpose
    assert "40 evaluations" in plan.not_read


@absent
@pytest.mark.parametrize(("name", "entries"), [("dataset", 1), ("system", 2)])
def test_the_real_manifests_of_fides_become_entries(name: str, entries: int) -> None:
    path = REAL / "manifests" / f"fides-demo_{name}.yml"
    source = read_source(path.read_bytes(), where=path.name)
    plan = check_import(source, confirm(draft_mapping(source)))
    assert len(plan.entries) == entries
    assert all(each.items for each in plan.entries)


@absent
@pytest.mark.parametrize("name", ["policy", "organization"])
def test_real_manifests_with_nothing_to_enter_are_refused_with_what_they_hold(name: str) -> None:
    path = REAL / "manifests" / f"fides-demo_{name}.yml"
    with pytest.raises(BadInput, match="Demo"):
        read_source(path.read_bytes(), where=path.name)


def test_the_error_of_a_file_that_cannot_be_imported_has_its_own_code() -> None:
    assert NotImportable.code == "NOT_IMPORTABLE"
