"""Two simple models on the folds of a search, to compare its winner with: plain logistic regression and a random forest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.executors import TrialExecutor
from hfcore.automl.levels import fit_one_hot
from hfcore.automl.metrics import mean_over_folds, metrics_of_codes
from hfcore.automl.supervisor import MOST_DEATHS
from hfcore.automl.table import TrainingTable

Floats = npt.NDArray[np.float64]
LOGISTIC, FOREST = "logistic regression", "random forest"
_TREES, _ROWS_IN_FULL = 500, 5_000
_FEWER_TREES, _ROWS_PER_TREE = 100, 10_000  # above that many rows, so that a fold stays within some 10 s of processor time
_FOLD_LIMIT_S = 120.0
_FILLED = "missing cells are filled with the median of the rows it learns from"


@dataclass(frozen=True)
class Reference:
    """One simple model: its name, its out-of-fold probabilities (rows by classes, NaN where never held out), what it is.

    Without `probabilities` it could not be fitted, and `note` says why. `metrics` are Azure's, the mean over the folds.
    """

    name: str
    probabilities: Floats | None = field(repr=False)
    note: str
    metrics: Mapping[str, float] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class _Fit:
    """One simple model on all folds but one."""

    kind: str
    fold: int
    deaths: int = 0


def fit_references(
    table: TrainingTable,
    folds: npt.NDArray[np.int64],
    seed: int,
    executor: TrialExecutor,
    on_fit: Callable[[int, int], object] | None = None,
) -> tuple[Reference, ...]:
    """Fit both simple models once per fold, on the rows and features of the search; one that fails is told, not raised.

    Args:
        table: What the search learned from.
        folds: The fold in which each row was held out; negative for rows that never were.
        seed: Seed of the forest.
        executor: Where the fits are worked on.
        on_fit: Told after each fit how many are done, and of how many.
    """
    numbers = [int(fold) for fold in np.unique(folds[folds >= 0])]
    fits = [_Fit(kind, fold) for fold in numbers for kind in (FOREST, LOGISTIC)]
    found, failed = _work_on(fits, (table, folds, seed), executor, on_fit)
    return tuple(_assembled(kind, found, failed.get(kind), table, folds) for kind in (LOGISTIC, FOREST))


def predict_fold(kind: str, table: TrainingTable, folds: npt.NDArray[np.int64], fold: int, seed: int) -> Floats:
    """Fit a simple model on every row outside a fold that counts, and return its probabilities for the rows inside."""
    weights = np.ones(len(table.codes)) if table.weights is None else table.weights
    kept, values = (folds != fold) & (weights > 0), table.values.astype(np.float64)
    if table.text:
        values = fit_one_hot(values[kept], table.text).apply(values)
    model = _model(kind, len(table.codes), int(kept.sum()), seed)
    given = {} if table.weights is None else {f"{model.steps[-1][0]}__sample_weight": weights[kept]}
    model.fit(values[kept], table.codes[kept], **given)
    probabilities = np.zeros((int((folds == fold).sum()), table.classes))
    probabilities[:, model.classes_] = model.predict_proba(values[folds == fold])
    return probabilities


def _model(kind: str, rows: int, training_rows: int, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    if kind == LOGISTIC:
        return make_pipeline(fill, StandardScaler(), LogisticRegression(C=1.0, max_iter=1_000))
    drawn = min(_ROWS_PER_TREE, training_rows) if rows > _ROWS_IN_FULL else None
    return make_pipeline(fill, RandomForestClassifier(_trees(rows), max_samples=drawn, random_state=seed % 2**32))


def _trees(rows: int) -> int:
    return _FEWER_TREES if rows > _ROWS_IN_FULL else _TREES


def _work_on(
    fits: list[_Fit], shared: tuple[Any, ...], executor: TrialExecutor, on_fit: Callable[[int, int], object] | None
) -> tuple[dict[tuple[str, int], Floats], dict[str, str]]:
    """Return the probabilities by kind and fold, and for each kind that failed the reason."""
    found: dict[tuple[str, int], Floats] = {}
    failed: dict[str, str] = {}
    flights = {_submit(fit, shared, executor): fit for fit in fits}
    try:
        while flights:
            for future in wait(flights, return_when=FIRST_COMPLETED).done:
                fit, error = flights.pop(future), future.exception()
                if error is None:
                    found[fit.kind, fit.fold] = future.result()
                elif executor.is_death(error) and fit.deaths + 1 < MOST_DEATHS:
                    again = _Fit(fit.kind, fit.fold, fit.deaths + 1)
                    flights[_submit(again, shared, executor)] = again
                else:
                    failed[fit.kind] = _reason(error, executor.is_death(error))
                if on_fit is not None:
                    on_fit(len(fits) - len(flights), len(fits))
    finally:
        for future in flights:
            future.cancel()
    return found, failed


def _submit(fit: _Fit, shared: tuple[Any, ...], executor: TrialExecutor) -> Future[Floats]:
    table, folds, seed = shared
    return executor.submit(predict_fold, fit.kind, table, folds, fit.fold, seed, limit_s=_FOLD_LIMIT_S)


def _reason(error: BaseException, died: bool) -> str:
    if died:
        return f"its process died {MOST_DEATHS} times"
    return (
        f"it took more than {_FOLD_LIMIT_S:g} s" if isinstance(error, TimeoutError) else f"it failed with {type(error).__name__}"
    )


def _assembled(
    kind: str,
    found: dict[tuple[str, int], Floats],
    failure: str | None,
    table: TrainingTable,
    folds: npt.NDArray[np.int64],
) -> Reference:
    name = LOGISTIC if kind == LOGISTIC else f"{FOREST} of {_trees(len(table.codes))} trees"
    if failure is not None:
        return Reference(name, None, f"There is no {name} to compare with: {failure}.")
    probabilities = np.full((len(table.codes), table.classes), np.nan)
    for (which, fold), part in found.items():
        if which == kind:
            probabilities[folds == fold] = part
    return Reference(name, probabilities, _what_it_is(kind, len(table.codes)), _metrics(probabilities, table, folds))


def _metrics(probabilities: Floats, table: TrainingTable, folds: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return Azure's metrics as the mean over the folds, rows counted by weight as in a child run's."""
    held = [folds == fold for fold in np.unique(folds[folds >= 0])]
    weights = [None if table.weights is None else table.weights[rows] for rows in held]
    return mean_over_folds(
        metrics_of_codes(table.codes[rows], probabilities[rows], w) for rows, w in zip(held, weights, strict=True)
    )


def _what_it_is(kind: str, rows: int) -> str:
    if kind == LOGISTIC:
        return f"scikit-learn's LogisticRegression with C = 1 after StandardScaler; {_FILLED}"
    whole = f"scikit-learn's RandomForestClassifier with {_trees(rows)} trees, all else as it comes; {_FILLED}"
    if rows <= _ROWS_IN_FULL:
        return whole
    return f"{whole}; fewer trees than the usual {_TREES}, each from {_ROWS_PER_TREE:,} rows at most, because the table is large"
