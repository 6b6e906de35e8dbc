"""The table a run learns from: numbers in training order, labels as codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.automl.checks import check_frame, listed
from hfcore.automl.shuffles import Shuffles, draw_shuffles
from hfcore.automl.validation import Splits, fold_count, random_splits, stratified_folds
from hfcore.datasets.columns import level_codes, numbers
from hfcore.datasets.guardrails import Guardrail
from hfcore.datasets.run_guardrails import run_guardrails
from hfcore.errors import InvalidSettings

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.settings import AutoMLSettings

_MANY_ROWS = 20_000  # above, Azure holds out a tenth once instead of folding
_HELD_OUT = 0.1
_COMMON = 50  # rows of a class, of which a tenth can be parted for the ensembles
_RARE = 10  # a class with fewer rows than this per row kept keeps them all


@dataclass(frozen=True, eq=False)
class TrainingTable:
    """Features as float32 (yes/no as 1/0, missing cells as NaN) and the label of each row as its place in `labels`.

    A text feature holds the place of each value in its `levels`, -1 where it is missing; that only names the values.
    `weights` says how many rows each row counts as, None for one each.
    """

    values: npt.NDArray[np.float32]
    codes: npt.NDArray[np.intp]
    features: tuple[str, ...]
    labels: tuple[Any, ...]
    weights: npt.NDArray[np.float64] | None = None
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    guardrails: tuple[Guardrail, ...] = ()

    @property
    def text(self) -> tuple[int, ...]:
        """The places of the text columns among the features."""
        return tuple(i for i, name in enumerate(self.features) if name in self.levels)

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

        Above 20,000 rows a tenth is held out once, as Azure does, unless the settings say otherwise or a label is rare.
        """
        size, count = settings.validation_size, settings.n_cross_validations
        if size is None and count is None and len(self.codes) > _MANY_ROWS and np.bincount(self.codes).min() >= _COMMON:
            size = _HELD_OUT
        if size is None:
            return None
        return random_splits(self._strata, self.classes, size, count or 1, settings.random_state)

    def shuffles(self, settings: AutoMLSettings) -> Shuffles:
        """Return how columns are shuffled to tell how much a model depends on them; the same whoever asks."""
        return draw_shuffles(len(self.codes), len(self.features), settings.random_state, self.folds(settings) >= 0)

    @property
    def _strata(self) -> npt.NDArray[np.intp]:
        """The classes, rows of weight 0 apart, so that every fold holds rows that count."""
        return self.codes if self.weights is None else self.codes + self.classes * (self.weights == 0)


def training_table(frame: pd.DataFrame, settings: AutoMLSettings) -> TrainingTable:
    """Check `frame` against `settings` and turn it into numbers; nothing is fitted here.

    Raises:
        InvalidSettings: every setting that this table or this engine cannot honour, at once.
    """
    plan = check_frame(frame, settings)
    labels, codes = _labels(frame[settings.label_column_name])
    weights = None if settings.weight_column_name is None else numbers(frame[settings.weight_column_name])
    values = feature_values(frame, plan.features, plan.levels)
    found = run_guardrails(frame[settings.label_column_name], plan, settings.featurization)
    return TrainingTable(values, codes, plan.features, labels, weights, plan.levels, found)


def feature_values(
    frame: pd.DataFrame, features: tuple[str, ...], levels: Mapping[str, tuple[str, ...]] | None = None
) -> npt.NDArray[np.float32]:
    """Return the columns `features` as float32, in that order; text as the place of each value in its levels.

    Raises:
        InvalidSettings: a column is missing or does not hold numbers; names every such column.
    """
    known = levels or {}
    missing = [c for c in features if c not in frame.columns]
    if missing:
        raise InvalidSettings({"features": f"The table has no column {listed(missing)}."})
    columns = [level_codes(frame[c], known[c]) if c in known else numbers(frame[c]) for c in features]
    with np.errstate(over="ignore"):  # what is too large for single precision becomes infinite and is refused in words
        return np.column_stack(columns).astype(np.float32)


def drawn_rows(codes: npt.NDArray[np.intp], most: int | None, seed: int) -> npt.NDArray[np.bool_] | slice:
    """Choose about `most` rows in the classes' proportions, all of a rare class; every row when there are no more."""
    if most is None or len(codes) <= most:
        return slice(None)
    share = -(-len(codes) // most)
    rare = np.bincount(codes)[codes] < _RARE * share
    return np.asarray((stratified_folds(codes, share, seed) == 0) | rare)


def _labels(column: pd.Series[Any]) -> tuple[tuple[Any, ...], npt.NDArray[np.intp]]:
    values = np.asarray(column.tolist())
    labels, codes = np.unique(values, return_inverse=True)
    return tuple(labels.tolist()), codes.astype(np.intp)
