"""Would acting on the model do more good than acting on everybody or on nobody: net benefit.

At a threshold probability t, at which a false alarm is worth t / (1 - t) of an event found, net benefit is the share of patients
found less that price times the share flagged wrongly (Vickers and Elkin 2006, Med Decis Making 26:565-574). Acting on nobody
has a net benefit of 0.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
CUTS: Floats = np.arange(1, 100) / 100.0


def net_benefits(event: Floats, risk: Floats, counts: Floats) -> Floats:
    """Return the model's net benefit by resample and cut (0.01 to 0.99), as a share of all patients."""
    order = np.argsort(risk, kind="stable")
    first = np.searchsorted(risk[order] + 1e-12, CUTS, side="left")
    rows = counts.sum(axis=1)[:, None]
    found = _at_or_above(counts[:, order] * event[order], first)
    alarms = _at_or_above(counts[:, order] * (1.0 - event[order]), first)
    return np.asarray((found - alarms * _price()) / rows, dtype=np.float64)


def treat_all(event: Floats) -> Floats:
    """Return the net benefit of acting on everybody, by cut."""
    share = float(event.mean())
    return np.asarray(share - (1.0 - share) * _price(), dtype=np.float64)


def _price() -> Floats:
    return np.asarray(CUTS / (1.0 - CUTS), dtype=np.float64)


def _at_or_above(sorted_counts: Floats, first: npt.NDArray[np.intp]) -> Floats:
    """Return how many stand at place `first` or later, for each cut."""
    below = np.zeros((len(sorted_counts), sorted_counts.shape[1] + 1))
    np.cumsum(sorted_counts, axis=1, out=below[:, 1:])
    return np.asarray(below[:, -1:] - below.take(first, axis=1), dtype=np.float64)
