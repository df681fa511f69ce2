"""An agreement in words that its parties can read before they sign."""

from __future__ import annotations

from collections.abc import Iterable

from fairshare.records.kinds import Agreement


def write_agreement_text(agreement: Agreement, *, signed_by: dict[str, str] | None = None) -> str:
    """The agreement as Markdown: who, what for, which items and how they are treated, when, on what conditions.

    Takes    signed_by: by key id, when or how each party signed; shown beside the party.
    """
    signed = signed_by or {}
    parties = [
        (
            f"{party.organisation.name}",
            party.role,
            f"{party.contact.name}, {party.contact.role}",
            f"`{party.key[:12]}...`",
            signed.get(party.key, "not yet"),
        )
        for party in agreement.parties
    ]
    items = [(item.label, agreement.treatments.get(item.ref, "as it is")) for item in agreement.items]
    end = agreement.valid.end or "further notice"
    sections = {
        "Parties": write_table(("organisation", "role", "contact", "key", "signed"), parties),
        "Purpose": agreement.purpose.text or agreement.purpose.code,
        "What is shared": write_table(("item", "how it is treated"), items),
        "Dates": f"In force from {agreement.valid.start} to {end}; review by {agreement.review_on}.",
        "Conditions": "\n".join(f"- {condition}" for condition in agreement.conditions),
        **agreement.terms,
    }
    head = f"# {agreement.title}\n\nDrafted with Fairshare from a recorded decision. It is not legal advice.\n"
    return head + "".join(f"\n## {heading}\n\n{text}\n" for heading, text in sections.items() if text)


def write_table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table, its cells made safe."""
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(cell(each) for each in line)} |" for line in lines)


def cell(text: str) -> str:
    """Text made safe for one cell of a Markdown table."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
