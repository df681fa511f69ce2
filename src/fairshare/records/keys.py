"""Ed25519 signing keys, kept and exchanged as JSON Web Keys (RFC 8037), and the list of keys that somebody trusts."""

import base64
import binascii
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc.jwk import OKPKey
from pydantic import Field

from fairshare.records.canonical import encode
from fairshare.records.commitments import Entropy, draw
from fairshare.records.kinds import KeyId
from fairshare.words import BadInput, Refused
from fairshare.words.reading import build, parse_json, read_file
from fairshare.words.values import Line, Value

MAX_KEY_FILE = 64 * 1024
MAX_KEYS = 1_000


class BadKey(BadInput):
    """A key, or a file of keys, is not what it should be."""

    code = "BAD_KEY"


class KeyFileExists(Refused):
    """A new private key would have replaced a file that is already there."""

    code = "KEY_FILE_EXISTS"


def encode_base64url(raw: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode_base64url(text: str) -> bytes | None:
    """The bytes, or None unless `text` is the one way to write them: the last letter has spare bits."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    return raw if encode_base64url(raw) == text else None


class PublicKey(Value):
    """Somebody's public key. The name is what the one who wrote the list calls its owner: the organisation."""

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    x: str = Field(pattern=r"^[A-Za-z0-9_-]{43}$")
    kid: KeyId
    name: Line

    @property
    def raw(self) -> bytes:
        """The 32 bytes of the key."""
        found = decode_base64url(self.x)
        if found is None or len(found) != 32:
            raise BadKey("the key's x is not 32 bytes in base64url", fix="Ask for the key again.", where=self.kid)
        return found

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether this key made the signature over the message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def name_public_key(raw: bytes, name: str) -> PublicKey:
    """A public key from its 32 bytes; its id is its RFC 7638 thumbprint."""
    x = encode_base64url(raw)
    kid = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x}).thumbprint()
    return build(PublicKey, {"x": x, "kid": kid, "name": name}, where="key")


@dataclass(frozen=True)
class SigningKey:
    """A private key and the name of the organisation that signs with it. Never printed."""

    name: str
    jwk: OKPKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The public half, to give to those who verify."""
        return build_public_key(self.jwk.as_dict(private=False) | {"name": self.name}, where="key")

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of a bare Ed25519 signature, for formats that are not JWS."""
        private = self.jwk.get_op_key("sign")
        assert isinstance(private, Ed25519PrivateKey)  # noqa: S101 (no other kind is ever imported)
        return private.sign(message)


def make_signing_key(name: str, entropy: Entropy) -> SigningKey:
    """A new Ed25519 key for an organisation.

    >>> import secrets
    >>> make_signing_key("Harbour Homes", secrets.token_bytes)
    SigningKey(name='Harbour Homes')
    """
    seed = draw(entropy, 32)
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    found = name_public_key(raw, name)
    return SigningKey(
        found.name, OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": found.x, "d": encode_base64url(seed)})
    )


def write_signing_key(path: Path, key: SigningKey) -> None:
    """Keeps a private key in a new file that only its owner can read.

    Raises   KeyFileExists if there is a file already; BadKey if it cannot be written.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        raise KeyFileExists(
            "there is a file of that name already", fix="Choose another name; keys are never replaced.", where=str(path)
        ) from None
    except (OSError, ValueError) as error:
        raise BadKey(
            f"the key cannot be written: {type(error).__name__}", fix="Check the folder.", where=str(path)
        ) from None
    with os.fdopen(handle, "wb") as file:
        file.write(encode(key.jwk.as_dict(private=True) | {"name": key.name}) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_signing_key(path: Path) -> SigningKey:
    """A private key from its file, which nobody but its owner may be able to read."""
    found = parse_json(read_file(path, max_bytes=MAX_KEY_FILE), where=str(path))
    if path.stat().st_mode & 0o077:
        raise BadKey("others can read this private key", fix=f"Run: chmod 600 {path.name}", where=str(path))
    if not isinstance(found, dict) or not isinstance(secret := found.pop("d", None), str):
        raise BadKey("this is not a private key", fix="Give the file that holds the private key.", where=str(path))
    public = build_public_key(found, where=str(path))
    seed = decode_base64url(secret)
    if seed is None or len(seed) != 32:
        raise BadKey("the private half is not 32 bytes in base64url", fix="Restore the file.", where=str(path))
    key = make_signing_key(public.name, lambda _: seed)
    if key.public != public:
        raise BadKey("the private and the public half do not belong together", fix="Restore the file.", where=str(path))
    return key


def build_public_key(found: object, *, where: str) -> PublicKey:
    """A public key from a JWK; its `kid`, if given, must be its thumbprint."""
    if not isinstance(found, dict):
        raise BadKey("a key is a JSON object", fix="Give a public key as a JWK.", where=where)
    if "d" in found:
        raise BadKey("this is a private key", fix="Never give it to anyone; give the public key.", where=where)
    claimed = build(PublicKey, {"kid": "-" * 43} | found, where=where)
    key = name_public_key(claimed.raw, claimed.name)
    if "kid" in found and claimed.kid != key.kid:
        raise BadKey("the key's id is not its thumbprint", fix="Ask for the key again.", where=where)
    return key


@dataclass(frozen=True)
class Keys:
    """Public keys by their id: those that somebody trusts, or those that came with an archive."""

    by_id: dict[str, PublicKey] = field(default_factory=dict)

    @classmethod
    def of(cls, keys: Iterable[PublicKey]) -> "Keys":
        return cls({key.kid: key for key in keys})

    def __iter__(self) -> Iterator[PublicKey]:
        return iter(self.by_id[kid] for kid in sorted(self.by_id))

    def __contains__(self, kid: str) -> bool:
        return kid in self.by_id

    def __len__(self) -> int:
        return len(self.by_id)

    def find(self, kid: str) -> PublicKey | None:
        """The key with this id, if it is one of them."""
        return self.by_id.get(kid)


def write_keys(keys: Iterable[PublicKey]) -> bytes:
    """A list of keys as a file: {"keys": [...]} (RFC 7517), each with the name of its owner."""
    return encode({"keys": [key.model_dump() for key in Keys.of(keys)]}) + b"\n"


def parse_keys(raw: bytes, *, where: str = "keys") -> Keys:
    """The keys that somebody trusts, from such a file, or from the file of a single public key."""
    found = parse_json(raw, where=where)
    if isinstance(found, dict) and "kty" in found:
        found = {"keys": [found]}
    if not isinstance(found, dict) or set(found) != {"keys"} or not isinstance(listed := found["keys"], list):
        raise BadKey('a list of keys is {"keys": [...]}', fix="Give a JSON Web Key Set.", where=where)
    if len(listed) > MAX_KEYS:
        raise BadKey(f"there are more than {MAX_KEYS} keys", fix="Keep those that you need.", where=where)
    keys = [build_public_key(each, where=f"{where}.keys[{n}]") for n, each in enumerate(listed)]
    if len({key.kid for key in keys}) != len(keys):
        raise BadKey("a key stands twice", fix="Keep one of them.", where=where)
    return Keys.of(keys)


def read_keys(path: Path) -> Keys:
    """The keys in a file."""
    return parse_keys(read_file(path, max_bytes=MAX_KEYS * 1024), where=str(path))
