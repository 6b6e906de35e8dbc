"""Do the predicted risks come true: bins of patients with similar risk, and the Brier score."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.reporting.report import CalibrationBin

Z95 = 1.959963984540054
BINS = 10
MIN_ROWS_PER_BIN = 20


def calibration_bins(positive: Any, probability: Any, bins: int | None = None) -> tuple[CalibrationBin, ...]:
    """Return bins of about equally many patients, by predicted risk, lowest first.

    Patients with the same predicted risk stay in one bin. Without `bins` there are up to ten, each of 20 patients or more.
    """
    truth, values = np.asarray(positive, dtype=np.float64), np.asarray(probability, dtype=np.float64)
    wanted = bins or int(np.clip(len(values) // MIN_ROWS_PER_BIN, 1, BINS))
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    planned = np.linspace(0, len(values), wanted + 1).round().astype(np.intp)[1:-1]
    cuts = np.unique(np.searchsorted(ordered, ordered[planned], side="left")) if len(planned) else planned
    groups = [g for g in np.split(order, cuts) if len(g)]
    return tuple(_bin(truth[g], values[g]) for g in groups)


def _bin(truth: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> CalibrationBin:
    low, high = wilson_interval(int(truth.sum()), len(truth))
    return CalibrationBin(float(values.mean()), float(truth.mean()), low, high, len(truth))


def wilson_interval(events: int, rows: int) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion (Wilson 1927, J Am Stat Assoc 22:209-212)."""
    if rows == 0:
        return 0.0, 1.0
    share, z2 = events / rows, Z95**2
    centre = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = Z95 * float(np.sqrt(share * (1 - share) / rows + z2 / (4 * rows**2))) / (1 + z2 / rows)
    return (centre - half if events else 0.0), (centre + half if events < rows else 1.0)


def brier_score(positive: Any, probability: Any) -> float:
    """Return the mean squared distance of the risks from what happened; 0 is perfect (Brier 1950, Mon Weather Rev 78:1-3)."""
    gap = np.asarray(probability, dtype=np.float64) - np.asarray(positive, dtype=np.float64)
    return float(np.mean(gap**2))
