"""The register: what is shared with whom already, what was known before, and what others may see of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, DeskFolder, open_as
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from fairshare.agree.imports_mapping import ImportPlan
    from fairshare.agree.register import Entry
    from fairshare.agree.register_export import Published
    from fairshare.agree.register_search import Found

register = typer.Typer(no_args_is_help=True, help="Do we already share this with them? Look it up, import, publish.")
EntryName = Annotated[str, typer.Argument(metavar="ID", help="The entry's id, or the beginning of it.")]
ImportFile = Annotated[Path, typer.Argument(metavar="FILE", help="A .csv, .xlsx, CNIL .json or fides .yml file.")]
IN_FORCE = "in_force"


@add_command(register, "find")
def find(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Words to look for, anywhere in an entry.")] = "",
    party: Annotated[str | None, typer.Option("--with", metavar="ORG", help="An organisation that takes part.")] = None,
    items: Annotated[
        list[str] | None, typer.Option("--items", metavar="ITEM", help="An item that is shared. Repeat it.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="At most this many, up to 1,000.")] = 20,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Do we already share this with them, and what? Looks through all agreements, disclosures and imports."""
    from fairshare.desk.keep_register import find_state, open_register

    with open_as(desk, name) as (at, _), open_register(at) as index:
        found = index.find(text, party=party, items=items or (), limit=limit)
        states = [find_state(at, each.entry, at.clock.now().date()) for each in found]
    uncovered = find_uncovered(found, states, items or ())
    answer = say_answer(found, states, items or (), uncovered)

    def show(screen: Screen) -> None:
        screen.line(answer, "bold")
        show_entries(screen, [each.entry for each in found], states)

    document = {
        "answer": answer,
        "not_covered": uncovered,
        "found": [
            each.entry.model_dump(mode="json") | {"state": state, "asked": each.items}
            for each, state in zip(found, states, strict=True)
        ],
    }
    return Page(document, show)


def find_uncovered(found: Sequence[Found], states: Sequence[str | None], items: Sequence[str]) -> list[str]:
    """The items that were asked for and that no agreement in force among those found holds."""
    held = {
        item
        for each, state in zip(found, states, strict=True)
        if each.entry.sort == "agreement" and each.entry.is_record and state == IN_FORCE
        for item in each.items
    }
    return [each for each in items if each not in held]


def say_answer(
    found: Sequence[Found], states: Sequence[str | None], items: Sequence[str], uncovered: Sequence[str]
) -> str:
    """The answer in a sentence or two."""
    if not found:
        return "Nothing of the kind is in the register."
    live = sum(
        1
        for each, state in zip(found, states, strict=True)
        if each.entry.is_record and each.entry.sort == "agreement" and state == IN_FORCE
    )
    count = f"{len(found)} {'entry' if len(found) == 1 else 'entries'} found, {live} of them an agreement in force."
    if not items:
        return count
    covered = [each for each in items if each not in uncovered]
    said = [f"In force for: {', '.join(covered)}."] if covered else []
    said += [f"No agreement in force for: {', '.join(uncovered)}."] if uncovered else []
    return " ".join((count, *said))


@add_command(register, "list")
def list_register(desk: DeskFolder = HERE, name: ActingAs = None) -> Page:
    """List every entry: agreements, disclosures and what was imported."""
    from fairshare.desk.keep_register import find_state, open_register

    with open_as(desk, name) as (at, _), open_register(at) as index:
        entries = [*index.entries()]
        states = [find_state(at, each, at.clock.now().date()) for each in entries]
    listed = [each.model_dump(mode="json") | {"state": state} for each, state in zip(entries, states, strict=True)]
    return Page({"entries": listed}, lambda screen: show_entries(screen, entries, states))


@add_command(register, "show")
def show_entry(entry: EntryName, desk: DeskFolder = HERE, name: ActingAs = None) -> Page:
    """Show one entry in full."""
    from fairshare.desk.keep_register import find_state, open_register

    with open_as(desk, name) as (at, _), open_register(at) as index:
        found = find_entry(index.entry(entry), entry)
        state = find_state(at, found, at.clock.now().date())
    document = found.model_dump(mode="json") | {"state": state}

    def show(screen: Screen) -> None:
        screen.table(
            ["field", "what it says"], [(each, write_value(value)) for each, value in document.items() if value]
        )

    return Page(document, show)


@add_command(register, "mark")
def mark(
    entry: EntryName,
    not_public: Annotated[str | None, typer.Option("--not-public", metavar="FIELD", help="Keep it out.")] = None,
    public: Annotated[str | None, typer.Option("--public", metavar="FIELD", help="Let it in.")] = None,
    because: Annotated[str, typer.Option("--because", metavar="TEXT", help="Why it is not public.")] = "",
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Say that a field of an entry is not public, and why; the public register then says that instead."""
    from fairshare.desk.keep_register import mark_field, open_register

    if (not_public is None) == (public is None):
        raise BadInput("name one field", fix="Give either --not-public or --public.", where="--not-public")
    field = not_public or public or ""
    with open_as(desk, name) as (at, actor), open_register(at) as index:
        found = find_entry(index.entry(entry), entry)
        mark_field(at, actor, found, field, because if not_public else None)
    said = f"{field} of {found.title} is {'not public' if not_public else 'public'}."
    return Page({"entry": found.id, "field": field, "public": not_public is None}, lambda screen: screen.line(said))


@add_command(register, "export")
def export(
    out: Annotated[list[Path], typer.Option("--out", metavar="FILE", help=".json, .html, .csv or .xlsx. Repeat it.")],
    public: Annotated[bool, typer.Option("--public", help="As others may see it: without what is not public.")] = False,
    language: Annotated[Literal["en", "cy"], typer.Option("--language", help="en or cy.")] = "en",
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Write the public register, in the shape of the register that the Digital Economy Act asks for."""
    from fairshare.desk.keep_register import open_register, publish_register

    if not public:
        raise BadInput(
            "only the public register is exported",
            fix="Add --public; `register list --json` gives all.",
            where="--public",
        )
    with open_as(desk, name) as (at, _), open_register(at) as index:
        day = at.clock.now().date()
        published = publish_register(at, index, day, language)
        for path in out:
            write_file(path, write_published(published, path, at.organisation.name, day, language), mode=0o644)
    said = f"{len(published)} agreements written to {', '.join(map(str, out))}."
    document = {"entries": len(published), "files": [str(path) for path in out]}
    return Page(document, lambda screen: screen.line(said))


def write_published(
    published: Sequence[Published], path: Path, organisation: str, day: date, language: Literal["en", "cy"]
) -> bytes:
    """The public register in the format that a file's suffix names."""
    import json

    from fairshare.agree import register_export as shapes

    match path.suffix.lower():
        case ".json":
            document = shapes.write_register_json(published, organisation=organisation, day=day)
            return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()
        case ".html":
            from fairshare.documents import render

            page = shapes.write_register_document(published, organisation=organisation, day=day, language=language)
            return render(page, "html")
        case ".csv":
            return shapes.write_register_csv(published, language=language)
        case ".xlsx":
            return shapes.write_register_xlsx(published, language=language)
        case _:
            raise BadInput("this suffix is not known", fix="Use .json, .html, .csv or .xlsx.", where=str(path))


@add_command(register, "map")
def map_columns(
    file: ImportFile,
    out: Annotated[Path, typer.Option("--out", metavar="MAPPING", help="Where to write the mapping, as YAML.")],
) -> Page:
    """Read a file of existing agreements or disclosures, and guess what its columns mean, for you to confirm."""
    from fairshare.agree.imports import read_source
    from fairshare.agree.imports_mapping import draft_mapping, write_mapping

    source = read_source(read_file(file), where=file.name)
    mapping = draft_mapping(source)
    write_file(out, write_mapping(mapping), replace=False)
    still_open = [each.column for each in mapping.columns if each.to is None]

    def show(screen: Screen) -> None:
        screen.line(f"{len(source.rows)} rows, {len(source.columns)} columns, taken for: {mapping.sort}.", "bold")
        screen.table(["column", "goes to"], [(each.column, each.to or "?") for each in mapping.columns])
        for each in source.not_read:
            screen.line(f"Cannot be mapped: {each}.")
        screen.line(f"Check {out}, write your name after confirmed_by, and import it.")

    document = mapping.model_dump(mode="json") | {"open": still_open, "not_read": source.not_read, "out": str(out)}
    return Page(document, show)


@add_command(register, "import")
def import_file(
    file: ImportFile,
    mapping: Annotated[Path, typer.Option("--mapping", metavar="MAPPING", help="The mapping that you confirmed.")],
    check: Annotated[bool, typer.Option("--check", help="Only say what would be imported.")] = False,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Import a file as its confirmed mapping says: all of it or nothing, with a report of what could not be mapped."""
    from fairshare.agree.imports import read_source
    from fairshare.agree.imports_mapping import check_import, parse_mapping, plan_import
    from fairshare.desk.keep_register import import_entries

    source = read_source(read_file(file), where=file.name)
    read = parse_mapping(read_file(mapping), where=mapping.name)
    if check:
        return show_plan(plan_import(source, read), "Nothing was imported; this is what would be.")
    plan = check_import(source, read)
    with open_as(desk, name) as (at, actor):
        import_entries(at, actor, plan.entries, source=source.name, digest=source.sha256)
    return show_plan(plan, f"{len(plan.entries)} entries imported. They are no records, and allow no release.")


def show_plan(plan: ImportPlan, said: str) -> Page:
    """What an import does or would do, and all that could not be mapped."""
    report = {
        "entries": len(plan.entries),
        "problems": [{"row": each.row, "field": each.field, "says": each.says} for each in plan.problems],
        "columns_ignored": plan.ignored,
        "rows_left_out": plan.left_out,
        "not_read": plan.not_read,
    }

    def show(screen: Screen) -> None:
        screen.line(said, "bold")
        screen.line(f"Entries: {len(plan.entries)}. Rows left out: {len(plan.left_out)}.")
        for problem in plan.problems:
            screen.line(f"Row {problem.row}, {problem.field}: {problem.says}.")
        for each in (*plan.ignored, *plan.not_read):
            screen.line(f"Not mapped: {each}.")

    return Page(report, show)


def find_entry(found: Entry | None, name: str) -> Entry:
    """The entry that a name means; raises NotFound for none, or for more than one."""
    if found is None:
        raise NotFound(
            "there is no such entry, or more than one", fix="`fairshare register list --json` has the ids.", where=name
        )
    return found


def show_entries(screen: Screen, entries: Sequence[Entry], states: Sequence[str | None]) -> None:
    """Some entries as a table."""
    rows = [
        (
            each.id.removeprefix("sha256:")[:16] if each.is_record else each.id,
            each.sort,
            each.title,
            "; ".join(each.names()),
            "; ".join(each.items[:6]) + ("; …" if len(each.items) > 6 else ""),
            (state or "").replace("_", " "),
        )
        for each, state in zip(entries, states, strict=True)
    ]
    if rows:
        screen.table(["id", "sort", "title", "parties", "items", "state"], rows)


def write_value(value: Any) -> str:
    """A field of an entry as text."""
    if isinstance(value, list):
        return "; ".join(f"{each['name']} ({each['role']})" if isinstance(each, dict) else str(each) for each in value)
    return str(value)
