"""What became of the patients whom a model gave a similar risk, from predictions on patients it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hfcore.reporting.report import CalibrationBin, ModelReport, ThresholdCounts


@dataclass(frozen=True)
class RiskGroup:
    """Patients who were given risks between `low` and `high`, and what became of them."""

    low: float
    high: float
    found: CalibrationBin


@dataclass(frozen=True)
class RiskBar:
    """How many patients with and without the outcome were given a risk from `low` up to `high`."""

    low: float
    high: float
    events: int
    others: int


def group_of(report: ModelReport, risk: float) -> RiskGroup | None:
    """Return the calibration group that a risk falls into, None where the report has none.

    A group ends half-way between its mean predicted risk and the next one's.
    """
    bins = report.calibration
    if not bins:
        return None
    edges = [0.0, *((a.predicted + b.predicted) / 2 for a, b in pairwise(bins)), 1.0]
    at = next((i for i in range(len(bins)) if risk < edges[i + 1]), len(bins) - 1)
    return RiskGroup(edges[at], edges[at + 1], bins[at])


def share_below(report: ModelReport, risk: float) -> float | None:
    """Return the share of the patients who were given a lower risk, from the counts at whole percentages, interpolated."""
    counts = report.thresholds
    if len(counts) < 2:
        return None
    below = [c.true_negative + c.false_negative for c in counts]
    total = _everybody(counts[0])
    at = next((i for i in range(len(counts) - 1) if risk < counts[i + 1].threshold), len(counts) - 2)
    width = counts[at + 1].threshold - counts[at].threshold
    part = min(max((risk - counts[at].threshold) / width, 0.0), 1.0)
    return (below[at] + part * (below[at + 1] - below[at])) / total if total else None


def risk_bars(report: ModelReport, cuts_per_bar: int = 5) -> tuple[RiskBar, ...]:
    """Return how the risks are spread, in bars of `cuts_per_bar` whole percentages; empty where the report has no counts."""
    chosen = report.thresholds[::cuts_per_bar]
    bars = [_between(low, high) for low, high in pairwise(chosen)]
    if bars and chosen[-1] is report.thresholds[-1]:
        last, top = bars[-1], report.thresholds[-1]  # a risk of exactly 1 lies in the last bar
        bars[-1] = RiskBar(last.low, last.high, last.events + top.true_positive, last.others + top.false_positive)
    return tuple(bars)


def _between(low: ThresholdCounts, high: ThresholdCounts) -> RiskBar:
    events, others = low.true_positive - high.true_positive, low.false_positive - high.false_positive
    return RiskBar(low.threshold, high.threshold, events, others)


def _everybody(counts: ThresholdCounts) -> int:
    return counts.true_positive + counts.false_positive + counts.true_negative + counts.false_negative


def interpolated(x: Sequence[float], y: Sequence[float], at: float) -> float:
    """Return the height of a curve at a point between two of its own, the end's beyond them."""
    for (x0, y0), (x1, y1) in zip(zip(x, y, strict=True), zip(x[1:], y[1:], strict=True), strict=False):
        if x0 <= at <= x1:
            return y0 + (y1 - y0) * ((at - x0) / (x1 - x0) if x1 > x0 else 0.0)
    return y[0] if at < x[0] else y[-1]
