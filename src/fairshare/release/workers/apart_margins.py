"""Runs inside a worker: how near a synthetic table comes to the one that it stands for, and to the model behind it.

Distances are total variation: 0 if two margins agree, 1 if they have nothing in common.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

Codes = Any
MAX_MARGINS = 500
"""Margins compared of one kind; beyond that, as many drawn at random."""
MAX_CELLS = 2_000_000
MIN_TESTED = 30
"""People to test a learnt model on; with fewer its score says nothing."""


def read_codes(raw: bytes, columns: int) -> Codes:
    """A table from the codes of its categories."""
    return np.frombuffer(raw, "<u2").reshape(columns, -1).T


def write_codes(codes: Codes) -> bytes:
    """A table as the codes of its categories."""
    return np.ascontiguousarray(codes.T.astype("<u2")).tobytes()


def compare(
    asked: dict[str, Any], files: dict[str, bytes], tell: Callable[[float], None]
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Compares a synthetic table, whoever made it, with the table that it stands for."""
    sizes = [int(each) for each in asked["sizes"]]
    real, synthetic, control = (read_codes(files[name], len(sizes)) for name in ("real", "synthetic", "control"))
    found = measure(real, synthetic, sizes, None)
    tell(0.7)
    return {"fidelity": found, "learning": measure_learning(real, synthetic, control, asked["target"])}, {}


@dataclass(frozen=True)
class TreeModel:
    """A model whose pairs form a tree, as MST's do: every other margin follows from them."""

    pairs: dict[tuple[int, int], Any]
    alone: dict[int, Any]
    steps: dict[tuple[int, int], Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        near: dict[int, dict[int, Any]] = {place: {} for place in self.alone}
        for (first, second), table in self.pairs.items():
            near[first][second] = _given(table)
            near[second][first] = _given(table.T)
        for start in self.alone:
            self.steps[start, start] = np.eye(len(self.alone[start]))
            waiting = [start]
            while waiting:
                at = waiting.pop()
                for beyond, step in near[at].items():
                    if (start, beyond) not in self.steps:
                        self.steps[start, beyond] = self.steps[start, at] @ step
                        waiting.append(beyond)

    def margin(self, places: tuple[int, ...]) -> Any:
        """The share of people in each cell of one, two or three columns, by the model; None if it does not say."""
        if len(places) < 3:
            middle: int | None = places[0]
        else:
            middle = next((each for each in self.alone if self._parts(each, places)), None)
        if middle is None or any((middle, place) not in self.steps for place in places):
            return None
        whole = self.alone[middle] / self.alone[middle].sum()
        letters = "abc"[: len(places)]
        terms = ",".join(f"m{letter}" for letter in letters)
        return np.einsum(f"m,{terms}->{letters}", whole, *(self.steps[middle, place] for place in places)).ravel()

    def _parts(self, middle: int, places: tuple[int, ...]) -> bool:
        """Whether the ways from here to these columns part here: then they are independent, given this column."""
        ways = [self._way(middle, place) for place in places]
        return all(not (first & second) - {middle} for first, second in combinations(ways, 2))

    def _way(self, start: int, end: int) -> set[int]:
        near: dict[int, set[int]] = {place: set() for place in self.alone}
        for first, second in self.pairs:
            near[first].add(second)
            near[second].add(first)
        ways = [[start]]
        while ways:
            way = ways.pop()
            if way[-1] == end:
                return set(way)
            ways += [[*way, beyond] for beyond in near[way[-1]] if beyond not in way]
        return {start, end}


def _given(table: Any) -> Any:
    """How the second of two columns falls for each value of the first; alike for all where the first never occurs."""
    whole = table.sum(1, keepdims=True)
    return np.where(whole > 0, table / np.where(whole > 0, whole, 1), 1 / table.shape[1])


def measure(real: Codes, synthetic: Codes, sizes: list[int], model: TreeModel | None) -> list[dict[str, Any]]:
    """For margins of one, two and three columns: mean and worst distances, and what chance alone would give.

    `floor` is the distance of the real table from itself with each column shuffled: what no relation kept would give.
    """
    rng = np.random.default_rng(0)
    shuffled = np.stack([rng.permutation(real[:, place]) for place in range(real.shape[1])], 1)
    found = []
    for ways in (1, 2, 3):
        chosen = [each for each in combinations(range(len(sizes)), ways) if _cells(sizes, each) <= MAX_CELLS]
        if len(chosen) > MAX_MARGINS:
            chosen = [chosen[each] for each in sorted(rng.choice(len(chosen), MAX_MARGINS, replace=False))]
        if chosen:
            found.append(_measure_ways(chosen, real, synthetic, shuffled, sizes, model))
    return found


def _measure_ways(
    chosen: list[tuple[int, ...]], real: Codes, synthetic: Codes, shuffled: Codes, sizes: list[int], model: Any
) -> dict[str, Any]:
    with_data, floor, by_chance, with_model, model_chance = [], [], [], [], []
    for places in chosen:
        true, drawn = margin(real, places, sizes), margin(synthetic, places, sizes)
        with_data.append(distance(true, drawn))
        floor.append(distance(true, margin(shuffled, places, sizes)))
        by_chance.append(expect(true, len(synthetic)))
        meant = model.margin(places) if model else None
        if meant is not None:
            with_model.append(distance(meant, drawn))
            model_chance.append(expect(meant, len(synthetic)))
    worst = int(np.argmax(with_data))
    return {
        "ways": len(chosen[0]),
        "margins": len(chosen),
        "data": _sum_up(with_data) | {"where": list(chosen[worst])},
        "floor": _sum_up(floor),
        "chance": _sum_up(by_chance),
        "model": _sum_up(with_model),
        "model_chance": _sum_up(model_chance),
    }


def _sum_up(distances: list[float]) -> dict[str, Any]:
    return {"mean": float(np.mean(distances)), "worst": float(np.max(distances))} if distances else {}


def _cells(sizes: list[int], places: tuple[int, ...]) -> int:
    return int(np.prod([sizes[place] for place in places], dtype=float))


def margin(codes: Codes, places: tuple[int, ...], sizes: list[int]) -> Any:
    """The share of people in each cell of some columns."""
    shape = [sizes[place] for place in places]
    flat = np.ravel_multi_index([codes[:, place].astype(np.int64) for place in places], shape)
    return np.bincount(flat, minlength=int(np.prod(shape))) / max(len(codes), 1)


def distance(first: Any, second: Any) -> float:
    """The total variation distance of two margins."""
    return float(np.abs(first - second).sum() / 2)


def expect(shares: Any, people: int) -> float:
    """About how far so many people, drawn at random from a margin, fall from it by chance alone."""
    return float(np.sqrt(2 / np.pi) * np.sqrt(shares * (1 - shares) / max(people, 1)).sum() / 2)


def measure_learning(real: Codes, synthetic: Codes, tested: Codes, target: int) -> dict[str, float] | None:
    """How well a model that learnt from synthetic people guesses a column of real ones, beside one taught by real.

    Both are tested on people whom neither met. None where there are too few of them, or nothing to guess.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.metrics import accuracy_score, balanced_accuracy_score

    answers = tested[:, target]
    enough = len(tested) >= MIN_TESTED and len(synthetic) >= MIN_TESTED and tested.shape[1] > 1
    if not enough or any(len(np.unique(each[:, target])) < 2 for each in (real, synthetic, tested)):
        return None
    clues = [place for place in range(tested.shape[1]) if place != target]
    found: dict[str, float] = {"tested": len(tested)}
    for name, learnt in (("real", real), ("synthetic", synthetic)):
        forest = RandomForestClassifier(60, max_depth=12, min_samples_leaf=3, random_state=0, n_jobs=1)
        guesses = forest.fit(learnt[:, clues], learnt[:, target]).predict(tested[:, clues])
        found[name] = float(accuracy_score(answers, guesses))
        found[f"{name}_balanced"] = float(balanced_accuracy_score(answers, guesses))
    values, counts = np.unique(real[:, target], return_counts=True)
    found["floor"] = float(np.mean(answers == values[np.argmax(counts)]))
    return found
