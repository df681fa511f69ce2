"""An agreement in words that its parties can read before they sign."""

from __future__ import annotations

from fairshare.records.kinds import Agreement


def write_agreement_text(agreement: Agreement, *, signed_by: dict[str, str] | None = None) -> str:
    """The agreement as Markdown: who, what for, which items and how they are treated, when, on what conditions.

    Takes    signed_by: by key id, when or how each party signed; shown beside the party.
    """
    signed = signed_by or {}
    end = agreement.valid.end or "further notice"
    lines = [
        f"# {agreement.title}",
        "",
        "Drafted with Fairshare from a recorded decision. It is not legal advice.",
        "",
        "## Parties",
        "",
        "| organisation | role | contact | key | signed |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {cell(party.organisation.name)} | {party.role} | {cell(party.contact.name)}, {cell(party.contact.role)} "
        f"| `{party.key[:12]}...` | {cell(signed.get(party.key, 'not yet'))} |"
        for party in agreement.parties
    ]
    lines += [
        "",
        "## Purpose",
        "",
        agreement.purpose.text or agreement.purpose.code,
        "",
        "## What is shared",
        "",
        "| item | how it is treated |",
        "|---|---|",
    ]
    lines += [
        f"| {cell(item.label)} | {cell(agreement.treatments.get(item.ref, 'as it is'))} |" for item in agreement.items
    ]
    lines += [
        "",
        "## Dates",
        "",
        f"In force from {agreement.valid.start} to {end}; review by {agreement.review_on}.",
        "",
    ]
    if agreement.conditions:
        lines += ["## Conditions", "", *(f"- {condition}" for condition in agreement.conditions), ""]
    for heading, text in agreement.terms.items():
        lines += [f"## {heading}", "", text, ""]
    return "\n".join(lines)


def cell(text: str) -> str:
    """Text made safe for one cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
