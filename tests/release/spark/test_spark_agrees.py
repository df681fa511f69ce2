"""Spark gives the same rows and counts as the other engines, on random plans over random tables, on a real cluster."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.release.engines import list_rejected_rows
from tests.release.engines.tables import (
    CSV_NAMES,
    TYPES,
    a_folder,
    csv_files,
    plans,
    rows_of,
    run_random,
    write_parquet,
)

pytestmark = pytest.mark.xdist_group("spark")

NAMES = list(TYPES)
EVERY = ("memory", "duckdb", "spark")
outputs = st.sampled_from(["csv", "parquet"])
# Fewer: a run on a cluster takes a second or two, however small the table.
cluster_examples = settings(max_examples=max(3, settings.default.max_examples // 20))


@cluster_examples
@given(plan=plans({"format": "parquet", "path": "source.parquet"}, NAMES), rows=rows_of(NAMES), output=outputs)
def test_over_random_parquet(limits, plan, rows, output):
    with a_folder() as base:
        write_parquet(base / "source.parquet", NAMES, rows)
        report = run_random(plan, base, output, engines=EVERY, limits=limits)
        assert report is None or report.rows_read == len(rows)


@cluster_examples
@given(made=csv_files().flatmap(lambda made: st.tuples(st.just(made), plans(made[0], CSV_NAMES))), output=outputs)
def test_over_random_csv(limits, made, output):
    (_, raw), plan = made
    with a_folder() as base:
        (base / "source.csv").write_bytes(raw)
        report = run_random(plan, base, output, engines=EVERY, limits=limits)
        assert report is None or report.rejected == Counter(
            each.reason for each in list_rejected_rows(plan.source, base)
        )
