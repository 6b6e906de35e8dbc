"""Processes that hold only what they use: a package that is left out is, to everybody in the process, not installed.

LightGBM, XGBoost and scikit-learn load pandas wherever they find it, and pandas loads pyarrow: 80 MB and half a second of a
processor for each process, and a trial works on plain arrays.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class _Without:
    """Finds what another finder finds, but for some packages."""

    def __init__(self, finder: Any, packages: frozenset[str]) -> None:
        self._finder, self._packages = finder, packages

    def __getattr__(self, name: str) -> Any:
        return getattr(self._finder, name)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None, /) -> ModuleSpec | None:
        """Return the other's find; None for a package that is left out."""
        if name.partition(".")[0] in self._packages:
            return None
        found: ModuleSpec | None = self._finder.find_spec(name, path, target)
        return found


def leave_out(*packages: str) -> None:
    """Have this process import packages no more; what is loaded already stays."""
    sys.meta_path[:] = [_Without(finder, frozenset(packages)) for finder in sys.meta_path]
