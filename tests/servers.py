"""Real servers for tests, private to one test session and gone at its end."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "never-in-a-log"


@dataclass(frozen=True)
class PostgresServer:
    """A running PostgreSQL that only this test session knows."""

    binaries: Path
    port: int
    password: str = PASSWORD

    @property
    def connection(self) -> str:
        """A libpq connection string for its superuser."""
        return f"host=127.0.0.1 port={self.port} user=tester password={self.password} dbname=postgres"

    def execute(self, sql: str) -> str:
        """Runs SQL through psql and gives what it prints, unaligned."""
        done = subprocess.run(
            [self.binaries / "psql", self.connection, "-XAtq", "-v", "ON_ERROR_STOP=1"],
            input=sql,
            text=True,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def find_postgres() -> Path | None:
    """The folder that holds initdb, postgres and psql; none if PostgreSQL is not installed."""
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    for place in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql*/bin"):
        folders += sorted(Path("/").glob(place), reverse=True)
    return next(
        (each for each in folders if all((each / name).is_file() for name in ("initdb", "postgres", "psql"))), None
    )


@contextmanager
def run_postgres() -> Iterator[PostgresServer]:
    """Starts a private PostgreSQL on a free loopback port, or skips the test if it is not installed."""
    binaries = find_postgres()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    user = _someone_else()
    folder = Path(tempfile.mkdtemp(prefix="fairshare-postgres-"))
    server = None
    try:
        (folder / "password").write_text(PASSWORD)
        if user:
            for each in (folder, folder / "password"):
                shutil.chown(each, user)
        account = _account_of(user)
        subprocess.run(
            [
                binaries / "initdb",
                "-D",
                folder / "data",
                "-U",
                "tester",
                "--pwfile",
                folder / "password",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
            timeout=120,
            **account,
        )
        port = _free_port()
        log = (folder / "log").open("wb")
        server = subprocess.Popen(
            [
                binaries / "postgres",
                "-D",
                folder / "data",
                "-h",
                "127.0.0.1",
                "-p",
                str(port),
                "-k",
                folder,
                "-c",
                "fsync=off",
                "-c",
                "shared_buffers=16MB",
                "-c",
                "max_connections=20",
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            **account,
        )
        log.close()
        ready = [str(binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
        _wait_for_answer("PostgreSQL", ready, server)
        yield PostgresServer(binaries, port)
    finally:
        if server is not None:
            server.terminate()
            server.wait(timeout=30)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class MariaDbServer:
    """A running MariaDB that only this test session knows, with an empty database `made`."""

    folder: Path
    port: int
    password: str = PASSWORD

    @property
    def connection(self) -> str:
        """A connection string for its one user."""
        return f"host=127.0.0.1 port={self.port} user=tester password={self.password} database=made"

    def execute(self, sql: str) -> str:
        """Runs SQL as root through the server's own socket and gives what it prints."""
        done = subprocess.run(
            ["mariadb", "--no-defaults", f"--socket={self.folder / 'socket'}", "-uroot", "--batch", "-N", "made"],
            input=sql,
            text=True,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def find_mariadb() -> str | None:
    """The MariaDB server program; none if it is not installed."""
    return shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin:/usr/libexec:/opt/homebrew/opt/mariadb/bin")


@contextmanager
def run_mariadb() -> Iterator[MariaDbServer]:
    """Starts a private MariaDB on a free loopback port, or skips the test if it is not installed."""
    program = find_mariadb()
    if program is None:
        pytest.skip("MariaDB is not installed: apt-get install mariadb-server")
    user = _someone_else()
    folder = Path(tempfile.mkdtemp(prefix="fairshare-mariadb-"))
    server = None
    try:
        if user:
            shutil.chown(folder, user)
        account = _account_of(user)
        kept = ["--no-defaults", f"--datadir={folder / 'kept'}"]
        install = ["mariadb-install-db", *kept, "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(install, check=True, capture_output=True, cwd=folder, timeout=120, **account)
        port = _free_port()
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [program, *kept, f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", f"--port={port}",
                 "--bind-address=127.0.0.1", "--innodb-buffer-pool-size=16M", "--innodb-flush-log-at-trx-commit=0",
                 "--general-log=1", f"--general-log-file={folder / 'queries'}"],
                stdout=log, stderr=log, cwd=folder, **account,
            )  # fmt: skip
        ready = ["mariadb-admin", "--no-defaults", f"--socket={folder / 'socket'}", "-uroot", "ping"]
        _wait_for_answer("MariaDB", ready, server)
        running = MariaDbServer(folder, port)
        create = ["mariadb", "--no-defaults", f"--socket={folder / 'socket'}", "-uroot", "-e"]
        made = f"CREATE DATABASE made; GRANT ALL ON made.* TO tester@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'"
        subprocess.run([*create, made], check=True, capture_output=True, timeout=60)
        yield running
    finally:
        if server is not None:
            server.terminate()
            server.wait(timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for_answer(name: str, command: list[str], server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if subprocess.run(command, capture_output=True, check=False, timeout=30).returncode == 0:
            return
        try:
            server.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            continue
        raise RuntimeError(f"the {name} server stopped as it started")
    raise RuntimeError(f"the {name} server did not get ready")


def _someone_else() -> str | None:
    # PostgreSQL refuses to run as root.
    if os.geteuid() != 0:
        return None
    names = {each.pw_name for each in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _account_of(user: str | None) -> dict[str, object]:
    """How a process is started as somebody else."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
