"""A share is read by the public client over TLS, and is cut off the moment it may not be read any more."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from fairshare.desk.entries import Accessed
from fairshare.desk.look_after_agreement import resume_agreement, suspend_agreement
from fairshare.desk.recall_release import recall_release
from fairshare.desk.serve_shares import list_accesses
from fairshare.desk.share_release import STORE_KEY, end_token, give_token, list_tokens
from fairshare.desk.who import NotYours
from fairshare.desk.workspace import open_desk
from fairshare.release.flow import Released
from tests.release.delivery.made import (
    EVERYBODY,
    HANDLER,
    Sharing,
    make_desk,
    share_table,
    start_sharing,
)
from tests.release.delivery.servers import Certificates, Endpoint, make_certificates, run_endpoint, write_profile
from tests.release.flow.stories import MARKER

ROWS = 400


@dataclass(frozen=True)
class Reader:
    """A recipient with its profile."""

    sharing: Sharing
    profile: Path
    token: str
    id: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk that shares with two universities, a release each."""
    folder = tmp_path_factory.mktemp("desk")
    desk = make_desk(folder / "desk")
    for case, recipient in (("hh-7", "Mid University"), ("hh-8", "East University")):
        share_table(start_sharing(desk, case, recipient), folder / "inputs", ROWS)
    return desk


@pytest.fixture(scope="module")
def endpoint(root: Path, certificates: Certificates) -> Iterator[Endpoint]:
    with run_endpoint(root, certificates) as running:
        yield running


def give(root: Path, case: str, url: str, folder: Path) -> Reader:
    """A new profile for the recipient of a case."""
    with open_desk(root) as desk:
        made = give_token(desk, EVERYBODY, case, endpoint=url, days=3)
    profile = write_profile(folder / f"{made.token}.share", made.profile)
    return Reader(Sharing(root, case, made.recipient), profile, str(made.profile["bearerToken"]), made.token)


@pytest.fixture
def mid(root: Path, endpoint: Endpoint, tmp_path: Path) -> Reader:
    return give(root, "hh-7", endpoint.url, tmp_path)


def call(endpoint: Endpoint, path: str, method: str = "GET", **more: Any) -> requests.Response:
    """One request, by the test itself."""
    with requests.Session() as session:
        session.trust_env = False
        url = path if path.startswith("https://") else endpoint.url + path
        return session.request(method, url, verify=str(endpoint.certificates.ca), timeout=30, **more)


def find_table(endpoint: Endpoint, reader: Reader, at: int = -1) -> str:
    """The path of a table that a reader sees: by default the newest."""
    found = call(endpoint, f"/delta-sharing/shares/{reader.sharing.case}/all-tables", headers=reader.headers)
    item = found.json()["items"][at]
    return f"/delta-sharing/shares/{item['share']}/schemas/{item['schema']}/tables/{item['name']}"


def find_file(endpoint: Endpoint, reader: Reader, at: int = -1) -> dict[str, Any]:
    """The file of a table, with its address."""
    lines = call(endpoint, find_table(endpoint, reader, at) + "/query", "POST", headers=reader.headers, json={})
    found: dict[str, Any] = json.loads(lines.text.splitlines()[2])["file"]
    return found


def accesses(root: Path, token: str) -> list[Accessed]:
    with open_desk(root) as desk:
        return [each for each in list_accesses(desk) if each.token == token]


def today(root: Path) -> Any:
    with open_desk(root) as desk:
        return desk.clock.now().date()


def test_the_public_client_lists_and_loads_what_was_released(endpoint: Endpoint, mid: Reader) -> None:
    done = endpoint.read(mid.profile)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["walked"] == [found["name"]]
    assert found["name"].startswith("hh-7.release_")
    assert found["whole"][:2] == [ROWS, ["person", "born"]]
    assert found["batches"] == found["hinted"] == found["whole"]
    assert (found["limited"][0], found["none"]) == (7, [0, ["person", "born"], None])
    assert [(each["name"], each["type"]) for each in found["schema"]["fields"]] == [
        ("person", "string"),
        ("born", "integer"),
    ]
    assert found["version"] == 0
    assert "400 Client Error" in found["delta"]


def test_every_reading_is_in_the_desks_log_and_none_says_a_token(root: Path, endpoint: Endpoint, mid: Reader) -> None:
    file = find_file(endpoint, mid)
    got = call(endpoint, file["url"], headers={"Range": "bytes=4-99"})
    assert (got.status_code, len(got.content)) == (206, 96)
    wait_for_end(root, mid.id)
    found = accesses(root, mid.id)
    assert [each.act for each in found] == ["listed", "queried", "read", "read_ended"]
    assert (found[2].first, found[2].last, found[2].release) == (4, 99, found[1].release)
    assert (found[3].bytes, found[3].ended, found[3].recipient) == (96, "whole", "Mid University")
    with open_desk(root) as desk:
        checkpoint = desk.log.sequence()
        from fairshare.desk.entries import commit_to

        for each in found:
            assert desk.log.prove_inclusion(commit_to(each)).holds(commit_to(each), checkpoint)
    secret = mid.token.rpartition("_")[2]
    address = file["url"].rpartition("/")[2]
    for path in root.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path
            assert address.encode() not in path.read_bytes(), path


def test_what_is_shared_lies_on_the_disk_sealed(root: Path, endpoint: Endpoint, mid: Reader) -> None:
    plain = call(endpoint, find_file(endpoint, mid)["url"]).content
    pieces = [plain[at : at + 48] for at in range(len(plain) // 10, len(plain) * 3 // 4, len(plain) // 10)]
    for path in root.rglob("*"):
        if path.is_file():
            raw = path.read_bytes()
            assert not any(piece in raw for piece in pieces), path
    assert (root / "files" / STORE_KEY).stat().st_mode & 0o077 == 0
    for folder in (root / "files" / "releases").rglob("release-*"):
        assert folder.stat().st_mode & 0o077 == 0


def test_two_recipients_cannot_see_each_others_shares(
    root: Path, endpoint: Endpoint, mid: Reader, tmp_path: Path
) -> None:
    east = give(root, "hh-8", endpoint.url, tmp_path)
    theirs = find_table(endpoint, east)
    assert call(endpoint, theirs + "/metadata", headers=east.headers).status_code == 200
    for path in (theirs, theirs + "/metadata", theirs + "/version", "/delta-sharing/shares/hh-8/all-tables"):
        assert call(endpoint, path, headers=mid.headers).status_code == 404
    assert call(endpoint, theirs + "/query", "POST", headers=mid.headers, json={}).status_code == 404
    shares = call(endpoint, "/delta-sharing/shares", headers=mid.headers).json()["items"]
    assert [each["name"] for each in shares] == ["hh-7"]


@pytest.mark.parametrize(
    "change",
    [
        lambda token: "",
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: token + "A",
        lambda token: "fst_" + "0" * 16 + token[20:],
        lambda token: token.upper(),
    ],
)
def test_a_token_that_was_changed_opens_nothing(endpoint: Endpoint, mid: Reader, change: Any) -> None:
    headers = {"Authorization": f"Bearer {change(mid.token)}"}
    got = call(endpoint, "/delta-sharing/shares", headers=headers)
    assert (got.status_code, got.json()["errorCode"]) == (401, "UNAUTHENTICATED")


def test_a_token_in_the_address_is_no_token(endpoint: Endpoint, mid: Reader) -> None:
    assert call(endpoint, f"/delta-sharing/shares?token={mid.token}").status_code == 401


def test_a_new_profile_ends_the_older_one_and_a_revoked_token_ends_its_addresses(
    root: Path, endpoint: Endpoint, mid: Reader, tmp_path: Path
) -> None:
    address = find_file(endpoint, mid)["url"]
    newer = give(root, "hh-7", endpoint.url, tmp_path)
    assert call(endpoint, "/delta-sharing/shares", headers=mid.headers).status_code == 401
    assert call(endpoint, address).status_code == 403
    address = find_file(endpoint, newer)["url"]
    with open_desk(root) as desk:
        with pytest.raises(NotYours):
            end_token(desk, HANDLER, "hh-7", newer.id, reason="lost")
        end_token(desk, EVERYBODY, "hh-7", newer.id, reason="lost")
        assert list_tokens(desk, "hh-7")[-1].works(desk.clock.now()) is False
    assert call(endpoint, "/delta-sharing/shares", headers=newer.headers).status_code == 401
    assert call(endpoint, address).status_code == 403


def test_a_paused_agreement_stops_everything_and_a_resumed_one_lets_it_go_on(
    root: Path, endpoint: Endpoint, mid: Reader
) -> None:
    table, address = find_table(endpoint, mid), find_file(endpoint, mid)["url"]
    with open_desk(root) as desk:
        suspend_agreement(desk, EVERYBODY, "hh-7", today(root), reason="A complaint")
    for path in ("/delta-sharing/shares", table + "/metadata"):
        assert call(endpoint, path, headers=mid.headers).status_code == 403
    assert call(endpoint, table + "/query", "POST", headers=mid.headers, json={}).status_code == 403
    assert call(endpoint, address).status_code == 403
    assert call(endpoint, address, "HEAD").status_code == 403
    assert accesses(root, mid.id)[-1].act == "refused"
    with open_desk(root) as desk:
        resume_agreement(desk, EVERYBODY, "hh-7", today(root), reason="Settled")
    assert call(endpoint, table + "/metadata", headers=mid.headers).status_code == 200


def test_a_file_is_read_by_ranges_and_asked_for_by_head(endpoint: Endpoint, mid: Reader) -> None:
    file = find_file(endpoint, mid)
    whole = call(endpoint, file["url"])
    assert (len(whole.content), whole.content[:4], whole.content[-4:]) == (file["size"], b"PAR1", b"PAR1")
    head = call(endpoint, file["url"], "HEAD")
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(file["size"]), b"")
    for asked, first, last in (("bytes=0-0", 0, 0), ("bytes=100-199", 100, 199), ("bytes=-8", file["size"] - 8, None)):
        got = call(endpoint, file["url"], headers={"Range": asked})
        last = file["size"] - 1 if last is None else last
        assert (got.status_code, got.content) == (206, whole.content[first : last + 1])
        assert got.headers["Content-Range"] == f"bytes {first}-{last}/{file['size']}"
    assert call(endpoint, file["url"], headers={"Range": f"bytes={file['size']}-"}).status_code == 416
    for ignored in ("bytes=0-1,4-5", "bytes=5-1", "lines=1-2", "bytes=-"):
        assert call(endpoint, file["url"], headers={"Range": ignored}).content == whole.content


def test_a_tampered_address_leads_nowhere(endpoint: Endpoint, mid: Reader) -> None:
    address = find_file(endpoint, mid)["url"]
    changed = address[:-1] + ("A" if address[-1] != "A" else "B")
    for url in (changed, address + "A", address[:-5], address.replace("/files/", "/files/..%2f"), address + "/x"):
        assert call(endpoint, url).status_code == 404
    assert call(endpoint, address, "PUT").status_code == 405


def test_a_recalled_release_is_gone_at_once_and_the_recipient_is_written_to(
    root: Path, endpoint: Endpoint, mid: Reader, tmp_path: Path
) -> None:
    released = share_table(mid.sharing, tmp_path / "inputs", 50, name="again")
    address = find_file(endpoint, mid)["url"]
    assert call(endpoint, address).status_code == 200
    with open_desk(root) as desk:
        with pytest.raises(NotYours):
            recall_release(desk, HANDLER, released.folder.name, reason="Wrong year")
        done = recall_release(desk, EVERYBODY, released.folder.name, reason="Wrong year")
    assert (call(endpoint, address).status_code, released.folder.exists()) == (403, False)
    assert "again" not in find_table(endpoint, mid)
    assert released.manifest.release.id in done.letter
    assert "Wrong year" in done.letter
    assert MARKER not in done.letter


# In mid-read.

BIG_ROWS = 400_000


@pytest.fixture(scope="module")
def big(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """A table that is far larger than what sockets hold."""
    return share_table(Sharing(root, "hh-7", "Mid University"), tmp_path_factory.mktemp("big"), BIG_ROWS, name="big")


def read_slowly(endpoint: Endpoint, address: str, stop: Any) -> tuple[int, int]:
    """Reads a file slowly over a raw TLS connection; after its first part, does what is to stop it.

    Returns  how many bytes of the file came in all, and how many were announced.
    """
    context = ssl.create_default_context(cafile=str(endpoint.certificates.ca))
    with socket.create_connection(("127.0.0.1", endpoint.port)) as plain:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        with context.wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=True) as caller:
            path = address.removeprefix(endpoint.url)
            caller.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            got = b""
            while b"\r\n\r\n" not in got:
                got += caller.recv(16 * 1024)
            head, _, body = got.partition(b"\r\n\r\n")
            assert b" 200 " in head.splitlines()[0]
            announced = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            count = len(body)
            stop()
            while chunk := caller.recv(256 * 1024):
                count += len(chunk)
            return count, announced


def pause(root: Path) -> None:
    """Pauses the agreement from another process."""
    subprocess.run(
        [
            sys.executable, "-m", "fairshare.cli", "agree", "suspend", "hh-7", "--reason", "A complaint",
            "--desk", root, "--as", "Jo Field",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip


def wait_for_end(root: Path, token: str) -> Accessed:
    """The newest end of a read; the server writes it a moment after the connection is gone."""
    for _ in range(100):
        found = [each for each in accesses(root, token) if each.act == "read_ended"]
        if found:
            return found[-1]
        time.sleep(0.1)
    raise AssertionError("no end was written down")


def test_a_reader_who_goes_away_is_written_down_as_that(
    root: Path, endpoint: Endpoint, mid: Reader, big: Released
) -> None:
    with requests.Session() as session:
        session.trust_env = False
        address = find_file(endpoint, mid)["url"]
        with session.get(address, verify=str(endpoint.certificates.ca), stream=True, timeout=30) as got:
            assert got.raw.read(1000)
    ended = wait_for_end(root, mid.id)
    assert ended.ended == "left"
    assert ended.bytes is not None
    assert ended.bytes < int(got.headers["Content-Length"])


def test_the_public_client_is_cut_off_in_mid_read(root: Path, endpoint: Endpoint, mid: Reader, big: Released) -> None:
    name = ".".join(find_table(endpoint, mid).split("/")[3::2])
    client = endpoint.start_reading(mid.profile, name)
    assert client.stdout is not None
    assert client.stdin is not None
    try:
        assert client.stdout.readline() == '"began"\n'
        pause(root)
        _, errors = client.communicate("go on\n", timeout=60)
    finally:
        client.kill()
        with open_desk(root) as desk:
            resume_agreement(desk, EVERYBODY, "hh-7", today(root), reason="Settled")
    assert client.returncode != 0
    assert "403" in errors or "ClientPayloadError" in errors or "Forbidden" in errors, errors[-2000:]
    acts = [(each.act, each.ended) for each in accesses(root, mid.id)]
    assert ("refused", None) in acts or ("read_ended", "stopped") in acts


@pytest.mark.parametrize("how", ["paused", "revoked", "recalled"])
def test_a_reader_is_cut_off_in_mid_read(root: Path, endpoint: Endpoint, mid: Reader, big: Released, how: str) -> None:
    address = find_file(endpoint, mid)["url"]

    def stop() -> None:
        if how == "paused":
            pause(root)
            return
        with open_desk(root) as desk:
            if how == "revoked":
                end_token(desk, EVERYBODY, "hh-7", mid.id, reason="lost")
            else:
                recall_release(desk, EVERYBODY, big.folder.name, reason="Wrong year")

    try:
        came, announced = read_slowly(endpoint, address, stop)
    finally:
        if how == "paused":
            with open_desk(root) as desk:
                resume_agreement(desk, EVERYBODY, "hh-7", today(root), reason="Settled")
    assert announced > 12_000_000
    assert came < announced * 0.6
    ended = wait_for_end(root, mid.id)
    assert (ended.ended, ended.last) == ("stopped", announced - 1)
    assert ended.bytes is not None
    assert came <= ended.bytes < announced
