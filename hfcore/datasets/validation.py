"""Is this a table, what do its columns mean, and can a model be trained on it?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hfcore.datasets.columns import MAX_LEVELS, plan_columns, text_levels
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.datasets.reading import read_table as read_table
from hfcore.datasets.reading.record import MAX_COLUMNS
from hfcore.datasets.schema import Column, Schema
from hfcore.errors import InvalidDataset, InvalidSettings

if TYPE_CHECKING:
    import pandas as pd

MAX_CLASSES = 20
MIN_ROWS = 20
MIN_ROWS_PER_CLASS = 2
MAX_NAME = 100


class TrainingSettings(Protocol):
    """The part of the AutoML settings that speaks about the table's columns."""

    @property
    def label_column_name(self) -> str:
        """The column to predict."""

    @property
    def excluded_columns(self) -> tuple[str, ...]:
        """Columns that must not be features."""

    @property
    def weight_column_name(self) -> str | None:
        """Column of row weights, if any; never a feature."""

    @property
    def featurization(self) -> str:
        """ "auto" turns text into yes/no columns, "off" takes numbers only."""


def check_table(frame: pd.DataFrame, name: str) -> None:
    """Accept a table for the registry.

    Raises:
        InvalidDataset: everything that is wrong with the name, the shape, a column's name or its values, at once.
    """
    wrong = _wrong_name(name) | _wrong_shape(frame)
    if not wrong.keys() & {"rows", "columns"}:
        wrong |= _wrong_headers(frame) | _wrong_values(frame)
    if wrong:
        raise InvalidDataset(wrong)


def _wrong_name(name: str) -> dict[str, str]:
    if not name.strip():
        return {"name": "The data set has no name; give it one."}
    if len(name) > MAX_NAME or not name.isprintable():
        return {"name": f"The data set's name must be 1 to {MAX_NAME} printable characters; this one has {len(name)}."}
    return {}


def _wrong_shape(frame: pd.DataFrame) -> dict[str, str]:
    rows, columns = frame.shape
    wrong = {}
    if rows == 0:
        wrong["rows"] = "The table has no rows; give at least one."
    if columns == 0:
        wrong["columns"] = "The table has no columns; give at least one."
    if columns > MAX_COLUMNS:
        wrong["columns"] = f"The table has {columns:,} columns; at most {MAX_COLUMNS:,} are accepted."
    return wrong


def _wrong_headers(frame: pd.DataFrame) -> dict[str, str]:
    names = [str(c) for c in frame.columns]
    wrong = {}
    blank = [str(i + 1) for i, name in enumerate(names) if not name.strip()]
    if blank:
        wrong["blank names"] = f"Column {_listed(blank)} has no name; name every column."
    twice = sorted({name for name in names if name.strip() and names.count(name) > 1})
    if twice:
        wrong["repeated names"] = f"More than one column is called {_listed(twice)}; give each its own name."
    return wrong


def _wrong_values(frame: pd.DataFrame) -> dict[str, str]:
    import numpy as np

    empty, infinite = [], []
    for position, name in enumerate(map(str, frame.columns)):
        values = frame.iloc[:, position]
        if values.isna().all():
            empty.append(name)
        elif values.dtype.kind == "f" and np.isinf(values.to_numpy(dtype="float64", na_value=np.nan)).any():
            infinite.append(name)
    wrong = {}
    if empty:
        wrong["empty columns"] = f"No row has a value in {_listed(empty)}; remove the column."
    if infinite:
        wrong["infinite values"] = f"There are infinite values in {_listed(infinite)}; replace or remove them."
    return wrong


def _listed(names: list[str], most: int = 10) -> str:
    shown = ", ".join(repr(n) for n in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def check_schema(frame: pd.DataFrame, schema: Schema) -> None:
    """Accept a description of a table's columns.

    Raises:
        InvalidDataset: it names other columns than the table has, a kind that the values are not, or a label that nothing
            can be learned about; everything at once.
    """
    names = [str(c) for c in frame.columns]
    if list(schema.names) != names:
        raise InvalidDataset({"schema": f"The description names {_listed(list(schema.names))}; the table has {_listed(names)}."})
    wrong = {c.name: _wrong_kind(frame[c.name], c) for c in schema}
    labels = [c.name for c in schema if c.is_label]
    if len(labels) > 1:
        wrong["label"] = f"Only one column can be the outcome, not {_listed(labels)}."
    elif labels:
        wrong["label"] = " ".join(_wrong_label(frame, labels[0]).values())
    wrong = {name: problem for name, problem in wrong.items() if problem}
    if wrong:
        raise InvalidDataset(wrong)


_KINDS_OF = {"boolean": ("boolean",), "integer": ("boolean", "integer"), "number": ("boolean", "integer", "number")}


def _wrong_kind(values: pd.Series, column: Column) -> str:
    allowed = _KINDS_OF.get(column.kind)
    if column.kind == "category":
        return "" if values.dtype.kind not in "biuf" else f"{column.name!r} is described as text but holds numbers."
    if allowed is None:
        return f"{column.kind!r} is no kind of column; known: boolean, integer, number, category."
    if column.kind == "integer" and values.dtype.kind == "f" and not (values.dropna() % 1).any():
        return ""  # whole numbers with gaps
    return "" if column_kind(values) in allowed else f"{column.name!r} is described as {column.kind} but holds other values."


def infer_schema(frame: pd.DataFrame) -> Schema:
    """Describe each column; one that is called and filled like a heart failure column gets that column's entry."""
    return Schema(tuple(_describe(str(name), frame.iloc[:, i]) for i, name in enumerate(frame.columns)))


def _describe(name: str, values: pd.Series) -> Column:
    kind = column_kind(values)
    if name in HEART_FAILURE_SCHEMA:
        known = HEART_FAILURE_SCHEMA[name]
        if kind == known.kind or (known.kind != "boolean" and kind in ("number", "integer")):
            return known
    bounds = (0.0, 1.0) if kind == "boolean" else (None, None)
    choices = ("no", "yes") if kind == "boolean" else None
    levels = text_levels(values) if kind == "category" else ()
    return Column(
        name, name, kind, low=bounds[0], high=bounds[1], choices=choices, levels=levels if len(levels) <= MAX_LEVELS else ()
    )


def column_kind(values: pd.Series) -> str:
    """Return "boolean" for true/false or nothing but 0 and 1, else "integer", "number" or "category"."""
    if values.dtype.kind not in "biuf":
        return "category"
    present = values.dropna()
    if values.dtype.kind == "b" or (len(present) > 0 and bool(present.isin((0, 1)).all())):
        return "boolean"
    return "number" if values.dtype.kind == "f" else "integer"


def check_trainable(frame: pd.DataFrame, settings: TrainingSettings) -> None:
    """Accept a table for training with these settings, before anything starts.

    Raises:
        InvalidSettings: everything that is wrong with the label, the excluded columns or the features, at once.
    """
    wrong: dict[str, str] = {}
    if len(frame) < MIN_ROWS:
        wrong["rows"] = f"The table has {len(frame)} rows; training needs at least {MIN_ROWS}."
    wrong |= _wrong_label(frame, settings.label_column_name)
    wrong |= _wrong_exclusions(frame, settings.excluded_columns) or _wrong_features(frame, settings)
    if wrong:
        raise InvalidSettings(wrong)


def _wrong_label(frame: pd.DataFrame, label: str) -> dict[str, str]:
    if label not in frame.columns:
        return {"label_column_name": f"The table has no column {label!r}; it has {_listed([str(c) for c in frame.columns], 20)}."}
    values = frame[label]
    missing = int(values.isna().sum())
    if missing:
        return {"label_column_name": f"The label {label!r} is missing in {missing} rows; fill or remove them."}
    counts = values.value_counts()
    problem = _wrong_classes([int(c) for c in counts])
    return {"label_column_name": f"The label {label!r} {problem}"} if problem else {}


def _wrong_classes(counts: list[int]) -> str:
    if len(counts) < 2:
        return "has the same value in every row; choose a column with at least two."
    if len(counts) > MAX_CLASSES:
        return f"has {len(counts)} different values; a class label has at most {MAX_CLASSES}."
    if min(counts) < MIN_ROWS_PER_CLASS:
        return f"has a value that only {min(counts)} row has; every class needs at least {MIN_ROWS_PER_CLASS}."
    return ""


def _wrong_exclusions(frame: pd.DataFrame, excluded: tuple[str, ...]) -> dict[str, str]:
    unknown = [c for c in excluded if c not in frame.columns]
    if not unknown:
        return {}
    known = _listed([str(c) for c in frame.columns], 20)
    return {"excluded_columns": f"The table has no column {_listed(unknown)} to leave out; it has {known}."}


def _wrong_features(frame: pd.DataFrame, settings: TrainingSettings) -> dict[str, str]:
    left_out = {settings.label_column_name, settings.weight_column_name, *settings.excluded_columns}
    names = [c for c in frame.columns if c not in left_out]
    if not names:
        return {"excluded_columns": "No feature is left; leave out fewer columns."}
    plan = plan_columns(frame, names, settings.featurization)
    refused = [str(c) for c in (*plan.unusable, *plan.dates)]
    if refused:
        takes, holds = (
            ("Only numbers", "text") if settings.featurization == "off" else ("Only numbers and text", "dates or lists")
        )
        return {"features": f"{takes} can be features, but {_listed(refused)} holds {holds}; add it to excluded_columns."}
    return {} if plan.features else {"features": f"Nothing can be learned from {_listed([str(c) for c in plan.left_out])}."}
