"""The share store: a Parquet file sealed block by block, so that any range of it opens without the rest.

Each block of 1 MiB is an age file of its own, sealed to the endpoint's key; they stand one after another. The index,
sealed too, has the length and digest of each, and the receipt has the index's digest: no block can be swapped unseen.
No plain byte touches a disk, neither when it is written nor when it is read.

    0001.blocks   the sealed blocks
    0001.index    their lengths and digests, and the table's columns
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from fairshare.records.canonical import encode, parse_canonical
from fairshare.records.ids import Digest
from fairshare.records.kinds import SentFile
from fairshare.records.sealing import open_bytes, seal_bytes
from fairshare.release.delivery import Measured
from fairshare.release.kinds import Contents, Table
from fairshare.release.sharing.columns import TAIL, read_footer
from fairshare.release.sharing.refusals import NotShareable, ShareDamaged
from fairshare.release.staging import create_file, naming_the_disk, write_synced
from fairshare.words import Value
from fairshare.words.reading import build, read_file

BLOCK = 1024 * 1024
SEALED_TO = "nobody's key: read over TLS with a token, by Delta Sharing; sealed here to the endpoint's own key"
"""What a receipt says of a table that is read by Delta Sharing."""
MAX_INDEX = 64 * 1024 * 1024


@dataclass(frozen=True)
class ShareStore:
    """That a release stays here, sealed to the endpoint's own public key, and is read over TLS with a token."""

    key: str


class SealedBlock(Value):
    """One block: how many sealed bytes it has, and their digest."""

    bytes: int = Field(gt=0)
    sha256: Digest


class ShareIndex(Value):
    """What is in a shared file: its size, rows and columns, and its sealed blocks."""

    format: Literal["fairshare-share/1"] = "fairshare-share/1"
    bytes: int = Field(ge=0)
    rows: int = Field(ge=0)
    schema_string: str
    """The columns, as the Delta Sharing protocol writes them."""
    blocks: tuple[SealedBlock, ...]


def check_shareable(contents: Contents) -> None:
    """Refuses what cannot be read by Delta Sharing: anything but a table that is written as Parquet."""
    if not isinstance(contents, Table) or contents.format != "parquet":
        raise NotShareable(
            "only a table that is written as Parquet can be read by Delta Sharing",
            fix="Write `format: parquet` in the release's table, or hand over sealed files.",
            where="table",
        )


def seal_in_blocks(source: Any, target: Path, to: tuple[str, ...], *, name: str, media_type: str) -> SentFile:
    """Seals a Parquet file into the share store as it streams, with its index; says what went, as `seal_into` does.

    Its digest after encryption is that of the sealed index, which holds the digest of every sealed block.
    """
    plain, blocks, tail = Measured(source), list[SealedBlock](), b""
    with naming_the_disk(target), create_file(target.with_suffix(".blocks")) as file:
        while block := _read_block(plain):
            sealed = seal_bytes(block, to)
            file.write(sealed)
            blocks.append(SealedBlock(bytes=len(sealed), sha256=sha256(sealed).hexdigest()))
            tail = (tail + block)[-TAIL:]
    footer = read_footer(tail, plain.bytes)
    index = ShareIndex(bytes=plain.bytes, rows=footer.rows, schema_string=footer.schema_string, blocks=tuple(blocks))
    sealed_index = seal_bytes(encode(index), to)
    write_synced(target.with_suffix(".index"), sealed_index)
    return SentFile(
        name=name,
        media_type=media_type,
        bytes=plain.bytes,
        sha256=plain.sha256,
        encrypted_sha256=sha256(sealed_index).hexdigest(),
    )


class SharedFile:
    """One shared file, open to be read by ranges. Close it when done."""

    def __init__(self, blocks: Path, index: ShareIndex, secret: str) -> None:
        self.index = index
        self._secret = secret
        self._starts = [0]
        for each in index.blocks:
            self._starts.append(self._starts[-1] + each.bytes)
        with naming_the_disk(blocks):
            self._handle = os.open(blocks, os.O_RDONLY | os.O_NOFOLLOW)

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._handle)

    def read(self, first: int, last: int) -> Iterator[bytes]:
        """The bytes from `first` to `last`, both included, a block or less at a time."""
        for number in range(first // BLOCK, last // BLOCK + 1):
            start = number * BLOCK
            yield self._open(number)[max(first - start, 0) : last - start + 1]

    def _open(self, number: int) -> bytes:
        expected, start = self.index.blocks[number], self._starts[number]
        with naming_the_disk(Path("share store")):
            sealed = os.pread(self._handle, expected.bytes, start)
        if sha256(sealed).hexdigest() != expected.sha256:
            raise _damaged()
        return open_bytes(sealed, self._secret)


def open_shared(folder: Path, number: int, sent: SentFile, secret: str) -> SharedFile:
    """Opens a shared file of a release folder, if its index is the one that the receipt names.

    Takes    number: which of the folder's files; sent: what the signed receipt says of it; secret: the endpoint's key.
    """
    at = folder / f"{number:04}"
    sealed = read_file(at.with_suffix(".index"), max_bytes=MAX_INDEX)
    if sha256(sealed).hexdigest() != sent.encrypted_sha256:
        raise _damaged()
    found = parse_canonical(open_bytes(sealed, secret), where="index", max_bytes=MAX_INDEX)
    index = build(ShareIndex, found, where="index")
    if index.bytes != sent.bytes or len(index.blocks) != -(-index.bytes // BLOCK):
        raise _damaged()
    return SharedFile(at.with_suffix(".blocks"), index, secret)


def _read_block(source: Measured) -> bytes:
    """As much as fills a block, unless the source ends."""
    parts, left = [], BLOCK
    while left and (chunk := source.read(left)):
        parts.append(chunk)
        left -= len(chunk)
    return b"".join(parts)


def _damaged() -> ShareDamaged:
    return ShareDamaged(
        "a file of the share store is not the one that was released",
        fix="Recall the release, find out who changed the file, and release again.",
        where="share store",
    )
