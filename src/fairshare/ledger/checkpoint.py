"""Checkpoints: what a log says it holds, signed, and cosigned by witnesses, as short text that other tools read too.

The format is C2SP tlog-checkpoint in a C2SP signed note; a witness's line is a C2SP cosignature/v1. The signatures
are plain Ed25519 over the text (c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature).
"""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from fairshare.ledger.tree import MAX_SIZE
from fairshare.records import Keys, PublicKey, SigningKey
from fairshare.words import BadInput, SettingOutOfRange, Unsound
from fairshare.words.values import Value

MAX_NOTE = 64 * 1024
MAX_LINES = 64
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9._/-]{0,199}")
_SIGNATURE_LINE = re.compile("\u2014 ([^\\s+]{1,200}) ([A-Za-z0-9+/]{8,400}={0,2})")
_ED25519, _COSIGNATURE = b"\x01", b"\x04"


class BadCheckpoint(Unsound):
    """A checkpoint is malformed, or no known key has signed it as the log that it names."""

    code = "BAD_CHECKPOINT"


class Checkpoint(Value):
    """How large a log is, and the root of its tree. `note` is the whole signed text it was read from."""

    origin: str
    size: int
    root: str
    """In hexadecimal."""
    note: str

    @property
    def root_bytes(self) -> bytes:
        """The 32 bytes of the root."""
        return bytes.fromhex(self.root)


class Cosignature(Value):
    """That a witness saw this checkpoint, and none that contradicts it, at a time."""

    key: PublicKey
    at: datetime
    line: str
    """The line of the checkpoint's text that says so."""


def check_origin(origin: str) -> None:
    """Refuses a log's name that is not lower-case and like a web address, such as `harbour.example/log`."""
    if not _ORIGIN.fullmatch(origin):
        raise SettingOutOfRange(
            "a log's name is like a web address without https://, in small letters",
            fix="Use a name such as harbour.example/log.",
            where="origin",
        )


def sign_checkpoint(origin: str, size: int, root: bytes, key: SigningKey) -> str:
    """The signed text in which a log commits itself to its first `size` entries."""
    check_origin(origin)
    body = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return f"{body}\n{_write_line(origin, key.public, _ED25519, key.sign(body.encode()))}"


def cosign_checkpoint(note: str, name: str, key: SigningKey, at: datetime) -> str:
    """The same text with a line more, in which a witness called `name` says that it saw this at a time."""
    check_origin(name)
    body = parse_checkpoint(note).note.partition("\n\n")[0] + "\n"
    seconds = int(at.timestamp())
    made = seconds.to_bytes(8, "big") + key.sign(_cosigned(seconds, body))
    return note + _write_line(name, key.public, _COSIGNATURE, made)


def parse_checkpoint(note: str) -> Checkpoint:
    """What a checkpoint says, without asking who signed it; written in the one way it can be."""
    body, blank, lines = note.partition("\n\n")
    parts = body.split("\n")
    try:
        origin, size, root = parts[0], int(parts[1]), base64.b64decode(parts[2], validate=True)
        check_origin(origin)
        same = f"{origin}\n{size}\n{base64.b64encode(root).decode()}" == body
    except (IndexError, ValueError, binascii.Error, BadInput):
        same, origin, size, root = False, "", -1, b""
    if not same or not blank or not 0 <= size <= MAX_SIZE or len(root) != 32 or len(note) > MAX_NOTE:
        raise BadCheckpoint("this is not a checkpoint", fix="Ask the keeper of the log for it again.")
    list(_read_lines(lines))
    return Checkpoint(origin=origin, size=size, root=root.hex(), note=note)


def check_checkpoint(note: str, keys: Keys) -> tuple[Checkpoint, PublicKey]:
    """What a checkpoint says, and whose key signed it as the log that it names."""
    found = parse_checkpoint(note)
    body, _, lines = note.partition("\n\n")
    for name, key_hash, made in _read_lines(lines):
        for key in keys:
            if name == found.origin and key_hash == _hash_key(name, key, _ED25519):
                if key.verifies(f"{body}\n".encode(), made):
                    return found, key
                raise BadCheckpoint(
                    "the log's signature does not hold", fix="Ask the keeper of the log for it again.", where=key.kid
                )
    raise BadCheckpoint(
        "no known key has signed it as this log",
        where=found.origin,
        fix="Get the log's public key from its keeper, and add it to your keys.",
    )


def read_cosignatures(note: str, keys: Keys) -> tuple[Cosignature, ...]:
    """Which of the witnesses in `keys` cosigned a checkpoint, and when; lines by others are passed over."""
    body, _, lines = parse_checkpoint(note).note.partition("\n\n")
    found = []
    for name, key_hash, made in _read_lines(lines):
        for key in keys:
            if key_hash == _hash_key(name, key, _COSIGNATURE) and len(made) == 72:
                seconds = int.from_bytes(made[:8], "big")
                if seconds > 2**40 or not key.verifies(_cosigned(seconds, f"{body}\n"), made[8:]):
                    raise BadCheckpoint(
                        "a witness's signature does not hold", fix="Ask the witness again.", where=key.kid
                    )
                line = _write_line(name, key, _COSIGNATURE, made)
                found.append(Cosignature(key=key, at=datetime.fromtimestamp(seconds, UTC), line=line))
    return tuple(found)


def write_verifier_key(name: str, key: PublicKey) -> str:
    """A log's public key as other tools for signed notes want it: name+hash+key."""
    check_origin(name)
    return f"{name}+{_hash_key(name, key, _ED25519).hex()}+{base64.b64encode(_ED25519 + key.raw).decode()}"


def _hash_key(name: str, key: PublicKey, algorithm: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + algorithm + key.raw).digest()[:4]


def _cosigned(seconds: int, body: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{body}".encode()


def _write_line(name: str, key: PublicKey, algorithm: bytes, made: bytes) -> str:
    return f"\u2014 {name} {base64.b64encode(_hash_key(name, key, algorithm) + made).decode()}\n"


def _read_lines(lines: str) -> Iterator[tuple[str, bytes, bytes]]:
    """Name, key hash and signature of each signature line."""
    *found, last = lines.split("\n")
    if not found or last or len(found) > MAX_LINES:
        raise BadCheckpoint("its signature lines are malformed", fix="Ask the keeper of the log for it again.")
    for line in found:
        matched = _SIGNATURE_LINE.fullmatch(line)
        raw = _decode(matched[2]) if matched else b""
        if not matched or len(raw) < 5:
            raise BadCheckpoint("a signature line is malformed", fix="Ask the keeper of the log for it again.")
        yield matched[1], raw[:4], raw[4:]


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    # Spare bits in the last letter would be bytes that no signature covers.
    return raw if base64.b64encode(raw).decode() == text else b""
