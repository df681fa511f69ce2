"""Connection strings of databases, by the names that plans use: a file that only its owner can read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fairshare.cli.forms import parse_written
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import read_file

FILE = "connections.yaml"
"""Where they are, in the desk's folder."""


class ConnectionMissing(NotFound):
    """A plan names a database connection that the desk does not hold."""

    code = "CONNECTION_MISSING"


class BadConnections(BadInput):
    """The file of connections is not what it should be."""

    code = "BAD_CONNECTIONS"


@dataclass(frozen=True)
class FileConnections:
    """The connections in a file: `NAME: host=... dbname=... user=...`, one to a line."""

    path: Path

    def connection_for(self, name: str) -> str:
        """The libpq connection string under this name."""
        if not self.path.is_file():
            raise self._missing()
        if self.path.stat().st_mode & 0o077:
            raise BadConnections(
                "others can read these connections", fix=f"Run: chmod 600 {self.path.name}", where=str(self.path)
            )
        found = parse_written(read_file(self.path, max_bytes=1024 * 1024), where=self.path.name)
        if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
            raise BadConnections(
                "it is not connections by name", fix="Write NAME: host=... dbname=...", where=str(self.path)
            )
        if name not in found:
            raise self._missing()
        return str(found[name])

    def _missing(self) -> ConnectionMissing:
        return ConnectionMissing(
            "the connection that the plan names is not there",
            fix=f"Write it into {FILE} as NAME: host=... dbname=..., readable by you only.",
            where=str(self.path),
        )
