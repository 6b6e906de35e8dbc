"""What lies in `outputs/model.pkl` in the double: a pipeline that takes a table and predicts, as AutoML's own do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class FittedModel:
    """A trained pipeline: its ONNX file, its columns in training order and its labels."""

    model: bytes
    features: tuple[str, ...]
    labels: tuple[Any, ...]

    def predict_proba(self, data: Any) -> Any:
        """Return the probability of every label for the rows of a table."""
        from hfcore.automl.graph import run_model

        rows = data[list(self.features)].to_numpy(dtype=np.float32)
        return run_model(self.model, rows)

    def predict(self, data: Any) -> Any:
        """Return the likeliest label of every row."""
        return np.asarray(self.labels)[self.predict_proba(data).argmax(axis=1)]
