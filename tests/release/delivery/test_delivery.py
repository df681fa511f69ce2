"""A sealed release is put where its recipient collects it, whole and checked, whatever breaks on the way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.cli.commands import Page
from fairshare.cli.deliver import FILE
from fairshare.cli.forms import ReleaseForm
from fairshare.cli.handing_over import add_delivery, check_way, choose_way, deliver_made
from fairshare.desk.deliver_release import NamedPlace, deliver_release, list_deliveries
from fairshare.desk.entering import read_case
from fairshare.desk.entries import Delivered
from fairshare.desk.look_after_agreement import resume_agreement, suspend_agreement
from fairshare.desk.recall_release import recall_release
from fairshare.desk.release_case import Wanted, release_case
from fairshare.desk.released import list_released
from fairshare.desk.share_release import find_store
from fairshare.desk.who import NotYours
from fairshare.desk.workspace import open_desk, record_reader
from fairshare.records import ReleaseKind
from fairshare.release.delivery import MANIFEST, open_release
from fairshare.release.kinds import Told
from fairshare.words import FairshareError
from tests.release.delivery.made import EVERYBODY, HANDLER, make_desk, share_table, start_sharing, want_table
from tests.release.delivery.servers import free_port
from tests.release.delivery.stores import BUCKET, S3, SECRET, Line, Sftp, make_sftp, run_s3
from tests.release.flow.stories import READER, READER_SECRET, TRUSTED, nothing_changed, write_people

ROWS = 110_000
"""Enough for two parts, of five megabytes and of three."""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk with a large release to a university's key."""
    folder = tmp_path_factory.mktemp("desk")
    sharing = start_sharing(make_desk(folder / "desk"))
    with open_desk(sharing.root) as desk:
        today = desk.clock.now().date()
    record_reader(sharing.root, "Mid University", READER, checked_by="Jo Field", how="by telephone", checked_on=today)
    write_people(folder / "inputs", ROWS)
    wanted = want_table(folder / "inputs", (READER,))
    csv = replace(wanted, contents=replace(wanted.contents, format="csv"))  # type: ignore[type-var]
    with open_desk(sharing.root) as desk:
        release_case(desk, EVERYBODY, "hh-7", csv, law_today=nothing_changed)
    return sharing.root


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with run_s3() as running:
        yield running


@pytest.fixture
def bucket(s3: S3) -> S3:
    """The store with nothing in it."""
    client = s3.client()
    for upload in client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        client.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
    for name in s3.names():
        client.delete_object(Bucket=BUCKET, Key=name)
    return s3


@pytest.fixture
def sftp(tmp_path: Path) -> Sftp:
    return make_sftp(tmp_path)


def deliver(root: Path, place: NamedPlace, name: str = "hh-7") -> Delivered:
    with open_desk(root) as desk:
        return deliver_release(desk, EVERYBODY, name, place)


def fail(root: Path, place: NamedPlace, code: str, name: str = "hh-7") -> FairshareError:
    """A delivery that fails with a code, says no secret, and leaves the release as it was made."""
    before = sorted(each.name for each in (root / "files" / "releases").rglob("*"))
    with pytest.raises(FairshareError) as raised:
        deliver(root, place, name)
    assert raised.value.code == code, raised.value
    said = f"{raised.value} {raised.value.where}"
    assert SECRET not in said
    assert "AKIAEXAMPLE" not in said
    assert sorted(each.name for each in (root / "files" / "releases").rglob("*")) == before
    return raised.value


def outcomes(root: Path) -> list[tuple[str, str | None]]:
    with open_desk(root) as desk:
        return [(each.outcome, each.code) for each in list_deliveries(desk, "hh-7")]


def check_opens(folder: Path, into: Path) -> None:
    """The recipient opens what was collected."""
    into.mkdir()
    opened = open_release(folder, READER_SECRET, trust=TRUSTED, into=into)
    assert (opened.folder / "study.csv").read_bytes().count(b"\n") == ROWS + 1


# An S3-compatible store.


def test_a_release_arrives_whole_in_a_store_and_opens_there(root: Path, bucket: S3, tmp_path: Path) -> None:
    done = deliver(root, bucket.place())
    assert [each.name for each in done.files][-1] == MANIFEST
    assert {each.checked for each in done.files} == {"server_sha256"}
    assert (done.outcome, done.recipient, done.by.name) == ("whole", "Mid University", "Jo Field")
    assert done.place.startswith(f"s3://{BUCKET}/from/harbour/release-")
    check_opens(bucket.fetch(tmp_path), tmp_path / "opened")
    assert outcomes(root)[-2:] == [("started", None), ("whole", None)]
    for path in root.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes()


def test_what_is_there_already_is_not_sent_again_and_what_was_changed_there_is(root: Path, bucket: S3) -> None:
    deliver(root, bucket.place())
    line = Line(bucket.port)
    deliver(root, bucket.place(line.port))
    assert line.carried < 100_000
    name = next(each for each in bucket.names() if each.endswith("0002.age"))
    held = bucket.client().get_object(Bucket=BUCKET, Key=name)["Body"].read()
    bucket.client().put_object(Bucket=BUCKET, Key=name, Body=b"x" * len(held))
    deliver(root, bucket.place())
    assert bucket.client().get_object(Bucket=BUCKET, Key=name)["Body"].read() == held
    line.close()


def test_an_upload_that_was_cut_short_goes_on_with_the_parts_that_are_missing(
    root: Path, bucket: S3, tmp_path: Path
) -> None:
    broken = Line(bucket.port, breaks_after=13 * 512 * 1024)
    fail(root, bucket.place(broken.port), "DELIVERY_BROKEN")
    assert not any(name.endswith(MANIFEST) for name in bucket.names())
    assert outcomes(root)[-1] == ("failed", "DELIVERY_BROKEN")
    whole = Line(bucket.port)
    deliver(root, bucket.place(whole.port))
    assert whole.carried < 4 * 1024 * 1024
    check_opens(bucket.fetch(tmp_path), tmp_path / "opened")
    for line in (broken, whole):
        line.close()


def test_a_store_that_is_killed_in_mid_upload_gets_the_release_when_it_is_back(root: Path, tmp_path: Path) -> None:
    port = free_port()
    with run_s3(port=port) as store:
        line = Line(port, breaks_after=7 * 1024 * 1024, when_broken=store.server.kill)
        fail(root, store.place(line.port), "DELIVERY_BROKEN")
        assert store.server.wait(timeout=10) != 0
        fail(root, store.place(), "DELIVERY_BROKEN")
    with run_s3(port=port) as store:
        deliver(root, store.place())
        check_opens(store.fetch(tmp_path), tmp_path / "opened")
    line.close()


def test_a_store_that_knows_other_credentials_or_has_no_such_bucket_says_so(root: Path, bucket: S3) -> None:
    with run_s3(denying=True) as denying:
        fail(root, denying.place(), "DELIVERY_DENIED")
    assert fail(root, bucket.place(bucket="not-there"), "DELIVERY_PLACE_MISSING").where == "bucket"


def test_a_store_without_room_says_so(root: Path) -> None:
    with run_full_store() as port:
        place = S3(port, None).place()  # type: ignore[arg-type]
        assert "QuotaExceeded" in str(fail(root, place, "DELIVERY_FAILED"))


@contextmanager
def run_full_store() -> Iterator[int]:
    """A store that answers as a full one does."""

    class Full(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.answer(200, b"<ListMultipartUploadsResult></ListMultipartUploadsResult>")

        def do_PUT(self) -> None:
            left = int(self.headers["Content-Length"])
            while left:
                left -= len(self.rfile.read(min(left, 65536)))
            self.answer(507, b"<Error><Code>QuotaExceeded</Code><Message>full</Message></Error>")

        do_POST = do_PUT  # noqa: N815 (the name that http.server looks for)

        def answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Full)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


# SFTP.


@pytest.mark.parametrize("way_in", [{}, {"password": None, "key_file": "client"}])
def test_a_release_arrives_whole_over_sftp(root: Path, sftp: Sftp, way_in: dict[str, Any], tmp_path: Path) -> None:
    with sftp.run():
        done = deliver(root, sftp.place(**way_in))
        again = deliver(root, sftp.place(**way_in))
    assert [each.name for each in done.files][-1] == MANIFEST
    assert done.files == again.files
    assert {each.checked for each in done.files} == {"read_back"}
    assert sftp.counted == sum(each.bytes for each in done.files)
    (folder,) = (sftp.root / "in").iterdir()
    check_opens(folder, tmp_path / "opened")


def test_a_server_with_another_host_key_is_told_nothing(root: Path, sftp: Sftp) -> None:
    other = " ".join((sftp.folder / "other.pub").read_text().split()[:2])
    with sftp.run():
        fail(root, sftp.place(host_key=other), "DELIVERY_HOST_KEY")
    assert not (sftp.folder / "counted.auth").exists()
    assert list((sftp.root / "in").iterdir()) == []


def test_a_server_that_is_killed_in_mid_upload_gets_only_the_rest_when_it_is_back(
    root: Path, sftp: Sftp, tmp_path: Path
) -> None:
    with sftp.run("--die-after", str(4 * 1024 * 1024)):
        fail(root, sftp.place(), "DELIVERY_BROKEN")
    (folder,) = (sftp.root / "in").iterdir()
    (draft,) = (each for each in folder.iterdir() if each.name == "0001.age.part")
    before = draft.stat().st_size
    assert before >= 4 * 1024 * 1024
    assert not (folder / MANIFEST).exists()
    with sftp.run():
        done = deliver(root, sftp.place())
    assert sftp.counted == sum(each.bytes for each in done.files) - before
    check_opens(folder, tmp_path / "opened")


def test_a_draft_that_is_no_beginning_of_the_file_is_written_anew(root: Path, sftp: Sftp, tmp_path: Path) -> None:
    with sftp.run():
        deliver(root, sftp.place())
        (folder,) = (sftp.root / "in").iterdir()
        (folder / "0001.age").unlink()
        (folder / "0001.age.part").write_bytes(b"something else" * 1000)
        deliver(root, sftp.place())
    check_opens(folder, tmp_path / "opened")


@pytest.mark.parametrize(
    ("options", "changes", "code"),
    [
        (("--largest", "3000000"), {}, "DELIVERY_FAILED"),
        (("--read-only",), {}, "DELIVERY_DENIED"),
        ((), {"password": "another"}, "DELIVERY_DENIED"),
        ((), {"password": None, "key_file": "other"}, "DELIVERY_DENIED"),
        ((), {"folder": "/nowhere"}, "DELIVERY_PLACE_MISSING"),
    ],
)
def test_what_the_server_does_not_do_is_said(
    root: Path, sftp: Sftp, options: tuple[str, ...], changes: dict[str, Any], code: str
) -> None:
    with sftp.run(*options):
        fail(root, sftp.place(**changes), code)
    assert list(sftp.root.rglob(MANIFEST)) == []


# What is not delivered at all.


def test_a_pause_and_a_recall_stop_a_delivery(root: Path, bucket: S3, tmp_path: Path) -> None:
    with open_desk(root) as desk:
        today = desk.clock.now().date()
        suspend_agreement(desk, EVERYBODY, "hh-7", today, reason="A complaint")
    fail(root, bucket.place(), "AGREEMENT_NOT_IN_FORCE")
    with open_desk(root) as desk:
        resume_agreement(desk, EVERYBODY, "hh-7", today, reason="Settled")
        with pytest.raises(NotYours):
            deliver_release(desk, HANDLER, "hh-7", bucket.place())
    fail(root, bucket.place(recipient="East University"), "DELIVERY_OTHER_RECIPIENT")
    fail(root, bucket.place(), "NOT_FOUND", "release-00000000000000000000")
    assert bucket.names() == []


def test_a_pause_in_the_middle_leaves_no_manifest_there(root: Path, bucket: S3) -> None:
    def pause(share: float) -> None:
        if share < 0.9:
            with open_desk(root) as other:
                held = [each for each in other.records.of_case("hh-7") if each.id]
                if len(held) == count:
                    suspend_agreement(other, EVERYBODY, "hh-7", other.clock.now().date(), reason="A complaint")

    with open_desk(root) as desk:
        count = len(desk.records.ids("hh-7"))
        with pytest.raises(FairshareError) as raised:
            deliver_release(desk, EVERYBODY, "hh-7", bucket.place(), on_progress=pause)
        assert raised.value.code == "AGREEMENT_NOT_IN_FORCE"
        assert not any(name.endswith(MANIFEST) for name in bucket.names())
        resume_agreement(desk, EVERYBODY, "hh-7", desk.clock.now().date(), reason="Settled")


def test_what_is_shared_or_changed_or_recalled_is_delivered_nowhere(bucket: S3, tmp_path: Path) -> None:
    sharing = start_sharing(make_desk(tmp_path / "desk"))
    share_table(sharing, tmp_path / "inputs", 50)
    fail(sharing.root, bucket.place(), "DELIVERY_NOTHING_SEALED")
    with open_desk(sharing.root) as desk:
        today = desk.clock.now().date()
    record_reader(sharing.root, "Mid University", READER, checked_by="Jo Field", how="by telephone", checked_on=today)
    with open_desk(sharing.root) as desk:
        wanted = want_table(tmp_path / "inputs", (READER,))
        released = release_case(desk, EVERYBODY, "hh-7", wanted, law_today=nothing_changed)
    path = released.folder / "0001.age"
    raw = path.read_bytes()
    path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    fail(sharing.root, bucket.place(), "RELEASE_FILES_DIFFER")
    path.write_bytes(raw)
    with open_desk(sharing.root) as desk:
        done = recall_release(desk, EVERYBODY, released.manifest.release.id, reason="Wrong year", language="cy")
    assert not done.was_shared
    assert path.exists()
    fail(sharing.root, bucket.place(), "RELEASE_RECALLED")
    assert bucket.names() == []


# From the command line.


def run(*words: object) -> Any:
    done = CliRunner().invoke(app, [*map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_places_stand_in_a_file_that_only_its_owner_reads(root: Path, bucket: S3) -> None:
    path = root / FILE
    place = bucket.place().place.model_dump(mode="json", exclude_none=True)
    path.write_text(json.dumps({"mid": place}))
    words = ("deliver", "hh-7", "--to", "mid", "--desk", root, "--as", "Jo Field")
    path.chmod(0o644)
    assert run(*words)[1]["error"]["code"] == "DELIVERY_BAD_PLACES"
    path.chmod(0o600)
    code, document = run(*words)
    assert (code, document["outcome"], document["to"]) == (0, "whole", "mid")
    assert run(*words[:3], "elsewhere", *words[4:])[1]["error"]["code"] == "DELIVERY_PLACE_MISSING"
    path.write_text(json.dumps({"mid": place | {"secret_key": [SECRET], "endpoint": "http://store.example"}}))
    error = run(*words)[1]["error"]
    assert error["code"] == "DELIVERY_BAD_PLACES"
    assert SECRET not in json.dumps(error)
    path.unlink()


def test_a_release_form_says_what_becomes_of_it(root: Path, bucket: S3) -> None:
    form = ReleaseForm(kind=ReleaseKind.TABLE, items=("i1",), channel="store", deliver_to="mid")
    shared = form.model_copy(update={"handed_over": "delta_sharing", "deliver_to": None})
    both = form.model_copy(update={"handed_over": "delta_sharing"})
    for refused, readers in ((form, ()), (shared, (READER,)), (both, ())):
        with pytest.raises(FairshareError):
            check_way(refused, readers, root)
    check_way(shared, (), root)
    path = root / FILE
    path.write_text(json.dumps({"mid": bucket.place().place.model_dump(mode="json", exclude_none=True)}))
    path.chmod(0o600)
    check_way(form, (), root)
    page = Page({"release": "r"}, lambda screen: None)
    with open_desk(root) as desk:
        wanted = Wanted(kind=form.kind, items=form.items, contents=Told("", {}), channel="x")
        assert choose_way(desk, form, wanted, root) is wanted
        assert choose_way(desk, shared, wanted, root).readers == find_store(desk)
        made = list_released(desk, read_case(desk, "hh-7"))[-1]
        assert deliver_made(desk, EVERYBODY, shared, root, made.id) is None
        done = add_delivery(page, deliver_made(desk, EVERYBODY, form, root, made.id))
        path.write_text(path.read_text().replace(BUCKET, "not-there"))
        failed = add_delivery(page, deliver_made(desk, EVERYBODY, form, root, made.id))
    assert (done.document["delivery"]["outcome"], done.exit_code) == ("whole", 0)
    assert (failed.document["delivery"]["error"]["code"], failed.exit_code) == ("DELIVERY_PLACE_MISSING", 3)
    assert failed.document["release"] == "r"
    path.unlink()
