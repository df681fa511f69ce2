"""Rows out of Spark as Arrow batches: a few partitions at a time, so that the driver holds a bounded share of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, TypeVar

from fairshare.release.engines.spark_session import WorkersLost, speaking_plainly_of_spark

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

T = TypeVar("T")

LOOK_EVERY_SECONDS = 5
LOOKS_WITHOUT_WORKERS = 60
WAVE_BYTES = 64 * 1024 * 1024
"""About what one wave of partitions may come to; two waves are held at once, and one partition at the least."""


def stream_batches(
    spark: SparkSession, frame: DataFrame, schema: pa.Schema, *, on_progress: Callable[[float], None] | None = None
) -> Iterator[pa.RecordBatch]:
    """The rows of a frame, each partition once: the next wave is made while the one before is taken."""
    import pyarrow as pa

    with speaking_plainly_of_spark("engine"):
        rows = frame._jdf.toArrowBatchRdd().toJavaRDD()
        partitions = int(rows.getNumPartitions())
        at_once = max(1, spark.sparkContext.defaultParallelism)
    done, width = 0, min(2, at_once)
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(_collect, spark, rows, range(0, min(width, partitions)))
        reach = min(width, partitions)
        while done < partitions:
            wave = _settle(spark, coming)
            taken, done = reach - done, reach
            size = sum(map(len, wave))
            width = max(1, min(at_once, WAVE_BYTES * taken // max(1, size)))
            reach = min(done + width, partitions)
            coming = ahead.submit(_collect, spark, rows, range(done, reach))
            for batch in wave:
                yield pa.ipc.read_record_batch(pa.py_buffer(batch), schema)
            if on_progress:
                on_progress(done / partitions)
    if on_progress and not partitions:
        on_progress(1.0)


def _collect(spark: SparkSession, rows: Any, partitions: range) -> list[bytes]:
    """Some partitions whole, by one job: a worker that is lost has its share done again by another."""
    from pyspark.serializers import NoOpSerializer
    from pyspark.util import _load_from_socket

    if not partitions:
        return []
    context: Any = spark.sparkContext
    numbers = context._jvm.java.util.ArrayList()
    for number in partitions:
        numbers.add(number)
    socket = context._jvm.PythonRDD.runJob(context._jsc.sc(), rows, numbers)
    with _load_from_socket(socket, NoOpSerializer()) as batches:
        return list(batches)


def watch(spark: SparkSession, act: Callable[[], T]) -> T:
    """Does something in Spark, and gives up when there is nobody left to do it."""
    with ThreadPoolExecutor(1) as beside:
        return _settle(spark, beside.submit(act))


def _settle(spark: SparkSession, coming: Future[T]) -> T:
    # Spark itself waits for a worker for ever.
    alone = 0
    while not wait([coming], timeout=LOOK_EVERY_SECONDS).done:
        alone = 0 if _has_workers(spark) else alone + 1
        if alone >= LOOKS_WITHOUT_WORKERS:
            with speaking_plainly_of_spark("engine"):
                spark.sparkContext.cancelAllJobs()
            raise WorkersLost(
                "the Spark cluster has no worker left for this run",
                fix="Check the cluster, and that its workers have the memory that an executor asks for.",
                where="engine",
            )
    with speaking_plainly_of_spark("engine"):
        return coming.result()


def _has_workers(spark: SparkSession) -> bool:
    context: Any = spark.sparkContext
    with speaking_plainly_of_spark("engine"):
        return bool(context.master.startswith("local") or context._jsc.sc().getExecutorMemoryStatus().size() > 1)
