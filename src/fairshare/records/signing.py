"""Signatures: detached JWS (RFC 7515, appendix F) with Ed25519 (RFC 9864), and one header that never varies.

What is signed is the id of the thing, not its bytes. The id commits to every byte; so a signature still verifies when
the contents are withheld from a view, or were disposed of.
"""

from typing import Annotated, Literal

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, StringConstraints

from fairshare.records.canonical import build_record, check_same, encode, parse_canonical
from fairshare.records.commitments import record_id
from fairshare.records.keys import Keys, PublicKey, SigningKey, decode_base64url, encode_base64url
from fairshare.records.kinds import AnyRecord
from fairshare.words import BadInput, Refused, Unsound
from fairshare.words.reading import build, parse_json
from fairshare.words.values import Value

Signature = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,400}\.\.[A-Za-z0-9_-]{86}$")]
"""A JWS whose middle part, the payload, is left out."""
Typ = Literal["fairshare-record", "fairshare-tombstone", "fairshare-archive"]
"""What the signature is for, in its header, so that a signature for one thing can never stand for another."""
MAX_SIGNATURES = 32


class BadSignature(Unsound):
    """A signature is malformed, was made with another key, or is over something else."""

    code = "BAD_SIGNATURE"


class UnknownSigner(Unsound):
    """A signature is by a key that is not among those given."""

    code = "UNKNOWN_SIGNER"


class AlreadySigned(Refused):
    """This key has signed already."""

    code = "ALREADY_SIGNED"


class SignedRecord(Value):
    """A record and the signatures over its id."""

    record: AnyRecord
    signatures: Annotated[tuple[Signature, ...], Field(min_length=1, max_length=MAX_SIGNATURES)]

    @property
    def id(self) -> str:
        """The record's id."""
        return record_id(self.record)


def sign(payload: str, key: SigningKey, typ: Typ) -> str:
    """The signature of `key` over a short text: an id or a digest."""
    compact = jws.serialize_compact(_header(key.public.kid, typ), payload, key.jwk, algorithms=["Ed25519"])
    return str(jws.detach_content(compact))


def read_signer(signature: str, typ: Typ) -> str:
    """The id of the key that a signature says made it, if its header is to the letter what it must be."""
    head = signature.partition(".")[0]
    try:
        header = parse_json(decode_base64url(head) or b"", where="signature")
        kid = header["kid"]
        if not isinstance(kid, str) or head != encode_base64url(encode(_header(kid, typ))):
            raise ValueError
    except (BadInput, KeyError, TypeError, ValueError):
        raise BadSignature(
            "its header is not the one that Fairshare writes",
            where="signature",
            fix="Only Ed25519 signatures made for this purpose are accepted.",
        ) from None
    return kid


def check_signature(signature: str, payload: str, keys: Keys, typ: Typ) -> PublicKey:
    """The key that made a signature over `payload`.

    Raises   BadSignature if it does not hold; UnknownSigner if its key is not one of `keys`.
    """
    kid = read_signer(signature, typ)
    key = keys.find(kid)
    if key is None:
        raise UnknownSigner(
            "it was signed with a key that is not among those given",
            where=kid,
            fix="Get the signer's public key from them, not from the file, and add it to your keys.",
        )
    # The last letter of base64url has spare bits: only one spelling of a signature is a signature.
    if decode_base64url(signature.rpartition(".")[2]) is None:
        raise BadSignature("it is not in canonical base64url", fix="Ask for the file again.", where=kid)
    try:
        jws.deserialize_compact(
            signature,
            OKPKey.import_key(key.model_dump(include={"kty", "crv", "x"})),
            algorithms=["Ed25519"],
            payload=payload,
        )
    except (JoseError, ValueError):
        raise BadSignature(
            "the signature does not hold: what was signed has been changed",
            fix="Ask the signer for the original.",
            where=kid,
        ) from None
    return key


def sign_record(record: AnyRecord, key: SigningKey) -> SignedRecord:
    """A record signed by an organisation."""
    return SignedRecord(record=record, signatures=(sign(record_id(record), key, "fairshare-record"),))


def cosign_record(signed: SignedRecord, key: SigningKey) -> SignedRecord:
    """The same record with one signature more, such as the second party's to an agreement."""
    if key.public.kid in (read_signer(each, "fairshare-record") for each in signed.signatures):
        raise AlreadySigned("this key has signed it already", fix="Nothing more is needed.", where=key.public.kid)
    added = sign(signed.id, key, "fairshare-record")
    return SignedRecord(record=signed.record, signatures=(*signed.signatures, added))


def check_record(signed: SignedRecord, keys: Keys) -> tuple[PublicKey, ...]:
    """Who signed a record, every signature being one of `keys` and holding."""
    signers = tuple(check_signature(each, signed.id, keys, "fairshare-record") for each in signed.signatures)
    if len(set(signers)) != len(signers):
        raise BadSignature("one key signed twice", fix="Keep one of the two.")
    return signers


def parse_signed(raw: bytes, *, where: str = "signed record") -> SignedRecord:
    """A signed record from its canonical JSON; its signatures are not checked here."""
    found = parse_canonical(raw, where=where)
    if not isinstance(found, dict) or not {"record", "signatures"} <= set(found):
        raise BadInput("a signed record has a record and its signatures", fix="Give one.", where=where)
    record = build_record(found["record"], where=f"{where}.record")
    signed = build(SignedRecord, found | {"record": record}, where=where)
    check_same(signed, raw, where=where)
    return signed


def _header(kid: str, typ: Typ) -> dict[str, str]:
    return {"alg": "Ed25519", "kid": kid, "typ": typ}
