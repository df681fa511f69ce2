"""Write docs/reference/tools.md: every tool, whom it is for, what it asks about, and what the rules promise.

python -m tools.tools_page           writes the page
python -m tools.tools_page --check   changes nothing; fails if the page is not what would be written
"""

import sys
from collections.abc import Iterator

from fairshare.decide.ground import order_gates
from fairshare.decide.language import RuleBase, Tool
from fairshare.decide.library import load_real_base, load_words
from fairshare.decide.words import Words
from tools.reference import ROOT, write_or_check

PAGE = ROOT / "docs" / "reference" / "tools.md"

OPENING = """\
# Tools and gates

A tool is a scenario: which gates, in which order. A gate is a group of rules, written once and shared by every tool.
This page is written from the rule base by `make docs`.

The rules are built from the law. Some of the guidance, and the regulator's toolkit beyond its sixth question, could not
be read; what stands in their place is our own reconstruction and is cited as such. No regulator wrote or approved these
rules, and they are not legal advice. Each rule says whether it is law (must), good practice (should) or a suggestion
(could), and only law that was read can conclude that something must or must not be shared.
"""


def write_page(base: RuleBase, words: Words) -> str:
    """The whole page."""
    tools = "\n".join(line for tool in base.tools.values() for line in describe_tool(base, tool, words))
    gates = "\n".join(list_gates(base, words))
    promises = "\n".join(
        f"- {each.id.replace('_', ' ')} (rests on the rule `{each.mutant}`)" for each in base.properties
    )
    counts = (
        f"{len(base.tools)} tools, {len(base.gates)} gates, {len(base.facts)} facts, {len(base.conclusions)} "
        f"conclusions, {len(base.rules)} rules."
    )
    return (
        f"{OPENING}\n{counts}\n\n## Tools\n\n{tools}\n## Gates\n\n| gate | id | rules |\n|---|---|---|\n"
        f"{gates}\n\n## Promises\n\n`fairshare rules verify` proves these for every tool, every law since 2018 and "
        f"every nation.\n\n{promises}\n"
    )


def describe_tool(base: RuleBase, tool: Tool, words: Words) -> Iterator[str]:
    """One tool: its title and id, whom it is for, what choosing it fixes, and the gates it names, in order."""
    found = words.tool(tool.id)
    yield f"### {found.title}\n"
    yield f"`{tool.id}`" + (", for emergencies" if tool.emergency else "") + "\n"
    yield f"- For: {found.for_whom}"
    yield f"- Not for: {found.not_for}"
    fixed = [
        f"{words.fact(fact).question} {words.label(fact, value)}."
        for fact, value in tool.starts_with.items()
        if fact != "matter"
    ]
    if fixed:
        yield f"- Choosing it answers: {' '.join(fixed)}"
    named = [gate for gate in order_gates(base, tool) if gate in tool.gates]
    yield f"- Gates, in the order of the questions: {', '.join(words.title_of('gates', gate) for gate in named)}.\n"


def list_gates(base: RuleBase, words: Words) -> Iterator[str]:
    """A row for each gate, with how many rules it has."""
    for gate in sorted(base.gates, key=lambda each: words.title_of("gates", each)):
        rules = sum(rule.gate == gate for rule in base.rules.values())
        yield f"| {words.title_of('gates', gate)} | `{gate}` | {rules} |"


def render_page() -> str:
    """The page for the rule base that comes with Fairshare."""
    return write_page(load_real_base(), load_words("en"))


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: render_page()}, check="--check" in sys.argv[1:]))
