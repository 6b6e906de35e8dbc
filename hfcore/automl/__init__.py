"""AutoML: settings, metrics, the search over pipelines and the code-free export of what wins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfcore.automl.engine import fit as fit
    from hfcore.automl.executors import process_executor as process_executor
    from hfcore.automl.executors import ray_executor as ray_executor
    from hfcore.automl.metrics import classification_metrics as classification_metrics
    from hfcore.automl.outcome import ChildOutcome as ChildOutcome
    from hfcore.automl.outcome import TrialPlan as TrialPlan
    from hfcore.automl.result import AutoMLResult as AutoMLResult
    from hfcore.automl.settings import AutoMLSettings as AutoMLSettings

_HOMES = {
    "AutoMLResult": "result",
    "AutoMLSettings": "settings",
    "ChildOutcome": "outcome",
    "TrialPlan": "outcome",
    "classification_metrics": "metrics",
    "fit": "engine",
    "process_executor": "executors",
    "ray_executor": "executors",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name on first use, so that the settings alone cost nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'hfcore.automl' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"hfcore.automl.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
