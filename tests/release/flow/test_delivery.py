"""What the recipient opens is what a trusted sender signed, to the bit; anything else gets no name."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.ledger.faults import WrongSigner
from fairshare.records.canonical import encode
from fairshare.records.keys import Keys, SigningKey
from fairshare.records.kinds import Receipt, SentFile
from fairshare.records.sealing import CannotOpen, make_reader_key, open_bytes, seal_bytes
from fairshare.records.signing import BadSignature, SignedRecord, UnknownSigner, cosign_record, sign_record
from fairshare.release.delivery import (
    MANIFEST,
    AlreadyOpened,
    FilesDiffer,
    name_folder,
    open_release,
)
from fairshare.release.flow import Released, run_release
from fairshare.release.manifest import (
    BadFileName,
    Manifest,
    ManifestUnsound,
    check_file_names,
    check_manifest,
    number_sealed,
    parse_manifest,
    write_manifest,
)
from fairshare.words import BadInput, FairshareError, NotFound
from tests.release.flow.stories import (
    HOLDER_KEY,
    READER,
    READER_SECRET,
    STRANGER_KEY,
    TRUSTED,
    FileBook,
    bundle,
    make_documents,
    make_ports,
    to_reader,
)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A small release of two documents; each test works on a copy."""
    folder = tmp_path_factory.mktemp("released")
    files = make_documents(folder / "inputs", (40, 900))
    return run_release(bundle(), files, to_reader(folder / "out"), make_ports(FileBook(folder / "book")))


@pytest.fixture
def arrived(released: Released, tmp_path: Path) -> Path:
    """What arrived at the recipient's."""
    return Path(shutil.copytree(released.folder, tmp_path / released.folder.name))


def opening(arrived: Path, *, trust: Keys = TRUSTED, key: str = READER_SECRET) -> Path:
    """Opens what arrived, into a folder beside it."""
    return open_release(arrived, key, trust=trust, into=arrived.parent / "in").folder


def check_nothing_opened(arrived: Path) -> None:
    """No file has been given its name, and nothing is left in between."""
    assert [each for each in (arrived.parent / "in").rglob("*") if each.name != ".staging"] == []


def reseal(arrived: Path, manifest: Manifest) -> None:
    """Puts another manifest in, as anybody can who has the reader's public key."""
    (arrived / MANIFEST).write_bytes(seal_bytes(write_manifest(manifest), (READER,)))


def with_receipt(released: Released, key: SigningKey = HOLDER_KEY, **changes: object) -> Manifest:
    """The manifest with another receipt, signed anew."""
    receipt = released.manifest.outcome.model_copy(update=changes)
    return Manifest(release=released.manifest.release, receipt=sign_record(receipt, key))


def test_what_was_sealed_opens_once_under_a_name_made_from_its_id(released: Released, arrived: Path) -> None:
    renamed = arrived.rename(arrived.parent / "as the recipient called it")
    folder = opening(renamed)
    assert folder.name == name_folder(released.manifest.release.id)
    with pytest.raises(AlreadyOpened):
        opening(renamed)


def test_flipping_a_bit_anywhere_in_any_file_is_refused(arrived: Path) -> None:
    chance = random.Random(7)
    for path in sorted(arrived.iterdir()):
        whole = path.read_bytes()
        for place in chance.sample(range(len(whole)), 150):
            changed = bytearray(whole)
            changed[place] ^= 1 << chance.randrange(8)
            path.write_bytes(changed)
            with pytest.raises(FairshareError):
                opening(arrived)
        path.write_bytes(whole)
    check_nothing_opened(arrived)
    opening(arrived)


def cut(arrived: Path) -> None:
    (arrived / "0002.age").write_bytes((arrived / "0002.age").read_bytes()[:-20])


def cut_at_a_header(arrived: Path) -> None:
    (arrived / "0001.age").write_bytes((arrived / "0001.age").read_bytes()[:100])


def lengthen(arrived: Path) -> None:
    (arrived / "0001.age").write_bytes((arrived / "0001.age").read_bytes() + b"\n")


def swap(arrived: Path) -> None:
    one, other = (arrived / "0001.age").read_bytes(), (arrived / "0002.age").read_bytes()
    (arrived / "0001.age").write_bytes(other)
    (arrived / "0002.age").write_bytes(one)


def seal_something_else(arrived: Path) -> None:
    (arrived / "0001.age").write_bytes(seal_bytes(b"x" * 40, (READER,)))


def seal_far_too_much(arrived: Path) -> None:
    (arrived / "0001.age").write_bytes(seal_bytes(bytes(5_000_000), (READER,)))


def seal_the_same_anew(arrived: Path) -> None:
    plain = open_bytes((arrived / "0001.age").read_bytes(), READER_SECRET)
    (arrived / "0001.age").write_bytes(seal_bytes(plain, (READER,)))


def change_the_note_in_the_clear(arrived: Path) -> None:
    (arrived / "HOW-TO-OPEN.txt").write_text("Send your secret key to this address.")


def remove(arrived: Path) -> None:
    (arrived / "0002.age").unlink()


def add(arrived: Path) -> None:
    (arrived / "0004.age").write_bytes(b"more")


def add_a_key(arrived: Path) -> None:
    (arrived / "key.age").write_bytes(b"a key")


def put_a_link(arrived: Path) -> None:
    (arrived / "0001.age").rename(arrived.parent / "aside")
    (arrived / "0001.age").symlink_to(arrived.parent / "aside")


def put_a_pipe(arrived: Path) -> None:
    (arrived / "0001.age").unlink()
    os.mkfifo(arrived / "0001.age")


def put_a_folder(arrived: Path) -> None:
    (arrived / "0001.age").unlink()
    (arrived / "0001.age").mkdir()


def remove_the_manifest(arrived: Path) -> None:
    (arrived / MANIFEST).unlink()


def empty_the_manifest(arrived: Path) -> None:
    (arrived / MANIFEST).write_bytes(b"")


TAMPERED: list[tuple[Callable[[Path], None], type[FairshareError]]] = [
    (cut, CannotOpen),
    (cut_at_a_header, CannotOpen),
    (lengthen, CannotOpen),
    (swap, FilesDiffer),
    (seal_something_else, FilesDiffer),
    (seal_far_too_much, FilesDiffer),
    (seal_the_same_anew, FilesDiffer),
    (change_the_note_in_the_clear, FilesDiffer),
    (remove, FilesDiffer),
    (add, FilesDiffer),
    (add_a_key, FilesDiffer),
    (put_a_link, FilesDiffer),
    (put_a_pipe, FilesDiffer),
    (put_a_folder, FilesDiffer),
    (remove_the_manifest, FilesDiffer),
    (empty_the_manifest, CannotOpen),
]


@pytest.mark.parametrize(("tamper", "error"), TAMPERED, ids=[tamper.__name__ for tamper, _ in TAMPERED])
def test_what_is_not_what_was_sent_is_refused(
    tamper: Callable[[Path], None], error: type[FairshareError], arrived: Path
) -> None:
    tamper(arrived)
    with pytest.raises(error):
        opening(arrived)
    check_nothing_opened(arrived)


def test_a_file_that_is_too_long_is_stopped_where_it_should_have_ended(arrived: Path) -> None:
    seal_far_too_much(arrived)
    with pytest.raises(FilesDiffer, match="longer than what was sent"):
        opening(arrived)


def test_only_the_reader_can_open_it(arrived: Path) -> None:
    _, other = make_reader_key()
    with pytest.raises(CannotOpen):
        opening(arrived, key=other)
    with pytest.raises(BadInput):
        opening(arrived, key="not a key")
    check_nothing_opened(arrived)


def test_a_sender_who_is_not_trusted_is_refused(arrived: Path) -> None:
    for trust in (Keys(), Keys.of([STRANGER_KEY.public])):
        with pytest.raises(UnknownSigner):
            opening(arrived, trust=trust)
    check_nothing_opened(arrived)


def test_a_manifest_signed_by_a_stranger_is_refused(released: Released, arrived: Path) -> None:
    reseal(arrived, with_receipt(released, STRANGER_KEY))
    with pytest.raises(UnknownSigner):
        opening(arrived)


def test_somebody_trusted_cannot_send_in_the_name_of_another(released: Released, arrived: Path) -> None:
    release, receipt = (
        sign_record(each.record, STRANGER_KEY) for each in (released.manifest.release, released.manifest.receipt)
    )
    reseal(arrived, Manifest(release=release, receipt=receipt))
    with pytest.raises(WrongSigner):
        opening(arrived, trust=Keys.of([HOLDER_KEY.public, STRANGER_KEY.public]))
    check_nothing_opened(arrived)


def test_both_parts_must_be_signed_by_one_key(released: Released, arrived: Path) -> None:
    reseal(arrived, with_receipt(released, STRANGER_KEY))
    with pytest.raises(ManifestUnsound):
        opening(arrived, trust=Keys.of([HOLDER_KEY.public, STRANGER_KEY.public]))


def test_an_intent_that_was_cosigned_is_accepted(released: Released, arrived: Path) -> None:
    cosigned = cosign_record(released.manifest.release, STRANGER_KEY)
    reseal(arrived, Manifest(release=cosigned, receipt=released.manifest.receipt))
    opening(arrived, trust=Keys.of([HOLDER_KEY.public, STRANGER_KEY.public]))


def test_a_signature_moved_from_another_receipt_is_refused(released: Released, arrived: Path) -> None:
    receipt = released.manifest.outcome.model_copy(update={"told": "something else"})
    moved = SignedRecord(record=receipt, signatures=released.manifest.receipt.signatures)
    reseal(arrived, Manifest(release=released.manifest.release, receipt=moved))
    with pytest.raises(BadSignature):
        opening(arrived)


@pytest.mark.parametrize(
    "changes",
    [{"release": "sha256:" + "0" * 64}, {"side": "recipient"}],
    ids=["another release", "the recipient's own receipt"],
)
def test_a_receipt_of_another_release_is_refused(changes: dict[str, object], released: Released, arrived: Path) -> None:
    reseal(arrived, with_receipt(released, **changes))
    with pytest.raises(ManifestUnsound):
        opening(arrived)


def test_a_record_of_another_kind_is_refused(released: Released) -> None:
    twice = Manifest.model_construct(release=released.manifest.receipt, receipt=released.manifest.receipt)
    with pytest.raises(ManifestUnsound):
        _ = twice.intent
    with pytest.raises(ManifestUnsound):
        parse_manifest(write_manifest(Manifest(release=released.manifest.release, receipt=released.manifest.release)))


@pytest.mark.parametrize(
    "name",
    [
        "../up", "a/b", "a\\b", "/etc/passwd", ".hidden", "..", ".", "", " a", "a ", "a.", "CON", "nul.txt", "com1.csv",
        "a\x00b", "a\nb", "a\u202egnp.exe", "e\u0301", "x" * 201, "a:b", "a|b", "what?", "a*", 'a"b', "<a>", "\ud800",
    ],
)  # fmt: skip
def test_a_name_that_could_do_harm_is_refused_on_both_sides(name: str, released: Released, arrived: Path) -> None:
    with pytest.raises(FairshareError):
        check_file_names([name])
    files = released.manifest.outcome.files
    if name.strip() == name and name and "\ud800" not in name:
        changed = files[0].model_copy(update={"name": name})
        reseal(arrived, with_receipt(released, files=(changed, *files[1:])))
        with pytest.raises(BadFileName):
            opening(arrived)
        check_nothing_opened(arrived)


@pytest.mark.parametrize("name", ["table.csv", "Rhyddhau é.pdf", "a.b.c", "tenancy file, part 1 (copy).txt", "console"])
def test_a_plain_name_is_taken(name: str) -> None:
    check_file_names([name])


@pytest.mark.parametrize("names", [["a", "A"], ["é", "É"], ["straße", "STRASSE"], ["a", "a"]])
def test_names_that_some_systems_take_for_one_are_refused(names: list[str]) -> None:
    with pytest.raises(BadFileName):
        check_file_names(names)


@given(st.lists(st.text(max_size=12), max_size=4))
def test_names_that_are_taken_can_stand_side_by_side(names: list[str]) -> None:
    try:
        check_file_names(names)
    except BadFileName:
        return
    for name in names:
        assert Path(name).name == name
        assert (Path("folder") / name).resolve().parent == Path("folder").resolve()


@given(st.binary(max_size=300))
def test_any_bytes_in_place_of_a_manifest_are_refused_in_one_family(raw: bytes) -> None:
    with pytest.raises(FairshareError):
        parse_manifest(raw)


@given(st.data())
def test_a_manifest_with_anything_changed_is_refused_in_one_family(released: Released, data: st.DataObject) -> None:
    whole = write_manifest(released.manifest)
    start = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(start, min(len(whole), start + 30)))
    changed = whole[:start] + data.draw(st.binary(max_size=30)) + whole[end:]
    if changed == whole:
        return
    with pytest.raises(FairshareError):
        check_manifest(parse_manifest(changed), TRUSTED)


def test_a_manifest_reads_back_as_it_was_written(released: Released) -> None:
    raw = write_manifest(released.manifest)
    assert parse_manifest(raw) == released.manifest
    assert encode(parse_manifest(raw)) == raw
    assert check_manifest(released.manifest, TRUSTED) == HOLDER_KEY.public


def test_files_in_the_clear_do_not_move_the_numbers_on() -> None:
    def sent(name: str, sealed: bool) -> SentFile:
        return SentFile(
            name=name,
            media_type="text/plain",
            bytes=0,
            sha256="0" * 64,
            encrypted_sha256="0" * 64 if sealed else None,
        )

    files = (sent("a", True), sent("b", False), sent("c", True))
    assert {name: each.name for name, each in number_sealed(files).items()} == {
        "0001.age": "a",
        "b": "b",
        "0002.age": "c",
    }


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        opening(tmp_path / "nowhere")


def test_an_opening_that_was_cut_short_is_cleared_away_by_the_next(arrived: Path) -> None:
    left = arrived.parent / "in" / ".staging" / "opening.dead"
    (left / "out").mkdir(parents=True)
    (left / "out" / "half").write_text("half of it")
    opening(arrived)
    assert not left.exists()


def test_the_recipient_of_the_manifest_can_read_it_with_any_age_tool(released: Released) -> None:
    raw = open_bytes((released.folder / MANIFEST).read_bytes(), READER_SECRET)
    receipt = parse_manifest(raw).outcome
    assert isinstance(receipt, Receipt)
    assert raw.startswith(b'{"format":"fairshare-release/1"')
