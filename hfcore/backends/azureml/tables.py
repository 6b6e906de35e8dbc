"""AutoML's accuracy table and confusion matrix as curves, counts and groups of patients.

The accuracy table holds true and false positives and negatives of each class at evenly spaced cuts of the probability, and
at the percentiles of the probabilities; AutoML adds them up over the validation folds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hfcore.reporting.calibration import MIN_ROWS_PER_BIN, wilson_interval
from hfcore.reporting.report import CalibrationBin, Curve, ThresholdCounts

BINS = 10


@dataclass(frozen=True)
class Slice:
    """Patients between two neighbouring cuts: how many, how many with the outcome, the middle of their risk."""

    rows: int
    events: int
    middle: float


def labels(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the classes of a table in its order."""
    return tuple(str(label) for label in data.get("class_labels") or ())


def thresholds(data: Mapping[str, Any], position: int) -> tuple[ThresholdCounts, ...]:
    """Return the counts at the evenly spaced cuts, lowest first, for the class at `position`.

    Those at the percentiles are left: each fold has percentiles of its own, so their sums are of no one cut, and a curve through
    both would go back and forth.
    """
    try:
        cuts, rows = data["probability_thresholds"], data["probability_tables"][position]
        found = [_count(float(cut), row) for cut, row in zip(cuts, rows, strict=True)]
    except (KeyError, IndexError, TypeError, ValueError):
        return ()
    return tuple(sorted(found, key=lambda c: c.threshold))


def _count(cut: float, row: Sequence[float]) -> ThresholdCounts:
    true_positive, false_positive, true_negative, false_negative = (round(float(n)) for n in row)
    return ThresholdCounts(cut, true_positive, false_positive, true_negative, false_negative)


def roc(counts: Sequence[ThresholdCounts]) -> Curve:
    """Return the ROC curve through the counts, from nobody called to everybody."""
    points = [(1.0, 0.0, 0.0)]
    for c in reversed(counts):
        events, others = c.true_positive + c.false_negative, c.false_positive + c.true_negative
        points.append((c.threshold, c.false_positive / max(others, 1), c.true_positive / max(events, 1)))
    points.append((0.0, 1.0, 1.0))
    return _curve(points) if counts else Curve((), ())


def precision_recall(counts: Sequence[ThresholdCounts]) -> Curve:
    """Return precision against recall, starting at recall 0 with precision 1."""
    points = [(1.0, 0.0, 1.0)]
    for c in reversed(counts):
        called, events = c.true_positive + c.false_positive, c.true_positive + c.false_negative
        if called:
            points.append((c.threshold, c.true_positive / max(events, 1), c.true_positive / called))
    return _curve(points) if counts else Curve((), ())


def _curve(points: Sequence[tuple[float, float, float]]) -> Curve:
    kept = [p for i, p in enumerate(points) if i == 0 or p[1:] != points[i - 1][1:]]
    cuts, x, y = zip(*kept, strict=True)
    return Curve(tuple(x), tuple(y), tuple(cuts))


def slices(counts: Sequence[ThresholdCounts]) -> tuple[Slice, ...]:
    """Return the patients between neighbouring cuts, lowest risk first."""
    found = []
    for i, low in enumerate(counts):
        high = counts[i + 1] if i + 1 < len(counts) else None
        middle = min(1.0, (low.threshold + (high.threshold if high else 1.0)) / 2)
        events = low.true_positive - (high.true_positive if high else 0)
        others = low.false_positive - (high.false_positive if high else 0)
        if events + others > 0:
            found.append(Slice(events + others, max(0, events), middle))
    return tuple(found)


def patients(counts: Sequence[ThresholdCounts]) -> tuple[list[bool], list[float]]:
    """Return for each patient whether they had the outcome, and their risk, known to the width of a cut; lowest first."""
    parts = slices(counts)
    events = [had for p in parts for had in [True] * p.events + [False] * (p.rows - p.events)]
    return events, [p.middle for p in parts for _ in range(p.rows)]


def calibration(counts: Sequence[ThresholdCounts]) -> tuple[CalibrationBin, ...]:
    """Return groups of patients by predicted risk, up to ten of 20 or more; the risk is known to the width of a cut."""
    parts = slices(counts)
    total = sum(p.rows for p in parts)
    wanted = max(MIN_ROWS_PER_BIN, total / BINS)
    groups: list[list[Slice]] = [[]]
    for part in parts:
        if sum(p.rows for p in groups[-1]) >= wanted:
            groups.append([])
        groups[-1].append(part)
    if len(groups) > 1 and sum(p.rows for p in groups[-1]) < MIN_ROWS_PER_BIN:
        groups[-2:] = [groups[-2] + groups[-1]]
    return tuple(_bin(group) for group in groups if group)


def _bin(group: Sequence[Slice]) -> CalibrationBin:
    rows, events = sum(p.rows for p in group), sum(p.events for p in group)
    low, high = wilson_interval(events, rows)
    return CalibrationBin(sum(p.middle * p.rows for p in group) / rows, events / rows, low, high, rows)


def brier(counts: Sequence[ThresholdCounts]) -> float:
    """Return the mean squared distance of the risks, known to the width of a cut, from what happened; NaN without counts."""
    parts = slices(counts)
    total = sum(p.rows for p in parts)
    if not total:
        return float("nan")
    return sum(p.events * (1 - p.middle) ** 2 + (p.rows - p.events) * p.middle**2 for p in parts) / total
