"""One cluster for all of these tests."""

from collections.abc import Iterator

import pytest

from fairshare.release.engines import EngineLimits
from tests.spark_cluster import SparkCluster, run_spark


@pytest.fixture(scope="session")
def cluster() -> Iterator[SparkCluster]:
    """A master and two workers."""
    from fairshare.release.engines.spark_session import close_spark

    with run_spark() as running:
        yield running
        close_spark()


@pytest.fixture(scope="session")
def limits(cluster: SparkCluster) -> EngineLimits:
    """The one setting that moves a plan to the cluster, and the file that holds its secret."""
    return EngineLimits(spark_master=cluster.master, spark_properties=cluster.properties)
