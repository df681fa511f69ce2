"""The gate of the sharing endpoint, over a desk: each question is answered from the records as they are just then."""

from __future__ import annotations

import re
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from fairshare.agree.force import why_not_held
from fairshare.agree.standing import find_standing
from fairshare.desk.entering import read_case
from fairshare.desk.entries import Accessed, TokenMade
from fairshare.desk.folder import SystemClock
from fairshare.desk.held_agreements import find_current, hold_agreement
from fairshare.desk.ports import Clock, Desk
from fairshare.desk.released import find_folder, find_released, list_released
from fairshare.desk.share_release import TokenState, list_tokens, read_store_key
from fairshare.desk.workspace import DESK_FILE, TRUST_FILE, open_desk
from fairshare.records import FullAgreement, SignedRecord, new_salt, open_bytes
from fairshare.release.going_on import Went, why_not_go_on
from fairshare.release.manifest import number_sealed
from fairshare.release.sharing.blocks import SEALED_TO, SharedFile, open_shared
from fairshare.release.sharing.gate import Access, Reader, SharedTable
from fairshare.release.sharing.refusals import NotShareable
from fairshare.release.sharing.tokens import is_token, read_token_id
from fairshare.release.sheet_files import SHEET
from fairshare.words import FairshareError, NotFound
from fairshare.words.reading import read_file

_TRIES = 5


class DeskGate:
    """Who may read what at a desk. It opens the desk anew for each question, so that nothing it says is out of date."""

    def __init__(self, root: Path, clock: Clock | None = None) -> None:
        self._root = root
        self._clock = clock or SystemClock()

    def now(self) -> datetime:
        """The time at the desk."""
        return self._clock.now()

    def find_reader(self, token: str) -> Reader | None:
        """Who presents a token; None if it is unknown, changed, expired or revoked."""
        number = read_token_id(token)
        with self._open() as desk:
            found = _find_token(desk, number) if number is not None else None
        # Compared even when there is none, so that an id that exists takes no longer than one that does not.
        good = is_token(token, found.made.digest if found is not None else "0" * 64)
        if found is None or not good or not found.works(self.now()):
            return None
        made = found.made
        return Reader(made.token, made.recipient, made.case, made.agreement, made.expires_at)

    def find_tables(self, reader: Reader) -> tuple[SharedTable, ...] | None:
        """What the reader may read now; None when the agreement is not in force or the token has ended."""
        for left in reversed(range(_TRIES)):
            try:
                with self._open() as desk:
                    state = _find_token(desk, reader.token)
                    return _list_tables(desk, reader) if state is not None and state.works(self.now()) else None
            except NotFound:
                # A record is committed an instant before its file is in place; opening the desk puts it there.
                if not left:
                    raise
        return None

    def open_table(self, table: SharedTable) -> SharedFile:
        """The table's file, its index having been checked against the signed receipt."""
        with self._open() as desk:
            went = next(each for each in list_released(desk, read_case(desk, table.share)) if each.id == table.release)
            secret = read_store_key(desk).secret
            return open_shared(find_folder(desk, went), table.number, went.receipt.files[table.number - 1], secret)

    def watch(self, reader: Reader, table: SharedTable) -> DeskWatch:
        """Watches whether the reader may go on reading the table."""
        return DeskWatch(self, self._root, reader, table)

    def write_access(self, access: Access) -> None:
        """Writes down and logs what was done."""
        with self._open() as desk:
            desk.entries.add(
                Accessed(
                    salt=new_salt(secrets.token_bytes),
                    at=self.now(),
                    case=access.case,
                    act=access.act,
                    token=access.token,
                    recipient=access.recipient,
                    release=access.release,
                    first=access.first,
                    last=access.last,
                    bytes=access.bytes,
                    ended=access.ended,
                )
            )

    @contextmanager
    def _open(self) -> Iterator[Desk]:
        with open_desk(self._root, clock=self._clock) as desk:
            yield desk


class DeskWatch:
    """Whether a read may go on. Asking costs next to nothing while nobody changes anything at the desk.

    Everything that counts is in one SQLite file, which tells every reader when somebody else has written to it; the
    desk's settings and trusted keys are files, and the day and the token's end are times.
    """

    def __init__(self, gate: DeskGate, root: Path, reader: Reader, table: SharedTable) -> None:
        self._gate, self._root, self._reader, self._table = gate, root, reader, table
        self._connection = sqlite3.connect(
            f"{(root / 'log.db').absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        self._seen: tuple[object, ...] | None = None

    def may_go_on(self) -> bool:
        """Whether the token, the agreement, the decision and the release still allow it."""
        now = self._gate.now()
        if now >= self._reader.expires_at:
            return False
        try:
            seen = (now.date(), self._read_version(), *self._read_files())
            if seen != self._seen:
                # What changed may be no more than another reader's entry in the log.
                if self._table not in (self._gate.find_tables(self._reader) or ()):
                    return False
                self._seen = seen
        except (FairshareError, sqlite3.Error, OSError):
            # What cannot be asked is not allowed.
            return False
        return True

    def close(self) -> None:
        """Lets go of the file that it watched."""
        with suppress(sqlite3.Error):
            self._connection.close()

    def _read_version(self) -> int:
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _read_files(self) -> tuple[tuple[int, int], ...]:
        found = ((self._root / name).stat() for name in (DESK_FILE, TRUST_FILE))
        return tuple((each.st_mtime_ns, each.st_ino) for each in found)


def read_recipients_sheet(desk: Desk, name: str) -> bytes:
    """The recipient's copy of the release sheet of a share, to be sent to them with the profile.

    Takes    name: the release's id or folder, or a case.
    """
    went = find_released(desk, name)
    if went.receipt.sealed_to != SEALED_TO:
        raise NotShareable(
            "this release is not shared, and its sheet went along with it",
            fix="Name a release that is shared.",
            where="release",
        )
    number = next(at for at, sent in number_sealed(went.receipt.files).items() if sent.name == SHEET)
    return open_bytes(read_file(find_folder(desk, went) / number), read_store_key(desk).secret)


def list_accesses(desk: Desk, case: str | None = None) -> tuple[Accessed, ...]:
    """What was done at the endpoint, in the order in which it happened."""
    return tuple(each for each in desk.entries.of_kind("accessed", case) if isinstance(each, Accessed))


def _find_token(desk: Desk, number: str) -> TokenState | None:
    made = next(
        (each for each in desk.entries.of_kind("token_made") if isinstance(each, TokenMade) and each.token == number),
        None,
    )
    if made is None:
        return None
    return next(each for each in list_tokens(desk, made.case) if each.made.token == number)


def _list_tables(desk: Desk, reader: Reader) -> tuple[SharedTable, ...] | None:
    """The tables that may be read under the reader's agreement, as it is today; None if it is not in force at all."""
    today, records = desk.clock.now().date(), read_case(desk, reader.case)
    versions = _list_versions(records, reader.agreement)
    current = find_current(desk, records, versions)
    held = hold_agreement(desk, records, current) if current is not None else None
    if held is None or why_not_held(held, today) is not None:
        return None
    if reader.recipient not in find_standing(held, today).parties:
        return None
    return tuple(
        _describe(went)
        for went in list_released(desk, records)
        if went.receipt.sealed_to == SEALED_TO
        and went.release.recipient.name == reader.recipient
        and went.agreement is not None
        and went.agreement.id in versions
        and why_not_go_on(went, today, by_agreement=True) is None
    )


def _list_versions(records: Sequence[SignedRecord], first: str) -> set[str]:
    """An agreement and the versions that came after it: a token goes on when its agreement is renewed."""
    versions = {first}
    for each in records:
        if isinstance(each.record, FullAgreement) and each.record.supersedes in versions:
            versions.add(each.id)
    return versions


def _describe(went: Went) -> SharedTable:
    number = went.id.removeprefix("sha256:")
    stem = went.receipt.files[0].name.rpartition(".")[0].lower()
    return SharedTable(
        share=went.release.case,
        schema=f"release_{number[:12]}",
        name=re.sub(r"[^a-z0-9_]", "_", stem)[:100] or "table",
        release=went.id,
        number=1,
        made_at=went.receipt.finished_at,
    )
