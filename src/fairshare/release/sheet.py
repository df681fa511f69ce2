"""The release sheet: one page of HTML that says what went, what was held back, what risk remains and how to check.

It never shows a value of the information itself. The recipient's copy leaves out what only the holder should see: why
an item was held back, and which other columns the holder has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from fairshare.law import load_law
from fairshare.records.kinds import Agreement, Counts, Decision, Ground, Release, ReleaseKind, SentFile
from fairshare.release.engines import GroupMeasured
from fairshare.release.sections import Section
from fairshare.release.sheet_sections import Audience, read_page, read_words, show_sections
from fairshare.words import Outcome, Person
from fairshare.words.dates import write_date

State = Literal["as_is", "changed", "held_back"]
Risk = Literal["identifiable", "pseudonymised", "de_identified", "told", "anonymous"]
Sealed = Literal["key", "passphrase", "sharing"]

LEAVES_DETAIL = frozenset({"keep", "drop", "mask", "pseudonymise"})
"""Treatments that make nothing coarser: with these alone, nothing is called de-identified."""
ROWS = ("rows_read", "rows_rejected", "rows_filtered", "rows_suppressed", "rows_sent")
"""What can become of the rows of a table, in the order in which a sheet says it."""
MOST_LINES = 30
"""How many lines the picture shows; the table under it shows all."""
_LABEL = 20
_FILLS = {"sent": "#1d4f91", "suppressed": "#8fb1dd", "filtered": "#f3f4f5", "rejected": "#ffdd00"}
_MINIMUM = 6.0
"""The least width of a part that is there at all, so that a small one is not lost beside a large one."""


@dataclass(frozen=True)
class SheetLine:
    """One item or column, and what became of it."""

    label: str
    state: State
    detail: str = ""
    """How it was changed, or (for the holder) why it was held back."""


@dataclass(frozen=True)
class SheetFacts:
    """Everything that a release sheet tells."""

    release: Release
    release_id: str
    decision: Decision
    agreement: Agreement | None
    lines: tuple[SheetLine, ...]
    signed_by: str
    risk: Risk
    files: tuple[SentFile, ...] = ()
    sealed: Sealed | None = None
    counts: Counts | None = None
    """None for anything but a table."""
    published: bool = False
    """Whether the rows that went are not the source's: statistics, or synthetic people."""
    groups: tuple[GroupMeasured, ...] = ()
    notes: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    """Columns of the source that nobody asked for."""
    sections: tuple[Section, ...] = ()
    """What each further step has to tell."""


def find_risk(kind: ReleaseKind, outcomes: frozenset[Outcome], treatments: frozenset[str]) -> Risk:
    """What kind of information went, in the law's terms; when in doubt, people can be identified from it.

    Takes    outcomes: of the items that went; treatments: the names of all that a table's plan does; what no
             treatment made coarser, and no group or publication guards, is identifiable whatever was decided.
    """
    if kind in (ReleaseKind.SPOKEN, ReleaseKind.VIEWED):
        return "told"
    if kind is not ReleaseKind.TABLE or outcomes != {Outcome.SHARE_DEIDENTIFIED}:
        return "identifiable"
    if "pseudonymise" in treatments:
        return "pseudonymised"
    return "de_identified" if treatments - LEAVES_DETAIL else "identifiable"


def write_sheet(facts: SheetFacts, *, audience: Audience, language: str = "en") -> str:
    """The release sheet as HTML: no script, nothing fetched, readable on a phone, in print and by a screen reader.

    Raises   SettingOutOfRange for a language that has no words yet.
    """
    words = read_words(language)
    lines = tuple(show_line(line, audience) for line in facts.lines)
    page: str = read_page("sheet.html").render(
        words=words,
        audience=audience,
        **tell_parties(facts, words),
        **tell_law(facts, words),
        picture=_draw(lines, facts, words),
        counts=list_counts(facts, words),
        lines=[{"label": each.label, "says": words[f"state_{each.state}"], "detail": each.detail} for each in lines],
        unused=tell_unused(facts.unused, audience, words),
        groups=dict.fromkeys(describe_group(each, words) for each in facts.groups),
        sections=show_sections(facts.sections, audience=audience, language=language),
        recall=words["recall_steps_told" if facts.risk == "told" else f"recall_steps_{audience}"],
        risk=facts.risk,
        notes=facts.notes,
        files=[{"name": each.name, "size": f"{each.bytes:,}", "sha256": each.sha256} for each in facts.files],
        sealed=facts.sealed,
        release_id=facts.release_id,
        signed_by=facts.signed_by,
    )
    return page


def write_how_to_open(sealed: Sealed, *, language: str = "en") -> str:
    """The note that travels in the clear with sealed files: how to open them. It names nobody."""
    words = read_words(language)
    key = "key.age" if sealed == "passphrase" else "YOUR-KEY-FILE"
    return "\n".join(
        [
            words["how_title"],
            "",
            words["how_intro"],
            words[f"how_{sealed}"],
            "",
            words["how_checked"],
            f"    {words[f'open_command_{sealed}']}",
            "",
            words["how_any"],
            f"    age -d -i {key} manifest.age > manifest.json",
            f"    age -d -i {key} 0001.age > FILE",
            words["how_names"],
            "",
            words["how_problem"],
            "",
        ]
    )


def show_line(line: SheetLine, audience: Audience) -> SheetLine:
    """The reason why something was held back goes in the letter to the recipient, worded for them, not on the sheet."""
    if audience == "recipient" and line.state == "held_back":
        return SheetLine(line.label, line.state)
    return line


def tell_parties(facts: SheetFacts, words: dict[str, Any]) -> dict[str, Any]:
    """Who released to whom, for what, when and how."""
    release = facts.release
    ends = [each.valid.end for each in (facts.decision, facts.agreement) if each is not None and each.valid.end]
    return {
        "holder": release.holder.name,
        "recipient": release.recipient.name,
        "contact": _name(release.recipient_contact),
        "purpose": release.purpose.text or release.purpose.code,
        "kind": release.release_kind.value,
        "when": write_date(release.law_date, words["language"]),
        "channel": release.channel,
        "until": write_date(min(ends), words["language"]) if ends else words["until_further_notice"],
        "released_by": _name(release.released_by),
        "checked_by": _name(release.checked_by),
    }


def tell_law(facts: SheetFacts, words: dict[str, Any]) -> dict[str, Any]:
    """What the release rests on: decision, agreement, law and conditions."""
    decision, agreement = facts.decision, facts.agreement
    return {
        "decision_id": facts.release.decision,
        "decided_by": _name(decision.decided_by),
        "law_then": write_date(decision.law_date, words["language"]),
        "law_now": write_date(facts.release.law_date, words["language"]),
        "agreement_id": facts.release.agreement,
        "agreement_title": agreement.title if agreement else "",
        "grounds": _cite(decision.grounds),
        "conditions": tuple(dict.fromkeys((*decision.conditions, *(agreement.conditions if agreement else ())))),
    }


def _cite(grounds: tuple[Ground, ...]) -> list[dict[str, Any]]:
    """Each provision once for all it does here, by the name and the link that the law files give it."""
    law = load_law()
    cited = []
    for provision, says, mark in dict.fromkeys((each.provision, each.says, each.mark) for each in grounds):
        held = law.provisions.get(provision)
        name, link = (held.citation, held.link) if held else (provision, None)
        cited.append({"provision": name, "link": link, "says": says, "mark": mark})
    return cited


def tell_unused(unused: tuple[str, ...], audience: Audience, words: dict[str, Any]) -> str:
    """Which columns of the source nobody asked for; the recipient learns only how many."""
    if not unused:
        return ""
    return str(words[f"unused_for_{audience}"].format(count=len(unused), names=", ".join(unused)))


def _name(person: Person | None) -> str:
    return f"{person.name}, {person.role}" if person else ""


def list_counts(facts: SheetFacts, words: dict[str, Any]) -> list[tuple[str, str]]:
    """Rows by what became of them, in words."""
    counts = facts.counts
    names: tuple[str, ...] = ROWS
    if counts is None:
        return []
    if facts.published:
        return [(words["rows_of_table"], f"{counts.rows_sent:,}")]
    if not counts.rows_read and counts.rows_sent:
        # Rows read are left uncounted where they would give a number away.
        names = ROWS[-1:]
    return [(words[name], f"{getattr(counts, name):,}") for name in names]


def describe_group(group: GroupMeasured, words: dict[str, Any]) -> str:
    """How small the smallest group of people alike is that went."""
    said = words["groups_none" if group.smallest_group_sent is None else "groups_of"]
    counted = words["groups_people" if group.people else "groups_rows"]
    return str(
        said.format(
            counted=counted,
            columns=", ".join(group.columns),
            k=group.k,
            smallest=group.smallest_group_sent,
            rows=f"{group.rows_in_small_groups:,}",
        )
    )


def _draw(lines: tuple[SheetLine, ...], facts: SheetFacts, words: dict[str, Any]) -> dict[str, Any]:
    """The picture as numbers: a bar of rows, then a lane for each state with a mark for each line."""
    counts = None if facts.published else facts.counts
    rows = _draw_rows(counts, words) if counts and counts.rows_read else []
    top = 70 + 20 * len(rows) if rows else 14
    shown = lines[:MOST_LINES]
    tally = {state: sum(line.state == state for line in lines) for state in ("as_is", "changed", "held_back")}
    says = words["picture_items"].format(total=len(lines), **tally)
    if counts is not None and not (counts.rows_sent and not counts.rows_read):
        said_rows = words["picture_rows"].format(read=f"{counts.rows_read:,}", sent=f"{counts.rows_sent:,}")
        says = f"{said_rows} {says}"
    more = len(lines) - len(shown)
    return {
        "rows": rows,
        "top": top,
        "lanes": [
            {"x": x, "label": words[f"lane_{state}"]}
            for x, state in ((176, "as_is"), (233, "changed"), (290, "held_back"))
        ],
        "lines": [
            {"y": top + 24 * (n + 1), "label": _shorten(line.label), "state": line.state}
            for n, line in enumerate(shown)
        ],
        "more": words["picture_more"].format(more=more) if more else "",
        "height": top + 24 * (len(shown) + 1) + (12 if more else 0),
        "says": says,
    }


def _draw_rows(counts: Counts, words: dict[str, Any]) -> list[dict[str, Any]]:
    sizes = {name: getattr(counts, f"rows_{name}") for name in _FILLS}
    there = {name: size for name, size in sizes.items() if size}
    free = 318 - _MINIMUM * len(there)
    parts: list[dict[str, Any]] = []
    x = 1.0
    for name, size in there.items():
        width = round(_MINIMUM + free * size / counts.rows_read, 1)
        label = f"{_shorten(words[f'rows_{name}'], 38)}: {size:,}"
        parts.append(
            {"x": round(x, 1), "width": width, "fill": _FILLS[name], "label": label, "y": 64 + 20 * len(parts)}
        )
        x += width
    return parts


def _shorten(label: str, most: int = _LABEL) -> str:
    """A label that fits, cut in the middle: what tells two apart often stands at the end."""
    return label if len(label) <= most else f"{label[: most - 7].rstrip()}…{label[-6:].lstrip()}"
