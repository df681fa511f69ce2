"""A rule base made concrete for one case, one day of law and one tool: variables, nodes and ground rules.

Everything that reasons (plain Python, clauses, the graph, the slow enumerator) reads this one form, so that what
they must agree on is written once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, NamedTuple

from fairshare.decide.language import Fact


@dataclass(frozen=True, slots=True)
class CaseShape:
    """Which flows, persons and items a case has, and the flow and person of each item."""

    flows: tuple[str, ...] = ("f1",)
    persons: tuple[str, ...] = ("p1",)
    items: tuple[tuple[str, str, str | None], ...] = (("i1", "f1", "p1"),)
    """Each item's ref, its flow and the person it is about, if any."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One fact of one instance. `key` is `fact` for the case, else `fact@ref`; `values` is its domain, in order.

    A number or date fact has as values the regions that its thresholds cut: `<18`, `18..64`, `>=65`. `bounds` holds
    the first number of each region but the lowest; a date counts as its ordinal. A fact that the tool fixes has one
    value.
    """

    key: str
    fact: str
    instance: str
    values: tuple[str, ...]
    bounds: tuple[int, ...] | None = None
    """None for a fact that is neither a number nor a date."""


class Node(NamedTuple):
    """A Boolean node. `value`: variable `of[0]` has one of the value indexes `among`. `and`, `or`, `not`: over `of`.

    Nodes stand in topological order: `of` holds lower indexes only (for `value`, an index into the variables).
    An `and` over nothing is true; an `or` over nothing is false.
    """

    sort: Literal["value", "and", "or", "not"]
    of: tuple[int, ...]
    among: frozenset[int] = frozenset()


class GroundRule(NamedTuple):
    """One rule for one instance. It fires when all `conditions` hold and no `exceptions` does: the node `fires`."""

    rule: str
    instance: str
    conclusion: str
    """The key of the conclusion: `id` for the case, else `id@ref`."""
    positive: bool
    priority: int
    conditions: tuple[int, ...]
    exceptions: tuple[int, ...]
    fires: int


@dataclass(frozen=True)
class Program:
    """The whole, ready to reason with. A complete assignment that breaks no constraint gives each node one value."""

    variables: tuple[Variable, ...]
    nodes: tuple[Node, ...]
    rules: tuple[GroundRule, ...]
    conclusions: dict[str, int]
    """The node of each conclusion, by key, in topological order."""
    constraints: tuple[tuple[str, int], ...]
    """Id and node of each constraint; every node must be true."""
    outcomes: dict[str, tuple[tuple[str, int], ...]]
    """For each item, the rows of the roll-up as outcome and node, first that holds; the last is the default, always
    true."""
    goals: tuple[str, ...]
    """The keys of the conclusions the tool must settle."""
    order: tuple[int, ...]
    """Variables in the order in which a person would be asked, without those that the tool fixes."""
    digest: str = ""
    """Of the rule base."""
    tool: str = ""
    law_date: date = date.min
    shape: CaseShape = CaseShape()
    with_unconfirmed: bool = False
    facts: Mapping[str, Fact] = field(default_factory=dict)
    """Every fact of the rule base, also those that this tool does not ask."""

    @cached_property
    def index(self) -> dict[str, int]:
        """Each variable's place, by key."""
        return {variable.key: at for at, variable in enumerate(self.variables)}
