"""A plain Delta table is shared out among workers; one that pip's Spark cannot read is refused, never half read."""

import deltalake
import pyarrow as pa
import pytest

from fairshare.release.plan import Plan
from fairshare.words import FairshareError
from tests.release.engines.tables import run_all

pytestmark = pytest.mark.xdist_group("spark")

PLAN = Plan.model_validate(
    {"name": "t", "source": {"format": "delta", "path": "t"}, "columns": [{"column": "id", "treatment": "keep"}]}
)


def test_a_plain_delta_table_is_read_and_one_with_deleted_rows_or_partitions_is_as_it_is_or_refused(tmp_path, limits):
    for place in range(2):
        deltalake.write_deltalake(str(tmp_path / "t"), pa.table({"id": [place, 7], "at": ["a", "b"]}), mode="append")
    report, rows = run_all(PLAN, tmp_path, "csv", engines=("memory", "duckdb", "spark"), limits=limits)
    assert rows == {("0",): 1, ("1",): 1, ("7",): 2}
    assert "The Delta table was read at version 1." in report.notes
    table = pa.table({"id": [1, 2], "at": ["a", "b"]})
    deltalake.write_deltalake(
        str(tmp_path / "t"), table, mode="overwrite", partition_by=["at"], schema_mode="overwrite"
    )
    with pytest.raises(FairshareError, match="ENGINE_UNFIT"):
        run_all(PLAN, tmp_path, "csv", engines=("spark",), limits=limits)
