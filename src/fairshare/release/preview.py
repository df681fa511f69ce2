"""Before and after, side by side, on a few rows: for the eyes of whoever writes a plan, on their own screen.

Real rows are shown as they stand, so a preview is written to no file and to no log. Groups are measured over a whole
table: a few rows say nothing about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairshare.release.deidentify.settle import settle_plan
from fairshare.release.dummy import make_rows
from fairshare.release.dummy_sources import describe_plan
from fairshare.release.engines import Connections, Keys, schema_of
from fairshare.release.engines.job import Job
from fairshare.release.engines.memory import passes, read_lists, treat_row
from fairshare.release.engines.sampling import Sample, sample_source
from fairshare.release.plan import Plan, check_plan, describe_columns, held_back
from fairshare.release.treatments import text_of
from fairshare.words import FairshareError, SettingOutOfRange

MOST_ROWS = 100
STAND_IN = b"a stand-in for a key that is not there"
"""Previews show what a pseudonym looks like; without its key they do not show which it will be."""


@dataclass(frozen=True)
class ShownRow:
    """One row as it is and as it would go, as text; a null is None."""

    before: tuple[str | None, ...]
    after: tuple[str | None, ...] | None
    """None for a row that the plan leaves out."""


@dataclass(frozen=True)
class Preview:
    """What a plan would do, and what that looks like on a few rows."""

    sent: Mapping[str, str]
    """Each column that goes, by its name in the output, with its treatment in words."""
    held_back: Mapping[str, str]
    """Each column of the source that stays, and why."""
    tests: tuple[str, ...]
    """Which rows go."""
    groups: tuple[str, ...]
    """What is asked of groups of rows alike."""
    publishes: str
    """What goes in place of these columns' rows, in words; nothing if rows go."""
    columns: tuple[str, ...]
    """The columns of the source, as `before` has them."""
    made_up: bool
    keys_missing: tuple[str, ...]
    """Ids of keys that were not there: their pseudonyms are made with a stand-in."""
    rows: tuple[ShownRow, ...] = field(repr=False)

    def _repr_html_(self) -> str:
        from fairshare.release.notebook import show_preview

        return show_preview(self)


def preview_rows(
    plan: Plan,
    base: Path,
    *,
    keys: Keys | None = None,
    connections: Connections | None = None,
    rows: int = 10,
    sample: Sample | None = None,
) -> Preview:
    """The first rows of the source, before and after the plan.

    Takes    sample: made-up rows to show in place of real ones.
    Raises   SettingOutOfRange; what a plan or a source that does not suit raises.
    """
    if not 0 <= rows <= MOST_ROWS:
        raise SettingOutOfRange(
            f"{rows} rows cannot be shown side by side", fix=f"Ask for at most {MOST_ROWS}.", where="rows"
        )
    found = sample or sample_source(plan.source, base, rows=rows, connections=connections)
    check_plan(plan, found.schema)
    settled = settle_plan(plan, base)
    known, missing = _find_keys(settled, keys)
    job = Job(settled, base, "csv", base, known)
    lists = read_lists(job, found.schema)
    shown = []
    for row in zip(*found.columns.values(), strict=True):
        went = passes(settled, found.schema, row, lists)
        after = treat_row(settled, found.schema, row, known) if went else None
        shown.append(ShownRow(_as_text(row), _as_text(after) if after is not None else None))
    return Preview(
        sent=describe_columns(plan),
        held_back=held_back(plan, found.schema),
        tests=tuple(f"those whose {test.column} passes {test.test}" for test in plan.rows),
        groups=tuple(group.describe() for group in plan.groups),
        publishes=plan.publish.describe() if plan.publish is not None else "",
        columns=tuple(found.schema),
        made_up=sample is not None,
        keys_missing=missing,
        rows=tuple(shown[:rows]),
    )


def make_up_sample(plan: Plan, base: Path, rows: int, *, connections: Connections | None = None) -> Sample:
    """Made-up rows of the plan's source, the same each time; no row of it is read."""
    described = describe_plan(plan, base, connections=connections)
    made = dict(
        zip((each.name for each in described.columns), zip(*make_rows(described, rows, 1), strict=True), strict=False)
    )
    try:
        schema = schema_of(plan.source, base, connections=connections)
    except FairshareError:
        schema = {each.name: each.type for each in described.columns}
    return Sample(schema, rows, {name: list(made.get(name, [None] * rows)) for name in schema})


def _as_text(row: tuple[object, ...]) -> tuple[str | None, ...]:
    return tuple(None if cell is None else text_of(cell) for cell in row)  # type: ignore[arg-type]  # of a source


def _find_keys(plan: Plan, keys: Keys | None) -> tuple[dict[str, bytes], tuple[str, ...]]:
    known, missing = {}, []
    for key_id in plan.key_ids:
        try:
            if keys is None:
                raise KeyError
            known[key_id] = keys.key_for(key_id)
        except (KeyError, FairshareError):
            known[key_id] = STAND_IN
            missing.append(key_id)
    return known, tuple(missing)
