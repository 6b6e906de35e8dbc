"""Tests of whether two outcomes differ in one variable, with numpy alone; p values equal SciPy's."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.ranks import average_ranks
from hfcore.datasets.tails import chi_square as chi_square_tail
from hfcore.datasets.tails import normal_two_sided

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
EXACT_FEW, EXACT_MOST = 8, 100
SMALL_EXPECTED = 5.0
DRAWS = 9_999
ROUNDING = 1.0 + 1e-7


def mann_whitney(first: Any, second: Any) -> float | None:
    """Return the two-sided p value of the Mann-Whitney test; None when a group is empty or nothing varies.

    Normal approximation with the correction for ties and for continuity; exact where no value occurs twice, one group
    has at most 8 values and the other at most 100 (Mann and Whitney 1947, Ann Math Stat 18:50-60).
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    n, m = len(a), len(b)
    if not n or not m:
        return None
    both = np.concatenate([a, b])
    _, ties = np.unique(both, return_counts=True)
    u = float(average_ranks(both)[:n].sum() - n * (n + 1) / 2.0)
    u = max(u, n * m - u)
    if min(n, m) <= EXACT_FEW and max(n, m) <= EXACT_MOST and ties.max() == 1:
        return _exact_mann_whitney(round(u), n, m)
    total = n + m
    variance = n * m / 12.0 * (total + 1 - float((ties.astype(np.float64) ** 3 - ties).sum()) / (total * (total - 1)))
    return min(1.0, normal_two_sided(max(u - n * m / 2.0 - 0.5, 0.0) / math.sqrt(variance))) if variance > 0 else None


def _exact_mann_whitney(u: int, n: int, m: int) -> float:
    """Count, among all ways to mix both groups, those with a statistic of at least `u`, by the recursion over sizes."""
    ways = np.zeros(n * m + 1)
    ways[0] = 1.0
    for i in range(1, n + 1):  # the Gaussian binomial coefficient, factor by factor
        ways[m + i :] -= ways[: -(m + i)].copy() if m + i <= n * m else 0.0
        for at in range(i, n * m + 1):
            ways[at] += ways[at - i]
    return min(1.0, 2.0 * float(ways[u:].sum() / ways.sum()))


def expected_counts(table: Counts) -> Floats:
    """Return the counts that a table of two independent variables with the same margins would have."""
    return np.asarray(np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum(), dtype=np.float64)


def chi_square_statistic(table: Counts, corrected: bool = False) -> float:
    """Return Pearson's statistic (1900, Philos Mag 50:157-175); with Yates' correction when `corrected`."""
    expected = expected_counts(table)
    distance = np.abs(table - expected)
    if corrected:
        distance = distance - np.minimum(0.5, distance)
    return float((distance**2 / expected).sum())


def cramers_v(table: Any) -> float | None:
    """Return how strongly two columns of a table of counts go together, 0 to 1; None when one of them does not vary."""
    counts = np.asarray(table, dtype=np.int64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    least = min(counts.shape) - 1
    return math.sqrt(chi_square_statistic(counts) / (counts.sum() * least)) if least > 0 else None


def contingency(table: Any) -> tuple[str, float] | None:
    """Test a table of counts (values x outcomes) and return the test's name and its p value; None when nothing varies.

    Chi-square, with Yates' correction on two by two. Where a count below 5 is expected (Cochran 1954, Biometrics 10:417-451):
    Fisher's exact test on two by two, else the share of 9,999 random tables with the same margins that lie as far out.
    """
    counts = np.asarray(table, dtype=np.int64)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    rows, columns = counts.shape
    if rows < 2 or columns < 2:
        return None
    small = bool((expected_counts(counts) < SMALL_EXPECTED).any())
    if (rows, columns) == (2, 2):
        if small:
            return "Fisher's exact test", fisher(counts)
        return "chi-square test", chi_square_tail(chi_square_statistic(counts, corrected=True), 1)
    if small and columns == 2:
        return "chi-square test by random draws", _drawn(counts)
    return "chi-square test", chi_square_tail(chi_square_statistic(counts), (rows - 1) * (columns - 1))


def fisher(table: Counts) -> float:
    """Return the two-sided p value of Fisher's exact test: every table of these margins that is at most as likely."""
    (a, b), (c, d) = table.tolist()
    low, high = max(0, a - d), min(a + b, a + c)
    logs = np.array([_log_ways(a + b, x) + _log_ways(c + d, a + c - x) for x in range(low, high + 1)])
    chances = np.exp(logs - logs.max())
    return min(1.0, float(chances[chances <= chances[a - low] * ROUNDING].sum() / chances.sum()))


def _log_ways(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _drawn(table: Counts) -> float:
    """Return the share of random tables, the seen one included, that lie at least as far out; the draws are always the same."""
    rng = np.random.default_rng(0)
    sizes = table.sum(axis=1)
    first = rng.multivariate_hypergeometric(sizes, int(table[:, 0].sum()), size=DRAWS)
    expected = expected_counts(table)
    far = ((first - expected[:, 0]) ** 2 / expected[:, 0] + (sizes - first - expected[:, 1]) ** 2 / expected[:, 1]).sum(axis=1)
    return float((1 + (far * ROUNDING >= chi_square_statistic(table)).sum()) / (DRAWS + 1))


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Return the q values: the share of false findings if everything up to each p were called a finding; None stays None.

    Source: Benjamini and Hochberg 1995, J R Stat Soc B 57:289-300.
    """
    known = sorted((p, at) for at, p in enumerate(p_values) if p is not None)
    found: list[float | None] = [None] * len(p_values)
    least = 1.0
    for rank in range(len(known), 0, -1):
        p, at = known[rank - 1]
        least = min(least, p * len(known) / rank)
        found[at] = least
    return found
