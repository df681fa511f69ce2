"""Write docs/reference/decides: for each tool, how it decides, with a picture; for each gate, every rule and its law.

python -m tools.decides_pages           writes the pages
python -m tools.decides_pages --check   changes nothing; fails if they are not what would be written
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from fairshare.decide.conditions_in_words import Sight, describe
from fairshare.decide.ground import conditions_of, order_gates
from fairshare.decide.language import (
    Conclusion,
    FactCompares,
    FactIn,
    FactKnown,
    Formula,
    Holds,
    Rule,
    RuleBase,
    Tool,
    walk_atoms,
)
from fairshare.decide.library import load_real_base, load_words
from fairshare.decide.phrases import load_phrases
from fairshare.decide.program import Program
from fairshare.decide.words import Words
from fairshare.law import Law, load_law
from tools.flow_picture import Stage, draw_flow
from tools.reference import ROOT, write_or_check

FOLDER = ROOT / "docs" / "reference" / "decides"
EXITS = {
    "must": "it must be shared",
    "must_not": "it must not be shared",
    "refer": "a named person judges",
    "need": "it waits for an answer",
    "red_flag": "a warning sign is raised",
    "action": "something to do is added",
}
"""What may come of a gate, in the order in which it is shown; a picture shows the first two."""
NOT_ADVICE = (
    "Written from the rules by `make docs`. A named person decides; this is not legal advice, and no regulator wrote "
    "or approved it.\n"
)


class Pages:
    """The rule base with its words and law, as the pages show them."""

    def __init__(self, base: RuleBase, words: Words, law: Law) -> None:
        self.base, self.words, self.law = base, words, law
        nothing = Program((), (), (), {}, (), {}, (), ())
        self.sight = Sight(base, nothing, words, load_phrases(words.language), (), {})

    def render(self) -> dict[Path, str]:
        """Every page and picture, by path."""
        pages = {FOLDER / "index.md": self.write_index()}
        for tool in self.base.tools.values():
            pages[FOLDER / f"{tool.id}.md"] = self.write_tool(tool)
            pages[FOLDER / "pictures" / f"{tool.id}.svg"] = self.draw_tool(tool)
        for gate in self.base.gates:
            pages[FOLDER / "gates" / f"{gate}.md"] = self.write_gate(gate)
        return pages

    def write_index(self) -> str:
        """The list of tools and of gates."""
        tools = [f"- [{self.words.tool(each).title}]({each}.md)" for each in self.base.tools]
        gates = [f"- [{self.title(each)}](gates/{each}.md)" for each in sorted(self.base.gates, key=self.title)]
        return "\n".join(
            ["# How each tool decides\n", NOT_ADVICE, "## Tools\n", *tools, "\n## Gates\n", *gates]
        ) + "\n"  # fmt: skip

    def write_tool(self, tool: Tool) -> str:
        """How one tool decides: the picture, its gates in order, the table of outcomes, and what is promised."""
        found = self.words.tool(tool.id)
        lines = [
            f"# How “{found.title}” decides\n",
            NOT_ADVICE,
            f"For: {found.for_whom}\n",
            f"Not for: {found.not_for}\n",
        ]
        alt = "The gates of this tool in order, and what may come of each; the list below says the same"
        lines += [f"![{alt}](pictures/{tool.id}.svg)\n", "## Gates, in the order of the questions\n"]
        for at, gate in enumerate(self.gates_of(tool), 1):
            exits = self.exits_of(gate)
            lines.append(f"{at}. [{self.title(gate)}](gates/{gate}.md)" + (f": {', '.join(exits)}" if exits else ""))
        lines += ["\n## From conclusions to an outcome\n", "For each item, the first row that fits decides.\n"]
        lines += ["| outcome | when |", "|---|---|"]
        lines += [f"| {row.outcome} | {self.say(row.when)} |" for row in self.base.rollup.rows]
        promises = [
            each for each in self.base.properties if self.base.rules[each.mutant].gate in order_gates(self.base, tool)
        ]
        lines += ["\n## What is proved of it\n"]
        lines += [f"- {each.id.replace('_', ' ')}" for each in promises] or ["Nothing by name."]
        return "\n".join(lines) + "\n"

    def draw_tool(self, tool: Tool) -> str:
        """The picture of one tool."""
        stages, before = [], set[str]()
        for gate in self.gates_of(tool):
            used = {self.base.conclusions[name].gate for name in self.uses(gate)} - {gate}
            builds_on = tuple(self.title(each) for each in self.base.gates if each in used & before)
            stages.append(Stage(self.title(gate), len(self.asks(gate)), builds_on, tuple(self.exits_of(gate))))
            before.add(gate)
        outcomes = list(dict.fromkeys(row.outcome for row in self.base.rollup.rows))
        return draw_flow(f"How “{self.words.tool(tool.id).title}” decides", stages, outcomes)

    def write_gate(self, gate: str) -> str:
        """One gate: its questions, and every rule with its conditions and its law."""
        lines = [
            f"# {self.title(gate)}\n",
            NOT_ADVICE,
            f"The gate `{gate}` is written once and shared by these tools:\n",
        ]
        lines += [
            f"- [{self.words.tool(tool.id).title}](../{tool.id}.md)"
            for tool in self.base.tools.values()
            if gate in tool.gates
        ] or ["- none by name; others build on it"]
        lines += ["\n## Questions\n"]
        lines += [f"- {self.words.fact(fact).question} (`{fact}`)" for fact in self.asks(gate)] or ["It asks nothing."]
        lines += ["\n## Rules\n"]
        for conclusion in self.base.conclusions.values():
            rules = [
                rule for rule in self.base.rules.values() if rule.gate == gate and rule.conclusion == conclusion.id
            ]
            if rules:
                lines += [f"### {self.words.conclusion(conclusion.id).title}\n", f"{self.describe(conclusion)}\n"]
                lines += [*(line for rule in rules for line in self.write_rule(rule)), ""]
        return "\n".join(lines).rstrip() + "\n"

    def describe(self, conclusion: Conclusion) -> str:
        """What a conclusion is of, and what it does."""
        effect = EXITS.get(conclusion.force) or EXITS.get(conclusion.sort or "") or ""
        return f"`{conclusion.id}`, for each {conclusion.scope}" + (f": {effect}" if effect else "")

    def write_rule(self, rule: Rule) -> Iterator[str]:
        """One rule: why, if what, unless what, and its law with how each provision was checked."""
        against = "" if rule.positive else "(against) "
        yield f"- {against}{self.words.because(rule.id)} **{rule.level}** (`{rule.id}`)"
        yield f"  - if {self.say(conditions_of(rule)) or 'nothing else'}"
        for each in rule.exceptions:
            yield f"  - unless {describe(self.sight, each)}"
        dates = [f"from {rule.start}"] * bool(rule.start) + [f"to {rule.end}"] * bool(rule.end)
        dates += ["commencement unconfirmed"] * (not rule.confirmed)
        nations = [] if len(rule.nations) == 4 else [f"only {', '.join(sorted(rule.nations))}"]
        if dates or nations:
            yield f"  - {', '.join(dates + nations)}"
        yield f"  - law: {'; '.join(self.cite(each, rule.end or date.max) for each in rule.cite)}"

    def cite(self, provision: str, day: date) -> str:
        """A provision with its link and how it was checked."""
        found = self.law.provisions[provision]
        version = found.at(day) or found.versions[-1]
        name = f"{found.instrument}, {found.pinpoint}"
        return f"{f'[{name}]({found.link})' if found.link else name} ({version.checked.how})"

    def say(self, parts: Iterable[Formula]) -> str:
        """Conditions as one clause."""
        return ", and ".join(describe(self.sight, each) for each in parts)

    def gates_of(self, tool: Tool) -> list[str]:
        """The gates that a tool names, in the order in which they are asked."""
        return [gate for gate in order_gates(self.base, tool) if gate in tool.gates]

    def title(self, gate: str) -> str:
        """What a gate is called."""
        return self.words.title_of("gates", gate)

    def asks(self, gate: str) -> list[str]:
        """The facts that the rules of a gate look at."""
        atoms = self.atoms(gate)
        return list(dict.fromkeys(atom.fact for atom in atoms if not isinstance(atom, Holds)))

    def uses(self, gate: str) -> set[str]:
        """The conclusions that the rules of a gate look at."""
        return {atom.conclusion for atom in self.atoms(gate) if isinstance(atom, Holds)}

    def atoms(self, gate: str) -> list[FactIn | FactCompares | FactKnown | Holds]:
        """Every smallest condition in the rules of a gate."""
        rules = [rule for rule in self.base.rules.values() if rule.gate == gate]
        return [atom for rule in rules for atom in walk_atoms(rule.conditions + rule.exceptions)]

    def exits_of(self, gate: str) -> list[str]:
        """What may come of a gate."""
        kinds = {
            kind for each in self.base.conclusions.values() if each.gate == gate for kind in (each.force, each.sort)
        }
        return [text for kind, text in EXITS.items() if kind in kinds]


def render_pages() -> dict[Path, str]:
    """The pages for the rule base that comes with Fairshare."""
    return Pages(load_real_base(), load_words("en"), load_law()).render()


if __name__ == "__main__":
    sys.exit(write_or_check(render_pages(), check="--check" in sys.argv[1:]))
