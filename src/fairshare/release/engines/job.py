"""What an engine is given: a checked plan with all that it needs to run, and what every engine refuses in one way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairshare.release.deidentify.risk import tell_groups
from fairshare.release.deidentify.settle import settle_plan
from fairshare.release.engines import Connections, EngineLimits, EngineReport, GroupMeasured, Keys, OutputFormat
from fairshare.release.plan import Plan, describe_columns, held_back
from fairshare.release.rejected import describe_rejected
from fairshare.release.sources import Schema
from fairshare.release.treatments import FORMULA_NOTE
from fairshare.words import BadInput, Unsound

MIN_KEY_BYTES = 16


class KeyUnfit(BadInput):
    """A pseudonymisation key is missing, or too short to keep anyone from guessing it."""

    code = "KEY_UNFIT"


class SourceChanged(Unsound):
    """Rows were lost, or came twice, between two readings: the source changed, or was misread."""

    code = "SOURCE_CHANGED"


@dataclass(frozen=True)
class Job:
    """A plan, its keys, where it reads and where it writes."""

    plan: Plan
    write_to: Path
    output: OutputFormat
    base: Path
    keys: dict[str, bytes] = field(repr=False)
    connections: Connections | None = field(repr=False, default=None)
    on_progress: Callable[[float], None] | None = None
    limits: EngineLimits = EngineLimits()  # noqa: RUF009 (frozen)

    def __post_init__(self) -> None:
        # Engines meet ordinary treatments only: hierarchies and populations are settled here, wherever a job is made.
        object.__setattr__(self, "plan", settle_plan(self.plan, self.base))


def find_keys(plan: Plan, keys: Keys) -> dict[str, bytes]:
    """The keys that the plan names, each long enough."""
    found = {key_id: keys.key_for(key_id) for key_id in plan.key_ids}
    for key_id, key in found.items():
        if not isinstance(key, bytes) or len(key) < MIN_KEY_BYTES:
            raise KeyUnfit(
                f"the key is shorter than {MIN_KEY_BYTES} bytes",
                where=f"key {key_id}",
                fix="Make a key of 32 random bytes for this agreement.",
            )
    return found


def check_counts(*, read: int, accounted: int) -> None:
    """Raises SourceChanged unless every row that was read is accounted for, once."""
    if read != accounted:
        raise SourceChanged(
            f"{read:,} rows were counted, but {accounted:,} were met when they were read",
            fix="Run it again on a source that nobody is changing.",
            where="source",
        )


def make_report(
    job: Job,
    schema: Schema,
    *,
    engine: str,
    read: int,
    rejected: Mapping[str, int],
    filtered: int,
    kept: int,
    sent: int,
    groups: tuple[GroupMeasured, ...],
    notes: tuple[str, ...] = (),
) -> EngineReport:
    """What a run did, from what an engine counted; `kept` are the rows that the plan's tests let through."""
    return EngineReport(
        rows_read=read,
        rows_rejected=sum(rejected.values()),
        rows_filtered=filtered,
        rows_suppressed=kept - sent,
        rows_sent=sent,
        columns=describe_columns(job.plan),
        held_back=held_back(job.plan, schema),
        engine=engine,
        groups=groups,
        rejected=dict(rejected),
        notes=((FORMULA_NOTE,) if job.output == "csv" else ()) + notes,
        sections=(*tell_groups(groups), *describe_rejected(rejected)),
    )
