"""What `fit` returns: every trial, the best one, and predictions with its exported model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import run_model
from hfcore.automl.outcome import ChildOutcome
from hfcore.automl.table import feature_values
from hfcore.errors import ExportFailed, TrainingFailed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class AutoMLResult:
    """All trials of a run in order of their number, and the winner; `folds` is the validation fold of each row."""

    children: tuple[ChildOutcome, ...]
    best: ChildOutcome
    labels: tuple[Any, ...]
    features: tuple[str, ...]
    folds: npt.NDArray[np.int64] = field(repr=False, compare=False)

    def predict_proba(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the winner's probabilities: one row per row of `frame`, one column per label.

        Raises:
            ExportFailed: the run was told to export nothing.
            InvalidSettings: a feature is missing in `frame` or does not hold numbers.
        """
        if self.best.model is None:
            raise ExportFailed(
                f"{self.best.algorithm} has no exported model. {self.best.export_note}", "Call fit with export=True."
            )
        return run_model(self.best.model, feature_values(frame, self.features))


def best_child(children: Sequence[ChildOutcome], export: bool) -> ChildOutcome:
    """Return the child with the highest score among those that may win; the earlier one on a tie.

    Raises:
        TrainingFailed: no child may win; says why.
    """
    scored = [c for c in children if c.is_scored]
    able = [c for c in scored if not export or c.model is not None]
    if able:
        return max(able, key=lambda c: (c.score, -c.number))
    if scored:
        raise TrainingFailed("Pipelines were scored, but none could be exported as a code-free model.", scored[0].export_note)
    reasons = [c.message for c in children if c.message]
    raise TrainingFailed("No pipeline could be trained to the end.", reasons[0] if reasons else "Allow more time.")
