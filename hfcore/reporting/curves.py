"""ROC, precision-recall and gains curves, and confusion counts at every hundredth cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.reporting.report import Curve, ThresholdCounts

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MAX_POINTS = 2_000
CUTS = 101


def roc(positive: Any, score: Any) -> Curve:
    """Return the ROC curve: x the share of false alarms, y the share of events found, from nobody called to everybody."""
    truth, values = np.asarray(positive, dtype=bool), np.asarray(score, dtype=np.float64)
    cuts, found, alarms = _counts_at_cuts(truth, values)
    keep = _corners(found, alarms)
    return _curve(alarms[keep] / max((~truth).sum(), 1), found[keep] / max(truth.sum(), 1), cuts[keep])


def precision_recall(positive: Any, score: Any) -> Curve:
    """Return precision (y) against recall (x), starting at recall 0 with precision 1."""
    truth, values = np.asarray(positive, dtype=bool), np.asarray(score, dtype=np.float64)
    cuts, found, alarms = _counts_at_cuts(truth, values)
    called = found + alarms
    precision = np.divide(found, called, out=np.ones_like(found), where=called > 0)
    return _curve(found / max(truth.sum(), 1), precision, cuts)


def gains(positive: Any, score: Any) -> Curve:
    """Return the share of events found (y) when a share of all patients (x) is flagged, those of highest risk first."""
    truth, values = np.asarray(positive, dtype=bool), np.asarray(score, dtype=np.float64)
    cuts, found, alarms = _counts_at_cuts(truth, values)
    return _curve((found + alarms) / max(len(truth), 1), found / max(truth.sum(), 1), cuts)


def lift(found: Curve) -> Curve:
    """Return, for each point of a gains curve but the first, how many times more events are found than by drawing lots."""
    kept = [(x, y / x, cut) for x, y, cut in zip(found.x, found.y, found.thresholds, strict=True) if x > 0]
    return Curve(tuple(x for x, _, _ in kept), tuple(y for _, y, _ in kept), tuple(cut for _, _, cut in kept))


def threshold_counts(positive: Any, score: Any, cuts: int = CUTS) -> tuple[ThresholdCounts, ...]:
    """Return the confusion counts at `cuts` evenly spaced cuts from 0 to 1; at or above a cut means called positive."""
    truth, values = np.asarray(positive, dtype=bool), np.asarray(score, dtype=np.float64)
    grid = np.arange(cuts) / (cuts - 1)
    missed = np.searchsorted(np.sort(values[truth]), grid, side="left")
    spared = np.searchsorted(np.sort(values[~truth]), grid, side="left")
    events, others = int(truth.sum()), int((~truth).sum())
    return tuple(
        ThresholdCounts(float(cut), events - int(m), others - int(s), int(s), int(m))
        for cut, m, s in zip(grid, missed, spared, strict=True)
    )


def _counts_at_cuts(truth: Flags, score: Floats) -> tuple[Floats, Floats, Floats]:
    """Return every distinct score as a cut, highest first, after a cut above all; events found and false alarms at each."""
    order = np.argsort(-score, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1) if len(score) else np.array([], dtype=np.intp)
    found = np.cumsum(truth[order])[ends].astype(np.float64)
    alarms = 1.0 + ends - found
    above_all = np.nextafter(max(1.0, score.max(initial=1.0)), np.inf)
    return np.append(above_all, score[order][ends]), np.append(0.0, found), np.append(0.0, alarms)


def _corners(found: Floats, alarms: Floats) -> Flags:
    """Tell which points after the first cut are corners; those on a straight line between their neighbours add nothing."""
    keep = np.ones(len(found), dtype=bool)
    keep[2:-1] = (np.diff(found[1:], 2) != 0) | (np.diff(alarms[1:], 2) != 0)
    return keep


def _curve(x: Floats, y: Floats, cuts: Floats) -> Curve:
    if len(x) > MAX_POINTS:
        kept = np.unique(np.linspace(0, len(x) - 1, MAX_POINTS).round().astype(np.intp))
        x, y, cuts = x[kept], y[kept], cuts[kept]
    return Curve(tuple(x.tolist()), tuple(y.tolist()), tuple(cuts.tolist()))
