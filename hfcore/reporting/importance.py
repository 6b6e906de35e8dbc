"""Permutation importance: how much AUC a model loses when one column is shuffled among the patients.

From Breiman (2001, Mach Learn 45:5-32), here on predictions for patients whom the model had not seen, so that what it has only
learned by heart counts for nothing. The interval is that of a difference of two AUCs of the same patients (DeLong, DeLong and
Clarke-Pearson 1988, Biometrics 44:837-845), averaged over the shuffles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.reporting.report import Estimate, Importance

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Z95 = 1.959963984540054


def importances(features: Sequence[str], event: Flags, risk: Floats, shuffled: Floats) -> tuple[Importance, ...]:
    """Return each column's loss of AUC with its 95 % interval, the largest first; none without both outcomes.

    Args:
        features: The columns.
        event: Who had the event.
        risk: The predicted risk of each patient.
        shuffled: The same with a column shuffled: columns, repeats, patients.
    """
    if min(event.sum(), (~event).sum()) < 2:
        return ()
    whole = _placements(event, risk)
    losses = [_loss(whole, [_placements(event, r) for r in again]) for again in shuffled]
    found = [Importance(name, loss) for name, loss in zip(features, losses, strict=True)]
    return tuple(sorted(found, key=lambda i: -i.loss.value))


def shuffle_orders(rows: int, repeats: int, seed: int = 0) -> npt.NDArray[np.intp]:
    """Return random orders of the rows, one for each repeat."""
    return np.random.default_rng(seed).permuted(np.tile(np.arange(rows), (repeats, 1)), axis=1)


def shuffled_risks(
    predict: Callable[[pd.DataFrame], Any], rows: pd.DataFrame, orders: npt.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Ask any predict function, once, for the risk of patients as they are and with each column in each of the orders.

    Returns risks (patients) and risks with a column shuffled (columns, repeats, patients). A model that has learned from these
    very patients looks as if it needed its columns more than it does.
    """
    import pandas as pd

    mixed = [rows.assign(**{name: rows[name].array.take(order)}) for name in rows.columns for order in orders]
    risks = np.asarray(predict(pd.concat([rows, *mixed], ignore_index=True)), dtype=np.float64)
    return risks[: len(rows)], risks[len(rows) :].reshape(rows.shape[1], len(orders), len(rows))


def _placements(event: Flags, risk: Floats) -> tuple[Floats, Floats]:
    """Return for each patient with the event the share of the others ranked below, and for each of the others the share above."""
    own, others = risk[event], risk[~event]
    below = _counted(np.sort(others), own)
    above = 1.0 - _counted(np.sort(own), others)
    return below, above


def _counted(ranked: Floats, values: Floats) -> Floats:
    """Return for each value the share of the ranked ones below it, those level with it by half."""
    return (np.searchsorted(ranked, values, "left") + np.searchsorted(ranked, values, "right")) / (2.0 * len(ranked))


def _loss(whole: tuple[Floats, Floats], again: Sequence[tuple[Floats, Floats]]) -> Estimate:
    """Return the loss of AUC and its interval, from the differences of the placements."""
    gaps = [np.mean([whole[side] - found[side] for found in again], axis=0) for side in (0, 1)]
    value = float(gaps[0].mean())
    half = Z95 * float(sum(gap.var(ddof=1) / len(gap) for gap in gaps)) ** 0.5
    method = f"DeLong's interval over patients, mean of {len(again)} shuffles"
    return Estimate(value, value - half, value + half, method)
