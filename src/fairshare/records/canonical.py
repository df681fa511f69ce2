"""One way to write JSON down (RFC 8785), so that a record, a digest and a signature mean the same everywhere."""

from itertools import takewhile
from typing import Any

import rfc8785
from pydantic import BaseModel

from fairshare.records.kinds import (
    Agreement,
    AnyRecord,
    Decision,
    FullAgreement,
    Notice,
    Plan,
    Receipt,
    Record,
    Release,
    Request,
)
from fairshare.words import BadInput
from fairshare.words.reading import MAX_BYTES, MAX_INTEGER, build, parse_json

MODELS: dict[tuple[str, int], type[Record]] = {
    (model.model_fields["kind"].default, model.model_fields["version"].default): model
    for model in (Request, Decision, Agreement, FullAgreement, Notice, Plan, Release, Receipt)
}
"""The shape of each kind of record at each version of its schema.

When a shape changes, its new version is added here beside the old one, which stays: what was signed under version 1 is
read and verified as version 1 for ever.
"""


class NotCanonical(BadInput):
    """The JSON means something, but is not written in the one canonical way."""

    code = "NOT_CANONICAL"


class UnknownRecord(BadInput):
    """This is not one of the kinds of record."""

    code = "UNKNOWN_RECORD"


class NewerRecord(BadInput):
    """A later version of Fairshare made this record."""

    code = "NEWER_RECORD"


def encode(value: Any) -> bytes:
    """The canonical JSON of a value or of plain JSON.

    >>> encode({"b": 1.0, "a": "é"}).decode()
    '{"a":"é","b":1}'
    """
    try:
        plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
        _check_floats(plain)
        return rfc8785.dumps(plain)
    except (ValueError, RecursionError) as error:
        # ValueError is the library's own, and a lone surrogate in a name.
        raise NotCanonical(
            f"it has no canonical JSON: {type(error).__name__}",
            fix="Use whole numbers below 2**53, finite numbers and well-formed text.",
        ) from None


def _check_floats(value: Any) -> None:
    # These would be written as whole numbers that are too large to be read back.
    if isinstance(value, float) and MAX_INTEGER < abs(value) < 1e21:
        raise ValueError
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _check_floats(each)


def parse_canonical(raw: bytes, *, where: str, max_bytes: int = MAX_BYTES) -> Any:
    """Plain JSON out of bytes that must be its canonical form, to the byte."""
    if len(raw) > max_bytes:
        raise BadInput(f"it is larger than {max_bytes:,} bytes", fix="Give a smaller file.", where=where)
    found = parse_json(raw, where=where)
    check_same(found, raw, where=where)
    return found


def check_same(value: Any, raw: bytes, *, where: str) -> None:
    """Refuses bytes that are not the canonical JSON of `value`."""
    expected = encode(value)
    if expected != raw:
        byte = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(expected, raw, strict=False)))
        raise NotCanonical(
            "this is not the canonical JSON (RFC 8785) of its contents",
            where=f"{where}, byte {byte}",
            fix="Give the file as Fairshare wrote it; do not reformat it.",
        )


def find_model(kind: object, version: object, *, where: str) -> type[Record]:
    """The shape of a kind of record at a version of its schema."""
    known = [each for name, each in MODELS if name == kind]
    if not isinstance(kind, str) or not known:
        raise UnknownRecord("there is no such kind of record", fix="Give a record that Fairshare made.", where=where)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UnknownRecord(
            "a record's version is a whole number from 1", fix="Give the record as it was made.", where=where
        )
    if version > max(known):
        raise NewerRecord(
            f"this {kind} is version {version}, and this Fairshare knows versions up to {max(known)}",
            fix="Upgrade Fairshare, then read it again.",
            where=where,
        )
    return MODELS[kind, version]


def build_record(found: Any, *, where: str = "record") -> AnyRecord:
    """A record from plain JSON; every field must be there, in exactly the form it would be written in."""
    if not isinstance(found, dict):
        raise UnknownRecord("a record is a JSON object", fix="Give a record that Fairshare made.", where=where)
    record = build(find_model(found.get("kind"), found.get("version"), where=where), found, where=where)
    check_same(record, encode(found), where=where)
    return record  # type: ignore[return-value]  # MODELS holds exactly the members of AnyRecord


def parse_record(raw: bytes, *, where: str = "record") -> AnyRecord:
    """A record from its canonical JSON.

    Raises   NotCanonical, UnknownRecord, NewerRecord or BadInput; nothing else, whatever the bytes.
    """
    return build_record(parse_canonical(raw, where=where), where=where)
