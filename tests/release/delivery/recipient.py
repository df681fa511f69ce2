"""A recipient, in a process of its own: reads with the public Delta Sharing client, and prints what it got."""

import json
import sys

import delta_sharing
from fsspec.implementations.http import HTTPFile


def read_slowly(after: int) -> None:
    """A slow line: after some ranges of the file have come, says so, and waits to be told to go on."""
    fetch, count = HTTPFile._fetch_range, 0

    def fetch_slowly(self, start, end):
        nonlocal count
        count += 1
        if count == after:
            say("began")
            sys.stdin.readline()
        return fetch(self, start, end)

    HTTPFile._fetch_range = fetch_slowly


def say(found: object) -> None:
    """Tells the test."""
    sys.stdout.write(json.dumps(found, default=str) + "\n")
    sys.stdout.flush()


def load(address: str, **more: object) -> list[object]:
    """Loads a table as the client's own documentation says: its rows, its columns, and the first row."""
    frame = delta_sharing.load_as_pandas(address, **more)
    return [len(frame), list(frame.columns), frame.iloc[0].tolist() if len(frame) else None]


def read_all(profile: str) -> dict[str, object]:
    """Everything that the client can do with a table."""
    client = delta_sharing.SharingClient(profile)
    (table,) = client.list_all_tables()
    name = f"{table.share}.{table.schema}.{table.name}"
    address = f"{profile}#{name}"
    shares = client.list_shares()
    schemas = [each for share in shares for each in client.list_schemas(share)]
    found = {
        "name": name,
        "walked": [f"{each.share}.{each.schema}.{each.name}" for one in schemas for each in client.list_tables(one)],
        "whole": load(address),
        "limited": load(address, limit=7),
        "none": load(address, limit=0),
        "batches": load(address, convert_in_batches=True),
        "hinted": load(address, jsonPredicateHints='{"op":"equal","children":[]}'),
        "schema": json.loads(delta_sharing.get_table_metadata(address).schema_string),
        "version": delta_sharing.get_table_version(address),
    }
    try:
        load(address, use_delta_format=True)
    except Exception as error:
        found["delta"] = str(error)
    return found


def main(profile: str, *name: str) -> None:
    """Reads everything; or one table, slowly."""
    if not name:
        say(read_all(profile))
        return
    read_slowly(3)
    say(load(f"{profile}#{name[0]}"))


if __name__ == "__main__":
    main(*sys.argv[1:])
