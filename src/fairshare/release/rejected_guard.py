"""Rows that a release rejects stay at the desk: kept whole, unseen by the recipient, for whoever can put them right."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from fairshare.records.signing import SignedRecord
from fairshare.release.engines import EngineReport
from fairshare.release.engines.job import check_counts
from fairshare.release.flow import Released
from fairshare.release.kinds import Contents, Table
from fairshare.release.rejected import keep_rejected
from fairshare.release.sections import InBoth, Section
from fairshare.release.sources import CsvFile, XlsxSheet
from fairshare.release.staging import Attempt, naming_the_disk, sync

REJECTED = "rejected"
"""Where they are, among the desk's files."""


@dataclass(frozen=True)
class RejectedGuard:
    """Keeps the rejected rows of each release in a file of its own, which only its owner can read."""

    folder: Path
    attempts: dict[str, Attempt] = field(default_factory=dict)
    """By the intent, the attempt that is under way."""

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        """Notes where the attempt works."""
        self.attempts[intent.id] = attempt

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        """Writes them beside what goes; raises SourceChanged if by now there are more of them, or fewer."""
        if not report.rejected or not isinstance(contents, Table):
            return report
        source = contents.plan.source
        if not isinstance(source, CsvFile | XlsxSheet):
            return report
        path = _place(self.attempts[intent.id])
        check_counts(read=sum(report.rejected.values()), accounted=keep_rejected(source, contents.base, path))
        with naming_the_disk(path):
            sync(path)
        return replace(report, sections=(*report.sections, tell_kept(intent.id)))

    def settle(self, released: Released, attempt: Attempt) -> None:
        """The release has happened: they move to where they stay, once."""
        waiting = _place(attempt)
        if not waiting.exists():
            return
        with naming_the_disk(self.folder):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.replace(waiting, self.folder / Path(name_rejected(released.manifest.release.id)).name)
            sync(self.folder)

    def discard(self, attempt: Attempt) -> None:
        """They go with the attempt's folder."""


def name_rejected(release_id: str) -> str:
    """Where a release's rejected rows are kept, among the desk's files."""
    return f"{REJECTED}/{release_id.removeprefix('sha256:')}.jsonl"


def _place(attempt: Attempt) -> Path:
    return attempt.folder / "rejected.jsonl"


def tell_kept(release_id: str) -> Section:
    """The part of the holder's sheet about where they are."""
    path = name_rejected(release_id)
    return Section(
        name="rejected",
        title=InBoth(en="Where those rows are kept", cy="Ble cedwir y rhesi hynny"),
        says=(
            InBoth(
                en=f"They are in the desk's file `{path}`, one line for each: its place, the reason, and its cells. "
                "Only the desk's own account can read it; it was not sent. It goes when the release is disposed of.",
                cy=f"Maent yn ffeil y ddesg `{path}`, un llinell i bob un: ei lle, y rheswm a'i chelloedd. "
                "Dim ond cyfrif y ddesg all ei darllen, ac nis anfonwyd. Mae'n mynd pan waredir y rhyddhad hwn.",
            ),
            InBoth(
                en="`fairshare plan rejected PLAN` lists them again while the source is there.",
                cy="Mae `fairshare plan rejected PLAN` yn eu rhestru eto tra bo'r ffynhonnell yno.",
            ),
        ),
        holder_only=True,
    )
