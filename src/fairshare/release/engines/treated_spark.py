"""A plan's treated rows as one relation inside Spark, to be counted and added up by its workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from fairshare.release.engines import spark
from fairshare.release.engines.job import Job
from fairshare.release.engines.spark_session import speaking_plainly_of_spark
from fairshare.release.engines.spark_sql import quote_name
from fairshare.release.plan import output_types
from fairshare.release.treatments import Cell, ColumnType

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True)
class TreatedInSpark:
    """The treated rows in a Spark session."""

    engine: str
    columns: Mapping[str, ColumnType]
    session: SparkSession = field(repr=False)
    kept: list[DataFrame] = field(default_factory=list, repr=False)

    def quote(self, name: str) -> str:
        return quote_name(name)

    def query(self, sql: str) -> list[tuple[Cell, ...]]:
        with speaking_plainly_of_spark("engine"):
            return spark.fetch(self.session, sql)

    def keep(self, name: str, sql: str) -> None:
        with speaking_plainly_of_spark("engine"):
            # In the memory of the workers, and encrypted on their disks where that is too small.
            frame = self.session.sql(sql).persist()
            frame.createOrReplaceTempView(name)
        self.kept.append(frame)

    def load(self, name: str, columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]]) -> None:
        import pyarrow as pa

        given = {
            column: pa.array([_exact(row[place]) for row in rows], spark.ARROW_TYPES[kind](pa))
            for place, (column, kind) in enumerate(columns.items())
        }
        with speaking_plainly_of_spark("engine"):
            spark.hand_over(self.session, name, pa.table(given))

    def hash(self, seed: int, *sql: str) -> str:
        # Spark passes over nulls, so that rows which differ only in where one stands would be one.
        beside = [part for each in sql for part in (each, f"isnull({each})")]
        return f"xxhash64({', '.join([*beside, str(seed)])})"


def _exact(cell: Cell) -> Cell:
    return cell.quantize(Decimal("1.0000000000")) if isinstance(cell, Decimal) else cell


@contextmanager
def open_in_spark(job: Job) -> Iterator[TreatedInSpark]:
    """Opens a job's treated rows in Spark, every row of the source accounted for."""
    with spark.open_rows(job) as opened:
        opened.treated.createOrReplaceTempView("treated")
        treated = TreatedInSpark(spark.name_engine(), output_types(job.plan, opened.attached.schema), opened.spark)
        try:
            yield treated
        finally:
            for frame in treated.kept:
                frame.unpersist()
