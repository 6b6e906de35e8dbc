"""explainerdashboard on one ONNX model, in an environment of its own.

`python explainer_page.py FOLDER serve PORT` serves it, `... FOLDER reruns COUNT` measures it. FOLDER holds `model.onnx` and
`patients.csv`, whose last column is the label. Served are its statistics of the classifier (confusion, precision, lift, ROC,
precision-recall); SHAP values, which it works out for every row first, are left out. This file knows nothing of the rest,
because nothing of ours is installed where it runs.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from explainerdashboard import ClassifierExplainer, ExplainerDashboard
from sklearn.base import BaseEstimator, ClassifierMixin


class Onnx(ClassifierMixin, BaseEstimator):
    """An ONNX file with scikit-learn's two verbs."""

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.classes_ = np.array([0, 1])
        self._session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def fit(self, x: Any, y: Any) -> Onnx:
        """Return itself: it is fitted."""
        return self

    def predict_proba(self, x: Any) -> Any:
        """Return the probabilities of both classes."""
        name = self._session.get_inputs()[0].name
        return self._session.run(["probabilities"], {name: np.ascontiguousarray(x, dtype=np.float32)})[0]

    def predict(self, x: Any) -> Any:
        """Return the likelier class."""
        return self.predict_proba(x).argmax(axis=1)


def explainer(folder: Path) -> ClassifierExplainer:
    """Return the explainer of the folder's model and patients."""
    table = pd.read_csv(folder / "patients.csv").astype("float64")
    x, y = table.iloc[:, :-1], table.iloc[:, -1].astype(int)
    return ClassifierExplainer(Onnx(str(folder / "model.onnx")), x, y, shap="kernel", X_background=x.head(50), labels=["0", "1"])


def serve(found: ClassifierExplainer, port: int) -> None:
    """Serve the tab of the classifier's statistics."""
    without = ("importances", "contributions", "whatif", "shap_dependence", "shap_interaction", "decision_trees")
    tabs = dict.fromkeys(without, False)
    ExplainerDashboard(found, model_summary=True, mode="external", bootstrap=None, **tabs).run(port, host="127.0.0.1")


def reruns(found: ClassifierExplainer, count: int) -> float:
    """Return the processor milliseconds of what its callbacks compute when the cut-off moves once."""
    for number in range(count + 2):
        if number == 2:
            clock = time.process_time()
        cut = 0.2 + 0.6 * number / (count + 2)
        found.metrics_descriptions(cutoff=cut)
        for plot in ("confusion_matrix", "precision", "classification", "lift_curve", "roc_auc", "pr_auc"):
            getattr(found, f"plot_{plot}")(cutoff=cut).to_json()
        found.plot_cumulative_precision(percentile=cut).to_json()
    return (time.process_time() - clock) / count * 1000


def main(arguments: list[str]) -> None:
    """Serve, or print the cost of a moved cut-off as JSON."""
    found = explainer(Path(arguments[0]))
    if arguments[1] == "serve":
        serve(found, int(arguments[2]))
    else:
        print(json.dumps({"rerun_ms": reruns(found, int(arguments[2]))}))


if __name__ == "__main__":
    main(sys.argv[1:])
