"""A case at the desk: take in its request, see where it stands, hand it over, dispose of what is no longer needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.archives import Readers, SecretKey, ask_passphrase, find_readers, read_archive_file
from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.records import Passphrase
    from fairshare.records.withholding import RecordView
    from fairshare.request import Missing

case = typer.Typer(no_args_is_help=True, help="Cases at the desk: receive, show, list, export, redact, dispose.")

OutFile = Annotated[Path, typer.Option("--out", metavar="FILE", help="Where to write it.")]
ROUTES = {"public_task_statement": "public_task_response", "power": "compelled"}
"""What a request that names this is to be held against as well."""


@add_command(case, "receive")
def receive(
    case: CaseName,
    request: Annotated[Path, typer.Argument(metavar="REQUEST", help="The request, as YAML or JSON.")],
    letter: Annotated[
        Path | None, typer.Option("--letter", metavar="FILE", help="Write a letter that asks for what is missing.")
    ] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Take in a request, and say what it still lacks."""
    from fairshare.desk.receive_request import receive_request
    from fairshare.records import Request
    from fairshare.request import find_missing, write_clarification

    with open_as(desk, name) as (at, actor):
        signed = receive_request(at, actor, case, read_file(request), where=request.name)
    record = signed.record
    assert isinstance(record, Request)  # noqa: S101 (what was received)
    missing = find_missing(record, *find_routes(record))
    if letter is not None and missing:
        write_file(letter, write_clarification(record, missing).encode())

    def show(screen: Screen) -> None:
        screen.line(f"The request is in case {case}.", "bold")
        screen.pairs([("from", record.requester.name), ("purpose", record.purpose.code), ("record", signed.id)])
        show_missing(screen, missing)
        if letter is not None and missing:
            screen.line(f"A letter that asks for this is in {letter}.")

    document = {"case": case, "record": signed.id, "missing": [each.model_dump() for each in missing]}
    return Page(document | {"letter": str(letter) if letter is not None and missing else None}, show)


def find_routes(request: Any) -> list[Any]:
    """The routes that a request claims for itself, beyond what any request should say."""
    routes = [route for field, route in ROUTES.items() if getattr(request, field)]
    return [*routes, *([] if request.urgency == "routine" else ["urgent"])]


def show_missing(screen: Screen, missing: tuple[Missing, ...]) -> None:
    """What a request should still say, what the law wants first."""
    if not missing:
        screen.line("It says everything that a request of this kind should.")
        return
    screen.heading("It does not say")
    for each in missing:
        screen.bullet(f"{each.needs}{' (the law wants this)' if each.must else ''}. {each.why}")


@add_command(case, "list")
def list_cases(desk: DeskFolder = HERE, name: ActingAs = None) -> Page:
    """List the cases at the desk, and what each has reached."""
    from fairshare.desk.show_case import show_case

    with open_as(desk, name) as (at, _):
        views = [show_case(at, each) for each in at.records.cases()]
    rows = [
        {"case": view.case, "records": len(view.records), "latest": view.records[-1].kind, "reached": view.reached}
        for view in views
    ]

    def show(screen: Screen) -> None:
        if not rows:
            screen.line("There are no cases yet. `fairshare case receive` makes one.")
            return
        screen.table(["case", "records", "latest"], [(r["case"], r["records"], r["latest"]) for r in rows])

    return Page({"cases": rows}, show)


@add_command(case, "show")
def show_one(
    case: Annotated[str, typer.Argument(metavar="CASE", help="A case at the desk, or the archive of one.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
    key: SecretKey = None,
) -> Page:
    """Show where a case stands and what may be done next; or what the archive of a case holds."""
    if is_file(case):
        return show_archive(Path(case), key)
    from fairshare.desk.show_case import show_case

    with open_as(desk, name) as (at, _):
        view = show_case(at, case)
    can = {str(action): sorted(roles) for action, roles in view.next.items()}

    def show(screen: Screen) -> None:
        screen.line(f"Case {view.case}", "bold")
        show_records(screen, view.records)
        screen.heading("What may be done now, and by whom")
        for action, roles in can.items():
            screen.bullet(f"{action.replace('_', ' ')}: {', '.join(roles)}")

    records = [describe_record(each) for each in view.records]
    return Page({"case": view.case, "records": records, "reached": view.reached, "next": can}, show)


def is_file(text: str) -> bool:
    """Whether a word of the command line names a file that is there."""
    try:
        return Path(text).is_file()
    except (OSError, ValueError):
        return False


def show_archive(path: Path, key: Path | None) -> Page:
    """What an archive holds. Its seal holds, or it would not have been read; the rest is for `fairshare verify`."""
    from fairshare.ledger import parse_archive
    from fairshare.records.withholding import view_record

    archive = parse_archive(read_archive_file(path, key))
    views = [view_record(each) for each in archive.records]

    def show(screen: Screen) -> None:
        screen.line(f"Case {archive.case}, as handed over on {archive.made_at:%Y-%m-%d}", "bold")
        show_records(screen, tuple(views))
        screen.line("Not verified here: run `fairshare verify` with the keys that you trust.")

    document = {"case": archive.case, "made_at": archive.made_at, "records": [describe_record(each) for each in views]}
    return Page(document, show)


def describe_record(view: RecordView) -> dict[str, Any]:
    """One record in short: nothing about the people it concerns."""
    shown = ("made_at", "outcome", "assessed", "release_kind", "side", "title", "tool", "counts")
    found = {each: view[each] for each in shown if view.shows(each)}
    by = view["made_by"].name if view.shows("made_by") else None
    state = "disposed of" if view.tombstone else "whole" if view.shows("salt") else "redacted"
    return {"record": view.id, "kind": view.kind, "state": state, "made_by": by, **found}


def show_records(screen: Screen, views: tuple[RecordView, ...]) -> None:
    """The records of a case in their order."""
    rows = []
    for each in map(describe_record, views):
        says = str(each.get("outcome") or each.get("title") or each.get("release_kind") or each.get("side") or "")
        when = f"{each['made_at']:%Y-%m-%d %H:%M}" if each.get("made_at") else ""
        rows.append((each["kind"], says, each["made_by"] or each["state"], when, each["record"][7:19]))
    screen.table(["record", "says", "by", "when", "id"], rows)


@add_command(case, "export")
def export(
    case: CaseName,
    out: OutFile,
    to: Readers = None,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Seal it to a passphrase that you type in.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Do not seal it: for your own keeping.")] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Hand over a case as one archive that anyone can verify offline, sealed to its reader."""
    return write_archive(case, out, {}, choose_readers(to, passphrase, plain), desk, name)


@add_command(case, "redact")
def redact(
    case: CaseName,
    out: OutFile,
    withhold: Annotated[
        list[str],
        typer.Option(
            "--withhold",
            metavar="RECORD[:FIELDS]",
            help="A record's id or kind, and the fields to withhold, such as decision:answers,subjects. Repeat it.",
        ),
    ],
    to: Readers = None,
    passphrase: Annotated[bool, typer.Option("--passphrase", help="Seal it to a passphrase that you type in.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="Do not seal it: for your own keeping.")] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Hand over a view of a case with some fields withheld; it verifies like the whole."""
    hidden = dict(read_withheld(each) for each in withhold)
    return write_archive(case, out, hidden, choose_readers(to, passphrase, plain), desk, name)


def read_withheld(text: str) -> tuple[str, list[str] | None]:
    """What to withhold of which record; all but what the chain needs if no fields are named.

    >>> read_withheld("decision:answers,subjects")
    ('decision', ['answers', 'subjects'])
    >>> read_withheld("sha256:" + "0" * 64) == ("sha256:" + "0" * 64, None)
    True
    """
    prefix = "sha256:" if text.startswith("sha256:") else ""
    record, colon, fields = text.removeprefix(prefix).partition(":")
    return prefix + record, [each.strip() for each in fields.split(",") if each.strip()] if colon else None


def choose_readers(to: list[Path] | None, passphrase: bool, plain: bool) -> tuple[str, ...] | Passphrase | None:
    """To whom an archive is sealed: exactly one of the three ways must be named."""
    if [bool(to), passphrase, plain].count(True) != 1:
        raise BadInput(
            "it must be said, once, who can open it",
            fix="Give --to READER.public.txt, or --passphrase, or --plain for your own keeping.",
            where="--to",
        )
    if plain:
        return None
    if passphrase:
        return ask_passphrase("A passphrase, to be told over another channel", twice=True)
    return find_readers(to)


def write_archive(
    case: str,
    out: Path,
    withhold: dict[str, list[str] | None],
    readers: tuple[str, ...] | Passphrase | None,
    folder: Path,
    name: str | None,
) -> Page:
    """Exports a case to a file, with what is withheld named by id or by kind."""
    from fairshare.desk.export_case import export_case

    with open_as(folder, name) as (at, actor):
        ids = {
            stored.id: fields
            for each, fields in withhold.items()
            for stored in find_records(at.records.of_case(case), each)
        }
        raw = export_case(at, actor, case, withhold=ids, readers=readers)
    write_file(out, raw)
    sealed = "nobody" if readers is None else "its readers"

    def show(screen: Screen) -> None:
        screen.line(f"Case {case} is in {out} ({len(raw):,} bytes), sealed to {sealed}.")
        if withhold:
            screen.line(f"Withheld: {', '.join(withhold)}.")

    return Page({"case": case, "file": str(out), "bytes": len(raw), "sealed": readers is not None}, show)


def find_records(records: tuple[Any, ...], wanted: str) -> list[Any]:
    """The records of a case with this id, or the start of it, or of this kind."""
    from fairshare.records.withholding import view_record

    start = wanted if wanted.startswith("sha256:") else f"sha256:{wanted}"
    found = [each for each in records if each.id.startswith(start) and len(start) >= 15]
    found = found or [each for each in records if view_record(each).kind == wanted]
    if not found:
        raise NotFound("the case has no such record", fix="`fairshare case show` lists them.", where=wanted[:80])
    return found


@add_command(case, "dispose")
def dispose(
    case: CaseName,
    record: Annotated[str, typer.Argument(metavar="RECORD", help="The record's id.")],
    reason: Annotated[str, typer.Option("--reason", help="The retention rule or request that it follows.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Dispose of what a record says; a tombstone stays in its place, and everything still verifies."""
    from fairshare.desk.dispose_record import dispose_of_record

    with open_as(desk, name) as (at, actor):
        found = find_records(at.records.of_case(case), record)
        if len(found) != 1:
            raise BadInput("this could be more than one record", fix="Give its id.", where=record[:80])
        left = dispose_of_record(at, actor, case, found[0].id, reason=reason)

    def show(screen: Screen) -> None:
        screen.line("The contents are gone; a tombstone is in their place.", "bold")
        screen.line("Copies that were handed over before are not here: ask those who have them to dispose of them too.")

    return Page({"case": case, "record": left.id, "state": "disposed of"}, show)
