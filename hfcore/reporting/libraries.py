"""Which versions of which libraries a model was trained with."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

TRAINED_WITH = ("numpy", "pandas", "scikit-learn", "lightgbm", "xgboost-cpu", "onnx", "onnxruntime")


@cache
def versions() -> Mapping[str, str]:
    """Return the version of Python and of each installed library that has a part in a model."""
    return {"python": platform.python_version()} | {name: known for name in TRAINED_WITH if (known := _version(name))}


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
