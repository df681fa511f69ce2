"""Whom a release is sealed to: the recipient's keys, a passphrase, or the endpoint's own key for what is shared."""

from __future__ import annotations

from pathlib import Path

from fairshare.records.sealing import Passphrase, check_reader_key, make_locked_key
from fairshare.release.delivery import HOW_TO_OPEN, KEY, PASSPHRASE
from fairshare.release.kinds import Contents, Table, Told, files_of
from fairshare.release.manifest import check_file_names
from fairshare.release.refusals import BadReaders
from fairshare.release.sharing.blocks import SEALED_TO, ShareStore, check_shareable
from fairshare.release.sheet import Sealed
from fairshare.release.sheet_files import SHEET, SHEET_PDF
from fairshare.release.staging import write_synced

Readers = tuple[str, ...] | Passphrase | ShareStore
MAX_READERS = 7
"""As many public keys as a receipt has room for."""


def prepare_readers(readers: Readers, out: Path) -> tuple[str, ...]:
    """The public keys to seal to. For a passphrase, a one-off key goes along in `out`, itself sealed to it."""
    if isinstance(readers, Passphrase):
        public, locked = make_locked_key(readers)
        write_synced(out / KEY, locked)
        return (public,)
    return (readers.key,) if isinstance(readers, ShareStore) else tuple(dict.fromkeys(readers))


def find_sealed(readers: Readers) -> Sealed | None:
    """How the release sheet names them."""
    if isinstance(readers, Passphrase):
        return "passphrase"
    if isinstance(readers, ShareStore):
        return "sharing"
    return "key" if readers else None


def name_readers(readers: Readers) -> str | None:
    """How a receipt names them."""
    if isinstance(readers, Passphrase):
        return PASSPHRASE
    return SEALED_TO if isinstance(readers, ShareStore) else ", ".join(dict.fromkeys(readers)) or None


def check_handover(readers: Readers, contents: Contents) -> None:
    """Refuses a hand-over that nobody could open, or with file names that could not stand side by side."""
    if isinstance(contents, Told) and readers:
        raise BadReaders(
            "nothing is handed over in this kind of release, so there is nobody to seal it to",
            fix="Name no keys and no passphrase.",
            where="readers",
        )
    if not isinstance(contents, Told) and not readers:
        raise BadReaders(
            "nobody is named who can open it",
            fix="Give the recipient's public key, or a passphrase to be told over another channel.",
            where="readers",
        )
    if isinstance(readers, tuple):
        if len(set(readers)) > MAX_READERS:
            raise BadReaders(
                f"there are more than {MAX_READERS} public keys",
                fix="Seal it to one key that the recipient's people share.",
                where="readers",
            )
        for key in readers:
            check_reader_key(key)
    if isinstance(readers, ShareStore):
        check_shareable(contents)
    names = [each.name for each in files_of(contents)]
    check_file_names(
        [*names, *([contents.file_name] if isinstance(contents, Table) else []), SHEET, SHEET_PDF, HOW_TO_OPEN]
    )
