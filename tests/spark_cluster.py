"""A real Spark cluster for tests: one master and two workers, separate processes on loopback, gone at the end."""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

WORKERS = 2


@dataclass
class SparkCluster:
    """A running standalone cluster that only this test session knows."""

    master: str
    properties: Path
    folder: Path
    ports: list[bytes]
    """Those of its workers."""
    daemons: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def executors(self) -> list[int]:
        """The process ids of the executors that work for some run."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                command = (place / "cmdline").read_bytes()
            except OSError:
                continue
            if b"CoarseGrainedExecutorBackend" in command and any(port in command for port in self.ports):
                found.append(int(place.name))
        return found


def find_java() -> str | None:
    """The Java program; none if it is not installed."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java") or (shutil.which("java", path=f"{home}/bin") if home else None)


@contextmanager
def run_spark() -> Iterator[SparkCluster]:
    """Starts a private cluster out of pip's pyspark, or skips the test if there is no Java."""
    if find_java() is None:
        pytest.skip("Java is not installed: apt-get install openjdk-17-jre-headless")
    import pyspark

    home = Path(pyspark.__file__).parent
    folder = Path(tempfile.mkdtemp(prefix="fairshare-spark-"))
    ports = _free_ports(1 + WORKERS)
    cluster = SparkCluster(
        f"spark://127.0.0.1:{ports[0]}",
        folder / "driver.properties",
        folder,
        [f":{port}\0".encode() for port in ports[1:]],
    )
    kept = folder / "daemons.properties"
    secret = (
        f"spark.authenticate true\nspark.authenticate.secret {secrets.token_hex(32)}\n"
        "spark.network.crypto.enabled true\nspark.network.crypto.cipher AES/GCM/NoPadding\n"
    )
    # A machine that is busy with other tests answers late; nobody is given up for that.
    _write(kept, f"{secret}spark.worker.timeout 600\n")
    (folder / "events").mkdir(mode=0o700)
    _write(
        cluster.properties,
        f"{secret}spark.network.timeout 600s\n"
        "spark.driver.host 127.0.0.1\nspark.driver.bindAddress 127.0.0.1\nspark.executor.memory 600m\n"
        f"spark.cores.max 2\nspark.executor.cores 1\nspark.sql.shuffle.partitions 4\n"
        f"spark.eventLog.enabled true\nspark.eventLog.dir {folder / 'events'}\nspark.local.dir {folder / 'local'}\n"
        "spark.eventLog.logBlockUpdates.enabled true\nspark.eventLog.compress false\n",
    )
    (folder / "local").mkdir(mode=0o700)
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_LOCAL_DIRS": str(folder / "local"),
        "SPARK_CONF_DIR": str(folder),
    }

    def start(name: str, *arguments: object) -> None:
        with (folder / f"{name}.log").open("wb") as log:
            command = [home / "bin" / "spark-class", f"org.apache.spark.deploy.{name.partition('-')[0]}", *arguments]
            command += ["--properties-file", kept]
            cluster.daemons.append(
                subprocess.Popen([str(each) for each in command], stdout=log, stderr=log, cwd=folder, env=environment)
            )

    try:
        start("master.Master", "--host", "127.0.0.1", "--port", ports[0], "--webui-port", 0)
        _wait_for(ports[0], cluster.daemons[0])
        for place in range(WORKERS):
            at = ["--host", "127.0.0.1", "--port", ports[1 + place], "--webui-port", 0, "--cores", 1, "--memory", "1g"]
            start(f"worker.Worker-{place}", *at, "--work-dir", folder / f"work-{place}", cluster.master)
        yield cluster
    finally:
        for each in reversed(cluster.daemons):
            each.terminate()
        for each in cluster.daemons:
            each.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _write(path: Path, text: str) -> None:
    path.touch(0o600)
    path.write_text(text)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.socket() for _ in range(count)]
    for each in listeners:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in listeners]
    for each in listeners:
        each.close()
    return ports


def _wait_for(port: int, daemon: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        with socket.socket() as knocking:
            if knocking.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            daemon.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError("the Spark master stopped as it started")
    raise RuntimeError("the Spark master did not get ready")
