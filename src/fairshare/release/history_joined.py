"""Releases to one recipient put side by side: how many more people stand alone when all of them are joined."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from fairshare.release.engines.members import Told, measure_joined
from fairshare.release.history import Finding, HistoryEntry, HistoryRules, HistoryStore
from fairshare.release.history_find import tell_whose
from fairshare.release.kinds import Table
from fairshare.release.plan import Plan, check_plan
from fairshare.release.sources import Schema
from fairshare.release.treatments import ColumnTreatment, Pseudonymise
from fairshare.words import FairshareError
from fairshare.words.reading import build


def find_joined(
    table: Table,
    schema: Schema,
    new: HistoryEntry,
    earlier: Sequence[HistoryEntry],
    store: HistoryStore,
    key: bytes,
    rules: HistoryRules,
) -> tuple[Finding, ...]:
    """People whom everything that one recipient has been sent, taken together, leaves in groups below k."""
    if new.publishes != "rows" or new.person is None or new.named or not new.people:
        return ()
    theirs = [
        each
        for each in earlier
        if each.recipient == new.recipient and each.publishes == "rows" and not each.named and each.people
    ]
    read = [(each, plan) for each in theirs if (plan := read_plan_again(each, schema)) is not None]
    unread = tuple(each for each in theirs if each not in {one.attempt: one for one, _ in read}.values())
    found = _measure(table, new, read, store, key, rules) if read else ()
    if unread:
        found += (Finding("joined", new.people, unread, unknown="unreadable"),)
    return found


def read_plan_again(entry: HistoryEntry, schema: Schema) -> Plan | None:
    """The plan of an earlier release, if it suits the source as it is now."""
    try:
        plan = build(Plan, entry.plan, where="history")
        check_plan(plan.model_copy(update={"rows": (), "groups": (), "opt_outs": ()}), schema)
    except FairshareError:
        return None
    return plan


def _measure(
    table: Table,
    new: HistoryEntry,
    read: Sequence[tuple[HistoryEntry, Plan]],
    store: HistoryStore,
    key: bytes,
    rules: HistoryRules,
) -> tuple[Finding, ...]:
    told = {_shape(each): Told(each, new=True) for each in find_quasi(table.plan)}
    for entry, plan in read:
        for each in find_quasi(plan):
            held = told.get(_shape(each), Told(each))
            told[_shape(each)] = replace(held, earlier=(*held.earlier, store.members_of(entry.attempt)))
    if not told or new.person is None:
        return ()
    joined = measure_joined(
        tell_whose(table, new.person, key),
        people=new.people,
        members=store.members_of(new.attempt),
        told=tuple(told.values()),
        k=find_k((table.plan, *(plan for _, plan in read)), rules),
    )
    if not joined.more:
        return ()
    share = 100 * joined.more / joined.people
    earlier = tuple(entry for entry, _ in read)
    return (Finding("joined", joined.more, earlier, share, blocks=share > rules.joined_percent),)


def find_k(plans: Iterable[Plan], rules: HistoryRules) -> int:
    """The largest k that the desk or any of these plans asks for."""
    return max([rules.k, *(getattr(group, "k", 0) or 0 for plan in plans for group in plan.groups)])


def find_quasi(plan: Plan) -> tuple[ColumnTreatment, ...]:
    """The columns sent that could be matched with what others know: all but pseudonyms."""
    return tuple(each for each in plan.sent if not isinstance(each, Pseudonymise))


def _shape(each: ColumnTreatment) -> tuple[str, str]:
    return each.column, each.describe()
