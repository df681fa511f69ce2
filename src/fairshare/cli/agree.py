"""The terms of a routine sharing: drafted from a decision, signed by every party's key, shown in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.case import OutFile, is_file
from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.records import Agreement, PublicKey, SignedRecord

agree = typer.Typer(no_args_is_help=True, help="Draft, sign and show the agreement that a routine sharing needs.")


@add_command(agree, "draft")
def draft(
    case: CaseName,
    terms: Annotated[Path, typer.Argument(metavar="TERMS", help="Title, dates, parties and terms, as YAML or JSON.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Draft the agreement from the case's newest decision: its purpose, items, treatments and conditions.

    In TERMS each party names the file of the public key that it gave you.
    """
    from fairshare.agree import write_agreement_text
    from fairshare.cli.forms import TermsForm, read_form
    from fairshare.desk.draft_agreement import draft_case_agreement

    form = read_form(TermsForm, terms)
    with open_as(desk, name) as (at, actor):
        drafted = draft_case_agreement(
            at,
            actor,
            case,
            form.find_parties(terms.parent),
            title=form.title,
            valid=form.valid,
            review_on=form.review_on,
            terms=dict(form.terms),
        )
    text = write_agreement_text(drafted)

    def show(screen: Screen) -> None:
        screen.line(text)
        screen.line("This is a draft. `fairshare agree sign` makes it a record.", "bold")

    return Page({"case": case, "agreement": drafted.model_dump(mode="json"), "text": text}, show)


@add_command(agree, "sign")
def sign(
    case: CaseName,
    out: OutFile,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Sign the case's draft for this organisation, and write the file to send to the other party."""
    from fairshare.desk.draft_agreement import sign_case_agreement
    from fairshare.records import encode

    with open_as(desk, name) as (at, actor):
        signed = sign_case_agreement(at, actor, case)
    write_file(out, encode(signed))
    return show_signed(signed, out, "Send it to the other party, who signs it with `fairshare agree countersign`.")


@add_command(agree, "countersign")
def countersign(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The agreement that the other party signed.")],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Your signing key.")],
    trust: Annotated[Path, typer.Option("--trust", metavar="KEYS", help="The other party's public key.")],
    out: OutFile,
) -> Page:
    """Sign an agreement that another party signed first; no desk is needed. Read it first: `fairshare agree show`."""
    from fairshare.records import Keys, check_record, cosign_record, encode, read_keys, read_signing_key

    own = read_signing_key(key)
    signed = read_agreement(file)
    check_record(signed, Keys.of([*read_keys(trust), own.public]))
    agreed = find_agreement(signed)
    if own.public.kid not in {party.key for party in agreed.parties}:
        raise BadInput("your key is not the key of a party", fix="Sign with the key that you gave.", where=str(key))
    both = cosign_record(signed, own)
    write_file(out, encode(both))
    return show_signed(both, out, "Send this file back; they take it in with `fairshare agree take`.")


@add_command(agree, "take")
def take(
    case: CaseName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The agreement as the other party sent it back.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Take back the agreement that the other party signed, if the signature holds and its key is trusted."""
    from fairshare.desk.draft_agreement import take_signed_agreement

    with open_as(desk, name) as (at, actor):
        held = take_signed_agreement(at, actor, case, read_agreement(file))
        why_not = find_why_not(held, [*at.trusted], at.clock.now().date())
    return describe_agreement(held, why_not)


@add_command(agree, "show")
def show_agreement(
    agreement: Annotated[str, typer.Argument(metavar="CASE|FILE", help="A case at the desk, or a file.")],
    trust: Annotated[
        Path | None, typer.Option("--trust", metavar="KEYS", help="Public keys you trust, for a file.")
    ] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Show an agreement in words: who has signed it, and whether it is in force today."""
    from datetime import UTC, datetime

    if is_file(agreement):
        from fairshare.records import read_keys

        signed = read_agreement(Path(agreement))
        keys = [*read_keys(trust)] if trust is not None else []
        return describe_agreement(signed, find_why_not(signed, keys, datetime.now(UTC).date()))
    from fairshare.desk.entering import find_latest, read_case

    with open_as(desk, name) as (at, _):
        held = find_latest(read_case(at, agreement), "agreement")
        why_not = find_why_not(held, [*at.trusted], at.clock.now().date())
    return describe_agreement(held, why_not)


def read_agreement(path: Path) -> SignedRecord:
    """A signed agreement from its file."""
    from fairshare.records import parse_signed

    signed = parse_signed(read_file(path), where=path.name)
    find_agreement(signed)
    return signed


def find_agreement(signed: SignedRecord) -> Agreement:
    """The agreement in a signed record; raises BadInput for any other record."""
    from fairshare.records import Agreement

    if not isinstance(signed.record, Agreement):
        raise BadInput(
            "this is not an agreement", fix="Give the file that `fairshare agree sign` wrote.", where=signed.id
        )
    return signed.record


def find_signers(signed: SignedRecord, keys: Sequence[PublicKey]) -> dict[str, str]:
    """By key id, the names of those of `keys` whose signatures hold; what other keys signed counts for nothing."""
    from fairshare.records import Keys, UnknownSigner, check_signature

    found: dict[str, str] = {}
    for each in signed.signatures:
        try:
            key = check_signature(each, signed.id, Keys.of(keys), "fairshare-record")
        except UnknownSigner:
            continue
        found[key.kid] = key.name
    return found


def find_why_not(signed: SignedRecord, keys: Sequence[PublicKey], day: Any) -> tuple[dict[str, str], str | None]:
    """Who has signed, and why it is not in force on a day, if it is not."""
    from fairshare.agree import why_not_in_force

    signers = find_signers(signed, keys)
    reason = why_not_in_force(find_agreement(signed), signers, day)
    return signers, reason.text if reason else None


def describe_agreement(signed: SignedRecord, standing: tuple[dict[str, str], str | None]) -> Page:
    """An agreement in words, and whether it is in force."""
    from fairshare.agree import write_agreement_text

    signers, why_not = standing
    text = write_agreement_text(find_agreement(signed), signed_by=dict.fromkeys(signers, "yes"))

    def show(screen: Screen) -> None:
        screen.line(text)
        screen.line(why_not or "It is in force.", "bold yellow" if why_not else "bold green")

    document = {
        "agreement": signed.record.model_dump(mode="json"),
        "record": signed.id,
        "signed_by": signers,
        "in_force": why_not is None,
        "why_not": why_not,
        "text": text,
    }
    return Page(document, show)


def show_signed(signed: SignedRecord, out: Path, following: str) -> Page:
    """What was signed, where it is, and what to do with it."""

    def show(screen: Screen) -> None:
        screen.line(f"Signed: {find_agreement(signed).title}. It is in {out}.", "bold")
        screen.line(following)

    return Page({"record": signed.id, "file": str(out), "signatures": len(signed.signatures)}, show)
