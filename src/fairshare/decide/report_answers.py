"""The parts of a report that repeat what was answered, found and proved, each said once for all it applies to."""

from __future__ import annotations

from collections.abc import Iterator

from fairshare.decide.explain import Proof, explain, tell_proof
from fairshare.decide.language import Holds
from fairshare.decide.phrases import sentence
from fairshare.decide.reasons import find_row, find_view
from fairshare.decide.report_shape import Block, Pairs, Paragraph, Told
from fairshare.decide.report_telling import Telling, find_section
from fairshare.decide.views import key_of
from fairshare.decide.words import spell
from fairshare.words import Answer

MOST_PROOFS = 20
"""How many different proofs a report shows in full."""
NAMED = 3
"""From how many parts on the commonest answer is said of "all others"."""


def tell_answers(telling: Telling, section: str) -> Iterator[Block]:
    """The answers that stand in a section, question by question; judgements stand with the findings."""
    facts = telling.assessment.base.facts
    rows = []
    for name in dict.fromkeys(variable.fact for variable in telling.assessment.program.variables):
        if find_section(name) == section:
            answered = [
                (instance, answer)
                for instance, answer in _answers_to(telling, name)
                if not facts[name].judgement or answer.cannot_be_known
            ]
            if answered:
                rows.append((telling.words.fact(name).question, tuple(_group_answers(telling, name, answered))))
    if rows:
        yield Pairs(telling.say("answers"), tuple(rows))


def _answers_to(telling: Telling, fact: str) -> Iterator[tuple[str, Answer]]:
    for variable in telling.assessment.program.variables:
        if variable.fact == fact and variable.key in telling.assessment.answers:
            yield variable.instance, telling.assessment.answers[variable.key]


def _group_answers(telling: Telling, fact: str, answered: list[tuple[str, Answer]]) -> Iterator[str]:
    """One line for each different answer; the commonest comes last."""
    groups: dict[str, list[str]] = {}
    for instance, answer in answered:
        groups.setdefault(telling.tell_answer(fact, answer), []).append(instance)
    scope = telling.assessment.base.facts[fact].scope
    ordered = sorted(groups.items(), key=lambda each: len(each[1]))
    for at, (text, instances) in enumerate(ordered, start=1):
        parts = telling.name_parts(instances, scope)
        if not parts:
            yield text
        elif at == len(ordered) > 1 and len(instances) >= NAMED:
            yield telling.say("answer_rest", answer=text)
        else:
            yield telling.say("answer_each", label=parts, answer=text)


def tell_findings(telling: Telling) -> Iterator[Block]:
    """The judgements made, with who made them, why, and what they made of each factor."""
    groups: dict[tuple[str, str], list[tuple[str, Answer]]] = {}
    for key, answer in telling.assessment.answers.items():
        name, _, instance = key.partition("@")
        if telling.assessment.base.facts[name].judgement and not answer.cannot_be_known:
            groups.setdefault((name, answer.model_dump_json()), []).append((instance, answer))
    rows = []
    for (name, _), found in groups.items():
        parts = telling.name_parts([instance for instance, _ in found], telling.assessment.base.facts[name].scope)
        question = telling.words.fact(name).question
        rows.append((f"{question} ({parts})" if parts else question, tuple(_tell_finding(telling, name, found[0][1]))))
    yield Pairs(telling.say("findings"), tuple(rows)) if rows else Paragraph(telling.say("findings_none"))


def _tell_finding(telling: Telling, fact: str, answer: Answer) -> Iterator[str]:
    said = sentence(telling.tell_answer(fact, answer))
    by = answer.by
    yield telling.say("answer_by", answer=said, name=by.name, role=by.role) if by else said
    if answer.reason:
        yield telling.say("answer_reason", reason=answer.reason)
    labels = telling.words.fact(fact).factors
    for each, text in answer.factors.items():
        if text:
            yield telling.say("answer_factor", factor=labels.get(each) or spell(each), text=text)


def tell_proofs(telling: Telling) -> Iterator[Block]:
    """Why each item comes out as it does; items that the same rules decide share the proof of the first."""
    groups: dict[tuple[str, ...], list[str]] = {}
    proofs: dict[str, list[Proof]] = {}
    for item in telling.assessment.items:
        proofs[item] = list(_prove_item(telling, item))
        groups.setdefault(tuple(rule for proof in proofs[item] for rule in _list_rules(proof)), []).append(item)
    for rules, items in list(groups.items())[:MOST_PROOFS]:
        told = [said for proof in proofs[items[0]] for said in tell_proof(proof, telling.sight.phrases)]
        if rules and told:
            yield Told(telling.say("proofs_item", item=telling.name_part(items[0])), tuple(told))
            if len(items) > 1:
                others = ", ".join(telling.name_part(each) for each in items[1:])
                yield Paragraph(telling.say("proofs_same", items=others))


def _prove_item(telling: Telling, item: str) -> Iterator[Proof]:
    row, view = find_row(telling.assessment, item), find_view(telling.assessment, item)
    for part in row.when if row else ():
        if isinstance(part, Holds):
            instance = view.instance(telling.assessment.base.conclusions[part.conclusion].scope)
            key = key_of(part.conclusion, instance or "")
            yield explain(telling.sight, telling.assessment.result, key, telling.keep_citation)


def _list_rules(proof: Proof) -> Iterator[str]:
    for rule in (*proof.rules, *proof.against):
        yield f"{rule.rule} {rule.fires}"
        for part in (*rule.conditions, *rule.exceptions):
            for step in part.steps:
                yield from _list_rules(step.proof) if step.proof else ()
