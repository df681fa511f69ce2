"""XLSX sheets, Delta tables, CSV in other encodings, and what becomes of rows that cannot be read."""

import datetime as dt
import json
import stat

import deltalake
import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.release.engines import run_plan, schema_of
from fairshare.release.plan import Plan
from fairshare.release.rejected import find_rejected, keep_rejected
from fairshare.release.sources import CsvFile, DeltaTable, XlsxSheet
from fairshare.release.sources_csv import advise_encoding
from fairshare.words import FairshareError
from tests.release.engines.tables import FixedKeys, a_folder, run_both

SHEET = {"format": "xlsx", "path": "t.xlsx"}
DELTA = {"format": "delta", "path": "t"}


def plan_of(source, *names, **more):
    columns = [{"column": name, "sent_as": f"c{place}", "treatment": "keep"} for place, name in enumerate(names)]
    return Plan.model_validate({"name": "t", "source": source, "columns": columns, **more})


def write_sheet(path, rows, **more):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "People"
    for row in rows:
        sheet.append(row)
    for title, state in more.items():
        book.create_sheet(title).sheet_state = state
    book.save(path)


def test_a_sheet_is_read_cell_by_cell_as_text_and_then_as_its_types(tmp_path):
    write_sheet(
        tmp_path / "t.xlsx",
        [
            ["id", "nhs", "born", "seen", "cost", "here"],
            ["007", 9434765919, dt.date(2004, 2, 29), dt.datetime.fromisoformat("2026-04-01T09:30"), 1.5, True],
            [7, "943 476 5919", "2004-02-29", None, 0.1, False],
            [None] * 6,
            ["x", 1, "29/02/2004", None, None, None],
            ["y", 10**15, None, None, None, None],
            ["z", 1, None, None, None, None, "more"],
        ],
    )
    types = {"born": "date", "seen": "datetime", "cost": "decimal"}
    plan = plan_of(SHEET | {"types": types}, "id", "nhs", "born", "seen", "cost", "here")
    report, rows = run_both(plan, tmp_path, "csv")
    assert set(rows) == {
        ("007", "9434765919", "2004-02-29", "2026-04-01T09:30:00.000000", "1.5", "true"),
        ("7", "943 476 5919", "2004-02-29", None, "0.1", "false"),
    }
    assert report.rejected == {
        "born is not a date written YYYY-MM-DD": 1,
        "a number has more than 15 digits, which a spreadsheet does not keep": 1,
        "too many cells": 1,
    }
    assert report.rows_read == 5
    told = {each.name: each for each in report.sections}["rejected"]
    assert ("too many cells", "1") in told.rows


def test_formulas_without_results_and_errors_are_rejected_and_never_read_as_nothing(tmp_path):
    write_sheet(tmp_path / "t.xlsx", [["a", "b"], [1, "=A2+1"], [2, "#N/A"], [3, 4]])
    report, rows = run_both(plan_of(SHEET, "a", "b"), tmp_path, "csv")
    assert rows == {("3", "4"): 1}
    assert report.rows_rejected == 2


def test_other_and_hidden_sheets_are_said_and_one_must_be_named(tmp_path):
    write_sheet(tmp_path / "t.xlsx", [["title"], ["a"], [1]], Notes="visible", Secret="hidden")
    with pytest.raises(FairshareError, match="SOURCE_UNREADABLE") as refused:
        schema_of(XlsxSheet(**SHEET), tmp_path)
    assert "People, Notes, Secret" in refused.value.fix
    report, rows = run_both(plan_of(SHEET | {"sheet": "People", "header_row": 2}, "a"), tmp_path, "csv")
    assert rows == {("1",): 1}
    assert "2 other sheets of the workbook, 1 of them hidden, were not read." in report.notes


@settings(max_examples=25)
@given(raw=st.binary(max_size=60), at=st.integers(0, 4000), cut=st.booleans())
def test_any_bytes_are_a_workbook_or_refused(raw, at, cut):
    with a_folder() as base:
        write_sheet(base / "t.xlsx", [["a"], [1]])
        whole = (base / "t.xlsx").read_bytes()
        (base / "t.xlsx").write_bytes(raw if cut else whole[:at] + raw + whole[at + len(raw) :])
        try:
            run_plan(plan_of(SHEET, "a"), keys=FixedKeys(), write_to=base / "o.csv", format="csv", base=base)
        except FairshareError:
            assert not (base / "o.csv").exists()


def write_delta(path, **columns):
    deltalake.write_deltalake(str(path), pa.table(columns), mode="append")


def test_a_delta_table_is_read_at_one_version_that_the_report_names(tmp_path):
    write_delta(tmp_path / "t", id=[1, 2], name=["a", None])
    write_delta(tmp_path / "t", id=[3], name=["c"])
    report, rows = run_both(plan_of(DELTA, "id", "name"), tmp_path, "csv")
    assert rows == {("1", "a"): 1, ("2", None): 1, ("3", "c"): 1}
    assert "The Delta table was read at version 1." in report.notes
    report, rows = run_both(plan_of(DELTA | {"version": 0}, "id"), tmp_path, "csv")
    assert rows == {("1",): 1, ("2",): 1}
    deltalake.DeltaTable(str(tmp_path / "t")).delete("id = 1")
    report, rows = run_both(plan_of(DELTA, "id"), tmp_path, "parquet")
    assert rows == {(2,): 1, (3,): 1}
    assert schema_of(DeltaTable(**DELTA), tmp_path) == {"id": "integer", "name": "text"}


def test_rows_that_are_added_while_a_delta_table_is_read_do_not_go(tmp_path):
    write_delta(tmp_path / "t", id=[1, 2])
    added = []

    def add(share):
        if not added:
            added.append(write_delta(tmp_path / "t", id=[3]))

    plan = plan_of(DELTA, "id", groups=[{"treatment": "suppress_small_groups", "columns": ["c0"], "k": 2}])
    report = run_plan(plan, keys=FixedKeys(), write_to=tmp_path / "o.csv", format="csv", base=tmp_path, on_progress=add)
    assert (report.rows_read, report.rows_suppressed) == (2, 2)


@settings(max_examples=15)
@given(raw=st.binary(max_size=200))
def test_a_delta_log_of_any_bytes_is_refused(raw):
    with a_folder() as base:
        write_delta(base / "t", id=[1])
        next((base / "t" / "_delta_log").glob("*.json")).write_bytes(raw)
        with pytest.raises(FairshareError):
            run_plan(plan_of(DELTA, "id"), keys=FixedKeys(), write_to=base / "o.csv", format="csv", base=base)


@pytest.mark.parametrize("version", [5, None])
def test_a_version_or_a_table_that_is_not_there_is_refused(tmp_path, version):
    if version is None:
        (tmp_path / "t").mkdir()
    else:
        write_delta(tmp_path / "t", id=[1])
    with pytest.raises(FairshareError, match="SOURCE_UNREADABLE"):
        schema_of(DeltaTable(**DELTA, version=version), tmp_path)


CSV = {"format": "csv", "path": "t.csv"}


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_by_its_byte_order_mark(tmp_path, codec):
    mark = "" if codec == "utf-16" else "\ufeff"
    (tmp_path / "t.csv").write_bytes(f'{mark}id,name\r\n1,"Zoë\r\n£"\r\n2\r\n'.encode(codec))
    report, rows = run_both(plan_of(CSV | {"encoding": "utf-16"}, "id", "name"), tmp_path, "csv")
    assert rows == {("1", "Zoë\r\n£"): 1}
    assert report.rejected == {"too few cells": 1}


@pytest.mark.parametrize(
    ("raw", "encoding", "advice"),
    [
        ("id,name\n1,Zoë £\n".encode("cp1252"), "utf-8", "windows-1252"),
        ("id,naïve\n1,x\n".encode("cp1252"), "utf-8", "windows-1252"),
        ("id\n1\n".encode("utf-16"), "utf-8", "Say utf-16"),
        ("id\n1\n".encode("utf-8-sig"), "utf-16", "Say utf-8"),
        ("id\n1\n".encode("utf-16-le"), "utf-16", "UTF-16 without a byte order mark"),
        ("id\n1\n".encode("utf-16") + b"\x00", "utf-16", "xport it again"),
    ],
)
def test_a_file_of_another_encoding_is_refused_with_a_guess_at_it(tmp_path, raw, encoding, advice):
    (tmp_path / "t.csv").write_bytes(raw)
    for engine in ("duckdb", "memory"):
        with pytest.raises(FairshareError, match="CSV_UNSOUND") as refused:
            run_plan(plan_of(CSV | {"encoding": encoding}, "id"), engine=engine, keys=FixedKeys(),
                     write_to=tmp_path / "o.csv", format="csv", base=tmp_path)  # fmt: skip
        assert advice in refused.value.fix


@given(st.binary())
def test_advice_on_an_encoding_is_given_for_any_bytes(raw):
    assert advise_encoding(raw).endswith((".", "preview."))


def test_rows_that_cannot_be_read_are_kept_apart_whole_for_their_holder_alone(tmp_path):
    (tmp_path / "t.csv").write_bytes(b'id,born\n1,"2001-02-30"\n2,2001-02-03\n\n3\n4,,x\n')
    source = CsvFile(**CSV, types={"born": "date"})
    kept = tmp_path / "rejected.jsonl"
    assert keep_rejected(source, tmp_path, kept) == 3
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [json.loads(line) for line in kept.read_text().splitlines()] == [
        {"row": 2, "reason": "born is not a date written YYYY-MM-DD", "cells": ["1", "2001-02-30"]},
        {"row": 5, "reason": "too few cells", "cells": ["3"]},
        {"row": 6, "reason": "too many cells", "cells": ["4", "", "x"]},
    ]
    with pytest.raises(FairshareError, match="REJECTS_UNKEPT"):
        keep_rejected(source, tmp_path, kept)
    write_sheet(tmp_path / "t.xlsx", [["a", "b"], [1, "#N/A"], [2, None]])
    assert [row.row for row in find_rejected(XlsxSheet(**SHEET), tmp_path)] == [2]
    assert keep_rejected(XlsxSheet(**SHEET), tmp_path, tmp_path / "sheet.jsonl") == 1


def test_a_run_tells_how_many_rows_could_not_be_read_and_none_of_what_they_say(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"id,born\n1,secret\n2,2001-02-03\n")
    report, rows = run_both(plan_of(CSV | {"types": {"born": "date"}}, "id"), tmp_path, "csv")
    (section,) = report.sections
    assert section.name == "rejected"
    assert section.rows == (("born is not a date written YYYY-MM-DD", "1"),)
    assert "secret" not in repr(section)
    assert rows == {("2",): 1}
