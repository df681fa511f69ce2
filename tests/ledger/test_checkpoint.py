"""Checkpoints: the format that other tools read, who signed, who witnessed, and what is not a checkpoint."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.ledger import (
    BadCheckpoint,
    ConsistencyProof,
    SplitView,
    check_checkpoint,
    parse_checkpoint,
    read_cosignatures,
    witness_checkpoint,
    write_verifier_key,
)
from fairshare.ledger.checkpoint import _hash_key, _read_lines, _write_line, cosign_checkpoint, sign_checkpoint
from fairshare.ledger.tree import hash_leaf, hash_node
from fairshare.records import Keys
from fairshare.records.keys import name_public_key
from fairshare.words import SettingOutOfRange
from tests.records.examples import HOLDER_KEY, LOG_KEY, POLICE_KEY, STRANGER_KEY

ORIGIN = "harbour.example/log"
A, B = hash_leaf(b"a"), hash_leaf(b"b")
NOTE = sign_checkpoint(ORIGIN, 1, A, LOG_KEY)
NEXT = sign_checkpoint(ORIGIN, 2, hash_node(A, B), LOG_KEY)
LOG = Keys.of([LOG_KEY.public])
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_the_note_format_is_the_one_that_go_and_c2sp_publish() -> None:
    # The example of golang.org/x/mod/sumdb/note: its verifier key, text and signature.
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    made = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    key = name_public_key(base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:], "Peter Neumann")
    ((name, key_hash, signature),) = _read_lines(f"\u2014 PeterNeumann {made}\n")
    assert key_hash.hex() == _hash_key(name, key, b"\x01").hex() == "c74f20a3"
    assert key.verifies(text.encode(), signature)


def test_a_checkpoint_is_short_text_that_people_can_read() -> None:
    assert NOTE.split("\n")[:4] == [ORIGIN, "1", base64.b64encode(A).decode(), ""]
    assert NOTE.split("\n")[4].startswith(f"\u2014 {ORIGIN} ")
    assert write_verifier_key(ORIGIN, LOG_KEY.public).startswith(f"{ORIGIN}+")


def test_it_says_what_the_log_signed() -> None:
    found, key = check_checkpoint(NOTE, LOG)
    assert (found.origin, found.size, found.root_bytes, key) == (ORIGIN, 1, A, LOG_KEY.public)


@pytest.mark.parametrize("keys", [Keys(), Keys.of([STRANGER_KEY.public])])
def test_a_checkpoint_by_a_key_that_is_not_known_is_refused(keys: Keys) -> None:
    with pytest.raises(BadCheckpoint, match="no known key"):
        check_checkpoint(NOTE, keys)


def test_a_log_cannot_be_signed_for_under_another_name() -> None:
    with pytest.raises(BadCheckpoint):
        check_checkpoint(NOTE.replace(f"\u2014 {ORIGIN}", "\u2014 other.example"), LOG)
    body = NOTE.partition("\n\n")[0] + "\n"
    line = _write_line("other.example", LOG_KEY.public, b"\x01", LOG_KEY.sign(body.encode()))
    with pytest.raises(BadCheckpoint, match="no known key"):
        check_checkpoint(f"{body}\n{line}", LOG)


def test_every_flipped_bit_is_refused() -> None:
    raw = NOTE.encode()
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadCheckpoint):
            check_checkpoint(flipped.decode("utf-8", "replace"), LOG)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "\n",
        "\n\n",
        NOTE[:-1],
        NOTE + "\n",
        NOTE + "x\n",
        NOTE.replace("\n", "\r\n"),
        NOTE.replace("\n1\n", "\n01\n"),
        NOTE.replace("\n1\n", "\n-1\n"),
        NOTE.replace("\n1\n", "\n١\n"),
        NOTE.replace("\n1\n", f"\n{2**60}\n"),
        NOTE.replace("\n1\n", "\n1\n1\n"),
        NOTE.replace("\u2014", "-"),
        NOTE.partition("\u2014")[0],
        NOTE + NOTE.split("\n")[4][:60] + "\n",
        NOTE.split("\n\n")[0] + "\n\n" + NOTE.split("\n")[4] * 1,
        NOTE + (NOTE.split("\n")[4] + "\n") * 100,
        "x" * 100_000,
        NOTE.replace("harbour", "Harbour"),
        NOTE.replace("\n1\n", "\n" + "1" * 5000 + "\n"),
    ],
)
def test_what_is_malformed_is_refused(note: str) -> None:
    with pytest.raises(BadCheckpoint):
        parse_checkpoint(note)


@given(st.text(max_size=200) | st.text("a1=\n\u2014 +/", max_size=60))
def test_any_text_is_a_checkpoint_or_is_refused(text: str) -> None:
    for attempt in (text, NOTE + text, text + NOTE):
        try:
            assert parse_checkpoint(attempt).note == attempt
        except BadCheckpoint:
            continue


@pytest.mark.parametrize("origin", ["", "Harbour", "a b", "a+b", "a\n", "https://a", "é", "a" * 300])
def test_a_log_needs_a_plain_name(origin: str) -> None:
    with pytest.raises(SettingOutOfRange):
        sign_checkpoint(origin, 0, A, LOG_KEY)


def test_witnesses_add_lines_that_name_them_and_the_time() -> None:
    first = cosign_checkpoint(NOTE, "police.example", POLICE_KEY, NOON)
    both = cosign_checkpoint(first, "ombudsman.example", HOLDER_KEY, NOON + timedelta(hours=1))
    found = read_cosignatures(both, Keys.of([POLICE_KEY.public, HOLDER_KEY.public]))
    assert [(each.key.name, each.at) for each in found] == [
        ("Northshire Police", NOON),
        ("Harbour Homes", NOON + timedelta(hours=1)),
    ]
    assert check_checkpoint(both, LOG)[0].size == 1
    assert read_cosignatures(both, LOG) == ()


def test_a_cosignature_is_not_a_signature_of_the_log_nor_one_over_another_tree() -> None:
    cosigned = cosign_checkpoint(NOTE, ORIGIN, LOG_KEY, NOON)
    line = cosigned[len(NOTE) :]
    with pytest.raises(BadCheckpoint):
        check_checkpoint(NOTE.partition("\n\n")[0] + "\n\n" + line, LOG)
    with pytest.raises(BadCheckpoint):
        read_cosignatures(NEXT + line, LOG)


def test_a_witness_signs_only_what_extends_what_it_saw() -> None:
    seen, proof = parse_checkpoint(NOTE), ConsistencyProof(old_size=1, size=2, path=(B.hex(),))
    for before, shown in ((None, None), (seen, proof)):
        note = witness_checkpoint(NEXT, before, shown, LOG, name="police.example", key=POLICE_KEY, at=NOON)
        assert read_cosignatures(note, Keys.of([POLICE_KEY.public]))
    other = sign_checkpoint(ORIGIN, 2, hash_node(B, B), LOG_KEY)
    elsewhere = sign_checkpoint("other.example", 2, hash_node(A, B), LOG_KEY)
    for note, shown in ((other, proof), (NEXT, None), (elsewhere, proof)):
        with pytest.raises(SplitView):
            witness_checkpoint(note, seen, shown, LOG, name="police.example", key=POLICE_KEY, at=NOON)
    with pytest.raises(BadCheckpoint):
        witness_checkpoint(NEXT, None, None, Keys(), name="police.example", key=POLICE_KEY, at=NOON)
