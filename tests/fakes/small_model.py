"""A small model folder made in milliseconds: a logistic regression on the real records, as ONNX with its manifest."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hfcore.datasets.heart_failure import HEART_FAILURE_CSV, HEART_FAILURE_SCHEMA

LABEL = "DEATH_EVENT"
FEATURES = tuple(c.name for c in HEART_FAILURE_SCHEMA if not c.is_label)
LESSON_SAMPLE = {
    "age": "60",
    "anaemia": "false",
    "creatinine_phosphokinase": "500",
    "diabetes": "false",
    "ejection_fraction": "38",
    "high_blood_pressure": "false",
    "platelets": "260000",
    "serum_creatinine": "1.40",
    "serum_sodium": "137",
    "sex": "false",
    "smoking": "false",
    "time": "130",
}
TYPED_SAMPLE: dict[str, Any] = {
    name: text == "true" if text in ("true", "false") else json.loads(text.rstrip("0") if "." in text else text)
    for name, text in LESSON_SAMPLE.items()
}


def records(features: tuple[str, ...] = FEATURES) -> list[dict[str, float]]:
    """Return the 299 patients as records of numbers, without the label."""
    with HEART_FAILURE_CSV.open() as file:
        return [{name: json.loads(row[name]) for name in features} for row in csv.DictReader(file)]


def outcomes() -> np.ndarray:
    """Return 1 for each patient who died."""
    with HEART_FAILURE_CSV.open() as file:
        return np.array([int(row[LABEL]) for row in csv.DictReader(file)], dtype=float)


def _fit(matrix: np.ndarray, died: np.ndarray) -> tuple[np.ndarray, float]:
    """Return weights and intercept of a ridge logistic regression on the raw columns, by Newton's method."""
    mean, scale = matrix.mean(0), matrix.std(0)
    design = np.column_stack([(matrix - mean) / scale, np.ones(len(matrix))])
    beta = np.zeros(design.shape[1])
    for _ in range(15):
        p = 1 / (1 + np.exp(-design @ beta))
        hessian = design.T @ (design * (p * (1 - p))[:, None]) + np.eye(len(beta))
        beta += np.linalg.solve(hessian, design.T @ (died - p) - beta)
    weights = beta[:-1] / scale
    return weights, float(beta[-1] - weights @ mean)


def onnx_bytes(features: tuple[str, ...] = FEATURES, single: bool = False) -> bytes:
    """Return the model as ONNX: input `features` float32 [N, k], output `probabilities` double [N, 2], or `single` precision."""
    from onnx import TensorProto, helper, numpy_helper

    matrix = np.array([list(r.values()) for r in records(features)])
    weights, intercept = _fit(matrix, outcomes())
    columns = np.column_stack([-weights, weights]).astype(np.float32)
    answer = TensorProto.FLOAT if single else TensorProto.DOUBLE
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["features", "weights"], ["scores"]),
            helper.make_node("Add", ["scores", "intercepts"], ["logits"]),
            helper.make_node("Sigmoid", ["logits"], ["shares"]),
            helper.make_node("Cast", ["shares"], ["probabilities"], to=answer),
        ],
        "risk",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, len(features)])],
        [helper.make_tensor_value_info("probabilities", answer, [None, 2])],
        [
            numpy_helper.from_array(columns, "weights"),
            numpy_helper.from_array(np.array([-intercept, intercept], dtype=np.float32), "intercepts"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return bytes(model.SerializeToString())


def manifest(model: bytes, features: tuple[str, ...] = FEATURES, labels: tuple[Any, Any] = (0, 1)) -> dict[str, Any]:
    """Return what model.json says about these model bytes."""
    rows = np.array([list(r.values()) for r in records(features)])
    golden = rows[np.linspace(0, len(rows) - 1, 20).astype(int)]
    return {
        "format": 1,
        "name": "heart-failure-risk",
        "version": 3,
        "sha256": hashlib.sha256(model).hexdigest(),
        "algorithm": "StandardScalerWrapper, LogisticRegression",
        "label_column": LABEL,
        "labels": list(labels),
        "positive_label": labels[1],
        "threshold": 0.5,
        "features": [_feature(name, rows[:, i]) for i, name in enumerate(features)],
        "golden": {"rows": golden.tolist(), "probabilities": predict(model, golden).tolist()},
        "uses_follow_up_time": "time" in features,
        "run_id": "run",
        "child_id": "run_0",
        "training_rows": len(rows),
        "training_events": 96,
        "created_at": "2026-11-22T15:00:00+00:00",
        "metrics": {"AUC_weighted": 0.8},
        "notice": "Research use only. Not a medical device.",
    }


def _feature(name: str, values: np.ndarray) -> dict[str, Any]:
    column = HEART_FAILURE_SCHEMA[name]
    ranges = {"low": column.low, "high": column.high, "train_low": values.min(), "train_high": values.max()}
    return {"name": name, "kind": column.kind, "unit": column.unit, **ranges}


def predict(model: bytes, rows: np.ndarray) -> np.ndarray:
    """Return n x 2 probabilities straight from ONNX Runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"features": rows.astype(np.float32)})[0], dtype=float)


def write_model(
    folder: Path,
    features: tuple[str, ...] = FEATURES,
    labels: tuple[Any, Any] = (0, 1),
    changes: Mapping[str, Any] | None = None,
    single: bool = False,
) -> Path:
    """Write model.onnx and model.json into `folder`; `changes` replace entries of the manifest, `single` is the precision."""
    folder.mkdir(parents=True, exist_ok=True)
    model = onnx_bytes(features, single)
    (folder / "model.onnx").write_bytes(model)
    (folder / "model.json").write_text(json.dumps(manifest(model, features, labels) | dict(changes or {})))
    return folder
