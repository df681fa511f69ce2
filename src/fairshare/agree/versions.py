"""Two versions of an agreement: what differs clause by clause, as marked changes and side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Literal

from fairshare.agree.document import LANGUAGES, write_agreement_document
from fairshare.agree.phrases import load_phrases
from fairshare.documents.model import Block, Brand, Document, Heading, Notice, Paragraph, Run, Runs, Table, make_runs
from fairshare.records.agreed import Schedule
from fairshare.records.kinds import FullAgreement

_WORD = re.compile(r"\S+|\s+")
_FIELDS = (
    "title",
    "form",
    "purpose",
    "valid",
    "review_on",
    "conditions",
    "parties",
    "items",
    "treatments",
    "framework",
)


@dataclass(frozen=True)
class Difference:
    """One clause or schedule that is not the same in both versions; none before is added, none after is left out."""

    id: str
    heading: str
    before: str | None
    after: str | None

    @property
    def change(self) -> Literal["added", "removed", "changed"]:
        """What became of it."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def compare_versions(before: FullAgreement, after: FullAgreement) -> tuple[Difference, ...]:
    """What differs between two versions, clause by clause, in the order of the later one; then what is gone."""
    old, new = _list_parts(before), _list_parts(after)
    found = [
        Difference(each, heading, old.get(each, (None, None))[1], text)
        for each, (heading, text) in new.items()
        if old.get(each, (None, None))[1] != text
    ]
    return (*found, *(Difference(each, old[each][0], old[each][1], None) for each in old if each not in new))


def mark_changes(before: str, after: str, *, by: str | None = None, on: date | None = None) -> Runs:
    """The words of two texts as one, with what was inserted and what was deleted marked.

    >>> [(run.text, run.change) for run in mark_changes("kept six months", "kept nine months")]
    [('kept ', None), ('six', 'deleted'), ('nine', 'inserted'), (' months', None)]
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    runs: list[Run] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            runs.append(Run(text="".join(old[start:end])))
            continue
        if end > start:
            runs.append(Run(text="".join(old[start:end]), change="deleted", by=by, on=on))
        if new_end > new_start:
            runs.append(Run(text="".join(new[new_start:new_end]), change="inserted", by=by, on=on))
    return tuple(runs)


def write_redline(before: FullAgreement, after: FullAgreement, *, by: str | None = None) -> Document:
    """The later version with every change since the earlier one marked as a tracked change."""
    say = load_phrases(after.language)
    on = after.made_at.date()
    old = _list_parts(before)
    blocks: list[Block] = []
    for part, (heading, text) in _list_parts(after).items():
        blocks.append(Heading(level=2, text=heading))
        blocks += _mark_paragraphs(old[part][1] if part in old else "", text, by, on)
    gone = [each for each in old if each not in _list_parts(after)]
    for part in gone:
        blocks.append(Heading(level=2, text=old[part][0]))
        blocks += _mark_paragraphs(old[part][1], "", by, on)
    return _wrap(before, after, "agreement_redline", say("redline_title", title=after.title), blocks)


def write_comparison(before: FullAgreement, after: FullAgreement) -> Document:
    """What differs between two versions, side by side in one table."""
    say = load_phrases(after.language)
    rows = tuple(
        (
            make_runs(f"{each.heading} ({say(f'change_{each.change}')})"),
            make_runs(each.before or ""),
            make_runs(each.after or ""),
        )
        for each in compare_versions(before, after)
    )
    header = (say("clause"), say("before"), say("after"))
    table: Block = (
        Table(caption=say("changes"), header=header, rows=rows, widths=(20, 40, 40))
        if rows
        else Notice(sort="info", runs=make_runs(say("no_changes")))
    )
    return _wrap(before, after, "agreement_comparison", say("compare_title", title=after.title), [table])


def _wrap(before: FullAgreement, after: FullAgreement, kind: str, title: str, blocks: Sequence[Block]) -> Document:
    plain = write_agreement_document(after)
    return Document(
        kind=kind,
        title=title,
        language=LANGUAGES[after.language],
        dated=after.made_at.date(),
        author=after.made_by.name,
        brand=Brand(organisation=after.parties[0].organisation.name),
        blocks=tuple(blocks),
        legend=plain.legend,
        status=f"{before.made_at.date()} - {after.made_at.date()}",
    )


def _mark_paragraphs(before: str, after: str, by: str | None, on: date) -> list[Block]:
    old, new = before.split("\n\n"), after.split("\n\n")
    if len(old) != len(new):
        old, new = [before.replace("\n\n", " ")], [after.replace("\n\n", " ")]
    return [
        Paragraph(runs=mark_changes(one, two, by=by, on=on)) for one, two in zip(old, new, strict=True) if one or two
    ]


def _list_parts(agreement: FullAgreement) -> dict[str, tuple[str, str]]:
    """Every clause and schedule, and what the record says beside them, as words that can be compared."""
    parts = {f"record.{name}": (_head(name), _say(agreement, name)) for name in _FIELDS if _say(agreement, name)}
    parts |= {each.id: (each.heading, each.text) for each in agreement.clauses}
    return parts | {each.id: (each.heading, _say_schedule(each)) for each in agreement.schedules}


def _head(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _say(agreement: FullAgreement, name: str) -> str:
    match name:
        case "title" | "form" | "framework" | "review_on":
            return str(getattr(agreement, name) or "")
        case "purpose":
            return agreement.purpose.text or agreement.purpose.code
        case "valid":
            return f"{agreement.valid.start} - {agreement.valid.end or ''}"
        case "conditions":
            return "\n".join(agreement.conditions)
        case "parties":
            return "\n".join(
                f"{each.organisation.name}, {each.role}, {each.status}, {each.turn}" for each in agreement.parties
            )
        case "items":
            return "\n".join(f"{each.ref}: {each.label}" for each in agreement.items)
        case _:
            return "\n".join(f"{ref}: {treatment}" for ref, treatment in sorted(agreement.treatments.items()))


def _say_schedule(schedule: Schedule) -> str:
    rows = [" | ".join(row) for row in (schedule.header, *schedule.rows) if row]
    return "\n".join((schedule.text, *rows) if schedule.text else rows)
