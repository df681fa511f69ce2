"""Handing over: sealing what goes to the people who may read it, and opening it at the other end.

A release is a folder. Each file in it is sealed on its own under a neutral number, so that any age tool opens it and a
table of any size can stream into it; there is no archive to unpack, and so none to attack. The folder holds:

    0001.age, 0002.age ...   what was sent, and last the release sheet
    manifest.age             the signed intent and receipt: every file's true name, size and digests
    key.age                  only for a reader without a key: a one-off key, sealed to the passphrase
    HOW-TO-OPEN.txt          in the clear; it names nobody
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from stat import S_ISREG
from typing import Any, BinaryIO

from fairshare.records.commitments import record_id
from fairshare.records.keys import Keys, PublicKey
from fairshare.records.kinds import Receipt, Release, SentFile
from fairshare.records.sealing import Passphrase, Sink, Source, open_stream, seal_bytes, seal_stream, unlock_key
from fairshare.release.manifest import Manifest, check_manifest, number_sealed, parse_manifest
from fairshare.release.staging import (
    AlreadyReleased,
    Attempt,
    commit_attempt,
    create_file,
    find_abandoned,
    naming_the_disk,
    remove_attempt,
    start_attempt,
    write_synced,
)
from fairshare.words import BadInput, NotFound, Person, Refused, Unsound

MANIFEST = "manifest.age"
KEY = "key.age"
HOW_TO_OPEN = "HOW-TO-OPEN.txt"
PASSPHRASE = "passphrase"  # noqa: S105 (a word, not a secret)
"""What a receipt says instead of a public key."""
PASSPHRASE_WORDS = 6
MAX_MANIFEST = 64 * 1024 * 1024
_CHUNK = 1024 * 1024


class FilesDiffer(Unsound):
    """A release's files are not those that its manifest lists: one is missing, added, changed or cut short."""

    code = "RELEASE_FILES_DIFFER"


class AlreadyOpened(Refused):
    """This release has been opened into that folder before."""

    code = "RELEASE_ALREADY_OPENED"


@dataclass(frozen=True)
class Opened:
    """A release that its recipient has opened, every file in it having been verified."""

    folder: Path
    manifest: Manifest
    signed_by: PublicKey

    @property
    def release(self) -> Release:
        """What the sender meant to send, to whom, under which decision."""
        return self.manifest.intent

    @property
    def receipt(self) -> Receipt:
        """What the sender says went; it has been checked against what arrived."""
        return self.manifest.outcome


class Measured:
    """A source or sink that counts and digests what passes through it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._digest = sha256()
        self.bytes = 0

    def read(self, size: int) -> bytes:
        """Passes on what the source gives."""
        chunk: bytes = self._inner.read(size)
        self._digest.update(chunk)
        self.bytes += len(chunk)
        return chunk

    def write(self, chunk: bytes) -> int:
        """Passes on what the sink takes."""
        taken: int = self._inner.write(chunk)
        self._digest.update(memoryview(chunk)[:taken])
        self.bytes += taken
        return taken

    @property
    def sha256(self) -> str:
        """The digest of what has passed so far."""
        return self._digest.hexdigest()


def make_passphrase(choose: Callable[[Sequence[str]], str] = secrets.choice) -> Passphrase:
    """A passphrase of six common words, to be told over another channel: 77 bits, behind age's slow scrypt.

    It is shown once and never kept.
    """
    from xkcdpass.xkcd_password import generate_wordlist  # type: ignore[import-untyped]  # it publishes no types

    words = sorted(generate_wordlist(wordfile="eff-long", min_length=3, max_length=9, valid_chars="[a-z]"))
    return Passphrase("-".join(choose(words) for _ in range(PASSPHRASE_WORDS)))


def seal_into(source: Source, target: Path, to: tuple[str, ...], *, name: str, media_type: str) -> SentFile:
    """Seals everything in `source` into a new file, and says what went: its size, and its digests on both sides."""
    with naming_the_disk(target), create_file(target) as file:
        plain, sealed = Measured(source), Measured(file)
        seal_stream(plain, sealed, to)
    return SentFile(
        name=name,
        media_type=media_type,
        bytes=plain.bytes,
        sha256=plain.sha256,
        encrypted_sha256=sealed.sha256,
    )


def seal_bytes_into(content: bytes, target: Path, to: tuple[str, ...], *, name: str, media_type: str) -> SentFile:
    """The same for bytes that are at hand."""
    return seal_into(BytesIO(content), target, to, name=name, media_type=media_type)


def write_plain_into(content: bytes, out: Path, *, name: str, media_type: str) -> SentFile:
    """Puts a file that travels in the clear into the release folder."""
    write_synced(out / name, content)
    return SentFile(name=name, media_type=media_type, bytes=len(content), sha256=sha256(content).hexdigest())


def name_folder(release_id: str) -> str:
    """The name of a release's folder: one for each intent, and it tells nobody anything."""
    return f"release-{release_id.removeprefix('sha256:')[:20]}"


def seal_manifest(out: Path, manifest: bytes, to: tuple[str, ...]) -> None:
    """Seals the manifest into the release folder: the last file to be written."""
    write_synced(out / MANIFEST, seal_bytes(manifest, to))


def open_release(folder: Path, key: str | Passphrase, *, trust: Keys, into: Path) -> Opened:
    """Opens a release that was handed over; nothing has its final name until all of it has been verified.

    Takes    key: the reader's secret key, or the passphrase that was told over another channel;
             trust: the public keys of senders that the reader trusts; into: where the opened folder is to appear.
    Raises   CannotOpen when the key does not fit; UnknownSigner, BadSignature, ManifestUnsound or FilesDiffer when
             what arrived is not what a trusted sender signed; AlreadyOpened.
    """
    listed = _list_files(folder)
    secret = unlock_key(_read(folder / KEY), key) if isinstance(key, Passphrase) else key
    manifest = parse_manifest(_open_manifest(folder, secret))
    signer = check_manifest(manifest, trust)
    expected = number_sealed(manifest.outcome.files)
    if listed != expected.keys() | {MANIFEST} | ({KEY} if manifest.outcome.sealed_to == PASSPHRASE else set()):
        raise FilesDiffer(
            "the folder does not hold exactly the files that were sent",
            fix="Ask the sender for the whole release again.",
            where=folder.name,
        )
    for abandoned in find_abandoned(into):
        remove_attempt(abandoned)
    with start_attempt(into, "opening") as attempt:
        for name, sent in expected.items():
            _open_file(folder / name, sent, secret, attempt)
        final = into / name_folder(manifest.release.id)
        try:
            commit_attempt(attempt, final)
        except AlreadyReleased:
            raise AlreadyOpened(
                "there is a folder of that name already",
                fix="Use what is there, or open it elsewhere.",
                where=final.name,
            ) from None
    return Opened(final, manifest, signer)


def make_recipient_receipt(opened: Opened, *, salt: str, made_at: datetime, made_by: Person) -> Receipt:
    """The recipient's own receipt: these files arrived whole, from this release."""
    sent = opened.receipt
    return Receipt(
        case=sent.case,
        salt=salt,
        follows=(sent.release, record_id(sent)),
        made_at=made_at,
        made_by=made_by,
        release=sent.release,
        side="recipient",
        files=sent.files,
        items=sent.items,
        finished_at=made_at,
    )


def _list_files(folder: Path) -> frozenset[str]:
    try:
        return frozenset(each.name for each in folder.iterdir())
    except OSError as error:
        raise NotFound(
            f"the release folder cannot be read: {error.strerror}", fix="Check the path.", where=folder.name
        ) from None


def _open_manifest(folder: Path, secret: str) -> bytes:
    sink = _Bounded(MAX_MANIFEST)
    with _open_plain(folder / MANIFEST) as file:
        open_stream(file, sink, secret)
    return bytes(sink.held)


def _open_file(path: Path, sent: SentFile, secret: str, attempt: Attempt) -> None:
    """Opens one file into the attempt, and refuses it unless it is what was sent, before and after decryption."""
    target = attempt.out / sent.name
    with _open_plain(path) as file, naming_the_disk(target), create_file(target) as plain_file:
        sealed, plain = Measured(file), Measured(_Capped(plain_file, sent.bytes))
        if sent.encrypted_sha256 is None:
            while chunk := sealed.read(_CHUNK):
                plain.write(chunk)
        else:
            open_stream(sealed, plain, secret)
    on_arrival = sealed.sha256 if sent.encrypted_sha256 is not None else None
    if (plain.bytes, plain.sha256, on_arrival) != (sent.bytes, sent.sha256, sent.encrypted_sha256):
        raise _differs(path)


def _open_plain(path: Path) -> BinaryIO:
    """Opens a file to read, but no link, pipe or device in its place."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise FilesDiffer(
            f"a file cannot be read: {error.strerror}",
            fix="Ask the sender for the whole release again.",
            where=path.name,
        ) from None
    if not S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise _differs(path)
    return os.fdopen(handle, "rb", buffering=_CHUNK)


def _read(path: Path) -> bytes:
    with _open_plain(path) as file:
        found = file.read(_CHUNK + 1)
    if len(found) > _CHUNK:
        raise _differs(path)
    return found


def _differs(path: Path) -> FilesDiffer:
    return FilesDiffer(
        "a file is not the one that was sent", fix="Ask the sender for the whole release again.", where=path.name
    )


class _Bounded:
    """A sink in memory that takes so much and no more."""

    def __init__(self, limit: int) -> None:
        self.held = bytearray()
        self._limit = limit

    def write(self, chunk: bytes) -> int:
        if len(self.held) + len(chunk) > self._limit:
            raise BadInput("the manifest is too large", fix="Ask the sender for the release again.", where=MANIFEST)
        self.held += chunk
        return len(chunk)


class _Capped:
    """A sink that takes no more than was said to come, so that a false file cannot fill the disk."""

    def __init__(self, inner: Sink, limit: int) -> None:
        self._inner = inner
        self._left = limit

    def write(self, chunk: bytes) -> int:
        if len(chunk) > self._left:
            raise FilesDiffer(
                "a file is longer than what was sent", fix="Ask the sender for the whole release again.", where="file"
            )
        self._left -= len(chunk)
        return self._inner.write(chunk)
