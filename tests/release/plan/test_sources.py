"""Sources that cannot be trusted are refused before a row of them goes, and rows that cannot be read are kept apart."""

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairshare.release.sources_csv as sources_csv
from fairshare.release.engines import list_rejected_rows, run_plan, schema_of
from fairshare.release.plan import Plan
from fairshare.release.sources import CsvFile, ParquetFile, ParquetFolder, PostgresTable, SqliteTable
from fairshare.release.sources_csv import RejectedRow, check_structure, read_rows
from fairshare.words import FairshareError
from tests.release.engines.tables import FixedKeys, a_folder, csv_files, run_both, write_parquet
from tests.servers import run_postgres


def csv_source(**more):
    return CsvFile(**({"format": "csv", "path": "t.csv"} | more))


@pytest.mark.parametrize(("raw", "words", "fix"), [
    (b"a,b\n1,2\nx,\xe9\n", "not utf-8 throughout, at or soon after row 3", "looks like windows-1252"),
    (b"a,b\n1,2\n3\x00,4\n", "null byte", "plain CSV"),
    (b'a,b\n5" pipe,2\n', "quotation mark stands inside a cell", "double the ones inside"),
    (b'a,b\n"x"y,2\n', "quotation mark stands inside a cell", "double"),
    (b'a,b\n1, "x"\n', "quotation mark stands inside a cell", "double"),
    (b'a,b\n1,"x\n2,y\n', "opened and never closed", "Close it"),
    (b"a,b\r\n1,2\n", "do not all end in the same way", "LF"),
    (b"a,b\n1,2\r\n", "do not all end in the same way", "LF"),
    (b"a,b\r1,2\r", "do not all end in the same way", "LF"),
    (b"a,b\n1,x\ry\n", "do not all end in the same way", "LF"),
    (b"", "not a header", "line 1"),
    (b"\n\na,b\n", "not a header", "line 1"),
    (b'"a\nb",c\n', "header cannot be read", "line 1"),
    (b"a,b\n" + b"x" * 3_500_000 + b"\n", "longer than", "Check"),
])  # fmt: skip
def test_a_csv_file_whose_rows_cannot_be_told_apart_is_refused(tmp_path, raw, words, fix):
    (tmp_path / "t.csv").write_bytes(raw)
    with pytest.raises(FairshareError, match=words) as refused:
        check_structure(tmp_path / "t.csv", csv_source())
    assert refused.value.code == "CSV_UNSOUND"
    assert fix in refused.value.fix


@pytest.mark.parametrize("raw", [b"a,a\n", b"a,A\n", b"a,\n1,2\n", b"a,  \n", b"a,b\x07\n", b"a," + b"x" * 201 + b"\n"])
def test_columns_without_names_of_their_own_are_refused(tmp_path, raw):
    (tmp_path / "t.csv").write_bytes(raw)
    with pytest.raises(FairshareError, match="SOURCE_COLUMNS_UNFIT"):
        schema_of(csv_source(), tmp_path)


def test_a_byte_order_mark_in_a_file_said_to_be_latin_1_is_refused(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xef\xbb\xbfa,b\n")
    with pytest.raises(FairshareError, match="says that it is utf-8"):
        schema_of(csv_source(encoding="latin-1"), tmp_path)


@pytest.mark.parametrize("block", [1, 3, 16, 1024])
@given(made=csv_files())
def test_the_structure_is_the_same_however_the_file_is_cut_into_blocks(block, made):
    """Rows are counted by counting bytes; Python's own reader, row by row, must count the same."""
    source, raw = CsvFile(**made[0]), made[1]
    whole = sources_csv.BLOCK
    with a_folder() as base:
        (base / "t.csv").write_bytes(raw)
        try:
            sources_csv.BLOCK = block
            assert check_structure(base / "t.csv", source).rows == len(list(read_rows(base / "t.csv", source)))
        finally:
            sources_csv.BLOCK = whole


def test_rows_that_cannot_be_read_are_listed_by_place_and_reason_and_never_quoted(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"id,born,n\n1,31/04/2020,5\n2,01/02/2020,x\n\n3\n4,01/02/2020,5,6\n5,,,\n6,,7\n")
    source = csv_source(types={"born": "date DD/MM/YYYY", "n": "integer"})
    assert list_rejected_rows(source, tmp_path) == [
        RejectedRow(2, "born is not a date written DD/MM/YYYY"), RejectedRow(3, "n is not integer"),
        RejectedRow(5, "too few cells"), RejectedRow(6, "too many cells")]  # fmt: skip
    assert list_rejected_rows(source, tmp_path, most=1) == [RejectedRow(2, "born is not a date written DD/MM/YYYY")]
    plan = Plan.model_validate(
        {"name": "x", "source": source.model_dump(), "columns": [{"column": "id", "treatment": "keep"}]}
    )
    report = run_plan(plan, keys=FixedKeys(), write_to=tmp_path / "out.csv", format="csv", base=tmp_path)
    assert (report.rows_read, report.rows_rejected, report.rows_sent) == (6, 4, 2)
    assert sum(report.rejected.values()) == 4


AS_WRITTEN = {" born is not a date written YYYY-MM-DD": 1, " n is not integer": 1, "too many cells": 1}


@pytest.mark.parametrize(("trim", "going", "rejected"), [
    (False, {(" ", None): 1, (None, None): 1}, AS_WRITTEN),
    (True, {("Zoë", "2024-02-29"): 1, (None, None): 3}, {"too many cells": 1}),
])  # fmt: skip
def test_spaces_around_names_and_cells_stay_or_are_taken_off(tmp_path, trim, going, rejected):
    """Some people put a space after each comma."""
    (tmp_path / "t.csv").write_text("name, born, n\n Zoë, 2024-02-29, 7 \n ,,\n,, \n,,,\n,,, \n", encoding="utf-8")
    names = ["name", "born", "n"] if trim else ["name", " born", " n"]
    source = {"format": "csv", "path": "t.csv", "trim": trim, "types": {names[1]: "date", names[2]: "integer"}}
    columns = [{"column": name, "sent_as": name.strip(), "treatment": "keep"} for name in names[:2]]
    plan = Plan.model_validate({"name": "spaces", "source": source, "columns": columns})
    report, rows = run_both(plan, tmp_path, "csv")
    assert rows == going
    assert report.rejected == rejected


CELLS = {
    "integer": {"7": "7", "-7": "-7", "007": "7", "-0": "0", "9" * 18: "9" * 18,
                "9" * 19: None, "+7": None, " 7": None, "7.0": None, "1e3": None, "7\n": None, "１": None},
    "decimal": {"7": "7", "-7.50": "-7.5", "0.0000000001": "0.0000000001", "-0.0": "0", "9" * 18: "9" * 18,
                "0.00000000001": None, ".5": None, "5.": None, "1,5": None, "1e3": None, "nan": None},
    "date": {"2024-02-29": "2024-02-29", "0001-01-01": "0001-01-01", "9999-12-31": "9999-12-31",
             "2023-02-29": None, "0000-01-01": None, "2024-1-1": None, "20240101": None, "infinity": None,
             "epoch": None, "2024-01-01 (BC)": None, "10000-01-01": None, "2024-13-01": None},
    "date DD/MM/YYYY": {"29/02/2024": "2024-02-29", "29/02/2023": None, "01/01/0000": None, "1/1/2024": None,
                        "2024-02-29": None, "02/29/2024": None},
    "date DD.MM.YYYY": {"29.02.2024": "2024-02-29", "29/02/2024": None},
    "date DD-MM-YYYY": {"29-02-2024": "2024-02-29", "2024-02-29": None},
    "date YYYYMMDD": {"20240229": "2024-02-29", "20230229": None, "00000101": None, "2024022": None},
    "datetime": {"2024-02-29T23:59:59": "2024-02-29T23:59:59.000000",
                 "2024-02-29 00:00:00.5": "2024-02-29T00:00:00.500000",
                 "2024-02-29": None, "2024-02-29T24:00:00": None, "2024-02-29T23:59:60": None,
                 "2023-02-29T00:00:00": None, "2024-02-29T10:00": None, "2024-02-29T10:00:00Z": None,
                 "0000-01-01T00:00:00": None},
    "text": {"=1": "'=1", " x ": " x ", "007": "007", "NULL": "NULL", "nan": "nan"},
}  # fmt: skip


@pytest.mark.parametrize("written", CELLS)
def test_a_cell_is_read_as_its_declared_type_or_its_row_is_rejected(tmp_path, written):
    cells = CELLS[written]
    (tmp_path / "t.csv").write_text(
        "n,v\n" + "".join(f'{place},"{cell}"\n' for place, cell in enumerate(cells)), newline=""
    )
    source = {"format": "csv", "path": "t.csv", "types": {"v": written}}
    columns = [{"column": name, "treatment": "keep"} for name in ("n", "v")]
    report, rows = run_both(
        Plan.model_validate({"name": "cells", "source": source, "columns": columns}), tmp_path, "csv"
    )
    assert set(rows) == {(str(place), text) for place, text in enumerate(cells.values()) if text is not None}
    assert report.rows_rejected == list(cells.values()).count(None)


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
@pytest.mark.parametrize(("encoding", "text"), [("latin-1", "Zoë"), ("windows-1252", "€ “Zoë”"), ("utf-8", "Ζωή 👋")])
def test_each_encoding_comes_out_as_utf_8(tmp_path, engine, encoding, text):
    (tmp_path / "t.csv").write_bytes(f"näme\n{text}\n".encode(encoding))
    plan = Plan.model_validate({"name": "x", "source": {"format": "csv", "path": "t.csv", "encoding": encoding},
                                "columns": [{"column": "näme", "treatment": "keep", "sent_as": "name"}]})  # fmt: skip
    run_plan(plan, engine=engine, keys=FixedKeys(), write_to=tmp_path / "out.csv", format="csv", base=tmp_path)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == f'"name"\n"{text}"\n'


def test_no_row_is_lost_where_one_buffer_of_the_reader_ends_and_the_next_begins(tmp_path, monkeypatch):
    """DuckDB's parallel reader loses some. Its buffers are as long as sixteen of the longest rows allowed."""
    monkeypatch.setattr("fairshare.release.engines.attaching.MAX_ROW_BYTES", 1000)
    chance = Random(5)
    cells = ["a", "x" * 60, '"a\nb"', '"1,2\n3,4\n""5,6""\n"', '"\n"', ""]
    rows = [[str(each), *chance.choices(cells, k=chance.choice([1, 1, 1, 1, 2]))] for each in range(20_000)]
    ragged = sum(len(row) == 3 and row[2] != "" for row in rows)
    lines = [",".join(row) for row in rows]
    (tmp_path / "t.csv").write_text("id,note\n" + "\n".join(lines) + "\n", newline="")
    columns, not_seven = [{"column": "id", "treatment": "keep"}], [{"column": "id", "test": "not_equals", "value": "7"}]
    source = {"format": "csv", "path": "t.csv"}
    plan = Plan.model_validate({"name": "x", "source": source, "columns": columns, "rows": not_seven})
    report, rows = run_both(plan, tmp_path, "csv")
    assert (report.rows_read, report.rows_rejected, report.rows_filtered) == (20_000, ragged, 1)
    assert max(rows.values()) == 1


@pytest.mark.parametrize(("source", "code"), [
    (csv_source(path="no.csv"), "NOT_FOUND"), (csv_source(path="folder"), "NOT_FOUND"),
    (csv_source(path="link.csv"), "SOURCE_PATH_UNFIT"), (csv_source(path="loop"), "SOURCE_PATH_UNFIT"),
    (ParquetFile(format="parquet", path="text.parquet"), "SOURCE_UNREADABLE"),
    (ParquetFile(format="parquet", path="folder"), "NOT_FOUND"),
    (ParquetFolder(format="parquet_folder", path="empty"), "NOT_FOUND"),
    (ParquetFolder(format="parquet_folder", path="mixed"), "SOURCE_COLUMNS_UNFIT"),
    (ParquetFolder(format="parquet_folder", path="linked"), "SOURCE_PATH_UNFIT"),
    (SqliteTable(format="sqlite", path="text.parquet", table="t"), "SOURCE_UNREADABLE"),
    (SqliteTable(format="sqlite", path="empty.sqlite", table="t"), "SOURCE_UNREADABLE"),
    (PostgresTable(format="postgresql", connection="main", table="t"), "CONNECTION_UNKNOWN"),
])  # fmt: skip
def test_a_source_that_is_not_there_or_not_what_it_is_said_to_be_is_refused(tmp_path, source, code):
    base = tmp_path / "base"
    for name in ("folder", "empty", "mixed", "linked"):
        (base / name).mkdir(parents=True)
    (tmp_path / "outside.csv").write_text("a\n")
    (base / "link.csv").symlink_to(tmp_path / "outside.csv")
    (base / "loop").symlink_to(base / "loop")
    (base / "text.parquet").write_text("not Parquet at all, nor SQLite either" * 9)
    (base / "empty.sqlite").touch()
    write_parquet(base / "mixed" / "a.parquet", ["name"], [])
    write_parquet(base / "mixed" / "b.parquet", ["sex"], [])
    (base / "linked" / "a.parquet").symlink_to(base / "mixed" / "a.parquet")
    with pytest.raises(FairshareError) as refused:
        schema_of(source, base)
    assert refused.value.code == code


@settings(max_examples=settings.default.max_examples // 2)
@given(st.data())
def test_a_broken_parquet_file_is_refused_or_read_and_never_more(data):
    with a_folder() as base:
        write_parquet(base / "t.parquet", ["name", "visits"], [("a", 1), ("b", None)] * 20)
        raw = bytearray((base / "t.parquet").read_bytes())
        raw = raw[: data.draw(st.integers(0, len(raw)))] if data.draw(st.booleans()) else raw
        for at in data.draw(st.lists(st.integers(0, max(0, len(raw) - 1)), max_size=4)) if raw else []:
            raw[at] ^= 1 << data.draw(st.integers(0, 7))
        (base / "t.parquet").write_bytes(raw)
        plan = Plan.model_validate({"name": "x", "source": {"format": "parquet", "path": "t.parquet"}, "columns": [
            {"column": "name", "treatment": "keep"}]})  # fmt: skip
        try:
            run_plan(plan, keys=FixedKeys(), write_to=base / "out.csv", format="csv", base=base)
        except FairshareError:
            assert not (base / "out.csv").exists()


class Connection:
    """One connection string, whatever the name."""

    def __init__(self, string):
        self.string = string

    def connection_for(self, name):
        return self.string


def test_a_connection_that_fails_is_reported_without_its_string():
    with run_postgres() as server:
        source = PostgresTable(format="postgresql", connection="main", table="t")
        wrong = server.connection.replace(server.password, "wrong-secret")
        for string in (wrong, "host=127.0.0.1 port=1 password=wrong-secret", "wrong-secret", server.connection):
            with pytest.raises(FairshareError, match="SOURCE_UNREADABLE") as refused:
                schema_of(source, base=None, connections=Connection(string))
            assert "secret" not in str(refused.value)
            assert server.password not in str(refused.value)
            assert refused.value.__cause__ is None
            assert refused.value.__suppress_context__


def test_a_postgresql_table_is_only_read():
    with run_postgres() as server:
        server.execute("CREATE TABLE t (id int); INSERT INTO t VALUES (1), (2)")
        server.execute("CREATE ROLE reader LOGIN PASSWORD 'reads'; GRANT SELECT ON t TO reader")
        connection = f"host=127.0.0.1 port={server.port} user=reader password=reads dbname=postgres"
        source = PostgresTable(format="postgresql", connection="main", table="t")
        assert schema_of(source, base=None, connections=Connection(connection)) == {"id": "integer"}
        assert server.execute("SELECT count(*) FROM t") == "2"


@pytest.mark.parametrize("extra", ["sqlite", "postgres"])
def test_a_missing_extension_is_named_with_the_command_that_installs_it(tmp_path, monkeypatch, extra):
    monkeypatch.setattr("fairshare.release.engines.session.find_spec", lambda name: None)
    (tmp_path / "t.sqlite").touch()
    source = (SqliteTable(format="sqlite", path="t.sqlite", table="t") if extra == "sqlite"
              else PostgresTable(format="postgresql", connection="main", table="t"))  # fmt: skip
    with pytest.raises(FairshareError, match=rf"pip install 'fairshare\[{extra}\]'") as refused:
        schema_of(source, tmp_path, connections=Connection("host=127.0.0.1"))
    assert refused.value.code == "MISSING_PART"


def test_a_file_that_may_not_be_read_is_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a\n")
    (tmp_path / "t.csv").chmod(0)
    if os.access(tmp_path / "t.csv", os.R_OK):
        return  # whoever runs this may read everything
    with pytest.raises(FairshareError, match="SOURCE_UNREADABLE"):
        schema_of(csv_source(), tmp_path)
