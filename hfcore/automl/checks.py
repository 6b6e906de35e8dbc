"""What a table and the settings must be like together, checked before anything starts, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hfcore.datasets.columns import ColumnPlan, is_number, numbers, plan_columns
from hfcore.errors import InvalidSettings

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.automl.settings import AutoMLSettings

_LEAST_TO_SPLIT = 4  # two rows to learn from and two to be judged by


def check_frame(frame: pd.DataFrame, settings: AutoMLSettings) -> ColumnPlan:
    """Return what becomes of each column.

    Raises:
        InvalidSettings: every setting that this table or this engine cannot honour, at once.
    """
    wrong = _wrong_settings(frame, settings)
    others = {settings.label_column_name, settings.weight_column_name, *settings.excluded_columns}
    plan = plan_columns(frame, [c for c in frame.columns if c not in others], settings.featurization)
    if settings.label_column_name in frame.columns:
        wrong |= _wrong_features(frame, settings, plan)
    if wrong:
        raise InvalidSettings(wrong)
    return plan


def listed(names: Any) -> str:
    """Write names in quotes, separated by commas."""
    return ", ".join(repr(str(n)) for n in names)


def _wrong_settings(frame: pd.DataFrame, settings: AutoMLSettings) -> dict[str, str]:
    wrong = _wrong_weights(frame, settings)
    unknown = [c for c in settings.excluded_columns if c not in frame.columns]
    if unknown:
        wrong["excluded_columns"] = (
            f"The table has no column {listed(unknown)}; excluded_columns may name {listed(frame.columns)}."
        )
    if settings.label_column_name not in frame.columns:
        wrong["label_column_name"] = f"The table has no column {settings.label_column_name!r}; it has {listed(frame.columns)}."
        return wrong
    wrong |= _wrong_label(frame[settings.label_column_name])
    if not wrong:
        wrong |= _wrong_size(frame, settings)
    return wrong


def _wrong_weights(frame: pd.DataFrame, settings: AutoMLSettings) -> dict[str, str]:
    """Return what is wrong with the weights, if anything, in one sentence."""
    name = settings.weight_column_name
    if name is None:
        return {}
    sentence = _weights_sentence(frame, name, settings.label_column_name)
    return {"weight_column_name": sentence} if sentence else {}


def _weights_sentence(frame: pd.DataFrame, name: str, label: str) -> str:
    if name not in frame.columns:
        return f"The table has no column {name!r}; weight_column_name may be one of {listed(frame.columns)}."
    if not is_number(frame[name]):
        return f"The weights in {name!r} are not numbers; each weight must be a number of at least 0."
    weights = numbers(frame[name])
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
        return f"The label has values with fewer than two rows of a weight above 0 ({listed(rare[:5])}); each needs at least two."
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
    sentence = f"validation_size needs {_LEAST_TO_SPLIT} rows of every label, and there are fewer of {listed(rare.index[:5])};"
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


def _wrong_features(frame: pd.DataFrame, settings: AutoMLSettings, plan: ColumnPlan) -> dict[str, str]:
    if plan.dates:
        days = "turn them into numbers, such as days since admission, or add them to excluded_columns."
        return {"excluded_columns": f"These columns hold dates: {listed(plan.dates)}; {days}"}
    if settings.featurization == "off" and (plan.unusable or plan.gaps):
        return {"featurization": _off_sentence(plan)}
    if plan.unusable:
        return {"excluded_columns": f"These columns hold neither numbers nor text: {listed(plan.unusable)}; exclude them."}
    if not plan.features:
        return {"excluded_columns": _nothing_left(plan)}
    endless = [c for c in plan.features if c not in plan.levels and _has_endless(frame[c])]
    if endless:
        return {"excluded_columns": f"Infinite or far too large values in {listed(endless)}: repair or exclude them."}
    return {}


def _off_sentence(plan: ColumnPlan) -> str:
    parts = [f"{listed(plan.unusable)} hold text"] if plan.unusable else []
    parts += [f"cells are missing in {listed(plan.gaps)}"] if plan.gaps else []
    return f"featurization is 'off', but {' and '.join(parts)}; use 'auto', or exclude these columns."


def _nothing_left(plan: ColumnPlan) -> str:
    if not plan.left_out:
        return "No column is left to learn from; exclude fewer columns."
    return f"No column is left to learn from: {listed(plan.left_out)} hold no value, only one, or too many different texts."


def _has_endless(column: pd.Series[Any]) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.isinf(numbers(column).astype(np.float32)).any())
