"""Proposals between the parties, clause by clause; nothing is agreed until every one of them is closed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from fairshare.agree.phrases import load_phrases
from fairshare.records.agreed import AgreedClause, Answered, Proposed
from fairshare.records.commitments import record_id
from fairshare.records.kinds import FullAgreement, Notice
from fairshare.words import NotFound, Refused

Outcome = Literal["open", "accepted", "rejected", "withdrawn", "countered"]


class ProposalOpen(Refused):
    """A proposal is still open, so nothing can be signed, and the same clause needs a counter-proposal."""

    code = "PROPOSAL_OPEN"


class NotYourAnswer(Refused):
    """The proposal is closed, or this party may not answer it in this way."""

    code = "NOT_YOUR_ANSWER"


class UnknownProposal(NotFound):
    """There is no proposal with this id."""

    code = "UNKNOWN_PROPOSAL"


@dataclass(frozen=True)
class Proposal:
    """One proposal as it stands: who made it, and what became of it."""

    id: str
    notice: Notice
    matter: Proposed
    outcome: Outcome
    accepted_by: tuple[str, ...] = ()

    @property
    def author(self) -> str:
        """The party that made it."""
        return self.notice.party.name


def list_proposals(notices: Iterable[Notice], parties: Collection[str] = ()) -> tuple[Proposal, ...]:
    """Every proposal in order, and what became of it.

    A proposal is accepted when every party but its author has accepted it; one rejection closes it, and so does its
    author's withdrawal or a counter-proposal of somebody else's.
    Takes    parties: the names of all parties; by default, one acceptance by anybody but the author is enough.
    """
    made: dict[str, tuple[Notice, Proposed]] = {}
    closed: dict[str, Outcome] = {}
    accepted: dict[str, list[str]] = {}
    for notice in notices:
        who, matter = notice.party.name, notice.matter
        match matter:
            case Proposed(counters=counters):
                made[record_id(notice)] = (notice, matter)
                if counters in made and counters not in closed and made[counters][0].party.name != who:
                    closed[counters] = "countered"
            case Answered(proposal=proposal, answer=answer) if proposal in made and proposal not in closed:
                author = made[proposal][0].party.name
                if answer == "withdraw" and who == author:
                    closed[proposal] = "withdrawn"
                elif answer == "reject" and who != author:
                    closed[proposal] = "rejected"
                elif answer == "accept" and who != author:
                    accepted.setdefault(proposal, []).append(who)
                    if (set(parties) - {author}) <= set(accepted[proposal]):
                        closed[proposal] = "accepted"
            case _:
                pass
    return tuple(
        Proposal(each, notice, matter, closed.get(each, "open"), tuple(accepted.get(each, ())))
        for each, (notice, matter) in made.items()
    )


def find_open(notices: Iterable[Notice], parties: Collection[str] = ()) -> tuple[Notice, ...]:
    """The notices of proposals that are still open."""
    return tuple(each.notice for each in list_proposals(notices, parties) if each.outcome == "open")


def check_may_propose(agreement: FullAgreement, notices: Sequence[Notice], party: str, matter: Proposed) -> None:
    """Refuses a proposal that changes nothing, is by a stranger, or is on a clause with another one open."""
    names = {each.organisation.name for each in agreement.parties}
    if party not in names:
        raise NotYourAnswer(f"{party} is not a party", fix="Only a party proposes.", where="notice.party")
    clauses = find_texts(agreement)
    if matter.clause in clauses and matter.text is not None and _plain(clauses[matter.clause]) == _plain(matter.text):
        raise NotYourAnswer("that is what the clause says already", fix="Propose other words.", where=matter.clause)
    if matter.clause not in clauses and (matter.text is None or matter.heading is None):
        raise UnknownProposal(
            "the agreement has no such clause", fix="Name one it has, or give a new one a heading.", where=matter.clause
        )
    rivals = [each for each in list_proposals(notices, names) if each.outcome == "open" and each.id != matter.counters]
    if any(each.matter.clause == matter.clause for each in rivals):
        raise ProposalOpen(
            "another proposal on this clause is open",
            fix="Answer it, or make yours a counter-proposal to it.",
            where=matter.clause,
        )
    if matter.counters is not None:
        check_may_answer(agreement, notices, party, Answered(proposal=matter.counters, answer="reject"))


def check_may_answer(agreement: FullAgreement, notices: Sequence[Notice], party: str, matter: Answered) -> Proposal:
    """The proposal that is answered; refuses an answer by its author, a second one, or one to what is closed."""
    names = {each.organisation.name for each in agreement.parties}
    found = next((each for each in list_proposals(notices, names) if each.id == matter.proposal), None)
    if found is None:
        raise UnknownProposal(
            "there is no such proposal", fix="`fairshare agree show` lists them.", where=matter.proposal
        )
    why = None
    if found.outcome != "open":
        why = f"the proposal is {found.outcome} already"
    elif party not in names:
        why = f"{party} is not a party"
    elif (matter.answer == "withdraw") != (party == found.author):
        why = "only its author withdraws a proposal, and only the others accept or reject it"
    elif party in found.accepted_by and matter.answer == "accept":
        why = f"{party} has accepted it already"
    if why is not None:
        raise NotYourAnswer(
            why, fix="`fairshare agree show` says what is open, and whose answer it needs.", where=found.id
        )
    return found


def check_all_closed(notices: Iterable[Notice], parties: Collection[str]) -> None:
    """Raises ProposalOpen while any proposal is open."""
    found = find_open(notices, parties)
    if found:
        raise ProposalOpen(
            f"{len(found)} proposals are open, and nothing is agreed until all are closed"
            if len(found) > 1
            else "a proposal is open, and nothing is agreed until all are closed",
            fix="Accept, reject or counter them: `fairshare agree answer`.",
            where=record_id(found[0]),
        )


def apply_proposal(agreement: FullAgreement, matter: Proposed) -> FullAgreement:
    """The agreement with one accepted proposal in it: a clause or the words of a schedule changed, added or gone."""
    schedules = tuple(
        each.model_copy(update={"text": matter.text or ""}) if each.id == matter.clause else each
        for each in agreement.schedules
    )
    if matter.clause in {each.id for each in agreement.schedules}:
        return agreement.model_copy(update={"schedules": schedules})
    clauses = tuple(
        each if each.id != matter.clause else _change(each, matter)
        for each in agreement.clauses
        if each.id != matter.clause or matter.text is not None
    )
    if matter.text is not None and matter.clause not in {each.id for each in agreement.clauses}:
        clauses += (AgreedClause(id=matter.clause, heading=matter.heading or matter.clause, text=matter.text),)
    return agreement.model_copy(update={"clauses": clauses})


def read_changes(agreement: FullAgreement, edited: Mapping[str, str | None]) -> tuple[Proposed, ...]:
    """An edited copy that came back, as proposals: by clause id, its text, or None where the clause is gone.

    What is not in the mapping is as it was. Spaces and line ends do not count as changes.
    """
    texts = find_texts(agreement)
    return tuple(
        Proposed(clause=clause, text=text.strip() if text is not None else None)
        for clause, text in edited.items()
        if clause in texts and (text is None or _plain(text) != _plain(texts[clause]))
    )


def match_clauses(agreement: FullAgreement, paragraphs: Sequence[tuple[bool, str]]) -> dict[str, str | None]:
    """By clause id, the text under its heading in a document that somebody edited.

    Takes    paragraphs: in order, whether each is a heading, and its text. Numbers before a heading do not count.
    Returns  None for a clause whose heading is not there any more.
    """
    tables = {each.id for each in agreement.schedules if each.header}
    headings = {_name(heading): each for each, (heading, _) in _find_words(agreement).items() if each not in tables}
    found: dict[str, list[str]] = {}
    current: str | None = None
    # Formats without pages have the line for the foot of each page as their last paragraph.
    foot = _plain(load_phrases(agreement.language)("legend"))
    for is_heading, text in ((head, text) for head, text in paragraphs if _plain(text) != foot):
        if is_heading:
            current = headings.get(_name(text))
            if current is not None:
                found.setdefault(current, [])
        elif current is not None and text.strip():
            found[current].append(text.strip())
    return {each: "\n\n".join(found[each]) if each in found else None for each in headings.values()}


def find_texts(agreement: FullAgreement) -> dict[str, str]:
    """The words of every clause, and of every schedule that has any, by id."""
    return {each: text for each, (_, text) in _find_words(agreement).items()}


def _find_words(agreement: FullAgreement) -> dict[str, tuple[str, str]]:
    clauses = {each.id: (each.heading, each.text) for each in agreement.clauses}
    return clauses | {each.id: (each.heading, each.text) for each in agreement.schedules if each.text}


def _change(clause: AgreedClause, matter: Proposed) -> AgreedClause:
    return clause.model_copy(update={"text": matter.text, "heading": matter.heading or clause.heading})


def _name(heading: str) -> str:
    return re.sub(r"^[\d.\s]+", "", _plain(heading)).casefold()


def _plain(text: str) -> str:
    return " ".join(text.split())
