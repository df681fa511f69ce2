"""Composing and negotiating agreements: new, propose, answer, vary, join."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.agree import agree
from fairshare.cli.agreement_clauses import show_files
from fairshare.cli.agreement_files import (
    KeyFile,
    NoticeOut,
    Reasons,
    Target,
    Written,
    describe_notice,
    read_any_agreement,
    sign_notice,
    write_documents,
)
from fairshare.cli.case import is_file
from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.files import read_day, write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import decode_text, read_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fairshare.agree import Composition
    from fairshare.agree.proposals import Proposal
    from fairshare.records import FullAgreement, SignedRecord
    from fairshare.records.agreed import Answered, Proposed

DraftOut = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the draft, to send to the other parties.")
]
WHY = {
    "applies": "it applies",
    "not_known": "nobody has said whether it applies, so it stays in",
    "wanted": "you asked for it",
    "chosen": "you chose its words",
    "does_not_apply": "it does not apply",
    "only_offered": "it is only offered",
    "left_out": "you left it out",
}


@add_command(agree, "new")
def new(
    case: CaseName,
    terms: Annotated[Path, typer.Argument(metavar="TERMS", help="Kind, parties, dates and words, as YAML or JSON.")],
    write: Written = None,
    summary: Annotated[
        list[Path] | None,
        typer.Option("--summary", metavar="FILE", help="Write the summary for the people it is about. Repeat it."),
    ] = None,
    out: DraftOut = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Compose an agreement from the newest decision and the clause bank, and say why each clause is in it."""
    from fairshare.agree import write_agreement_document, write_summary_document
    from fairshare.cli.agreement_forms import FullTermsForm
    from fairshare.cli.forms import read_form
    from fairshare.desk.compose_agreement import compose_case_agreement

    form = read_form(FullTermsForm, terms)
    with open_as(desk, name) as (at, actor):
        composed = compose_case_agreement(at, actor, case, form.find_parties(terms.parent), form.find_terms())
    files = write_documents(write_agreement_document(composed.agreement), write)
    files += write_documents(write_summary_document(composed.agreement), summary)
    write_draft(composed.agreement, out)

    def show(screen: Screen) -> None:
        show_composition(screen, composed)
        show_files(screen, files)

    document = {
        "case": case,
        "agreement": composed.agreement.model_dump(mode="json"),
        "clauses": [vars(each) for each in composed.choices],
        "gaps": composed.gaps,
        "files": files,
    }
    return Page(document, show)


@add_command(agree, "propose")
def propose(
    target: Target,
    clause: Annotated[str | None, typer.Option("--clause", metavar="ID", help="The clause.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Its new words.")] = None,
    text_file: Annotated[Path | None, typer.Option("--text-file", metavar="FILE", help="Or a file of them.")] = None,
    heading: Annotated[str | None, typer.Option("--heading", help="For a new clause: its heading.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Leave the clause out.")] = False,
    counters: Annotated[str | None, typer.Option("--counters", metavar="ID", help="The proposal it counters.")] = None,
    edited: Annotated[
        Path | None, typer.Option("--edited", metavar="FILE", help="A copy edited in Word or LibreOffice, instead.")
    ] = None,
    reason: Reasons = "",
    out: NoticeOut = None,
    key: KeyFile = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Propose other words for a clause, or bring in a copy that somebody edited: one proposal for each clause changed.

    Nothing can be signed until every proposal is closed.
    """
    from fairshare.desk.compose_agreement import propose_change, propose_edited, read_draft

    if is_file(target):
        draft, _ = read_any_agreement(Path(target))
        matters = read_matters(draft, clause, text, text_file, heading, remove, counters, edited)
        made = [sign_notice(Path(target), key, each, reason) for each in matters]
    else:
        with open_as(desk, name) as (at, actor):
            draft = read_draft(at, target)
            if edited is not None:
                made = [*propose_edited(at, actor, target, read_edited(draft, edited), reason=reason)]
            else:
                matters = read_matters(draft, clause, text, text_file, heading, remove, counters, None)
                made = [propose_change(at, actor, target, each, reason=reason) for each in matters]
    return show_proposals(made, out)


@add_command(agree, "answer")
def answer(
    target: Target,
    proposal: Annotated[str, typer.Argument(metavar="PROPOSAL", help="Its clause, its id, or its file.")],
    says: Annotated[str, typer.Argument(metavar="ANSWER", help="accept, reject or withdraw.")],
    reason: Reasons = "",
    out: NoticeOut = None,
    key: KeyFile = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Answer a proposal. Accepted by every other party, it is in the draft; a counter is made with `propose`."""
    from fairshare.desk.compose_agreement import answer_proposal

    if says not in ("accept", "reject", "withdraw"):
        raise BadInput("this is no answer", fix="Say accept, reject or withdraw.", where=says[:40])
    if is_file(target):
        said = sign_notice(Path(target), key, make_answer(find_proposal(proposal, ()), says), reason)
    else:
        from fairshare.agree import list_proposals
        from fairshare.desk.compose_agreement import read_draft
        from fairshare.desk.entering import read_case
        from fairshare.desk.held_agreements import list_notices

        with open_as(desk, name) as (at, actor):
            names = {each.organisation.name for each in read_draft(at, target).parties}
            told = [notice for _, notice in list_notices(at, read_case(at, target))]
            matter = make_answer(find_proposal(proposal, list_proposals(told, names)), says)
            said = answer_proposal(at, actor, target, matter, reason=reason)
    document = describe_notice(said, out)
    return Page(document, lambda screen: screen.line(f"Recorded: {says} {proposal[:20]}.", "bold"))


@add_command(agree, "vary")
def vary(
    case: CaseName,
    start: Annotated[str | None, typer.Option("--from", metavar="DAY", help="From when it runs.")] = None,
    end: Annotated[str | None, typer.Option("--until", metavar="DAY", help="Until when it runs.")] = None,
    review: Annotated[str | None, typer.Option("--review", metavar="DAY", help="The next review.")] = None,
    title: Annotated[str | None, typer.Option("--title", help="Another title.")] = None,
    out: DraftOut = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Draft the next version of the agreement, or renew it; the version before stays in force until all have signed."""
    from fairshare.desk.compose_agreement import vary_agreement
    from fairshare.desk.entering import find_latest, read_case

    changes: dict[str, Any] = {}
    with open_as(desk, name) as (at, actor):
        valid = find_latest(read_case(at, case), "agreement").record.valid  # type: ignore[union-attr]  # by its kind
        if start or end:
            changes["valid"] = {
                "start": read_day(start, where="--from") if start else valid.start,
                "end": read_day(end, where="--until") if end else valid.end,
            }
        if review:
            changes["review_on"] = read_day(review, where="--review")
        if title:
            changes["title"] = title
        draft = vary_agreement(at, actor, case, changes)
    return show_draft(draft, out)


@add_command(agree, "join")
def join(
    case: CaseName,
    party: Annotated[Path, typer.Argument(metavar="PARTY", help="The new party, as in the terms: YAML or JSON.")],
    out: DraftOut = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Draft the next version with one party more; it joins once every party has signed."""
    from fairshare.cli.agreement_forms import WrittenFullParty, find_full_party
    from fairshare.cli.forms import read_form
    from fairshare.desk.compose_agreement import vary_agreement
    from fairshare.desk.entering import find_latest, read_case

    joining = find_full_party(read_form(WrittenFullParty, party), party.parent)
    with open_as(desk, name) as (at, actor):
        newest = find_latest(read_case(at, case), "agreement").record
        parties = [each.model_dump() for each in newest.parties]  # type: ignore[union-attr]  # by its kind
        draft = vary_agreement(at, actor, case, {"parties": [*parties, joining.model_dump()]})
    return show_draft(draft, out)


def read_matters(
    draft: FullAgreement,
    clause: str | None,
    text: str | None,
    text_file: Path | None,
    heading: str | None,
    remove: bool,
    counters: str | None,
    edited: Path | None,
) -> list[Proposed]:
    """What is proposed, from the options of the command: one clause, or all that an edited copy changes."""
    from fairshare.agree import read_changes
    from fairshare.records.agreed import Proposed
    from fairshare.words.reading import build

    if edited is not None:
        return list(read_changes(draft, read_edited(draft, edited)))
    if text_file is not None:
        text = decode_text(read_file(text_file), where=text_file.name).strip()
    if clause is None or (text is None) != remove:
        raise BadInput(
            "a proposal is about one clause, with new words or to leave it out",
            fix="Give --clause, and --text, --text-file or --remove.",
            where="--clause",
        )
    found = {"clause": clause, "text": text, "heading": heading, "counters": counters}
    return [build(Proposed, found, where="--clause")]


def read_edited(draft: FullAgreement, path: Path) -> dict[str, str | None]:
    """By clause id, its words in a copy that somebody edited."""
    from fairshare.agree import match_clauses
    from fairshare.documents.paragraphs import read_paragraphs

    paper = read_paragraphs(read_file(path), where=path.name)
    return match_clauses(draft, [(each.heading, each.text) for each in paper.paragraphs])


def make_answer(proposal: str, says: str) -> Answered:
    """An answer to a proposal."""
    from fairshare.records.agreed import Answered
    from fairshare.words.reading import build

    return build(Answered, {"proposal": proposal, "answer": says}, where="PROPOSAL")


def find_proposal(text: str, known: Sequence[Proposal]) -> str:
    """A proposal's id from its file, from its id or the start of it, or from its clause if one is open there."""
    from fairshare.records import Notice, parse_signed

    if is_file(text):
        signed = parse_signed(read_file(Path(text)), where=text)
        if isinstance(signed.record, Notice) and signed.record.matter.act == "proposed":
            return signed.id
    wanted = text if text.startswith("sha256:") else f"sha256:{text}"
    found = [each.id for each in known if each.id.startswith(wanted) and len(wanted) >= 15]
    found = found or [each.id for each in known if each.matter.clause == text and each.outcome == "open"]
    found = found or ([wanted] if len(wanted) == 71 else [])
    if not found:
        raise NotFound("there is no such proposal", fix="`fairshare agree show` lists them.", where=text[:80])
    if len(found) > 1:
        raise BadInput("this could be more than one", fix="Give more of its id.", where=text[:80])
    return found[0]


def write_draft(draft: FullAgreement, out: Path | None) -> None:
    """Writes a draft for the other parties, where that is wanted."""
    from fairshare.records import encode

    if out is not None:
        write_file(out, encode(draft))


def show_draft(draft: FullAgreement, out: Path | None) -> Page:
    """A new draft, and what comes next."""
    write_draft(draft, out)

    def show(screen: Screen) -> None:
        screen.line(f"Drafted: {draft.title}, the version after {draft.supersedes}.", "bold")
        screen.line("Negotiate it with `fairshare agree propose`, then sign it with `fairshare agree sign`.")

    return Page({"agreement": draft.model_dump(mode="json"), "file": str(out) if out else None}, show)


def show_composition(screen: Screen, composed: Composition) -> None:
    """What was put in, what was left out and why, and what has still to be filled in."""
    agreement = composed.agreement
    screen.line(f"{agreement.title}: {len(agreement.clauses)} clauses, {len(agreement.schedules)} schedules.", "bold")
    rows = [(each.id, "in" if each.put_in else "out", each.reason or WHY[each.why]) for each in composed.choices]
    screen.table(["clause", "", "because"], rows)
    if composed.gaps:
        screen.line(f"Still to be filled in under `slots`: {', '.join(composed.gaps)}.", "bold yellow")
    screen.line("This is a draft. `fairshare agree sign` makes it a record.", "bold")


def show_proposals(made: list[SignedRecord], out: Path | None) -> Page:
    """What was proposed; several go to files that are numbered."""
    paths = [out.with_stem(f"{out.stem}-{n}") if len(made) > 1 else out for n in range(1, len(made) + 1)] if out else []
    found = [describe_notice(each, paths[n] if paths else None) for n, each in enumerate(made)]

    def show(screen: Screen) -> None:
        for each in found:
            screen.bullet(f"{each['notice']['matter']['clause']}: proposal {each['record'][7:19]}")
        screen.line("Nothing can be signed until it is answered: `fairshare agree answer`.", "bold")

    return Page({"proposals": found}, show)
