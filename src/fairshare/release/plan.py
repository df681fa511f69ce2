"""The plan of a table release, as data: which columns of which source may go, treated how, for which rows.

Nothing goes unless the plan names it. A plan is checked twice: on its own when it is built, and against the columns of
its source before anything is read (`check_plan`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import Field, JsonValue, StringConstraints, TypeAdapter, model_validator

from fairshare.release.filters import AnyTest, check_test
from fairshare.release.opt_outs import OptOut, OptOutUnfit
from fairshare.release.pets.private_statistics import PrivateStatistics
from fairshare.release.pets.synthetic_plan import SyntheticPeople
from fairshare.release.sources import CsvFile, Schema, Source, XlsxSheet
from fairshare.release.tables import SafeTable
from fairshare.release.treatments import (
    AnyTreatment,
    Bands,
    ColumnName,
    ColumnTreatment,
    ColumnType,
    Drop,
    Label,
    OutputName,
    OutputNameUnfit,
    Pseudonymise,
)
from fairshare.release.treatments_groups import AnyGroup, GroupUnfit, check_groups
from fairshare.words import BadInput
from fairshare.words.reading import build, parse_json, parse_yaml
from fairshare.words.values import Line, Value

MAX_PLAN_BYTES = 16 * 1024 * 1024
AnyPublication = Annotated[PrivateStatistics | SafeTable | SyntheticPeople, Field(discriminator="publish")]


class UnknownColumn(BadInput):
    """A plan names a column that its source does not have."""

    code = "UNKNOWN_COLUMN"


class DuplicateOutput(BadInput):
    """Two columns would go under one name, or a column is both sent and held back."""

    code = "DUPLICATE_OUTPUT"


class NothingToSend(BadInput):
    """A plan sends no column at all."""

    code = "NOTHING_TO_SEND"


class LookupTable(BadInput):
    """A plan sends a column as it is and pseudonymised, which together turn every pseudonym back."""

    code = "LOOKUP_TABLE"


class TreatmentUnfit(BadInput):
    """A treatment does not suit what its column holds."""

    code = "TREATMENT_UNFIT"


class Plan(Value):
    """What may go, from where, for whom and how treated. Columns that are not named stay where they are."""

    name: Annotated[Line, StringConstraints(max_length=200)]
    source: Source
    columns: Annotated[tuple[AnyTreatment, ...], Field(min_length=1, max_length=2000)]
    """In the order in which they go."""
    rows: Annotated[tuple[AnyTest, ...], Field(max_length=200)] = ()
    """Tests that a row must pass, every one of them; without any, all rows go."""
    groups: Annotated[tuple[AnyGroup, ...], Field(max_length=20)] = ()
    publish: AnyPublication | None = None
    """What goes in place of rows, if rows themselves do not go."""
    person: ColumnName | None = None
    """The column of the source that says whose each row is, for comparing releases; it need not be sent."""
    opt_outs: Annotated[tuple[OptOut, ...], Field(max_length=50)] = ()
    """Lists of people who opted out or objected; those that apply become tests among `rows`."""

    @model_validator(mode="after")
    def _opt_outs_are_tests(self) -> Plan:
        names = [each.name.casefold() for each in self.opt_outs]
        if len(set(names)) < len(names):
            raise OptOutUnfit("two lists of opt-outs have one name", fix="Tell them apart.", where="opt_outs")
        sent = {each.column for each in self.sent}
        tests = (each.test for each in self.opt_outs if each.holds_back(sent))
        added = tuple(each for each in dict.fromkeys(tests) if each not in self.rows)
        if added:
            # Among the tests, where every engine applies them in one way.
            object.__setattr__(self, "rows", (*self.rows, *added))
        return self

    @model_validator(mode="after")
    def _outputs_differ(self) -> Plan:
        seen: set[str] = set()
        for place, column in enumerate(self.sent):
            _check_output_name(column, place)
            if column.output.casefold() in seen:
                raise DuplicateOutput(
                    f"two columns would go as {column.output!r}",
                    fix="Give one of them `sent_as`.",
                    where=f"columns: {column.column}",
                )
            seen.add(column.output.casefold())
        if not seen:
            raise NothingToSend(
                "the plan holds every column back", fix="Name at least one column to send.", where="columns"
            )
        both = {each.column for each in self.columns if isinstance(each, Drop)} & {each.column for each in self.sent}
        if both:
            raise DuplicateOutput(
                "a column is both sent and dropped", fix="Keep one of the two lines.", where=f"columns: {min(both)}"
            )
        return self

    @model_validator(mode="after")
    def _no_pseudonym_beside_its_value(self) -> Plan:
        plain = {each.column for each in self.sent if each.treatment == "keep"}
        for each in self.sent:
            if isinstance(each, Pseudonymise) and each.column in plain:
                raise LookupTable(
                    "a column is sent both as it is and pseudonymised, which would turn every pseudonym back",
                    fix="Send one of the two. Pseudonyms are turned back with `fairshare keys relink`, and on record.",
                    where=f"columns: {each.column}",
                )
        return self

    @model_validator(mode="after")
    def _groups_are_sent(self) -> Plan:
        outputs = [column.output for column in self.sent]
        for group in self.groups:
            for name in group.names:
                if name not in outputs:
                    raise GroupUnfit(
                        f"the group column {name!r} is not sent",
                        where="groups",
                        fix=f"Name columns as they are sent: {', '.join(outputs[:20])}.",
                    )
        return self

    @model_validator(mode="after")
    def _publication_suits(self) -> Plan:
        if self.publish is not None:
            self.publish.check_suits(self)
        return self

    @property
    def sent(self) -> tuple[AnyTreatment, ...]:
        """The columns that go."""
        return tuple(column for column in self.columns if not isinstance(column, Drop))

    @property
    def treatments_used(self) -> frozenset[str]:
        """The names of all that is done: to the columns that go, to groups of rows, and what is published of them."""
        published = {self.publish.publish} if self.publish is not None else set()
        return frozenset({each.name for each in self.sent} | {each.treatment for each in self.groups} | published)

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys that the plan needs, each once."""
        return tuple(dict.fromkeys(each.key for each in self.columns if isinstance(each, Pseudonymise)))


def _check_output_name(column: ColumnTreatment, place: int) -> None:
    try:
        TypeAdapter(OutputName).validate_python(column.output)
    except ValueError:
        raise OutputNameUnfit(
            "a column's own name is not fit to send: it may look like a formula to a spreadsheet",
            fix="Give it `sent_as`: a letter, then letters, digits, spaces, points, dashes or underscores, 63 at most.",
            where=f"columns.{place}",
        ) from None


def read_plan(raw: bytes, *, where: str) -> Plan:
    """A plan from JSON or YAML, as bytes that somebody else wrote.

    >>> plan = read_plan(b'''
    ... name: attendance
    ... source: {format: csv, path: pupils.csv}
    ... columns:
    ...   - {column: pupil, treatment: pseudonymise, key: agreement-7}
    ...   - {column: postcode, treatment: generalise, to: postcode_district}
    ... ''', where="plan.yaml")
    >>> [column.describe() for column in plan.sent]
    ['pseudonymised (HMAC-SHA-256, key agreement-7)', 'postcode district only']
    """
    return build(Plan, parse_plan(raw, where=where), where=where)


def parse_plan(raw: bytes, *, where: str) -> Any:
    """What stands in a plan's file, JSON or YAML, before it is looked at as a plan."""
    if len(raw) > MAX_PLAN_BYTES:
        raise BadInput(
            f"the plan is larger than {MAX_PLAN_BYTES:,} bytes", fix="Put long lists into list files.", where=where
        )
    parse = parse_json if re.match(rb"(?:\xef\xbb\xbf)?\s*\{", raw) else parse_yaml
    return parse(raw, where=where)


def plan_to_json(plan: Plan) -> dict[str, JsonValue]:
    """The plan as JSON values, as it stands in a Plan record; `read_plan` gives the same plan back."""
    found: dict[str, JsonValue] = plan.model_dump(mode="json", exclude_defaults=True)
    return found


def check_plan(plan: Plan, schema: Schema) -> None:
    """Raises the first thing about a plan that does not suit its source: unknown columns, unfit treatments or tests."""
    for column in plan.columns:
        found = find_type(column.column, schema, where="columns")
        fits = column.fits_here if isinstance(column, Label) else column.fits
        if found not in fits:
            raise TreatmentUnfit(
                f"the treatment {column.name!r} does not suit a column of type {found}",
                fix=f"It suits: {', '.join(sorted(fits))}.",
                where=f"columns: {column.column}",
            )
        if isinstance(column, Bands) and found is ColumnType.INTEGER and any(e != int(e) for e in column.edges):
            raise TreatmentUnfit(
                "whole numbers have no use for bands with fractional edges",
                fix="Use whole edges.",
                where=f"columns: {column.column}",
            )
    check_groups(plan.groups, output_types(plan, schema))
    for test in plan.rows:
        check_test(test, find_type(test.column, schema, where="rows"))
    if plan.person is not None:
        find_type(plan.person, schema, where="person")
    for each in plan.opt_outs:
        check_test(each.test, find_type(each.column, schema, where="opt_outs"))
    if isinstance(plan.source, CsvFile | XlsxSheet):
        for name in plan.source.types:
            find_type(name, schema, where="source.types")


def find_type(column: str, schema: Schema, *, where: str) -> ColumnType:
    """What a column of the source holds; raises UnknownColumn if there is no such column."""
    if column in schema:
        return schema[column]
    if any(map(looks_like_value, schema)):
        raise UnknownColumn(
            f"the source has no column {column!r}, and its first line looks like values rather than names",
            where=where,
            fix="Give the file a first line of names. It is not shown here, since it may be about a person.",
        )
    near = get_close_matches(column, schema, n=3, cutoff=0.6) or [
        name for name in schema if name.casefold() == column.casefold()
    ]
    raise UnknownColumn(
        f"the source has no column {column!r}",
        where=where,
        fix=(f"Did you mean {' or '.join(near)}?" if near else f"It has: {name_some(schema)}."),
    )


def looks_like_value(name: str) -> bool:
    """Whether a column's name looks like what stands in a row: a number, a date, an email address.

    >>> [looks_like_value(each) for each in ("943 476 5919", "1987-02-28", "a@b.example", "year 2024", "dob")]
    [True, True, True, False, False]
    """
    return bool(re.fullmatch(r"\s*[-+£]?\d[\d ,.:/T-]{2,40}\s*|\s*\S+@\S+\.\S+\s*", name))


def name_some(names: Iterable[str], most: int = 30) -> str:
    """The first few of some names, for an error's fix."""
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def output_types(plan: Plan, schema: Schema) -> dict[str, ColumnType]:
    """What each column holds as it is sent, by its name in the output."""
    return {column.output: column.output_type(schema[column.column]) for column in plan.sent}


def describe_columns(plan: Plan) -> dict[str, str]:
    """Each column sent, by its name in the output, with its treatment in words."""
    return {
        each.output: each.describe() if each.output == each.column else f"{each.describe()}, from {each.column}"
        for each in plan.sent
    }


def held_back(plan: Plan, schema: Schema) -> dict[str, str]:
    """Each column of the source that does not go, and why."""
    sent = {each.column for each in plan.sent}
    dropped = {each.column for each in plan.columns if isinstance(each, Drop)}
    return {
        name: "dropped by the plan" if name in dropped else "not named in the plan"
        for name in schema
        if name not in sent
    }
