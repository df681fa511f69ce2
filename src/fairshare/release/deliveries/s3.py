"""Delivery to an S3-compatible store, by boto3: in parts, each with its digest, resumed where it was cut short.

Source   Amazon S3 API reference: PutObject, CreateMultipartUpload, UploadPart, ListParts, HeadObject with checksums.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

from fairshare.release.deliveries.places import S3Place
from fairshare.release.deliveries.refusals import (
    AGAIN,
    DeliveryBroken,
    DeliveryDenied,
    DeliveryFailed,
    PlaceMissing,
)
from fairshare.release.deliveries.uploading import Checked, LocalFile, OnSent, Part
from fairshare.words import MissingPart

MEGABYTE = 1024 * 1024
_DENIED = {"AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "401", "403", "ExpiredToken"}


class S3Store:
    """The folder of one release in a bucket."""

    def __init__(self, place: S3Place, release: str, base: Path) -> None:
        self._place = place
        self._folder = "/".join(part for part in (place.prefix.strip("/"), release) if part)
        self._client = _make_client(place, base)
        self._cut: dict[str, list[Part]] = {}

    def find(self, file: LocalFile) -> Checked | None:
        """How the store's own digest says that this very file is there."""
        try:
            with _one_family():
                found = self._client.head_object(**self._at(file), ChecksumMode="ENABLED")
        except PlaceMissing:
            return None
        if found.get("ContentLength") != file.size:
            return None
        return self._compare(file, found)

    def put(self, file: LocalFile, on_sent: OnSent) -> None:
        """Puts a file there: in one go if it is small, else in parts, leaving out those that are there already."""
        parts = self._parts(file)
        with _one_family():
            if len(parts) < 2:
                digest = b64encode(bytes.fromhex(file.sha256)).decode()
                content = file.read(0, file.size)
                self._client.put_object(
                    **self._at(file), Body=content, ChecksumAlgorithm="SHA256", ChecksumSHA256=digest
                )
                return
            upload = self._find_upload(file) or self._start_upload(file)
            there = self._list_parts(file, upload)
            for part in parts:
                if part.number not in there or not _is_same(there[part.number], part):
                    there[part.number] = self._put_part(file, upload, part)
                on_sent(part.number / len(parts))
            self._finish(file, upload, [there[part.number] for part in parts])

    def _parts(self, file: LocalFile) -> list[Part]:
        if file.name not in self._cut:
            self._cut[file.name] = file.cut(self._place.part_mb * MEGABYTE)
        return self._cut[file.name]

    def _compare(self, file: LocalFile, found: dict[str, Any]) -> Checked | None:
        parts, said = self._parts(file), found.get("ChecksumSHA256")
        if said:
            # Of a file in parts, stores give the digest of the parts' digests; Amazon's adds how many there were.
            together = sha256(b"".join(part.sha256 for part in parts)).digest()
            ours = {b64encode(each).decode() for each in (bytes.fromhex(file.sha256), together)}
            return "server_sha256" if str(said).partition("-")[0] in ours else None
        # A store without SHA-256 names what it holds by MD5, unless it encrypts by other means.
        tag = str(found.get("ETag", "")).strip('"')
        quick = md5(b"".join(part.md5 for part in parts), usedforsecurity=False).hexdigest()
        whole = parts[0].md5.hex() if len(parts) == 1 else None
        return "server_md5" if tag in (whole, f"{quick}-{len(parts)}") else None

    def _find_upload(self, file: LocalFile) -> str | None:
        """An upload of this file that was cut short, the newest if there are several."""
        key = self._at(file)["Key"]
        found = self._client.list_multipart_uploads(Bucket=self._place.bucket, Prefix=key).get("Uploads", [])
        ours = sorted((each["Initiated"], each["UploadId"]) for each in found if each["Key"] == key)
        return str(ours[-1][1]) if ours else None

    def _start_upload(self, file: LocalFile) -> str:
        return str(self._client.create_multipart_upload(**self._at(file), ChecksumAlgorithm="SHA256")["UploadId"])

    def _list_parts(self, file: LocalFile, upload: str) -> dict[int, dict[str, Any]]:
        pages = self._client.get_paginator("list_parts").paginate(**self._at(file), UploadId=upload)
        return {each["PartNumber"]: each for page in pages for each in page.get("Parts", [])}

    def _put_part(self, file: LocalFile, upload: str, part: Part) -> dict[str, Any]:
        digest = b64encode(part.sha256).decode()
        sent: dict[str, Any] = self._client.upload_part(
            **self._at(file),
            UploadId=upload,
            PartNumber=part.number,
            Body=file.read(part.start, part.size),
            ChecksumSHA256=digest,
        )
        return {"PartNumber": part.number, "ETag": sent["ETag"], "ChecksumSHA256": digest}

    def _finish(self, file: LocalFile, upload: str, parts: list[dict[str, Any]]) -> None:
        wanted = ("PartNumber", "ETag", "ChecksumSHA256")
        listed = [{name: part[name] for name in wanted if part.get(name)} for part in parts]
        self._client.complete_multipart_upload(**self._at(file), UploadId=upload, MultipartUpload={"Parts": listed})

    def _at(self, file: LocalFile) -> dict[str, str]:
        return {"Bucket": self._place.bucket, "Key": f"{self._folder}/{file.name}"}


def _is_same(there: dict[str, Any], part: Part) -> bool:
    """Whether a part that the store holds is ours, by whichever digest it gives."""
    if there.get("Size", part.size) != part.size:
        return False
    said = there.get("ChecksumSHA256")
    return said == b64encode(part.sha256).decode() if said else str(there.get("ETag", "")).strip('"') == part.md5.hex()


def _make_client(place: S3Place, base: Path) -> Any:
    try:
        import boto3  # type: ignore[import-untyped]
        from botocore.config import Config  # type: ignore[import-untyped]
    except ImportError:
        raise MissingPart(
            "boto3, which talks to S3-compatible stores, is not installed", fix="Run: pip install 'fairshare[s3]'"
        ) from None
    settings = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"max_attempts": 2, "mode": "standard"},
        signature_version="s3v4",
        s3={"addressing_style": "path"} if place.endpoint else {},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    session = boto3.session.Session(
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key,
        region_name=place.region or "us-east-1",
    )
    with _one_family():
        return session.client(
            "s3",
            endpoint_url=place.endpoint,
            config=settings,
            verify=str(base / place.ca_file) if place.ca_file else True,
        )


@contextmanager
def _one_family() -> Iterator[None]:
    """Turns what boto3 says into a FairshareError; its own words are left out, since they may hold a credential."""
    import botocore.exceptions  # type: ignore[import-untyped]

    try:
        yield
    except botocore.exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code == "404" or status == 404:
            raise PlaceMissing(
                "the bucket or file is not there", fix=f"Check the bucket's name. {AGAIN}", where="bucket"
            ) from None
        if code in _DENIED or status in (401, 403):
            raise DeliveryDenied(
                "the store refused the credentials, or does not let them write there",
                fix=f"Ask the recipient to allow it, or correct the credentials. {AGAIN}",
                where="bucket",
            ) from None
        raise DeliveryFailed(
            f"the store could not take a file ({code[:40] or status})",
            fix=f"Ask the recipient whether their store has room and works. {AGAIN}",
            where="bucket",
        ) from None
    except (botocore.exceptions.BotoCoreError, OSError) as error:
        raise DeliveryBroken(
            f"the store could not be reached, or the connection broke ({type(error).__name__})",
            fix=f"Check the endpoint and the network. {AGAIN}",
            where="endpoint",
        ) from None
