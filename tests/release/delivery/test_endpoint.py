"""The endpoint answers anything with a proper status, and tells nothing to whoever may not see it."""

from __future__ import annotations

import io
import json
import random
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from fairshare.cli.app import app as commands
from fairshare.desk.serve_shares import DeskGate
from fairshare.desk.share_release import find_store, give_token
from fairshare.desk.workspace import open_desk
from fairshare.release.deliveries.places import read_places
from fairshare.release.deliveries.refusals import BadPlaces
from fairshare.release.sharing.app import ShareApp
from fairshare.release.sharing.asked import Query, Turned, read_asked, read_query, read_range
from fairshare.release.sharing.blocks import BLOCK, open_shared, seal_in_blocks
from fairshare.release.sharing.columns import name_type
from fairshare.release.sharing.guesses import ALLOWED, WINDOW
from fairshare.release.sharing.refusals import CannotServe, ColumnNotShareable, NotShareable, ShareDamaged
from fairshare.release.sharing.serving import Listening, check_endpoint, check_listening, serve_app
from fairshare.words import FairshareError
from tests.release.delivery.made import EVERYBODY, Sharing, make_desk, share_table, start_sharing
from tests.release.delivery.servers import make_certificates, run_endpoint
from tests.release.flow.stories import READER, READER_SECRET

PROPER = {200, 206, 400, 401, 403, 404, 405, 413, 414, 416, 429, 431}


@dataclass
class MovedClock:
    """A clock that the test moves."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))

    def now(self) -> datetime:
        return self.time


@dataclass
class Asker:
    """Asks the application as a server would, without one."""

    app: ShareApp
    clock: MovedClock
    token: str
    place: str = "192.0.2.1:4000"

    def ask(self, path: str, method: str = "GET", *, token: str | None = None, **environ: Any) -> tuple[int, bytes]:
        """The status and the body of an answer."""
        given = {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": self.place, "wsgi.input": io.BytesIO()}
        if token is not None:
            given["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        said: list[int] = []

        def start(status: str, headers: list[tuple[str, str]]) -> None:
            said.append(int(status.split()[0]))
            assert all("\n" not in value and "\r" not in value for _, value in headers)

        body: Iterable[bytes] = self.app(given | environ, start)
        found = b"".join(body)
        if hasattr(body, "close"):
            body.close()
        return said[0], found

    def post(self, path: str, body: bytes, token: str | None = None) -> tuple[int, bytes]:
        """Sends a body."""
        return self.ask(path, "POST", token=token or self.token, **{"wsgi.input": io.BytesIO(body)})


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    sharing = start_sharing(make_desk(folder / "desk"))
    for name in ("study", "The Second, Study"):
        share_table(sharing, folder / "inputs", 60, name)
    return sharing.root


def make_asker(root: Path, days: int = 3) -> Asker:
    """A recipient with a new token, over a desk whose clock the test moves."""
    clock, count = MovedClock(), iter(range(10_000))
    with open_desk(root) as desk:
        made = give_token(desk, EVERYBODY, "hh-7", endpoint="https://share.example", days=days)
    app = ShareApp(DeskGate(root, clock), "https://share.example", lambda: f"address-{next(count)}")
    return Asker(app, clock, str(made.profile["bearerToken"]))


@pytest.fixture(scope="module")
def asker(root: Path) -> Asker:
    return make_asker(root)


def find_tables(asker: Asker) -> list[str]:
    """The paths of the tables that a token sees."""
    found = json.loads(asker.ask("/delta-sharing/shares/hh-7/all-tables", token=asker.token)[1])["items"]
    return [f"/delta-sharing/shares/{t['share']}/schemas/{t['schema']}/tables/{t['name']}" for t in found]


kinds = st.sampled_from(["kind", "s3", "sftp", "host"])
names = st.sampled_from(["HTTP_AUTHORIZATION", "HTTP_RANGE", "HTTP_DELTA_SHARING_CAPABILITIES"])
texts = st.text(st.characters(max_codepoint=255), max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", ""]) | texts,
    path=st.one_of(
        texts,
        texts.map(lambda rest: f"/delta-sharing/{rest}"),
        texts.map(lambda rest: f"/files/{rest}"),
        st.lists(st.sampled_from(["shares", "hh-7", "schemas", "tables", "all-tables", "query", "..", "", "%2e"]))
        .map(lambda parts: "/delta-sharing/" + "/".join(parts)),
    ),
    query=texts | st.sampled_from(["maxResults=1", "maxResults=-1", "pageToken=x", "pageToken=99", "maxResults=0"]),
    headers=st.dictionaries(names, texts),
    body=st.binary(max_size=100),
    good=st.booleans(),
)  # fmt: skip
def test_any_request_gets_a_proper_status(
    asker: Asker, method: str, path: str, query: str, headers: dict[str, str], body: bytes, good: bool
) -> None:
    asker.clock.time += WINDOW
    environ = {"QUERY_STRING": query, "wsgi.input": io.BytesIO(body), **headers}
    status, said = asker.ask(path, method, token=asker.token if good else None, **environ)
    assert status in PROPER
    if status >= 400 and method != "HEAD":
        assert set(json.loads(said)) == {"errorCode", "message"}


hints = st.sampled_from(["limitHint", "predicateHints", "version", "timestamp"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9) | hints | kinds, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(body=st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
def test_any_body_of_a_query_is_read_or_turned_away(body: bytes) -> None:
    asked = read_asked({"REQUEST_METHOD": "POST", "PATH_INFO": "/x", "wsgi.input": io.BytesIO(body)})
    try:
        found: Query | Turned = read_query(asked)
    except Turned as turned:
        found = turned
    assert isinstance(found, Query) or found.status == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"{}", 200),
        (b'{"limitHint": 5, "predicateHints": ["born = 1950"], "jsonPredicateHints": "{}", "more": 1}', 200),
        (b'{"version": 0}', 200),
        (b'{"timestamp": "2999-01-01T00:00:00Z"}', 200),
        (b'{"version": 1}', 400),
        (b'{"timestamp": "1999-01-01T00:00:00Z"}', 400),
        (b'{"timestamp": "yesterday"}', 400),
        (b'{"startingVersion": 0}', 400),
        (b'{"limitHint": -1}', 400),
        (b'{"limitHint": true}', 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b" " * (1024 * 1024 + 1), 413),
    ],
)
def test_a_query_says_which_version_and_its_hints_are_taken(asker: Asker, body: bytes, status: int) -> None:
    assert asker.post(find_tables(asker)[0] + "/query", body)[0] == status


def test_lists_come_in_pages(asker: Asker) -> None:
    path, names, page = "/delta-sharing/shares/hh-7/all-tables", [], ""
    while True:
        query = f"maxResults=1&pageToken={page}"
        found = json.loads(asker.ask(path, token=asker.token, QUERY_STRING=query)[1])
        names += [each["name"] for each in found["items"]]
        page = found.get("nextPageToken", "")
        if not page:
            break
    assert names == ["study", "the_second__study"]
    for query in ("maxResults=x", "pageToken=-1", "pageToken=%00"):
        assert asker.ask(path, token=asker.token, QUERY_STRING=query)[0] == 400


@pytest.mark.parametrize(
    ("formats", "status"),
    [("", 200), ("responseformat=parquet", 200), ("responseformat=delta,parquet;readerfeatures=x", 200),
     ("responseformat=delta", 400), ("responseFormat=Delta", 400)],
)  # fmt: skip
def test_the_delta_response_format_is_refused(asker: Asker, formats: str, status: int) -> None:
    path = find_tables(asker)[0] + "/metadata"
    assert asker.ask(path, token=asker.token, HTTP_DELTA_SHARING_CAPABILITIES=formats)[0] == status
    assert asker.ask(find_tables(asker)[0] + "/changes", token=asker.token)[0] == 400


def test_a_token_stops_when_it_expires_and_so_does_what_it_reads(root: Path) -> None:
    asker = make_asker(root, days=1)
    gate = DeskGate(root, asker.clock)
    reader = gate.find_reader(asker.token)
    assert reader is not None
    tables = gate.find_tables(reader)
    assert tables is not None
    watch = gate.watch(reader, tables[0])
    assert watch.may_go_on()
    asker.clock.time += timedelta(days=1)
    assert not watch.may_go_on()
    watch.close()
    assert gate.find_tables(reader) is None
    assert asker.ask("/delta-sharing/shares", token=asker.token)[0] == 401


def test_an_address_stops_after_half_an_hour(root: Path) -> None:
    asker = make_asker(root)
    address = json.loads(asker.post(find_tables(asker)[0] + "/query", b"")[1].splitlines()[2])["file"]
    path = address["url"].removeprefix("https://share.example")
    assert asker.ask(path)[1][:4] == b"PAR1"
    assert address["expirationTimestamp"] == int((asker.clock.time + timedelta(minutes=30)).timestamp() * 1000)
    asker.clock.time += timedelta(minutes=30)
    assert asker.ask(path)[0] == 404


def test_guesses_must_wait_and_good_tokens_from_the_same_place_need_not(root: Path) -> None:
    asker = make_asker(root)
    for _ in range(ALLOWED):
        assert asker.ask("/delta-sharing/shares", token="fst_wrong")[0] == 401
    assert asker.ask("/delta-sharing/shares", token="fst_wrong")[0] == 429
    assert asker.ask("/files/guessed")[0] == 429
    # Behind a proxy everybody comes from one place.
    assert asker.ask("/delta-sharing/shares", token=asker.token)[0] == 200
    address = json.loads(asker.post(find_tables(asker)[0] + "/query", b"")[1].splitlines()[2])["file"]
    assert asker.ask(address["url"].removeprefix("https://share.example"))[1][:4] == b"PAR1"
    asker.place = "192.0.2.2:4000"
    assert asker.ask("/delta-sharing/shares", token="fst_wrong")[0] == 401
    asker.place = "192.0.2.1:4001"
    asker.clock.time += WINDOW
    assert asker.ask("/delta-sharing/shares", token="fst_wrong")[0] == 401


def test_bytes_that_are_no_request_do_not_stop_the_endpoint(root: Path, tmp_path: Path) -> None:
    certificates, chance = make_certificates(tmp_path), random.Random(5)
    starts = [
        b"",
        b"GET /delta-sharing/shares HTTP/1.1\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"GET /../../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=" + b"9" * 400 + b"-\r\n\r\n",
    ]
    context = ssl.create_default_context(cafile=str(certificates.ca))
    with run_endpoint(root, certificates) as endpoint:
        for number in range(40):
            with socket.create_connection(("127.0.0.1", endpoint.port), timeout=10) as plain:
                rest = chance.randbytes(chance.randrange(300))
                if number % 4 == 0:
                    plain.sendall(rest)
                    continue
                with context.wrap_socket(plain, server_hostname="127.0.0.1") as caller:
                    caller.sendall(starts[number % len(starts)] + rest)
                    caller.settimeout(0.3)
                    try:
                        assert b" 500 " not in caller.recv(4096)
                    except (TimeoutError, OSError):
                        pass
        with context.wrap_socket(
            socket.create_connection(("127.0.0.1", endpoint.port)), server_hostname="127.0.0.1"
        ) as caller:
            caller.sendall(b"GET /delta-sharing/shares HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert b" 401 " in caller.recv(4096)


@pytest.mark.parametrize("asked", ["bytes=0-9", "bytes=5-", "bytes=-5", "bytes=9-3", "bytes=-0", "bytes=99-", "x", ""])
def test_a_range_is_one_of_the_file_or_all_of_it_or_refused(asked: str) -> None:
    try:
        found: Any = read_range(asked, 10)
    except Turned as turned:
        found = turned
    if isinstance(found, Turned):
        assert (found.status, asked) in ((416, "bytes=-0"), (416, "bytes=99-"))
    else:
        assert found is None or 0 <= found[0] <= found[1] <= 9


# The share store.


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chance=st.randoms(use_true_random=False))
def test_any_range_of_a_sealed_file_is_what_went_in(
    tmp_path_factory: pytest.TempPathFactory, chance: random.Random
) -> None:
    folder, plain = tmp_path_factory.mktemp("store"), make_parquet(chance.choice([1, 40_000, 300_000]))
    sent = seal_in_blocks(io.BytesIO(plain), folder / "0001.age", (READER,), name="t.parquet", media_type="x")
    file = open_shared(folder, 1, sent, READER_SECRET)
    for _ in range(20):
        first = chance.choice([0, BLOCK - 1, BLOCK, len(plain) - 1, chance.randrange(len(plain))]) % len(plain)
        last = min(len(plain) - 1, first + chance.choice([0, 1, BLOCK, 3 * BLOCK]))
        assert b"".join(file.read(first, last)) == plain[first : last + 1]
    file.close()


def make_parquet(rows: int) -> bytes:
    """A Parquet file of so many rows."""
    import pyarrow
    import pyarrow.parquet

    sink = io.BytesIO()
    pyarrow.parquet.write_table(
        pyarrow.table({"n": pyarrow.array(range(rows), pyarrow.int64())}), sink, compression="none"
    )
    return sink.getvalue()


@pytest.mark.parametrize("change", ["flipped", "swapped", "cut", "index"])
def test_a_share_store_that_was_changed_is_not_served(tmp_path: Path, change: str) -> None:
    plain = make_parquet(300_000)
    sent = seal_in_blocks(io.BytesIO(plain), tmp_path / "0001.age", (READER,), name="t.parquet", media_type="x")
    path = tmp_path / ("0001.index" if change == "index" else "0001.blocks")
    raw = path.read_bytes()
    if change == "swapped":
        path.write_bytes(raw[1_100_000:] + raw[:1_100_000])
    else:
        path.write_bytes(raw[:-1] if change == "cut" else raw[:-9] + bytes([raw[-9] ^ 1]) + raw[-8:])
    with pytest.raises(ShareDamaged):
        b"".join(open_shared(tmp_path, 1, sent, READER_SECRET).read(0, len(plain) - 1))


def test_only_parquet_with_columns_that_the_protocol_names_is_shared(tmp_path: Path) -> None:
    with pytest.raises(NotShareable):
        seal_in_blocks(io.BytesIO(b"id,name\n1,x\n"), tmp_path / "0001.age", (READER,), name="t", media_type="x")
    for kind in ("HUGEINT", "INTERVAL", "STRUCT(a INTEGER)", ""):
        with pytest.raises(ColumnNotShareable):
            name_type(kind, "c")


# How it is started.


@pytest.mark.parametrize(
    ("host", "without_tls", "certificate"),
    [("0.0.0.0", True, False), ("share.example", True, False), ("127.0.0.1", False, False), ("127.0.0.1", True, True)],  # noqa: S104
)
def test_without_tls_it_listens_on_this_machine_alone(
    tmp_path: Path, host: str, without_tls: bool, certificate: bool
) -> None:
    files = make_certificates(tmp_path)
    cert, key = (files.cert, files.key) if certificate else (None, None)
    with pytest.raises(CannotServe):
        check_listening(host, 8443, cert, key, without_tls=without_tls)
    check_listening("127.0.0.1", 8443, None, None, without_tls=True)
    check_listening("0.0.0.0", 8443, files.cert, files.key, without_tls=False)  # noqa: S104
    files.key.chmod(0o644)
    with pytest.raises(CannotServe):
        check_listening("0.0.0.0", 8443, files.cert, files.key, without_tls=False)  # noqa: S104
    for endpoint in ("ftp://x", "https://", "https://a b", "https://x/?token=1"):
        with pytest.raises(CannotServe):
            check_endpoint(endpoint)


def test_an_address_that_is_taken_and_a_certificate_of_another_key_are_said(tmp_path: Path) -> None:
    files = make_certificates(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        for cert, said in ((files.cert, "it cannot listen there"), (files.ca, "not a pair")):
            with pytest.raises(CannotServe, match=said):
                serve_app("fairshare.cli.share_app:make_app", Listening("127.0.0.1", port, cert, files.key))


@settings(max_examples=200, deadline=None)
@given(values)
def test_any_file_of_places_is_read_or_refused(found: Any) -> None:
    try:
        read_places(found, where="places")
    except BadPlaces:
        pass


def run(*words: object) -> Any:
    done = CliRunner().invoke(commands, [*map(str, words), "--json"])
    return done.exit_code, json.loads(done.stdout)


def test_profiles_tokens_recalls_and_the_log_have_commands(tmp_path: Path) -> None:
    sharing = start_sharing(make_desk(tmp_path / "desk"))
    released = share_table(sharing, tmp_path / "inputs", 60)
    at = ("--desk", sharing.root, "--as", "Jo Field")
    out = tmp_path / "mid.share"
    code, made = run("share", "profile", "hh-7", "--out", out, "--endpoint", "https://share.example:8443", *at)
    assert (code, made["recipient"]) == (0, "Mid University")
    profile = json.loads(out.read_text())
    assert profile["endpoint"] == "https://share.example:8443/delta-sharing/"
    assert out.stat().st_mode & 0o077 == 0
    assert profile["bearerToken"] not in json.dumps(made)
    again = ("share", "profile", "hh-7", "--out", out, "--endpoint", "https://share.example:8443", *at)
    assert run(*again)[1]["error"]["code"] == "FILE_EXISTS"
    other = ("share", "profile", "hh-7", "--out", tmp_path / "x", *at)
    for days in (0, 367):
        assert run(*other, "--endpoint", "https://x", "--days", days)[1]["error"]["code"] == "SHARE_BAD_TOKEN"
    assert run(*other, "--endpoint", "http://share.example")[1]["error"]["code"] == "SHARE_BAD_TOKEN"
    assert [each["works"] for each in run("share", "tokens", "hh-7", *at)[1]["tokens"]] == [True]
    gate = DeskGate(sharing.root)
    app = ShareApp(gate, "https://share.example", lambda: "address")
    asker = Asker(app, MovedClock(), profile["bearerToken"])
    assert len(find_tables(asker)) == 1
    assert [each["act"] for each in run("share", "log", "hh-7", *at)[1]["accesses"]] == ["listed"]
    page = tmp_path / "sheet.html"
    assert run("share", "sheet", "hh-7", "--out", page, *at)[0] == 0
    assert "TLS and the token protect it in place of file encryption" in page.read_text()
    recall = ("release", "recall", released.folder.name, *at)
    code, recalled = run(*recall, "--reason", "Wrong year", "--notice", tmp_path / "n")
    assert (code, recalled["was_shared"]) == (0, True)
    assert (tmp_path / "n").exists()
    assert find_tables(asker) == []
    assert run(*recall, "--reason", "Again")[1]["error"]["code"] == "BAD_INPUT"
    revoke = ("share", "revoke", "hh-7", made["token"], "--reason", "Done", *at)
    assert run(*revoke)[0] == 0
    assert run(*revoke)[1]["error"]["code"] == "SHARE_BAD_TOKEN"
    assert asker.ask("/delta-sharing/shares", token=asker.token)[0] == 401


def test_the_share_stores_key_is_made_once_and_must_be_private(tmp_path: Path) -> None:
    sharing = start_sharing(make_desk(tmp_path / "desk"))
    with open_desk(sharing.root) as desk:
        assert find_store(desk) == find_store(desk)
        desk.files.path("sharing/store.key.json").chmod(0o644)
        with pytest.raises(FairshareError):
            find_store(desk)


def test_a_release_is_not_shared_without_an_agreement_in_force(tmp_path: Path) -> None:
    sharing = Sharing(make_desk(tmp_path / "desk"), "hh-7", "Mid University")
    start_sharing(sharing.root)
    from fairshare.desk.look_after_agreement import suspend_agreement

    with open_desk(sharing.root) as desk:
        suspend_agreement(desk, EVERYBODY, "hh-7", desk.clock.now().date(), reason="A complaint")
    with pytest.raises(FairshareError) as raised:
        share_table(sharing, tmp_path / "inputs", 60)
    assert raised.value.code == "AGREEMENT_NOT_IN_FORCE"
    with open_desk(sharing.root) as desk, pytest.raises(FairshareError) as raised:
        give_token(desk, EVERYBODY, "hh-7", endpoint="https://share.example", days=1)
    assert raised.value.code == "AGREEMENT_NOT_IN_FORCE"
