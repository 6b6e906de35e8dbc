"""model.json: what a registered model is, which inputs it takes in which ranges, and golden predictions to repeat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.columns import MISSING, is_number, level_codes, numbers, text_levels
from hfcore.errors import ExportFailed, InvalidSettings
from hfcore.settings import NOTICE

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.datasets.schema import Column, Schema
    from hfcore.reporting.report import ModelReport

FORMAT = 1
GOLDEN_ROWS = 20
THRESHOLD = 0.5
BINS = 10
MOST_LEVELS_COUNTED = 20


def describe(
    model: bytes, report: ModelReport, frame: pd.DataFrame, schema: Schema, threshold: float | None = None
) -> dict[str, Any]:
    """Return the manifest of a model, all but its name, version and moment.

    Args:
        model: The bytes of model.onnx.
        report: The child run's report.
        frame: The rows it was trained on.
        schema: Meaning and possible range of the columns.
        threshold: The risk from which on `predict` gives the positive label; 0.5 by default.

    Raises:
        ExportFailed: the model does not take these columns, or a column holds neither numbers, yes/no nor text.
        InvalidSettings: a threshold for a model of several classes, whose likeliest one is given.
    """
    text = {name: text_levels(frame[name]) for name in report.features if not is_number(frame[name])}
    values = np.column_stack([_column(frame[name], text.get(name)) for name in report.features])
    labels = np.unique(np.asarray(frame[report.label_column].tolist())).tolist()
    golden = _golden(model, values)
    golden["rows"] = [_as_sent(row, report.features, text) for row in golden["rows"]]
    if threshold is not None and len(labels) != 2:
        sentence = f"A threshold is for two classes; this model has {len(labels)} and gives the likeliest one."
        raise InvalidSettings({"threshold": sentence})
    if golden["probabilities"] and len(golden["probabilities"][0]) != len(labels):
        raise ExportFailed(f"The model gives {len(golden['probabilities'][0])} probabilities for {len(labels)} classes.")
    return {
        "format": FORMAT,
        "sha256": hashlib.sha256(model).hexdigest(),
        "algorithm": report.algorithm,
        "label_column": report.label_column,
        "labels": labels,
        "positive_label": _positive(labels, report.positive_label),
        "threshold": THRESHOLD if threshold is None else threshold,
        "features": [_feature(schema, name, values[:, i], text.get(name)) for i, name in enumerate(report.features)],
        "golden": golden,
        "input_bins": {n: _input_bins(schema, n, values[:, i], text.get(n)) for i, n in enumerate(report.features)},
        "uses_follow_up_time": report.uses_follow_up_time,
        "run_id": report.run_id,
        "child_id": report.child_id,
        "training_rows": report.rows,
        "training_events": report.events,
        "metrics": {k: v for k, v in report.metrics.items() if np.isfinite(v)},
        "notice": NOTICE,
    }


def to_bytes(manifest: Mapping[str, Any], name: str, version: int, created_at: datetime) -> bytes:
    """Return model.json of one version."""
    told = {**manifest, "name": name, "version": version, "created_at": created_at.isoformat()}
    return json.dumps(told, indent=1, allow_nan=False).encode()


def _positive(labels: Sequence[Any], told: str) -> Any:
    """Return the label that a report calls positive, which it keeps as text."""
    return next((label for label in labels if str(label) == told), labels[-1])


def _golden(model: bytes, values: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Return up to 20 complete training rows, spread over the table, with what ONNX Runtime makes of them."""
    from inference.score import open_session

    complete = values[~np.isnan(values).any(axis=1)]
    if not len(complete):
        raise ExportFailed(
            "No training row is complete, so there is nothing to check the model with.", "Fill or drop empty cells."
        )
    rows = complete[np.unique(np.linspace(0, len(complete) - 1, GOLDEN_ROWS).astype(int))]
    session = open_session(model)
    (probabilities,) = session.run(None, {session.get_inputs()[0].name: rows.astype(np.float32)})
    return {"rows": rows.tolist(), "probabilities": np.asarray(probabilities, dtype=np.float64).tolist()}


def _column(column: pd.Series[Any], levels: tuple[str, ...] | None) -> npt.NDArray[np.float64]:
    return numbers(column) if levels is None else level_codes(column, levels)


def _as_sent(row: Sequence[float], features: Sequence[str], text: Mapping[str, tuple[str, ...]]) -> list[Any]:
    """Return a row as a caller sends it: text instead of the place of a level, nothing for what is missing."""
    return [_level(v, text[name]) if name in text else v for name, v in zip(features, row, strict=True)]


def _level(place: float, levels: tuple[str, ...]) -> str | None:
    return None if place == MISSING else levels[int(place)]


def _feature(schema: Schema, name: str, values: npt.NDArray[np.float64], levels: tuple[str, ...] | None) -> dict[str, Any]:
    """Return one input: its kind, unit, possible range (never narrower than the training rows) and training range.

    Text has its known values instead, nothing (null) among them if it was missing in a training row.
    """
    if levels is not None:
        nothing = [None] if (values == MISSING).any() else []
        return {"name": name, "kind": "category", "levels": [*levels, *nothing]}
    column = schema[name]
    if column.kind not in ("number", "integer", "boolean"):
        raise ExportFailed(f"The column {name!r} is a {column.kind}; a model in service takes numbers and yes/no only.")
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    possible = {"low": _wider(min, column.low, low), "high": _wider(max, column.high, high)}
    return {"name": name, "kind": _kind(column, values), "unit": column.unit, **possible, "train_low": low, "train_high": high}


def _input_bins(schema: Schema, name: str, values: npt.NDArray[np.float64], levels: tuple[str, ...] | None) -> dict[str, Any]:
    """Return the bins in which a service counts an input, with the training rows in each; none for a column of many texts.

    A text has a bin of its own, and a missing one; yes/no has two; numbers are cut into tenths of the training rows.
    """
    if levels is not None:
        return {} if len(levels) > MOST_LEVELS_COUNTED else _counted(values, np.arange(len(levels), dtype=np.float64) - 0.5)
    if schema[name].kind == "boolean":
        return _counted(values, np.array([0.5]))
    edges = np.unique(np.asarray(np.nanquantile(values, np.arange(1, BINS) / BINS), dtype=np.float64))
    return _counted(values, edges[edges > np.nanmin(values)])


def _counted(values: npt.NDArray[np.float64], edges: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Return edges and how many values lie in each bin; a value on an edge lies above it."""
    seen = values[~np.isnan(values)]
    counts = np.bincount(np.searchsorted(edges, seen, side="right"), minlength=len(edges) + 1)
    return {"edges": edges.tolist(), "rows": counts.tolist()}


def _wider(choose: Any, bound: float | None, seen: float) -> float | None:
    return None if bound is None else choose(bound, seen)


def _kind(column: Column, values: npt.NDArray[np.float64]) -> str:
    """Return the column's kind, "number" for an integer column that holds fractions."""
    seen = values[~np.isnan(values)]
    return "number" if column.kind == "integer" and bool((seen != np.floor(seen)).any()) else column.kind
