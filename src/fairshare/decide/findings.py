"""Judgements: findings that only a named person makes, with a reason and every factor weighed."""

from __future__ import annotations

from collections.abc import Mapping

from fairshare.decide.language import Fact, RuleBase
from fairshare.words import Answer, Refused


class FindingIncomplete(Refused):
    """A judgement was given without its author, a reason or the factors that it must weigh."""

    code = "FINDING_INCOMPLETE"


def check_findings(base: RuleBase, answers: Mapping[str, Answer], *, emergency: bool = False) -> None:
    """Refuses judgements that lack their author, a reason or a factor."""
    for key, answer in answers.items():
        fact = base.facts.get(key.partition("@")[0])
        if fact is not None:
            check_finding(fact, answer, where=key, emergency=emergency)


def check_finding(fact: Fact, answer: Answer, where: str | None = None, *, emergency: bool = False) -> None:
    """Refuses a judgement that lacks its author, a reason or a factor; see `why_not_finding`."""
    why_not = why_not_finding(fact, answer, emergency=emergency)
    if why_not:
        raise FindingIncomplete(
            f"a judgement on {fact.id} {why_not}",
            fix="Name who judged, why, and what they made of each factor.",
            where=where or fact.id,
        )


def why_not_finding(fact: Fact, answer: Answer, *, emergency: bool = False) -> str | None:
    """What a judgement lacks, or None. "Nobody has judged" needs nothing; in an emergency, only who judged."""
    if fact.judgement is None or answer.cannot_be_known:
        return None
    if answer.by is None:
        return "does not say who made it"
    if emergency:
        return None
    if not answer.reason.strip():
        return "gives no reason"
    missing = [each for each in fact.judgement.factors if not answer.factors.get(each, "").strip()]
    return f"does not weigh {', '.join(missing)}" if missing else None
