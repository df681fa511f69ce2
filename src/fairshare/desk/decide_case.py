"""Decide a case: what the rules say of the request, what a named person rules, and the record of both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fairshare.decide.archive import archive_base
from fairshare.decide.assess import Assessment, assess
from fairshare.decide.explain import cite_from
from fairshare.decide.judge import make_decision
from fairshare.decide.language import RuleBase
from fairshare.decide.library import RULES, load_real_base, load_words
from fairshare.decide.reassess import reassess
from fairshare.decide.ruling import Matter, Ruling, matter_of, shape_of
from fairshare.decide.words import Words
from fairshare.desk.entering import check_allowed, enter, find_latest, read_case
from fairshare.desk.ports import Desk
from fairshare.desk.when import check_when
from fairshare.desk.who import Action, Actor, check_who
from fairshare.law import load_law
from fairshare.records import Decision, Request, SignedRecord, new_salt
from fairshare.records.withholding import view_record
from fairshare.words import Answer, Reason

ARCHIVED_RULES = "rules"
"""Where the rule bases that decisions were made under are, among the desk's files."""


@dataclass(frozen=True)
class RulesInUse:
    """The rule base that the desk decides with, its words, and the folder it is archived from."""

    base: RuleBase
    words: Words
    folder: Path

    @classmethod
    def shipped(cls) -> RulesInUse:
        """The rule base that comes with Fairshare, with English words."""
        return cls(load_real_base(), load_words("en"), RULES)


def find_matter(desk: Desk, case: str) -> Matter:
    """What the case's newest request is about."""
    asked = find_latest(read_case(desk, case), "request")
    assert isinstance(asked.record, Request)  # noqa: S101 (found by its kind)
    return matter_of(asked.record, asked.id)


def assess_case(
    desk: Desk, case: str, tool: str, answers: Mapping[str, Answer], law_date: date, rules: RulesInUse
) -> Assessment:
    """What the rules say of the case's newest request on these answers; nothing is recorded."""
    return assess(rules.base, tool, shape_of(find_matter(desk, case)), law_date, answers)


def decide_case(
    desk: Desk,
    actor: Actor,
    case: str,
    assessment: Assessment,
    ruling: Ruling,
    rules: RulesInUse,
) -> SignedRecord:
    """Records what the named person decides, and archives the rules it was decided under.

    Raises   NotYours, TooSoon, or why the ruling is not complete; then nothing is recorded.
    """
    if assessment.emergency:
        # The answers say that a life is at risk, even where the request did not.
        check_who(actor, Action.DECIDE, emergency=True)
        check_when([view_record(each) for each in desk.records.of_case(case)], Action.DECIDE)
    else:
        check_allowed(desk, actor, Action.DECIDE, case)
    decision = make_decision(
        assessment,
        find_matter(desk, case),
        ruling,
        rules.words,
        cite_from(load_law(), assessment.program.law_date),
        decided_by=actor.person,
        made_at=desk.clock.now(),
        salt=new_salt(desk.entropy),
    )
    archive_base(rules.folder, desk.files.path(ARCHIVED_RULES))
    return enter(desk, decision)


def why_law_differs(decision: Decision, day: date, rules: RulesInUse | None = None) -> tuple[Reason, ...]:
    """What the law of a day would decide otherwise than this decision; nothing if all of it stands."""
    base = (rules or RulesInUse.shipped()).base
    return tuple(
        Reason(text=f"On {day}, {flip.subject} is {flip.after}; when this was decided it was {flip.before}.")
        for flip in reassess(decision, base, day)
    )
