"""A Spark session that shows its work to nobody: authenticated, encrypted on the wire and on every disk it spills to.

Which cluster is one setting: the address of its master, or `local[*]` for this machine alone.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from logging import getLogger
from pathlib import Path
from subprocess import DEVNULL
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any

from fairshare.release.engines import EngineLimits
from fairshare.release.engines.session import (
    NO_LABEL,
    OUT_OF_CALENDAR,
    EngineFailed,
    MemoryExceeded,
    ValueUnreadable,
    refuse_value_without_label,
)
from fairshare.release.sources import SourceUnreadable
from fairshare.words import BadInput, FairshareError, MissingPart

if TYPE_CHECKING:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

LOCAL = "local[*]"
MASTER = "FAIRSHARE_SPARK_MASTER"
"""The Spark cluster that plans run on, such as `spark://host:7077`; without it Spark runs on this machine alone."""
PROPERTIES = "FAIRSHARE_SPARK_PROPERTIES"
"""A file of Spark properties with the cluster's secret, which only its owner may read."""
MAX_PROPERTIES = 1_000

ALWAYS = {
    "spark.app.name": "fairshare",
    # Who may connect, and what passes between processes, unread by anybody else.
    "spark.authenticate": "true",
    "spark.network.crypto.enabled": "true",
    # Shuffles and blocks that do not fit into memory go to disk, and never in the clear.
    "spark.io.encryption.enabled": "true",
    "spark.io.encryption.keySizeBits": "256",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # Given values and keys stay out of the plan: none of them is folded into a literal.
    "spark.sql.execution.arrow.localRelationThreshold": "0",
    "spark.sql.catalogImplementation": "in-memory",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.legacy.javaCharsets": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.parquet.datetimeRebaseModeInRead": "CORRECTED",
    "spark.sql.parquet.int96RebaseModeInRead": "CORRECTED",
    "spark.sql.legacy.parquet.nanosAsLong": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    # The driver takes a few partitions at a time, so it bounds what it holds by itself.
    "spark.driver.maxResultSize": "0",
}
UNLESS_GIVEN = {
    "spark.sql.files.maxPartitionBytes": "16m",
    # The master must have the same; it refuses tampering, which Spark's own default does not.
    "spark.network.crypto.cipher": "AES/GCM/NoPadding",
}
ON_ONE_MACHINE = {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


class SparkSettingsUnfit(BadInput):
    """The file of Spark properties cannot be read, is open to others, or the process has a Spark of its own."""

    code = "SPARK_SETTINGS_UNFIT"


class ClusterUnreachable(FairshareError):
    """The Spark cluster cannot be joined: it is not there, or does not share the secret or the cipher of this side."""

    code = "CLUSTER_UNREACHABLE"


class WorkersLost(FairshareError):
    """The Spark cluster has no worker left for the run, or never gave it one."""

    code = "WORKERS_LOST"


@dataclass(frozen=True)
class Settings:
    """What a session is started with; another session is started when one of them changes."""

    master: str
    memory_mb: int
    given: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass
class _Held:
    context: SparkContext | None = None
    settings: Settings | None = None


_held = _Held()
_lock = Lock()


@contextmanager
def open_spark(limits: EngineLimits) -> Iterator[SparkSession]:
    """A session with views and settings of its own. The process keeps its connection to the cluster for the next."""
    with speaking_plainly_of_spark("engine"):
        with _lock:
            context = _connect(find_settings(limits))
        from pyspark.sql import SparkSession

        session = SparkSession(context).newSession()
    yield session


def close_spark() -> None:
    """Leaves the cluster; the next run joins it again."""
    with _lock:
        _leave()


def _leave() -> None:
    if _held.context is not None:
        try:
            _held.context.stop()
        except Exception:  # its Java process is gone, so there is nothing left to leave: the next run starts another
            _forget_java(type(_held.context))
    _held.context = _held.settings = None


def _forget_java(context: type[SparkContext]) -> None:
    context._gateway = context._jvm = context._active_spark_context = None


def find_settings(limits: EngineLimits) -> Settings:
    """The master and the properties that a run is to use: those of its limits, else those of the environment."""
    master = limits.spark_master or os.environ.get(MASTER) or LOCAL
    path = limits.spark_properties or (Path(named) if (named := os.environ.get(PROPERTIES)) else None)
    return Settings(master, limits.memory_mb, tuple(sorted(read_properties(path).items())) if path else ())


def read_properties(path: Path) -> dict[str, str]:
    """Spark properties from a file, one `name value` to a line; it may hold a secret, so nobody else may read it."""
    try:
        if path.stat().st_mode & 0o077:
            raise SparkSettingsUnfit(
                "others may read the file of Spark properties",
                fix=f"Run: chmod 600 {path.name}",
                where=path.name,
            )
        lines = path.read_text(encoding="utf-8").splitlines()[:MAX_PROPERTIES]
    except (OSError, UnicodeDecodeError):
        raise SparkSettingsUnfit(
            "the file of Spark properties cannot be read", fix="Check its path and permissions.", where=path.name
        ) from None
    found = {}
    for line in lines:
        if not (text := line.strip()) or text.startswith("#"):
            continue
        name, _, value = text.partition(" ") if " " in text else text.partition("=")
        if not name.startswith("spark.") or not value.strip():
            raise SparkSettingsUnfit(
                "a line of the file of Spark properties is not `spark.name value`",
                fix="Write one property to a line.",
                where=path.name,
            )
        found[name] = value.strip()
    return found


def _connect(settings: Settings) -> SparkContext:
    if _held.context is not None and _held.settings == settings and not _has_stopped(_held.context):
        return _held.context
    _leave()
    check_spark()
    from pyspark import SparkConf, SparkContext

    # PySpark prints its errors, and with them whatever they quote.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        getLogger(name).disabled = True
    if SparkContext._active_spark_context is not None:
        raise SparkSettingsUnfit(
            "this process has a Spark session of somebody else",
            fix="Stop it first: a release must not run in a session that may log its plans.",
            where="engine",
        )
    gateway = SparkContext._gateway or _launch(settings.memory_mb)
    local = ON_ONE_MACHINE if settings.master.startswith("local") else {}
    chosen = UNLESS_GIVEN | local | dict(settings.given) | ALWAYS | {"spark.master": settings.master}
    # The properties reach Java over a socket; on a command line, every user of this machine could read the secret.
    try:
        context = SparkContext(conf=SparkConf(loadDefaults=False).setAll(list(chosen.items())), gateway=gateway)
    except Exception:
        raise ClusterUnreachable(
            "the Spark cluster cannot be joined",
            fix="Check its address, and that the file of properties has the secret and the cipher of its master.",
            where="engine",
        ) from None
    context.setLogLevel("OFF")
    _held.context, _held.settings = context, settings
    return context


def _has_stopped(context: SparkContext) -> bool:
    try:
        return context._jsc is None or bool(context._jsc.sc().isStopped())
    except Exception:  # its Java process is gone
        return True


def check_spark() -> None:
    """Raises MissingPart if Spark or Java is not installed."""
    if find_spec("pyspark") is None or find_spec("pyarrow") is None:
        raise MissingPart("Spark is not installed", where="engine", fix="Run: pip install 'fairshare[spark]'")
    home = os.environ.get("JAVA_HOME")
    if not shutil.which("java") and not (home and (Path(home) / "bin" / "java").is_file()):
        raise MissingPart(
            "Spark needs Java 17, which is not installed",
            where="engine",
            fix="On Debian and Ubuntu run: apt-get install openjdk-17-jre-headless",
        )


def _launch(memory_mb: int) -> Any:
    """Starts Java, which writes nothing: what it would print may quote values."""
    from pyspark.java_gateway import launch_gateway

    with TemporaryDirectory(prefix="fairshare-spark-") as empty:
        chosen = {
            "SPARK_CONF_DIR": empty,
            "SPARK_DRIVER_MEMORY": f"{max(512, memory_mb)}m",
            "PYSPARK_SUBMIT_ARGS": "pyspark-shell",
        }
        before = {name: os.environ.get(name) for name in chosen}
        os.environ.update(chosen)
        try:
            return launch_gateway(popen_kwargs={"stdout": DEVNULL, "stderr": DEVNULL})  # type: ignore[no-untyped-call]
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


@contextmanager
def speaking_plainly_of_spark(where: str) -> Iterator[None]:
    """Turns Spark's errors into ours. Its messages quote values, plans and paths, so none survives."""
    try:
        yield
    except FairshareError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("pyspark", "py4j"):
            raise
        raise _explain(str(error), type(error).__name__, where) from None


def _explain(text: str, name: str, where: str) -> FairshareError:
    if OUT_OF_CALENDAR in text:
        return ValueUnreadable(
            f"the source holds {OUT_OF_CALENDAR}",
            fix="Leave that column out, filter those rows out, or correct them.",
            where=where,
        )
    if found := re.search(f"{NO_LABEL}(.*) SQLSTATE", text):
        return refuse_value_without_label(found[1])
    if "OutOfMemoryError" in text or "UNABLE_TO_ACQUIRE_MEMORY" in text:
        return MemoryExceeded(
            "the run needs more memory than it may use",
            fix="Allow it more memory, send fewer columns at once, or group by fewer.",
            where=where,
        )
    if any(each in text for each in ("FAILED_READ_FILE", "PATH_NOT_FOUND", "FileNotFound", "CANNOT_READ_FILE")):
        return SourceUnreadable(
            "a file of the source cannot be read by every worker",
            fix="Check that it is whole, and at the same path on every machine of the cluster.",
            where=where,
        )
    return EngineFailed(
        f"Spark stopped with {name}",
        fix="Check the source and the cluster; if both are sound, report this with the plan.",
        where=where,
    )
