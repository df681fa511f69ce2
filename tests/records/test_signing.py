"""Keys and signatures: who signed what, and the many things that are not a signature."""

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey

from fairshare.records import (
    AlreadySigned,
    BadKey,
    BadSignature,
    KeyFileExists,
    Keys,
    SignedRecord,
    UnknownSigner,
    check_record,
    check_signature,
    cosign_record,
    make_signing_key,
    parse_keys,
    read_keys,
    read_signing_key,
    record_id,
    sign,
    sign_record,
    write_keys,
    write_signing_key,
)
from fairshare.records.keys import decode_base64url, encode_base64url
from fairshare.words import BadInput, FairshareError
from tests.records.examples import (
    AGREEMENT,
    DECISION,
    HOLDER_KEY,
    POLICE_KEY,
    REQUEST,
    STRANGER_KEY,
    TRUSTED,
    counting_entropy,
)

SIGNATURE = sign("hello", HOLDER_KEY, "fairshare-record")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_a_record_says_who_signed_it() -> None:
    assert [key.name for key in check_record(sign_record(REQUEST, HOLDER_KEY), TRUSTED)] == ["Harbour Homes"]


def test_both_parties_sign_an_agreement() -> None:
    both = cosign_record(sign_record(AGREEMENT, HOLDER_KEY), POLICE_KEY)
    assert [key.name for key in check_record(both, TRUSTED)] == ["Harbour Homes", "Northshire Police"]
    with pytest.raises(AlreadySigned):
        cosign_record(both, HOLDER_KEY)


def test_a_signature_is_over_one_record_only() -> None:
    swapped = SignedRecord(record=DECISION, signatures=sign_record(REQUEST, HOLDER_KEY).signatures)
    with pytest.raises(BadSignature):
        check_record(swapped, TRUSTED)


def test_a_signature_for_one_thing_never_stands_for_another() -> None:
    with pytest.raises(BadSignature):
        check_signature(SIGNATURE, "hello", TRUSTED, "fairshare-archive")


def test_an_unknown_signer_is_told_apart_from_a_bad_signature() -> None:
    with pytest.raises(UnknownSigner):
        check_record(sign_record(REQUEST, STRANGER_KEY), TRUSTED)


def test_one_key_that_signs_twice_counts_as_a_fault() -> None:
    once = sign_record(REQUEST, HOLDER_KEY)
    with pytest.raises(BadSignature):
        check_record(SignedRecord(record=REQUEST, signatures=once.signatures * 2), TRUSTED)


def test_any_jose_library_verifies_it() -> None:
    key = OKPKey.import_key(HOLDER_KEY.public.model_dump(include={"kty", "crv", "x"}))
    found = jws.deserialize_compact(SIGNATURE, key, algorithms=["Ed25519"], payload="hello")
    assert found.headers() == {"alg": "Ed25519", "kid": key.thumbprint(), "typ": "fairshare-record"}


def forge(header: dict[str, Any], key: Any, payload: str = "hello") -> str:
    """A detached JWS with any header at all, the signature being genuine as far as it can be."""
    head = encode_base64url(json.dumps(header, separators=(",", ":")).encode())
    message = f"{head}.{encode_base64url(payload.encode())}".encode()
    return f"{head}..{encode_base64url(key.sign(message))}"


GOOD = {"alg": "Ed25519", "kid": HOLDER_KEY.public.kid, "typ": "fairshare-record"}


def test_the_forger_of_these_tests_can_make_a_good_signature() -> None:
    assert forge(GOOD, HOLDER_KEY) == SIGNATURE


@pytest.mark.parametrize(
    "header",
    [
        GOOD | {"alg": "none"},
        GOOD | {"alg": "EdDSA"},
        GOOD | {"alg": "ES256"},
        GOOD | {"alg": "HS256"},
        GOOD | {"crit": ["exp"], "exp": 1},
        GOOD | {"b64": False, "crit": ["b64"]},
        GOOD | {"jwk": HOLDER_KEY.public.model_dump()},
        GOOD | {"typ": "JWT"},
        {"alg": "Ed25519", "typ": "fairshare-record"},
        {"alg": "Ed25519", "kid": 7, "typ": "fairshare-record"},
        {"kid": GOOD["kid"], "alg": "Ed25519", "typ": "fairshare-record"},  # the same header in another order
    ],
)
def test_any_other_header_is_refused_though_the_key_is_right(header: dict[str, Any]) -> None:
    with pytest.raises(BadSignature):
        check_signature(forge(header, HOLDER_KEY), "hello", TRUSTED, "fairshare-record")


def test_a_signature_by_another_sort_of_key_is_refused() -> None:
    for key, alg in ((ECKey.generate_key("P-256"), "ES256"), (OctKey.generate_key(256), "HS256")):
        made = jws.serialize_compact({"alg": alg, "kid": GOOD["kid"]}, b"hello", key)
        with pytest.raises(BadSignature):
            check_signature(str(jws.detach_content(made)), "hello", TRUSTED, "fairshare-record")


def test_every_flipped_bit_and_every_other_letter_of_a_signature_is_refused() -> None:
    for at in range(len(SIGNATURE)):
        letters = {chr(ord(SIGNATURE[at]) ^ 1 << bit) for bit in range(8)} | set(ALPHABET if at > 250 else "")
        for letter in letters - {SIGNATURE[at]}:
            with pytest.raises((BadSignature, UnknownSigner)):
                check_signature(SIGNATURE[:at] + letter + SIGNATURE[at + 1 :], "hello", TRUSTED, "fairshare-record")


def test_the_spare_bits_of_the_last_letter_must_be_zero() -> None:
    last = ALPHABET.index(SIGNATURE[-1])
    twin = SIGNATURE[:-1] + ALPHABET[last + 1]
    assert base64.urlsafe_b64decode(twin[-86:] + "==") == base64.urlsafe_b64decode(SIGNATURE[-86:] + "==")
    with pytest.raises(BadSignature):
        check_signature(twin, "hello", TRUSTED, "fairshare-record")


@given(st.text(max_size=200) | st.text(ALPHABET + ".", max_size=200))
def test_any_text_is_a_signature_or_is_refused(text: str) -> None:
    for attempt in (text, SIGNATURE.partition(".")[0] + ".." + text, text + ".." + SIGNATURE[-86:]):
        with pytest.raises(FairshareError):
            check_signature(attempt, "hello", TRUSTED, "fairshare-record")


@given(st.binary(max_size=80))
def test_base64url_has_one_spelling(raw: bytes) -> None:
    text = encode_base64url(raw)
    assert decode_base64url(text) == raw
    for other in (text + "=", text + " ", text + "\n", text.replace("A", "A A", 1) if "A" in text else text + "!"):
        assert decode_base64url(other) is None


def test_the_id_of_a_key_is_the_thumbprint_of_rfc_8037() -> None:
    # The key pair and thumbprint of RFC 8037, appendices A.1 to A.3.
    seed = decode_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
    assert seed
    public = make_signing_key("Example", lambda _: seed).public
    assert public.x == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert public.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_private_key_is_kept_where_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    write_signing_key(path, HOLDER_KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = read_signing_key(path)
    assert again.public == HOLDER_KEY.public
    assert sign("hello", again, "fairshare-record") == SIGNATURE
    with pytest.raises(KeyFileExists):
        write_signing_key(path, STRANGER_KEY)
    assert read_signing_key(path).public == HOLDER_KEY.public


def test_a_private_key_is_never_written_through_a_link_or_into_nowhere(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileExists):
        write_signing_key(tmp_path / "link", HOLDER_KEY)
    with pytest.raises(BadKey):
        write_signing_key(tmp_path / "no" / "key", HOLDER_KEY)
    assert not (tmp_path / "elsewhere").exists()


def test_a_private_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    write_signing_key(path, HOLDER_KEY)
    path.chmod(0o644)
    with pytest.raises(BadKey) as told:
        read_signing_key(path)
    assert "chmod 600" in told.value.fix


def test_a_private_key_is_never_printed() -> None:
    secret = HOLDER_KEY.jwk.as_dict(private=True)["d"]
    assert str(secret) not in repr(HOLDER_KEY)


PRIVATE = HOLDER_KEY.jwk.as_dict(private=True) | {"name": "Harbour Homes"}


@pytest.mark.parametrize(
    "found",
    [
        {},
        [],
        None,
        "key",
        PRIVATE | {"d": 7},
        PRIVATE | {"d": ""},
        PRIVATE | {"d": STRANGER_KEY.public.x},
        PRIVATE | {"x": STRANGER_KEY.public.x},
        PRIVATE | {"kty": "EC"},
        PRIVATE | {"crv": "X25519"},
        PRIVATE | {"name": ""},
        {name: value for name, value in PRIVATE.items() if name != "d"},
    ],
    ids=str,
)
def test_a_malformed_private_key_is_refused(tmp_path: Path, found: object) -> None:
    path = tmp_path / "key.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(found))
    with pytest.raises(BadInput):
        read_signing_key(path)


def test_trusted_keys_are_read_back_by_name(tmp_path: Path) -> None:
    path = tmp_path / "trust.json"
    path.write_bytes(write_keys(TRUSTED))
    assert read_keys(path) == TRUSTED
    assert {key.name for key in read_keys(path)} == {"Harbour Homes", "Northshire Police", "log.harbour.example"}
    path.write_bytes(HOLDER_KEY.public.model_dump_json().encode())
    assert read_keys(path) == Keys.of([HOLDER_KEY.public])


PUBLIC = HOLDER_KEY.public.model_dump()


@pytest.mark.parametrize(
    "found",
    [
        [],
        7,
        {},
        {"keys": {}},
        {"keys": [7]},
        {"keys": [PRIVATE]},
        {"keys": [PUBLIC, PUBLIC]},
        {"keys": [], "more": 1},
        {"keys": [PUBLIC | {"kid": STRANGER_KEY.public.kid}]},
        {"keys": [PUBLIC | {"kid": None}]},
        {"keys": [PUBLIC | {"x": PUBLIC["x"][:-1] + ALPHABET[ALPHABET.index(PUBLIC["x"][-1]) + 1]}]},
        {"keys": [PUBLIC | {"name": " "}]},
        {"keys": [PUBLIC | {"alg": "none"}]},
        {"keys": [PUBLIC] * 1001},
    ],
    ids=lambda found: str(found)[:60],
)
def test_a_malformed_list_of_keys_is_refused(found: object) -> None:
    with pytest.raises(BadInput):
        parse_keys(json.dumps(found).encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_of_keys_or_are_refused(raw: bytes) -> None:
    with pytest.raises(FairshareError):
        parse_keys(raw)


def test_keys_differ_and_entropy_must_be_long_enough() -> None:
    entropy = counting_entropy("two")
    assert make_signing_key("A", entropy).public.kid != make_signing_key("A", entropy).public.kid
    with pytest.raises(FairshareError):
        make_signing_key("A", lambda size: b"")
    with pytest.raises(FairshareError):
        make_signing_key("", entropy)


def test_the_record_that_was_signed_is_the_one_that_is_named() -> None:
    assert sign_record(REQUEST, HOLDER_KEY).id == record_id(REQUEST)
