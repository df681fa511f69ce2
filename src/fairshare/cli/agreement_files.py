"""Agreements and notices as files: drafts, signed records, documents by their suffix, and what a party says by key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.files import write_file
from fairshare.words import BadInput
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.documents.model import Document
    from fairshare.records import FullAgreement, SignedRecord
    from fairshare.records.agreed import Matter

Target = Annotated[str, typer.Argument(metavar="CASE|FILE", help="A case at the desk, or the agreement's file.")]
KeyFile = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="For a file, with no desk: your signing key.")
]
Reasons = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")]
NoticeOut = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the signed notice, to send to the other parties.")
]
Written = Annotated[
    list[Path] | None,
    typer.Option("--write", metavar="FILE", help="Write it as .docx, .odt, .pdf, .html, .md or .txt. Repeat it."),
]
FORMATS = {
    ".docx": "docx",
    ".odt": "odt",
    ".pdf": "pdf",
    ".html": "html",
    ".md": "markdown",
    ".txt": "text",
}


def read_any_agreement(path: Path) -> tuple[FullAgreement, SignedRecord | None]:
    """A full agreement from its file, and its signatures if it has any; a draft has none."""
    from fairshare.records import FullAgreement, parse_canonical
    from fairshare.records.canonical import build_record
    from fairshare.records.signing import parse_signed

    raw = read_file(path)
    found = parse_canonical(raw, where=path.name)
    signed = parse_signed(raw, where=path.name) if isinstance(found, dict) and "record" in found else None
    record = signed.record if signed is not None else build_record(found, where=path.name)
    if not isinstance(record, FullAgreement):
        raise BadInput(
            "this is not an agreement with clauses", fix="Give the file that `fairshare agree` wrote.", where=path.name
        )
    return record, signed


def write_documents(document: Document, paths: list[Path] | None) -> list[str]:
    """Writes a document in the formats that the files' suffixes name."""
    from fairshare.documents import render

    for path in paths or ():
        check_suffix(path)
    for path in paths or ():
        write_file(path, render(document, FORMATS[path.suffix.lower()]))  # type: ignore[arg-type]  # one of its formats
    return [str(path) for path in paths or ()]


def check_suffix(path: Path) -> None:
    """Refuses a file whose suffix names no format."""
    if path.suffix.lower() not in FORMATS:
        raise BadInput(
            "its suffix names no format of a document", fix=f"Use one of {', '.join(FORMATS)}.", where=str(path)
        )


def sign_notice(path: Path, key_file: Path | None, matter: Matter, reason: str) -> SignedRecord:
    """What a party says about the agreement in a file, signed with its key; for those who have no desk."""
    import secrets
    from datetime import UTC, datetime

    from fairshare.records import Notice, new_salt, read_signing_key, sign_record

    if key_file is None:
        raise BadInput("a notice on a file is signed with a key", fix="Name yours with --key.", where="--key")
    agreement, signed = read_any_agreement(path)
    key = read_signing_key(key_file)
    party = next((each for each in agreement.parties if each.key == key.public.kid), None)
    if party is None:
        raise BadInput("your key is not the key of a party", fix="Sign with the key that you gave.", where="--key")
    named = signed.id if signed is not None else None
    notice = Notice(
        case=agreement.case,
        salt=new_salt(secrets.token_bytes),
        follows=(named,) if named is not None else agreement.follows[:1],
        made_at=datetime.now(UTC).replace(microsecond=0),
        made_by=party.contact,
        agreement=named,
        party=party.organisation,
        reason=reason,
        matter=matter,
    )
    return sign_record(notice, key)


def describe_notice(signed: SignedRecord, out: Path | None) -> dict[str, Any]:
    """A notice as a document for machines, written to a file where one is wanted."""
    from fairshare.records import encode

    if out is not None:
        write_file(out, encode(signed))
    return {
        "notice": signed.record.model_dump(mode="json"),
        "record": signed.id,
        "file": str(out) if out is not None else None,
    }
