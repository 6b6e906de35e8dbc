"""The table a run learns from: numbers in training order, labels as codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.validation import Splits, fold_count, random_splits, stratified_folds
from hfcore.errors import InvalidSettings

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.settings import AutoMLSettings

_LEAST_TO_SPLIT = 4  # two rows to learn from and two to be judged by

_MANY_ROWS = 20_000  # above, Azure holds out a tenth once instead of folding
_HELD_OUT = 0.1
_RARE = 10  # a class with fewer rows than this per row kept keeps them all


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """Features as float32 (yes/no as 1/0, missing cells as NaN) and the label of each row as its place in `labels`.

    `weights` says how many rows each row counts as, None for one each.
    """

    values: npt.NDArray[np.float32]
    codes: npt.NDArray[np.intp]
    features: tuple[str, ...]
    labels: tuple[Any, ...]
    weights: npt.NDArray[np.float64] | None = None

    @property
    def classes(self) -> int:
        """Number of labels."""
        return len(self.labels)

    def folds(self, settings: AutoMLSettings) -> npt.NDArray[np.int64]:
        """Return the fold in which each row is held out; of several random splits the first, -1 for a row that never is."""
        splits = self.splits(settings)
        if splits is not None:
            return splits.folds
        counting = self.codes if self.weights is None else self.codes[self.weights > 0]
        return stratified_folds(self._strata, fold_count(counting, settings), settings.random_state)

    def splits(self, settings: AutoMLSettings) -> Splits | None:
        """Return the random splits that `validation_size` asks for; None when every row is held out once, in its fold.

        Above 20,000 rows a tenth is held out once unless the settings say otherwise, as Azure does.
        """
        size, count = settings.validation_size, settings.n_cross_validations
        if size is None and count is None and len(self.codes) > _MANY_ROWS:
            size = _HELD_OUT
        if size is None:
            return None
        return random_splits(self._strata, self.classes, size, count or 1, settings.random_state)

    @property
    def _strata(self) -> npt.NDArray[np.intp]:
        """The classes, rows of weight 0 apart, so that every fold holds rows that count."""
        return self.codes if self.weights is None else self.codes + self.classes * (self.weights == 0)


def training_table(frame: pd.DataFrame, settings: AutoMLSettings) -> TrainingTable:
    """Check `frame` against `settings` and turn it into numbers; nothing is fitted here.

    Raises:
        InvalidSettings: every setting that this table or this engine cannot honour, at once.
    """
    wrong = _wrong_settings(frame, settings)
    if wrong:
        raise InvalidSettings(wrong)
    features = _features(frame, settings)
    labels, codes = _labels(frame[settings.label_column_name])
    weights = None if settings.weight_column_name is None else _numbers(frame[settings.weight_column_name])
    return TrainingTable(feature_values(frame, features), codes, features, labels, weights)


def feature_values(frame: pd.DataFrame, features: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """Return the columns `features` as float32, in that order.

    Raises:
        InvalidSettings: a column is missing or does not hold numbers; names every such column.
    """
    missing = [c for c in features if c not in frame.columns]
    if missing:
        raise InvalidSettings({"features": f"The table has no column {_listed(missing)}."})
    columns = [_numbers(frame[c]) for c in features]
    with np.errstate(over="ignore"):  # what is too large for single precision becomes infinite and is refused in words
        return np.column_stack(columns).astype(np.float32)


def _features(frame: pd.DataFrame, settings: AutoMLSettings) -> tuple[str, ...]:
    others = {settings.label_column_name, settings.weight_column_name, *settings.excluded_columns}
    return tuple(c for c in frame.columns if c not in others)


def _numbers(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def drawn_rows(codes: npt.NDArray[np.intp], most: int | None, seed: int) -> npt.NDArray[np.bool_] | slice:
    """Choose about `most` rows in the classes' proportions, all of a rare class; every row when there are no more."""
    if most is None or len(codes) <= most:
        return slice(None)
    share = -(-len(codes) // most)
    rare = np.bincount(codes)[codes] < _RARE * share
    return np.asarray((stratified_folds(codes, share, seed) == 0) | rare)


def _listed(names: Any) -> str:
    return ", ".join(repr(str(n)) for n in names)


def _wrong_settings(frame: pd.DataFrame, settings: AutoMLSettings) -> dict[str, str]:
    wrong = _wrong_weights(frame, settings)
    unknown = [c for c in settings.excluded_columns if c not in frame.columns]
    if unknown:
        wrong["excluded_columns"] = (
            f"The table has no column {_listed(unknown)}; excluded_columns may name {_listed(frame.columns)}."
        )
    if settings.label_column_name not in frame.columns:
        wrong["label_column_name"] = f"The table has no column {settings.label_column_name!r}; it has {_listed(frame.columns)}."
        return wrong
    wrong |= _wrong_label(frame[settings.label_column_name])
    if not wrong:
        wrong |= _wrong_size(frame, settings)
    return wrong | _wrong_features(frame, settings)


def _wrong_weights(frame: pd.DataFrame, settings: AutoMLSettings) -> dict[str, str]:
    """Return what is wrong with the weights, if anything, in one sentence."""
    name = settings.weight_column_name
    if name is None:
        return {}
    sentence = _weights_sentence(frame, name, settings.label_column_name)
    return {"weight_column_name": sentence} if sentence else {}


def _weights_sentence(frame: pd.DataFrame, name: str, label: str) -> str:
    if name not in frame.columns:
        return f"The table has no column {name!r}; weight_column_name may be one of {_listed(frame.columns)}."
    if not _is_number(frame[name]):
        return f"The weights in {name!r} are not numbers; each weight must be a number of at least 0."
    weights = _numbers(frame[name])
    for count, what in (
        (int(np.isnan(weights).sum()), "missing"),
        (int((weights < 0).sum()), "negative"),
        (int(np.isinf(weights).sum()), "infinite"),
    ):
        if count:
            return f"{count} of the weights in {name!r} are {what}; each weight must be a number of at least 0."
    if not weights.any():
        return f"All weights in {name!r} are 0, so no row would count; at least some must be above 0."
    return _weightless_label(frame, weights, label) if label in frame.columns else ""


def _weightless_label(frame: pd.DataFrame, weights: npt.NDArray[np.float64], label: str) -> str:
    """Return a sentence on labels that have fewer than two rows with a weight, if there are any."""
    counts = frame[label][weights > 0].value_counts()
    rare = [v for v in frame[label].dropna().unique() if counts.get(v, 0) < 2]
    if rare:
        return (
            f"The label has values with fewer than two rows of a weight above 0 ({_listed(rare[:5])}); each needs at least two."
        )
    return ""


def _wrong_size(frame: pd.DataFrame, settings: AutoMLSettings) -> dict[str, str]:
    """Tell when a label has too few rows to be on both sides of a random split."""
    if settings.validation_size is None:
        return {}
    weighted = settings.weight_column_name
    labels = frame[settings.label_column_name][frame[weighted] > 0] if weighted else frame[settings.label_column_name]
    counts = labels.value_counts()
    rare = counts[(counts > 0) & (counts < _LEAST_TO_SPLIT)]
    if not len(rare):
        return {}
    sentence = f"validation_size needs {_LEAST_TO_SPLIT} rows of every label, and there are fewer of {_listed(rare.index[:5])};"
    return {"validation_size": f"{sentence} use n_cross_validations alone."}


def _wrong_label(column: pd.Series[Any]) -> dict[str, str]:
    name = column.name
    if column.isna().any():
        return {"label_column_name": f"The label {name!r} is missing in {int(column.isna().sum())} rows; fill or drop them."}
    counts = column.value_counts()
    counts = counts[counts > 0]  # a categorical column also lists categories that no row has
    if len(counts) < 2:
        return {"label_column_name": f"The label {name!r} has fewer than two different values, so there is nothing to learn."}
    rare = counts[counts < 2]
    if len(rare):
        shown = ", ".join(repr(str(v)) for v in rare.index[:5])
        return {"label_column_name": f"The label {name!r} has values with a single row ({shown}); each needs at least two rows."}
    return {}


def _wrong_features(frame: pd.DataFrame, settings: AutoMLSettings) -> dict[str, str]:
    names = _features(frame, settings)
    if not names:
        return {"excluded_columns": "No column is left to learn from; exclude fewer columns."}
    text = [c for c in names if not _is_number(frame[c])]
    if text:
        return {"excluded_columns": f"These columns do not hold numbers: {_listed(text)}. Add them to excluded_columns."}
    values = feature_values(frame, names)
    endless = [c for j, c in enumerate(names) if np.isinf(values[:, j]).any()]
    if endless:
        return {"excluded_columns": f"Infinite or far too large values in {_listed(endless)}: repair or exclude them."}
    gaps = [c for j, c in enumerate(names) if np.isnan(values[:, j]).any()]
    if gaps and settings.featurization == "off":
        return {"featurization": f"featurization is 'off', but cells are missing in {_listed(gaps)}; use 'auto'."}
    return {}


def _is_number(column: pd.Series[Any]) -> bool:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    return bool(is_bool_dtype(column.dtype) or is_numeric_dtype(column.dtype))


def _labels(column: pd.Series[Any]) -> tuple[tuple[Any, ...], npt.NDArray[np.intp]]:
    values = np.asarray(column.tolist())
    labels, codes = np.unique(values, return_inverse=True)
    return tuple(labels.tolist()), codes.astype(np.intp)
