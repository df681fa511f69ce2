"""Which circumstances hold for a sharing, read off its decision: what decides which clauses an agreement needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fairshare.agree.bank import Bank, Condition
from fairshare.records.kinds import Decision, ScopeState
from fairshare.words import Answer, BadInput


def find_circumstances(
    bank: Bank, decision: Decision | None, stated: Mapping[str, bool] | None = None
) -> dict[str, bool | None]:
    """By circumstance: whether it holds, or None if nobody has settled it.

    Takes    decision: what was decided; None for a framework, which rests on no single one;
             stated: what the parties say themselves, which goes before what the answers show.
    """
    if unknown := set(stated or {}) - set(bank.circumstances):
        raise BadInput(
            f"there is no circumstance {min(unknown)[:60]}",
            fix=f"Choose from {', '.join(bank.circumstances)}.",
            where="circumstances",
        )
    found = {name: _holds_any(conditions, decision) for name, conditions in bank.circumstances.items()}
    return found | dict(stated or {})


def _holds_any(conditions: tuple[Condition, ...], decision: Decision | None) -> bool | None:
    if decision is None:
        return None
    held = [_holds(each, decision) for each in conditions]
    return True if True in held else None if None in held else False


def _holds(condition: Condition, decision: Decision) -> bool | None:
    if condition.answer is not None:
        answers = [each for each in _find_answers(decision, condition.answer) if not each.cannot_be_known]
        if not answers:
            return None
        return any(_fits(each, condition) for each in answers)
    if condition.ground is not None:
        return any(each.sort == condition.ground for each in decision.grounds)
    if condition.conclusion is not None:
        return any(
            each.status == "true" and each.conclusion.partition("@")[0] == condition.conclusion
            for each in decision.findings
        )
    treatments = [line.treatment for line in decision.scope if line.treatment and line.state is not ScopeState.WITHHELD]
    if not condition.named:
        return bool(treatments)
    return any(name in treatment.casefold() for treatment in treatments for name in condition.named)


def _find_answers(decision: Decision, fact: str) -> Iterator[Answer]:
    """The answers to a question, for the case and for any flow, person or item that is not withheld."""
    withheld = {line.item.ref for line in decision.scope if line.state is ScopeState.WITHHELD}
    for key, answer in decision.answers.items():
        name, _, ref = key.partition("@")
        if name == fact and ref not in withheld:
            yield answer


def _fits(answer: Answer, condition: Condition) -> bool:
    if condition.below is not None:
        return isinstance(answer.value, int) and not isinstance(answer.value, bool) and answer.value < condition.below
    return any(
        answer.value == each and isinstance(answer.value, bool) == isinstance(each, bool) for each in condition.is_
    )
