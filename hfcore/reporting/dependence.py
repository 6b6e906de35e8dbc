"""Partial dependence and ICE: how a model's risk goes with one column, on average and for single patients.

From Friedman (2001, Ann Stat 29:1189-1232) and Goldstein et al. (2015, J Comput Graph Stat 24:44-65).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.columns import is_number, numbers
from hfcore.reporting.report import Dependence

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
MOST_PREDICTIONS = 12_000
MOST_PATIENTS, FEWEST_PATIENTS = 300, 50
MOST_LINES = 50
QUANTILES = np.linspace(0.025, 0.975, 20)
_FEW_VALUES = 10
_MOST_LEVELS = 12
_DECIMALS = 4


def dependences(
    predict: Callable[[pd.DataFrame], Any], rows: pd.DataFrame, most_predictions: int = MOST_PREDICTIONS, seed: int = 0
) -> tuple[Dependence, ...]:
    """Return how the risk goes with each column, in their order; everything is asked for in one call of `predict`.

    Args:
        predict: The model, as a function of rows with these columns; it returns the risk of each.
        rows: The patients, in the model's columns.
        most_predictions: How many rows may be asked for, about; it decides how many patients the mean is over (50 to 300).
        seed: Seed of the choice of patients.
    """
    grids = [grid(rows[name]) for name in rows.columns]
    points = sum(len(values) for values in grids)
    most = int(np.clip(most_predictions // max(points, 1), FEWEST_PATIENTS, MOST_PATIENTS))
    drawn = np.random.default_rng(seed).permutation(len(rows))[:most]
    some = rows.iloc[drawn]
    if not points:
        return ()
    risks = np.asarray(predict(_asked(some, grids, points)), dtype=np.float64).reshape(points, len(some))
    parts = np.split(risks, np.cumsum([len(values) for values in grids])[:-1])
    named = zip(rows.columns, grids, parts, strict=True)
    return tuple(_dependence(rows[name], values, part) for name, values, part in named if len(values))


def grid(column: pd.Series[Any]) -> tuple[float | str, ...]:
    """Return the values to try: every one of a few, of many numbers 20 quantiles from 2.5 to 97.5 %, the commonest texts."""
    if not is_number(column):
        common = column.dropna().astype(str).value_counts()
        return tuple(sorted(map(str, common.index[:_MOST_LEVELS])))
    values = numbers(column)
    values = values[~np.isnan(values)]
    different = np.unique(values)
    if len(different) > _FEW_VALUES:
        different = np.unique(np.quantile(values, QUANTILES, method="nearest"))
    return tuple(different.tolist())


def _asked(some: pd.DataFrame, grids: Sequence[Sequence[float | str]], points: int) -> pd.DataFrame:
    """Return the patients once for each value that is tried, column after column, with that value for all of them."""
    import pandas as pd

    columns = {name: np.tile(some[name].to_numpy(), points) for name in some.columns}
    start = 0
    for name, values in zip(some.columns, grids, strict=True):
        for value in values:
            columns[name][start : start + len(some)] = value
            start += len(some)
    return pd.DataFrame(columns)


def _dependence(column: pd.Series[Any], values: Sequence[float | str], risks: Floats) -> Dependence:
    lines = risks[:, :MOST_LINES].T.round(_DECIMALS)
    return Dependence(
        feature=str(column.name),
        grid=tuple(values),
        mean=tuple(risks.mean(axis=1).round(_DECIMALS).tolist()),
        lines=tuple(tuple(line) for line in lines.tolist()),
        rows=risks.shape[1],
        shares=_shares(column, values),
    )


def _shares(column: pd.Series[Any], values: Sequence[float | str]) -> tuple[float, ...]:
    """Return which part of the patients has each value; nothing for a column of many numbers."""
    number = is_number(column)
    present = numbers(column.dropna()) if number else column.dropna().astype(str).to_numpy()
    if number and len(np.unique(present)) > _FEW_VALUES:
        return ()
    return tuple(float((present == value).mean()) for value in values)
