"""What the worker adds to a child run's report: what its model looks at, how it bends with each column, and what it costs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import BLOCK
from hfcore.automl.table import TrainingTable, feature_values
from hfcore.reporting.dependence import MOST_PREDICTIONS, dependences
from hfcore.reporting.importance import importances
from hfcore.reporting.report import Dependence, Importance

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.outcome import ChildOutcome
    from hfcore.automl.settings import AutoMLSettings

_TIMED = 50
_FEW_PREDICTIONS = 5_000  # for a child run that is not the winner


class Explainer:
    """Explains the child runs of one run; the winner's curves are the mean over more patients than the others'."""

    def __init__(self, frame: pd.DataFrame, table: TrainingTable, settings: AutoMLSettings) -> None:
        self._rows = frame[list(table.features)]
        self._table = table
        self._shuffles, self._splits = table.shuffles(settings), table.splits(settings)
        self._position = len(table.labels) - 1

    def explain(self, outcome: ChildOutcome, is_winner: bool) -> dict[str, Any]:
        """Return `importance`, `dependence`, `fit_seconds`, `model_bytes` and `row_ms` of a report."""
        most = MOST_PREDICTIONS if is_winner else _FEW_PREDICTIONS
        about_model = {} if outcome.model is None else self._about_model(outcome.model, most)
        return {"importance": self._importance(outcome), "fit_seconds": outcome.seconds} | about_model

    def _importance(self, outcome: ChildOutcome) -> tuple[Importance, ...]:
        if outcome.shuffled is None or outcome.probabilities is None:
            return ()
        rows, shuffled = self._shuffles.per_row(np.asarray(outcome.shuffled, dtype=np.float64), self._splits)
        event = np.asarray(self._table.codes[rows] == self._position)
        risk = outcome.probabilities[rows, self._position]
        return importances(self._table.features, event, risk, shuffled[..., self._position])

    def _about_model(self, model: bytes, most_predictions: int) -> dict[str, Any]:
        from inference.score import open_session

        session = open_session(model)

        def risk(rows: pd.DataFrame) -> npt.NDArray[np.float64]:
            values = feature_values(rows, self._table.features, self._table.levels)
            blocks = [values[i : i + BLOCK] for i in range(0, len(values), BLOCK)]
            return np.concatenate([_asked(session, block)[:, self._position] for block in blocks])

        dependence: tuple[Dependence, ...] = dependences(risk, self._rows, most_predictions)
        return {"dependence": dependence, "model_bytes": len(model), "row_ms": self._row_ms(session)}

    def _row_ms(self, session: Any) -> float:
        """Return the median time of one row in milliseconds, on one thread, after the first that finds nothing warm."""
        row, taken = self._table.values[:1], []
        for _ in range(_TIMED):
            started = time.perf_counter()
            _asked(session, row)
            taken.append(1e3 * (time.perf_counter() - started))
        return float(np.median(taken))


def _asked(session: Any, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    (given,) = session.run(None, {session.get_inputs()[0].name: values})
    return np.asarray(given, dtype=np.float64)
