"""Whom a release is sealed to: the recipient's keys, a passphrase, or the endpoint's own key for what is shared."""

from __future__ import annotations

from pathlib import Path

from fairshare.records.sealing import Passphrase, make_locked_key
from fairshare.release.delivery import KEY, PASSPHRASE
from fairshare.release.sharing.blocks import SEALED_TO, ShareStore
from fairshare.release.sheet import Sealed
from fairshare.release.staging import write_synced

Readers = tuple[str, ...] | Passphrase | ShareStore


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
