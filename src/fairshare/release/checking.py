"""All that can be said against a plan before it runs: every problem, not only the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fairshare.release.deidentify.settle import settle_plan
from fairshare.release.engines import Connections, Keys, schema_of
from fairshare.release.engines.job import find_keys
from fairshare.release.filters import Listing, read_list
from fairshare.release.plan import Plan, check_plan, parse_plan, read_plan
from fairshare.release.publishing_check import check_publication
from fairshare.release.sources import CsvFile, Schema, XlsxSheet, resolve_path
from fairshare.words import FairshareError

_NOTHING: dict[str, Any] = {"columns": (), "rows": (), "groups": (), "opt_outs": (), "publish": None, "person": None}


@dataclass(frozen=True)
class Problem:
    """One thing that stands in the way of a run, and what to do about it."""

    code: str
    message: str
    fix: str
    where: str


def find_problems(
    raw: bytes, base: Path, *, where: str, keys: Keys | None = None, connections: Connections | None = None
) -> tuple[Problem, ...]:
    """Every problem of a plan as somebody wrote it; no row is read, beyond what finding its columns takes.

    Takes    keys: with them, it is also checked that every key the plan names is there.
    """
    try:
        plan = read_plan(raw, where=where)
    except FairshareError as error:
        told = tuple(_list_faults(raw, where)) or (tell_problem(error),)
        bare = _read_without_groups(raw, where)
        return told + (find_plan_problems(bare, base, keys=keys, connections=connections) if bare else ())
    return find_plan_problems(plan, base, keys=keys, connections=connections)


def find_plan_problems(
    plan: Plan, base: Path, *, keys: Keys | None = None, connections: Connections | None = None
) -> tuple[Problem, ...]:
    """Every problem of a plan whose form is sound."""
    found: list[Problem] = []
    try:
        schema = schema_of(plan.source, base, connections=connections)
    except FairshareError as error:
        found.append(tell_problem(error))
    else:
        found += _try_each(_list_checks(plan, base, schema))
    if keys is not None:
        found += _try_each(_list_key_checks(plan, keys))
    return tuple(dict.fromkeys(found))


def _list_faults(raw: bytes, where: str) -> Iterator[Problem]:
    """Every field that is not as it should be, where the file can be read at all."""
    with suppress(FairshareError, RecursionError):
        try:
            Plan.model_validate(parse_plan(raw, where=where))
        except ValidationError as error:
            for each in error.errors(include_input=False, include_url=False):
                place = ".".join(map(str, each["loc"])) or "the whole"
                yield Problem("BAD_INPUT", each["msg"], "Correct this field.", f"{where}: {place}")


def _read_without_groups(raw: bytes, where: str) -> Plan | None:
    """The plan without what may only clash with its columns, if it is sound without that."""
    with suppress(FairshareError, ValidationError, RecursionError):
        found = parse_plan(raw, where=where)
        if not isinstance(found, dict):
            return None
        return Plan.model_validate({name: found[name] for name in found if name not in ("groups", "publish")})
    return None


def _list_checks(plan: Plan, base: Path, schema: Schema) -> Iterator[Callable[[], Any]]:
    """The plan taken apart: each column, test and group is checked as though it stood alone."""
    bare = plan.model_copy(update=_NOTHING | {"source": _bare(plan)})

    def check(**changes: Any) -> Callable[[], Any]:
        return partial(check_plan, bare.model_copy(update=changes), schema)

    for column in plan.columns:
        yield check(columns=(column,))
        yield partial(settle_plan, bare.model_copy(update={"columns": (column,)}), base)
    for test in plan.rows:
        yield check(rows=(test,))
        if isinstance(test, Listing) and test.column in schema:
            yield partial(_read_listed, test, base, schema)
    for each in plan.opt_outs:
        yield check(opt_outs=(each,))
    yield check(person=plan.person)
    if isinstance(plan.source, CsvFile | XlsxSheet):
        for name, kind in plan.source.types.items():
            yield check(source=plan.source.model_copy(update={"types": {name: kind}}))
    # Last and whole: what its parts do to each other.
    yield partial(check_plan, plan, schema)
    yield partial(settle_plan, plan, base)
    if all(column.column in schema for column in plan.sent):
        yield partial(check_publication, plan, schema)


def _read_listed(test: Listing, base: Path, schema: Schema) -> None:
    path = resolve_path(base, test.path, where="rows")
    read_list(path, schema[test.column], sha256=test.sha256, where=test.path)


def _bare(plan: Plan) -> Any:
    return plan.source.model_copy(update={"types": {}}) if isinstance(plan.source, CsvFile | XlsxSheet) else plan.source


def _list_key_checks(plan: Plan, keys: Keys) -> Iterator[Callable[[], Any]]:
    for column in plan.columns:
        if getattr(column, "key", None):
            yield partial(find_keys, plan.model_copy(update={"columns": (column,)}), keys)


def _try_each(checks: Iterator[Callable[[], Any]]) -> Iterator[Problem]:
    for check in checks:
        try:
            check()
        except FairshareError as error:
            yield tell_problem(error)


def tell_problem(error: FairshareError) -> Problem:
    """An error as one problem of a plan."""
    return Problem(error.code, error.message, error.fix, error.where or "")
