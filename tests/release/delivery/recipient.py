"""A recipient, in a process of its own: reads with the public Delta Sharing client, and prints what it got."""

import json
import sys

import delta_sharing


def main(profile: str, what: str, *rest: str) -> None:
    client = delta_sharing.SharingClient(profile)
    if what == "tables":
        print(json.dumps(sorted(f"{each.share}.{each.schema}.{each.name}" for each in client.list_all_tables())))
    elif what == "load":
        name, *limit = rest
        frame = delta_sharing.load_as_pandas(f"{profile}#{name}", limit=int(limit[0]) if limit else None)
        print(json.dumps({"rows": len(frame), "columns": list(frame.columns), "first": frame.iloc[0].tolist() if len(frame) else None}, default=str))
    elif what == "walk":
        shares = client.list_shares()
        schemas = [each for share in shares for each in client.list_schemas(share)]
        tables = [each.name for schema in schemas for each in client.list_tables(schema)]
        print(json.dumps([[each.name for each in shares], [each.name for each in schemas], tables]))
    elif what == "hints":
        frame = delta_sharing.load_as_pandas(f"{profile}#{rest[0]}", jsonPredicateHints='{"op":"equal","children":[]}')
        print(json.dumps({"rows": len(frame)}))
    elif what == "metadata":
        print(delta_sharing.get_table_metadata(f"{profile}#{rest[0]}").schema_string)
        print(delta_sharing.get_table_version(f"{profile}#{rest[0]}"))
    elif what == "delta":
        print(len(delta_sharing.load_as_pandas(f"{profile}#{rest[0]}", use_delta_format=True)))


if __name__ == "__main__":
    main(*sys.argv[1:])
