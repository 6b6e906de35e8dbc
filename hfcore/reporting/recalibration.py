"""Are the risks too extreme, too timid, too high or too low: calibration slope and calibration-in-the-large.

Both come from logistic regressions of what happened on the logit of the predicted risk (Cox 1958, Biometrika 45:562-565; read as
in Van Calster et al. 2019, BMC Med 17:230). The slope is 1 when the risks spread as they should; below 1 they are too extreme.
The intercept, with the slope held at 1, is 0 when they are right on average; above 0 more happened than was predicted.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_EDGE = 1e-6  # risks are kept this far from 0 and 1, where the logit has no end
_STEPS, _CLOSE = 25, 1e-4  # Newton's method doubles the digits at every step: after one this short, eight are right
_LONGEST, _FAR = 2.0, 50.0
_FLAT = 1e-10  # below this share of its largest value a determinant is rounding: the same risk for everybody


def logit(risk: Floats) -> Floats:
    """Return the log odds of risks."""
    kept = np.clip(risk, _EDGE, 1.0 - _EDGE)
    return np.asarray(np.log(kept / (1.0 - kept)), dtype=np.float64)


def slopes(event: Floats, risk: Floats, counts: Floats) -> Floats:
    """Return the calibration slope in each resample, NaN where it has none (one outcome only, or outcomes fully separated)."""
    x, found, both = logit(risk), np.full(len(counts), np.nan), _both_outcomes(event, counts)
    kept = counts[both]
    start = np.array([[0.0], [1.0]])
    for some in (np.ones((1, len(event))), kept):  # all patients first: from there each resample is few steps away
        line, moved = start[:, -1:] * np.ones(len(some)), np.full(len(some), np.inf)
        for _ in range(_STEPS):
            step = _newton_step(event, x, some, line)
            line, moved = line + step, np.abs(step).max(axis=0, initial=0.0)
            if not (moved >= _CLOSE).any():
                break
        start = line if (moved < _CLOSE).all() else start
    found[both] = np.where((moved < _CLOSE) & (np.abs(line[1]) < _FAR), line[1], np.nan)
    return found


def _newton_step(event: Floats, x: Floats, counts: Floats, line: Floats) -> Floats:
    """Return the step of Newton's method for intercept and slope (rows) of each resample; NaN where there is no way on."""
    p = _expit(line[0][:, None] + line[1][:, None] * x)
    off, bend = counts * (event - p), counts * p * (1.0 - p)
    g0, g1, h0, h1, h2 = off.sum(axis=1), off @ x, bend.sum(axis=1), bend @ x, bend @ (x * x)
    det = h0 * h2 - h1 * h1
    step = np.array([h2 * g0 - h1 * g1, h0 * g1 - h1 * g0]) / np.where(det > _FLAT * h0 * h2, det, np.nan)
    return np.asarray(np.clip(step, -_LONGEST, _LONGEST), dtype=np.float64)


def intercepts(event: Floats, risk: Floats, counts: Floats) -> Floats:
    """Return calibration-in-the-large in each resample, in log odds; NaN where only one outcome happened."""
    x, found, both = logit(risk), np.full(len(counts), np.nan), _both_outcomes(event, counts)
    kept, shift = counts[both], np.zeros(both.sum())
    for _ in range(_STEPS):
        p = _expit(shift[:, None] + x)
        step = (kept * (event - p)).sum(axis=1) / np.maximum((kept * p * (1.0 - p)).sum(axis=1), _EDGE)
        shift = shift + np.clip(step, -_LONGEST, _LONGEST)
        if np.abs(step).max(initial=0.0) < _CLOSE:
            break
    found[both] = shift
    return found


def _both_outcomes(event: Floats, counts: Floats) -> npt.NDArray[np.bool_]:
    happened = counts @ event
    return np.asarray((happened > 0) & (happened < counts.sum(axis=1)), dtype=bool)


def _expit(z: Floats) -> Floats:
    with np.errstate(over="ignore"):  # the risk is 0 there, as it should be
        return np.asarray(1.0 / (1.0 + np.exp(-z)), dtype=np.float64)
