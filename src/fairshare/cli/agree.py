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
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import read_file

if TYPE_CHECKING:
    from fairshare.desk.ports import Desk
    from fairshare.records import Agreement, Notice, PublicKey, SignedRecord

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
    """Sign an agreement that another party signed first, or a draft; no desk is needed. Read it first: `agree show`."""
    from fairshare.records import Keys, check_record, cosign_record, encode, read_keys, read_signing_key, sign_record

    own = read_signing_key(key)
    draft, signed = read_draft_or_signed(file)
    if own.public.kid not in {party.key for party in draft.parties}:
        raise BadInput("your key is not the key of a party", fix="Sign with the key that you gave.", where=str(key))
    if signed is not None:
        check_record(signed, Keys.of([*read_keys(trust), own.public]))
    both = cosign_record(signed, own) if signed is not None else sign_record(draft, own)
    write_file(out, encode(both))
    return show_signed(both, out, "Send this file back; they take it in with `fairshare agree take`.")


@add_command(agree, "take")
def take(
    case: CaseName,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The agreement as the other party sent it back.")],
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Take in what the other party signed, the agreement or a notice, if its signature holds and its key is trusted."""
    from fairshare.desk.draft_agreement import take_signed_agreement
    from fairshare.desk.look_after_agreement import take_notice
    from fairshare.records import Notice

    signed = read_signed(file)
    with open_as(desk, name) as (at, actor):
        if isinstance(signed.record, Notice):
            take_notice(at, actor, case, signed)
            said = f"Taken in: {signed.record.party.name} {signed.record.matter.act.replace('_', ' ')}."
            document = {"notice": signed.record.model_dump(mode="json"), "record": signed.id}
            return Page(document, lambda screen: screen.line(said, "bold"))
        find_agreement(signed)
        held = take_signed_agreement(at, actor, case, signed)
        return describe_agreement(held, find_held_why_not(at, case, held))


@add_command(agree, "show")
def show_agreement(
    agreement: Annotated[str, typer.Argument(metavar="CASE|FILE", help="A case at the desk, or a file.")],
    trust: Annotated[
        Path | None, typer.Option("--trust", metavar="KEYS", help="Public keys you trust, for a file.")
    ] = None,
    write: Annotated[
        list[Path] | None,
        typer.Option("--write", metavar="FILE", help="Write it as .docx, .odt, .pdf, .html, .md or .txt. Repeat it."),
    ] = None,
    summary: Annotated[
        list[Path] | None,
        typer.Option("--summary", metavar="FILE", help="Write the summary for the people it is about. Repeat it."),
    ] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Show an agreement in words: its clauses, who has signed, what is open, and whether it is in force today."""
    if is_file(agreement):
        return show_agreement_file(Path(agreement), trust, write, summary)
    from fairshare.desk.draft_agreement import find_draft
    from fairshare.desk.entering import read_case
    from fairshare.desk.held_agreements import find_current, list_notices

    with open_as(desk, name) as (at, _):
        records = read_case(at, agreement)
        draft = find_draft(at, agreement)
        held = find_current(at, records)
        told = [notice for _, notice in list_notices(at, records)]
        if draft is not None and not any(each.id == record_id_of(draft) for each in records):
            # What is being worked on stands before what it will replace.
            return show_draft_page(draft, told, held, write, summary)
        if held is None:
            raise NotFound("the case has no agreement", fix="Compose one: `fairshare agree new`.", where=agreement)
        page = describe_agreement(held, find_held_why_not(at, agreement, held), told)
    write_papers(held.record, write, summary, page.document["signed_by"])
    return page


def read_signed(path: Path) -> SignedRecord:
    """A signed record from its file."""
    from fairshare.records import parse_signed

    return parse_signed(read_file(path), where=path.name)


def read_draft_or_signed(path: Path) -> tuple[Agreement, SignedRecord | None]:
    """An agreement from its file, and its signatures if it has any; a draft has none."""
    from fairshare.records import Agreement, parse_canonical, parse_signed
    from fairshare.records.canonical import build_record

    raw = read_file(path)
    found = parse_canonical(raw, where=path.name)
    if isinstance(found, dict) and "record" not in found and "kind" in found:
        record = build_record(found, where=path.name)
        if not isinstance(record, Agreement):
            raise BadInput("this is not an agreement", fix="Give a draft or a signed agreement.", where=path.name)
        return record, None
    signed = parse_signed(raw, where=path.name)
    return find_agreement(signed), signed


def show_agreement_file(path: Path, trust: Path | None, write: list[Path] | None, summary: list[Path] | None) -> Page:
    """An agreement or a draft in a file, in words; signatures count only by the keys that are trusted."""
    from datetime import UTC, datetime

    from fairshare.records import read_keys

    draft, signed = read_draft_or_signed(path)
    if signed is None:
        return show_draft_page(draft, [], None, write, summary)
    keys = [*read_keys(trust)] if trust is not None else []
    page = describe_agreement(signed, find_why_not(signed, keys, datetime.now(UTC).date()))
    write_papers(draft, write, summary, page.document["signed_by"])
    return page


def show_draft_page(
    draft: Agreement,
    told: Sequence[Notice],
    held: SignedRecord | None,
    write: list[Path] | None,
    summary: list[Path] | None,
) -> Page:
    """A draft in words, with the proposals on it and the version that it would replace."""
    text = write_words(draft, {})
    proposals = describe_proposals(draft, told)
    write_papers(draft, write, summary, {})

    def show(screen: Screen) -> None:
        screen.line(text)
        show_proposals(screen, proposals)
        screen.line("This is a draft. `fairshare agree sign` makes it a record.", "bold")

    document = {
        "agreement": draft.model_dump(mode="json"),
        "record": None,
        "current": held.id if held is not None else None,
        "signed_by": {},
        "in_force": False,
        "why_not": "This is a draft.",
        "proposals": proposals,
        "text": text,
    }
    return Page(document, show)


def write_words(agreement: Agreement, signed_by: dict[str, str]) -> str:
    """An agreement in Markdown: with its clauses, if it has any."""
    from fairshare.agree import write_agreement_document, write_agreement_text
    from fairshare.records import FullAgreement

    if not isinstance(agreement, FullAgreement):
        return write_agreement_text(agreement, signed_by=dict.fromkeys(signed_by, "yes"))
    from fairshare.documents import render

    return render(write_agreement_document(agreement, signed=find_signed(agreement, signed_by)), "markdown").decode()


def find_signed(agreement: Agreement, signed_by: dict[str, str]) -> dict[str, tuple[None, str]]:
    """By organisation, how it signed, for the places where the parties sign."""
    return {
        party.organisation.name: (None, f"Ed25519, {party.key}")
        for party in agreement.parties
        if party.key in signed_by
    } | {name: (None, "in ink") for key, name in signed_by.items() if key.startswith("ink:")}


def write_papers(
    agreement: Any, write: list[Path] | None, summary: list[Path] | None, signed_by: dict[str, str]
) -> None:
    """Writes an agreement and its summary in the formats that the files' suffixes name."""
    from fairshare.agree import write_agreement_document, write_summary_document
    from fairshare.cli.agreement_files import write_documents
    from fairshare.records import FullAgreement

    if not (write or summary):
        return
    if not isinstance(agreement, FullAgreement):
        raise BadInput(
            "an agreement without clauses is written as text only", fix="Compose it with `agree new`.", where="--write"
        )
    write_documents(write_agreement_document(agreement, signed=find_signed(agreement, signed_by)), write)
    write_documents(write_summary_document(agreement), summary)


def describe_proposals(agreement: Agreement, told: Sequence[Notice]) -> list[dict[str, Any]]:
    """Every proposal in the case, and what became of it."""
    from fairshare.agree import list_proposals

    names = {party.organisation.name for party in agreement.parties}
    return [
        {
            "proposal": each.id,
            "by": each.author,
            "on": each.notice.made_at,
            "clause": each.matter.clause,
            "text": each.matter.text,
            "reason": each.notice.reason,
            "outcome": each.outcome,
            "accepted_by": each.accepted_by,
        }
        for each in list_proposals(told, names)
    ]


def show_proposals(screen: Screen, proposals: list[dict[str, Any]]) -> None:
    """The proposals as a table."""
    if proposals:
        rows = [(each["proposal"][7:19], each["by"], each["clause"], each["outcome"]) for each in proposals]
        screen.table(["proposal", "by", "clause", "outcome"], rows)


def record_id_of(agreement: Agreement) -> str:
    """The id that an agreement has or would have as a record."""
    from fairshare.records import record_id

    return record_id(agreement)


def find_held_why_not(at: Desk, case: str, signed: SignedRecord) -> tuple[dict[str, str], str | None]:
    """Who has signed an agreement that the desk holds, with a key or in ink, and why it is not in force, if so."""
    from fairshare.agree import why_not_held
    from fairshare.desk.entering import read_case
    from fairshare.desk.held_agreements import hold_agreement
    from fairshare.records.agreed import SignedInInk

    held = hold_agreement(at, read_case(at, case), signed)
    signers = find_signers(signed, [*at.trusted])
    ink = [each.matter.organisation.name for each in held.about() if isinstance(each.matter, SignedInInk)]
    reason = why_not_held(held, at.clock.now().date())
    return signers | {f"ink:{name}": name for name in ink}, reason.text if reason else None


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


def describe_agreement(
    signed: SignedRecord, standing: tuple[dict[str, str], str | None], told: Sequence[Notice] = ()
) -> Page:
    """An agreement in words, and whether it is in force."""
    signers, why_not = standing
    agreement = find_agreement(signed)
    text = write_words(agreement, signers)
    proposals = describe_proposals(agreement, told)

    def show(screen: Screen) -> None:
        screen.line(text)
        show_proposals(screen, proposals)
        screen.line(why_not or "It is in force.", "bold yellow" if why_not else "bold green")

    document = {
        "agreement": signed.record.model_dump(mode="json"),
        "record": signed.id,
        "signed_by": signers,
        "in_force": why_not is None,
        "why_not": why_not,
        "proposals": proposals,
        "text": text,
    }
    return Page(document, show)


def show_signed(signed: SignedRecord, out: Path, following: str) -> Page:
    """What was signed, where it is, and what to do with it."""

    def show(screen: Screen) -> None:
        screen.line(f"Signed: {find_agreement(signed).title}. It is in {out}.", "bold")
        screen.line(following)

    return Page({"record": signed.id, "file": str(out), "signatures": len(signed.signatures)}, show)
