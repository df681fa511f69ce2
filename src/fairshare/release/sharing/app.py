"""The endpoint as a WSGI application: no answer is given and no byte of a file goes unless the gate allows it now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fairshare.release.sharing import protocol
from fairshare.release.sharing.addresses import Addresses, Granted
from fairshare.release.sharing.asked import Asked, Turned, read_asked, read_query, read_range
from fairshare.release.sharing.blocks import SharedFile
from fairshare.release.sharing.gate import Access, Act, Gate, Reader, SharedTable, Watch
from fairshare.release.sharing.guesses import Guesses
from fairshare.release.sharing.protocol import Answer
from fairshare.words import FairshareError

PIECE = 256 * 1024
"""How much goes between two questions whether the rest may go."""
PARQUET = "application/vnd.apache.parquet"
_ALWAYS = (("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))
Start = Callable[[str, list[tuple[str, str]]], Any]


class Stopped(Exception):
    """A read is stopped in its middle: the connection breaks, so that nobody takes a part for the whole."""


class ShareApp:
    """Answers requests. It holds the addresses that it gave out, and nothing else.

    Takes    endpoint: the address that recipients reach it under, such as https://share.example:8443;
             make_id: a new random text, for the address of a file.
    """

    def __init__(self, gate: Gate, endpoint: str, make_id: Callable[[], str]) -> None:
        self._gate = gate
        self._endpoint = endpoint.rstrip("/")
        self._addresses = Addresses(make_id)
        self._guesses = Guesses()

    def __call__(self, environ: Mapping[str, Any], start_response: Start) -> Iterable[bytes]:
        """One request."""
        try:
            answer = self._answer(environ)
        except Turned as turned:
            answer = protocol.refuse(turned.status, turned.headers)
        except FairshareError:
            # The disk or the log is in the way; what it said is for the desk, not for whoever asks.
            answer = protocol.refuse(503)
        except Exception:
            answer = protocol.refuse(500)
        if isinstance(answer, Reading):
            start_response(_name_status(answer.status), [*answer.headers, *_ALWAYS])
            return answer
        length = ("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
        kind = ("Content-Type", answer.kind)
        start_response(_name_status(answer.status), [kind, length, *answer.headers, *_ALWAYS])
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else answer.body]

    def _answer(self, environ: Mapping[str, Any]) -> Answer | Reading:
        asked = read_asked(environ)
        match asked.path:
            case (protocol.FILES, name):
                return self._read_file(asked, name)
            case (protocol.PREFIX, *rest):
                return self._answer_reader(asked, self._find_reader(asked), tuple(rest))
            case _:
                raise Turned(404)

    def _find_reader(self, asked: Asked) -> Reader:
        reader = self._gate.find_reader(asked.token) if asked.token is not None else None
        if reader is None:
            if asked.token is not None:
                self._note_guess(asked)
            raise Turned(401, (("WWW-Authenticate", "Bearer"),))
        return reader

    def _note_guess(self, asked: Asked) -> None:
        """One more wrong guess from there. Only guesses wait: behind a proxy, everybody has one place."""
        now = self._gate.now()
        wait = self._guesses.find_wait(asked.place, now)
        if wait:
            raise Turned(429, (("Retry-After", str(wait)),))
        self._guesses.note(asked.place, now)

    def _answer_reader(self, asked: Asked, reader: Reader, path: tuple[str, ...]) -> Answer:
        tables = self._gate.find_tables(reader)
        if tables is None:
            self._write(reader, Act.REFUSED)
            raise Turned(403)
        return self._route(asked, reader, tables, tuple(part.casefold() for part in path))

    def _route(self, asked: Asked, reader: Reader, tables: tuple[SharedTable, ...], path: tuple[str, ...]) -> Answer:
        within = tuple(each for each in tables if path[1:2] == (each.share,))
        match path:
            case ("shares",):
                return self._list(asked, reader, protocol.list_shares(asked, reader.case))
            case ("shares", share, *_) if share != reader.case:
                raise Turned(404)
            case ("shares", share):
                body = protocol.write_json({"share": protocol.describe_share(share)})
                return self._list(asked, reader, Answer(200, body))
            case ("shares", _, "schemas"):
                return self._list(asked, reader, protocol.list_schemas(asked, within))
            case ("shares", _, "all-tables"):
                return self._list(asked, reader, protocol.list_tables(asked, within))
            case ("shares", _, "schemas", schema, "tables"):
                of_schema = tuple(each for each in within if each.schema == schema)
                return self._list(asked, reader, protocol.list_tables(asked, _some(of_schema)))
            case ("shares", _, "schemas", schema, "tables", name, *rest):
                found = _some([each for each in within if (each.schema, each.name) == (schema, name)])
                return self._answer_table(asked, reader, found[0], tuple(rest))
            case _:
                raise Turned(404)

    def _answer_table(self, asked: Asked, reader: Reader, table: SharedTable, rest: tuple[str, ...]) -> Answer:
        match rest:
            case () | ("version",):
                _check_method(asked, "GET", "HEAD")
                return protocol.tell_version(asked, table)
            case ("metadata",):
                _check_method(asked, "GET", "HEAD")
                protocol.check_format(asked)
                index = self._read_index(table)
                self._write(reader, Act.DESCRIBED, table)
                return protocol.tell_metadata(table, index)
            case ("query",):
                _check_method(asked, "POST")
                protocol.check_format(asked)
                protocol.check_version(read_query(asked), table)
                index = self._read_index(table)
                name, granted = self._addresses.give(reader, table, self._gate.now())
                self._write(reader, Act.QUERIED, table)
                address = f"{self._endpoint}/{protocol.FILES}/{name}"
                return protocol.tell_files(table, index, address, granted.until)
            case ("changes",):
                # A release never changes, so it has no changes to tell.
                raise Turned(400)
            case _:
                raise Turned(404)

    def _read_file(self, asked: Asked, name: str) -> Answer | Reading:
        _check_method(asked, "GET", "HEAD")
        granted = self._addresses.find(name, self._gate.now())
        if granted is None:
            self._note_guess(asked)
            raise Turned(404)
        tables = self._gate.find_tables(granted.reader)
        if tables is None or granted.table not in tables:
            self._write(granted.reader, Act.REFUSED, granted.table)
            raise Turned(403)
        file = self._gate.open_table(granted.table)
        try:
            wanted = read_range(asked.range, file.index.bytes)
            if asked.method == "HEAD":
                file.close()
                return _describe_file(file)
            first, last = wanted or (0, file.index.bytes - 1)
            self._write(granted.reader, Act.READ, granted.table, first=first, last=last)
            watch = self._gate.watch(granted.reader, granted.table)
        except BaseException:
            file.close()
            raise
        return Reading(self._gate, granted, file, watch, first, last, partial=wanted is not None)

    def _read_index(self, table: SharedTable) -> Any:
        file = self._gate.open_table(table)
        file.close()
        return file.index

    def _list(self, asked: Asked, reader: Reader, answer: Answer) -> Answer:
        _check_method(asked, "GET", "HEAD")
        self._write(reader, Act.LISTED)
        return answer

    def _write(self, reader: Reader, act: Act, table: SharedTable | None = None, **more: Any) -> None:
        self._gate.write_access(_tell(reader, act, table, **more))


class Reading:
    """A file, or a range of it, on its way: before each piece the watch is asked whether it may still go."""

    def __init__(
        self, gate: Gate, granted: Granted, file: SharedFile, watch: Watch, first: int, last: int, *, partial: bool
    ) -> None:
        size = file.index.bytes
        self.status = 206 if partial else 200
        self.headers = [
            ("Content-Type", PARQUET),
            ("Content-Length", str(last - first + 1)),
            ("Accept-Ranges", "bytes"),
        ]
        if partial:
            self.headers.append(("Content-Range", f"bytes {first}-{last}/{size}"))
        self._gate, self._granted, self._file, self._watch = gate, granted, file, watch
        self._range = (first, last)
        self._pieces = _cut(file.read(first, last))
        self._sent = 0
        self._ended = ""

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            piece = next(self._pieces)
            if not self._watch.may_go_on():
                self._end("stopped")
                raise Stopped
        except StopIteration:
            self._end("whole")
            raise
        except Stopped:
            raise
        except Exception:
            self._end("failed")
            raise Stopped from None
        self._sent += len(piece)
        return piece

    def close(self) -> None:
        """The server is done with it: if it was not at its end, the reader has gone away."""
        self._end("left")

    def _end(self, how: str) -> None:
        if self._ended:
            return
        self._ended = how if self._sent < self._range[1] - self._range[0] + 1 or how == "stopped" else "whole"
        self._file.close()
        self._watch.close()
        first, last = self._range
        self._gate.write_access(
            _tell(
                self._granted.reader,
                Act.READ_ENDED,
                self._granted.table,
                first=first,
                last=last,
                bytes=self._sent,
                ended=self._ended,
            )
        )


def _tell(reader: Reader, act: Act, table: SharedTable | None, **more: Any) -> Access:
    return Access(
        act=act,
        token=reader.token,
        recipient=reader.recipient,
        case=reader.case,
        release=table.release if table is not None else None,
        **more,
    )


def _cut(blocks: Iterator[bytes]) -> Iterator[bytes]:
    for block in blocks:
        for at in range(0, len(block), PIECE):
            yield block[at : at + PIECE]


def _describe_file(file: SharedFile) -> Answer:
    """The answer to HEAD: how long the file is."""
    return Answer(200, b"", PARQUET, (("Accept-Ranges", "bytes"),), length=file.index.bytes)


def _some(found: Iterable[SharedTable]) -> tuple[SharedTable, ...]:
    """What was found; Turned when it is nothing."""
    tables = tuple(found)
    if not tables:
        raise Turned(404)
    return tables


def _check_method(asked: Asked, *allowed: str) -> None:
    if asked.method not in allowed:
        raise Turned(405, (("Allow", ", ".join(allowed)),))


def _name_status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"
