"""The table and the settings are checked together, before anything starts, in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import training_table
from hfcore.automl.validation import fold_count, stratified_folds
from hfcore.errors import InvalidSettings


def frame(**columns: Any) -> pd.DataFrame:
    """Six rows with one number and a label, and whatever else is given."""
    return pd.DataFrame({"x": [1.0, 2, 3, 4, 5, 6], "y": [0, 1, 0, 1, 0, 1]} | columns)


WRONG = [
    ({"label_column_name": "z"}, {}, "label_column_name", "no column 'z'"),
    ({"excluded_columns": ["zz"]}, {}, "excluded_columns", "no column 'zz'"),
    ({"weight_column_name": "w"}, {}, "weight_column_name", "no column 'w'"),
    ({"weight_column_name": "w"}, {"w": list("abcdef")}, "weight_column_name", "not numbers"),
    ({"weight_column_name": "w"}, {"w": [1, 1, 1, None, 1, None]}, "weight_column_name", "2 of the weights in 'w' are missing"),
    ({"weight_column_name": "w"}, {"w": [1, 1, 1, 1, 1, -0.5]}, "weight_column_name", "1 of the weights in 'w' are negative"),
    ({"weight_column_name": "w"}, {"w": [1, 1, 1, 1, 1, np.inf]}, "weight_column_name", "infinite"),
    ({"weight_column_name": "w"}, {"w": [0] * 6}, "weight_column_name", "All weights in 'w' are 0"),
    (
        {"weight_column_name": "w"},
        {"w": [1, 1, 1, 0, 1, 0]},
        "weight_column_name",
        "fewer than two rows of a weight above 0 ('1')",
    ),
    ({"validation_size": 0.2}, {}, "validation_size", "needs 4 rows of every label, and there are fewer of '0', '1'"),
    ({"excluded_columns": ["x"]}, {}, "excluded_columns", "No column is left"),
    ({"featurization": "off"}, {"name": list("ababab"), "to": list("uvuvuv")}, "featurization", "'name', 'to' hold text"),
    ({"excluded_columns": ["x"]}, {"name": list("abcdef")}, "excluded_columns", "'name' hold no value, only one, or too many"),
    ({}, {"when": ["2026-01-02", "2026-02-03 10:00"] * 3}, "excluded_columns", "hold dates: 'when'"),
    ({}, {"when": pd.date_range("2026-01-01", periods=6)}, "excluded_columns", "days since admission"),
    ({}, {"odd": [[1], [2], [1], [2], [1], [2]]}, "excluded_columns", "neither numbers nor text: 'odd'"),
    ({}, {"y": [1, 1, 1, 1, 1, 1]}, "label_column_name", "fewer than two"),
    ({}, {"y": [0, 0, 0, 1, 1, 7]}, "label_column_name", "single row"),
    ({}, {"y": [0, 1, 0, 1, None, 1]}, "label_column_name", "missing in 1 rows"),
    ({}, {"x": [1, 2, 3, 4, 5, np.inf]}, "excluded_columns", "'x'"),
    ({}, {"x": [1, 2, 3, 4, 5, 1e300]}, "excluded_columns", "far too large"),
    ({"featurization": "off"}, {"x": [1, 2, 3, 4, 5, np.nan]}, "featurization", "'x'"),
]


@pytest.mark.parametrize(("settings", "columns", "field", "word"), WRONG, ids=[f"{w[2]}: {w[3]}" for w in WRONG])
def test_what_cannot_be_done_is_said(settings: dict[str, Any], columns: dict[str, Any], field: str, word: str) -> None:
    """The field at fault is named, with the value and the way out."""
    with pytest.raises(InvalidSettings) as caught:
        training_table(frame(**columns), AutoMLSettings(**({"label_column_name": "y"} | settings)))
    assert word in caught.value.fields[field]


def test_all_faults_are_said_at_once() -> None:
    """Two wrong settings and a text column are one error."""
    settings = AutoMLSettings(label_column_name="z", weight_column_name="w", excluded_columns=["zz"])
    with pytest.raises(InvalidSettings) as caught:
        training_table(frame(), settings)
    assert set(caught.value.fields) == {"label_column_name", "weight_column_name", "excluded_columns"}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0, 1, 0, 1, 0, 1], (0, 1)),
        ([True, False, True, False, True, False], (False, True)),
        (["no", "yes", "no", "yes", "no", "yes"], ("no", "yes")),
        (pd.array([0, 1, 0, 1, 0, 1], dtype="Int64"), (0, 1)),
        (pd.Categorical(["b", "a", "c", "c", "b", "a"]), ("a", "b", "c")),
    ],
)
def test_labels_keep_their_own_kind(labels: Any, expected: tuple[Any, ...]) -> None:
    """Labels come back as plain Python values of the kind they had, in sorted order."""
    table = training_table(frame(y=labels), AutoMLSettings(label_column_name="y"))
    assert table.labels == expected
    assert [type(v) for v in table.labels] == [type(v) for v in expected]
    assert [table.labels[c] for c in table.codes] == list(labels)


def test_features_are_single_precision_in_the_tables_order() -> None:
    """Yes/no is 1/0, a missing cell is NaN, excluded columns and the label are gone."""
    made = frame(b=[True, False] * 3, gap=pd.array([1, None, 3, 4, 5, 6], dtype="Int64"), out=range(6))
    table = training_table(made, AutoMLSettings(label_column_name="y", excluded_columns=["out"]))
    assert table.features == ("x", "b", "gap")
    assert table.values.dtype == np.float32
    assert table.values[:, 1].tolist() == [1, 0, 1, 0, 1, 0]
    assert np.isnan(table.values[1, 2])


def test_folds_spread_every_class_evenly() -> None:
    """Each fold holds each class as often as any other fold, give or take one row."""
    codes = np.array([0] * 203 + [1] * 96)
    folds = stratified_folds(codes, 10, seed=4)
    for label in (0, 1):
        counts = np.bincount(folds[codes == label], minlength=10)
        assert counts.max() - counts.min() <= 1
    assert np.ptp(np.bincount(folds)) <= 1


def test_folds_follow_the_seed() -> None:
    """The same seed deals the same folds, another one others."""
    codes = np.arange(100) % 2
    assert np.array_equal(stratified_folds(codes, 5, 1), stratified_folds(codes, 5, 1))
    assert not np.array_equal(stratified_folds(codes, 5, 1), stratified_folds(codes, 5, 2))


@pytest.mark.parametrize(
    ("rows", "rare", "asked", "expected"),
    [(299, 96, None, 5), (1000, 300, None, 3), (299, 96, 10, 10), (60, 4, None, 4), (60, 2, 5, 2)],
)
def test_the_number_of_folds(rows: int, rare: int, asked: int | None, expected: int) -> None:
    """Five folds below 1,000 rows and three from there on, as asked otherwise, never more than rows of the rarest class."""
    codes = np.array([1] * rare + [0] * (rows - rare))
    assert fold_count(codes, AutoMLSettings(label_column_name="y", n_cross_validations=asked)) == expected
