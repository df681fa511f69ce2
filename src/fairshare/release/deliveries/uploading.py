"""Putting a sealed release somewhere: each file whole and checked, the manifest last, and again if it was cut short.

A release without its manifest cannot be opened, so one that has half arrived is never taken for a whole one. What is
there already, and is right, is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5, sha256
from pathlib import Path
from typing import Literal, Protocol

from fairshare.records.kinds import Receipt
from fairshare.release.deliveries.refusals import AGAIN, DeliveryDiffers, NothingToDeliver
from fairshare.release.delivery import KEY, MANIFEST, PASSPHRASE, FilesDiffer
from fairshare.release.manifest import number_sealed
from fairshare.release.sharing.blocks import SEALED_TO
from fairshare.release.staging import naming_the_disk

Checked = Literal["server_sha256", "server_md5", "read_back"]
"""How the other side's copy was checked: by a digest that the server worked out, or by reading it back."""
OnSent = Callable[[float], None]
"""Told a share from 0 to 1."""
CHUNK = 1024 * 1024


@dataclass(frozen=True)
class LocalFile:
    """One file of a release folder, as it is here."""

    name: str
    path: Path

    @cached_property
    def size(self) -> int:
        """Its size."""
        with naming_the_disk(self.path):
            return self.path.stat().st_size

    @cached_property
    def sha256(self) -> str:
        """Its digest."""
        digest = sha256()
        with naming_the_disk(self.path), self.path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def read(self, start: int, size: int) -> bytes:
        """Some of it. Each read opens it anew, so that a fault of the disk is never taken for one of the network."""
        with naming_the_disk(self.path), self.path.open("rb") as file:
            file.seek(start)
            return file.read(size)

    def cut(self, size: int) -> list[Part]:
        """Its parts, each with its digests."""
        parts: list[Part] = []
        with naming_the_disk(self.path), self.path.open("rb") as file:
            while chunk := file.read(size):
                quick = md5(chunk, usedforsecurity=False).digest()
                parts.append(Part(len(parts) + 1, len(parts) * size, len(chunk), sha256(chunk).digest(), quick))
        return parts


@dataclass(frozen=True)
class Part:
    """A part of a file, numbered from 1."""

    number: int
    start: int
    size: int
    sha256: bytes
    md5: bytes
    """S3-compatible stores name what they hold by it; it guards against faults, SHA-256 against people."""


@dataclass(frozen=True)
class PlacedFile:
    """A file that is there, and how that was checked."""

    name: str
    bytes: int
    sha256: str
    checked: Checked


class Store(Protocol):
    """Somewhere to put the files of one release."""

    def find(self, file: LocalFile) -> Checked | None:
        """How it was found that this very file is there; None if it is not, or another is."""
        ...

    def put(self, file: LocalFile, on_sent: OnSent) -> None:
        """Puts a file there, going on where an earlier attempt was cut short."""
        ...


def check_local(folder: Path, receipt: Receipt) -> list[LocalFile]:
    """The files of a release folder in the order in which they are sent, all as the receipt says.

    Raises   NothingToDeliver, FilesDiffer.
    """
    if receipt.sealed_to in (None, SEALED_TO):
        raise NothingToDeliver(
            "nothing in this release is sealed to its recipient",
            fix="Only sealed files are put anywhere; what is shared is read at the endpoint.",
            where="release",
        )
    expected = number_sealed(receipt.files)
    extra = {MANIFEST} | ({KEY} if receipt.sealed_to == PASSPHRASE else set())
    with naming_the_disk(folder):
        there = {each.name for each in folder.iterdir()}
    files = [LocalFile(name, folder / name) for name in sorted(there - {MANIFEST})] + [
        LocalFile(MANIFEST, folder / MANIFEST)
    ]
    if there != expected.keys() | extra or any(
        each.sha256 != (expected[each.name].encrypted_sha256 or expected[each.name].sha256)
        for each in files
        if each.name in expected
    ):
        raise FilesDiffer(
            "the release's folder does not hold what the receipt says",
            fix="Find out who changed it; restore it from a backup, or release again.",
            where=folder.name,
        )
    return files


def upload_files(files: list[LocalFile], store: Store, on_progress: OnSent = lambda share: None) -> list[PlacedFile]:
    """Puts files into a store, in their order, each checked there before the next.

    Raises   what the store raises; DeliveryDiffers when what is there afterwards is not what was sent.
    """
    total = sum(each.size for each in files) or 1
    placed: list[PlacedFile] = []
    for file in files:
        before = sum(each.bytes for each in placed)
        checked = store.find(file)
        if checked is None:
            store.put(file, lambda share, file=file, before=before: on_progress((before + share * file.size) / total))  # type: ignore[misc]
            checked = store.find(file)
        if checked is None:
            raise DeliveryDiffers(
                "what the other side holds is not what was sent", fix=f"Find out why. {AGAIN}", where=file.name
            )
        placed.append(PlacedFile(file.name, file.size, file.sha256, checked))
        on_progress((before + file.size) / total)
    return placed
