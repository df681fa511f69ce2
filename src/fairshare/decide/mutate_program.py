"""Every tool of a rule base in one program, in which the effect of one changed rule is found without making it anew.

What a tool fixes is open here, and the program says which tools fit the answers. Each conclusion has a node that
stands for it and nothing else, so that a mutant is a few new nodes and what rests on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fairshare.decide.ground import Grounding, conditions_of, key_of, list_views, order_gates
from fairshare.decide.language import FactAtom, FactCompares, Formula, Rule, RuleBase, Tool
from fairshare.decide.mutate_operators import Mutant, widen_thresholds
from fairshare.decide.program import CaseShape, GroundRule, Node, Variable
from fairshare.decide.verify_properties import add_properties
from fairshare.decide.views import View

ANY_TOOL = "any"


@dataclass(frozen=True, slots=True)
class Change:
    """What a mutant does to a program: the node that now stands for each changed conclusion, or the rows now used."""

    seeds: dict[int, int]
    """From the node of a conclusion to the node that takes its place."""
    rows: dict[str, tuple[tuple[str, int], ...]] | None = None
    dropped: str | None = None
    """A constraint that no longer binds."""

    def __bool__(self) -> bool:
        """Whether anything is changed at all."""
        return bool(self.seeds) or self.rows is not None or self.dropped is not None


@dataclass(frozen=True)
class Frame:
    """A rule base made ready: with its properties as conclusions, and one tool that takes every gate."""

    plain: RuleBase
    whole: RuleBase
    gates: tuple[str, ...]
    taking: dict[str, frozenset[int]]
    """For each gate, the tools (by their place) that take its rules."""


def make_frame(base: RuleBase) -> Frame:
    """What all programs of one rule base share."""
    whole = widen_thresholds(add_properties(base))
    tool = Tool(ANY_TOOL, whole.gates, ())
    gates = order_gates(whole, tool)
    taken = [frozenset(order_gates(whole, whole.tools[name])) for name in base.tools]
    taking = {gate: frozenset(at for at, each in enumerate(taken) if gate in each) for gate in gates}
    return Frame(base, replace(whole, tools=whole.tools | {ANY_TOOL: tool}), gates, taking)


class WholeProgram(Grounding):
    """All the tools, for one shape of case under the law of one day."""

    def __init__(self, frame: Frame, shape: CaseShape, law_date: date, *, with_unconfirmed: bool = False) -> None:
        self.frame = frame
        whole = frame.whole
        by_gate: dict[str, list[Rule]] = {gate: [] for gate in frame.gates}
        for rule in whole.rules.values():
            by_gate[rule.gate].append(rule)
        self.written = [rule for gate in frame.gates for rule in by_gate[gate]]
        rules = [rule for rule in self.written if self.applies(rule, law_date, with_unconfirmed)]
        super().__init__(whole, whole.tools[ANY_TOOL], shape, law_date, with_unconfirmed, frame.gates, rules)
        self.chooser = len(self.variables)
        self.variables.append(Variable("", "", "", tuple(frame.plain.tools)))
        self.rules_for: dict[int, list[GroundRule]] = {}
        """By the node of a conclusion."""
        self._ground_rules()
        self.outcomes = {view.item or "": self._rows(view) for view in list_views(shape, "item")}
        self.nevers = {each.id: tuple(self._never(each)) for each in self.constraints}
        self.fits = [self._fit(at, each) for at, each in enumerate(frame.plain.tools.values())]
        """One node for each tool: if it is the tool, the answers are those that it fixes."""
        self.size = len(self.nodes.nodes)
        self.dependents = self._find_dependents()

    @staticmethod
    def applies(rule: Rule, day: date, with_unconfirmed: bool) -> bool:
        """Whether a rule is law on a day."""
        return rule.in_force(day) and (rule.confirmed or with_unconfirmed)

    def _all_parts(self) -> Iterator[tuple[Formula, ...]]:
        """Also the rules of other days: a mutant may bring one forward."""
        for rule in self.written:
            yield (*conditions_of(rule), *rule.exceptions)
        yield from super()._all_parts()

    def _cut_regions(self, atoms: list[FactAtom]) -> dict[str, tuple[int, ...]]:
        cuts: dict[str, set[int]] = {}
        for atom in atoms:
            if isinstance(atom, FactCompares):
                at = self._first_above(atom)
                cuts.setdefault(atom.fact, set()).update((at - 1, at, at + 1))
        return {fact: tuple(sorted(found)) for fact, found in cuts.items()}

    def _conclude(self, rules: list[GroundRule]) -> int:
        """The node of a conclusion is its own: nothing else is folded into it."""
        inner = super()._conclude(rules)
        self.nodes.nodes.append(Node("or", (inner,)))
        at = len(self.nodes.nodes) - 1
        self.rules_for[at] = rules
        return at

    def _ground_rule(self, rule: Rule, view: View) -> GroundRule:
        """With one more condition: it is a tool that takes the rule's gate."""
        found = super()._ground_rule(rule, view)
        among = self.frame.taking[rule.gate]
        taken = self.nodes.value(self.chooser, among, len(self.frame.plain.tools))
        return found._replace(fires=self.nodes.join(True, [found.fires, taken]))

    def _fit(self, tool_at: int, tool: Tool) -> int:
        parts = []
        for fact, fixed in tool.starts_with.items():
            value = fixed if isinstance(fixed, str) else "yes" if fixed else "no"
            for variable in self.variables:
                if variable.fact == fact:
                    parts.append(self.choose(variable.key, value))
        others = frozenset(range(len(self.frame.plain.tools))) - {tool_at}
        other = self.nodes.value(self.chooser, others, len(self.frame.plain.tools))
        return self.nodes.join(False, [other, self.nodes.join(True, parts)])

    def choose(self, key: str, value: str) -> int:
        """The node that says that a variable has a value."""
        at = self.index[key]
        values = self.variables[at].values
        return self.nodes.value(at, frozenset({values.index(value)}), len(values))

    def _find_dependents(self) -> list[list[int]]:
        """For each node, those of which it is a part."""
        found: list[list[int]] = [[] for _ in range(self.size)]
        for at, node in enumerate(self.nodes.nodes):
            if node.sort != "value":
                for part in node.of:
                    found[part].append(at)
        return found

    def find_cone(self, seeds: Iterable[int]) -> list[int]:
        """All that rests on some nodes, they included, parts before wholes."""
        found, waiting = set(seeds), list(seeds)
        while waiting:
            for each in self.dependents[waiting.pop()]:
                if each not in found:
                    found.add(each)
                    waiting.append(each)
        return sorted(found)

    def change(self, mutant: Mutant) -> Change:
        """What a mutant does here; nothing when the rule is no law on this day either way."""
        if mutant.rows is not None:
            rows = {
                view.item or "": (
                    *(
                        (row.outcome, self.nodes.join(True, [self._node(part, view) for part in row.when]))
                        for row in mutant.rows
                    ),
                    (self.base.rollup.default, self.nodes.constant(True)),
                )
                for view in list_views(self.shape, "item")
            }
            return Change({}, rows)
        if mutant.operator == "drop-constraint":
            return Change({}, dropped=mutant.subject)
        return Change(dict(self._list_seeds(self.base.rules[mutant.subject], mutant.rule)))

    def _list_seeds(self, before: Rule, after: Rule | None) -> Iterator[tuple[int, int]]:
        if after is not None and not self.applies(after, self.law_date, self.with_unconfirmed):
            after = None
        for name in dict.fromkeys((before.conclusion, *([after.conclusion] if after else []))):
            scope = self.base.conclusions[name].scope
            for view in list_views(self.shape, scope):
                at = self.conclusions[key_of(name, view.instance(scope) or "")]
                rules = [each for each in self.rules_for[at] if each.rule != before.id]
                if after is not None and after.conclusion == name:
                    rules.append(self._ground_rule(after, view))
                inner = super()._conclude(rules)
                if inner != self.nodes.nodes[at].of[0]:
                    yield at, inner


def list_new(nodes: Sequence[Node], root: int, size: int) -> list[int]:
    """The nodes added after the first `size` that `root` rests on, parts before wholes."""
    found: dict[int, None] = {}

    def visit(at: int) -> None:
        if at >= size and at not in found:
            node = nodes[at]
            for part in node.of if node.sort != "value" else ():
                visit(part)
            found[at] = None

    visit(root)
    return list(found)
