"""Safety properties as conclusions, so that they are made concrete and proved like everything else."""

from __future__ import annotations

from dataclasses import replace

from fairshare.decide.ground import order_gates
from fairshare.decide.language import All, Conclusion, Holds, Property, Rule, RuleBase, Tool, walk_atoms

_GATE = "verify"
PREMISE = "verify.premise."
BROKEN = "verify.broken."


def gate_of(each: Property) -> str:
    """The gate of a property's two conclusions: one of its own, so that a tool takes those it can."""
    return f"{_GATE}.{each.id}"


def add_properties(base: RuleBase) -> RuleBase:
    """The rule base with two more conclusions for each property: its premise holds; it is broken."""
    conclusions, rules = dict(base.conclusions), dict(base.rules)
    for each in base.properties:
        for prefix, exceptions in ((PREMISE, ()), (BROKEN, (All(each.promise),))):
            name = prefix + each.id
            conclusions[name] = Conclusion(name, gate_of(each), each.scope)
            rules[name] = Rule(name, gate_of(each), name, True, each.premise, exceptions, "must", cite=("",))
    tools = {name: _add_gates(base, tool) for name, tool in base.tools.items()}
    gates = (*base.gates, *(gate_of(each) for each in base.properties))
    return replace(base, conclusions=conclusions, rules=rules, tools=tools, gates=gates, digest="")


def _add_gates(base: RuleBase, tool: Tool) -> Tool:
    """The tool, with the properties that speak only of conclusions it can reach."""
    gates = set(order_gates(base, tool))
    fitting = [gate_of(each) for each in base.properties if _gates_of(base, each) <= gates]
    return replace(tool, gates=(*tool.gates, *fitting))


def _gates_of(base: RuleBase, each: Property) -> set[str]:
    atoms = walk_atoms(each.premise + each.promise)
    return {base.conclusions[atom.conclusion].gate for atom in atoms if isinstance(atom, Holds)}


def spoil(base: RuleBase, each: Property) -> RuleBase:
    """The rule base with the mutant of a property: a rule dropped, or given one more exception."""
    rules = dict(base.rules)
    lost = rules.pop(each.mutant)
    if each.mutant_unless:
        rules[each.mutant] = replace(lost, exceptions=(*lost.exceptions, All(each.mutant_unless)))
    return replace(base, rules=rules, digest="")
