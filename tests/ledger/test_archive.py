"""Case archives: what a genuine one proves, and the first thing that is wrong with every sort of other one."""

import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.ledger import (
    NotLogged,
    SqliteLog,
    VerificationReport,
    export_archive,
    parse_archive,
    redact_archive,
    verify_archive,
    witness_checkpoint,
)
from fairshare.ledger.checkpoint import sign_checkpoint
from fairshare.records import (
    CannotWithhold,
    Keys,
    SigningKey,
    StoredRecord,
    cosign_record,
    digest,
    dispose_record,
    encode,
    make_reader_key,
    open_bytes,
    record_id,
    seal_bytes,
    sign,
    sign_record,
)
from fairshare.words import BadInput, ExitCode, FairshareError, Outcome
from tests.records.examples import (
    HOLDER,
    HOLDER_KEY,
    LEAD,
    LOG_KEY,
    NOON,
    POLICE,
    POLICE_KEY,
    PURPOSE,
    RECORDS,
    REQUEST,
    SIGNED,
    STRANGER_KEY,
    TRUSTED,
    VALID,
    make_chain,
    sign_chain,
)

ORIGIN = "harbour.example/log"
KEYS = [key.public for key in (HOLDER_KEY, POLICE_KEY, LOG_KEY)]
LOG = Keys.of([LOG_KEY.public])


def export(
    records: Sequence[StoredRecord] = SIGNED,
    *,
    keys: Sequence[Any] = KEYS,
    seal: SigningKey = HOLDER_KEY,
    order: Sequence[StoredRecord] | None = None,
    case: str = "hh-7",
    witness: bool = False,
) -> bytes:
    """An archive of these records, logged among others in this or another order, with two earlier checkpoints."""
    with TemporaryDirectory() as folder, SqliteLog(Path(folder) / "log.db", ORIGIN, LOG_KEY) as log:
        earlier = []
        for n, each in enumerate(order or records):
            tombstone = getattr(each, "tombstone", None)
            log.append("sha256:" + sha256(bytes([n])).hexdigest(), each.id, *([tombstone.id] if tombstone else []))
            if n < 2:
                earlier.append(log.sequence().note)
        note = log.sequence().note
        if witness:
            cosigned = witness_checkpoint(note, None, None, LOG, name="police.example", key=POLICE_KEY, at=NOON)
            log.keep_cosignatures(cosigned, Keys.of([POLICE_KEY.public]))
        return export_archive(case, records, log, keys, seal=seal, made_at=NOON, earlier=earlier)


@cache
def genuine() -> bytes:
    return export()


@cache
def smallest() -> bytes:
    """One short record, one checkpoint."""
    small = REQUEST.model_copy(update={"subjects": (), "items": (), "why_necessary": "", "contact": None})
    signed = sign_record(small, HOLDER_KEY)
    with TemporaryDirectory() as folder, SqliteLog(Path(folder) / "log.db", ORIGIN, HOLDER_KEY) as log:
        log.append(signed.id)
        log.sequence()
        return export_archive("hh-7", [signed], log, [HOLDER_KEY.public], seal=HOLDER_KEY, made_at=NOON)


def reseal(raw: bytes, change: Callable[[dict[str, Any]], object], key: SigningKey = HOLDER_KEY) -> bytes:
    """What somebody can make who changes an archive and seals it again with a key of the archive."""
    found = json.loads(raw)
    change(found)
    found.pop("seal", None)
    return encode(found | {"seal": sign(digest(found), key, "fairshare-archive")})


def code_of(report: VerificationReport) -> str:
    assert report.fault is not None
    assert report.exit_code is ExitCode.UNSOUND
    assert report.fault.fix
    return report.fault.code


def test_a_genuine_case_holds_for_those_who_trust_its_signers() -> None:
    report = verify_archive(genuine(), TRUSTED)
    assert (report.fault, report.exit_code, report.not_checked) == (None, ExitCode.DONE, ())
    assert report.log
    assert (report.log.origin, report.log.signed_by, report.log.size) == (ORIGIN, "log.harbour.example", 14)
    assert [(each.kind, each.state, each.signed_by) for each in report.records] == [
        (
            signed.record.kind,
            "whole",
            ("Harbour Homes", "Northshire Police")
            if signed.record.kind == "agreement"
            else ("Northshire Police",)
            if n == 6
            else ("Harbour Homes",),
        )
        for n, signed in enumerate(SIGNED)
    ]


def test_without_trusted_keys_it_can_only_be_consistent() -> None:
    report = verify_archive(genuine())
    assert (report.fault, report.exit_code) == (None, ExitCode.SIGNERS_UNKNOWN)
    assert report.summary.startswith("Internally consistent, signers unknown")


def test_the_names_in_the_report_are_the_verifiers_own() -> None:
    lie = reseal(genuine(), lambda found: [each.update(name="Somebody") for each in found["keys"]])
    report = verify_archive(lie, TRUSTED)
    assert (report.exit_code, report.records[0].signed_by) == (ExitCode.DONE, ("Harbour Homes",))


def test_trusted_witnesses_are_named() -> None:
    raw = export(witness=True)
    trusted, unknown = verify_archive(raw, TRUSTED), verify_archive(raw)
    assert trusted.log
    assert unknown.log
    assert (trusted.log.witnesses, unknown.log.witnesses) == (("Northshire Police",), ())


@pytest.mark.parametrize("absent", [HOLDER_KEY, POLICE_KEY, LOG_KEY], ids=lambda key: key.name)
def test_every_signer_must_be_trusted(absent: SigningKey) -> None:
    trusted = Keys.of(key for key in TRUSTED if key != absent.public)
    assert code_of(verify_archive(genuine(), trusted)) == "SIGNER_NOT_TRUSTED"
    assert code_of(verify_archive(genuine(), Keys())) == "SIGNER_NOT_TRUSTED"


def test_who_sealed_the_archive_must_be_trusted_too() -> None:
    report = verify_archive(export(seal=STRANGER_KEY), TRUSTED)
    assert code_of(report) == "SIGNER_NOT_TRUSTED"
    assert report.fault
    assert report.fault.where == "seal"


def test_a_whole_case_made_up_by_a_stranger_deceives_nobody_who_has_keys() -> None:
    fakes = [SigningKey(key.name, STRANGER_KEY.jwk) for key in (HOLDER_KEY,)]
    made_up = [sign_record(record, fakes[0]) for record in make_chain(agreement={"parties": ()})]
    raw = export(made_up, keys=[*KEYS, fakes[0].public], seal=fakes[0])
    assert code_of(verify_archive(raw, TRUSTED)) == "SIGNER_NOT_TRUSTED"


def test_every_flipped_bit_of_an_archive_is_refused() -> None:
    raw = smallest()
    assert verify_archive(raw, TRUSTED).exit_code is ExitCode.DONE
    for bit in range(len(raw) * 8):
        flipped = bytearray(raw)
        flipped[bit // 8] ^= 1 << bit % 8
        assert verify_archive(bytes(flipped)).exit_code is ExitCode.UNSOUND, bit


def test_every_flipped_bit_of_a_sealed_archive_is_refused() -> None:
    public, secret = make_reader_key()
    sealed = seal_bytes(smallest(), (public,))
    assert verify_archive(open_bytes(sealed, secret), TRUSTED).exit_code is ExitCode.DONE
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FairshareError):
            open_bytes(bytes(flipped), secret)


@given(at=st.integers(0, 100_000), change=st.binary(min_size=1, max_size=4), length=st.integers(0, 4))
def test_any_change_to_any_place_is_refused(at: int, change: bytes, length: int) -> None:
    raw = genuine()
    at %= len(raw)
    changed = raw[:at] + change + raw[at + length :]
    if changed != raw:
        assert verify_archive(changed, TRUSTED).exit_code is ExitCode.UNSOUND


@given(st.binary(max_size=300))
def test_any_bytes_get_a_report(raw: bytes) -> None:
    for each in (raw, b'{"format":"fairshare-case-archive"' + raw, genuine() + raw + b" ", genuine()[: len(raw) * 7]):
        assert verify_archive(each).exit_code is ExitCode.UNSOUND


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@given(choose=st.data(), value=json_values)
def test_any_value_in_any_place_sealed_by_an_insider_gets_a_report(choose: st.DataObject, value: Any) -> None:
    def change(found: dict[str, Any]) -> None:
        place: Any = found
        while True:
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            key = choose.draw(st.sampled_from(keys))
            if not isinstance(place[key], dict | list) or not place[key] or choose.draw(st.integers(0, 4)) == 0:
                place[key] = value
                return
            place = place[key]

    assert verify_archive(reseal(genuine(), change), TRUSTED).exit_code in (ExitCode.UNSOUND, ExitCode.DONE)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "BAD_INPUT"),
        (b"{}", "NOT_AN_ARCHIVE"),
        (b"[]", "NOT_AN_ARCHIVE"),
        (b"\x1f\x8b" + bytes(100), "BAD_INPUT"),
        (b"[" * 1_000_000, "BAD_INPUT"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "BAD_INPUT"),
        (b"1" * 5_000, "BAD_INPUT"),
        (b" " * (16 * 1024 * 1024 + 1), "BAD_INPUT"),
        (encode({"format": "fairshare-case-archive"}), "NOT_AN_ARCHIVE"),
        (encode({"format": "fairshare-case-archive", "version": 2}), "NEWER_ARCHIVE"),
        (encode({"format": "fairshare-case-archive", "keys": [7], "seal": ""}), "BAD_KEY"),
        (encode({"format": "fairshare-case-archive", "keys": [], "seal": ""}), "BAD_SEAL"),
        (encode({"format": "fairshare-case-archive", "keys": [{}] * 1001, "seal": ""}), "NOT_AN_ARCHIVE"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_an_archive_is_said_to_be_none(raw: bytes, code: str) -> None:
    assert code_of(verify_archive(raw)) == code


def test_the_same_archive_laid_out_otherwise_is_refused() -> None:
    assert code_of(verify_archive(json.dumps(json.loads(genuine()), indent=1).encode())) == "NOT_CANONICAL"


def drop(n: int) -> Callable[[dict[str, Any]], object]:
    return lambda found: found["records"].pop(n)


def swap(a: int, b: int) -> Callable[[dict[str, Any]], object]:
    def change(found: dict[str, Any]) -> None:
        records = found["records"]
        records[a], records[b] = records[b], records[a]

    return change


def sign_off(n: int, key: SigningKey) -> Callable[[dict[str, Any]], object]:
    """Replaces the signatures on one record by one by this key."""
    made = sign(SIGNED[n].id, key, "fairshare-record")
    return lambda found: found["records"][n].update(signatures=[made])


def log_of(**changes: Any) -> Callable[[dict[str, Any]], object]:
    return lambda found: found["log"].update(changes)


PROOFS = json.loads(genuine())["log"]["proofs"]
NOTES = json.loads(genuine())["log"]["checkpoints"]
FIRST = SIGNED[0].id
OTHER_ROOT = sign_checkpoint(ORIGIN, 14, bytes(32), LOG_KEY)


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (lambda found: found.update(version=0), "BAD_INPUT", "archive"),
        (lambda found: found.update(more=1), "BAD_INPUT", "archive"),
        (lambda found: found.update(case="hh-8"), "BROKEN_LINK", "records[0] (request)"),
        (lambda found: found.update(rules=[]), "RULES_DIFFER", "rules"),
        (lambda found: found.update(rules=["ab" * 32, "cd" * 32]), "RULES_DIFFER", "rules"),
        (lambda found: found.update(records={}), "NOT_AN_ARCHIVE", "archive"),
        (lambda found: found.update(records=[]), "BAD_INPUT", "archive"),
        (lambda found: found["records"].append(found["records"][0]), "BROKEN_LINK", "records[7] (request)"),
        (
            lambda found: found["records"][1]["record"].update(outcome="SHARE_FULL"),
            "BROKEN_LINK",
            "records[2] (agreement)",
        ),
        (lambda found: found["records"][6]["record"].update(told="more"), "BAD_SIGNATURE", "records[6] (receipt)"),
        (lambda found: found["records"][0]["record"].update(version=2), "NEWER_RECORD", "records[0]"),
        (
            lambda found: found["records"][0].update(signatures=found["records"][0]["signatures"] * 2),
            "BAD_SIGNATURE",
            "records[0]",
        ),
        (drop(0), "BROKEN_LINK", "records[0] (decision)"),
        (drop(2), "BROKEN_LINK", "records[2] (plan)"),
        (drop(6), "NOT_PROVED", SIGNED[6].id),
        (swap(0, 1), "BROKEN_LINK", "records[0] (decision)"),
        (swap(4, 5), "BROKEN_LINK", "records[4] (receipt)"),
        (sign_off(1, POLICE_KEY), "WRONG_SIGNER", "records[1] (decision)"),
        (sign_off(4, POLICE_KEY), "WRONG_SIGNER", "records[4] (release)"),
        (sign_off(5, POLICE_KEY), "WRONG_SIGNER", "records[5] (receipt)"),
        (sign_off(6, HOLDER_KEY), "WRONG_SIGNER", "records[6] (receipt)"),
        (sign_off(0, LOG_KEY), "WRONG_SIGNER", "records[0] (request)"),
        (sign_off(2, LOG_KEY), "WRONG_SIGNER", "records[2] (agreement)"),
        (sign_off(2, HOLDER_KEY), "OUTSIDE_AGREEMENT", "records[4] (release)"),
        (sign_off(0, STRANGER_KEY), "UNKNOWN_SIGNER", "records[0] (request)"),
        (log_of(checkpoints=[]), "BAD_INPUT", "archive"),
        (log_of(checkpoints=NOTES[:2]), "LOG_CONTRADICTS", "log"),
        (log_of(extends=[]), "LOG_CONTRADICTS", "log"),
        (log_of(checkpoints=[NOTES[1], NOTES[0], NOTES[2]]), "LOG_CONTRADICTS", "log.extends[0]"),
        (
            log_of(checkpoints=[*NOTES[:2], sign_checkpoint(ORIGIN, 14, bytes(32), LOG_KEY)]),
            "LOG_CONTRADICTS",
            "log.extends[1]",
        ),
        (
            log_of(checkpoints=[*NOTES[:2], sign_checkpoint(ORIGIN, 14, bytes(32), STRANGER_KEY)]),
            "BAD_CHECKPOINT",
            "log.checkpoints[2]",
        ),
        (
            log_of(checkpoints=[*NOTES[:2], NOTES[2].replace("\n14\n", "\n15\n")]),
            "BAD_CHECKPOINT",
            "log.checkpoints[2]",
        ),
        (log_of(checkpoints=[*NOTES[:2], "x"]), "BAD_CHECKPOINT", "log.checkpoints[2]"),
        (log_of(proofs={}), "NOT_PROVED", "records[0] (request)"),
        (log_of(proofs=PROOFS | {FIRST: PROOFS[SIGNED[1].id]}), "NOT_PROVED", "records[0] (request)"),
        (log_of(proofs=PROOFS | {FIRST: PROOFS[FIRST] | {"size": 13}}), "NOT_PROVED", "records[0] (request)"),
        (log_of(proofs=PROOFS | {FIRST: PROOFS[FIRST] | {"path": []}}), "NOT_PROVED", "records[0] (request)"),
        (log_of(proofs=PROOFS | {"sha256:" + "0" * 64: PROOFS[FIRST]}), "NOT_PROVED", "sha256:" + "0" * 64),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_insider_who_can_seal_is_found_out(
    change: Callable[[dict[str, Any]], object], code: str, place: str
) -> None:
    report = verify_archive(reseal(genuine(), change), TRUSTED)
    assert code_of(report) == code
    assert report.fault
    assert report.fault.where.startswith(place)


def test_a_record_logged_before_one_that_it_follows_is_found_out() -> None:
    raw = export(order=[SIGNED[1], SIGNED[0], *SIGNED[2:]])
    assert code_of(verify_archive(raw, TRUSTED)) == "LOG_CONTRADICTS"


OTHERS = POLICE.model_copy(update={"name": "Southshire Police"})
OTHER_PURPOSE = PURPOSE.model_copy(update={"code": "other"})
DAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"release": {"items": ("i1", "i3")}}, "OUTSIDE_DECISION", "item i3 was not agreed"),
        ({"release": {"items": ("i9",)}}, "OUTSIDE_DECISION", "item i9 was not agreed"),
        ({"decision": {"recipient": OTHERS}}, "OUTSIDE_DECISION", "the recipient is not the decision's"),
        (
            {"release": {"holder": HOLDER.model_copy(update={"identifier": None})}},
            "OUTSIDE_DECISION",
            "the holder is not",
        ),
        (
            {"release": {"purpose": OTHER_PURPOSE}},
            "OUTSIDE_DECISION",
            "the purpose is not",
        ),
        (
            {"release": {"law_date": DAY - timedelta(days=1)}},
            "OUTSIDE_DECISION",
            "its day is outside the decision's dates",
        ),
        ({"release": {"law_date": date(2026, 6, 2)}}, "OUTSIDE_DECISION", "its day is outside the decision's dates"),
        ({"release": {"law_date": DAY + timedelta(days=3)}}, "OUTSIDE_DECISION", "the day it gives is not the day"),
        ({"decision": {"outcome": Outcome.REFUSE_PROHIBITED}}, "OUTSIDE_DECISION", "the decision was not to share"),
        ({"decision": {"scope": ()}}, "OUTSIDE_DECISION", "item i1 was not agreed"),
        ({"decision": {"routine": True}, "release": {"agreement": None}}, "OUTSIDE_DECISION", "needs an agreement"),
        ({"agreement": {"items": REQUEST.items[:1]}}, "OUTSIDE_AGREEMENT", "item i2 is not in the agreement"),
        (
            {"agreement": {"purpose": OTHER_PURPOSE}},
            "OUTSIDE_AGREEMENT",
            "the purpose is not",
        ),
        (
            {"agreement": {"valid": VALID.model_copy(update={"start": date(2026, 3, 3)})}},
            "OUTSIDE_AGREEMENT",
            "its day is",
        ),
        ({"receipt": {"items": ("i1", "i2", "i3")}}, "OUTSIDE_RELEASE", "item i3 was not to be released"),
        ({"received": {"items": ("i4",)}}, "OUTSIDE_RELEASE", "item i4 was not to be released"),
        ({"receipt": {"follows": (SIGNED[4].id, FIRST)}}, "BROKEN_LINK", "a receipt cannot follow a request"),
        ({"receipt": {"follows": ()}}, "BROKEN_LINK", "it does not follow the release that it names"),
        ({"release": {"follows": ()}}, "BROKEN_LINK", "it does not follow the decision that it names"),
        ({"release": {"agreement": record_id(REQUEST)}}, "BROKEN_LINK", "the agreement that it names"),
        ({"release": {"plan": "sha256:" + "0" * 64}}, "BROKEN_LINK", "the plan that it names"),
        ({"plan": {"follows": ()}}, None, ""),
        ({"decision": {"routine": True}}, None, ""),
        ({"decision": {"routine": True, "emergency": True}, "release": {"agreement": None}}, None, ""),
        ({"decision": {"routine": True, "compelled": True}, "release": {"agreement": None}}, None, ""),
        ({"release": {"items": ("i1",)}, "receipt": {"items": ()}, "received": {"items": ()}}, None, ""),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_was_done_is_compared_with_what_was_decided(changes: dict[str, Any], code: str | None, words: str) -> None:
    report = verify_archive(export(sign_chain(*make_chain(**changes))), TRUSTED)
    assert (report.fault.code if report.fault else None) == code
    assert words in (report.fault.message if report.fault else "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"parties": (0,)}, "the recipient is not a recipient in the agreement"),
        ({"parties": (1,)}, "the holder is not a discloser in the agreement"),
    ],
)
def test_an_agreement_must_be_between_the_holder_and_the_recipient(changes: dict[str, Any], words: str) -> None:
    parties = tuple(RECORDS[2].parties[n] for n in changes["parties"])  # type: ignore[union-attr]
    chain = make_chain(agreement={"parties": parties})
    signed = list(sign_chain(*chain))
    signed[2] = sign_record(chain[2], HOLDER_KEY if changes["parties"] == (0,) else POLICE_KEY)
    report = verify_archive(export(signed), TRUSTED)
    assert report.fault
    assert (report.fault.code, report.fault.message) == ("OUTSIDE_AGREEMENT", words)


def test_an_agreement_signed_by_a_third_is_found_out() -> None:
    signed = list(SIGNED)
    signed[2] = cosign_record(SIGNED[2], LOG_KEY)
    assert code_of(verify_archive(export(signed), TRUSTED)) == "WRONG_SIGNER"


def test_a_redacted_view_still_verifies_and_shows_nothing_withheld() -> None:
    whole = parse_archive(genuine())
    raw = redact_archive(
        whole,
        {SIGNED[0].id: None, SIGNED[1].id: ["subjects", "answers", "scope", "reasons"]},
        seal=HOLDER_KEY,
        made_at=NOON,
    )
    report = verify_archive(raw, TRUSTED)
    assert (report.fault, report.exit_code) == (None, ExitCode.DONE)
    assert [each.state for each in report.records][:3] == ["redacted", "redacted", "whole"]
    assert [each.id for each in report.records] == [each.id for each in SIGNED]
    assert b"Marsh-Heron" in genuine()
    assert b"Marsh-Heron" not in raw
    assert any("within its decision" in each for each in report.not_checked)
    assert "as far as the fields that are shown can tell" in report.summary


@pytest.mark.parametrize("n", range(7))
def test_any_record_can_be_withheld_and_the_rest_still_verifies(n: int) -> None:
    raw = redact_archive(parse_archive(genuine()), {SIGNED[n].id: None}, seal=HOLDER_KEY, made_at=NOON)
    assert verify_archive(raw, TRUSTED).exit_code is ExitCode.DONE
    assert verify_archive(raw).exit_code is ExitCode.SIGNERS_UNKNOWN


def test_fields_that_are_enough_for_a_check_are_checked_in_a_view_too() -> None:
    chain = sign_chain(*make_chain(release={"items": ("i1", "i3")}))
    withhold = {chain[1].id: ["answers", "subjects"], chain[4].id: ["released_by"]}
    raw = redact_archive(parse_archive(export(chain)), withhold, seal=HOLDER_KEY, made_at=NOON)
    assert code_of(verify_archive(raw, TRUSTED)) == "OUTSIDE_DECISION"


def test_a_view_whose_shown_fields_were_changed_is_found_out() -> None:
    view = redact_archive(parse_archive(genuine()), {SIGNED[6].id: ["told"]}, seal=HOLDER_KEY, made_at=NOON)
    lie = reseal(view, lambda found: found["records"][6]["shown"]["items"].update(value=["i1"]))
    assert code_of(verify_archive(lie, TRUSTED)) == "BAD_SIGNATURE"


def test_only_records_of_the_archive_can_be_withheld() -> None:
    with pytest.raises(CannotWithhold):
        redact_archive(parse_archive(genuine()), {"sha256:" + "0" * 64: None}, seal=HOLDER_KEY, made_at=NOON)


@pytest.mark.parametrize("n", range(7))
def test_a_case_with_a_record_disposed_of_still_verifies(n: int) -> None:
    gone = dispose_record(SIGNED[n], by=LEAD, at=NOON, reason="Kept for two years.", salt="0" * 32, key=HOLDER_KEY)
    report = verify_archive(export([*SIGNED[:n], gone, *SIGNED[n + 1 :]]), TRUSTED)
    assert (report.fault, report.exit_code) == (None, ExitCode.DONE)
    assert report.records[n].state == "disposed of"


def test_a_tombstone_must_be_logged_and_by_a_trusted_key() -> None:
    def bury(key: SigningKey) -> bytes:
        gone = dispose_record(SIGNED[0], by=LEAD, at=NOON, reason="Old.", salt="0" * 32, key=key)
        return export([gone, *SIGNED[1:]], keys=[*KEYS, key.public])

    assert code_of(verify_archive(bury(STRANGER_KEY), TRUSTED)) == "SIGNER_NOT_TRUSTED"
    tombstone = json.loads(bury(HOLDER_KEY))["records"][0]["tombstone"]
    unproved = reseal(
        genuine(),
        lambda found: found["records"].__setitem__(
            0, json.loads(bury(HOLDER_KEY))["records"][0] | {"tombstone": tombstone}
        ),
    )
    assert code_of(verify_archive(unproved, TRUSTED)) == "NOT_PROVED"
    changed = reseal(bury(HOLDER_KEY), lambda found: found["records"][0]["tombstone"].update(reason="Other."))
    assert code_of(verify_archive(changed, TRUSTED)) == "BAD_SIGNATURE"


def test_exporting_is_the_same_to_the_byte() -> None:
    assert export() == genuine()
    assert encode(parse_archive(genuine())) == genuine()


def test_only_what_is_logged_can_be_exported(tmp_path: Path) -> None:
    with SqliteLog(tmp_path / "log.db", ORIGIN, LOG_KEY) as log:
        log.sequence()
        with pytest.raises(NotLogged):
            export_archive("hh-7", SIGNED, log, KEYS, seal=HOLDER_KEY, made_at=NOON)


def test_an_archive_that_nobody_could_read_is_not_written() -> None:
    with pytest.raises(BadInput):
        export(case="not a case")
    with pytest.raises(BadInput):
        export([])
