"""Which decisions Fairshare can help with: each scenario is a tool."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.bases import Rules, RulesFolder, Welsh, complete_tools, load_rules
from fairshare.cli.commands import Page
from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.decide.language import Rule, Tool


def tools(
    tool: Annotated[
        str | None, typer.Argument(metavar="TOOL", help="Show this one.", autocompletion=complete_tools)
    ] = None,
    rules: RulesFolder = None,
    welsh: Welsh = False,
) -> Page:
    """List the scenarios that Fairshare can help with, or show one."""
    held = load_rules(rules, welsh=welsh)
    return show_tool(held, held.tool(tool)) if tool else list_tools(held)


def list_tools(held: Rules) -> Page:
    """All the tools, by id, with what each is for."""
    found = [
        {"tool": name, "title": held.words.tool(name).title, "for_whom": held.words.tool(name).for_whom}
        for name in sorted(held.base.tools)
    ]

    def show(screen: Screen) -> None:
        screen.table(["tool", "when"], [(each["tool"], each["title"]) for each in found])
        screen.line("`fairshare tools TOOL` says more of one, and `fairshare ask TOOL` asks its questions.")

    return Page({"tools": found, "rules": held.base.digest}, show)


def show_tool(held: Rules, tool: Tool) -> Page:
    """One tool: who it is for, what it goes through, and the law it rests on."""
    said = held.words.tool(tool.id)
    cited = list_cited(held, [rule for rule in held.base.rules.values() if rule.gate in tool.gates])
    document = {
        "tool": tool.id,
        "title": said.title,
        "for_whom": said.for_whom,
        "not_for": said.not_for,
        "gates": [{"gate": gate, "title": held.words.title_of("gates", gate)} for gate in tool.gates],
        "starts_with": tool.starts_with,
        "settles": [{"conclusion": goal, "title": held.words.conclusion(goal).title} for goal in tool.goals],
        "emergency": tool.emergency,
        "provisions": cited,
        "rules": held.base.digest,
    }

    def show(screen: Screen) -> None:
        screen.heading(said.title)
        for label, text in (("For", said.for_whom), ("Not for", said.not_for)):
            if text:
                screen.line(f"{label}: {text}")
        screen.heading("What it goes through")
        for gate in tool.gates:
            screen.bullet(held.words.title_of("gates", gate))
        screen.heading("What it settles")
        for goal in tool.goals:
            screen.bullet(held.words.conclusion(goal).title)
        screen.heading("The law and guidance it rests on")
        screen.table(["id", "provision", "how checked"], [(p["id"], p["citation"], p["checked"]) for p in cited])

    return Page(document, show)


def list_cited(held: Rules, rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """The provisions that some rules cite, each once, with how its newest version was checked."""
    cited = sorted({provision for rule in rules for provision in rule.cite})
    found = [held.law.provision(each) for each in cited]
    return [
        {
            "id": each.id,
            "title": each.title,
            "citation": each.citation,
            "link": each.link,
            "checked": str(each.versions[0].checked.how),
        }
        for each in found
    ]
