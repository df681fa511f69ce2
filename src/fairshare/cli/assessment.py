"""An assessment as a document for machines and as a page for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from fairshare.cli.assess import Seen, prove
from fairshare.cli.screen import Screen
from fairshare.decide.explain import Proof, tell_proof
from fairshare.decide.ground import key_of
from fairshare.decide.reasons import find_answer, find_grounds, find_next_steps, find_reasons
from fairshare.words import Outcome

SORTS = {
    "answer": "Answer of this test",
    "regime": "Which law governs it",
    "power": "Power",
    "lawful_basis": "Lawful basis",
    "compatibility": "Compatible with why it was collected",
    "article_9": "Special category condition",
    "article_10": "Criminal offence condition",
    "confidence": "Confidence",
    "transfer": "Transfer abroad",
    "exemption": "Exemptions",
    "condition": "Conditions",
    "action": "To do",
    "need": "To obtain first",
    "red_flag": "Red flags",
}
"""What a conclusion is to a person reading, in this order."""
OUTCOMES = {
    Outcome.MUST_SHARE: "must be shared",
    Outcome.SHARE_FULL: "may be shared",
    Outcome.SHARE_WITH_CONDITIONS: "may be shared, with conditions",
    Outcome.SHARE_MINIMISED: "may be shared in part",
    Outcome.SHARE_DEIDENTIFIED: "may be shared without identities",
    Outcome.DEFER_NEED_INFO: "wait: something is still needed",
    Outcome.REDIRECT: "send the asker elsewhere",
    Outcome.REFUSE_VOLUNTARY: "should not be shared",
    Outcome.REFUSE_PROHIBITED: "must not be shared",
}


def describe_assessment(seen: Seen) -> dict[str, Any]:
    """An assessment as a document with stable names."""
    found = seen.assessment
    return {
        "tool": found.program.tool,
        "law_date": found.program.law_date,
        "rules": found.program.digest,
        "outcome": found.outcome,
        "settled": found.settled,
        "emergency": found.emergency,
        "items": [describe_item(seen, ref) for ref in found.items],
        "holds": list(describe_holding(seen)),
        "collisions": [{"item": each.item, "duty": each.duty, "bar": each.bar} for each in found.collisions],
        "referrals": [
            {"conclusion": each.conclusion, "finding": each.finding, "question": ask_of(seen, each.finding)}
            for each in found.referrals
        ],
        "unconfirmed": [
            {"item": each.item, "now": each.now, "then": each.then, "rules": each.rules} for each in found.alternatives
        ],
    }


def describe_item(seen: Seen, ref: str) -> dict[str, Any]:
    """One item: its outcome, what decided it and why, or the questions it is waiting for."""
    found = seen.assessment
    person = next(person for item, _, person in found.program.shape.items if item == ref)
    proofs = [prove(seen, key) for key in find_grounds(found, ref)]
    waiting = found.waiting_for.get(ref, ())
    outcome = found.items[ref]
    shared = outcome is not None and outcome.shares
    answer = find_answer(found, ref)
    return {
        "item": ref,
        "label": seen.file.labels.get(ref, ref),
        "person": seen.file.labels.get(person, person) if person else None,
        "outcome": outcome,
        "answer": seen.held.words.conclusion(answer).title if answer else None,
        "reasons": [each.model_dump() for each in find_reasons(found, seen.held.words, ref)],
        "next_steps": [] if shared else find_next_steps(found, seen.held.words, ref),
        "because": [{"conclusion": each.key, "title": each.title, "proof": say_proof(seen, each)} for each in proofs],
        "waiting_for": [
            {"question": key, "text": ask_of(seen, key), "about": seen.about(key) or None} for key in waiting
        ],
    }


def describe_holding(seen: Seen) -> Iterator[dict[str, Any]]:
    """What holds and says something to a person, in the order of the report."""
    for sort in SORTS:
        for conclusion, instance in seen.assessment.holding(sort):
            key = key_of(conclusion.id, instance)
            words = seen.held.words.conclusion(conclusion.id)
            cited = {
                provision: None
                for rule in seen.assessment.rules_for(key)
                for provision in seen.held.base.rules[rule.rule].cite
            }
            yield {
                "sort": sort,
                "conclusion": key,
                "about": seen.about(key) or None,
                "title": words.title,
                "says": words.true or words.title,
                "action": words.action,
                "next_step": words.next_step,
                "provisions": [describe_provision(seen, each) for each in cited],
            }


def describe_provision(seen: Seen, provision: str) -> dict[str, Any]:
    """A provision as it stood on the day of the law, and how it was checked."""
    found = seen.held.law.provision(provision)
    version = found.at(seen.assessment.program.law_date)
    checked = str(version.checked.how) if version else None
    return {"id": found.id, "citation": found.citation, "checked": checked, "link": found.link}


def ask_of(seen: Seen, key: str) -> str:
    """The question behind a key, in words."""
    return seen.held.words.fact(key.partition("@")[0]).question


def say_proof(seen: Seen, proof: Proof) -> list[dict[str, Any]]:
    """A proof as sentences, each with its depth and the provision that it cites."""
    return [
        {"text": each.text, "depth": each.depth, "provision": each.citation.provision if each.citation else None}
        for each in tell_proof(proof, seen.sight.phrases)
    ]


def show_assessment(screen: Screen, seen: Seen, *, with_proofs: bool = False) -> None:
    """An assessment for a person: the outcome first, then item by item, then what it rests on."""
    document = describe_assessment(seen)
    screen.heading(seen.held.words.tool(document["tool"]).title)
    answers = list(dict.fromkeys(each["answer"] for each in document["items"] if each["answer"]))
    said = "; ".join(answers) if answers else document["outcome"]
    screen.line(
        f"Under the law of {document['law_date']}, the {'answer' if answers else 'assessment'} is: {said}", "bold"
    )
    screen.line("An assessment is not a decision, and not legal advice: a named person decides.", "dim")
    show_items(screen, document["items"])
    show_reasons(screen, document["items"], with_proofs=with_proofs)
    for collision in document["collisions"]:
        both = f"{collision['duty']}, {collision['bar']}"
        screen.bullet(f"A duty and a bar collide for {collision['item']}: {both}", "red")
    for referral in document["referrals"]:
        screen.bullet(f"A named person must judge: {referral['question']}", "yellow")
    for sort, heading in SORTS.items():
        holding = [each for each in document["holds"] if each["sort"] == sort]
        if holding:
            screen.heading(heading)
            show_holding(screen, seen, holding)
    for other in document["unconfirmed"]:
        screen.bullet(
            f"If law whose commencement is not confirmed were in force, {other['item']} would be "
            f"{other['then'] or 'open'} rather than {other['now'] or 'open'}.",
            "yellow",
        )


def show_items(screen: Screen, items: list[dict[str, Any]]) -> None:
    """The table of items, with a column for people if any of them is about somebody."""
    people = any(item["person"] for item in items)
    rows = []
    for item in items:
        said = item["answer"] or (OUTCOMES[Outcome(item["outcome"])] if item["outcome"] else "not known yet")
        rows.append((item["label"], *([item["person"] or ""] if people else []), said))
    screen.table(["item", *(["about"] if people else []), "assessed"], rows)


def show_reasons(screen: Screen, items: list[dict[str, Any]], *, with_proofs: bool) -> None:
    """Why items came out as they did: what is not shared, what is still open, and every proof if they are wanted."""
    for item in items:
        name = f"{item['label']} ({item['person']})" if item["person"] else item["label"]
        if item["outcome"] and not Outcome(item["outcome"]).shares:
            told = " ".join([*(each["text"] for each in item["reasons"]), *item["next_steps"]])
            screen.bullet(f"{name}: {told}", "red")
        for reason in item["because"] if with_proofs else []:
            screen.bullet(f"{name}: {reason['title']}")
            for sentence in reason["proof"]:
                screen.line(sentence["text"], "dim", indent=2 + 2 * sentence["depth"])
        for question in item["waiting_for"]:
            screen.bullet(f"{name}, still open: {question['text']}", "yellow")


def say_about(seen: Seen, found: list[dict[str, Any]]) -> str:
    """Whom or what something holds for, in square brackets; nothing if the case has only one of the kind, or none."""
    conclusion = seen.held.base.conclusions[found[0]["conclusion"].partition("@")[0]]
    shape = seen.assessment.program.shape
    size = {"case": 1, "flow": len(shape.flows), "person": len(shape.persons), "item": len(shape.items)}
    if size[conclusion.scope] == 1:
        return ""
    if len(found) == size[conclusion.scope]:
        return f" [every {conclusion.scope}]"
    counted = Counter(each["about"] for each in found)
    return f" [{', '.join(f'{name} ({count})' if count > 1 else name for name, count in counted.items())}]"


def show_holding(screen: Screen, seen: Seen, holding: list[dict[str, Any]]) -> None:
    """What holds, each thing said once, with whom or what it holds for and the law behind it."""
    together: dict[str, list[dict[str, Any]]] = {}
    for each in holding:
        together.setdefault(each["title"], []).append(each)
    for found in together.values():
        first = found[0]
        screen.bullet(first["says"] + say_about(seen, found))
        for extra in dict.fromkeys((first["action"], first["next_step"])):
            if extra and extra != first["says"]:
                screen.line(extra, indent=2)
        cited = "; ".join(f"{each['citation']} ({each['checked'] or 'not held'})" for each in first["provisions"])
        if cited:
            screen.line(cited, "dim", indent=2)
