"""What AutoMLConfig sends, read as the settings of our own engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hfcore.automl.settings import ALGORITHMS, AutoMLSettings

_SAME = (
    "primary_metric",
    "label_column_name",
    "weight_column_name",
    "iterations",
    "n_cross_validations",
    "enable_early_stopping",
)
_MOST_ITERATIONS = 1000


def engine_settings(sent: Mapping[str, Any]) -> AutoMLSettings:
    """Return the engine's settings for what the SDK sent. Raises InvalidSettings."""
    values: dict[str, Any] = {name: sent[name] for name in _SAME if sent.get(name) is not None}
    values["iterations"] = min(int(values.get("iterations", _MOST_ITERATIONS)), _MOST_ITERATIONS)
    values["n_cross_validations"] = _folds(values.get("n_cross_validations"))
    if values["n_cross_validations"] is None and (sent.get("validation_size") or 0) > 0:
        values["validation_size"] = sent["validation_size"]
    if isinstance(sent.get("experiment_exit_score"), float):
        values["experiment_exit_score"] = sent["experiment_exit_score"]
    allowed = [a for a in ALGORITHMS if a in (sent.get("whitelist_models") or sent.get("supported_models") or ())]
    blocked = [a for a in ALGORITHMS if a in (sent.get("blacklist_models") or ())]
    values |= {"allowed_models": allowed or None, "blocked_models": blocked or None}
    values["experiment_timeout_minutes"] = float(sent.get("experiment_timeout_minutes") or 20)
    values["featurization"] = "off" if sent.get("featurization") == "off" else "auto"
    return AutoMLSettings(**values, excluded_columns=_dropped(sent.get("featurization")))


def _folds(given: Any) -> int | None:
    return int(given) if isinstance(given, int | float) and given >= 2 else None


def _dropped(featurization: Any) -> tuple[str, ...]:
    """Return the columns that a FeaturizationConfig leaves out."""
    return tuple(featurization.get("_drop_columns") or ()) if isinstance(featurization, Mapping) else ()
