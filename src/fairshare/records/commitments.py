"""What a record commits to: its id, made so that single fields can be withheld later and everything still verifies.

A record's salt gives each field a salt of its own (HMAC-SHA-256 of the field's name). A field's *commitment* is the
SHA-256 of the canonical JSON of [its salt, its name, its value]; the record's *id* is the SHA-256 of the canonical JSON
of all its commitments by name. So a view of the record may show some fields with their salts, and only the commitments
of the rest: the id is the same, and the withheld values cannot be guessed, because their salts are not known.
"""

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from pydantic import JsonValue

from fairshare.records.canonical import encode
from fairshare.records.kinds import Record
from fairshare.words import SettingOutOfRange

Entropy = Callable[[int], bytes]
"""Where randomness comes from: so many bytes on each call. In use, `secrets.token_bytes`."""


def draw(entropy: Entropy, size: int) -> bytes:
    """Random bytes, exactly as many as asked for."""
    found = entropy(size)
    if len(found) != size:
        raise SettingOutOfRange(
            f"the source of randomness gave {len(found)} bytes instead of {size}",
            fix="Use secrets.token_bytes.",
            where="entropy",
        )
    return found


def new_salt(entropy: Entropy) -> str:
    """A fresh 128-bit salt for a record.

    >>> new_salt(lambda size: bytes(size))
    '00000000000000000000000000000000'
    """
    return draw(entropy, 16).hex()


def field_salt(salt: str, name: str) -> str:
    """The salt of one field, from which neither the record's salt nor another field's can be worked out."""
    return hmac.digest(bytes.fromhex(salt), name.encode(), "sha256").hex()


def commit_field(salt: str, name: str, value: JsonValue) -> str:
    """The commitment to one field, given the field's own salt."""
    return digest([salt, name, value])


def commit_fields(record: Record) -> dict[str, str]:
    """The commitment to each field of a record, by name. The salt is not one of them: the others depend on it."""
    return {
        name: commit_field(field_salt(record.salt, name), name, value)
        for name, value in record.model_dump(mode="json").items()
        if name != "salt"
    }


def combine(commitments: Mapping[str, str]) -> str:
    """The id of the record whose fields have these commitments."""
    return "sha256:" + digest(dict(commitments))


def record_id(record: Record) -> str:
    """The id of a record: a commitment to all of it, from which nothing in it can be guessed."""
    return combine(commit_fields(record))


def digest(value: Any) -> str:
    """The SHA-256 of a value's canonical JSON, in hexadecimal."""
    return sha256(encode(value)).hexdigest()
