"""What any run keeps to: where it writes, what it never leaves behind, and what it refuses."""

import hmac
import os
import threading
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.engines import EngineLimits, preview_plan, run_plan
from fairshare.release.engines.attaching import attach_source
from fairshare.release.engines.duckdb import load_keys, pad_key
from fairshare.release.engines.duckdb_sql import compile_plan
from fairshare.release.engines.in_parts import find_slices, open_sliced
from fairshare.release.engines.job import Job, check_counts
from fairshare.release.engines.session import open_session, quote_text
from fairshare.release.plan import Plan
from fairshare.release.sources import ParquetFile
from fairshare.release.treatments import text_of
from fairshare.words import FairshareError
from tests.release.engines.tables import KEYS, TYPES, FixedKeys, a_folder, read_csv_cells, read_rows, write_parquet

ENGINES = ["memory", "duckdb"]
PEOPLE = b'id,name,sex,born\n1,"O\'Neil, A",F,1990-02-28\n2,=cmd|calc,F,2000-02-29\n3,Zo\xc3\xab,M,\n4,,F,1950-12-31\n'


def plan_of(columns, *, rows=(), groups=(), source=None):
    source = source or {"format": "csv", "path": "people.csv", "types": {"born": "date"}}
    return Plan.model_validate({"name": "test", "source": source, "columns": columns, "rows": rows, "groups": groups})


KEEP_NAME = plan_of([{"column": "name", "treatment": "keep"}])
PARQUET = {"format": "parquet", "path": "t.parquet"}
PSEUDONYMS = plan_of([{"column": "id", "treatment": "pseudonymise", "key": "k1"}])
BY_SEX = [{"column": "sex", "treatment": "keep"}]


@pytest.fixture
def base(tmp_path):
    (tmp_path / "people.csv").write_bytes(PEOPLE)
    return tmp_path


def make_parquet(base, query):
    with duckdb.connect() as session:
        session.execute(f"COPY ({query}) TO {quote_text(str(base / 't.parquet'))}")


def run(plan, base, engine="duckdb", output="csv", **more):
    out = base / f"out.{output}"
    more = {"keys": FixedKeys(), "write_to": out, "format": output, "base": base} | more
    report = run_plan(plan, engine=engine, **more)
    return report, read_rows(out)[1] if out.is_file() else None


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("output", ["csv", "parquet"])
def test_rows_stream_into_a_pipe_and_are_those_of_a_file(base, engine, output):
    """CSV and Parquet alike: DuckDB writes Parquet from front to back."""
    _, in_file = run(PSEUDONYMS, base, engine, output)
    os.mkfifo(pipe := base / "pipe")
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    run(PSEUDONYMS, base, engine, output, write_to=pipe)
    reader.join(60)
    (base / f"streamed.{output}").write_bytes(found[0])
    assert read_rows(base / f"streamed.{output}")[1] == in_file


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reader_at_the_pipe_is_let_go_when_a_run_is_refused(base, engine):
    refused = plan_of(BY_SEX, groups=[{"treatment": "check_k_anonymity", "columns": ["sex"], "k": 3}])
    os.mkfifo(pipe := base / "pipe")
    found = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()), daemon=True)
    reader.start()
    for _ in range(100):  # the reader may not have come to the pipe yet
        with pytest.raises(FairshareError, match="SMALL_GROUPS"):
            run(refused, base, engine, write_to=pipe)
        reader.join(0.05)
        if found:
            break
    assert found == [b""]


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_that_is_there_is_written_over_and_no_part_file_stays(base, engine):
    (base / "out.csv").write_text("mine")
    with pytest.raises(FairshareError, match="OUTPUT_UNFIT"):
        run(KEEP_NAME, base, engine)
    assert (base / "out.csv").read_text() == "mine"
    (base / "people.csv").write_bytes(PEOPLE + b'5,"open')
    with pytest.raises(FairshareError, match="CSV_UNSOUND"):
        run(KEEP_NAME, base, engine, write_to=base / "new.csv")
    with pytest.raises(FairshareError, match="OUTPUT_UNFIT"):
        run(KEEP_NAME, base, engine, write_to=base / "no" / "new.csv")
    assert sorted(each.name for each in base.iterdir()) == ["out.csv", "people.csv"]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_cell_that_looks_like_a_formula_goes_with_an_apostrophe_that_can_be_taken_off(base, engine):
    report, rows = run(KEEP_NAME, base, engine)
    assert sorted(rows, key=str) == [("'=cmd|calc",), ("O'Neil, A",), ("Zoë",), (None,)]
    assert any("apostrophe" in note for note in report.notes)


@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
    | st.sampled_from(["=1", "'=1", "-", "\t", "＝1"])
)
def test_the_guard_against_formulas_is_undone_by_taking_one_apostrophe_off(text):
    with a_folder() as base:
        write_parquet(base / "t.parquet", ["name"], [(text,)])
        plan = plan_of([{"column": "name", "treatment": "keep"}], source=PARQUET)
        _, rows = run(plan, base)
        written = next(iter(rows))[0]
        assert written.removeprefix("'") == text if written.startswith("'") else written == text
        assert not written.startswith(tuple("=+-@\t\r\n＝＋－＠"))


TEXT_OF_VALUES = [
    ("name", "943 476 5919", "943 476 5919"),
    ("name", " Zoë's ", " Zoë's "),
    ("name", "e\u0301", "e\u0301"),
    ("visits", -12, "-12"),
    ("big", 2**63 - 1, "9223372036854775807"),
    ("cost", Decimal("1.50"), "1.5"),
    ("cost", Decimal("-0.05"), "-0.05"),
    ("cost", Decimal("100.00"), "100"),
    ("born", date(2000, 2, 29), "2000-02-29"),
    ("born", date(1, 1, 1), "0001-01-01"),
    ("seen", datetime.fromisoformat("2026-04-01T09:30:00"), "2026-04-01T09:30:00.000000"),
    ("seen", datetime.fromisoformat("2026-04-01T09:30:00.000120"), "2026-04-01T09:30:00.000120"),
]


@pytest.mark.parametrize(("column", "value", "text"), TEXT_OF_VALUES)
@pytest.mark.parametrize("key", list(KEYS))
def test_a_pseudonym_is_pythons_own_hmac_over_the_values_text(tmp_path, column, value, text, key):
    assert text_of(value) == text
    write_parquet(tmp_path / "t.parquet", [column], [(value,), (None,)])
    plan = plan_of([{"column": column, "treatment": "pseudonymise", "key": key}], source=PARQUET)
    _, rows = run(plan, tmp_path)
    assert set(rows) == {(hmac.new(KEYS[key], text.encode(), sha256).hexdigest(),), (None,)}


def test_no_key_stands_in_the_query_its_plan_or_its_preview(tmp_path):
    """EXPLAIN prints what DuckDB folds into its plan; the padded key must not be there in any spelling."""
    key = b"A-key-in-letters-so-that-anyone-would-see-it"
    write_parquet(tmp_path / "t.parquet", ["name"], [("x",)])
    source = {"format": "parquet", "path": "t.parquet"}
    plan = plan_of([{"column": "name", "treatment": "pseudonymise", "key": "k1"}], source=source)
    with open_session(EngineLimits()) as session:
        with attach_source(session, ParquetFile(**source), tmp_path, None) as attached:
            compiled = compile_plan(plan, attached, "csv")
        load_keys(session, {"k1": key})
        seen = [compiled.written, preview_plan(plan, tmp_path)]
        for how in ("EXPLAIN", "EXPLAIN ANALYZE"):
            seen += [row[1] for row in session.execute(f"{how} {compiled.written}", compiled.parameters).fetchall()]
        folded = session.execute(
            "EXPLAIN SELECT sha256('k' || $key::BLOB || name) FROM (SELECT 'x' || random()) t(name)", {"key": key}
        ).fetchall()[0][1]
    letters = "".join(folded.split()).replace("│", "")
    assert "key-in-letters" in letters, "a bound value does show in EXPLAIN, so this test can fail"
    for secret in (key, *pad_key(key)):
        for spelling in (secret[:24].decode("latin-1"), secret[:12].hex(), secret[:12].hex().upper()):
            for text in seen:
                assert spelling not in "".join(text.split()).replace("│", "")


def test_a_run_past_its_memory_stops_and_spills_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    (tmp_path / "base").mkdir()
    monkeypatch.chdir(tmp_path / "base")
    make_parquet(tmp_path / "base", "SELECT uuid()::VARCHAR AS id FROM range(1500000)")
    plan = plan_of(
        [{"column": "id", "treatment": "keep"}],
        source=PARQUET,
        groups=[{"treatment": "suppress_small_groups", "columns": ["id"], "k": 2}],
    )
    with pytest.raises(FairshareError, match="MEMORY_EXCEEDED"):
        run(plan, tmp_path / "base", limits=EngineLimits(memory_mb=128, threads=2))
    assert [each.name for each in tmp_path.rglob("*")] == ["base", "t.parquet"]


@pytest.mark.parametrize("output", ["csv", "parquet"])
def test_a_table_larger_than_its_memory_streams_through(tmp_path, output):
    names = [f"c{place}" for place in range(3)]
    made = ", ".join(f"md5((range * {place})::VARCHAR) AS {name}" for place, name in enumerate(names, start=1))
    make_parquet(tmp_path, f"SELECT {made} FROM range(800000)")
    plan = plan_of([{"column": name, "treatment": "keep"} for name in names], source=PARQUET)
    report = run_plan(plan, keys=FixedKeys(), write_to=tmp_path / "out", format=output, base=tmp_path,
                      limits=EngineLimits(memory_mb=96))  # fmt: skip
    assert report.rows_sent == 800_000
    assert (tmp_path / "out").stat().st_size > 40_000_000


@pytest.mark.parametrize(("memory_mb", "threads"), [(0, 1), (63, 1), (64, -1), (64, 5000)])
def test_limits_that_leave_nothing_to_work_with_are_refused(base, memory_mb, threads):
    with pytest.raises(FairshareError, match="SETTING_OUT_OF_RANGE"):
        run(KEEP_NAME, base, limits=EngineLimits(memory_mb, threads))


@pytest.mark.parametrize("engine", ENGINES)
def test_progress_ends_at_one(base, engine):
    told = []
    run(KEEP_NAME, base, engine, on_progress=told.append)
    assert told[-1] == 1.0
    assert told == sorted(told)
    assert all(0 <= each <= 1 for each in told)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_key_that_is_too_short_is_refused(base, engine):
    class ShortKeys:
        def key_for(self, key_id):
            return b"secret"

    with pytest.raises(FairshareError, match="KEY_UNFIT"):
        run(PSEUDONYMS, base, engine, keys=ShortKeys())


def test_an_engine_or_format_that_does_not_exist_is_refused(base):
    for wrong in ({"engine": "pandas"}, {"format": "xlsx"}):
        with pytest.raises(FairshareError, match="SETTING_OUT_OF_RANGE"):
            run(KEEP_NAME, base, **wrong)


def test_rows_that_are_lost_between_two_counts_are_noticed():
    check_counts(read=7, accounted=7)
    with pytest.raises(FairshareError, match="SOURCE_CHANGED"):
        check_counts(read=7, accounted=6)


FILTERED = plan_of(
    [{"column": "sex", "treatment": "keep"}],
    rows=[{"column": "visits", "test": "at_least", "value": 2}],
    source=PARQUET,
)


@pytest.mark.parametrize("rows", [FILTERED.rows, ()])
def test_a_row_that_the_query_loses_is_noticed_whether_or_not_rows_are_filtered(tmp_path, monkeypatch, rows):
    """Filtered rows are counted by a query of their own, so that a lost row is not taken for a filtered one."""
    plan = FILTERED.model_copy(update={"rows": rows})
    write_parquet(tmp_path / "t.parquet", ["sex", "visits"], [("F", 1), ("F", 2), ("M", 3), ("M", None), ("X", 4)])
    assert run(plan, tmp_path)[0].rows_filtered == (2 if rows else 0)

    def lose_a_row(*given):
        compiled = compile_plan(*given)
        return replace(compiled, written=f"{compiled.written} LIMIT 2")

    monkeypatch.setattr("fairshare.release.engines.duckdb.compile_plan", lose_a_row)
    with pytest.raises(FairshareError, match="SOURCE_CHANGED"):
        run(plan, tmp_path, write_to=tmp_path / "again.csv")


def test_a_row_that_a_part_loses_is_noticed(tmp_path):
    write_parquet(tmp_path / "t.parquet", ["sex", "visits"], [("F", 1), ("F", 2), ("M", 3), ("M", None), ("X", 4)])
    slices = find_slices(FILTERED.source, tmp_path, rows_per_part=2)
    with open_sliced(Job(FILTERED, tmp_path / "out.csv", "csv", tmp_path, {}), slices) as sliced:
        assert sliced.report(3).rows_filtered == 2
        with pytest.raises(FairshareError, match="SOURCE_CHANGED"):
            sliced.report(2)


@pytest.mark.parametrize("engine", ENGINES)
def test_small_groups_are_held_back_until_none_is_left(tmp_path, engine):
    """Holding back one group can make another too small; what stays has none, whatever the order of the treatments."""
    people = [("F", "a")] * 3 + [("F", "b")] + [("M", "b")] * 2 + [("X", "a")]
    write_parquet(tmp_path / "t.parquet", ["sex", "name"], people)
    columns = [{"column": "sex", "treatment": "keep"}, {"column": "name", "treatment": "keep"}]
    small = [{"treatment": "suppress_small_groups", "columns": [name], "k": 3} for name in ("sex", "name")]
    for groups in (small, small[::-1]):
        (tmp_path / "out.csv").unlink(missing_ok=True)
        plan = plan_of(columns, groups=groups, source=PARQUET)
        report, rows = run(plan, tmp_path, engine)
        assert rows == {("F", "a"): 3}
        assert (report.rows_suppressed, report.rows_sent) == (4, 3)
        by_name = {each.columns: each for each in report.groups}
        sex = by_name[("sex",)]
        assert (sex.groups, sex.small_groups, sex.rows_in_small_groups, sex.smallest_group_sent) == (3, 2, 3, 3)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("k", "small", "rows"), [(2, 1, 1), (3, 1, 1), (4, 2, 4)])
def test_a_k_anonymity_check_refuses_with_the_count(base, engine, k, small, rows):
    plan = plan_of(BY_SEX, groups=[{"treatment": "check_k_anonymity", "columns": ["sex"], "k": k}])
    with pytest.raises(
        FairshareError, match=rf"SMALL_GROUPS: {small} combinations .* fewer than {k} rows; {rows} rows"
    ):
        run(plan, base, engine)
    assert not (base / "out.csv").exists()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_k_anonymity_check_is_made_on_the_columns_as_they_are_sent(base, engine):
    exact = [{"column": "born", "treatment": "keep"}]
    coarse = [{"column": "born", "treatment": "generalise", "to": "age_band", "on": "2026-04-01", "edges": [1]}]
    check = [{"treatment": "check_k_anonymity", "columns": ["born"], "k": 3}]
    not_null = [{"column": "born", "test": "not_null"}]
    with pytest.raises(FairshareError, match="SMALL_GROUPS"):
        run(plan_of(exact, rows=not_null, groups=check), base, engine)
    report, _ = run(plan_of(coarse, rows=not_null, groups=check), base, engine)
    assert [each.smallest_group_sent for each in report.groups] == [3]


@pytest.mark.parametrize("engine", ENGINES)
def test_only_the_people_on_a_list_go(base, engine):
    (base / "these.txt").write_bytes("\ufeff 1 \r\n\r\n3\n3\n99".encode())
    listed = [{"column": "id", "test": "listed", "path": "these.txt"}]
    report, rows = run(plan_of([{"column": "id", "treatment": "keep"}], rows=listed), base, engine)
    assert rows == {("1",): 1, ("3",): 1}
    assert report.rows_filtered == 2


@pytest.mark.parametrize("engine", ENGINES)
def test_all_but_the_people_on_a_list_go_but_nobody_whose_id_is_not_known(base, engine):
    (base / "not.txt").write_text("Zoë\n")
    but_these = [{"column": "name", "test": "not_listed", "path": "not.txt"}]
    plan = plan_of([{"column": "id", "treatment": "keep"}], rows=but_these)
    _, rows = run(plan, base, engine)
    assert rows == {("1",): 1, ("2",): 1}


@pytest.mark.parametrize(
    ("listing", "holds", "code"),
    [
        ({"path": "no.txt"}, "1", "NOT_FOUND"),
        ({"path": "a.txt", "sha256": "0" * 64}, "1", "LIST_CHANGED"),
        ({"path": "a.txt"}, "1990-02-30", "LIST_UNREADABLE"),
        ({"path": "a.txt"}, "\udcff", "BAD_INPUT"),
    ],
)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_list_that_is_not_what_it_should_be_is_refused(base, engine, listing, holds, code):
    (base / "a.txt").write_bytes(holds.encode(errors="surrogateescape"))
    with pytest.raises(FairshareError, match=code):
        run(plan_of(BY_SEX, rows=[{"column": "born", "test": "listed", **listing}]), base, engine)


def test_a_list_is_accepted_by_its_digest(base):
    (base / "a.txt").write_bytes(b"1\n")
    digest = sha256(b"1\n").hexdigest()
    _, rows = run(plan_of(BY_SEX, rows=[{"column": "id", "test": "listed", "path": "a.txt", "sha256": digest}]), base)
    assert rows == {("F",): 1}


@pytest.mark.parametrize("engine", ENGINES)
def test_given_values_and_ids_of_people_are_never_in_the_preview(base, engine):
    plan = plan_of(BY_SEX, rows=[{"column": "name", "test": "one_of", "values": ["Zoë", "O'Neil, A"]}])
    assert run(plan, base, engine)[1] == {("F",): 1, ("M",): 1}
    shown = preview_plan(plan, base)
    assert "Zoë" not in shown
    assert "sex: as it is" in shown
    assert "name: not named in the plan" in shown


def test_the_output_reads_back_as_csv_with_nulls_apart_from_empty_text(tmp_path):
    write_parquet(tmp_path / "t.parquet", ["name"], [("",), (None,), ('a"b\n',)])
    run(plan_of([{"column": "name", "treatment": "keep"}], source=PARQUET), tmp_path)
    assert sorted(read_csv_cells((tmp_path / "out.csv").read_bytes()), key=str) == [
        ("",),
        ('a"b\n',),
        ("name",),
        (None,),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_date_that_no_calendar_here_has_stops_the_run(tmp_path, engine):
    make_parquet(tmp_path, "SELECT 'infinity'::DATE AS born, 1 AS id")
    source = {"format": "parquet", "path": "t.parquet"}
    with pytest.raises(FairshareError, match=r"VALUE_UNREADABLE: .* years 1 to 9999"):
        run(plan_of([{"column": "born", "treatment": "keep"}], source=source), tmp_path, engine)
    assert run(plan_of([{"column": "id", "treatment": "keep"}], source=source), tmp_path, engine)[1] == {("1",): 1}


def test_types_that_no_treatment_knows_can_only_be_held_back(tmp_path):
    write_parquet(tmp_path / "t.parquet", list(TYPES), [])
    source = {"format": "parquet", "path": "t.parquet"}
    with pytest.raises(FairshareError, match="TREATMENT_UNFIT"):
        run(plan_of([{"column": "bytes", "treatment": "keep"}], source=source), tmp_path)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_moment_with_a_time_zone_goes_in_utc(tmp_path, engine):
    make_parquet(tmp_path, "SELECT TIMESTAMPTZ '2026-04-01 00:30:00+01' AS seen")
    _, rows = run(plan_of([{"column": "seen", "treatment": "keep"}], source=PARQUET), tmp_path, engine)
    assert rows == {("2026-03-31T23:30:00.000000",): 1}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_that_fails_once_it_has_written_leaves_no_file(base, engine):
    def give_up(share):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(KEEP_NAME, base, engine, on_progress=give_up)
    assert [each.name for each in base.iterdir()] == ["people.csv"]
