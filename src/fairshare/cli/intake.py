"""Requests that somebody sent: read into a draft, confirmed field by field, and only then made into a request."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from fairshare.cli.asking import Asker, StopAsking
from fairshare.cli.bases import Welsh
from fairshare.cli.commands import Page, add_command
from fairshare.cli.files import read_day, write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, FairshareError
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.request.intake_draft import Draft, DraftField

MAX_FILE = 50_000_000


class _ReadsFiles(TyperGroup):
    """`fairshare intake FILE` is short for `fairshare intake read FILE`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["read", *args]
        return super().resolve_command(ctx, args)


intake = typer.Typer(
    cls=_ReadsFiles,
    no_args_is_help=True,
    help="Requests that somebody sent, on paper or by mail: read them, and confirm what was read.",
)
DraftFile = Annotated[Path, typer.Argument(metavar="DRAFT", help="The draft that `fairshare intake read` wrote.")]


@add_command(intake, "read")
def read(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="Word, OpenDocument, PDF, scan, picture, mail, Outlook message or text."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DRAFT", help="Where to write the draft; FILE.draft.yaml otherwise.")
    ] = None,
    welsh: Welsh = False,
) -> Page:
    """Read a request that somebody sent: what it says, what is missing, and what should make you stop.

    Nothing in the file is run, and nothing is fetched. The draft counts for nothing until somebody has confirmed it.
    """
    from fairshare.documents.reading import read_document
    from fairshare.request.intake_draft import make_draft, write_draft

    if out is not None and len(files) > 1:
        raise BadInput(
            "one draft cannot hold several requests", fix="Leave --out away, or read one file.", where="--out"
        )
    today = datetime.now(UTC).date()
    made: list[tuple[Path, Draft]] = []
    for file in files:
        raw = read_file(file, max_bytes=MAX_FILE)
        reading = read_document(raw, file.name)
        draft = make_draft(raw, reading, source=file.name, read_on=today, language="cy" if welsh else "en")
        made.append((out or file.with_name(f"{file.name}.draft.yaml"), draft))
    for path, draft in made:
        write_file(path, write_draft(draft), replace=False)

    def show(screen: Screen) -> None:
        for path, draft in made:
            show_draft(screen, draft, welsh=welsh)
            screen.line()
            screen.line(f"The draft is in {path}. Nothing in it counts yet: `fairshare intake confirm {path}`.")

    drafts = [{"draft": str(path)} | draft.model_dump(mode="json") for path, draft in made]
    return Page({"drafts": drafts}, show)


@add_command(intake, "confirm")
def confirm(
    draft: DraftFile,
    screen: Screen,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", metavar="FILE", help="Answers by id: true, false, or the value as it should be."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="REQUEST", help="Write the request, of what is confirmed, as YAML.")
    ] = None,
    holder: Annotated[
        str | None,
        typer.Option("--holder", metavar="NAME", help="Your own organisation, as the request should name it."),
    ] = None,
    received: Annotated[
        str | None, typer.Option("--received", metavar="YYYY-MM-DD", help="When it arrived; today if none is given.")
    ] = None,
    purpose: Annotated[
        str | None,
        typer.Option("--purpose", metavar="CODE", help="The code of the purpose, such as crime.investigation."),
    ] = None,
    welsh: Welsh = False,
) -> Page:
    """Confirm what was read, field by field; what nobody confirms does not enter the request.

    Answers are saved in DRAFT. Without --answers each open field is asked about in turn.
    """
    from fairshare.request.intake_draft import answer_draft, read_answers, read_draft, write_draft

    held = read_draft(read_file(draft), where=draft.name)
    if answers is not None:
        held = answer_draft(held, read_answers(read_file(answers), where=answers.name), where=answers.name)
        write_file(draft, write_draft(held))
    else:
        held = _ask(held, Asker(screen), draft, welsh=welsh)
    if out is not None:
        write_file(out, _write_request(held, holder, received, purpose), replace=False)
    return _show_confirmed(held, draft, out)


def _show_confirmed(held: Draft, draft: Path, out: Path | None) -> Page:
    """How far a draft is confirmed, and what to do next."""
    waiting = held.waiting
    confirmed = sum(each.confirmed for each in held.fields)

    def show(shown: Screen) -> None:
        shown.line(f"{confirmed} confirmed, {len(waiting)} still open, of {len(held.fields)}.", "bold")
        if out is not None:
            shown.line(f"The request is in {out}. Take it in with `fairshare case receive CASE {out}`.")

    document = {"draft": str(draft), "confirmed": confirmed, "open": [each.id for each in waiting]}
    return Page(document | {"request": str(out) if out else None}, show)


def _write_request(held: Draft, holder: str | None, received: str | None, purpose: str | None) -> bytes:
    """The request as YAML that `fairshare case receive` takes."""
    import yaml

    from fairshare.request.intake_request import UNCLASSIFIED, make_request

    day = read_day(received, where="--received") if received else datetime.now(UTC).date()
    made = make_request(held, received_on=day, holder=holder, purpose_code=purpose or UNCLASSIFIED)
    return yaml.safe_dump(made, sort_keys=False, allow_unicode=True, width=110).encode()


def _ask(held: Draft, asker: Asker, file: Path, *, welsh: bool) -> Draft:
    """Puts each open field to a person, and saves after each answer."""
    from fairshare.request.intake_draft import answer_draft, write_draft

    show_flags(asker.screen, held)
    asker.screen.line(
        "Look at each in the request itself. y it says so, n it does not, d later, q stop; or type what it says."
    )
    try:
        for each in held.waiting:
            asker.screen.line()
            show_field(asker.screen, each, welsh=welsh)
            while True:
                typed = asker.text("is that right")
                if typed.casefold() == "d":
                    break
                if typed.casefold() == "q":
                    raise StopAsking
                answer = {"y": True, "n": False}.get(typed.casefold(), typed)
                try:
                    held = answer_draft(held, {each.id: answer})
                except FairshareError as error:
                    asker.screen.line(f"{error.message}. {error.fix}", "yellow")
                    continue
                write_file(file, write_draft(held))
                break
    except StopAsking:
        asker.screen.line()
    return held


def show_draft(screen: Screen, draft: Draft, *, welsh: bool) -> None:
    """What was read, for people: flags first, then the fields, then what is missing."""
    screen.heading(draft.source)
    show_flags(screen, draft)
    screen.heading("What was read")
    rows = [
        (each.id, name_field(each.field, welsh=welsh), each.value, each.confidence, each.place) for each in draft.fields
    ]
    screen.table(["id", "field", "value", "how sure", "where"], rows)
    if draft.missing:
        screen.heading("It does not say")
        for gap in draft.missing:
            screen.bullet(f"{gap.needs}{' (the law wants this)' if gap.must else ''}. {gap.why}".strip())
    if draft.public_task_draft:
        screen.heading("A statement that the asker could make")
        screen.line(draft.public_task_draft)


def show_flags(screen: Screen, draft: Draft) -> None:
    """What to look at before anything else."""
    styles = {"stop": "bold red", "check": "yellow", "note": ""}
    for flag in draft.flags:
        place = f" ({flag.place})" if flag.place else ""
        screen.bullet(f"{flag.level.upper()}: {flag.says}{place}", styles[flag.level])


def show_field(screen: Screen, field: DraftField, *, welsh: bool) -> None:
    """One field, with what stands in the request and where."""
    screen.line(f"{field.id}. {name_field(field.field, welsh=welsh)}: {field.value}", "bold")
    written = f"; written: “{field.written}”" if field.written else ""
    screen.line(f"{field.confidence}, by its {field.how}, {field.place or 'in the text'}{written}", "dim")


def name_field(field: str, *, welsh: bool) -> str:
    """A field in words."""
    from fairshare.request.intake_shapes import load_vocabulary

    kind = load_vocabulary().fields[field]
    return kind.cy if welsh else kind.en
