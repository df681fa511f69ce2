"""Where releases are delivered to: each place by a name, with whose it is and how to get in."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError, model_validator

from fairshare.release.deliveries.refusals import BadPlaces, PlaceMissing
from fairshare.words import Value
from fairshare.words.values import Line

Folder = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~/ -]*$", max_length=300)]


class S3Place(Value):
    """A bucket of an S3-compatible store."""

    kind: Literal["s3"]
    recipient: Line
    """The organisation that collects there, by its name in decisions."""
    bucket: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    prefix: Folder = ""
    endpoint: Line | None = None
    """The store's address; none for Amazon's own."""
    region: Line | None = None
    access_key: Line = Field(repr=False)
    secret_key: Line = Field(repr=False)
    ca_file: Line | None = None
    """The certificates that the store's own must come from, as a PEM file, if not the system's."""
    part_mb: int = Field(default=16, ge=5, le=512)

    @model_validator(mode="after")
    def _is_encrypted(self) -> S3Place:
        if self.endpoint is not None and not _is_safe(self.endpoint):
            raise ValueError("the endpoint must start with https://")
        return self


class SftpPlace(Value):
    """A folder of an SFTP server, whose host key is written down beforehand."""

    kind: Literal["sftp"]
    recipient: Line
    host: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
    port: int = Field(default=22, ge=1, le=65535)
    user: Line
    host_key: Annotated[str, StringConstraints(pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,3}$", max_length=4000)]
    """The server's public key, as `ssh-ed25519 AAAA...`, got from the recipient over another channel."""
    folder: Folder = ""
    password: Line | None = Field(default=None, repr=False)
    key_file: Line | None = None
    key_passphrase: Line | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _has_one_way_in(self) -> SftpPlace:
        if (self.password is None) == (self.key_file is None):
            raise ValueError("give a password or a key_file, and not both")
        return self


Place = Annotated[S3Place | SftpPlace, Field(discriminator="kind")]
_PLACES: TypeAdapter[dict[str, Place]] = TypeAdapter(dict[str, Place])


def read_places(found: Any, *, where: str) -> dict[str, S3Place | SftpPlace]:
    """The places in a file, by name. No message repeats what stands in it, since that may be a secret."""
    try:
        return _PLACES.validate_python(found)
    except ValidationError as error:
        at = sorted(
            {".".join(str(part) for part in each["loc"] if part not in ("s3", "sftp")) for each in error.errors()}
        )
        raise BadPlaces(
            f"these places are not written as they should be: {', '.join(at)[:300] or 'the file'}",
            fix="Correct them; `fairshare deliver --help` names the page that shows how a place is written.",
            where=where,
        ) from None


def find_place(places: dict[str, S3Place | SftpPlace], name: str, *, where: str) -> S3Place | SftpPlace:
    """The place of a name; raises PlaceMissing."""
    if name not in places:
        raise PlaceMissing("there is no place of that name to deliver to", fix=f"Write it into {where}.", where=name)
    return places[name]


def _is_safe(endpoint: str) -> bool:
    """Whether an address is one of TLS, or of this machine itself."""
    try:
        parts = urlsplit(endpoint)
        loopback = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        loopback = False
    return endpoint.startswith("https://") or (endpoint.startswith("http://") and loopback)
