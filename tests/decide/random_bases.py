"""Random small rule bases, cases and answers, for every property test of `decide`.

Everything follows from a seed and a few sizes, so that hypothesis can shrink the sizes and print one line to repeat.
"""

from __future__ import annotations

from datetime import date
from math import prod
from random import Random
from typing import Any

from hypothesis import strategies as st

from fairshare.decide.ground import ground
from fairshare.decide.language import RuleBase
from fairshare.decide.load import read_base
from fairshare.decide.program import CaseShape, Program

LAW_DATE = date(2026, 3, 1)
SEES = {
    "case": ["case"],
    "flow": ["flow", "case"],
    "person": ["person", "case"],
    "item": ["item", "flow", "person", "case"],
}
BELOW: dict[str, list[str]] = {"case": ["flow", "person", "item"], "flow": ["item"], "person": ["item"], "item": []}
OUTCOMES = ["SHARE_FULL", "REFUSE_PROHIBITED", "MUST_SHARE", "REDIRECT"]
Case = tuple[RuleBase, Program, dict[int, int]]


class Author:
    """Writes one random rule base."""

    def __init__(self, random: Random, facts: int, conclusions: int) -> None:
        self.random = random
        self.facts = {f"fact.f{at}": self.write_fact() for at in range(facts)}
        if random.random() < 0.3:
            nations = ["england", "wales", "scotland", "northern_ireland"]
            self.facts["nation"] = {"type": "choice", "values": nations, "always_known": True, "scope": "case"}
        self.conclusions: dict[str, str] = {}
        self.rules: list[dict[str, Any]] = []
        for at in range(conclusions):
            self.write_conclusion(f"end.c{at}")

    def write_fact(self) -> dict[str, Any]:
        kind = self.random.choice(["bool", "bool", "choice", "number", "date"])
        scope = self.random.choice(["case", "case", "flow", "person", "item", "item"])
        values = {"values": ["a", "b", "c"][: self.random.randint(2, 3)]} if kind == "choice" else {}
        return {"type": kind, "scope": scope, "always_known": self.random.random() < 0.5, **values}

    def fix_answers(self) -> dict[str, Any]:
        if self.random.random() < 0.7:
            return {}
        name = self.random.choice(sorted(self.facts))
        values = self.facts[name].get("values", [True, False])
        return {name: values[0]} if self.facts[name]["type"] in ("bool", "choice") else {}

    def write_conclusion(self, name: str) -> None:
        scope = self.random.choice(["case", "flow", "person", "item", "item"])
        for _ in range(self.random.randint(1, 4)):
            rule = {
                "id": f"rule.r{len(self.rules)}",
                "conclude": self.random.choice(["", "", "not "]) + name,
                "if": self.write_parts(scope, 0, 3, 2),
                "unless": self.write_parts(scope, 0, 1, 1),
                "level": "must",
                "cite": ["act.s1"],
                "priority": self.random.randint(0, 1),
                "status": self.random.choice(["in_force"] * 5 + ["unconfirmed"]),
                **self.random.choice([{}, {}, {}, {"from": "2027-01-01"}, {"to": "2027-01-01"}]),
            }
            if "nation" in self.facts and self.random.random() < 0.3:
                rule["nations"] = self.random.choice([["E", "W"], ["S"], ["NI"]])
            self.rules.append(rule)
        self.conclusions[name] = scope

    def write_parts(self, scope: str, least: int, most: int, depth: int) -> list[Any]:
        return [self.write_formula(scope, depth) for _ in range(self.random.randint(least, most))]

    def write_formula(self, scope: str, depth: int, *, facts_only: bool = False) -> Any:
        kind = self.random.choice(["atom", "atom", "atom", "all", "any", "among"]) if depth else "atom"
        if kind == "among" and BELOW[scope]:
            below = self.random.choice(BELOW[scope])
            word = f"{self.random.choice(['some', 'every'])}_{below}"
            return {word: [self.write_formula(below, depth - 1, facts_only=facts_only)]}
        if kind in ("all", "any"):
            parts = range(self.random.choice([0, 1, 2, 2, 3]))
            return {kind: [self.write_formula(scope, depth - 1, facts_only=facts_only) for _ in parts]}
        return self.write_atom(scope, facts_only)

    def write_atom(self, scope: str, facts_only: bool) -> Any:
        names = [name for name, fact in self.facts.items() if fact["scope"] in SEES[scope]]
        held = [] if facts_only else [name for name, each in self.conclusions.items() if each in SEES[scope]]
        if not names and not held:
            return {self.random.choice(["all", "any"]): []}
        name = self.random.choice(names + held)
        if name in held:
            return self.random.choice([name, f"not {name}"])
        fact = self.facts[name]
        forms = [] if fact["always_known"] else [f"{name} is known", f"{name} is unobtainable"]
        if fact["type"] in ("number", "date"):
            limits = ["low", "high"] if fact["type"] == "number" else ["then", "later"]
            forms += [f"{name} {sign} {limit}" for sign in (">=", ">", "<", "<=") for limit in limits]
        else:
            values = fact.get("values", ["yes", "no"])
            last = values[-1] if fact["always_known"] else "unobtainable"
            forms += [f"{name} is {value}" for value in values]
            forms += [f"{name} is not {values[0]}", f"{name} in {values[0]}, {last}"]
        return self.random.choice(forms)

    def write_files(self) -> dict[str, Any]:
        """The parsed files of a rule base that loads."""
        constraints = [
            {"id": f"never.n{at}", "never": [self.write_formula(scope, 1, facts_only=True) for _ in range(2)]}
            for at, scope in enumerate(self.random.choices(["case", "flow", "person"], k=self.random.randint(0, 2)))
        ]
        rows = [
            {"outcome": outcome, "when": [self.write_formula("item", 1)]}
            for outcome in self.random.choices(OUTCOMES, k=self.random.randint(0, 3))
        ]
        return {
            "facts/all.yaml": {"facts": self.facts},
            "thresholds.yaml": {
                "thresholds": {
                    "low": {"value": 18},
                    "high": {"value": 65},
                    "then": {"value": "2026-02-05"},
                    "later": {"value": "2026-02-06"},
                }
            },
            "gates/one.yaml": {
                "gate": "one",
                "rules": self.rules,
                "constraints": constraints,
                "conclusions": {name: {"scope": scope} for name, scope in self.conclusions.items()},
            },
            "rollup.yaml": {"rows": rows, "default": "DEFER_NEED_INFO"},
            "tools/small.yaml": {
                "tool": "small",
                "gates": ["one"],
                "goals": sorted(self.conclusions),
                "starts_with": self.fix_answers(),
            },
        }


def draw_shape(random: Random) -> CaseShape:
    """A case with one or two flows, up to two persons and up to two items, some about nobody."""
    flows = ("f1", "f2")[: random.choice([1, 1, 2])]
    persons = ("p1", "p2")[: random.choice([0, 1, 1, 2])]
    items = [(f"i{at}", random.choice(flows), random.choice([None, *persons, *persons])) for at in range(2)]
    return CaseShape(flows, persons, tuple(items[: random.choice([0, 1, 1, 2])]))


def write_case(seed: int, facts: int, conclusions: int, completions: int) -> Case:
    """A rule base, its program for a case, and answers that leave at most so many completions open."""
    random = Random(seed)
    base = read_base(Author(random, facts, conclusions).write_files())
    program = ground(base, "small", draw_shape(random), LAW_DATE, with_unconfirmed=random.random() < 0.3)
    known = {at: 0 for at, each in enumerate(program.variables) if len(each.values) == 1}
    for at in random.sample(range(len(program.variables)), len(program.variables)):
        left = prod(len(each.values) for place, each in enumerate(program.variables) if place not in known)
        if left > completions or random.random() < 0.1:
            known[at] = random.randrange(len(program.variables[at].values))
    return base, program, known


def draw_files(most_facts: int = 12) -> st.SearchStrategy[dict[str, Any]]:
    """The parsed files of a random rule base that loads."""
    return st.builds(
        lambda seed, facts, conclusions: Author(Random(seed), facts, conclusions).write_files(),
        st.integers(0, 2**32 - 1),
        st.integers(3, most_facts),
        st.integers(2, 6),
    )


def draw_case(most_facts: int = 12, completions: int = 200) -> st.SearchStrategy[Case]:
    """A rule base, its program, and answers: by variable index, the index of a value."""
    return st.builds(
        write_case, st.integers(0, 2**32 - 1), st.integers(3, most_facts), st.integers(2, 6), st.just(completions)
    )
