"""Releasing what a decision covers, and opening what was released to you."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.archives import Readers, SecretKey, find_readers, find_secret
from fairshare.cli.bases import RulesFolder, load_rules, use_rules
from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.cli.forms import ReleaseForm
    from fairshare.desk.release_case import Wanted
    from fairshare.records import Passphrase, Receipt
    from fairshare.release.delivery import Opened
    from fairshare.release.flow import Released
    from fairshare.release.kinds import Contents

release = typer.Typer(no_args_is_help=True, help="Make, recover and open releases.")

FormFile = Annotated[
    Path, typer.Argument(metavar="RELEASE", help="What is to go: kind, items, channel; a table, files or an account.")
]
SheetFile = Annotated[
    Path | None,
    typer.Option("--sheet", metavar="FILE", help="Write the release sheet here as well, and its PDF beside it."),
]
UncheckedKey = Annotated[
    str,
    typer.Option("--unchecked-key", metavar="REASON", help="In an emergency: why a key that nobody checked is used."),
]
Welsh = Annotated[bool, typer.Option("--welsh", help="Release sheets in Welsh.")]
Explain = Annotated[
    bool, typer.Option("--explain", help="Show the query that the table's plan becomes, and stop there.")
]
ToPassphrase = Annotated[
    bool, typer.Option("--passphrase", help="Seal it to a new passphrase, for a recipient without keys.")
]


@add_command(release, "run")
def run(
    case: CaseName,
    form: FormFile,
    screen: Screen,
    to: Readers = None,
    passphrase: ToPassphrase = False,
    unchecked_key: UncheckedKey = "",
    sheet: SheetFile = None,
    explain: Explain = False,
    welsh: Welsh = False,
    rules: RulesFolder = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Release what the case's newest decision covers, all of it or nothing.

    What the decision, the agreement, the dates or the law of today do not cover is refused, with the reason; so is a
    key that nobody has recorded as the recipient's (`fairshare keys reader`).
    """
    from fairshare.cli.forms import ReleaseForm, read_form
    from fairshare.cli.handing_over import add_delivery, choose_way, deliver_made
    from fairshare.desk.decide_case import why_law_differs
    from fairshare.desk.release_case import recover_releases, release_case
    from fairshare.release.delivery import make_passphrase

    spoken = make_passphrase() if passphrase else None
    written, readers = read_form(ReleaseForm, form), spoken or find_readers(to)
    wanted = replace(make_wanted(written, form.parent, desk, readers, welsh=welsh), why_unchecked=unchecked_key)
    if explain:
        return explain_wanted(wanted)
    held = use_rules(load_rules(rules))
    with open_as(desk, name) as (at, actor), screen.working("releasing", rows=find_rows(wanted)) as tell:
        recover_releases(at)
        released = release_case(
            at,
            actor,
            case,
            choose_way(at, written, wanted, desk),
            law_today=lambda decision, day: why_law_differs(decision, day, held),
            on_progress=tell,
        )
        delivery = deliver_made(at, actor, written, desk, released.manifest.release.id)
    write_sheet_files(released, sheet)
    return add_delivery(show_released(released, sheet, spoken), delivery)


def explain_wanted(wanted: Wanted) -> Page:
    """The query that a table's plan becomes; nothing is released, and no row is read."""
    from fairshare.release.explaining import explain_plan
    from fairshare.release.kinds import Table

    table = wanted.contents
    if not isinstance(table, Table):
        raise BadInput("only a table has a query to show", fix="Leave --explain out.", where="--explain")
    text = explain_plan(table.plan, table.base, engine=table.engine, connections=table.connections)
    return Page({"released": False, "text": text}, lambda screen: screen.exact(text))


def write_sheet_files(released: Released, sheet: Path | None) -> None:
    """The holder's sheet where it was asked for as well, with its PDF beside it."""
    if sheet is not None:
        write_file(sheet, released.sheet.encode())
        if released.pdf is not None:
            write_file(sheet.with_suffix(".pdf"), released.pdf)


def find_rows(wanted: Wanted) -> int | None:
    """How many rows a table has, where its source says so without being read."""
    from fairshare.release.kinds import Table

    if not isinstance(wanted.contents, Table):
        return None
    from fairshare.release.known_rows import count_known_rows

    return count_known_rows(wanted.contents.plan.source, wanted.contents.base)


def make_wanted(
    form: ReleaseForm, base: Path, desk: Path, readers: tuple[str, ...] | Passphrase, *, welsh: bool
) -> Wanted:
    """What the desk is asked to release, from the form."""
    from fairshare.desk.release_case import Wanted

    return Wanted(
        kind=form.kind,
        items=form.items,
        contents=make_contents(form, base, desk),
        channel=form.channel,
        readers=readers,
        checked_by=form.checked_by,
        at_risk=frozenset(form.at_risk),
        language="cy" if welsh else "en",
    )


def make_contents(form: ReleaseForm, base: Path, desk: Path) -> Contents:
    """What a release consists of, from the form; paths in it start at the form's own folder."""
    from fairshare.cli.connections import FILE, FileConnections
    from fairshare.cli.pseudonyms import FOLDER, FolderKeys
    from fairshare.release.kinds import ChosenFile, Documents, People, Table, Told, make_told
    from fairshare.release.plan import read_plan
    from fairshare.words import BadInput

    files = tuple(
        ChosenFile(each.item, base / each.path, each.name or Path(each.path).name, each.media_type, each.treatment)
        for each in form.files
    )
    if form.told is not None and form.table is None:
        if form.told.note is not None:
            return make_told(form.told.note, files)
        return Told(account=form.told.account, items=dict(form.told.items), uploaded=files)
    if form.table is None and files:
        return Documents(files)
    if form.table is None or files or form.told is not None:
        raise BadInput(
            "a release is a table, or files, or what is told", fix="Fill in exactly one of these.", where="release"
        )
    table = form.table
    path = base / table.plan
    people = People(table.people_column, table.people) if table.people_column is not None else None
    return Table(
        plan=read_plan(read_file(path), where=path.name),
        keys=FolderKeys(desk / FOLDER),
        base=path.parent,
        name=table.name,
        format=table.format,
        engine=table.engine,
        items=table.items,
        people=people,
        rows_per_part=table.rows_per_part,
        connections=FileConnections(desk / FILE),
    )


def name_folder_use(receipt: Receipt) -> str:
    """What becomes of a release's folder: it is handed over, or stays and is read by Delta Sharing."""
    from fairshare.release.sharing.blocks import SEALED_TO

    return "shared from" if receipt.sealed_to == SEALED_TO else "hand over"


def show_released(released: Released, sheet: Path | None, spoken: Passphrase | None) -> Page:
    """What went, where it is, and how to hand it over."""
    receipt = released.manifest.outcome
    counts = {name: count for name, count in receipt.counts.model_dump().items() if count}
    document = {
        "release": released.manifest.release.id,
        "receipt": released.manifest.receipt.id,
        "folder": str(released.folder),
        "counts": receipt.counts.model_dump(),
        "files": [each.model_dump() for each in receipt.files],
        "sheet": str(sheet) if sheet else None,
        "sheet_pdf": str(sheet.with_suffix(".pdf")) if sheet and released.pdf is not None else None,
        "passphrase": spoken.text if spoken else None,
    }

    def show(screen: Screen) -> None:
        screen.line("Released.", "bold green")
        screen.pairs([(name_folder_use(receipt), released.folder), ("record", released.manifest.release.id)])
        screen.pairs([(name.replace("_", " "), f"{count:,}") for name, count in counts.items()])
        if sheet:
            screen.pairs([("release sheet", sheet)])
        if released.pdf is None:
            screen.line("The release sheet has no PDF; for one, run: pip install 'fairshare[documents]'")
        if spoken:
            screen.line("The passphrase, shown this once. Tell it over another channel than the files:", "bold")
            screen.exact(spoken.text)

    return Page(document, show)


@add_command(release, "recover")
def recover(
    discard_parts: Annotated[
        bool, typer.Option("--discard-parts", help="Also remove finished parts of long runs that were cut short.")
    ] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Finish or discard what a release that was cut short left behind; safe at any time.

    Finished parts of a long run wait for a week: run the same release again, and it goes on from them.
    """
    from fairshare.desk.release_case import discard_unfinished, list_unfinished, recover_releases

    with open_as(desk, name) as (at, _):
        found = recover_releases(at)
        discarded = discard_unfinished(at) if discard_parts else 0
        waiting = list_unfinished(at)
    folders = [str(each.folder) for each in found]

    def show(screen: Screen) -> None:
        screen.line(f"{len(folders)} had happened and are now written down. What had not happened is gone.")
        for each in folders:
            screen.bullet(each)
        for left in waiting:
            screen.bullet(f"{left.finished} parts wait for the same release to be run again: {left.folder}")
        if discarded:
            screen.line(f"The parts of {discarded} runs were removed.")

    unfinished = [{"folder": str(each.folder), "parts": each.finished} for each in waiting]
    return Page({"finished": folders, "waiting": unfinished, "discarded": discarded}, show)


@add_command(release, "open")
def open_it(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="The release as it was handed over.")],
    trust: Annotated[Path, typer.Option("--trust", metavar="KEYS", help="Public keys of senders that you trust.")],
    into: Annotated[Path, typer.Option("--into", metavar="FOLDER", help="Where the opened folder is to appear.")],
    key: SecretKey = None,
    receipt: Annotated[
        Path | None, typer.Option("--receipt", metavar="FILE", help="Write a signed receipt to send back.")
    ] = None,
    sign_with: Annotated[
        Path | None, typer.Option("--sign-with", metavar="FILE", help="Your signing key, for the receipt.")
    ] = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="'NAME, JOB'", help="Who received it, for the receipt.")
    ] = None,
) -> Page:
    """Open a release that was handed over to you; nothing appears until all of it has been verified."""
    from fairshare.cli.files import make_folder
    from fairshare.records import read_keys
    from fairshare.release.delivery import open_release

    check_receipt_options(receipt, sign_with, by)
    opened = open_release(folder, find_secret(key), trust=read_keys(trust), into=make_folder(into))
    record = write_receipt(opened, receipt, sign_with, by) if receipt and sign_with and by else None
    names = [each.name for each in opened.receipt.files]

    def show(screen: Screen) -> None:
        screen.line(f"All of it is as {opened.signed_by.name} sent it.", "bold green")
        screen.pairs([("opened in", opened.folder), ("files", ", ".join(names))])
        if record:
            screen.line(f"Your receipt is in {receipt}: send it back.")

    document = {
        "folder": str(opened.folder),
        "release": opened.receipt.release,
        "signed_by": opened.signed_by.model_dump(),
        "files": names,
        "counts": opened.receipt.counts.model_dump(),
        "receipt": record,
    }
    return Page(document, show)


def check_receipt_options(receipt: Path | None, sign_with: Path | None, by: str | None) -> None:
    """A receipt needs a file, a key and a name, all or none."""
    from fairshare.words import BadInput

    if len({receipt is None, sign_with is None, by is None}) > 1:
        raise BadInput(
            "a receipt needs a file, a signing key and a name",
            fix="Give --receipt, --sign-with and --by together, or none of them.",
            where="--receipt",
        )


def write_receipt(opened: Opened, path: Path, key: Path, by: str) -> str:
    """The recipient's own receipt, signed, as a file; returns the record's id."""
    import secrets
    from datetime import UTC, datetime

    from fairshare.records import encode, new_salt, read_signing_key, sign_record
    from fairshare.release.delivery import make_recipient_receipt
    from fairshare.words import Person
    from fairshare.words.reading import build

    own = read_signing_key(key)
    name, _, job = (each.strip() for each in by.partition(","))
    made_by = build(Person, {"name": name, "role": job or "recipient", "organisation": own.name}, where="--by")
    made = make_recipient_receipt(
        opened, salt=new_salt(secrets.token_bytes), made_at=datetime.now(UTC).replace(microsecond=0), made_by=made_by
    )
    signed = sign_record(made, own)
    write_file(path, encode(signed))
    return signed.id


@add_command(release, "take-receipt")
def take(
    case: CaseName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The receipt that the recipient sent back.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Take in the recipient's receipt for a release of the case."""
    from fairshare.desk.take_receipt import take_receipt
    from fairshare.records import parse_signed

    with open_as(desk, name) as (at, actor):
        kept: Any = take_receipt(at, actor, case, parse_signed(read_file(file), where=file.name))
    by = kept.record.made_by

    def show(screen: Screen) -> None:
        screen.line(f"The receipt by {by.name} ({by.role}) is in case {case}.", "bold")

    return Page({"case": case, "record": kept.id, "made_by": by.model_dump()}, show)
