"""Entry script in Azure for a model that AutoML has trained: loads its pickle inside Azure's container, nowhere else.

It answers as AutoML's generated script does, and beyond that it takes `method` (predict, predict_proba) in both versions of a
request and reads "false" as false, where the generated one takes every text that is not empty for true.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

METHODS = ("predict", "predict_proba")
WORDS = {"true": True, "false": False}
_model: Any = None


def init() -> None:
    """Load the model below AZUREML_MODEL_DIR. Raises FileNotFoundError when there is none."""
    global _model
    import joblib

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
        found = getattr(_model, wanted)(_frame(inner["data"]))
        results = getattr(found, "values", found).tolist()
    except Exception as error:  # the caller gets a sentence and the log a kind of error: its text may quote a patient
        return json.dumps({"error": f"The rows cannot be scored ({type(error).__name__})."})
    return {"Results": results} if "Inputs" in told else json.dumps({"result": results})


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
