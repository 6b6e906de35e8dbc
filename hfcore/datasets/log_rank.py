"""Whether groups differ in survival: the log-rank test, with numpy alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from hfcore.datasets.tails import chi_square


def log_rank(durations: Any, died: Any, groups: Any) -> float | None:
    """Return the p value of the log-rank test; None when there are fewer than two groups or no deaths.

    Deaths in each group are compared with those expected if all groups had the same risk at each time (Mantel 1966, Cancer
    Chemother Rep 50:163-170; Peto and Peto 1972, J R Stat Soc A 135:185-207).

    Args:
        durations: Days under observation.
        died: Whether the patient died then.
        groups: Each patient's group, from 0 up.
    """
    days, events, codes = np.asarray(durations, dtype=np.float64), np.asarray(died, dtype=bool), np.asarray(groups)
    times = np.unique(days[events])
    names = np.unique(codes)
    if not len(times) or len(names) < 2:
        return None
    at_risk = np.stack([_left(days[codes == g], times) for g in names])
    deaths = np.stack([_at(days[(codes == g) & events], times) for g in names])
    n, d = at_risk.sum(axis=0), deaths.sum(axis=0)
    excess = (deaths - at_risk * d / n).sum(axis=1)[:-1]
    spread = np.where(n > 1, d * (n - d) / np.maximum(n - 1, 1), 0.0)
    shares = (at_risk / n)[:-1]
    variance = np.diag((shares * spread).sum(axis=1)) - (shares * spread) @ shares.T
    statistic = float(excess @ np.linalg.pinv(variance) @ excess)
    return chi_square(statistic, len(names) - 1)


def _left(days: Any, times: Any) -> Any:
    """Count who is still under observation just before each time."""
    return (len(days) - np.searchsorted(np.sort(days), times, side="left")).astype(np.float64)


def _at(days: Any, times: Any) -> Any:
    """Count who died at each time."""
    return np.bincount(np.searchsorted(times, days), minlength=len(times)).astype(np.float64)
