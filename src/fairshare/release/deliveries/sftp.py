"""Delivery over SFTP, by paramiko: the server's key is known beforehand, and files get their names when they are whole.

Each file is written as NAME.part, going on where an earlier attempt was cut short, read back, and only then renamed.
"""

from __future__ import annotations

import errno
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from fairshare.release.deliveries.places import SftpPlace
from fairshare.release.deliveries.refusals import (
    AGAIN,
    BadPlaces,
    DeliveryBroken,
    DeliveryDenied,
    DeliveryDiffers,
    DeliveryFailed,
    HostKeyDiffers,
    PlaceMissing,
)
from fairshare.release.deliveries.uploading import CHUNK, Checked, LocalFile, OnSent
from fairshare.words import MissingPart

TIMEOUT_SECONDS = 30


class SftpStore:
    """The folder of one release on an SFTP server. Close it when done."""

    def __init__(self, place: SftpPlace, release: str, base: Path) -> None:
        self._client = _load_paramiko().SSHClient()
        self._folder = "/".join(part for part in (place.folder.rstrip("/"), release) if part)
        try:
            self._sftp = _connect(self._client, place, base)
            self._make_folder(place.folder)
        except BaseException:
            self._client.close()
            raise

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def find(self, file: LocalFile) -> Checked | None:
        """Whether this very file is there, by reading it back."""
        return "read_back" if self._digest(file.name, file.size) == file.sha256 else None

    def put(self, file: LocalFile, on_sent: OnSent) -> None:
        """Writes a file under a name of its own until it is whole and has been read back, then gives it its name."""
        draft = f"{file.name}.part"
        self._write(file, draft, on_sent)
        if self._digest(draft, file.size) != file.sha256:
            # What an earlier attempt left was not a beginning of this file: start anew, once.
            with _one_family():
                self._sftp.remove(self._at(draft))
            self._write(file, draft, on_sent)
            if self._digest(draft, file.size) != file.sha256:
                raise DeliveryDiffers(
                    "what was written there reads back as something else",
                    fix=f"Ask the recipient to look at their disk. {AGAIN}",
                    where=file.name,
                )
        with _one_family():
            self._sftp.posix_rename(self._at(draft), self._at(file.name))

    def _write(self, file: LocalFile, draft: str, on_sent: OnSent) -> None:
        start = self._size(draft)
        if start is None or start > file.size:
            start = 0
        with _one_family(), self._sftp.open(self._at(draft), "r+" if start else "w") as target:
            target.set_pipelined(True)
            target.seek(start)
            while chunk := file.read(start, CHUNK):
                target.write(chunk)
                start += len(chunk)
                on_sent(start / file.size)

    def _digest(self, name: str, size: int) -> str | None:
        """The digest of what is there under a name; None if nothing is, or something of another size."""
        if self._size(name) != size:
            return None
        digest = sha256()
        with _one_family(), self._sftp.open(self._at(name), "r") as source:
            source.prefetch(size)
            while chunk := source.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _size(self, name: str) -> int | None:
        try:
            with _one_family():
                found: int | None = self._sftp.stat(self._at(name)).st_size
                return found
        except PlaceMissing:
            return None

    def _make_folder(self, parent: str) -> None:
        """The release's own folder; the one that it is in must be there."""
        with _one_family():
            self._sftp.stat(parent or ".")
            with suppress(FileNotFoundError):
                self._sftp.stat(self._folder)
                return
            self._sftp.mkdir(self._folder, 0o770)

    def _at(self, name: str) -> str:
        return f"{self._folder}/{name}"


def _connect(client: Any, place: SftpPlace, base: Path) -> Any:
    """A session with the server, if it shows the key that is written down; nothing is ever added to what is known."""
    import paramiko  # type: ignore[import-untyped]

    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    kind, key = _read_host_key(place.host_key)
    name = place.host if place.port == paramiko.config.SSH_PORT else f"[{place.host}]:{place.port}"
    client.get_host_keys().add(name, kind, key)
    try:
        with _one_family():
            client.connect(
                place.host,
                port=place.port,
                username=place.user,
                password=place.password,
                key_filename=str(base / place.key_file) if place.key_file else None,
                passphrase=place.key_passphrase,
                look_for_keys=False,
                allow_agent=False,
                timeout=TIMEOUT_SECONDS,
                banner_timeout=TIMEOUT_SECONDS,
                auth_timeout=TIMEOUT_SECONDS,
            )
            session = client.open_sftp()
            session.get_channel().settimeout(TIMEOUT_SECONDS)
            return session
    except UnicodeError:
        raise BadPlaces("the host is no name of a host", fix="Correct it.", where="host") from None


def _read_host_key(text: str) -> tuple[str, Any]:
    import paramiko

    kind, _, encoded = text.partition(" ")
    try:
        return kind, paramiko.PKey.from_type_string(kind, b64decode(encoded, validate=True))
    except Exception:
        raise BadPlaces(
            "the host key is not one",
            fix="Write it as `ssh-ed25519 AAAA...`, as `ssh-keyscan` prints it.",
            where="host_key",
        ) from None


def _load_paramiko() -> Any:
    try:
        import paramiko
    except ImportError:
        raise MissingPart(
            "paramiko, which speaks SFTP, is not installed", fix="Run: pip install 'fairshare[sftp]'"
        ) from None
    return paramiko


@contextmanager
def _one_family() -> Iterator[None]:
    """Turns what paramiko says into a FairshareError, without its words: they may name a key or a user."""
    import paramiko

    try:
        yield
    except (paramiko.BadHostKeyException, paramiko.ssh_exception.IncompatiblePeer):
        raise _wrong_key() from None
    except paramiko.AuthenticationException:
        raise DeliveryDenied(
            "the server refused the credentials",
            fix=f"Correct the user, the password or the key. {AGAIN}",
            where="user",
        ) from None
    except paramiko.SSHException as error:
        if "not found in known_hosts" in str(error):
            raise _wrong_key() from None
        raise _broken(error) from None
    except FileNotFoundError:
        raise PlaceMissing(
            "the folder or file is not there", fix=f"Check the folder. {AGAIN}", where="folder"
        ) from None
    except PermissionError:
        raise DeliveryDenied(
            "the server does not let this user write there",
            fix=f"Ask the recipient to allow it. {AGAIN}",
            where="folder",
        ) from None
    except (EOFError, ConnectionError, TimeoutError) as error:
        raise _broken(error) from None
    except OSError as error:
        # An SFTP server that fails says no more than that; a socket that fails says why by a number.
        if error.errno in (None, errno.ENOSPC, errno.EDQUOT):
            raise DeliveryFailed(
                "the server could not take a file",
                fix=f"Ask the recipient whether their disk has room. {AGAIN}",
                where="folder",
            ) from None
        raise _broken(error) from None


def _wrong_key() -> HostKeyDiffers:
    return HostKeyDiffers(
        "the server did not show the host key that is written down for it",
        fix="Ask the recipient, on a number you looked up, whether they changed it; write the new one down if so.",
        where="host_key",
    )


def _broken(error: BaseException) -> DeliveryBroken:
    return DeliveryBroken(
        f"the server could not be reached, or the connection broke ({type(error).__name__})",
        fix=f"Check the host and the network. {AGAIN}",
        where="host",
    )
