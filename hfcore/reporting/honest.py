"""What the winner of a search is worth once the luck of being picked is taken out.

The candidate that looks best on the very rows it was picked by looks better than it is. Bootstrap bias-corrected
cross-validation (BBC-CV; Tsamardinos, Greasidou and Borboudakis 2018, Machine Learning 107:1895-1922) repeats the
picking: in each resample of the patients the best candidate is picked on the patients drawn, and judged on those not drawn.

Those not drawn are 1/e = 37 % of the patients, so their figures spread wider than one over all patients would. The interval
is narrowed for that by the root of (1/e) / (1 - 1/e), as for the delete-d jackknife (Shao and Wu 1989, Ann Stat 17:1176-1197).
Simulated with 299 patients, 1 to 24 candidates and AUCs of 0.8 to 0.91, it then held the winner's true AUC in 95 to 98 % of
the cases, and in 97.5 to 100 % without narrowing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hfcore.reporting.report import Estimate
from hfcore.reporting.resampled import RESAMPLED_METRICS, Predictions, auc_weighted, bootstrap_counts

Floats = npt.NDArray[np.float64]
RESAMPLES = 1_000
NARROWING = (math.e - 1.0) ** -0.5


def corrected_auc(
    candidates: Sequence[Predictions], picked_by: str = "AUC_weighted", resamples: int = RESAMPLES, seed: int = 0
) -> Estimate:
    """Return the bias-corrected AUC of picking the best candidate, with its 95 % interval.

    Args:
        candidates: Out-of-fold predictions of every candidate of the search, on the same rows.
        picked_by: The metric by which the winner is picked, higher is better.
        resamples: How many times the picking is repeated.
        seed: Seed of the draws.
    """
    draws = bootstrap_counts(len(candidates[0].codes), resamples, seed)
    judged = np.concatenate([_judge_winners(candidates, picked_by, drawn) for drawn in draws])
    judged = judged[np.isfinite(judged)]
    method = f"bootstrap bias-corrected cross-validation, {resamples:,} resamples, {len(candidates)} candidates"
    if not len(judged):
        return Estimate(float("nan"), method=method)
    value = float(judged.mean())
    low, high = value + NARROWING * (np.quantile(judged, (0.025, 0.975)) - value)
    return Estimate(value, max(0.0, float(low)), min(1.0, float(high)), method)


def _judge_winners(candidates: Sequence[Predictions], picked_by: str, drawn: Floats) -> Floats:
    """Return for each resample the AUC, on the patients not drawn, of the candidate best on those drawn."""
    left_out = (drawn == 0).astype(np.float64)
    metric = RESAMPLED_METRICS[picked_by]
    seen = np.column_stack([metric(c, drawn) for c in candidates])
    usable = np.isfinite(seen).any(axis=1)
    winner = np.full(len(drawn), -1)
    winner[usable] = np.nanargmax(seen[usable], axis=1)
    judged = np.full(len(drawn), np.nan)
    for number in np.unique(winner[usable]):
        rows = winner == number
        judged[rows] = auc_weighted(candidates[number], left_out[rows])
    return judged
