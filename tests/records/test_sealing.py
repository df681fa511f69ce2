"""Sealing to readers: what opens, what does not, and what comes out when an end fails."""

import io
import os
import threading
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.records.sealing import (
    BadReader,
    CannotOpen,
    Passphrase,
    SealFailed,
    TooLargeForPassphrase,
    check_reader_key,
    make_locked_key,
    make_reader_key,
    open_bytes,
    open_stream,
    seal_bytes,
    seal_stream,
    unlock_key,
)
from fairshare.words import FairshareError, Refused

PUBLIC, SECRET = make_reader_key()
OTHER_PUBLIC, OTHER_SECRET = make_reader_key()
WORDS = Passphrase("seven slow herons cross the ford")
SEALED_TO_WORDS = seal_bytes(b"told by telephone", WORDS)


class Short(io.RawIOBase):
    """A sink that takes a few bytes at a time, as a pipe may."""

    def __init__(self) -> None:
        self.held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        self.held += chunk[:1000]
        return len(chunk[:1000])


class Failing(io.RawIOBase):
    """A source and sink that fails as told after its first call."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.calls = error, 0

    def read(self, size: int = -1) -> bytes:
        self.calls += 1
        if self.calls > 1:
            raise self.error
        return b"x" * size

    def write(self, chunk: bytes) -> int:  # type: ignore[override]
        self.calls += 1
        if self.calls > 1:
            raise self.error
        return len(chunk)


@given(st.binary(max_size=200_000))
def test_every_named_reader_opens_what_was_sealed(plain: bytes) -> None:
    sealed = seal_bytes(plain, (PUBLIC, OTHER_PUBLIC))
    assert open_bytes(sealed, SECRET) == open_bytes(sealed, OTHER_SECRET) == plain


def test_nobody_else_opens_it() -> None:
    with pytest.raises(CannotOpen):
        open_bytes(seal_bytes(b"plain", (PUBLIC,)), OTHER_SECRET)
    with pytest.raises(CannotOpen):
        open_bytes(seal_bytes(b"plain", (PUBLIC,)), WORDS)


def test_any_age_tool_opens_it() -> None:
    assert pyrage.decrypt(seal_bytes(b"plain", (PUBLIC,)), [pyrage.x25519.Identity.from_str(SECRET)]) == b"plain"
    assert pyrage.passphrase.decrypt(SEALED_TO_WORDS, WORDS.text) == b"told by telephone"


def test_a_passphrase_opens_what_was_sealed_to_it_and_another_does_not() -> None:
    assert open_bytes(SEALED_TO_WORDS, WORDS) == b"told by telephone"
    with pytest.raises(CannotOpen):
        open_bytes(SEALED_TO_WORDS, Passphrase("seven slow herons cross the fort"))


def test_a_reader_with_a_passphrase_gets_a_large_file_through_a_locked_key() -> None:
    public, locked = make_locked_key(WORDS)
    sealed = seal_bytes(b"large", (public,))
    assert open_bytes(sealed, unlock_key(locked, WORDS)) == b"large"


def test_too_much_for_a_passphrase_is_refused_before_anything_is_written() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(min(size, 2**22))

    sink = io.BytesIO()
    with pytest.raises(TooLargeForPassphrase):
        seal_stream(Endless(), sink, WORDS)
    assert sink.getvalue() == b""


def test_a_passphrase_is_never_printed() -> None:
    assert "herons" not in repr(WORDS)
    assert "herons" not in str(WORDS)


def test_every_flipped_bit_of_a_sealed_file_is_refused() -> None:
    sealed = seal_bytes(b"the receipt", (PUBLIC,))
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CannotOpen):
            open_bytes(bytes(flipped), SECRET)


@pytest.mark.parametrize("cut", [0, 10, 22, 60, 300, 65_900, 131_500, -1])
def test_a_truncated_or_lengthened_file_is_refused(cut: int) -> None:
    sealed = seal_bytes(bytes(200_000), (PUBLIC,))
    with pytest.raises(CannotOpen):
        open_bytes(sealed[:cut], SECRET)
    with pytest.raises(CannotOpen):
        open_bytes(sealed + b"\n", SECRET)


def test_the_text_form_of_age_is_refused() -> None:
    armoured = pyrage.encrypt(b"plain", [pyrage.x25519.Recipient.from_str(PUBLIC)], armored=True)
    with pytest.raises(CannotOpen):
        open_bytes(armoured, SECRET)


def test_it_streams_through_a_fifo_with_short_writes(tmp_path: Path) -> None:
    fifo, sink = tmp_path / "rows", Short()
    os.mkfifo(fifo)
    writer = threading.Thread(target=lambda: fifo.write_bytes(b"row\n" * 200_000))
    writer.start()
    with fifo.open("rb") as source:
        seal_stream(source, sink, (PUBLIC,))
    writer.join()
    opened = io.BytesIO()
    open_stream(io.BytesIO(bytes(sink.held)), opened, SECRET)
    assert opened.getvalue() == b"row\n" * 200_000
    assert list(tmp_path.iterdir()) == [fifo]


@pytest.mark.parametrize("end", ["source", "sink"])
@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (OSError(28, "No space left on device"), SealFailed),
        (ValueError("odd"), SealFailed),
        (Refused("the deadline passed", fix="Start again."), Refused),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failing_end_is_told_as_itself(end: str, raised: BaseException, seen: type[BaseException]) -> None:
    failing = Failing(raised)
    source, sink = (failing, io.BytesIO()) if end == "source" else (io.BytesIO(bytes(500_000)), failing)
    with pytest.raises(seen) as told:
        seal_stream(source, sink, (PUBLIC,))
    assert seen is not SealFailed or "odd" not in str(told.value)


@pytest.mark.parametrize(
    "key",
    ["", "age1", PUBLIC.upper(), PUBLIC + " ", PUBLIC[:-1], SECRET, "\x00", "age1é"],
    ids=["empty", "cut", "upper case", "space after", "one short", "secret", "nul", "accent"],
)
def test_a_malformed_public_key_is_refused(key: str) -> None:
    with pytest.raises(BadReader):
        check_reader_key(key)
    with pytest.raises(BadReader):
        seal_bytes(b"", (PUBLIC, key))


def test_no_reader_or_a_short_passphrase_or_a_bad_secret_is_refused() -> None:
    for attempt in (
        lambda: seal_bytes(b"", ()),
        lambda: seal_bytes(b"", Passphrase("hunter2")),
        lambda: open_bytes(b"", "AGE-SECRET-KEY-1QQ"),
        lambda: open_bytes(b"", PUBLIC),
    ):
        with pytest.raises(BadReader):
            attempt()


@given(st.binary(max_size=400), st.booleans())
def test_any_bytes_open_or_are_refused(found: bytes, with_start: bool) -> None:
    with pytest.raises(FairshareError):
        open_bytes(b"age-encryption.org/v1\n" * with_start + found, SECRET)
    with pytest.raises(FairshareError):
        open_bytes(b"age-encryption.org/v1\n" * with_start + found, WORDS)
