"""How the predicted risks are spread among those with the event and those without."""

from __future__ import annotations

from typing import Any

import numpy as np

from hfcore.reporting.report import RiskBin

BINS = 20


def distribution(positive: Any, probability: Any, bins: int = BINS) -> tuple[RiskBin, ...]:
    """Return how many patients with and without the event were given each risk, in bins of equal width from 0 to 1."""
    truth, values = np.asarray(positive, dtype=bool), np.asarray(probability, dtype=np.float64)
    edges = np.arange(bins + 1) / bins
    events, _ = np.histogram(values[truth], edges)
    others, _ = np.histogram(values[~truth], edges)
    found = zip(edges[:-1], edges[1:], events, others, strict=True)
    return tuple(RiskBin(float(start), float(end), int(e), int(o)) for start, end, e, o in found)
