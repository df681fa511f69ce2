"""The release sheet as a document, for every format; and its facts, gathered from the records of a case."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairshare.documents.model import Block, Document, Heading, Paragraph, Points, Run, Table, make_runs
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, Decision, Receipt, Release, ReleaseKind, ScopeState
from fairshare.records.kinds import Plan as PlanRecord
from fairshare.release.delivery import PASSPHRASE
from fairshare.release.plan import Plan
from fairshare.release.sharing.blocks import SEALED_TO
from fairshare.release.sheet import (
    Sealed,
    SheetFacts,
    SheetLine,
    describe_group,
    find_risk,
    list_counts,
    show_line,
    tell_law,
    tell_parties,
    tell_unused,
)
from fairshare.release.sheet_facts import AS_IT_IS
from fairshare.release.sheet_sections import Audience, read_words, write_sections
from fairshare.request.wording import Cover, load_shared, write_document, write_paragraphs, write_points
from fairshare.words import BadInput
from fairshare.words.reading import build


def gather_from_records(
    release: Release,
    decision: Decision,
    *,
    agreement: Agreement | None = None,
    receipt: Receipt | None = None,
    plan: PlanRecord | None = None,
    signed_by: str = "-",
) -> SheetFacts:
    """What a release sheet tells, from the records of its case.

    Takes    receipt: the sender's own; plan: the table's, if there was one; signed_by: the key that signed the release.
    Raises   BadInput when the release is not under that decision.
    """
    if release.decision != record_id(decision):
        raise BadInput("the release is under another decision", fix="Give the decision it names.", where="decision")
    table = release.release_kind is ReleaseKind.TABLE
    treatments = receipt.treatments if receipt else {}
    outcomes = frozenset(line.outcome for line in decision.scope if line.item.ref in release.items)
    used = build(Plan, plan.plan, where="plan").treatments_used if plan and table else frozenset()
    to = receipt.sealed_to if receipt else None
    ways: dict[str | None, Sealed | None] = {None: None, PASSPHRASE: "passphrase", SEALED_TO: "sharing"}
    sealed = ways.get(to, "key")
    return SheetFacts(
        release=release,
        release_id=record_id(release),
        decision=decision,
        agreement=agreement,
        lines=tuple(_list_lines(release, decision, treatments, table)),
        signed_by=signed_by,
        risk=find_risk(release.release_kind, outcomes, used),
        files=receipt.files if receipt else (),
        sealed=sealed,
        counts=receipt.counts if receipt and table else None,
        published=plan is not None and table and plan.plan.get("publish") is not None,
    )


def _list_lines(release: Release, decision: Decision, treatments: dict[str, str], table: bool) -> Iterator[SheetLine]:
    """What went, by column of a table or by item; then what was asked for and did not go."""
    if table and treatments:
        for column, said in treatments.items():
            yield SheetLine(column, "as_is" if said == AS_IT_IS else "changed", "" if said == AS_IT_IS else said)
    for line in decision.scope:
        label = f"{line.item.label} ({line.item.person})" if line.item.person else line.item.label
        if line.item.ref in release.items:
            if not (table and treatments):
                said = treatments.get(line.item.ref, AS_IT_IS)
                yield SheetLine(label, "as_is" if said == AS_IT_IS else "changed", "" if said == AS_IT_IS else said)
        elif line.state is ScopeState.WITHHELD:
            yield SheetLine(label, "held_back", line.reason.text)
        else:
            yield SheetLine(label, "held_back", "not part of this release")


def write_sheet_document(facts: SheetFacts, cover: Cover, *, audience: Audience = "holder") -> Document:
    """The release sheet: what went, what was held back, what risk remains, and how to check it. It shows no value."""
    words = read_words(cover.tongue)
    blocks = [
        Paragraph(runs=(Run(text=words[f"for_{audience}"], strong=True),)),
        *write_paragraphs(
            words["intro"].format(holder=facts.release.holder.name, recipient=facts.release.recipient.name)
        ),
        *_tell_release(facts, words),
        *_tell_lines(facts, words, audience),
        *_tell_risk(facts, words),
        *write_sections(facts.sections, audience=audience, language=cover.tongue),
        *_tell_law(facts, words),
        *_tell_files(facts, words),
        Heading(text=words["verify"]),
        *write_points(words["verify_steps"], ordered=True),
        _pair_up([(words["release_id"], facts.release_id), (words["signed_by"], facts.signed_by)]),
        Heading(text=words["recall"]),
        *write_points(words["recall_steps_told" if facts.risk == "told" else f"recall_steps_{audience}"], ordered=True),
        *write_paragraphs(words["not_advice"]),
    ]
    return write_document(
        cover,
        load_shared(),
        "release_sheet",
        blocks,
        title=f"{words['title']}: {facts.release.recipient.name}",
        reference=facts.release_id,
        supports_decision=False,
    )


def _pair_up(rows: list[tuple[str, str]]) -> Block:
    return Points(items=tuple(make_runs(Run(text=f"{term}: ", strong=True), said) for term, said in rows if said))


def _tell_release(facts: SheetFacts, words: dict[str, Any]) -> list[Block]:
    told = tell_parties(facts, words)
    told |= {"kind": words[f"kind_{told['kind']}"], "checked_by": told["checked_by"] or words["not_checked"]}
    told["until"] = f"{told['until']}. {words['until_help']}"
    names = ("holder", "recipient", "contact", "purpose", "kind", "when", "channel", "until", "released_by")
    return [Heading(text=words["summary"]), _pair_up([(words[name], told[name]) for name in (*names, "checked_by")])]


def _tell_lines(facts: SheetFacts, words: dict[str, Any], audience: Audience) -> Iterator[Block]:
    """What became of each row and of each item or column."""
    counts = list_counts(facts, words)
    if counts:
        rows = tuple((make_runs(label), make_runs(number)) for label, number in counts)
        yield Table(
            caption=words["rows_caption"], header=(words["outcome"], words["number"]), rows=rows, widths=(70, 30)
        )
    lines = [show_line(each, audience) for each in facts.lines]
    said = ((each.label, ": ".join(filter(None, (words[f"state_{each.state}"], each.detail)))) for each in lines)
    yield Heading(text=words["lines"])
    yield Table(
        caption=words["lines_caption"],
        header=(words["line"], words["outcome"]),
        rows=tuple((make_runs(label), make_runs(text)) for label, text in said),
        widths=(40, 60),
    )
    yield from write_paragraphs(tell_unused(facts.unused, audience, words))
    if facts.groups:
        yield Heading(text=words["groups"])
        yield from write_points([describe_group(each, words) for each in facts.groups])


def _tell_risk(facts: SheetFacts, words: dict[str, Any]) -> Iterator[Block]:
    yield Heading(text=words["risk"])
    yield from write_paragraphs(
        words[f"risk_{facts.risk}"], words["risk_judged" if facts.risk == "anonymous" else "risk_all"]
    )
    if facts.notes:
        yield Heading(level=2, text=words["notes"])
        yield from write_points(facts.notes)


def _tell_law(facts: SheetFacts, words: dict[str, Any]) -> Iterator[Block]:
    """The conditions, the decision, the agreement and the law that it rests on."""
    told = tell_law(facts, words)
    yield Heading(text=words["conditions"])
    yield from write_points(told["conditions"]) or write_paragraphs(words["conditions_none"])
    agreement = " ".join(filter(None, (told["agreement_title"], told["agreement_id"]))) or words["agreement_none"]
    yield Heading(text=words["law"])
    yield _pair_up(
        [
            (words["decision"], told["decision_id"]),
            *((words[name], told[name]) for name in ("decided_by", "law_then", "law_now")),
            (words["agreement"], agreement),
        ]
    )
    if told["grounds"]:
        rows = tuple(
            (
                (Run(text=each["provision"], link=each["link"]),),
                make_runs(each["says"]),
                make_runs(words[f"mark_{each['mark']}"]),
            )
            for each in told["grounds"]
        )
        header = (words["provision"], words["says"], words["checked"])
        yield Table(caption=words["grounds_caption"], header=header, rows=rows, widths=(30, 45, 25))


def _tell_files(facts: SheetFacts, words: dict[str, Any]) -> Iterator[Block]:
    """The files that went, with their digests, and how the recipient opens them."""
    yield Heading(text=words["files"])
    if facts.files:
        rows = tuple(
            (make_runs(each.name), make_runs(f"{each.bytes:,}"), make_runs(each.sha256)) for each in facts.files
        )
        header = (words["file"], words["size"], words["digest"])
        yield Table(caption=words["files_caption"], header=header, rows=rows, widths=(25, 15, 60))
    else:
        yield from write_paragraphs(words["files_none"])
    if facts.sealed:
        yield Heading(text=words["open"])
        opener = "open_with_client" if facts.sealed == "sharing" else "open_fairshare"
        command = f"{words[opener]} {words[f'open_command_{facts.sealed}']}"
        yield from write_paragraphs(words[f"open_{facts.sealed}"], command)
