"""What a draft of a plan starts from: a source by its file, and an agreement by its case or its record."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairshare.words import BadInput, NotFound

if TYPE_CHECKING:
    from fairshare.records import Agreement
    from fairshare.release.sources import Source

FORMATS = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".sqlite": "sqlite",
    ".sqlite3": "sqlite",
    ".db": "sqlite",
}
DATABASES = ("postgresql", "mariadb")


def find_source(path: Path, base: Path, *, table: str | None, connection: str | None) -> Source:
    """The source that a file, a folder or a database connection is, as a plan beside it names it.

    Takes    base: the folder that the plan's paths start at; connection: such as `postgresql:housing`.
    """
    from pydantic import TypeAdapter, ValidationError

    from fairshare.release.sources import Source

    fields = _name_database(connection, table or path.name) if connection is not None else _name_file(path, base, table)
    try:
        found: Source = TypeAdapter(Source).validate_python(fields)
        return found
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        raise BadInput(
            f"the source cannot be named in a plan: {fault['msg']}",
            fix="Give --table for a table of a database, and keep the file in the plan's own folder.",
            where=".".join(map(str, fault["loc"])),
        ) from None


def _name_file(path: Path, base: Path, table: str | None) -> dict[str, Any]:
    if not path.exists():
        raise NotFound("there is no such file or folder", fix="Check the path.", where=str(path))
    kind = _find_folder_kind(path) if path.is_dir() else FORMATS.get(path.suffix.lower())
    if kind is None:
        raise BadInput(
            "this is no kind of table that a plan reads", fix=f"Name a file in {', '.join(FORMATS)}.", where=path.name
        )
    place = Path(os.path.relpath(path.resolve(), base.resolve())).as_posix()
    named = {"table": table} if kind == "sqlite" else {"sheet": table} if kind == "xlsx" and table else {}
    return {"format": kind, "path": place, **named}


def _find_folder_kind(path: Path) -> str:
    return "delta" if (path / "_delta_log").is_dir() else "parquet_folder"


def _name_database(connection: str, table: str) -> dict[str, Any]:
    kind, _, name = connection.partition(":")
    if kind not in DATABASES or not name:
        raise BadInput(
            "this names no database", fix=f"Write FORMAT:NAME, with {' or '.join(DATABASES)}.", where="--connection"
        )
    return {"format": kind, "connection": name, "table": table}


def find_agreement(given: str, desk: Path) -> Agreement:
    """The agreement in a record's file, or the one that counts today in a case of the desk."""
    from fairshare.desk.entering import read_case
    from fairshare.desk.held_agreements import find_current
    from fairshare.desk.workspace import open_desk
    from fairshare.records import Agreement, parse_signed
    from fairshare.words.reading import read_file

    if Path(given).is_file():
        signed = parse_signed(read_file(Path(given)), where=given)
    else:
        with open_desk(desk) as at:
            current = find_current(at, read_case(at, given))
        if current is None:
            raise NotFound("the case has no agreement", fix="Draft and sign one first.", where=given)
        signed = current
    if not isinstance(signed.record, Agreement):
        raise BadInput("this record is no agreement", fix="Give the agreement's own file.", where=given)
    return signed.record
