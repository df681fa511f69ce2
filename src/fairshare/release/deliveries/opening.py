"""Opening the place that a release is delivered to, whichever kind it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fairshare.release.deliveries.places import S3Place, SftpPlace
from fairshare.release.deliveries.uploading import Store


@contextmanager
def open_store(place: S3Place | SftpPlace, release: str, base: Path) -> Iterator[Store]:
    """The folder of one release at a place.

    Takes    release: the folder's name; base: where paths in the place start.
    """
    if isinstance(place, S3Place):
        from fairshare.release.deliveries.s3 import S3Store

        yield S3Store(place, release, base)
        return
    from fairshare.release.deliveries.sftp import SftpStore

    store = SftpStore(place, release, base)
    try:
        yield store
    finally:
        store.close()


def describe_place(place: S3Place | SftpPlace, release: str) -> str:
    """Where a release is put, in one line, without any credential."""
    if isinstance(place, S3Place):
        folder = "/".join(part for part in (place.prefix.strip("/"), release) if part)
        return f"s3://{place.bucket}/{folder} at {place.endpoint or 'Amazon S3'}"
    return f"sftp://{place.host}:{place.port}/{'/'.join(p for p in (place.folder.strip('/'), release) if p)}"
