"""A decision looked at again under the law of another day: what has flipped returns to a person."""

from __future__ import annotations

from datetime import date

from fairshare.decide.assess import assess
from fairshare.decide.judge import GROUND_SORTS
from fairshare.decide.language import RuleBase
from fairshare.decide.ruling import shape_of
from fairshare.records.kinds import Decision
from fairshare.words import Value
from fairshare.words.values import Line


class Flip(Value):
    """Something that comes out differently under the law of another day, or under other rules."""

    subject: Line
    """The key of a conclusion, or `outcome` for the outcome of the case."""
    before: Line
    after: Line


def reassess(decision: Decision, base: RuleBase, law_date: date) -> tuple[Flip, ...]:
    """What would come out differently if the decision's case were assessed on another day of law.

    Takes    base: the decision's own rule base from the archive, or a newer one.
    Returns  the outcome, the conclusions with force and the grounds that have flipped; none if all still stand. A flip
             is no decision: it returns the case to a person.
    """
    known = {key: answer for key, answer in decision.answers.items() if key.partition("@")[0] in base.facts}
    now = assess(base, decision.tool, shape_of(decision), law_date, known)
    flips = (
        []
        if now.outcome is decision.assessed
        else [Flip(subject="outcome", before=decision.assessed.value, after=now.outcome.value)]
    )
    for finding in decision.findings:
        conclusion = base.conclusions.get(finding.conclusion.partition("@")[0])
        status = now.statuses.get(finding.conclusion)
        after = status.value if status else "gone"
        weighty = conclusion is None or conclusion.force != "none" or conclusion.sort in (*GROUND_SORTS, "exemption")
        if weighty and after != finding.status:
            flips.append(Flip(subject=finding.conclusion, before=finding.status, after=after))
    return tuple(flips)
