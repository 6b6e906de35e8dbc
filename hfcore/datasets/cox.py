"""Cox's proportional hazards regression with Efron's handling of ties, with numpy alone; equal to lifelines to 1e-6."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.tails import chi_square

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
MOST_STEPS = 60
CLOSE_ENOUGH = 1e-10
MOST_LOG_HAZARD = 15.0


class NotEstimable(ValueError):
    """The data do not fix the coefficients: nobody died, columns repeat each other, or one separates the deaths."""


@dataclass(frozen=True)
class CoxFit:
    """Coefficients (log hazard ratio per unit) and their variance matrix.

    For each death: its time, the share of patients who had died by then (Kaplan-Meier), one Schoenfeld residual per column.
    """

    coefficients: Floats
    variance: Floats
    log_likelihood: float
    death_times: Floats
    share_dead: Floats
    residuals: Floats

    @property
    def errors(self) -> Floats:
        """Standard errors of the coefficients."""
        return np.sqrt(np.diag(self.variance))


@dataclass(frozen=True)
class _Sorted:
    """Patients by time; for each death its row, the first row still at risk, its group of ties, its share of them (Efron)."""

    x: Floats
    rows: Integers
    starts: Integers
    ties: Integers
    shares: Floats


def fit(durations: Any, died: Any, columns: Any) -> CoxFit:
    """Maximise the partial likelihood by Newton's method (Cox 1972, J R Stat Soc B 34:187-220; Efron 1977, JASA 72:557-565).

    Args:
        durations: Days under observation, n.
        died: Whether the patient died then, n.
        columns: n x p numbers without gaps.

    Raises:
        NotEstimable: there is no finite maximum.
    """
    days, x = np.asarray(durations, dtype=np.float64), np.asarray(columns, dtype=np.float64)
    middle, scale = x.mean(axis=0), x.std(axis=0)
    events = np.asarray(died, dtype=bool)
    if not events.any() or not (scale > 0).all():
        raise NotEstimable("nobody died, or a column does not vary")
    order = np.argsort(days, kind="stable")
    ready = _sorted(days[order], events[order], (x[order] - middle) / scale)
    beta, variance, likelihood, means = _climb(ready)
    averages = np.stack([np.bincount(ready.ties, m) for m in means.T], axis=1) / np.bincount(ready.ties)[:, None]
    residuals = (ready.x[ready.rows] - averages[ready.ties]) * scale
    at = days[order][ready.rows]
    alive = np.cumprod(1.0 - np.bincount(ready.ties) / (len(x) - ready.starts[np.unique(ready.ties, return_index=True)[1]]))
    dead = np.asarray(1.0 - alive[ready.ties], dtype=np.float64)
    return CoxFit(beta / scale, variance / np.outer(scale, scale), likelihood, at, dead, residuals)


def _sorted(days: Floats, events: Flags, x: Floats) -> _Sorted:
    rows = np.flatnonzero(events)
    times, first, ties, sizes = np.unique(days[rows], return_index=True, return_inverse=True, return_counts=True)
    within = np.arange(len(rows)) - first[ties]
    return _Sorted(x, rows, np.searchsorted(days, times)[ties], ties, within / sizes[ties])


def _climb(ready: _Sorted) -> tuple[Floats, Floats, float, Floats]:
    """Step uphill until a step changes nothing; a step that goes down is halved."""
    beta = np.zeros(ready.x.shape[1])
    likelihood, gradient, information, means = _look(ready, beta)
    for _ in range(MOST_STEPS):
        try:
            step = np.linalg.solve(information, gradient)
        except np.linalg.LinAlgError as error:
            raise NotEstimable("columns repeat each other") from error
        there = _look(ready, beta + step)
        while not there[0] >= likelihood - 1e-9 * abs(likelihood) and np.abs(step).max() > CLOSE_ENOUGH:
            step = step / 2
            there = _look(ready, beta + step)
        beta = beta + step
        likelihood, gradient, information, means = there
        if np.abs(beta).max() > MOST_LOG_HAZARD or not np.isfinite(beta).all():
            raise NotEstimable("a column separates those who died")
        if np.abs(step).max() < CLOSE_ENOUGH:
            return beta, np.asarray(np.linalg.inv(information), dtype=np.float64), likelihood, means
    raise NotEstimable("no maximum was found")


def _look(ready: _Sorted, beta: Floats) -> tuple[float, Floats, Floats, Floats]:
    """Return log likelihood, gradient, information and, per death, the mean of the columns over those at risk."""
    x, rows, ties, shares = ready.x, ready.rows, ready.ties, ready.shares
    logs = x @ beta
    top = float(logs.max())
    hazards = np.exp(logs - top)
    weighted = hazards[:, None] * x
    sums, sums_x = (np.cumsum(v[::-1], axis=0)[::-1][ready.starts] for v in (hazards, weighted))
    tied = np.bincount(ties, hazards[rows])[ties]
    tied_x = np.stack([np.bincount(ties, v) for v in weighted[rows].T], axis=1)[ties]
    at_risk = sums - shares * tied
    means = (sums_x - shares[:, None] * tied_x) / at_risk[:, None]
    reach = np.cumsum(np.bincount(ready.starts, 1.0 / at_risk, minlength=len(x)))
    reach[rows] -= np.bincount(ties, shares / at_risk)[ties]
    information = weighted.T @ (x * reach[:, None]) - means.T @ means
    likelihood = float(logs[rows].sum() - np.log(at_risk).sum() - top * len(rows))
    return likelihood, x[rows].sum(axis=0) - means.sum(axis=0), information, means


def proportionality(found: CoxFit) -> Floats:
    """Return for each column the p value of a trend of its scaled Schoenfeld residuals over the share that has died.

    A small one says that the hazard ratio changes during follow-up (Grambsch and Therneau 1994, Biometrika 81:515-526).
    """
    deaths = len(found.death_times)
    away = found.share_dead - found.share_dead.mean()
    scaled = deaths * found.residuals @ found.variance
    statistics = (away @ scaled) ** 2 / (deaths * np.diag(found.variance) * float(away @ away))
    return np.array([chi_square(float(s), 1) for s in statistics])


def concordance(durations: Any, died: Any, risks: Any) -> float | None:
    """Return the chance that of two patients the one with the higher risk dies first, ties of the risk counting half.

    Pairs are comparable when one is known to have died before the other (Harrell et al. 1982, JAMA 247:2543-2546).
    """
    days, events, scores = np.asarray(durations, dtype=np.float64), np.asarray(died, dtype=bool), np.asarray(risks)
    order = np.lexsort((~events, days))  # by time; of one time, those who died come first
    days, events, scores = days[order], events[order], scores[order]
    right, pairs = 0.0, 0
    for row in np.flatnonzero(events):
        last = int(np.searchsorted(days, days[row], side="right"))
        first = last - int((~events[np.searchsorted(days, days[row]) : last]).sum())
        later = scores[first:]
        right += float((later < scores[row]).sum() + 0.5 * (later == scores[row]).sum())
        pairs += len(later)
    return right / pairs if pairs else None
