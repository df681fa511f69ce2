"""What was redacted, as it is recorded: which files were made, how much was removed for which reason, and by whom.

The record never holds what was removed, nor the digest of a document as it was: whoever knows all of a text but a name
could find the name by trying. Those digests stay in a file at the desk, to which the record is bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal

from pydantic import Field

from fairshare.records.canonical import encode
from fairshare.records.kinds import Digest, Salt
from fairshare.records.kinds import Plan as PlanRecord
from fairshare.release.bundle_plan import FORMAT, ReasonCode
from fairshare.words import Person, Refused, Unsound, Value
from fairshare.words.reading import build
from fairshare.words.values import Line, Ref


class SamePerson(Refused):
    """The second person who checks a redaction is one of those who made it."""

    code = "REDACTION_SAME_PERSON"


class SourcesUnsound(Unsound):
    """The desk's own note of the documents before redaction is not the one that was recorded."""

    code = "REDACTION_SOURCES_UNSOUND"


class MadeFile(Value):
    """One redacted file."""

    item: Ref
    name: Line
    sha256: Digest
    media_type: Line
    treatment: Line
    removed: dict[ReasonCode, int]
    """How much was removed, by reason."""
    not_searched: tuple[Line, ...] = ()
    left_out: dict[Line, int] = Field(default_factory=dict)
    confirmed_by: tuple[Person, ...]
    needs_second_person: bool = False


class RedactionRecord(Value):
    """What was redacted for one bundle, and who checked it."""

    redaction: Literal["fairshare-redaction/1"] = FORMAT
    files: tuple[MadeFile, ...]
    sources: Digest
    """Of the desk's file that says what each document was before."""
    applied_by: Person
    checked_by: Person | None = None
    checked_on: date | None = None


class Sources(Value):
    """The documents before redaction, by their digests. Kept at the desk only."""

    salt: Salt
    sha256: dict[Digest, Ref]
    """By digest, the item that the document is."""

    @property
    def digest(self) -> str:
        """What the record is bound to; the salt keeps it from being guessed."""
        return sha256(encode(self)).hexdigest()


@dataclass(frozen=True)
class Redaction:
    """A redaction that a release may rest on: the record, with its id, and the documents before."""

    record: RedactionRecord
    id: str
    sources: Sources

    def made_for(self, item: str) -> tuple[MadeFile, ...]:
        """The redacted files of one item."""
        return tuple(each for each in self.record.files if each.item == item)


def find_redaction(record: PlanRecord, record_id: str, sources: Sources) -> Redaction:
    """What a plan record says of a redaction, with the desk's file of sources.

    Raises   SourcesUnsound when the two do not belong together.
    """
    found = build(RedactionRecord, record.plan, where="plan")
    if found.sources != sources.digest:
        raise SourcesUnsound(
            "the desk's note of the documents before redaction has been changed",
            fix="Redact the documents again.",
            where="redactions",
        )
    return Redaction(found, record_id, sources)


def is_redaction(record: object) -> bool:
    """Whether a record is about a redaction."""
    return isinstance(record, PlanRecord) and record.plan.get("redaction") == FORMAT


def is_same_person(one: Person, other: Person) -> bool:
    """Whether two names may be one person; when in doubt they are."""
    if one.identifier and one.identifier == other.identifier:
        return True
    return " ".join(one.name.split()).casefold() == " ".join(other.name.split()).casefold()


def check_second_person(record: RedactionRecord, by: Person) -> None:
    """Refuses somebody who confirmed a removal, or applied the plan, as the one who checks it."""
    made_by = [record.applied_by, *(each for file in record.files for each in file.confirmed_by)]
    if any(is_same_person(by, each) for each in made_by):
        raise SamePerson(
            "the person who checks a redaction cannot be one of those who made it",
            fix="Have somebody else compare the documents before and after.",
            where="checked_by",
        )


def count_removed(files: tuple[MadeFile, ...]) -> Mapping[ReasonCode, int]:
    """How much was removed from all of the files, by reason, in the order of the reasons."""
    total = {code: sum(file.removed.get(code, 0) for file in files) for code in ReasonCode}
    return {code: count for code, count in total.items() if count}


def list_unsearched(files: tuple[MadeFile, ...]) -> Iterator[str]:
    """Places whose words no program has read."""
    for number, file in enumerate(files, start=1):
        yield from (f"document {number}, {place}" for place in file.not_searched)
