"""Encryption of files to the people who may read them, in the age format (age-encryption.org/v1), by pyrage.

A reader has either an X25519 key (`age1...` to seal to, `AGE-SECRET-KEY-1...` to open with) or a passphrase that was
given over another channel. What comes out is a plain binary age file, so the reader may open it with any age tool.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Protocol

import pyrage  # type: ignore[import-untyped]  # it publishes no types

from fairshare.words import BadInput, FairshareError, Unsound

MIN_PASSPHRASE = 12
PASSPHRASE_LIMIT = 64 * 1024 * 1024
"""The most that is sealed straight to a passphrase: the age library holds all of it in memory."""
_MAGIC = b"age-encryption.org/v1\n"


class Source(Protocol):
    """Anything bytes are read from: a file, a FIFO, a pipe."""

    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    """Anything bytes are written to."""

    def write(self, chunk: bytes, /) -> int: ...


@dataclass(frozen=True)
class Passphrase:
    """A passphrase for a reader who has no key; give it over another channel. Never printed."""

    text: str = field(repr=False)


class BadReader(BadInput):
    """A recipient's public key, a secret key or a passphrase cannot be used."""

    code = "BAD_READER_KEY"


class TooLargeForPassphrase(BadInput):
    """More was given than can be sealed straight to a passphrase."""

    code = "TOO_LARGE_FOR_PASSPHRASE"


class SealFailed(FairshareError):
    """Encryption stopped part way, because the source or the sink failed; what was written is of no use."""

    code = "SEAL_FAILED"


class CannotOpen(Unsound):
    """A sealed file does not open: the key or passphrase does not fit, or the file is not what was sealed."""

    code = "CANNOT_OPEN"


def make_reader_key() -> tuple[str, str]:
    """A new key pair for a reader: the public key to give out, and the secret key to keep.

    >>> public, secret = make_reader_key()
    >>> public[:4], secret[:15]
    ('age1', 'AGE-SECRET-KEY-')
    """
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), str(identity)


def make_locked_key(passphrase: Passphrase) -> tuple[str, bytes]:
    """A one-off key for a reader who has only a passphrase, so that files of any size can be streamed to them.

    Returns  the public key to seal to, and the secret key sealed to the passphrase: a small file to send along. Any age
             tool opens the large file with it (`age -d -i key.age large.age`) and asks for the passphrase.
    """
    public, secret = make_reader_key()
    return public, seal_bytes(secret.encode() + b"\n", passphrase)


def unlock_key(locked: bytes, passphrase: Passphrase) -> str:
    """The secret key inside a file made by `make_locked_key`."""
    secret = open_bytes(locked, passphrase).decode("ascii", "replace").strip()
    _parse_secret(secret)
    return secret


def check_reader_key(public: str) -> None:
    """Refuses a text that is not the public key of a reader."""
    _parse_public(public)


def seal_stream(source: Source, sink: Sink, to: tuple[str, ...] | Passphrase) -> None:
    """Encrypts everything in `source` into `sink`, for its readers only, without holding it in memory.

    Takes    to: public keys, any one of whose owners can open it, or a passphrase (at most 64 MiB then: see
             `make_locked_key` for more).
    Raises   BadReader, TooLargeForPassphrase before anything is written; SealFailed part way, or the FairshareError
             that the source or the sink itself raised. After an error, delete what was written.
    """
    reader, writer = _Watched(source), _Watched(sink)
    if isinstance(to, Passphrase):
        if len(to.text) < MIN_PASSPHRASE:
            raise BadReader(f"a passphrase needs {MIN_PASSPHRASE} characters or more", fix="Use several random words.")
        plain = _read_up_to(reader, PASSPHRASE_LIMIT)
        with _one_family(reader, writer):
            _write_all(writer, pyrage.passphrase.encrypt(plain, to.text))
        return
    if not to:
        raise BadReader("no reader is named", fix="Give at least one public key.")
    recipients = [_parse_public(each) for each in dict.fromkeys(to)]
    with _one_family(reader, writer):
        pyrage.encrypt_io(reader, writer, recipients)


def open_stream(source: Source, sink: Sink, key: str | Passphrase) -> None:
    """Decrypts `source` into `sink` with a secret key or a passphrase.

    What is written is genuine as far as it goes, but only a return without an error says that it is complete: after an
    error, delete it.
    Raises   BadReader; CannotOpen; SealFailed, or its own FairshareError, when the source or the sink fails.
    """
    identity = None if isinstance(key, Passphrase) else _parse_secret(key)
    reader, writer = _Watched(source), _Watched(sink)
    start = _read_exactly(reader, len(_MAGIC))
    if start != _MAGIC:
        # The text ("armoured") form is refused: it has bytes that could change unseen.
        raise CannotOpen("this is not a binary age file", fix="Give the sealed file exactly as it was sent.")
    reader.put_back(start)
    # Headers and 16 bytes for each 64 KiB come on top of what was sealed.
    sealed = _read_up_to(reader, PASSPHRASE_LIMIT + PASSPHRASE_LIMIT // 1000) if isinstance(key, Passphrase) else b""
    with _one_family(reader, writer):
        try:
            if isinstance(key, Passphrase):
                _write_all(writer, pyrage.passphrase.decrypt(sealed, key.text))
            else:
                pyrage.decrypt_io(reader, writer, [identity])
        except Exception:
            if reader.failure or writer.failure:
                raise
            raise CannotOpen(
                "the key or passphrase does not fit, or the file is damaged or was changed",
                fix="Check which key it was sealed to, or ask for the file again.",
            ) from None


def seal_bytes(plain: bytes, to: tuple[str, ...] | Passphrase) -> bytes:
    """Encrypts bytes for their readers only.

    >>> public, secret = make_reader_key()
    >>> open_bytes(seal_bytes(b"the receipt", (public,)), secret)
    b'the receipt'
    """
    sink = BytesIO()
    seal_stream(BytesIO(plain), sink, to)
    return sink.getvalue()


def open_bytes(sealed: bytes, key: str | Passphrase) -> bytes:
    """Decrypts bytes with a secret key or a passphrase; nothing comes out unless all of it is genuine."""
    sink = BytesIO()
    open_stream(BytesIO(sealed), sink, key)
    return sink.getvalue()


class _Watched:
    """A source or sink that remembers how it failed, because the age library keeps only a line of text of it."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self._ahead = b""
        self.failure: BaseException | None = None

    def put_back(self, chunk: bytes) -> None:
        self._ahead = chunk

    def read(self, size: int) -> bytes:
        found, self._ahead = self._ahead[:size], self._ahead[size:]
        return found or bytes(self._watch(self._inner.read, size))

    def write(self, chunk: bytes) -> int:
        written: int = self._watch(self._inner.write, chunk)
        return written

    def flush(self) -> None:
        """The age library asks for this at the end; the owner of the sink flushes it."""

    def _watch(self, act: Callable[[Any], Any], given: Any) -> Any:
        try:
            return act(given)
        except BaseException as error:
            self.failure = error
            raise


@contextmanager
def _one_family(*ends: _Watched) -> Iterator[None]:
    """Lets out only a FairshareError, or an interruption such as Ctrl-C."""
    try:
        yield
    except CannotOpen:
        raise
    except Exception as error:
        cause = next((end.failure for end in ends if end.failure is not None), error)
        if isinstance(cause, FairshareError) or not isinstance(cause, Exception):
            raise cause from None
        said = getattr(cause, "strerror", None) or type(cause).__name__
        raise SealFailed(f"reading or writing stopped: {said}", fix="Delete what was written, and try again.") from None


def _read_exactly(reader: _Watched, size: int) -> bytes:
    with _one_family(reader):
        parts: list[bytes] = []
        while size > 0 and (chunk := reader.read(size)):
            parts.append(chunk)
            size -= len(chunk)
        return b"".join(parts)


def _read_up_to(reader: _Watched, limit: int) -> bytes:
    found = _read_exactly(reader, limit + 1)
    if len(found) > limit:
        raise TooLargeForPassphrase(
            f"it is larger than {PASSPHRASE_LIMIT:,} bytes",
            fix="Seal it to a one-off key, and that key to the passphrase (make_locked_key).",
        )
    return found


def _write_all(writer: _Watched, rest: bytes) -> None:
    while rest:
        rest = rest[writer.write(rest) :]


def _parse_public(text: str) -> pyrage.x25519.Recipient:
    try:
        recipient = pyrage.x25519.Recipient.from_str(text)
    except Exception:
        recipient = None
    # One spelling only, because public keys are compared and recorded as text.
    if recipient is None or str(recipient) != text:
        raise BadReader("this is not a reader's public key", fix="Ask the reader for the line that starts with age1.")
    return recipient


def _parse_secret(text: str) -> pyrage.x25519.Identity:
    try:
        return pyrage.x25519.Identity.from_str(text.strip())
    except Exception:
        raise BadReader("this is not a secret key", fix="Give the line that starts with AGE-SECRET-KEY-1.") from None
