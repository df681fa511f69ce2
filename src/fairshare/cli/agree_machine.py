"""The machine face of an agreement: ODRL, conflicts, a record of processing, a catalogue entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fairshare.cli.agree import read_draft_or_signed
from fairshare.cli.agreement_files import Target
from fairshare.cli.case import is_file
from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairshare.agree.conflicts import Conflict
    from fairshare.agree.odrl_compare import OdrlDifference
    from fairshare.records import Agreement, Decision


def add_machine_face(group: typer.Typer) -> None:
    """Adds the commands to `fairshare agree`."""
    add_command(group, "odrl")(odrl)
    add_command(group, "conflicts")(conflicts)
    add_command(group, "ropa")(ropa)


def odrl(
    target: Target,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write it as JSON-LD.")] = None,
    compare: Annotated[
        Path | None, typer.Option("--compare", metavar="FILE", help="Say how an edited file differs.")
    ] = None,
    attach: Annotated[
        Path | None,
        typer.Option("--attach", metavar="FILE", help="Keep it beside the draft: no signature while they differ."),
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Take the attached file away.")] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Write an agreement as ODRL with DPV terms, or hold an edited ODRL file against it, field by field."""
    from fairshare.agree.odrl import write_odrl
    from fairshare.agree.odrl_compare import compare_odrl, parse_odrl

    if attach is not None or detach:
        return keep_odrl(target, attach, desk, name)
    agreement, _ = find_target(target, desk, name)
    if compare is not None:
        return show_differences(compare_odrl(agreement, parse_odrl(read_file(compare), where=compare.name)))
    document = write_odrl(agreement)
    if out is not None:
        write_file(out, write_json(document))
    said = f"Written to {out}." if out is not None else write_json(document).decode()
    return Page(document, lambda screen: screen.line(said))


def keep_odrl(case: str, attach: Path | None, desk: Path, name: str | None) -> Page:
    """Attaches an ODRL file to a case's draft, or takes it away."""
    from fairshare.desk.attach_odrl import attach_odrl, detach_odrl

    with open_as(desk, name) as (at, actor):
        if attach is None:
            detach_odrl(at, actor, case)
            return Page({"attached": False}, lambda screen: screen.line("No ODRL file is attached any more."))
        differences = attach_odrl(at, actor, case, read_file(attach), where=attach.name)
    page = show_differences(differences)

    def show(screen: Screen) -> None:
        page.show(screen)
        screen.line("Attached. Nobody signs the draft while the two differ.")

    return Page(page.document | {"attached": True}, show)


def show_differences(differences: Sequence[OdrlDifference]) -> Page:
    """How an ODRL file and the agreement differ, in words."""

    def show(screen: Screen) -> None:
        screen.line("The two are in step." if not differences else f"{len(differences)} differences:", "bold")
        for each in differences:
            screen.line(each.says)

    found = [{"field": each.field, "agreement": each.agreement, "odrl": each.odrl} for each in differences]
    return Page({"in_step": not differences, "differences": found}, show)


def conflicts(
    target: Annotated[
        str | None, typer.Argument(metavar="[CASE]", help="Only conflicts of this case's agreements.")
    ] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Find agreements that cannot both be kept, and agreements that go further than their decisions."""
    from fairshare.desk.keep_register import list_desk_conflicts

    with open_as(desk, name) as (at, _):
        if target is not None and target not in at.records.cases():
            raise NotFound("there is no such case", fix="`fairshare case list` lists them.", where=target)
        found = list_desk_conflicts(at, at.clock.now().date(), target)

    def show(screen: Screen) -> None:
        screen.line(f"{len(found)} conflicts." if found else "No conflicts.", "bold")
        for each in found:
            screen.line(f"{each.sort}: {each.says}")

    return Page({"conflicts": [describe_conflict(each) for each in found]}, show)


def describe_conflict(conflict: Conflict) -> dict[str, Any]:
    """A conflict as a document."""
    return {
        "sort": conflict.sort,
        "about": conflict.about,
        "here": vars(conflict.here),
        "there": vars(conflict.there),
        "says": conflict.says,
    }


def ropa(
    target: Target,
    party: Annotated[
        str | None,
        typer.Option("--for", metavar="ORG", help="The party whose record it is; the desk's own by default."),
    ] = None,
    out: Annotated[
        list[Path] | None, typer.Option("--out", metavar="FILE", help="Write it as .json or .csv. Repeat it.")
    ] = None,
    dcat: Annotated[
        Path | None, typer.Option("--dcat", metavar="FILE", help="Write a catalogue entry too, as JSON-LD.")
    ] = None,
    language: Annotated[Literal["en", "cy"], typer.Option("--language", help="en or cy.")] = "en",
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Write a party's entry for its record of processing (Article 30), and what the agreement does not say of it."""
    from fairshare.agree.ropa import head_field, list_rows, write_dcat, write_processing_record

    agreement, decision = find_target(target, desk, name)
    if party is None:
        party = find_own_name(target, desk, name)
    record = write_processing_record(agreement, party, decision=decision)
    rows = list_rows(record, language)
    document = vars(record) | {"fields": dict(record.fields), "missing": list(record.missing)}
    for path in out or []:
        write_file(path, write_record(path, document, rows))
    if dcat is not None:
        write_file(dcat, write_json(write_dcat(agreement)))

    def show(screen: Screen) -> None:
        screen.line(f"Record of processing of {record.organisation}, as {record.role}", "bold")
        screen.table(["field", "what it says"], rows)
        if record.missing:
            screen.line(
                f"To be filled in elsewhere: {', '.join(head_field(each, language) for each in record.missing)}."
            )

    return Page(document, show)


def write_record(path: Path, document: dict[str, Any], rows: Sequence[tuple[str, str]]) -> bytes:
    """A record of processing in the format that a file's suffix names."""
    import csv
    import io

    match path.suffix.lower():
        case ".json":
            return write_json(document)
        case ".csv":
            out = io.StringIO(newline="")
            csv.writer(out).writerows(rows)
            return out.getvalue().encode("utf-8-sig")
        case _:
            raise BadInput("this suffix is not known", fix="Use .json or .csv.", where=str(path))


def write_json(document: dict[str, Any]) -> bytes:
    """A document as JSON that people can read too."""
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def find_target(target: str, desk: Path, name: str | None) -> tuple[Agreement, Decision | None]:
    """An agreement from a file, or a case's draft, or else the one that counts; and its decision, if it is at hand."""
    if is_file(target):
        return read_draft_or_signed(Path(target))[0], None
    from fairshare.desk.attach_odrl import read_any_draft
    from fairshare.desk.entering import read_case
    from fairshare.desk.held_agreements import find_current
    from fairshare.records import Agreement, Decision

    with open_as(desk, name) as (at, _):
        records = read_case(at, target)
        decision = next((each.record for each in reversed(records) if isinstance(each.record, Decision)), None)
        held = find_current(at, records)
        try:
            return read_any_draft(at, target), decision
        except NotFound:
            if held is None or not isinstance(held.record, Agreement):
                raise NotFound(
                    "the case has no agreement", fix="Compose one: `fairshare agree new`.", where=target
                ) from None
            return held.record, decision


def find_own_name(target: str, desk: Path, name: str | None) -> str:
    """The name of the desk's organisation; for a file, somebody has to say whose record it is."""
    if is_file(target):
        raise BadInput("it is not clear whose record this is", fix="Name a party: --for ORG.", where="--for")
    with open_as(desk, name) as (at, _):
        return at.organisation.name
