"""The curves and bands of a report that rest on the event and the predicted risk of each patient alone.

One set of bootstrap resamples over patients serves all of them; every interval is the percentile one (Efron and Tibshirani 1993,
ch. 13). It knows which patients happened to be in the table, not what another table would have made of the model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.reporting.band import PLACES, found_at
from hfcore.reporting.benefit import CUTS, net_benefits, treat_all
from hfcore.reporting.curves import gains
from hfcore.reporting.distribution import distribution
from hfcore.reporting.interval import percentile_estimate
from hfcore.reporting.recalibration import intercepts, slopes
from hfcore.reporting.report import BandPoint, BenefitPoint
from hfcore.reporting.resampled import bootstrap_counts, resamples_for

Floats = npt.NDArray[np.float64]
_RESAMPLED = {"band": found_at, "benefit": net_benefits, "slope": slopes, "intercept": intercepts}
_MOST = 400  # a 95 % interval then rests on ten resamples at either end


def evidence(positive: Any, risk: Any, seed: int = 0) -> dict[str, Any]:
    """Return the fields of a ModelReport from `roc_band` to `benefit`, by name.

    Args:
        positive: Whether each patient had the event.
        risk: The risk that each was given by a model that had not seen them.
        seed: Seed of the resamples.
    """
    event, given = np.asarray(positive, dtype=np.float64), np.asarray(risk, dtype=np.float64)
    everybody = np.ones((1, len(event)))
    drawn = _resampled(event, given, min(_MOST, resamples_for(len(event))), seed)
    return {
        "roc_band": tuple(BandPoint(float(x), *ends) for x, ends in zip(PLACES, _ends(drawn["band"]), strict=True) if ends),
        "gains": gains(event, given),
        "distribution": distribution(event, given),
        "calibration_slope": percentile_estimate(float(slopes(event, given, everybody)[0]), drawn["slope"]),
        "calibration_intercept": percentile_estimate(float(intercepts(event, given, everybody)[0]), drawn["intercept"]),
        "benefit": _benefit(event, given, drawn["benefit"]),
    }


def _resampled(event: Floats, risk: Floats, resamples: int, seed: int) -> dict[str, Floats]:
    blocks = [
        {name: measure(event, risk, counts) for name, measure in _RESAMPLED.items()}
        for counts in bootstrap_counts(len(event), resamples, seed)
    ]
    return {name: np.concatenate([block[name] for block in blocks]) for name in _RESAMPLED}


def _benefit(event: Floats, risk: Floats, drawn: Floats) -> tuple[BenefitPoint, ...]:
    own = net_benefits(event, risk, np.ones((1, len(event))))[0]
    points = zip(CUTS, own, _ends(drawn), treat_all(event), strict=True)
    return tuple(
        BenefitPoint(float(cut), float(model), *ends, float(everybody)) for cut, model, ends, everybody in points if ends
    )


def _ends(drawn: Floats) -> list[tuple[float, float] | None]:
    """Return the 2.5th and 97.5th percentile of each column of finite values; None for a column without any."""
    kept = drawn[np.isfinite(drawn).all(axis=1)]
    if not len(kept):
        return [None] * drawn.shape[1]
    low, high = np.quantile(np.ascontiguousarray(kept.T), (0.025, 0.975), axis=1)
    return list(zip(low.tolist(), high.tolist(), strict=True))
