"""Data sets: schema, loading, validation, profile, guardrails and survival; numpy and pandas only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hfcore.datasets.heart_failure import load_heart_failure as load_heart_failure
    from hfcore.datasets.heart_failure import shipped_dataset as shipped_dataset

__all__ = ["load_heart_failure", "shipped_dataset"]


def __getattr__(name: str) -> Any:
    """Import the shipped data set's module on first use, so that the package itself stays light."""
    if name not in __all__:
        raise AttributeError(f"module 'hfcore.datasets' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module("hfcore.datasets.heart_failure"), name)
    globals()[name] = value
    return value
