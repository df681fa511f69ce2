"""How much privacy loss there is in all that was told: two bounds, both sound however the questions were chosen.

    added up        epsilons and deltas are added; what is in terms of rho is turned into an epsilon first
    accounted       everything is put in terms of rho (an epsilon is at most epsilon squared / 2), and dp-accounting's
                    accountant of Renyi divergences says what epsilon that is: much less, for many small losses

Each alone may be used to decide whether one question more is allowed, also when each question depends on the answers
before. The smaller of the two is what counts. Only one of them need hold, and which one may depend on the answers, so
each is worked out for half of the delta that the limit allows.
Source   Dwork and Roth 2014, theorem 3.16; Bun and Steinke 2016, propositions 1.3 and 1.4; Rogers, Roth, Ullman and
         Vadhan 2016 and Lecuyer 2021 for adaptive choices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Context
from fractions import Fraction
from functools import lru_cache
from math import inf, isfinite

from fairshare.release.publications import Loss
from fairshare.words import MissingPart

STEPS = 40
"""How often what would still fit is halved in search of it."""


@dataclass(frozen=True)
class Bounds:
    """What losses come to, as an epsilon at the limit's delta."""

    added: float
    """The readable bound: by adding up."""
    accounted: float
    """The tighter one for many small losses: by the accountant."""

    @property
    def epsilon(self) -> float:
        """What counts."""
        return min(self.added, self.accounted)


def add_up(losses: Sequence[Loss], delta: float) -> Bounds:
    """What losses of one table come to, together.

    >>> add_up([Loss(epsilon=0.1), Loss(epsilon=0.2)], 1e-6).added
    0.3
    """
    epsilons, rho, left = _total(losses, delta)
    if left <= 0:
        return Bounds(inf, inf)
    approximate = sum((Fraction(str(each.epsilon)) for each in losses if each.delta), Fraction())
    pure = sum((Fraction(str(each.epsilon)) ** 2 / 2 for each in losses if not each.delta), Fraction())
    return Bounds(
        added=float(epsilons) + find_epsilon(float(rho), float(left)),
        accounted=float(approximate) + find_epsilon(float(rho + pure), float(left)),
    )


def fits(losses: Sequence[Loss], epsilon: float, delta: float) -> bool:
    """Whether losses stay within a limit, by either bound; adding up is tried first, because it is quick."""
    epsilons, rho, left = _total(losses, delta)
    if left <= 0:
        return False
    return (not rho and epsilons <= Fraction(str(epsilon))) or add_up(losses, delta).epsilon <= epsilon


def _total(losses: Sequence[Loss], delta: float) -> tuple[Fraction, Fraction, Fraction]:
    """The sum of epsilons and of rhos, exact, and what is left of half the delta."""
    epsilons = sum((Fraction(str(each.epsilon)) for each in losses), Fraction())
    rho = sum((Fraction(str(each.rho)) for each in losses), Fraction())
    used = sum((Fraction(str(each.delta)) for each in losses), Fraction())
    return epsilons, rho, Fraction(str(delta)) / 2 - used


@lru_cache(maxsize=4096)
def find_epsilon(rho: float, delta: float) -> float:
    """The epsilon, at a delta, of a loss in zero-concentrated terms, by dp-accounting."""
    if rho == 0:
        return 0.0
    try:
        from dp_accounting.dp_event import ZCDpEvent  # type: ignore[import-untyped]
        from dp_accounting.rdp import RdpAccountant  # type: ignore[import-untyped]
    except ImportError:
        raise MissingPart(
            "dp-accounting, which adds up privacy losses, is not installed",
            fix="Run: pip install 'fairshare[privacy]'",
            where="budget",
        ) from None
    found = float(RdpAccountant().compose(ZCDpEvent(rho, 0)).get_epsilon(delta))
    return found if isfinite(found) else inf


def find_what_fits(losses: Sequence[Loss], epsilon: float, delta: float) -> float:
    """The largest epsilon, without a delta, that could still be told under a limit, to three figures."""
    low, high = 0.0, max(0.0, epsilon)
    for _ in range(STEPS):
        middle = (low + high) / 2
        if fits([*losses, Loss(epsilon=middle)], epsilon, delta):
            low = middle
        else:
            high = middle
    near = float(f"{(low + high) / 2:.3g}")
    below = float(Context(prec=3, rounding=ROUND_FLOOR).create_decimal(str(low)))
    return near if fits([*losses, Loss(epsilon=near)], epsilon, delta) else below
