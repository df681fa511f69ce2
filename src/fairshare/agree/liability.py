"""If a stated fact changes: which clauses of an agreement bite, and who must do what.

An agreement is likely to be a contract. A fact stated in it, such as the lawful basis, may change while the sharing
stays lawful; what the words then do is a question of contract. This table says which words to look at first.
"""

from __future__ import annotations

from fairshare.agree.check import AgreementCheck, Place, Source, cite_provisions
from fairshare.agree.check_signals import Bite, Change, Signals, Strength
from fairshare.words.values import Line, Text, Value


class Consequence(Value):
    """One row: a clause, or the lack of one, and what somebody has to do about it."""

    about: Line
    title: Line
    who: Line
    act: Text
    strength: Strength
    there: bool
    """Whether the agreement has such words."""
    place: Place | None
    sources: tuple[Source, ...]


class ChangeTable(Value):
    """Everything that one change asks for under one agreement."""

    change: Change
    title: Line
    rows: tuple[Consequence, ...]


def list_consequences(check: AgreementCheck, signals: Signals, change: Change) -> ChangeTable:
    """Which clauses bite if something changes, and who must do what.

    Takes    check: what the checker found in the agreement;
             change: `basis`, `law`, `parties` or `purpose`.

    >>> from datetime import date
    >>> from fairshare.agree.check import check_agreement
    >>> from fairshare.agree.check_signals import load_signals
    >>> from fairshare.documents.paragraphs import read_paragraphs
    >>> signals = load_signals()
    >>> paper = read_paragraphs(b"The Council warrants that its lawful basis is consent.", where="a.txt")
    >>> table = list_consequences(check_agreement(paper, signals, law_date=date(2026, 11, 22)), signals, "basis")
    >>> [(row.about, row.there) for row in table.rows[:2]]
    [('basis_warranty', True), ('lawful_basis', True)]
    """
    rows = (_find_consequence(bite, check, signals) for bite in signals.changes if bite.change == change)
    return ChangeTable(
        change=change, title=signals.phrases[f"change_{change}"], rows=tuple(row for row in rows if row is not None)
    )


def _find_consequence(bite: Bite, check: AgreementCheck, signals: Signals) -> Consequence | None:
    """The row for a content or trap; none if it is not there and nothing follows from that."""
    finding = check.finding(bite.about)
    trap = next((each for each in check.traps if each.id == bite.about), None)
    there = trap is not None or (finding is not None and finding.state in ("present", "weak"))
    if not there and (not bite.words.missing or (finding is not None and finding.state == "not_applicable")):
        return None
    place = finding.place if finding else trap.places[0] if trap and trap.places else None
    titles = {each.id: each.words.title for each in signals.contents}
    titles |= {each.id: each.words.title for each in signals.traps}
    return Consequence(
        about=bite.about,
        title=titles[bite.about],
        who=bite.words.who,
        act=bite.words.there if there else bite.words.missing,
        strength=bite.strength,
        there=there,
        place=place,
        sources=cite_provisions(bite.cites, check.law_date),
    )
