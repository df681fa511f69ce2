"""How much one person can change each exact number, and the noise that hides it. The one place for sensitivities.

Two tables of rows are neighbours if one person more, with all their rows, makes one of the other (or one row more, if
rows are protected one by one). Before anything is added up, each person has at most `m` rows (bounding.py), each value
lies between its bounds (the clamp), and each row falls into exactly one cell of the public groups, or into none.
Then, for neighbours, over all cells of one statistic together:

    count, histogram      each of at most m rows adds 1 to one cell                  L1 = m
    sum in [a, b]         each of at most m rows adds v, a <= v <= b, to one cell    L1 = m * max(|a|, |b|)
    mean in [a, b]        a count, and a sum of v - c with c the middle of [a, b]    L1 = m, and m * max(b - c, c - a)

The L2 distance is never larger than the L1 distance, and is as large when all of a person's rows share a cell: the
same figures serve Gaussian noise. A mean and a quantile are worked out of noisy numbers and cost nothing more.

Noise is whole numbers in whole units, drawn by OpenDP; floats are never added up, so no rounding can leak.
Source   Dwork and Roth 2014, theorems 3.6 and 3.16; Bun and Steinke 2016, propositions 1.6 and 1.9;
         Canonne, Kamath and Steinke 2020 (discrete Gaussian); Mironov 2012 for why not floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import ceil, inf, nextafter, sqrt
from typing import Any, Literal

from fairshare.release.pets.private_statistics import (
    AnyStatistic,
    Mean,
    PrivateStatistics,
    StatisticsUnfit,
    Sum,
)
from fairshare.words import MissingPart

Part = Literal["rows", "units"]
"""What of a statistic noise is added to: a number of rows, or a sum of units."""
MAX_64 = 2**63 - 1
MAX_SCALE = 2.0**50
"""Past this, noise could leave 64 bits."""


@dataclass(frozen=True)
class Noise:
    """The noise of one part of one statistic, alike for each of its cells."""

    kind: Literal["laplace", "gaussian"]
    sensitivity: int
    """In rows or units; see the head of this module."""
    loss: float
    """Epsilon for Laplace noise, rho for Gaussian."""

    @cached_property
    def scale(self) -> float:
        """The scale of Laplace noise, or the standard deviation of Gaussian: just enough for the loss."""
        raw = self.sensitivity / self.loss if self.kind == "laplace" else self.sensitivity / sqrt(2 * self.loss)
        if raw > MAX_SCALE:
            raise StatisticsUnfit(
                "the noise would be larger than numbers can hold",
                fix="Use a larger unit, narrower bounds, fewer rows a person, or a larger loss.",
                where="publish.statistics",
            )
        # Rounding may have made it a hair too small; OpenDP's own privacy map decides.
        while find_loss(self.kind, raw, self.sensitivity) > self.loss:
            raw = nextafter(raw, inf) * (1 + 1e-15)
        return raw

    def draw(self, exact: list[int]) -> list[int]:
        """Each number with noise of its own."""
        held = [max(-MAX_64, min(MAX_64, each)) for each in exact]
        return list(make_measurement(self.kind, self.scale)(held)) if held else []

    def within(self, share: float = 0.95) -> int:
        """How far noise goes at most, in that share of cells: for 0.95, 95% of cells are within plus or minus this."""
        dp = load_opendp()
        find = (
            dp.discrete_laplacian_scale_to_accuracy
            if self.kind == "laplace"
            else dp.discrete_gaussian_scale_to_accuracy
        )
        # OpenDP gives the first distance that is reached too seldom; noise is whole, so it stays one below.
        first = float(find(self.scale, 1 - share))
        return max(0, ceil(first) - 1)


def load_opendp() -> Any:
    """OpenDP's core, which is an extra."""
    try:
        import opendp.prelude as dp
    except ImportError:
        raise MissingPart(
            "OpenDP, which draws the noise, is not installed",
            fix="Run: pip install 'fairshare[privacy]'",
            where="publish",
        ) from None
    dp.enable_features("contrib")
    return dp


@lru_cache(maxsize=256)
def make_measurement(kind: str, scale: float) -> Any:
    """OpenDP's mechanism over a list of 64-bit whole numbers."""
    dp = load_opendp()
    domain = dp.vector_domain(dp.atom_domain(T="i64"))
    if kind == "laplace":
        return dp.m.make_laplace(domain, dp.l1_distance(T="i64"), scale=scale)
    return dp.m.make_gaussian(domain, dp.l2_distance(T="f64"), scale=scale)


def find_loss(kind: str, scale: float, sensitivity: int) -> float:
    """The privacy loss of noise of this scale, by OpenDP's own privacy map."""
    loss: float = make_measurement(kind, scale).map(sensitivity if kind == "laplace" else float(sensitivity))
    return loss


def find_sensitivity(statistic: AnyStatistic, part: Part, rows_per_person: int) -> int:
    """How much one person can change a part of a statistic, over all of its cells together.

    >>> cost = Mean(statistic="mean", name="cost", column="cost", lower=0, upper=10)
    >>> find_sensitivity(cost, "rows", 3), find_sensitivity(cost, "units", 3)
    (3, 15)
    """
    if part == "rows":
        return rows_per_person
    assert isinstance(statistic, Sum | Mean)  # noqa: S101 (only these have units)
    low, high = statistic.units
    centre = find_centre(statistic)
    return rows_per_person * max(abs(high - centre), abs(low - centre))


def find_centre(statistic: Sum | Mean) -> int:
    """What each value is counted from, in units: 0 for a sum; the middle of its bounds for a mean, for less noise."""
    return sum(statistic.units) // 2 if isinstance(statistic, Mean) else 0


def list_parts(statistic: AnyStatistic) -> tuple[Part, ...]:
    """What of a statistic noise is added to."""
    match statistic:
        case Sum():
            return ("units",)
        case Mean():
            return ("rows", "units")
        case _:
            return ("rows",)


def plan_noise(published: PrivateStatistics) -> dict[tuple[str, Part], Noise]:
    """The noise of every part of every statistic, whose losses add up to no more than the plan's.

    Cells of one statistic share its loss, for its sensitivity is over all of them; statistics, and the two parts of a
    mean, each take their own, and losses of things told about the same rows add up (Dwork and Roth, theorem 3.16).
    """
    total, kind = find_total(published)
    shares = sum(each.share for each in published.statistics)
    found: dict[tuple[str, Part], Noise] = {}
    for each in published.statistics:
        parts = list_parts(each)
        for part in parts:
            loss = round_down(Fraction(total) * Fraction(each.share, shares * len(parts)))
            sensitivity = find_sensitivity(each, part, published.rows_per_person)
            found[each.name, part] = Noise(kind, sensitivity, loss)
    return found


def find_total(published: PrivateStatistics) -> tuple[int | float, Literal["laplace", "gaussian"]]:
    """The whole privacy loss, and which noise it is in terms of."""
    if published.epsilon is not None:
        return published.epsilon, "laplace"
    assert published.rho is not None  # noqa: S101 (one of them is given)
    return published.rho, "gaussian"


def round_down(exact: Fraction) -> float:
    """The largest float that is not above an exact number."""
    near = float(exact)
    return near if Fraction(near) <= exact else nextafter(near, -inf)
