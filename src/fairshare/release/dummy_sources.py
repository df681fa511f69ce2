"""What dummy data can look like, from a plan or from a source: names, types and what the plan says, never the rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fairshare.release.dummy import DummyColumn, DummySchema, guess_like
from fairshare.release.engines import Connections, schema_of
from fairshare.release.filters import Between, Equality, Membership
from fairshare.release.pets.private_statistics import KeyValue
from fairshare.release.plan import Plan
from fairshare.release.sources import CsvFile, Schema, Source
from fairshare.release.sources_csv import DATE_ORDER, type_of
from fairshare.release.treatments import AgeBand, ColumnType, GeneraliseDate, GeneralisePostcode, Keep
from fairshare.words import FairshareError
from fairshare.words.reading import build


def describe_source(source: Source, base: Path, *, connections: Connections | None = None) -> DummySchema:
    """The columns of a source by their names and types."""
    return _describe(schema_of(source, base, connections=connections), source, None)


def describe_plan(plan: Plan, base: Path, *, connections: Connections | None = None) -> DummySchema:
    """The columns of a plan's source: all of them if the source is there, and those that the plan names if not.

    What the plan's tests let through, and the values that it declares, are what the columns hold.
    """
    try:
        schema = schema_of(plan.source, base, connections=connections)
    except FairshareError:
        schema = _named_columns(plan)
    return _describe(schema, plan.source, plan)


def _named_columns(plan: Plan) -> Schema:
    """What a plan says of its source's columns without it: a CSV file's types, and what treatments and tests suit."""
    schema: Schema = {}
    for column in plan.columns:
        kind = ColumnType.DATE if isinstance(column, GeneraliseDate | AgeBand) else ColumnType.TEXT
        schema.setdefault(column.column, kind)
    for name in [test.column for test in plan.rows]:
        schema.setdefault(name, ColumnType.TEXT)
    if isinstance(plan.source, CsvFile):
        # A CSV column is text unless its type is written.
        schema = dict.fromkeys(schema, ColumnType.TEXT) | {n: type_of(t) for n, t in plan.source.types.items()}
    person = getattr(plan.publish, "person", None)
    if person:
        schema.setdefault(person, ColumnType.TEXT)
    return schema


def _describe(schema: Schema, source: Source, plan: Plan | None) -> DummySchema:
    columns = []
    for name, kind in schema.items():
        if kind is ColumnType.OTHER:
            continue
        found: dict[str, object] = {"name": name, "type": kind}
        if plan is not None:
            found |= _narrow(plan, name, kind)
        if kind is ColumnType.TEXT and "values" not in found and (like := _like(plan, name)):
            found["like"] = like
        written = source.types.get(name, "") if isinstance(source, CsvFile) else ""
        if written in DATE_ORDER:
            found["written"] = written
        columns.append(build(DummyColumn, found, where=f"columns: {name}"))
    return build(DummySchema, {"columns": tuple(columns)}, where="columns")


def _like(plan: Plan | None, name: str) -> str | None:
    treated = plan.columns if plan else ()
    if any(each.column == name and isinstance(each, GeneralisePostcode) for each in treated):
        return "postcode"
    return guess_like(name)


def _narrow(plan: Plan, name: str, kind: ColumnType) -> dict[str, object]:
    """What the plan says that a column holds."""
    for values in _declared(plan, name):
        return {"values": values}
    for test in plan.rows:
        match test:
            case Equality(column=column, test="equals", value=value) if column == name:
                return {"values": (value,)}
            case Membership(column=column, test="one_of", values=listed) if column == name:
                return {"values": listed}
            case Between(column=column, first=first, last=last) if column == name:
                return {end: value for end, value in (("first", first), ("last", last)) if value is not None}
    return {}


def _declared(plan: Plan, name: str) -> Iterator[tuple[KeyValue, ...]]:
    """The values that a publication declares for a column that goes as it is."""
    kept = {each.output for each in plan.sent if each.column == name and isinstance(each, Keep)}
    for key in getattr(plan.publish, "keys", ()):
        if key.column in kept and key.listed is not None:
            yield key.listed
