"""The guard of the history: holds each release of a table against what went before, and remembers it.

prepare    nothing is read yet
examine    who is in it is hashed; then, one process at a time: compared, refused or entered
settle     it has happened, and stays in the history
discard    it never happened, and is forgotten
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from fairshare.records.commitments import Entropy
from fairshare.records.kinds import Release
from fairshare.records.signing import SignedRecord
from fairshare.release.engines import EngineReport, schema_of
from fairshare.release.engines.job import SourceChanged
from fairshare.release.engines.members import open_members
from fairshare.release.flow import Released
from fairshare.release.history import (
    Finding,
    HistoryDamaged,
    HistoryEntry,
    HistoryRules,
    HistoryStore,
    RiskAccepted,
    RiskAcrossReleases,
    find_earlier,
    keep_until,
    name_source,
    why_not_accepted,
)
from fairshare.release.history_find import (
    Compared,
    find_differencing,
    find_dominance,
    find_person,
    find_related,
    find_unknown,
    is_named,
    is_noisy,
    tell_cells,
    tell_whose,
)
from fairshare.release.history_joined import find_joined
from fairshare.release.history_told import Covered, tell_accepted, tell_finding, tell_history, tell_options
from fairshare.release.kinds import Contents, Table
from fairshare.release.plan import plan_to_json
from fairshare.release.sources import Schema
from fairshare.release.staging import Attempt
from fairshare.release.treatments import Pseudonymise

ON_RECEIPT = "risk across releases"
USE_COARSER = "Use the same people as before, or coarser groups"
INSTEAD: dict[str | None, str] = {
    "silent": "Say with `person` in the plan which column is the person",
    "nameless": "Filter out the rows without a person, or name a column with `person` that is never empty",
    "rewritten": "Read the person's column as it was read before",
    "older": "Dispose of releases that are no longer needed",
    "unreadable": "Release from the source that has all the columns",
}
_LONGEST = 500


@dataclass(frozen=True)
class HistoryGuard:
    """Keeps one desk's history while one release is made."""

    store: HistoryStore
    now: Callable[[], datetime]
    entropy: Entropy
    rules: HistoryRules = field(default_factory=HistoryRules)
    accepted: tuple[RiskAccepted, ...] = ()
    emergency: bool = False
    """While a life is at risk nothing is blocked; what is found is kept for the review after."""
    went: Callable[[], Collection[str]] = tuple
    """The ids of the releases of tables that by the desk's records went lately: the history must know each of them."""
    _attempts: dict[str, str] = field(default_factory=dict)

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        """Notes which attempt this is; nothing of the source is read yet."""
        self._attempts[intent.id] = attempt.folder.name

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        """Refuses a release that tells few people apart with what went before; else enters it, and says what was found.

        Raises   RiskAcrossReleases; SourceChanged when the source is not what it was while the rows were sent.
        """
        if not isinstance(contents, Table):
            return report
        release = intent.record
        assert isinstance(release, Release)  # noqa: S101 (an intent)
        self.store.prepare()
        attempt, key = self._attempts[intent.id], self.store.find_key(self.entropy)
        schema = schema_of(contents.plan.source, contents.base, connections=contents.connections)
        source = name_source(contents.plan.source, schema, contents.base)
        person = find_person(contents, find_earlier(self.store.entries(), source), schema)
        entry = self._describe(release, intent.id, attempt, contents, source, person, schema)
        if person is None:
            entry = entry.model_copy(update={"rows": report.rows_sent})
        elif not entry.noisy:
            entry = self._enter_members(entry, contents, key, report)
        with self.store.locked():
            self.store.forget_old(self.now().date())
            known = [each for each in self.store.entries() if each.attempt != entry.attempt]
            compared = self._compare(entry, known, contents, schema, key)
            covered = self._check(compared.findings, release, entry, known)
            review = "; ".join(tell_finding(each).en for each in compared.findings) if self.emergency else ""
            marks = tuple(dict.fromkeys(each.digest for each in covered if each is not None))
            self.store.keep(entry.model_copy(update={"for_review": review, "accepted": marks}))
        section = tell_history(entry, compared, covered, self.rules, emergency=self.emergency)
        said = tell_accepted(compared, covered, self.rules, emergency=self.emergency)[:_LONGEST]
        return replace(
            report,
            sections=(*report.sections, section),
            kept_by_holder={**report.kept_by_holder, ON_RECEIPT: said},
        )

    def settle(self, released: Released, attempt: Attempt) -> None:
        """What was released stays in the history."""
        entry = self.store.find(attempt.folder.name)
        if entry is not None and not entry.released:
            self.store.keep(entry.model_copy(update={"released": True}))

    def discard(self, attempt: Attempt) -> None:
        """What was not released is forgotten."""
        self.store.forget(attempt.folder.name)

    def _describe(
        self,
        release: Release,
        release_id: str,
        attempt: str,
        table: Table,
        source: tuple[str, str],
        person: str | None,
        schema: Schema,
    ) -> HistoryEntry:
        plan, now = table.plan, self.now()
        keys = [each.key for each in plan.sent if isinstance(each, Pseudonymise) and each.column == person]
        return HistoryEntry(
            attempt=attempt,
            release=release_id,
            case=release.case,
            made_at=now,
            recipient=release.recipient.name,
            source=source,
            person=person,
            person_type=schema[person].value if person in schema else None,
            publishes="rows" if plan.publish is None else plan.publish.publish,
            noisy=is_noisy(plan),
            named=is_named(plan, person),
            pseudonyms=keys[0] if keys else None,
            plan=plan_to_json(plan),
            keep_until=keep_until(now, self.rules),
        )

    def _enter_members(self, entry: HistoryEntry, table: Table, key: bytes, report: EngineReport) -> HistoryEntry:
        path = self.store.members_of(entry.attempt)
        path.unlink(missing_ok=True)
        assert entry.person is not None  # noqa: S101 (asked by the caller)
        with open_members(tell_whose(table, entry.person, key), write_to=path) as members:
            found = members.write(tell_cells(table.plan))
        path.chmod(0o600)
        if table.plan.publish is None and found.rows != report.rows_sent:
            raise SourceChanged(
                f"{report.rows_sent:,} rows were sent, and {found.rows:,} would be now",
                fix="Run it again on a source that nobody is changing.",
                where="history",
            )
        return entry.model_copy(
            update={"people": found.people, "rows": found.rows, "nameless": found.nameless, "cells": found.cells}
        )

    def _compare(
        self, entry: HistoryEntry, known: Sequence[HistoryEntry], table: Table, schema: Schema, key: bytes
    ) -> Compared:
        same = find_earlier(known, entry.source)
        others = [each for each in known if each not in same]
        related = find_related(self.store, entry, others, self.rules, table.limits)
        before = [each for each in known if each in same or each in related]
        quiet = [each for each in before if not each.noisy]
        older = quiet[: -self.rules.most_compared]
        earlier = tuple(each for each in before if each not in older)[-2 * self.rules.most_compared :]
        different, differ, pairs_only = find_differencing(self.store, entry, earlier, self.rules, table.limits)
        joined = find_joined(table, schema, entry, earlier, self.store, key, self.rules)
        dominated: tuple[Finding, ...] = ()
        if entry.person is not None:
            dominated = find_dominance(table, entry.person, key, self.rules)
        return Compared(
            earlier,
            differ,
            (*self._find_forgotten(known), *find_unknown(entry, earlier, older), *different, *dominated, *joined),
            pairs_only,
        )

    def _find_forgotten(self, known: Sequence[HistoryEntry]) -> tuple[Finding, ...]:
        missing = tuple(sorted(set(self.went()) - {each.release for each in known}))
        return (Finding("forgotten", 0, (), missing=missing),) if missing else ()

    def _check(
        self, findings: Sequence[Finding], release: Release, entry: HistoryEntry, known: Sequence[HistoryEntry]
    ) -> Covered:
        """Who accepted each finding that blocks, or a refusal; None for what does not block."""
        used = {mark for each in known for mark in each.accepted}
        covered: list[RiskAccepted | None] = []
        for each in findings:
            if not each.blocks or self.emergency:
                covered.append(None)
                continue
            found = why_not_accepted(
                each,
                self.accepted,
                case=release.case,
                released_by=release.released_by,
                today=self.now().date(),
                used=used,
            )
            if isinstance(found, str):
                raise self._refuse(each, found, release.case, entry)
            covered.append(found)
        return tuple(covered)

    def _refuse(
        self, finding: Finding, why: str, case: str, entry: HistoryEntry
    ) -> RiskAcrossReleases | HistoryDamaged:
        ask = f"fairshare release accept-risk {case} {tell_options(finding)}"
        said = f"{tell_finding(finding).en}; {why}"
        if finding.kind == "forgotten":
            return HistoryDamaged(
                said,
                fix=f"Restore the history's folder from a backup; or have an approver accept it: {ask}",
                where="history/entries",
            )
        return RiskAcrossReleases(
            said,
            fix=f"{INSTEAD.get(finding.unknown, USE_COARSER)}; or have an approver accept it: {ask}",
            where=f"history: {', '.join(one.release for one in finding.earlier) or entry.publishes}"[:400],
        )
