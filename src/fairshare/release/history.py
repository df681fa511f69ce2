"""The history of releases: what went before from the same source, kept so that a new release can be held against it.

Kept for each release of a table: its plan, recipient and time, and who was in it as keyed hashes under a key that only
the desk holds. Of people, nothing else is kept. All of it goes when its time is over, or with the release it is about.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from fairshare.records.canonical import encode
from fairshare.records.commitments import Entropy
from fairshare.release.bundle_record import is_same_person
from fairshare.release.sources import Schema, Source, resolve_path
from fairshare.release.staging import naming_the_disk, write_synced
from fairshare.words import BadInput, Person, Refused
from fairshare.words.reading import build, parse_json, read_file
from fairshare.words.values import Line, Ref, Text, Value

RiskKind = Literal["differencing", "dominance", "joined", "forgotten"]
Unknown = Literal["silent", "nameless", "rewritten", "older", "unreadable"]
"""Why nobody can say what two releases give away together."""
ReleaseCode = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12,64}$")]
"""How the id of a release begins, after `sha256:`; twelve characters or more."""
_ATTEMPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,180}")


class RiskAcrossReleases(Refused):
    """With what went before, this release would give away few people; a named person may accept that, with reasons."""

    code = "RISK_ACROSS_RELEASES"


class HistoryDamaged(BadInput):
    """Part of the history of releases is not as it was written, or is gone."""

    code = "HISTORY_DAMAGED"


class HistoryRules(Value):
    """What is too much. The defaults are a policy to start from, not law."""

    threshold: Annotated[int, Field(ge=2, le=1000)] = 10
    """Fewer people than this must not be told apart by adding and subtracting releases."""
    dominant: Annotated[int, Field(ge=1, le=5)] = 2
    dominant_percent: Annotated[int, Field(ge=50, le=100)] = 75
    """The (n, k) rule: no `dominant` people make up more than this much of a sum."""
    p_percent: Annotated[int, Field(ge=0, le=100)] = 10
    """The p% rule: nobody can work out the largest contribution to within this much."""
    k: Annotated[int, Field(ge=2, le=1000)] = 5
    joined_percent: Annotated[float, Field(ge=0, le=100)] = 1.0
    """How many more people in a hundred may fall below k when releases to one recipient are joined."""
    most_compared: Annotated[int, Field(ge=1, le=60)] = 24
    """How many of the newest earlier releases are held against a new one."""
    keep_days: Annotated[int, Field(ge=30, le=36500)] = 1096


class HistoryEntry(Value):
    """One release of a table, as it is remembered."""

    attempt: Line
    release: Line
    case: Ref
    made_at: datetime
    recipient: Line
    source: Annotated[tuple[Line, ...], Field(min_length=1)]
    """Digests of where the source is, and of what its columns are called: either makes it the same source."""
    person: Line | None
    """The column that says whose each row is; None if nobody said, and then nothing can be compared."""
    person_type: Line | None = None
    """What that column was read as."""
    publishes: Line
    """`rows`, or the kind of the publication."""
    noisy: bool = False
    """Whether what went has noise that a privacy budget accounts for: then subtracting tells no more than that."""
    named: bool = False
    """Whether each row stands under the person's own number or name, so that subtracting tells nothing new."""
    pseudonyms: Line | None = None
    """The key that people in it can be joined by."""
    people: int = 0
    rows: int = 0
    nameless: int = 0
    """Rows with nothing in the person's column: whose they are, nobody can say."""
    cells: int = 1
    plan: dict[str, JsonValue]
    keep_until: date
    released: bool = False
    """False while it is being made; it counts as released for others meanwhile."""
    for_review: Text = ""
    """What was found and not blocked, because a life was at risk."""
    accepted: tuple[Line, ...] = ()
    """Digests of the acceptances that it went by; each is good for one release."""


class RiskAccepted(Value):
    """A named person's acceptance of a risk across releases: for one release of one case, and no other earlier ones."""

    case: Ref
    kinds: Annotated[tuple[RiskKind, ...], Field(min_length=1)]
    people: Annotated[int, Field(ge=0)] = 0
    cells: Annotated[int, Field(ge=0)] = 0
    """Up to how many cells of a sum may be dominated; people do not count there."""
    earlier: tuple[ReleaseCode, ...] = ()
    """The earlier releases that were looked at."""
    reason: Annotated[Text, StringConstraints(min_length=10, max_length=300)]
    accepted_by: Person
    accepted_at: datetime
    until: date

    @property
    def digest(self) -> str:
        """What a release that went by it is marked with."""
        return sha256(encode(self)).hexdigest()

    def covers(self, finding: Finding) -> bool:
        """Whether every earlier release of a finding is among those that were looked at."""
        return all(any(code.startswith(each) for each in self.earlier) for code in finding.codes)


@dataclass(frozen=True)
class Finding:
    """Something that a new release gives away together with earlier ones."""

    kind: RiskKind
    people: int
    earlier: tuple[HistoryEntry, ...]
    share: float | None = None
    """For joined releases: how many in a hundred more people fall below k."""
    blocks: bool = True
    unknown: Unknown | None = None
    """Why nobody can say, if nobody can."""
    cells: int = 0
    """For dominance: in how many cells."""
    missing: tuple[str, ...] = ()
    """Releases that the desk's records hold and the history does not."""

    @property
    def codes(self) -> tuple[str, ...]:
        """The ids of the earlier releases, without what they all begin with."""
        ids = (*(each.release for each in self.earlier), *self.missing)
        return tuple(dict.fromkeys(each.removeprefix("sha256:") for each in ids))


@dataclass(frozen=True)
class HistoryStore:
    """The history in a folder that only the desk can read."""

    folder: Path

    def prepare(self) -> None:
        """Makes the folder."""
        with naming_the_disk(self.folder):
            for each in ("entries", "members"):
                (self.folder / each).mkdir(mode=0o700, parents=True, exist_ok=True)

    def find_key(self, entropy: Entropy) -> bytes:
        """The history's own key, made once; without it the hashes say nothing, even about a known person."""
        path = self.folder / "key"
        if not path.is_file():
            self.prepare()
            with self.locked():
                if not path.is_file():
                    beside = path.with_suffix(".pending")
                    beside.unlink(missing_ok=True)
                    write_synced(beside, entropy(32).hex().encode())
                    beside.replace(path)
        text = read_file(path, max_bytes=200).decode("ascii", "replace").strip()
        if not re.fullmatch(r"[0-9a-f]{64}", text):
            raise HistoryDamaged("the history's key is damaged", fix="Restore it from a backup.", where="history/key")
        return bytes.fromhex(text)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time compares and enters, so that two releases made at once see each other."""
        self.prepare()
        with naming_the_disk(self.folder):
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(handle)

    def entries(self) -> tuple[HistoryEntry, ...]:
        """Everything remembered, oldest first."""
        folder = self.folder / "entries"
        found = [read_entry(read_file(path), where=path.name) for path in sorted(folder.glob("*.json"))]
        return tuple(sorted(found, key=lambda each: (each.made_at, each.attempt)))

    def members_of(self, attempt: str) -> Path:
        """Where the members of an attempt are."""
        return self.folder / "members" / f"{check_attempt(attempt)}.parquet"

    def measure(self, attempt: str) -> int:
        """How many bytes the members of an attempt take."""
        path = self.members_of(attempt)
        return path.stat().st_size if path.is_file() else 0

    def keep(self, entry: HistoryEntry) -> None:
        """Writes an entry, whole or not at all."""
        path = self.folder / "entries" / f"{check_attempt(entry.attempt)}.json"
        beside = path.with_suffix(".pending")
        with naming_the_disk(path):
            beside.unlink(missing_ok=True)
            write_synced(beside, encode(entry))
            beside.replace(path)

    def find(self, attempt: str) -> HistoryEntry | None:
        """The entry of an attempt, if it came so far."""
        path = self.folder / "entries" / f"{check_attempt(attempt)}.json"
        return read_entry(read_file(path), where=path.name) if path.is_file() else None

    def forget(self, attempt: str) -> None:
        """Removes an attempt and its members; nothing if it is not there."""
        with naming_the_disk(self.folder):
            self.members_of(attempt).unlink(missing_ok=True)
            for suffix in (".json", ".pending"):
                (self.folder / "entries" / f"{attempt}{suffix}").unlink(missing_ok=True)

    def forget_old(self, today: date) -> int:
        """Removes what was kept for long enough, and says how many releases that was."""
        old = [each for each in self.entries() if each.keep_until < today]
        for each in old:
            self.forget(each.attempt)
        return len(old)

    def forget_release(self, release_id: str) -> None:
        """Removes what is remembered of one release, when the release itself is disposed of."""
        for each in self.entries():
            if each.release == release_id:
                self.forget(each.attempt)


def check_attempt(name: str) -> str:
    """A name that is safe as a file's."""
    if not _ATTEMPT.fullmatch(name):
        raise HistoryDamaged("this is no name of an attempt", fix="Use names as they were given out.", where="history")
    return name


def read_entry(raw: bytes, *, where: str) -> HistoryEntry:
    """An entry of the history, from its file."""
    return build(HistoryEntry, parse_json(raw, where=where), where=where)


def name_source(source: Source, schema: Schema, base: Path) -> tuple[str, str]:
    """Digests by which the same source is known again: where it is, and what its columns are called.

    A copy elsewhere is known by its columns, a file that gained a column by its place; any other copy by its people.
    """
    place: dict[str, str] = {"format": source.format}
    path = getattr(source, "path", None)
    if path is not None:
        found = base / path
        place["path"] = str(resolve_path(base, path, folder=found.is_dir()) if found.exists() else found)
    for name in ("connection", "schema_name", "database", "table", "sheet"):
        if (value := getattr(source, name, None)) is not None:
            place[name] = str(value)
    columns = sorted(name.casefold() for name in schema)
    return sha256(encode(place)).hexdigest(), sha256(encode(columns)).hexdigest()


def find_earlier(entries: Sequence[HistoryEntry], source: Sequence[str]) -> tuple[HistoryEntry, ...]:
    """What went before, or is about to go, from the same source."""
    return tuple(each for each in entries if set(each.source) & set(source))


def why_not_accepted(
    finding: Finding,
    accepted: Sequence[RiskAccepted],
    *,
    case: str,
    released_by: Person,
    today: date,
    used: Collection[str] = (),
) -> RiskAccepted | str:
    """The acceptance that covers a finding, or why none does.

    Takes    used: the digests of acceptances that a release has gone by.
    """
    left = [each for each in accepted if each.case == case and finding.kind in each.kinds]
    reasons: tuple[tuple[str, Callable[[RiskAccepted], bool]], ...] = (
        ("nobody has accepted it", lambda each: True),
        ("its acceptance has ended", lambda each: today <= each.until),
        ("a release has gone by its acceptance already", lambda each: each.digest not in used),
        ("it was accepted for other earlier releases", lambda each: each.covers(finding)),
        ("it was accepted for fewer people", lambda each: finding.people <= each.people),
        ("it was accepted for fewer cells", lambda each: finding.cells <= each.cells),
        (
            "whoever accepts it may not be the one who releases",
            lambda each: not is_same_person(each.accepted_by, released_by),
        ),
    )
    for reason, holds in reasons:
        left = [each for each in left if holds(each)]
        if not left:
            return reason
    return left[-1]


def keep_until(made_at: datetime, rules: HistoryRules) -> date:
    """The last day on which a release is remembered."""
    return made_at.date() + timedelta(days=rules.keep_days)
