"""How sure the ROC curve is: the share of events found at each share of false alarms, in resamples of the patients."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
PLACES: Floats = np.arange(51) / 50.0


def found_at(event: Floats, risk: Floats, counts: Floats) -> Floats:
    """Return the height of the ROC curve at each of `PLACES`, by resample; NaN where only one outcome was drawn."""
    order = np.argsort(-risk, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(risk[order])), len(risk) - 1)
    drawn, happened = counts[:, order], event[order]
    found = np.cumsum(drawn * happened, axis=1)[:, ends]
    alarms = np.cumsum(drawn * (1.0 - happened), axis=1)[:, ends]
    heights = np.full((len(counts), len(PLACES)), np.nan)
    for i in np.flatnonzero((found[:, -1] > 0) & (alarms[:, -1] > 0)):
        x = np.append(0.0, alarms[i] / alarms[i, -1])
        heights[i] = np.interp(PLACES, x, np.append(0.0, found[i] / found[i, -1]))
    return heights
