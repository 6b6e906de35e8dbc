"""Entry script in Azure for a model that AutoML has trained: loads its pickle inside Azure's container, nowhere else.

It answers as AutoML's generated script does, and beyond that it takes `method` (predict, predict_proba) in both versions of a
request, reads "false" as false, where the generated one takes every text that is not empty for true, and obeys the threshold
of the registered version, of which the generated one knows nothing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

METHODS = ("predict", "predict_proba")
WORDS = {"true": True, "false": False}
THRESHOLD = Path(__file__).with_name("threshold.json")
_model: Any = None
_threshold: float | None = None


def init() -> None:
    """Load the model below AZUREML_MODEL_DIR, and the threshold beside this script. Raises FileNotFoundError without a model."""
    global _model, _threshold
    import joblib

    _threshold = float(json.loads(THRESHOLD.read_text())["threshold"]) if THRESHOLD.exists() else None

    folder = Path(os.environ["AZUREML_MODEL_DIR"])
    found = sorted(folder.rglob("model.pkl")) or sorted(folder.rglob("*.pkl"))
    if not found:
        raise FileNotFoundError(f"There is no model.pkl in {folder}.")
    _model = joblib.load(found[0])


def run(data: Any, method: str = "predict") -> Any:
    """Answer one request: version 1 with a JSON string, version 2 with a dict. No value of a patient is ever repeated."""
    try:
        told = json.loads(data) if isinstance(data, (str, bytes, bytearray)) else data
        inner = told.get("Inputs", told)
        settings = told.get("GlobalParameters") if "Inputs" in told else told
        wanted = settings.get("method", method) if isinstance(settings, dict) else method
        if wanted not in METHODS:
            return json.dumps({"error": "The method is not known; it must be predict or predict_proba."})
        rows = _frame(inner["data"])
        found = _classes(rows) if wanted == "predict" and _threshold is not None else getattr(_model, wanted)(rows)
        results = getattr(found, "values", found).tolist()
    except Exception as error:  # the caller gets a sentence and the log a kind of error: its text may quote a patient
        return json.dumps({"error": f"The rows cannot be scored ({type(error).__name__})."})
    return {"Results": results} if "Inputs" in told else json.dumps({"result": results})


def _classes(rows: Any) -> Any:
    """Return the second of two classes for risks at or above the threshold, else the first; of more classes the model's own.

    A threshold is only ever kept for a label of 0 and 1, so these are the classes of a model that does not tell its own.
    """
    import numpy as np

    found = _model.predict_proba(rows)
    shares = np.asarray(getattr(found, "values", found))
    labels = np.asarray(getattr(_model, "classes_", (0, 1)))
    if shares.shape[1] != 2 or len(labels) != 2:
        return _model.predict(rows)
    return labels[(shares[:, 1] >= _threshold).astype(int)]


def _frame(rows: Any) -> Any:
    """Return the rows as a table whose columns have one type each, numbers and yes/no read from text."""
    import pandas as pd

    frame = pd.DataFrame([{k: _plain(v) for k, v in row.items()} if isinstance(row, dict) else row for row in rows])
    return frame.infer_objects()


def _plain(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if text in WORDS:
        return WORDS[text]
    try:
        return float(text)
    except ValueError:
        return value
