"""What `fit` returns: every trial, the best one, and predictions with its exported model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.graph import run_model
from hfcore.automl.outcome import ChildOutcome
from hfcore.automl.table import feature_values
from hfcore.datasets.guardrails import Guardrail
from hfcore.errors import ExportFailed

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class AutoMLResult:
    """All trials of a run in order of their number, and the winner.

    `folds` is the fold in which each row was held out, the first of several, -1 for a row that never was.
    `head_start` is by how much, in the primary metric, another child would have had to lead the VotingEnsemble to win.
    `levels` are the known values of each text feature; `guardrails` say what was checked in the table and what was done about it.
    """

    children: tuple[ChildOutcome, ...]
    best: ChildOutcome
    labels: tuple[Any, ...]
    features: tuple[str, ...]
    folds: npt.NDArray[np.int64] = field(repr=False, compare=False)
    head_start: float = 0.0
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guardrails: tuple[Guardrail, ...] = ()

    def predict_proba(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the winner's probabilities: one row per row of `frame`, one column per label.

        A text value that no training row had counts as none of the known ones.

        Raises:
            ExportFailed: the run was told to export nothing.
            InvalidSettings: a feature is missing in `frame` or does not hold numbers.
        """
        if self.best.model is None:
            raise ExportFailed(
                f"{self.best.algorithm} has no exported model. {self.best.export_note}", "Call fit with export=True."
            )
        return run_model(self.best.model, feature_values(frame, self.features, self.levels))
