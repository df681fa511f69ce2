"""Which scenarios notice a mutant: many cases at once, each bit of a number one case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from fairshare.decide.answers import place_value
from fairshare.decide.masks import join, meet, scatter, split_outcomes
from fairshare.decide.mutate_program import Change, Frame, WholeProgram, list_new
from fairshare.decide.program import CaseShape, Node
from fairshare.decide.scenarios import Scenario, spread_keys

COMPLETIONS = 24
"""How many ways to answer what a scenario leaves open are tried. A scenario holds in all of them; a mutant is noticed
when it fails in one."""


def make_panels(frame: Frame, scenarios: Iterable[Scenario]) -> list[Panel]:
    """Scenarios in panels: those of one shape of case under one law are looked at together; the largest first."""
    groups: dict[tuple[CaseShape, date, bool], list[Scenario]] = {}
    for each in scenarios:
        groups.setdefault((_name_alike(each.shape)[0], each.day, each.unconfirmed), []).append(each)
    found = [
        Panel(WholeProgram(frame, shape, day, with_unconfirmed=unconfirmed), group)
        for (shape, day, unconfirmed), group in groups.items()
    ]
    return sorted(found, key=lambda panel: -len(panel.scenarios))


def _name_alike(shape: CaseShape) -> tuple[CaseShape, dict[str, str]]:
    """The same shape with its parts called f1, p1 and i1; and the new name of each."""
    names = {ref: f"f{at}" for at, ref in enumerate(shape.flows, start=1)}
    names |= {ref: f"p{at}" for at, ref in enumerate(shape.persons, start=1)}
    names |= {ref: f"i{at}" for at, (ref, _, _) in enumerate(shape.items, start=1)}
    items = tuple((names[ref], names[flow], names[person] if person else None) for ref, flow, person in shape.items)
    flows, persons = tuple(names[each] for each in shape.flows), tuple(names[each] for each in shape.persons)
    return CaseShape(flows, persons, items), names


def _rename(key: str, names: Mapping[str, str]) -> str:
    name, at, ref = key.partition("@")
    return f"{name}@{names[ref]}" if at else name


class Panel:
    """Scenarios of one shape and day, each with several ways to answer what it leaves open."""

    def __init__(self, program: WholeProgram, scenarios: Sequence[Scenario]) -> None:
        self.program, self.scenarios = program, tuple(scenarios)
        self.full = (1 << len(self.scenarios) * COMPLETIONS) - 1
        self.values = self._answer()
        self.holds = [0] * program.size
        for at in range(program.size):
            self.holds[at] = self._weigh(program.nodes.nodes[at], self.holds)
        allowed = (self.holds[node] for nodes in program.nevers.values() for node in nodes)
        self.allowed = meet(self.full, allowed)
        self.standing: dict[int, int] = {}
        """For each node, the cases in which it must hold."""
        self.fallen: dict[int, int] = {}
        self.expected: dict[str, dict[str, int]] = {}
        """For each item and outcome, the cases in which the item must have it."""
        self.excluded: dict[str, dict[str, int]] = {}
        self.impossible = 0
        self._expect()
        self._cones: dict[tuple[int, ...], list[int]] = {}

    def _answer(self) -> list[list[int]]:
        """For each variable, the mask of each of its values."""
        variables = self.program.variables
        cases = len(self.scenarios) * COMPLETIONS
        found = [scatter(str(at), len(variable.values), cases) for at, variable in enumerate(variables)]
        fixed: dict[tuple[int, int], int] = {}
        for at, scenario in enumerate(self.scenarios):
            for place in self._place(scenario).items():
                fixed[place] = fixed.get(place, 0) | self._bits_of(at)
        told: dict[int, int] = {}
        for (variable, _), bits in fixed.items():
            told[variable] = told.get(variable, 0) | bits
        for variable, bits in told.items():
            rest = self.full ^ bits
            found[variable] = [
                mask & rest | fixed.get((variable, value), 0) for value, mask in enumerate(found[variable])
            ]
        return found

    def _place(self, scenario: Scenario) -> dict[int, int]:
        """The answers of a scenario, with what its tool fixes, by place of variable and value."""
        names = _name_alike(scenario.shape)[1]
        given = {_rename(key, names): answer.value for key, answer in scenario.answers.items()}
        plain = self.program.frame.plain
        tool = plain.tools[scenario.tool]
        found = {self.program.chooser: list(plain.tools).index(tool.id)}
        for at, variable in enumerate(self.program.variables[: self.program.chooser]):
            if variable.fact in tool.starts_with:
                fixed = tool.starts_with[variable.fact]
                found[at] = place_value(variable, fixed)
            elif variable.key in given or variable.fact in given:
                found[at] = place_value(variable, given.get(variable.key, given.get(variable.fact, "")))
        return found

    def _bits_of(self, at: int) -> int:
        return ((1 << COMPLETIONS) - 1) << at * COMPLETIONS

    def _expect(self) -> None:
        for at, scenario in enumerate(self.scenarios):
            if scenario.impossible:
                self.impossible |= self._bits_of(at)
                continue
            names, bits = _name_alike(scenario.shape)[1], self._bits_of(at) & self.allowed
            for keys, masks in ((scenario.holds, self.standing), (scenario.fails, self.fallen)):
                for key in spread_keys(self.program.frame.plain, scenario.shape, keys):
                    node = self.program.conclusions[_rename(key, names)]
                    masks[node] = masks.get(node, 0) | bits
            told = [(item, outcome, self.expected) for item, outcome in scenario.outcomes.items()]
            told += [(item, each, self.excluded) for item, ones in (scenario.excluded or {}).items() for each in ones]
            for item, outcome, tables in told:
                table = tables.setdefault(names[item], {})
                table[outcome] = table.get(outcome, 0) | bits

    def find_failing(self, change: Change | None = None) -> tuple[Scenario, ...]:
        """The scenarios that do not come out as they must, once a change is made."""
        wrong = self._find_wrong(change or Change({}))
        return tuple(each for at, each in enumerate(self.scenarios) if wrong & self._bits_of(at))

    def notices(self, change: Change) -> bool:
        """Whether some scenario does not come out as it must."""
        return bool(self._find_wrong(change))

    def _find_wrong(self, change: Change) -> int:
        if change.dropped is not None:
            kept = [nodes for name, nodes in self.program.nevers.items() if name != change.dropped]
            return self.impossible & meet(self.full, (self.holds[node] for nodes in kept for node in nodes))
        changed = self._spread(change)
        wrong = self.impossible & self.allowed
        for node, mask in self.standing.items():
            wrong |= mask & ~changed.get(node, self.holds[node])
        for node, mask in self.fallen.items():
            wrong |= mask & changed.get(node, self.holds[node])
        outcomes = change.rows or self.program.outcomes
        for item in self.expected.keys() | self.excluded.keys():
            rows = ((outcome, changed.get(node, self._hold(node, changed))) for outcome, node in outcomes[item])
            found = split_outcomes(rows, self.full)
            for outcome, mask in self.expected.get(item, {}).items():
                wrong |= mask & ~found.get(outcome, 0)
            for outcome, mask in self.excluded.get(item, {}).items():
                wrong |= mask & found.get(outcome, 0)
        return wrong

    def _hold(self, node: int, changed: dict[int, int]) -> int:
        return self.holds[node] if node < self.program.size else self._weigh_new(node, changed)

    def _spread(self, change: Change) -> dict[int, int]:
        """The nodes that come out differently, and where they hold."""
        nodes, changed = self.program.nodes.nodes, dict[int, int]()
        key = tuple(change.seeds)
        if key not in self._cones:
            self._cones[key] = self.program.find_cone(key)
        for at in self._cones[key]:
            if at in change.seeds:
                mask = self._weigh_new(change.seeds[at], changed)
            elif any(part in changed for part in nodes[at].of):
                mask = self._weigh(nodes[at], self.holds, changed)
            else:
                continue
            if mask != self.holds[at]:
                changed[at] = mask
        return changed

    def _weigh_new(self, root: int, changed: dict[int, int]) -> int:
        """Where a node holds that a mutant brought with it."""
        own = dict(changed)
        for at in list_new(self.program.nodes.nodes, root, self.program.size):
            own[at] = self._weigh(self.program.nodes.nodes[at], self.holds, own)
        return own[root] if root in own else self.holds[root]

    def _weigh(self, node: Node, holds: Sequence[int], changed: Mapping[int, int] | None = None) -> int:
        if node.sort == "value":
            return join(self.values[node.of[0]][value] for value in node.among)
        parts = [changed[part] if changed and part in changed else holds[part] for part in node.of]
        if node.sort == "not":
            return self.full ^ parts[0]
        return meet(self.full, parts) if node.sort == "and" else join(parts)
