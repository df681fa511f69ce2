"""Views of a record with fields withheld, and what is left of one that was disposed of; both keep its id.

What a verifier needs to follow the chain, and which says nothing about anyone, is never withheld: the *skeleton*.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, JsonValue, StringConstraints, TypeAdapter, ValidationError

from fairshare.records.canonical import NotCanonical, build_record, check_same, encode, find_model, parse_canonical
from fairshare.records.commitments import combine, commit_field, digest, field_salt
from fairshare.records.keys import Keys, PublicKey, SigningKey
from fairshare.records.kinds import Digest, Record, RecordId, Salt
from fairshare.records.signing import MAX_SIGNATURES, Signature, SignedRecord, check_signature, sign
from fairshare.words import BadInput, Refused, Unsound
from fairshare.words.reading import build
from fairshare.words.values import Person, Text, Value

_EVERY_SKELETON = frozenset({"kind", "version", "case", "follows", "made_at"})
_MORE_SKELETON = {
    "notice": frozenset({"agreement"}),
    "release": frozenset({"decision", "agreement", "plan"}),
    "receipt": frozenset({"release"}),
}
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class CannotWithhold(Refused):
    """A field was named that the record does not have, or that the chain cannot do without."""

    code = "CANNOT_WITHHOLD"


class BrokenRecord(Unsound):
    """What is shown of a record is not part of it, or not all that it must show."""

    code = "BROKEN_RECORD"


class Shown(Value):
    """One field as it stands in the record, with its own salt, so that its commitment can be worked out."""

    salt: Digest
    value: JsonValue


class Tombstone(Value):
    """Who disposed of a record's contents, when and why; signed, and logged like a record."""

    record: RecordId
    salt: Salt
    by: Person
    at: AwareDatetime
    reason: Text
    signature: Signature

    @property
    def id(self) -> str:
        """What the signature is over, and what stands in the log."""
        return "sha256:" + digest(self.model_dump(mode="json", exclude={"signature"}))


class PartialRecord(Value):
    """A record of which some fields are withheld, or, with a tombstone, gone."""

    shown: dict[FieldName, Shown]
    withheld: dict[FieldName, Digest]
    """The commitments to the fields that are not shown."""
    signatures: Annotated[tuple[Signature, ...], Field(min_length=1, max_length=MAX_SIGNATURES)]
    tombstone: Tombstone | None = None

    @property
    def id(self) -> str:
        """The record's id: the same as when everything was shown."""
        shown = {name: commit_field(each.salt, name, each.value) for name, each in self.shown.items()}
        return combine(self.withheld | shown)


StoredRecord = SignedRecord | PartialRecord
"""A record as it is kept or handed over: whole, in part, or disposed of."""


@dataclass(frozen=True)
class RecordView:
    """What can be read of a stored record, whole or not: its id, kind and typed fields by name."""

    id: str
    kind: str
    model: type[Record]
    fields: Mapping[str, Any]
    stored: StoredRecord

    def shows(self, *names: str) -> bool:
        """Whether all of these fields can be read."""
        return all(name in self.fields for name in names)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    @property
    def tombstone(self) -> Tombstone | None:
        """Who disposed of it, when and why, if somebody did."""
        return self.stored.tombstone if isinstance(self.stored, PartialRecord) else None


def find_skeleton(kind: str) -> frozenset[str]:
    """The fields of a kind of record that are always shown."""
    return _EVERY_SKELETON | _MORE_SKELETON.get(kind, frozenset())


def withhold_fields(stored: StoredRecord, names: Collection[str] | None = None) -> PartialRecord:
    """A view of a record without these fields, or with its skeleton only; its id and signatures stay good.

    Raises   CannotWithhold for a field that the record does not have or that the chain cannot do without.
    """
    view = view_record(stored)
    every = set(view.model.model_fields) - {"salt"}
    hidden = every - find_skeleton(view.kind) if names is None else set(names)
    if unfit := sorted(hidden - every) or sorted(hidden & find_skeleton(view.kind)):
        raise CannotWithhold(
            f"{unfit[0][:60]!r} cannot be withheld from a {view.kind}",
            fix="Name only fields that it has and that the chain can do without.",
            where=view.id,
        )
    part = _split(stored) if isinstance(stored, SignedRecord) else stored
    return PartialRecord(
        shown={name: each for name, each in part.shown.items() if name not in hidden},
        withheld=part.withheld
        | {name: commit_field(each.salt, name, each.value) for name, each in part.shown.items() if name in hidden},
        signatures=part.signatures,
        tombstone=part.tombstone,
    )


def dispose_record(
    stored: StoredRecord, *, by: Person, at: AwareDatetime, reason: str, salt: str, key: SigningKey
) -> PartialRecord:
    """What to keep in place of a record whose contents are disposed of: its skeleton, and a signed tombstone.

    Append the tombstone's id to the log, and delete every copy of the record.
    """
    if isinstance(stored, PartialRecord) and stored.tombstone is not None:
        raise CannotWithhold("it was disposed of already", fix="Nothing more is needed.", where=stored.id)
    said = {"record": stored.id, "salt": salt, "by": by, "at": at, "reason": reason}
    draft = build(Tombstone, said | {"signature": f"A..{'A' * 86}"}, where="tombstone")
    tombstone = draft.model_copy(update={"signature": sign(draft.id, key, "fairshare-tombstone")})
    return withhold_fields(stored).model_copy(update={"tombstone": tombstone})


def check_tombstone(tombstone: Tombstone, keys: Keys) -> PublicKey:
    """Who signed a tombstone, its signature being by one of `keys`."""
    return check_signature(tombstone.signature, tombstone.id, keys, "fairshare-tombstone")


def view_record(stored: StoredRecord) -> RecordView:
    """What can be read of a record, every field shown being one that its kind has, in the form it is written in.

    Raises   BrokenRecord if fields are missing or too many, or a tombstone is another record's.
    """
    if isinstance(stored, SignedRecord):
        record = stored.record
        fields = {name: getattr(record, name) for name in type(record).model_fields}
        return RecordView(stored.id, record.kind, type(record), fields, stored)
    found = {name: each.value for name, each in stored.shown.items()}
    model = find_model(found.get("kind"), found.get("version"), where="kind")
    kind = str(found["kind"])
    every = set(model.model_fields) - {"salt"}
    if missing := find_skeleton(kind) - set(found):
        raise BrokenRecord(f"a {kind} must show its {min(missing)}", fix="Ask for a view that shows it.")
    if set(found) & set(stored.withheld) or set(found) | set(stored.withheld) != every:
        raise BrokenRecord(f"these are not the fields of a {kind}", fix="Ask for the record again.")
    if stored.tombstone is not None and stored.tombstone.record != stored.id:
        raise BrokenRecord("the tombstone is another record's", fix="Ask for the record again.")
    fields = {name: _read_field(model, name, value) for name, value in found.items()}
    return RecordView(stored.id, kind, model, fields, stored)


def build_stored(found: Any, *, where: str = "record") -> StoredRecord:
    """A stored record from plain JSON; its signatures are not checked here."""
    if not isinstance(found, dict):
        raise BadInput("a stored record is a JSON object", fix="Give it as it was written.", where=where)
    if "record" in found:
        record = build_record(found["record"], where=f"{where}.record")
        return build(SignedRecord, found | {"record": record}, where=where)
    part = build(PartialRecord, found, where=where)
    view_record(part)
    return part


def parse_stored(raw: bytes, *, where: str = "stored record") -> StoredRecord:
    """A stored record, whole or in part, from its canonical JSON."""
    stored = build_stored(parse_canonical(raw, where=where), where=where)
    check_same(stored, raw, where=where)
    return stored


def _split(signed: SignedRecord) -> PartialRecord:
    found = signed.record.model_dump(mode="json")
    salt = found.pop("salt")
    shown = {name: Shown(salt=field_salt(salt, name), value=value) for name, value in found.items()}
    return PartialRecord(shown=shown, withheld={}, signatures=signed.signatures)


def _read_field(model: type[Record], name: str, value: JsonValue) -> Any:
    adapter = _adapt(model, name)
    try:
        found = adapter.validate_python(value)
    except (ValidationError, RecursionError):
        raise BrokenRecord("a field is not what it should be", fix="Ask for the record again.", where=name) from None
    if encode(adapter.dump_python(found, mode="json")) != encode(value):
        raise NotCanonical("a field is not in its one form", fix="Ask for the record again.", where=name)
    return found


@cache
def _adapt(model: type[Record], name: str) -> TypeAdapter[Any]:
    field = model.model_fields[name]
    return TypeAdapter(Annotated[field.annotation, field])  # type: ignore[arg-type]
