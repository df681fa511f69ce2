"""What each word of the plan language does, at its edges, in every engine."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from fairshare.release.plan import Plan
from tests.release.engines.tables import run_both, write_parquet

SOURCE = {"format": "parquet", "path": "t.parquet"}
KEEP = {"treatment": "keep"}


def send(base, column, values, how=KEEP, rows=()):
    """The values of one column as they go, by both engines."""
    write_parquet(base / "t.parquet", [column], [(value,) for value in values])
    columns = [{"column": column, "sent_as": "sent", **how}]
    plan = Plan.model_validate({"name": "test", "source": SOURCE, "columns": columns, "rows": rows})
    _, found = run_both(plan, base, "parquet")
    return sorted((row[0] for row in found.elements()), key=str)


MOMENTS = [
    datetime.fromisoformat(each)
    for each in ("2026-03-31T00:00:00", "2026-03-31T23:59:59.999999", "2026-04-01T00:00:00")
]
DAYS = [date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)]
TEXTS = ["F", "f", "", " F"]
NUMBERS = [-1, 0, 1]


@pytest.mark.parametrize(("column", "values", "test", "passing"), [
    ("visits", NUMBERS, {"test": "equals", "value": 0}, [0]),
    ("visits", NUMBERS, {"test": "not_equals", "value": 0}, [-1, 1]),
    ("visits", NUMBERS, {"test": "less_than", "value": 0}, [-1]),
    ("visits", NUMBERS, {"test": "at_most", "value": 0}, [-1, 0]),
    ("visits", NUMBERS, {"test": "more_than", "value": 0}, [1]),
    ("visits", NUMBERS, {"test": "at_least", "value": 0}, [0, 1]),
    ("visits", NUMBERS, {"test": "between", "first": 0}, [0, 1]),
    ("visits", NUMBERS, {"test": "between", "last": 0}, [-1, 0]),
    ("visits", NUMBERS, {"test": "between", "first": -1, "last": 0}, [-1, 0]),
    ("visits", NUMBERS, {"test": "one_of", "values": [0, "1"]}, [0, 1]),
    ("visits", NUMBERS, {"test": "none_of", "values": [0, 1]}, [-1]),
    ("visits", NUMBERS, {"test": "is_null"}, [None]),
    ("visits", NUMBERS, {"test": "not_null"}, [-1, 0, 1]),
    ("cost", [Decimal("1.50"), Decimal("1.51")], {"test": "equals", "value": 1.5}, [Decimal("1.50")]),
    ("cost", [Decimal("1.50"), Decimal("1.51")], {"test": "at_most", "value": "1.505"}, [Decimal("1.50")]),
    ("weight", [0.1, 0.2, float("inf")], {"test": "more_than", "value": 0.1}, [0.2, float("inf")]),
    ("name", TEXTS, {"test": "equals", "value": "F"}, ["F"]),
    ("name", TEXTS, {"test": "one_of", "values": ["", "f"]}, ["", "f"]),
    ("consent", [True, False], {"test": "not_equals", "value": True}, [False]),
    ("born", DAYS, {"test": "between", "first": "2026-03-31", "last": "2026-03-31"}, DAYS[1:2]),
    ("born", DAYS, {"test": "less_than", "value": "2026-04-01"}, DAYS[:2]),
    ("seen", MOMENTS, {"test": "at_most", "value": "2026-03-31"}, MOMENTS[:2]),
    ("seen", MOMENTS, {"test": "more_than", "value": "2026-03-31"}, MOMENTS[2:]),
    ("seen", MOMENTS, {"test": "at_most", "value": "2026-03-31T00:00:00"}, MOMENTS[:1]),
    ("seen", MOMENTS, {"test": "one_of", "values": ["2026-04-01", "2026-03-31T00:00:00"]}, [MOMENTS[0], MOMENTS[2]]),
])  # fmt: skip
def test_a_row_passes_a_test(tmp_path, column, values, test, passing):
    """A null is among the values each time, and passes only `is_null`."""
    assert send(tmp_path, column, [*values, None], rows=[{"column": column, **test}]) == sorted(passing, key=str)


def generalise(to, **more):
    return {"treatment": "generalise", "to": to, **more}


AGES = generalise("age_band", on="2025-02-28", edges=[0, 17, 18])
LEAP_AGES = generalise("age_band", on="2024-02-29", edges=[1, 4])


@pytest.mark.parametrize(("column", "value", "how", "sent"), [
    ("born", date(1987, 3, 9), generalise("month"), "1987-03"),
    ("born", date(987, 3, 9), generalise("month"), "0987-03"),
    ("born", date(1987, 3, 9), generalise("year"), 1987),
    ("seen", MOMENTS[1], generalise("month"), "2026-03"),
    ("seen", MOMENTS[1], generalise("year"), 2026),
    ("born", date(2007, 2, 28), AGES, "18 and over"),
    ("born", date(2007, 3, 1), AGES, "17"),
    ("born", date(2008, 2, 29), AGES, "0 to 16"),
    ("born", date(2004, 2, 29), AGES, "18 and over"),
    ("born", date(2025, 2, 28), AGES, "0 to 16"),
    ("born", date(2025, 3, 1), AGES, "under 0"),
    ("seen", datetime.fromisoformat("2007-02-28T23:59:59"), AGES, "18 and over"),
    ("born", date(2020, 2, 29), LEAP_AGES, "4 and over"),
    ("born", date(2020, 3, 1), LEAP_AGES, "1 to 3"),
    ("born", date(2023, 2, 28), LEAP_AGES, "1 to 3"),
    ("born", date(2023, 3, 1), LEAP_AGES, "under 1"),
    ("born", date(1, 1, 1), generalise("age_band", on="0040-01-01", edges=[39, 40, 100]), "39"),
    ("visits", 9, generalise("bands", edges=[0, 10, 20]), "0 to 9"),
    ("visits", 10, generalise("bands", edges=[0, 10, 20]), "10 to 19"),
    ("visits", -1, generalise("bands", edges=[0, 10, 20]), "under 0"),
    ("cost", Decimal("9.99"), generalise("bands", edges=[0, 10]), "0 to under 10"),
    ("weight", 0.1, generalise("bands", edges=[0.1, 0.2]), "0.1 to under 0.2"),
    ("weight", float("-inf"), generalise("bands", edges=[0.1]), "under 0.1"),
    ("weight", float("nan"), generalise("bands", edges=[0.1]), None),
    ("weight", float("nan"), KEEP, None),
    ("postcode", "SW1A 1AA", generalise("postcode_district"), "SW1A"),
    ("postcode", " sw1a1aa ", generalise("postcode_district"), "SW1A"),
    ("postcode", "M1 1AE", generalise("postcode_district"), "M1"),
    ("postcode", "M11AE", generalise("postcode_district"), "M1"),
    ("postcode", "B33 8TH", generalise("postcode_area"), "B"),
    ("postcode", "DN55 1PT", generalise("postcode_area"), "DN"),
    ("postcode", "W1A 0AX", generalise("postcode_area"), "W"),
    ("postcode", "  SW1A   1AA ", generalise("postcode_district"), "SW1A"),
    ("postcode", "S W1A 1AA", generalise("postcode_district"), None),
    ("postcode", "SW1A\t1AA", generalise("postcode_district"), None),
    ("postcode", "SW1A", generalise("postcode_district"), None),
    ("postcode", "Mr Smith", generalise("postcode_district"), None),
    ("postcode", "M1 1AE\n", generalise("postcode_district"), None),
    ("postcode", "ſW1A 1AA", generalise("postcode_district"), None),
    ("postcode", "", generalise("postcode_area"), None),
    ("name", "QQ123456C", {"treatment": "mask", "keep_first": 2, "keep_last": 1}, "QQ******C"),
    ("name", "QQC", {"treatment": "mask", "keep_first": 2, "keep_last": 1}, "***"),
    ("name", "Zoë", {"treatment": "mask", "keep_last": 1}, "**ë"),
    ("name", "Zoë", {"treatment": "mask"}, "***"),
    ("name", "", {"treatment": "mask", "keep_first": 1}, ""),
    ("visits", -123, {"treatment": "mask", "keep_last": 2}, "**23"),
])  # fmt: skip
def test_a_value_goes_as_its_treatment_says(tmp_path, column, value, how, sent):
    """A null beside it stays null."""
    assert send(tmp_path, column, [value, None], how) == sorted([sent, None], key=str)


LISTS = [
    ("visits", [7, 8, None], "7\n-1\n", [7]),
    ("big", [2**63 - 1, 10**17], f"{10**17}\n", [10**17]),
    ("cost", [Decimal("1.50"), Decimal("1.05")], "1.5\n1.0\n", [Decimal("1.50")]),
    ("born", DAYS, "2026-03-31\n", DAYS[1:2]),
    ("name", ["F", "f ", " f", None], "f \n", []),
    ("name", ["é", "e\u0301", ""], "é\n\n", ["é"]),
]


@pytest.mark.parametrize(("column", "values", "listed", "going"), LISTS)
def test_a_row_passes_a_list(tmp_path, column, values, listed, going):
    (tmp_path / "these.txt").write_text(listed)
    others = [value for value in values if value is not None and value not in going]
    for test, passing in (("listed", going), ("not_listed", others)):
        rows = [{"column": column, "test": test, "path": "these.txt"}]
        assert send(tmp_path, column, values, rows=rows) == sorted(passing, key=str)


ODD_NAMES = [
    "source",
    "wanted",
    "treated",
    "pads",
    "cells",
    "rows",
    "size",
    "whole",
    "value",
    "select",
    "list_0",
    "inner_0",
]
ODDER_NAMES = ['a"b', "a'b", "a.b", "ａ", "#rows", "$value_0", "x; DROP TABLE pads", "*", "%s", "{}"]


@pytest.mark.parametrize("output", ["csv", "parquet"])
@pytest.mark.parametrize("names", [ODD_NAMES, ODDER_NAMES])
def test_a_column_may_have_any_name(tmp_path, names, output):
    (tmp_path / "these.txt").write_text("x\n")
    cells = [["x"] * len(names)] * 3 + [["y"] * len(names)]
    header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    (tmp_path / "t.csv").write_text("\n".join([header, *(",".join(row) for row in cells)]))
    sent = names if names is ODD_NAMES else [f"c{place}" for place in range(len(names))]
    how = [{"treatment": "pseudonymise", "key": "k1"}, *[KEEP] * (len(names) - 1)]
    plan = Plan.model_validate({
        "name": "odd", "source": {"format": "csv", "path": "t.csv"},
        "columns": [{"column": name, "sent_as": out, **each} for name, out, each in zip(names, sent, how, strict=True)],
        "rows": [{"column": name, "test": "listed", "path": "these.txt"} for name in names],
        "groups": [{"treatment": "suppress_small_groups", "columns": sent, "k": 2}],
    })  # fmt: skip
    report, _ = run_both(plan, tmp_path, output)
    assert (report.rows_sent, report.rows_filtered) == (3, 1)


def test_one_column_can_go_twice_under_two_keys(tmp_path):
    write_parquet(tmp_path / "t.parquet", ["name"], [("a",), ("a",)])
    columns = [{"column": "name", "sent_as": key, "treatment": "pseudonymise", "key": key} for key in ("k1", "k2")]
    _, rows = run_both(Plan.model_validate({"name": "two keys", "source": SOURCE, "columns": columns}), tmp_path, "csv")
    ((first, second),) = rows
    assert first != second
    assert list(rows.values()) == [2]


def test_no_rows_make_a_file_with_a_header_and_nothing_else(tmp_path):
    write_parquet(tmp_path / "t.parquet", ["name", "born"], [])
    columns = [{"column": "name", **KEEP}, {"column": "born", **generalise("year")}]
    groups = [{"treatment": "check_k_anonymity", "columns": ["born"], "k": 5}]
    plan = Plan.model_validate({"name": "none", "source": SOURCE, "columns": columns, "groups": groups})
    for output in ("csv", "parquet"):
        report, rows = run_both(plan, tmp_path, output)
        assert not rows
        assert report.groups[0].smallest_group_sent is None
    assert (tmp_path / "out-duckdb.csv").read_bytes() == b'"name","born"\n'
