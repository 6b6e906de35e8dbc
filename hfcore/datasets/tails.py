"""Tail probabilities of the normal and the chi-square distribution, without SciPy."""

from __future__ import annotations

import math


def normal_two_sided(z: float) -> float:
    """Return the chance that a standard normal value lies at least as far from 0 as `z`."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def chi_square(statistic: float, degrees: int) -> float:
    """Return the chance of a chi-square value of at least `statistic` with a whole number of degrees of freedom.

    Closed form: a finite sum for even degrees, the normal tail and a finite sum for odd ones (Abramowitz and Stegun
    1964, Handbook of Mathematical Functions, 26.4.4 and 26.4.5).
    """
    if statistic <= 0.0:
        return 1.0
    half, odd = statistic / 2.0, degrees % 2
    total = math.erfc(math.sqrt(half)) if odd else 0.0
    for step in range(degrees // 2):
        power = step + 0.5 * odd
        total += math.exp(power * math.log(half) - half - math.lgamma(power + 1.0))
    return min(total, 1.0)
