"""The rules themselves: are they sound, what does one say, and keep them for old decisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.bases import RulesFolder, Welsh, load_rules
from fairshare.cli.commands import Page, add_command
from fairshare.cli.screen import Screen
from fairshare.words import ExitCode, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fairshare.cli.bases import Rules
    from fairshare.decide.language import Conclusion, Constraint, Fact, Rule, RuleBase
    from fairshare.decide.verify_faults import Fault

rules = typer.Typer(no_args_is_help=True, help="Verify, show and archive rule bases.")


@add_command(rules, "verify")
def verify(screen: Screen, folder: RulesFolder = None) -> Page:
    """Check a whole rule base: every tool, under every law that it has had, in every nation.

    Looks for gaps, contradictions, broken safety properties, missing or unread citations, and what can never come
    about. Exits with 5 if anything is wrong.
    """
    from fairshare.decide.library import HeldLaw
    from fairshare.decide.verify import verify_rules
    from fairshare.decide.verify_programs import Sightings

    held, sightings = load_rules(folder), Sightings()
    with screen.working("verifying the rules") as tell:
        faults = verify_rules(
            held.base,
            law=HeldLaw(held.law),
            progress=lambda done, total, _: tell(done / max(total, 1)),
            sightings=sightings,
        )
    outcomes = count_outcomes(held.base, sightings.reached, faults)
    counted = {"tools": len(held.base.tools), "rules": len(held.base.rules), "facts": len(held.base.facts)}
    counted |= {"properties": len(held.base.properties)}

    def show(shown: Screen) -> None:
        for fault in faults:
            shown.bullet(fault, "red")
        shown.pairs([(name, f"{count:,}") for name, count in counted.items()])
        rows = [(name, f"{found['reached']:,}", f"{found['gaps']:,}") for name, found in outcomes.items()]
        shown.table(("outcome", "tools and laws that reach it", "gaps"), rows)
        if faults:
            shown.line(f"Faults: {len(faults)}.", "bold red")
        else:
            shown.line("The rule base is sound: no gap or contradiction, nothing unreachable or uncited.", "bold green")
        shown.line(f"Rule base {held.base.digest}")

    document = {"sound": not faults, "faults": [describe_fault(each) for each in faults], "counts": counted}
    document |= {"outcomes": outcomes, "rules": held.base.digest}
    return Page(document, show, ExitCode.UNSOUND if faults else ExitCode.DONE)


def describe_fault(fault: Fault) -> dict[str, Any]:
    """A fault for machines."""
    return {
        "sort": fault.sort,
        "subject": fault.subject,
        "says": fault.says,
        "tool": fault.tool,
        "law_date": fault.day,
        "answers": dict(fault.answers),
    }


def count_outcomes(base: RuleBase, reached: Mapping[str, int], faults: Sequence[Fault]) -> dict[str, dict[str, int]]:
    """For each outcome: in how many programs (a tool, under one law, for one shape of case) it comes about, and gaps.

    A gap is a case that reaches the default, or is referred with nothing open: either way it has the default outcome.
    """
    gaps = sum(fault.sort == "gap" for fault in faults)
    return {
        outcome: {"reached": reached.get(outcome, 0), "gaps": gaps if outcome == base.rollup.default else 0}
        for outcome in dict.fromkeys([row.outcome for row in base.rollup.rows] + [base.rollup.default])
    }


@add_command(rules, "show")
def show_rule(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="A rule, a fact, a conclusion, a constraint or a provision.")
    ],
    folder: RulesFolder = None,
    welsh: Welsh = False,
) -> Page:
    """Show one rule, fact, conclusion, constraint or provision of law: what it says, and what it rests on."""
    held = load_rules(folder, welsh=welsh)
    if name in held.base.rules:
        return describe_rule(held, held.base.rules[name])
    if name in held.base.facts:
        return describe_fact(held, held.base.facts[name])
    if name in held.base.conclusions:
        return describe_conclusion(held, held.base.conclusions[name])
    constraint = next((each for each in held.base.constraints if each.id == name), None)
    if constraint is not None:
        return describe_constraint(held, constraint)
    return describe_provision(held, name)


def describe_rule(held: Rules, rule: Rule) -> Page:
    """A rule: its reason, its conditions and exceptions in words, its dates and its law."""
    from fairshare.cli.rules_in_words import say_conditions

    conditions, exceptions = say_conditions(held, rule)
    document: dict[str, Any] = {
        "rule": rule.id,
        "because": held.words.because(rule.id),
        "concludes": rule.conclusion if rule.positive else f"not {rule.conclusion}",
        "title": held.words.conclusion(rule.conclusion).title,
        "if": conditions,
        "unless": exceptions,
        "level": rule.level,
        "gate": rule.gate,
        "from": rule.start,
        "to": rule.end,
        "commencement": "confirmed" if rule.confirmed else "unconfirmed",
        "nations": sorted(rule.nations),
        "priority": rule.priority,
        "provisions": [describe_cited(held, each) for each in rule.cite],
    }

    return Page(document, lambda screen: show_rule_page(screen, document))


def show_rule_page(screen: Screen, rule: dict[str, Any]) -> None:
    """A rule for a person."""
    screen.line(rule["rule"], "bold")
    screen.line(rule["because"])
    screen.pairs(
        [
            ("concludes", rule["title"] if rule["concludes"][:4] != "not " else f"not: {rule['title']}"),
            ("strength", rule["level"]),
            ("in force", f"{rule['from'] or 'always'} to {rule['to'] or 'further notice'}"),
            ("nations", ", ".join(rule["nations"])),
        ]
    )
    for heading, listed in (("If", rule["if"]), ("Unless", rule["unless"])):
        if listed:
            screen.heading(heading)
            for each in listed:
                screen.bullet(each)
    screen.heading("Rests on")
    for each in rule["provisions"]:
        screen.bullet(f"{each['citation']} ({each['checked']}): {each['says']}")


def describe_fact(held: Rules, fact: Fact) -> Page:
    """A fact: its question, the answers it takes, and the rules that read it."""
    from fairshare.decide.graph import find_readers

    words = held.words.fact(fact.id)
    readers = list(find_readers(held.base).get(fact.id, ()))
    document = {
        "fact": fact.id,
        "question": words.question,
        "help": words.help,
        "type": str(fact.type),
        "scope": fact.scope,
        "values": {each: held.words.label(fact.id, each) for each in fact.values},
        "always_known": fact.always_known,
        "judgement": {"role": fact.judgement.role, "factors": fact.judgement.factors} if fact.judgement else None,
        "read_by": readers,
    }

    def show(screen: Screen) -> None:
        screen.line(words.question, "bold")
        screen.line(words.help)
        screen.pairs([("id", fact.id), ("type", fact.type), ("about each", fact.scope)])
        for value in fact.values:
            screen.bullet(f"{value}: {held.words.label(fact.id, value)}")
        screen.line(f"Rules that read it: {', '.join(readers) or 'none'}")

    return Page(document, show)


def describe_conclusion(held: Rules, conclusion: Conclusion) -> Page:
    """A conclusion: what it means, what it does, and the rules for and against it."""
    words = held.words.conclusion(conclusion.id)
    about = [rule for rule in held.base.rules.values() if rule.conclusion == conclusion.id]
    document = {
        "conclusion": conclusion.id,
        "title": words.title,
        "true": words.true,
        "false": words.false,
        "scope": conclusion.scope,
        "force": conclusion.force,
        "sort": conclusion.sort,
        "for": [rule.id for rule in about if rule.positive],
        "against": [rule.id for rule in about if not rule.positive],
    }

    def show(screen: Screen) -> None:
        screen.line(words.title, "bold")
        screen.line(words.true)
        screen.pairs([("id", conclusion.id), ("about each", conclusion.scope), ("effect", conclusion.force)])
        for rule in about:
            screen.bullet(f"{'' if rule.positive else 'against: '}{rule.id}. {held.words.because(rule.id)}")

    return Page(document, show)


def describe_constraint(held: Rules, constraint: Constraint) -> Page:
    """A constraint: the answers that can never all be true together, and what that rests on."""
    from fairshare.cli.rules_in_words import say_parts

    document: dict[str, Any] = {
        "constraint": constraint.id,
        "never": say_parts(held, constraint.never),
        "scope": constraint.scope,
        "gate": constraint.gate,
        "provisions": [describe_cited(held, each) for each in constraint.cite],
    }

    def show(screen: Screen) -> None:
        screen.line(constraint.id, "bold")
        screen.line("A constraint: these answers cannot all be true.")
        screen.pairs([("about each", constraint.scope), ("gate", constraint.gate)])
        for each in document["never"]:
            screen.bullet(each)
        for each in document["provisions"]:
            screen.line(f"Rests on {each['citation']} ({each['checked']}): {each['says']}")

    return Page(document, show)


def describe_provision(held: Rules, name: str) -> Page:
    """A provision: each version of it, when it is in force, and how it was checked."""
    try:
        found = held.law.provision(name)
    except NotFound:
        raise NotFound(
            "there is no rule, fact, conclusion, constraint or provision of that name",
            fix="`fairshare tools TOOL` lists provisions; names are as in the rule files.",
            where=name[:120],
        ) from None
    citing = [rule.id for rule in held.base.rules.values() if found.id in rule.cite]
    document = found.model_dump(mode="json") | {"citation": found.citation, "cited_by": citing}

    def show(screen: Screen) -> None:
        screen.line(f"{found.citation}: {found.title}", "bold")
        screen.pairs([("id", found.id), ("link", found.link or "none"), ("nations", ", ".join(found.nations))])
        for each in found.versions:
            span = f"{each.start or 'always'} to {each.end or 'further notice'}"
            span = "commencement unconfirmed" if each.status == "unconfirmed" else span
            screen.bullet(f"{span}: {each.says} ({each.checked.how}: {each.checked.against})")
        screen.line(f"Rules that cite it: {', '.join(citing) or 'none'}")

    return Page(document, show)


def describe_cited(held: Rules, provision: str) -> dict[str, Any]:
    """A provision as a rule's page shows it, in its newest version."""
    found = held.law.provision(provision)
    newest = found.versions[0]
    return {
        "id": found.id,
        "citation": found.citation,
        "says": newest.says,
        "checked": str(newest.checked.how),
        "link": found.link,
    }


@add_command(rules, "archive")
def archive(
    store: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where archived rule bases are kept.")],
    folder: RulesFolder = None,
) -> Page:
    """Keep the rule base as one file named by its digest, so that old decisions can be run again exactly."""
    from fairshare.decide.archive import archive_base

    held = load_rules(folder)
    path = archive_base(held.folder, store)
    document = {"rules": held.base.digest, "file": str(path)}
    return Page(document, lambda screen: screen.line(f"Rule base {held.base.digest} is in {path}."))
