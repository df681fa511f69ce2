"""Random programs and answers for property tests."""

from math import prod

from hypothesis import strategies as st

from fairshare.decide.program import GroundRule, Node, Program, Variable

MOST_COMPLETIONS = 3_000


class Builder:
    """Puts a program together node by node; equal nodes are one node."""

    def __init__(self) -> None:
        self.variables: list[Variable] = []
        self.nodes: list[Node] = []
        self._known: dict[Node, int] = {}

    def add_fact(self, key: str, *values: str) -> int:
        self.variables.append(Variable(key, key, "", values))
        return len(self.variables) - 1

    def add(self, sort: str, *of: int, among: frozenset[int] = frozenset()) -> int:
        node = Node(sort, of, among)  # type: ignore[arg-type]
        if node not in self._known:
            self.nodes.append(node)
            self._known[node] = len(self.nodes) - 1
        return self._known[node]

    def has(self, variable: int, *values: int) -> int:
        return self.add("value", variable, among=frozenset(values))

    def build(
        self,
        conclusions: dict[str, int],
        constraints: tuple[tuple[str, int], ...] = (),
        outcomes: dict[str, tuple[tuple[str, int], ...]] | None = None,
        goals: tuple[str, ...] | None = None,
        rules: tuple[GroundRule, ...] = (),
        order: tuple[int, ...] | None = None,
    ) -> Program:
        order = tuple(range(len(self.variables))) if order is None else order
        goals = tuple(conclusions) if goals is None else goals
        return Program(
            tuple(self.variables), tuple(self.nodes), rules, conclusions, constraints, outcomes or {}, goals, order
        )


@st.composite
def programs(draw: st.DrawFn, most_facts: int = 12) -> Program:
    """A layered program: facts of one to five values, conclusions resting on facts and on each other, constraints."""
    builder = Builder()
    sizes = draw(st.lists(st.sampled_from([2, 2, 2, 3, 3, 4, 5, 1]), min_size=1, max_size=most_facts))
    while prod(sizes) > MOST_COMPLETIONS:
        sizes[sizes.index(max(sizes))] -= 1
    for index, size in enumerate(sizes):
        builder.add_fact(f"f{index}", *(f"v{each}" for each in range(size)))

    def part(conclusions: list[int]) -> int:
        if conclusions and draw(st.integers(0, 3)) == 0:
            node = draw(st.sampled_from(conclusions))
        else:
            variable = draw(st.integers(0, len(sizes) - 1))
            node = builder.has(variable, *draw(st.sets(st.integers(0, sizes[variable] - 1), max_size=sizes[variable])))
        return builder.add("not", node) if draw(st.integers(0, 3)) == 0 else node

    def whole(conclusions: list[int], sort: str) -> int:
        return builder.add(
            sort, *(part(conclusions) for _ in range(draw(st.integers(0, 3) if sort == "and" else st.integers(1, 3))))
        )

    made: list[int] = []
    for _ in range(draw(st.integers(1, 6))):
        bodies = [whole(made, "and") for _ in range(draw(st.integers(1, 3)))]
        made.append(builder.add("or", *bodies))
    conclusions = {f"c{index}": node for index, node in enumerate(made)}
    constraints = tuple(
        (
            f"k{index}",
            builder.add(
                "not", builder.add("and", part([]), part([]), *([part(made)] if draw(st.integers(0, 2)) == 0 else []))
            ),
        )
        for index in range(draw(st.integers(0, 4)))
    )
    rows = tuple((f"O{draw(st.integers(0, 2))}", whole(made, "and")) for _ in range(draw(st.integers(0, 3))))
    outcomes = {"i1": (*rows, ("O9", builder.add("and")))}
    goals = tuple(draw(st.lists(st.sampled_from(sorted(conclusions)), min_size=1, max_size=3, unique=True)))
    order = tuple(draw(st.permutations(range(len(sizes)))))
    return builder.build(conclusions, constraints, outcomes, goals, order=order)


@st.composite
def assignments(draw: st.DrawFn, program: Program) -> dict[int, int]:
    """Some of the facts, answered."""
    answered = draw(st.sets(st.integers(0, len(program.variables) - 1)))
    return {each: draw(st.integers(0, len(program.variables[each].values) - 1)) for each in sorted(answered)}


@st.composite
def cases(draw: st.DrawFn, most_facts: int = 12) -> tuple[Program, dict[int, int]]:
    """A program and some answers."""
    program = draw(programs(most_facts))
    return program, draw(assignments(program))
