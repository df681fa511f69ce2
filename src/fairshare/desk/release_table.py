"""Release a table from a script: the same checks as at the desk, in one call. Nothing goes without a decision.

from fairshare.desk.release_table import release_table
from fairshare.release import open_plan

released = release_table(
    "desk", "study-1", open_plan("plan.yaml"), items=["i1", "i2"], channel="secure email", to=[key], by="Lee Moss"
)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Literal

from fairshare.desk.decide_case import why_law_differs
from fairshare.desk.release_case import Wanted, recover_releases, release_case
from fairshare.desk.workspace import find_actor, open_desk
from fairshare.records import Decision, Passphrase, ReleaseKind
from fairshare.release.flow import Released
from fairshare.release.kinds import People, Table
from fairshare.release.opened import GivenKeys, OpenPlan
from fairshare.release.packing import OnProgress
from fairshare.words import Reason


def release_table(
    desk: str | Path,
    case: str,
    plan: OpenPlan,
    *,
    items: Sequence[str],
    channel: str,
    to: Sequence[str] | Passphrase,
    by: str,
    keys: Mapping[str, bytes] | None = None,
    people: People | None = None,
    name: str = "table",
    format: Literal["csv", "parquet"] = "csv",
    engine: str = "duckdb",
    rows_per_part: int | None = None,
    checked_by: str | None = None,
    at_risk: Collection[str] = (),
    law_today: Callable[[Decision, date], tuple[Reason, ...]] = why_law_differs,
    on_progress: OnProgress | None = None,
) -> Released:
    """Releases a table that the case's newest decision, and its agreement, cover; all of it or nothing.

    Takes    desk: its folder; to: public reader keys that were recorded as the recipient's, or a passphrase; by: who
             releases, by name as at the desk; keys: pseudonymisation keys by id; people: whose each row is, when the
             decision names people; rows_per_part: how a long table is made in parts, see `Table`; checked_by: the
             second person who checked it, by name as at the desk; at_risk: items that can lead to somebody at risk,
             beside those that the decision says; law_today: what the
             law of a date would decide otherwise.
    Raises   the reason why it is refused; then nothing has left.
    """
    table = Table(plan.plan, GivenKeys(keys or {}), plan.base, name, format, engine, connections=plan.connections)
    table = replace(table, people=people, rows_per_part=rows_per_part)
    wanted = Wanted(
        kind=ReleaseKind.TABLE,
        items=tuple(items),
        contents=table,
        channel=channel,
        readers=to if isinstance(to, Passphrase) else tuple(to),
        at_risk=frozenset(at_risk),
    )
    with open_desk(Path(desk)) as at:
        recover_releases(at)
        if checked_by is not None:
            wanted = replace(wanted, checked_by=find_actor(at, checked_by).person)
        return release_case(at, find_actor(at, by), case, wanted, law_today=law_today, on_progress=on_progress)
