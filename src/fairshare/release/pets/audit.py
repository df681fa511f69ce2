"""Attacking our own statistics: a lower bound on their privacy loss, from many runs over two neighbouring tables.

The attacker knows everything but whether one person is in the table, and that person is the worst there could be: many
rows, values far out of bounds, a group of their own. From what was released the attacker guesses which table it was. No
attack may do better than the claim allows; one that does proves a fault. One that does not proves nothing, but one that
comes near shows that the attack is a good one, and that the noise is not needlessly large.
Source   Jagielski, Ullman and Oprea 2020; Ding and others 2018 (StatDP); Clopper and Pearson 1934.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, log
from pathlib import Path
from tempfile import TemporaryDirectory

from fairshare.release.engines.bounding import find_exact
from fairshare.release.kinds import Table
from fairshare.release.pets.differential_privacy import open_with_person
from fairshare.release.pets.noise import Noise, Part, plan_noise
from fairshare.release.pets.private_statistics import PrivateStatistics
from fairshare.release.plan import Plan, read_plan
from fairshare.words import MissingPart, SettingOutOfRange

CONFIDENCE = 0.99999
Exact = dict[tuple[str, Part], list[int]]

_PEOPLE = 12
_ALONE = {
    "count": "{statistic: count, name: people}",
    "sum": "{statistic: sum, name: cost, column: cost, lower: 0, upper: 100}",
    "mean": "{statistic: mean, name: mean_cost, column: cost, lower: 0, upper: 100, by: []}",
    "histogram": "{statistic: histogram, name: costs, column: cost, edges: [25, 50, 75], by: []}",
}
TOGETHER = "together"
AUDITED = (*_ALONE, TOGETHER)
"""What is attacked: each statistic by itself, with the whole of epsilon, and all of them sharing it."""


class _NoKeys:
    def key_for(self, key_id: str) -> bytes:
        return bytes(32)


@dataclass(frozen=True)
class Audit:
    """What an attack found."""

    statistic: str
    claimed: float
    """The epsilon of the plan."""
    at_least: float
    """The epsilon that the attack proves, at the confidence."""
    runs: int
    confidence: float

    @property
    def holds(self) -> bool:
        """Whether the claim stands."""
        return self.at_least <= self.claimed


def audit_statistics(
    statistic: str = TOGETHER,
    *,
    epsilon: float = 1.0,
    rows_per_person: int = 2,
    runs: int = 20_000,
    engine: str = "duckdb",
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> Audit:
    """Attacks private statistics through the code that releases run, over tables made for it.

    Takes    statistic: one of `AUDITED`; runs: how many answers the attacker sees of each table: more prove more.
    """
    if runs < 100 or statistic not in AUDITED:
        raise SettingOutOfRange(
            "so few runs prove nothing, or there is no such statistic",
            fix=f"Take at least 100 runs, and one of {', '.join(AUDITED)}.",
            where="audit",
        )
    plan = write_plan(statistic, epsilon, rows_per_person)
    assert isinstance(plan.publish, PrivateStatistics)  # noqa: S101 (as it was written)
    noise = plan_noise(plan.publish)
    with TemporaryDirectory(prefix="fairshare-") as folder:
        exact = [_run(plan, Path(folder), worst=worst, engine=engine, entropy=entropy) for worst in (False, True)]
    scores = [_score_runs(mine, (exact[0], exact[1]), noise, runs) for mine in exact]
    return Audit(statistic, epsilon, find_lower_bound(scores[0], scores[1]), runs, CONFIDENCE)


def write_plan(statistic: str, epsilon: float, rows_per_person: int) -> Plan:
    """The plan that is attacked."""
    asked = _ALONE.values() if statistic == TOGETHER else [_ALONE[statistic]]
    written = f"""
        name: audit
        source: {{format: csv, path: people.csv, types: {{cost: decimal}}}}
        columns: [{{column: sex, treatment: keep}}, {{column: cost, treatment: keep}}]
        publish:
          publish: private_statistics
          person: id
          rows_per_person: {rows_per_person}
          epsilon: {epsilon}
          keys: [{{column: sex, values: [F, M, X]}}]
          statistics: [{", ".join(asked)}]
    """
    return read_plan(written.encode(), where="audit")


def _run(plan: Plan, base: Path, *, worst: bool, engine: str, entropy: Callable[[int], bytes]) -> Exact:
    rows = [f"{person},{'FM'[person % 2]},{person * 7}" for person in range(_PEOPLE)]
    # Alone in a public group, with more rows than anybody may have, each far above the upper bound.
    extra = [f"worst,X,{10**9 + row}" for row in range(60)] if worst else []
    (base / "people.csv").write_text("\n".join(["id,sex,cost", *rows, *extra]) + "\n", "utf-8")
    published = plan.publish
    assert isinstance(published, PrivateStatistics)  # noqa: S101 (as it was written)
    with open_with_person(Table(plan, _NoKeys(), base, engine=engine), published.person) as treated:
        return find_exact(treated, plan, published, seed=int.from_bytes(entropy(8), "big"))


def _score_runs(
    exact: Exact, both: tuple[Exact, Exact], noise: dict[tuple[str, Part], Noise], runs: int
) -> list[float]:
    """For each run how much likelier its answers are with the person than without: all cells of all statistics."""
    scores = [0.0] * runs
    for part, numbers in exact.items():
        without, with_them = both[0][part], both[1][part]
        if len(without) != len(with_them):
            # The very list of cells says which table it was.
            return [inf if numbers is with_them else -inf] * runs
        for cell, (low, high) in enumerate(zip(without, with_them, strict=True)):
            if low == high:
                continue
            claimed = noise[part].sensitivity / noise[part].loss
            for run, seen in enumerate(noise[part].draw([numbers[cell]] * runs)):
                scores[run] += (abs(seen - low) - abs(seen - high)) / claimed
    return scores


def find_lower_bound(without: Sequence[float], with_them: Sequence[float], confidence: float = CONFIDENCE) -> float:
    """The privacy loss that scores prove: for some threshold, how differently often the two tables exceed it.

    The threshold is chosen on one half of the runs, and the proof made on the other, so that choosing costs nothing.
    Each of the two shares is held by a Clopper-Pearson bound, and both hold together at the confidence.
    """
    half = len(without) // 2
    threshold, above = _choose_threshold(without[:half], with_them[:half])
    one, other = (with_them, without) if above else (without, with_them)
    hits = sum((score >= threshold) == above for score in one[half:])
    false = sum((score >= threshold) == above for score in other[half:])
    size = len(without) - half
    low, high = bound_share(hits, size, (1 - confidence) / 2)[0], bound_share(false, size, (1 - confidence) / 2)[1]
    return max(0.0, log(low / high)) if low > 0 else 0.0


def _choose_threshold(without: Sequence[float], with_them: Sequence[float]) -> tuple[float, bool]:
    together = sorted({*without, *with_them})
    step = max(1, len(together) // 60)
    size = len(without)
    best, found = -inf, (0.0, True)
    for threshold in together[::step]:
        more = sum(score >= threshold for score in with_them)
        fewer = sum(score >= threshold for score in without)
        for above, hits, false in ((True, more, fewer), (False, size - fewer, size - more)):
            # As cautious as the proof will be, so that no threshold wins by a handful of runs.
            gain = log(max(hits - 3 * hits**0.5, 0.5)) - log(false + 3 * false**0.5 + 7)
            if gain > best:
                best, found = gain, (threshold, above)
    return found


def bound_share(hits: int, size: int, miss: float) -> tuple[float, float]:
    """Clopper-Pearson: a lower and an upper bound on a share, each of which fails with the chance `miss`.

    >>> [round(end, 3) for end in bound_share(5, 10, 0.025)]
    [0.187, 0.813]
    """
    try:
        from scipy.stats import beta  # type: ignore[import-untyped]
    except ImportError:
        raise MissingPart(
            "SciPy, which bounds shares, is not installed", fix="Run: pip install 'fairshare[privacy]'", where="audit"
        ) from None
    low = float(beta.ppf(miss, hits, size - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - miss, hits + 1, size - hits)) if hits < size else 1.0
    return low, high
