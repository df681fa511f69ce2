"""A request as a person writes it down, made into a Request record."""

from __future__ import annotations

from datetime import datetime

from fairshare.records.kinds import Request
from fairshare.words import BadInput, Person
from fairshare.words.reading import build, parse_json, parse_yaml

RECORD_FIELDS = frozenset({"kind", "version", "case", "salt", "follows", "made_at", "made_by"})
"""What the record adds; a person does not write these."""


def read_request(raw: bytes, *, where: str, case: str, salt: str, made_at: datetime, made_by: Person) -> Request:
    """A Request record from the YAML or JSON that a person filled in.

    Takes    raw: the fields of `fairshare.records.kinds.Request` but those that the record adds.
    Raises   BadInput when a field is missing, unknown or of the wrong type; the text names the field.
    """
    found = parse_json(raw, where=where) if raw.lstrip()[:1] == b"{" else parse_yaml(raw, where=where)
    if not isinstance(found, dict):
        raise BadInput("a request is a set of named fields", fix="Start from the example in the how-to.", where=where)
    extra = RECORD_FIELDS & found.keys()
    if extra:
        raise BadInput(f"{', '.join(sorted(extra))} is added by Fairshare", fix="Take it out of the file.", where=where)
    refs = [each.get("ref") for each in found.get("subjects") or () if isinstance(each, dict)]
    for each in found.get("items") or ():
        if isinstance(each, dict) and each.get("person") is not None and each["person"] not in refs:
            raise BadInput(
                "an item names a person who is not among the subjects",
                fix="Add the person under `subjects`, or correct the item's `person`.",
                where=f"{where}:items.{each.get('ref')}",
            )
    made = {**found, "case": case, "salt": salt, "made_at": made_at, "made_by": made_by}
    request = build(Request, made, where=where)
    for sort, names in (("subject", [s.ref for s in request.subjects]), ("item", [i.ref for i in request.items])):
        if len(set(names)) < len(names):
            raise BadInput(f"two {sort}s have the same ref", fix="Give each a ref of its own.", where=where)
    return request
