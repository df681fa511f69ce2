"""What another law would flip, in words: with what the case calls its people and items, and never with a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairshare.cli.assessment import OUTCOMES
from fairshare.cli.bases import Rules
from fairshare.cli.screen import Screen
from fairshare.decide.compare import PROBLEM, Flip, StoredCase
from fairshare.decide.contradiction import ContradictoryAnswers

MOST_SHOWN = 12
"""How many changes of one case a person is shown: what its items come to stands first."""
STANDINGS: dict[str | None, str] = {
    None: "not there",
    "true": "yes",
    "false": "no",
    "not_settled": "not known yet",
    "undecided": "too much is open to say",
    **{outcome.value: text for outcome, text in OUTCOMES.items()},
}
"""Where an item or a conclusion stands, as a person reads it."""


def tell_changes(case: StoredCase, labels: Mapping[str, str], flip: Flip, held: Rules) -> list[str]:
    """What changes in one case: a line for each item, then for each conclusion."""
    if PROBLEM in flip.changes:
        before, after = flip.changes[PROBLEM]
        return [f"Before: {say_problem(before)}. Then: {say_problem(after)}."]
    return [
        f"{name_changed(case, labels, key, held)}: {STANDINGS[before]}; then {STANDINGS[after]}"
        for key, (before, after) in flip.changes.items()
    ]


def name_changed(case: StoredCase, labels: Mapping[str, str], key: str, held: Rules) -> str:
    """What stands otherwise: an item with whom it is about, or a conclusion with what it is drawn about."""
    name, _, ref = key.partition("@")
    if not ref and name not in held.base.conclusions:
        return name_item(case, labels, name)
    about = ""
    if ref:
        items = {each.ref for each in case.shape.items}
        scope = held.base.conclusions[name].scope if name in held.base.conclusions else ""
        about = name_item(case, labels, ref) if ref in items else labels.get(ref, f"{scope} {ref}".strip())
    return f"“{held.words.conclusion(name).title}”{f', {about}' if about else ''}"


def name_item(case: StoredCase, labels: Mapping[str, str], ref: str) -> str:
    """An item as the case calls it, with whom it is about; by its ref where the case does not say."""
    if ref not in labels:
        return f"item {ref}"
    person = next((each.person for each in case.shape.items if each.ref == ref), None)
    return f"{labels[ref]} ({labels[person]})" if person and person in labels else labels[ref]


def say_problem(code: str | None) -> str:
    """Why a case cannot be evaluated under a law, as a clause."""
    if code is None:
        return "it can be evaluated"
    clash = code == ContradictoryAnswers.code
    return "its answers cannot all be true" if clash else f"it cannot be evaluated ({code})"


def show_comparison(screen: Screen, document: dict[str, Any], told: list[tuple[Flip, list[str]]]) -> None:
    """The cases that come out differently, with what changes in each, and those that cannot be evaluated."""
    counted = f"{len(told)} of {document['cases']} cases"
    screen.line(f"Under the law of {document['law_date']}, {counted} come out differently.", "bold")
    for flip, lines in told:
        screen.heading(f"{flip.case} ({flip.tool})")
        for line in lines[:MOST_SHOWN]:
            screen.bullet(line)
        if len(lines) > MOST_SHOWN:
            screen.line(f"...and {len(lines) - MOST_SHOWN} more; --json lists them all.", indent=2)
    if told:
        screen.line("A flip decides nothing: it returns the case to a person.")
    for each in document["problems"]:
        says = dict.fromkeys(say_problem(each[when]) for when in ("before", "after") if each[when])
        screen.bullet(f"{each['case']} could not be compared: {'; '.join(says)}.", "yellow")
    if document["passed_over"]:
        screen.line(f"Passed over, because they hold no cases: {len(document['passed_over'])} files.", "dim")
