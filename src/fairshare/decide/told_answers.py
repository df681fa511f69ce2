"""Answers as the sentences that a form holds: what was asked, what was answered, for whom, why, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fairshare.decide.phrases import sentence
from fairshare.decide.words import Words
from fairshare.records.kinds import Decision
from fairshare.request.wording import Wording, name_person
from fairshare.words import Answer


def fill_from_answers(
    wording: Wording, answers: Mapping[str, Answer], words: Words, labels: Mapping[str, str]
) -> dict[str, str]:
    """The questions of a form that name facts, each with what was answered to those; empty ones are left out."""
    told = {field.name: tell_facts(field.answers, answers, words, labels) for field in wording.fields()}
    return {name: text for name, text in told.items() if text}


def tell_facts(facts: Iterable[str], answers: Mapping[str, Answer], words: Words, labels: Mapping[str, str]) -> str:
    """Every answer to these facts, a line for each different one, with the parts of the case it was given for."""
    lines: dict[str, list[str]] = {}
    for fact in facts:
        for key, answer in answers.items():
            name, _, part = key.partition("@")
            if name == fact:
                lines.setdefault(tell_answer(fact, answer, words), []).extend([labels[part]] if part in labels else [])
    return "\n".join(f"{text} ({'; '.join(parts)})" if parts else text for text, parts in lines.items())


def tell_answer(fact: str, answer: Answer, words: Words) -> str:
    """A question with its answer, the reason given, the factors weighed and who judged."""
    label = words.state(fact, answer.value) if answer.cannot_be_known else words.label(fact, answer.value)
    factors = (f"{words.fact(fact).factors.get(name, name)}: {text}" for name, text in answer.factors.items())
    parts = [f"{words.fact(fact).question} {sentence(str(label))}", *(sentence(each) for each in factors)]
    parts += [sentence(answer.reason)] if answer.reason.strip() else []
    return " ".join([*parts, *([f"[{name_person(answer.by)}]"] if answer.by else [])])


def label_decision(decision: Decision) -> dict[str, str]:
    """What a decision calls its people and items."""
    people = {subject.ref: subject.label for subject in decision.subjects}
    items = (line.item for line in decision.scope)
    return people | {
        item.ref: f"{item.label}, {people[item.person]}" if item.person in people else item.label for item in items
    }
