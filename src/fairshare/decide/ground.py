"""Making a rule base concrete for one case, one day of law and one tool."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise

from fairshare.decide.errors import UnknownTool
from fairshare.decide.language import (
    All,
    Among,
    Any,
    Constraint,
    FactAtom,
    FactCompares,
    FactIn,
    FactKnown,
    FactType,
    Formula,
    Holds,
    Rule,
    RuleBase,
    Tool,
    walk_atoms,
)
from fairshare.decide.load_checks import NATION_FACT, NATION_VALUES
from fairshare.decide.nodes import NodeTable, sweep_program
from fairshare.decide.program import CaseShape, GroundRule, Program, Variable
from fairshare.decide.views import View, key_of, list_views
from fairshare.words import UNOBTAINABLE, BadInput

__all__ = ["View", "conditions_of", "ground", "key_of", "list_views", "order_gates"]

MAX_INSTANCES = 1_000
_REF = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def ground(
    base: RuleBase, tool_id: str, shape: CaseShape, law_date: date, *, with_unconfirmed: bool = False
) -> Program:
    """The program that says what follows from what, for this tool, this case and the law of this day.

    Takes    with_unconfirmed: also apply rules whose commencement is not confirmed, to show the other outcome.
    Raises   UnknownTool; BadInput if the case names one thing twice or an item of a flow that it does not have.
    """
    tool = base.tools.get(tool_id)
    if tool is None:
        raise UnknownTool(
            f"there is no tool called {tool_id[:80]!r}", fix=f"Choose from {', '.join(sorted(base.tools))}."
        )
    check_shape(shape)
    gates = order_gates(base, tool)
    by_gate: dict[str, list[Rule]] = {gate: [] for gate in gates}
    for rule in base.rules.values():
        if rule.gate in by_gate and rule.in_force(law_date) and (rule.confirmed or with_unconfirmed):
            by_gate[rule.gate].append(rule)
    rules = [rule for listed in by_gate.values() for rule in listed]
    return Grounding(base, tool, shape, law_date, with_unconfirmed, gates, rules).run()


def check_shape(shape: CaseShape) -> None:
    """Refuses a case whose parts do not fit together."""
    refs = [*shape.flows, *shape.persons, *(ref for ref, _, _ in shape.items)]
    if len(refs) > MAX_INSTANCES:
        raise BadInput(
            f"the case has more than {MAX_INSTANCES:,} flows, persons and items", fix="Split it.", where="shape"
        )
    if any(not _REF.fullmatch(ref) for ref in refs):
        raise BadInput(
            "a ref is not a short name such as i1", fix="Use a small letter, then letters and digits.", where="shape"
        )
    if len(set(refs)) != len(refs):
        raise BadInput(
            "two parts of the case have one name", fix="Name each flow, person and item differently.", where="shape"
        )
    for ref, flow, person in shape.items:
        if flow not in shape.flows or (person is not None and person not in shape.persons):
            raise BadInput(
                f"the item {ref[:40]} belongs to a flow or a person that the case does not have",
                fix="Add it, or correct the item.",
                where="shape",
            )


def order_gates(base: RuleBase, tool: Tool) -> tuple[str, ...]:
    """The tool's gates in its order; a gate that they rest on stands before the first that needs it."""
    ends = [
        base.conclusions[name].gate
        for name in (*tool.goals, *(name for row in base.rollup.rows for name in _conclusions_of(row.when)))
    ]
    found: dict[str, None] = {}
    for gate in (*tool.gates, *ends):
        waiting = [] if gate in found else [(gate, iter(base.rests_on[gate]))]
        entered = {gate}
        while waiting:
            above, rest = waiting[-1]
            below = next((each for each in rest if each not in {*tool.gates, *found, *entered}), None)
            if below is None:
                found[above] = None
                waiting.pop()
            else:
                entered.add(below)
                waiting.append((below, iter(base.rests_on[below])))
    return tuple(found)


def conditions_of(rule: Rule) -> tuple[Formula, ...]:
    """A rule's conditions and, where it is not for all four nations, one more: the nation is one of its own."""
    if len(rule.nations) == len(NATION_VALUES):
        return rule.conditions
    return (*rule.conditions, FactIn(NATION_FACT, frozenset(NATION_VALUES[nation] for nation in rule.nations)))


def _conclusions_of(parts: Iterable[Formula]) -> Iterator[str]:
    return (atom.conclusion for atom in walk_atoms(parts) if isinstance(atom, Holds))


class Grounding:
    """One run of `ground`."""

    def __init__(
        self,
        base: RuleBase,
        tool: Tool,
        shape: CaseShape,
        law_date: date,
        with_unconfirmed: bool,
        gates: tuple[str, ...],
        rules: list[Rule],
    ) -> None:
        self.base, self.tool, self.shape, self.law_date = base, tool, shape, law_date
        self.with_unconfirmed, self.gates, self.rules = with_unconfirmed, gates, rules
        self.constraints = self._kept_constraints()
        self.nodes = NodeTable()
        atoms = [atom for parts in self._all_parts() for atom in walk_atoms(parts) if not isinstance(atom, Holds)]
        self.facts = self._order_facts(atoms)
        self.cuts = self._cut_regions(atoms)
        self.variables: list[Variable] = []
        self.index: dict[str, int] = {}
        for fact in self.facts:
            for view in list_views(shape, base.facts[fact].scope):
                self._add_variable(fact, view.instance(base.facts[fact].scope) or "")
        self.conclusions: dict[str, int] = {}
        self._accepted: dict[int, tuple[Formula, frozenset[int]]] = {}
        """For each part by its id, itself (so that no other takes its id) and the values that it accepts."""

    def run(self) -> Program:
        """The program, without the variables and nodes that nothing reaches."""
        ground_rules = self._ground_rules()
        constraints = [
            (each.id, node)
            for each in self.constraints
            for node in self._never(each)
            if not self.nodes.is_constant(node, True)
        ]
        outcomes = {view.item or "": self._rows(view) for view in list_views(self.shape, "item")}
        goals = tuple(
            key_of(goal, view.instance(view.scope) or "")
            for goal in self.tool.goals
            for view in list_views(self.shape, self.base.conclusions[goal].scope)
        )
        return sweep_program(
            Program(
                variables=tuple(self.variables),
                nodes=tuple(self.nodes.nodes),
                rules=tuple(ground_rules),
                conclusions=self.conclusions,
                constraints=tuple(constraints),
                outcomes=outcomes,
                goals=goals,
                order=tuple(at for at, variable in enumerate(self.variables) if len(variable.values) > 1),
                digest=self.base.digest,
                tool=self.tool.id,
                law_date=self.law_date,
                shape=self.shape,
                with_unconfirmed=self.with_unconfirmed,
                facts=self.base.facts,
            )
        )

    def _all_parts(self) -> Iterator[tuple[Formula, ...]]:
        """Everything written that this program is made of, in the order of its gates."""
        for rule in self.rules:
            yield conditions_of(rule)
            yield rule.exceptions
        for constraint in self.constraints:
            yield constraint.never
        for row in self.base.rollup.rows:
            yield row.when

    def _kept_constraints(self) -> list[Constraint]:
        """Those of the gates in play, and those of other gates about facts that are in play anyway."""
        parts = [(*conditions_of(rule), *rule.exceptions) for rule in self.rules]
        parts += [each.never for each in self.base.constraints if each.gate in self.gates]
        parts += [row.when for row in self.base.rollup.rows]
        facts = {atom.fact for part in parts for atom in walk_atoms(part) if not isinstance(atom, Holds)}
        return [
            each
            for each in self.base.constraints
            if each.gate in self.gates
            or all(isinstance(atom, Holds) or atom.fact in facts for atom in walk_atoms(each.never))
        ]

    def _order_facts(self, atoms: list[FactAtom]) -> tuple[str, ...]:
        """What the tool asks first, then each fact where it first appears in the gates' rules."""
        named = dict.fromkeys(atom.fact for atom in atoms)
        return tuple(dict.fromkeys((*(fact for fact in self.tool.first if fact in named), *named)))

    def _cut_regions(self, atoms: list[FactAtom]) -> dict[str, tuple[int, ...]]:
        cuts: dict[str, set[int]] = {}
        for atom in atoms:
            if isinstance(atom, FactCompares):
                cuts.setdefault(atom.fact, set()).add(self._first_above(atom))
        return {fact: tuple(sorted(found)) for fact, found in cuts.items()}

    def _first_above(self, atom: FactCompares) -> int:
        """The first whole number (or day) of the upper side of a comparison."""
        value = self.base.thresholds[atom.threshold].value
        number = value if isinstance(value, int) else value.toordinal()
        return number + (atom.operator in (">", "<="))

    def _add_variable(self, fact_id: str, instance: str) -> None:
        fact = self.base.facts[fact_id]
        bounds = None
        values = fact.values
        if fact.type in (FactType.NUMBER, FactType.DATE):
            bounds = self.cuts.get(fact_id, ())
            values = name_regions(bounds, is_date=fact.type is FactType.DATE)
        if not fact.always_known:
            values = (*values, UNOBTAINABLE)
        if fact_id in self.tool.starts_with:
            fixed = self.tool.starts_with[fact_id]
            values = (fixed if isinstance(fixed, str) else "yes" if fixed else "no",)
        key = key_of(fact_id, instance)
        self.index[key] = len(self.variables)
        self.variables.append(Variable(key, fact_id, instance, values, bounds))

    def _node(self, part: Formula, view: View) -> int:
        if isinstance(part, (All, Any)):
            return self.nodes.join(isinstance(part, All), [self._node(each, view) for each in part.parts])
        if isinstance(part, Among):
            below = list_views(self.shape, part.scope, view)
            return self.nodes.join(part.every, [self._node(part.body, each) for each in below])
        if isinstance(part, Holds):
            instance = view.instance(self.base.conclusions[part.conclusion].scope)
            if instance is None:
                return self.nodes.constant(False)
            node = self.conclusions[key_of(part.conclusion, instance)]
            return node if part.expected else self.nodes.negate(node, self.variables)
        instance = view.instance(self.base.facts[part.fact].scope)
        if instance is None:
            return self.nodes.constant(False)
        at = self.index[key_of(part.fact, instance)]
        values = self.variables[at].values
        if id(part) not in self._accepted:
            self._accepted[id(part)] = part, frozenset(self._among(part, values))
        return self.nodes.value(at, self._accepted[id(part)][1], len(values))

    def _among(self, part: FactIn | FactCompares | FactKnown, values: tuple[str, ...]) -> Iterator[int]:
        if isinstance(part, FactIn):
            return (at for at, value in enumerate(values) if value in part.values)
        known = range(len(values) - (values[-1] == UNOBTAINABLE))
        if isinstance(part, FactKnown):
            return iter(known)
        upper = self.cuts[part.fact].index(self._first_above(part)) + 1
        return (at for at in known if (at >= upper) == (part.operator in (">=", ">")))

    def _ground_rules(self) -> list[GroundRule]:
        """Every rule for every instance, conclusion by conclusion, so that what is rested on comes first."""
        by_conclusion: dict[str, list[Rule]] = {}
        for rule in self.rules:
            by_conclusion.setdefault(rule.conclusion, []).append(rule)
        gates = set(self.gates)
        found: list[GroundRule] = []
        for name in self.base.order:
            if self.base.conclusions[name].gate not in gates and name not in by_conclusion:
                continue
            scope = self.base.conclusions[name].scope
            for view in list_views(self.shape, scope):
                rules = [self._ground_rule(rule, view) for rule in by_conclusion.get(name, ())]
                self.conclusions[key_of(name, view.instance(scope) or "")] = self._conclude(rules)
                found += [rule for rule in rules if not self.nodes.is_constant(rule.fires, False)]
        return found

    def _ground_rule(self, rule: Rule, view: View) -> GroundRule:
        conditions = tuple(self._node(part, view) for part in conditions_of(rule))
        exceptions = tuple(self._node(part, view) for part in rule.exceptions)
        fires = self.nodes.join(True, [*conditions, *(self.nodes.negate(each, self.variables) for each in exceptions)])
        instance = view.instance(view.scope) or ""
        return GroundRule(
            rule.id,
            instance,
            key_of(rule.conclusion, instance),
            rule.positive,
            rule.priority,
            conditions,
            exceptions,
            fires,
        )

    def _conclude(self, rules: list[GroundRule]) -> int:
        """Some rule for it fires, and none against it of the same or higher priority."""
        against = [rule for rule in rules if not rule.positive]
        return self.nodes.join(
            False,
            [
                self.nodes.join(
                    True,
                    [
                        rule.fires,
                        *(
                            self.nodes.negate(other.fires, self.variables)
                            for other in against
                            if other.priority >= rule.priority
                        ),
                    ],
                )
                for rule in rules
                if rule.positive
            ],
        )

    def _never(self, constraint: Constraint) -> Iterator[int]:
        for view in list_views(self.shape, constraint.scope):
            parts = [self._node(part, view) for part in constraint.never]
            yield self.nodes.negate(self.nodes.join(True, parts), self.variables)

    def _rows(self, view: View) -> tuple[tuple[str, int], ...]:
        rows = [
            (row.outcome, self.nodes.join(True, [self._node(part, view) for part in row.when]))
            for row in self.base.rollup.rows
        ]
        return (*rows, (self.base.rollup.default, self.nodes.constant(True)))


def name_regions(bounds: tuple[int, ...], *, is_date: bool) -> tuple[str, ...]:
    """What the regions between cuts are called.

    >>> name_regions((18, 65), is_date=False)
    ('<18', '18..64', '>=65')
    >>> name_regions((18, 19), is_date=False)
    ('<18', '=18', '>=19')
    """

    def write(number: int) -> str:
        return date.fromordinal(number).isoformat() if is_date else str(number)

    if not bounds:
        return ("any",)
    between = (
        f"={write(low)}" if high == low + 1 else f"{write(low)}..{write(high - 1)}" for low, high in pairwise(bounds)
    )
    return (f"<{write(bounds[0])}", *between, f">={write(bounds[-1])}")
