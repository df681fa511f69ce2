"""What the endpoint answers: the Delta Sharing protocol's JSON and lines of JSON, in its Parquet response format.

Source   the protocol as published at github.com/delta-io/delta-sharing, PROTOCOL.md.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fairshare.release.sharing.asked import Asked, Query, Turned, read_page, read_time
from fairshare.release.sharing.blocks import ShareIndex
from fairshare.release.sharing.gate import SharedTable

PREFIX = "delta-sharing"
FILES = "files"
VERSION = 0
"""A release never changes, so its table has one version."""
JSON = "application/json; charset=utf-8"
LINES = "application/x-ndjson; charset=utf-8"
_SAYS = {
    400: ("INVALID_PARAMETER_VALUE", "The request is not one that this server understands."),
    401: ("UNAUTHENTICATED", "The token is not valid."),
    403: ("PERMISSION_DENIED", "Nothing may be read with this token now. Ask whoever shares with you."),
    404: ("RESOURCE_DOES_NOT_EXIST", "There is nothing here under that name."),
    405: ("INVALID_PARAMETER_VALUE", "This cannot be done here."),
    413: ("INVALID_PARAMETER_VALUE", "The request is too long."),
    414: ("INVALID_PARAMETER_VALUE", "The address is too long."),
    416: ("INVALID_PARAMETER_VALUE", "The file has no such range."),
    429: ("RESOURCE_EXHAUSTED", "Too many wrong requests. Wait, and try again."),
    431: ("INVALID_PARAMETER_VALUE", "The headers are too long."),
    500: ("INTERNAL_ERROR", "Something went wrong here."),
    503: ("TEMPORARILY_UNAVAILABLE", "This cannot be answered now. Try again later."),
}


@dataclass(frozen=True)
class Answer:
    """A whole answer that is at hand."""

    status: int
    body: bytes
    kind: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    """How long the body would be, in an answer to HEAD."""


def refuse(status: int, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """The one answer that each status has."""
    code, says = _SAYS[status]
    return Answer(status, write_json({"errorCode": code, "message": says}), headers=headers)


def list_shares(asked: Asked, share: str) -> Answer:
    """The shares that a token opens: one, named after the case."""
    return _list(asked, [describe_share(share)])


def describe_share(share: str) -> dict[str, str]:
    """One share."""
    return {"name": share, "id": share}


def list_schemas(asked: Asked, tables: Sequence[SharedTable]) -> Answer:
    """The schemas of a share: one for each release."""
    return _list(asked, [{"name": each, "share": tables[0].share} for each in dict.fromkeys(t.schema for t in tables)])


def list_tables(asked: Asked, tables: Sequence[SharedTable]) -> Answer:
    """Tables, with the schemas and the share they are in."""
    return _list(
        asked,
        [{"name": t.name, "schema": t.schema, "share": t.share, "shareId": t.share, "id": name_id(t)} for t in tables],
    )


def name_id(table: SharedTable) -> str:
    """The id of a table: a part of its release's own."""
    return str(UUID(hex=table.release.removeprefix("sha256:")[:32]))


def check_format(asked: Asked) -> None:
    """Turns away a client that can read the Delta response format only."""
    if asked.capabilities and "parquet" not in asked.capabilities:
        raise Turned(400)


def check_version(query: Query, table: SharedTable) -> None:
    """Turns away a query for another version of the table than the one there is."""
    if query.version not in (None, VERSION) or query.startingVersion is not None or query.endingVersion is not None:
        raise Turned(400)
    if query.timestamp is not None and read_time(query.timestamp) < table.made_at:
        raise Turned(400)


def tell_version(asked: Asked, table: SharedTable) -> Answer:
    """Which version of a table there is, at or after a time if one is given."""
    start = asked.query.get("startingTimestamp")
    if start is not None and read_time(start) > table.made_at:
        raise Turned(400)
    return Answer(200, b"", LINES, _version())


def tell_metadata(table: SharedTable, index: ShareIndex) -> Answer:
    """A table's columns."""
    return _lines(_describe(table, index))


def tell_files(table: SharedTable, index: ShareIndex, address: str, until: datetime) -> Answer:
    """A table's columns, and the address of its file."""
    file = {
        "url": address,
        "id": name_id(table),
        "partitionValues": {},
        "size": index.bytes,
        "stats": json.dumps({"numRecords": index.rows}),
        "expirationTimestamp": int(until.timestamp() * 1000),
    }
    return _lines([*_describe(table, index), {"file": file}])


def write_json(value: Any) -> bytes:
    """JSON in one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _describe(table: SharedTable, index: ShareIndex) -> list[dict[str, Any]]:
    made = int(table.made_at.astimezone(UTC).timestamp() * 1000)
    return [
        {"protocol": {"minReaderVersion": 1}},
        {
            "metaData": {
                "id": name_id(table),
                "name": table.name,
                "format": {"provider": "parquet"},
                "schemaString": index.schema_string,
                "partitionColumns": [],
                "configuration": {},
                "createdTime": made,
                "numFiles": 1,
                "size": index.bytes,
            }
        },
    ]


def _list(asked: Asked, items: list[dict[str, str]]) -> Answer:
    start, most = read_page(asked)
    found: dict[str, Any] = {"items": items[start : start + most]}
    if start + most < len(items):
        found["nextPageToken"] = str(start + most)
    return Answer(200, write_json(found))


def _lines(lines: list[dict[str, Any]]) -> Answer:
    body = b"".join(write_json(each) + b"\n" for each in lines)
    return Answer(200, body, LINES, (*_version(), ("delta-sharing-capabilities", "responseformat=parquet")))


def _version() -> tuple[tuple[str, str], ...]:
    return (("Delta-Table-Version", str(VERSION)),)
