"""Places to deliver to, as processes of their own: an S3-compatible store and SFTP servers; and a line that breaks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh
import boto3

from fairshare.desk.deliver_release import NamedPlace
from fairshare.release.deliveries.places import read_places
from tests.release.delivery.servers import free_port, stop, wait_for

SECRET = "never-in-a-log"
BUCKET = "collected-here"


def name_place(written: dict[str, Any], base: Path = Path()) -> NamedPlace:
    """A place as the desk's file would have it."""
    return NamedPlace("there", read_places({"there": written}, where="test")["there"], base)


@dataclass
class S3:
    """A running store."""

    port: int
    server: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def place(self, port: int | None = None, **changes: Any) -> NamedPlace:
        """The bucket as a place; `port` to reach it over a line."""
        written = {
            "kind": "s3",
            "recipient": "Mid University",
            "bucket": BUCKET,
            "prefix": "from/harbour",
            "endpoint": f"http://127.0.0.1:{port or self.port}",
            "access_key": "AKIAEXAMPLE",
            "secret_key": SECRET,
            "part_mb": 5,
        }
        return name_place(written | changes)

    def client(self) -> Any:
        """The test's own way in."""
        keys = {"aws_access_key_id": "AKIAOTHER", "aws_secret_access_key": "other", "region_name": "us-east-1"}
        return boto3.session.Session(**keys).client("s3", endpoint_url=self.url)  # type: ignore[arg-type]

    def names(self) -> list[str]:
        """What is in the bucket."""
        return [each["Key"] for each in self.client().list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def fetch(self, into: Path) -> Path:
        """Collects what is there, as its recipient would."""
        folder = into
        for name in self.names():
            folder = into / name.split("/")[-2]
            folder.mkdir(exist_ok=True, parents=True)
            self.client().download_file(BUCKET, name, str(folder / name.rpartition("/")[2]))
        return folder


@contextmanager
def run_s3(*, port: int | None = None, denying: bool = False) -> Iterator[S3]:
    """A moto server with a bucket. With `denying` it knows no credentials once the bucket is made."""
    at = port or free_port()
    environment = os.environ | ({"INITIAL_NO_AUTH_ACTION_COUNT": "1"} if denying else {})
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(at)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(at, server)
        store = S3(at, server)
        store.client().create_bucket(Bucket=BUCKET)
        yield store
    finally:
        stop(server)


class Line:
    """A line to a server that carries so many bytes towards it and then breaks, and counts what it carried."""

    def __init__(self, to: int, breaks_after: int | None = None, when_broken: Any = lambda: None) -> None:
        self.carried = 0
        self._to, self._limit, self._when_broken = to, breaks_after, when_broken
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Takes no more calls."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self._listener.accept()
                if self._is_broken():
                    caller.close()
                    continue
                try:
                    server = socket.create_connection(("127.0.0.1", self._to))
                except OSError:
                    caller.close()
                    continue
                for source, sink, counted in ((caller, server, True), (server, caller, False)):
                    threading.Thread(target=self._carry, args=(source, sink, counted), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(64 * 1024):
                if counted:
                    self.carried += len(chunk)
                    if self._is_broken():
                        self._when_broken()
                        break
                sink.sendall(chunk)
        for each in (source, sink):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _is_broken(self) -> bool:
        return self._limit is not None and self.carried >= self._limit


@dataclass
class Sftp:
    """An SFTP server's folder, keys and port; it is started and killed as the test likes."""

    folder: Path
    port: int

    @property
    def root(self) -> Path:
        return self.folder / "root"

    @property
    def counted(self) -> int:
        """How many bytes were written since it was started."""
        path = self.folder / "counted"
        return int(path.read_text()) if path.exists() else 0

    def place(self, **changes: Any) -> NamedPlace:
        """The folder as a place."""
        written = {
            "kind": "sftp",
            "recipient": "Mid University",
            "host": "127.0.0.1",
            "port": self.port,
            "user": "fairshare",
            "password": SECRET,
            "host_key": " ".join((self.folder / "host.pub").read_text().split()[:2]),
            "folder": "/in",
        }
        return name_place(
            {name: value for name, value in (written | changes).items() if value is not None}, self.folder
        )

    @contextmanager
    def run(self, *options: str) -> Iterator[None]:
        """Runs it with the faults that are asked for."""
        (self.folder / "counted").unlink(missing_ok=True)
        server = subprocess.Popen(
            [
                sys.executable, str(Path(__file__).with_name("sftp_server.py")), "--root", str(self.root),
                "--host-key", str(self.folder / "host"), "--counted", str(self.folder / "counted"),
                "--authorized", str(self.folder / "client.pub"), "--port", str(self.port), *options,
            ],
            start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(self.port, server)
            yield
        finally:
            stop(server)


def make_sftp(folder: Path) -> Sftp:
    """A folder to deliver into, with the server's key and a client's."""
    (folder / "root" / "in").mkdir(parents=True)
    for name in ("host", "client", "other"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(folder / name)
        key.write_public_key(folder / f"{name}.pub")
        (folder / name).chmod(0o600)
    return Sftp(folder, free_port())
