"""Every engine gives the same rows as the reference, on random plans over random tables."""

import sqlite3
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.engines import list_rejected_rows
from fairshare.release.plan import Plan, plan_to_json, read_plan
from tests.release.engines.tables import CSV_NAMES, TYPES, a_folder, csv_files, plans, rows_of, run_both, write_parquet
from tests.servers import run_postgres

NAMES = list(TYPES)
PARQUET = {"format": "parquet", "path": "source.parquet"}
FOLDER = {"format": "parquet_folder", "path": "."}


@given(plan=plans(PARQUET, NAMES), rows=rows_of(NAMES), output=st.sampled_from(["csv", "parquet"]))
def test_on_random_plans_over_random_parquet(plan, rows, output):
    with a_folder() as base:
        write_parquet(base / "source.parquet", NAMES, rows)
        report, _ = run_both(plan, base, output)
        assert report.rows_read == len(rows)


@given(made=csv_files().flatmap(lambda made: st.tuples(st.just(made), plans(made[0], CSV_NAMES))),
       output=st.sampled_from(["csv", "parquet"]))
def test_on_random_plans_over_random_csv(made, output):
    (_, raw), plan = made
    with a_folder() as base:
        (base / "source.csv").write_bytes(raw)
        report, _ = run_both(plan, base, output)
        listed = list_rejected_rows(plan.source, base)
        assert report.rejected == Counter(each.reason for each in listed)
