"""The files that a person fills in for a command: the terms of an agreement, and what is to be released."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import Field, model_validator

from fairshare.records import Party, ReleaseKind, read_keys
from fairshare.release.bundle_told import ToldNote
from fairshare.words import BadInput, Organisation, Period, Person, Value
from fairshare.words.reading import build, parse_json, parse_yaml, read_file
from fairshare.words.values import Line, Ref, Text

Form = TypeVar("Form", bound=Value)


class WrittenParty(Value):
    """One party, with the file of the public key that it gave."""

    organisation: Organisation
    role: Literal["discloser", "recipient", "both"]
    key_file: Line
    contact: Person


class TermsForm(Value):
    """What the parties settled, beside what the decision says already."""

    title: Line
    valid: Period
    review_on: date
    parties: tuple[WrittenParty, ...]
    terms: dict[Line, Text] = Field(default_factory=dict)

    def find_parties(self, base: Path) -> list[Party]:
        """The parties with their key ids; key files are looked for in `base`."""
        return [_find_party(each, base) for each in self.parties]


class WrittenTable(Value):
    """A table: its plan, and which items and people its columns and rows are."""

    plan: Line
    """The plan's file, beside this one."""
    name: Line = "table"
    format: Literal["csv", "parquet"] = "csv"
    engine: Literal["duckdb", "spark", "memory"] = "duckdb"
    items: dict[Line, tuple[Ref, ...]] = Field(default_factory=dict)
    """By column as it is sent, the items it carries where those are more than the one that the plan names."""
    people_column: Line | None = None
    people: dict[str, Ref] = Field(default_factory=dict)
    """By what stands in that column, whose row it is."""
    rows_per_part: int | None = Field(default=None, ge=1)
    """Make it in files of so many rows of the source, so that a run cut short goes on where it was."""


class WrittenFile(Value):
    """One file chosen to go, or uploaded."""

    item: Ref
    path: Line
    name: Line | None = None
    media_type: Line = "application/octet-stream"
    treatment: Line | None = None


class WrittenTold(Value):
    """What was said, shown or uploaded."""

    account: Text = ""
    items: dict[Ref, Line | None] = Field(default_factory=dict)
    """Each item told, with what was left out of it, if anything was."""
    note: ToldNote | None = None
    """In place of both: who told whom, when, how the person was known, and what was said of each item."""

    @model_validator(mode="after")
    def _is_told_one_way(self) -> WrittenTold:
        if (self.note is None) == (not self.account and not self.items):
            raise ValueError("give an account with its items, or a note, and not both")
        return self


class CasePeopleForm(Value):
    """Who is in the documents of a case, beside its subjects, and what could lead to somebody at risk."""

    subjects: tuple[Line, ...] = ()
    third_parties: tuple[Line, ...] = ()
    at_risk: tuple[Line, ...] = ()


class ReleaseForm(Value):
    """What is to be released: its kind, its items, the channel, and a table, files, or what is told."""

    kind: ReleaseKind
    items: tuple[Ref, ...]
    channel: Line
    table: WrittenTable | None = None
    files: tuple[WrittenFile, ...] = ()
    told: WrittenTold | None = None
    at_risk: tuple[Ref, ...] = ()
    """Items that could lead to somebody at risk; a second person must have checked the release."""
    checked_by: Person | None = None
    handed_over: Literal["sealed", "delta_sharing"] = "sealed"
    """As sealed files, or kept here to be read by Delta Sharing, with a token, while the agreement is in force."""
    deliver_to: Line | None = None
    """For sealed files: the place, by its name in the desk's file of places, that they are put into when made."""


def read_form(form: type[Form], path: Path) -> Form:
    """A form from YAML or JSON; raises BadInput, naming the field."""
    return build(form, parse_written(read_file(path), where=path.name), where=path.name)


def parse_written(raw: bytes, *, where: str) -> Any:
    """What a person wrote, as JSON if it starts like it, else as YAML."""
    return (parse_json if raw.lstrip()[:1] in (b"{", b"[") else parse_yaml)(raw, where=where)


def _find_party(written: WrittenParty, base: Path) -> Party:
    keys = list(read_keys(base / written.key_file))
    if len(keys) != 1:
        raise BadInput("a party signs with one key", fix="Give a file with one public key.", where=written.key_file)
    return Party(organisation=written.organisation, role=written.role, key=keys[0].kid, contact=written.contact)
